//! `buccal upload check`: what a CMF file holds and what is wrong in it, without a database.

use serde_json::Value;

use crate::ground::{file, folder, real_data, run};

const HEADER: &str = "<?xml version=\"1.0\"?>\n\
    <CODISImportFile xmlns=\"urn:CODISImportFile-schema\">\n\
    <HEADERVERSION>3.2</HEADERVERSION><MESSAGETYPE>Import</MESSAGETYPE>\n\
    <DESTINATIONORI>DC1</DESTINATIONORI><SOURCELAB>TX1</SOURCELAB>\n\
    <SUBMITBYUSERID>reader</SUBMITBYUSERID>\n\
    <SUBMITDATETIME>2020-05-01T12:00:00</SUBMITDATETIME>\n";

fn specimen(id: &str, allele: &str) -> String {
    format!(
        "<SPECIMEN><SPECIMENID>{id}</SPECIMENID><SPECIMENCATEGORY>Detainee</SPECIMENCATEGORY>\n\
         <LOCUS><LOCUSNAME>D1S1656</LOCUSNAME><READINGBY>reader</READINGBY>\n\
         <READINGDATETIME>2020-05-01T11:00:00</READINGDATETIME>\n\
         <ALLELE><ALLELEVALUE>{allele}</ALLELEVALUE></ALLELE></LOCUS></SPECIMEN>\n"
    )
}

#[test]
fn a_file_is_told_with_everything_wrong_in_it() {
    let folder = folder();
    let sound = format!("{HEADER}{}</CODISImportFile>\n", specimen("S-1", "15.3"));
    let path = file(folder.path(), "sound.xml", &sound);
    let ran = run(&["upload", "check", &path, "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&told["format"], &told["specimens"]), (&"cmf-2017".into(), &1.into()));
    assert_eq!(told["by_category"]["Detainee"], 1);
    // The format of 2006 knows neither the category nor the locus.
    let ran = run(&["upload", "check", &path, "--format", "cmf-3.2"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("this version has no such category, found 'Detainee'"), "{}", ran.err);
    assert!(ran.err.contains("not a locus of this version, found 'D1S1656'"), "{}", ran.err);
    let errors = std::fs::read_to_string(format!("{path}.errors.csv")).unwrap();
    assert_eq!(errors.lines().count(), 3);
    let ran = run(&["upload", "check", &path, "--format", "cmf-9"]);
    assert!(ran.err.contains("give one of cmf-3.2, cmf-2017, rapid-r16"), "{}", ran.err);
}

#[test]
fn a_bad_specimen_is_left_out_and_the_file_goes_on() {
    let folder = folder();
    let three = [("S-1", "15"), ("S-2", "Z"), ("S-3", "16")].map(|(id, it)| specimen(id, it));
    let path =
        file(folder.path(), "three.xml", &format!("{HEADER}{}</CODISImportFile>", three.concat()));
    let ran = run(&["upload", "check", &path, "--json"]);
    assert_eq!(ran.code, 2);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&told["specimens"], &told["left_out"]), (&2.into(), &1.into()));
    assert!(ran.err.contains("not an allele, found 'Z'"), "{}", ran.err);
}

#[test]
fn the_example_of_the_specification() {
    let Some(data) = real_data() else { return };
    let path = data.join("formats/CODIS-32.AppendixAexample.xml").display().to_string();
    let ran = run(&["upload", "check", &path, "--format", "cmf-3.2", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(told["source"], "IADCI0000");
    assert_eq!(told["problems"], 0);
}

//! `buccal candidate search`: files against files, with the truth of the real mixtures.

use std::fs::File;
use std::path::Path;

use exchange::genotypes::{parquet, read_file};
use genetics::LocusSet;

use crate::ground::{file, folder, real_data, run};

const HEADER: &str = "forensic,person,loci_compared,loci_matching,mismatches,stringency";

#[test]
fn a_search_needs_no_database() {
    let folder = folder();
    let mut persons = "Sample Name\tMarker\tAllele 1\tAllele 2\n".to_owned();
    for locus in ["FGA", "TH01", "vWA", "TPOX", "CSF1PO", "D3S1358", "D5S818", "D7S820"] {
        persons.push_str(&format!("P1\t{locus}\t10\t11\nP2\t{locus}\t12\t13\n"));
    }
    let forensic = persons.replace("P1", "F1").replace("P2", "F2").replace("\t12\t13", "\t14\t15");
    let persons = file(folder.path(), "persons.txt", &persons);
    let forensic = file(folder.path(), "forensic.txt", &forensic);
    let out = folder.path().join("candidates.csv").display().to_string();
    let search = ["candidate", "search", "--persons", &persons, "--forensic", &forensic];
    let ran = run(&[&search[..], &["--out", &out]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let found = std::fs::read_to_string(&out).unwrap();
    assert_eq!(found, format!("{HEADER}\nF1,P1,8,8,0,high\n"));
    let ran = run(&[&search[..], &["--out", &out, "--stringency", "perfect"]].concat());
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("give high, moderate or low"), "{}", ran.err);
    let ran = run(&[&search[..], &["--out", &out, "--min-loci", "21"]].concat());
    assert_eq!(ran.code, 2, "{}", ran.err);
}

/// Persons and evidence in delimited text; F1 is P1 with one locus told otherwise.
fn tables(folder: &Path) -> [String; 2] {
    let mut persons = "Sample,CSF1PO,D3S1358,D5S818,D7S820,FGA,TH01,TPOX,vWA,D21S11\n".to_owned();
    for (name, one, two) in [("P1", 10, 11), ("P2", 12, 13), ("P3", 10, 11)] {
        persons.push_str(&format!("{name}{}\n", format!(",\"{one},{two}\"").repeat(9)));
    }
    let evidence = persons.lines().take(2).collect::<Vec<_>>().join("\n").replace("P1", "F1");
    let evidence = format!("{}12\"\nF2{}\n", &evidence[..evidence.len() - 3], ",20".repeat(9));
    [file(folder, "persons.csv", &persons), file(folder, "forensic.csv", &evidence)]
}

/// The same table as a Parquet file.
fn in_columns(path: &str) -> String {
    let (table, problems) = read_file(File::open(path).unwrap()).unwrap();
    assert_eq!(problems, []);
    let columns = format!("{path}.parquet");
    let out = File::create(&columns).unwrap();
    let mut writer = parquet::Writer::new(out, LocusSet::core20()).unwrap();
    table.samples.iter().for_each(|it| writer.write(&it.name, &it.profile).unwrap());
    writer.finish().unwrap();
    columns
}

#[test]
fn text_and_columns_give_the_same_bytes() {
    let folder = folder();
    let text = tables(folder.path());
    let columns = text.clone().map(|path| in_columns(&path));
    let mut found = Vec::new();
    for [persons, forensic] in [text, columns] {
        let out = folder.path().join("out.csv").display().to_string();
        let search = ["candidate", "search", "--persons", &persons, "--forensic", &forensic];
        let ran = run(&[&search[..], &["--out", &out, "--json"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        let summary = ran.json();
        assert_eq!((&summary["persons"], &summary["forensic"]), (&3.into(), &2.into()));
        assert_eq!(summary["candidates"], 2);
        let settings = std::fs::read_to_string(format!("{out}.settings.json")).unwrap();
        let settings: serde_json::Value = serde_json::from_str(&settings).unwrap();
        assert_eq!(settings, summary["settings"]);
        found.push(std::fs::read(&out).unwrap());
    }
    let text = String::from_utf8(found[0].clone()).unwrap();
    assert_eq!(text, format!("{HEADER}\nF1,P1,9,8,1,high\nF1,P3,9,8,1,high\n"));
    assert_eq!(found[0], found[1]);
}

#[test]
fn settings_are_obeyed_and_kept() {
    let folder = folder();
    let [persons, forensic] = tables(folder.path());
    let out = folder.path().join("out.csv").display().to_string();
    let run_with = |more: &[&str]| {
        let search = ["candidate", "search", "--persons", &persons, "--forensic", &forensic];
        run(&[&search[..], &["--out", &out, "--json"], more].concat())
    };
    let ran = run_with(&["--stringency-at", "D21S11=low", "--loci", "D21S11,FGA,vWA"]);
    assert_eq!(ran.code, 2, "eight loci of three: {}", ran.err);
    let more = ["--stringency-at", "D21S11=low", "--loci", "D21S11,FGA,VWA", "--min-loci", "3"];
    let ran = run_with(&more);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let settings = &ran.json()["settings"];
    assert_eq!(settings["stringency_at"], serde_json::json!({ "D21S11": "low" }));
    assert_eq!(settings["loci"], serde_json::json!(["FGA", "vWA", "D21S11"]));
    let found = std::fs::read_to_string(&out).unwrap();
    assert_eq!(found, format!("{HEADER}\nF1,P1,3,3,0,low\nF1,P3,3,3,0,low\n"));
    for wrong in [
        ["--mismatches", "4"],
        ["--loci", "FGA,nowhere"],
        ["--stringency-at", "FGA:low"],
        ["--stringency-at", "SE33=low"],
        ["--max-alleles", "0"],
    ] {
        assert_eq!(run_with(&wrong).code, 2, "{wrong:?}");
    }
    let ran = run_with(&["--max-alleles", "1"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.json()["persons_left_out"], 3);
    assert!(ran.err.contains("sample 'P1' has 2 alleles at one locus and was left out"));
}

#[test]
fn a_search_that_fails_leaves_no_half_list() {
    let folder = folder();
    let [persons, forensic] = tables(folder.path());
    let columns = in_columns(&forensic);
    let bytes = std::fs::read(&columns).unwrap();
    std::fs::write(&columns, &bytes[..bytes.len() / 2]).unwrap();
    let out = folder.path().join("out.csv");
    let ran = run(&[
        "candidate",
        "search",
        "--persons",
        &persons,
        "--forensic",
        &forensic,
        &columns,
        "--out",
        &out.display().to_string(),
    ]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("damaged or cut short"), "{}", ran.err);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

/// True donors of a mixture by its sample name: `1L_11148_1A2` holds the first two donors of set
/// 1, where set 1 is A to E, set 2 F to J, set 3 K to O.
pub(crate) fn donors(sample: &str) -> Vec<String> {
    let code: Vec<char> = sample.rsplit('_').next().unwrap().chars().collect();
    let set = code[0].to_digit(10).unwrap() - 1;
    let count = code[2].to_digit(10).unwrap();
    (0..count).map(|n| char::from_u32('A' as u32 + set * 5 + n).unwrap().to_string()).collect()
}

fn recall(data: &Path, set: usize) -> (f64, usize) {
    let folder = folder();
    let mixtures = data.join("mixtures");
    let out = folder.path().join("candidates.csv").display().to_string();
    let evidence = mixtures.join(format!("dataset{set}_DTL_AlleleReport.txt"));
    let evidence = evidence.display().to_string();
    let mut arguments: Vec<String> = ["candidate", "search", "--persons"].map(String::from).into();
    for entry in std::fs::read_dir(mixtures.join("references")).unwrap() {
        arguments.push(entry.unwrap().path().display().to_string());
    }
    arguments.extend(["--forensic", &evidence, "--out", &out].map(String::from));
    arguments.extend(["--stringency", "moderate", "--min-loci", "8"].map(String::from));
    arguments.extend(["--mismatches", "1", "--loci", "core20"].map(String::from));
    let ran = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let found = std::fs::read_to_string(out).unwrap();
    let pairs: Vec<(&str, &str)> = found
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>())
        .map(|cells| (cells[0], cells[1]))
        .collect();
    let is_true = |pair: &&(&str, &str)| donors(pair.0).contains(&pair.1.to_owned());
    let truly = pairs.iter().filter(is_true).count();
    let table = std::fs::read_to_string(evidence).unwrap();
    let mut samples: Vec<&str> =
        table.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    samples.sort_unstable();
    samples.dedup();
    let all: usize = samples.iter().map(|sample| donors(sample).len()).sum();
    (truly as f64 / all as f64, pairs.len() - truly)
}

#[test]
fn true_donors_of_the_real_mixtures_are_found() {
    let Some(data) = real_data() else { return };
    for (set, expected) in [(1, 0.786), (2, 0.752), (3, 0.786)] {
        let (recall, false_inclusions) = recall(&data, set);
        assert!((recall - expected).abs() < 0.0005, "set {set}: {recall}");
        assert_eq!(false_inclusions, 0, "set {set}");
    }
}

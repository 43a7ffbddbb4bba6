//! `buccal candidate search`: files against files, with the truth of the real mixtures.

use std::path::Path;

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

/// True donors of a mixture by its sample name: `1L_11148_1A2` holds the first two donors of set
/// 1, where set 1 is A to E, set 2 F to J, set 3 K to O.
fn donors(sample: &str) -> Vec<String> {
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

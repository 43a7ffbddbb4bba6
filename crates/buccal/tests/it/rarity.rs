//! `buccal candidate rarity`: populations side by side, tables of one's own, and what is refused.

use serde_json::Value;

use crate::ground::{file, folder, run};

const TABLE: &str = "Sample Name\tMarker\tAllele 1\tAllele 2\nP1\tTH01\t8\t9\nP1\tFGA\t20\t20\n";

/// Two populations; FGA is the same in both.
const FREQUENCIES: &str = "allele,locus,frequency,population,alleles_typed\n\
    8,TH01,0.1,North,200\n9,TH01,0.2,North,200\n9.3,TH01,0.7,North,200\n\
    8,TH01,0.2,South,200\n9,TH01,0.2,South,200\n9.3,TH01,0.6,South,200\n\
    20,FGA,0.5,North,200\n21,FGA,0.5,North,200\n20,FGA,0.5,South,200\n21,FGA,0.5,South,200\n";

#[test]
fn populations_stand_side_by_side_and_the_conservative_one_is_marked() {
    let folder = folder();
    let table = file(folder.path(), "table.txt", TABLE);
    let frequencies = file(folder.path(), "frequencies.csv", FREQUENCIES);
    let asked = ["candidate", "rarity", &table, "--frequencies", &frequencies];
    let ran = run(&[&asked[..], &["--theta", "0", "--records", "100", "--json"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let answers: Value = serde_json::from_str(&ran.out).unwrap();
    let answer = &answers[0];
    assert_eq!(answer["sample"], "P1");
    assert_eq!(answer["most_conservative"], "South");
    // North 2 x 0.1 x 0.2 x 0.5^2, South 2 x 0.2 x 0.2 x 0.5^2.
    let chance = |at: usize| answer["populations"][at]["probability"].as_f64().unwrap();
    assert!((chance(0) - 0.01).abs() < 1e-12 && (chance(1) - 0.02).abs() < 1e-12);
    let probability = answer["search"]["database_match_probability"].as_f64().unwrap();
    assert!((probability - 1.0).abs() < 1e-9, "100 records, one in 50, and never above 1");
    let ran = run(&asked);
    assert!(ran.out.contains("NRC II 4.1, theta 0.01, least frequency 5/2N"), "{}", ran.out);
    let south = ran.out.lines().find(|line| line.contains("South")).unwrap();
    assert!(south.contains("most conservative"), "{}", ran.out);
}

#[test]
fn what_cannot_be_computed_is_told() {
    let folder = folder();
    let table = file(folder.path(), "table.txt", TABLE);
    let check = |more: &[&str], expected: &str| {
        let ran = run(&[&["candidate", "rarity", &table][..], more].concat());
        assert_eq!(ran.code, 2, "{}", ran.out);
        assert!(ran.err.contains(expected), "{}", ran.err);
    };
    check(&["--theta", "2"], "--theta: 2 was found; give a number from 0 to 0.2");
    check(&["--formula", "4.3"], "--formula: '4.3' was found; give nrc-4.1 or nrc-4.10");
    check(&["--minimum", "3"], "--minimum: '3' was found; give 5/2N");
    check(&["--population", "Mars"], "--population: 'Mars' was found; give some of African Am");
    check(&["--loci", "FGA,D99"], "--loci: 'FGA,D99' was found");
    let bad = file(folder.path(), "bad.csv", "Allele,TH01,FGA\n8,0.5,0.1\n");
    check(&["--frequencies", &bad], "no frequencies were understood");
    let ran = run(&["candidate", "rarity", &table, "--loci", "D3S1358,TH01"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("random match probability"), "{}", ran.out);
}

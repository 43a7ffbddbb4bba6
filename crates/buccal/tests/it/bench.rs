//! `buccal bench search` on a small nation: every line is there, and what was counted is what the
//! slowest way counts. `buccal bench law` on few decisions, `buccal bench likelihood` on few
//! persons. Times are not looked at, but that they were taken.

use genetics::{Index, SearchRule};
use search::{Engine, Oracle, PackedProfile, Row, Side, SpecimenKey, Target};
use serde_json::Value;
use world::{Nation, NationSettings};

use crate::ground::run;

/// So many that the engine puts them in order, and does not compare row by row.
const PERSONS: u64 = 4200;
const FORENSIC: u64 = 100;
const SEED: u64 = 7;

const ROWS: [&str; 38] = [
    "Q1",
    "Q6",
    "Q2 single 20",
    "Q2 single 13-19",
    "Q2 single 8-12",
    "Q2 mixture 20",
    "Q2 mixture 13-19",
    "Q2 mixture 8-12",
    "Q2 below 8",
    "Q7 single 20",
    "Q7 single 13-19",
    "Q7 single 8-12",
    "Q7 mixture 20",
    "Q7 mixture 13-19",
    "Q7 mixture 8-12",
    "Q7 below 8",
    "Q3",
    "Q4",
    "Q5",
    "Q4 old panel",
    "insert person",
    "insert person, next query",
    "remove person, new",
    "remove person",
    "insert forensic",
    "insert forensic, next query",
    "remove forensic, new",
    "remove forensic",
    "save",
    "open from disk",
    "open from memory",
    "verify",
    "remove person, on disk",
    "remove forensic, on disk",
    "memory person",
    "memory forensic",
    "build forensic",
    "build persons",
];

fn nation(old_panel_share: f64) -> Nation {
    let (seed, persons, forensic) = (SEED, PERSONS, FORENSIC);
    let settings =
        NationSettings { seed, persons, forensic, old_panel_share, ..Default::default() };
    Nation::new(&settings).unwrap()
}

/// Candidates that the oracle finds for all evidence.
fn candidates(nation: &Nation) -> u64 {
    let mut oracle = Oracle::new();
    let row = |number| Row {
        key: SpecimenKey(number),
        index: Index::Detainee,
        profile: PackedProfile::from(&nation.person(number)),
    };
    oracle.load(Side::Persons, (0..PERSONS).map(row).collect()).unwrap();
    let evidence =
        |number| (SpecimenKey(number), PackedProfile::from(&nation.evidence(number).profile));
    let evidence: Vec<_> = (0..FORENSIC).map(evidence).collect();
    let rule = SearchRule::default();
    let answers = oracle.batch(Target::all(Side::Persons), &evidence, &rule).unwrap();
    answers.iter().map(|(_, found)| found.len() as u64).sum()
}

/// Pairs of persons who differ at two loci at most; every allele of the nation is an exact reading.
fn alike(nation: &Nation) -> u64 {
    let persons: Vec<_> = (0..PERSONS).map(|number| nation.person(number)).collect();
    let mut pairs = 0;
    for (place, one) in persons.iter().enumerate() {
        for other in &persons[..place] {
            let loci = one.typed().iter().zip(other.typed());
            let differing = loci.filter(|(one, other)| one.genotype != other.genotype);
            pairs += u64::from(differing.take(3).count() < 3);
        }
    }
    pairs
}

fn row<'r>(report: &'r Value, name: &str) -> &'r Value {
    let rows = report["rows"].as_array().unwrap();
    rows.iter().find(|row| row["row"] == name).unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn every_line_is_there_and_counts_what_is_there() {
    let seed = SEED.to_string();
    let (persons, forensic) = (PERSONS.to_string(), FORENSIC.to_string());
    let folder = tempfile::tempdir().unwrap();
    let place = ["--file-folder", folder.path().to_str().unwrap()];
    let size = ["--persons", &persons, "--forensic", &forensic, "--seed", &seed];
    let ran = run(&[&["bench", "search", "--json", "--buffer", "2"][..], &size, &place].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report = ran.json();
    let rows = report["rows"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["row"].as_str().unwrap()).collect();
    assert_eq!(names, ROWS);
    for row in rows {
        assert!(row["goal_met"].is_null(), "no goal is for this size: {row}");
        let timed = row["mean_us"].is_number() || row["wall_s"].is_number();
        assert!(timed || row["figure"].is_number() || row["asked"] == 0, "{row}");
    }
    assert_eq!(report["goals_apply"], false);
    assert!(report["machine"]["memory"]["random_line_latency_ns"].as_f64().unwrap() > 0.0);

    assert_eq!(row(&report, "Q4")["pairs"], PERSONS * FORENSIC);
    assert_eq!(row(&report, "Q4")["found"], candidates(&nation(0.0)));
    assert_eq!(row(&report, "Q4 old panel")["found"], candidates(&nation(0.3)));
    assert_eq!(row(&report, "Q5")["pairs"], PERSONS * (PERSONS - 1) / 2);
    assert_eq!(row(&report, "Q5")["found"], alike(&nation(0.0)));
    // Every forensic profile is asked here, so the classes add up to the whole.
    let by_class = |field: &str| -> u64 {
        let rows = rows.iter().filter(|row| row["row"].as_str().unwrap().starts_with("Q2 "));
        rows.map(|row| row[field].as_u64().unwrap()).sum()
    };
    assert_eq!(by_class("asked"), FORENSIC);
    assert_eq!(by_class("found"), row(&report, "Q4")["found"].as_u64().unwrap());
    assert_eq!(row(&report, "Q2 below 8")["found"], 0);

    assert_eq!(row(&report, "save")["found"], PERSONS + FORENSIC);
    assert_eq!(row(&report, "remove person, on disk")["asked"], 50);
    assert!(row(&report, "remove forensic, on disk")["asked"].as_u64().unwrap() > 0);
    assert!(row(&report, "verify")["figure"].as_f64().unwrap() > (PERSONS * 100) as f64);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "the file goes at the end");

    let planted = report["planted"].as_array().unwrap();
    let sum = |field: &str| planted.iter().map(|it| it[field].as_u64().unwrap()).sum::<u64>();
    assert_eq!(sum("found"), sum("candidates_by_rule"));
    assert!(sum("found") > 0 && sum("expected_without_error") <= sum("planted"));
}

#[test]
fn a_folder_that_is_not_there_is_told_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere");
    let size = ["bench", "search", "--persons", "1", "--forensic", "1", "--file-folder"];
    let ran = run(&[&size[..], &[nowhere.to_str().unwrap()]].concat());
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("--file-folder: ") && ran.err.contains("nowhere"), "{}", ran.err);
}

#[test]
fn a_wrong_share_is_told() {
    let ran = run(&["bench", "search", "--persons", "1", "--forensic", "1", "--old-panel", "2"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("old_panel_share is 2"), "{}", ran.err);
}

#[test]
fn decisions_and_replays_are_timed_beside_the_plain_law() {
    let ran = run(&["bench", "law", "--decisions", "40", "--replays", "90", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let rows = ran.json()["rows"].as_array().unwrap().clone();
    let names: Vec<_> = rows.iter().map(|row| row["row"].as_str().unwrap()).collect();
    assert_eq!(names, ["decide", "replay", "plain"]);
    let asked: Vec<_> = rows.iter().map(|row| row["asked"].as_u64().unwrap()).collect();
    assert_eq!(asked, [40, 90, 40]);
    let us = |row: &Value, name: &str| row[name].as_f64().unwrap();
    assert!(rows.iter().all(|row| us(row, "mean_us") > 0.0));
    assert!(us(&rows[0], "p99_us") >= us(&rows[0], "p50_us"));
    assert!(us(&rows[0], "times_plain") > 1.0);
    assert!(rows[0]["goal_met"].is_boolean());
    assert!(rows[1]["goal_met"].is_null(), "the goal is for a million");
    assert_eq!(run(&["bench", "law", "--decisions", "0"]).code, 2);
}

#[test]
fn persons_are_ranked_and_those_in_the_mixture_come_first() {
    let persons = PERSONS.to_string();
    let ran = run(&["bench", "likelihood", "--persons", &persons, "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let rows = ran.json()["rows"].as_array().unwrap().clone();
    assert_eq!(rows.len(), 2);
    for (row, contributors) in rows.iter().zip([2u64, 3]) {
        assert_eq!(row["contributors"], contributors);
        let ranks: Vec<u64> = (1..=contributors).collect();
        assert_eq!(row["ranks_of_contributors"], serde_json::json!(ranks));
        assert!(row["wall_s"].as_f64().unwrap() > 0.0);
        assert!(row["goal_met"].is_null(), "the goal is for a million");
    }
    let ran = run(&["bench", "likelihood", "--persons", "2"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("--persons is 2"), "{}", ran.err);
}

//! `buccal eligibility decide`: the contract that other work holds on to.

use serde_json::Value;

use crate::ground::{booking, feed, file, folder, run};

/// Decides one booking and gives outcome, category, first reason and missing facts.
fn decided(row: &str, more: &[&str]) -> (String, Value, String, Vec<Value>) {
    let folder = folder();
    let path = file(folder.path(), "feed.csv", &feed(&[row.to_owned()]));
    let mut arguments = vec!["eligibility", "decide", "--bookings", &path, "--json"];
    arguments.extend(more);
    let ran = run(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let line = ran.lines().remove(0);
    let reason = &line["reasons"][0];
    assert!(reason["authority"].is_string() && reason["confidence"].is_string());
    assert!(!line["rule_set"].as_str().unwrap().is_empty());
    (
        line["outcome"].as_str().unwrap().to_owned(),
        line["category"].clone(),
        reason["id"].as_str().unwrap().to_owned(),
        line["missing"].as_array().unwrap().clone(),
    )
}

#[test]
fn outcomes_of_the_dallas_pilot() {
    let check = |row: &str, outcome: &str, category: Option<&str>, reason: &str| {
        let found = decided(row, &[]);
        assert_eq!(found.0, outcome, "{row}");
        assert_eq!(found.1.as_str(), category, "{row}");
        assert_eq!(found.2, reason, "{row}");
    };
    let arrest = "criminal_arrest";
    let detention = "admin_detention";
    let row = |born: &str, citizenship: &str, basis: &str| booking("B1", born, citizenship, basis);
    let arrestee = Some("Arrestee");
    check(&row("1990-01-01", "citizen", arrest), "collect", arrestee, "DUTY_ARRESTEE");
    check(&row("1990-01-01", "non_us_person", arrest), "collect", arrestee, "DUTY_ARRESTEE");
    let detainee = Some("Detainee");
    check(&row("1990-01-01", "non_us_person", detention), "collect", detainee, "DUTY_DETAINEE");
    check(&row("2006-05-15", "non_us_person", detention), "do_not_collect", None, "UNDER_14");
    check(&row("2006-05-14", "non_us_person", detention), "collect", detainee, "DUTY_DETAINEE");
    check(&row("1990-01-01", "lpr", arrest), "do_not_collect", None, "LPR_PILOT_EXEMPT");
    check(&row("1990-01-01", "lpr", detention), "do_not_collect", None, "LPR_PILOT_EXEMPT");
    let citizen = row("1990-01-01", "citizen", detention);
    check(&citizen, "do_not_collect", None, "USC_NO_CRIMINAL_BASIS");
}

#[test]
fn a_missing_fact_is_named() {
    let found = decided(&booking("B1", "", "non_us_person", "admin_detention"), &[]);
    assert_eq!((found.0.as_str(), found.3), ("defer", vec!["date_of_birth".into()]));
    let found = decided(&booking("B1", "1990-01-01", "unknown", "admin_detention"), &[]);
    assert_eq!((found.0.as_str(), found.3), ("defer", vec!["citizenship".into()]));
}

#[test]
fn the_day_of_the_decision_can_be_given() {
    let row = booking("B1", "2006-05-15", "non_us_person", "admin_detention");
    assert_eq!(decided(&row, &["--on", "2020-05-14"]).0, "do_not_collect");
    assert_eq!(decided(&row, &["--on", "2020-05-15"]).0, "collect");
}

#[test]
fn a_bad_row_does_not_stop_the_file() {
    let folder = folder();
    let good = booking("B1", "1990-01-01", "citizen", "criminal_arrest");
    let bad = booking("B2", "1990-13-01", "citizen", "criminal_arrest");
    let path = file(folder.path(), "feed.csv", &feed(&[bad, good]));
    let ran = run(&["eligibility", "decide", "--bookings", &path, "--json"]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.lines().len(), 1);
    assert_eq!(ran.lines()[0]["booking_id"], "B1");
    assert!(ran.err.contains("row 2, column 'date_of_birth'"), "{}", ran.err);
    assert!(!ran.err.contains("1990-13-01"), "a date of birth is personal: {}", ran.err);
    let errors = std::fs::read_to_string(format!("{path}.errors.csv")).unwrap();
    assert!(errors.starts_with("row,column,found,problem,expected\n2,date_of_birth,"), "{errors}");
}

#[test]
fn wrong_requests_are_told_with_the_remedy() {
    let folder = folder();
    let path = file(folder.path(), "feed.csv", &feed(&[]));
    let ran = run(&["eligibility", "decide", "--bookings", &path, "--rules", "nonsense"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("'nonsense' is no rule set; give one of"), "{}", ran.err);
    let ran = run(&["eligibility", "decide", "--bookings", "nowhere.csv"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    let path = file(folder.path(), "short.csv", "booking_id,component\nB1,ICE-ERO\n");
    let ran = run(&["eligibility", "decide", "--bookings", &path, "--json"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
    assert!(ran.err.contains("citizenship"), "{}", ran.err);
}

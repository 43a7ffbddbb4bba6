//! `buccal demo`: a month through every station, and what is left of it afterwards.

use crate::ground::{folder, run};

#[test]
fn a_few_days_of_the_pilot_add_up() {
    let folder = folder();
    let data = folder.path().join("month").display().to_string();
    let play = ["demo", "--data", &data, "--seed", "7", "--days", "6", "--no-serve", "--json"];
    let ran = run(&play);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let summary = ran.json();
    let figure = |name: &str| summary[name].as_u64().unwrap_or_else(|| panic!("{name}"));
    let by: u64 = summary["bookings_by_disposition"]
        .as_object()
        .unwrap()
        .values()
        .map(|number| number.as_u64().unwrap())
        .sum();
    assert_eq!(by, figure("bookings"));
    assert_eq!(figure("collections"), figure("accepted") + figure("rejects"));
    assert!(figure("profiles") > 0 && figure("kits") > 0 && figure("packages") > 0);
    assert!(figure("candidates") >= figure("confirmed") + figure("excluded"));
    assert!(figure("audit_size") > figure("bookings"));
    for name in ["recollections", "notices", "removals"] {
        figure(name);
    }
    assert_eq!(summary["audit_root"].as_str().unwrap().len(), 44);

    let verified = run(&["audit", "verify", "--data", &data, "--account", "auditor", "--json"]);
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
    let verified = verified.json();
    assert_eq!(verified[0]["size"], summary["audit_size"]);
    assert_eq!(verified[0]["root"], summary["audit_root"]);

    let again = run(&play);
    assert_eq!(again.code, 2, "a second month in the same folder");
    assert!(again.err.contains("holds a programme already"), "{}", again.err);

    let forbidden = run(&["report", "--data", &data, "--account", "collector"]);
    assert_eq!(forbidden.code, 2);
    assert!(forbidden.err.contains("may not report.view"), "{}", forbidden.err);
}

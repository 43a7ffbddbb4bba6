//! `buccal report ...`: the table on the terminal and in files, and the recount that sees a row
//! that was changed past the record.

use serde_json::Value;

use crate::ground::{Ran, account, booking, feed, file, folder, run};

fn asked(data: &str, arguments: &[&str]) -> Ran {
    let common = ["--data", data, "--account", "manager"];
    run(&[&["report"], arguments, &common].concat())
}

fn total(report: &Value) -> &Value {
    let rows = report["rows"].as_array().unwrap();
    rows.iter().find(|row| row["level"] == "total").unwrap()
}

#[test]
fn who_was_due_is_told_written_and_proven() {
    let folder = folder();
    let data = folder.path().join("data").display().to_string();
    account(&data, &["account", "first", "root"]);
    for (name, role) in [("officer", "collector@*"), ("manager", "program-manager@*")] {
        account(&data, &["account", "create", name, "--account", "root", "--role", role]);
    }
    let rows = [
        booking("B1", "1990-01-01", "non_us_person", "admin_detention"),
        booking("B2", "1990-01-01", "non_us_person", "admin_detention"),
        booking("B3", "2019-01-01", "non_us_person", "admin_detention"),
    ];
    let path = file(folder.path(), "feed.csv", &feed(&rows));
    let officer = ["--data", &data, "--account", "officer"];
    assert_eq!(run(&[&["booking", "import", &path], &officer[..]].concat()).code, 0);
    let close = ["booking", "close", "B1", "--why", "no_kit"];
    assert_eq!(run(&[&close[..], &officer].concat()).code, 0);

    let report = asked(&data, &["coverage", "--json"]).json();
    let counted = total(&report);
    let figures = ["bookings", "persons", "due", "sampled", "excluded", "no_kit", "open"];
    let found: Vec<_> = figures.iter().map(|name| counted[name].as_u64().unwrap()).collect();
    assert_eq!(found, [3, 3, 2, 0, 1, 1, 2]);
    assert_eq!(counted["sampled_percent"], "0.0");
    assert_eq!(report["kits"][0]["bookings_without_kit"], 1);
    let shown = asked(&data, &["coverage"]);
    for part in ["2020-W20", "no_kit", "ICE-ERO at Dallas"] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    assert!(!shown.out.contains("Alder"), "no name");
    let none = asked(&data, &["coverage", "--json", "--from", "2020-05-15"]).json();
    assert_eq!(total(&none)["bookings"], 0);
    assert_eq!(total(&none)["sampled_percent"], "-");

    files(&data, folder.path());
    let minors = asked(&data, &["minors"]);
    assert!(minors.code == 0 && minors.out.starts_with("None: "), "{}", minors.out);
    planted(&data);
}

fn files(data: &str, folder: &std::path::Path) {
    let path = |name: &str| folder.join(name).display().to_string();
    let written = asked(data, &["coverage", "--out", &path("coverage.csv")]);
    assert_eq!(written.code, 0, "{}", written.err);
    let text = std::fs::read_to_string(path("coverage.csv")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("level,component,site,week,bookings,persons,"));
    assert!(lines[1].starts_with("week,ICE-ERO,Dallas,2020-W20,3,3,0,0,2,0,"), "{}", lines[1]);
    assert!(lines.last().unwrap().starts_with("total,,,,3,3,"), "{text}");
    assert_eq!(asked(data, &["coverage", "--out", &path("coverage.parquet")]).code, 0);
    assert!(std::fs::read(path("coverage.parquet")).unwrap().starts_with(b"PAR1"));
    let odd = asked(data, &["coverage", "--out", &path("coverage.xlsx")]);
    assert!(odd.code == 2 && odd.err.contains(".csv or .parquet"), "{}", odd.err);
}

fn planted(data: &str) {
    let sound = asked(data, &["recount"]);
    assert!(sound.code == 0 && sound.out.contains(", 0 differ"), "{}", sound.out);
    let database = rusqlite::Connection::open(format!("{data}/custody.sqlite")).unwrap();
    let change = "UPDATE booking SET state = REPLACE(state, 'no_kit', 'medical') WHERE id = 'B1'";
    assert_eq!(database.execute(change, []).unwrap(), 1);
    let seen = asked(data, &["recount"]);
    assert_eq!(seen.code, 1);
    let line = seen.out.lines().find(|line| line.contains("coverage total: no_kit")).unwrap();
    assert!(line.contains("DIFFERS"), "{line}");
    let json = asked(data, &["recount", "--json"]).json();
    assert!(json["different"].as_u64().unwrap() > 0);
}

//! `buccal audit verify` names the first bad entry.

use std::io::Write;
use std::process::Stdio;

use crate::ground::{Ran, command, folder, run};

#[test]
fn a_changed_entry_is_named() {
    let folder = folder();
    let data = folder.path().display().to_string();
    let mut first = command(&["account", "first", "root", "--data", &data])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    first
        .stdin
        .take()
        .unwrap()
        .write_all(b"correct horse battery\n")
        .unwrap();
    let first: Ran = first.wait_with_output().unwrap().into();
    assert_eq!(first.code, 0, "{}", first.err);
    let verify = [
        "audit",
        "verify",
        "--data",
        &data,
        "--account",
        "root",
        "--json",
    ];
    let sound = run(&verify);
    assert_eq!(sound.code, 0, "{}", sound.err);
    assert_eq!(sound.json()[0]["size"], 1);

    let file = folder.path().join("custody.sqlite");
    let database = rusqlite::Connection::open(file).unwrap();
    let triggers: Vec<String> = database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(
        database
            .execute("UPDATE event SET actor = 'nobody'", [])
            .is_err(),
        "append-only"
    );
    for trigger in triggers {
        database
            .execute_batch(&format!("DROP TRIGGER {trigger}"))
            .unwrap();
    }
    assert_eq!(
        database
            .execute("UPDATE event SET actor = 'nobody' WHERE seq = 0", [])
            .unwrap(),
        1
    );
    drop(database);

    let changed = run(&verify);
    assert_eq!(changed.code, 1);
    let fault = changed.json()[0]["fault"].as_str().unwrap().to_owned();
    assert!(
        fault.starts_with("entry 0: the row does not match its stored hash"),
        "{fault}"
    );
}

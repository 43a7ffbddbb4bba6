//! `buccal audit verify` names the first bad entry.

use crate::ground::{account, folder, run};

#[test]
fn a_changed_entry_is_named() {
    let folder = folder();
    let data = folder.path().display().to_string();
    account(&data, &["account", "first", "root"]);
    let verify = ["audit", "verify", "--data", &data, "--account", "root", "--json"];
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
    assert!(database.execute("UPDATE event SET actor = 'nobody'", []).is_err(), "append-only");
    for trigger in triggers {
        database.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    assert_eq!(database.execute("UPDATE event SET actor = 'nobody' WHERE seq = 0", []).unwrap(), 1);
    drop(database);

    let changed = run(&verify);
    assert_eq!(changed.code, 1);
    let fault = changed.json()[0]["fault"].as_str().unwrap().to_owned();
    assert!(fault.starts_with("entry 0: the row does not match its stored hash"), "{fault}");
}

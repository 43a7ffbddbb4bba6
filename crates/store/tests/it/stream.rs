//! Stage rows: versions and conflicts.

use serde::{Deserialize, Serialize};
use store::stream::{load, put};
use store::{Database, StoreError};

use crate::ground::{Ground, at};

const TABLE: &str = "kit";

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Stage {
    Stocked { box_number: u32 },
    Issued,
}

fn set_up(ground: &Ground) -> Database {
    let database = ground.open();
    let table = "CREATE TABLE kit (id TEXT PRIMARY KEY, version BIGINT NOT NULL, \
                 stage TEXT NOT NULL, state TEXT NOT NULL, at BIGINT NOT NULL)";
    database.write(|tx| tx.script(table)).unwrap();
    database
}

fn conflict<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    match result {
        Err(StoreError::Conflict { constraint }) => constraint,
        other => panic!("{other:?}"),
    }
}

fn a_stage_is_written_once_per_version(ground: &Ground) {
    let database = set_up(ground);
    let stocked = Stage::Stocked { box_number: 4 };
    let put = |expected, stage: &Stage, seconds| {
        database.write(|tx| put(tx, TABLE, "k1", expected, "stage", stage, at(seconds)))
    };
    let load = || database.read(|tx| load::<Stage>(tx, TABLE, "k1")).unwrap();
    assert_eq!(load(), None);
    assert_eq!(conflict(put(Some(1), &stocked, 0)), "kit.version");
    assert_eq!(put(None, &stocked, 0).unwrap(), 1);
    assert_eq!(conflict(put(None, &stocked, 0)), "kit.id");
    let read = load().unwrap();
    assert_eq!((read.version, read.at, read.value), (1, at(0), stocked));
    assert_eq!(put(Some(1), &Stage::Issued, 5).unwrap(), 2);
    assert_eq!(conflict(put(Some(1), &Stage::Issued, 5)), "kit.version");
    let read = load().unwrap();
    assert_eq!((read.id.as_str(), read.version, read.at), ("k1", 2, at(5)));
    assert_eq!(read.value, Stage::Issued);
}

fn a_state_that_is_no_stage_is_damaged(ground: &Ground) {
    let database = set_up(ground);
    database.write(|tx| put(tx, TABLE, "k1", None, "stage", &"Lost", at(0))).unwrap();
    let error = database.read(|tx| load::<Stage>(tx, TABLE, "k1")).unwrap_err();
    assert_eq!(error.to_string(), "damaged value in table kit, row k1, column state");
}

contract! {
    a_stage_is_written_once_per_version
    a_state_that_is_no_stage_is_damaged
}

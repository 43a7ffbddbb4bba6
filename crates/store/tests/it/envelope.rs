//! Data keys: made, loaded, destroyed; what was sealed with a destroyed key stays closed.

use store::envelope::{self, Place};
use store::keys::Secret;
use store::{Location, StoreError};

use crate::ground::Ground;

const NAME: Place<'_> = Place { table: "person", row: "p1", column: "name" };

fn a_destroyed_key_opens_nothing(ground: &Ground) {
    let database = ground.custody();
    let kek = Secret::new([3; 32]);
    let key = database.write(|tx| envelope::create(tx, &kek, "p1")).unwrap();
    let other = database.write(|tx| envelope::create(tx, &kek, "p2")).unwrap();
    assert_ne!(key.expose(), other.expose());
    let sealed = envelope::seal(&key, NAME, b"value").unwrap();
    let loaded = database.read(|tx| envelope::load(tx, &kek, "p1")).unwrap();
    assert_eq!(envelope::open(&loaded, NAME, &sealed).unwrap().as_slice(), b"value");

    assert!(database.write(|tx| envelope::destroy(tx, "p1")).unwrap());
    database.scrub("person_key").unwrap();
    let gone = database.read(|tx| envelope::load(tx, &kek, "p1"));
    assert!(matches!(gone, Err(StoreError::KeyDestroyed)));
    assert!(!database.write(|tx| envelope::destroy(tx, "p1")).unwrap());
    assert!(database.read(|tx| envelope::load(tx, &kek, "p2")).is_ok(), "others keep theirs");
    assert!(envelope::open(&other, NAME, &sealed).is_err());
}

fn a_person_has_one_key(ground: &Ground) {
    let database = ground.custody();
    let kek = Secret::new([3; 32]);
    database.write(|tx| envelope::create(tx, &kek, "p1")).unwrap();
    let second = database.write(|tx| envelope::create(tx, &kek, "p1")).unwrap_err();
    let StoreError::Conflict { constraint } = second else { panic!("{second}") };
    assert_eq!(constraint, "person_key.person_id");
}

fn a_wrapped_key_of_another_person_or_kek_is_damaged(ground: &Ground) {
    let database = ground.custody();
    let kek = Secret::new([3; 32]);
    database.write(|tx| envelope::create(tx, &kek, "p1")).unwrap();
    let wrong = database.read(|tx| envelope::load(tx, &Secret::new([4; 32]), "p1")).unwrap_err();
    assert_eq!(wrong.to_string(), "damaged value in table person_key, row p1, column wrapped");
    database.write(|tx| tx.script("UPDATE person_key SET person_id = 'p2'")).unwrap();
    let moved = database.read(|tx| envelope::load(tx, &kek, "p2"));
    assert!(matches!(moved, Err(StoreError::Corrupt { .. })));
}

contract! {
    a_destroyed_key_opens_nothing
    a_person_has_one_key
    a_wrapped_key_of_another_person_or_kek_is_damaged
}

/// The wrapped key is in the file, or its log, before it is destroyed, and in neither afterwards.
#[test]
fn a_destroyed_key_leaves_the_files() {
    let ground = Ground::sqlite();
    let Location::Sqlite(path) = &ground.location else { panic!("SQLite") };
    let database = ground.custody();
    let kek = Secret::new([3; 32]);
    database.write(|tx| envelope::create(tx, &kek, "p1")).unwrap();
    let sql = "SELECT wrapped FROM person_key";
    let rows = database.read(|tx| tx.query(sql, &[])).unwrap();
    let wrapped = rows[0].get_bytes("wrapped").unwrap().to_vec();
    let present = || {
        let log = path.with_extension("db-wal");
        [path, &log].into_iter().any(|path| {
            let bytes = std::fs::read(path).unwrap_or_default();
            bytes.windows(wrapped.len()).any(|window| window == wrapped)
        })
    };
    assert!(present());
    database.write(|tx| envelope::destroy(tx, "p1")).unwrap();
    database.scrub("person_key").unwrap();
    assert!(!present());
}

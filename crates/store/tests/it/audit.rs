//! The record: roots and proofs against the oracle, paging, checkpoints, append-only tables.

use proptest::prelude::*;
use store::audit::checkpoint::{self, AuditKey, AuditVerifier};
use store::audit::verify::verify;
use store::audit::{self, Entry, Hash};
use store::{Database, StoreError};

use crate::ground::{Ground, at, entry};
use crate::oracle;

pub(crate) fn key() -> AuditKey {
    AuditKey::new("buccal/custody", &[5; 32]).unwrap()
}

pub(crate) fn verifier() -> AuditVerifier {
    key().verifier().unwrap()
}

pub(crate) fn fill(database: &Database, count: u32) {
    database
        .write(|tx| (0..count).try_for_each(|n| audit::append(tx, &entry(n)).map(drop)))
        .unwrap();
}

fn bytes(hashes: Vec<Hash>) -> Vec<oracle::Hash> {
    hashes.into_iter().map(|hash| hash.0).collect()
}

/// Every size, every entry, every pair of sizes.
fn roots_and_proofs_are_those_of_rfc_6962(ground: &Ground) {
    const COUNT: usize = 35;
    let database = ground.custody();
    fill(&database, COUNT as u32);
    let leaves: Vec<oracle::Hash> = database
        .read(|tx| audit::page(tx, 0, 1000))
        .unwrap()
        .iter()
        .map(|event| oracle::leaf(&event.leaf().unwrap()))
        .collect();
    assert_eq!(leaves.len(), COUNT);
    database
        .read(|tx| {
            for size in 0..=COUNT {
                let tree = &leaves[..size];
                let root = audit::root(tx, size as u64)?;
                assert_eq!(root.0, oracle::root(tree), "root of {size}");
                for m in 0..size {
                    let proof = audit::inclusion(tx, size as u64, m as u64)?;
                    assert!(audit::includes(&proof, size as u64, root, m as u64, Hash(tree[m])));
                    let other = Hash(leaves[(m + 1) % COUNT]);
                    assert!(!audit::includes(&proof, size as u64, root, m as u64, other));
                    assert_eq!(bytes(proof), oracle::path(m, tree), "path of {m} in {size}");
                }
                for m in 1..=size {
                    let proof = audit::consistency(tx, size as u64, m as u64)?;
                    let earlier = (m as u64, Hash(oracle::root(&leaves[..m])));
                    assert!(audit::extends(&proof, (size as u64, root), earlier));
                    assert_eq!(bytes(proof), oracle::proof(m, tree), "proof of {m} in {size}");
                }
            }
            assert!(audit::inclusion(tx, 4, 4).is_err());
            assert!(audit::consistency(tx, 4, 0).is_err());
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

fn an_empty_and_a_whole_record_verify(ground: &Ground) {
    let database = ground.custody();
    let empty = database.read(|tx| verify(tx, &verifier(), &|_, _| ())).unwrap();
    assert_eq!((empty.size, empty.root.0), (0, oracle::root(&[])));
    assert_eq!(database.write(|tx| checkpoint::sign(tx, &key(), at(1))).unwrap(), None);
    for (size, signed) in [(3, 1), (4, 2)] {
        fill(&database, if size == 3 { 3 } else { 1 });
        let made = database.write(|tx| checkpoint::sign(tx, &key(), at(size))).unwrap().unwrap();
        let again = database.write(|tx| checkpoint::sign(tx, &key(), at(9))).unwrap().unwrap();
        assert_eq!(made, again, "nothing was added, so there is nothing to sign");
        let calls = std::cell::RefCell::new(Vec::new());
        let progress = |done, total| calls.borrow_mut().push((done, total));
        let whole = database.read(|tx| verify(tx, &verifier(), &progress)).unwrap();
        assert_eq!((whole.size, whole.checkpoints, whole.signed), (made.size, signed, made.size));
        assert_eq!(verifier().open(&made.note).unwrap(), (made.size, whole.root));
        assert_eq!(calls.borrow().last(), Some(&(made.size, made.size)));
    }
    let other = AuditKey::new("buccal/index", &[5; 32]).unwrap().verifier().unwrap();
    assert!(database.read(|tx| verify(tx, &other, &|_, _| ())).is_err());
}

fn a_record_longer_than_a_page_verifies(ground: &Ground) {
    let database = ground.custody();
    fill(&database, 1003);
    let whole = database.read(|tx| verify(tx, &verifier(), &|_, _| ())).unwrap();
    assert_eq!(whole.size, 1003);
    assert_eq!(database.read(|tx| audit::root(tx, 1003)).unwrap().0, whole.root.0);
}

fn a_rolled_back_append_leaves_no_trace(ground: &Ground) {
    let database = ground.custody();
    fill(&database, 3);
    let failed: Result<(), StoreError> = database.write(|tx| {
        audit::append(tx, &entry(3))?;
        Err(StoreError::KeyDestroyed)
    });
    assert!(failed.is_err());
    fill(&database, 2);
    assert_eq!(database.read(|tx| verify(tx, &verifier(), &|_, _| ())).unwrap().size, 5);
}

fn events_are_paged(ground: &Ground) {
    let database = ground.custody();
    fill(&database, 12);
    let numbers =
        |events: Vec<audit::Event>| -> Vec<u64> { events.iter().map(|event| event.seq).collect() };
    database
        .read(|tx| {
            assert_eq!(numbers(audit::page(tx, 10, 5)?), [10, 11]);
            assert_eq!(numbers(audit::page_back(tx, None, 2)?), [11, 10]);
            assert_eq!(numbers(audit::page_back(tx, Some(10), 2)?), [9, 8]);
            assert_eq!(numbers(audit::page_of_subject(tx, "kit-1", 0, 2)?), [1, 6]);
            assert_eq!(numbers(audit::page_of_subject(tx, "kit-1", 7, 2)?), [11]);
            assert_eq!(numbers(audit::page_of_station(tx, "kit", 11, 2)?), [11]);
            assert!(audit::page_of_station(tx, "typing", 0, 2)?.is_empty());
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

fn the_record_cannot_be_changed_by_sql(ground: &Ground) {
    let database = ground.custody();
    fill(&database, 2);
    database.write(|tx| checkpoint::sign(tx, &key(), at(9))).unwrap();
    let mut statements: Vec<String> = Vec::new();
    for (table, column) in [("event", "actor"), ("audit_hash", "hash"), ("checkpoint", "note")] {
        statements.push(format!("UPDATE {table} SET {column} = {column}"));
        statements.push(format!("DELETE FROM {table}"));
        if database.dialect() == store::Dialect::Postgres {
            statements.push(format!("TRUNCATE {table}"));
        } else {
            statements.push(format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}"));
        }
    }
    for sql in statements {
        let error = database.write(|tx| tx.execute(&sql, &[])).unwrap_err().to_string();
        assert!(error.contains("is append-only"), "{sql}: {error}");
    }
    assert_eq!(database.read(|tx| verify(tx, &verifier(), &|_, _| ())).unwrap().size, 2);
}

contract! {
    roots_and_proofs_are_those_of_rfc_6962
    an_empty_and_a_whole_record_verify
    a_record_longer_than_a_page_verifies
    a_rolled_back_append_leaves_no_trace
    events_are_paged
    the_record_cannot_be_changed_by_sql
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the texts are, they come back as they went, and the root is the oracle's.
    #[test]
    fn any_texts_are_kept_and_hashed(
        texts in proptest::collection::vec(("[^\0]{0,12}", "[^\0]{0,12}", "\\PC{0,8}"), 0..20),
        micros in -2_000_000_000_000_000_i64..4_000_000_000_000_000,
    ) {
        let ground = Ground::sqlite();
        let database = ground.custody();
        let entries: Vec<Entry> = texts
            .iter()
            .map(|(actor, subject, note)| Entry {
                at: jiff::Timestamp::from_microsecond(micros).unwrap(),
                actor: actor.clone(),
                subject: subject.clone(),
                body: serde_json::json!([note, subject]),
                ..entry(0)
            })
            .collect();
        database
            .write(|tx| entries.iter().try_for_each(|entry| audit::append(tx, entry).map(drop)))
            .unwrap();
        let events = database.read(|tx| audit::page(tx, 0, 100)).unwrap();
        prop_assert_eq!(events.len(), entries.len());
        for (event, entry) in events.iter().zip(&entries) {
            prop_assert_eq!((&event.actor, &event.subject), (&entry.actor, &entry.subject));
            prop_assert_eq!(event.at, entry.at);
            prop_assert_eq!(&event.details::<serde_json::Value>().unwrap(), &entry.body);
        }
        let leaves: Vec<oracle::Hash> =
            events.iter().map(|event| oracle::leaf(&event.leaf().unwrap())).collect();
        let whole = database.read(|tx| verify(tx, &verifier(), &|_, _| ())).unwrap();
        prop_assert_eq!(whole.root.0, oracle::root(&leaves));
    }
}

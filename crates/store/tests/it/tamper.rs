//! Every way to falsify the record that we could think of: each has to be found, and the entry named
//! has to be the right one.

use store::audit::checkpoint;
use store::audit::verify::{AuditFault, Wrong, verify};
use store::audit::{self, Event};
use store::{Database, Dialect, StoreError, Tx, values};
use tlog_tiles::{
    record_hash, stored_hash_count, stored_hash_index, stored_hashes_for_record_hash,
};

use crate::audit::{fill, key, verifier};
use crate::ground::{Ground, at, entry};

/// Twenty events; checkpoints after 7, 13 and 20 of them.
fn record(ground: &Ground) -> Database {
    let database = ground.custody();
    for (count, size) in [(7, 7), (6, 13), (7, 20)] {
        fill(&database, count);
        let made = database.write(|tx| checkpoint::sign(tx, &key(), at(size))).unwrap();
        assert_eq!(made.unwrap().size, size as u64);
    }
    let disarm = match database.dialect() {
        Dialect::Sqlite => ["event", "audit_hash", "checkpoint"]
            .map(|table| format!("DROP TRIGGER {table}_no_update; DROP TRIGGER {table}_no_delete;"))
            .concat(),
        Dialect::Postgres => ["event", "audit_hash", "checkpoint"]
            .map(|table| format!("DROP TRIGGER {table}_no_change ON {table};"))
            .concat(),
    };
    database.write(|tx| tx.script(&disarm)).unwrap();
    database
}

/// Falsifies within a transaction that is rolled back again, and gives what verification says.
fn found(
    database: &Database,
    falsify: impl Fn(&mut dyn Tx) -> Result<(), StoreError>,
) -> (u64, u64, Wrong) {
    let outcome: Result<(), AuditFault> = database.write(|tx| {
        falsify(tx)?;
        Err(match verify(tx, &verifier(), &|_, _| ()) {
            Ok(whole) => panic!("not found, verified {whole:?}"),
            Err(fault) => fault,
        })
    });
    match outcome.unwrap_err() {
        AuditFault::Entry { first, last, wrong } => (first, last, wrong),
        AuditFault::Store(error) => panic!("not a finding: {error}"),
    }
}

fn run(sql: &str) -> impl Fn(&mut dyn Tx) -> Result<(), StoreError> {
    move |tx| tx.script(sql)
}

fn set_hash(tx: &mut dyn Tx, position: u64, hash: [u8; 32]) -> Result<(), StoreError> {
    let sql = "UPDATE audit_hash SET hash = $1 WHERE position = $2";
    tx.execute(sql, values![hash, position as i64]).map(|changed| assert_eq!(changed, 1))
}

fn event(tx: &mut dyn Tx, seq: u64) -> Result<Event, StoreError> {
    Ok(audit::page(tx, seq, 1)?.remove(0))
}

fn every_column_of_a_row(ground: &Ground) {
    let database = record(ground);
    for column in ["actor", "purpose", "station", "subject", "kind", "body"] {
        let sql = format!("UPDATE event SET {column} = {column} || ' ' WHERE seq = 9");
        assert_eq!(found(&database, run(&sql)), (9, 9, Wrong::Leaf), "{column}");
    }
    for seq in [0, 9, 19] {
        let sql = format!("UPDATE event SET at = at + 1 WHERE seq = {seq}");
        assert_eq!(found(&database, run(&sql)), (seq, seq, Wrong::Leaf));
    }
    let sql = "UPDATE event SET seq = 100 WHERE seq = 9";
    assert_eq!(found(&database, run(sql)), (9, 9, Wrong::Missing { next: 10 }));
    let sql = "UPDATE event SET at = 9223372036854775807 WHERE seq = 9";
    assert_eq!(found(&database, run(sql)), (9, 9, Wrong::Unreadable));
}

/// A character moved from one column to the next must not give the same leaf.
fn text_moved_between_columns(ground: &Ground) {
    let database = record(ground);
    let sql = "UPDATE event SET station = 'ki', subject = 't' || subject WHERE seq = 9";
    assert_eq!(found(&database, run(sql)), (9, 9, Wrong::Leaf));
}

fn rows_deleted_added_and_swapped(ground: &Ground) {
    let database = record(ground);
    let sql = "DELETE FROM event WHERE seq = 9";
    assert_eq!(found(&database, run(sql)), (9, 9, Wrong::Missing { next: 10 }));
    let sql = "DELETE FROM event WHERE seq = 0";
    assert_eq!(found(&database, run(sql)), (0, 0, Wrong::Missing { next: 1 }));
    let sql = "UPDATE event SET seq = 99 WHERE seq = 5; UPDATE event SET seq = 5 WHERE seq = 14; \
               UPDATE event SET seq = 14 WHERE seq = 99";
    assert_eq!(found(&database, run(sql)), (5, 5, Wrong::Leaf));
    let sql = "DELETE FROM event WHERE seq = 9; UPDATE event SET seq = seq - 1 WHERE seq = 10; \
               UPDATE event SET seq = 10 WHERE seq = 11";
    assert_eq!(found(&database, run(sql)), (9, 9, Wrong::Leaf));
    let sql = "INSERT INTO event SELECT 20, at, actor, purpose, station, subject, kind, body \
               FROM event WHERE seq = 3";
    let position = stored_hash_index(0, 20);
    assert_eq!(found(&database, run(sql)), (20, 20, Wrong::HashMissing { position }));
}

fn a_changed_hash_of_each_level(ground: &Ground) {
    let database = record(ground);
    let change = |position| move |tx: &mut dyn Tx| set_hash(tx, position, [9; 32]);
    let leaf = stored_hash_index(0, 6);
    assert_eq!(found(&database, change(leaf)), (6, 6, Wrong::Leaf));
    // Entries 4 and 5, then 4 to 7: written with entries 5 and 7; what is above them fits.
    for (level, n, entry) in [(1, 2, 5), (2, 1, 7), (3, 0, 7), (1, 8, 17), (1, 0, 1)] {
        let position = stored_hash_index(level, n);
        let wrong = Wrong::Node { position };
        assert_eq!(found(&database, change(position)), (entry, entry, wrong), "{level} {n}");
    }
    // Nothing is stored above 16 to 19 yet, so the rows cannot be cleared by it.
    let position = stored_hash_index(2, 4);
    assert_eq!(found(&database, change(position)), (16, 19, Wrong::Rewritten { position }));
}

fn hashes_deleted_added_and_cut(ground: &Ground) {
    let database = record(ground);
    let position = stored_hash_index(1, 2);
    let sql = format!("DELETE FROM audit_hash WHERE position = {position}");
    assert_eq!(found(&database, run(&sql)), (5, 5, Wrong::HashMissing { position }));
    let extra = stored_hash_count(20) + 1;
    let sql = format!("UPDATE audit_hash SET position = {extra} WHERE position = {position}");
    assert_eq!(found(&database, run(&sql)), (5, 5, Wrong::HashMissing { position }));
    let sql =
        format!("INSERT INTO audit_hash SELECT {extra}, hash FROM audit_hash WHERE position = 0");
    let wrong = Wrong::HashExtra { position: extra as i64 };
    assert_eq!(found(&database, run(&sql)), (20, 20, wrong));
    let cut = |tx: &mut dyn Tx| {
        let sql = "UPDATE audit_hash SET hash = $1 WHERE position = 3";
        tx.execute(sql, values![vec![1_u8; 31]]).map(drop)
    };
    assert_eq!(found(&database, cut), (2, 2, Wrong::Leaf));
}

/// The row and its leaf hash are changed to fit each other: the hash above gives it away. Which row
/// of a pair it was cannot be told from hashes, so both are named.
fn a_row_with_its_leaf_hash(ground: &Ground) {
    let database = record(ground);
    for (seq, pair) in [(4, (4, 5)), (5, (4, 5)), (18, (18, 19)), (19, (18, 19))] {
        let falsify = |tx: &mut dyn Tx| {
            let sql = "UPDATE event SET body = '{}' WHERE seq = $1";
            tx.execute(sql, values![seq as i64])?;
            let leaf = record_hash(&event(tx, seq)?.leaf()?);
            set_hash(tx, stored_hash_index(0, seq), leaf.0)
        };
        let position = stored_hash_index(1, pair.0 / 2);
        let wrong = Wrong::Rewritten { position };
        assert_eq!(found(&database, falsify), (pair.0, pair.1, wrong), "{seq}");
    }
}

/// Everything is recomputed after the change, as one with full write access could do. Only the
/// signed checkpoints are left; they narrow it to the entries since the one before.
fn a_row_with_every_hash_above_it(ground: &Ground) {
    let database = record(ground);
    for (seq, first, last, size) in [(4, 0, 6, 7), (7, 7, 12, 13), (19, 13, 19, 20)] {
        let falsify = |tx: &mut dyn Tx| {
            let sql = "UPDATE event SET actor = 'nobody' WHERE seq = $1";
            tx.execute(sql, values![seq as i64])?;
            rebuild(tx)
        };
        assert_eq!(found(&database, falsify), (first, last, Wrong::Root { size }), "{seq}");
    }
}

struct Rebuilt(Vec<tlog_tiles::Hash>);

impl tlog_tiles::HashReader for Rebuilt {
    fn read_hashes(&self, at: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(at.iter().map(|at| self.0[*at as usize]).collect())
    }
}

fn rebuild(tx: &mut dyn Tx) -> Result<(), StoreError> {
    let mut rebuilt = Rebuilt(Vec::new());
    for event in audit::page(tx, 0, 1000)? {
        let leaf = event.leaf_hash()?;
        let hashes = stored_hashes_for_record_hash(event.seq, leaf, &rebuilt).unwrap();
        rebuilt.0.extend(hashes);
    }
    (0..).zip(&rebuilt.0).try_for_each(|(position, hash)| set_hash(tx, position, hash.0))
}

fn the_end_cut_off(ground: &Ground) {
    let database = record(ground);
    let rows = "DELETE FROM event WHERE seq >= 15";
    assert_eq!(found(&database, run(rows)), (15, 15, Wrong::CutOff));
    let count = stored_hash_count(15);
    let both = format!("{rows}; DELETE FROM audit_hash WHERE position >= {count}");
    let wrong = Wrong::CutOffBeforeCheckpoint { size: 20 };
    assert_eq!(found(&database, run(&both)), (15, 15, wrong));
    let all = "DELETE FROM event; DELETE FROM audit_hash";
    let wrong = Wrong::CutOffBeforeCheckpoint { size: 7 };
    assert_eq!(found(&database, run(all)), (0, 0, wrong));
}

fn checkpoints_changed(ground: &Ground) {
    let database = record(ground);
    let fault = |note| Wrong::CheckpointNote { size: 13, fault: note };
    let sql = "UPDATE checkpoint SET note = REPLACE(note, 'buccal/custody' || chr(10) || '13', \
               'buccal/custody' || chr(10) || '12') WHERE size = 13";
    let sql = match database.dialect() {
        Dialect::Sqlite => sql.replace("chr(", "char("),
        Dialect::Postgres => sql.to_owned(),
    };
    let signature = fault(checkpoint::NoteFault::Signature);
    assert_eq!(found(&database, run(&sql)), (12, 12, signature));
    let sql = "UPDATE checkpoint SET note = '' WHERE size = 13";
    let malformed = fault(checkpoint::NoteFault::Malformed);
    assert_eq!(found(&database, run(sql)), (12, 12, malformed));
    let sql = "UPDATE checkpoint SET size = 12 WHERE size = 13";
    assert_eq!(found(&database, run(sql)), (11, 11, Wrong::CheckpointSize { size: 12 }));
}

/// Signing a falsified record would make it look sound.
fn a_falsified_record_is_not_signed(ground: &Ground) {
    let database = record(ground);
    let result: Result<(), StoreError> = database.write(|tx| {
        tx.script("UPDATE event SET actor = 'nobody' WHERE seq = 4")?;
        rebuild(tx)?;
        audit::append(tx, &entry(20))?;
        checkpoint::sign(tx, &key(), at(99)).map(drop)
    });
    assert!(matches!(result, Err(StoreError::Corrupt { .. })), "{result:?}");
}

fn findings_are_sentences(ground: &Ground) {
    let database = record(ground);
    let say = |sql: &str| {
        let (first, last, wrong) = found(&database, run(sql));
        AuditFault::Entry { first, last, wrong }.to_string()
    };
    assert_eq!(
        say("UPDATE event SET body = '{}' WHERE seq = 9"),
        "entry 9: the row does not match its stored hash: the row was changed after it was written"
    );
    assert_eq!(
        say("DELETE FROM event WHERE seq = 9"),
        "entry 9: the row is missing, the next row found has number 10"
    );
}

contract! {
    every_column_of_a_row
    text_moved_between_columns
    rows_deleted_added_and_swapped
    a_changed_hash_of_each_level
    hashes_deleted_added_and_cut
    a_row_with_its_leaf_hash
    a_row_with_every_hash_above_it
    the_end_cut_off
    checkpoints_changed
    a_falsified_record_is_not_signed
    findings_are_sentences
}

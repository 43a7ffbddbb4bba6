//! The append-only record of a database, which is also its audit log: table `event`, whose rows are
//! the leaves of a Merkle tree (RFC 6962 hashing, C2SP tlog numbering) kept in `audit_hash`.
//! Deliberately absent: personal values (events carry ids and keyed digests, so that removal can
//! destroy values without breaking the chain), and any way to change or delete an event.
//!
//! Leaf bytes are the JSON array, without spaces and with strings escaped as in RFC 8785,
//! `["buccal event 1", seq, at, actor, purpose, station, subject, kind, body]`
//! where `at` is microseconds UTC and `body` is the stored JSON text as a string.

use std::cell::{Cell, RefCell};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
pub use tlog_tiles::{Hash, RecordProof, TreeProof};
use tlog_tiles::{HashReader, record_hash, stored_hash_index, stored_hashes_for_record_hash};

use crate::error::StoreError;
use crate::tx::{Row, Tx};
use crate::values;

pub mod checkpoint;
pub mod verify;

/// First element of every leaf: no other thing that is hashed begins so.
const DOMAIN: &str = "buccal event 1";

const SIZE: &str = "SELECT COALESCE(MAX(seq), -1) + 1 AS size FROM event";
const INSERT_EVENT: &str = "INSERT INTO event \
     (seq, at, actor, purpose, station, subject, kind, body) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const INSERT_HASH: &str = "INSERT INTO audit_hash (position, hash) VALUES ($1, $2)";
const HASH: &str = "SELECT hash FROM audit_hash WHERE position = $1";
const PAGE: &str = "SELECT seq, at, actor, purpose, station, subject, kind, body FROM event \
     WHERE seq >= $1 ORDER BY seq LIMIT $2";
const PAGE_LAST: &str = "SELECT seq, at, actor, purpose, station, subject, kind, body FROM event \
     WHERE seq < $1 ORDER BY seq DESC LIMIT $2";
const PAGE_SUBJECT: &str = "SELECT seq, at, actor, purpose, station, subject, kind, body \
     FROM event WHERE subject = $1 AND seq >= $2 ORDER BY seq LIMIT $3";
const PAGE_STATION: &str = "SELECT seq, at, actor, purpose, station, subject, kind, body \
     FROM event WHERE station = $1 AND seq >= $2 ORDER BY seq LIMIT $3";
const LAST_OF: &str = "SELECT seq, at, actor, purpose, station, subject, kind, body FROM event \
     WHERE subject = $1 AND station = $2 AND kind IN ($3, $4) ORDER BY seq DESC LIMIT 1";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] =
    &[SIZE, INSERT_EVENT, INSERT_HASH, HASH, PAGE, PAGE_LAST, PAGE_SUBJECT, PAGE_STATION, LAST_OF];

/// An event to be appended. No field may hold a personal value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it happened; kept to the microsecond.
    pub at: Timestamp,
    /// Account id of who did it, or the name of a part of the programme.
    pub actor: String,
    /// Why: the purpose the actor stated or the law that asks for it.
    pub purpose: String,
    /// Station noun, such as `collection`.
    pub station: String,
    /// Identifier of what it happened to.
    pub subject: String,
    /// What happened, such as `sealed`.
    pub kind: String,
    /// Details.
    pub body: serde_json::Value,
}

/// An event as it stands in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Place in the record, from 0; also the leaf's place in the tree.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: String,
    /// Why.
    pub purpose: String,
    /// Station noun.
    pub station: String,
    /// Identifier of what it happened to.
    pub subject: String,
    /// What happened.
    pub kind: String,
    /// Details: the stored JSON text.
    pub body: String,
}

impl Event {
    /// Reads an event from a row of table `event`.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            seq: row.get_u64("seq")?,
            at: row.get_at("at")?,
            actor: row.get_text("actor")?.to_owned(),
            purpose: row.get_text("purpose")?.to_owned(),
            station: row.get_text("station")?.to_owned(),
            subject: row.get_text("subject")?.to_owned(),
            kind: row.get_text("kind")?.to_owned(),
            body: row.get_text("body")?.to_owned(),
        })
    }

    /// The details as a type. Error: `Corrupt` if they are not that type.
    pub fn details<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        serde_json::from_str(&self.body).map_err(|_| StoreError::corrupt("event", self.seq, "body"))
    }

    /// The bytes that are hashed, see the head of this file.
    pub fn leaf(&self) -> Result<Vec<u8>, StoreError> {
        serde_json::to_vec(&(
            DOMAIN,
            self.seq,
            self.at.as_microsecond(),
            &self.actor,
            &self.purpose,
            &self.station,
            &self.subject,
            &self.kind,
            &self.body,
        ))
        .map_err(|_| StoreError::Encode("an event"))
    }

    /// RFC 6962 leaf hash: SHA-256 of a zero byte and the leaf bytes.
    pub fn leaf_hash(&self) -> Result<Hash, StoreError> {
        Ok(record_hash(&self.leaf()?))
    }
}

/// Appends an event and the hashes it completes, in the caller's transaction; returns its place.
pub fn append(tx: &mut dyn Tx, entry: &Entry) -> Result<u64, StoreError> {
    let seq = size(tx)?;
    let event = Event {
        seq,
        at: truncated(entry.at)?,
        actor: entry.actor.clone(),
        purpose: entry.purpose.clone(),
        station: entry.station.clone(),
        subject: entry.subject.clone(),
        kind: entry.kind.clone(),
        body: entry.body.to_string(),
    };
    let leaf = event.leaf_hash()?;
    let hashes = with_reader(tx, |reader| stored_hashes_for_record_hash(seq, leaf, reader))?;
    let Event { at, actor, purpose, station, subject, kind, body, .. } = event;
    let row = values![int(seq)?, at, actor, purpose, station, subject, kind, body];
    tx.execute(INSERT_EVENT, row)?;
    let first = int(stored_hash_index(0, seq))?;
    for (position, hash) in (first..).zip(hashes) {
        tx.execute(INSERT_HASH, values![position, hash.0])?;
    }
    Ok(seq)
}

/// How many events there are: the seq the next one gets.
pub fn size(tx: &mut dyn Tx) -> Result<u64, StoreError> {
    tx.first(SIZE, &[])?.ok_or(StoreError::Aborted)?.get_u64("size")
}

/// Root hash of the first `size` events, from the stored hashes.
pub fn root(tx: &mut dyn Tx, size: u64) -> Result<Hash, StoreError> {
    with_reader(tx, |reader| tlog_tiles::tree_hash(size, reader))
}

/// Proof that event `seq` is in the tree of the first `size` events. Error: `seq >= size`.
pub fn inclusion(tx: &mut dyn Tx, size: u64, seq: u64) -> Result<RecordProof, StoreError> {
    with_reader(tx, |reader| tlog_tiles::prove_record(size, seq, reader))
}

/// Checks a proof of [`inclusion`] against a root one trusts.
#[must_use]
pub fn includes(proof: &RecordProof, size: u64, root: Hash, seq: u64, leaf: Hash) -> bool {
    tlog_tiles::check_record(proof, size, root, seq, leaf).is_ok()
}

/// Proof that the tree of `earlier` events is a beginning of the tree of `size` events. Error:
/// `earlier` is 0 or larger than `size`.
pub fn consistency(tx: &mut dyn Tx, size: u64, earlier: u64) -> Result<TreeProof, StoreError> {
    with_reader(tx, |reader| tlog_tiles::prove_tree(size, earlier, reader))
}

/// Checks a proof of [`consistency`] between two roots.
#[must_use]
pub fn extends(
    proof: &TreeProof,
    (size, root): (u64, Hash),
    (earlier, earlier_root): (u64, Hash),
) -> bool {
    tlog_tiles::check_tree(proof, size, root, earlier, earlier_root).is_ok()
}

/// Up to `limit` events from `from_seq` on, oldest first.
pub fn page(tx: &mut dyn Tx, from_seq: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
    tx.query(PAGE, values![int(from_seq)?, limit])?.iter().map(Event::read).collect()
}

/// Up to `limit` events before `before_seq` (`None`: the newest), newest first.
pub fn page_back(
    tx: &mut dyn Tx,
    before_seq: Option<u64>,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    let before = before_seq.map_or(Ok(i64::MAX), int)?;
    tx.query(PAGE_LAST, values![before, limit])?.iter().map(Event::read).collect()
}

/// Up to `limit` events of one subject from `from_seq` on, oldest first.
pub fn page_of_subject(
    tx: &mut dyn Tx,
    subject: &str,
    from_seq: u64,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    let params = values![subject, int(from_seq)?, limit];
    tx.query(PAGE_SUBJECT, params)?.iter().map(Event::read).collect()
}

/// The newest event of one subject at one station that is of either kind.
pub fn last_of(
    tx: &mut dyn Tx,
    subject: &str,
    station: &str,
    kinds: [&str; 2],
) -> Result<Option<Event>, StoreError> {
    let [one, other] = kinds;
    let row = tx.first(LAST_OF, values![subject, station, one, other])?;
    row.as_ref().map(Event::read).transpose()
}

/// Up to `limit` events of one station from `from_seq` on, oldest first.
pub fn page_of_station(
    tx: &mut dyn Tx,
    station: &str,
    from_seq: u64,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    let params = values![station, int(from_seq)?, limit];
    tx.query(PAGE_STATION, params)?.iter().map(Event::read).collect()
}

fn truncated(at: Timestamp) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(at.as_microsecond()).map_err(|_| StoreError::Encode("a time"))
}

pub(crate) fn int(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Encode("a position"))
}

/// Reads stored hashes for the tree arithmetic. Its trait has no room for our errors, so the first
/// one waits in `failure`.
struct SqlHashes<'t> {
    tx: RefCell<&'t mut dyn Tx>,
    failure: Cell<Option<StoreError>>,
}

impl HashReader for SqlHashes<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        let mut tx = self.tx.borrow_mut();
        let read: Result<Vec<Hash>, StoreError> =
            indexes.iter().map(|position| stored(*tx, *position)).collect();
        read.map_err(|error| {
            self.failure.set(Some(error));
            tlog_tiles::Error::IndexesNotInTree
        })
    }
}

fn stored(tx: &mut dyn Tx, position: u64) -> Result<Hash, StoreError> {
    let damaged = || StoreError::corrupt("audit_hash", position, "hash");
    let row = tx.first(HASH, values![int(position)?])?.ok_or_else(damaged)?;
    row.get_bytes("hash")?.try_into().map(Hash).map_err(|_| damaged())
}

fn with_reader<T>(
    tx: &mut dyn Tx,
    compute: impl FnOnce(&SqlHashes<'_>) -> Result<T, tlog_tiles::Error>,
) -> Result<T, StoreError> {
    let reader = SqlHashes { tx: RefCell::new(tx), failure: Cell::new(None) };
    compute(&reader).map_err(|error| {
        reader.failure.take().unwrap_or_else(|| StoreError::Statement(format!("audit: {error}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaf_bytes_are_as_documented() {
        let event = Event {
            seq: 7,
            at: Timestamp::from_microsecond(1_700_000_000_000_001).unwrap(),
            actor: "a\"\n\u{1}é".to_owned(),
            purpose: "p".to_owned(),
            station: "kit".to_owned(),
            subject: "k-1".to_owned(),
            kind: "issued".to_owned(),
            body: r#"{"n":1}"#.to_owned(),
        };
        let wanted = "[\"buccal event 1\",7,1700000000000001,\"a\\\"\\n\\u0001é\",\"p\",\"kit\",\
                      \"k-1\",\"issued\",\"{\\\"n\\\":1}\"]";
        assert_eq!(String::from_utf8(event.leaf().unwrap()).unwrap(), wanted);
    }
}

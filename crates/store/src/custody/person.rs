//! Which records are of one person, who is a twin of whom, and by what records may be found to be
//! of one person: keyed digests of file numbers, and of names with the date of birth.

use jiff::Timestamp;
use journey::ids::PersonId;
use journey::person;

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::Tx;
use crate::values;

/// The table of merges.
pub const TABLE: &str = "person_merge";
const KEYS: &str = "UPDATE person_merge SET kept = $2 WHERE id = $1";
const KEPT_BY: &str = "SELECT kept FROM person_merge WHERE id = $1 AND stage = 'merged'";
const POINTING: &str =
    "SELECT id FROM person_merge WHERE kept = $1 AND stage = 'merged' ORDER BY id";
const MERGED: &str = "SELECT id, kept FROM person_merge WHERE stage = 'merged' ORDER BY id";
const COUNT: &str = "SELECT (SELECT COUNT(DISTINCT person_id) FROM booking) \
     - (SELECT COUNT(*) FROM person_merge WHERE stage = 'merged') AS number";
const MARK: &str = "INSERT INTO person_mark (person_id, kind, digest) VALUES ($1, $2, $3) \
     ON CONFLICT DO NOTHING";
const FORGET: &str = "DELETE FROM person_mark WHERE person_id = $1";
const ALIKE: &str = "SELECT one.person_id AS one, other.person_id AS other, one.kind AS kind \
     FROM person_mark AS one JOIN person_mark AS other \
     ON other.kind = one.kind AND other.digest = one.digest AND other.person_id > one.person_id \
     WHERE one.person_id > $1 OR (one.person_id = $1 AND other.person_id > $2) \
     ORDER BY one.person_id, other.person_id, one.kind LIMIT $3";
const TWIN: &str =
    "INSERT INTO person_twin (one, other, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const ARE_TWINS: &str = "SELECT at FROM person_twin WHERE one = $1 AND other = $2";
const TWINS_OF: &str = "SELECT other AS twin FROM person_twin WHERE one = $1 \
     UNION SELECT one AS twin FROM person_twin WHERE other = $1 ORDER BY twin";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] =
    &[KEYS, KEPT_BY, POINTING, MERGED, COUNT, MARK, FORGET, ALIKE, TWIN, ARE_TWINS, TWINS_OF];

/// A stage as it is stored.
pub type Stored = Versioned<person::Stage>;

/// Where the merge of a record stands, if there is one.
pub fn load(tx: &mut dyn Tx, id: &PersonId) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &PersonId,
    before: Option<&Stored>,
    after: &person::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, after.word(), after, at)?;
    tx.execute(KEYS, values![id.as_str(), after.asked().kept.as_str()])?;
    Ok(())
}

/// The record into which a record is merged.
pub fn kept_by(tx: &mut dyn Tx, id: &PersonId) -> Result<Option<PersonId>, StoreError> {
    let row = tx.first(KEPT_BY, values![id.as_str()])?;
    row.as_ref().map(|row| row.get_text("kept").map(PersonId::from)).transpose()
}

/// The records that are merged into a record.
pub fn pointing_to(tx: &mut dyn Tx, id: &PersonId) -> Result<Vec<PersonId>, StoreError> {
    let rows = tx.query(POINTING, values![id.as_str()])?;
    rows.iter().map(|row| row.get_text("id").map(PersonId::from)).collect()
}

/// Every record that is merged into another, with that one.
pub fn merged(tx: &mut dyn Tx) -> Result<Vec<(PersonId, PersonId)>, StoreError> {
    let pair = |row: &crate::tx::Row| {
        Ok((PersonId::from(row.get_text("id")?), PersonId::from(row.get_text("kept")?)))
    };
    tx.query(MERGED, values![])?.iter().map(pair).collect()
}

/// How many persons were booked; records that are merged count once.
pub fn count(tx: &mut dyn Tx) -> Result<u64, StoreError> {
    tx.first(COUNT, values![])?.map_or(Ok(0), |row| row.get_u64("number"))
}

/// Notes something by which a record may be found to be of the same person as another.
pub fn mark(
    tx: &mut dyn Tx,
    person: &PersonId,
    kind: &str,
    digest: &[u8],
) -> Result<(), StoreError> {
    tx.execute(MARK, values![person.as_str(), kind, digest])?;
    Ok(())
}

/// Takes those of a record away.
pub fn forget_marks(tx: &mut dyn Tx, person: &PersonId) -> Result<(), StoreError> {
    tx.execute(FORGET, values![person.as_str()])?;
    Ok(())
}

/// Two records that have something in common, and what kind of thing.
pub type Alike = (PersonId, PersonId, String);

/// Up to `limit` of them behind a pair, in the order of the pairs.
pub fn alike(tx: &mut dyn Tx, after: (&str, &str), limit: u32) -> Result<Vec<Alike>, StoreError> {
    let read = |row: &crate::tx::Row| {
        let person = |column| row.get_text(column).map(PersonId::from);
        Ok((person("one")?, person("other")?, row.get_text("kind")?.to_owned()))
    };
    tx.query(ALIKE, values![after.0, after.1, limit])?.iter().map(read).collect()
}

/// Marks two records as those of twins.
pub fn mark_twins(
    tx: &mut dyn Tx,
    one: &PersonId,
    other: &PersonId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (one, other) = if one < other { (one, other) } else { (other, one) };
    tx.execute(TWIN, values![one.as_str(), other.as_str(), at])?;
    Ok(())
}

/// True where two records are those of twins.
pub fn are_twins(tx: &mut dyn Tx, one: &PersonId, other: &PersonId) -> Result<bool, StoreError> {
    let (one, other) = if one < other { (one, other) } else { (other, one) };
    Ok(tx.first(ARE_TWINS, values![one.as_str(), other.as_str()])?.is_some())
}

/// The records of twins of a record's person.
pub fn twins_of(tx: &mut dyn Tx, person: &PersonId) -> Result<Vec<PersonId>, StoreError> {
    let rows = tx.query(TWINS_OF, values![person.as_str()])?;
    rows.iter().map(|row| row.get_text("twin").map(PersonId::from)).collect()
}

//! Standing orders to collect again, by person.

use jiff::Timestamp;
use journey::duty;
use journey::ids::{PersonId, RecollectionId};

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::Tx;
use crate::values;

/// The table.
pub const TABLE: &str = "duty";
const KEYS: &str = "UPDATE duty SET person_id = $2 WHERE id = $1";
const OPEN_OF: &str = "SELECT id, version, state, at FROM duty WHERE person_id = $1 AND stage = \
     'open' \
     ORDER BY at, id";
const OF_PERSON: &str =
    "SELECT id, version, state, at FROM duty WHERE person_id = $1 ORDER BY at, id";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[KEYS, OPEN_OF, OF_PERSON];

/// A stage as it is stored.
pub type Stored = Versioned<duty::Stage>;

/// Where it stands, if it is there.
pub fn load(tx: &mut dyn Tx, id: &RecollectionId) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &RecollectionId,
    before: Option<&Stored>,
    after: &duty::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, after.word(), after, at)?;
    tx.execute(KEYS, values![id.as_str(), after.open().person.as_str()])?;
    Ok(())
}

/// Open orders of a person.
pub fn open_of(tx: &mut dyn Tx, person: &PersonId) -> Result<Vec<Stored>, StoreError> {
    let rows = tx.query(OPEN_OF, values![person.as_str()])?;
    rows.iter().map(|row| stream::read(TABLE, row)).collect()
}

/// Every order about a person, the oldest first.
pub fn of_person(tx: &mut dyn Tx, person: &PersonId) -> Result<Vec<Stored>, StoreError> {
    let rows = tx.query(OF_PERSON, values![person.as_str()])?;
    rows.iter().map(|row| stream::read(TABLE, row)).collect()
}

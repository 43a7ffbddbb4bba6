//! Removals, found by the kit that they are about until they are certified.

use jiff::Timestamp;
use journey::ids::{KitBarcode, RemovalId};
use journey::removal;

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::Tx;
use crate::values;

/// The table.
pub const TABLE: &str = "removal";
const KEYS: &str = "UPDATE removal SET kit = $2 WHERE id = $1";
const APPROVED: &str = "SELECT id, version, state, at FROM removal \
     WHERE kit = $1 AND stage = 'approved' ORDER BY at, id";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[KEYS, APPROVED];

/// A stage as it is stored.
pub type Stored = Versioned<removal::Stage>;

/// Where it stands, if it is there.
pub fn load(tx: &mut dyn Tx, id: &RemovalId) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &RemovalId,
    before: Option<&Stored>,
    after: &removal::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, after.word(), after, at)?;
    tx.execute(KEYS, values![id.as_str(), after.kit().map(KitBarcode::as_str)])?;
    Ok(())
}

/// The removal of a kit that is approved and not certified yet.
pub fn approved_of(tx: &mut dyn Tx, kit: &KitBarcode) -> Result<Option<Stored>, StoreError> {
    let row = tx.first(APPROVED, values![kit.as_str()])?;
    row.as_ref().map(|row| stream::read(TABLE, row)).transpose()
}

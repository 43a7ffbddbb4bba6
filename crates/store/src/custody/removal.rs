//! Removals and what is left of them.

use jiff::Timestamp;
use journey::ids::RemovalId;
use journey::removal;

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::Tx;

/// The table.
pub const TABLE: &str = "removal";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[];

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
    Ok(())
}

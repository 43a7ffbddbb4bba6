//! Arrived kits at the laboratory, by barcode.

use jiff::Timestamp;
use journey::accession;
use journey::ids::KitBarcode;

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::Tx;

/// The table.
pub const TABLE: &str = "accession";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[];

/// A stage as it is stored.
pub type Stored = Versioned<accession::Stage>;

/// Where it stands, if it is there.
pub fn load(tx: &mut dyn Tx, id: &KitBarcode) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &KitBarcode,
    before: Option<&Stored>,
    after: &accession::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, after.word(), after, at)?;
    Ok(())
}

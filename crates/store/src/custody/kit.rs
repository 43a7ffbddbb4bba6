//! Kits by barcode, lot and site.

use jiff::Timestamp;
use journey::ids::KitBarcode;
use journey::kit;

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::Tx;
use crate::values;

/// The table.
pub const TABLE: &str = "kit";
const KEYS: &str = "UPDATE kit SET lot = $2, site = $3 WHERE id = $1";
const OF_LOT: &str = "SELECT id, version, state, at FROM kit WHERE lot = $1 ORDER BY id";
const STOCK: &str =
    "SELECT site, stage, COUNT(*) AS number FROM kit GROUP BY site, stage ORDER BY site, stage";

const RECALL: &str =
    "INSERT INTO lot_recall (lot, at) VALUES ($1, $2) ON CONFLICT (lot) DO NOTHING";
const RECALLED: &str = "SELECT at FROM lot_recall WHERE lot = $1";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[KEYS, OF_LOT, STOCK, RECALL, RECALLED];

/// A stage as it is stored.
pub type Stored = Versioned<kit::Stage>;

/// Where it stands, if it is there.
pub fn load(tx: &mut dyn Tx, id: &KitBarcode) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &KitBarcode,
    before: Option<&Stored>,
    after: &kit::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, after.word(), after, at)?;
    let issued = after.issued();
    tx.execute(KEYS, values![id.as_str(), &issued.lot, issued.site.as_str()])?;
    Ok(())
}

/// Kits of a lot, in barcode order.
pub fn of_lot(tx: &mut dyn Tx, lot: &str) -> Result<Vec<Stored>, StoreError> {
    let rows = tx.query(OF_LOT, values![lot])?;
    rows.iter().map(|row| stream::read(TABLE, row)).collect()
}

/// How many kits a site has at each stage: `(site, stage, number)`.
pub fn stock(tx: &mut dyn Tx) -> Result<Vec<(String, String, u64)>, StoreError> {
    let rows = tx.query(STOCK, &[])?;
    rows.iter()
        .map(|row| {
            let site = row.get_text("site")?.to_owned();
            Ok((site, row.get_text("stage")?.to_owned(), row.get_u64("number")?))
        })
        .collect()
}

/// Notes that a lot was recalled; doing it twice does nothing.
pub fn recall(tx: &mut dyn Tx, lot: &str, at: Timestamp) -> Result<(), StoreError> {
    tx.execute(RECALL, values![lot, at])?;
    Ok(())
}

/// True where a lot was recalled, whatever became of its kits.
pub fn is_recalled(tx: &mut dyn Tx, lot: &str) -> Result<bool, StoreError> {
    Ok(tx.first(RECALLED, values![lot])?.is_some())
}

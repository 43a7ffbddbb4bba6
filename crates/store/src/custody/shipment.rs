//! Packages, and which one holds a kit.

use jiff::Timestamp;
use journey::ids::{KitBarcode, PackageNumber};
use journey::shipment;

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::Tx;
use crate::values;

/// The table.
pub const TABLE: &str = "shipment";
const OF_KIT: &str = "SELECT package FROM shipment_kit WHERE kit = $1";
const HOLD: &str = "INSERT INTO shipment_kit (kit, package) VALUES ($1, $2)";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[OF_KIT, HOLD];

/// A stage as it is stored.
pub type Stored = Versioned<shipment::Stage>;

/// Where it stands, if it is there.
pub fn load(tx: &mut dyn Tx, id: &PackageNumber) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &PackageNumber,
    before: Option<&Stored>,
    after: &shipment::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, after.word(), after, at)?;
    Ok(())
}

/// The package that holds a kit.
pub fn of_kit(tx: &mut dyn Tx, kit: &KitBarcode) -> Result<Option<PackageNumber>, StoreError> {
    let row = tx.first(OF_KIT, values![kit.as_str()])?;
    row.as_ref().map(|row| row.get_text("package").map(PackageNumber::from)).transpose()
}

/// Records that a package holds a kit. Error: `Conflict` if another does.
pub fn hold(tx: &mut dyn Tx, package: &PackageNumber, kit: &KitBarcode) -> Result<(), StoreError> {
    tx.execute(HOLD, values![kit.as_str(), package.as_str()])?;
    Ok(())
}

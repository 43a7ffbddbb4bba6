//! The link: which sample a specimen number stands for. The crown jewel of the programme.
//!
//! Both sides are kept as keyed digests and the pair itself as an envelope under the link key, so
//! that a copy of the table joins nothing. Whoever reads it writes an event with the purpose;
//! `service` has one function for that. Absent: any way to list the table.

use journey::ids::{KitBarcode, SpecimenNumber};

use crate::envelope::{self, Place};
use crate::error::StoreError;
use crate::keys::{Keys, digest};
use crate::tx::Tx;
use crate::values;

const INSERT: &str = "INSERT INTO link (specimen_digest, kit_digest, sealed) VALUES ($1, $2, $3)";
const BY_SPECIMEN: &str = "SELECT sealed FROM link WHERE specimen_digest = $1";
const BY_KIT: &str = "SELECT sealed FROM link WHERE kit_digest = $1";
const DELETE: &str = "DELETE FROM link WHERE kit_digest = $1";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[INSERT, BY_SPECIMEN, BY_KIT, DELETE];

const PLACE: Place<'static> = Place { table: "link", row: "pair", column: "sealed" };

/// Links a specimen number to a kit. Error: `Conflict` if either is linked already.
pub fn create(
    tx: &mut dyn Tx,
    keys: &Keys,
    specimen: &SpecimenNumber,
    kit: &KitBarcode,
) -> Result<(), StoreError> {
    let pair = serde_json::to_vec(&(specimen, kit)).map_err(|_| StoreError::Encode("a link"))?;
    let sealed = envelope::seal(&keys.link, PLACE, &pair)?;
    let row = values![specimen_digest(keys, specimen)?, kit_digest(keys, kit)?, sealed];
    tx.execute(INSERT, row)?;
    Ok(())
}

/// The kit behind a specimen number.
pub fn kit(
    tx: &mut dyn Tx,
    keys: &Keys,
    specimen: &SpecimenNumber,
) -> Result<Option<KitBarcode>, StoreError> {
    let row = tx.first(BY_SPECIMEN, values![specimen_digest(keys, specimen)?])?;
    row.map(|row| open(keys, row.get_bytes("sealed")?).map(|pair| pair.1)).transpose()
}

/// The specimen number of a kit's sample.
pub fn specimen(
    tx: &mut dyn Tx,
    keys: &Keys,
    kit: &KitBarcode,
) -> Result<Option<SpecimenNumber>, StoreError> {
    let row = tx.first(BY_KIT, values![kit_digest(keys, kit)?])?;
    row.map(|row| open(keys, row.get_bytes("sealed")?).map(|pair| pair.0)).transpose()
}

/// Destroys the link of a kit; `false` where there was none.
pub fn destroy(tx: &mut dyn Tx, keys: &Keys, kit: &KitBarcode) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE, values![kit_digest(keys, kit)?])? == 1)
}

fn open(keys: &Keys, sealed: &[u8]) -> Result<(SpecimenNumber, KitBarcode), StoreError> {
    let pair = envelope::open(&keys.link, PLACE, sealed)?;
    serde_json::from_slice(&pair).map_err(|_| StoreError::corrupt("link", "pair", "sealed"))
}

fn specimen_digest(keys: &Keys, specimen: &SpecimenNumber) -> Result<[u8; 32], StoreError> {
    digest(&keys.link, "link specimen", specimen.as_str().as_bytes())
}

fn kit_digest(keys: &Keys, kit: &KitBarcode) -> Result<[u8; 32], StoreError> {
    digest(&keys.link, "link kit", kit.as_str().as_bytes())
}

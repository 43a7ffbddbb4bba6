//! Plates of the laboratory, and which specimens wait for one.

use jiff::Timestamp;
use journey::ids::{Ori, PlateNumber, SpecimenNumber};
use journey::typing;

use crate::error::StoreError;
use crate::listing::After;
use crate::stream::{self, Versioned};
use crate::tx::Tx;
use crate::values;

/// The table.
pub const TABLE: &str = "plate";
const CARRY: &str = "INSERT INTO plate_specimen (specimen, plate) VALUES ($1, $2)";
const REGISTER: &str = "INSERT INTO specimen (id, category, laboratory, at) VALUES ($1, $2, $3, \
     $4) \
     ON CONFLICT (id) DO NOTHING";
const SPECIMEN: &str = "SELECT id, category, laboratory, at FROM specimen WHERE id = $1";
const WAITING: &str = "SELECT id, category, laboratory, at FROM specimen \
     WHERE NOT EXISTS (SELECT 1 FROM reading WHERE reading.id = specimen.id \
     AND reading.stage <> 'returned') \
     AND NOT EXISTS (SELECT 1 FROM plate_specimen JOIN plate ON plate.id = plate_specimen.plate \
     WHERE plate_specimen.specimen = specimen.id AND plate.stage = 'loaded') \
     AND (at > $1 OR (at = $1 AND id > $2)) ORDER BY at, id LIMIT $3";
const RECLASSIFY: &str = "UPDATE specimen SET category = $2 WHERE id = $1 AND category <> $2";
const FORGET_SPECIMEN: &str = "DELETE FROM specimen WHERE id = $1";
const FORGET_CARRIED: &str = "DELETE FROM plate_specimen WHERE specimen = $1";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] =
    &[CARRY, REGISTER, SPECIMEN, WAITING, RECLASSIFY, FORGET_SPECIMEN, FORGET_CARRIED];

/// A stage as it is stored.
pub type Stored = Versioned<typing::Stage>;

/// Where it stands, if it is there.
pub fn load(tx: &mut dyn Tx, id: &PlateNumber) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &PlateNumber,
    before: Option<&Stored>,
    after: &typing::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, after.word(), after, at)?;
    Ok(())
}

/// Notes that a plate carries a specimen.
pub fn carry(
    tx: &mut dyn Tx,
    plate: &PlateNumber,
    specimen: &SpecimenNumber,
) -> Result<(), StoreError> {
    tx.execute(CARRY, values![specimen.as_str(), plate.as_str()])?;
    Ok(())
}

/// A specimen that the laboratory accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Specimen {
    /// Its number.
    pub id: SpecimenNumber,
    /// Specimen category.
    pub category: String,
    /// Laboratory that holds the sample.
    pub laboratory: Ori,
    /// Since when.
    pub at: Timestamp,
}

/// Registers a specimen; doing it twice does nothing.
pub fn register(tx: &mut dyn Tx, specimen: &Specimen) -> Result<bool, StoreError> {
    let Specimen { id, category, laboratory, at } = specimen;
    let done = tx.execute(REGISTER, values![id.as_str(), category, laboratory.as_str(), *at])?;
    Ok(done == 1)
}

/// Puts a registered specimen into another category; false where it is not there, or in it.
pub fn reclassify(
    tx: &mut dyn Tx,
    id: &SpecimenNumber,
    category: &str,
) -> Result<bool, StoreError> {
    Ok(tx.execute(RECLASSIFY, values![id.as_str(), category])? == 1)
}

/// A registered specimen.
pub fn specimen(tx: &mut dyn Tx, id: &SpecimenNumber) -> Result<Option<Specimen>, StoreError> {
    tx.first(SPECIMEN, values![id.as_str()])?.as_ref().map(read_specimen).transpose()
}

/// Specimens that wait for a plate, longest waiting first: on none, or only on void ones and
/// without a reading that stands.
pub fn waiting(tx: &mut dyn Tx, after: &After, limit: u32) -> Result<Vec<Specimen>, StoreError> {
    tx.query(WAITING, values![after.at, &after.id, limit])?.iter().map(read_specimen).collect()
}

/// Takes a specimen's registration and its places on plates away.
pub fn forget(tx: &mut dyn Tx, id: &SpecimenNumber) -> Result<(), StoreError> {
    tx.execute(FORGET_SPECIMEN, values![id.as_str()])?;
    tx.execute(FORGET_CARRIED, values![id.as_str()])?;
    Ok(())
}

fn read_specimen(row: &crate::tx::Row) -> Result<Specimen, StoreError> {
    Ok(Specimen {
        id: SpecimenNumber::from(row.get_text("id")?),
        category: row.get_text("category")?.to_owned(),
        laboratory: Ori::from(row.get_text("laboratory")?),
        at: row.get_at("at")?,
    })
}

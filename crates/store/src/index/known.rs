//! Known profiles of staff and of cases, and pairs of one plate that a reviewer cleared.

use genetics::Profile;
use jiff::Timestamp;
use journey::ids::{CaseNumber, Ori, PlateNumber, SpecimenNumber};
use journey::upload::known;
use journey::upload::{Known, KnownReason};

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::{Row, Tx};
use crate::values;

/// The table.
pub const TABLE: &str = "known";
const FILL: &str = "UPDATE known SET laboratory = $2, case_number = $3, profile = $4 WHERE id = $1";
const FORGET: &str = "UPDATE known SET profile = NULL WHERE id = $1";
const OF_CASE: &str = "SELECT id, version, state, at, profile FROM known \
     WHERE profile IS NOT NULL AND ((case_number = $1 AND laboratory = $2) OR case_number IS NULL) \
     ORDER BY id";
const ON_PLATE: &str = "SELECT reading.id AS id, reading.profile AS profile FROM plate_specimen \
     JOIN reading ON reading.id = plate_specimen.specimen \
     WHERE plate_specimen.plate = $1 AND reading.profile IS NOT NULL AND reading.id <> $2 \
     AND NOT EXISTS (SELECT 1 FROM cleared WHERE (specimen = $2 AND other = reading.id) \
     OR (specimen = reading.id AND other = $2)) ORDER BY reading.id";
const CLEAR: &str = "INSERT INTO cleared (specimen, other, at) VALUES ($1, $2, $3) \
     ON CONFLICT (specimen, other) DO NOTHING";
const FORGET_CLEARED: &str = "DELETE FROM cleared WHERE specimen = $1 OR other = $1";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[FILL, FORGET, OF_CASE, ON_PLATE, CLEAR, FORGET_CLEARED];

/// A stage as it is stored.
pub type Stored = Versioned<known::Stage>;

/// Where it stands, if it is there.
pub fn load(tx: &mut dyn Tx, id: &SpecimenNumber) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &SpecimenNumber,
    before: Option<&Stored>,
    after: &known::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, after.word(), after, at)?;
    Ok(())
}

/// Writes the profile, and where it is compared: with a case, or with everything where none is
/// named.
pub fn fill(
    tx: &mut dyn Tx,
    id: &SpecimenNumber,
    laboratory: &Ori,
    case: Option<&CaseNumber>,
    profile: &Profile,
) -> Result<(), StoreError> {
    let text = serde_json::to_string(profile).map_err(|_| StoreError::Encode("a profile"))?;
    let case = case.map(CaseNumber::as_str);
    tx.execute(FILL, values![id.as_str(), laboratory.as_str(), case, text])?;
    Ok(())
}

/// Takes the profile away; its number and stage stay.
pub fn forget(tx: &mut dyn Tx, id: &SpecimenNumber) -> Result<(), StoreError> {
    tx.execute(FORGET, values![id.as_str()])?;
    Ok(())
}

/// Profiles that are compared before anything of a case enters: those of the case, and of staff.
/// Without a case, those of staff.
pub fn of_case(
    tx: &mut dyn Tx,
    laboratory: &Ori,
    case: Option<&CaseNumber>,
) -> Result<Vec<Known>, StoreError> {
    let case = case.map_or("", CaseNumber::as_str);
    let rows = tx.query(OF_CASE, values![case, laboratory.as_str()])?;
    let mut known = Vec::with_capacity(rows.len());
    for row in &rows {
        let stored: Stored = stream::read(TABLE, row)?;
        let known::Stage::Kept(kept) = &stored.value else { continue };
        known.push(read_known(row, KnownReason::Person(kept.category))?);
    }
    Ok(known)
}

/// Other readings of a plate, but for those that a reviewer cleared beside this specimen.
pub fn on_plate(
    tx: &mut dyn Tx,
    plate: &PlateNumber,
    specimen: &SpecimenNumber,
) -> Result<Vec<Known>, StoreError> {
    let rows = tx.query(ON_PLATE, values![plate.as_str(), specimen.as_str()])?;
    rows.iter().map(|row| read_known(row, KnownReason::SamePlate)).collect()
}

/// Notes that two specimens of a plate may show the same profile.
pub fn clear(
    tx: &mut dyn Tx,
    specimen: &SpecimenNumber,
    other: &SpecimenNumber,
    at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(CLEAR, values![specimen.as_str(), other.as_str(), at])?;
    Ok(())
}

/// Takes away what was noted of a specimen beside others.
pub fn forget_cleared(tx: &mut dyn Tx, specimen: &SpecimenNumber) -> Result<(), StoreError> {
    tx.execute(FORGET_CLEARED, values![specimen.as_str()])?;
    Ok(())
}

fn read_known(row: &Row, reason: KnownReason) -> Result<Known, StoreError> {
    let id = row.get_text("id")?;
    let profile = serde_json::from_str(row.get_text("profile")?)
        .map_err(|_| StoreError::corrupt(TABLE, id, "profile"))?;
    Ok(Known { specimen: SpecimenNumber::from(id), reason, profile })
}

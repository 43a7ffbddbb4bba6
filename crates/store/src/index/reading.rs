//! Readings of specimens with their profiles, by specimen number.

use genetics::Profile;
use jiff::Timestamp;
use journey::ids::SpecimenNumber;
use journey::typing::reading;

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::Tx;
use crate::values;

/// The table.
pub const TABLE: &str = "reading";
const KEEP: &str = "UPDATE reading SET profile = $2 WHERE id = $1";
const PROFILE: &str = "SELECT profile FROM reading WHERE id = $1";
const FORGET: &str = "DELETE FROM reading WHERE id = $1";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[KEEP, PROFILE, FORGET];

/// A stage as it is stored.
pub type Stored = Versioned<reading::Stage>;

/// Where it stands, if it is there.
pub fn load(tx: &mut dyn Tx, id: &SpecimenNumber) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &SpecimenNumber,
    before: Option<&Stored>,
    after: &reading::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, after.word(), after, at)?;
    Ok(())
}

/// Writes the profile of a reading.
pub fn keep_profile(
    tx: &mut dyn Tx,
    id: &SpecimenNumber,
    profile: &Profile,
) -> Result<(), StoreError> {
    let text = serde_json::to_string(profile).map_err(|_| StoreError::Encode("a profile"))?;
    tx.execute(KEEP, values![id.as_str(), text])?;
    Ok(())
}

/// The profile of a reading.
pub fn profile(tx: &mut dyn Tx, id: &SpecimenNumber) -> Result<Option<Profile>, StoreError> {
    let row = tx.first(PROFILE, values![id.as_str()])?;
    let Some(text) = row.as_ref().map(|row| row.opt_text("profile")).transpose()?.flatten() else {
        return Ok(None);
    };
    serde_json::from_str(text).map(Some).map_err(|_| StoreError::corrupt(TABLE, id, "profile"))
}

/// Takes a reading away with its profile.
pub fn forget(tx: &mut dyn Tx, id: &SpecimenNumber) -> Result<(), StoreError> {
    tx.execute(FORGET, values![id.as_str()])?;
    Ok(())
}

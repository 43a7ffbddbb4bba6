//! Records of the index: profiles by specimen number, without a name.

use genetics::{Category, Profile};
use jiff::Timestamp;
use journey::ids::{CaseNumber, Ori, SpecimenNumber};
use journey::upload;

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::{Row, Tx};
use crate::values;

/// The table.
pub const TABLE: &str = "record";
const NEXT_KEY: &str = "SELECT COALESCE(MAX(search_key), 0) + 1 AS next_key FROM record";
const FILL: &str = "UPDATE record SET search_key = $2, category = $3, laboratory = $4, \
     profile = $5, case_number = $6 WHERE id = $1";
const KEEP_VERSION: &str = "INSERT INTO record_version (id, version, profile, at) \
     SELECT id, $2, profile, $3 FROM record WHERE id = $1 AND profile IS NOT NULL";
const BY_CATEGORY: &str = "SELECT category, COUNT(*) AS number FROM record \
     WHERE profile IS NOT NULL GROUP BY category ORDER BY category";
const FORGET_VERSIONS: &str = "DELETE FROM record_version WHERE id = $1";
const OF_CASE: &str = "SELECT id, search_key, category, laboratory, case_number, \
     profile FROM record WHERE case_number = $1 AND laboratory = $2 AND profile IS NOT NULL \
     ORDER BY id";
const FORGET: &str = "UPDATE record SET profile = NULL WHERE id = $1";
const SEARCHABLE: &str = "SELECT id, search_key, category, laboratory, case_number, \
     profile FROM record WHERE id = $1 AND profile IS NOT NULL";
const BY_KEY: &str = "SELECT id, search_key, category, laboratory, case_number, \
     profile FROM record WHERE search_key = $1 AND profile IS NOT NULL";
const PAGE_SEARCHABLE: &str = "SELECT id, search_key, category, laboratory, case_number, \
     profile FROM record WHERE search_key > $1 AND profile IS NOT NULL \
     ORDER BY search_key LIMIT $2";

const OF_CATEGORY: &str = "SELECT id FROM record WHERE stage = 'indexed' AND category = $1";
const SEARCH_KEY: &str = "SELECT search_key FROM record WHERE id = $1";
const TO_ENTER: &str = "SELECT id FROM reading WHERE stage = 'reviewed' \
     AND NOT EXISTS (SELECT 1 FROM record WHERE record.id = reading.id \
     AND record.at >= reading.at AND NOT EXISTS (SELECT 1 FROM specimen \
     WHERE specimen.id = record.id AND specimen.category <> record.category)) \
     ORDER BY at, id LIMIT $1";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[
    NEXT_KEY,
    FILL,
    KEEP_VERSION,
    BY_CATEGORY,
    FORGET_VERSIONS,
    OF_CASE,
    FORGET,
    SEARCHABLE,
    BY_KEY,
    PAGE_SEARCHABLE,
    OF_CATEGORY,
    SEARCH_KEY,
    TO_ENTER,
];

/// A stage as it is stored.
pub type Stored = Versioned<upload::Stage>;

/// Where it stands, if it is there.
pub fn load(tx: &mut dyn Tx, id: &SpecimenNumber) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Specimens with a reviewed profile and no record, an older one, or one in another category,
/// longest waiting first.
pub fn to_enter(tx: &mut dyn Tx, limit: u32) -> Result<Vec<SpecimenNumber>, StoreError> {
    tx.query(TO_ENTER, values![limit])?
        .iter()
        .map(|row| Ok(SpecimenNumber::from(row.get_text("id")?)))
        .collect()
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &SpecimenNumber,
    before: Option<&Stored>,
    after: &upload::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, after.word(), after, at)?;
    Ok(())
}

/// What the search needs of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Searchable {
    /// Its specimen number.
    pub id: SpecimenNumber,
    /// Its key in the search engine.
    pub search_key: u64,
    /// Specimen category.
    pub category: Category,
    /// Laboratory that owns it.
    pub laboratory: Ori,
    /// The case, of evidence.
    pub case: Option<CaseNumber>,
    /// The profile.
    pub profile: Profile,
}

/// Fills in what the search needs: with the key that the record has, else with the next free one.
pub fn make_searchable(
    tx: &mut dyn Tx,
    id: &SpecimenNumber,
    indexed: &upload::Indexed,
    profile: &Profile,
) -> Result<(), StoreError> {
    let text = serde_json::to_string(profile).map_err(|_| StoreError::Encode("a profile"))?;
    let key = match search_key(tx, id)? {
        Some(key) => i64::try_from(key).map_err(|_| StoreError::Encode("a search key"))?,
        None => tx.first(NEXT_KEY, &[])?.ok_or(StoreError::Aborted)?.get_i64("next_key")?,
    };
    let (category, laboratory) = (indexed.category.name(), indexed.laboratory.as_str());
    let case = match &indexed.source {
        upload::Source::Person => None,
        upload::Source::Evidence { case } => Some(case.as_str()),
    };
    tx.execute(FILL, values![id.as_str(), key, category, laboratory, text, case])?;
    Ok(())
}

/// Keeps the profile that a new version is about to replace.
pub fn keep_version(
    tx: &mut dyn Tx,
    id: &SpecimenNumber,
    version: u32,
    at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(KEEP_VERSION, values![id.as_str(), version, at])?;
    Ok(())
}

/// How many searchable records there are of each category.
pub fn count_by_category(tx: &mut dyn Tx) -> Result<Vec<(Category, u64)>, StoreError> {
    let rows = tx.query(BY_CATEGORY, &[])?;
    let read = |row: &Row| {
        let name = row.get_text("category")?;
        let category = Category::from_name(name)
            .ok_or_else(|| StoreError::corrupt(TABLE, name, "category"))?;
        Ok((category, row.get_u64("number")?))
    };
    rows.iter().map(read).collect()
}

/// Searchable evidence of a case.
pub fn of_case(
    tx: &mut dyn Tx,
    laboratory: &Ori,
    case: &CaseNumber,
) -> Result<Vec<Searchable>, StoreError> {
    let rows = tx.query(OF_CASE, values![case.as_str(), laboratory.as_str()])?;
    rows.iter().map(read_searchable).collect()
}

/// Takes the profile out of a record with all its versions; its number and stage stay.
pub fn forget(tx: &mut dyn Tx, id: &SpecimenNumber) -> Result<(), StoreError> {
    tx.execute(FORGET_VERSIONS, values![id.as_str()])?;
    tx.execute(FORGET, values![id.as_str()])?;
    Ok(())
}

/// One searchable record.
pub fn searchable(tx: &mut dyn Tx, id: &SpecimenNumber) -> Result<Option<Searchable>, StoreError> {
    tx.first(SEARCHABLE, values![id.as_str()])?.as_ref().map(read_searchable).transpose()
}

/// The record with a search key.
pub fn by_key(tx: &mut dyn Tx, search_key: u64) -> Result<Option<Searchable>, StoreError> {
    let key = i64::try_from(search_key).map_err(|_| StoreError::Encode("a search key"))?;
    tx.first(BY_KEY, values![key])?.as_ref().map(read_searchable).transpose()
}

/// Searchable records with a key above `after_key`, in key order.
pub fn page_searchable(
    tx: &mut dyn Tx,
    after_key: u64,
    limit: u32,
) -> Result<Vec<Searchable>, StoreError> {
    let key = i64::try_from(after_key).map_err(|_| StoreError::Encode("a search key"))?;
    tx.query(PAGE_SEARCHABLE, values![key, limit])?.iter().map(read_searchable).collect()
}

/// Numbers of all searchable records of a category.
pub fn of_category(tx: &mut dyn Tx, category: Category) -> Result<Vec<SpecimenNumber>, StoreError> {
    tx.query(OF_CATEGORY, values![category.name()])?
        .iter()
        .map(|row| Ok(SpecimenNumber::from(row.get_text("id")?)))
        .collect()
}

fn read_searchable(row: &Row) -> Result<Searchable, StoreError> {
    let id = row.get_text("id")?;
    let category = Category::from_name(row.get_text("category")?)
        .ok_or_else(|| StoreError::corrupt(TABLE, id, "category"))?;
    let profile = serde_json::from_str(row.get_text("profile")?)
        .map_err(|_| StoreError::corrupt(TABLE, id, "profile"))?;
    Ok(Searchable {
        id: SpecimenNumber::from(id),
        search_key: row.get_u64("search_key")?,
        category,
        laboratory: Ori::from(row.get_text("laboratory")?),
        case: row.opt_text("case_number")?.map(CaseNumber::from),
        profile,
    })
}

/// The search key that a record has or had.
pub fn search_key(tx: &mut dyn Tx, id: &SpecimenNumber) -> Result<Option<u64>, StoreError> {
    let row = tx.first(SEARCH_KEY, values![id.as_str()])?;
    let Some(row) = row else { return Ok(None) };
    Ok(row.opt_i64("search_key")?.and_then(|key| u64::try_from(key).ok()))
}

//! Candidates by evidence, record and the laboratory of the case.

use jiff::Timestamp;
use journey::candidate;
use journey::ids::{CandidateId, Ori, SpecimenNumber};

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::Tx;
use crate::values;

/// The table.
pub const TABLE: &str = "candidate";
const PAIR: &str = "UPDATE candidate SET evidence = $2, record = $3, laboratory = $4 WHERE id = $1";
const FORGET_PAIR: &str = "UPDATE candidate SET evidence = NULL, record = NULL WHERE id = $1";
const OF_SPECIMEN: &str =
    "SELECT id, version, state, at FROM candidate WHERE evidence = $1 OR record = $1 ORDER BY id";
const OF_LABORATORY: &str = "SELECT id, version, state, at FROM candidate WHERE ($1 = '' OR \
     laboratory = $1) \
     AND ($2 = '' OR stage = $2) ORDER BY at, id LIMIT $3";
const LABORATORY: &str = "SELECT laboratory FROM candidate WHERE id = $1";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[PAIR, FORGET_PAIR, OF_SPECIMEN, OF_LABORATORY, LABORATORY];

/// A stage as it is stored.
pub type Stored = Versioned<candidate::Stage>;

/// Where it stands, if it is there.
pub fn load(tx: &mut dyn Tx, id: &CandidateId) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &CandidateId,
    before: Option<&Stored>,
    after: &candidate::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, after.word(), after, at)?;
    Ok(())
}

/// Notes the pair and the laboratory that works on it.
pub fn note_pair(
    tx: &mut dyn Tx,
    id: &CandidateId,
    found: &candidate::Found,
    laboratory: &Ori,
) -> Result<(), StoreError> {
    let (evidence, record) = (found.evidence.as_str(), found.record.as_str());
    tx.execute(PAIR, values![id.as_str(), evidence, record, laboratory.as_str()])?;
    Ok(())
}

/// Takes the pair out of a candidate; its stage stays.
pub fn forget_pair(tx: &mut dyn Tx, id: &CandidateId) -> Result<(), StoreError> {
    tx.execute(FORGET_PAIR, values![id.as_str()])?;
    Ok(())
}

/// Candidates that name a specimen on either side.
pub fn of_specimen(tx: &mut dyn Tx, specimen: &SpecimenNumber) -> Result<Vec<Stored>, StoreError> {
    let rows = tx.query(OF_SPECIMEN, values![specimen.as_str()])?;
    rows.iter().map(|row| stream::read(TABLE, row)).collect()
}

/// Candidates that a laboratory works on, or all where it is empty, of one stage or all.
pub fn of_laboratory(
    tx: &mut dyn Tx,
    laboratory: &str,
    stage: &str,
    limit: u32,
) -> Result<Vec<Stored>, StoreError> {
    let rows = tx.query(OF_LABORATORY, values![laboratory, stage, limit])?;
    rows.iter().map(|row| stream::read(TABLE, row)).collect()
}

/// The laboratory that works on a candidate.
pub fn laboratory(tx: &mut dyn Tx, id: &CandidateId) -> Result<Option<Ori>, StoreError> {
    let row = tx.first(LABORATORY, values![id.as_str()])?;
    let text = row.as_ref().map(|row| row.opt_text("laboratory")).transpose()?.flatten();
    Ok(text.map(Ori::from))
}

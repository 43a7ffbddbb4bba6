//! Candidates by evidence, record and the laboratory of the case.

use jiff::Timestamp;
use journey::candidate;
use journey::ids::{CandidateId, Ori, SpecimenNumber};

use crate::error::StoreError;
use crate::listing::After;
use crate::stream::{self, Versioned};
use crate::tx::{Row, Tx};
use crate::values;

/// The table.
pub const TABLE: &str = "candidate";
const PAIR: &str = "UPDATE candidate SET evidence = $2, record = $3, laboratory = $4, \
     record_laboratory = $5, due_at = $6 WHERE id = $1";
const MOVE_DUE: &str = "UPDATE candidate SET due_at = $2 WHERE id = $1";
const FORGET_PAIR: &str = "UPDATE candidate SET evidence = NULL, record = NULL WHERE id = $1";
const OF_SPECIMEN: &str =
    "SELECT id, version, state, at FROM candidate WHERE evidence = $1 OR record = $1 ORDER BY id";
const OF_LABORATORY: &str = "SELECT id, version, state, at, due_at FROM candidate \
     WHERE ($1 = '' OR laboratory = $1 OR record_laboratory = $1) AND ($2 = '' OR stage = $2) \
     AND (at > $3 OR (at = $3 AND id > $4)) ORDER BY at, id LIMIT $5";
const WORK: &str = "SELECT id, version, state, at, due_at FROM candidate \
     WHERE ($1 = '' OR laboratory = $1 OR record_laboratory = $1) \
     AND stage IN ('new', 'under_review') AND due_at IS NOT NULL \
     AND (due_at > $2 OR (due_at = $2 AND id > $3)) ORDER BY due_at, id LIMIT $4";
const LABORATORIES: &str = "SELECT laboratory, record_laboratory FROM candidate WHERE id = $1";
const DUE_AT: &str = "SELECT due_at FROM candidate WHERE id = $1";
const COUNTS: &str = "SELECT seq, at, subject, kind, body FROM event WHERE station = 'candidate' \
     AND kind IN ('counted', 'uncounted') ORDER BY seq";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] =
    &[PAIR, MOVE_DUE, FORGET_PAIR, OF_SPECIMEN, OF_LABORATORY, WORK, LABORATORIES, DUE_AT, COUNTS];

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

/// Whose work a pair is, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// The laboratory of the evidence.
    pub laboratory: Ori,
    /// The laboratory of the other record, where it has a say before a confirmation.
    pub record_laboratory: Option<Ori>,
    /// When the time to look at it ends.
    pub due_at: Timestamp,
}

/// Notes the pair and whose work it is.
pub fn note_pair(
    tx: &mut dyn Tx,
    id: &CandidateId,
    found: &candidate::Found,
    work: &Work,
) -> Result<(), StoreError> {
    let (evidence, record) = (found.evidence.as_str(), found.record.as_str());
    let other = work.record_laboratory.as_ref().map(Ori::as_str);
    let laboratory = work.laboratory.as_str();
    tx.execute(PAIR, values![id.as_str(), evidence, record, laboratory, other, work.due_at])?;
    Ok(())
}

/// Moves the end of the time to look at a candidate.
pub fn move_due(tx: &mut dyn Tx, id: &CandidateId, due_at: Timestamp) -> Result<(), StoreError> {
    tx.execute(MOVE_DUE, values![id.as_str(), due_at])?;
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

/// A candidate with the end of its time, if one was noted.
pub type Timed = (Stored, Option<Timestamp>);

/// One page of the candidates of a laboratory, or of all where it is empty, of one stage or all;
/// longest at its stage first.
pub fn of_laboratory(
    tx: &mut dyn Tx,
    laboratory: &str,
    stage: &str,
    after: &After,
    limit: u32,
) -> Result<Vec<Timed>, StoreError> {
    let rows = tx.query(OF_LABORATORY, values![laboratory, stage, after.at, &after.id, limit])?;
    rows.iter().map(timed).collect()
}

/// One page of what a laboratory has to look at, most urgent first; `after` is the end of time and
/// the id of the last row before.
pub fn work(
    tx: &mut dyn Tx,
    laboratory: &str,
    after: &After,
    limit: u32,
) -> Result<Vec<Timed>, StoreError> {
    let rows = tx.query(WORK, values![laboratory, after.at, &after.id, limit])?;
    rows.iter().map(timed).collect()
}

/// When the time to look at a candidate ends, if that was noted.
pub fn due_at(tx: &mut dyn Tx, id: &CandidateId) -> Result<Option<Timestamp>, StoreError> {
    let row = tx.first(DUE_AT, values![id.as_str()])?;
    Ok(row.as_ref().map(|row| row.opt_at("due_at")).transpose()?.flatten())
}

fn timed(row: &Row) -> Result<Timed, StoreError> {
    Ok((stream::read(TABLE, row)?, row.opt_at("due_at")?))
}

/// The laboratory of the evidence, and that of the other record where it has a say.
pub fn laboratories(
    tx: &mut dyn Tx,
    id: &CandidateId,
) -> Result<Option<(Ori, Option<Ori>)>, StoreError> {
    let Some(row) = tx.first(LABORATORIES, values![id.as_str()])? else {
        return Ok(None);
    };
    let Some(laboratory) = row.opt_text("laboratory")? else {
        return Ok(None);
    };
    let other = row.opt_text("record_laboratory")?.map(Ori::from);
    Ok(Some((Ori::from(laboratory), other)))
}

/// A count, or one taken back, as the record of events has it.
#[derive(Clone, Debug, PartialEq)]
pub struct CountEvent {
    /// When.
    pub at: Timestamp,
    /// The candidate.
    pub candidate: CandidateId,
    /// What happened.
    pub event: candidate::Event,
}

/// Every count and every one taken back, in order.
pub fn counts(tx: &mut dyn Tx) -> Result<Vec<CountEvent>, StoreError> {
    let rows = tx.query(COUNTS, &[])?;
    let read = |row: &Row| {
        let candidate = CandidateId::from(row.get_text("subject")?);
        let event = serde_json::from_str(row.get_text("body")?)
            .map_err(|_| StoreError::corrupt("event", &candidate, "body"))?;
        Ok(CountEvent { at: row.get_at("at")?, candidate, event })
    };
    rows.iter().map(read).collect()
}

//! Confirmations, one a candidate.

use jiff::Timestamp;
use journey::confirmation;
use journey::ids::{CandidateId, ConfirmationId};

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::Tx;
use crate::values;

/// The table.
pub const TABLE: &str = "confirmation";
const KEYS: &str = "UPDATE confirmation SET candidate = $2 WHERE id = $1";
const OF_CANDIDATE: &str = "SELECT id, version, state, at FROM confirmation WHERE candidate = $1";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[KEYS, OF_CANDIDATE];

/// A stage as it is stored.
pub type Stored = Versioned<confirmation::Stage>;

/// Where it stands, if it is there.
pub fn load(tx: &mut dyn Tx, id: &ConfirmationId) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &ConfirmationId,
    before: Option<&Stored>,
    after: &confirmation::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, after.word(), after, at)?;
    tx.execute(KEYS, values![id.as_str(), after.request().candidate.as_str()])?;
    Ok(())
}

/// The confirmation of a candidate.
pub fn of_candidate(
    tx: &mut dyn Tx,
    candidate: &CandidateId,
) -> Result<Option<Stored>, StoreError> {
    let row = tx.first(OF_CANDIDATE, values![candidate.as_str()])?;
    row.as_ref().map(|row| stream::read(TABLE, row)).transpose()
}

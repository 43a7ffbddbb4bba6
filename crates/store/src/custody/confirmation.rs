//! Confirmations, one a candidate. One whose candidate ended gives its place up: the candidate may
//! come back with a new version of a profile, and is then confirmed anew.

use jiff::Timestamp;
use journey::confirmation::{self, Failure};
use journey::ids::ConfirmationId;

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::Tx;
use crate::values;

/// The table.
pub const TABLE: &str = "confirmation";
const KEYS: &str = "UPDATE confirmation SET candidate = $2 WHERE id = $1";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[KEYS];

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
    let has_ended = matches!(
        after,
        confirmation::Stage::Refuted(refuted) if refuted.why == Failure::CandidateEnded
    );
    let candidate = Some(after.request().candidate.as_str()).filter(|_| !has_ended);
    tx.execute(KEYS, values![id.as_str(), candidate])?;
    Ok(())
}

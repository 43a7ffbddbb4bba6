//! Decisions: the one that stands for each booking, and every one ever made with its sealed facts.

use jiff::Timestamp;
use journey::eligibility;
use journey::ids::{BookingId, DecisionId, PersonId};

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::Tx;
use crate::values;

/// The table.
pub const TABLE: &str = "eligibility";
const KEEP: &str = "INSERT INTO decision (id, booking_id, person_id, at, outcome, finding, facts) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";
const FACTS: &str = "SELECT facts FROM decision WHERE id = $1";
const KEPT: &str = "SELECT id, booking_id, person_id, finding, facts FROM decision \
     WHERE id > $1 AND ($2 = '' OR booking_id = $2) ORDER BY id LIMIT $3";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[KEEP, FACTS, KEPT];

/// A stage as it is stored.
pub type Stored = Versioned<eligibility::Stage>;

/// Where it stands, if it is there.
pub fn load(tx: &mut dyn Tx, id: &BookingId) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &BookingId,
    before: Option<&Stored>,
    after: &eligibility::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, "decided", after, at)?;
    Ok(())
}

/// Keeps a decision with its sealed facts, for replay.
pub fn keep(
    tx: &mut dyn Tx,
    decision: &eligibility::Decision,
    sealed_facts: &[u8],
) -> Result<(), StoreError> {
    let finding =
        serde_json::to_string(&decision.finding).map_err(|_| StoreError::Encode("a finding"))?;
    let outcome = decision.finding.outcome.word();
    tx.execute(
        KEEP,
        values![
            decision.id.as_str(),
            decision.booking.as_str(),
            decision.person.as_str(),
            decision.at,
            outcome,
            finding,
            sealed_facts
        ],
    )?;
    Ok(())
}

/// The sealed facts of a decision.
pub fn sealed_facts(tx: &mut dyn Tx, id: &DecisionId) -> Result<Option<Vec<u8>>, StoreError> {
    let row = tx.first(FACTS, values![id.as_str()])?;
    row.as_ref().map(|row| row.get_bytes("facts").map(<[u8]>::to_vec)).transpose()
}

/// A decision as it was kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its id.
    pub id: DecisionId,
    /// For which booking.
    pub booking: BookingId,
    /// For which person.
    pub person: PersonId,
    /// What was found.
    pub finding: eligibility::Finding,
    /// Its facts, sealed.
    pub sealed_facts: Vec<u8>,
}

/// Decisions in order of id, from after one on; of one booking, or of all where it is empty.
pub fn kept(
    tx: &mut dyn Tx,
    after: &DecisionId,
    booking: &str,
    limit: u32,
) -> Result<Vec<Kept>, StoreError> {
    let rows = tx.query(KEPT, values![after.as_str(), booking, limit])?;
    let kept = rows.iter().map(|row| {
        let id = DecisionId::new(row.get_text("id")?);
        let finding = serde_json::from_str(row.get_text("finding")?)
            .map_err(|_| StoreError::corrupt("decision", &id, "finding"))?;
        Ok(Kept {
            booking: BookingId::new(row.get_text("booking_id")?),
            person: PersonId::new(row.get_text("person_id")?),
            sealed_facts: row.get_bytes("facts")?.to_vec(),
            finding,
            id,
        })
    });
    kept.collect()
}

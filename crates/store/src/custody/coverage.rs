//! What the report of coverage is counted from: bookings with what the rules say of them, sealed
//! samples with the decision under which each was taken, and who owes a sample. Absent: names, and
//! the counting itself.

use journey::booking;
use journey::collection;
use journey::eligibility::{self, Finding, Outcome};
use journey::ids::{BookingId, CollectionId, DecisionId, PersonId};

use crate::error::StoreError;
use crate::stream;
use crate::tx::{Row, Tx};
use crate::values;

const BOOKINGS: &str = "SELECT booking.id AS id, booking.state AS state, \
     eligibility.state AS decided FROM booking \
     LEFT JOIN eligibility ON eligibility.id = booking.id \
     WHERE booking.id > $1 ORDER BY booking.id LIMIT $2";
const SAMPLES: &str = "SELECT collection.id AS id, collection.version AS version, \
     collection.state AS state, collection.at AS at, decision.id AS decision, \
     decision.outcome AS outcome, decision.finding AS finding, decision.facts AS facts \
     FROM collection LEFT JOIN decision ON decision.id = \
     (SELECT earlier.id FROM decision AS earlier \
      WHERE earlier.booking_id = collection.booking_id AND earlier.at <= collection.at \
      ORDER BY earlier.at DESC, earlier.id DESC LIMIT 1) \
     WHERE collection.stage = 'sealed' AND collection.id > $1 ORDER BY collection.id LIMIT $2";
const DECISION: &str = "SELECT id AS decision, outcome, finding, facts FROM decision \
     WHERE id = $1";
const OWING: &str = "SELECT DISTINCT person_id FROM duty \
     WHERE stage = 'open' AND person_id > $1 ORDER BY person_id LIMIT $2";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[BOOKINGS, SAMPLES, DECISION, OWING];

/// A booking with what the rules say of it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    /// The booking.
    pub id: BookingId,
    /// Where it stands.
    pub stage: booking::Stage,
    /// The outcome of the decision that stands, if there is one.
    pub outcome: Option<Outcome>,
}

/// A sealed sample with the latest decision made at or before the instant of its seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// The collection.
    pub id: CollectionId,
    /// As it was opened.
    pub opened: collection::Opened,
    /// The decision, if there is one.
    pub decision: Option<Decided>,
}

/// A decision as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Which.
    pub id: DecisionId,
    /// What was found.
    pub finding: Finding,
    /// The facts, sealed; empty after a removal.
    pub sealed_facts: Vec<u8>,
}

/// Up to `limit` bookings behind an id, in the order of ids.
pub fn bookings(tx: &mut dyn Tx, after: &str, limit: u32) -> Result<Vec<Booked>, StoreError> {
    tx.query(BOOKINGS, values![after, limit])?.iter().map(booked).collect()
}

fn booked(row: &Row) -> Result<Booked, StoreError> {
    let id = row.get_text("id")?;
    let stage = serde_json::from_str(row.get_text("state")?)
        .map_err(|_| StoreError::corrupt("booking", id, "state"))?;
    let outcome = row.opt_text("decided")?.map(|decided| {
        let decided: Result<eligibility::Stage, _> = serde_json::from_str(decided);
        let eligibility::Stage::Decided(decision) =
            decided.map_err(|_| StoreError::corrupt("eligibility", id, "state"))?;
        Ok::<_, StoreError>(decision.finding.outcome)
    });
    Ok(Booked { id: BookingId::from(id), stage, outcome: outcome.transpose()? })
}

/// Up to `limit` sealed samples behind an id, in the order of ids.
pub fn samples(tx: &mut dyn Tx, after: &str, limit: u32) -> Result<Vec<Sampled>, StoreError> {
    let rows = tx.query(SAMPLES, values![after, limit])?;
    rows.iter().map(|row| sampled(tx, row)).collect()
}

fn sampled(tx: &mut dyn Tx, row: &Row) -> Result<Sampled, StoreError> {
    let stage = stream::read::<collection::Stage>("collection", row)?.value;
    let mut decision = decided(row)?;
    // What was decided in the very instant of the seal, and after it, did not stand at it.
    if let collection::Stage::Sealed(sealed) = &stage
        && let Some(told) = &sealed.decision
        && decision.as_ref().is_none_or(|decision| decision.id != *told)
    {
        let row = tx.first(DECISION, values![told.as_str()])?;
        decision = row.as_ref().map(decided).transpose()?.flatten();
    }
    let id = CollectionId::from(row.get_text("id")?);
    Ok(Sampled { id, opened: stage.opened().clone(), decision })
}

fn decided(row: &Row) -> Result<Option<Decided>, StoreError> {
    let decision = row.opt_text("decision")?.map(|id| {
        let wrong = |column| StoreError::corrupt("decision", id, column);
        let finding: Finding =
            serde_json::from_str(row.get_text("finding")?).map_err(|_| wrong("finding"))?;
        if row.get_text("outcome")? != finding.outcome.word() {
            return Err(wrong("outcome"));
        }
        let sealed_facts = row.get_bytes("facts")?.to_vec();
        Ok(Decided { id: DecisionId::from(id), finding, sealed_facts })
    });
    decision.transpose()
}

/// Up to `limit` persons behind an id who have an open order to collect again, in the order of ids.
pub fn owing(tx: &mut dyn Tx, after: &str, limit: u32) -> Result<Vec<PersonId>, StoreError> {
    let rows = tx.query(OWING, values![after, limit])?;
    rows.iter().map(|row| row.get_text("person_id").map(PersonId::from)).collect()
}

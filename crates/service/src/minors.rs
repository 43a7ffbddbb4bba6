//! Minors and citizens: every sealed sample whose facts or decision would have forbidden it. The
//! answer must be empty; a sample that stands in it stands there with its trail.
//!
//! The facts of each decision are sealed. They are opened here by the programme and shown to
//! nobody; that it was done, by whom and why, is on record, and each booking that is shown is on
//! record as viewed. Where a removal destroyed the facts, the stored decision alone is looked at.

use jiff::Timestamp;
use journey::coverage::{Doubt, doubts};
use journey::eligibility::Outcome;
use journey::ids::{BookingId, CollectionId, DecisionId};
use serde::Serialize;
use store::Tx;
use store::audit::{self, Event};
use store::custody::coverage::{self as rows, Decided, Sampled};

use crate::context::OpContext;
use crate::coverage::ROWS_AT_ONCE;
use crate::error::ServiceError;
use crate::programme::Programme;
use crate::unit::note;

/// Steps of a trail at most, for the booking and for the collection each.
const STEPS_MAX: u32 = 200;

/// A sample that should not have been taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Doubtful {
    /// The booking.
    pub booking: BookingId,
    /// The collection.
    pub collection: CollectionId,
    /// The decision that stood at the seal.
    pub decision: Option<DecisionId>,
    /// Its outcome.
    pub outcome: Option<Outcome>,
    /// Ids of its reasons.
    pub reasons: Vec<String>,
    /// What is wrong.
    pub doubts: Vec<Doubt>,
    /// Who did what with booking and collection, oldest first.
    pub trail: Vec<Step>,
}

/// One step of a trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Place in the custody record.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Account.
    pub actor: String,
    /// Purpose.
    pub purpose: String,
    /// What happened, such as `collection sealed`.
    pub what: String,
}

/// What came of looking at every sealed sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Minors {
    /// The result in words.
    pub says: String,
    /// Samples sealed.
    pub samples: u64,
    /// Of these, samples whose facts were opened.
    pub facts_opened: u64,
    /// Samples whose facts a removal destroyed; their stored decision was looked at.
    pub facts_destroyed: u64,
    /// Samples that should not have been taken.
    pub doubtful: Vec<Doubtful>,
}

/// What goes on record about one look.
#[derive(Serialize)]
struct Looked {
    samples: u64,
    facts_opened: u64,
    facts_destroyed: u64,
    doubtful: usize,
}

impl Programme {
    /// Looks at every sealed sample; the look is on record before anything is shown.
    ///
    /// # Errors
    /// `Forbidden`; `Failed` where sealed facts are damaged.
    pub fn minors_and_citizens(&self, op: &OpContext<'_>) -> Result<Minors, ServiceError> {
        self.may(op, "report.minors-view", "")?;
        let minors = self.custody.read(|tx| self.look(tx))?;
        let looked = Looked {
            samples: minors.samples,
            facts_opened: minors.facts_opened,
            facts_destroyed: minors.facts_destroyed,
            doubtful: minors.doubtful.len(),
        };
        self.step(op, "report", "minors", |tx| {
            note(tx, op, "report", "minors", "facts_looked_at", &looked)?;
            for line in &minors.doubtful {
                note(tx, op, "eligibility", line.booking.as_str(), "viewed", &())?;
            }
            Ok(())
        })?;
        Ok(minors)
    }

    fn look(&self, tx: &mut dyn Tx) -> Result<Minors, ServiceError> {
        let (mut samples, mut opened, mut destroyed) = (0, 0, 0);
        let mut doubtful = Vec::new();
        let mut after = String::new();
        loop {
            let page = rows::samples(tx, &after, ROWS_AT_ONCE)?;
            let Some(last) = page.last() else { break };
            after = last.id.to_string();
            for sampled in page {
                samples += 1;
                let decision = sampled.decision.as_ref();
                let facts = decision
                    .filter(|decision| !decision.sealed_facts.is_empty())
                    .map(|decision| {
                        let person = &sampled.opened.person;
                        self.unseal_facts(tx, &decision.id, person, &decision.sealed_facts)
                    })
                    .transpose()?
                    .flatten();
                opened += u64::from(facts.is_some());
                destroyed += u64::from(decision.is_some() && facts.is_none());
                let outcome = decision.map(|decision| decision.finding.outcome);
                let found = doubts(outcome, facts.as_ref());
                if !found.is_empty() {
                    doubtful.push(shown(tx, sampled, found)?);
                }
            }
        }
        let says = in_words(samples, destroyed, doubtful.len());
        Ok(Minors { says, samples, facts_opened: opened, facts_destroyed: destroyed, doubtful })
    }
}

fn shown(tx: &mut dyn Tx, sampled: Sampled, doubts: Vec<Doubt>) -> Result<Doubtful, ServiceError> {
    let booking = sampled.opened.booking;
    let mut trail = audit::page_of_subject(tx, booking.as_str(), 0, STEPS_MAX)?;
    trail.extend(audit::page_of_subject(tx, sampled.id.as_str(), 0, STEPS_MAX)?);
    trail.sort_by_key(|event| event.seq);
    let (decision, outcome, reasons) = match sampled.decision {
        None => (None, None, Vec::new()),
        Some(Decided { id, finding, .. }) => {
            let reasons = finding.reasons.into_iter().map(|reason| reason.id).collect();
            (Some(id), Some(finding.outcome), reasons)
        }
    };
    let trail = trail.into_iter().filter(|event| event.kind != "viewed").map(step).collect();
    Ok(Doubtful { booking, collection: sampled.id, decision, outcome, reasons, doubts, trail })
}

fn step(event: Event) -> Step {
    let Event { seq, at, actor, purpose, station, kind, .. } = event;
    Step { seq, at, actor, purpose, what: format!("{station} {kind}") }
}

fn in_words(samples: u64, destroyed: u64, doubtful: usize) -> String {
    let gone = match destroyed {
        0 => String::new(),
        _ => format!(
            " The facts of {destroyed} of them are destroyed; their stored decisions were looked \
             at instead."
        ),
    };
    match doubtful {
        0 => format!(
            "None: no sample was sealed of a person under 14 or of unknown age, of a citizen \
             without a criminal basis, or against a decision. Samples looked at: {samples}.{gone}"
        ),
        _ => format!(
            "{doubtful} of {samples} sealed samples should not have been taken. Each is listed \
             with who did what.{gone}"
        ),
    }
}

//! Eligibility: ask the rules again, and show what stands with its facts.

use jiff::civil::Date;
use journey::eligibility::{Command, Decision, Facts, Finding, Stage, Told};
use journey::ids::{AccountId, BookingId, DecisionId, PersonId};
use journey::refusal::RefusalCode;
use journey::rules::Rule;
use serde::Serialize;
use store::custody as rows;
use store::envelope::{self, Place};
use store::{StoreError, Tx, audit};

use crate::context::OpContext;
use crate::discretion;
use crate::duty::{Owed, owed};
use crate::error::ServiceError;
use crate::programme::Programme;
use crate::unit::{advance, note};

/// A decision with the facts on which it rests; reading it is on record.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// The decision that stands.
    pub decision: Decision,
    /// Its facts.
    pub facts: Facts,
    /// Every rule of its set that holds for these facts, the limbs of the duty too, as the set
    /// reads now; none where the set is no longer there.
    pub rules: Vec<Rule>,
    /// The rules in the way leave room: two persons may set them aside.
    pub leaves_room: bool,
    /// The request to set them aside, if there is one.
    pub request: Option<discretion::Listed>,
    /// Standing orders to collect again about this person.
    pub owed: Vec<Owed>,
    /// What the set says of itself.
    pub rule_set: Option<RuleSetNow>,
}

/// A rule set as it reads now.
#[derive(Clone, Debug, Serialize)]
pub struct RuleSetNow {
    /// One line for people.
    pub title: String,
    /// First day in force.
    pub effective_from: Date,
    /// Last day in force, if there is one.
    pub effective_to: Option<Date>,
    /// True where its text is still that of the decision.
    pub same_text: bool,
}

impl Programme {
    /// Decides a booking again with the facts of now.
    ///
    /// # Errors
    /// `NotFound`; `Refused` where the person's values were destroyed.
    pub fn decide_eligibility(
        &self,
        op: &OpContext<'_>,
        booking: &BookingId,
    ) -> Result<Decision, ServiceError> {
        self.may(op, "eligibility.decide", &self.site_of(booking)?)?;
        self.step(op, "eligibility", booking.as_str(), |tx| self.decide_in(tx, op, booking))
    }

    /// The decision that stands for a booking, with its facts.
    ///
    /// # Errors
    /// `NotFound` where there is none.
    pub fn view_eligibility(
        &self,
        op: &OpContext<'_>,
        booking: &BookingId,
    ) -> Result<Explained, ServiceError> {
        self.may(op, "eligibility.view", &self.site_of(booking)?)?;
        self.step(op, "eligibility", booking.as_str(), |tx| {
            let row = rows::eligibility::load(tx, booking)?
                .ok_or_else(|| ServiceError::not_found("decision for booking", booking))?;
            let Stage::Decided(decision) = row.value;
            let facts = self.open_facts(tx, &decision)?;
            note(tx, op, "eligibility", booking.as_str(), "viewed", &())?;
            let set = &decision.finding.rule_set;
            let holding = self.rules.holding(&facts, set).unwrap_or_default();
            let rules = holding.into_iter().cloned().collect();
            let rule_set = self.rules.sets().find(|manifest| manifest.name == *set).map(|now| {
                let sha256 = self.rules.sha256(set).unwrap_or_default();
                RuleSetNow {
                    title: now.title.clone(),
                    effective_from: now.effective_from,
                    effective_to: now.effective_to,
                    same_text: sha256 == decision.finding.rule_set_sha256,
                }
            });
            let request = discretion::request_of(tx, booking)?;
            let leaves_room = self.rules.room(&facts, &decision.finding).is_ok();
            let owed = owed(tx, &decision.person, op.at)?;
            Ok(Explained { decision, facts, rules, leaves_room, request, owed, rule_set })
        })
    }

    /// Decides inside a step of another station.
    pub(crate) fn decide_in(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        booking: &BookingId,
    ) -> Result<Decision, ServiceError> {
        let record = self.open_record(tx, booking)?;
        let person = rows::booking::load(tx, booking)?
            .ok_or_else(|| ServiceError::not_found("booking", booking))?
            .value
            .booked()
            .person
            .clone();
        let recollection_open = !owed(tx, &person, op.at)?.is_empty();
        let mut facts = self.rules.facts(&record, op.at, None, recollection_open);
        facts.set_aside = discretion::set_aside(tx, booking)?;
        facts.told = told(tx, booking)?;
        let finding = self.finding(&facts)?;
        let command = Command::Decide {
            id: DecisionId::new(op.ids.id()),
            booking: booking.clone(),
            person,
            finding,
            facts_digest: self.digest("facts", &facts)?,
            at: op.at,
            law_until: self.rules.law_until(&facts),
        };
        let stage = advance!(
            tx, op, "eligibility": journey::eligibility, rows::eligibility, booking, command
        );
        let Stage::Decided(decision) = stage;
        self.keep_facts(tx, &decision, &facts)?;
        Ok(decision)
    }

    pub(crate) fn finding(&self, facts: &Facts) -> Result<Finding, ServiceError> {
        self.rules.find(facts, None).map_err(|fault| ServiceError::Failed(fault.to_string()))
    }

    fn keep_facts(
        &self,
        tx: &mut dyn Tx,
        decision: &Decision,
        facts: &Facts,
    ) -> Result<(), ServiceError> {
        let key = envelope::load(tx, &self.keys.kek, decision.person.as_str())?;
        let text = serde_json::to_vec(facts).map_err(|_| StoreError::Encode("facts"))?;
        let sealed = envelope::seal(&key, facts_place(&decision.id), &text)?;
        Ok(rows::eligibility::keep(tx, decision, &sealed)?)
    }

    pub(crate) fn open_facts(
        &self,
        tx: &mut dyn Tx,
        decision: &Decision,
    ) -> Result<Facts, ServiceError> {
        let gone = || RefusalCode::Removed.about("the facts were destroyed by a removal");
        let sealed = rows::eligibility::sealed_facts(tx, &decision.id)?.ok_or_else(gone)?;
        let facts = self.unseal_facts(tx, &decision.id, &decision.person, &sealed)?;
        facts.ok_or_else(|| gone().into())
    }

    /// The facts of a decision; `None` where a removal destroyed the person's key.
    pub(crate) fn unseal_facts(
        &self,
        tx: &mut dyn Tx,
        decision: &DecisionId,
        person: &PersonId,
        sealed: &[u8],
    ) -> Result<Option<Facts>, ServiceError> {
        let key = match envelope::load(tx, &self.keys.kek, person.as_str()) {
            Err(StoreError::KeyDestroyed) => return Ok(None),
            other => other?,
        };
        let text = envelope::open(&key, facts_place(decision), sealed)?;
        let facts = serde_json::from_slice(&text)
            .map_err(|_| StoreError::corrupt("decision", decision, "facts"))?;
        Ok(Some(facts))
    }
}

/// The entry with which the circumstances of a booking came.
fn told(tx: &mut dyn Tx, booking: &BookingId) -> Result<Option<Told>, ServiceError> {
    let event = audit::last_of(tx, booking.as_str(), "booking", ["booked", "amended"])?;
    Ok(event.map(|event| Told {
        entry: event.seq,
        at: event.at,
        by: AccountId::new(event.actor),
        corrected: event.kind == "amended",
    }))
}

fn facts_place(id: &DecisionId) -> Place<'_> {
    Place { table: "decision", row: id.as_str(), column: "facts" }
}

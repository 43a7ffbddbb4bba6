//! Discretion: ask to set a rule aside for a booking, and approve or deny it as a second person.

use std::collections::BTreeSet;

use jiff::Timestamp;
use journey::discretion::{Command, Stage};
use journey::eligibility::{self, Decision};
use journey::ids::{AccountId, BookingId};
use journey::refusal::RefusalCode;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::custody as rows;
use store::listing::{self, After};

use crate::context::{OpContext, Placed};
use crate::error::{ServiceError, not_empty};
use crate::programme::Programme;
use crate::unit::advance;

/// Ask to set aside the rules that stand in the way of a booking's sample.
#[derive(Clone, Debug, Deserialize)]
pub struct Ask {
    /// The booking.
    pub booking: BookingId,
    /// Why; no personal values.
    pub reason: String,
    /// The provision, order or directive under which.
    pub citation: String,
}

/// A request as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The booking.
    pub booking: BookingId,
    /// Where the request stands.
    pub stage: &'static str,
    /// Rules to be set aside.
    pub rules: BTreeSet<String>,
    /// Why.
    pub reason: String,
    /// Under which provision.
    pub citation: String,
    /// Who asked.
    pub asked_by: AccountId,
    /// Who answered, if anybody did.
    pub answered_by: Option<AccountId>,
    /// Why it was denied.
    pub why_not: Option<String>,
    /// Since when it stands so.
    pub since: Timestamp,
}

impl Placed for Listed {
    fn place(&self) -> After {
        After { at: self.since, id: self.booking.to_string() }
    }
}

impl Programme {
    /// Asks to set aside the rules by which no sample may be taken of a booking's person.
    ///
    /// # Errors
    /// `Refused` where a rule in the way leaves no choice, or the booking is accounted for;
    /// `Invalid` without a reason and a citation.
    pub fn ask_override(&self, op: &OpContext<'_>, ask: &Ask) -> Result<Listed, ServiceError> {
        self.may(op, "eligibility.ask-override", &self.site_of(&ask.booking)?)?;
        not_empty("reason", &ask.reason)?;
        not_empty("citation", &ask.citation)?;
        self.step(op, "eligibility", ask.booking.as_str(), |tx| {
            let decision = standing(tx, &ask.booking)?;
            let facts = self.open_facts(tx, &decision)?;
            let command = Command::Ask {
                booking: ask.booking.clone(),
                decision: decision.id.clone(),
                room: self.rules.room(&facts, &decision.finding)?,
                reason: ask.reason.trim().to_owned(),
                citation: ask.citation.trim().to_owned(),
                by: op.stamp(),
            };
            moved(tx, op, &ask.booking, command)
        })
    }

    /// Approves a request as a second person; the booking is decided again with the facts of now.
    ///
    /// # Errors
    /// `Refused` to the account that asked, or where the booking was decided again since.
    pub fn approve_override(
        &self,
        op: &OpContext<'_>,
        booking: &BookingId,
    ) -> Result<Decision, ServiceError> {
        self.may(op, "eligibility.approve-override", "")?;
        self.step(op, "eligibility", booking.as_str(), |tx| {
            let decision = standing(tx, booking)?;
            let command = Command::Approve { decision: decision.id, by: op.stamp() };
            moved(tx, op, booking, command)?;
            self.follow_samples(tx, op, booking)?;
            self.decide_in(tx, op, booking)
        })
    }

    /// Denies a request as a second person.
    ///
    /// # Errors
    /// `Refused` to the account that asked; `Invalid` without a reason.
    pub fn deny_override(
        &self,
        op: &OpContext<'_>,
        booking: &BookingId,
        why: &str,
    ) -> Result<Listed, ServiceError> {
        self.may(op, "eligibility.deny-override", "")?;
        not_empty("why", why)?;
        self.step(op, "eligibility", booking.as_str(), |tx| {
            moved(tx, op, booking, Command::Deny { why: why.to_owned(), by: op.stamp() })
        })
    }

    /// Requests at a stage (empty: all), longest waiting first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_overrides(
        &self,
        op: &OpContext<'_>,
        stage: &str,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        self.may(op, "eligibility.overrides-list", "")?;
        let page = self
            .custody
            .read(|tx| listing::page::<Stage>(tx, rows::discretion::TABLE, stage, after, limit))?;
        Ok(page.iter().map(|row| listed(&row.value, row.at)).collect())
    }
}

/// Rules that two persons set aside for a booking.
pub(crate) fn set_aside(
    tx: &mut dyn Tx,
    booking: &BookingId,
) -> Result<BTreeSet<String>, ServiceError> {
    Ok(match rows::discretion::load(tx, booking)?.map(|row| row.value) {
        Some(Stage::Approved { asked, .. }) => asked.rules,
        _ => BTreeSet::new(),
    })
}

/// The request about a booking, if there is one.
pub(crate) fn request_of(
    tx: &mut dyn Tx,
    booking: &BookingId,
) -> Result<Option<Listed>, ServiceError> {
    Ok(rows::discretion::load(tx, booking)?.map(|row| listed(&row.value, row.at)))
}

/// The decision that stands for a booking that is still open.
fn standing(tx: &mut dyn Tx, booking: &BookingId) -> Result<Decision, ServiceError> {
    let row = rows::booking::load(tx, booking)?
        .ok_or_else(|| ServiceError::not_found("booking", booking))?;
    if let journey::booking::Stage::Disposed(disposed) = &row.value {
        let what = format!("its disposition is {}", disposed.how.word());
        return Err(RefusalCode::BookingAccountedFor.about(what).into());
    }
    let row = rows::eligibility::load(tx, booking)?
        .ok_or_else(|| ServiceError::not_found("decision for booking", booking))?;
    let eligibility::Stage::Decided(decision) = row.value;
    Ok(decision)
}

fn moved(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    booking: &BookingId,
    command: Command,
) -> Result<Listed, ServiceError> {
    let stage =
        advance!(tx, op, "eligibility": journey::discretion, rows::discretion, booking, command);
    Ok(listed(&stage, op.at))
}

fn listed(stage: &Stage, since: Timestamp) -> Listed {
    let asked = stage.asked().clone();
    let (answered_by, why_not) = match stage {
        Stage::Asked { .. } => (None, None),
        Stage::Approved { approved, .. } => (Some(approved.by.clone()), None),
        Stage::Denied { denied, why, .. } => (Some(denied.by.clone()), Some(why.clone())),
    };
    Listed {
        booking: asked.booking,
        stage: stage.word(),
        rules: asked.rules,
        reason: asked.reason,
        citation: asked.citation,
        asked_by: asked.by.by,
        answered_by,
        why_not,
        since,
    }
}

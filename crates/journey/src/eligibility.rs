//! Eligibility: must, may or must not a sample be taken? With reasons, each with its citation.
//!
//! [`Facts`] are what a rule set sees; [`crate::rules`] evaluates them into a [`Finding`]; a
//! [`Decision`] is a finding made at an instant for a booking, and it expires, because custody
//! changes. [`Eligible`] is the only key that opens a collection.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use genetics::Category;

use crate::booking::{BirthConfidence, Circumstances};
use crate::ids::{AccountId, BookingId, DecisionId, PersonId};
use crate::refusal::{Misapplied, Refusal, RefusalCode};

/// How long a decision may be acted on, in hours. Not law: this programme's setting (tag D).
pub const DECISION_HOURS_MAX: i64 = 24;

/// What a rule set sees. The date of birth has already become an age at the site's civil date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The circumstances of the booking.
    pub circumstances: Circumstances,
    /// The civil date of the site on which the decision is made.
    pub decided_on: Date,
    /// Full years of age on that date; `None` where no date of birth is given.
    pub age_years: Option<i32>,
    /// An order to collect again stands open for this person (28 CFR 28.12(f)(3)).
    pub recollection_open: bool,
    /// Collection was declared infeasible, which counted until 2020-04-07 (former 28 CFR
    /// 28.12(b)(4)). No booking feed has it: it is for questions about that time.
    #[serde(default)]
    pub infeasible: bool,
    /// Rules that two persons set aside for this booking, by the reason that each names.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub set_aside: BTreeSet<String>,
    /// Where the circumstances come from. No rule reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
}

/// The entry of the record with which a booking's circumstances came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its place in the record.
    pub entry: u64,
    /// When.
    pub at: Timestamp,
    /// The account that booked the person or corrected the booking.
    pub by: AccountId,
    /// True where the booking was corrected.
    pub corrected: bool,
}

impl Facts {
    /// How sure the age is: a confidence without a date is no confidence.
    pub fn age_confidence(&self) -> BirthConfidence {
        match self.age_years {
            Some(_) => self.circumstances.date_of_birth_confidence,
            None => BirthConfidence::Unknown,
        }
    }
}

/// What a rule set answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A sample must be taken.
    Collect,
    /// A sample may be taken and need not be (28 CFR 28.12(e)).
    MaySkip,
    /// No sample may be taken.
    DoNotCollect,
    /// A fact is missing; ask again when it is there.
    Defer,
}

impl Outcome {
    /// The word of files and pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::MaySkip => "may_skip",
            Self::DoNotCollect => "do_not_collect",
            Self::Defer => "defer",
        }
    }
}

/// One rule that determined the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The rule's id, such as `UNDER_14`.
    pub id: String,
    /// Where the rule comes from, such as `28 CFR 28.12(b)`.
    pub authority: String,
    /// How sure that source is (domain brief, section 0.1).
    pub confidence: String,
}

/// The answer of a rule set to facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The answer.
    pub outcome: Outcome,
    /// Specimen category, where a sample must or may be taken.
    pub category: Option<Category>,
    /// The determining rules in precedence order.
    pub reasons: Vec<Reason>,
    /// Facts that are needed, by the booking feed's column names.
    pub missing: Vec<String>,
    /// The rule set's name.
    pub rule_set: String,
    /// SHA-256 of the rule set's text, in hexadecimal.
    pub rule_set_sha256: String,
}

/// A finding made for a booking at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// For which booking.
    pub booking: BookingId,
    /// For which person.
    pub person: PersonId,
    /// What was found.
    pub finding: Finding,
    /// Keyed digest of the facts; the facts themselves are sealed beside the decision.
    pub facts_digest: String,
    /// When.
    pub at: Timestamp,
    /// From this instant on it may no longer be acted on.
    pub expires_at: Timestamp,
}

/// Where the question stands for one booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// The latest decision stands.
    Decided(Decision),
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// A decision was made.
    Decided(Decision),
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        "decided"
    }
}

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Put a finding on record.
    Decide {
        /// Id of the new decision.
        id: DecisionId,
        /// For which booking.
        booking: BookingId,
        /// For which person.
        person: PersonId,
        /// What the rules found.
        finding: Finding,
        /// Keyed digest of the facts.
        facts_digest: String,
        /// Now.
        at: Timestamp,
        /// From when another rule set answers, if that is known.
        law_until: Option<Timestamp>,
    },
}

/// Decides a command. A later decision always replaces an earlier one; an instant that runs
/// backwards is refused, so that history stays in order. It may be acted on for
/// [`DECISION_HOURS_MAX`], and not beyond the day before another rule set comes into force.
///
/// # Errors
/// The new decision is older than the one that stands.
pub fn decide(stage: Option<&Stage>, command: Command) -> Result<Event, Refusal> {
    let Command::Decide { id, booking, person, finding, facts_digest, at, law_until } = command;
    if let Some(Stage::Decided(standing)) = stage
        && standing.at > at
    {
        return Err(RefusalCode::OutOfOrder.about(format!("a decision of {} stands", standing.at)));
    }
    let aged =
        at.checked_add(SignedDuration::from_hours(DECISION_HOURS_MAX)).unwrap_or(Timestamp::MAX);
    let expires_at = law_until.map_or(aged, |until| aged.min(until));
    Ok(Event::Decided(Decision { id, booking, person, finding, facts_digest, at, expires_at }))
}

/// Applies an event.
///
/// # Errors
/// Never; the signature is that of every station.
pub fn apply(_stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    let Event::Decided(decision) = event;
    Ok(Stage::Decided(decision.clone()))
}

/// Proof that a sample may lawfully be taken now: a decision that says so and still stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eligible {
    decision: DecisionId,
    booking: BookingId,
    person: PersonId,
    category: Category,
}

impl Eligible {
    /// The check.
    ///
    /// # Errors
    /// No decision, one that has expired, or one that does not allow a sample.
    pub fn check(stage: Option<&Stage>, now: Timestamp) -> Result<Self, Refusal> {
        let Some(Stage::Decided(decision)) = stage else {
            return Err(RefusalCode::NoDecision.about("the booking has no decision"));
        };
        let finding = &decision.finding;
        let (Outcome::Collect | Outcome::MaySkip, Some(category)) =
            (finding.outcome, finding.category)
        else {
            let reasons: Vec<_> = finding.reasons.iter().map(|reason| reason.id.as_str()).collect();
            return Err(RefusalCode::NotEligible.about(format!(
                "the decision is {} ({})",
                finding.outcome.word(),
                reasons.join(", ")
            )));
        };
        if now >= decision.expires_at {
            return Err(RefusalCode::DecisionExpired
                .about(format!("it expired at {}", decision.expires_at)));
        }
        Ok(Self {
            decision: decision.id.clone(),
            booking: decision.booking.clone(),
            person: decision.person.clone(),
            category,
        })
    }

    /// The decision that allows it.
    pub fn decision(&self) -> &DecisionId {
        &self.decision
    }

    /// The booking.
    pub fn booking(&self) -> &BookingId {
        &self.booking
    }

    /// The person.
    pub fn person(&self) -> &PersonId {
        &self.person
    }

    /// The specimen category.
    pub fn category(&self) -> Category {
        self.category
    }
}

impl Outcome {
    /// Every outcome.
    pub const ALL: &[Self] = &[Self::Collect, Self::MaySkip, Self::DoNotCollect, Self::Defer];
}

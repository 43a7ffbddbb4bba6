//! Duty: the standing order to collect again, which follows the person, not the booking.
//!
//! 28 CFR 28.12(f)(3): after a sample that does not satisfy the requirements, collect again when
//! the person remains in or comes back into custody anywhere. Also opened where a sample was due
//! and not taken.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{CollectionId, PersonId, Site};
use crate::refusal::{Misapplied, Refusal, RefusalCode};

/// Where a standing order stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// The person owes a sample.
    Open(Open),
    /// A later sample was sealed.
    Satisfied(Satisfied),
    /// Ended without a sample.
    Closed(Closed),
}

/// An open order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Who.
    pub person: PersonId,
    /// Why: the rejection's or the disposition's word.
    pub because: String,
    /// Where the person was then.
    #[serde(default)]
    pub site: Option<Site>,
    /// Since when.
    pub since: Timestamp,
}

/// An order that a sample satisfied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Satisfied {
    /// As it was opened.
    pub open: Open,
    /// By which collection.
    pub by: CollectionId,
}

/// An order that ended without a sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// As it was opened.
    pub open: Open,
    /// Why.
    pub why: String,
}

impl Stage {
    /// As it was opened.
    pub fn open(&self) -> &Open {
        match self {
            Self::Open(open) => open,
            Self::Satisfied(satisfied) => &satisfied.open,
            Self::Closed(closed) => &closed.open,
        }
    }

    /// The stage's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Open(_) => "open",
            Self::Satisfied(_) => "satisfied",
            Self::Closed(_) => "closed",
        }
    }
}

/// What happens to an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Opened.
    Opened(Open),
    /// Satisfied.
    Satisfied {
        /// By which collection.
        by: CollectionId,
    },
    /// The sample that satisfied it turned out to be another person's.
    Reopened,
    /// Closed.
    Closed {
        /// Why.
        why: String,
    },
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::Satisfied { .. } => "satisfied",
            Self::Reopened => "reopened",
            Self::Closed { .. } => "closed",
        }
    }
}

/// Decides: an order is opened once and ends once; what satisfied it may turn out not to have.
///
/// # Errors
/// A second end, or an end without a beginning.
pub fn decide(stage: Option<&Stage>, wanted: Event) -> Result<Event, Refusal> {
    match (stage, &wanted) {
        (None, Event::Opened(_)) => Ok(wanted),
        (Some(Stage::Open(_)), Event::Satisfied { .. } | Event::Closed { .. })
        | (Some(Stage::Satisfied(_)), Event::Reopened) => Ok(wanted),
        (Some(stage), _) => {
            Err(RefusalCode::WrongStage.about(format!("the order is {}", stage.word())))
        }
        (None, _) => Err(RefusalCode::NotThere.about("no such order")),
    }
}

/// Applies an event.
///
/// # Errors
/// The event cannot happen at this stage: a bug, not a refusal.
pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    match (stage, event) {
        (None, Event::Opened(open)) => Ok(Stage::Open(open.clone())),
        (Some(Stage::Open(open)), Event::Satisfied { by }) => {
            Ok(Stage::Satisfied(Satisfied { open, by: by.clone() }))
        }
        (Some(Stage::Open(open)), Event::Closed { why }) => {
            Ok(Stage::Closed(Closed { open, why: why.clone() }))
        }
        (Some(Stage::Satisfied(satisfied)), Event::Reopened) => Ok(Stage::Open(satisfied.open)),
        (_, event) => Err(Misapplied { station: "duty", event: event.word() }),
    }
}

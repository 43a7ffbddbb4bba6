//! Discretion: a rule is set aside for one booking, where the law itself leaves the choice.
//!
//! One person asks, with a reason and a citation; a second approves or denies. [`Room`] proves that
//! every rule in the way leaves room: an age floor, a citizen without criminal basis and everything
//! else without `@discretion` never does. What was approved becomes a fact of the booking, so that
//! the rules decide with it and a replay finds the same. Deliberately absent: setting a duty aside;
//! 28 CFR 28.12 leaves that choice in (e) alone, and there it is a rule.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::actor::Stamp;
use crate::ids::{BookingId, DecisionId};
use crate::refusal::{Misapplied, Refusal, RefusalCode};
use crate::rules::Room;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// For which booking.
    pub booking: BookingId,
    /// About which decision.
    pub decision: DecisionId,
    /// Rules to be set aside, by the reason that each names.
    pub rules: BTreeSet<String>,
    /// Why.
    pub reason: String,
    /// The provision, order or directive under which.
    pub citation: String,
    /// By whom and when.
    pub by: Stamp,
}

/// Where a request stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// Waits for a second person.
    Asked {
        /// What was asked for.
        asked: Asked,
    },
    /// The rules are set aside.
    Approved {
        /// What was asked for.
        asked: Asked,
        /// By whom and when.
        approved: Stamp,
    },
    /// The rules stand.
    Denied {
        /// What was asked for.
        asked: Asked,
        /// Why not.
        why: String,
        /// By whom and when.
        denied: Stamp,
    },
}

impl Stage {
    /// Every stage's word.
    pub const WORDS: &[&str] = &["asked", "approved", "denied"];

    /// The stage's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "asked",
            Self::Approved { .. } => "approved",
            Self::Denied { .. } => "denied",
        }
    }

    /// What was asked for.
    pub fn asked(&self) -> &Asked {
        match self {
            Self::Asked { asked } | Self::Approved { asked, .. } | Self::Denied { asked, .. } => {
                asked
            }
        }
    }
}

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Set rules aside.
    Ask {
        /// For which booking.
        booking: BookingId,
        /// About which decision.
        decision: DecisionId,
        /// Proof that there is room, and which rules.
        room: Room,
        /// Why.
        reason: String,
        /// Under which provision.
        citation: String,
        /// By whom and when.
        by: Stamp,
    },
    /// As a second person, do so. The rules may have found otherwise since; then it is too late.
    Approve {
        /// The decision that stands now.
        decision: DecisionId,
        /// By whom and when.
        by: Stamp,
    },
    /// As a second person, do not.
    Deny {
        /// Why not.
        why: String,
        /// By whom and when.
        by: Stamp,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Somebody asked.
    Asked {
        /// For what.
        asked: Asked,
    },
    /// A second person approved.
    Approved {
        /// By whom and when.
        by: Stamp,
    },
    /// A second person denied.
    Denied {
        /// Why not.
        why: String,
        /// By whom and when.
        by: Stamp,
    },
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "override-asked",
            Self::Approved { .. } => "override-approved",
            Self::Denied { .. } => "override-denied",
        }
    }
}

/// Decides a command. A booking has one request; after a denial another may follow.
///
/// # Errors
/// The one who asked answers; another decision stands than the one that was asked about.
pub fn decide(stage: Option<&Stage>, command: Command) -> Result<Event, Refusal> {
    match (stage, command) {
        (
            None | Some(Stage::Denied { .. }),
            Command::Ask { booking, decision, room, reason, citation, by },
        ) => {
            let rules = room.rules().clone();
            let asked = Asked { booking, decision, rules, reason, citation, by };
            Ok(Event::Asked { asked })
        }
        (Some(Stage::Asked { asked }), Command::Approve { decision, by }) => {
            apart(asked, &by)?;
            if asked.decision != decision {
                return Err(RefusalCode::OutOfOrder
                    .about("the booking was decided again after the request; ask again"));
            }
            Ok(Event::Approved { by })
        }
        (Some(Stage::Asked { asked }), Command::Deny { why, by }) => {
            apart(asked, &by)?;
            Ok(Event::Denied { why, by })
        }
        (Some(stage), _) => {
            Err(RefusalCode::WrongStage.about(format!("the request is {}", stage.word())))
        }
        (None, _) => Err(RefusalCode::NotThere.about("nobody asked to set a rule aside")),
    }
}

fn apart(asked: &Asked, by: &Stamp) -> Result<(), Refusal> {
    if asked.by.by == by.by {
        return Err(RefusalCode::SamePerson.about("the account that asked answers"));
    }
    Ok(())
}

/// Applies an event.
///
/// # Errors
/// The event cannot happen at this stage: a bug, not a refusal.
pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    match (stage, event) {
        (None | Some(Stage::Denied { .. }), Event::Asked { asked }) => {
            Ok(Stage::Asked { asked: asked.clone() })
        }
        (Some(Stage::Asked { asked }), Event::Approved { by }) => {
            Ok(Stage::Approved { asked, approved: by.clone() })
        }
        (Some(Stage::Asked { asked }), Event::Denied { why, by }) => {
            Ok(Stage::Denied { asked, why: why.clone(), denied: by.clone() })
        }
        (_, event) => Err(Misapplied { station: "discretion", event: event.word() }),
    }
}

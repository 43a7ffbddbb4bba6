//! Profiles that a laboratory keeps to itself: staff, and victims and eliminated persons of a case.
//!
//! They are compared before anything enters the index and leave the laboratory in no search:
//! samples given solely for elimination are never in the index (34 USC 12592(a)(1)).

use genetics::Category;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::actor::Stamp;
use crate::ids::{CaseNumber, Ori};
use crate::refusal::{Misapplied, Refusal, RefusalCode};

/// Where a known profile stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// Compared with whatever wants to enter.
    Kept(Kept),
    /// Taken out; its profile is gone.
    TakenOut {
        /// Of which laboratory.
        laboratory: Ori,
        /// Why.
        why: String,
        /// By whom and when.
        stamp: Stamp,
    },
}

/// A profile that is compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its category.
    pub category: Category,
    /// The laboratory.
    pub laboratory: Ori,
    /// The case; none for staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseNumber>,
    /// Keyed digest of the profile.
    pub digest: String,
    /// The day on which somebody looks whether it must go, if one comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<Date>,
    /// By whom and when.
    pub stamp: Stamp,
}

impl Stage {
    /// The laboratory whose it is, or was.
    pub fn laboratory(&self) -> &Ori {
        match self {
            Self::Kept(kept) => &kept.laboratory,
            Self::TakenOut { laboratory, .. } => laboratory,
        }
    }

    /// The stage's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Kept(_) => "kept",
            Self::TakenOut { .. } => "taken_out",
        }
    }
}

/// What somebody wants of a known profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Keep it.
    Keep(Kept),
    /// Take it out.
    TakeOut {
        /// Why.
        why: String,
        /// By whom and when.
        stamp: Stamp,
    },
}

/// What happened to a known profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Kept.
    Kept(Kept),
    /// Taken out.
    TakenOut {
        /// Why.
        why: String,
        /// By whom and when.
        stamp: Stamp,
    },
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Kept(_) => "kept",
            Self::TakenOut { .. } => "taken_out",
        }
    }
}

/// True for categories whose profiles are compared with whatever wants to enter.
pub fn is_compared(category: Category) -> bool {
    is_of_case(category) || category == Category::Staff
}

fn is_of_case(category: Category) -> bool {
    matches!(category, Category::EliminationKnown | Category::VictimKnown)
}

/// Decides a command.
///
/// # Errors
/// A category that is not compared, a case where none belongs or none where one does, or a profile
/// that is there already or gone.
pub fn decide(stage: Option<&Stage>, command: Command) -> Result<Event, Refusal> {
    match (stage, command) {
        (None, Command::Keep(kept)) => {
            let category = kept.category;
            if !is_compared(category) {
                let found = format!("'{category}' is none of staff, victim and elimination");
                return Err(RefusalCode::CategoryConflict.about(found));
            }
            if is_of_case(category) != kept.case.is_some() {
                let found = format!(
                    "'{category}' {}",
                    match kept.case {
                        Some(_) => "belongs to no case",
                        None => "belongs to a case, and none is named",
                    }
                );
                return Err(RefusalCode::CategoryConflict.about(found));
            }
            Ok(Event::Kept(kept))
        }
        (Some(Stage::Kept(_)), Command::TakeOut { why, stamp }) => {
            Ok(Event::TakenOut { why, stamp })
        }
        (Some(Stage::Kept(_)), Command::Keep(_)) => {
            Err(RefusalCode::AlreadyRecorded.about("the profile is kept"))
        }
        (Some(Stage::TakenOut { .. }), _) => {
            Err(RefusalCode::Removed.about("the profile was taken out"))
        }
        (None, Command::TakeOut { .. }) => {
            Err(RefusalCode::NotThere.about("no such known profile"))
        }
    }
}

/// Applies an event.
///
/// # Errors
/// The event cannot happen at this stage: a bug, not a refusal.
pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    match (stage, event) {
        (None, Event::Kept(kept)) => Ok(Stage::Kept(kept.clone())),
        (Some(Stage::Kept(kept)), Event::TakenOut { why, stamp }) => {
            let (laboratory, why, stamp) = (kept.laboratory, why.clone(), stamp.clone());
            Ok(Stage::TakenOut { laboratory, why, stamp })
        }
        (_, event) => Err(Misapplied { station: "upload", event: event.word() }),
    }
}

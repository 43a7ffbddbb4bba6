//! Person: two records of one person are told to be one, and parted again where that was wrong.
//!
//! Fingerprints are the truth about identity; what only names and file numbers suggest takes two
//! people. A merge rewrites nothing: every booking stays with the record that its fingerprints
//! found, and readers follow the pointer from one record to the other. So parting restores exactly
//! what was, and what was booked in between goes with its fingerprints. Deliberately absent:
//! likeness of profiles; identity is never inferred from DNA here.

use serde::{Deserialize, Serialize};

use crate::actor::Stamp;
use crate::ids::PersonId;
use crate::refusal::{Misapplied, Refusal, RefusalCode};

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The record under which both are found.
    pub kept: PersonId,
    /// The record that points there.
    pub other: PersonId,
    /// Why.
    pub reason: String,
    /// By whom and when.
    pub by: Stamp,
}

/// Where the other record stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// A merge waits for a second person.
    Asked {
        /// What was asked for.
        asked: Asked,
    },
    /// It points to the record that is kept.
    Merged {
        /// What was asked for.
        asked: Asked,
        /// By whom and when.
        approved: Stamp,
    },
    /// The merge was denied.
    Denied {
        /// What was asked for.
        asked: Asked,
        /// Why not.
        why: String,
        /// By whom and when.
        denied: Stamp,
    },
    /// It was merged, and stands by itself again.
    Parted {
        /// What had been asked for.
        asked: Asked,
        /// Why.
        why: String,
        /// By whom and when.
        parted: Stamp,
    },
}

impl Stage {
    /// Every stage's word.
    pub const WORDS: &[&str] = &["asked", "merged", "denied", "parted"];

    /// The stage's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "asked",
            Self::Merged { .. } => "merged",
            Self::Denied { .. } => "denied",
            Self::Parted { .. } => "parted",
        }
    }

    /// What was asked for.
    pub fn asked(&self) -> &Asked {
        match self {
            Self::Asked { asked }
            | Self::Merged { asked, .. }
            | Self::Denied { asked, .. }
            | Self::Parted { asked, .. } => asked,
        }
    }
}

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Merge one record into another.
    Ask {
        /// What is asked for.
        asked: Asked,
        /// The two were told to be twins, who are two persons.
        twins: bool,
        /// One of the two points elsewhere already.
        pointing: bool,
    },
    /// As a second person, do so.
    Approve {
        /// As at the request.
        pointing: bool,
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
    /// Part what was merged.
    Part {
        /// Why.
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
    Merged {
        /// The record that is kept.
        kept: PersonId,
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
    /// Parted again.
    Parted {
        /// Why.
        why: String,
        /// By whom and when.
        by: Stamp,
    },
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "asked",
            Self::Merged { .. } => "merged",
            Self::Denied { .. } => "denied",
            Self::Parted { .. } => "parted",
        }
    }
}

/// Decides a command about the record that is to point elsewhere.
///
/// # Errors
/// The two are one record, or twins; one points elsewhere; the one who asked answers.
pub fn decide(stage: Option<&Stage>, command: Command) -> Result<Event, Refusal> {
    match (stage, command) {
        (
            None | Some(Stage::Denied { .. } | Stage::Parted { .. }),
            Command::Ask { asked, twins, pointing },
        ) => {
            if asked.kept == asked.other {
                return Err(RefusalCode::AlreadyRecorded.about("the two are one record"));
            }
            if twins {
                return Err(RefusalCode::Twins.about("the two are marked as twins"));
            }
            apart_from_others(pointing)?;
            Ok(Event::Asked { asked })
        }
        (Some(Stage::Asked { asked }), Command::Approve { pointing, by }) => {
            second(asked, &by)?;
            apart_from_others(pointing)?;
            Ok(Event::Merged { kept: asked.kept.clone(), by })
        }
        (Some(Stage::Asked { asked }), Command::Deny { why, by }) => {
            second(asked, &by)?;
            Ok(Event::Denied { why, by })
        }
        (Some(Stage::Merged { .. }), Command::Part { why, by }) => Ok(Event::Parted { why, by }),
        (Some(stage), _) => {
            Err(RefusalCode::WrongStage.about(format!("the merge is {}", stage.word())))
        }
        (None, _) => Err(RefusalCode::NotThere.about("nobody asked to merge this record")),
    }
}

fn apart_from_others(pointing: bool) -> Result<(), Refusal> {
    if pointing {
        let what = "one of the two is merged into another record; part it or name that record";
        return Err(RefusalCode::OutOfOrder.about(what));
    }
    Ok(())
}

fn second(asked: &Asked, by: &Stamp) -> Result<(), Refusal> {
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
        (None | Some(Stage::Denied { .. } | Stage::Parted { .. }), Event::Asked { asked }) => {
            Ok(Stage::Asked { asked: asked.clone() })
        }
        (Some(Stage::Asked { asked }), Event::Merged { by, .. }) => {
            Ok(Stage::Merged { asked, approved: by.clone() })
        }
        (Some(Stage::Asked { asked }), Event::Denied { why, by }) => {
            Ok(Stage::Denied { asked, why: why.clone(), denied: by.clone() })
        }
        (Some(Stage::Merged { asked, .. }), Event::Parted { why, by }) => {
            Ok(Stage::Parted { asked, why: why.clone(), parted: by.clone() })
        }
        (_, event) => Err(Misapplied { station: "person", event: event.word() }),
    }
}

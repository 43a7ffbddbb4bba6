//! Candidate: a search found two specimens that may come from one person.
//!
//! A candidate is not a hit: the FBI's own example agrees at 13 of 13 loci at moderate stringency
//! and is an exclusion. The casework laboratory looks at it first and excludes it or asks for
//! confirmation. Its id is made of the two specimen numbers, so a search repeated finds the same
//! candidate. Absent: names; neither side of the index has any.

use genetics::SearchRule;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::actor::Stamp;
use crate::ids::{AccountId, CandidateId, ConfirmationId, RemovalId, SpecimenNumber};
use crate::refusal::{Misapplied, Refusal, RefusalCode};

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The evidence.
    pub evidence: SpecimenNumber,
    /// The other record: a person's, or other evidence.
    pub record: SpecimenNumber,
    /// True where the other record is a person's.
    pub record_is_person: bool,
    /// Loci typed on both sides.
    pub loci_compared: u8,
    /// Loci that match.
    pub loci_matching: u8,
    /// Loosest level among the matching loci.
    pub stringency: String,
    /// The settings of the search; not kept with candidates of the first version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<SearchRule>,
    /// When it was found.
    pub found_at: Timestamp,
}

impl Found {
    /// The id that this pair has in every search.
    pub fn candidate(&self) -> CandidateId {
        CandidateId::new(format!("{}~{}", self.evidence, self.record))
    }
}

/// Where a candidate stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// Nobody has looked.
    New(Found),
    /// Somebody looks.
    UnderReview(UnderReview),
    /// The casework laboratory excluded it.
    Excluded(Closed),
    /// The database laboratory is asked to confirm.
    ConfirmationRequested(Asked),
    /// The database laboratory confirmed it.
    Confirmed(Asked),
    /// The database laboratory refuted it.
    Refuted(Closed),
    /// One of its records was removed.
    Withdrawn(Withdrawn),
}

/// A candidate that somebody looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderReview {
    /// What was found.
    pub found: Found,
    /// Who looks.
    pub by: AccountId,
}

/// A candidate that is no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// What was found.
    pub found: Found,
    /// Why it is none.
    pub why: String,
}

/// A candidate that the database laboratory works on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// What was found.
    pub found: Found,
    /// The confirmation.
    pub confirmation: ConfirmationId,
}

/// A candidate whose record was removed: not even the pair is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// Under which removal.
    pub removal: RemovalId,
}

impl Stage {
    /// What was found, unless it was withdrawn.
    pub fn found(&self) -> Option<&Found> {
        match self {
            Self::New(found) => Some(found),
            Self::UnderReview(review) => Some(&review.found),
            Self::Excluded(closed) | Self::Refuted(closed) => Some(&closed.found),
            Self::ConfirmationRequested(asked) | Self::Confirmed(asked) => Some(&asked.found),
            Self::Withdrawn(_) => None,
        }
    }

    /// The stage's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::New(_) => "new",
            Self::UnderReview(_) => "under_review",
            Self::Excluded(_) => "excluded",
            Self::ConfirmationRequested(_) => "confirmation_requested",
            Self::Confirmed(_) => "confirmed",
            Self::Refuted(_) => "refuted",
            Self::Withdrawn(_) => "withdrawn",
        }
    }
}

/// What somebody wants of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Record that a search found it.
    Find(Found),
    /// Take it to look at.
    Take(Stamp),
    /// Exclude it.
    Exclude {
        /// Why.
        why: String,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Ask the database laboratory to confirm it.
    RequestConfirmation {
        /// The confirmation's id.
        confirmation: ConfirmationId,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Record what the database laboratory concluded.
    Settle {
        /// `None` where it confirmed, else why not.
        refuted_because: Option<String>,
    },
    /// A record of it was removed.
    Withdraw(RemovalId),
}

/// What happened to a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Found.
    Found {
        /// Loci typed on both sides; the pair itself is in the row, which removal can destroy.
        loci_compared: u8,
        /// Loci that match.
        loci_matching: u8,
        /// The pair.
        #[serde(skip)]
        found: Option<Found>,
    },
    /// Taken.
    Taken {
        /// By whom.
        by: AccountId,
    },
    /// Excluded.
    Excluded {
        /// Why.
        why: String,
    },
    /// Confirmation asked for.
    ConfirmationRequested {
        /// The confirmation's id.
        confirmation: ConfirmationId,
    },
    /// Confirmed.
    Confirmed,
    /// Refuted.
    Refuted {
        /// Why.
        why: String,
    },
    /// Withdrawn.
    Withdrawn {
        /// Under which removal.
        removal: RemovalId,
    },
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Found { .. } => "found",
            Self::Taken { .. } => "taken",
            Self::Excluded { .. } => "excluded",
            Self::ConfirmationRequested { .. } => "confirmation_requested",
            Self::Confirmed => "confirmed",
            Self::Refuted { .. } => "refuted",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }
}

/// Decides a command.
///
/// # Errors
/// Found twice, worked by somebody else, or a step out of order. Only a pair of evidence and a
/// person's record goes to confirmation.
pub fn decide(stage: Option<&Stage>, command: Command) -> Result<Event, Refusal> {
    match (stage, command) {
        (None, Command::Find(found)) => Ok(Event::Found {
            loci_compared: found.loci_compared,
            loci_matching: found.loci_matching,
            found: Some(found),
        }),
        (Some(stage), Command::Find(_)) => {
            Err(RefusalCode::AlreadyRecorded.about(format!("the candidate is {}", stage.word())))
        }
        (Some(Stage::New(_)), Command::Take(stamp)) => Ok(Event::Taken { by: stamp.by }),
        (Some(Stage::UnderReview(review)), Command::Exclude { why, stamp }) => {
            own(review, &stamp)?;
            Ok(Event::Excluded { why })
        }
        (
            Some(Stage::UnderReview(review)),
            Command::RequestConfirmation { confirmation, stamp },
        ) => {
            own(review, &stamp)?;
            if !review.found.record_is_person {
                let found = "both records are evidence; the two laboratories compare cases";
                return Err(RefusalCode::SearchForbidden.about(found));
            }
            Ok(Event::ConfirmationRequested { confirmation })
        }
        (Some(Stage::ConfirmationRequested(_)), Command::Settle { refuted_because }) => {
            Ok(refuted_because.map_or(Event::Confirmed, |why| Event::Refuted { why }))
        }
        (Some(Stage::Withdrawn(_)), _) => Err(RefusalCode::Removed.about("a record was removed")),
        (Some(_), Command::Withdraw(removal)) => Ok(Event::Withdrawn { removal }),
        (Some(stage), _) => {
            Err(RefusalCode::WrongStage.about(format!("the candidate is {}", stage.word())))
        }
        (None, _) => Err(RefusalCode::NotThere.about("no such candidate")),
    }
}

fn own(review: &UnderReview, stamp: &Stamp) -> Result<(), Refusal> {
    if review.by == stamp.by {
        return Ok(());
    }
    Err(RefusalCode::WrongStage.about(format!("{} works on this candidate", review.by)))
}

/// Applies an event.
///
/// # Errors
/// The event cannot happen at this stage: a bug, not a refusal.
pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    let misapplied = Misapplied { station: "candidate", event: event.word() };
    match (stage, event) {
        (None, Event::Found { found: Some(found), .. }) => Ok(Stage::New(found.clone())),
        (Some(Stage::New(found)), Event::Taken { by }) => {
            Ok(Stage::UnderReview(UnderReview { found, by: by.clone() }))
        }
        (Some(Stage::UnderReview(review)), Event::Excluded { why }) => {
            Ok(Stage::Excluded(Closed { found: review.found, why: why.clone() }))
        }
        (Some(Stage::UnderReview(review)), Event::ConfirmationRequested { confirmation }) => {
            let confirmation = confirmation.clone();
            Ok(Stage::ConfirmationRequested(Asked { found: review.found, confirmation }))
        }
        (Some(Stage::ConfirmationRequested(asked)), Event::Confirmed) => {
            Ok(Stage::Confirmed(asked))
        }
        (Some(Stage::ConfirmationRequested(asked)), Event::Refuted { why }) => {
            Ok(Stage::Refuted(Closed { found: asked.found, why: why.clone() }))
        }
        (Some(_), Event::Withdrawn { removal }) => {
            Ok(Stage::Withdrawn(Withdrawn { removal: removal.clone() }))
        }
        _ => Err(misapplied),
    }
}

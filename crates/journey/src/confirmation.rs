//! Confirmation: the database laboratory makes sure before a name can leave it.
//!
//! Four checks in order, each by record: the sample is still lawful, the prints identify its
//! owner, the retained sample gives the same profile again, and a second person concludes
//! (FBI Federal DNA Database Unit: identifying information only after confirmation).
//! [`Confirmed`] is the only key that opens the release of a name.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::actor::Stamp;
use crate::ids::{AccountId, CandidateId, ConfirmationId, Ori, SpecimenNumber};
use crate::refusal::{Misapplied, Refusal, RefusalCode};

/// Where a confirmation stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// Asked for.
    Requested(Request),
    /// The sample is still lawful.
    Lawful(Request),
    /// The prints identify its owner.
    Identified(Request),
    /// The retained sample gave the same profile.
    Retyped(Retyped),
    /// A second person concluded.
    Confirmed(Concluded),
    /// One of the checks failed.
    Refuted(Refuted),
}

/// What is to be confirmed, for whom, until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The candidate.
    pub candidate: CandidateId,
    /// The person-side specimen.
    pub specimen: SpecimenNumber,
    /// The laboratory of the case.
    pub laboratory: Ori,
    /// Last day of the working time.
    pub due_on: Date,
    /// By whom and when asked.
    pub stamp: Stamp,
}

/// The same profile was found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retyped {
    /// The request.
    pub request: Request,
    /// Who typed again.
    pub by: AccountId,
}

/// Confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concluded {
    /// The request.
    pub request: Request,
    /// The second person, and when.
    pub stamp: Stamp,
}

/// Not confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refuted {
    /// The request.
    pub request: Request,
    /// Which check failed.
    pub why: Failure,
}

/// The check that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The sample is not lawful (any more).
    NotLawful,
    /// The prints do not identify the owner.
    NotIdentified,
    /// The retained sample gave another profile.
    OtherProfile,
    /// There is no sample left to type.
    SampleUnavailable,
    /// The candidate ended meanwhile: a profile has a new version, or a record is gone.
    CandidateEnded,
}

impl Failure {
    /// The word of pages and files.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotLawful => "not_lawful",
            Self::NotIdentified => "not_identified",
            Self::OtherProfile => "other_profile",
            Self::SampleUnavailable => "sample_unavailable",
            Self::CandidateEnded => "candidate_ended",
        }
    }
}

impl Stage {
    /// The request, at any stage.
    pub fn request(&self) -> &Request {
        match self {
            Self::Requested(request) | Self::Lawful(request) | Self::Identified(request) => request,
            Self::Retyped(retyped) => &retyped.request,
            Self::Confirmed(concluded) => &concluded.request,
            Self::Refuted(refuted) => &refuted.request,
        }
    }

    /// The stage's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Requested(_) => "requested",
            Self::Lawful(_) => "lawful",
            Self::Identified(_) => "identified",
            Self::Retyped(_) => "retyped",
            Self::Confirmed(_) => "confirmed",
            Self::Refuted(_) => "refuted",
        }
    }
}

/// What somebody wants of a confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Ask for it.
    Request(Request),
    /// Record whether the sample is still lawful.
    CheckLawful {
        /// It is.
        lawful: bool,
    },
    /// Record whether the prints identify the owner.
    CheckIdentity {
        /// They do.
        prints_agree: bool,
    },
    /// Record what the retained sample gave.
    Retype {
        /// `Some(true)`: the same profile; `None`: no sample left.
        same_profile: Option<bool>,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Conclude.
    Conclude(Stamp),
    /// There is nothing left to confirm.
    End,
}

/// What happened to a confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Asked for.
    Requested(Request),
    /// Still lawful.
    FoundLawful,
    /// Identified.
    Identified,
    /// The same profile again.
    Retyped {
        /// By whom.
        by: AccountId,
    },
    /// Confirmed.
    Confirmed(Stamp),
    /// Refuted.
    Refuted {
        /// Which check failed.
        why: Failure,
    },
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Requested(_) => "requested",
            Self::FoundLawful => "found_lawful",
            Self::Identified => "identified",
            Self::Retyped { .. } => "retyped",
            Self::Confirmed(_) => "confirmed",
            Self::Refuted { .. } => "refuted",
        }
    }
}

/// Decides a command.
///
/// # Errors
/// A check out of order, or one person who types again and concludes.
pub fn decide(stage: Option<&Stage>, command: Command) -> Result<Event, Refusal> {
    let refuted = |why| Event::Refuted { why };
    match (stage, command) {
        (None, Command::Request(request)) => Ok(Event::Requested(request)),
        (Some(Stage::Requested(_)), Command::CheckLawful { lawful }) => {
            Ok(if lawful { Event::FoundLawful } else { refuted(Failure::NotLawful) })
        }
        (Some(Stage::Lawful(_)), Command::CheckIdentity { prints_agree }) => {
            Ok(if prints_agree { Event::Identified } else { refuted(Failure::NotIdentified) })
        }
        (Some(Stage::Identified(_)), Command::Retype { same_profile, stamp }) => {
            Ok(match same_profile {
                Some(true) => Event::Retyped { by: stamp.by },
                Some(false) => refuted(Failure::OtherProfile),
                None => refuted(Failure::SampleUnavailable),
            })
        }
        (Some(Stage::Retyped(retyped)), Command::Conclude(stamp)) if retyped.by == stamp.by => {
            Err(RefusalCode::SamePerson.about("who typed again does not conclude"))
        }
        (Some(Stage::Retyped(_)), Command::Conclude(stamp)) => Ok(Event::Confirmed(stamp)),
        (
            Some(Stage::Requested(_) | Stage::Lawful(_) | Stage::Identified(_) | Stage::Retyped(_)),
            Command::End,
        ) => Ok(refuted(Failure::CandidateEnded)),
        (Some(stage), Command::Request(_)) => {
            Err(RefusalCode::AlreadyRecorded.about(format!("the confirmation is {}", stage.word())))
        }
        (Some(stage), _) => {
            Err(RefusalCode::WrongStage.about(format!("the confirmation is {}", stage.word())))
        }
        (None, _) => Err(RefusalCode::NotThere.about("no such confirmation")),
    }
}

/// Applies an event.
///
/// # Errors
/// The event cannot happen at this stage: a bug, not a refusal.
pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    match (stage, event) {
        (None, Event::Requested(request)) => Ok(Stage::Requested(request.clone())),
        (Some(Stage::Requested(request)), Event::FoundLawful) => Ok(Stage::Lawful(request)),
        (Some(Stage::Lawful(request)), Event::Identified) => Ok(Stage::Identified(request)),
        (Some(Stage::Identified(request)), Event::Retyped { by }) => {
            Ok(Stage::Retyped(Retyped { request, by: by.clone() }))
        }
        (Some(Stage::Retyped(retyped)), Event::Confirmed(stamp)) => {
            Ok(Stage::Confirmed(Concluded { request: retyped.request, stamp: stamp.clone() }))
        }
        (Some(stage), Event::Refuted { why }) => {
            Ok(Stage::Refuted(Refuted { request: stage.request().clone(), why: *why }))
        }
        (_, event) => Err(Misapplied { station: "confirmation", event: event.word() }),
    }
}

/// Proof that the database laboratory confirmed a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    confirmation: ConfirmationId,
    laboratory: Ori,
}

impl Confirmed {
    /// The check.
    ///
    /// # Errors
    /// Anything but a concluded confirmation.
    pub fn check(id: &ConfirmationId, stage: Option<&Stage>) -> Result<Self, Refusal> {
        match stage {
            Some(Stage::Confirmed(concluded)) => Ok(Self {
                confirmation: id.clone(),
                laboratory: concluded.request.laboratory.clone(),
            }),
            Some(stage) => {
                Err(RefusalCode::NotConfirmed
                    .about(format!("confirmation {id} is {}", stage.word())))
            }
            None => Err(RefusalCode::NotConfirmed.about(format!("no confirmation {id}"))),
        }
    }

    /// The confirmation.
    pub fn confirmation(&self) -> &ConfirmationId {
        &self.confirmation
    }

    /// The laboratory of the case: the only receiver of the name.
    pub fn laboratory(&self) -> &Ori {
        &self.laboratory
    }
}

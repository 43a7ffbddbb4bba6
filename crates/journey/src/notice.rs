//! Notice: who must be told, was told, and said so.
//!
//! A notice carries no personal value. The name itself is read at the moment of its release, by
//! the laboratory of the case alone, for a stated purpose, and that reading is on record
//! (34 USC 12592(b)(3), 40706). Absent: the channel by which a notice travels.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::accession::Rejection;
use crate::actor::Stamp;
use crate::confirmation::{Confirmed, Failure};
use crate::ids::{AccountId, ConfirmationId, KitBarcode, Ori, RemovalId};
use crate::refusal::{Misapplied, Refusal, RefusalCode};

/// What a notice is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Subject {
    /// A sample was rejected; collect again (28 CFR 28.12(f)(3)).
    Rejection {
        /// The kit.
        kit: KitBarcode,
        /// Why.
        why: Rejection,
    },
    /// New facts put the lawful basis of a sample that was taken in doubt: look whether it must go.
    BasisInDoubt {
        /// The kit.
        kit: KitBarcode,
    },
    /// A candidate was confirmed; the name may be read by the laboratory of the case.
    NameRelease {
        /// The confirmation.
        confirmation: ConfirmationId,
    },
    /// A removal was carried out.
    Removal {
        /// The removal.
        removal: RemovalId,
    },
    /// The laboratory of a case asks the database laboratory to confirm a candidate.
    ConfirmationAsked {
        /// The confirmation.
        confirmation: ConfirmationId,
    },
    /// The database laboratory did not confirm; nothing of the person is told.
    NotConfirmed {
        /// The confirmation.
        confirmation: ConfirmationId,
        /// The check that failed.
        why: Failure,
    },
    /// The name was read: the laboratory of the case tells the investigators.
    Investigators {
        /// The confirmation.
        confirmation: ConfirmationId,
    },
    /// A candidate was confirmed whose sample the receiver took. Which one is sealed: beside the
    /// site it would be half of the link between a specimen and a kit.
    Hit {
        /// The confirmation, sealed for this notice.
        sealed: String,
    },
}

impl Subject {
    /// The word of pages and files.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Rejection { .. } => "rejection",
            Self::BasisInDoubt { .. } => "basis_in_doubt",
            Self::NameRelease { .. } => "name_release",
            Self::Removal { .. } => "removal",
            Self::ConfirmationAsked { .. } => "confirmation_asked",
            Self::NotConfirmed { .. } => "not_confirmed",
            Self::Investigators { .. } => "investigators",
            Self::Hit { .. } => "hit",
        }
    }

    /// True between laboratories, who see each other's notices here: it is delivered with the
    /// raising, and must be acknowledged in time.
    pub fn is_between_laboratories(&self) -> bool {
        matches!(self, Self::ConfirmationAsked { .. } | Self::NotConfirmed { .. })
    }

    /// True where the receiver reads it here for a purpose, and nobody delivers it.
    fn is_read(&self) -> bool {
        matches!(self, Self::NameRelease { .. } | Self::Hit { .. })
    }
}

/// A purpose for which 34 USC 12592(b)(3) allows disclosure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// (A) to criminal justice agencies for law enforcement identification.
    LawEnforcementIdentification,
    /// (B) in judicial proceedings.
    JudicialProceedings,
    /// (C) for criminal defense, to a defendant, for the case charged.
    CriminalDefense,
    /// (D) statistics, research and quality control, personal values removed.
    StatisticsAndQuality,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: &[Self] = &[
        Self::LawEnforcementIdentification,
        Self::JudicialProceedings,
        Self::CriminalDefense,
        Self::StatisticsAndQuality,
    ];

    /// The word of pages and files.
    pub fn word(self) -> &'static str {
        match self {
            Self::LawEnforcementIdentification => "law_enforcement_identification",
            Self::JudicialProceedings => "judicial_proceedings",
            Self::CriminalDefense => "criminal_defense",
            Self::StatisticsAndQuality => "statistics_and_quality",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|purpose| purpose.word() == word)
    }
}

/// Where a notice stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// Not delivered yet.
    Due(Due),
    /// Delivered; for a name: read.
    Delivered(Delivered),
    /// The receiver said so.
    Acknowledged(Acknowledged),
}

/// A notice that must be delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// What about.
    pub subject: Subject,
    /// To whom: a laboratory's ORI, or the site of an agency.
    pub to: Ori,
    /// By when.
    pub due_at: Timestamp,
}

/// A delivered notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// As it was due.
    pub due: Due,
    /// When.
    pub at: Timestamp,
}

/// An acknowledged notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// As it was delivered.
    pub delivered: Delivered,
    /// Who said so.
    pub by: AccountId,
}

impl Stage {
    /// As it was due, at any stage.
    pub fn due(&self) -> &Due {
        match self {
            Self::Due(due) => due,
            Self::Delivered(delivered) => &delivered.due,
            Self::Acknowledged(acknowledged) => &acknowledged.delivered.due,
        }
    }

    /// True where the time is over and nobody did what is due.
    pub fn is_overdue(&self, at: Timestamp) -> bool {
        let is_open = match self {
            Self::Due(_) => true,
            Self::Delivered(delivered) => delivered.due.subject.is_between_laboratories(),
            Self::Acknowledged(_) => false,
        };
        is_open && self.due().due_at < at
    }

    /// The stage's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Due(_) => "due",
            Self::Delivered(_) => "delivered",
            Self::Acknowledged(_) => "acknowledged",
        }
    }
}

/// What somebody wants of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Raise one that carries no right to a name.
    Raise(Due),
    /// Raise the release of a name.
    RaiseNameRelease {
        /// The candidate was confirmed.
        confirmed: Confirmed,
        /// By when.
        due_at: Timestamp,
    },
    /// Deliver it.
    Deliver(Stamp),
    /// Read the name.
    ReleaseName {
        /// The laboratory that asks.
        to: Ori,
        /// For which purpose.
        purpose: Option<Purpose>,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Read of which sample a hit is.
    ReadHit(Stamp),
    /// Say that it arrived.
    Acknowledge(Stamp),
}

/// What happened to a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Raised.
    Raised(Due),
    /// Delivered.
    Delivered {
        /// When.
        at: Timestamp,
    },
    /// The name was read by the laboratory of the case.
    NameReleased {
        /// The laboratory.
        to: Ori,
        /// For which purpose.
        purpose: Purpose,
        /// When.
        at: Timestamp,
    },
    /// It was read of which sample the hit is.
    HitRead {
        /// By whom.
        by: AccountId,
        /// When.
        at: Timestamp,
    },
    /// Acknowledged.
    Acknowledged {
        /// By whom.
        by: AccountId,
    },
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Raised(_) => "raised",
            Self::Delivered { .. } => "delivered",
            Self::NameReleased { .. } => "name_released",
            Self::HitRead { .. } => "hit_read",
            Self::Acknowledged { .. } => "acknowledged",
        }
    }
}

/// Decides a command.
///
/// # Errors
/// A name for anybody but the laboratory of the case, without a purpose, or a step out of order.
pub fn decide(stage: Option<&Stage>, command: Command) -> Result<Event, Refusal> {
    match (stage, command) {
        (None, Command::Raise(due)) => match due.subject {
            Subject::NameRelease { .. } => {
                Err(RefusalCode::NotConfirmed.about("a name release needs its confirmation"))
            }
            _ => Ok(Event::Raised(due)),
        },
        (None, Command::RaiseNameRelease { confirmed, due_at }) => {
            let subject = Subject::NameRelease { confirmation: confirmed.confirmation().clone() };
            Ok(Event::Raised(Due { subject, to: confirmed.laboratory().clone(), due_at }))
        }
        (
            Some(Stage::Due(due) | Stage::Delivered(Delivered { due, .. })),
            Command::ReleaseName { to, purpose, stamp },
        ) => release(due, to, purpose, &stamp),
        (
            Some(Stage::Due(due) | Stage::Delivered(Delivered { due, .. })),
            Command::ReadHit(stamp),
        ) => match due.subject {
            Subject::Hit { .. } => Ok(Event::HitRead { by: stamp.by, at: stamp.at }),
            _ => Err(RefusalCode::WrongStage.about("this notice is about no hit")),
        },
        (Some(Stage::Due(due)), Command::Deliver(_)) if due.subject.is_read() => {
            Err(RefusalCode::PurposeMissing.about("this notice is read, not delivered"))
        }
        (Some(Stage::Due(_)), Command::Deliver(stamp)) => Ok(Event::Delivered { at: stamp.at }),
        (Some(Stage::Delivered(_)), Command::Acknowledge(stamp)) => {
            Ok(Event::Acknowledged { by: stamp.by })
        }
        (Some(stage), Command::Raise(_) | Command::RaiseNameRelease { .. }) => {
            Err(RefusalCode::AlreadyRecorded.about(format!("the notice is {}", stage.word())))
        }
        (Some(stage), _) => {
            Err(RefusalCode::WrongStage.about(format!("the notice is {}", stage.word())))
        }
        (None, _) => Err(RefusalCode::NotThere.about("no such notice")),
    }
}

fn release(due: &Due, to: Ori, purpose: Option<Purpose>, stamp: &Stamp) -> Result<Event, Refusal> {
    if !matches!(due.subject, Subject::NameRelease { .. }) {
        return Err(RefusalCode::NotConfirmed.about("this notice releases no name"));
    }
    if due.to != to {
        return Err(RefusalCode::NotTheCaseLaboratory.about(format!("{to} asked")));
    }
    let purpose =
        purpose.ok_or_else(|| RefusalCode::PurposeMissing.about("no purpose was given"))?;
    if purpose == Purpose::StatisticsAndQuality {
        return Err(RefusalCode::PurposeWithoutNames.about("the purpose was statistics"));
    }
    Ok(Event::NameReleased { to, purpose, at: stamp.at })
}

/// Applies an event.
///
/// # Errors
/// The event cannot happen at this stage: a bug, not a refusal.
pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    match (stage, event) {
        (None, Event::Raised(due)) => Ok(Stage::Due(due.clone())),
        (
            Some(Stage::Due(due)),
            Event::Delivered { at } | Event::NameReleased { at, .. } | Event::HitRead { at, .. },
        ) => Ok(Stage::Delivered(Delivered { due, at: *at })),
        (Some(Stage::Delivered(delivered)), Event::NameReleased { .. } | Event::HitRead { .. }) => {
            Ok(Stage::Delivered(delivered))
        }
        (Some(Stage::Delivered(delivered)), Event::Acknowledged { by }) => {
            Ok(Stage::Acknowledged(Acknowledged { delivered, by: by.clone() }))
        }
        (_, event) => Err(Misapplied { station: "notice", event: event.word() }),
    }
}

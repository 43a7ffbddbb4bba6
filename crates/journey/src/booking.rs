//! Booking: a person comes into custody, and the booking system says what is known.
//!
//! [`BookingRecord`] is one row of the booking feed. Its personal values ([`Person`]) never enter
//! an event; its [`Circumstances`] are what the rules of `eligibility` look at. Every booking ends
//! with exactly one [`Disposition`]; GAO-23-106252 asked for the reasons.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::eligibility::{Finding, Outcome};
use crate::ids::{BookingId, CollectionId, PersonId, Site};
use crate::refusal::{Misapplied, Refusal, RefusalCode};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$vdoc:meta])* $variant:ident $word:literal),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),* }

        impl $name {
            /// Every value, in the order of the feed's contract.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word of the booking feed.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// Reads the word of the booking feed.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }
    };
}

words! {
    /// How sure a date of birth is.
    BirthConfidence {
        /// Seen on a document or in a record that fingerprints found.
        Verified "verified",
        /// Said by the person.
        Claimed "claimed",
        /// Guessed by an officer.
        Estimated "estimated",
        /// Not known.
        Unknown "unknown",
    }
}

words! {
    /// Citizenship as 28 CFR 28.12(b) divides it.
    Citizenship {
        /// Citizen of the United States.
        Citizen "citizen",
        /// Lawfully admitted for permanent residence (8 CFR 1.2).
        Lpr "lpr",
        /// Neither.
        NonUsPerson "non_us_person",
        /// Not known.
        Unknown "unknown",
    }
}

words! {
    /// How sure the citizenship is.
    StatusConfidence {
        /// Checked against a record.
        Verified "verified",
        /// Said by the person.
        Claimed "claimed",
        /// Not known.
        Unknown "unknown",
    }
}

words! {
    /// Lawful presence, for 28 CFR 28.12(b)(1).
    LawfulStatus {
        /// Lawfully in the United States.
        InStatus "in_status",
        /// Being processed for lawful admission.
        BeingAdmitted "being_admitted",
        /// Neither.
        None "none",
        /// Not known.
        Unknown "unknown",
    }
}

words! {
    /// Why the person is held; several can hold at once.
    CustodyBasis {
        /// Arrested for an offense.
        CriminalArrest "criminal_arrest",
        /// Facing charges.
        FacingCharges "facing_charges",
        /// Convicted.
        Convicted "convicted",
        /// Administrative detention.
        AdminDetention "admin_detention",
        /// Held at a port of entry while admissibility is considered.
        PortHold "port_hold",
        /// Held in connection with maritime interdiction.
        Maritime "maritime",
        /// Met, not held.
        Encounter "encounter",
    }
}

words! {
    /// A yes, a no, or nobody knows.
    Known {
        /// Yes.
        Yes "yes",
        /// No.
        No "no",
        /// Not known.
        Unknown "unknown",
    }
}

words! {
    /// Whether the index already holds an analysis of this person (28 CFR 28.12(e)(2)).
    OnFile {
        /// It does.
        Present "present",
        /// It does not.
        Absent "absent",
        /// Not checked.
        Unknown "unknown",
    }
}

/// The values that tell who the person is. Sealed at rest; never in events, logs or messages.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The number of the fingerprint record: the truth about identity.
    pub fingerprint_number: Option<String>,
    /// DHS alien file number.
    pub alien_number: Option<String>,
    /// Family name.
    pub family_name: String,
    /// Given name.
    pub given_name: String,
    /// Date of birth.
    pub date_of_birth: Option<Date>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Person(withheld)")
    }
}

/// What the rules look at, apart from the date of birth itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    /// Arresting or detaining component, such as `ICE-ERO` or `CBP-USBP`.
    pub component: String,
    /// Where.
    pub site: Site,
    /// When, as an instant.
    pub booked_at: Timestamp,
    /// Offset from UTC that the booking system wrote, in seconds: the site's clock where the
    /// site is not in the table of sites.
    pub booked_offset_seconds: i32,
    /// How sure the date of birth is.
    pub date_of_birth_confidence: BirthConfidence,
    /// Citizenship.
    pub citizenship: Citizenship,
    /// How sure the citizenship is.
    pub citizenship_confidence: StatusConfidence,
    /// Lawful presence.
    pub lawful_status: LawfulStatus,
    /// Why held; never empty.
    pub custody_basis: BTreeSet<CustodyBasis>,
    /// Whether further detention or proceedings follow a hold at a port of entry.
    pub further_proceedings: Known,
    /// The fingerprint event of this booking; `None` where no prints were taken.
    pub fingerprint_event: Option<String>,
    /// When the prints were taken.
    pub fingerprinted_at: Option<Timestamp>,
    /// Whether an analysis is on file.
    pub on_file: OnFile,
    /// Agreement under which another agency collects (28 CFR 28.12(e)(1)).
    pub other_agency: Option<String>,
    /// Waiver on record by which no sample need be taken (28 CFR 28.12(e)(3)).
    #[serde(default)]
    pub waiver: Option<String>,
}

/// One row of the booking feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingRecord {
    /// The booking system's number.
    pub booking: BookingId,
    /// Who.
    pub person: Person,
    /// What the rules look at.
    pub circumstances: Circumstances,
}

words! {
    /// Why a sample that was due was not taken (28 CFR 28.12(b), (f)(3)). None is an exemption.
    NotCollected {
        /// No usable kit at the site.
        KitOut "no_kit",
        /// The person left before the sample was taken.
        ReleasedFirst "released_first",
        /// The person refused.
        Refused "refused",
        /// A medical or safety reason.
        Medical "medical",
        /// Transferred to another site before the sample was taken.
        Transferred "transferred",
    }
}

/// How a booking ended as far as the sample is concerned: exactly one for every booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "disposition")]
pub enum Disposition {
    /// A sample was taken and sealed.
    Collected {
        /// Which.
        collection: CollectionId,
    },
    /// The rules say no.
    NotToBeCollected {
        /// The first reason's id.
        reason: String,
    },
    /// The rules leave it open and the officer did not collect.
    Skipped {
        /// The first reason's id.
        reason: String,
    },
    /// Due and not taken; the duty stays with the person.
    DueNotCollected {
        /// Why.
        why: NotCollected,
    },
    /// A fact that the rules needed never arrived.
    Unresolved {
        /// The first fact missing.
        missing: String,
    },
}

impl Disposition {
    /// How a booking without a sealed sample ends by its decision; `None` where a sample is due
    /// and no reason is given why there is none.
    pub fn without_sample(finding: &Finding, why: Option<NotCollected>) -> Option<Self> {
        let reason = || finding.reasons.first().map_or_else(String::new, |it| it.id.clone());
        match finding.outcome {
            Outcome::DoNotCollect => Some(Self::NotToBeCollected { reason: reason() }),
            Outcome::MaySkip => Some(Self::Skipped { reason: reason() }),
            Outcome::Defer => {
                let missing = finding.missing.first().cloned().unwrap_or_default();
                Some(Self::Unresolved { missing })
            }
            Outcome::Collect => why.map(|why| Self::DueNotCollected { why }),
        }
    }

    /// The word under which it is counted.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Collected { .. } => "collected",
            Self::NotToBeCollected { .. } => "not_to_be_collected",
            Self::Skipped { .. } => "skipped",
            Self::DueNotCollected { .. } => "due_not_collected",
            Self::Unresolved { .. } => "unresolved",
        }
    }

    /// Words in the order of reports; `open` counts bookings that have none yet.
    pub const WORDS: &[&str] =
        &["collected", "not_to_be_collected", "skipped", "due_not_collected", "unresolved", "open"];
}

/// Where a booking stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// Waiting for its disposition.
    Open(Open),
    /// Accounted for.
    Disposed(Disposed),
}

/// A booking that has no disposition yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Who.
    pub person: PersonId,
    /// Component that holds the person.
    pub component: String,
    /// Where.
    pub site: Site,
    /// When.
    pub booked_at: Timestamp,
}

/// A booking that has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposed {
    /// As it was booked.
    pub booked: Open,
    /// How it ended.
    pub how: Disposition,
}

impl Stage {
    /// What was booked, at any stage.
    pub fn booked(&self) -> &Open {
        match self {
            Self::Open(open) => open,
            Self::Disposed(disposed) => &disposed.booked,
        }
    }

    /// The stage's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Open(_) => "open",
            Self::Disposed(disposed) => disposed.how.word(),
        }
    }
}

/// What somebody wants of a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Record it.
    Book {
        /// Who, as fingerprints told.
        person: PersonId,
        /// What the feed said.
        circumstances: Box<Circumstances>,
        /// Keyed digest of the whole record.
        digest: String,
    },
    /// Record that the facts changed; also after the booking was accounted for, because a status
    /// that is verified late decides whether a sample may stay.
    Amend {
        /// Keyed digest of the new record.
        digest: String,
    },
    /// Account for it.
    Dispose(Disposition),
}

/// What happened to a booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Recorded.
    Booked {
        /// As booked.
        #[serde(flatten)]
        open: Open,
        /// Keyed digest of the record.
        digest: String,
    },
    /// Facts changed.
    Amended {
        /// Keyed digest of the new record.
        digest: String,
    },
    /// Accounted for.
    Disposed {
        /// How.
        how: Disposition,
    },
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Booked { .. } => "booked",
            Self::Amended { .. } => "amended",
            Self::Disposed { .. } => "disposed",
        }
    }
}

/// Decides a command.
///
/// # Errors
/// A booking is recorded once, and accounted for once.
pub fn decide(stage: Option<&Stage>, command: Command) -> Result<Event, Refusal> {
    match (stage, command) {
        (None, Command::Book { person, circumstances, digest }) => {
            let Circumstances { component, site, booked_at, .. } = *circumstances;
            Ok(Event::Booked { open: Open { person, component, site, booked_at }, digest })
        }
        (Some(_), Command::Amend { digest }) => Ok(Event::Amended { digest }),
        (Some(Stage::Open(_)), Command::Dispose(how)) => Ok(Event::Disposed { how }),
        (Some(stage), Command::Book { .. }) => {
            Err(RefusalCode::AlreadyRecorded.about(format!("booking is {}", stage.word())))
        }
        (Some(Stage::Disposed(disposed)), _) => Err(RefusalCode::BookingAccountedFor
            .about(format!("its disposition is {}", disposed.how.word()))),
        (None, _) => Err(RefusalCode::NotThere.about("no such booking")),
    }
}

/// Applies an event.
///
/// # Errors
/// The event cannot happen at this stage: a bug, not a refusal.
pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    match (stage, event) {
        (None, Event::Booked { open, .. }) => Ok(Stage::Open(open.clone())),
        (Some(stage), Event::Amended { .. }) => Ok(stage),
        (Some(Stage::Open(booked)), Event::Disposed { how }) => {
            Ok(Stage::Disposed(Disposed { booked, how: how.clone() }))
        }
        (_, event) => Err(Misapplied { station: "booking", event: event.word() }),
    }
}

//! Collection: cheek swab, prints, form, two scans, seal.
//!
//! One person a kit, and one open collection a station: two open kits on one table is the
//! commonest way to swap two people's samples. The barcode of the device and that of the form
//! are scanned each and must be equal; that equality is the main integrity check. Absent: force
//! (28 CFR 28.12(d) leaves it to the agency; a refusal is recorded and the duty stays open).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use genetics::Category;

use crate::actor::Stamp;
use crate::eligibility::Eligible;
use crate::ids::{AccountId, BookingId, CollectionId, DecisionId, KitBarcode, PersonId, Site};
use crate::kit::UsableKit;
use crate::refusal::{Misapplied, Refusal, RefusalCode};

/// Where a collection stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// The kit is open; nothing is scanned yet.
    Opened(Opened),
    /// Device and form were scanned and agree.
    Scanned(Opened),
    /// Prints taken, signed and sealed.
    Sealed(Sealed),
    /// Given up; the kit is void and the duty stays.
    Abandoned(Abandoned),
}

/// An open collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// From whom.
    pub person: PersonId,
    /// Under which booking.
    pub booking: BookingId,
    /// Under which decision.
    pub decision: DecisionId,
    /// Specimen category of that decision.
    pub category: Category,
    /// With which kit.
    pub kit: KitBarcode,
    /// Where.
    pub site: Site,
    /// The table at the site; one open collection at a time.
    pub table: String,
    /// By whom.
    pub collector: AccountId,
    /// When the kit was opened.
    pub opened_at: Timestamp,
}

/// A finished collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// As it was opened.
    pub opened: Opened,
    /// Number of the tamper seal.
    pub seal: String,
    /// When it was sealed.
    pub sealed_at: Timestamp,
    /// The decision that stood then; not kept with samples of the first version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionId>,
}

/// A collection that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abandoned {
    /// As it was opened.
    pub opened: Opened,
    /// Why.
    pub why: Abandonment,
}

/// Why a collection is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Abandonment {
    /// Device and form bear different barcodes.
    BarcodeMismatch,
    /// The kit was damaged.
    KitDamaged,
    /// The person refused after the kit was opened.
    Refused,
    /// The person left.
    ReleasedFirst,
}

impl Abandonment {
    /// Every reason.
    pub const ALL: &[Self] =
        &[Self::BarcodeMismatch, Self::KitDamaged, Self::Refused, Self::ReleasedFirst];

    /// The word of pages and files.
    pub fn word(self) -> &'static str {
        match self {
            Self::BarcodeMismatch => "barcode_mismatch",
            Self::KitDamaged => "kit_damaged",
            Self::Refused => "refused",
            Self::ReleasedFirst => "released_first",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|why| why.word() == word)
    }
}

impl Stage {
    /// As it was opened, at any stage.
    pub fn opened(&self) -> &Opened {
        match self {
            Self::Opened(opened) | Self::Scanned(opened) => opened,
            Self::Sealed(sealed) => &sealed.opened,
            Self::Abandoned(abandoned) => &abandoned.opened,
        }
    }

    /// The stage's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::Scanned(_) => "scanned",
            Self::Sealed(_) => "sealed",
            Self::Abandoned(_) => "abandoned",
        }
    }
}

/// What somebody wants of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Open a kit for a person.
    Open {
        /// The rules allow it, now.
        eligible: Eligible,
        /// The kit may be used, here.
        kit: UsableKit,
        /// Where.
        site: Site,
        /// The table.
        table: String,
        /// The collection that this table has open, if any.
        table_has_open: Option<CollectionId>,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Scan the device and the form.
    Scan {
        /// Barcode on the device.
        device: KitBarcode,
        /// Barcode on the form.
        form: KitBarcode,
    },
    /// Seal it.
    Seal {
        /// Number of the tamper seal.
        seal: String,
        /// The two flat prints are on the form.
        prints_taken: bool,
        /// The decision that stands.
        decision: DecisionId,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Give it up.
    Abandon(Abandonment),
}

/// What happened to a collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// The kit was opened.
    Opened(Opened),
    /// Device and form agree.
    Scanned,
    /// Sealed.
    Sealed {
        /// Number of the tamper seal.
        seal: String,
        /// When.
        sealed_at: Timestamp,
        /// The decision that stood then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decision: Option<DecisionId>,
    },
    /// Given up.
    Abandoned {
        /// Why.
        why: Abandonment,
    },
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::Scanned => "scanned",
            Self::Sealed { .. } => "sealed",
            Self::Abandoned { .. } => "abandoned",
        }
    }
}

/// Proof that a sample was taken lawfully, scanned twice and sealed: it may be packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedKit {
    kit: KitBarcode,
}

impl SealedKit {
    /// The check.
    ///
    /// # Errors
    /// The collection is not sealed.
    pub fn check(stage: Option<&Stage>) -> Result<Self, Refusal> {
        match stage {
            Some(Stage::Sealed(sealed)) => Ok(Self { kit: sealed.opened.kit.clone() }),
            Some(other) => {
                let found =
                    format!("the collection of kit {} is {}", other.opened().kit, other.word());
                Err(RefusalCode::NotSealed.about(found))
            }
            None => Err(RefusalCode::NotSealed.about("no collection used this kit")),
        }
    }

    /// The barcode.
    pub fn kit(&self) -> &KitBarcode {
        &self.kit
    }
}

/// Decides a command.
///
/// # Errors
/// A busy table, barcodes that differ, missing prints, or a step out of order.
pub fn decide(stage: Option<&Stage>, command: Command) -> Result<Event, Refusal> {
    match (stage, command) {
        (None, Command::Open { eligible, kit, site, table, table_has_open, stamp }) => {
            open(&eligible, &kit, site, table, table_has_open, stamp)
        }
        (Some(Stage::Opened(opened)), Command::Scan { device, form }) => {
            if device == form && device == opened.kit {
                return Ok(Event::Scanned);
            }
            let found = format!("opened {}, device {device}, form {form}", opened.kit);
            Err(RefusalCode::BarcodeMismatch.about(found))
        }
        (Some(Stage::Scanned(_)), Command::Seal { prints_taken: false, .. }) => {
            Err(RefusalCode::PrintsMissing.about("the form has no prints"))
        }
        (Some(Stage::Scanned(_)), Command::Seal { seal, decision, stamp, .. }) => {
            Ok(Event::Sealed { seal, sealed_at: stamp.at, decision: Some(decision) })
        }
        (Some(Stage::Opened(_) | Stage::Scanned(_)), Command::Abandon(why)) => {
            Ok(Event::Abandoned { why })
        }
        (Some(stage), _) => {
            Err(RefusalCode::WrongStage.about(format!("the collection is {}", stage.word())))
        }
        (None, _) => Err(RefusalCode::NotThere.about("no such collection")),
    }
}

fn open(
    eligible: &Eligible,
    kit: &UsableKit,
    site: Site,
    table: String,
    table_has_open: Option<CollectionId>,
    stamp: Stamp,
) -> Result<Event, Refusal> {
    if let Some(other) = table_has_open {
        return Err(RefusalCode::StationBusy.about(format!("collection {other} is open there")));
    }
    Ok(Event::Opened(Opened {
        person: eligible.person().clone(),
        booking: eligible.booking().clone(),
        decision: eligible.decision().clone(),
        category: eligible.category(),
        kit: kit.barcode().clone(),
        site,
        table,
        collector: stamp.by,
        opened_at: stamp.at,
    }))
}

/// Applies an event.
///
/// # Errors
/// The event cannot happen at this stage: a bug, not a refusal.
pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    match (stage, event) {
        (None, Event::Opened(opened)) => Ok(Stage::Opened(opened.clone())),
        (Some(Stage::Opened(opened)), Event::Scanned) => Ok(Stage::Scanned(opened)),
        (Some(Stage::Scanned(opened)), Event::Sealed { seal, sealed_at, decision }) => {
            let (seal, decision) = (seal.clone(), decision.clone());
            Ok(Stage::Sealed(Sealed { opened, seal, sealed_at: *sealed_at, decision }))
        }
        (Some(Stage::Opened(opened) | Stage::Scanned(opened)), Event::Abandoned { why }) => {
            Ok(Stage::Abandoned(Abandoned { opened, why: *why }))
        }
        (_, event) => Err(Misapplied { station: "collection", event: event.word() }),
    }
}

//! Kit: an FBI-issued collection kit, from the site's stock to its one use.
//!
//! A barcode belongs to at most one collection, for ever (invariant 1). A recall withdraws every
//! kit of the lot that was not used; used ones stay used and are listed by the recall. Absent:
//! reorder points and forecasts.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{CollectionId, KitBarcode, Site};
use crate::refusal::{Misapplied, Refusal, RefusalCode};

/// Where a kit stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// On the shelf.
    InStock(Issued),
    /// Opened for a collection that is not finished.
    Opened(Spent),
    /// Used for a sealed collection.
    Used(Spent),
    /// Never to be used.
    Withdrawn(Withdrawn),
}

/// What was issued to the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// The manufacturer's lot.
    pub lot: String,
    /// The site that holds it.
    pub site: Site,
    /// Last day of use.
    pub expires_on: Date,
}

/// A kit that a collection opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// As it was issued.
    pub issued: Issued,
    /// The collection.
    pub collection: CollectionId,
}

/// A kit that will never be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// As it was issued.
    pub issued: Issued,
    /// Why.
    pub why: Withdrawal,
}

/// Why a kit is withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withdrawal {
    /// Its lot was recalled.
    Recalled,
    /// Out of date.
    Expired,
    /// Opened and not usable any more.
    Void,
    /// Cannot be found.
    Lost,
}

impl Withdrawal {
    /// Every reason.
    pub const ALL: &[Self] = &[Self::Recalled, Self::Expired, Self::Void, Self::Lost];

    /// The word of pages and files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Recalled => "recalled",
            Self::Expired => "expired",
            Self::Void => "void",
            Self::Lost => "lost",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|why| why.word() == word)
    }
}

impl Stage {
    /// What was issued, at any stage.
    pub fn issued(&self) -> &Issued {
        match self {
            Self::InStock(issued) => issued,
            Self::Opened(spent) | Self::Used(spent) => &spent.issued,
            Self::Withdrawn(withdrawn) => &withdrawn.issued,
        }
    }

    /// The stage's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::InStock(_) => "in_stock",
            Self::Opened(_) => "opened",
            Self::Used(_) => "used",
            Self::Withdrawn(withdrawn) => withdrawn.why.word(),
        }
    }
}

/// What somebody wants of a kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Put it into stock.
    Receive(Issued),
    /// Open it for a collection.
    Open {
        /// The kit was found usable.
        usable: UsableKit,
        /// The collection.
        collection: CollectionId,
    },
    /// The collection was sealed.
    Use,
    /// Take it out of use.
    Withdraw(Withdrawal),
}

/// What happened to a kit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Into stock.
    Received {
        /// As issued.
        #[serde(flatten)]
        issued: Issued,
    },
    /// Opened.
    Opened {
        /// For which collection.
        collection: CollectionId,
    },
    /// Used.
    Used,
    /// Out of use.
    Withdrawn {
        /// Why.
        why: Withdrawal,
    },
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Received { .. } => "received",
            Self::Opened { .. } => "opened",
            Self::Used => "used",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }
}

/// Proof that a kit is in stock at the site, in date, not recalled and unused
/// (28 CFR 28.12(f)(1)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsableKit {
    barcode: KitBarcode,
}

impl UsableKit {
    /// The check, on the civil date of the site.
    ///
    /// # Errors
    /// Unknown, not in stock, elsewhere, out of date.
    pub fn check(
        barcode: &KitBarcode,
        stage: Option<&Stage>,
        site: &Site,
        today: Date,
    ) -> Result<Self, Refusal> {
        let issued = match stage {
            None => return Err(RefusalCode::KitUnusable.about(format!("kit {barcode} is unknown"))),
            Some(Stage::InStock(issued)) => issued,
            Some(Stage::Withdrawn(kit)) if kit.why == Withdrawal::Recalled => {
                let lot = &kit.issued.lot;
                return Err(RefusalCode::KitRecalled.about(format!("lot {lot} was recalled")));
            }
            Some(other) => {
                let found = format!("kit {barcode} is {}", other.word());
                return Err(RefusalCode::KitUnusable.about(found));
            }
        };
        if issued.site != *site {
            let found = format!("kit {barcode} belongs to the stock of {}", issued.site);
            return Err(RefusalCode::KitElsewhere.about(found));
        }
        if today > issued.expires_on {
            let found = format!("kit {barcode} was usable until {}", issued.expires_on);
            return Err(RefusalCode::KitExpired.about(found));
        }
        Ok(Self { barcode: barcode.clone() })
    }

    /// The barcode.
    pub fn barcode(&self) -> &KitBarcode {
        &self.barcode
    }
}

/// Decides a command.
///
/// # Errors
/// A barcode is received once; only what the stage allows.
pub fn decide(stage: Option<&Stage>, command: Command) -> Result<Event, Refusal> {
    match (stage, command) {
        (None, Command::Receive(issued)) => Ok(Event::Received { issued }),
        (Some(stage), Command::Receive(_)) => {
            Err(RefusalCode::AlreadyRecorded.about(format!("the kit is {}", stage.word())))
        }
        (Some(Stage::InStock(_)), Command::Open { collection, .. }) => {
            Ok(Event::Opened { collection })
        }
        (Some(Stage::Opened(_)), Command::Use) => Ok(Event::Used),
        (Some(Stage::InStock(_) | Stage::Opened(_)), Command::Withdraw(why)) => {
            Ok(Event::Withdrawn { why })
        }
        (Some(stage), _) => Err(RefusalCode::KitUnusable.about(format!("it is {}", stage.word()))),
        (None, _) => Err(RefusalCode::NotThere.about("no such kit")),
    }
}

/// Applies an event.
///
/// # Errors
/// The event cannot happen at this stage: a bug, not a refusal.
pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    match (stage, event) {
        (None, Event::Received { issued }) => Ok(Stage::InStock(issued.clone())),
        (Some(Stage::InStock(issued)), Event::Opened { collection }) => {
            Ok(Stage::Opened(Spent { issued, collection: collection.clone() }))
        }
        (Some(Stage::Opened(spent)), Event::Used) => Ok(Stage::Used(spent)),
        (Some(stage @ (Stage::InStock(_) | Stage::Opened(_))), Event::Withdrawn { why }) => {
            let issued = stage.issued().clone();
            Ok(Stage::Withdrawn(Withdrawn { issued, why: *why }))
        }
        (_, event) => Err(Misapplied { station: "kit", event: event.word() }),
    }
}

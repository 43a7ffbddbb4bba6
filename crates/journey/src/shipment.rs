//! Shipment: sealed kits travel in a package with a manifest; what arrives is counted again.
//!
//! Count at seal and count at receipt must agree; what is missing or extra is named by barcode
//!. Absent: carriers' own systems.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::actor::Stamp;
use crate::collection::SealedKit;
use crate::ids::{AccountId, KitBarcode, PackageNumber, Site};
use crate::refusal::{Misapplied, Refusal, RefusalCode};

/// Where a package stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// Kits are being put in.
    Packing(Contents),
    /// Closed; the manifest is fixed.
    Sealed(Sealed),
    /// With the carrier.
    InTransit(InTransit),
    /// At the laboratory.
    Received(Received),
}

/// What a package holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// From where.
    pub site: Site,
    /// Barcodes put in.
    pub kits: BTreeSet<KitBarcode>,
}

/// A closed package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The manifest.
    pub manifest: Contents,
    /// Number of the package seal.
    pub seal: String,
}

/// A package with the carrier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InTransit {
    /// As it was closed.
    pub sealed: Sealed,
    /// The carrier.
    pub carrier: String,
    /// The carrier's tracking number.
    pub tracking: String,
    /// Who handed it over.
    pub handed_by: AccountId,
    /// When.
    pub handed_at: Timestamp,
}

/// A package at the laboratory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// As it travelled.
    pub transit: InTransit,
    /// Who received it.
    pub received_by: AccountId,
    /// When.
    pub received_at: Timestamp,
    /// On the manifest and not in the package.
    pub missing: BTreeSet<KitBarcode>,
    /// In the package and not on the manifest.
    pub extra: BTreeSet<KitBarcode>,
}

impl Stage {
    /// What the package holds or held.
    pub fn contents(&self) -> &Contents {
        match self {
            Self::Packing(contents) => contents,
            Self::Sealed(sealed) => &sealed.manifest,
            Self::InTransit(transit) => &transit.sealed.manifest,
            Self::Received(received) => &received.transit.sealed.manifest,
        }
    }

    /// The stage's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Packing(_) => "packing",
            Self::Sealed(_) => "sealed",
            Self::InTransit(_) => "in_transit",
            Self::Received(_) => "received",
        }
    }
}

/// What somebody wants of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Begin a package at a site.
    Start {
        /// From where.
        site: Site,
    },
    /// Put a sealed kit in.
    Pack {
        /// It is sealed.
        kit: SealedKit,
        /// Another package that already holds it, if any.
        packed_in: Option<PackageNumber>,
    },
    /// Close it.
    Seal {
        /// Number of the package seal.
        seal: String,
    },
    /// Hand it to the carrier.
    HandOver {
        /// The carrier.
        carrier: String,
        /// The carrier's tracking number.
        tracking: String,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Count it at the laboratory.
    Receive {
        /// Barcodes scanned out of the package.
        found: BTreeSet<KitBarcode>,
        /// By whom and when.
        stamp: Stamp,
    },
}

/// What happened to a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Begun.
    Started {
        /// From where.
        site: Site,
    },
    /// A kit was put in.
    Packed {
        /// Its barcode.
        kit: KitBarcode,
    },
    /// Closed.
    Sealed {
        /// Number of the package seal.
        seal: String,
    },
    /// Handed over.
    HandedOver {
        /// The carrier.
        carrier: String,
        /// The carrier's tracking number.
        tracking: String,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Counted at the laboratory.
    Received {
        /// On the manifest and not found.
        missing: BTreeSet<KitBarcode>,
        /// Found and not on the manifest.
        extra: BTreeSet<KitBarcode>,
        /// By whom and when.
        stamp: Stamp,
    },
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::Packed { .. } => "packed",
            Self::Sealed { .. } => "sealed",
            Self::HandedOver { .. } => "handed_over",
            Self::Received { .. } => "received",
        }
    }
}

/// Decides a command.
///
/// # Errors
/// A kit that is in another package, an empty package, or a step out of order. The person who
/// handed the package over cannot be the one who counts it at the laboratory.
pub fn decide(stage: Option<&Stage>, command: Command) -> Result<Event, Refusal> {
    match (stage, command) {
        (None, Command::Start { site }) => Ok(Event::Started { site }),
        (Some(Stage::Packing(contents)), Command::Pack { kit, packed_in }) => {
            if let Some(package) = packed_in {
                return Err(RefusalCode::AlreadyPacked.about(format!("package {package} holds it")));
            }
            if contents.kits.contains(kit.kit()) {
                return Err(RefusalCode::AlreadyPacked.about("this package holds it"));
            }
            Ok(Event::Packed { kit: kit.kit().clone() })
        }
        (Some(Stage::Packing(contents)), Command::Seal { .. }) if contents.kits.is_empty() => {
            Err(RefusalCode::PackageEmpty.about("no kit is in the package"))
        }
        (Some(Stage::Packing(_)), Command::Seal { seal }) => Ok(Event::Sealed { seal }),
        (Some(Stage::Sealed(_)), Command::HandOver { carrier, tracking, stamp }) => {
            Ok(Event::HandedOver { carrier, tracking, stamp })
        }
        (Some(Stage::InTransit(transit)), Command::Receive { found, stamp }) => {
            receive(transit, &found, stamp)
        }
        (Some(stage), Command::Start { .. }) => {
            Err(RefusalCode::AlreadyRecorded.about(format!("the package is {}", stage.word())))
        }
        (Some(stage), _) => {
            Err(RefusalCode::WrongStage.about(format!("the package is {}", stage.word())))
        }
        (None, _) => Err(RefusalCode::NotThere.about("no such package")),
    }
}

fn receive(
    transit: &InTransit,
    found: &BTreeSet<KitBarcode>,
    stamp: Stamp,
) -> Result<Event, Refusal> {
    if transit.handed_by == stamp.by {
        return Err(RefusalCode::SamePerson.about("who hands a package over does not receive it"));
    }
    let listed = &transit.sealed.manifest.kits;
    Ok(Event::Received {
        missing: listed.difference(found).cloned().collect(),
        extra: found.difference(listed).cloned().collect(),
        stamp,
    })
}

/// Applies an event.
///
/// # Errors
/// The event cannot happen at this stage: a bug, not a refusal.
pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    match (stage, event) {
        (None, Event::Started { site }) => {
            Ok(Stage::Packing(Contents { site: site.clone(), kits: BTreeSet::new() }))
        }
        (Some(Stage::Packing(mut contents)), Event::Packed { kit }) => {
            contents.kits.insert(kit.clone());
            Ok(Stage::Packing(contents))
        }
        (Some(Stage::Packing(manifest)), Event::Sealed { seal }) => {
            Ok(Stage::Sealed(Sealed { manifest, seal: seal.clone() }))
        }
        (Some(Stage::Sealed(sealed)), Event::HandedOver { carrier, tracking, stamp }) => {
            Ok(Stage::InTransit(InTransit {
                sealed,
                carrier: carrier.clone(),
                tracking: tracking.clone(),
                handed_by: stamp.by.clone(),
                handed_at: stamp.at,
            }))
        }
        (Some(Stage::InTransit(transit)), Event::Received { missing, extra, stamp }) => {
            Ok(Stage::Received(Received {
                transit,
                received_by: stamp.by.clone(),
                received_at: stamp.at,
                missing: missing.clone(),
                extra: extra.clone(),
            }))
        }
        (_, event) => Err(Misapplied { station: "shipment", event: event.word() }),
    }
}

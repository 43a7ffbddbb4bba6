//! Accession: the laboratory examines what arrived and accepts, holds or rejects it.
//!
//! A rejection names its reason and opens an order to collect again, keyed to the person
//! (28 CFR 28.12(f)(3)). An accepted sample gets an accession number; its specimen number, which
//! encodes nothing, stands in the audited link table and nowhere else on this side of the wall.
//! Who collected a sample never accessions it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use genetics::Category;

use crate::actor::Stamp;
use crate::ids::{AccessionNumber, AccountId, KitBarcode, PackageNumber, SpecimenNumber};
use crate::refusal::{Misapplied, Refusal, RefusalCode};

/// Where an arrived kit stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// Counted out of its package.
    Arrived(Arrived),
    /// Waiting for the agency to complete the form.
    Held(Held),
    /// In the laboratory's care.
    Accepted(Accepted),
    /// Not to be analysed.
    Rejected(Rejected),
}

/// A kit counted out of its package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrived {
    /// The package.
    pub package: PackageNumber,
    /// When.
    pub at: Timestamp,
}

/// A kit that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// As it arrived.
    pub arrived: Arrived,
    /// Since when.
    pub since: Timestamp,
}

/// An accepted sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// As it arrived.
    pub arrived: Arrived,
    /// The laboratory's number.
    pub accession: AccessionNumber,
    /// Specimen category under which the sample was lawfully taken.
    pub category: Category,
    /// When.
    pub at: Timestamp,
}

/// A rejected sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// As it arrived.
    pub arrived: Arrived,
    /// Why.
    pub why: Rejection,
    /// When.
    pub at: Timestamp,
}

macro_rules! rejections {
    ($($(#[$doc:meta])* $variant:ident $word:literal),* $(,)?) => {
        /// Why a sample is rejected, in the order of the checks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Rejection { $($(#[$doc])* $variant),* }

        impl Rejection {
            /// Every reason, in the order of the checks.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word of pages and files.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    };
}

rejections! {
    /// The age at collection was below the floor: stop, privacy review.
    Underage "underage",
    /// No lawful basis for this person: stop, privacy review.
    IneligibleStatus "ineligible_status",
    /// Device and form bear different barcodes.
    BarcodeMismatch "barcode_mismatch",
    /// More or fewer devices than one.
    SeveralDevices "several_devices",
    /// The seal is broken.
    SealCompromised "seal_compromised",
    /// No sample on the device.
    NoSample "no_sample",
    /// Damaged, wet or mouldy.
    Damaged "damaged",
    /// The prints cannot be read, so the owner cannot be established.
    PrintsUnusable "prints_unusable",
    /// The lot was recalled.
    LotRecalled "lot_recalled",
    /// The kit was out of date when used.
    KitExpired "kit_expired",
}

impl Rejection {
    /// True where the person may lawfully be asked again (28 CFR 28.12(f)(3)); a sample that
    /// should never have been taken is not repeated.
    pub fn asks_again(self) -> bool {
        !matches!(self, Self::Underage | Self::IneligibleStatus)
    }
}

/// Whether the sample was lawfully taken, as the custody record tells at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lawful {
    /// Yes, in this category.
    As(Category),
    /// The age was below the floor.
    Underage,
    /// No basis.
    NoBasis,
}

/// What the accessioner sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// Barcode on the device.
    pub device: KitBarcode,
    /// Barcode on the form.
    pub form: KitBarcode,
    /// Devices in the pouch.
    pub devices: u8,
    /// The seal is intact.
    pub seal_intact: bool,
    /// There is a sample on the device.
    pub sample_present: bool,
    /// Neither damaged nor wet nor mouldy.
    pub undamaged: bool,
    /// The prints on the form can be read.
    pub prints_legible: bool,
    /// Every field of the form is filled.
    pub form_complete: bool,
}

impl Findings {
    /// A sample with nothing wrong.
    pub fn sound(barcode: &KitBarcode) -> Self {
        Self {
            device: barcode.clone(),
            form: barcode.clone(),
            devices: 1,
            seal_intact: true,
            sample_present: true,
            undamaged: true,
            prints_legible: true,
            form_complete: true,
        }
    }
}

/// What the kit's own record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KitRecord {
    /// The lot was recalled.
    pub lot_recalled: bool,
    /// The kit was in date when it was opened.
    pub in_date: bool,
}

impl Stage {
    /// As it arrived, at any stage.
    pub fn arrived(&self) -> &Arrived {
        match self {
            Self::Arrived(arrived) => arrived,
            Self::Held(held) => &held.arrived,
            Self::Accepted(accepted) => &accepted.arrived,
            Self::Rejected(rejected) => &rejected.arrived,
        }
    }

    /// The stage's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Arrived(_) => "arrived",
            Self::Held(_) => "held",
            Self::Accepted(_) => "accepted",
            Self::Rejected(_) => "rejected",
        }
    }
}

/// What somebody wants of an arrived kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Count it out of its package.
    Arrive {
        /// The package.
        package: PackageNumber,
        /// When.
        at: Timestamp,
    },
    /// Examine it.
    Examine(Box<Examination>),
    /// Record that the facts of now put it into another category.
    Reclassify(Category),
}

/// Everything an examination looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examination {
    /// The barcode under which the kit travelled.
    pub barcode: KitBarcode,
    /// What the accessioner sees.
    pub findings: Findings,
    /// What the kit's record says.
    pub kit: KitRecord,
    /// Whether it was lawfully taken.
    pub lawful: Lawful,
    /// Who collected it.
    pub collector: AccountId,
    /// The number it gets if accepted.
    pub accession: AccessionNumber,
    /// By whom and when.
    pub stamp: Stamp,
}

/// What happened to an arrived kit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Counted out of its package.
    Arrived(Arrived),
    /// The form is incomplete.
    Held {
        /// Since when.
        since: Timestamp,
    },
    /// Accepted.
    Accepted {
        /// The laboratory's number.
        accession: AccessionNumber,
        /// Specimen category.
        category: Category,
        /// When.
        at: Timestamp,
    },
    /// The facts put it into another category.
    Reclassified {
        /// The category before.
        before: Category,
        /// The category now.
        category: Category,
    },
    /// Rejected.
    Rejected {
        /// Why.
        why: Rejection,
        /// When.
        at: Timestamp,
    },
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Arrived(_) => "arrived",
            Self::Held { .. } => "held",
            Self::Accepted { .. } => "accepted",
            Self::Reclassified { .. } => "reclassified",
            Self::Rejected { .. } => "rejected",
        }
    }
}

/// Decides a command.
///
/// # Errors
/// The collector examines his own sample, or a step out of order.
pub fn decide(stage: Option<&Stage>, command: Command) -> Result<Event, Refusal> {
    match (stage, command) {
        (None, Command::Arrive { package, at }) => Ok(Event::Arrived(Arrived { package, at })),
        (Some(Stage::Arrived(_) | Stage::Held(_)), Command::Examine(examination)) => {
            examine(*examination)
        }
        (Some(Stage::Accepted(accepted)), Command::Reclassify(category))
            if accepted.category != category =>
        {
            Ok(Event::Reclassified { before: accepted.category, category })
        }
        (Some(stage), _) => {
            Err(RefusalCode::WrongStage.about(format!("the kit is {}", stage.word())))
        }
        (None, _) => Err(RefusalCode::NotThere.about("no such kit has arrived")),
    }
}

fn examine(examination: Examination) -> Result<Event, Refusal> {
    if examination.collector == examination.stamp.by {
        return Err(RefusalCode::SamePerson.about("who collected a sample does not accession it"));
    }
    let at = examination.stamp.at;
    if let Some(why) = first_fault(&examination) {
        return Ok(Event::Rejected { why, at });
    }
    match examination.lawful {
        Lawful::As(category) if examination.findings.form_complete => {
            Ok(Event::Accepted { accession: examination.accession, category, at })
        }
        _ => Ok(Event::Held { since: at }),
    }
}

/// The first check that fails, in the order of [`Rejection::ALL`].
fn first_fault(examination: &Examination) -> Option<Rejection> {
    let Examination { findings, kit, lawful, barcode, .. } = examination;
    let same = findings.device == findings.form && findings.device == *barcode;
    let fails = |why: &Rejection| match why {
        Rejection::Underage => *lawful == Lawful::Underage,
        Rejection::IneligibleStatus => *lawful == Lawful::NoBasis,
        Rejection::BarcodeMismatch => !same,
        Rejection::SeveralDevices => findings.devices != 1,
        Rejection::SealCompromised => !findings.seal_intact,
        Rejection::NoSample => !findings.sample_present,
        Rejection::Damaged => !findings.undamaged,
        Rejection::PrintsUnusable => !findings.prints_legible,
        Rejection::LotRecalled => kit.lot_recalled,
        Rejection::KitExpired => !kit.in_date,
    };
    Rejection::ALL.iter().copied().find(|why| fails(why))
}

/// Proof that a specimen was accepted as lawfully taken, in this category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LawfulSpecimen {
    specimen: SpecimenNumber,
    category: Category,
}

impl LawfulSpecimen {
    /// The check, repeated at upload: custody may have changed since. The specimen number is
    /// what the audited link table gave for this sample.
    ///
    /// # Errors
    /// Not accepted, or no longer lawful in the category under which it was accepted.
    pub fn check(
        stage: Option<&Stage>,
        lawful: &Lawful,
        specimen: &SpecimenNumber,
    ) -> Result<Self, Refusal> {
        let Some(Stage::Accepted(accepted)) = stage else {
            return Err(RefusalCode::WrongStage.about("the laboratory has not accepted the sample"));
        };
        match lawful {
            Lawful::As(category) if *category == accepted.category => {
                Ok(Self { specimen: specimen.clone(), category: *category })
            }
            Lawful::As(category) => Err(RefusalCode::CategoryConflict
                .about(format!("accepted as {}, now {category}", accepted.category))),
            _ => Err(RefusalCode::NotEligible.about("the sample has no lawful basis any more")),
        }
    }

    /// The specimen.
    pub fn specimen(&self) -> &SpecimenNumber {
        &self.specimen
    }

    /// Its category.
    pub fn category(&self) -> Category {
        self.category
    }
}

/// Applies an event.
///
/// # Errors
/// The event cannot happen at this stage: a bug, not a refusal.
pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    match (stage, event) {
        (None, Event::Arrived(arrived)) => Ok(Stage::Arrived(arrived.clone())),
        (Some(stage @ (Stage::Arrived(_) | Stage::Held(_))), event) => {
            let arrived = stage.arrived().clone();
            match event {
                Event::Held { since } => Ok(Stage::Held(Held { arrived, since: *since })),
                Event::Accepted { accession, category, at } => Ok(Stage::Accepted(Accepted {
                    arrived,
                    accession: accession.clone(),
                    category: *category,
                    at: *at,
                })),
                Event::Rejected { why, at } => {
                    Ok(Stage::Rejected(Rejected { arrived, why: *why, at: *at }))
                }
                Event::Arrived(_) | Event::Reclassified { .. } => {
                    Err(Misapplied { station: "accession", event: event.word() })
                }
            }
        }
        (Some(Stage::Accepted(accepted)), Event::Reclassified { category, .. }) => {
            Ok(Stage::Accepted(Accepted { category: *category, ..accepted }))
        }
        (_, event) => Err(Misapplied { station: "accession", event: event.word() }),
    }
}

//! Removal: records and samples are taken away as the law says, and it is proven.
//!
//! Three paths that are never confused (the statute has none for a person held administratively):
//! expungement under 34 USC 12592(d), which needs a final order for every conviction and every
//! charge; removal for ineligibility, for what should never have been collected; administrative
//! removal by order. A second person approves. A removal is finished when every [`Step`] is done,
//! not when a row is deleted. Absent: backups and replicas, which need keys of their own.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::actor::Stamp;
use crate::booking::CustodyBasis;
use crate::ids::{AccountId, KitBarcode};
use crate::refusal::{Misapplied, Refusal, RefusalCode};

/// Which law or order asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "path")]
pub enum Path {
    /// 34 USC 12592(d): a final order for each conviction and each charge.
    Expungement {
        /// One for each basis of the record.
        orders: Vec<FinalOrder>,
    },
    /// The sample should never have been taken.
    Ineligibility {
        /// What was wrong.
        why: String,
    },
    /// By order of the index custodian or another authority.
    Administrative {
        /// The order's number.
        order: String,
    },
}

impl Path {
    /// The word of pages and files.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Expungement { .. } => "expungement",
            Self::Ineligibility { .. } => "ineligibility",
            Self::Administrative { .. } => "administrative",
        }
    }
}

/// A certified final order about one basis of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinalOrder {
    /// Which basis it ends.
    pub basis: CustodyBasis,
    /// The document's number.
    pub document: String,
    /// The day on which no appeal was possible any more (12592(d)(1)(C)).
    pub final_on: Date,
}

macro_rules! steps {
    ($($(#[$doc:meta])* $variant:ident $word:literal),* $(,)?) => {
        /// One thing that must be gone.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Step { $($(#[$doc])* $variant),* }

        impl Step {
            /// Every step; a removal is complete when all are done.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word of pages and files.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// Reads the word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|step| step.word() == word)
            }
        }
    };
}

steps! {
    /// The record of the index, its profile versions and its open candidates.
    IndexRecord "index_record",
    /// Every physical form: device, card, extract, amplified DNA; named by the laboratory.
    PhysicalSample "physical_sample",
    /// The link between the specimen number and the sample.
    Link "link",
    /// The key that opens the person's sealed values.
    PersonalValues "personal_values",
}

/// Where a removal stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// Waiting for a second person.
    Requested(Request),
    /// Being carried out.
    Approved(Approved),
    /// Done.
    Certified(Certified),
    /// Turned down.
    Denied(Denied),
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The kit whose sample and profile are to go.
    pub kit: KitBarcode,
    /// Which law or order.
    pub path: Path,
    /// By whom and when.
    pub stamp: Stamp,
}

/// A removal under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// What was asked.
    pub request: Request,
    /// Who approved.
    pub approved_by: AccountId,
    /// What is gone already.
    pub done: BTreeSet<Step>,
}

/// A finished removal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certified {
    /// Which law or order.
    pub path: String,
    /// Who certified.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}

/// A removal that was turned down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied {
    /// What was asked.
    pub request: Request,
    /// Why it was turned down.
    pub why: String,
}

impl Stage {
    /// The kit whose sample and profile are to go; a certified removal keeps none.
    pub fn kit(&self) -> Option<&KitBarcode> {
        match self {
            Self::Requested(request) => Some(&request.kit),
            Self::Approved(approved) => Some(&approved.request.kit),
            Self::Denied(denied) => Some(&denied.request.kit),
            Self::Certified(_) => None,
        }
    }

    /// The stage's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Requested(_) => "requested",
            Self::Approved(_) => "approved",
            Self::Certified(_) => "certified",
            Self::Denied(_) => "denied",
        }
    }
}

/// What somebody wants of a removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Ask for it.
    Request {
        /// What is asked.
        request: Request,
        /// Every basis on which the record stands, with the number of bookings that rest on it:
        /// two charges need two orders.
        bases: BTreeMap<CustodyBasis, usize>,
        /// The civil date of the request.
        today: Date,
    },
    /// Approve it.
    Approve(Stamp),
    /// Turn it down.
    Deny {
        /// Why.
        why: String,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Record that a step is done.
    Finish(Step),
    /// Certify that all is gone.
    Certify(Stamp),
}

/// What happened to a removal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Asked for.
    Requested(Request),
    /// Approved.
    Approved {
        /// By whom.
        by: AccountId,
    },
    /// Turned down.
    Denied {
        /// Why.
        why: String,
    },
    /// A step is done.
    StepDone {
        /// Which.
        step: Step,
    },
    /// All is gone.
    Certified(Certified),
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Requested(_) => "requested",
            Self::Approved { .. } => "approved",
            Self::Denied { .. } => "denied",
            Self::StepDone { .. } => "step_done",
            Self::Certified(_) => "certified",
        }
    }
}

/// Decides a command.
///
/// # Errors
/// An expungement that does not cover every basis, or whose record has no criminal basis at all;
/// one person who asks and approves; a certificate before the last step.
pub fn decide(stage: Option<&Stage>, command: Command) -> Result<Event, Refusal> {
    match (stage, command) {
        (None, Command::Request { request, bases, today }) => {
            check_path(&request.path, &bases, today)?;
            Ok(Event::Requested(request))
        }
        (Some(Stage::Requested(request)), Command::Approve(stamp)) => {
            second_person(request, &stamp)?;
            Ok(Event::Approved { by: stamp.by })
        }
        (Some(Stage::Requested(request)), Command::Deny { why, stamp }) => {
            second_person(request, &stamp)?;
            Ok(Event::Denied { why })
        }
        (Some(Stage::Approved(_)), Command::Finish(step)) => Ok(Event::StepDone { step }),
        (Some(Stage::Approved(approved)), Command::Certify(stamp)) => certify(approved, stamp),
        (Some(stage), Command::Request { .. }) => {
            Err(RefusalCode::AlreadyRecorded.about(format!("the removal is {}", stage.word())))
        }
        (Some(stage), _) => {
            Err(RefusalCode::WrongStage.about(format!("the removal is {}", stage.word())))
        }
        (None, _) => Err(RefusalCode::NotThere.about("no such removal")),
    }
}

fn check_path(
    path: &Path,
    bases: &BTreeMap<CustodyBasis, usize>,
    today: Date,
) -> Result<(), Refusal> {
    let Path::Expungement { orders } = path else {
        return Ok(());
    };
    if !bases.keys().any(|basis| is_criminal(*basis)) {
        let found = "the record rests on detention alone, which expungement does not cover";
        return Err(RefusalCode::PathDoesNotApply.about(found));
    }
    let ended = |basis: CustodyBasis| {
        let final_orders =
            orders.iter().filter(|order| order.basis == basis && order.final_on <= today);
        let documents: BTreeSet<_> = final_orders.map(|order| order.document.trim()).collect();
        documents.iter().filter(|name| !name.is_empty()).count()
    };
    let standing: Vec<_> = bases
        .iter()
        .filter_map(|(basis, bookings)| {
            let open = bookings.saturating_sub(ended(*basis));
            (open > 0).then(|| format!("{} ({open} of {bookings})", basis.word()))
        })
        .collect();
    if standing.is_empty() {
        return Ok(());
    }
    Err(RefusalCode::StillLawful.about(format!("no final order ends: {}", standing.join(", "))))
}

fn is_criminal(basis: CustodyBasis) -> bool {
    matches!(
        basis,
        CustodyBasis::CriminalArrest | CustodyBasis::FacingCharges | CustodyBasis::Convicted
    )
}

fn second_person(request: &Request, stamp: &Stamp) -> Result<(), Refusal> {
    if request.stamp.by == stamp.by {
        return Err(RefusalCode::SamePerson.about("who asks for a removal does not decide on it"));
    }
    Ok(())
}

fn certify(approved: &Approved, stamp: Stamp) -> Result<Event, Refusal> {
    let open: Vec<_> =
        Step::ALL.iter().filter(|step| !approved.done.contains(step)).map(|s| s.word()).collect();
    if !open.is_empty() {
        return Err(RefusalCode::StepsOpen.about(format!("open: {}", open.join(", "))));
    }
    let path = approved.request.path.word().to_owned();
    Ok(Event::Certified(Certified { path, by: stamp.by, at: stamp.at }))
}

/// Applies an event. A certified removal keeps neither kit nor evidence: what remains is that it
/// was done, by whom and when.
///
/// # Errors
/// The event cannot happen at this stage: a bug, not a refusal.
pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    match (stage, event) {
        (None, Event::Requested(request)) => Ok(Stage::Requested(request.clone())),
        (Some(Stage::Requested(request)), Event::Approved { by }) => {
            Ok(Stage::Approved(Approved {
                request,
                approved_by: by.clone(),
                done: BTreeSet::new(),
            }))
        }
        (Some(Stage::Requested(request)), Event::Denied { why }) => {
            Ok(Stage::Denied(Denied { request, why: why.clone() }))
        }
        (Some(Stage::Approved(mut approved)), Event::StepDone { step }) => {
            approved.done.insert(*step);
            Ok(Stage::Approved(approved))
        }
        (Some(Stage::Approved(_)), Event::Certified(certified)) => {
            Ok(Stage::Certified(certified.clone()))
        }
        (_, event) => Err(Misapplied { station: "removal", event: event.word() }),
    }
}

//! Upload: a profile enters the index, without a name.
//!
//! A person's profile needs three proofs: reviewed by a second person, accepted by the index's
//! table, lawfully taken and accepted by the laboratory (invariant 3). Evidence comes from the
//! laboratory of its case. What the index then holds is the profile, the laboratory, the specimen
//! number and the staff tied to the analysis: no name (34 USC 12592; FBI CODIS FAQ Q8).

use serde::{Deserialize, Serialize};

use genetics::acceptance::AcceptanceTable;
use genetics::{Category, Profile};

use crate::accession::LawfulSpecimen;
use crate::actor::Stamp;
use crate::ids::{CaseNumber, Ori, RemovalId};
use crate::refusal::{Misapplied, Refusal, RefusalCode};
use crate::typing::reading::ReviewedProfile;

/// Where a record of the index stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// Searchable.
    Indexed(Indexed),
    /// Taken out.
    Withdrawn(Withdrawn),
}

/// A searchable record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indexed {
    /// Specimen category.
    pub category: Category,
    /// Laboratory that owns the record.
    pub laboratory: Ori,
    /// Which version of the profile.
    pub version: u32,
    /// Keyed digest of the profile.
    pub digest: String,
    /// What the record comes from.
    pub source: Source,
    /// By whom and when.
    pub stamp: Stamp,
}

/// What a record comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "source")]
pub enum Source {
    /// A sample taken from a person under law.
    Person,
    /// Evidence of a case.
    Evidence {
        /// The case.
        case: CaseNumber,
    },
}

/// A record taken out of the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// Under which removal.
    pub removal: RemovalId,
}

impl Stage {
    /// The stage's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Indexed(_) => "indexed",
            Self::Withdrawn(_) => "withdrawn",
        }
    }
}

/// What somebody wants of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Enter a person's profile.
    EnterPerson {
        /// Reviewed.
        reviewed: ReviewedProfile,
        /// Lawful.
        lawful: LawfulSpecimen,
        /// Laboratory that owns the record.
        laboratory: Ori,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Enter evidence.
    EnterEvidence {
        /// Its category.
        category: Category,
        /// Its profile.
        profile: Profile,
        /// Keyed digest of the profile.
        digest: String,
        /// Laboratory of the case.
        laboratory: Ori,
        /// The case.
        case: CaseNumber,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Take it out.
    Withdraw(RemovalId),
}

/// What happened in the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Entered.
    Indexed(Indexed),
    /// Taken out.
    Withdrawn {
        /// Under which removal.
        removal: RemovalId,
    },
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Indexed(_) => "indexed",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }
}

/// Decides a command against the acceptance table in force.
///
/// # Errors
/// A profile that the table does not accept, proofs about different specimens, a person's
/// category for evidence or the reverse, a record that is there already or was removed.
pub fn decide(
    stage: Option<&Stage>,
    command: Command,
    table: &AcceptanceTable,
) -> Result<Event, Refusal> {
    match (stage, command) {
        (None, Command::EnterPerson { reviewed, lawful, laboratory, stamp }) => {
            enter_person(&reviewed, &lawful, laboratory, stamp, table)
        }
        (None, Command::EnterEvidence { category, profile, digest, laboratory, case, stamp }) => {
            if !category.index().holds_evidence() {
                let found = format!("'{category}' is not a category of evidence");
                return Err(RefusalCode::CategoryConflict.about(found));
            }
            accept(table, category, &profile)?;
            let source = Source::Evidence { case };
            Ok(Event::Indexed(Indexed { category, laboratory, version: 1, digest, source, stamp }))
        }
        (Some(Stage::Indexed(_)), Command::Withdraw(removal)) => Ok(Event::Withdrawn { removal }),
        (Some(Stage::Withdrawn(_)), _) => {
            Err(RefusalCode::Removed.about("the record was taken out of the index"))
        }
        (Some(Stage::Indexed(_)), _) => {
            Err(RefusalCode::AlreadyRecorded.about("the record is in the index"))
        }
        (None, Command::Withdraw(_)) => {
            Err(RefusalCode::NotThere.about("no such record in the index"))
        }
    }
}

fn enter_person(
    reviewed: &ReviewedProfile,
    lawful: &LawfulSpecimen,
    laboratory: Ori,
    stamp: Stamp,
    table: &AcceptanceTable,
) -> Result<Event, Refusal> {
    if reviewed.specimen() != lawful.specimen() {
        return Err(RefusalCode::CategoryConflict.about("the proofs are of different specimens"));
    }
    let category = lawful.category();
    if !category.index().holds_persons() {
        let found = format!("'{category}' is not a category of persons under law");
        return Err(RefusalCode::CategoryConflict.about(found));
    }
    accept(table, category, reviewed.profile())?;
    Ok(Event::Indexed(Indexed {
        category,
        laboratory,
        version: reviewed.version(),
        digest: reviewed.digest().to_owned(),
        source: Source::Person,
        stamp,
    }))
}

fn accept(table: &AcceptanceTable, category: Category, profile: &Profile) -> Result<(), Refusal> {
    table
        .check(category, profile)
        .map_err(|reason| RefusalCode::ProfileNotAccepted.about(reason.to_string()))
}

/// Applies an event.
///
/// # Errors
/// The event cannot happen at this stage: a bug, not a refusal.
pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    match (stage, event) {
        (None, Event::Indexed(indexed)) => Ok(Stage::Indexed(indexed.clone())),
        (Some(Stage::Indexed(_)), Event::Withdrawn { removal }) => {
            Ok(Stage::Withdrawn(Withdrawn { removal: removal.clone() }))
        }
        (_, event) => Err(Misapplied { station: "upload", event: event.word() }),
    }
}

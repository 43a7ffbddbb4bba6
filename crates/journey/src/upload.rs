//! Upload: a profile enters the index, without a name.
//!
//! A person's profile needs three proofs: reviewed by a second person, accepted by the index's
//! table, lawfully taken and accepted by the laboratory (invariant 3). Evidence comes from the
//! laboratory of its case. Both pass the same [`Gate`]: complete, rare enough, and nobody's whose
//! profile was known before. What the index then holds is the profile, the laboratory, the specimen
//! number and the staff tied to the analysis: no name (34 USC 12592; FBI CODIS FAQ Q8).

pub mod known;
pub mod provenance;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use genetics::acceptance::AcceptanceTable;
use genetics::{Category, Frequencies, Profile, controls};

use crate::accession::LawfulSpecimen;
use crate::actor::Stamp;
use crate::ids::{CaseNumber, Ori, RemovalId, SpecimenNumber};
use crate::refusal::{Misapplied, Refusal, RefusalCode};
use crate::typing::reading::ReviewedProfile;
use provenance::Provenance;

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
    /// The day on which the profile was made; not kept with records of the first version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_on: Option<Date>,
    /// What the record comes from.
    pub source: Source,
    /// What the laboratory of evidence tells of the profile; of persons the readings tell.
    #[serde(default, skip_serializing_if = "Provenance::is_silent")]
    pub provenance: Provenance,
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

/// What a profile must pass to enter the index today.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'g> {
    /// The edition of the acceptance table in force.
    pub table: &'g AcceptanceTable,
    /// How common alleles are.
    pub frequencies: &'g Frequencies,
    /// Persons in the index.
    pub persons: u64,
    /// Profiles that are compared first.
    pub known: &'g [Known],
}

/// A profile that is compared before another enters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its specimen number.
    pub specimen: SpecimenNumber,
    /// Why it is compared.
    pub reason: KnownReason,
    /// The profile.
    pub profile: Profile,
}

/// Why a profile is compared before another enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownReason {
    /// It is of staff, or of a victim or an eliminated person of the case.
    Person(Category),
    /// It was typed on the same plate.
    SamePlate,
}

/// What somebody wants to enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Enter a person's profile, or a new version of it.
    EnterPerson {
        /// Reviewed.
        reviewed: ReviewedProfile,
        /// Lawful.
        lawful: LawfulSpecimen,
        /// Laboratory that owns the record.
        laboratory: Ori,
        /// The day on which the profile was made.
        made_on: Date,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Enter evidence, or a new version of its profile.
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
        /// What its laboratory tells of the profile.
        provenance: Provenance,
        /// The day on which the profile was made.
        made_on: Date,
        /// By whom and when.
        stamp: Stamp,
    },
}

/// What happened in the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Entered.
    Indexed(Indexed),
    /// A new version took the place of the one before.
    Replaced(Indexed),
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
            Self::Replaced(_) => "replaced",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }
}

/// Decides a command at the gate of today.
///
/// # Errors
/// A profile that the gate does not let pass, proofs about different specimens, a person's category
/// for evidence or the reverse, a version that is there already, a record that was removed.
pub fn decide(stage: Option<&Stage>, command: Command, gate: &Gate<'_>) -> Result<Event, Refusal> {
    let before = match stage {
        None => None,
        Some(Stage::Indexed(indexed)) => Some(indexed),
        Some(Stage::Withdrawn(_)) => {
            return Err(RefusalCode::Removed.about("the record was taken out of the index"));
        }
    };
    let (indexed, profile) = match command {
        Command::EnterPerson { reviewed, lawful, laboratory, made_on, stamp } => {
            let category = person_category(&reviewed, &lawful)?;
            let indexed = Indexed {
                category,
                laboratory,
                version: reviewed.version(),
                digest: reviewed.digest().to_owned(),
                made_on: Some(made_on),
                source: Source::Person,
                provenance: Provenance::default(),
                stamp,
            };
            (indexed, reviewed.profile().clone())
        }
        Command::EnterEvidence {
            category,
            profile,
            digest,
            laboratory,
            case,
            provenance,
            made_on,
            stamp,
        } => {
            if !category.index().holds_evidence() {
                let found = format!("'{category}' is not a category of evidence");
                return Err(RefusalCode::CategoryConflict.about(found));
            }
            let indexed = Indexed {
                category,
                laboratory,
                version: before.map_or(0, |before| before.version) + 1,
                digest,
                made_on: Some(made_on),
                source: Source::Evidence { case },
                provenance,
                stamp,
            };
            (indexed, profile)
        }
    };
    if let Some(before) = before {
        is_new_version(before, &indexed)?;
    }
    pass(gate, &indexed, &profile)?;
    Ok(match before {
        None => Event::Indexed(indexed),
        Some(_) => Event::Replaced(indexed),
    })
}

/// Takes a record out of the index. That needs no gate.
///
/// # Errors
/// No such record, or one that was taken out before.
pub fn withdraw(stage: Option<&Stage>, removal: RemovalId) -> Result<Event, Refusal> {
    match stage {
        Some(Stage::Indexed(_)) => Ok(Event::Withdrawn { removal }),
        Some(Stage::Withdrawn(_)) => {
            Err(RefusalCode::Removed.about("the record was taken out of the index"))
        }
        None => Err(RefusalCode::NotThere.about("no such record in the index")),
    }
}

fn person_category(
    reviewed: &ReviewedProfile,
    lawful: &LawfulSpecimen,
) -> Result<Category, Refusal> {
    if reviewed.specimen() != lawful.specimen() {
        return Err(RefusalCode::CategoryConflict.about("the proofs are of different specimens"));
    }
    let category = lawful.category();
    if !category.index().holds_persons() {
        let found = format!("'{category}' is not a category of persons under law");
        return Err(RefusalCode::CategoryConflict.about(found));
    }
    Ok(category)
}

/// A record is replaced by a later version of the same thing, never by something else.
fn is_new_version(before: &Indexed, after: &Indexed) -> Result<(), Refusal> {
    if (&before.laboratory, &before.source) != (&after.laboratory, &after.source) {
        let found = "the number belongs to a record of another laboratory, case or kind";
        return Err(RefusalCode::AlreadyRecorded.about(found));
    }
    let is_same = before.digest == after.digest
        && before.category == after.category
        && before.provenance == after.provenance;
    // A person's profile enters again as it is where the category changed.
    let is_older = after.version < before.version;
    if is_same || is_older {
        return Err(RefusalCode::AlreadyRecorded.about("the record is in the index"));
    }
    Ok(())
}

/// The gate: complete and rare enough for its category, and nobody's who was known before.
fn pass(gate: &Gate<'_>, indexed: &Indexed, profile: &Profile) -> Result<(), Refusal> {
    let Indexed { category, made_on, .. } = indexed;
    let not_accepted = |reason: genetics::acceptance::NotAccepted| {
        RefusalCode::ProfileNotAccepted.about(reason.to_string())
    };
    let table = gate.table;
    table.check(*category, profile, made_on.unwrap_or(Date::MAX)).map_err(not_accepted)?;
    if let Some(control) = controls::recognise(profile) {
        let found = format!("the profile is that of control {control}");
        return Err(RefusalCode::Contaminated.about(found));
    }
    for known in gate.known {
        if table.is_explained_by(profile, &known.profile) {
            return Err(conflict(known));
        }
    }
    let (frequencies, persons) = (gate.frequencies, gate.persons);
    table.check_rarity(*category, profile, frequencies, persons).map_err(not_accepted)
}

fn conflict(known: &Known) -> Refusal {
    let specimen = &known.specimen;
    match known.reason {
        KnownReason::Person(category) => {
            let found = format!("nothing in it is foreign to specimen {specimen} ('{category}')");
            RefusalCode::KnownProfile.about(found)
        }
        KnownReason::SamePlate => RefusalCode::PlateConflict
            .about(format!("specimen {specimen} of the same plate shows the same profile")),
    }
}

/// Applies an event.
///
/// # Errors
/// The event cannot happen at this stage: a bug, not a refusal.
pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    match (stage, event) {
        (None, Event::Indexed(indexed)) | (Some(Stage::Indexed(_)), Event::Replaced(indexed)) => {
            Ok(Stage::Indexed(indexed.clone()))
        }
        (Some(Stage::Indexed(_)), Event::Withdrawn { removal }) => {
            Ok(Stage::Withdrawn(Withdrawn { removal: removal.clone() }))
        }
        (_, event) => Err(Misapplied { station: "upload", event: event.word() }),
    }
}

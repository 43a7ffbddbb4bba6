//! Typing: a plate is run with its controls, its profiles are read, a second person reviews them.
//!
//! All controls must give what they should, or every sample of the run is void (Quality Assurance
//! Standards 9). The reviewer is never the author (Standards 12). Profiles themselves stay in the
//! index database; here they are known by digest. Absent: electropherograms and expert systems.

use std::collections::BTreeSet;

use genetics::{Profile, controls};
use serde::{Deserialize, Serialize};

use crate::actor::Stamp;
use crate::ids::{AccountId, PlateNumber, SpecimenNumber};
use crate::refusal::{Misapplied, Refusal, RefusalCode};

/// Where a plate stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// In the laboratory.
    Loaded(Loaded),
    /// Its controls gave what they should.
    Controlled(Loaded),
    /// Its controls failed: every sample of it is void.
    Void(Loaded),
}

/// A plate with its samples and controls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loaded {
    /// Amplification chemistry, such as `GlobalFiler Express`.
    pub chemistry: String,
    /// Name of the positive control's genotype, such as `2800M`.
    pub control: String,
    /// What is on it.
    pub specimens: BTreeSet<SpecimenNumber>,
    /// By whom and when.
    pub stamp: Stamp,
}

impl Stage {
    /// As it was loaded.
    pub fn loaded(&self) -> &Loaded {
        match self {
            Self::Loaded(loaded) | Self::Controlled(loaded) | Self::Void(loaded) => loaded,
        }
    }

    /// The stage's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Loaded(_) => "loaded",
            Self::Controlled(_) => "controlled",
            Self::Void(_) => "void",
        }
    }
}

/// What the controls of a run gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlResults {
    /// Genotypes of every positive control in the file; none where it was not found.
    pub positives: Vec<Profile>,
    /// The negative control was found and shows no allele.
    pub negative_is_blank: bool,
}

/// What somebody wants of a plate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Load it.
    Load(Loaded),
    /// Judge its run by the controls.
    Judge(ControlResults),
}

/// What happened to a plate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Loaded.
    Loaded(Loaded),
    /// Controls passed.
    Controlled,
    /// Controls failed.
    Voided {
        /// What failed.
        why: String,
    },
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Loaded(_) => "loaded",
            Self::Controlled => "controlled",
            Self::Voided { .. } => "voided",
        }
    }
}

/// Decides a command.
///
/// # Errors
/// An unknown control, an empty plate, or a step out of order. Failed controls are no refusal:
/// the run happened, and is void.
pub fn decide(stage: Option<&Stage>, command: Command) -> Result<Event, Refusal> {
    match (stage, command) {
        (None, Command::Load(loaded)) => {
            if controls::profile(&loaded.control).is_none() {
                let known: Vec<_> = controls::names().collect();
                let found =
                    format!("control {} is not one of {}", loaded.control, known.join(", "));
                return Err(RefusalCode::NotThere.about(found));
            }
            if loaded.specimens.is_empty() {
                return Err(RefusalCode::NotOnPlate.about("the plate holds no specimen"));
            }
            Ok(Event::Loaded(loaded))
        }
        (Some(Stage::Loaded(loaded)), Command::Judge(results)) => Ok(judge(loaded, &results)),
        (Some(stage), Command::Load(_)) => {
            Err(RefusalCode::AlreadyRecorded.about(format!("the plate is {}", stage.word())))
        }
        (Some(stage), Command::Judge(_)) => {
            Err(RefusalCode::WrongStage.about(format!("the plate is {}", stage.word())))
        }
        (None, Command::Judge(_)) => Err(RefusalCode::NotThere.about("no such plate")),
    }
}

fn judge(loaded: &Loaded, results: &ControlResults) -> Event {
    let voided = |why: &str| Event::Voided { why: why.to_owned() };
    let Some(expected) = controls::profile(&loaded.control) else {
        return voided("the control is unknown");
    };
    if results.positives.is_empty() {
        return voided("the positive control is not in the file");
    }
    match results.positives.iter().find_map(|seen| fault(seen, &expected)) {
        Some(why) => Event::Voided { why },
        None if !results.negative_is_blank => {
            voided("the negative control is missing or not blank")
        }
        None => Event::Controlled,
    }
}

/// What is wrong with a positive control.
fn fault(seen: &Profile, expected: &Profile) -> Option<String> {
    let wrong = seen.typed().iter().find(|typed| {
        expected.at(typed.locus).is_some_and(|control| control.genotype != typed.genotype)
    });
    if let Some(typed) = wrong {
        return Some(format!("the positive control is wrong at {}", typed.locus));
    }
    let common = seen.loci().intersection(expected.loci());
    (common.len() < 13).then(|| "the positive control shows fewer than 13 loci".to_owned())
}

/// Applies an event.
///
/// # Errors
/// The event cannot happen at this stage: a bug, not a refusal.
pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    match (stage, event) {
        (None, Event::Loaded(loaded)) => Ok(Stage::Loaded(loaded.clone())),
        (Some(Stage::Loaded(loaded)), Event::Controlled) => Ok(Stage::Controlled(loaded)),
        (Some(Stage::Loaded(loaded)), Event::Voided { .. }) => Ok(Stage::Void(loaded)),
        (_, event) => Err(Misapplied { station: "typing", event: event.word() }),
    }
}

/// Proof that a run's controls gave what they should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlledRun {
    plate: PlateNumber,
    specimens: BTreeSet<SpecimenNumber>,
}

impl ControlledRun {
    /// The check.
    ///
    /// # Errors
    /// The plate has not run, or its controls failed.
    pub fn check(plate: &PlateNumber, stage: Option<&Stage>) -> Result<Self, Refusal> {
        match stage {
            Some(Stage::Controlled(loaded)) => {
                Ok(Self { plate: plate.clone(), specimens: loaded.specimens.clone() })
            }
            Some(Stage::Void(_)) => {
                Err(RefusalCode::ControlsFailed.about(format!("plate {plate} is void")))
            }
            Some(Stage::Loaded(_)) => {
                Err(RefusalCode::WrongStage.about(format!("plate {plate} has not been judged")))
            }
            None => Err(RefusalCode::NotThere.about(format!("no plate {plate}"))),
        }
    }
}

/// The reading of one specimen.
pub mod reading {
    use super::{
        AccountId, BTreeSet, ControlledRun, Deserialize, Misapplied, PlateNumber, Profile, Refusal,
        RefusalCode, Serialize, SpecimenNumber, Stamp, controls,
    };

    /// Where a reading stands.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case", tag = "stage")]
    pub enum Stage {
        /// Read by one person.
        Typed(Typed),
        /// And reviewed by another.
        Reviewed(Reviewed),
        /// Sent back; it must be typed again.
        Returned(Typed),
    }

    /// A profile as one person read it.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Typed {
        /// The run.
        pub plate: PlateNumber,
        /// Counts up from 1; a repeated typing is a new version.
        pub version: u32,
        /// Keyed digest of the profile.
        pub digest: String,
        /// Who read it.
        pub author: AccountId,
    }

    /// A reviewed profile.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Reviewed {
        /// As it was read.
        pub typed: Typed,
        /// Who reviewed it.
        pub reviewer: AccountId,
    }

    impl Stage {
        /// As it was read, at any stage.
        pub fn typed(&self) -> &Typed {
            match self {
                Self::Typed(typed) | Self::Returned(typed) => typed,
                Self::Reviewed(reviewed) => &reviewed.typed,
            }
        }

        /// The stage's word.
        pub fn word(&self) -> &'static str {
            match self {
                Self::Typed(_) => "typed",
                Self::Reviewed(_) => "reviewed",
                Self::Returned(_) => "returned",
            }
        }
    }

    /// What somebody wants of a reading.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Command {
        /// Record what was read.
        Record {
            /// Its run's controls passed.
            run: ControlledRun,
            /// The specimen.
            specimen: SpecimenNumber,
            /// What was read.
            profile: Profile,
            /// Keyed digest of it.
            digest: String,
            /// By whom and when.
            stamp: Stamp,
        },
        /// Review it.
        Review(Stamp),
        /// Send it back.
        Return {
            /// Why.
            why: String,
            /// By whom and when.
            stamp: Stamp,
        },
    }

    /// What happened to a reading.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case", tag = "event")]
    pub enum Event {
        /// Read.
        Typed(Typed),
        /// Reviewed.
        Reviewed {
            /// By whom.
            reviewer: AccountId,
        },
        /// Sent back.
        Returned {
            /// Why.
            why: String,
        },
    }

    impl Event {
        /// The event's word.
        pub fn word(&self) -> &'static str {
            match self {
                Self::Typed(_) => "typed",
                Self::Reviewed { .. } => "reviewed",
                Self::Returned { .. } => "returned",
            }
        }
    }

    /// Decides a command.
    ///
    /// # Errors
    /// A specimen that is not on the plate, a control's genotype in a sample, an author who
    /// reviews, or a step out of order.
    pub fn decide(stage: Option<&Stage>, command: Command) -> Result<Event, Refusal> {
        match (stage, command) {
            (_, Command::Record { run, specimen, profile, digest, stamp }) => {
                check_sample(&run.specimens, &specimen, &profile)?;
                let version = stage.map_or(0, |stage| stage.typed().version) + 1;
                let author = stamp.by;
                Ok(Event::Typed(Typed { plate: run.plate, version, digest, author }))
            }
            (Some(Stage::Typed(typed)), Command::Review(stamp)) => {
                not_the_author(typed, &stamp)?;
                Ok(Event::Reviewed { reviewer: stamp.by })
            }
            (Some(Stage::Typed(typed)), Command::Return { why, stamp }) => {
                not_the_author(typed, &stamp)?;
                Ok(Event::Returned { why })
            }
            (Some(stage), _) => {
                Err(RefusalCode::WrongStage.about(format!("the reading is {}", stage.word())))
            }
            (None, _) => Err(RefusalCode::NotThere.about("the specimen has not been typed")),
        }
    }

    fn check_sample(
        on_plate: &BTreeSet<SpecimenNumber>,
        specimen: &SpecimenNumber,
        profile: &Profile,
    ) -> Result<(), Refusal> {
        if !on_plate.contains(specimen) {
            return Err(RefusalCode::NotOnPlate.about(format!("specimen {specimen}")));
        }
        match controls::recognise(profile) {
            Some(control) => Err(RefusalCode::Contaminated
                .about(format!("specimen {specimen} shows the genotype of control {control}"))),
            None => Ok(()),
        }
    }

    fn not_the_author(typed: &Typed, stamp: &Stamp) -> Result<(), Refusal> {
        if typed.author == stamp.by {
            return Err(RefusalCode::SamePerson.about("the author does not review the profile"));
        }
        Ok(())
    }

    /// Applies an event.
    ///
    /// # Errors
    /// The event cannot happen at this stage: a bug, not a refusal.
    pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
        match (stage, event) {
            (_, Event::Typed(typed)) => Ok(Stage::Typed(typed.clone())),
            (Some(Stage::Typed(typed)), Event::Reviewed { reviewer }) => {
                Ok(Stage::Reviewed(Reviewed { typed, reviewer: reviewer.clone() }))
            }
            (Some(Stage::Typed(typed)), Event::Returned { .. }) => Ok(Stage::Returned(typed)),
            (_, event) => Err(Misapplied { station: "typing", event: event.word() }),
        }
    }

    /// Proof that a second person reviewed exactly this profile.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ReviewedProfile {
        specimen: SpecimenNumber,
        version: u32,
        digest: String,
        profile: Profile,
    }

    impl ReviewedProfile {
        /// The check: reviewed, and the profile at hand is the one that was reviewed.
        ///
        /// # Errors
        /// Not reviewed, or another profile.
        pub fn check(
            specimen: &SpecimenNumber,
            stage: Option<&Stage>,
            profile: Profile,
            digest: &str,
        ) -> Result<Self, Refusal> {
            match stage {
                Some(Stage::Reviewed(reviewed)) if reviewed.typed.digest == digest => Ok(Self {
                    specimen: specimen.clone(),
                    version: reviewed.typed.version,
                    digest: digest.to_owned(),
                    profile,
                }),
                Some(Stage::Reviewed(_)) => Err(RefusalCode::NotReviewed
                    .about(format!("specimen {specimen}: not the profile that was reviewed"))),
                Some(stage) => Err(RefusalCode::NotReviewed
                    .about(format!("specimen {specimen} is {}", stage.word()))),
                None => Err(RefusalCode::NotReviewed
                    .about(format!("specimen {specimen} has not been typed"))),
            }
        }

        /// The specimen.
        pub fn specimen(&self) -> &SpecimenNumber {
            &self.specimen
        }

        /// Which version.
        pub fn version(&self) -> u32 {
            self.version
        }

        /// Keyed digest of the profile.
        pub fn digest(&self) -> &str {
            &self.digest
        }

        /// The profile.
        pub fn profile(&self) -> &Profile {
            &self.profile
        }
    }
}

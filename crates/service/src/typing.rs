//! Typing: load a plate, import its genotype table, review each profile.
//!
//! Everything here is on the index side of the wall: specimens by number, no names.

use std::collections::BTreeSet;

use exchange::genotypes::{self, Table};
use genetics::Profile;
use journey::ids::{PlateNumber, SpecimenNumber};
use journey::refusal::{Refusal, RefusalCode};
use journey::typing::{Command, ControlResults, ControlledRun, Loaded, Stage, reading};
use serde::{Deserialize, Serialize};
use store::Tx;
use store::index as rows;
use store::listing::{self, After};

use crate::context::{OpContext, Placed};
use crate::error::{ServiceError, not_empty};
use crate::programme::{Programme, note_refusal};
use crate::unit::{advance, note};

/// Names under which analysis software lists the negative control.
pub const NEGATIVE_CONTROLS: &[&str] =
    &["NC", "NEG", "NTC", "NEGATIVE", "NEGATIVE CONTROL", "BLANK"];

/// Load a plate.
#[derive(Clone, Debug, Deserialize)]
pub struct Load {
    /// The plate's number.
    pub plate: PlateNumber,
    /// Amplification chemistry.
    pub chemistry: String,
    /// Name of the positive control's genotype, which is also its sample name in the table.
    pub control: String,
    /// What is on it.
    pub specimens: BTreeSet<SpecimenNumber>,
}

/// What the import of a run gave.
#[derive(Clone, Debug, Serialize)]
pub struct Imported {
    /// `controlled`, or `void` with every sample of the run.
    pub run: &'static str,
    /// Why the run is void.
    pub why: Option<String>,
    /// Specimens read.
    pub typed: Vec<SpecimenNumber>,
    /// Specimens of the file that were refused, each with the rule.
    pub refused: Vec<(SpecimenNumber, Refusal)>,
    /// On the plate and not in the file.
    pub without_result: Vec<SpecimenNumber>,
}

/// What the import of a file gave.
#[derive(Clone, Debug, Serialize)]
pub struct RunImport {
    /// The run and its specimens.
    pub imported: Imported,
    /// What is wrong in the file, a sentence each, with its position.
    pub problems: Vec<String>,
}

/// Review a reading.
#[derive(Clone, Debug, Deserialize)]
pub struct Review {
    /// The specimen.
    pub specimen: SpecimenNumber,
    /// Why it is sent back; `None` approves it.
    #[serde(default)]
    pub returned_because: Option<String>,
}

/// A reading as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct ListedReading {
    /// The specimen.
    pub specimen: SpecimenNumber,
    /// The run.
    pub plate: PlateNumber,
    /// Version of the profile.
    pub version: u32,
    /// Who read it.
    pub author: String,
    /// Where it stands.
    pub stage: &'static str,
    /// Since when it stands so.
    pub since: jiff::Timestamp,
}

impl Placed for ListedReading {
    fn place(&self) -> After {
        After { at: self.since, id: self.specimen.to_string() }
    }
}

/// A plate as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct ListedPlate {
    /// The plate.
    pub plate: PlateNumber,
    /// Amplification chemistry.
    pub chemistry: String,
    /// Positive control.
    pub control: String,
    /// How many specimens.
    pub specimens: usize,
    /// Where it stands.
    pub stage: &'static str,
    /// Since when it stands so.
    pub since: jiff::Timestamp,
}

impl Placed for ListedPlate {
    fn place(&self) -> After {
        After { at: self.since, id: self.plate.to_string() }
    }
}

/// A specimen that waits for a plate.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// Its number.
    pub specimen: SpecimenNumber,
    /// Specimen category.
    pub category: String,
    /// Since when.
    pub since: jiff::Timestamp,
}

impl Placed for Waiting {
    fn place(&self) -> After {
        After { at: self.since, id: self.specimen.to_string() }
    }
}

impl Programme {
    /// Loads a plate.
    ///
    /// # Errors
    /// `Refused` for an unknown control or an empty plate; `NotFound` for a specimen that the
    /// laboratory has not accepted.
    pub fn load_plate(&self, op: &OpContext<'_>, load: &Load) -> Result<(), ServiceError> {
        self.may(op, "typing.load", "")?;
        not_empty("plate", load.plate.as_str())?;
        self.index_step(op, "typing", load.plate.as_str(), |tx| {
            for specimen in &load.specimens {
                if rows::typing::specimen(tx, specimen)?.is_none() {
                    return Err(ServiceError::not_found("accepted specimen", specimen));
                }
            }
            let command = Command::Load(Loaded {
                chemistry: load.chemistry.clone(),
                control: load.control.clone(),
                specimens: load.specimens.clone(),
                stamp: op.stamp(),
            });
            advance!(tx, op, "typing": journey::typing, rows::typing, &load.plate, command);
            for specimen in &load.specimens {
                rows::typing::carry(tx, &load.plate, specimen)?;
            }
            Ok(())
        })
    }

    /// Imports the genotype table of a run: judges the controls, then records each specimen. Where
    /// the controls fail the whole run is void; where one specimen is refused the others go in.
    ///
    /// # Errors
    /// `Refused` where the plate is unknown or was judged already.
    pub fn import_run(
        &self,
        op: &OpContext<'_>,
        plate: &PlateNumber,
        table: &Table,
    ) -> Result<Imported, ServiceError> {
        self.may(op, "typing.import", "")?;
        self.index_step(op, "typing", plate.as_str(), |tx| self.import_in(tx, op, plate, table))
    }

    /// Imports a run from the file of its genotype table, in any layout that `exchange` reads.
    ///
    /// # Errors
    /// `Invalid` where no table was understood; else as [`Programme::import_run`].
    pub fn import_run_file(
        &self,
        op: &OpContext<'_>,
        plate: &PlateNumber,
        bytes: &[u8],
    ) -> Result<RunImport, ServiceError> {
        self.may(op, "typing.import", "")?;
        let (table, problems) = genotype_table(bytes)?;
        let imported = self.import_run(op, plate, &table)?;
        Ok(RunImport { imported, problems })
    }

    /// Judgement and readings in one transaction: a run is imported once, so none may be left out
    /// by a machine that fails half-way.
    fn import_in(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        plate: &PlateNumber,
        table: &Table,
    ) -> Result<Imported, ServiceError> {
        let before = rows::typing::load(tx, plate)?
            .ok_or_else(|| ServiceError::not_found("plate", plate))?;
        let command = Command::Judge(controls_of(table, before.value.loaded()));
        let stage = advance!(tx, op, "typing": journey::typing, rows::typing, plate, command);
        let loaded = stage.loaded();
        let mut imported = Imported {
            run: stage.word(),
            why: None,
            typed: Vec::new(),
            refused: Vec::new(),
            without_result: without_result(table, loaded),
        };
        let run = match ControlledRun::check(plate, Some(&stage)) {
            Ok(run) => run,
            Err(refusal) => {
                imported.why = Some(refusal.detail);
                return Ok(imported);
            }
        };
        for sample in &table.samples {
            let specimen = SpecimenNumber::from(sample.name.as_str());
            if is_control(&sample.name, loaded) {
                continue;
            }
            match self.record_reading(tx, op, (&run, loaded), &specimen, &sample.profile) {
                Ok(()) => imported.typed.push(specimen),
                Err(ServiceError::Refused(refusal)) => {
                    note_refusal(tx, op, "typing", specimen.as_str(), &refusal)?;
                    imported.refused.push((specimen, refusal));
                }
                Err(other) => return Err(other),
            }
        }
        Ok(imported)
    }

    /// Reviews a reading, or sends it back.
    ///
    /// # Errors
    /// `Refused` where the author reviews, or there is nothing to review.
    pub fn review_reading(&self, op: &OpContext<'_>, review: &Review) -> Result<(), ServiceError> {
        self.may(op, "typing.review", "")?;
        let specimen = &review.specimen;
        self.index_step(op, "typing", specimen.as_str(), |tx| {
            let stamp = op.stamp();
            let command = match &review.returned_because {
                None => reading::Command::Review(stamp),
                Some(why) => reading::Command::Return { why: why.clone(), stamp },
            };
            advance!(tx, op, "typing": reading, rows::reading, specimen, command);
            Ok(())
        })
    }

    /// A specimen's profile, for the laboratory's own eyes; reading it is on record.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn view_reading(
        &self,
        op: &OpContext<'_>,
        specimen: &SpecimenNumber,
    ) -> Result<(ListedReading, Profile), ServiceError> {
        self.may(op, "typing.view", "")?;
        self.index_step(op, "typing", specimen.as_str(), |tx| {
            let missing = || ServiceError::not_found("reading of specimen", specimen);
            let row = rows::reading::load(tx, specimen)?.ok_or_else(missing)?;
            let profile = rows::reading::profile(tx, specimen)?.ok_or_else(missing)?;
            note(tx, op, "typing", specimen.as_str(), "viewed", &())?;
            Ok((listed_reading(&row), profile))
        })
    }

    /// Readings at a stage (empty: all), longest waiting first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_readings(
        &self,
        op: &OpContext<'_>,
        stage: &str,
        after: &After,
        limit: u32,
    ) -> Result<Vec<ListedReading>, ServiceError> {
        self.may(op, "typing.list", "")?;
        let page =
            self.index.read(|tx| listing::page(tx, rows::reading::TABLE, stage, after, limit))?;
        Ok(page.iter().map(listed_reading).collect())
    }

    /// Plates at a stage (empty: all), longest waiting first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_plates(
        &self,
        op: &OpContext<'_>,
        stage: &str,
        after: &After,
        limit: u32,
    ) -> Result<Vec<ListedPlate>, ServiceError> {
        self.may(op, "typing.list", "")?;
        let page = self
            .index
            .read(|tx| listing::page::<Stage>(tx, rows::typing::TABLE, stage, after, limit))?;
        let line = |row: &rows::typing::Stored| ListedPlate {
            since: row.at,
            plate: PlateNumber::from(row.id.as_str()),
            chemistry: row.value.loaded().chemistry.clone(),
            control: row.value.loaded().control.clone(),
            specimens: row.value.loaded().specimens.len(),
            stage: row.value.word(),
        };
        Ok(page.iter().map(line).collect())
    }

    /// Specimens that wait for a plate, longest waiting first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_waiting(
        &self,
        op: &OpContext<'_>,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Waiting>, ServiceError> {
        self.may(op, "typing.list", "")?;
        let waiting = self.index.read(|tx| rows::typing::waiting(tx, after, limit))?;
        let line = |specimen: rows::typing::Specimen| Waiting {
            specimen: specimen.id,
            category: specimen.category,
            since: specimen.at,
        };
        Ok(waiting.into_iter().map(line).collect())
    }

    fn record_reading(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        (run, loaded): (&ControlledRun, &Loaded),
        specimen: &SpecimenNumber,
        profile: &Profile,
    ) -> Result<(), ServiceError> {
        // On the plate, and taken out since by a removal.
        if loaded.specimens.contains(specimen) && rows::typing::specimen(tx, specimen)?.is_none() {
            return Err(RefusalCode::Removed.about("the specimen was removed").into());
        }
        let command = reading::Command::Record {
            run: run.clone(),
            specimen: specimen.clone(),
            profile: profile.clone(),
            digest: self.digest("profile", profile)?,
            stamp: op.stamp(),
        };
        advance!(tx, op, "typing": reading, rows::reading, specimen, command);
        Ok(rows::reading::keep_profile(tx, specimen, profile)?)
    }
}

/// The genotype table in a file, and what is wrong in it.
///
/// # Errors
/// `Invalid` where no table was understood.
pub(crate) fn genotype_table(bytes: &[u8]) -> Result<(Table, Vec<String>), ServiceError> {
    let (table, problems) = genotypes::read_bytes(bytes);
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    if table.layout.is_some() {
        return Ok((table, problems));
    }
    let first = problems.first().map_or("it holds no genotype table", String::as_str);
    Err(ServiceError::Invalid(format!("file: {first}")))
}

/// True for a name of the negative control.
pub(crate) fn is_negative(name: &str) -> bool {
    NEGATIVE_CONTROLS.contains(&name.trim().to_ascii_uppercase().as_str())
}

/// The positive control bears the name of its genotype, alone or within (`PC-2800M`).
fn is_positive(name: &str, loaded: &Loaded) -> bool {
    let is_specimen = loaded.specimens.iter().any(|specimen| specimen.as_str() == name);
    !is_specimen && name.contains(&loaded.control)
}

fn is_control(name: &str, loaded: &Loaded) -> bool {
    is_positive(name, loaded) || is_negative(name)
}

fn controls_of(table: &Table, loaded: &Loaded) -> ControlResults {
    let positives = table
        .samples
        .iter()
        .filter(|sample| is_positive(&sample.name, loaded))
        .map(|sample| sample.profile.clone());
    let mut negatives = table.samples.iter().filter(|sample| is_negative(&sample.name)).peekable();
    ControlResults {
        positives: positives.collect(),
        negative_is_blank: negatives.peek().is_some()
            && negatives.all(|sample| sample.profile.typed().is_empty()),
    }
}

fn without_result(table: &Table, loaded: &Loaded) -> Vec<SpecimenNumber> {
    let named = |specimen: &&SpecimenNumber| {
        !table.samples.iter().any(|sample| sample.name == specimen.as_str())
    };
    loaded.specimens.iter().filter(named).cloned().collect()
}

fn listed_reading(row: &rows::reading::Stored) -> ListedReading {
    let typed = row.value.typed();
    ListedReading {
        since: row.at,
        specimen: SpecimenNumber::from(row.id.as_str()),
        plate: typed.plate.clone(),
        version: typed.version,
        author: typed.author.to_string(),
        stage: row.value.word(),
    }
}

//! Upload: a reviewed, lawful profile enters the index; so does evidence. Both are compared with
//! known profiles first, and searched after.

pub mod cmf;
pub mod export;
pub mod known;
pub mod preview;

use exchange::genotypes::Table;
use genetics::acceptance::AcceptanceTable;
use genetics::controls::recognise;
use genetics::{Category, Profile};
use jiff::civil::Date;
use journey::accession::LawfulSpecimen;
use journey::ids::{CaseNumber, Ori, SpecimenNumber};
use journey::refusal::{Refusal, RefusalCode};
use journey::typing::reading::ReviewedProfile;
use journey::upload::provenance::Provenance;
use journey::upload::{Command, Gate, Known, Stage, apply, decide};
use serde::{Deserialize, Serialize};
use store::custody;
use store::index as rows;
use store::listing::{self, After};
use store::{Tx, job};

use crate::context::{OpContext, Placed, date_of};
use crate::error::{ServiceError, not_empty};
use crate::outbox::{self, Search};
use crate::programme::Programme;
use crate::typing::{genotype_table, is_negative};
use crate::unit::note;

/// Enter evidence of a case.
#[derive(Clone, Debug, Deserialize)]
pub struct EnterEvidence {
    /// The specimen's number at the casework laboratory.
    pub specimen: SpecimenNumber,
    /// Category of evidence.
    pub category: Category,
    /// Laboratory of the case.
    pub laboratory: Ori,
    /// The case.
    pub case: CaseNumber,
    /// The profile.
    pub profile: Profile,
    /// What its laboratory tells of it.
    #[serde(default)]
    pub provenance: Provenance,
    /// The day on which it was made, if not today.
    #[serde(default)]
    pub made_on: Option<Date>,
}

/// What is the same of all samples of a table.
#[derive(Clone, Debug)]
pub struct CaseEvidence {
    /// Category of evidence.
    pub category: Category,
    /// Laboratory of the case.
    pub laboratory: Ori,
    /// The case.
    pub case: CaseNumber,
    /// More may have been there than was seen.
    pub partial: bool,
}

/// What entering a file of evidence gave.
#[derive(Clone, Debug, Serialize)]
pub struct EvidenceImport {
    /// Specimens that are in the index now.
    pub entered: Vec<SpecimenNumber>,
    /// Specimens that were refused, each with the rule.
    pub refused: Vec<(SpecimenNumber, Refusal)>,
    /// Controls of the run, which are no evidence and stay out.
    pub controls: Vec<SpecimenNumber>,
    /// What is wrong in the file, a sentence each, with its position.
    pub problems: Vec<String>,
}

/// A record of the index as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Its specimen number.
    pub specimen: SpecimenNumber,
    /// Specimen category, until it is withdrawn.
    pub category: Option<Category>,
    /// Laboratory that owns it, until it is withdrawn.
    pub laboratory: Option<Ori>,
    /// Where it stands.
    pub stage: &'static str,
    /// Since when it stands so.
    pub since: jiff::Timestamp,
}

impl Placed for Listed {
    fn place(&self) -> After {
        After { at: self.since, id: self.specimen.to_string() }
    }
}

impl Programme {
    /// The acceptance table in force, as its page shows it.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn acceptance_table(&self, op: &OpContext<'_>) -> Result<&AcceptanceTable, ServiceError> {
        self.may(op, "upload.acceptance-view", "")?;
        self.acceptance_on(op.today())
    }

    /// Enters a person's profile: reviewed, accepted by the table, and lawful as the custody
    /// record tells at this moment.
    ///
    /// # Errors
    /// `Refused` with the first rule that says no.
    pub fn enter_person(
        &self,
        op: &OpContext<'_>,
        specimen: &SpecimenNumber,
    ) -> Result<(), ServiceError> {
        self.may(op, "upload.enter", "")?;
        let lawful = self.lawful_specimen(op, specimen)?;
        let (persons, _) = self.matcher.sizes(&self.index)?;
        self.index_step(op, "upload", specimen.as_str(), |tx| {
            // The removal of a record takes its registration first, in this database: so a profile
            // cannot slip in behind a removal that was approved after the look at the link.
            if rows::typing::specimen(tx, specimen)?.is_none() {
                return Err(RefusalCode::Removed.about("the specimen is not registered").into());
            }
            let not_typed = || RefusalCode::NotReviewed.about("the specimen has not been typed");
            let reading = rows::reading::load(tx, specimen)?;
            let profile = rows::reading::profile(tx, specimen)?.ok_or_else(not_typed)?;
            let digest = self.digest("profile", &profile)?;
            let stage = reading.as_ref().map(|row| &row.value);
            let reviewed = ReviewedProfile::check(specimen, stage, profile.clone(), &digest)?;
            let mut known = rows::known::of_case(tx, &self.laboratory, None)?;
            if let Some(row) = &reading {
                known.extend(rows::known::on_plate(tx, &row.value.typed().plate, specimen)?);
            }
            let command = Command::EnterPerson {
                reviewed,
                lawful: lawful.clone(),
                laboratory: self.laboratory.clone(),
                made_on: reading.as_ref().map_or(op.today(), |row| date_of(row.at)),
                stamp: op.stamp(),
            };
            self.enter(tx, op, specimen, command, &profile, (persons, &known))
        })
    }

    /// Enters evidence of a case.
    ///
    /// # Errors
    /// `Refused` where the table does not accept it.
    pub fn enter_evidence(
        &self,
        op: &OpContext<'_>,
        evidence: &EnterEvidence,
    ) -> Result<(), ServiceError> {
        self.may(op, "upload.enter-evidence", evidence.laboratory.as_str())?;
        let EnterEvidence { specimen, category, laboratory, case, profile, made_on, .. } = evidence;
        specimen_number(specimen)?;
        not_empty("laboratory", laboratory.as_str())?;
        not_empty("case", case.as_str())?;
        let digest = self.digest("profile", profile)?;
        let (persons, _) = self.matcher.sizes(&self.index)?;
        self.index_step(op, "upload", specimen.as_str(), |tx| {
            let known = rows::known::of_case(tx, laboratory, Some(case))?;
            let command = Command::EnterEvidence {
                category: *category,
                profile: profile.clone(),
                digest: digest.clone(),
                laboratory: laboratory.clone(),
                case: case.clone(),
                provenance: evidence.provenance.clone(),
                made_on: made_on.unwrap_or(op.today()),
                stamp: op.stamp(),
            };
            self.enter(tx, op, specimen, command, profile, (persons, &known))
        })
    }

    /// Enters the evidence of a case from a genotype table, whose sample names are the specimen
    /// numbers. Where one specimen is refused the others go in; the run's controls stay out, by
    /// name or by genotype: in the index they would pair with every contaminated profile.
    ///
    /// # Errors
    /// `Invalid` for a category that is none of evidence, or where no table was understood.
    pub fn enter_evidence_file(
        &self,
        op: &OpContext<'_>,
        of: &CaseEvidence,
        bytes: &[u8],
    ) -> Result<EvidenceImport, ServiceError> {
        let (table, problems) = genotype_table(bytes)?;
        let import = self.enter_evidence_table(op, of, table)?;
        Ok(EvidenceImport { problems, ..import })
    }

    /// Enters every sample of a table that was read; the controls of its run stay out.
    ///
    /// # Errors
    /// `Invalid` for a category that is none of evidence, or a sample name that is no specimen
    /// number.
    pub fn enter_evidence_table(
        &self,
        op: &OpContext<'_>,
        of: &CaseEvidence,
        table: Table,
    ) -> Result<EvidenceImport, ServiceError> {
        let CaseEvidence { category, laboratory, case, partial } = of;
        self.may(op, "upload.enter-evidence", laboratory.as_str())?;
        if !category.index().holds_evidence() {
            return Err(ServiceError::Invalid(format!(
                "category: '{category}' is none of evidence; choose one of evidence"
            )));
        }
        // Every number is looked at before the first goes in.
        for sample in &table.samples {
            specimen_number(&SpecimenNumber::from(sample.name.as_str()))?;
        }
        let (mut entered, mut refused, mut controls) = (Vec::new(), Vec::new(), Vec::new());
        for sample in table.samples {
            let specimen = SpecimenNumber::new(sample.name);
            if is_negative(specimen.as_str()) || recognise(&sample.profile).is_some() {
                controls.push(specimen);
                continue;
            }
            let evidence = EnterEvidence {
                specimen: specimen.clone(),
                category: *category,
                laboratory: laboratory.clone(),
                case: case.clone(),
                profile: sample.profile,
                provenance: Provenance { partial: *partial, ..Provenance::default() },
                made_on: None,
            };
            match self.enter_evidence(op, &evidence) {
                Ok(()) => entered.push(specimen),
                Err(ServiceError::Refused(refusal)) => refused.push((specimen, refusal)),
                Err(other) => return Err(other),
            }
        }
        Ok(EvidenceImport { entered, refused, controls, problems: Vec::new() })
    }

    /// Specimens with a reviewed profile that is not in the index, longest waiting first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_to_enter(
        &self,
        op: &OpContext<'_>,
        limit: u32,
    ) -> Result<Vec<SpecimenNumber>, ServiceError> {
        self.may(op, "upload.list", "")?;
        Ok(self.index.read(|tx| rows::upload::to_enter(tx, limit))?)
    }

    /// Records of the index, longest there first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_records(
        &self,
        op: &OpContext<'_>,
        stage: &str,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        self.may(op, "upload.list", "")?;
        let page = self
            .index
            .read(|tx| listing::page::<Stage>(tx, rows::upload::TABLE, stage, after, limit))?;
        let line = |row: &rows::upload::Stored| {
            let (category, laboratory) = match &row.value {
                Stage::Indexed(indexed) => {
                    (Some(indexed.category), Some(indexed.laboratory.clone()))
                }
                Stage::Withdrawn(_) => (None, None),
            };
            let specimen = SpecimenNumber::from(row.id.as_str());
            Listed { specimen, category, laboratory, stage: row.value.word(), since: row.at }
        };
        Ok(page.iter().map(line).collect())
    }

    /// Proof from the custody side that a specimen is lawful now. Reading the link is on record
    /// with its purpose.
    pub(crate) fn lawful_specimen(
        &self,
        op: &OpContext<'_>,
        specimen: &SpecimenNumber,
    ) -> Result<LawfulSpecimen, ServiceError> {
        self.step(op, "upload", specimen.as_str(), |tx| {
            let kit = self.linked_kit(tx, op, specimen)?;
            let accession = custody::accession::load(tx, &kit)?;
            let lawful = self.lawful(tx, &kit)?;
            let stage = accession.as_ref().map(|row| &row.value);
            Ok(LawfulSpecimen::check(stage, &lawful, specimen)?)
        })
    }

    fn enter(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        specimen: &SpecimenNumber,
        command: Command,
        profile: &Profile,
        (persons, known): (u64, &[Known]),
    ) -> Result<(), ServiceError> {
        let (table, frequencies) = (self.acceptance_on(op.today())?, &self.frequencies);
        let gate = Gate { table, frequencies, persons, known };
        let before = rows::upload::load(tx, specimen)?;
        let event = decide(before.as_ref().map(|row| &row.value), command, &gate)?;
        let after = apply(before.as_ref().map(|row| row.value.clone()), &event)?;
        if let (Some(Stage::Indexed(old)), Stage::Indexed(new)) =
            (before.as_ref().map(|row| &row.value), &after)
            && old.version < new.version
        {
            rows::upload::keep_version(tx, specimen, old.version, op.at)?;
        }
        rows::upload::save(tx, specimen, before.as_ref(), &after, op.at)?;
        if let Stage::Indexed(indexed) = &after {
            rows::upload::make_searchable(tx, specimen, indexed, profile)?;
            let search = Search { specimen: specimen.clone() };
            // By entry: a record can come back to a category that it had before.
            let entry = before.as_ref().map_or(1, |row| row.version + 1);
            let key = format!("search/{specimen}/entry/{entry}");
            job::enqueue(tx, &key, outbox::SEARCH, &search, op.at)?;
        }
        note(tx, op, "upload", specimen.as_str(), event.word(), &event)
    }
}

/// A casework laboratory's own number. `~` divides the two numbers of a candidate's id, which must
/// say which two.
fn specimen_number(specimen: &SpecimenNumber) -> Result<(), ServiceError> {
    let text = specimen.as_str();
    let length = text.chars().count();
    let found = if !(1..=24).contains(&length) {
        format!("it has {length} characters")
    } else if text.trim() != text || text.contains('~') || text.contains(char::is_control) {
        "it has a blank at an end, a '~' or an unprintable character".to_owned()
    } else {
        return Ok(());
    };
    Err(ServiceError::Invalid(format!(
        "specimen: {found}; a specimen number has 1 to 24 printable characters without '~'"
    )))
}

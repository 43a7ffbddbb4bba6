//! CMF files: evidence of a laboratory comes in, records of the index go out.
//!
//! Every record that goes out is on record with receiver and version. Persons never come in this
//! way: their profiles enter from accepted samples alone.

use std::io::{self, BufRead, Write};

use exchange::cmf::{self, Header, Reading, Specimen, Version, Writer};
use genetics::Category;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use journey::ids::{Ori, SpecimenNumber};
use journey::refusal::Refusal;
use journey::upload::{Indexed, Source, Stage};
use serde::Serialize;
use store::Tx;
use store::index as rows;

use crate::context::OpContext;
use crate::error::{ServiceError, not_empty};
use crate::programme::Programme;
use crate::unit::note;
use crate::upload::EnterEvidence;

/// Records that go out.
#[derive(Clone, Debug)]
pub struct Export {
    /// The version of the format.
    pub version: Version,
    /// The laboratory that imports.
    pub destination: Ori,
    /// Which records.
    pub specimens: Vec<SpecimenNumber>,
    /// The laboratory's own time, which the file tells without its zone.
    pub zone: TimeZone,
}

/// Words of the formats in which records go out.
pub const FORMATS: [&str; 2] = ["cmf-2017", "cmf-3.2"];

/// An export in the words of a form or a command.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `cmf-2017` or `cmf-3.2`.
    pub format: String,
    /// The laboratory that imports.
    pub destination: Ori,
    /// Which records.
    pub specimens: Vec<SpecimenNumber>,
    /// Name of a time zone.
    pub zone: String,
}

impl Asked {
    /// Reads the words.
    ///
    /// # Errors
    /// `Invalid` for an unknown format or zone.
    pub fn read(self) -> Result<Export, ServiceError> {
        let Self { format, destination, specimens, zone } = self;
        let version = Version::from_word(&format).filter(|_| FORMATS.contains(&format.as_str()));
        let version = version.ok_or_else(|| {
            let words = FORMATS.join(" or ");
            ServiceError::Invalid(format!("format: '{format}' was found; give {words}"))
        })?;
        let zone = TimeZone::get(&zone).map_err(|_| {
            let right = "give one such as America/Chicago";
            ServiceError::Invalid(format!("zone: '{zone}' was found; {right}"))
        })?;
        Ok(Export { version, destination, specimens, zone })
    }
}

/// What an export gave.
#[derive(Clone, Debug, Serialize)]
pub struct Exported {
    /// Records in the file.
    pub written: Vec<SpecimenNumber>,
    /// Records that the version cannot say, each with the remedy.
    pub left_out: Vec<(SpecimenNumber, String)>,
}

/// What a file of evidence gave.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CmfImport {
    /// Specimens that are in the index now.
    pub entered: Vec<SpecimenNumber>,
    /// Specimens that were refused, each with the rule.
    pub refused: Vec<(SpecimenNumber, Refusal)>,
    /// Specimens that are no evidence of a case, each with the reason.
    pub left_out: Vec<(SpecimenNumber, String)>,
    /// What is wrong in the file, a sentence each, with its line.
    pub problems: Vec<String>,
}

impl Programme {
    /// Writes records of the index into a CMF file. A record that the version cannot say is left
    /// out and told.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound` for a record that is not in the index; `Failed` where the output
    /// fails.
    pub fn export_cmf<W: Write>(
        &self,
        op: &OpContext<'_>,
        export: &Export,
        out: W,
    ) -> Result<Exported, ServiceError> {
        self.may(op, "upload.export", "")?;
        not_empty("destination", export.destination.as_str())?;
        if export.version.is_rapid() {
            let text = "version: a booking station's file tells of an arrest, which the index does \
                        not know; give cmf-3.2 or cmf-2017";
            return Err(ServiceError::Invalid(text.to_owned()));
        }
        let header = Header {
            destination: export.destination.clone(),
            source: self.laboratory.clone(),
            submitted_by: user(op.actor.account.as_str()),
            submitted_at: local(op.at, &export.zone),
            batch: None,
            kit: None,
            rapid: None,
        };
        let failed = |error: io::Error| ServiceError::Failed(format!("the file: {error}"));
        let mut writer = Writer::new(out, export.version, &header)
            .map_err(failed)?
            .map_err(|refused| ServiceError::Invalid(refused.to_string()))?;
        let mut exported = Exported { written: Vec::new(), left_out: Vec::new() };
        for id in &export.specimens {
            let specimen = self.index_step(op, "upload", id.as_str(), |tx| {
                let specimen = self.as_specimen(tx, export, id)?;
                let body = (export.destination.as_str(), export.version.word());
                note(tx, op, "upload", id.as_str(), "exported", &body)?;
                Ok(specimen)
            })?;
            match writer.specimen(&specimen).map_err(failed)? {
                Ok(()) => exported.written.push(id.clone()),
                Err(refused) => exported.left_out.push((id.clone(), refused.to_string())),
            }
        }
        writer.finish().map_err(failed)?;
        Ok(exported)
    }

    fn as_specimen(
        &self,
        tx: &mut dyn Tx,
        export: &Export,
        id: &SpecimenNumber,
    ) -> Result<Specimen, ServiceError> {
        let missing = || ServiceError::not_found("record of the index", id);
        let record = rows::upload::searchable(tx, id)?.ok_or_else(missing)?;
        let stage = rows::upload::load(tx, id)?.ok_or_else(missing)?.value;
        let Stage::Indexed(indexed) = stage else { return Err(missing()) };
        let (read_by, kit) = self.read_by(tx, export.version, id, &indexed)?;
        let read_at = local(indexed.stamp.at, &export.zone);
        let loci = record.profile.typed().iter().map(|typed| Reading {
            locus: typed.locus,
            genotype: typed.genotype.clone(),
            required: typed.required,
            reading_by: Some(read_by.clone()),
            reading_at: Some(read_at),
            batch: None,
            kit: kit.clone(),
        });
        Ok(Specimen {
            id: id.clone(),
            category: record.category,
            comment: None,
            source_identified: None,
            case: match &indexed.source {
                Source::Evidence { case } => Some(case.as_str().to_owned()),
                Source::Person => None,
            },
            partial: record.category == Category::ForensicPartial,
            loci: loci.collect(),
            rapid: None,
        })
    }

    /// Who read the profile, and with which kit, as far as the index knows.
    fn read_by(
        &self,
        tx: &mut dyn Tx,
        version: Version,
        id: &SpecimenNumber,
        indexed: &Indexed,
    ) -> Result<(String, Option<String>), ServiceError> {
        let Some(reading) = rows::reading::load(tx, id)? else {
            return Ok((user(indexed.stamp.by.as_str()), None));
        };
        let typed = reading.value.typed();
        let plate = rows::typing::load(tx, &typed.plate)?;
        let chemistry = plate.map(|plate| plate.value.loaded().chemistry.clone());
        let listed = |kit: &String| version.kits().any(|known| known == kit);
        Ok((user(typed.author.as_str()), chemistry.filter(listed)))
    }

    /// Enters the evidence of a CMF file, specimen by specimen. Its laboratory is the file's
    /// SOURCELAB, for which the account must be allowed to enter.
    ///
    /// # Errors
    /// `Forbidden`; what is wrong in the file is told, not an error.
    pub fn enter_evidence_cmf(
        &self,
        op: &OpContext<'_>,
        input: impl BufRead,
        laboratory: &Ori,
    ) -> Result<CmfImport, ServiceError> {
        self.may(op, "upload.enter-evidence", laboratory.as_str())?;
        let mut import = CmfImport::default();
        let read = cmf::read(input, None, |_, specimen| {
            self.enter_specimen(op, laboratory, specimen, &mut import)
        })?;
        import.problems = read.problems.iter().map(ToString::to_string).collect();
        let source = read.header.map(|header| header.source);
        if let Some(source) = source.filter(|source| source != laboratory) {
            let told = format!("the file is of {source}; it was entered for {laboratory}");
            import.problems.push(told);
        }
        Ok(import)
    }

    fn enter_specimen(
        &self,
        op: &OpContext<'_>,
        laboratory: &Ori,
        specimen: Specimen,
        import: &mut CmfImport,
    ) -> Result<(), ServiceError> {
        let (id, category) = (specimen.id.clone(), specimen.category);
        let profile = match specimen.profile() {
            Ok(profile) if category.index().holds_evidence() => profile,
            Ok(_) => {
                let why = format!("'{category}' is none of evidence");
                import.left_out.push((id, why));
                return Ok(());
            }
            Err(why) => {
                import.left_out.push((id, why.to_string()));
                return Ok(());
            }
        };
        let Some(case) = specimen.case else {
            import.left_out.push((id, "it names no case (CASEID)".to_owned()));
            return Ok(());
        };
        let made_on = specimen.loci.iter().filter_map(|reading| reading.reading_at).max();
        let evidence = EnterEvidence {
            specimen: id.clone(),
            category,
            laboratory: laboratory.clone(),
            case: case.as_str().into(),
            profile,
            made_on: made_on.map(civil::DateTime::date),
        };
        match self.enter_evidence(op, &evidence) {
            Ok(()) => import.entered.push(id),
            Err(ServiceError::Refused(refusal)) => import.refused.push((id, refusal)),
            Err(ServiceError::Invalid(why)) => import.left_out.push((id, why)),
            Err(other) => return Err(other),
        }
        Ok(())
    }
}

/// A user id as CODIS has them: at most 20 characters.
fn user(account: &str) -> String {
    account.chars().take(20).collect()
}

/// The local time, to the second.
fn local(at: Timestamp, zone: &TimeZone) -> civil::DateTime {
    let local = at.to_zoned(zone.clone()).datetime();
    local.with().subsec_nanosecond(0).build().unwrap_or(local)
}

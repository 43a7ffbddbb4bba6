//! Records of the index go out in the formats of laboratories. Each that goes is on record with
//! receiver and format; none tells who a person is, nor of a kit or a booking.

use std::io::{self, Write};

use exchange::cmf::{self, Header, Reading, Specimen, Version};
use exchange::niem;
use exchange::outgoing::{NotInFormat, Record, Sender};
use exchange::type18::{self, LocusNumbers};
use genetics::Category;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use journey::ids::{Ori, SpecimenNumber};
use journey::upload::provenance::Provenance;
use journey::upload::{Indexed, Source, Stage};
use serde::Serialize;
use store::Tx;
use store::index as rows;

use crate::context::OpContext;
use crate::error::{ServiceError, not_empty};
use crate::programme::Programme;
use crate::unit::note;

/// A format in which records go out.
#[derive(Clone, Debug)]
pub enum Format {
    /// CMF, with the laboratory's own time, which the file tells without its zone.
    Cmf(Version, TimeZone),
    /// NIEM 5.1.
    Niem,
    /// ANSI/NIST-ITL Type-18, with the receiver's numbers of the loci.
    Type18(LocusNumbers),
}

impl Format {
    fn word(&self) -> &'static str {
        match self {
            Self::Cmf(version, _) => version.word(),
            Self::Niem => niem::WORD,
            Self::Type18(_) => type18::WORD,
        }
    }
}

/// Records that go out.
#[derive(Clone, Debug)]
pub struct Export {
    /// The format.
    pub format: Format,
    /// The laboratory that imports.
    pub destination: Ori,
    /// Which records.
    pub specimens: Vec<SpecimenNumber>,
}

/// Words of the formats in which records go out.
pub const FORMATS: [&str; 4] = ["cmf-2017", "cmf-3.2", niem::WORD, type18::WORD];

/// An export in the words of a form or a command.
#[derive(Clone, Debug)]
pub struct Asked {
    /// One of [`FORMATS`].
    pub format: String,
    /// The laboratory that imports.
    pub destination: Ori,
    /// Which records.
    pub specimens: Vec<SpecimenNumber>,
    /// Name of a time zone, for CMF.
    pub zone: String,
    /// A table `locus,number`, for Type-18.
    pub locus_numbers: Option<Vec<u8>>,
}

impl Asked {
    /// Reads the words.
    ///
    /// # Errors
    /// `Invalid` for an unknown format or zone, and for a table that is wrong or missing.
    pub fn read(self) -> Result<Export, ServiceError> {
        let Self { format, destination, specimens, zone, locus_numbers } = self;
        let format = match format.as_str() {
            niem::WORD => Format::Niem,
            type18::WORD => Format::Type18(numbers(locus_numbers.as_deref())?),
            word => {
                let version = Version::from_word(word)
                    .filter(|_| FORMATS.contains(&word))
                    .ok_or_else(|| {
                        let words = FORMATS.join(", ");
                        ServiceError::Invalid(format!(
                            "format: '{word}' was found; give one of {words}"
                        ))
                    })?;
                let zone = TimeZone::get(&zone).map_err(|_| {
                    let right = "give one such as America/Chicago";
                    ServiceError::Invalid(format!("zone: '{zone}' was found; {right}"))
                })?;
                Format::Cmf(version, zone)
            }
        };
        Ok(Export { format, destination, specimens })
    }
}

fn numbers(table: Option<&[u8]>) -> Result<LocusNumbers, ServiceError> {
    let table = table.ok_or_else(|| {
        let text = "locus numbers: a Type-18 record names a locus by a number of the standard's \
                    list; give the receiver's table with the columns locus and number";
        ServiceError::Invalid(text.to_owned())
    })?;
    let (numbers, problems) = LocusNumbers::read(table)
        .map_err(|error| ServiceError::Failed(format!("locus numbers: {error}")))?;
    match problems.first() {
        Some(problem) => Err(ServiceError::Invalid(format!("locus numbers: {problem}"))),
        None => Ok(numbers),
    }
}

/// What an export gave.
#[derive(Clone, Debug, Serialize)]
pub struct Exported {
    /// Records in the file.
    pub written: Vec<SpecimenNumber>,
    /// Records that the format cannot say, each with the remedy.
    pub left_out: Vec<(SpecimenNumber, String)>,
}

/// A file that is being written.
enum Writer<W> {
    Cmf(cmf::Writer<W>, Version, TimeZone),
    Niem(niem::Writer<W>),
    Type18(type18::Writer<W>),
}

impl<W: Write> Writer<W> {
    fn new(out: W, format: &Format, sender: &Sender) -> io::Result<Result<Self, NotInFormat>> {
        Ok(match format {
            Format::Cmf(version, zone) => {
                let header = header(sender, zone);
                let writer = cmf::Writer::new(out, *version, &header)?;
                writer.map(|writer| Self::Cmf(writer, *version, zone.clone()))
            }
            Format::Niem => Ok(Self::Niem(niem::Writer::new(out)?)),
            Format::Type18(numbers) => {
                type18::Writer::new(out, sender, numbers.clone()).map(Self::Type18)
            }
        })
    }

    fn record(&mut self, record: Record) -> io::Result<Result<(), NotInFormat>> {
        match self {
            Self::Cmf(writer, version, zone) => writer.specimen(&specimen(record, *version, zone)),
            Self::Niem(writer) => writer.record(&record),
            Self::Type18(writer) => writer.record(&record),
        }
    }

    fn finish(self) -> io::Result<W> {
        match self {
            Self::Cmf(writer, ..) => writer.finish(),
            Self::Niem(writer) => writer.finish(),
            Self::Type18(writer) => writer.finish(),
        }
    }
}

impl Programme {
    /// Writes records of the index into a file. A record that the format cannot say is left out
    /// and told; every other is on record as given out.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound` for a record that is not in the index; `Failed` where the output
    /// fails. What was written by then must be thrown away.
    pub fn export_records<W: Write>(
        &self,
        op: &OpContext<'_>,
        export: &Export,
        out: W,
    ) -> Result<Exported, ServiceError> {
        self.may(op, "upload.export", "")?;
        not_empty("destination", export.destination.as_str())?;
        if matches!(export.format, Format::Cmf(version, _) if version.is_rapid()) {
            let text = "format: a booking station's file tells of an arrest, which the index does \
                        not know; give cmf-3.2 or cmf-2017";
            return Err(ServiceError::Invalid(text.to_owned()));
        }
        let sender = Sender {
            source: self.laboratory.clone(),
            destination: export.destination.clone(),
            by: op.actor.account.as_str().to_owned(),
            at: op.at,
        };
        let failed = |error: io::Error| ServiceError::Failed(format!("the file: {error}"));
        let mut writer = Writer::new(out, &export.format, &sender)
            .map_err(failed)?
            .map_err(|refused| ServiceError::Invalid(refused.to_string()))?;
        let mut exported = Exported { written: Vec::new(), left_out: Vec::new() };
        for id in &export.specimens {
            let record = self.index.read(|tx| outgoing(tx, id))?;
            if let Err(refused) = writer.record(record).map_err(failed)? {
                exported.left_out.push((id.clone(), refused.to_string()));
                continue;
            }
            self.index_step(op, "upload", id.as_str(), |tx| {
                let body = (export.destination.as_str(), export.format.word());
                note(tx, op, "upload", id.as_str(), "exported", &body)
            })?;
            exported.written.push(id.clone());
        }
        writer.finish().map_err(failed)?;
        Ok(exported)
    }
}

fn outgoing(tx: &mut dyn Tx, id: &SpecimenNumber) -> Result<Record, ServiceError> {
    let missing = || ServiceError::not_found("record of the index", id);
    let record = rows::upload::searchable(tx, id)?.ok_or_else(missing)?;
    let stage = rows::upload::load(tx, id)?.ok_or_else(missing)?.value;
    let Stage::Indexed(indexed) = stage else { return Err(missing()) };
    let entered_at = indexed.stamp.at;
    let (provenance, read_by) = provenance(tx, id, &indexed)?;
    Ok(Record {
        id: id.clone(),
        category: record.category,
        laboratory: record.laboratory,
        case: match indexed.source {
            Source::Evidence { case } => Some(case),
            Source::Person => None,
        },
        profile: record.profile,
        provenance,
        read_by,
        entered_at,
    })
}

/// What is told of the profile, and who read it: of evidence as its laboratory told, of persons as
/// the reading tells.
fn provenance(
    tx: &mut dyn Tx,
    id: &SpecimenNumber,
    indexed: &Indexed,
) -> Result<(Provenance, String), ServiceError> {
    let mut provenance = indexed.provenance.clone();
    provenance.partial |= indexed.category == Category::ForensicPartial;
    let read_by = provenance.read_by.clone().unwrap_or_else(|| indexed.stamp.by.to_string());
    let Some(reading) = rows::reading::load(tx, id)? else { return Ok((provenance, read_by)) };
    let typed = reading.value.typed();
    let plate = rows::typing::load(tx, &typed.plate)?;
    provenance.kit = plate.map(|plate| plate.value.loaded().chemistry.clone());
    Ok((provenance, typed.author.to_string()))
}

fn header(sender: &Sender, zone: &TimeZone) -> Header {
    Header {
        destination: sender.destination.clone(),
        source: sender.source.clone(),
        submitted_by: user(&sender.by),
        submitted_at: local(sender.at, zone),
        batch: None,
        kit: None,
        rapid: None,
    }
}

/// A record in the words of CMF. A kit that the version does not list is not told.
fn specimen(record: Record, version: Version, zone: &TimeZone) -> Specimen {
    let Provenance { partial, source_identified, kit, read_at, .. } = record.provenance;
    let kit = kit.filter(|kit| version.kits().any(|known| known == kit));
    let read_by = user(&record.read_by);
    let read_at = read_at.unwrap_or_else(|| local(record.entered_at, zone));
    let loci = record.profile.typed().iter().map(|typed| Reading {
        locus: typed.locus,
        genotype: typed.genotype.clone(),
        required: typed.required,
        reading_by: Some(read_by.clone()),
        reading_at: Some(read_at),
        batch: None,
        kit: kit.clone(),
    });
    Specimen {
        id: record.id,
        category: record.category,
        comment: None,
        source_identified,
        case: record.case.map(|case| case.as_str().to_owned()),
        partial,
        loci: loci.collect(),
        rapid: None,
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

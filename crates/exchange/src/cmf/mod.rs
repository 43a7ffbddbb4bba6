//! CODIS Common Message Format: files in which laboratories hand each other profiles.
//!
//! CMF 3.2 (2006), CMF 2017, and the Rapid Import CMF R16 of booking stations, each with its own
//! spellings, categories, lengths and days ([`Version`]). Reading and writing are streams: one
//! specimen is held at a time. What is written validates against the published schemas; what cannot
//! be said in a version is refused with the remedy. Times are local and bear no zone.
//!
//! Deliberately absent: CMF 1.0, and what the index makes of a specimen.

mod held;
mod tree;
mod version;
mod read;
mod write;

pub use held::{Held, look};
pub use read::{Read, read};
pub use version::Version;
pub use write::Writer;

use genetics::profile::{NotAProfile, TypedLocus};
use genetics::{Allele, Category, Genotype, Locus, Profile};
use jiff::civil::DateTime;
use journey::ids::{Ori, SpecimenNumber};
use journey::upload::provenance::{Provenance, SourceIdentified};

/// What stands before the specimens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The laboratory that imports.
    pub destination: Ori,
    /// The laboratory that made the file; at a booking station its agency.
    pub source: Ori,
    /// Account of who made it.
    pub submitted_by: String,
    /// When, in local time.
    pub submitted_at: DateTime,
    /// Batch of all loci that name no other.
    pub batch: Option<String>,
    /// Amplification kit of all loci that name no other.
    pub kit: Option<String>,
    /// What only a booking station says.
    pub rapid: Option<RapidHeader>,
}

/// The header of a booking station.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RapidHeader {
    /// Counts up by one with each file.
    pub message_id: u64,
    /// The arresting agency, if it is neither of the others.
    pub alternate_source: Option<Ori>,
    /// The instrument's number.
    pub instrument: String,
    /// Its maker, model and software.
    pub device: [Option<String>; 3],
}

/// One specimen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Specimen {
    /// Its number.
    pub id: SpecimenNumber,
    /// Its category.
    pub category: Category,
    /// A remark.
    pub comment: Option<String>,
    /// Whether the source is identified.
    pub source_identified: Option<SourceIdentified>,
    /// The case.
    pub case: Option<String>,
    /// More may have been there than was seen.
    pub partial: bool,
    /// Its loci.
    pub loci: Vec<Reading>,
    /// What only a booking station says.
    pub rapid: Option<RapidSpecimen>,
}

/// One locus of a specimen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Where.
    pub locus: Locus,
    /// What was seen.
    pub genotype: Genotype,
    /// An allele that a candidate must contain.
    pub required: Option<Allele>,
    /// Account of who read it; a booking station names none.
    pub reading_by: Option<String>,
    /// When, in local time; a booking station does not tell.
    pub reading_at: Option<DateTime>,
    /// Batch, or cartridge.
    pub batch: Option<String>,
    /// Amplification kit.
    pub kit: Option<String>,
}

/// The person behind a specimen of a booking station, by numbers. Never shown in a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RapidSpecimen {
    /// State identification number.
    pub sid: Option<String>,
    /// FBI number (UCN).
    pub ucn: Option<String>,
    /// The event of the booking.
    pub event: String,
    /// Numbers of the booking and of the arresting agency.
    pub custom: [Option<String>; 2],
    /// When the person was arrested.
    pub arrested_at: Option<DateTime>,
    /// When the prints were taken.
    pub printed_at: DateTime,
    /// Category of the offense.
    pub offense: String,
}

impl Specimen {
    /// The profile.
    ///
    /// # Errors
    /// A locus twice; reading has excluded it.
    pub fn profile(&self) -> Result<Profile, NotAProfile> {
        Profile::new(self.loci.iter().map(|reading| TypedLocus {
            locus: reading.locus,
            genotype: reading.genotype.clone(),
            required: reading.required,
        }))
    }

    /// What is told of the profile as a whole: kit and reader where they are the same at all loci,
    /// and the time of the last reading.
    pub fn provenance(&self) -> Provenance {
        Provenance {
            partial: self.partial,
            source_identified: self.source_identified,
            kit: self.same_at_all(|reading| reading.kit.as_ref()),
            read_by: self.same_at_all(|reading| reading.reading_by.as_ref()),
            read_at: self.loci.iter().filter_map(|reading| reading.reading_at).max(),
        }
    }

    fn same_at_all<'s>(
        &'s self,
        told: impl Fn(&'s Reading) -> Option<&'s String>,
    ) -> Option<String> {
        let first = self.loci.first().and_then(&told)?;
        self.loci.iter().all(|reading| told(reading) == Some(first)).then(|| first.clone())
    }
}

//! What goes out of the index in any of the formats, and why one cannot say it.
//!
//! A [`Record`] names no person: its number is the laboratory's, and nothing of a booking or a kit
//! is in it. Times are instants; a format that tells local time makes them so.

use genetics::{Category, Genotype, Locus, Profile};
use jiff::Timestamp;
use journey::ids::{CaseNumber, Ori, SpecimenNumber};
use journey::upload::provenance::Provenance;

/// Who hands over, to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The laboratory that hands over.
    pub source: Ori,
    /// The laboratory that imports.
    pub destination: Ori,
    /// Account of who made the file.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A record of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Number of the specimen.
    pub id: SpecimenNumber,
    /// Its category.
    pub category: Category,
    /// The laboratory that owns it.
    pub laboratory: Ori,
    /// The case, of evidence.
    pub case: Option<CaseNumber>,
    /// The profile, with its required alleles.
    pub profile: Profile,
    /// What is told of the profile as a whole.
    pub provenance: Provenance,
    /// Account of who read it, or of who entered it where that is not told.
    pub read_by: String,
    /// When it was entered.
    pub entered_at: Timestamp,
}

/// Why something cannot be said in a format, with the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotInFormat {
    /// The format has no such category.
    #[error(
        "{format} has no category '{category}'; write cmf-2017, or agree with the receiver on \
         another category"
    )]
    Category {
        /// Word of the format.
        format: &'static str,
        /// The category.
        category: Category,
    },
    /// The format has no such locus.
    #[error("{format} has no locus {locus}; write cmf-2017, or leave the locus out")]
    Locus {
        /// Word of the format.
        format: &'static str,
        /// The locus.
        locus: Locus,
    },
    /// A field does not fit.
    #[error("{field}: {wrong}; expected {right}")]
    Field {
        /// The element or field.
        field: &'static str,
        /// What is wrong with it.
        wrong: String,
        /// What would be right.
        right: String,
    },
}

pub(crate) fn field(field: &'static str, wrong: &str, right: &str) -> NotInFormat {
    NotInFormat::Field { field, wrong: wrong.to_owned(), right: right.to_owned() }
}

/// A text that must be there, in printable letters, with at most so many of them.
pub(crate) fn fits(name: &'static str, text: &str, chars_max: usize) -> Result<(), NotInFormat> {
    let count = text.chars().count();
    if count == 0 || count > chars_max {
        let wrong = format!("it has {count} characters");
        return Err(field(name, &wrong, &format!("1 to {chars_max}")));
    }
    if text.trim() != text {
        return Err(field(name, "a blank stands at an end of it", "the value alone"));
    }
    if text.chars().any(char::is_control) {
        return Err(field(name, "it has an unprintable character", "printable characters"));
    }
    Ok(())
}

pub(crate) fn may_fit(
    name: &'static str,
    text: Option<&String>,
    chars_max: usize,
) -> Result<(), NotInFormat> {
    text.map_or(Ok(()), |text| fits(name, text, chars_max))
}

/// A reading that no rung of the ladder explains stays in the laboratory.
pub(crate) fn named(
    name: &'static str,
    locus: Locus,
    genotype: &Genotype,
) -> Result<(), NotInFormat> {
    if genotype.has_off_ladder() {
        let wrong = format!("{locus} has an off-ladder reading");
        return Err(field(name, &wrong, "a reviewer to name it or take it out"));
    }
    Ok(())
}

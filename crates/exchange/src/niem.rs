//! NIEM 5.1 DNA transactions (biometrics domain, `biom:DNARecord`): records of the index for
//! receivers who read the national exchange model.
//!
//! Order of elements and code lists are those of `biom.xsd`; the transaction around them is that
//! of the DNA examples of NIEM 5.1. What the index does not know is left out, not invented:
//! collection, instrument, sample. Which of our categories is which of theirs is our reading (D).
//! Deliberately absent: reading, pedigrees, and the categories of immigration benefits, which
//! belong to another programme.

use std::io::{self, Write};

use genetics::locus::LocusUse;
use genetics::profile::TypedLocus;
use genetics::{Allele, AlleleKind, Category, Locus};
use jiff::Timestamp;

use crate::elements::Elements;
use crate::outgoing::{NotInFormat, Record, fits, may_fit, named};

/// Word of the format.
pub const WORD: &str = "niem-5.1";

const NAMESPACES: [(&str, &str); 3] = [
    ("xmlns:smpl", "http://www.sna-intl.com/DNA/Sample/NIEM/5.1/2021"),
    ("xmlns:biom", "http://release.niem.gov/niem/domains/biometrics/5.1/"),
    ("xmlns:nc", "http://release.niem.gov/niem/niem-core/5.0/"),
];

/// A file that is being written.
#[derive(Debug)]
pub struct Writer<W> {
    out: Elements<W>,
}

impl<W: Write> Writer<W> {
    /// Opens the transaction.
    ///
    /// # Errors
    /// The output fails.
    pub fn new(out: W) -> io::Result<Self> {
        let mut out = Elements::new(out)?;
        out.open(0, "smpl:DNADataTransaction", &NAMESPACES)?;
        Ok(Self { out })
    }

    /// Writes one record.
    ///
    /// # Errors
    /// The output fails; or, inside, what the format cannot say, before anything is written.
    pub fn record(&mut self, record: &Record) -> io::Result<Result<(), NotInFormat>> {
        let category = match check(record) {
            Ok(category) => category,
            Err(refused) => return Ok(Err(refused)),
        };
        self.out.open(1, "biom:DNARecord", &[])?;
        self.out.field(2, "biom:DNACategoryCode", Some(category))?;
        self.identification("Case ID", record.case.as_ref().map(|case| case.as_str()))?;
        self.identification("DNA Profile ID", Some(record.id.as_str()))?;
        self.identification("Laboratory ORI", Some(record.laboratory.as_str()))?;
        self.out.open(2, "biom:DNAEncoding", &[])?;
        self.out.field(3, "biom:DNATypingTechnologyCode", Some("STR"))?;
        self.source(record.category)?;
        self.out.open(3, "biom:DNASTRData", &[])?;
        if let Some(kit) = &record.provenance.kit {
            self.out.open(4, "biom:DNAKit", &[])?;
            self.out.field(5, "biom:DNAKitName", Some(kit))?;
            self.out.close(4, "biom:DNAKit")?;
        }
        let partial = record.provenance.partial.to_string();
        self.out.field(4, "biom:DNASTRProfilePartialIndicator", Some(&partial))?;
        for typed in record.profile.typed() {
            self.locus(record, typed)?;
        }
        self.out.close(3, "biom:DNASTRData")?;
        self.out.close(2, "biom:DNAEncoding")?;
        self.out.close(1, "biom:DNARecord")?;
        Ok(Ok(()))
    }

    /// Closes the transaction and gives the output back.
    ///
    /// # Errors
    /// The output fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.close(0, "smpl:DNADataTransaction")?;
        self.out.finish()
    }

    fn identification(&mut self, what: &str, id: Option<&str>) -> io::Result<()> {
        let Some(id) = id else { return Ok(()) };
        self.out.open(2, "biom:DNADataIdentification", &[])?;
        self.out.field(3, "nc:IdentificationID", Some(id))?;
        self.out.field(3, "nc:IdentificationCategoryDescriptionText", Some(what))?;
        self.out.close(2, "biom:DNADataIdentification")
    }

    fn source(&mut self, category: Category) -> io::Result<()> {
        let Some((code, is_known)) = source(category) else { return Ok(()) };
        self.out.open(3, "biom:DNASource", &[])?;
        self.out.field(4, "biom:DNASourceCategoryCode", Some(code))?;
        self.out.field(4, "biom:DNASourceKnownIndicator", Some(&is_known.to_string()))?;
        self.out.close(3, "biom:DNASource")
    }

    fn locus(&mut self, record: &Record, typed: &TypedLocus) -> io::Result<()> {
        self.out.open(4, "biom:DNALocus", &[])?;
        self.out.field(5, "biom:DNALocusName", Some(typed.locus.name()))?;
        self.out.field(5, "biom:DNALocusCategoryCode", Some(kind(typed.locus)))?;
        self.out.field(5, "biom:ProcessUTCDate", Some(&utc(record.entered_at)))?;
        self.out.open(5, "biom:DNAAnalysisProcessingEntity", &[])?;
        self.out.open(6, "nc:EntityPerson", &[])?;
        self.out.open(7, "nc:PersonOtherIdentification", &[])?;
        self.out.field(8, "nc:IdentificationID", Some(&record.read_by))?;
        self.out.field(8, "nc:IdentificationCategoryText", Some("User ID"))?;
        self.out.close(7, "nc:PersonOtherIdentification")?;
        self.out.close(6, "nc:EntityPerson")?;
        self.out.close(5, "biom:DNAAnalysisProcessingEntity")?;
        self.out.field(5, "biom:DNALocusQualityStatusCode", Some(quality(record, typed)))?;
        for allele in typed.genotype.alleles() {
            self.allele(*allele, typed.required == Some(*allele))?;
        }
        self.out.close(4, "biom:DNALocus")
    }

    fn allele(&mut self, allele: Allele, is_required: bool) -> io::Result<()> {
        let text = allele.to_string();
        let whole = allele.tenths() / 10;
        let (operator, first, second) = match allele.kind() {
            AlleleKind::Below => ("BelowLowerLimit", text.trim_start_matches('<').to_owned(), None),
            AlleleKind::Above => ("AboveUpperLimit", text.trim_start_matches('>').to_owned(), None),
            AlleleKind::Unsized => ("Range", whole.to_string(), Some((whole + 1).to_string())),
            _ => ("Equal", text, None),
        };
        self.out.open(5, "biom:DNAAllele", &[])?;
        self.out.field(6, "biom:DNAAlleleOperatorCode", Some(operator))?;
        self.out.field(6, "biom:DNAAlleleCall1Text", Some(&first))?;
        self.out.field(6, "biom:DNAAlleleCall2Text", second.as_deref())?;
        let required = is_required.then_some("true");
        self.out.field(6, "biom:DNAAlleleRequiredIndicator", required)?;
        self.out.close(5, "biom:DNAAllele")
    }
}

/// The record's category in the words of the format, if all of it can be said.
fn check(record: &Record) -> Result<&'static str, NotInFormat> {
    let missing = NotInFormat::Category { format: WORD, category: record.category };
    let category = category(record.category).ok_or(missing)?;
    fits("DNA Profile ID", record.id.as_str(), 24)?;
    fits("Laboratory ORI", record.laboratory.as_str(), 255)?;
    fits("User ID", &record.read_by, 255)?;
    may_fit("DNAKitName", record.provenance.kit.as_ref(), 255)?;
    if let Some(case) = &record.case {
        fits("Case ID", case.as_str(), 255)?;
    }
    for typed in record.profile.typed() {
        named("DNAAlleleCall1Text", typed.locus, &typed.genotype)?;
    }
    Ok(category)
}

/// `DNACategoryCode` of a category (D). None for those that the list cannot tell apart.
fn category(category: Category) -> Option<&'static str> {
    use Category as C;
    Some(match category {
        C::Arrestee => "Arrestee",
        C::ConvictedOffender | C::MultiAllelicOffender => "Convicted Offender",
        C::Juvenile => "Juvenile",
        C::Detainee => "Detainee",
        C::Legal => "Legal",
        C::ForensicUnknown | C::ForensicMixture | C::ForensicPartial | C::ForensicTargeted => {
            "Forensic"
        }
        C::MissingPerson | C::DeducedMissingPerson => "Missing Person",
        C::UnidentifiedPerson | C::Deceased => "Unidentified Person",
        C::BiologicalChild
        | C::BiologicalFather
        | C::BiologicalMother
        | C::BiologicalSibling
        | C::MaternalRelative
        | C::PaternalRelative => "Family Relative",
        C::Spouse => "Spouse",
        C::EliminationKnown => "Elimination",
        C::Staff => "Staff",
        C::SuspectKnown => "Suspect",
        C::VictimKnown => "Victim",
        C::Volunteer => "Volunteer",
        C::Population => "Population",
        C::Proficiency => "Training",
        C::Other => "Other",
        C::AllegedFather
        | C::AllegedMother
        | C::CoDuplicate
        | C::DeducedSuspect
        | C::UnreviewedOffender => return None,
    })
}

/// `DNASourceCategoryCode`, and whether the source is known.
fn source(category: Category) -> Option<(&'static str, bool)> {
    Some(match category {
        Category::ForensicUnknown | Category::ForensicTargeted => {
            ("Evidentiary, Single Source", false)
        }
        Category::ForensicMixture => ("Evidentiary, Mixture Source", false),
        Category::ForensicPartial => ("Evidentiary, Unknown Single or Mixture", false),
        _ if category.index().holds_persons() => ("Person", true),
        _ => return None,
    })
}

/// `DNALocusCategoryCode`. What tells sex is neither autosomal nor an STR.
fn kind(locus: Locus) -> &'static str {
    match locus.used_for() {
        LocusUse::Original | LocusUse::Added | LocusUse::Autosomal => "Autosomal",
        LocusUse::YChromosome => "Y-STR",
        LocusUse::Sex => "Other",
    }
}

/// `DNALocusQualityStatusCode`: "Normal" claims that the locus is complete, which one allele of a
/// partial profile does not show (D).
fn quality(record: &Record, typed: &TypedLocus) -> &'static str {
    let alleles = typed.genotype.alleles();
    let is_unsized = alleles.iter().any(|allele| allele.kind() == AlleleKind::Unsized);
    let may_lack_one = record.provenance.partial && alleles.len() == 1;
    if is_unsized || may_lack_one { "Not Definitive" } else { "Normal" }
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

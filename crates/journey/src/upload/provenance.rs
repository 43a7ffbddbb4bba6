//! What the laboratory of evidence tells of a profile besides its alleles: how it must be read, and
//! where it comes from. The words are those of CMF 3.2.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

/// How a profile of evidence must be read, and who read it with what. Nothing told is the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// More may have been there than was seen (PARTIAL): an allele may have dropped out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// Whether the source is identified (SOURCEID).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_identified: Option<SourceIdentified>,
    /// Amplification kit, where one typed all loci (KIT).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kit: Option<String>,
    /// Account of who read it, where one read all loci (READINGBY).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_by: Option<String>,
    /// When the last locus was read, in the laboratory's local time (READINGDATETIME).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_at: Option<DateTime>,
}

/// Whether the source of a specimen is identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SourceIdentified {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// The question does not arise.
    #[serde(rename = "N/A")]
    NotApplicable,
}

impl SourceIdentified {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Yes, Self::No, Self::NotApplicable];

    /// The word of CMF.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "Yes",
            Self::No => "No",
            Self::NotApplicable => "N/A",
        }
    }

    /// Reads the word of CMF.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

impl Provenance {
    /// True where nothing is told.
    pub fn is_silent(&self) -> bool {
        *self == Self::default()
    }
}

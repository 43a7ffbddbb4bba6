//! What a laboratory takes a pair for, and as what an outcome is counted.
//!
//! The names are those believed to be used by the national match software (tag M); which of them
//! fits which pair, and that both sides must agree, is this programme's working rule (D).

use serde::{Deserialize, Serialize};

use crate::actor::Stamp;
use crate::candidate::Kind;
use crate::refusal::{Refusal, RefusalCode};

/// A side of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The laboratory of the first record: of the evidence.
    Evidence,
    /// The laboratory of the other record.
    Record,
}

impl Side {
    /// The word of pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::Record => "record",
        }
    }
}

/// What a side said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// Which side.
    pub side: Side,
    /// What it takes the pair for.
    pub disposition: Disposition,
    /// Why.
    pub why: String,
    /// By whom and when.
    pub stamp: Stamp,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$each:meta])* $variant:ident $word:literal),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$each])* #[serde(rename = $word)] $variant),* }

        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word of pages, files and commands.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// Reads the word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

words! {
    /// What a side takes a pair for.
    Disposition {
        /// Not of one source.
        NoMatch "no_match",
        /// Evidence of two cases, of one unknown source.
        ForensicHit "forensic_hit",
        /// The laboratories knew that the cases belong together.
        BenchworkMatch "benchwork_match",
        /// One stain, or one person, entered twice.
        Duplicate "duplicate",
        /// Two persons with one profile.
        Twin "twin",
        /// Undecided until there are more data.
        WaitingForMoreData "waiting_for_more_data",
    }
}

words! {
    /// As what an outcome is counted.
    Hit {
        /// A person's record solved who left the evidence.
        OffenderHit "offender_hit",
        /// Evidence links two cases, and no person is known.
        ForensicHit "forensic_hit",
        /// The person is already convicted for the case.
        ConvictionMatch "conviction_match",
        /// The link was known from casework.
        BenchworkMatch "benchwork_match",
        /// Useful, and not counted.
        InvestigativeInformation "investigative_information",
    }
}

impl Disposition {
    /// True where it ends the work on a pair.
    pub fn concludes(self) -> bool {
        self != Self::WaitingForMoreData
    }
}

impl Hit {
    /// True for those that the public counter counts: they produced something new.
    pub fn is_hit(self) -> bool {
        matches!(self, Self::OffenderHit | Self::ForensicHit)
    }
}

/// Dispositions that fit a pair.
pub fn fitting(kind: Kind) -> &'static [Disposition] {
    use Disposition::{BenchworkMatch, Duplicate, ForensicHit, NoMatch, Twin, WaitingForMoreData};
    match kind {
        Kind::EvidenceAndPerson => &[WaitingForMoreData],
        Kind::TwoOfEvidence => {
            &[ForensicHit, BenchworkMatch, Duplicate, NoMatch, WaitingForMoreData]
        }
        Kind::TwoPersons => &[Duplicate, Twin, NoMatch, WaitingForMoreData],
    }
}

/// Refuses a disposition that does not fit a pair.
pub(super) fn fits(disposition: Disposition, kind: Kind) -> Result<(), Refusal> {
    if fitting(kind).contains(&disposition) {
        return Ok(());
    }
    let words: Vec<_> = fitting(kind).iter().map(|one| one.word()).collect();
    let found = format!("{} does not fit this pair; {} do", disposition.word(), words.join(", "));
    Err(RefusalCode::DispositionConflict.about(found))
}

/// Refuses a count that does not fit a pair.
pub(super) fn counts(hit: Hit, kind: Kind) -> Result<(), Refusal> {
    if (hit == Hit::ForensicHit) == (kind == Kind::TwoOfEvidence) {
        return Ok(());
    }
    let found = format!("{} does not fit this pair", hit.word());
    Err(RefusalCode::DispositionConflict.about(found))
}

/// What both sides say, where they agree on something that concludes.
pub(super) fn agreed(opinions: &[Opinion]) -> Option<Disposition> {
    match opinions {
        [one, two] if one.disposition == two.disposition && one.disposition.concludes() => {
            Some(one.disposition)
        }
        _ => None,
    }
}

/// True where both sides have spoken and do not agree.
pub(super) fn differ(opinions: &[Opinion]) -> bool {
    matches!(opinions, [one, two] if one.disposition != two.disposition)
}

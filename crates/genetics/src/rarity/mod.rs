//! How rare a profile is: the chance that an unrelated person agrees with it.
//!
//! Formulas: National Research Council, The Evaluation of Forensic DNA Evidence (1996), called NRC
//! II here. Read in module order: [`at_locus`] gives the chance at one locus, [`of_profile`]
//! multiplies over loci and lays populations side by side, [`chance`] counts the candidates that a
//! search finds by chance. `docs/math.md` has each formula with an example worked by hand.
//!
//! Probabilities are kept as logarithms. Deliberately absent: relatives, and any percentage for a
//! pair of profiles.

pub mod at_locus;
pub mod of_profile;
pub mod chance;

pub use at_locus::{Outcomes, inclusion, outcomes, pair_outcome};
pub use chance::{SearchChance, matching_counts};
pub use of_profile::{LeftOut, LocusRarity, Rarity, SideBySide, combined_inclusion, rarity};

use std::fmt;
use std::iter::Sum;

use serde::{Deserialize, Serialize, Serializer};

/// A probability, kept as its natural logarithm.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct LogProb(f64);

impl LogProb {
    /// Probability 1.
    pub const CERTAIN: Self = Self(0.0);

    /// The logarithm of a probability; what lies above 1 by rounding is 1.
    pub fn of(probability: f64) -> Self {
        Self(probability.min(1.0).ln())
    }

    /// A likelihood or a ratio of two from its natural logarithm; it may be above 1.
    pub fn from_ln(ln: f64) -> Self {
        Self(ln)
    }

    /// The natural logarithm.
    pub fn ln(self) -> f64 {
        self.0
    }

    /// The probability; 0 where it is below what a number can hold.
    pub fn probability(self) -> f64 {
        self.0.exp()
    }

    /// N of "one in N".
    pub fn one_in(self) -> f64 {
        (-self.0).exp()
    }
}

/// The probability of independent things together.
impl Sum for LogProb {
    fn sum<I: Iterator<Item = Self>>(factors: I) -> Self {
        Self(factors.map(|factor| factor.0).sum())
    }
}

/// `1 in 23,000`: three digits, as reports write it.
impl fmt::Display for LogProb {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one_in = self.one_in();
        if !one_in.is_finite() {
            return out.write_str("impossible");
        }
        if one_in >= 1e15 {
            return write!(out, "1 in {one_in:.2e}");
        }
        let digits = one_in.log10().floor() as i32;
        let step = 10f64.powi((digits - 2).max(0));
        let rounded = (one_in / step).round() * step;
        if digits < 2 {
            return write!(out, "1 in {}", (one_in * 100.0).round() / 100.0);
        }
        let plain = format!("{rounded:.0}");
        let groups: Vec<String> = plain
            .as_bytes()
            .rchunks(3)
            .rev()
            .map(|group| String::from_utf8_lossy(group).into_owned())
            .collect();
        write!(out, "1 in {}", groups.join(","))
    }
}

impl Serialize for LogProb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.probability())
    }
}

/// How shared ancestry inside a population is allowed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Substructure {
    /// NRC II recommendation 4.1: p^2 + p(1-p)theta for one allele (formula 4.4a), 2pq for two.
    #[serde(rename = "nrc-4.1")]
    Nrc41,
    /// NRC II recommendation 4.2: formulas 4.10a and 4.10b, given that the source of the evidence
    /// is of the same subpopulation.
    #[serde(rename = "nrc-4.10")]
    Nrc410,
}

impl Substructure {
    /// Every way.
    pub const ALL: [Self; 2] = [Self::Nrc41, Self::Nrc410];

    /// The word of commands and files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nrc41 => "nrc-4.1",
            Self::Nrc410 => "nrc-4.10",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// The least frequency that an allele is given, however seldom it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MinimumFrequency {
    /// 5/2N: five times among the 2N alleles typed (NRC II, chapter 5).
    #[serde(rename = "5/2N")]
    FiveOverTwoN,
    /// 1 - 0.05^(1/2N): what is not seen at all once in twenty such samples (Weir 1992).
    #[serde(rename = "weir-1992")]
    Weir1992,
    /// 1/2N: as if it had been seen once.
    #[serde(rename = "1/2N")]
    OneOverTwoN,
    /// No minimum: for arithmetic over a table, never for evidence.
    #[serde(rename = "none")]
    AsSeen,
}

impl MinimumFrequency {
    /// Every rule.
    pub const ALL: [Self; 4] =
        [Self::FiveOverTwoN, Self::Weir1992, Self::OneOverTwoN, Self::AsSeen];

    /// The word of commands and files.
    pub fn word(self) -> &'static str {
        match self {
            Self::FiveOverTwoN => "5/2N",
            Self::Weir1992 => "weir-1992",
            Self::OneOverTwoN => "1/2N",
            Self::AsSeen => "none",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.word() == word)
    }

    /// The least frequency where so many alleles were typed (2N for N people).
    pub fn of(self, alleles_typed: u32) -> f64 {
        let typed = f64::from(alleles_typed);
        match self {
            Self::FiveOverTwoN => (5.0 / typed).min(1.0),
            Self::Weir1992 => 1.0 - 0.05f64.powf(1.0 / typed),
            Self::OneOverTwoN => 1.0 / typed,
            Self::AsSeen => 0.0,
        }
    }
}

/// How rarity is computed; kept with every figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Method {
    /// How shared ancestry is allowed for.
    pub substructure: Substructure,
    /// Theta: the share of it. NRC II: 0.01, for small isolated populations 0.03.
    pub theta: f64,
    /// The least frequency of an allele.
    pub minimum: MinimumFrequency,
}

impl Default for Method {
    /// NRC II recommendation 4.1 with theta 0.01 and at least 5/2N.
    fn default() -> Self {
        Self {
            substructure: Substructure::Nrc41,
            theta: 0.01,
            minimum: MinimumFrequency::FiveOverTwoN,
        }
    }
}

impl Method {
    /// The plain product rule over frequencies as they were seen: theta 0, no minimum.
    pub const PRODUCT_RULE: Self =
        Self { substructure: Substructure::Nrc41, theta: 0.0, minimum: MinimumFrequency::AsSeen };
}

/// `NRC II 4.1, theta 0.01, at least 5/2N`.
impl fmt::Display for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let formula = match self.substructure {
            Substructure::Nrc41 => "4.1",
            Substructure::Nrc410 => "4.10",
        };
        let Self { theta, minimum, .. } = self;
        write!(out, "NRC II {formula}, theta {theta}, least frequency {}", minimum.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_told_as_reports_write_them() {
        let check = |one_in: f64, expected: &str| {
            assert_eq!(LogProb::of(1.0 / one_in).to_string(), expected);
        };
        check(1.0, "1 in 1");
        check(3.456, "1 in 3.46");
        check(23_456.0, "1 in 23,500");
        check(10_000_000.0, "1 in 10,000,000");
        check(5.7e24, "1 in 5.70e24");
        assert_eq!(LogProb::of(0.0).to_string(), "impossible");
    }

    #[test]
    fn minimum_frequencies_of_the_manual() {
        let check = |rule: MinimumFrequency, typed, expected: f64| {
            assert!((rule.of(typed) - expected).abs() < 5e-7, "{rule:?}: {}", rule.of(typed));
        };
        check(MinimumFrequency::FiveOverTwoN, 404, 0.012376);
        check(MinimumFrequency::Weir1992, 404, 0.007388);
        check(MinimumFrequency::OneOverTwoN, 404, 0.002475);
        check(MinimumFrequency::FiveOverTwoN, 4, 1.0);
        for rule in MinimumFrequency::ALL {
            assert_eq!(MinimumFrequency::from_word(rule.word()), Some(rule));
            let json = serde_json::to_string(&rule).unwrap();
            assert_eq!(json, format!("\"{}\"", rule.word()));
        }
        for one in Substructure::ALL {
            assert_eq!(serde_json::to_string(&one).unwrap(), format!("\"{}\"", one.word()));
        }
    }
}

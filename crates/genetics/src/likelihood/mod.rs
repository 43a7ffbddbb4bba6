//! How well a mixture is explained with a person in it: the LRmix model.
//!
//! The likelihood ratio lays two explanations side by side: this person and N - 1 unknown persons,
//! or N unknown persons. It looks at which alleles are seen, not at how high their peaks are, and
//! allows for alleles that dropped out and others that dropped in (Curran, Gill and Bill 2005,
//! Forensic Science International 148, 47-53; Gill, Kirkham and Curran 2007, ibid. 166, 128-138;
//! Haned, Slooten and Gill 2012, FSI: Genetics 6, 762-774). Read in module order: [`at_locus`] sums
//! over what the unknown persons may have, [`of_mixture`] multiplies over loci. `docs/math.md` has
//! the formulas with an example worked by hand.
//!
//! Deliberately absent: peak heights, stutter, a drop-out of its own for each contributor, and
//! relatives.

pub mod at_locus;
pub mod of_mixture;

#[cfg(test)]
mod oracle;

pub use at_locus::{LocusLikelihood, NotCounted};
pub use of_mixture::{LocusRatio, MixtureLikelihood, NoLikelihood, PersonRatio, REPLICATES_MAX};

use std::fmt;
use std::iter::Sum;

use serde::Serialize;

use crate::rarity::MinimumFrequency;

/// How many times better one explanation is than another, kept as its logarithm to base 10.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct LikelihoodRatio(f64);

impl LikelihoodRatio {
    /// Both explanations are as good.
    pub const EVEN: Self = Self(0.0);

    /// The ratio of two probabilities, of which the second is not 0.
    pub fn of(with: f64, without: f64) -> Self {
        Self((with / without).log10())
    }

    /// A ratio from its logarithm to base 10.
    pub fn from_log10(log10: f64) -> Self {
        Self(log10)
    }

    /// Its logarithm to base 10; minus infinity where the first explanation is impossible.
    pub fn log10(self) -> f64 {
        self.0
    }

    /// The lesser of two, which is the one more careful about the person.
    #[must_use]
    pub fn least(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }
}

/// The ratio of independent things together.
impl Sum for LikelihoodRatio {
    fn sum<I: Iterator<Item = Self>>(factors: I) -> Self {
        Self(factors.fold(0.0, |sum, factor| sum + factor.0))
    }
}

/// What is supposed about a mixture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    contributors: u8,
    drop_out: f64,
    drop_in: f64,
    theta: f64,
    minimum: MinimumFrequency,
}

/// Why figures are no model.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NotAModel {
    /// Nobody, or more persons than can be summed over with sense.
    #[error("{0} contributors; give 1 to {max}", max = Model::CONTRIBUTORS_MAX)]
    Contributors(u8),
    /// A probability that is none, or a certainty.
    #[error("{what} {found}; give a number from 0 to below 1")]
    Share {
        /// Of what.
        what: &'static str,
        /// What was given.
        found: f64,
    },
}

impl Model {
    /// Most contributors there can be.
    pub const CONTRIBUTORS_MAX: u8 = 4;

    /// Puts a model together. `drop_out` is the chance that a copy of an allele is not seen,
    /// `drop_in` the chance that an allele of nobody is seen at a locus, `theta` the share of
    /// ancestry that the persons have in common.
    ///
    /// # Errors
    /// No contributor or more than [`CONTRIBUTORS_MAX`](Self::CONTRIBUTORS_MAX); a chance or a
    /// share that is not from 0 to below 1.
    pub fn new(
        contributors: u8,
        drop_out: f64,
        drop_in: f64,
        theta: f64,
        minimum: MinimumFrequency,
    ) -> Result<Self, NotAModel> {
        if !(1..=Self::CONTRIBUTORS_MAX).contains(&contributors) {
            return Err(NotAModel::Contributors(contributors));
        }
        for (what, found) in [("drop-out", drop_out), ("drop-in", drop_in), ("theta", theta)] {
            if !(0.0..1.0).contains(&found) {
                return Err(NotAModel::Share { what, found });
            }
        }
        Ok(Self { contributors, drop_out, drop_in, theta, minimum })
    }

    /// How many persons are in the mixture, with the one in question.
    pub fn contributors(&self) -> u8 {
        self.contributors
    }
}

/// `2 contributors, drop-out 0.1, drop-in 0.05, theta 0.01, least frequency 5/2N`.
impl fmt::Display for Model {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { contributors, drop_out, drop_in, theta, minimum } = self;
        let plural = if *contributors == 1 { "" } else { "s" };
        write!(
            out,
            "{contributors} contributor{plural}, drop-out {drop_out}, drop-in {drop_in}, "
        )?;
        write!(out, "theta {theta}, least frequency {}", minimum.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_checked_and_told() {
        let model = |contributors, drop_out, drop_in, theta| {
            Model::new(contributors, drop_out, drop_in, theta, MinimumFrequency::FiveOverTwoN)
                .map(|model| model.to_string())
                .map_err(|refused| refused.to_string())
        };
        let check = |found: Result<String, String>, expected: Result<&str, &str>| {
            assert_eq!(found.as_deref().map_err(String::as_str), expected);
        };
        check(
            model(2, 0.1, 0.05, 0.01),
            Ok("2 contributors, drop-out 0.1, drop-in 0.05, theta 0.01, least frequency 5/2N"),
        );
        check(model(0, 0.1, 0.0, 0.0), Err("0 contributors; give 1 to 4"));
        check(model(5, 0.1, 0.0, 0.0), Err("5 contributors; give 1 to 4"));
        check(model(1, 1.0, 0.0, 0.0), Err("drop-out 1; give a number from 0 to below 1"));
        check(model(1, 0.0, -0.1, 0.0), Err("drop-in -0.1; give a number from 0 to below 1"));
        check(model(1, 0.0, 0.0, f64::NAN), Err("theta NaN; give a number from 0 to below 1"));
    }

    #[test]
    fn ratios_multiply() {
        let sum: LikelihoodRatio =
            [LikelihoodRatio::of(0.5, 0.05), LikelihoodRatio::of(0.1, 1.0)].into_iter().sum();
        assert!(sum.log10().abs() < 1e-12);
        assert_eq!(LikelihoodRatio::of(0.0, 0.5).log10(), f64::NEG_INFINITY);
        assert_eq!(serde_json::to_string(&LikelihoodRatio::from_log10(2.5)).unwrap(), "2.5");
    }
}

//! The distinct alleles seen at one locus.
//!
//! A homozygote is held once: `9,9` and `9` are the same genotype (CMF wants one 9, and the
//! stringency rules count distinct alleles). Tri-alleles and mixtures are simply more alleles.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::allele::{Allele, AlleleKind};

/// Sorted, distinct alleles of one locus; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<Allele>", into = "Vec<Allele>")]
pub struct Genotype(Vec<Allele>);

/// Alleles that one locus can hold in memory. Indexes accept fewer (CMF: at most 8).
pub const ALLELES_MAX: usize = 32;

/// Why alleles do not form a genotype.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAGenotype {
    /// No allele at all: the locus is simply not typed.
    #[error("no allele; leave the locus out when it was not typed")]
    Empty,
    /// More distinct alleles than can be held.
    #[error("{0} distinct alleles at one locus; at most {ALLELES_MAX} can be held")]
    TooMany(usize),
}

impl Genotype {
    /// Sorts and removes repeats.
    ///
    /// # Errors
    /// None, or more than [`ALLELES_MAX`], distinct alleles.
    pub fn new(alleles: impl IntoIterator<Item = Allele>) -> Result<Self, NotAGenotype> {
        let mut alleles: Vec<Allele> = alleles.into_iter().collect();
        alleles.sort_unstable();
        alleles.dedup();
        match alleles.len() {
            0 => Err(NotAGenotype::Empty),
            count if count > ALLELES_MAX => Err(NotAGenotype::TooMany(count)),
            _ => Ok(Self(alleles)),
        }
    }

    /// The alleles in the field's order.
    pub fn alleles(&self) -> &[Allele] {
        &self.0
    }

    /// True where one distinct allele was seen.
    pub fn is_homozygous(&self) -> bool {
        self.0.len() == 1
    }

    /// True where some peak fitted no ladder rung.
    pub fn has_off_ladder(&self) -> bool {
        self.0.iter().any(|allele| allele.kind() == AlleleKind::OffLadder)
    }
}

impl TryFrom<Vec<Allele>> for Genotype {
    type Error = NotAGenotype;
    fn try_from(alleles: Vec<Allele>) -> Result<Self, NotAGenotype> {
        Self::new(alleles)
    }
}

impl From<Genotype> for Vec<Allele> {
    fn from(genotype: Genotype) -> Self {
        genotype.0
    }
}

impl fmt::Display for Genotype {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, allele) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(out, "{comma}{allele}")?;
        }
        Ok(())
    }
}

impl std::str::FromStr for Genotype {
    type Err = String;

    /// Reads `9,9.3`, the spelling of pages and tests.
    fn from_str(text: &str) -> Result<Self, String> {
        let alleles: Result<Vec<Allele>, _> =
            text.split(',').map(|token| token.parse::<Allele>()).collect();
        Self::new(alleles.map_err(|e| e.to_string())?).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_homozygote_is_held_once() {
        let twice: Genotype = "9,9".parse().unwrap();
        assert_eq!(twice, "9".parse().unwrap());
        assert_eq!(twice.to_string(), "9");
    }

    #[test]
    fn tri_alleles_and_mixtures_fit() {
        let eight: Genotype = "8,9,9.3,10,11,12,13,14".parse().unwrap();
        assert_eq!(eight.alleles().len(), 8);
        assert!("".parse::<Genotype>().is_err());
    }
}

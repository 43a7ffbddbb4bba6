//! How well two genotypes agree: high, moderate, low, or not at all.
//!
//! Rules of domain section 11.1, on sets of distinct alleles:
//! high: the same number of alleles, each with its own partner; moderate: every allele of the
//! genotype with fewer has its own partner in the other; low: at least one allele in common.
//! "Not compared" is not a level: it belongs to the locus (see `compare`).

use serde::{Deserialize, Serialize};

use crate::genotype::Genotype;

/// The level of agreement; a smaller level is a stricter one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Same alleles.
    High,
    /// One genotype is contained in the other.
    Moderate,
    /// Some allele is shared.
    Low,
    /// Nothing agrees.
    Mismatch,
}

impl Level {
    /// The word used in settings, files and pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Moderate => "moderate",
            Self::Low => "low",
            Self::Mismatch => "mismatch",
        }
    }

    /// Reads `high`, `moderate` or `low`; a search cannot ask for a mismatch.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::High, Self::Moderate, Self::Low].into_iter().find(|level| level.word() == word)
    }
}

/// The best level two genotypes reach. Symmetric.
pub fn level(one: &Genotype, other: &Genotype) -> Level {
    let (few, many) = if one.alleles().len() <= other.alleles().len() {
        (one.alleles(), other.alleles())
    } else {
        (other.alleles(), one.alleles())
    };
    let agreements: Vec<u32> = few
        .iter()
        .map(|allele| {
            let agreeing = many.iter().enumerate().filter(|(_, b)| allele.agrees_with(**b));
            agreeing.fold(0, |bits, (place, _)| bits | 1 << place)
        })
        .collect();
    if every_one_has_its_own_partner(&agreements) {
        if few.len() == many.len() { Level::High } else { Level::Moderate }
    } else if agreements.iter().any(|bits| *bits != 0) {
        Level::Low
    } else {
        Level::Mismatch
    }
}

/// Bipartite matching: row r may take any column whose bit is set in `rows[r]`; true where
/// every row gets a column of its own. Exact alleles never compete, but `12.X` and `12.2` may
/// both want the same partner.
fn every_one_has_its_own_partner(rows: &[u32]) -> bool {
    let mut owner = [None; 32];
    (0..rows.len()).all(|row| take(rows, row, &mut 0, &mut owner))
}

fn take(rows: &[u32], row: usize, seen: &mut u32, owner: &mut [Option<usize>; 32]) -> bool {
    let wanted = rows.get(row).copied().unwrap_or(0);
    for column in 0..owner.len() {
        if wanted >> column & 1 == 0 || *seen >> column & 1 == 1 {
            continue;
        }
        *seen |= 1 << column;
        let current = owner.get(column).copied().flatten();
        if current.is_none_or(|rival| take(rows, rival, seen, owner)) {
            if let Some(slot) = owner.get_mut(column) {
                *slot = Some(row);
            }
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allele::Allele;
    use proptest::prelude::*;

    fn check(one: &str, other: &str, expected: Level) {
        let (a, b): (Genotype, Genotype) = (one.parse().unwrap(), other.parse().unwrap());
        assert_eq!(level(&a, &b), expected, "{one} with {other}");
        assert_eq!(level(&b, &a), expected, "{other} with {one}");
    }

    #[test]
    fn levels() {
        check("12,14", "12,14", Level::High);
        check("12,12", "12", Level::High);
        check("12", "12,14", Level::Moderate);
        check("12,14", "12,14,15", Level::Moderate);
        check("12,14", "12,15", Level::Low);
        check("12,14", "13,15", Level::Mismatch);
        check("12,13,14", "13,14,15,16", Level::Low);
        check(">15", "17", Level::High);
        check("12.X,12.2", "12.1,12.2", Level::High);
        check("12.X,12.2", "12.2,13", Level::Low);
        check("OL", "OL", Level::Mismatch);
    }

    /// The definition by trying every injection, as slow and plain as possible.
    fn naive(one: &Genotype, other: &Genotype) -> Level {
        let (few, many) = if one.alleles().len() <= other.alleles().len() {
            (one.alleles(), other.alleles())
        } else {
            (other.alleles(), one.alleles())
        };
        fn inject(few: &[Allele], many: &[Allele]) -> bool {
            let Some((first, rest)) = few.split_first() else {
                return true;
            };
            (0..many.len()).any(|place| {
                let mut left = many.to_vec();
                first.agrees_with(left.remove(place)) && inject(rest, &left)
            })
        }
        match (inject(few, many), few.len() == many.len()) {
            (true, true) => Level::High,
            (true, false) => Level::Moderate,
            _ if few.iter().any(|a| many.iter().any(|b| a.agrees_with(*b))) => Level::Low,
            _ => Level::Mismatch,
        }
    }

    fn genotypes() -> impl Strategy<Value = Genotype> {
        let tokens = ["<9", "9", "9.3", "9.X", "10", "10.1", "10.2", "10.X", "11", ">11", "OL"];
        let tokens = proptest::sample::select(tokens.to_vec());
        proptest::collection::vec(tokens, 1..6).prop_map(|chosen| {
            Genotype::new(chosen.iter().map(|token| token.parse().unwrap())).unwrap()
        })
    }

    proptest! {
        #[test]
        fn equals_the_naive_definition(a in genotypes(), b in genotypes()) {
            prop_assert_eq!(level(&a, &b), naive(&a, &b));
            prop_assert_eq!(level(&a, &b), level(&b, &a));
        }

        #[test]
        fn a_genotype_agrees_with_itself(a in genotypes()) {
            prop_assume!(!a.has_off_ladder());
            prop_assert_eq!(level(&a, &a), Level::High);
        }
    }
}

//! May a profile of this category enter its index? The rules are data, one row a category.
//!
//! The table is `data/acceptance.toml`, each row with its confidence tag. A category without a
//! row is local: it enters no national index. Absent: the rarity gate (one in ten million), the
//! 13-locus rule for old records and expiry, which need frequencies and dates.

use serde::Deserialize;

use crate::category::Category;
use crate::locus::{Locus, LocusSet};
use crate::profile::Profile;

/// The most alleles a CMF record can hold at a locus (CMF 3.2, ALLELE 1..8).
pub const CMF_ALLELES_MAX: usize = 8;

/// One row of the acceptance table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptanceRule {
    /// Categories the row is about.
    pub categories: Vec<Category>,
    /// Panel whose loci are counted.
    pub panel: String,
    /// Loci of the panel that must be present.
    pub loci_min: usize,
    /// Distinct alleles at one locus.
    pub alleles_max: usize,
    /// Loci that may exceed `alleles_max` by one (a genuine tri-allele).
    pub wider_loci_max: usize,
    /// How sure the row is (domain brief, section 0.1).
    pub confidence: String,
}

/// The acceptance table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AcceptanceTable {
    rule: Vec<AcceptanceRule>,
}

/// Why a profile is not accepted. Each is a rule's answer, not an error of the machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAccepted {
    /// The category enters no national index.
    #[error("category '{0}' stays in the laboratory; it enters no national index")]
    Local(Category),
    /// Loci are missing.
    #[error(
        "{present} of the {wanted} loci that '{category}' needs are present; missing: {missing}"
    )]
    LociMissing {
        /// The category.
        category: Category,
        /// Loci of the panel present.
        present: usize,
        /// Loci needed.
        wanted: usize,
        /// Names of the panel's loci that are absent.
        missing: String,
    },
    /// Too many alleles.
    #[error("{found} distinct alleles at {locus}; '{category}' holds at most {limit}")]
    TooManyAlleles {
        /// The category.
        category: Category,
        /// Where.
        locus: Locus,
        /// Distinct alleles found.
        found: usize,
        /// The limit there.
        limit: usize,
    },
    /// An off-ladder allele is in the profile.
    #[error("an off-ladder allele (OL) stands at {0}; a reviewer must name or remove it first")]
    OffLadder(Locus),
}

impl AcceptanceTable {
    /// The table that ships.
    ///
    /// # Errors
    /// The text is not a table; a test holds that the shipped one is.
    pub fn shipped() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("../data/acceptance.toml"))
    }

    /// The row of a category, if it enters a national index.
    pub fn row(&self, category: Category) -> Option<&AcceptanceRule> {
        self.rule.iter().find(|row| row.categories.contains(&category))
    }

    /// Checks a profile against the row of its category.
    ///
    /// # Errors
    /// The first reason why it may not enter, in the order of [`NotAccepted`].
    pub fn check(&self, category: Category, profile: &Profile) -> Result<(), NotAccepted> {
        let row = self.row(category).ok_or(NotAccepted::Local(category))?;
        let panel = LocusSet::named(&row.panel).unwrap_or(LocusSet::EMPTY);
        let present = profile.loci().intersection(panel);
        if present.len() < row.loci_min {
            let missing = panel.difference(present).iter().map(Locus::name);
            return Err(NotAccepted::LociMissing {
                category,
                present: present.len(),
                wanted: row.loci_min,
                missing: missing.collect::<Vec<_>>().join(", "),
            });
        }
        check_alleles(category, profile, row)
    }
}

fn check_alleles(
    category: Category,
    profile: &Profile,
    row: &AcceptanceRule,
) -> Result<(), NotAccepted> {
    let mut wider_left = row.wider_loci_max;
    for typed in profile.typed() {
        if typed.genotype.has_off_ladder() {
            return Err(NotAccepted::OffLadder(typed.locus));
        }
        if !LocusSet::autosomal().contains(typed.locus) {
            continue;
        }
        let found = typed.genotype.alleles().len();
        let is_tri_allele = found == row.alleles_max + 1 && wider_left > 0;
        if found > row.alleles_max && !is_tri_allele {
            let limit = row.alleles_max;
            return Err(NotAccepted::TooManyAlleles { category, locus: typed.locus, found, limit });
        }
        wider_left -= usize::from(is_tri_allele);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controls;

    #[test]
    fn the_shipped_table_reads_and_names_real_panels() {
        let table = AcceptanceTable::shipped().unwrap();
        for row in &table.rule {
            assert!(LocusSet::named(&row.panel).unwrap().len() >= row.loci_min);
            assert!(row.alleles_max <= CMF_ALLELES_MAX);
        }
        assert!(table.row(Category::EliminationKnown).is_none());
    }

    #[test]
    fn a_genuine_tri_allele_is_tolerated_once() {
        let table = AcceptanceTable::shipped().unwrap();
        let control = controls::profile("9948").unwrap();
        assert_eq!(table.check(Category::Detainee, &control), Ok(()));
        let widened = Profile::new(control.typed().iter().cloned().map(|mut typed| {
            if typed.locus == Locus::Fga {
                typed.genotype = "24,25,26".parse().unwrap();
            }
            typed
        }));
        let refused = table.check(Category::Detainee, &widened.unwrap()).unwrap_err();
        assert_eq!(refused.to_string(), "3 distinct alleles at FGA; 'Detainee' holds at most 2");
    }

    #[test]
    fn missing_loci_are_named() {
        let table = AcceptanceTable::shipped().unwrap();
        let control = controls::profile("2800M").unwrap();
        let short =
            Profile::new(control.typed().iter().filter(|t| t.locus != Locus::D1s1656).cloned());
        let refused = table.check(Category::Arrestee, &short.unwrap()).unwrap_err().to_string();
        assert!(refused.ends_with("missing: D1S1656"), "{refused}");
    }

    #[test]
    fn local_categories_never_enter() {
        let table = AcceptanceTable::shipped().unwrap();
        let control = controls::profile("2800M").unwrap();
        for category in [Category::EliminationKnown, Category::Staff, Category::VictimKnown] {
            assert_eq!(table.check(category, &control), Err(NotAccepted::Local(category)));
        }
    }
}

//! May a profile of this category enter its index? The rules are data, one row a category.
//!
//! `data/acceptance.toml` holds all 34 categories in dated editions, each row with its confidence
//! tag. Absent: whose the profile is, and what the law says of taking it.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::category::{Category, Index};
use crate::edition::{Editions, NotEditions};
use crate::frequency::Frequencies;
use crate::locus::{Locus, LocusSet};
use crate::profile::Profile;
use crate::rarity::{LogProb, Method, SideBySide, rarity};
use crate::stringency::{Level, level};

/// The most alleles a CMF record can hold at a locus (CMF 3.2, ALLELE 1..8).
pub const CMF_ALLELES_MAX: usize = 8;

/// The acceptance table: one edition.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct AcceptanceTable {
    category: BTreeMap<Category, AcceptanceRule>,
    /// When a profile is held back because of a known person's.
    known: KnownRule,
}

/// One row of the acceptance table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptanceRule {
    /// The index of the category; local ones enter no national index.
    pub index: Index,
    /// Panel whose loci the laboratory must try.
    #[serde(default)]
    pub attempt: Option<String>,
    /// Loci that must be there.
    #[serde(default)]
    pub required: Option<LociRule>,
    /// Loci that must be there in a record made long ago.
    #[serde(default)]
    pub legacy: Option<LegacyRule>,
    /// Distinct alleles at one autosomal locus.
    pub alleles_max: usize,
    /// Loci that may exceed `alleles_max` by one (a genuine tri-allele).
    #[serde(default)]
    pub tri_alleles_max: usize,
    /// How rare the profile must be.
    #[serde(default)]
    pub rarity: Option<RarityRule>,
    /// After so many days somebody looks whether the record must go; 0 for never.
    #[serde(default)]
    pub expires_after_days: u32,
    /// How sure the row is (domain brief, section 0.1).
    pub confidence: String,
}

/// So many loci of a panel.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LociRule {
    /// The panel.
    pub panel: String,
    /// Loci of it.
    pub loci_min: usize,
}

/// `20 of core20`.
impl fmt::Display for LociRule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} of {}", self.loci_min, self.panel)
    }
}

/// So many loci of a panel, for records made before a day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LegacyRule {
    /// The day.
    pub made_before: Date,
    /// The panel.
    pub panel: String,
    /// Loci of it.
    pub loci_min: usize,
}

/// `13 of core13, before 2017-01-01`.
impl fmt::Display for LegacyRule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} of {}, before {}", self.loci_min, self.panel, self.made_before)
    }
}

/// How rare a profile must be, in the population in which it is most common.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RarityRule {
    /// At which level an unrelated person counts as matching.
    pub stringency: Level,
    /// One in how many.
    pub one_in_min: OneInMin,
}

/// `1 in 10,000,000, moderate`.
impl fmt::Display for RarityRule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.one_in_min {
            OneInMin::Number(count) => write!(out, "{}", LogProb::of(1.0 / count as f64))?,
            OneInMin::IndexSize(_) => out.write_str("1 in all persons of the index")?,
        }
        write!(out, ", {}", self.stringency.word())
    }
}

/// One in so many.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum OneInMin {
    /// A number.
    Number(u64),
    /// As many as the index has persons.
    IndexSize(IndexSize),
}

/// The words `index size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum IndexSize {
    /// As many as the index has persons.
    #[serde(rename = "index size")]
    IndexSize,
}

/// When a profile shows nothing foreign to a known person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KnownRule {
    /// Loci that must be typed on both sides.
    pub compared_min: usize,
    /// Loci that may show a foreign allele.
    pub foreign_max: usize,
}

/// Why a profile is not accepted. Each is a rule's answer, not an error of the machine.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
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
    /// Too many people would match by chance.
    #[error(
        "at {} stringency an unrelated person of '{population}' matches with chance {found}; \
         '{category}' must be as rare as 1 in {wanted}",
        stringency.word()
    )]
    TooCommon {
        /// The category.
        category: Category,
        /// At which level.
        stringency: Level,
        /// The population in which it is most common.
        population: String,
        /// The chance there.
        found: LogProb,
        /// One in how many is wanted.
        wanted: u64,
    },
}

/// The editions that ship.
///
/// # Errors
/// The text is not a table; a test holds that the shipped one is.
pub fn shipped() -> Result<Editions<AcceptanceTable>, NotEditions> {
    Editions::read(include_str!("../data/acceptance.toml"))
}

impl AcceptanceTable {
    /// The row of a category.
    pub fn row(&self, category: Category) -> Option<&AcceptanceRule> {
        self.category.get(&category)
    }

    /// Every row, in the order of categories.
    pub fn rows(&self) -> impl Iterator<Item = (Category, &AcceptanceRule)> {
        self.category.iter().map(|(category, row)| (*category, row))
    }

    /// Checks the loci and alleles of a profile against the row of its category. `made_on` is the
    /// day on which the record was made.
    ///
    /// # Errors
    /// The first reason why it may not enter, in the order of [`NotAccepted`].
    pub fn check(
        &self,
        category: Category,
        profile: &Profile,
        made_on: Date,
    ) -> Result<(), NotAccepted> {
        let local = NotAccepted::Local(category);
        let row = self.row(category).filter(|row| row.index != Index::Local).ok_or(local)?;
        if let Some((panel, loci_min)) = row.loci(made_on) {
            let present = profile.loci().intersection(panel);
            if present.len() < loci_min {
                let missing = panel.difference(present).iter().map(Locus::name);
                return Err(NotAccepted::LociMissing {
                    category,
                    present: present.len(),
                    wanted: loci_min,
                    missing: missing.collect::<Vec<_>>().join(", "),
                });
            }
        }
        check_alleles(category, profile, row)
    }

    /// Checks that a profile is rare enough for its category among so many persons in the index.
    /// The most conservative of the usual populations decides.
    ///
    /// # Errors
    /// [`NotAccepted::TooCommon`].
    pub fn check_rarity(
        &self,
        category: Category,
        profile: &Profile,
        frequencies: &Frequencies,
        persons: u64,
    ) -> Result<(), NotAccepted> {
        let Some(rule) = self.row(category).and_then(|row| row.rarity.as_ref()) else {
            return Ok(());
        };
        let (stringency, loci) = (rule.stringency, LocusSet::autosomal());
        let beside = SideBySide::new(frequencies.usual(), |population| {
            rarity(profile, loci, stringency, population, &Method::default())
        });
        let wanted = match rule.one_in_min {
            OneInMin::Number(wanted) => wanted,
            OneInMin::IndexSize(_) => persons,
        };
        let found = beside.probability();
        if found.one_in() >= wanted as f64 {
            return Ok(());
        }
        let population = beside.most_conservative.unwrap_or_default();
        Err(NotAccepted::TooCommon { category, stringency, population, found, wanted })
    }

    /// True where a profile shows nothing that is foreign to a known person: it may be theirs.
    pub fn is_explained_by(&self, profile: &Profile, known: &Profile) -> bool {
        let common = profile.loci().intersection(known.loci()).intersection(LocusSet::autosomal());
        let foreign = common.iter().filter(|locus| is_foreign(profile, known, *locus)).count();
        common.len() >= self.known.compared_min && foreign <= self.known.foreign_max
    }
}

impl AcceptanceRule {
    /// The panel and how many of its loci a record made on a day must have.
    fn loci(&self, made_on: Date) -> Option<(LocusSet, usize)> {
        let legacy = self.legacy.as_ref().filter(|legacy| made_on < legacy.made_before);
        let (panel, loci_min) = match (legacy, &self.required) {
            (Some(legacy), _) => (&legacy.panel, legacy.loci_min),
            (None, Some(required)) => (&required.panel, required.loci_min),
            (None, None) => return None,
        };
        Some((LocusSet::named(panel).unwrap_or(LocusSet::EMPTY), loci_min))
    }
}

/// True where the profile shows an allele that the known person does not have.
fn is_foreign(profile: &Profile, known: &Profile, locus: Locus) -> bool {
    let (Some(shown), Some(theirs)) = (profile.at(locus), known.at(locus)) else {
        return false;
    };
    let (shown, theirs) = (&shown.genotype, &theirs.genotype);
    shown.alleles().len() > theirs.alleles().len() || level(shown, theirs) > Level::Moderate
}

fn check_alleles(
    category: Category,
    profile: &Profile,
    row: &AcceptanceRule,
) -> Result<(), NotAccepted> {
    let mut wider_left = row.tri_alleles_max;
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
    use jiff::civil::date;

    fn table() -> AcceptanceTable {
        shipped().unwrap().all()[0].table.clone()
    }

    const TODAY: Date = date(2020, 5, 1);

    #[test]
    fn every_category_has_its_row() {
        let table = table();
        for category in Category::ALL {
            let row = table.row(*category).unwrap();
            assert_eq!(row.index, category.index(), "{category}");
            assert!(row.alleles_max <= CMF_ALLELES_MAX);
            assert!(["S", "M+", "M", "M?", "D"].contains(&row.confidence.as_str()));
            let legacy = row.legacy.as_ref().map(|it| (&it.panel, it.loci_min));
            let required = row.required.as_ref().map(|it| (&it.panel, it.loci_min));
            for (panel, loci_min) in legacy.into_iter().chain(required) {
                assert!(LocusSet::named(panel).unwrap().len() >= loci_min, "{category}");
            }
            let attempted = row.attempt.as_ref().is_none_or(|it| LocusSet::named(it).is_some());
            assert!(attempted, "{category}");
            assert_eq!(row.rarity.is_some(), category.index().holds_evidence(), "{category}");
        }
        assert_eq!(table.rows().count(), Category::ALL.len());
    }

    fn without(control: &Profile, locus: Locus) -> Profile {
        Profile::new(control.typed().iter().filter(|it| it.locus != locus).cloned()).unwrap()
    }

    fn with(control: &Profile, locus: Locus, alleles: &str) -> Profile {
        let changed = control.typed().iter().cloned().map(|mut typed| {
            if typed.locus == locus {
                typed.genotype = alleles.parse().unwrap();
            }
            typed
        });
        Profile::new(changed).unwrap()
    }

    fn kept(control: &Profile, loci: LocusSet) -> Profile {
        Profile::new(control.typed().iter().filter(|it| loci.contains(it.locus)).cloned()).unwrap()
    }

    #[test]
    fn a_genuine_tri_allele_is_tolerated_once() {
        let control = controls::profile("9948").unwrap();
        assert_eq!(table().check(Category::Detainee, &control, TODAY), Ok(()));
        let widened = with(&control, Locus::Fga, "24,25,26");
        let refused = table().check(Category::Detainee, &widened, TODAY).unwrap_err();
        assert_eq!(refused.to_string(), "3 distinct alleles at FGA; 'Detainee' holds at most 2");
        assert_eq!(table().check(Category::MultiAllelicOffender, &widened, TODAY), Ok(()));
    }

    #[test]
    fn missing_loci_are_named() {
        let control = controls::profile("2800M").unwrap();
        let short = without(&control, Locus::D1s1656);
        let refused = table().check(Category::Arrestee, &short, TODAY).unwrap_err().to_string();
        assert!(refused.ends_with("missing: D1S1656"), "{refused}");
    }

    #[test]
    fn a_record_made_before_2017_may_hold_the_original_13() {
        let old = kept(&controls::profile("2800M").unwrap(), LocusSet::core13());
        let check = |made_on| table().check(Category::ConvictedOffender, &old, made_on);
        assert_eq!(check(date(2016, 12, 31)), Ok(()));
        assert!(matches!(check(date(2017, 1, 1)), Err(NotAccepted::LociMissing { .. })));
        let shorter = without(&old, Locus::Fga);
        let refused = table().check(Category::Arrestee, &shorter, date(2016, 1, 1)).unwrap_err();
        assert!(refused.to_string().starts_with("12 of the 13 loci"), "{refused}");
    }

    #[test]
    fn local_categories_never_enter() {
        let control = controls::profile("2800M").unwrap();
        for category in [Category::EliminationKnown, Category::Staff, Category::VictimKnown] {
            let refused = table().check(category, &control, TODAY);
            assert_eq!(refused, Err(NotAccepted::Local(category)));
        }
    }

    #[test]
    fn evidence_must_be_rare() {
        let (table, frequencies) = (table(), Frequencies::shipped());
        let control = controls::profile("9947A").unwrap();
        let check = |category, loci: LocusSet, persons| {
            table.check_rarity(category, &kept(&control, loci), &frequencies, persons)
        };
        let six: LocusSet = LocusSet::core13().iter().take(6).collect();
        let eight: LocusSet = LocusSet::core13().iter().take(8).collect();
        let refused = check(Category::ForensicUnknown, six, 0).unwrap_err().to_string();
        assert!(refused.contains("'Forensic, Unknown' must be as rare as 1 in 10000000"));
        assert_eq!(check(Category::ForensicUnknown, eight, 0), Ok(()));
        assert_eq!(check(Category::ForensicPartial, eight, 100), Ok(()));
        let refused = check(Category::ForensicPartial, eight, 24_600_000).unwrap_err();
        assert!(refused.to_string().starts_with("at moderate stringency"), "{refused}");
        assert_eq!(check(Category::Detainee, six, 24_600_000), Ok(()), "persons have no such gate");
    }

    #[test]
    fn a_profile_without_anything_foreign_is_explained() {
        let table = table();
        let known = controls::profile("2800M").unwrap();
        let nine: LocusSet = LocusSet::core13().iter().take(9).collect();
        assert!(table.is_explained_by(&known, &known));
        assert!(table.is_explained_by(&kept(&known, nine), &known));
        assert!(!table.is_explained_by(&kept(&known, nine), &controls::profile("9948").unwrap()));
        let dropped = with(&known, Locus::D21s11, "29");
        assert!(table.is_explained_by(&dropped, &known), "an allele that dropped out");
        let mixture = with(&known, Locus::D21s11, "28,29,31.2");
        assert!(!table.is_explained_by(&mixture, &known), "somebody else is in it");
        let seven: LocusSet = LocusSet::core13().iter().take(7).collect();
        assert!(!table.is_explained_by(&kept(&known, seven), &known), "too few loci to say");
    }
}

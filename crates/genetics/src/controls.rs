//! The standard positive controls: what they must give, and how to recognise one.
//!
//! Figures: NCBI OSIRIS, StandardPositiveControls.xml (public domain). A run whose control gives
//! another genotype is void; a submitted sample that equals a control is contaminated.

use crate::compare::{SearchRule, compare};
use crate::genotype::Genotype;
use crate::locus::{Locus, LocusSet};
use crate::profile::Profile;
use crate::stringency::Level;

const TABLE: &str = include_str!("../data/controls.txt");

/// Names of the controls in the table.
pub fn names() -> impl Iterator<Item = &'static str> {
    header().into_iter().skip(1)
}

/// The genotypes of a control; `None` for a stranger.
pub fn profile(name: &str) -> Option<Profile> {
    let column = header().iter().position(|title| *title == name).filter(|place| *place > 0)?;
    let typed = rows().filter_map(|row| {
        let locus = Locus::from_name(row.first()?)?;
        let genotype: Genotype = row.get(column)?.parse().ok()?;
        Some((locus, genotype))
    });
    Profile::from_genotypes(typed).ok()
}

/// The control that a profile equals at every locus typed in both, if at least eight are.
pub fn recognise(profile_seen: &Profile) -> Option<&'static str> {
    let rule = SearchRule {
        stringency: Level::High,
        stringency_by_locus: Vec::new(),
        loci: LocusSet::autosomal(),
        matching_min: 8,
        mismatches_max: 0,
    };
    names().find(|name| {
        profile(name)
            .is_some_and(|control| compare(profile_seen, &control, &rule).is_candidate(&rule))
    })
}

fn lines() -> impl Iterator<Item = Vec<&'static str>> {
    TABLE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_whitespace().collect())
}

fn header() -> Vec<&'static str> {
    lines().next().unwrap_or_default()
}

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    lines().skip(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_of_the_table() {
        let names: Vec<_> = names().collect();
        assert_eq!(names, ["2800M", "DNA007", "9947A", "9948"]);
        let check = |control: &str, locus: Locus, expected: &str| {
            let seen = profile(control).unwrap().at(locus).map(|typed| typed.genotype.to_string());
            assert_eq!(seen.as_deref(), Some(expected), "{control} {locus}");
        };
        check("2800M", Locus::D21s11, "29,31.2");
        check("2800M", Locus::Csf1po, "12");
        check("9948", Locus::Csf1po, "10,11,12");
        check("9947A", Locus::Amelogenin, "X");
        check("9947A", Locus::D1s1656, "18.3");
        check("DNA007", Locus::PentaD, "11,12");
        assert!(profile("DNA007").unwrap().at(Locus::PentaE).is_none());
        assert_eq!(profile("locus"), None);
        for name in names {
            assert_eq!(profile(name).unwrap().loci().intersection(LocusSet::core20()).len(), 20);
        }
    }

    #[test]
    fn a_control_is_recognised_and_a_near_miss_is_not() {
        let control = profile("9948").unwrap();
        assert_eq!(recognise(&control), Some("9948"));
        let changed = Profile::new(control.typed().iter().cloned().map(|mut typed| {
            if typed.locus == Locus::Th01 {
                typed.genotype = "6,9".parse().unwrap();
            }
            typed
        }));
        assert_eq!(recognise(&changed.unwrap()), None);
    }
}

//! Whether the persons of whom evidence was made are among its candidates.
//!
//! Alleles and loci get lost and are misread, so that not everybody can be found. Told apart are:
//! who would be a candidate had nothing been lost or misread at the loci entered, who is one as the
//! profiles stand (by `genetics::compare`, row by row), and who was found. The last two must be
//! equal. A person's own profile is taken as it was typed, also where it was typed a second time
//! with differences.

use genetics::{Profile, SearchRule, compare};
use rayon::prelude::*;
use search::Found;
use serde::Serialize;
use world::{Contributor, Nation, Stain};

use super::batches::Answers;
use super::nation::Class;

/// Planted persons of one class of evidence.
#[derive(Debug, Default, Serialize)]
pub(super) struct Planted {
    class: &'static str,
    planted: u64,
    /// Would be candidates without loss and error.
    expected_without_error: u64,
    /// Are candidates as the profiles stand.
    candidates_by_rule: u64,
    found: u64,
    /// Found, of those expected without error.
    recall: Option<f64>,
    /// Found, of those that the rule makes candidates; 1 in a search that is exact.
    recall_by_rule: Option<f64>,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    planted: u64,
    expected: u64,
    by_rule: u64,
    found: u64,
}

impl Counts {
    fn plus(self, other: Self) -> Self {
        Self {
            planted: self.planted + other.planted,
            expected: self.expected + other.expected,
            by_rule: self.by_rule + other.by_rule,
            found: self.found + other.found,
        }
    }
}

/// Counts the planted persons class by class.
pub(super) fn count(nation: &Nation, rule: &SearchRule, answers: &Answers) -> Vec<Planted> {
    let none = || vec![Counts::default(); Class::ALL.len()];
    let counts = answers.par_iter().fold(none, |mut counts, (key, found)| {
        let stain = nation.evidence(key.0);
        let place = Class::ALL.iter().position(|class| *class == Class::of(&stain)).unwrap_or(0);
        if let Some(own) = counts.get_mut(place) {
            *own = own.plus(of_stain(nation, rule, key.0, &stain, found));
        }
        counts
    });
    let counts = counts.reduce(none, |one, other| {
        one.into_iter().zip(other).map(|(one, other)| one.plus(other)).collect()
    });
    Class::ALL.iter().zip(counts).map(|(class, counts)| planted(*class, counts)).collect()
}

fn planted(class: Class, counts: Counts) -> Planted {
    let share = |of: u64| (of > 0).then(|| counts.found as f64 / of as f64);
    Planted {
        class: class.name(),
        planted: counts.planted,
        expected_without_error: counts.expected,
        candidates_by_rule: counts.by_rule,
        found: counts.found,
        recall: share(counts.expected),
        recall_by_rule: share(counts.by_rule),
    }
}

fn of_stain(
    nation: &Nation,
    rule: &SearchRule,
    number: u64,
    stain: &Stain,
    found: &[Found],
) -> Counts {
    let mut counts = Counts::default();
    for contributor in &stain.contributors {
        let Contributor::Person(person) = contributor else {
            continue;
        };
        let profile = nation.person(*person);
        let whole = at_loci_of(&nation.complete_evidence(number), &stain.profile);
        let candidate = |evidence| compare(evidence, &profile, rule).is_candidate(rule);
        counts.planted += 1;
        counts.expected += u64::from(candidate(&whole));
        counts.by_rule += u64::from(candidate(&stain.profile));
        counts.found += u64::from(found.iter().any(|found| found.key.0 == *person));
    }
    counts
}

/// A profile at the loci of another.
fn at_loci_of(profile: &Profile, other: &Profile) -> Profile {
    let loci = other.loci();
    let kept = profile.typed().iter().filter(|typed| loci.contains(typed.locus));
    // Loci of a profile stand once, and no allele is required of what was drawn.
    Profile::from_genotypes(kept.map(|typed| (typed.locus, typed.genotype.clone())))
        .unwrap_or_default()
}

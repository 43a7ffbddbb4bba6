//! Two profiles side by side, locus by locus, under a search rule.
//!
//! The result keeps every locus with its own outcome, so that a candidate can be explained; the
//! profile has no single percentage. A locus missing in either profile is "not compared": neither
//! a match nor a mismatch. Absent: speed. The engines of `search` answer to this definition.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::genotype::Genotype;
use crate::locus::{Locus, LocusSet};
use crate::profile::{Profile, TypedLocus};
use crate::stringency::{Level, level};

/// When two profiles are a candidate pair. A value that is kept with each result of a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchRule {
    /// The loosest level at which a locus counts as matching.
    pub stringency: Level,
    /// Loci with a level of their own.
    pub stringency_by_locus: Vec<(Locus, Level)>,
    /// Loci that are looked at; all others are ignored.
    pub loci: LocusSet,
    /// Loci that must match at least.
    pub matching_min: u8,
    /// Loci that may differ at most.
    pub mismatches_max: u8,
}

impl SearchRule {
    /// The level asked for at a locus.
    pub fn stringency_at(&self, locus: Locus) -> Level {
        let own = self.stringency_by_locus.iter().find(|entry| entry.0 == locus);
        own.map_or(self.stringency, |entry| entry.1)
    }
}

/// `moderate stringency at 20 loci, at least 8 matching, at most 1 different`, and where a locus
/// has a level of its own, that.
impl fmt::Display for SearchRule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (level, loci) = (self.stringency.word(), self.loci.len());
        write!(out, "{level} stringency at {loci} loci")?;
        for (locus, level) in &self.stringency_by_locus {
            write!(out, ", {} at {locus}", level.word())?;
        }
        let (matching, different) = (self.matching_min, self.mismatches_max);
        write!(out, ", at least {matching} matching, at most {different} different")
    }
}

impl Default for SearchRule {
    /// Moderate at the 20 core loci, at least 8 matching, at most one different.
    /// National settings are not public: these are this programme's own defaults (tag D).
    fn default() -> Self {
        Self {
            stringency: Level::Moderate,
            stringency_by_locus: Vec::new(),
            loci: LocusSet::core20(),
            matching_min: 8,
            mismatches_max: 1,
        }
    }
}

/// What happened at one locus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocusOutcome {
    /// Missing in one of the two profiles.
    NotCompared,
    /// Reached this level, which satisfies the rule.
    Match(Level),
    /// Reached only this level, which does not satisfy the rule.
    Mismatch(Level),
    /// A required allele is absent from the other profile.
    RequiredAlleleAbsent,
}

/// One locus of a comparison, with what stood on each side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedLocus {
    /// Where.
    pub locus: Locus,
    /// The query's alleles, if typed.
    pub query: Option<Genotype>,
    /// The target's alleles, if typed.
    pub target: Option<Genotype>,
    /// The outcome.
    pub outcome: LocusOutcome,
}

/// Two profiles laid side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// One entry for each locus of the rule that either profile has.
    pub loci: Vec<ComparedLocus>,
}

impl Comparison {
    /// Loci typed on both sides.
    pub fn compared(&self) -> usize {
        self.count(|outcome| outcome != LocusOutcome::NotCompared)
    }

    /// Loci that satisfy the rule's stringency.
    pub fn matching(&self) -> usize {
        self.count(|outcome| matches!(outcome, LocusOutcome::Match(_)))
    }

    /// Loci that were compared and do not satisfy it.
    pub fn mismatching(&self) -> usize {
        self.compared() - self.matching()
    }

    /// The loosest level among the matching loci; `None` where none matches.
    pub fn loosest(&self) -> Option<Level> {
        let levels = self.loci.iter().filter_map(|entry| match entry.outcome {
            LocusOutcome::Match(level) => Some(level),
            _ => None,
        });
        levels.max()
    }

    /// True where the pair is a candidate under the rule's counts. A required allele that is
    /// absent excludes at any stringency (CMF 3.2: required to be present for a match).
    pub fn is_candidate(&self, rule: &SearchRule) -> bool {
        self.matching() >= usize::from(rule.matching_min)
            && self.mismatching() <= usize::from(rule.mismatches_max)
            && self.count(|outcome| outcome == LocusOutcome::RequiredAlleleAbsent) == 0
    }

    fn count(&self, wanted: impl Fn(LocusOutcome) -> bool) -> usize {
        self.loci.iter().filter(|entry| wanted(entry.outcome)).count()
    }
}

/// Lays two profiles side by side at the loci of the rule. Symmetric in counts and outcomes.
pub fn compare(query: &Profile, target: &Profile, rule: &SearchRule) -> Comparison {
    let sides = |locus| (locus, query.at(locus), target.at(locus));
    let loci = rule.loci.iter().map(sides).filter(|(_, a, b)| a.is_some() || b.is_some());
    let loci = loci.map(|(locus, query, target)| ComparedLocus {
        locus,
        query: query.map(|typed| typed.genotype.clone()),
        target: target.map(|typed| typed.genotype.clone()),
        outcome: match (query, target) {
            (Some(query), Some(target)) => outcome(query, target, rule.stringency_at(locus)),
            _ => LocusOutcome::NotCompared,
        },
    });
    Comparison { loci: loci.collect() }
}

fn outcome(query: &TypedLocus, target: &TypedLocus, wanted: Level) -> LocusOutcome {
    let absent = |from: &TypedLocus, to: &TypedLocus| {
        from.required.is_some_and(|required| {
            !to.genotype.alleles().iter().any(|allele| required.agrees_with(*allele))
        })
    };
    if absent(query, target) || absent(target, query) {
        return LocusOutcome::RequiredAlleleAbsent;
    }
    let reached = level(&query.genotype, &target.genotype);
    if reached <= wanted { LocusOutcome::Match(reached) } else { LocusOutcome::Mismatch(reached) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(text: &str) -> Profile {
        Profile::from_genotypes(text.split_whitespace().map(|entry| {
            let (locus, alleles) = entry.split_once('=').unwrap();
            (Locus::from_name(locus).unwrap(), alleles.parse().unwrap())
        }))
        .unwrap()
    }

    /// The FBI's own illustration of a partial match (FAQ Q28, as quoted; the quote prints
    /// D7S820 twice, the second stands here as CSF1PO). Thirteen of thirteen loci match at
    /// moderate stringency, and the person is nevertheless excluded: a candidate is not a hit.
    const FORENSIC: &str = "D8S1179=13 D21S11=28,31.2 D7S820=12 CSF1PO=10,12 D3S1358=15,17 TH01=8 \
        D13S317=9,12 D16S539=11,12 vWA=17 TPOX=8,11 D18S51=24 D5S818=9,12 FGA=24,25";
    const CANDIDATE: &str = "D8S1179=13,14 D21S11=28,31.2 D7S820=10,12 CSF1PO=10 D3S1358=15,17 \
        TH01=7,8 D13S317=9 D16S539=12 vWA=15,17 TPOX=8 D18S51=16,24 D5S818=12 FGA=24,25";

    #[test]
    fn partial_match_illustration() {
        let rule = SearchRule { loci: LocusSet::core13(), ..SearchRule::default() };
        let seen = compare(&profile(FORENSIC), &profile(CANDIDATE), &rule);
        assert_eq!((seen.compared(), seen.matching(), seen.mismatching()), (13, 13, 0));
        let high: Vec<_> = seen
            .loci
            .iter()
            .filter(|entry| entry.outcome == LocusOutcome::Match(Level::High))
            .map(|entry| entry.locus.name())
            .collect();
        assert_eq!(high, ["FGA", "D3S1358", "D21S11"]);
        assert_eq!(seen.loosest(), Some(Level::Moderate));
        let strict = SearchRule { stringency: Level::High, ..rule };
        let seen = compare(&profile(FORENSIC), &profile(CANDIDATE), &strict);
        assert_eq!((seen.matching(), seen.mismatching()), (3, 10));
        assert!(!seen.is_candidate(&strict));
    }

    #[test]
    fn a_missing_locus_is_neither_match_nor_mismatch() {
        let rule = SearchRule { matching_min: 1, mismatches_max: 0, ..SearchRule::default() };
        let seen = compare(&profile("FGA=24 TH01=6"), &profile("FGA=24 vWA=17"), &rule);
        assert_eq!((seen.loci.len(), seen.compared(), seen.matching()), (3, 1, 1));
        assert!(seen.is_candidate(&rule));
    }

    #[test]
    fn sex_markers_never_decide() {
        let rule = SearchRule { matching_min: 1, mismatches_max: 0, ..SearchRule::default() };
        let seen = compare(&profile("AMEL=X FGA=24"), &profile("AMEL=X,Y FGA=24"), &rule);
        assert_eq!(seen.compared(), 1);
    }

    #[test]
    fn a_required_allele_excludes_at_any_stringency() {
        let mut forensic = profile("FGA=24,25");
        forensic = Profile::new(forensic.typed().iter().cloned().map(|mut typed| {
            typed.required = Some("25".parse().unwrap());
            typed
        }))
        .unwrap();
        let rule = SearchRule {
            matching_min: 0,
            mismatches_max: 3,
            stringency: Level::Low,
            ..SearchRule::default()
        };
        assert!(compare(&forensic, &profile("FGA=25"), &rule).is_candidate(&rule));
        assert!(!compare(&forensic, &profile("FGA=24"), &rule).is_candidate(&rule));
        assert!(!compare(&profile("FGA=24"), &forensic, &rule).is_candidate(&rule));
    }

    #[test]
    fn a_rule_is_kept_and_told() {
        let rule = SearchRule {
            stringency_by_locus: vec![(Locus::Fga, Level::High)],
            ..SearchRule::default()
        };
        let kept = serde_json::to_string(&rule).unwrap();
        assert_eq!(serde_json::from_str::<SearchRule>(&kept).unwrap(), rule);
        assert_eq!(
            rule.to_string(),
            "moderate stringency at 20 loci, high at FGA, at least 8 matching, at most 1 different"
        );
    }

    #[test]
    fn a_locus_may_have_its_own_level() {
        let rule = SearchRule {
            stringency_by_locus: vec![(Locus::Fga, Level::High)],
            matching_min: 0,
            ..SearchRule::default()
        };
        let seen = compare(&profile("FGA=24 TH01=6"), &profile("FGA=24,25 TH01=6,7"), &rule);
        assert_eq!(seen.loci[0].outcome, LocusOutcome::Mismatch(Level::Moderate));
        assert_eq!(seen.loci[1].outcome, LocusOutcome::Match(Level::Moderate));
    }
}

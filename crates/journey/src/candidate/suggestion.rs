//! What the comparison suggests, with its evidence. A person decides; nothing follows by itself.

use genetics::compare::ComparedLocus;
use genetics::{Category, Comparison, Genotype, Index, Level, LocusOutcome};
use serde::Serialize;

use crate::candidate::Kind;

/// Loci that must be compared before a pair can look like one source throughout (D).
const LOCI_MIN: usize = 13;

/// Candidates by chance from which on a pair is called weak (D).
const CHANCE_MAX: f64 = 0.1;

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Ask the database laboratory to confirm.
    RequestConfirmation,
    /// Exclude it.
    Exclude,
    /// Say that the pair is of one source.
    OneSource,
    /// Get more data first: type again, more loci, another chemistry.
    GetMoreData,
}

/// A step with the reasons for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suggestion {
    /// What to do.
    pub step: Step,
    /// What speaks for it, and what to look at, a sentence each.
    pub reasons: Vec<String>,
}

/// Suggests a step. `chance` is how many unrelated records the search is expected to find besides.
pub fn suggest(kind: Kind, evidence: Category, comparison: &Comparison, chance: f64) -> Suggestion {
    let mut reasons = Vec::new();
    let named = |wanted: fn(LocusOutcome) -> bool| -> Vec<&str> {
        let fitting = comparison.loci.iter().filter(|entry| wanted(entry.outcome));
        fitting.map(|entry| entry.locus.name()).collect()
    };
    let differs = named(|outcome| {
        matches!(outcome, LocusOutcome::Mismatch(_) | LocusOutcome::RequiredAlleleAbsent)
    });
    let looser =
        named(|outcome| matches!(outcome, LocusOutcome::Match(level) if level != Level::High));
    let compared = comparison.compared();
    let of_one_source = match kind {
        Kind::EvidenceAndPerson => Step::RequestConfirmation,
        Kind::TwoOfEvidence | Kind::TwoPersons => Step::OneSource,
    };
    let step = if !differs.is_empty() {
        reasons.push(format!(
            "{} differ: a relative, a typing error, or an allele that one chemistry does not show",
            differs.join(", ")
        ));
        Step::GetMoreData
    } else if looser.is_empty() {
        reasons.push(format!("all {compared} loci compared show the same alleles"));
        if compared >= LOCI_MIN { of_one_source } else { Step::GetMoreData }
    } else if evidence.index().is_single_source() {
        reasons.push(format!(
            "both profiles are complete and of one source each, and {} of them show other \
             alleles: {}; nobody has 13 and also 13,14",
            looser.len(),
            looser.join(", ")
        ));
        Step::Exclude
    } else {
        let loose = looser.join(", ");
        reasons.push(format!("the alleles are not all the same at {loose}"));
        let foreign = foreign(comparison);
        if evidence.index() == Index::ForensicMixture {
            reasons.push("a mixture shows alleles of others, and may hide some".to_owned());
        } else if foreign.is_empty() {
            reasons.push("alleles of the record may have dropped out of the evidence".to_owned());
        } else {
            let foreign = foreign.join(", ");
            let reason = "the evidence shows alleles that the record lacks, which no drop-out \
                          explains, at";
            reasons.push(format!("{reason} {foreign}"));
        }
        let explained = evidence.index() == Index::ForensicMixture || foreign.is_empty();
        if compared >= LOCI_MIN && explained { of_one_source } else { Step::GetMoreData }
    };
    if compared < LOCI_MIN {
        reasons.push(format!("{compared} loci were compared, fewer than {LOCI_MIN}"));
    }
    if chance >= CHANCE_MAX {
        reasons.push(format!("the search is expected to find {chance:.1} unrelated records"));
    }
    if kind == Kind::TwoPersons {
        reasons.push("one person sampled twice, or twins: the prints tell".to_owned());
    }
    let step = if chance >= CHANCE_MAX && step == of_one_source { Step::GetMoreData } else { step };
    Suggestion { step, reasons }
}

/// Loci at which the evidence, which is the query, shows more than the record.
fn foreign(comparison: &Comparison) -> Vec<&'static str> {
    let count = |side: &Option<Genotype>| side.as_ref().map_or(0, |it| it.alleles().len());
    let matching = |entry: &&ComparedLocus| matches!(entry.outcome, LocusOutcome::Match(_));
    let more = comparison.loci.iter().filter(matching);
    let more = more.filter(|entry| count(&entry.query) > count(&entry.target));
    more.map(|entry| entry.locus.name()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use genetics::{Profile, SearchRule, compare, controls};

    fn with(profile: &Profile, locus: &str, alleles: &str) -> Profile {
        let changed = profile.typed().iter().cloned().map(|mut typed| {
            if typed.locus.name() == locus {
                typed.genotype = alleles.parse().unwrap();
            }
            typed
        });
        Profile::new(changed).unwrap()
    }

    fn check(category: Category, evidence: &Profile, chance: f64, expected: Step, reason: &str) {
        let person = controls::profile("2800M").unwrap();
        let comparison = compare(evidence, &person, &SearchRule::default());
        let found = suggest(Kind::EvidenceAndPerson, category, &comparison, chance);
        assert_eq!(found.step, expected, "{found:?}");
        assert!(found.reasons.iter().any(|it| it.contains(reason)), "{found:?}");
    }

    #[test]
    fn each_step_has_its_reason() {
        use Category::{ForensicMixture, ForensicPartial, ForensicUnknown};
        let same = controls::profile("2800M").unwrap();
        check(ForensicUnknown, &same, 1e-9, Step::RequestConfirmation, "all 20 loci");
        let less = with(&same, "D21S11", "29");
        check(ForensicUnknown, &less, 1e-9, Step::Exclude, "nobody has 13 and also 13,14");
        check(ForensicMixture, &less, 1e-9, Step::RequestConfirmation, "alleles of others");
        check(ForensicPartial, &less, 1e-9, Step::RequestConfirmation, "may have dropped out");
        let more = with(&same, "D21S11", "29,30,31.2");
        check(ForensicPartial, &more, 1e-9, Step::GetMoreData, "no drop-out explains, at D21S11");
        check(ForensicMixture, &more, 1e-9, Step::RequestConfirmation, "alleles of others");
        check(ForensicMixture, &less, 2.5, Step::GetMoreData, "2.5 unrelated records");
        let other = with(&same, "D21S11", "28");
        check(ForensicUnknown, &other, 1e-9, Step::GetMoreData, "D21S11 differ");
        let few = Profile::new(same.typed().iter().take(9).cloned()).unwrap();
        check(ForensicUnknown, &few, 1e-9, Step::GetMoreData, "fewer than 13");
    }
}

//! Candidates by chance: how many unrelated records a search must be expected to find.

use crate::compare::SearchRule;
use crate::frequency::Population;
use crate::locus::LocusSet;
use crate::profile::Profile;
use crate::rarity::{Method, Outcomes, at_locus};

/// The chance that an unrelated record is a candidate of some evidence under a search rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SearchChance {
    /// Loci that the rule compares: typed in the evidence and in the record.
    pub compared: usize,
    /// The chance for one record.
    pub of_one: f64,
}

impl SearchChance {
    /// For records typed at the loci `typed`, all of people with one or two alleles a locus.
    ///
    /// A locus without frequencies counts as matching, which makes the chance larger.
    pub fn new(
        evidence: &Profile,
        typed: LocusSet,
        rule: &SearchRule,
        population: &Population,
        method: &Method,
    ) -> Self {
        let looked_at = rule.loci.intersection(typed);
        let compared = evidence.typed().iter().filter(|typed| looked_at.contains(typed.locus));
        let outcomes: Vec<Outcomes> = compared
            .map(|typed| {
                let wanted = rule.stringency_at(typed.locus);
                let at = population.at(typed.locus);
                let chances = at.and_then(|at| at_locus::outcomes(typed, wanted, at, method));
                chances.unwrap_or(Outcomes { matching: 1.0, mismatching: 0.0, excluded: 0.0 })
            })
            .collect();
        let needed = usize::from(rule.matching_min)
            .max(outcomes.len().saturating_sub(usize::from(rule.mismatches_max)));
        let counts = counts(&outcomes);
        Self { compared: outcomes.len(), of_one: counts.iter().skip(needed).sum() }
    }

    /// How many of so many records are expected to be candidates by chance.
    pub fn expected(&self, records: u64) -> f64 {
        self.of_one * records as f64
    }
}

/// The chance of each count of matching loci, from 0 to all, when each locus matches by itself
/// with these probabilities (the Poisson binomial distribution).
pub fn matching_counts(matching: &[f64]) -> Vec<f64> {
    let outcome = |matching: &f64| Outcomes {
        matching: *matching,
        mismatching: 1.0 - matching,
        excluded: 0.0,
    };
    counts(&matching.iter().map(outcome).collect::<Vec<_>>())
}

/// Like [`matching_counts`]; records with an exclusion fall out of all counts.
fn counts(outcomes: &[Outcomes]) -> Vec<f64> {
    let mut counts = vec![1.0];
    for outcome in outcomes {
        let stay = counts.iter().copied().chain([0.0]).map(|p| p * outcome.mismatching);
        let rise = [0.0].into_iter().chain(counts.iter().copied()).map(|p| p * outcome.matching);
        counts = stay.zip(rise).map(|(stay, rise)| stay + rise).collect();
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allele::Allele;
    use crate::frequency::{LocusFrequencies, Share};
    use crate::genotype::Genotype;
    use crate::locus::Locus;
    use crate::profile::TypedLocus;
    use crate::stringency::Level;
    use proptest::prelude::*;

    /// One allele that half of all alleles are, and two of a quarter.
    fn population(loci: &[Locus]) -> Population {
        let mut population = Population::new("example");
        for locus in loci {
            let share =
                |tenths, frequency| Share { allele: Allele::exact(tenths).unwrap(), frequency };
            let shares = vec![share(90, 0.5), share(100, 0.25), share(110, 0.25)];
            population.set(*locus, LocusFrequencies::new(100, shares).unwrap());
        }
        population
    }

    fn evidence(loci: &[Locus], alleles: &str) -> Profile {
        let genotype: Genotype = alleles.parse().unwrap();
        Profile::from_genotypes(loci.iter().map(|locus| (*locus, genotype.clone()))).unwrap()
    }

    #[test]
    fn the_example_of_the_manual() {
        let loci = [Locus::Fga, Locus::Th01, Locus::Vwa];
        let rule = SearchRule {
            stringency: Level::High,
            stringency_by_locus: Vec::new(),
            loci: LocusSet::core20(),
            matching_min: 2,
            mismatches_max: 1,
        };
        // At each locus 9,9 has the chance 1/4: three of three 1/64, two of three 3 * 3/64.
        let evidence = evidence(&loci, "9");
        let population = population(&loci);
        let method = Method::PRODUCT_RULE;
        let chance = SearchChance::new(&evidence, LocusSet::core13(), &rule, &population, &method);
        assert_eq!(chance.compared, 3);
        assert!((chance.of_one - 10.0 / 64.0).abs() < 1e-12);
        assert!((chance.expected(640) - 100.0).abs() < 1e-9);
        // Only two of them typed in the record: both, or the one mismatch leaves one, too few.
        let typed: LocusSet = [Locus::Fga, Locus::Th01].into_iter().collect();
        let chance = SearchChance::new(&evidence, typed, &rule, &population, &method);
        assert_eq!((chance.compared, chance.of_one), (2, 1.0 / 16.0));
    }

    #[test]
    fn who_lacks_a_required_allele_falls_out_of_all_counts() {
        let loci = [Locus::Fga, Locus::Th01];
        let plain = evidence(&loci, "9,10");
        let evidence = Profile::new(
            plain
                .typed()
                .iter()
                .cloned()
                .map(|typed| TypedLocus { required: Some("10".parse().unwrap()), ..typed }),
        );
        let rule = SearchRule {
            matching_min: 0,
            mismatches_max: 2,
            stringency: Level::Moderate,
            ..SearchRule::default()
        };
        let (population, method) = (population(&loci), Method::PRODUCT_RULE);
        let core = LocusSet::core20();
        let chance = SearchChance::new(&evidence.unwrap(), core, &rule, &population, &method);
        // 1 - 0.75^2 have the allele at a locus.
        assert!((chance.of_one - (1.0 - 0.5625f64).powi(2)).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn equals_the_sum_over_all_outcomes(
            matching in proptest::collection::vec(0.0f64..=1.0, 0..9),
        ) {
            let counts = matching_counts(&matching);
            let mut naive = vec![0.0; matching.len() + 1];
            for outcome in 0u32..1 << matching.len() {
                let factors = matching.iter().enumerate();
                let each = factors.map(|(at, p)| if outcome >> at & 1 == 1 { *p } else { 1.0 - p });
                naive[outcome.count_ones() as usize] += each.product::<f64>();
            }
            prop_assert_eq!(counts.len(), naive.len());
            for (fast, slow) in counts.iter().zip(naive) {
                prop_assert!((fast - slow).abs() < 1e-12);
            }
        }
    }
}

//! One locus: the chance that an unrelated person matches what stands there, or is in it.

use crate::allele::{Allele, AlleleKind};
use crate::frequency::LocusFrequencies;
use crate::genotype::Genotype;
use crate::profile::TypedLocus;
use crate::rarity::{Method, MinimumFrequency, Substructure};
use crate::stringency::Level;

/// What an unrelated person shows at a locus beside the evidence; the three sum to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcomes {
    /// The level asked for is reached.
    pub matching: f64,
    /// It is not.
    pub mismatching: f64,
    /// The required allele is absent, which excludes at any level.
    pub excluded: f64,
}

/// The chances at a locus for an unrelated person with one or two alleles. `None` where the
/// evidence has a reading that has no frequency.
///
/// Every pair of the evidence's alleles, or of one and any other, is looked at as a genotype. The
/// probability of a genotype is NRC II formula 4.4a or 2pq, or 4.10a or b, which holds for evidence
/// of one or two alleles; with more, 4.4a and 2pq are used. Where designations overlap (`12.X`
/// beside `12.2`), or minimum frequencies sum above 1, the result is an upper bound.
pub fn outcomes(
    evidence: &TypedLocus,
    wanted: Level,
    at: &LocusFrequencies,
    method: &Method,
) -> Option<Outcomes> {
    let alleles = evidence.genotype.alleles();
    let required = evidence.required.and_then(|allele| alleles.iter().position(|a| *a == allele));
    let shown = shown(alleles, at, method.minimum)?;
    Some(of_shown(&shown, required, wanted, method))
}

fn of_shown(shown: &[f64], required: Option<usize>, wanted: Level, method: &Method) -> Outcomes {
    let genotypes = Genotypes::new(shown, method);
    let (mut matching, mut mismatching) = (0.0, 0.0);
    for first in 0..=shown.len() {
        for second in first..=shown.len() {
            if required.is_some_and(|required| first != required && second != required) {
                continue;
            }
            let reached = reached(shown.len(), first, second);
            let probability = genotypes.probability(first, second);
            *if reached <= wanted { &mut matching } else { &mut mismatching } += probability;
        }
    }
    let matching = matching.min(1.0);
    if required.is_none() {
        return Outcomes { matching, mismatching: 1.0 - matching, excluded: 0.0 };
    }
    let mismatching = mismatching.min(1.0 - matching);
    Outcomes { matching, mismatching, excluded: 1.0 - matching - mismatching }
}

/// The chance that both alleles of an unrelated person are among those shown: s^2 + s(1-s)theta
/// with s the sum of their frequencies. `None` where one of them has no frequency.
pub fn inclusion(shown_there: &Genotype, at: &LocusFrequencies, method: &Method) -> Option<f64> {
    let shown = shown(shown_there.alleles(), at, method.minimum)?;
    let sum = shown.iter().sum::<f64>().min(1.0);
    Some(one_allele(sum, method.theta))
}

/// The chance that two unrelated persons reach a level at a locus: the sum over all genotypes.
pub fn pair_outcome(at: &LocusFrequencies, wanted: Level) -> f64 {
    let method = Method::PRODUCT_RULE;
    let shares = at.shares();
    let mut sum = 0.0;
    for (place, first) in shares.iter().enumerate() {
        for second in shares.iter().skip(place) {
            let (p, q) = (first.frequency, second.frequency);
            if first.allele == second.allele {
                sum += p * p * of_shown(&[p], None, wanted, &method).matching;
            } else {
                sum += 2.0 * p * q * of_shown(&[p, q], None, wanted, &method).matching;
            }
        }
    }
    sum
}

/// The frequencies of designations, each at least the minimum.
fn shown(alleles: &[Allele], at: &LocusFrequencies, rule: MinimumFrequency) -> Option<Vec<f64>> {
    let minimum = rule.of(at.alleles_typed());
    let frequency = |allele: &Allele| match allele.kind() {
        AlleleKind::SexX | AlleleKind::SexY | AlleleKind::OffLadder => None,
        _ => Some(at.seen(*allele).max(minimum)),
    };
    alleles.iter().map(frequency).collect()
}

/// p^2 + p(1-p)theta (NRC II formula 4.4a).
fn one_allele(frequency: f64, theta: f64) -> f64 {
    frequency * frequency + frequency * (1.0 - frequency) * theta
}

/// The level that a person with alleles at these places reaches with evidence of `count` alleles;
/// the place `count` stands for any allele that the evidence does not show.
fn reached(count: usize, first: usize, second: usize) -> Level {
    let persons = if first == second { 1 } else { 2 };
    let shared = usize::from(first < count) + usize::from(second < count && second != first);
    match shared {
        0 => Level::Mismatch,
        _ if shared < persons.min(count) => Level::Low,
        _ if persons == count => Level::High,
        _ => Level::Moderate,
    }
}

/// Probabilities of genotypes over the alleles shown and, at the last place, all others.
struct Genotypes<'m> {
    frequencies: Vec<f64>,
    /// How often each was seen in the source of the evidence, for formulas 4.10.
    seen: Option<Vec<f64>>,
    method: &'m Method,
}

impl<'m> Genotypes<'m> {
    fn new(shown: &[f64], method: &'m Method) -> Self {
        let others = (1.0 - shown.iter().sum::<f64>()).max(0.0);
        let seen = match (method.substructure, shown.len()) {
            (Substructure::Nrc410, 1) => Some(vec![2.0, 0.0]),
            (Substructure::Nrc410, 2) => Some(vec![1.0, 1.0, 0.0]),
            _ => None,
        };
        let frequencies = shown.iter().copied().chain([others]).collect();
        Self { frequencies, seen, method }
    }

    fn probability(&self, first: usize, second: usize) -> f64 {
        let at = |list: &[f64], place: usize| list.get(place).copied().unwrap_or_default();
        let (p, q) = (at(&self.frequencies, first), at(&self.frequencies, second));
        let heterozygote = if first == second { 1.0 } else { 2.0 };
        let theta = self.method.theta;
        match &self.seen {
            // The others are many alleles, so two of them are no homozygote.
            None if first == second && first + 1 < self.frequencies.len() => one_allele(p, theta),
            None => heterozygote * p * q,
            // NRC II 4.10a, b: alleles are drawn one after the other, those seen before more often.
            Some(seen) => {
                let again = if first == second { 1.0 } else { 0.0 };
                let one = at(seen, first) * theta + (1.0 - theta) * p;
                let two = (at(seen, second) + again) * theta + (1.0 - theta) * q;
                heterozygote * one * two / ((1.0 + theta) * (1.0 + 2.0 * theta))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frequency::{Frequencies, Share};
    use crate::locus::Locus;
    use crate::stringency::level;
    use proptest::prelude::*;

    /// The locus of the manual: four alleles among 200 typed.
    fn locus() -> LocusFrequencies {
        let shares = [("8", 0.1), ("9", 0.2), ("9.3", 0.3), ("10", 0.4)];
        let share =
            |(token, frequency): (&str, f64)| Share { allele: token.parse().unwrap(), frequency };
        LocusFrequencies::new(200, shares.map(share).to_vec()).unwrap()
    }

    fn typed(alleles: &str, required: Option<&str>) -> TypedLocus {
        let required = required.map(|token| token.parse().unwrap());
        TypedLocus { locus: Locus::Th01, genotype: alleles.parse().unwrap(), required }
    }

    fn check(alleles: &str, wanted: Level, method: &Method, expected: f64) {
        let seen = outcomes(&typed(alleles, None), wanted, &locus(), method).unwrap();
        assert!((seen.matching - expected).abs() < 5e-7, "{alleles} {wanted:?}: {seen:?}");
    }

    const NRC_4_1: Method = Method {
        substructure: Substructure::Nrc41,
        theta: 0.01,
        minimum: MinimumFrequency::FiveOverTwoN,
    };
    const NRC_4_10: Method = Method { substructure: Substructure::Nrc410, ..NRC_4_1 };

    #[test]
    fn examples_of_the_manual() {
        // 0.1^2 + 0.1 * 0.9 * 0.01
        check("8", Level::High, &NRC_4_1, 0.0109);
        // 2 * 0.1 * 0.2
        check("8,9", Level::High, &NRC_4_1, 0.04);
        // 0.0109 + 2 * 0.1 * 0.9
        check("8", Level::Moderate, &NRC_4_1, 0.1909);
        // 0.0109 + (0.04 + 0.0016) + 0.04
        check("8,9", Level::Moderate, &NRC_4_1, 0.0925);
        // 1 - 0.7^2, and theta for two homozygotes
        check("8,9", Level::Low, &NRC_4_1, 0.51 + 0.0009 + 0.0016);
        // (0.02 + 0.099) (0.03 + 0.099) / (1.01 * 1.02)
        check("8", Level::High, &NRC_4_10, 0.119 * 0.129 / 1.0302);
        // 2 (0.01 + 0.099) (0.01 + 0.198) / (1.01 * 1.02)
        check("8,9", Level::High, &NRC_4_10, 2.0 * 0.109 * 0.208 / 1.0302);
        // never seen: 5 / 200
        check("12", Level::High, &NRC_4_1, 0.025 * 0.025 + 0.025 * 0.975 * 0.01);
        // 0.1 + 0.2 + 0.3 = 0.6
        let included = inclusion(&"8,9,9.3".parse().unwrap(), &locus(), &NRC_4_1).unwrap();
        assert!((included - (0.36 + 0.6 * 0.4 * 0.01)).abs() < 1e-12);
    }

    #[test]
    fn a_required_allele_excludes_who_lacks_it() {
        let method = Method::PRODUCT_RULE;
        let seen = outcomes(&typed("8,9", Some("8")), Level::Moderate, &locus(), &method).unwrap();
        assert!((seen.matching - (0.01 + 0.04)).abs() < 1e-12);
        assert!((seen.mismatching - 2.0 * 0.1 * 0.7).abs() < 1e-12);
        assert!((seen.excluded - 0.9 * 0.9).abs() < 1e-12);
    }

    #[test]
    fn letters_and_off_ladder_readings_have_no_chance() {
        let at = locus();
        assert!(outcomes(&typed("OL", None), Level::High, &at, &NRC_4_1).is_none());
        assert!(inclusion(&"8,OL".parse().unwrap(), &at, &NRC_4_1).is_none());
    }

    #[test]
    fn formulas_4_10_sum_to_one_over_all_genotypes() {
        for alleles in ["8", "8,9"] {
            let genotype = typed(alleles, None).genotype;
            let shown = shown(genotype.alleles(), &locus(), NRC_4_10.minimum).unwrap();
            let genotypes = Genotypes::new(&shown, &NRC_4_10);
            let places = 0..genotypes.frequencies.len();
            let pairs = places.clone().flat_map(|i| places.clone().skip(i).map(move |j| (i, j)));
            let sum: f64 = pairs.map(|(i, j)| genotypes.probability(i, j)).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{alleles}: {sum}");
        }
    }

    /// The definition over every genotype of the table, as slow and plain as possible.
    fn naive(evidence: &Genotype, wanted: Level, at: &LocusFrequencies, theta: f64) -> f64 {
        let mut sum = 0.0;
        for (place, one) in at.shares().iter().enumerate() {
            for other in at.shares().iter().skip(place) {
                let person = Genotype::new([one.allele, other.allele]).unwrap();
                if level(evidence, &person) > wanted {
                    continue;
                }
                let (p, q) = (one.frequency, other.frequency);
                let is_same = one.allele == other.allele;
                sum += if is_same { p * p + p * (1.0 - p) * theta } else { 2.0 * p * q };
            }
        }
        sum
    }

    proptest! {
        #[test]
        fn equals_the_sum_over_all_genotypes(
            population in 0usize..11,
            picks in proptest::collection::vec(0usize..12, 1..6),
            wanted in 0usize..3,
            theta in 0.0f64..0.05,
        ) {
            let table = Frequencies::shipped();
            let wanted = [Level::High, Level::Moderate, Level::Low][wanted];
            let method = Method { theta, ..Method::PRODUCT_RULE };
            for locus in [Locus::Fga, Locus::Th01, Locus::Se33] {
                let at = table.populations()[population].at(locus).unwrap();
                let sum: f64 = at.shares().iter().map(|share| share.frequency).sum();
                let alleles = picks.iter().map(|pick| at.shares()[pick % at.shares().len()].allele);
                let genotype = Genotype::new(alleles).unwrap();
                let typed = TypedLocus { locus, genotype: genotype.clone(), required: None };
                let fast = outcomes(&typed, wanted, at, &method).unwrap().matching;
                let slow = naive(&genotype, wanted, at, theta).min(1.0);
                // The table's own rounding stands between "all others" and the sum of all others.
                let rounding = 2.0 * (sum - 1.0).abs() + 1e-12;
                prop_assert!((fast - slow).abs() <= rounding, "{fast} {slow}");
            }
        }

        #[test]
        fn readings_that_are_not_exact_are_bounded_from_above(
            tokens in proptest::collection::vec(
                proptest::sample::select(vec!["<14", ">20", "17.X", "15", "17.2", "18"]), 1..4),
            wanted in 0usize..3,
        ) {
            let table = Frequencies::shipped();
            let at = table.population("SE Hispanic").unwrap().at(Locus::D18s51).unwrap();
            let wanted = [Level::High, Level::Moderate, Level::Low][wanted];
            let alleles = tokens.iter().map(|token| token.parse().unwrap());
            let genotype = Genotype::new(alleles).unwrap();
            let typed =
                TypedLocus { locus: Locus::D18s51, genotype: genotype.clone(), required: None };
            let fast = outcomes(&typed, wanted, at, &Method::PRODUCT_RULE).unwrap().matching;
            let slow = naive(&genotype, wanted, at, 0.0);
            prop_assert!(fast >= slow - 0.005, "{genotype}: {fast} {slow}");
        }
    }
}

//! The model by its definition: every genotype of every unknown person over all alleles of the
//! locus is looked at, as slow and plain as possible, and the tables must give the same. Then the
//! worked example of the manual, and what the model is where nothing drops out or in.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};

use super::{LikelihoodRatio, MixtureLikelihood, Model, NoLikelihood, NotCounted, PersonRatio};
use crate::allele::Allele;
use crate::frequency::{Frequencies, LocusFrequencies, Population, Share};
use crate::genotype::Genotype;
use crate::locus::{Locus, LocusSet};
use crate::profile::Profile;
use crate::rarity::{Method, MinimumFrequency, Substructure, rarity};
use crate::stringency::Level;

const LOCUS: Locus = Locus::Th01;

static TABLE: LazyLock<Frequencies> = LazyLock::new(Frequencies::shipped);

type Pair = [usize; 2];

/// A locus whose alleles are numbers.
struct Slow<'a> {
    frequencies: &'a [f64],
    /// What each replicate shows.
    replicates: &'a [Vec<usize>],
    drop_out: f64,
    drop_in: f64,
    theta: f64,
}

impl Slow<'_> {
    fn ratio(&self, person: Pair, contributors: usize) -> f64 {
        let with = self.sum(&mut vec![person], &mut person.to_vec(), contributors - 1);
        with / self.sum(&mut Vec::new(), &mut person.to_vec(), contributors)
    }

    /// The sum over the genotypes of so many more persons; `drawn` holds the alleles known so far.
    fn sum(&self, persons: &mut Vec<Pair>, drawn: &mut Vec<usize>, unknown: usize) -> f64 {
        if unknown == 0 {
            return self.replicates.iter().map(|shown| self.shows(persons, shown)).product();
        }
        let mut sum = 0.0;
        for high in 0..self.frequencies.len() {
            for low in 0..=high {
                let orders = if low == high { 1.0 } else { 2.0 };
                let first = self.draw(low, drawn);
                let second = self.draw(high, drawn);
                persons.push([low, high]);
                sum += orders * first * second * self.sum(persons, drawn, unknown - 1);
                persons.pop();
                drawn.truncate(drawn.len() - 2);
            }
        }
        sum
    }

    /// Balding and Nichols: the chance that the next allele is this one.
    fn draw(&self, allele: usize, drawn: &mut Vec<usize>) -> f64 {
        let alike = drawn.iter().filter(|it| **it == allele).count() as f64;
        let chance = (alike * self.theta + (1.0 - self.theta) * self.frequencies[allele])
            / (1.0 + (drawn.len() as f64 - 1.0) * self.theta);
        drawn.push(allele);
        chance
    }

    fn shows(&self, persons: &[Pair], shown: &[usize]) -> f64 {
        let (mut chance, mut dropped_in) = (1.0, false);
        for allele in 0..self.frequencies.len() {
            let carriers: Vec<&Pair> =
                persons.iter().filter(|alleles| alleles.contains(&allele)).collect();
            let lost: f64 = carriers
                .iter()
                .map(|[one, two]| if one == two { self.drop_out.powi(2) } else { self.drop_out })
                .product();
            chance *= match (shown.contains(&allele), carriers.is_empty()) {
                (true, true) => {
                    dropped_in = true;
                    self.drop_in * self.frequencies[allele]
                }
                (true, false) => 1.0 - lost,
                (false, _) => lost,
            };
        }
        if dropped_in { chance } else { chance * (1.0 - self.drop_in) }
    }
}

fn allele(number: usize) -> Allele {
    Allele::exact(60 + 10 * number as u16).unwrap()
}

fn profile(alleles: impl IntoIterator<Item = usize>) -> Profile {
    let genotype = Genotype::new(alleles.into_iter().map(allele)).unwrap();
    Profile::from_genotypes([(LOCUS, genotype)]).unwrap()
}

fn population(frequencies: &[f64]) -> Population {
    let share = |(number, frequency): (usize, &f64)| Share {
        allele: allele(number),
        frequency: *frequency,
    };
    let shares = frequencies.iter().enumerate().map(share).collect();
    let mut population = Population::new("here");
    population.set(LOCUS, LocusFrequencies::new(200, shares).unwrap());
    population
}

fn ratio(
    replicates: &[Profile],
    person: &Profile,
    population: &Population,
    model: &Model,
) -> PersonRatio {
    let loci = [LOCUS].into_iter().collect();
    MixtureLikelihood::new(replicates, loci, population, model).unwrap().ratio(person)
}

fn model(contributors: u8, drop_out: f64, drop_in: f64, theta: f64) -> Model {
    Model::new(contributors, drop_out, drop_in, theta, MinimumFrequency::AsSeen).unwrap()
}

/// Two to five alleles whose frequencies sum to 1.
fn tables() -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(1u32..100, 2..6).prop_map(|parts| {
        let sum = f64::from(parts.iter().sum::<u32>());
        parts.into_iter().map(|part| f64::from(part) / sum).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn tables_equal_the_sum_over_all_genotypes(
        frequencies in tables(),
        shown in proptest::collection::vec(
            subsequence((0..5).collect::<Vec<_>>(), 1..5), 1..4),
        person in any::<[Index; 2]>(),
        contributors in 1u8..4,
        drop_out in 0.001f64..0.9,
        drop_in in 0.001f64..0.5,
        theta in prop_oneof![Just(0.0), 0.0f64..0.2],
    ) {
        let alleles = frequencies.len();
        let replicates: Vec<Vec<usize>> = shown
            .into_iter()
            .map(|shown| shown.into_iter().map(|it| it % alleles).collect())
            .collect();
        let person = person.map(|index| index.index(alleles));
        let (frequencies_of, shown) = (&frequencies, &replicates);
        let slow =
            Slow { frequencies: frequencies_of, replicates: shown, drop_out, drop_in, theta };
        let expected = slow.ratio(person, contributors.into());
        let evidence: Vec<Profile> = replicates.iter().map(|it| profile(it.clone())).collect();
        let model = model(contributors, drop_out, drop_in, theta);
        let found = ratio(&evidence, &profile(person), &population(&frequencies), &model);
        let found = 10f64.powf(found.ratio.log10());
        prop_assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
    }

    /// The mean ratio of strangers is 1, so at most one in x of them has a ratio of x or more.
    #[test]
    fn strangers_have_a_mean_ratio_of_one(
        frequencies in tables(),
        shown in subsequence((0..5).collect::<Vec<_>>(), 1..5),
        contributors in 1u8..4,
        drop_out in 0.001f64..0.9,
        drop_in in 0.001f64..0.5,
    ) {
        let alleles = frequencies.len();
        let evidence = [profile(shown.into_iter().map(|it| it % alleles))];
        let model = model(contributors, drop_out, drop_in, 0.0);
        let population = population(&frequencies);
        let (mut mean, mut above) = (0.0, [0.0; 3]);
        for (high, of_high) in frequencies.iter().enumerate() {
            for (low, of_low) in frequencies.iter().enumerate().take(high + 1) {
                let orders = if low == high { 1.0 } else { 2.0 };
                let chance = orders * of_high * of_low;
                let found = ratio(&evidence, &profile([low, high]), &population, &model);
                let found = 10f64.powf(found.ratio.log10());
                mean += chance * found;
                for (sum, least) in above.iter_mut().zip([2.0, 5.0, 10.0]) {
                    *sum += if found >= least { chance } else { 0.0 };
                }
            }
        }
        prop_assert!((mean - 1.0).abs() < 1e-9, "{mean}");
        let bounded = above.iter().zip([2.0, 5.0, 10.0]).all(|(sum, least)| sum * least <= 1.0);
        prop_assert!(bounded, "{above:?}");
    }

    /// Weir and others 1997: with no drop-out and no drop-in, so many draws show just these
    /// alleles, and at least those that the person lacks, with a probability by inclusion and
    /// exclusion.
    #[test]
    fn without_drop_out_and_drop_in_it_is_the_classical_formula(
        frequencies in tables(),
        shown in subsequence((0..5usize).collect::<Vec<_>>(), 1..5),
        person in any::<[Index; 2]>(),
    ) {
        let mut shown: Vec<usize> = shown.into_iter().map(|it| it % frequencies.len()).collect();
        shown.sort_unstable();
        shown.dedup();
        prop_assume!(shown.len() <= 4);
        let person = person.map(|index| shown[index.index(shown.len())]);
        let covered = |draws: i32, lacking: &[usize]| -> f64 {
            let subsets = 0..1u32 << lacking.len();
            subsets.map(|subset| {
                let gone: f64 = (0..lacking.len())
                    .filter(|bit| subset >> bit & 1 == 1)
                    .map(|bit| frequencies[lacking[bit]])
                    .sum();
                let rest = shown.iter().map(|it| frequencies[*it]).sum::<f64>() - gone;
                (-1f64).powi(subset.count_ones() as i32) * rest.powi(draws)
            }).sum()
        };
        let lacking: Vec<usize> =
            shown.iter().copied().filter(|it| !person.contains(it)).collect();
        let expected = covered(2, &lacking) / covered(4, &shown);
        let evidence = [profile(shown.clone())];
        let found =
            ratio(&evidence, &profile(person), &population(&frequencies), &model(2, 0.0, 0.0, 0.0));
        let found = 10f64.powf(found.ratio.log10());
        prop_assert!((found - expected).abs() < 1e-6 * expected.max(1.0), "{found} {expected}");
    }

    #[test]
    fn a_single_source_has_the_inverse_of_its_rarity(
        population in 0usize..11,
        numbers in proptest::collection::vec(any::<[Index; 2]>(), 20),
        nrc_4_10 in any::<bool>(),
    ) {
        let population = &TABLE.populations()[population];
        let core = LocusSet::core20();
        let typed = core.iter().zip(numbers).map(|(locus, numbers)| {
            let shares = population.shares(locus);
            let alleles = numbers.map(|number| shares[number.index(shares.len())].allele);
            (locus, Genotype::new(alleles).unwrap())
        });
        let profile = Profile::from_genotypes(typed).unwrap();
        let (substructure, theta) =
            if nrc_4_10 { (Substructure::Nrc410, 0.01) } else { (Substructure::Nrc41, 0.0) };
        let minimum = MinimumFrequency::FiveOverTwoN;
        let method = Method { substructure, theta, minimum };
        let rarity = rarity(&profile, core, Level::High, population, &method);
        let model = Model::new(1, 0.0, 0.0, theta, minimum).unwrap();
        let evidence = std::slice::from_ref(&profile);
        let likelihood = MixtureLikelihood::new(evidence, core, population, &model).unwrap();
        let found = likelihood.ratio(&profile);
        prop_assert_eq!(found.loci.len(), 20);
        let expected = -rarity.probability.ln() / std::f64::consts::LN_10;
        prop_assert!((found.ratio.log10() - expected).abs() < 1e-6, "{found:?} {expected}");
    }
}

/// The locus of the manual: 8, 9, 9.3 and 10 among 200 alleles typed.
fn manual() -> Population {
    let shares = [("8", 0.1), ("9", 0.2), ("9.3", 0.3), ("10", 0.4)];
    let share =
        |(token, frequency): (&str, f64)| Share { allele: token.parse().unwrap(), frequency };
    let mut population = Population::new("here");
    let frequencies = LocusFrequencies::new(200, shares.map(share).to_vec()).unwrap();
    population.set(LOCUS, frequencies);
    population
}

fn at_th01(text: &str) -> Profile {
    Profile::from_genotypes([(LOCUS, text.parse().unwrap())]).unwrap()
}

fn check(replicates: &[&str], person: &str, model: &Model, expected: f64) {
    let replicates: Vec<Profile> = replicates.iter().map(|text| at_th01(text)).collect();
    let found = ratio(&replicates, &at_th01(person), &manual(), model);
    let found = 10f64.powf(found.ratio.log10());
    assert!(
        (found - expected).abs() < 5e-5 * expected.max(1.0),
        "{replicates:?} {person}: {found}"
    );
}

#[test]
fn examples_of_the_manual() {
    let one = model(1, 0.1, 0.05, 0.0);
    check(&["8"], "8,9", &one, 0.0855 / 0.0248355);
    check(&["8"], "8,9", &model(1, 0.1, 0.05, 0.01), 0.0855 / 0.028183);
    check(&["8", "8,9"], "8,9", &one, 24.05);
    check(&["8,9,9.3"], "8,9", &model(2, 0.0, 0.0, 0.0), 6.25);
    check(&["8,9,9.3"], "8,10", &model(2, 0.0, 0.0, 0.0), 0.0);
    check(&["8,9,9.3"], "8,9", &model(2, 0.1, 0.05, 0.0), 5.9608);
    check(&["8,9,9.3"], "8,10", &model(2, 0.1, 0.05, 0.0), 0.22868);
}

#[test]
fn readings_that_are_not_two_alleles_count_least() {
    let model = model(2, 0.1, 0.05, 0.01);
    let of = |evidence: &str, person: &str| -> f64 {
        ratio(&[at_th01(evidence)], &at_th01(person), &manual(), &model).ratio.log10()
    };
    let pairs = ["8,9", "8,11", "9,11"].map(|person| of("8,9,9.3", person));
    let least = pairs.into_iter().reduce(f64::min).unwrap();
    assert_eq!(of("8,9,9.3", "8,9,11"), least);
    assert_eq!(of("8,9.3", "8,>9"), of("8,9.3", "8,11"), "it may be a 10 or the 9.3");
    assert!(of("8,>9", "8,>9") > of("8,>9", "8,11") - 1e-12);
    assert_eq!(of("8,>9", "8,9.3"), of("8,>9", "8,>9"), "a 9.3 is above 9");
    assert_eq!(of("8,9", "OL"), of("8,9", "11").min(of("8,9", "11,12")));
}

#[test]
fn what_counts_for_nothing_is_told() {
    let population = TABLE.population("Caucasian").unwrap();
    let typed = |pairs: &[(Locus, &str)]| {
        let pairs = pairs.iter().map(|(locus, text)| (*locus, text.parse().unwrap()));
        Profile::from_genotypes(pairs).unwrap()
    };
    let evidence = typed(&[
        (Locus::Fga, "20,21"),
        (Locus::Vwa, "12.X,12.2"),
        (Locus::Tpox, "8,OL"),
        (Locus::D3s1358, "15"),
        (Locus::Amelogenin, "X"),
    ]);
    let loci =
        [Locus::Fga, Locus::Th01, Locus::Tpox, Locus::Vwa, Locus::D3s1358, Locus::Amelogenin];
    let model = Model::new(2, 0.1, 0.05, 0.01, MinimumFrequency::FiveOverTwoN).unwrap();
    let likelihood =
        MixtureLikelihood::new(&[evidence], loci.into_iter().collect(), population, &model);
    let found = likelihood.unwrap().ratio(&typed(&[(Locus::Fga, "20,25")]));
    assert_eq!(
        found.not_counted,
        [
            NotCounted::NotInEvidence { locus: Locus::Th01 },
            NotCounted::NoFrequencyOfReading { locus: Locus::Tpox },
            NotCounted::Overlap { locus: Locus::Vwa },
            NotCounted::NoFrequencies { locus: Locus::Amelogenin },
            NotCounted::NotInPerson { locus: Locus::D3s1358 },
        ]
    );
    let [at] = found.loci[..] else { panic!("{found:?}") };
    assert_eq!((at.locus, at.alleles, at.shown, at.ratio), (Locus::Fga, 2, 1, found.ratio));
    let nobody = MixtureLikelihood::new(
        &[Profile::default()],
        loci.into_iter().collect(),
        population,
        &model,
    );
    assert_eq!(nobody.unwrap().ratio(&Profile::default()).ratio, LikelihoodRatio::EVEN);
}

#[test]
fn what_cannot_be_explained_is_refused() {
    let loci: LocusSet = [LOCUS].into_iter().collect();
    let refused = |replicates: &[Profile], model: &Model| {
        MixtureLikelihood::new(replicates, loci, &manual(), model).unwrap_err().to_string()
    };
    let crowded = at_th01("8,9,9.3");
    let text = refused(std::slice::from_ref(&crowded), &model(1, 0.1, 0.0, 0.0));
    assert!(text.starts_with("what TH01 shows is impossible") && text.contains("is 1;"), "{text}");
    assert!(refused(&[], &model(1, 0.1, 0.1, 0.0)).starts_with("no replicate"));
    let seven = vec![crowded.clone(); 7];
    assert_eq!(refused(&seven, &model(2, 0.1, 0.1, 0.0)), "7 replicates; give at most 6");
    let six = MixtureLikelihood::new(&seven[..6], loci, &manual(), &model(4, 0.1, 0.1, 0.01));
    assert!(six.is_ok());
    assert!(matches!(
        MixtureLikelihood::new(&[crowded], loci, &manual(), &model(1, 0.0, 0.0, 0.0)),
        Err(NoLikelihood::Inexplicable { locus: LOCUS, contributors: 1 })
    ));
}

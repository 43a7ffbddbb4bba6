//! The alleles of each locus as numbers below 64, and tables from which one word draws one allele.
//!
//! A set of alleles is one 64-bit word, bit n for the n-th allele of the locus in the field's
//! order. Drawing is by alias tables (Walker 1977, built as by Vose 1991) over whole numbers, so
//! that every allele is drawn with exactly the probability that the match arithmetic uses.

use genetics::{Allele, Frequencies, Genotype, Locus, LocusSet, Population, Profile};

use super::dice::WORDS;
use super::settings::{NationSettings, NotANation};

/// Loci of a profile.
pub(super) const LOCI: usize = 20;

/// Sets of alleles at the core loci in their stable order; an empty set is a locus not typed.
pub(super) type Sets = [u64; LOCI];

/// Alleles that one locus can have.
const ALLELES_MAX: usize = 64;

/// What a slot of an alias table holds of the 2^32 words.
const SLOT_BITS: u32 = 26;
const SLOT: u64 = 1 << SLOT_BITS;

/// A core locus of the nation.
#[derive(Debug)]
pub(super) struct NationLocus {
    pub(super) locus: Locus,
    /// In the field's order; the place is the number.
    pub(super) alleles: Vec<Allele>,
}

/// What the alleles of one population are drawn from.
#[derive(Debug)]
pub(super) struct NationPopulation {
    pub(super) weight: f64,
    /// In the order of the loci.
    pub(super) loci: Vec<Shares>,
}

/// The alleles of one population at one locus.
#[derive(Debug)]
pub(super) struct Shares {
    slots: [Slot; ALLELES_MAX],
    frequencies: [f64; ALLELES_MAX],
}

/// Words below the limit stand for the allele of the slot itself, the others for another.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    limit: u32,
    other: u8,
}

impl NationLocus {
    /// Every allele that can be drawn here.
    pub(super) fn all(&self) -> u64 {
        self.alleles.iter().enumerate().fold(0, |bits, (place, _)| bits | 1 << place)
    }
}

/// The core loci with their alleles: those of the shipped sample and the rare ones.
pub(super) fn loci(
    frequencies: &Frequencies,
    settings: &NationSettings,
) -> Result<Vec<NationLocus>, NotANation> {
    let with_alleles = |locus| {
        let populations = frequencies.populations().iter();
        let shares = populations.flat_map(|population| population.shares(locus));
        let observed: Vec<Allele> = shares.map(|share| share.allele).collect();
        let mut alleles = rare(locus, &observed, usize::from(settings.rare_alleles));
        alleles.extend(observed);
        alleles.sort_unstable();
        alleles.dedup();
        match alleles.len() {
            found if found > ALLELES_MAX => {
                Err(NotANation::TooManyAlleles { found, max: ALLELES_MAX })
            }
            _ => Ok(NationLocus { locus, alleles }),
        }
    };
    LocusSet::core20().iter().map(with_alleles).collect()
}

/// Alleles that nobody of the sample had, spread evenly from one repeat below to one above it.
fn rare(locus: Locus, observed: &[Allele], wanted: usize) -> Vec<Allele> {
    let whole = |allele: Option<&Allele>| allele.map_or(0, |allele| allele.tenths() / 10);
    let (low, high) = (whole(observed.iter().min()), whole(observed.iter().max()));
    let bases = u16::from(locus.repeat_bases());
    let unseen: Vec<Allele> = (low.saturating_sub(1)..=high + 1)
        .flat_map(|repeats| (0..bases).map(move |extra| repeats * 10 + extra))
        .filter_map(Allele::exact)
        .filter(|allele| !observed.contains(allele))
        .collect();
    let places = (0..wanted).map(|number| (2 * number + 1) * unseen.len() / (2 * wanted));
    places.filter_map(|place| unseen.get(place).copied()).collect()
}

/// A population's tables, in the order of the loci.
pub(super) fn population(
    source: &Population,
    weight: f64,
    loci: &[NationLocus],
    observed_by_any: impl Fn(Locus, Allele) -> bool,
    settings: &NationSettings,
) -> NationPopulation {
    let shares = loci.iter().map(|entry| {
        let shown = source.shares(entry.locus);
        let sum: f64 = shown.iter().map(|share| share.frequency).sum();
        let is_rare = |allele: &Allele| !observed_by_any(entry.locus, *allele);
        let rare_count = entry.alleles.iter().filter(|allele| is_rare(allele)).count();
        let rare_share = if rare_count == 0 { 0.0 } else { settings.rare_share };
        let frequency = |allele: &Allele| match shown.iter().find(|it| it.allele == *allele) {
            Some(share) => share.frequency / sum * (1.0 - rare_share),
            None if is_rare(allele) => rare_share / rare_count as f64,
            None => 0.0,
        };
        Shares::of(entry.alleles.iter().map(frequency))
    });
    NationPopulation { weight, loci: shares.collect() }
}

impl Shares {
    pub(super) fn of(frequencies: impl Iterator<Item = f64>) -> Self {
        let mut weights = [0; ALLELES_MAX];
        for (weight, frequency) in weights.iter_mut().zip(frequencies) {
            *weight = (frequency * WORDS as f64 + 0.5) as u64;
        }
        // Rounding leaves a few words of 2^32 over or short; the commonest allele takes them.
        let sum: u64 = weights.iter().sum();
        if let Some(most) = weights.iter_mut().max() {
            *most = (*most + WORDS).saturating_sub(sum);
        }
        let frequencies = weights.map(|weight| weight as f64 / WORDS as f64);
        Self { slots: slots(weights), frequencies }
    }

    /// The allele that a word stands for, as a set.
    pub(super) fn draw(&self, word: u32) -> u64 {
        let place = word >> SLOT_BITS;
        let slot = self.slots.get(place as usize).copied().unwrap_or_default();
        let own = u64::from(word) & (SLOT - 1) < u64::from(slot.limit);
        1 << if own { place } else { u32::from(slot.other) }
    }

    /// The share of one allele, or of a set of them.
    pub(super) fn frequency(&self, alleles: u64) -> f64 {
        let places = places(alleles);
        places.filter_map(|place| self.frequencies.get(place)).sum()
    }
}

/// Slots that are too full give to those that are not, until each is exactly full.
fn slots(mut weights: [u64; ALLELES_MAX]) -> [Slot; ALLELES_MAX] {
    let mut slots = [Slot { limit: SLOT as u32, other: 0 }; ALLELES_MAX];
    let (mut short, mut over): (Vec<usize>, Vec<usize>) =
        (0..ALLELES_MAX).partition(|place| weights.get(*place).is_some_and(|it| *it < SLOT));
    while let (Some(poor), Some(&rich)) = (short.pop(), over.last()) {
        let has = weights.get(poor).copied().unwrap_or(0);
        if let Some(slot) = slots.get_mut(poor) {
            *slot = Slot { limit: has as u32, other: rich as u8 };
        }
        if let Some(left) = weights.get_mut(rich) {
            *left -= SLOT - has;
            if *left < SLOT {
                over.pop();
                short.push(rich);
            }
        }
    }
    slots
}

/// The numbers in a set.
pub(super) fn places(mut alleles: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = alleles.trailing_zeros();
        alleles &= alleles.wrapping_sub(1);
        (place < u64::BITS).then_some(place as usize)
    })
}

/// The profile that sets stand for.
pub(super) fn profile(loci: &[NationLocus], sets: &Sets) -> Profile {
    let typed = loci.iter().zip(sets).filter(|(_, set)| **set != 0);
    let genotypes = typed.filter_map(|(entry, set)| {
        let alleles = places(*set).filter_map(|place| entry.alleles.get(place).copied());
        Some((entry.locus, Genotype::new(alleles).ok()?))
    });
    Profile::from_genotypes(genotypes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frequencies::populations;

    /// Counts the words of 2^32 that stand for each allele, slot by slot.
    fn words(shares: &Shares) -> [u64; ALLELES_MAX] {
        let mut words = [0; ALLELES_MAX];
        for (place, slot) in shares.slots.iter().enumerate() {
            words[place] += u64::from(slot.limit);
            words[usize::from(slot.other)] += SLOT - u64::from(slot.limit);
        }
        words
    }

    #[test]
    fn every_word_is_given_to_an_allele_in_proportion() {
        let settings = NationSettings::default();
        let table = populations();
        let loci = loci(&table, &settings).unwrap();
        assert_eq!(loci.len(), LOCI);
        for source in table.populations() {
            let any = |locus, allele| {
                let mut all = table.populations().iter().flat_map(|it| it.shares(locus));
                all.any(|share| share.allele == allele)
            };
            let population = population(source, 1.0, &loci, any, &settings);
            for (entry, shares) in loci.iter().zip(&population.loci) {
                let words = words(shares);
                assert_eq!(words.iter().sum::<u64>(), WORDS);
                let unseen = entry.alleles.iter().filter(|it| !any(entry.locus, **it)).count();
                assert_eq!(unseen, 4, "{}", entry.locus);
                let sum: f64 = source.shares(entry.locus).iter().map(|it| it.frequency).sum();
                for (place, allele) in entry.alleles.iter().enumerate() {
                    assert_eq!(words[place] as f64 / WORDS as f64, shares.frequency(1 << place));
                    let shown = source.shares(entry.locus).iter().find(|it| it.allele == *allele);
                    let expected = match shown {
                        Some(share) => share.frequency / sum * 0.998,
                        None if any(entry.locus, *allele) => 0.0,
                        None => 0.0005,
                    };
                    let seen = words[place] as f64 / WORDS as f64;
                    assert!((seen - expected).abs() < 1e-7, "{allele} {seen} {expected}");
                }
            }
        }
    }

    #[test]
    fn a_word_draws_from_its_slot() {
        let shares = Shares::of([0.5, 0.25, 0.25].into_iter());
        let mut counts = [0_u32; 3];
        for high in 0..1024_u32 {
            let drawn = shares.draw(high << 22 | 0x1234);
            counts[drawn.trailing_zeros() as usize] += 1;
        }
        assert_eq!(counts.iter().sum::<u32>(), 1024);
        assert!(counts[0].abs_diff(512) <= 64 && counts[1].abs_diff(256) <= 64, "{counts:?}");
    }

    #[test]
    fn places_are_those_of_the_bits() {
        let check = |set: u64, expected: &[usize]| {
            assert_eq!(places(set).collect::<Vec<_>>(), expected);
        };
        check(0, &[]);
        check(1, &[0]);
        check(1 << 63 | 1 << 9 | 1, &[0, 9, 63]);
    }
}

//! The true genotypes of one invented person at the 20 core loci, and how they are misread.
//!
//! Alleles of an unrelated person are two independent draws at each locus, those of a full sibling
//! are inherited as in [`crate::profile`]. Absent: mutation, linkage, twins.

use super::alleles::{NationLocus, NationPopulation, Sets, places};
use super::dice::{Chance, Dice};

/// What is true of a person, whatever a laboratory typed of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Genome {
    /// Place of the population among those of the nation.
    pub(super) population: usize,
    pub(super) sets: Sets,
}

/// A person unrelated to anybody.
pub(super) fn unrelated(
    place: usize,
    population: &NationPopulation,
    tri_allele: Chance,
    dice: &mut Dice,
) -> Genome {
    let mut sets = [0; _];
    for (set, shares) in sets.iter_mut().zip(&population.loci) {
        *set = shares.draw(dice.word()) | shares.draw(dice.word());
    }
    if dice.falls(tri_allele) {
        add_third(&mut sets, population, dice);
    }
    Genome { population: place, sets }
}

/// Makes one heterozygous locus tri-allelic, where a draw finds a third allele.
fn add_third(sets: &mut Sets, population: &NationPopulation, dice: &mut Dice) {
    let heterozygous = set_of(sets, |set| set.count_ones() == 2);
    let place = dice.bit_of(heterozygous).trailing_zeros() as usize;
    if let (Some(set), Some(shares)) = (sets.get_mut(place), population.loci.get(place)) {
        let third = (0..20).map(|_| shares.draw(dice.word())).find(|drawn| drawn & *set == 0);
        *set |= third.unwrap_or(0);
    }
}

/// A full sibling: 0, 1 or 2 alleles shared by descent at 1/4, 1/2 and 1/4 of loci.
pub(super) fn full_sibling(of: &Genome, population: &NationPopulation, dice: &mut Dice) -> Genome {
    let mut sets = [0; _];
    let loci = of.sets.iter().zip(&population.loci);
    for (set, (theirs, shares)) in sets.iter_mut().zip(loci) {
        let chance = dice.word();
        let drawn = [shares.draw(dice.word()), shares.draw(dice.word())];
        let [first, second] = copies(*theirs, dice);
        // One bit for each parent: whether both children have the same copy of that parent's.
        *set = match (chance >> 31, chance >> 30 & 1) {
            (0, 0) => drawn.into_iter().fold(0, |both, one| both | one),
            (0, _) => first | drawn.first().copied().unwrap_or(0),
            (_, 0) => second | drawn.first().copied().unwrap_or(0),
            _ => first | second,
        };
    }
    Genome { population: of.population, sets }
}

/// The two copies of a locus: a homozygote has the same one twice, and of a tri-allele two.
fn copies(set: u64, dice: &mut Dice) -> [u64; 2] {
    let two = if set.count_ones() > 2 { set & !dice.bit_of(set) } else { set };
    let low = two & two.wrapping_neg();
    let high = two & !low;
    [low, if high == 0 { low } else { high }]
}

/// Reads one allele of a set as another: of a homozygote one copy of two.
pub(super) fn misread(set: u64, locus: &NationLocus, dice: &mut Dice) -> u64 {
    let other = dice.bit_of(locus.all() & !set);
    let kept = if set.count_ones() > 1 { set & !dice.bit_of(set) } else { set };
    kept | other
}

/// Types some loci of a person otherwise than before, each locus once at most.
pub(super) fn retype(sets: &mut Sets, loci: &[NationLocus], differences: u64, dice: &mut Dice) {
    let mut left = set_of(sets, |set| set != 0);
    for _ in 0..differences {
        let chosen = dice.bit_of(left);
        left &= !chosen;
        for place in places(chosen) {
            if let (Some(set), Some(locus)) = (sets.get_mut(place), loci.get(place)) {
                *set = misread(*set, locus, dice);
            }
        }
    }
}

/// The places of the loci for which something holds, as bits.
pub(super) fn set_of(sets: &Sets, holds: impl Fn(u64) -> bool) -> u64 {
    let places = sets.iter().enumerate().filter(|(_, set)| holds(**set));
    places.fold(0, |bits, (place, _)| bits | 1 << place)
}

#[cfg(test)]
mod tests {
    use super::super::dice::Part;
    use super::*;

    #[test]
    fn a_homozygote_has_its_allele_twice_and_a_tri_allele_gives_two() {
        let mut dice = Dice::new(1, Part::Persons, 1);
        assert_eq!(copies(0b100, &mut dice), [0b100, 0b100]);
        assert_eq!(copies(0b101, &mut dice), [0b001, 0b100]);
        for _ in 0..20 {
            let [first, second] = copies(0b1011, &mut dice);
            assert_eq!((first | second).count_ones(), 2);
            assert_eq!((first | second) & !0b1011, 0);
        }
    }

    #[test]
    fn what_is_misread_differs_by_one_allele() {
        let alleles = (10..20).map(|repeats| genetics::Allele::exact(repeats * 10).unwrap());
        let locus = NationLocus { locus: genetics::Locus::Fga, alleles: alleles.collect() };
        let mut dice = Dice::new(1, Part::Persons, 2);
        for set in [0b1_u64, 0b11, 0b111, 0b10_0000_1101] {
            for _ in 0..50 {
                let read = misread(set, &locus, &mut dice);
                assert_eq!((read & !set).count_ones(), 1);
                assert_eq!(read.count_ones(), set.count_ones().max(2));
                assert_eq!(read & !locus.all(), 0);
            }
        }
    }

    #[test]
    fn no_locus_is_retyped_twice() {
        let alleles = (10..14).map(|repeats| genetics::Allele::exact(repeats * 10).unwrap());
        let alleles: Vec<_> = alleles.collect();
        let loci: Vec<NationLocus> = genetics::LocusSet::core20()
            .iter()
            .map(|locus| NationLocus { locus, alleles: alleles.clone() })
            .collect();
        let mut dice = Dice::new(1, Part::Persons, 3);
        for differences in 0..=20 {
            let before = [0b11; 20];
            let mut after = before;
            retype(&mut after, &loci, differences, &mut dice);
            let changed = before.iter().zip(&after).filter(|(one, other)| one != other).count();
            assert_eq!(changed as u64, differences);
        }
    }
}

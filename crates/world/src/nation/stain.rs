//! Forensic profiles of the nation: one contributor or two, in whole or in part.
//!
//! Degraded DNA loses the longest amplicons first; how many loci are left is drawn for each stain,
//! which of them by length with some scatter. Unlike the month's evidence a stain need not be fit
//! for an index: a search must also bear the ones that are not. Absent: heights, stutter, drop-in.

use genetics::{Category, Locus, Profile};

use super::Nation;
use super::alleles::{LOCI, NationLocus, NationPopulation, Sets};
use super::dice::{Chance, Dice, WORDS};
use super::genome::{Genome, retype, set_of};
use super::settings::NationSettings;
use crate::evidence::{BY_AMPLICON, MIXTURE_ALLELES_MAX};

/// Fewest loci with which a search can make a candidate, by the default rule.
pub const SEARCHABLE_LOCI_MIN: usize = 8;

/// Fewest loci of a stain that is not searchable.
const LOCI_MIN: u64 = 4;

/// How far a locus may be lost before or after its turn, in places of the amplicon order.
const SCATTER_PLACES: u32 = 4;

/// Loci next to be lost that may show one allele fewer.
const FADING_LOCI: usize = 2;

/// A forensic profile of the nation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stain {
    /// What is entered.
    pub profile: Profile,
    /// `Forensic Mixture` of two contributors; of one `Forensic, Unknown` where all 20 loci are
    /// there and `Forensic Partial` otherwise.
    pub category: Category,
    /// Whose DNA is in it; one or two.
    pub contributors: Vec<Contributor>,
}

/// Whose DNA is in a stain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Contributor {
    /// Nobody of the nation.
    Stranger,
    /// The person with this number.
    Person(u64),
}

/// How stains are drawn.
#[derive(Debug)]
pub(super) struct StainRates {
    mixture: Chance,
    planted: Chance,
    typing_error: Chance,
    below_8: Chance,
    /// Upper ends of the words that stand for 8 to 12 and for 13 to 19 loci.
    to_12: u64,
    to_19: u64,
    allele_loss: Chance,
    match_probability_max: f64,
    draws_max: u32,
    persons: u64,
    /// For each locus its place in the order of amplicons, longest first.
    amplicon_places: Vec<u32>,
}

/// A stain as sets of alleles.
pub(super) struct Drawn {
    pub(super) category: Category,
    pub(super) contributors: Vec<Contributor>,
    /// What undamaged material would show.
    pub(super) complete: Sets,
    /// What is entered.
    pub(super) shown: Sets,
}

/// What is settled about a stain before its first draw.
struct Plan {
    contributors: usize,
    below_8: bool,
    misread: bool,
}

impl StainRates {
    pub(super) fn new(settings: &NationSettings, loci: &[NationLocus]) -> Self {
        let place = |locus: Locus| BY_AMPLICON.iter().position(|it| *it == locus).unwrap_or(0);
        let to_12 = Chance::of(settings.loci_8_to_12_share).units();
        Self {
            mixture: Chance::of(settings.mixture_share),
            planted: Chance::of(settings.planted_share),
            typing_error: Chance::of(settings.typing_error_rate),
            below_8: Chance::of(settings.below_8_share),
            to_12,
            to_19: (to_12 + Chance::of(settings.loci_13_to_19_share).units()).min(WORDS),
            allele_loss: Chance::of(settings.allele_loss_rate),
            match_probability_max: settings.match_probability_max,
            draws_max: settings.draws_max,
            persons: settings.persons,
            amplicon_places: loci.iter().map(|entry| place(entry.locus) as u32).collect(),
        }
    }

    fn plan(&self, dice: &mut Dice) -> Plan {
        Plan {
            contributors: if dice.falls(self.mixture) { 2 } else { 1 },
            below_8: dice.falls(self.below_8),
            misread: dice.falls(self.typing_error),
        }
    }

    /// How many loci a stain is to have.
    fn loci(&self, plan: &Plan, dice: &mut Dice) -> usize {
        let least = SEARCHABLE_LOCI_MIN as u64;
        let word = u64::from(dice.word());
        let count = match () {
            () if plan.below_8 => LOCI_MIN + dice.below(least - LOCI_MIN),
            () if word < self.to_12 => least + dice.below(5),
            () if word < self.to_19 => 13 + dice.below(7),
            () => LOCI as u64,
        };
        count as usize
    }

    /// Takes away all but some loci, and now and then an allele of those that are next.
    fn degrade(&self, sets: &mut Sets, kept: usize, dice: &mut Dice) {
        if kept >= LOCI {
            return;
        }
        let mut turns = [(0, 0); LOCI];
        for (place, (turn, amplicon)) in turns.iter_mut().zip(&self.amplicon_places).enumerate() {
            let scatter = (u64::from(dice.word()) * u64::from(SCATTER_PLACES << 16)) >> 32;
            *turn = (u64::from(*amplicon << 16) + scatter, place);
        }
        turns.sort_unstable();
        let lost = LOCI - kept;
        for (number, (_, place)) in turns.into_iter().enumerate().take(lost + FADING_LOCI) {
            if let Some(set) = sets.get_mut(place) {
                if number < lost {
                    *set = 0;
                } else if set.count_ones() > 1 && dice.falls(self.allele_loss) {
                    *set &= !dice.bit_of(*set);
                }
            }
        }
    }
}

impl Nation {
    /// Draws a stain again and again until it is rare enough.
    pub(super) fn draw_stain(&self, dice: &mut Dice) -> Drawn {
        let plan = self.rates.plan(dice);
        for _ in 1..self.rates.draws_max {
            let drawn = self.attempt(&plan, dice);
            if self.may_stand(&drawn) {
                return drawn;
            }
        }
        let mut last = self.attempt(&plan, dice);
        if !self.may_stand(&last) {
            cut(&mut last.shown);
        }
        last
    }

    fn attempt(&self, plan: &Plan, dice: &mut Dice) -> Drawn {
        let mut contributors = Vec::with_capacity(plan.contributors);
        let mut complete = [0; LOCI];
        for _ in 0..plan.contributors {
            let (contributor, genome) = self.contributor(&contributors, dice);
            contributors.push(contributor);
            complete.iter_mut().zip(genome.sets).for_each(|(all, theirs)| *all |= theirs);
        }
        let kept = self.rates.loci(plan, dice);
        let mut shown = complete;
        self.rates.degrade(&mut shown, kept, dice);
        if plan.misread {
            retype(&mut shown, &self.loci, 1, dice);
        }
        let category = match (plan.contributors, kept) {
            (2.., _) => Category::ForensicMixture,
            (_, LOCI..) => Category::ForensicUnknown,
            _ => Category::ForensicPartial,
        };
        Drawn { category, contributors, complete, shown }
    }

    /// A person of the nation who is not yet in the stain, or a stranger.
    fn contributor(&self, others: &[Contributor], dice: &mut Dice) -> (Contributor, Genome) {
        if dice.falls(self.rates.planted) && self.rates.persons > 0 {
            let number = dice.below(self.rates.persons);
            if !others.contains(&Contributor::Person(number)) {
                return (Contributor::Person(number), self.genome(number));
            }
        }
        (Contributor::Stranger, self.unrelated(dice))
    }

    /// Whether a stain is one that a laboratory would search with, or has too few loci to matter.
    fn may_stand(&self, drawn: &Drawn) -> bool {
        let clear = drawn.complete.iter().all(|set| is_clear(*set));
        let few = set_of(&drawn.shown, |set| set != 0).count_ones() < SEARCHABLE_LOCI_MIN as u32;
        let rare = || {
            match_probability(&self.populations, &drawn.shown) <= self.rates.match_probability_max
        };
        clear && (few || rare())
    }
}

fn is_clear(set: u64) -> bool {
    set.count_ones() as usize <= MIXTURE_ALLELES_MAX
}

/// Leaves fewer loci than make a candidate, and none with too many alleles.
fn cut(sets: &mut Sets) {
    let mut kept = 0;
    for set in sets {
        if kept + 1 >= SEARCHABLE_LOCI_MIN || !is_clear(*set) {
            *set = 0;
        }
        kept += usize::from(*set != 0);
    }
}

/// How probably an unrelated person of the nation agrees at moderate level at every typed locus.
///
/// In one population, with s the sum of the frequencies of the alleles shown: the person's alleles
/// lie within those shown with probability s^2; where one allele is shown, a heterozygote that has
/// it agrees too, 2 s (1 - s). Two shown alleles that lie within the person's are the person's.
/// Loci are independent in a population; the nation's probability is the mean by weight.
pub(super) fn match_probability(populations: &[NationPopulation], shown: &Sets) -> f64 {
    let weights: f64 = populations.iter().map(|population| population.weight).sum();
    let within = |population: &NationPopulation| -> f64 {
        let typed = shown.iter().zip(&population.loci).filter(|(set, _)| **set != 0);
        let at_locus = typed.map(|(set, shares)| {
            let sum = shares.frequency(*set);
            match set.count_ones() {
                1 => sum * sum + 2.0 * sum * (1.0 - sum),
                _ => sum * sum,
            }
        });
        at_locus.product()
    };
    populations.iter().map(|population| population.weight * within(population)).sum::<f64>()
        / weights
}

#[cfg(test)]
mod tests {
    use super::super::alleles::Shares;
    use super::*;

    #[test]
    fn the_example_of_the_manual() {
        let shares = || Shares::of([0.1, 0.2, 0.7].into_iter());
        let one = |weight| NationPopulation { weight, loci: vec![shares(), shares()] };
        let check = |populations: &[NationPopulation], first: u64, second: u64, expected: f64| {
            let mut shown = [0; LOCI];
            [shown[0], shown[1]] = [first, second];
            let seen = match_probability(populations, &shown);
            assert!((seen - expected).abs() < 1e-8, "{seen} {expected}");
        };
        check(&[one(1.0)], 0b001, 0, 0.19);
        check(&[one(1.0)], 0b011, 0, 0.09);
        check(&[one(1.0)], 0b111, 0, 1.0);
        check(&[one(1.0)], 0b001, 0b011, 0.19 * 0.09);
        check(&[one(3.0), one(1.0)], 0b001, 0b011, 0.19 * 0.09);
        let other =
            NationPopulation { weight: 1.0, loci: vec![Shares::of([0.0, 1.0].into_iter())] };
        check(&[one(3.0), other], 0b001, 0, 0.75 * 0.19);
    }

    #[test]
    fn what_is_cut_has_too_few_loci_and_no_crowded_one() {
        let mut shown = [0b11; LOCI];
        shown[2] = 0b1_1111;
        cut(&mut shown);
        let typed = set_of(&shown, |set| set != 0);
        assert_eq!(typed, 0b1111_1011);
    }
}

//! One locus: the ratio for every genotype that a person can have there.
//!
//! Alleles that no replicate shows are one class, *others*. That is exact, not an approximation:
//! each copy of an allele drops out by itself, so a homozygote is lost with d^2 and what is lost of
//! several alleles together depends on the number of their copies alone; and under the
//! Balding-Nichols formula several alleles together are drawn as one allele with the sum of their
//! frequencies. (With another chance for a homozygote, such as the d^2 / 2 of Balding and Buckleton
//! 2009, neither would hold.)

use serde::Serialize;

use crate::allele::{Allele, AlleleKind};
use crate::frequency::LocusFrequencies;
use crate::genotype::Genotype;
use crate::likelihood::{LikelihoodRatio, Model};
use crate::locus::Locus;

/// The ratio for every genotype of a person at one locus.
#[derive(Clone, Debug, PartialEq)]
pub struct LocusLikelihood {
    locus: Locus,
    /// What the replicates show together, in the field's order; the class of an allele is its
    /// place, that of all others the place after the last.
    shown: Vec<Allele>,
    /// By pair of classes, see [`pair`].
    ratios: Vec<LikelihoodRatio>,
}

/// Why a locus that was asked for counts for nothing. That neither adds to a ratio nor takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum NotCounted {
    /// No replicate shows anything there.
    NotInEvidence {
        /// Where.
        locus: Locus,
    },
    /// The person is not typed there.
    NotInPerson {
        /// Where.
        locus: Locus,
    },
    /// The population has no frequencies there.
    NoFrequencies {
        /// Where.
        locus: Locus,
    },
    /// A reading of the evidence has no frequency.
    NoFrequencyOfReading {
        /// Where.
        locus: Locus,
    },
    /// Two readings of the evidence may be the same allele, as `12.X` and `12.2`.
    Overlap {
        /// Where.
        locus: Locus,
    },
}

/// Why evidence at a locus gives no ratio.
pub(super) enum Unfit {
    NotCounted(NotCounted),
    /// No genotypes of so many persons can show this.
    Inexplicable,
}

impl From<NotCounted> for Unfit {
    fn from(reason: NotCounted) -> Self {
        Self::NotCounted(reason)
    }
}

impl LocusLikelihood {
    /// The ratios for evidence that shows these genotypes, one for each replicate.
    pub(super) fn new(
        locus: Locus,
        replicates: &[&Genotype],
        at: &LocusFrequencies,
        model: &Model,
    ) -> Result<Self, Unfit> {
        let mut shown: Vec<Allele> =
            replicates.iter().flat_map(|genotype| genotype.alleles()).copied().collect();
        shown.sort_unstable();
        shown.dedup();
        let overlap = |one: &Allele| shown.iter().any(|two| two != one && two.agrees_with(*one));
        if shown.iter().any(overlap) {
            return Err(NotCounted::Overlap { locus }.into());
        }
        let evidence = Evidence::new(&shown, replicates, at, model)
            .ok_or(NotCounted::NoFrequencyOfReading { locus })?;
        let mut ratios = Vec::new();
        for high in 0..=shown.len() {
            for low in 0..=high {
                ratios.push(evidence.ratio([low, high]).ok_or(Unfit::Inexplicable)?);
            }
        }
        Ok(Self { locus, shown, ratios })
    }

    /// Where.
    pub fn locus(&self) -> Locus {
        self.locus
    }

    /// The ratio for a person with this genotype. One allele is a homozygote. Where the readings
    /// are not two exact alleles, it is the least ratio of the pairs that they can be: of the two
    /// of three alleles that explain the evidence worst, and of the worst allele above 15 for
    /// `>15`, unless the evidence says `>15` too. An off-ladder reading can be any allele.
    pub fn of(&self, genotype: &Genotype) -> LikelihoodRatio {
        let classes: Vec<Vec<usize>> =
            genotype.alleles().iter().map(|reading| self.classes(*reading)).collect();
        let pairs = classes.iter().enumerate().flat_map(|(place, one)| {
            let others = classes.iter().skip(place + usize::from(classes.len() > 1));
            others.map(move |other| (one, other))
        });
        let ratios = pairs.flat_map(|(one, other)| {
            let pairs = one.iter().flat_map(|low| other.iter().map(|high| pair(*low, *high)));
            pairs.filter_map(|place| self.ratios.get(place).copied())
        });
        ratios.reduce(LikelihoodRatio::least).unwrap_or(LikelihoodRatio::EVEN)
    }

    /// How many of these alleles the evidence shows.
    pub fn shown_of(&self, genotype: &Genotype) -> usize {
        let is_shown = |allele: &&Allele| self.shown.iter().any(|it| it.agrees_with(**allele));
        genotype.alleles().iter().filter(is_shown).count()
    }

    /// The classes that a person's reading can be of.
    fn classes(&self, reading: Allele) -> Vec<usize> {
        if let Some(class) = self.shown.iter().position(|shown| *shown == reading) {
            return vec![class];
        }
        let others = self.shown.len();
        if reading.kind() == AlleleKind::OffLadder {
            return (0..=others).collect();
        }
        let agreeing = self.shown.iter().enumerate().filter(|(_, it)| it.agrees_with(reading));
        let mut classes: Vec<usize> = agreeing.map(|(class, _)| class).collect();
        if classes.is_empty() || reading.kind() != AlleleKind::Exact {
            classes.push(others);
        }
        classes
    }
}

/// The place of two classes among all pairs.
fn pair(one: usize, other: usize) -> usize {
    let (low, high) = (one.min(other), one.max(other));
    high * (high + 1) / 2 + low
}

/// A class of alleles in the evidence.
struct Class {
    /// Its share of all alleles.
    frequency: f64,
    /// Bit r stands for replicate r, where that shows it.
    shown_in: usize,
}

/// What the replicates show at a locus, by class of allele.
struct Evidence<'m> {
    classes: Vec<Class>,
    replicates: u32,
    model: &'m Model,
}

impl<'m> Evidence<'m> {
    /// `None` where an allele has no frequency.
    fn new(
        shown: &[Allele],
        replicates: &[&Genotype],
        at: &LocusFrequencies,
        model: &'m Model,
    ) -> Option<Self> {
        let minimum = model.minimum.of(at.alleles_typed());
        let mut classes = Vec::with_capacity(shown.len() + 1);
        for allele in shown {
            let frequency = match allele.kind() {
                AlleleKind::SexX | AlleleKind::SexY | AlleleKind::OffLadder => return None,
                _ => at.seen(*allele).max(minimum),
            };
            if frequency == 0.0 {
                return None;
            }
            let showing =
                replicates.iter().enumerate().filter(|(_, it)| it.alleles().contains(allele));
            let shown_in = showing.fold(0, |bits, (replicate, _)| bits | 1 << replicate);
            classes.push(Class { frequency, shown_in });
        }
        // Minimum frequencies can sum above 1; as shares of their sum they are frequencies again.
        let sum: f64 = classes.iter().map(|class| class.frequency).sum();
        classes.iter_mut().for_each(|class| class.frequency /= sum.max(1.0));
        classes.push(Class { frequency: (1.0 - sum).max(0.0), shown_in: 0 });
        Some(Self { classes, replicates: replicates.len() as u32, model })
    }

    /// The ratio for a person with alleles of these classes; `None` where no unknown persons
    /// explain the evidence.
    fn ratio(&self, person: [usize; 2]) -> Option<LikelihoodRatio> {
        let contributors = usize::from(self.model.contributors);
        let with = self.probability(person, true, contributors - 1);
        let without = self.probability(person, false, contributors);
        (without > 0.0).then(|| LikelihoodRatio::of(with, without))
    }

    /// The probability of the evidence given so many unknown contributors, and the person where
    /// they are one. Their alleles are known either way, so that those alike are drawn more often.
    ///
    /// Summed class by class over how many copies of it the unknown have: `sums` holds, by the
    /// replicates in which an allele dropped in and by copies drawn so far, the sum of the products
    /// so far.
    fn probability(&self, person: [usize; 2], is_contributor: bool, unknown: usize) -> f64 {
        let draws = 2 * unknown;
        let theta = self.model.theta;
        let none = vec![vec![0.0; draws + 1]; 1 << self.replicates];
        let mut sums = none.clone();
        sums.iter_mut().take(1).flatten().take(1).for_each(|start| *start = 1.0);
        for (number, class) in self.classes.iter().enumerate() {
            let known = person.iter().filter(|own| **own == number).count();
            let mut next = none.clone();
            // Balding and Nichols 1994, without the denominators, over the number of orders.
            let mut drawn = 1.0;
            for copies in 0..=draws {
                let contributed = copies + if is_contributor { known } else { 0 };
                let factor = drawn * self.seen_as_it_is(class, contributed);
                let dropped_in = if contributed == 0 { class.shown_in } else { 0 };
                for (before, sums) in sums.iter().enumerate() {
                    let after = next.get_mut(before | dropped_in).into_iter().flatten();
                    after.skip(copies).zip(sums).for_each(|(after, sum)| *after += sum * factor);
                }
                let alike = (known + copies) as f64 * theta + (1.0 - theta) * class.frequency;
                drawn *= alike / (copies + 1) as f64;
            }
            sums = next;
        }
        let nothing_dropped_in = |in_some: usize| {
            (1.0 - self.model.drop_in).powi((self.replicates - in_some.count_ones()) as i32)
        };
        let sums = sums.iter().enumerate();
        let sum: f64 = sums
            .filter_map(|(in_some, sums)| Some(sums.last()? * nothing_dropped_in(in_some)))
            .sum();
        let orders = (1..=draws).map(|draw| draw as f64 / (1.0 + draw as f64 * theta));
        sum * orders.product::<f64>()
    }

    /// The chance that the replicates show a class, or do not, as they do, where the contributors
    /// have so many copies of it.
    fn seen_as_it_is(&self, class: &Class, contributed: usize) -> f64 {
        let lost = self.model.drop_out.powi(contributed as i32);
        let seen = match contributed {
            0 => self.model.drop_in * class.frequency,
            _ => 1.0 - lost,
        };
        let showing = class.shown_in.count_ones();
        seen.powi(showing as i32) * lost.powi((self.replicates - showing) as i32)
    }
}

//! A synthetic nation: persons and forensic profiles for searches at national size.
//!
//! Each person and each stain follows from the seed and its own number alone, so that any part of
//! the nation can be drawn by itself, in any order and on any number of threads, and is the same.
//! A person's number says nothing else; there are no names, dates or places. Every genotype is
//! drawn from published frequencies: none is a real person's. Kinship stays within the nation.
//! Deliberately absent: files, threads, sex markers, and the month's stations.

mod settings;
mod dice;
mod alleles;
mod genome;
mod stain;

use genetics::locus::LocusUse;
use genetics::{Allele, Frequencies, Locus, Profile};

use crate::frequencies::populations;
use alleles::{NationLocus, NationPopulation};
use dice::{Chance, Dice, Part};
use genome::Genome;
use stain::{Drawn, StainRates};

pub use settings::{NationSettings, NotANation};
pub use stain::{Contributor, SEARCHABLE_LOCI_MIN, Stain};

/// Persons and forensic profiles by number, the first being 0.
#[derive(Debug)]
pub struct Nation {
    settings: NationSettings,
    loci: Vec<NationLocus>,
    populations: Vec<NationPopulation>,
    /// Upper ends of the words that stand for each population.
    population_ends: Vec<u64>,
    sibling: Chance,
    /// Upper end of the words that stand for a sibling or a second sample.
    resampled_end: u64,
    old_panel: Chance,
    tri_allele: Chance,
    rates: StainRates,
}

/// How a person came into the nation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Descent {
    /// Related to nobody with a lower number.
    Unrelated,
    /// A full sibling of the person with this number.
    FullSibling(u64),
    /// The person with this number, sampled again.
    Resampled(u64),
}

/// Which loci of a person were typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Panel {
    /// The original 13 loci.
    Original,
    /// The 20 core loci.
    Core,
}

impl Nation {
    /// Builds the tables from which persons and stains are drawn.
    ///
    /// # Errors
    /// Settings that make no nation.
    pub fn new(settings: &NationSettings) -> Result<Self, NotANation> {
        settings.check()?;
        let table = populations();
        let loci = alleles::loci(&table, settings)?;
        let observed = |locus: Locus, allele: Allele| {
            let mut shares = table.populations().iter().flat_map(|it| it.shares(locus));
            shares.any(|share| share.allele == allele)
        };
        let mut populations = Vec::new();
        for (name, weight) in &settings.populations {
            let source = table.population(name).filter(|_| *weight > 0.0 && weight.is_finite());
            let source = source.ok_or_else(|| unknown_population(&table, name, *weight))?;
            populations.push(alleles::population(source, *weight, &loci, observed, settings));
        }
        if populations.is_empty() {
            return Err(NotANation::NoPopulation);
        }
        let sibling = Chance::of(settings.sibling_share);
        Ok(Self {
            population_ends: ends(&populations),
            sibling,
            resampled_end: sibling.units() + Chance::of(settings.resampled_share).units(),
            old_panel: Chance::of(settings.old_panel_share),
            tri_allele: Chance::of(settings.tri_allele_rate),
            rates: StainRates::new(settings, &loci),
            settings: settings.clone(),
            loci,
            populations,
        })
    }

    /// What the nation is made of.
    pub fn settings(&self) -> &NationSettings {
        &self.settings
    }

    /// The profile of a person as it was typed. The number of persons in the settings is no limit
    /// here: it only says how many there are to be found.
    pub fn person(&self, number: u64) -> Profile {
        let (descent, panel, mut dice) = self.begin(number);
        let mut sets = self.born(descent, &mut dice).sets;
        if panel == Panel::Original {
            for (set, entry) in sets.iter_mut().zip(&self.loci) {
                if entry.locus.used_for() != LocusUse::Original {
                    *set = 0;
                }
            }
        }
        if let Descent::Resampled(_) = descent {
            let most = u64::from(self.settings.retyping_differences_max);
            let differences = dice.below(most + 1);
            genome::retype(&mut sets, &self.loci, differences, &mut dice);
        }
        alleles::profile(&self.loci, &sets)
    }

    /// How a person came into the nation, without drawing the profile.
    pub fn descent(&self, number: u64) -> Descent {
        self.begin(number).0
    }

    /// Which loci of a person were typed, without drawing the profile.
    pub fn panel(&self, number: u64) -> Panel {
        self.begin(number).1
    }

    /// A forensic profile with its contributors.
    pub fn evidence(&self, number: u64) -> Stain {
        let drawn = self.drawn(number);
        Stain {
            profile: alleles::profile(&self.loci, &drawn.shown),
            category: drawn.category,
            contributors: drawn.contributors,
        }
    }

    /// What the same forensic profile would be without loss and error: all that its contributors
    /// have at the 20 core loci.
    pub fn complete_evidence(&self, number: u64) -> Profile {
        alleles::profile(&self.loci, &self.drawn(number).complete)
    }

    fn drawn(&self, number: u64) -> Drawn {
        self.draw_stain(&mut Dice::new(self.settings.seed, Part::Evidence, number))
    }

    /// The first words of a person's stream.
    fn begin(&self, number: u64) -> (Descent, Panel, Dice) {
        let mut dice = Dice::new(self.settings.seed, Part::Persons, number);
        let word = u64::from(dice.word());
        let earlier = dice.below(number);
        let panel = if dice.falls(self.old_panel) { Panel::Original } else { Panel::Core };
        let descent = match word {
            _ if number == 0 => Descent::Unrelated,
            word if word < self.sibling.units() => Descent::FullSibling(earlier),
            word if word < self.resampled_end => Descent::Resampled(earlier),
            _ => Descent::Unrelated,
        };
        (descent, panel, dice)
    }

    /// The true genotypes of a person. Numbers only ever lead to lower ones, on average to one
    /// half, so that the recursion is shallow.
    fn genome(&self, number: u64) -> Genome {
        let (descent, _, mut dice) = self.begin(number);
        self.born(descent, &mut dice)
    }

    fn born(&self, descent: Descent, dice: &mut Dice) -> Genome {
        match descent {
            Descent::Unrelated => self.unrelated(dice),
            Descent::Resampled(of) => self.genome(of),
            Descent::FullSibling(of) => {
                let of = self.genome(of);
                match self.populations.get(of.population) {
                    Some(population) => genome::full_sibling(&of, population, dice),
                    None => of,
                }
            }
        }
    }

    fn unrelated(&self, dice: &mut Dice) -> Genome {
        let word = u64::from(dice.word());
        let place = self.population_ends.iter().filter(|end| word >= **end).count();
        match self.populations.get(place) {
            Some(population) => genome::unrelated(place, population, self.tri_allele, dice),
            None => Genome { population: place, sets: [0; _] },
        }
    }
}

/// Where the words of each population but the last end; the last has the rest.
fn ends(populations: &[NationPopulation]) -> Vec<u64> {
    let sum: f64 = populations.iter().map(|population| population.weight).sum();
    let mut so_far = 0.0;
    let ends = populations.iter().map(|population| {
        so_far += population.weight;
        Chance::of(so_far / sum).units()
    });
    ends.take(populations.len().saturating_sub(1)).collect()
}

fn unknown_population(table: &Frequencies, name: &str, weight: f64) -> NotANation {
    let known: Vec<&str> = table.populations().iter().map(|it| it.name()).collect();
    NotANation::Population {
        name: name.to_owned(),
        weight: weight.to_string(),
        known: known.join(", "),
    }
}

//! A whole mixture, made ready once; then every person is a sum of look-ups.

use serde::Serialize;

use crate::frequency::Population;
use crate::genotype::Genotype;
use crate::likelihood::at_locus::{LocusLikelihood, NotCounted, Unfit};
use crate::likelihood::{LikelihoodRatio, Model};
use crate::locus::{Locus, LocusSet};
use crate::profile::Profile;

/// Most replicates of a stain: what is summed over doubles with each.
pub const REPLICATES_MAX: usize = 6;

/// A mixture beside which persons can be laid.
#[derive(Clone, Debug, PartialEq)]
pub struct MixtureLikelihood {
    population: String,
    /// In the stable order of loci.
    loci: Vec<LocusLikelihood>,
    not_counted: Vec<NotCounted>,
}

/// Why a mixture cannot be laid beside anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoLikelihood {
    /// There is nothing to explain.
    #[error("no replicate; give at least one profile of the stain")]
    Nothing,
    /// More replicates than can be summed over.
    #[error("{0} replicates; give at most {REPLICATES_MAX}")]
    Replicates(usize),
    /// What stands at a locus cannot come from so many persons.
    #[error(
        "what {locus} shows is impossible with this drop-in and drop-out where the number of \
         contributors is {contributors}; give more contributors, or chances above 0"
    )]
    Inexplicable {
        /// Where.
        locus: Locus,
        /// How many persons were supposed.
        contributors: u8,
    },
}

/// One locus of a person beside a mixture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LocusRatio {
    /// Where.
    pub locus: Locus,
    /// The ratio there.
    pub ratio: LikelihoodRatio,
    /// Distinct alleles of the person.
    pub alleles: usize,
    /// Those that some replicate shows.
    pub shown: usize,
}

/// How much better a mixture is explained with a person and N - 1 unknown persons than with N
/// unknown persons, in one population.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PersonRatio {
    /// The population, as the source names it.
    pub population: String,
    /// Over all loci that count.
    pub ratio: LikelihoodRatio,
    /// Locus by locus.
    pub loci: Vec<LocusRatio>,
    /// Loci that count for nothing, with the reason.
    pub not_counted: Vec<NotCounted>,
}

impl MixtureLikelihood {
    /// Makes a mixture ready: `evidence` holds the replicates of one stain, of which each counts at
    /// the loci where it shows something. Required alleles mean nothing here.
    ///
    /// # Errors
    /// No replicate or more than [`REPLICATES_MAX`]; a locus that so many contributors cannot
    /// show.
    pub fn new(
        evidence: &[Profile],
        loci: LocusSet,
        population: &Population,
        model: &Model,
    ) -> Result<Self, NoLikelihood> {
        match evidence.len() {
            0 => return Err(NoLikelihood::Nothing),
            count if count > REPLICATES_MAX => return Err(NoLikelihood::Replicates(count)),
            _ => {}
        }
        let (mut counted, mut not_counted) = (Vec::new(), Vec::new());
        for locus in loci.iter() {
            match at(locus, evidence, population, model) {
                Ok(likelihood) => counted.push(likelihood),
                Err(Unfit::NotCounted(reason)) => not_counted.push(reason),
                Err(Unfit::Inexplicable) => {
                    let contributors = model.contributors();
                    return Err(NoLikelihood::Inexplicable { locus, contributors });
                }
            }
        }
        Ok(Self { population: population.name().to_owned(), loci: counted, not_counted })
    }

    /// The loci that count, in their stable order.
    pub fn loci(&self) -> &[LocusLikelihood] {
        &self.loci
    }

    /// Loci that were asked for and count for nothing beside anybody.
    pub fn not_counted(&self) -> &[NotCounted] {
        &self.not_counted
    }

    /// The ratio for a person, locus by locus. Loci that either side lacks count for nothing.
    pub fn ratio(&self, person: &Profile) -> PersonRatio {
        let mut not_counted = self.not_counted.clone();
        let mut loci = Vec::with_capacity(self.loci.len());
        for at in &self.loci {
            let locus = at.locus();
            match person.at(locus).map(|typed| &typed.genotype) {
                None => not_counted.push(NotCounted::NotInPerson { locus }),
                Some(genotype) => loci.push(LocusRatio {
                    locus,
                    ratio: at.of(genotype),
                    alleles: genotype.alleles().len(),
                    shown: at.shown_of(genotype),
                }),
            }
        }
        PersonRatio {
            population: self.population.clone(),
            ratio: loci.iter().map(|at| at.ratio).sum(),
            loci,
            not_counted,
        }
    }
}

fn at(
    locus: Locus,
    evidence: &[Profile],
    population: &Population,
    model: &Model,
) -> Result<LocusLikelihood, Unfit> {
    let replicates: Vec<&Genotype> =
        evidence.iter().filter_map(|profile| Some(&profile.at(locus)?.genotype)).collect();
    if replicates.is_empty() {
        return Err(NotCounted::NotInEvidence { locus }.into());
    }
    let frequencies = population.at(locus).ok_or(NotCounted::NoFrequencies { locus })?;
    LocusLikelihood::new(locus, &replicates, frequencies, model)
}

impl PersonRatio {
    /// The least of several populations, which is the one most careful about the person.
    pub fn least(several: Vec<Self>) -> Option<Self> {
        several.into_iter().min_by(|one, two| one.ratio.log10().total_cmp(&two.ratio.log10()))
    }
}

//! Persons ranked by how much better they explain a mixture (`genetics::likelihood`).
//!
//! Every genotype that some row has at a locus gets its ratio once; then a row is a sum of look-ups
//! by its numbers. Where a mixture was made ready for several populations, the least ratio of a row
//! counts. Rows that have no numbers are taken one by one.
//!
//! Deliberately absent: a threshold. How high a ratio must be is for those who asked.

use std::cmp::Ordering;

use genetics::Profile;
use genetics::likelihood::{LikelihoodRatio, LocusLikelihood, MixtureLikelihood};

use crate::engine::SpecimenKey;
use crate::lexicon::{AlleleBits, GenotypeId, LOCI, Lexicon, LocusLexicon};
use crate::packed::PackedProfile;
use crate::question::genotype;

/// A row and how well it explains a mixture; `P` is its profile, or where that lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked<P = PackedProfile> {
    /// The row.
    pub key: SpecimenKey,
    /// Its ratio: the least, where there are several populations.
    pub ratio: LikelihoodRatio,
    /// Its alleles, those of searched loci at least.
    pub profile: P,
}

impl<P> Ranked<P> {
    /// The greatest ratio first, of equal ones the lowest key.
    fn order(&self, other: &Self) -> Ordering {
        let ratios = other.ratio.log10().total_cmp(&self.ratio.log10());
        ratios.then(self.key.cmp(&other.key))
    }

    /// The same with the profile itself.
    pub(crate) fn with(self, profile: impl FnOnce(P) -> PackedProfile) -> Ranked {
        Ranked { key: self.key, ratio: self.ratio, profile: profile(self.profile) }
    }
}

/// The best of many, at most so many, in order.
pub(crate) fn best<P>(mut ranked: Vec<Ranked<P>>, limit: usize) -> Vec<Ranked<P>> {
    if ranked.len() > limit {
        ranked.select_nth_unstable_by(limit, Ranked::order);
        ranked.truncate(limit);
    }
    ranked.sort_unstable_by(Ranked::order);
    ranked
}

/// The ratio of every genotype there is, for a mixture in each of some populations.
pub(crate) struct LookUp<'m> {
    mixtures: &'m [MixtureLikelihood],
    /// By mixture, by position of the locus, by number of the genotype; empty where a locus counts
    /// for nothing.
    tables: Vec<Vec<Vec<LikelihoodRatio>>>,
}

impl<'m> LookUp<'m> {
    pub(crate) fn new(mixtures: &'m [MixtureLikelihood], lexicon: &Lexicon) -> Self {
        let tables = mixtures.iter().map(|mixture| {
            let mut tables = vec![Vec::new(); LOCI];
            for at in mixture.loci() {
                let position = at.locus().position();
                let slot = tables.get_mut(position).zip(lexicon.loci().get(position));
                if let Some((slot, locus)) = slot {
                    *slot = table(at, locus);
                }
            }
            tables
        });
        Self { mixtures, tables: tables.collect() }
    }

    /// The tables for rows that are typed at just these loci, in this order.
    pub(crate) fn at(&self, positions: &[usize]) -> LookUpAt<'_> {
        let mut of_mixtures = Vec::with_capacity(self.tables.len());
        for tables in &self.tables {
            let places = positions.iter().enumerate();
            let there = places.filter_map(|(place, at)| Some((place, tables.get(*at)?.as_slice())));
            of_mixtures.push(there.filter(|(_, table)| !table.is_empty()).collect());
        }
        LookUpAt(of_mixtures)
    }

    /// The ratio of a row by itself.
    pub(crate) fn alone(&self, packed: &PackedProfile) -> LikelihoodRatio {
        let profile = Profile::from(packed);
        least(self.mixtures.iter().map(|mixture| {
            let searched = mixture.loci().iter().filter(|at| at.locus().position() < LOCI);
            searched.filter_map(|at| Some(at.of(&profile.at(at.locus())?.genotype))).sum()
        }))
    }
}

/// The tables for rows that are all typed at the same loci: by mixture, those of the loci that
/// count, each with its place in a row.
pub(crate) struct LookUpAt<'l>(Vec<Vec<(usize, &'l [LikelihoodRatio])>>);

impl LookUpAt<'_> {
    /// The ratio of a row.
    #[inline]
    pub(crate) fn ratio(&self, ids: &[GenotypeId]) -> LikelihoodRatio {
        least(self.0.iter().map(|tables| {
            let ratios = tables.iter().filter_map(|(place, table)| {
                let id = ids.get(*place)?;
                table.get(usize::from(*id)).copied()
            });
            ratios.sum()
        }))
    }
}

fn least(ratios: impl Iterator<Item = LikelihoodRatio>) -> LikelihoodRatio {
    ratios.reduce(LikelihoodRatio::least).unwrap_or(LikelihoodRatio::EVEN)
}

/// The ratio of each genotype of a locus by its number; number 0 is no genotype.
fn table(at: &LocusLikelihood, locus: &LocusLexicon) -> Vec<LikelihoodRatio> {
    let ratio = |alleles: &AlleleBits| {
        genotype(locus.tenths(), *alleles).map_or(LikelihoodRatio::EVEN, |it| at.of(&it))
    };
    locus.genotypes().iter().map(ratio).collect()
}

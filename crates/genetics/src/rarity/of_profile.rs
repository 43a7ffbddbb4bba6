//! A whole profile: the product over its loci, each told by itself, in one population.

use serde::Serialize;

use crate::frequency::Population;
use crate::locus::{Locus, LocusSet};
use crate::profile::{Profile, TypedLocus};
use crate::rarity::{LogProb, Method, at_locus};
use crate::stringency::Level;

/// Alleles that one person can be expected to show at a locus.
const ALLELES_OF_A_PERSON: usize = 2;

/// One locus of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LocusRarity {
    /// Where.
    pub locus: Locus,
    /// The chance there.
    pub probability: LogProb,
}

/// Why a locus adds nothing to the rarity. Leaving one out makes a profile less rare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum LeftOut {
    /// The population has no frequencies there.
    NoFrequencies {
        /// Where.
        locus: Locus,
    },
    /// A reading has no frequency.
    NoFrequencyOfReading {
        /// Where.
        locus: Locus,
    },
    /// More than two alleles, where the alleles of one person are asked for.
    TriAllele {
        /// Where.
        locus: Locus,
    },
}

/// How rare a profile is in one population.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rarity {
    /// The population, as the source names it.
    pub population: String,
    /// The chance that an unrelated person matches at every locus that counts.
    pub probability: LogProb,
    /// Locus by locus.
    pub loci: Vec<LocusRarity>,
    /// Loci that count for nothing, with the reason.
    pub left_out: Vec<LeftOut>,
}

/// The chance that an unrelated person matches a profile at a level, at every locus of a set.
///
/// At high stringency this is the random match probability, and its inverse the likelihood ratio
/// of a single source; at moderate stringency the chance that a partial profile or a mixture meets
/// somebody by accident.
pub fn rarity(
    profile: &Profile,
    loci: LocusSet,
    wanted: Level,
    population: &Population,
    method: &Method,
) -> Rarity {
    product(profile, loci, population, |typed, at| {
        if wanted == Level::High && typed.genotype.alleles().len() > ALLELES_OF_A_PERSON {
            return Err(LeftOut::TriAllele { locus: typed.locus });
        }
        let outcomes = at_locus::outcomes(typed, wanted, at, method);
        let unread = LeftOut::NoFrequencyOfReading { locus: typed.locus };
        outcomes.map(|outcomes| outcomes.matching).ok_or(unread)
    })
}

/// The combined probability of inclusion: the chance that all alleles of an unrelated person are
/// among those shown, at every locus of a set. It holds only for loci where no allele dropped out,
/// which the analyst chooses.
pub fn combined_inclusion(
    profile: &Profile,
    loci: LocusSet,
    population: &Population,
    method: &Method,
) -> Rarity {
    product(profile, loci, population, |typed, at| {
        let unread = LeftOut::NoFrequencyOfReading { locus: typed.locus };
        at_locus::inclusion(&typed.genotype, at, method).ok_or(unread)
    })
}

fn product(
    profile: &Profile,
    loci: LocusSet,
    population: &Population,
    chance: impl Fn(&TypedLocus, &crate::frequency::LocusFrequencies) -> Result<f64, LeftOut>,
) -> Rarity {
    let (mut counted, mut left_out) = (Vec::new(), Vec::new());
    for typed in profile.typed().iter().filter(|typed| loci.contains(typed.locus)) {
        let locus = typed.locus;
        let at = population.at(locus).ok_or(LeftOut::NoFrequencies { locus });
        match at.and_then(|at| chance(typed, at)) {
            Ok(found) => counted.push(LocusRarity { locus, probability: LogProb::of(found) }),
            Err(reason) => left_out.push(reason),
        }
    }
    Rarity {
        population: population.name().to_owned(),
        probability: counted.iter().map(|at| at.probability).sum(),
        loci: counted,
        left_out,
    }
}

/// How rare a profile is in several populations, side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideBySide {
    /// The population in which it is most common, if there is any.
    pub most_conservative: Option<String>,
    /// In each population.
    pub populations: Vec<Rarity>,
}

impl SideBySide {
    /// Computes it for each population.
    pub fn new<'p>(
        populations: impl IntoIterator<Item = &'p Population>,
        rarity: impl Fn(&Population) -> Rarity,
    ) -> Self {
        let populations: Vec<Rarity> = populations.into_iter().map(rarity).collect();
        let most = most_common(&populations).map(|most| most.population.clone());
        Self { most_conservative: most, populations }
    }

    /// The greatest of the chances: the one to be told. [`LogProb::CERTAIN`] without populations.
    pub fn probability(&self) -> LogProb {
        most_common(&self.populations).map_or(LogProb::CERTAIN, |most| most.probability)
    }
}

fn most_common(several: &[Rarity]) -> Option<&Rarity> {
    several.iter().max_by(|one, other| one.probability.ln().total_cmp(&other.probability.ln()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controls;
    use crate::frequency::Frequencies;
    use crate::rarity::{MinimumFrequency, Substructure};

    #[test]
    fn a_profile_is_the_product_of_its_loci() {
        let table = Frequencies::shipped();
        let control = controls::profile("2800M").unwrap();
        let method = Method::default();
        for population in table.populations() {
            let core = LocusSet::core20();
            let found = rarity(&control, core, Level::High, population, &method);
            assert_eq!(found.loci.len(), 20);
            assert_eq!(found.left_out, []);
            let product: f64 = found.loci.iter().map(|at| at.probability.probability()).product();
            assert!((found.probability.probability() / product - 1.0).abs() < 1e-9);
            let moderate = rarity(&control, core, Level::Moderate, population, &method);
            assert!(moderate.probability > found.probability);
        }
    }

    #[test]
    fn what_counts_for_nothing_is_told() {
        let table = Frequencies::shipped();
        let population = table.population("Caucasian").unwrap();
        let control = controls::profile("9948").unwrap();
        let all = LocusSet::autosomal();
        let found = rarity(&control, all, Level::High, population, &Method::default());
        assert_eq!(found.left_out, [LeftOut::TriAllele { locus: Locus::Csf1po }]);
        let found = rarity(&control, all, Level::Moderate, population, &Method::default());
        assert_eq!(found.left_out, []);
        let sex = [Locus::Amelogenin].into_iter().collect();
        let found = rarity(&control, sex, Level::High, population, &Method::default());
        assert_eq!(found.left_out, [LeftOut::NoFrequencies { locus: Locus::Amelogenin }]);
        assert_eq!(found.probability, LogProb::CERTAIN);
    }

    #[test]
    fn the_most_common_population_is_the_conservative_one() {
        let table = Frequencies::shipped();
        let control = controls::profile("9947A").unwrap();
        let beside = SideBySide::new(table.usual(), |population| {
            rarity(&control, LocusSet::core13(), Level::High, population, &Method::default())
        });
        assert_eq!(beside.populations.len(), 4);
        let chosen = beside.most_conservative.as_deref();
        for one in &beside.populations {
            let is_chosen = Some(one.population.as_str()) == chosen;
            assert_eq!(one.probability == beside.probability(), is_chosen);
            assert!(one.probability <= beside.probability());
        }
        let none = SideBySide::new([], |_| unreachable!());
        assert_eq!((none.probability(), none.most_conservative), (LogProb::CERTAIN, None));
    }

    #[test]
    fn more_caution_makes_a_profile_more_common() {
        let table = Frequencies::shipped();
        let population = table.population("SW Hispanic").unwrap();
        let control = controls::profile("2800M").unwrap();
        let found = |method: Method| {
            rarity(&control, LocusSet::core20(), Level::High, population, &method).probability
        };
        let plain = found(Method::PRODUCT_RULE);
        let standard = found(Method::default());
        let small = found(Method { theta: 0.03, ..Method::default() });
        let same = found(Method { substructure: Substructure::Nrc410, ..Method::default() });
        let rule = found(Method { minimum: MinimumFrequency::AsSeen, ..Method::default() });
        assert!(plain <= rule && rule <= standard && standard <= small && standard < same);
    }

    #[test]
    fn everybody_who_matches_a_profile_is_included_in_it() {
        let table = Frequencies::shipped();
        let population = table.population("African American").unwrap();
        let control = controls::profile("2800M").unwrap();
        let method = Method::PRODUCT_RULE;
        let core = LocusSet::core20();
        let included = combined_inclusion(&control, core, population, &method);
        let exact = rarity(&control, core, Level::High, population, &method);
        assert!(included.probability >= exact.probability);
        assert_eq!(included.loci.len(), 20);
    }
}

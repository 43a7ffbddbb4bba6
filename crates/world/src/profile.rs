//! Synthetic profiles: unrelated people, full siblings, parents and children.
//!
//! Alleles of an unrelated person are two independent draws at each locus (Hardy-Weinberg, no
//! substructure). A relative shares alleles by descent as inheritance has it, so that a near miss
//! is an honest one. Absent: mutation, linkage, twins.

use genetics::{Allele, Genotype, Locus, LocusSet, Population, Profile};
use rand::{Rng, RngExt};

use crate::frequencies::draw;

/// What Amelogenin will show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// X.
    Female,
    /// X and Y.
    Male,
}

/// How a relative is related.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kinship {
    /// Same two parents: 0, 1 or 2 alleles shared by descent at 1/4, 1/2 and 1/4 of loci.
    FullSibling,
    /// Parent or child: exactly one allele shared by descent at every locus.
    ParentOrChild,
}

/// Share of profiles with one tri-allelic locus, by default: rare, as tri-alleles are. The figure
/// is this programme's setting (tag D), not a measured one.
pub const TRI_ALLELE_RATE: f64 = 0.001;

/// The profile of a person unrelated to anybody: the 20 core loci and Amelogenin.
pub fn unrelated(
    population: &Population,
    sex: Sex,
    tri_allele_rate: f64,
    rng: &mut impl Rng,
) -> Profile {
    let mut typed: Vec<(Locus, Vec<Allele>)> =
        LocusSet::core20().iter().map(|locus| (locus, two(population, locus, rng))).collect();
    if rng.random_bool(tri_allele_rate.clamp(0.0, 1.0)) {
        add_third(&mut typed, population, rng);
    }
    typed.push((Locus::Amelogenin, amelogenin(sex)));
    assemble(typed)
}

/// The same person sampled again: DNA does not change.
pub fn resampled(person: &Profile) -> Profile {
    person.clone()
}

/// A relative of a given person, at the core loci typed in that person, and Amelogenin.
pub fn relative(
    person: &Profile,
    kinship: Kinship,
    population: &Population,
    sex: Sex,
    rng: &mut impl Rng,
) -> Profile {
    let mut typed: Vec<(Locus, Vec<Allele>)> = Vec::new();
    for entry in person.typed() {
        if LocusSet::core20().contains(entry.locus) {
            let own = pair(entry.genotype.alleles(), rng);
            let shared = shared_by_descent(kinship, rng);
            typed.push((entry.locus, inherit(own, shared, population, entry.locus, rng)));
        }
    }
    typed.push((Locus::Amelogenin, amelogenin(sex)));
    assemble(typed)
}

/// Puts alleles into a profile. Loci without an allele are left out, a locus given twice is
/// merged: both are how a mixture or a drop-out looks.
pub fn assemble(typed: impl IntoIterator<Item = (Locus, Vec<Allele>)>) -> Profile {
    let mut merged: Vec<(Locus, Vec<Allele>)> = Vec::new();
    for (locus, alleles) in typed {
        match merged.iter_mut().find(|entry| entry.0 == locus) {
            Some(entry) => entry.1.extend(alleles),
            None => merged.push((locus, alleles)),
        }
    }
    let genotypes = merged
        .into_iter()
        .filter_map(|(locus, alleles)| Some((locus, Genotype::new(alleles).ok()?)));
    Profile::from_genotypes(genotypes).unwrap_or_default()
}

fn two(population: &Population, locus: Locus, rng: &mut impl Rng) -> Vec<Allele> {
    let first = draw(population, locus, rng);
    first.into_iter().chain(draw(population, locus, rng)).collect()
}

/// Makes one heterozygous locus tri-allelic, where a draw finds a third allele.
fn add_third(typed: &mut [(Locus, Vec<Allele>)], population: &Population, rng: &mut impl Rng) {
    let place = rng.random_range(0..typed.len().max(1));
    if let Some((locus, alleles)) = typed.get_mut(place) {
        let third = (0..20).find_map(|_| {
            let drawn = draw(population, *locus, rng)?;
            (!alleles.contains(&drawn)).then_some(drawn)
        });
        alleles.extend(third);
    }
}

/// The two copies of a locus: a homozygote has the same one twice, and of a tri-allele two.
fn pair(alleles: &[Allele], rng: &mut impl Rng) -> [Option<Allele>; 2] {
    let left_out = match alleles.len() {
        3.. => rng.random_range(0..alleles.len()),
        _ => usize::MAX,
    };
    let mut kept = alleles
        .iter()
        .enumerate()
        .filter(|(place, _)| *place != left_out)
        .map(|(_, allele)| *allele);
    let first = kept.next();
    [first, kept.next().or(first)]
}

fn shared_by_descent(kinship: Kinship, rng: &mut impl Rng) -> u8 {
    match kinship {
        Kinship::ParentOrChild => 1,
        Kinship::FullSibling => u8::from(rng.random_bool(0.5)) + u8::from(rng.random_bool(0.5)),
    }
}

fn inherit(
    own: [Option<Allele>; 2],
    shared: u8,
    population: &Population,
    locus: Locus,
    rng: &mut impl Rng,
) -> Vec<Allele> {
    let [first, second] = own;
    match shared {
        0 => two(population, locus, rng),
        1 => {
            let kept = if rng.random_bool(0.5) { first } else { second };
            kept.into_iter().chain(draw(population, locus, rng)).collect()
        }
        _ => first.into_iter().chain(second).collect(),
    }
}

fn amelogenin(sex: Sex) -> Vec<Allele> {
    match sex {
        Sex::Female => vec![Allele::X],
        Sex::Male => vec![Allele::X, Allele::Y],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frequencies::populations;
    use genetics::Category;
    use genetics::acceptance;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn a_drawn_profile_is_complete_and_acceptable() {
        let table = populations();
        let editions = acceptance::shipped().unwrap();
        let rules = &editions.all()[0].table;
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for population in table.populations() {
            for tri_allele_rate in [0.0, 1.0] {
                let drawn = unrelated(population, Sex::Male, tri_allele_rate, &mut rng);
                assert_eq!(drawn.loci().intersection(LocusSet::core20()).len(), 20);
                assert_eq!(
                    rules.check(Category::Detainee, &drawn, jiff::civil::date(2020, 5, 1)),
                    Ok(())
                );
                assert_eq!(resampled(&drawn), drawn);
                let sex = drawn.at(Locus::Amelogenin).unwrap();
                assert_eq!(sex.genotype.to_string(), "X,Y");
            }
        }
    }

    #[test]
    fn tri_alleles_come_as_often_as_asked() {
        let table = populations();
        let population = &table.populations()[0];
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let mut count = |rate: f64| {
            (0..400)
                .filter(|_| {
                    let drawn = unrelated(population, Sex::Female, rate, &mut rng);
                    drawn.alleles_max(LocusSet::core20()) == 3
                })
                .count()
        };
        assert_eq!(count(0.0), 0);
        let tenth = count(0.1);
        assert!((15..=65).contains(&tenth), "{tenth}");
    }

    #[test]
    fn a_child_shares_an_allele_everywhere() {
        let table = populations();
        let population = &table.populations()[1];
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for _ in 0..50 {
            let parent = unrelated(population, Sex::Female, 0.05, &mut rng);
            let child = relative(&parent, Kinship::ParentOrChild, population, Sex::Male, &mut rng);
            for entry in parent.typed() {
                let theirs = child.at(entry.locus).unwrap().genotype.alleles();
                let shared = entry.genotype.alleles().iter().any(|a| theirs.contains(a));
                assert!(shared, "{}", entry.locus);
                assert!(theirs.len() <= 2);
            }
        }
    }
}

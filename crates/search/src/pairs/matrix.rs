//! All pairs of a list by the number of loci that match fully and partially.
//!
//! At a locus a pair matches fully where both genotypes are the same, partially where exactly one
//! allele of each is shared: 12,13 with 12,14, and 12,12 with 12,13. This is the summary of Weir
//! (2004) and of `dbCompare` in the R package DNAtools (Tvedebrink, Curran et al. 2012, Forensic
//! Science International: Genetics 6, 387-392), without its wildcards; only its description was
//! read. The summary is defined for two alleles at every locus, so profiles that lack a locus, or
//! have other than one or two exact alleles there, are left out and counted.

use std::sync::atomic::{AtomicU64, Ordering};

use genetics::LocusSet;
use rayon::prelude::*;

use super::planes::{Block, LANES, LOCI_MAX, SUMS, Sides, Tally};
use super::{Progress, Roster};
use crate::lexicon::{GenotypeId, LocusBits, locus_at, positions, searched, typed};

/// Profiles that one thread counts against a block at a time; with [`LANES`] in the block the
/// counts stay far below 32 bits.
const QUERIES: usize = 1 << 13;

/// Counts of all pairs of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchMatrix {
    /// The loci compared: those asked for at which any profile of the list is typed.
    pub loci: LocusSet,
    /// Profiles compared.
    pub profiles: usize,
    /// Profiles left out because one of the loci is not typed.
    pub incomplete: usize,
    /// Profiles left out because a genotype has more than two alleles or a reading that is not
    /// exact (`<9`, `12.X`), or because it could not be listed.
    pub undefined: usize,
    counts: Vec<u64>,
}

impl MatchMatrix {
    /// Pairs with so many loci matching fully and so many partially.
    pub fn count(&self, full: usize, partial: usize) -> u64 {
        let inside = full < SUMS && partial < SUMS;
        self.counts.get(full * SUMS + partial).copied().filter(|_| inside).unwrap_or(0)
    }

    /// All pairs: n (n - 1) / 2 of n profiles.
    pub fn pairs(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// Compares every profile of the list with every other at the autosomal loci asked for. The same
/// on any number of threads; works on the caller's rayon thread pool. Progress counts pairs.
pub fn match_matrix(roster: &Roster, loci: LocusSet, progress: Progress<'_>) -> MatchMatrix {
    let asked = searched(loci);
    let seen =
        roster.rows().par_iter().map(|ids| typed(ids)).reduce(|| 0, |one, other| one | other)
            & asked;
    let coding = Coding::new(roster, seen);
    let mut left_out = [0; 2];
    let mut profiles: Vec<Sides> = Vec::new();
    for ids in roster.rows() {
        let [incomplete, undefined] = &mut left_out;
        if seen == 0 || typed(ids) & seen != seen {
            *incomplete += 1;
        } else if let Some(sides) = coding.sides(ids) {
            profiles.push(sides);
        } else {
            *undefined += 1;
        }
    }
    let [incomplete, undefined] = left_out;
    MatchMatrix {
        loci: positions(seen).filter_map(locus_at).collect(),
        profiles: profiles.len(),
        incomplete,
        undefined,
        counts: count_all(&profiles, &coding, progress),
    }
}

/// Which rows of a block the genotypes of a list are.
struct Coding {
    loci: Vec<usize>,
    /// The two rows of each genotype, by locus and number of the genotype.
    sides: Vec<Vec<Option<[u16; 2]>>>,
    rows: usize,
}

impl Coding {
    fn new(roster: &Roster, loci: LocusBits) -> Self {
        let mut coding = Self { loci: positions(loci).collect(), sides: Vec::new(), rows: 1 };
        for locus in coding.loci.iter().filter_map(|at| roster.lexicon().loci().get(*at)) {
            let start = coding.rows;
            // At most 24 loci of 62 alleles with two rows each: the number of a row fits.
            let row = |allele: u32, again: usize| (start + 2 * allele as usize + again) as u16;
            let sides = locus.genotypes().iter().map(|alleles| match alleles.count_ones() {
                1 => Some([row(alleles.trailing_zeros(), 0), row(alleles.trailing_zeros(), 1)]),
                2 => Some([row(alleles.trailing_zeros(), 0), row(63 - alleles.leading_zeros(), 0)]),
                _ => None,
            });
            coding.sides.push(sides.collect());
            coding.rows += 2 * locus.tenths().len();
        }
        coding
    }

    fn sides(&self, ids: &[GenotypeId]) -> Option<Sides> {
        let mut sides = [[0; 2]; LOCI_MAX];
        for ((position, known), slot) in self.loci.iter().zip(&self.sides).zip(&mut sides) {
            *slot = (*known.get(usize::from(*ids.get(*position)?))?)?;
        }
        Some(sides)
    }
}

/// Every block with itself and with all profiles before it.
fn count_all(profiles: &[Sides], coding: &Coding, progress: Progress<'_>) -> Vec<u64> {
    let (done, total) = (AtomicU64::new(0), pairs(profiles.len()));
    let step = |more: u64| progress(done.fetch_add(more, Ordering::Relaxed) + more, total);
    let zero = || vec![0_u64; SUMS * SUMS];
    let blocks = profiles.par_chunks(LANES).enumerate().rev();
    let counted = blocks.map(|(number, own)| {
        let block = Block::new(own, coding.loci.len(), coding.rows);
        let before = profiles.get(..number * LANES).unwrap_or(&[]);
        let mut counts = within(&block, own, coding.loci.len());
        step(pairs(own.len()));
        let others = before.par_chunks(QUERIES).map(|queries| {
            let counted = against(&block, queries);
            step((queries.len() * own.len()) as u64);
            counted
        });
        sum(&mut counts, &others.reduce(zero, summed));
        counts
    });
    counted.reduce(zero, summed)
}

/// A block with itself: each pair is met from both ends, and each profile meets itself.
fn within(block: &Block, own: &[Sides], loci: usize) -> Vec<u64> {
    let mut counts = against(block, own);
    if let Some(selves) = counts.get_mut(loci * SUMS) {
        *selves -= own.len() as u64;
    }
    counts.iter_mut().for_each(|count| *count /= 2);
    counts
}

/// Profiles with those of a block.
fn against(block: &Block, queries: &[Sides]) -> Vec<u64> {
    let mut tally = Tally::new();
    queries.iter().for_each(|sides| block.count(sides, &mut tally));
    let cells = (0..SUMS * SUMS).map(|cell| u64::from(tally.count(cell / SUMS, cell % SUMS)));
    let mut counts: Vec<u64> = cells.collect();
    if let Some(nothing) = counts.first_mut() {
        *nothing -= (queries.len() * (LANES - block.lanes())) as u64;
    }
    counts
}

fn pairs(profiles: usize) -> u64 {
    profiles as u64 * (profiles as u64).saturating_sub(1) / 2
}

fn sum(counts: &mut [u64], more: &[u64]) {
    counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
}

fn summed(mut counts: Vec<u64>, more: Vec<u64>) -> Vec<u64> {
    sum(&mut counts, &more);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::PackedProfile;
    use genetics::{Allele, Genotype, Locus, Profile};
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Alleles as drawn, two or three at each of the first loci of the stable order; few draw well.
    type Drawn = Vec<[u16; 3]>;

    fn lists() -> impl Strategy<Value = (usize, Vec<Drawn>)> {
        let token = prop_oneof![8 => 0_u16..2, 2 => 2_u16..6].boxed();
        let third = prop_oneof![400 => 0_u16..1, 1 => 10_u16..13].boxed();
        let locus = [token.clone(), token, third];
        (0_usize..=24).prop_flat_map(move |loci| (Just(loci), vec(vec(locus.clone(), loci), 0..40)))
    }

    /// Third of the drawn: 10 says a third allele, 11 that nothing was typed, 12 another reading.
    fn profile(drawn: &Drawn) -> Profile {
        let typed = Locus::all().zip(drawn).filter_map(|(locus, [one, other, third])| {
            let mut alleles: Vec<Allele> =
                [one, other].map(|allele| Allele::exact(90 + allele).unwrap()).to_vec();
            match third {
                10 => alleles.push(Allele::exact(200).unwrap()),
                11 => return None,
                12 => alleles.push(">30".parse().unwrap()),
                _ => {}
            }
            Some((locus, Genotype::new(alleles).unwrap()))
        });
        Profile::from_genotypes(typed).unwrap()
    }

    type Alleles = Vec<[Allele; 2]>;

    fn alleles(profile: &Profile, loci: LocusSet) -> Alleles {
        let alleles = |locus| profile.at(locus).unwrap().genotype.alleles();
        loci.iter().map(|locus| [alleles(locus)[0], *alleles(locus).last().unwrap()]).collect()
    }

    /// Full and partial matches, told by the alleles laid beside each other in both orders.
    fn plainly(ours: &Alleles, theirs: &Alleles) -> (usize, usize) {
        let (mut full, mut partial) = (0, 0);
        for ([a, b], [c, d]) in ours.iter().zip(theirs) {
            if (a == c && b == d) || (a == d && b == c) {
                full += 1;
            } else if a == c || a == d || b == c || b == d {
                partial += 1;
            }
        }
        (full, partial)
    }

    fn check(list: &[Profile], asked: LocusSet, threads: usize) {
        let mut roster = Roster::new();
        for profile in list {
            roster.push(&PackedProfile::from(profile)).unwrap();
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let matrix = pool.install(|| match_matrix(&roster, asked, &|_, _| {}));
        let loci: LocusSet = asked
            .iter()
            .filter(|locus| list.iter().any(|profile| profile.at(*locus).is_some()))
            .collect();
        assert_eq!(matrix.loci, loci);
        let whole = |profile: &&Profile| {
            !loci.is_empty() && loci.iter().all(|locus| profile.at(locus).is_some())
        };
        let usual = |profile: &&Profile| {
            loci.iter().all(|locus| {
                let alleles = profile.at(locus).unwrap().genotype.alleles();
                alleles.len() <= 2 && alleles.iter().all(|allele| allele.to_string() != ">30")
            })
        };
        let complete: Vec<&Profile> = list.iter().filter(whole).collect();
        let compared: Vec<&Profile> = complete.iter().copied().filter(usual).collect();
        assert_eq!(matrix.profiles, compared.len());
        assert_eq!(matrix.incomplete, list.len() - complete.len());
        assert_eq!(matrix.undefined, complete.len() - compared.len());
        let compared: Vec<Alleles> = compared.iter().map(|it| alleles(it, loci)).collect();
        let mut counts = vec![0_u64; SUMS * SUMS];
        for (place, theirs) in compared.iter().enumerate() {
            for ours in compared.iter().take(place) {
                let (full, partial) = plainly(ours, theirs);
                counts[full * SUMS + partial] += 1;
            }
        }
        assert_eq!(matrix.counts, counts);
        assert_eq!(matrix.pairs(), pairs(compared.len()));
    }

    proptest! {
        #[test]
        fn exactly_the_plain_counts(
            (_, drawn) in lists(),
            threads in 1_usize..=4,
            few in any::<bool>(),
        ) {
            let list: Vec<Profile> = drawn.iter().map(profile).collect();
            check(&list, if few { LocusSet::core13() } else { LocusSet::autosomal() }, threads);
        }
    }

    /// More than one block, the last of them not full, and nearly the same person again and again,
    /// so that every sum occurs.
    #[test]
    fn several_blocks() {
        let list: Vec<Profile> = (0..LANES as u64 + 77)
            .map(|number| {
                let drawn: Drawn = (0..24_u64)
                    .map(|locus| {
                        let mixed = (number * 31 + locus + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                        let many = if number % 3 == 0 { 7 } else { 1 << 20 };
                        [u16::from((mixed >> 40) % many == 0), u16::from((mixed >> 20) % 5 == 0), 0]
                    })
                    .collect();
                profile(&drawn)
            })
            .collect();
        check(&list, LocusSet::autosomal(), 2);
    }

    #[test]
    fn homozygotes_share_one_allele_with_heterozygotes() {
        let genotype =
            |text: &str| Profile::from_genotypes([(Locus::Fga, text.parse().unwrap())]).unwrap();
        let outcome = |one: &str, other: &str| {
            let mut roster = Roster::new();
            roster.push(&PackedProfile::from(&genotype(one))).unwrap();
            roster.push(&PackedProfile::from(&genotype(other))).unwrap();
            let matrix = match_matrix(&roster, LocusSet::core20(), &|_, _| {});
            (matrix.count(1, 0), matrix.count(0, 1), matrix.count(0, 0))
        };
        assert_eq!(outcome("12", "12"), (1, 0, 0));
        assert_eq!(outcome("12,13", "12,13"), (1, 0, 0));
        assert_eq!(outcome("12", "12,13"), (0, 1, 0));
        assert_eq!(outcome("12,13", "12,14"), (0, 1, 0));
        assert_eq!(outcome("12", "13"), (0, 0, 1));
        assert_eq!(outcome("12,13", "14,15"), (0, 0, 1));
    }
}

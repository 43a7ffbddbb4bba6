//! Evidence: what a casework laboratory finds, in whole, in part, or mixed.
//!
//! Drop-out goes by amplicon length: degraded DNA loses the longest fragments first. Whatever is
//! lost, eight of the original 13 loci remain, the least that an index takes. Absent: heights,
//! stutter, drop-in.

use genetics::{Allele, Category, Locus, LocusSet, Profile};
use jiff::Timestamp;
use journey::ids::{CaseNumber, Ori, SpecimenNumber};
use rand::{Rng, RngExt};

use crate::profile::{Kinship, assemble};

/// Loci of the original 13 that evidence keeps whatever is lost.
pub const ORIGINAL_LOCI_MIN: usize = 8;

/// Distinct alleles at one locus of a mixture, at most.
pub const MIXTURE_ALLELES_MAX: usize = 4;

/// The core loci, longest amplicon first, by the upper end of each locus's range in the ladder of
/// a current 24-locus chemistry (NCBI OSIRIS, GlobalFiler ladder file, public domain).
pub const BY_AMPLICON: [Locus; 20] = [
    Locus::Fga,
    Locus::Tpox,
    Locus::D2s1338,
    Locus::D18s51,
    Locus::Csf1po,
    Locus::D7s820,
    Locus::D16s539,
    Locus::D12s391,
    Locus::D13s317,
    Locus::D21s11,
    Locus::Th01,
    Locus::Vwa,
    Locus::D1s1656,
    Locus::D5s818,
    Locus::D8s1179,
    Locus::D19s433,
    Locus::D3s1358,
    Locus::D10s1248,
    Locus::D22s1045,
    Locus::D2s441,
];

/// One forensic profile of a casework laboratory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The case.
    pub case: CaseNumber,
    /// The specimen number under which the profile is entered.
    pub specimen: SpecimenNumber,
    /// The laboratory.
    pub laboratory: Ori,
    /// `Forensic, Unknown`, `Forensic Partial` or `Forensic Mixture`.
    pub category: Category,
    /// What is entered.
    pub profile: Profile,
    /// What the laboratory reads when it types the remaining material again in full: what a
    /// confirmation compares with.
    pub complete: Profile,
    /// People of the month whose DNA is in it, as positions in [`crate::Month::people`].
    pub contributors: Vec<usize>,
    /// Where the DNA comes from.
    pub origin: Origin,
    /// When it is entered, in relation to the month.
    pub entered: Entered,
    /// When it is entered.
    pub entered_at: Timestamp,
}

/// Where the DNA of evidence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody of the month.
    Stranger,
    /// A person of the month.
    Person(usize),
    /// A relative of a person of the month, who is not of the month: a near miss, which a search
    /// may find and which confirmation must exclude.
    Relative {
        /// The person of the month.
        of: usize,
        /// How they are related.
        kinship: Kinship,
    },
}

/// When evidence is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entered {
    /// Before the month: the upload of a person finds it.
    Before,
    /// After the month's samples are typed: its own entry finds the person.
    After,
}

/// A single source in whole: what is entered is what was left behind.
pub fn full(source: &Profile) -> Profile {
    autosomal(source)
}

/// A single source in part: up to `lost_max` loci are gone, the longest first, and the longest
/// that remains may show one allele of two.
pub fn partial(source: &Profile, lost_max: usize, rng: &mut impl Rng) -> Profile {
    let mut kept = source.loci().intersection(LocusSet::core20());
    let mut lost = 0;
    for locus in BY_AMPLICON {
        let without = kept.difference(LocusSet::from_iter([locus]));
        let enough = without.intersection(LocusSet::core13()).len() >= ORIGINAL_LOCI_MIN;
        if lost < lost_max && kept.contains(locus) && enough && rng.random_bool(0.9) {
            kept = without;
            lost += 1;
        }
    }
    let longest = BY_AMPLICON.into_iter().find(|locus| kept.contains(*locus));
    let one_allele = rng.random_bool(0.5);
    let typed = source.typed().iter().filter(|entry| kept.contains(entry.locus));
    assemble(typed.map(|entry| {
        let alleles = entry.genotype.alleles();
        let shown = if one_allele && Some(entry.locus) == longest { 1 } else { alleles.len() };
        (entry.locus, alleles.iter().take(shown).copied().collect())
    }))
}

/// Two people in one stain: the union of their alleles, four at most.
pub fn mixture(one: &Profile, other: &Profile) -> Profile {
    let both = one.typed().iter().chain(other.typed());
    let core = both.filter(|entry| LocusSet::core20().contains(entry.locus));
    let union = assemble(core.map(|entry| (entry.locus, entry.genotype.alleles().to_vec())));
    let cut = union.typed().iter().map(|entry| {
        let alleles = entry.genotype.alleles().iter();
        let first: Vec<Allele> = alleles.take(MIXTURE_ALLELES_MAX).copied().collect();
        (entry.locus, first)
    });
    assemble(cut)
}

fn autosomal(source: &Profile) -> Profile {
    let core = source.typed().iter().filter(|entry| LocusSet::core20().contains(entry.locus));
    assemble(core.map(|entry| (entry.locus, entry.genotype.alleles().to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frequencies::populations;
    use crate::profile::{Sex, unrelated};
    use genetics::acceptance;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn what_is_lost_still_leaves_enough() {
        let table = populations();
        let editions = acceptance::shipped().unwrap();
        let rules = &editions.all()[0].table;
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        for round in 0..200 {
            let population = &table.populations()[round % 5];
            let one = unrelated(population, Sex::Male, 0.1, &mut rng);
            let other = unrelated(population, Sex::Female, 0.1, &mut rng);
            let part = partial(&one, 12, &mut rng);
            assert!(part.loci().intersection(LocusSet::core13()).len() >= ORIGINAL_LOCI_MIN);
            assert!(part.loci().len() < 20);
            let mixed = mixture(&one, &other);
            assert!(mixed.alleles_max(LocusSet::core20()) <= MIXTURE_ALLELES_MAX);
            for (category, entered) in [
                (Category::ForensicUnknown, full(&one)),
                (Category::ForensicPartial, part),
                (Category::ForensicMixture, mixed),
            ] {
                assert_eq!(rules.check(category, &entered, jiff::civil::date(2020, 5, 1)), Ok(()));
            }
        }
    }

    #[test]
    fn the_longest_amplicons_go_first() {
        assert_eq!(LocusSet::from_iter(BY_AMPLICON), LocusSet::core20());
        let table = populations();
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut seen = [0_u32; 20];
        for _ in 0..300 {
            let one = unrelated(&table.populations()[0], Sex::Male, 0.0, &mut rng);
            let part = partial(&one, 6, &mut rng);
            for (place, locus) in BY_AMPLICON.iter().enumerate() {
                seen[place] += u32::from(part.loci().contains(*locus));
            }
        }
        assert!(seen[0] < 60 && seen[19] == 300, "{seen:?}");
    }
}

//! The alleles and genotypes that the rows of an engine hold, by locus, and their numbers.
//!
//! Each exact allele of a locus has a bit, so that a genotype is a set in one 64-bit word and two
//! genotypes are compared by a few operations on words. Each distinct genotype has a 16-bit number,
//! so that a profile is a row of [`LOCI`] numbers. Numbers are given in order of first sight and
//! are never given anew.
//!
//! What does not fit, because it is not an exact reading (`<9`, `12.X`, `OL`) or because its locus
//! has more than [`ALLELES_MAX`] alleles, has the number [`UNLISTED`]; the owner of the row keeps
//! the profile itself beside it. Deliberately absent: rows, and how often a genotype occurs.

use std::collections::HashMap;

use genetics::{Level, Locus};

use crate::file::fields::{Fields, Taken};
use crate::packed::PackedProfile;

/// Loci that are searched: the autosomal ones, which stand first in the stable order of loci (a
/// test holds that). Sex markers and loci of the Y chromosome never include or exclude.
pub const LOCI: usize = 24;

/// A set of searched loci: bit n is the locus at position n.
pub type LocusBits = u32;

/// The alleles of a genotype: bit n is the allele of that number at its locus.
pub type AlleleBits = u64;

/// Alleles that a locus can list.
pub const ALLELES_MAX: usize = 62;

/// The bit of an allele that no row has: it agrees with nothing.
pub const UNSEEN: AlleleBits = 1 << 63;

/// The number of a genotype at a locus; 0 where the locus is not typed.
pub type GenotypeId = u16;

/// The number of every genotype that cannot be listed.
pub const UNLISTED: GenotypeId = GenotypeId::MAX;

/// A profile as numbers of genotypes.
pub type Ids = [GenotypeId; LOCI];

const NO_BIT: u8 = u8::MAX;
/// Tenths of a repeat go up to 99.9.
const TENTHS: usize = 1000;

/// What is known of one locus.
#[derive(Clone, Debug)]
pub struct LocusLexicon {
    /// Tenths of a repeat by number of the allele.
    tenths: Vec<u16>,
    /// Number of the allele by tenths of a repeat.
    bits: Vec<u8>,
    /// The genotype by its number; number 0 is the locus that is not typed.
    genotypes: Vec<AlleleBits>,
    /// Numbers of genotypes with one or two alleles, by lower and higher allele.
    pairs: Vec<GenotypeId>,
    /// Numbers of genotypes with more alleles.
    more: HashMap<AlleleBits, GenotypeId>,
}

impl Default for LocusLexicon {
    fn default() -> Self {
        Self {
            tenths: Vec::new(),
            bits: vec![NO_BIT; TENTHS],
            genotypes: vec![0],
            pairs: vec![0; 64 * 64],
            more: HashMap::new(),
        }
    }
}

impl LocusLexicon {
    /// A locus with these alleles and genotypes, as [`tenths`](Self::tenths) and
    /// [`genotypes`](Self::genotypes) gave them; `None` where they do not fit together.
    pub fn from_parts(tenths: &[u16], genotypes: &[AlleleBits]) -> Option<Self> {
        let mut locus = Self::default();
        for (number, tenths) in tenths.iter().enumerate() {
            (locus.allele_new(*tenths)? == 1 << number).then_some(())?;
        }
        let known = (1u64 << tenths.len()) - 1;
        let (first, rest) = genotypes.split_first()?;
        (*first == 0).then_some(())?;
        // Counted in a size that does not end where the numbers do.
        for (place, genotype) in rest.iter().enumerate() {
            let id = GenotypeId::try_from(place + 1).ok().filter(|id| *id != UNLISTED)?;
            let sound = *genotype != 0 && genotype & !known == 0;
            (sound && locus.genotype_new(*genotype) == id).then_some(())?;
        }
        Some(locus)
    }

    /// Tenths of a repeat of every allele, by its number.
    pub fn tenths(&self) -> &[u16] {
        &self.tenths
    }

    /// Every genotype by its number; the first is 0, the locus that is not typed.
    pub fn genotypes(&self) -> &[AlleleBits] {
        &self.genotypes
    }

    /// The genotype of a number; 0 for a locus that is not typed or an unlisted genotype.
    #[inline(always)]
    pub fn genotype(&self, id: GenotypeId) -> AlleleBits {
        self.genotypes.get(usize::from(id)).copied().unwrap_or(0)
    }

    /// The number of a genotype, if it has one.
    pub fn find(&self, alleles: AlleleBits) -> Option<GenotypeId> {
        let id = match alleles.count_ones() {
            1 | 2 => self.pairs.get(pair(alleles)).copied(),
            _ => self.more.get(&alleles).copied(),
        };
        id.filter(|id| *id != 0)
    }

    /// The bit of an allele, or [`UNSEEN`].
    pub fn allele(&self, tenths: u16) -> AlleleBits {
        match self.bits.get(usize::from(tenths)) {
            Some(bit) if *bit != NO_BIT => 1 << bit,
            _ => UNSEEN,
        }
    }

    /// The bit of an allele, given now if it has none; `None` where the locus is full.
    fn allele_new(&mut self, tenths: u16) -> Option<AlleleBits> {
        let bit = self.bits.get_mut(usize::from(tenths))?;
        if *bit == NO_BIT {
            if self.tenths.len() >= ALLELES_MAX {
                return None;
            }
            *bit = self.tenths.len() as u8;
            self.tenths.push(tenths);
        }
        Some(1 << *bit)
    }

    /// The number of a genotype, given now if it has none.
    fn genotype_new(&mut self, alleles: AlleleBits) -> GenotypeId {
        let next = GenotypeId::try_from(self.genotypes.len()).unwrap_or(UNLISTED);
        let slot = match alleles.count_ones() {
            1 | 2 => self.pairs.get_mut(pair(alleles)),
            _ => Some(self.more.entry(alleles).or_default()),
        };
        match slot {
            None => UNLISTED,
            Some(slot) if *slot != 0 => *slot,
            Some(slot) => {
                *slot = next;
                if next != UNLISTED {
                    self.genotypes.push(alleles);
                }
                next
            }
        }
    }
}

/// The place of a genotype of one or two alleles.
fn pair(alleles: AlleleBits) -> usize {
    let (low, high) = (alleles.trailing_zeros(), 63 - alleles.leading_zeros());
    (low * 64 + high) as usize
}

/// The numbers of the alleles of a set, ascending.
#[inline(always)]
pub fn numbers(alleles: AlleleBits) -> impl Iterator<Item = usize> {
    let mut left = alleles;
    std::iter::from_fn(move || {
        let number = (left != 0).then(|| left.trailing_zeros() as usize)?;
        left &= left - 1;
        Some(number)
    })
}

/// What is known of all searched loci.
#[derive(Clone, Debug)]
pub struct Lexicon {
    loci: Vec<LocusLexicon>,
}

impl Default for Lexicon {
    fn default() -> Self {
        Self { loci: vec![LocusLexicon::default(); LOCI] }
    }
}

/// A profile as numbers, and whether the numbers say everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The number of the genotype at each locus.
    pub ids: Ids,
    /// False where a genotype is unlisted or an allele is required: the profile must be kept.
    pub whole: bool,
}

impl Lexicon {
    /// The loci by position.
    pub fn loci(&self) -> &[LocusLexicon] {
        &self.loci
    }

    /// A lexicon of these loci; `None` where there are not [`LOCI`] of them.
    pub fn from_loci(loci: Vec<LocusLexicon>) -> Option<Self> {
        (loci.len() == LOCI).then_some(Self { loci })
    }

    /// Writes all loci.
    pub(crate) fn fields(&self) -> Fields {
        let mut fields = Fields::default();
        for locus in &self.loci {
            fields.list(locus.tenths.iter().map(|tenths| u32::from(*tenths)));
            let halves = locus.genotypes.iter().flat_map(|it| [*it as u32, (*it >> 32) as u32]);
            fields.list(halves.collect::<Vec<_>>().into_iter());
        }
        fields
    }

    /// A lexicon as [`fields`](Self::fields) wrote it; `None` where it is none.
    pub(crate) fn read(fields: &mut Taken) -> Option<Self> {
        let mut loci = Vec::with_capacity(LOCI);
        for _ in 0..LOCI {
            let tenths = fields.list()?.iter().map(|tenths| u16::try_from(*tenths).ok());
            let tenths: Vec<u16> = tenths.collect::<Option<_>>()?;
            let halves = fields.list()?;
            halves.len().is_multiple_of(2).then_some(())?;
            let whole = halves.chunks_exact(2).map(|pair| {
                pair.iter().rev().fold(0, |bits: AlleleBits, half| bits << 32 | u64::from(*half))
            });
            loci.push(LocusLexicon::from_parts(&tenths, &whole.collect::<Vec<_>>())?);
        }
        fields.done()?;
        Self::from_loci(loci)
    }

    /// Lists what is new in a profile and gives its numbers.
    pub fn list(&mut self, profile: &PackedProfile) -> Listed {
        let mut listed = Listed { ids: [0; LOCI], whole: true };
        for packed in profile.loci() {
            let position = packed.locus.position();
            let (Some(locus), Some(id)) =
                (self.loci.get_mut(position), listed.ids.get_mut(position))
            else {
                continue;
            };
            let alleles = packed.exact_tenths().and_then(|mut tenths| {
                tenths.try_fold(0, |bits, tenths| Some(bits | locus.allele_new(tenths)?))
            });
            *id = alleles.map_or(UNLISTED, |alleles| locus.genotype_new(alleles));
            listed.whole &= *id != UNLISTED && !packed.has_required();
        }
        listed
    }
}

/// The loci of a set that are searched.
pub fn searched(loci: genetics::LocusSet) -> LocusBits {
    loci.iter()
        .filter(|locus| locus.position() < LOCI)
        .fold(0, |bits, locus| bits | 1 << locus.position())
}

/// The positions of a set of loci, ascending.
pub fn positions(loci: LocusBits) -> impl Iterator<Item = usize> {
    (0..LOCI).filter(move |position| loci >> position & 1 == 1)
}

/// The loci at which numbers stand.
pub fn typed(ids: &[GenotypeId]) -> LocusBits {
    let typed = ids.iter().enumerate().filter(|(_, id)| **id != 0);
    typed.fold(0, |bits, (position, _)| bits | 1 << position)
}

/// The level that two genotypes of exact alleles reach: `genetics::level` in a few operations.
#[inline(always)]
pub fn level_of(one: AlleleBits, other: AlleleBits) -> Level {
    if one == other && one & UNSEEN == 0 {
        Level::High
    } else if one & !other == 0 || other & !one == 0 {
        Level::Moderate
    } else if one & other != 0 {
        Level::Low
    } else {
        Level::Mismatch
    }
}

/// The locus at a position.
pub fn locus_at(position: usize) -> Option<Locus> {
    Locus::at(position).filter(|_| position < LOCI)
}

#[cfg(test)]
mod tests {
    use super::*;
    use genetics::{Genotype, LocusSet, Profile};
    use proptest::prelude::*;

    #[test]
    fn the_searched_loci_are_the_autosomal_ones() {
        let places: Vec<_> = LocusSet::autosomal().iter().map(Locus::position).collect();
        assert_eq!(places, (0..LOCI).collect::<Vec<_>>());
    }

    fn genotypes() -> impl Strategy<Value = Genotype> {
        let tokens = proptest::sample::select(vec!["9", "9.3", "10", "11", "12", "13.2"]);
        proptest::collection::vec(tokens, 1..5).prop_map(|tokens| tokens.join(",").parse().unwrap())
    }

    proptest! {
        #[test]
        fn sets_of_bits_reach_the_level_of_the_genotypes(
            stored in genotypes(),
            asked in genotypes(),
        ) {
            let mut lexicon = Lexicon::default();
            let profile = Profile::from_genotypes([(Locus::Fga, stored.clone())]).unwrap();
            let listed = lexicon.list(&PackedProfile::from(&profile));
            let position = Locus::Fga.position();
            let locus = &lexicon.loci()[position];
            let stored_bits = locus.genotype(listed.ids[position]);
            let bits = |genotype: &Genotype| {
                genotype.alleles().iter().fold(0, |bits, a| bits | locus.allele(a.tenths()))
            };
            prop_assert!(listed.whole);
            prop_assert_eq!(stored_bits, bits(&stored));
            let level = genetics::stringency::level(&asked, &stored);
            prop_assert_eq!(level_of(bits(&asked), stored_bits), level);
            let again = LocusLexicon::from_parts(locus.tenths(), locus.genotypes()).unwrap();
            prop_assert_eq!(again.genotypes(), locus.genotypes());
        }
    }

    #[test]
    fn a_full_locus_is_read_and_a_fuller_one_refused() {
        let tenths: Vec<u16> = (100..117).collect();
        let mut genotypes: Vec<AlleleBits> = (0..u64::from(UNLISTED)).collect();
        let full = LocusLexicon::from_parts(&tenths, &genotypes).unwrap();
        assert_eq!(full.genotype(UNLISTED - 1), u64::from(UNLISTED) - 1);
        genotypes.push(u64::from(UNLISTED));
        assert!(LocusLexicon::from_parts(&tenths, &genotypes).is_none());
    }

    #[test]
    fn what_cannot_be_listed_is_said() {
        let mut lexicon = Lexicon::default();
        let mut list = |text: &str| {
            let profile = Profile::from_genotypes([(Locus::Fga, text.parse().unwrap())]).unwrap();
            lexicon.list(&PackedProfile::from(&profile))
        };
        assert!(!list("9.X").whole);
        for whole in 1..=62 {
            assert!(list(&whole.to_string()).whole);
        }
        let crowded = list("63");
        assert_eq!((crowded.ids[Locus::Fga.position()], crowded.whole), (UNLISTED, false));
        assert!(list("62,61,60").whole);
    }
}

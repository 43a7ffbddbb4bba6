//! One byte for a genotype: the small shadow of the numbers of a locus, by which most rows of a
//! panel are ruled out 64 at a time.
//!
//! The commonest genotypes of a locus have a code of their own; the rare ones share codes, each
//! with others that have the same rarest allele. A shared code can cost a look at the full row,
//! never an answer. Code 0 stands for an erased row and satisfies nothing.
//!
//! For a query, all codes of a locus that may satisfy it form a [`Mask`] of 256 bits.

use crate::lexicon::{AlleleBits, GenotypeId, LocusLexicon};
use crate::question::Asked;

/// Which codes satisfy a query at one locus: bit `c % 8` of byte `c / 8` for code `c`.
pub(crate) type Mask = [u8; 32];

/// The mask that every code but 0 satisfies.
pub(crate) const OPEN: Mask = {
    let mut mask = [u8::MAX; 32];
    mask[0] = 0xFE;
    mask
};

/// Codes kept for genotypes that share one, where there are too many for all to have their own.
const SHARED: usize = 40;
/// Codes there are, besides 0.
const CODES: usize = 255;

/// The codes of one locus in one panel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LocusCodes {
    /// The code by number of the genotype; 0 for numbers that the panel does not hold.
    code_of: Vec<u8>,
    /// The genotypes held, and the code of each.
    members: Vec<(AlleleBits, u8)>,
    /// Rows by code, when the panel was made.
    rows: Vec<u32>,
}

impl LocusCodes {
    /// Codes for the genotypes of a locus; `counts` holds the rows by number of the genotype.
    pub(crate) fn new(locus: &LocusLexicon, counts: &[u32]) -> Self {
        let held = counts.iter().zip(0..=GenotypeId::MAX).filter(|(count, _)| **count > 0);
        let mut held: Vec<(u32, GenotypeId)> = held.map(|(count, id)| (*count, id)).collect();
        held.sort_unstable_by_key(|(count, id)| (u32::MAX - count, *id));
        let own = if held.len() <= CODES { CODES } else { CODES - SHARED };
        let rare = rarity(locus, &held);
        let mut codes = Self { code_of: vec![0; counts.len()], ..Self::default() };
        codes.rows = vec![0; CODES + 1];
        for (place, (count, id)) in held.iter().enumerate() {
            let alleles = locus.genotype(*id);
            let code =
                if place < own { place + 1 } else { own + 1 + rare.rarest(alleles) % SHARED };
            codes.members.push((alleles, code as u8));
            if let Some(slot) = codes.code_of.get_mut(usize::from(*id)) {
                *slot = code as u8;
            }
            if let Some(rows) = codes.rows.get_mut(code) {
                *rows += count;
            }
        }
        codes
    }

    /// The code of a genotype.
    pub(crate) fn code(&self, id: GenotypeId) -> u8 {
        self.code_of.get(usize::from(id)).copied().unwrap_or(0)
    }

    /// Codes are below this number.
    pub(crate) fn end(&self) -> usize {
        self.rows.iter().rposition(|rows| *rows > 0).map_or(1, |last| last + 1)
    }

    /// Rows by code.
    pub(crate) fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// The codes that may satisfy a query.
    pub(crate) fn mask(&self, asked: &Asked) -> Mask {
        if asked.inexact {
            return OPEN;
        }
        let mut mask = [0; 32];
        let mut set = |code: u8, satisfied: bool| {
            if let Some(byte) = mask.get_mut(usize::from(code >> 3)) {
                *byte |= u8::from(satisfied) << (code & 7);
            }
        };
        for (alleles, code) in &self.members {
            set(*code, asked.satisfied_by(*alleles));
        }
        mask
    }

    /// Rows of the panel that satisfy a mask.
    pub(crate) fn satisfying(&self, mask: &Mask) -> u64 {
        codes(mask).filter_map(|code| self.rows.get(code)).map(|rows| u64::from(*rows)).sum()
    }
}

/// The codes of a mask, ascending.
pub(crate) fn codes(mask: &Mask) -> impl Iterator<Item = usize> {
    mask.iter().enumerate().flat_map(|(byte, bits)| {
        let mut left = *bits;
        std::iter::from_fn(move || {
            let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(byte * 8 + bit)
        })
    })
}

/// Alleles from the rarest on.
struct Rarity([usize; 64]);

impl Rarity {
    /// The rank of the rarest allele of a genotype.
    fn rarest(&self, alleles: AlleleBits) -> usize {
        let ranks = self.0.iter().enumerate().filter(|(bit, _)| alleles >> bit & 1 == 1);
        ranks.map(|(_, rank)| *rank).min().unwrap_or(0)
    }
}

fn rarity(locus: &LocusLexicon, held: &[(u32, GenotypeId)]) -> Rarity {
    let mut counts = [(0u64, 0usize); 64];
    for (bit, slot) in counts.iter_mut().enumerate() {
        let having = held.iter().filter(|(_, id)| locus.genotype(*id) >> bit & 1 == 1);
        *slot = (having.map(|(count, _)| u64::from(*count)).sum(), bit);
    }
    counts.sort_unstable();
    let mut ranks = [0; 64];
    let seen = counts.iter().filter(|(count, _)| *count > 0);
    for (rank, (_, bit)) in seen.enumerate() {
        if let Some(slot) = ranks.get_mut(*bit) {
            *slot = rank;
        }
    }
    Rarity(ranks)
}

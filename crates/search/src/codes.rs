//! One byte for a genotype: the small shadow of the numbers of a locus, by which most rows of a
//! panel are ruled out 64 at a time.
//!
//! The commonest genotypes of a locus have a code of their own; the rare ones share codes, each
//! with others that have the same rarest allele. A shared code can cost a look at the full row,
//! never an answer. Code 0 stands for an erased row and satisfies nothing.
//!
//! For a query, all codes of a locus that may satisfy it form a [`Mask`] of 256 bits.

#![expect(clippy::indexing_slicing, reason = "masks are arrays of fixed size")]

use genetics::Level;

use crate::lexicon::{AlleleBits, GenotypeId, LocusLexicon, UNSEEN, numbers};
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
pub(crate) const CODES: usize = 255;

/// The codes of one locus in one panel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LocusCodes {
    /// The code by number of the genotype; 0 for numbers that the panel does not hold.
    code_of: Vec<u8>,
    /// Rows by code, when the panel was made.
    rows: Vec<u32>,
    /// By number of the allele, the codes of genotypes with that allele.
    having: Vec<Mask>,
    /// Genotypes of three alleles and more, and their codes.
    many: Vec<(AlleleBits, u8)>,
}

impl LocusCodes {
    /// Codes for the genotypes of a locus; `counts` holds the rows by number of the genotype.
    pub(crate) fn new(locus: &LocusLexicon, counts: &[u32]) -> Self {
        let held = counts.iter().zip(0..=GenotypeId::MAX).filter(|(count, _)| **count > 0);
        let mut held: Vec<(u32, GenotypeId)> = held.map(|(count, id)| (*count, id)).collect();
        held.sort_unstable_by_key(|(count, id)| (u32::MAX - count, *id));
        let own = if held.len() <= CODES { CODES } else { CODES - SHARED };
        let rare = rarity(locus, &held);
        let (mut code_of, mut rows) = (vec![0; counts.len()], vec![0; CODES + 1]);
        for (place, (count, id)) in held.iter().enumerate() {
            let shared = own + 1 + rare.rarest(locus.genotype(*id)) % SHARED;
            let code = if place < own { place + 1 } else { shared };
            if let Some(slot) = code_of.get_mut(usize::from(*id)) {
                *slot = code as u8;
            }
            if let Some(rows) = rows.get_mut(code) {
                *rows += count;
            }
        }
        Self::from_parts(locus, code_of, rows)
    }

    /// Codes as [`code_of`](Self::code_of) and [`rows`](Self::rows) gave them.
    pub(crate) fn from_parts(locus: &LocusLexicon, code_of: Vec<u8>, rows: Vec<u32>) -> Self {
        let mut codes = Self { code_of, rows, ..Self::default() };
        codes.having = vec![[0; 32]; locus.tenths().len()];
        for (alleles, code) in locus.genotypes().iter().zip(&codes.code_of) {
            if *code == 0 {
                continue;
            }
            for number in numbers(*alleles) {
                codes.having.get_mut(number).into_iter().for_each(|mask| set(mask, *code));
            }
            if alleles.count_ones() > 2 {
                codes.many.push((*alleles, *code));
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

    /// The code of every genotype, by its number.
    pub(crate) fn code_of(&self) -> &[u8] {
        &self.code_of
    }

    /// Rows by code.
    pub(crate) fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// The codes that may satisfy a query.
    pub(crate) fn mask(&self, locus: &LocusLexicon, asked: &Asked) -> Mask {
        let mut mask = match asked.wanted {
            None => OPEN,
            Some(Level::High) => self.just(locus, asked.alleles),
            Some(Level::Low) => {
                let having = numbers(asked.alleles).map(|number| self.having(number));
                having.fold([0; 32], |any, mask| each(|byte| any[byte] | mask[byte]))
            }
            Some(_) => {
                let within = self.within(locus, asked.alleles);
                let all = self.having_all(asked.alleles);
                each(|byte| within[byte] | all[byte])
            }
        };
        if asked.required != 0 {
            let all = self.having_all(asked.required);
            mask = each(|byte| mask[byte] & all[byte]);
        }
        mask
    }

    fn having(&self, number: usize) -> Mask {
        self.having.get(number).copied().unwrap_or([0; 32])
    }

    /// Codes of genotypes with all of these alleles.
    fn having_all(&self, alleles: AlleleBits) -> Mask {
        let having = numbers(alleles).map(|number| self.having(number));
        having.fold([u8::MAX; 32], |all, mask| each(|byte| all[byte] & mask[byte]))
    }

    /// The code of just these alleles.
    fn just(&self, locus: &LocusLexicon, alleles: AlleleBits) -> Mask {
        let mut mask = [0; 32];
        locus.find(alleles).into_iter().for_each(|id| set(&mut mask, self.code(id)));
        mask
    }

    /// Codes of genotypes whose alleles are all among these.
    fn within(&self, locus: &LocusLexicon, alleles: AlleleBits) -> Mask {
        let mut mask = [0; 32];
        let known = alleles & !UNSEEN;
        for one in numbers(known) {
            for other in numbers(known).take_while(|other| *other <= one) {
                if let Some(id) = locus.find(1 << one | 1 << other) {
                    set(&mut mask, self.code(id));
                }
            }
        }
        let many = self.many.iter().filter(|(many, _)| many & !alleles == 0);
        many.for_each(|(_, code)| set(&mut mask, *code));
        mask
    }

    /// Rows of the panel that satisfy a mask.
    pub(crate) fn satisfying(&self, mask: &Mask) -> u64 {
        codes(mask).filter_map(|code| self.rows.get(code)).map(|rows| u64::from(*rows)).sum()
    }
}

fn set(mask: &mut Mask, code: u8) {
    if let Some(byte) = mask.get_mut(usize::from(code >> 3)) {
        *byte |= 1 << (code & 7) & if code == 0 { 0 } else { u8::MAX };
    }
}

fn each(byte: impl Fn(usize) -> u8) -> Mask {
    std::array::from_fn(byte)
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

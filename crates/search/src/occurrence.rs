//! Which alleles occur in which block, a bit a block: alone in some row, or two together.
//!
//! Where like rows lie together, this rules out whole blocks before any plane is read.

#![expect(
    clippy::indexing_slicing,
    reason = "places are computed here from the table's own sizes; a wrong one is a bug that must \
              stop the search and not give a wrong answer"
)]

use genetics::Level;

use crate::lexicon::{AlleleBits, numbers};

/// Which alleles of one locus occur in some row of a block: a bit for each block.
#[derive(Debug, Default)]
pub(crate) struct Occurrence {
    alleles: usize,
    words: usize,
    /// In an open row.
    open: Vec<u64>,
    /// Alone, by allele.
    alone: Vec<u64>,
    /// Together, by lower and higher allele; an allele with itself where it occurs at all.
    together: Vec<u64>,
}

impl Occurrence {
    pub(crate) fn new(alleles: usize, words: usize) -> Self {
        let of = |planes: usize| vec![0; planes * words];
        Self { alleles, words, open: of(1), alone: of(alleles), together: of(alleles * alleles) }
    }

    pub(crate) fn note_open(&mut self, block: usize) {
        self.open[block / 64] |= 1 << (block % 64);
    }

    pub(crate) fn note(&mut self, block: usize, set: AlleleBits) {
        let (word, bit) = (block / 64, 1u64 << (block % 64));
        for high in numbers(set) {
            for low in numbers(set).take_while(|low| *low <= high) {
                self.together[(low * self.alleles + high) * self.words + word] |= bit;
            }
            if set.count_ones() == 1 {
                self.alone[high * self.words + word] |= bit;
            }
        }
    }

    pub(crate) fn clear(&mut self, block: usize) {
        let (word, bit) = (block / 64, 1u64 << (block % 64));
        for planes in [&mut self.open, &mut self.alone, &mut self.together] {
            planes.iter_mut().skip(word).step_by(self.words).for_each(|plane| *plane &= !bit);
        }
    }

    pub(crate) fn size(&self) -> usize {
        (self.open.len() + self.alone.len() + self.together.len()) * 8
    }

    #[inline(always)]
    pub(crate) fn alone(&self, number: usize, word: usize) -> u64 {
        self.alone.get(number * self.words + word).copied().unwrap_or(0)
    }

    #[inline(always)]
    pub(crate) fn together(&self, low: usize, high: usize, word: usize) -> u64 {
        let place = (low * self.alleles + high) * self.words + word;
        if high < self.alleles { self.together[place] } else { 0 }
    }

    /// Blocks in which some row may satisfy a query.
    #[inline(always)]
    pub(crate) fn may_satisfy(&self, wanted: Level, alleles: AlleleBits, word: usize) -> u64 {
        let any = |number: usize| self.together(number, number, word);
        let some = || numbers(alleles).fold(0, |blocks, number| blocks | any(number));
        let (low, high) = (alleles.trailing_zeros() as usize, top(alleles));
        let satisfied = match (wanted, alleles.count_ones()) {
            (Level::Low, _) => some(),
            (Level::High, 1) => self.alone(low, word),
            (Level::High, 2) => self.together(low, high, word),
            (Level::High, _) => numbers(alleles).fold(u64::MAX, |all, number| all & any(number)),
            (_, 1) => any(low),
            (_, 2) => {
                self.together(low, high, word) | self.alone(low, word) | self.alone(high, word)
            }
            _ => some(),
        };
        satisfied | self.open[word]
    }
}

/// The number of the highest allele.
fn top(alleles: AlleleBits) -> usize {
    63usize.saturating_sub(alleles.leading_zeros() as usize)
}

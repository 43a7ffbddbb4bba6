//! Chance as whole numbers: the same words give the same outcome on any machine and in any version.
//!
//! Every person and every forensic profile has a ChaCha stream of its own, so that each can be
//! drawn by itself. Rates are turned into 32-bit limits once; nothing is rounded while drawing.
//! The distributions of the `rand` crate are not used: a new version may draw other values.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// Persons by number.
    Persons = 1,
    /// Forensic profiles by number.
    Evidence = 2,
}

/// The random words of one number of one part.
pub(super) struct Dice(ChaCha8Rng);

/// How many values a 32-bit word has.
pub(super) const WORDS: u64 = 1 << 32;

/// A probability in units of 2^-32.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn of(share: f64) -> Self {
        Self((share.clamp(0.0, 1.0) * WORDS as f64 + 0.5) as u64)
    }

    pub(super) fn units(self) -> u64 {
        self.0
    }
}

impl Dice {
    pub(super) fn new(seed: u64, part: Part, number: u64) -> Self {
        let mut key = [0; 32];
        let words = seed.to_le_bytes().into_iter().chain((part as u64).to_le_bytes());
        for (byte, word) in key.iter_mut().zip(words) {
            *byte = word;
        }
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(number);
        Self(rng)
    }

    pub(super) fn word(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// True as often as the chance says.
    pub(super) fn falls(&mut self, chance: Chance) -> bool {
        u64::from(self.word()) < chance.units()
    }

    /// A number below another; 0 below 0. The bias is below one in 2^32.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        let high = u64::from(self.word()) << 32;
        let word = high | u64::from(self.word());
        ((u128::from(word) * u128::from(end)) >> 64) as u64
    }

    /// One of the bits that are set, as a mask; 0 of none.
    pub(super) fn bit_of(&mut self, mut bits: u64) -> u64 {
        let skipped = (u64::from(self.word()) * u64::from(bits.count_ones())) >> 32;
        for _ in 0..skipped {
            bits &= bits.wrapping_sub(1);
        }
        bits & bits.wrapping_neg()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certain_and_impossible_stay_so() {
        let mut dice = Dice::new(1, Part::Persons, 1);
        for _ in 0..1000 {
            assert!(dice.falls(Chance::of(1.0)));
            assert!(!dice.falls(Chance::of(0.0)));
            assert_eq!(dice.below(1), 0);
            assert_eq!(dice.below(0), 0);
            assert_eq!(dice.bit_of(0), 0);
            assert_eq!(dice.bit_of(1 << 63), 1 << 63);
        }
    }

    #[test]
    fn every_bit_is_taken_equally_often() {
        let mut dice = Dice::new(2, Part::Evidence, 7);
        let bits = 1 | 1 << 9 | 1 << 63;
        let mut seen = [0; 3];
        for _ in 0..3000 {
            match dice.bit_of(bits).trailing_zeros() {
                0 => seen[0] += 1,
                9 => seen[1] += 1,
                63 => seen[2] += 1,
                other => panic!("{other}"),
            }
        }
        assert!(seen.iter().all(|count| (850..1150).contains(count)), "{seen:?}");
    }

    #[test]
    fn streams_differ_by_seed_part_and_number() {
        let first = |seed, part, number| Dice::new(seed, part, number).word();
        let words = [
            first(0, Part::Persons, 0),
            first(1, Part::Persons, 0),
            first(0, Part::Evidence, 0),
            first(0, Part::Persons, 1),
        ];
        let distinct: std::collections::BTreeSet<u32> = words.into_iter().collect();
        assert_eq!(distinct.len(), 4);
    }
}

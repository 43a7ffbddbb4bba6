//! Rows to samples where each row is a sample: handed over at once, none kept.
//!
//! What is kept: 8 bytes (16 at most) for each name, by which a name that stands twice is found.
//! They are digests of 64 bits; among 26 million names the chance that any two different names
//! share one is 1 in 50,000, and the later of the two would be left out and told. And samples
//! whose sex is written in digits wait until a 2 tells what the digits mean, or until
//! [`HELD_MAX`] of them wait: then what was seen so far decides, and a later sample that does not
//! fit is left out and told.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::io;

use super::Sample;
use super::draft::{Draft, Sexes};
use super::reading::SexCoding;
use super::rows::Samples;
use crate::problem::{Problem, Problems};

/// Samples that wait for the meaning of digits at most; about 30 MB.
const HELD_MAX: usize = 20_000;

/// Hands over each sample when its row is read.
pub(super) struct Stream<E, F: FnMut(Sample) -> Result<(), E>> {
    take: F,
    draft: Draft,
    open: bool,
    names: HashSet<u64, BuildHasherDefault<Digest>>,
    held: VecDeque<Draft>,
    digits: Option<SexCoding>,
    digits_used: bool,
    pub(super) samples: u64,
    pub(super) left_out: u64,
}

impl<E, F: FnMut(Sample) -> Result<(), E>> Stream<E, F> {
    pub(super) fn new(take: F) -> Self {
        Self {
            take,
            draft: Draft::default(),
            open: false,
            names: HashSet::default(),
            held: VecDeque::new(),
            digits: None,
            digits_used: false,
            samples: 0,
            left_out: 0,
        }
    }

    /// Hands over what waits, and tells how sex was written.
    pub(super) fn end(
        &mut self,
        sexes: Sexes,
        problems: &mut Problems,
    ) -> Result<Option<SexCoding>, E> {
        self.release(sexes.digits(), problems)?;
        let decided = self.digits.filter(|_| self.digits_used);
        Ok(decided.or(sexes.coding(false)))
    }

    /// Decides what digits mean and hands over the samples that waited for it.
    fn release(&mut self, digits: SexCoding, problems: &mut Problems) -> Result<(), E> {
        let digits = *self.digits.get_or_insert(digits);
        while let Some(mut draft) = self.held.pop_front() {
            self.hand_over(draft.finish(digits, problems))?;
        }
        Ok(())
    }

    fn hand_over(&mut self, sample: Option<Sample>) -> Result<(), E> {
        let Some(sample) = sample else {
            self.left_out += 1;
            return Ok(());
        };
        self.samples += 1;
        (self.take)(sample)
    }
}

impl<E: From<io::Error>, F: FnMut(Sample) -> Result<(), E>> Samples for Stream<E, F> {
    type Stop = E;

    fn draft(&mut self, name: &str, row: u64) -> Result<&mut Draft, Problem> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        if !self.names.insert(hasher.finish()) {
            self.left_out += 1;
            let wrong = "the name stands in an earlier row; this row was left out";
            return Err(Problem::error(row, name, wrong, "each sample in one row"));
        }
        self.draft.begin(name, row);
        self.open = true;
        Ok(&mut self.draft)
    }

    fn row_done(&mut self, sexes: Sexes, problems: &mut Problems) -> Result<(), E> {
        if !std::mem::take(&mut self.open) {
            return Ok(());
        }
        let waits = self.draft.waits_for_sexes();
        self.digits_used |= waits;
        if self.digits.is_none() && (waits || !self.held.is_empty()) {
            self.held.push_back(std::mem::take(&mut self.draft));
            if sexes.certain() || self.held.len() >= HELD_MAX {
                self.release(sexes.digits(), problems)?;
            }
            return Ok(());
        }
        let digits = self.digits.unwrap_or(SexCoding::OneTwo);
        let sample = self.draft.finish(digits, problems);
        self.hand_over(sample)
    }
}

/// A digest is spread well already.
#[derive(Default)]
struct Digest(u64);

impl Hasher for Digest {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0 << 8 | u64::from(*byte);
        }
    }

    fn write_u64(&mut self, digest: u64) {
        self.0 = digest;
    }
}

//! Rows that agree on a group of loci, brought together and compared.
//!
//! Rows are dealt into buckets by a hash of the group's genotypes, each bucket small enough for a
//! core's own cache, and within a bucket into chains. A hash can bring together what does not
//! agree; the comparison decides. Deliberately absent: whether the join meets every pair (`plan`).

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::PairsError;
use super::plan::{Group, Work};
use super::roster::{Likeness, Limits, Roster};
use crate::lexicon::{Ids, positions};

/// Rows of a bucket, about: eight bytes each, and as much for the chains.
const BUCKET_ROWS: usize = 1 << 14;
/// More buckets than this are slower to deal into than they save.
const BUCKET_BITS_MAX: u32 = 12;
/// Rows that one thread compares with all others at a time.
const TILE_ROWS: usize = 32;
const END: u32 = u32::MAX;

/// The likenesses that a work meets, in no order, some of them twice. `step` is told how many rows
/// are done.
///
/// # Errors
/// More than `most` were met.
pub(super) fn run(
    roster: &Roster,
    work: &Work<'_>,
    limits: &Limits,
    most: usize,
    step: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Likeness>, PairsError> {
    let meeting = Meeting { roster, limits, most, met: AtomicUsize::new(0) };
    let met = match work {
        Work::Join { group, left, right } => meeting.join(group, left, *right, step),
        Work::All { left, right } => meeting.all(left, right.as_deref(), step),
    };
    if meeting.is_full() { Err(PairsError::TooManyPairs { most }) } else { Ok(met) }
}

struct Meeting<'a> {
    roster: &'a Roster,
    limits: &'a Limits,
    most: usize,
    met: AtomicUsize,
}

impl Meeting<'_> {
    fn is_full(&self) -> bool {
        self.met.load(Ordering::Relaxed) > self.most
    }

    fn compare(&self, one: u32, other: u32, found: &mut Vec<Likeness>) {
        if one == other || self.is_full() {
            return;
        }
        if let Some(likeness) = self.roster.alike(one, other, self.limits) {
            self.met.fetch_add(1, Ordering::Relaxed);
            found.push(likeness);
        }
    }

    fn all(
        &self,
        left: &[u32],
        right: Option<&[u32]>,
        step: &(dyn Fn(u64) + Sync),
    ) -> Vec<Likeness> {
        let tiles = left.par_chunks(TILE_ROWS).enumerate().flat_map_iter(|(number, tile)| {
            let mut found = Vec::new();
            // Against each other: the rows of the tile with those from its first one on.
            let others = right.unwrap_or_else(|| left.get(number * TILE_ROWS..).unwrap_or(&[]));
            for other in others {
                for one in tile {
                    if right.is_some() || one < other {
                        self.compare(*one, *other, &mut found);
                    }
                }
            }
            step(tile.len() as u64);
            found
        });
        tiles.collect()
    }

    fn join(
        &self,
        group: &Group,
        left: &[u32],
        right: Option<&[u32]>,
        step: &(dyn Fn(u64) + Sync),
    ) -> Vec<Likeness> {
        let rows = left.len().max(right.map_or(0, <[u32]>::len));
        let bits = (rows / BUCKET_ROWS).max(1).ilog2().min(BUCKET_BITS_MAX);
        let dealt = |rows: &[u32]| deal(self.roster.rows(), rows, group, bits);
        let (left, right) = (dealt(left), right.map(dealt));
        let buckets = (0..1_usize << bits).into_par_iter();
        let met = buckets.map_init(Chains::default, |chains, bucket| {
            let mut found = Vec::new();
            chains.restart(left.iter().map(|hand| hand.bucket(bucket).len()).sum());
            for entry in left.iter().flat_map(|hand| hand.bucket(bucket)) {
                if right.is_none() {
                    chains.meet(*entry, |one, other| self.compare(one, other, &mut found));
                }
                chains.add(*entry);
            }
            let mut done = chains.entries.len();
            for entry in right.iter().flatten().flat_map(|hand| hand.bucket(bucket)) {
                chains.meet(*entry, |one, other| self.compare(one, other, &mut found));
                done += 1;
            }
            step(done as u64);
            found
        });
        met.flatten_iter().collect()
    }
}

/// Rows dealt into buckets. An entry has 32 bits of the hash above the number of the row.
struct Hand {
    entries: Vec<u64>,
    /// Where each bucket begins, and the end.
    starts: Vec<u32>,
}

impl Hand {
    fn bucket(&self, bucket: usize) -> &[u64] {
        let range = || -> Option<Range<usize>> {
            Some(*self.starts.get(bucket)? as usize..*self.starts.get(bucket + 1)? as usize)
        };
        range().and_then(|range| self.entries.get(range)).unwrap_or(&[])
    }
}

/// Deals rows, in hands that are made side by side.
fn deal(all: &[Ids], rows: &[u32], group: &Group, bits: u32) -> Vec<Hand> {
    let loci: Vec<usize> = positions(group.loci).collect();
    let hand_rows = (rows.len() / 16).clamp(1 << 12, 1 << 20);
    rows.par_chunks(hand_rows).map(|rows| hand(all, rows, &loci, bits)).collect()
}

fn hand(all: &[Ids], rows: &[u32], loci: &[usize], bits: u32) -> Hand {
    let bucket = |hash: u64| (hash >> 32 >> (32 - bits)) as usize;
    let hashes: Vec<u64> =
        rows.iter().map(|row| all.get(*row as usize).map_or(0, |ids| hash(ids, loci))).collect();
    let mut starts = vec![0_u32; (1 << bits) + 1];
    for hash in &hashes {
        if let Some(count) = starts.get_mut(bucket(*hash) + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut next = starts.clone();
    let mut entries = vec![0_u64; rows.len()];
    for (row, hash) in rows.iter().zip(hashes) {
        if let Some(place) = next.get_mut(bucket(hash)) {
            if let Some(entry) = entries.get_mut(*place as usize) {
                *entry = hash << 32 | u64::from(*row);
            }
            *place += 1;
        }
    }
    Hand { entries, starts }
}

/// A hash of the genotypes at some loci; its upper half names the bucket, its lower half goes on.
fn hash(ids: &Ids, loci: &[usize]) -> u64 {
    const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
    let mixed = loci.chunks(4).fold(0_u64, |hash, loci| {
        let word = loci.iter().fold(0_u64, |word, position| {
            word << 16 | ids.get(*position).copied().map_or(0, u64::from)
        });
        let mixed = (hash ^ word).wrapping_mul(MULTIPLIER);
        mixed ^ mixed >> 32
    });
    mixed.wrapping_mul(MULTIPLIER)
}

/// The entries of a bucket, chained by hash.
#[derive(Default)]
struct Chains {
    heads: Vec<u32>,
    next: Vec<u32>,
    entries: Vec<u64>,
}

impl Chains {
    fn restart(&mut self, rows: usize) {
        self.heads.clear();
        self.heads.resize(rows.next_power_of_two(), END);
        self.next.clear();
        self.entries.clear();
    }

    fn slot(&self, entry: u64) -> usize {
        (entry >> 32) as usize & (self.heads.len() - 1)
    }

    fn add(&mut self, entry: u64) {
        let (slot, place) = (self.slot(entry), self.entries.len() as u32);
        if let Some(head) = self.heads.get_mut(slot) {
            self.next.push(std::mem::replace(head, place));
            self.entries.push(entry);
        }
    }

    /// Hands over the rows of an entry and of each added entry with the same hash.
    fn meet(&self, entry: u64, mut met: impl FnMut(u32, u32)) {
        let mut place = self.heads.get(self.slot(entry)).copied().unwrap_or(END);
        while let Some(other) = self.entries.get(place as usize) {
            if other >> 32 == entry >> 32 {
                met(*other as u32, entry as u32);
            }
            place = self.next.get(place as usize).copied().unwrap_or(END);
        }
    }
}

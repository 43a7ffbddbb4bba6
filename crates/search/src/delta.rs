//! The rows that came since the panels were made, and those that fit no panel: most are ruled out
//! by shadows of their alleles, the rest are compared in full.
//!
//! A query runs down the shadows of a block locus by locus, counts proved mismatches, and leaves
//! the block as soon as every row has too many. What survives is decided by `genetics::compare`, so
//! the shadows can cost time but never an answer.
//!
//! Deliberately absent: where rows lie and how they go (`rows`).

use genetics::{Level, LocusSet, Profile, SearchRule, compare};
use rayon::prelude::*;

use crate::engine::{Found, IndexSet};
use crate::likelihood::{LookUp, Ranked, best};
use crate::packed::PackedProfile;
use crate::question::searched_rule;
use crate::rows::{BLOCK_ROWS, Block, Rows};
use crate::signature::{OPEN, disagree, signatures, telling};

/// Blocks that one thread takes at a time.
const TILE_BLOCKS: usize = 256;

impl Rows {
    /// Adds the candidates of a query, in no order.
    pub(crate) fn search(
        &self,
        profile: &PackedProfile,
        rule: &SearchRule,
        indexes: IndexSet,
        found: &mut Vec<Found>,
    ) {
        if self.blocks().is_empty() {
            return;
        }
        let shadowed = Shadowed::new(profile, rule);
        let tiles = self.blocks().par_chunks(TILE_BLOCKS).flat_map_iter(|tile| {
            let mut found = Vec::new();
            tile.iter().for_each(|block| shadowed.ask(block, indexes, &mut found));
            found
        });
        found.par_extend(tiles);
    }

    /// The rows that explain a mixture best, in order.
    pub(crate) fn rank(
        &self,
        look_up: &LookUp<'_>,
        indexes: IndexSet,
        limit: usize,
    ) -> Vec<Ranked> {
        let tiles = self.blocks().par_chunks(TILE_BLOCKS).flat_map_iter(|tile| {
            let rows = tile.iter().flat_map(|block| &block.rows);
            let wanted = rows.filter(|row| indexes.contains(row.index));
            let ranked = wanted.map(|row| Ranked {
                key: row.key,
                ratio: look_up.alone(&row.profile),
                profile: &row.profile,
            });
            best(ranked.collect(), limit)
        });
        let best = best(tiles.collect(), limit).into_iter();
        best.map(|ranked| ranked.with(PackedProfile::clone)).collect()
    }
}

/// The shadow of a query at one locus.
struct Probe {
    position: usize,
    signature: u32,
    wanted: Level,
}

/// A query made ready for blocks of shadows.
struct Shadowed {
    profile: Profile,
    rule: SearchRule,
    probes: Vec<Probe>,
    /// Proved mismatches that a candidate may have; `None` where there can be no candidate.
    mismatches_max: Option<i32>,
}

impl Shadowed {
    fn new(packed: &PackedProfile, rule: &SearchRule) -> Self {
        let rule = searched_rule(rule);
        let profile = Profile::from(packed);
        let asked: LocusSet = rule.loci.intersection(profile.loci());
        // A row that leaves more than this number of loci unmatched cannot match often enough.
        let spare = asked.len().checked_sub(usize::from(rule.matching_min));
        let mismatches_max = spare.map(|spare| spare.min(usize::from(rule.mismatches_max)) as i32);
        let shadows = signatures(packed);
        let mut probes: Vec<Probe> = asked
            .iter()
            .filter_map(|locus| {
                let position = locus.position();
                let signature = *shadows.get(position)?;
                let wanted = rule.stringency_at(locus);
                (signature != OPEN && wanted != Level::Mismatch).then_some(Probe {
                    position,
                    signature,
                    wanted,
                })
            })
            .collect();
        // Many alleles tell little; but a lone allele tells no more than two do.
        probes.sort_by_key(|probe| (probe.signature.count_ones().max(2), telling(probe.position)));
        Self { profile, rule, probes, mismatches_max }
    }

    fn ask(&self, block: &Block, indexes: IndexSet, found: &mut Vec<Found>) {
        let Some(mismatches_max) = self.mismatches_max else {
            return;
        };
        let mut mismatches = [0i32; BLOCK_ROWS];
        for (done, probe) in self.probes.iter().enumerate() {
            if done as i32 > mismatches_max && survivors(&mismatches, mismatches_max) == 0 {
                return;
            }
            if let Some(column) = block.signatures.get(probe.position) {
                probe.count(column, &mut mismatches);
            }
        }
        for (row, mismatches) in block.rows.iter().zip(mismatches) {
            if mismatches <= mismatches_max && indexes.contains(row.index) {
                let comparison = compare(&self.profile, &Profile::from(&row.profile), &self.rule);
                if comparison.is_candidate(&self.rule) {
                    found.push(Found::new(row.key, &comparison));
                }
            }
        }
    }
}

impl Probe {
    /// Adds the proved mismatches of a column. The level is told outside the loop, so that the
    /// loop has no branch and the compiler can use wide registers.
    fn count(&self, column: &[u32; BLOCK_ROWS], mismatches: &mut [i32; BLOCK_ROWS]) {
        let mine = self.signature;
        match self.wanted {
            Level::High => tally(column, mismatches, |it| disagree(mine, it, Level::High)),
            Level::Moderate => tally(column, mismatches, |it| disagree(mine, it, Level::Moderate)),
            Level::Low => tally(column, mismatches, |it| disagree(mine, it, Level::Low)),
            Level::Mismatch => {}
        }
    }
}

#[inline(always)]
fn tally(
    column: &[u32; BLOCK_ROWS],
    mismatches: &mut [i32; BLOCK_ROWS],
    disagrees: impl Fn(u32) -> bool,
) {
    for (count, signature) in mismatches.iter_mut().zip(column) {
        *count += i32::from(disagrees(*signature));
    }
}

/// Rows with no more than the given number of mismatches. Counted without leaving early, and in
/// signed numbers, for which the oldest wide registers have a comparison.
fn survivors(mismatches: &[i32; BLOCK_ROWS], mismatches_max: i32) -> i32 {
    let within = mismatches.iter().map(|count| i32::from(*count <= mismatches_max));
    within.sum()
}

//! The engine in use: most rows are ruled out by shadows of their alleles, the rest are compared in
//! full.
//!
//! A query runs down the shadows of a block locus by locus, counts proved mismatches, and leaves
//! the block as soon as every row has too many. What survives is decided by `genetics::compare`, so
//! the shadows can cost time but never an answer.
//!
//! Deliberately absent: where rows lie and how they go (`rows`), files, and indexes over groups of
//! loci, which the national size needs.

use genetics::{Level, LocusSet, Profile, SearchRule, compare};
use rayon::prelude::*;

use crate::engine::{Engine, Found, IndexSet, Row, SearchError, Side, SpecimenKey, Target};
use crate::packed::PackedProfile;
use crate::rows::{BLOCK_ROWS, Block, Rows};
use crate::signature::{OPEN, disagree, signatures, telling};

/// Blocks that one thread takes at a time.
const TILE_BLOCKS: usize = 256;
/// Queries that visit a block while it is in the cache.
const TILE_QUERIES: usize = 16;

/// Rows in memory.
#[derive(Default)]
pub struct Exact {
    persons: Rows,
    forensic: Rows,
}

impl Exact {
    /// An engine without rows.
    pub fn new() -> Self {
        Self::default()
    }

    fn side(&self, side: Side) -> &Rows {
        match side {
            Side::Persons => &self.persons,
            Side::Forensic => &self.forensic,
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut Rows {
        match side {
            Side::Persons => &mut self.persons,
            Side::Forensic => &mut self.forensic,
        }
    }
}

impl Engine for Exact {
    fn load(&mut self, side: Side, rows: Vec<Row>) -> Result<(), SearchError> {
        let mut loaded = Rows::default();
        for row in rows {
            let key = row.key;
            if loaded.holds(key) {
                return Err(SearchError::Repeated { key });
            }
            loaded.push(row);
        }
        *self.side_mut(side) = loaded;
        Ok(())
    }

    fn insert(&mut self, side: Side, row: Row) -> Result<(), SearchError> {
        let rows = self.side_mut(side);
        rows.remove(row.key);
        rows.push(row);
        Ok(())
    }

    fn remove(&mut self, side: Side, key: SpecimenKey) -> Result<bool, SearchError> {
        Ok(self.side_mut(side).remove(key))
    }

    fn query(
        &self,
        target: Target,
        profile: &PackedProfile,
        rule: &SearchRule,
    ) -> Result<Vec<Found>, SearchError> {
        let question = Question::new(profile, rule);
        let mut answers = answer(self.side(target.side), &[question], target.indexes);
        Ok(answers.pop().unwrap_or_default())
    }

    fn batch(
        &self,
        target: Target,
        profiles: &[(SpecimenKey, PackedProfile)],
        rule: &SearchRule,
    ) -> Result<Vec<(SpecimenKey, Vec<Found>)>, SearchError> {
        let rows = self.side(target.side);
        let answers = profiles.par_chunks(TILE_QUERIES).flat_map_iter(|tile| {
            let questions = tile.iter().map(|(_, profile)| Question::new(profile, rule));
            let answers = answer(rows, &questions.collect::<Vec<_>>(), target.indexes);
            tile.iter().map(|(key, _)| *key).zip(answers)
        });
        Ok(answers.collect())
    }

    fn len(&self, side: Side) -> usize {
        self.side(side).len()
    }
}

/// The answers to a few questions, by key.
fn answer(rows: &Rows, questions: &[Question], indexes: IndexSet) -> Vec<Vec<Found>> {
    let nothing = || vec![Vec::new(); questions.len()];
    let tiles = rows.blocks().par_chunks(TILE_BLOCKS).map(|tile| {
        let mut answers = nothing();
        for block in tile {
            for (question, found) in questions.iter().zip(&mut answers) {
                question.ask(block, indexes, found);
            }
        }
        answers
    });
    let mut answers = tiles.reduce(nothing, |mut all, more| {
        for (found, more) in all.iter_mut().zip(more) {
            found.extend(more);
        }
        all
    });
    for found in &mut answers {
        found.sort_unstable_by_key(|found| found.key);
    }
    answers
}

/// The shadow of a query at one locus.
struct Probe {
    position: usize,
    signature: u32,
    wanted: Level,
}

/// A query made ready.
struct Question<'a> {
    profile: Profile,
    rule: &'a SearchRule,
    probes: Vec<Probe>,
    /// Proved mismatches that a candidate may have; `None` where there can be no candidate.
    mismatches_max: Option<i32>,
}

impl<'a> Question<'a> {
    fn new(packed: &PackedProfile, rule: &'a SearchRule) -> Self {
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
                let comparison = compare(&self.profile, &Profile::from(&row.profile), self.rule);
                if comparison.is_candidate(self.rule) {
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

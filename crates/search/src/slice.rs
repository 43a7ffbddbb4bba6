//! The rows of a slice, held against many queries at once.
//!
//! The queries lie on a desk as planes of bits, 512 to a block. The rows come by the hundred, each
//! turned into its steps, and go through one block after the other, whose planes so stay near the
//! processor. Rows that agree at the last locus of the cell too are held against a block there
//! once; then each row where it must agree, and then where it may differ. Either begins, block by
//! block, with the loci that rule out most.
//!
//! A step is the majority of three planes, whatever the stringency. It is never too strict; the
//! full comparison decides.
//!
//! Deliberately absent: which queries belong to which slice (`join`).

#![expect(
    clippy::indexing_slicing,
    reason = "places are computed here from the panel's and the batch's own tables; a wrong one is \
              a bug that must stop the search and not give a wrong answer"
)]

use std::ops::Range;

use genetics::Level;
use rayon::prelude::*;

use crate::groups::Group;
use crate::join::{Answer, Join};
use crate::lexicon::{AlleleBits, LOCI, numbers};
use crate::planes::{BLOCK_ROWS, Layout, NO_LANES, OPEN, SINGLE};
use crate::question::Question;
use crate::simd::{BUDGET_MAX, Lanes, Wide, Work, prefetch};
use crate::store::Words;

/// Rows that go through the blocks together: their steps stay in the nearer caches.
const ROWS_TOGETHER: usize = 512;
/// Rows whose numbers are fetched ahead.
const ROWS_AHEAD: usize = 8;
/// Queries whose marks are fetched ahead.
const QUERIES_AHEAD: usize = 8;
/// Marks in a line of the caches.
const LINE: usize = 32;
/// Queries of which a thread makes marks at a time.
const MARKED_TOGETHER: usize = 1 << 14;

/// What is made once of a batch and a panel.
pub(crate) struct Batch<'a> {
    join: &'a Join<'a>,
    layout: Layout,
    /// The genotypes of the panel turned into steps: those of one locus after those of another,
    /// by number of the genotype.
    steps: Vec<Step>,
    /// Where the steps of each locus of the panel start.
    firsts: Vec<usize>,
    /// The planes in which each query has its bit, one query after the other.
    marks: Words<u16>,
    /// Where the marks of each query start, and the end of the last.
    starts: Words<u64>,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(join: &'a Join) -> Self {
        let layout = Layout::new(join.lexicon, join.panel.loci(), 0);
        let (mut steps, mut firsts) = (Vec::new(), Vec::new());
        for position in join.panel.positions() {
            firsts.push(steps.len());
            let wanted = join.terms.wanted(*position);
            let genotypes = join.lexicon.loci()[*position].genotypes().iter();
            steps.extend(genotypes.map(|alleles| step(&layout, *position, *alleles, wanted)));
        }
        let (marks, starts) = marks(join, &layout);
        Self { join, layout, steps, firsts, marks, starts }
    }

    fn marks(&self, query: u32) -> &[u16] {
        let at = |place: usize| self.starts[place] as usize;
        &self.marks[at(query as usize)..at(query as usize + 1)]
    }
}

/// What a row asks of queries at a locus: the majority of three planes.
type Step = [u16; 3];

/// The step of a genotype. *Single* makes a query of one allele satisfied by either of two. Of
/// three alleles and more every query is let through.
fn step(layout: &Layout, position: usize, alleles: AlleleBits, wanted: Option<Level>) -> Step {
    let (none, all) = (layout.planes, layout.planes + 1);
    let place = layout.places[position];
    let mut planes = numbers(alleles).map(|number| place.allele(number));
    let step = match (wanted, planes.next(), planes.next(), planes.next()) {
        (None, ..) | (_, None, ..) | (_, _, _, Some(_)) => [all, all, all],
        (Some(Level::High), Some(one), None, _) => [one, place.first + SINGLE, none],
        (Some(Level::High), Some(low), Some(high), _) => [low, high, none],
        (Some(Level::Low), Some(low), Some(high), _) => [low, high, all],
        (Some(_), Some(low), Some(high), _) => [low, high, place.first + SINGLE],
        (Some(_), Some(one), None, _) => [one, one, one],
    };
    step.map(|plane| plane as u16)
}

/// The marks of all queries, and where those of each start.
fn marks(join: &Join, layout: &Layout) -> (Words<u16>, Words<u64>) {
    let of_chunk = |questions: &[Question]| {
        let (mut marks, mut ends) = (Vec::new(), Vec::with_capacity(questions.len()));
        for question in questions {
            for position in join.panel.positions() {
                let alleles = question.alleles(*position);
                if !layout.planes_typed(*position, alleles, |plane| marks.push(plane as u16)) {
                    marks.push((layout.places[*position].first + OPEN) as u16);
                }
            }
            ends.push(marks.len());
        }
        (marks, ends)
    };
    let chunks: Vec<_> = join.questions.par_chunks(MARKED_TOGETHER).map(of_chunk).collect();
    let mut marks = Words::zeroed(chunks.iter().map(|(marks, _)| marks.len()).sum());
    let mut starts = Words::zeroed(join.questions.len() + 1);
    let (mut start, mut query) = (0, 0);
    for (chunk, ends) in chunks {
        marks[start..start + chunk.len()].copy_from_slice(&chunk);
        for end in ends {
            query += 1;
            starts[query] = (start + end) as u64;
        }
        start += chunk.len();
    }
    (marks, starts)
}

/// Some rows of a group that agree at the loci of the cell but the last.
pub(crate) struct Slice<'a> {
    batch: &'a Batch<'a>,
    group: &'a Group,
    rows: Range<usize>,
    /// See [`Join::loci_left`].
    must: Vec<usize>,
    may: Vec<usize>,
}

impl<'a> Slice<'a> {
    pub(crate) fn new(batch: &'a Batch<'a>, group: usize, rows: Range<usize>) -> Self {
        let (must, may) = batch.join.loci_left(group);
        Self { batch, group: &batch.join.panel.groups()[group], rows, must, may }
    }
}

impl Slice<'_> {
    /// The loci at which a row must agree, but the first, and those at which it may differ, each
    /// the one first that rules out most of the queries, of which so many are typed at each place.
    fn best_first(&self, typed: &[u32; LOCI]) -> (Vec<u8>, Vec<u8>) {
        let worth =
            |place: &usize| self.batch.join.panel.telling()[*place] * f64::from(typed[*place]);
        let sorted = |loci: &[usize]| -> Vec<u8> {
            let mut loci: Vec<usize> =
                loci.iter().copied().filter(|place| worth(place) > 0.0).collect();
            loci.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
            loci.into_iter().map(|place| place as u8).collect()
        };
        (sorted(self.must.get(1..).unwrap_or(&[])), sorted(&self.may))
    }
}

/// The queries of a slice as planes; a thread uses it again and again.
#[derive(Default)]
pub(crate) struct Desk {
    /// A block has the planes of the layout, one without and one with all bits. Behind the last
    /// there is room for [`WINDOW`], so that a plane is found without asking whether it is there.
    planes: Vec<Lanes>,
    /// By two blocks: loci at which a row must agree, but the first, and at which it may differ.
    loci: Vec<(Vec<u8>, Vec<u8>)>,
    rows: Vec<Ready>,
    /// Rows that agree at the last locus of the cell.
    runs: Vec<Range<usize>>,
}

/// Planes that 16 bits can tell apart.
const WINDOW: usize = 1 << 16;
static NO_PLANES: [Lanes; WINDOW] = [NO_LANES; WINDOW];
/// Blocks that a row is held against at once.
const TOGETHER: usize = 4;
/// Steps of a row, of which each locus of the panel has one.
const STEPS: usize = 32;

/// A row with its steps, by locus of the panel.
struct Ready {
    row: u32,
    steps: [Step; STEPS],
}

impl Desk {
    /// Adds the candidates of queries among the rows of a slice.
    pub(crate) fn search(&mut self, slice: &Slice, queries: &[u32], answers: &mut Vec<Answer>) {
        self.lay(slice, queries);
        let join = slice.batch.join;
        let budget = u32::from(join.terms.rule.mismatches_max).min(BUDGET_MAX);
        let mut start = slice.rows.start;
        while start < slice.rows.end {
            let end = slice.rows.end.min(start + ROWS_TOGETHER);
            self.ready(slice, start..end);
            join.settings.simd.run(Together { desk: self, slice, queries, budget, answers });
            start = end;
        }
    }

    /// Turns queries into planes.
    fn lay(&mut self, slice: &Slice, queries: &[u32]) {
        let Slice { batch, must, may, .. } = slice;
        let layout = &batch.layout;
        let stride = stride(layout);
        let used = queries.len().div_ceil(BLOCK_ROWS) * stride;
        self.planes.resize(self.planes.len().max(used + WINDOW), NO_LANES);
        self.planes[..used].fill(NO_LANES);
        self.loci.clear();
        let blocks = self.planes.chunks_exact_mut(stride);
        let mut typed = [0; LOCI];
        for (number, (planes, block)) in blocks.zip(queries.chunks(BLOCK_ROWS)).enumerate() {
            for (lane, query) in block.iter().enumerate() {
                let place = number * BLOCK_ROWS + lane;
                if let Some(later) = queries.get(place + 2 * QUERIES_AHEAD) {
                    prefetch(&batch.starts[*later as usize]);
                }
                if let Some(soon) = queries.get(place + QUERIES_AHEAD) {
                    batch.marks(*soon).iter().step_by(LINE).for_each(prefetch);
                }
                let (word, bit) = (lane / 64, 1u64 << (lane % 64));
                for plane in batch.marks(*query) {
                    planes[usize::from(*plane)][word] |= bit;
                }
            }
            planes[layout.planes + 1] = [u64::MAX; BLOCK_ROWS / 64];
            for place in must.iter().chain(may) {
                let position = batch.join.panel.positions()[*place];
                typed[*place] += block.len() as u32 - layout.spread_open(position, planes);
            }
            if number % 2 == 1
                || block.len() < BLOCK_ROWS
                || (number + 1) * BLOCK_ROWS == queries.len()
            {
                self.loci.push(slice.best_first(&std::mem::take(&mut typed)));
            }
        }
    }

    /// Turns rows into steps.
    fn ready(&mut self, slice: &Slice, rows: Range<usize>) {
        let panel = slice.batch.join.panel;
        self.rows.clear();
        for place in rows {
            if let Some(later) = slice.group.row(place + ROWS_AHEAD) {
                prefetch(&panel.ids(later)[0]);
            }
            let Some(row) = slice.group.row(place) else { continue };
            let mut ready = Ready { row: row as u32, steps: [[0; 3]; STEPS] };
            let ids = slice.batch.firsts.iter().zip(panel.ids(row));
            for (step, (first, id)) in ready.steps.iter_mut().zip(ids) {
                *step = slice.batch.steps[first + usize::from(*id)];
            }
            self.rows.push(ready);
        }
        let first = slice.must[0];
        self.runs.clear();
        let mut start = 0;
        for run in self.rows.chunk_by(|a, b| a.steps[first] == b.steps[first]) {
            self.runs.push(start..start + run.len());
            start += run.len();
        }
    }
}

/// Planes of a block.
fn stride(layout: &Layout) -> usize {
    layout.planes + 2
}

/// Rows that are ready, to be held against the planes on a desk.
struct Together<'a> {
    desk: &'a Desk,
    slice: &'a Slice<'a>,
    queries: &'a [u32],
    budget: u32,
    answers: &'a mut Vec<Answer>,
}

impl Work for Together<'_> {
    type Out = ();

    #[inline(always)]
    fn with<W: Wide>(self) {
        match self.budget {
            0 => self.each::<W, 1>(),
            1 => self.each::<W, 2>(),
            2 => self.each::<W, 3>(),
            _ => self.each::<W, 4>(),
        }
    }
}

impl<'a> Together<'a> {
    #[inline(always)]
    fn each<W: Wide, const OVER: usize>(mut self) {
        let first = self.slice.must[0];
        let blocks = self.queries.len().div_ceil(BLOCK_ROWS);
        for together in (0..blocks).step_by(TOGETHER) {
            let together = together..blocks.min(together + TOGETHER);
            for run in &self.desk.runs {
                let rows = &self.desk.rows[run.clone()];
                let step = &rows[0].steps[first];
                let mut left = [(0, W::load(&NO_LANES)); TOGETHER];
                let mut alive = 0;
                for block in together.clone() {
                    let lanes = W::load(&self.lanes(block)).and(majority(self.planes(block), step));
                    if !lanes.is_none() {
                        left[alive] = (block, lanes);
                        alive += 1;
                    }
                }
                match left {
                    _ if alive == 0 => {}
                    [one, ..] if alive == 1 => self.hold::<W, OVER, 1>([one], rows),
                    [one, two, ..] if alive == 2 => self.hold::<W, OVER, 2>([one, two], rows),
                    [one, two, three, _] if alive == 3 => {
                        self.hold::<W, OVER, 3>([one, two, three], rows);
                    }
                    all => self.hold::<W, OVER, TOGETHER>(all, rows),
                }
            }
        }
    }

    /// The planes of a block, and what lies behind them.
    #[inline(always)]
    fn planes(&self, block: usize) -> &'a [Lanes; WINDOW] {
        let start = block * stride(&self.slice.batch.layout);
        self.desk.planes[start..].first_chunk().unwrap_or(&NO_PLANES)
    }

    /// The lanes of a block in which there are queries.
    #[inline(always)]
    fn lanes(&self, block: usize) -> Lanes {
        let queries = self.queries.len() - block * BLOCK_ROWS;
        std::array::from_fn(|word| match queries.saturating_sub(word * 64) {
            0 => 0,
            held => u64::MAX >> 64usize.saturating_sub(held),
        })
    }

    /// Holds rows against the lanes of some blocks that are left.
    #[inline(always)]
    fn hold<W: Wide, const OVER: usize, const BLOCKS: usize>(
        &mut self,
        blocks: [(usize, W); BLOCKS],
        rows: &[Ready],
    ) {
        let (must, may) = &self.desk.loci[blocks[0].0 / TOGETHER];
        let planes = blocks.map(|(block, _)| self.planes(block));
        'rows: for ready in rows {
            let mut left = blocks.map(|(_, left)| left);
            for place in must {
                let step = &ready.steps[usize::from(*place) % STEPS];
                for at in 0..BLOCKS {
                    left[at] = left[at].and(majority(planes[at], step));
                }
                if are_none(&left) {
                    continue 'rows;
                }
            }
            let mut over = [[W::load(&NO_LANES); OVER]; BLOCKS];
            for place in may {
                let step = &ready.steps[usize::from(*place) % STEPS];
                for at in 0..BLOCKS {
                    let mut missing = left[at].without(majority(planes[at], step));
                    for count in &mut over[at] {
                        let again = count.and(missing);
                        *count = count.or(missing);
                        missing = again;
                    }
                    left[at] = left[at].without(over[at][OVER - 1]);
                }
                if are_none(&left) {
                    continue 'rows;
                }
            }
            for at in 0..BLOCKS {
                self.compare(ready.row, blocks[at].0, left[at].lanes());
            }
        }
    }

    /// Compares a row in full with what is left of a block.
    #[inline(never)]
    fn compare(&mut self, row: u32, block: usize, left: Lanes) {
        for (word, lanes) in left.into_iter().enumerate() {
            for bit in numbers(lanes) {
                let query = self.queries[block * BLOCK_ROWS + word * 64 + bit];
                self.slice.batch.join.compare(row as usize, query, self.answers);
            }
        }
    }
}

#[inline(always)]
fn are_none<W: Wide, const BLOCKS: usize>(left: &[W; BLOCKS]) -> bool {
    let mut any = left[0];
    for other in &left[1..] {
        any = any.or(*other);
    }
    any.is_none()
}

#[inline(always)]
fn majority<W: Wide>(planes: &[Lanes; WINDOW], step: &Step) -> W {
    // No closure here: what is not inlined could not use the wide registers.
    let one = W::load(&planes[usize::from(step[0])]);
    let other = W::load(&planes[usize::from(step[1])]);
    let third = W::load(&planes[usize::from(step[2])]);
    one.and(other).or(third.and(one.or(other)))
}

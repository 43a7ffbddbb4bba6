//! Many queries against one panel at once.
//!
//! The queries of a group are dealt out to its cells, taken by all loci of the cell but the last.
//! In such a slice lie rows and queries that agree at those loci. A small slice is compared pair by
//! pair; in a large one the queries are turned into planes of bits, in order of the cell's last
//! locus, and each row is held against 512 queries at a time. What is left over is compared in
//! full. The work is divided by slices among the caller's threads; the answer is in order of query
//! and key.
//!
//! Deliberately absent: which groups a query goes through (`panel`).

#![expect(
    clippy::indexing_slicing,
    reason = "places are computed here from the panel's and the batch's own tables; a wrong one is \
              a bug that must stop the search and not give a wrong answer"
)]

use std::ops::Range;

use rayon::prelude::*;

use crate::codes::codes;
use crate::engine::{Found, IndexSet};
use crate::groups::Group;
use crate::lexicon::{AlleleBits, LOCI, Lexicon, LocusBits, numbers, positions};
use crate::panel::{Panel, Plan};
use crate::planes::{BLOCK_ROWS, Layout, NO_LANES, Step, satisfying, sift};
use crate::question::{Asked, Question, Terms};
use crate::settings::Settings;
use crate::simd::{BUDGET_MAX, Lanes, Wide, Work};

/// A candidate, and the place of its query in the batch.
pub(crate) type Answer = (u32, Found);

/// Rows from which on a slice is large.
const LARGE_ROWS: usize = 24;
/// Queries from which on a slice is large.
const LARGE_QUERIES: usize = 64;

/// A batch of queries under one rule, on its way through a panel.
pub(crate) struct Join<'a> {
    pub(crate) panel: &'a Panel,
    pub(crate) lexicon: &'a Lexicon,
    pub(crate) terms: &'a Terms,
    pub(crate) questions: &'a [Question<'a>],
    pub(crate) indexes: IndexSet,
    pub(crate) settings: &'a Settings,
}

/// The queries of one group, by slice.
struct Dealt {
    group: usize,
    /// Where the queries of each slice start, and the end of the last.
    starts: Vec<u32>,
    queries: Vec<u32>,
}

/// What a thread uses again and again.
struct Desk {
    layout: Layout,
    planes: Vec<Lanes>,
    /// Mixtures last, for they take longest; then by the alleles at the cell's last locus.
    order: Vec<(bool, AlleleBits, u32)>,
    /// Queries that are typed at a position.
    typed: [u32; LOCI],
}

/// The rows of a panel turned into steps: by locus of the panel and number of the genotype.
struct Steps(Vec<Vec<Option<Step>>>);

impl Join<'_> {
    /// The candidates of all queries, in order of query and key.
    pub(crate) fn answers(&self) -> Vec<Answer> {
        let plans: Vec<Plan> = self
            .questions
            .par_iter()
            .map(|question| self.panel.plan_of(question, self.lexicon, self.settings))
            .collect();
        let dealt: Vec<Dealt> = (0..self.panel.groups().len())
            .into_par_iter()
            .map(|it| self.deal(it, &plans))
            .collect();
        let layout = Layout::new(self.lexicon, self.panel.loci(), 0);
        let steps = self.steps(&layout);
        let desk = || Desk { layout, planes: Vec::new(), order: Vec::new(), typed: [0; LOCI] };
        let slices: Vec<(usize, usize)> = dealt
            .iter()
            .enumerate()
            .flat_map(|(at, dealt)| {
                let busy = |slice: &usize| dealt.starts[*slice] < dealt.starts[slice + 1];
                (0..dealt.starts.len() - 1).filter(busy).map(move |slice| (at, slice))
            })
            .collect();
        let mut answers: Vec<Answer> = slices
            .into_par_iter()
            .map_init(desk, |desk, (at, slice)| {
                let dealt = &dealt[at];
                let queries = dealt.starts[slice] as usize..dealt.starts[slice + 1] as usize;
                let mut answers = Vec::new();
                let group = &self.panel.groups()[dealt.group];
                self.slice(desk, &steps, group, slice, &dealt.queries[queries], &mut answers);
                answers
            })
            .flatten_iter()
            .collect();
        let alone = plans.par_iter().enumerate().filter(|(_, plan)| matches!(plan, Plan::All));
        answers.par_extend(alone.flat_map_iter(|(query, _)| {
            let mut found = Vec::new();
            self.panel.search_all(&self.questions[query], self.lexicon, self.indexes, &mut found);
            found.into_iter().map(move |found| (query as u32, found))
        }));
        answers.par_sort_unstable_by_key(|(query, found)| (*query, found.key));
        answers.dedup_by_key(|(query, found)| (*query, found.key));
        answers
    }

    /// Deals the queries that go through a group out to its slices.
    fn deal(&self, group: usize, plans: &[Plan]) -> Dealt {
        let order = &self.panel.groups()[group];
        let slices = order.slices();
        let through =
            |plan: &Plan| matches!(plan, Plan::Groups(groups, _) if groups.contains(&group));
        let queries = || plans.iter().enumerate().filter(|(_, plan)| through(plan));
        let each_slice = |query: usize, visit: &mut dyn FnMut(usize)| {
            let question = &self.questions[query];
            let mut cells: Vec<usize> = vec![0];
            for (place, end) in order.slice_loci() {
                let mask = self.panel.mask(place, question, self.lexicon);
                let wanted: Vec<usize> = codes(&mask).take_while(|code| *code < end).collect();
                let nested =
                    cells.iter().flat_map(|cell| wanted.iter().map(move |code| cell * end + code));
                cells = nested.collect();
            }
            cells.into_iter().filter(|slice| !order.slice(*slice).is_empty()).for_each(visit);
        };
        let mut starts = vec![0u32; slices + 1];
        queries().for_each(|(query, _)| each_slice(query, &mut |slice| starts[slice + 1] += 1));
        for slice in 0..slices {
            starts[slice + 1] += starts[slice];
        }
        let mut next = starts.clone();
        let mut dealt = vec![0; starts[slices] as usize];
        queries().for_each(|(query, _)| {
            each_slice(query, &mut |slice| {
                dealt[next[slice] as usize] = query as u32;
                next[slice] += 1;
            });
        });
        Dealt { group, starts, queries: dealt }
    }

    fn steps(&self, layout: &Layout) -> Steps {
        let at = |position: usize| -> Vec<Option<Step>> {
            let genotypes = self.lexicon.loci()[position].genotypes().iter();
            let steps = genotypes.map(|alleles| {
                let wanted = self.terms.wanted(position);
                layout.step(position, &Asked { alleles: *alleles, required: 0, wanted })
            });
            steps.collect()
        };
        Steps(self.panel.positions().iter().map(|position| at(*position)).collect())
    }

    fn slice(
        &self,
        desk: &mut Desk,
        steps: &Steps,
        group: &Group,
        slice: usize,
        queries: &[u32],
        answers: &mut Vec<Answer>,
    ) {
        let rows = group.slice(slice);
        let budget = u32::from(self.terms.rule.mismatches_max).min(BUDGET_MAX);
        if rows.len() < LARGE_ROWS || queries.len() < LARGE_QUERIES {
            let loci = self.loci_in_order(group, |_| 1);
            return self.pairs(group, rows, queries, &loci, budget, answers);
        }
        self.lay(desk, group, queries);
        let desk = &*desk;
        let loci = self.loci_in_order(group, |position| desk.typed[position]);
        self.settings.simd.run(Rows {
            join: self,
            desk,
            steps,
            group,
            rows,
            loci,
            budget,
            answers,
        });
    }

    /// The loci, by place in the panel, in which a slice still may differ: the group's own first,
    /// then those that rule out most queries, of which so many are typed at a position.
    fn loci_in_order(&self, group: &Group, typed: impl Fn(usize) -> u32) -> Vec<usize> {
        let positions = self.panel.positions();
        let sliced: Vec<usize> = group.slice_loci().map(|(place, _)| place).collect();
        let mut loci: Vec<usize> = group.loci().filter(|place| !sliced.contains(place)).collect();
        let others = (0..positions.len()).filter(|at| !sliced.contains(at) && !loci.contains(at));
        let worth = |at: &usize| self.panel.telling()[*at] * f64::from(typed(positions[*at]));
        let mut others: Vec<usize> = others.collect();
        others.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
        loci.extend(others);
        loci
    }

    /// Every row with every query.
    fn pairs(
        &self,
        group: &Group,
        rows: Range<usize>,
        queries: &[u32],
        loci: &[usize],
        budget: u32,
        answers: &mut Vec<Answer>,
    ) {
        let positions = self.panel.positions();
        for query in queries {
            let question = &self.questions[*query as usize];
            for row in rows.clone() {
                let Some(row) = group.row(row) else { continue };
                let ids = self.panel.ids(row);
                let mut missed = 0;
                for place in loci {
                    let position = positions[*place];
                    let stored = self.lexicon.loci()[position].genotype(ids[*place]);
                    missed += u32::from(!question.may_satisfy(position, stored));
                    if missed > budget {
                        break;
                    }
                }
                if missed <= budget {
                    self.compare(row, *query, answers);
                }
            }
        }
    }

    fn compare(&self, row: usize, query: u32, answers: &mut Vec<Answer>) {
        let question = &self.questions[query as usize];
        let found = self.panel.compare(question, self.lexicon, self.indexes, row);
        answers.extend(found.map(|found| (query, found)));
    }

    /// Turns queries into planes, in order of what they ask at the last locus of the cell.
    fn lay(&self, desk: &mut Desk, group: &Group, queries: &[u32]) {
        let position = self.panel.positions()[group.last_of_cell()];
        desk.order.clear();
        desk.order.extend(queries.iter().map(|query| {
            let question = &self.questions[*query as usize];
            (question.mixture, question.alleles(position).unwrap_or(AlleleBits::MAX), *query)
        }));
        desk.typed = [0; LOCI];
        desk.order.sort_unstable();
        desk.planes.clear();
        desk.planes.resize(queries.len().div_ceil(BLOCK_ROWS) * desk.layout.planes, NO_LANES);
        let sliced = group.slice_loci().map(|(place, _)| self.panel.positions()[place]);
        let sliced = sliced.fold(0, |bits: LocusBits, position| bits | 1 << position);
        let loci: Vec<usize> = positions(desk.layout.loci() & !sliced).collect();
        for (place, (_, _, query)) in desk.order.iter().enumerate() {
            let question = &self.questions[*query as usize];
            let block = place / BLOCK_ROWS * desk.layout.planes;
            let planes = &mut desk.planes[block..][..desk.layout.planes];
            let (word, bit) = (place % BLOCK_ROWS / 64, 1u64 << (place % 64));
            for position in &loci {
                let alleles = question.alleles(*position);
                desk.typed[*position] += u32::from(alleles.is_some());
                desk.layout.planes_of(*position, alleles, |plane| {
                    planes[plane][word] |= bit;
                });
            }
        }
    }
}

/// The rows of a slice, to be held against the planes on a desk.
struct Rows<'a> {
    join: &'a Join<'a>,
    desk: &'a Desk,
    steps: &'a Steps,
    group: &'a Group,
    rows: Range<usize>,
    loci: Vec<usize>,
    budget: u32,
    answers: &'a mut Vec<Answer>,
}

impl Work for Rows<'_> {
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

impl Rows<'_> {
    #[inline(always)]
    fn each<W: Wide, const OVER: usize>(self) {
        let Self { join, desk, steps, group, rows, loci, answers, .. } = self;
        let own = group.loci().count() - group.slice_loci().count();
        let (first, rest) = loci.split_at(own.min(loci.len()));
        let Some((first, second)) = first.split_first() else {
            return;
        };
        let blocks: Vec<&[Lanes]> = desk.planes.chunks_exact(desk.layout.planes).collect();
        let mut left: Vec<(usize, Lanes)> = Vec::new();
        let mut last = None;
        let (mut must, mut may) = (Vec::new(), Vec::new());
        for row in rows {
            let Some(row) = group.row(row) else { continue };
            let ids = join.panel.ids(row);
            if last != Some(ids[*first]) {
                last = Some(ids[*first]);
                left.clear();
                for (block, planes) in blocks.iter().enumerate() {
                    let mut lanes = W::load(&lanes_below(desk.order.len() - block * BLOCK_ROWS));
                    if let Some(step) = steps.at(*first, ids[*first]) {
                        lanes = lanes.and(satisfying::<W>(planes, step));
                    }
                    if !lanes.is_none() {
                        left.push((block, lanes.lanes()));
                    }
                }
            }
            must.clear();
            must.extend(second.iter().filter_map(|place| steps.at(*place, ids[*place])));
            may.clear();
            may.extend(rest.iter().filter_map(|place| steps.at(*place, ids[*place])));
            for (block, lanes) in &left {
                let planes = blocks[*block];
                let mut lanes = W::load(lanes);
                for step in &must {
                    lanes = lanes.and(satisfying::<W>(planes, step));
                }
                if lanes.is_none() {
                    continue;
                }
                let lanes = sift::<W, OVER>(planes, may.iter().copied(), lanes);
                if lanes.is_none() {
                    continue;
                }
                for (word, lanes) in lanes.lanes().into_iter().enumerate() {
                    for bit in numbers(lanes) {
                        let (_, _, query) = desk.order[block * BLOCK_ROWS + word * 64 + bit];
                        join.compare(row, query, answers);
                    }
                }
            }
        }
    }
}

impl Steps {
    #[inline(always)]
    fn at(&self, place: usize, id: u16) -> Option<&Step> {
        self.0[place][usize::from(id)].as_ref()
    }
}

/// The lanes of so many rows, from the first on.
#[inline(always)]
fn lanes_below(rows: usize) -> Lanes {
    std::array::from_fn(|word| match rows.saturating_sub(word * 64) {
        0 => 0,
        held => u64::MAX >> 64usize.saturating_sub(held),
    })
}

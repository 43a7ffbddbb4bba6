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
use crate::lexicon::{AlleleBits, GenotypeId, Lexicon};
use crate::panel::{Panel, Plan};
use crate::question::{Question, Terms};
use crate::settings::Settings;
use crate::slice::{Batch, Desk, Slice};

/// A candidate, and the place of its query in the batch.
pub(crate) type Answer = (u32, Found);

/// Rows from which on a slice is large.
const LARGE_ROWS: usize = 12;
/// Queries from which on a slice is large.
const LARGE_QUERIES: usize = 24;

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
    /// In a slice, mixtures last, for they take longest; then by what they ask at the last locus
    /// of the cell.
    queries: Vec<u32>,
}

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
        let batch = Batch::new(self);
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
            .map_init(Desk::default, |desk, (at, slice)| {
                let dealt = &dealt[at];
                let queries = dealt.starts[slice] as usize..dealt.starts[slice + 1] as usize;
                let queries = &dealt.queries[queries];
                let rows = self.panel.groups()[dealt.group].slice(slice);
                let mut answers = Vec::new();
                if rows.len() < LARGE_ROWS || queries.len() < LARGE_QUERIES {
                    self.pairs(dealt.group, rows, queries, &mut answers);
                } else {
                    let slice = Slice::new(&batch, dealt.group, rows);
                    desk.search(&slice, queries, &mut answers);
                }
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
        let last = self.panel.positions()[order.last_of_cell()];
        let mut queries: Vec<u32> =
            (0..).zip(plans).filter(|(_, plan)| through(plan)).map(|(query, _)| query).collect();
        queries.par_sort_by_cached_key(|query| {
            let question = &self.questions[*query as usize];
            (question.mixture, question.alleles(last).unwrap_or(AlleleBits::MAX))
        });
        let busy: Vec<bool> = (0..slices).map(|slice| !order.slice(slice).is_empty()).collect();
        let slices_of = |query: &u32| -> Vec<u32> {
            let question = &self.questions[*query as usize];
            let mut cells: Vec<usize> = vec![0];
            for (place, end) in order.slice_loci() {
                let mask = self.panel.mask(place, question, self.lexicon);
                let wanted: Vec<usize> = codes(&mask).take_while(|code| *code < end).collect();
                let nested =
                    cells.iter().flat_map(|cell| wanted.iter().map(move |code| cell * end + code));
                cells = nested.collect();
            }
            cells.into_iter().filter(|slice| busy[*slice]).map(|slice| slice as u32).collect()
        };
        let places: Vec<Vec<u32>> = queries.par_iter().map(slices_of).collect();
        let mut starts = vec![0u32; slices + 1];
        places.iter().flatten().for_each(|slice| starts[*slice as usize + 1] += 1);
        for slice in 0..slices {
            starts[slice + 1] += starts[slice];
        }
        let mut next = starts.clone();
        let mut dealt = vec![0; starts[slices] as usize];
        for (query, places) in queries.iter().zip(places) {
            for slice in places {
                let place = &mut next[slice as usize];
                dealt[*place as usize] = *query;
                *place += 1;
            }
        }
        Dealt { group, starts, queries: dealt }
    }

    /// Every row with every query.
    fn pairs(&self, group: usize, rows: Range<usize>, queries: &[u32], answers: &mut Vec<Answer>) {
        let budget = u32::from(self.terms.rule.mismatches_max);
        let (must, may) = self.loci_left(group);
        let group = &self.panel.groups()[group];
        let satisfies = |question: &Question, ids: &[GenotypeId], place: &usize| {
            let position = self.panel.positions()[*place];
            let stored = self.lexicon.loci()[position].genotype(ids[*place]);
            question.may_satisfy(position, stored)
        };
        for query in queries {
            let question = &self.questions[*query as usize];
            for row in rows.clone() {
                let Some(row) = group.row(row) else { continue };
                let ids = self.panel.ids(row);
                if !must.iter().all(|place| satisfies(question, ids, place)) {
                    continue;
                }
                let missed = may.iter().filter(|place| !satisfies(question, ids, place));
                if missed.take(budget as usize + 1).count() <= budget as usize {
                    self.compare(row, *query, answers);
                }
            }
        }
    }

    /// The loci of the panel, by place, at which the queries of a slice may still differ from its
    /// rows: those at which a candidate of this group must agree, first the one by which the rows
    /// of a slice are ordered, and the others. Of either, those that tell most stand first.
    pub(crate) fn loci_left(&self, group: usize) -> (Vec<usize>, Vec<usize>) {
        let agreeing = self.panel.agreeing(group, u32::from(self.terms.rule.mismatches_max));
        let group = &self.panel.groups()[group];
        let sliced: Vec<usize> = group.slice_loci().map(|(place, _)| place).collect();
        let loci = (0..self.panel.positions().len()).filter(|place| !sliced.contains(place));
        let (mut must, mut may): (Vec<usize>, Vec<usize>) =
            loci.partition(|place| agreeing >> place & 1 == 1);
        let telling = self.panel.telling();
        may.sort_by(|a, b| telling[*b].total_cmp(&telling[*a]));
        let first = group.last_of_cell();
        must.sort_by(|a, b| {
            (*b == first).cmp(&(*a == first)).then(telling[*b].total_cmp(&telling[*a]))
        });
        (must, may)
    }

    pub(crate) fn compare(&self, row: usize, query: u32, answers: &mut Vec<Answer>) {
        let question = &self.questions[query as usize];
        let found = self.panel.compare(question, self.lexicon, self.indexes, row);
        answers.extend(found.map(|found| (query, found)));
    }
}

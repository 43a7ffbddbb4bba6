//! Rows as planes of bits, and the search for one query among them.
//!
//! Blocks that cannot hold a candidate are passed over (`occurrence`); the others are sifted locus
//! by locus until no row is left (`planes`). Deliberately absent: what a row is besides its alleles
//! (`forensic`).

#![expect(
    clippy::indexing_slicing,
    reason = "places are computed here from the table's own sizes; a wrong one is a bug that must \
              stop the search and not give a wrong answer"
)]

use genetics::Level;

use crate::file::fields::Fields;
use crate::lexicon::{AlleleBits, LOCI, Lexicon, LocusBits, numbers, positions};
use crate::occurrence::Occurrence;
use crate::planes::{BLOCK_ROWS, Layout, OPEN, Step, sift};
use crate::question::Question;
use crate::simd::{BUDGET_MAX, Lanes, Simd, Wide, Work, prefetch};
use crate::store::Words;

/// Blocks that are fetched ahead, and steps of them: most blocks are done after so many.
const AHEAD: usize = 2;
const STEPS_AHEAD: usize = 4;

/// Alleles that may be new at a locus after the table was made.
const SPARE_ALLELES: usize = 4;

/// Rows of a block are sifted.
struct Sift<'a, I> {
    planes: &'a [Lanes],
    steps: I,
    left: Lanes,
    budget: u32,
}

impl<'a, I: Iterator<Item = &'a Step>> Work for Sift<'a, I> {
    type Out = Lanes;

    #[inline(always)]
    fn with<W: Wide>(self) -> Lanes {
        let left = W::load(&self.left);
        match self.budget {
            0 => sift::<W, 1>(self.planes, self.steps, left).lanes(),
            1 => sift::<W, 2>(self.planes, self.steps, left).lanes(),
            2 => sift::<W, 3>(self.planes, self.steps, left).lanes(),
            3 => sift::<W, 4>(self.planes, self.steps, left).lanes(),
            _ => self.left,
        }
    }
}

/// A query made ready for the planes of one table.
#[derive(Debug)]
pub(crate) struct Sieve {
    /// Best first.
    steps: Vec<Step>,
    /// For each step, what is wanted, and the numbers of the alleles, ascending.
    wanted: Vec<(Level, Vec<usize>)>,
}

/// Rows as planes of bits.
#[derive(Debug)]
pub(crate) struct Bitsliced {
    layout: Layout,
    blocks: Words<Lanes>,
    /// The bits of all rows that are pushed are in the blocks already.
    given: bool,
    live: Words<Lanes>,
    /// Loci at which some row of the block is typed.
    typed: Vec<LocusBits>,
    /// Loci at which every row of the block is typed.
    typed_in_all: Vec<LocusBits>,
    /// The most loci at which one row of the block is typed.
    typed_most: Vec<u32>,
    /// What occurs in which block, by position of the locus.
    occurrence: Vec<Occurrence>,
    /// Words with a bit for each block.
    words: usize,
    /// Rows with the plane set, and with the allele alone.
    counts: Vec<(u32, u32)>,
    rows: usize,
}

impl Bitsliced {
    /// A table without rows that can take so many.
    pub(crate) fn new(capacity: usize, lexicon: &Lexicon) -> Self {
        let layout =
            Layout::new(lexicon, LocusBits::MAX >> (LocusBits::BITS - LOCI as u32), SPARE_ALLELES);
        let planes = capacity.div_ceil(BLOCK_ROWS) * layout.planes;
        Self::with(layout, capacity, Words::zeroed(planes))
    }

    fn with(layout: Layout, capacity: usize, planes: Words<Lanes>) -> Self {
        let blocks = capacity.div_ceil(BLOCK_ROWS);
        let words = blocks.div_ceil(64);
        let occurrence = layout.places.iter().map(|place| Occurrence::new(place.alleles, words));
        Self {
            occurrence: occurrence.collect(),
            typed_most: vec![0; blocks],
            layout,
            blocks: planes,
            given: false,
            live: Words::zeroed(blocks),
            typed: vec![0; blocks],
            typed_in_all: vec![LocusBits::MAX; blocks],
            words,
            counts: vec![(0, 0); layout.planes],
            rows: 0,
        }
    }

    /// Rows put in so far, erased ones too.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// True where no further row finds a place.
    pub(crate) fn is_full(&self) -> bool {
        self.rows >= self.live.len() * BLOCK_ROWS
    }

    /// Bytes held.
    pub(crate) fn size(&self) -> usize {
        let occurrence: usize = self.occurrence.iter().map(Occurrence::size).sum();
        let small = self.typed.len() * 12 + occurrence;
        self.blocks.size() + self.live.size() + small
    }

    /// Puts a row at the next place. `alleles` gives its alleles at a position, or `None` where
    /// they have no bits; `typed` its typed loci.
    pub(crate) fn push(&mut self, typed: LocusBits, alleles: impl Fn(usize) -> Option<AlleleBits>) {
        let row = self.rows;
        let block = row / BLOCK_ROWS;
        for position in 0..LOCI {
            let alleles = alleles(position).filter(|_| typed >> position & 1 == 1);
            let alone = alleles.is_some_and(|alleles| alleles.count_ones() == 1);
            let layout = self.layout;
            match layout.planes_of(position, alleles, |plane| self.set(row, plane, alone)) {
                true => self.occurrence[position].note(block, alleles.unwrap_or(0)),
                false => self.occurrence[position].note_open(block),
            }
        }
        self.live[block][row % BLOCK_ROWS / 64] |= 1 << (row % 64);
        self.typed[block] |= typed;
        self.typed_in_all[block] &= typed;
        self.typed_most[block] = self.typed_most[block].max(typed.count_ones());
        self.rows += 1;
    }

    #[inline]
    fn set(&mut self, row: usize, plane: usize, alone: bool) {
        let block = row / BLOCK_ROWS;
        if !self.given {
            self.blocks[block * self.layout.planes + plane][row % BLOCK_ROWS / 64] |=
                1 << (row % 64);
        }
        self.counts[plane].0 += 1;
        self.counts[plane].1 += u32::from(alone);
    }

    /// Clears all bits of a row, and what only this row had in its block.
    pub(crate) fn erase(&mut self, row: usize) {
        let (block, word, bit) = (row / BLOCK_ROWS, row % BLOCK_ROWS / 64, 1u64 << (row % 64));
        let planes = self.layout.planes;
        for lanes in self.blocks.edit(block * planes..(block + 1) * planes) {
            lanes[word] &= !bit;
        }
        self.live[block][word] &= !bit;
        self.note_again(block);
    }

    /// Notes anew what occurs in a block.
    fn note_again(&mut self, block: usize) {
        let planes = &self.blocks[block * self.layout.planes..][..self.layout.planes];
        for (place, occurrence) in self.layout.places.iter().zip(&mut self.occurrence) {
            occurrence.clear(block);
            for row in 0..BLOCK_ROWS {
                let has = |plane: usize| planes[plane][row / 64] >> (row % 64) & 1 == 1;
                if has(place.first + OPEN) {
                    occurrence.note_open(block);
                } else {
                    let alleles = (0..place.alleles).filter(|number| has(place.allele(*number)));
                    occurrence.note(block, alleles.fold(0, |set, number| set | 1 << number));
                }
            }
        }
    }

    /// Makes a query ready.
    pub(crate) fn sieve(&self, question: &Question) -> Sieve {
        let mut steps = Vec::with_capacity(LOCI);
        for position in positions(question.loci) {
            let asked = question.asked(position);
            if let Some(step) = self.layout.step(position, &asked) {
                let wanted = asked.wanted.unwrap_or(Level::Mismatch);
                let alleles: Vec<usize> = numbers(asked.alleles).collect();
                steps.push((self.expected(position, wanted, &alleles), step, (wanted, alleles)));
            }
        }
        steps.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (steps, wanted) = steps.into_iter().map(|(_, step, wanted)| (step, wanted)).unzip();
        Sieve { steps, wanted }
    }

    /// The share of typed rows that will satisfy a query at a position, roughly.
    fn expected(&self, position: usize, wanted: Level, alleles: &[usize]) -> f64 {
        let place = self.layout.places[position];
        let open = f64::from(self.counts[place.first + OPEN].0);
        let typed = (self.rows as f64 - open).max(1.0);
        let share = |count: u32| (f64::from(count) - open).max(0.0) / typed;
        let known = alleles.iter().filter(|number| **number < place.alleles);
        let known = known.map(|number| self.counts[place.allele(*number)]);
        let having = known.clone().map(|(having, _)| share(having));
        let alone = known.map(|(_, alone)| f64::from(alone) / typed);
        match wanted {
            Level::Low => having.sum(),
            Level::High => having.product(),
            _ => {
                let some: f64 = having.clone().sum();
                let within = if alleles.len() > 2 { some * some / 2.0 } else { 0.0 };
                having.product::<f64>() + alone.sum::<f64>() + within
            }
        }
    }

    /// Calls `found` with each row that the query does not rule out.
    pub(crate) fn search(
        &self,
        simd: Simd,
        sieve: &Sieve,
        question: &Question,
        mut found: impl FnMut(usize),
    ) {
        let budget = u32::from(question.terms.rule.mismatches_max);
        let words = (0..self.words).map(|word| (word, self.blocks_left(sieve, budget, word)));
        let blocks: Vec<usize> = words
            .flat_map(|(word, left)| numbers(left).map(move |block| word * 64 + block))
            .collect();
        for (place, block) in blocks.iter().enumerate() {
            if let Some(later) = blocks.get(place + AHEAD) {
                self.fetch(sieve, *later);
            }
            self.search_block(simd, sieve, question, *block, &mut found);
        }
    }

    /// Asks for the planes of a block that will be looked at soon.
    #[inline(always)]
    fn fetch(&self, sieve: &Sieve, block: usize) {
        let typed = self.typed[block] & self.typed_in_all[block];
        let planes = &self.blocks[block * self.layout.planes..][..self.layout.planes];
        let first = sieve.steps.iter().filter(|step| typed >> step.position & 1 == 1);
        for step in first.take(STEPS_AHEAD) {
            step.planes().into_iter().for_each(|plane| prefetch(&planes[plane]));
        }
    }

    /// Calls `found` with each row of a block that the query does not rule out.
    #[inline]
    pub(crate) fn search_block(
        &self,
        simd: Simd,
        sieve: &Sieve,
        question: &Question,
        block: usize,
        found: &mut impl FnMut(usize),
    ) {
        let typed = self.typed[block];
        let Some(budget) = question.budget(typed, self.typed_most[block]) else {
            return;
        };
        let planes = &self.blocks[block * self.layout.planes..][..self.layout.planes];
        let live = self.live[block];
        // Where every row is typed a locus rules out most.
        let all = typed & self.typed_in_all[block];
        let at =
            |loci: LocusBits| sieve.steps.iter().filter(move |step| loci >> step.position & 1 == 1);
        let steps = at(all).chain(at(typed & !all));
        let lanes = simd.run(Sift { planes, steps, left: live, budget });
        for (word, lanes) in lanes.into_iter().enumerate() {
            numbers(lanes).for_each(|bit| found(block * BLOCK_ROWS + word * 64 + bit));
        }
    }

    /// The blocks of one word that the query does not rule out as a whole.
    pub(crate) fn blocks_left(&self, sieve: &Sieve, budget: u32, word: usize) -> u64 {
        let blocks = self.rows.div_ceil(BLOCK_ROWS).saturating_sub(word * 64).min(64);
        if blocks == 0 {
            return 0;
        }
        let mut left = u64::MAX >> (64 - blocks);
        let mut over = [0u64; BUDGET_MAX as usize + 1];
        if budget > BUDGET_MAX {
            return left;
        }
        for (step, (wanted, alleles)) in sieve.steps.iter().zip(&sieve.wanted) {
            let occurrence = &self.occurrence[usize::from(step.position)];
            let mut missed = !occurrence.may_satisfy(*wanted, alleles, word);
            for count in &mut over {
                let carried = *count & missed;
                *count |= missed;
                missed = carried;
            }
            left &= !over[budget as usize];
            if left == 0 {
                return 0;
            }
        }
        left
    }

    /// The planes of all blocks.
    pub(crate) fn blocks(&self) -> &[Lanes] {
        &self.blocks
    }

    /// Writes what makes the planes, but the blocks.
    pub(crate) fn outline(&self, fields: &mut Fields) {
        fields.list(self.layout.places.iter().map(|place| place.alleles as u32));
    }

    /// The planes of a file, whose rows are to be pushed or [skipped](Self::skip) one after the
    /// other as they were; their bits are there.
    pub(crate) fn over(layout: Layout, capacity: usize, blocks: Words<Lanes>) -> Self {
        Self { given: true, ..Self::with(layout, capacity, blocks) }
    }

    /// Passes over the place of a row that was erased.
    pub(crate) fn skip(&mut self) {
        self.rows += 1;
    }

    /// Moves the checksums by what was overwritten; true if anything was.
    pub(crate) fn settle(&mut self, sums: &mut [u32]) -> bool {
        self.blocks.settle(sums)
    }
}

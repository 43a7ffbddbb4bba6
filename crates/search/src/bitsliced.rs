//! Rows as planes of bits, and the search for one query or many among them.
//!
//! Blocks that cannot hold a candidate are passed over (`occurrence`); the others are sifted locus
//! by locus until no row is left (`planes`), up to four blocks at once, whose planes lie side by
//! side. Many queries go through four blocks one after the other, while these are near the
//! processor. Deliberately absent: what a row is besides its alleles (`forensic`).

#![expect(
    clippy::indexing_slicing,
    reason = "places are computed here from the table's own sizes; a wrong one is a bug that must \
              stop the search and not give a wrong answer"
)]

use genetics::Level;
use rayon::prelude::*;

use crate::file::fields::Fields;
use crate::lexicon::{
    AlleleBits, GenotypeId, LOCI, Lexicon, LocusBits, LocusLexicon, numbers, positions, typed,
};
use crate::occurrence::Occurrence;
use crate::planes::{BLOCK_ROWS, Layout, NO_LANES, OPEN, Rare, Step, TOGETHER, side_by_side, sift};
use crate::question::Question;
use crate::simd::{BUDGET_MAX, Lanes, Simd, Wide, Work, prefetch};
use crate::store::Words;

/// How many times four blocks are fetched ahead, and steps of them: most are done after so many.
const AHEAD: usize = 1;
const STEPS_AHEAD: usize = 4;

/// Alleles that may be new at a locus after the table was made.
const SPARE_ALLELES: usize = 4;

/// A query made ready for the planes of one table.
#[derive(Debug)]
pub(crate) struct Sieve<'q> {
    question: &'q Question<'q>,
    /// Best first.
    steps: Vec<Step>,
    rare: Vec<Rare>,
    /// For each step, what is wanted, and the alleles.
    wanted: Vec<(Level, AlleleBits)>,
}

/// What is typed in some row of four blocks.
#[derive(Clone, Copy, Debug)]
struct Typed {
    loci: LocusBits,
    /// Loci at which every row is typed.
    in_all: LocusBits,
    /// The most loci at which one row is typed.
    most: u32,
}

/// Rows as planes of bits.
#[derive(Debug)]
pub(crate) struct Bitsliced {
    layout: Layout,
    blocks: Words<Lanes>,
    live: Words<Lanes>,
    /// By four blocks.
    typed: Vec<Typed>,
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
        let planes = Words::zeroed(Self::planes(&layout, capacity));
        Self::with(layout, capacity, planes)
    }

    /// Planes that a table for so many rows has in all.
    pub(crate) fn planes(layout: &Layout, capacity: usize) -> usize {
        let blocks = capacity.div_ceil(BLOCK_ROWS).next_multiple_of(TOGETHER);
        blocks.saturating_mul(layout.planes)
    }

    fn with(layout: Layout, capacity: usize, planes: Words<Lanes>) -> Self {
        let blocks = capacity.div_ceil(BLOCK_ROWS).next_multiple_of(TOGETHER);
        let words = blocks.div_ceil(64);
        let occurrence = layout.places.iter().map(|place| Occurrence::new(place.alleles, words));
        Self {
            occurrence: occurrence.collect(),
            typed: vec![Typed { loci: 0, in_all: LocusBits::MAX, most: 0 }; blocks / TOGETHER],
            layout,
            blocks: planes,
            live: Words::zeroed(blocks),
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
        let small = self.typed.len() * size_of::<Typed>() + occurrence;
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
        self.note_typed(row, typed);
        self.rows += 1;
    }

    fn note_typed(&mut self, row: usize, typed: LocusBits) {
        let block = row / BLOCK_ROWS;
        self.live[block][row % BLOCK_ROWS / 64] |= 1 << (row % 64);
        let four = &mut self.typed[block / TOGETHER];
        four.loci |= typed;
        four.in_all &= typed;
        four.most = four.most.max(typed.count_ones());
    }

    #[inline]
    fn set(&mut self, row: usize, plane: usize, alone: bool) {
        let block = row / BLOCK_ROWS;
        let planes = self.layout.planes;
        let four = &mut self.blocks[block / TOGETHER * TOGETHER * planes..];
        four[side_by_side(plane, block % TOGETHER)][row % BLOCK_ROWS / 64] |= 1 << (row % 64);
        self.counts[plane].0 += 1;
        self.counts[plane].1 += u32::from(alone);
    }

    /// Clears all bits of a row, and what only this row had in its block.
    pub(crate) fn erase(&mut self, row: usize) {
        let (block, word, bit) = (row / BLOCK_ROWS, row % BLOCK_ROWS / 64, 1u64 << (row % 64));
        let size = TOGETHER * self.layout.planes;
        let start = block / TOGETHER * size;
        self.blocks.edit(start..start + size, |planes| {
            for lanes in planes.iter_mut().skip(block % TOGETHER).step_by(TOGETHER) {
                lanes[word] &= !bit;
            }
        });
        self.live[block][word] &= !bit;
        self.note_again(block);
    }

    /// The planes of four blocks.
    fn four(&self, four: usize) -> &[Lanes] {
        let size = TOGETHER * self.layout.planes;
        &self.blocks[four * size..][..size]
    }

    /// Notes anew what occurs in a block.
    fn note_again(&mut self, block: usize) {
        let size = TOGETHER * self.layout.planes;
        let planes = &self.blocks[block / TOGETHER * size..][..size];
        for (place, occurrence) in self.layout.places.iter().zip(&mut self.occurrence) {
            occurrence.clear(block);
            for row in 0..BLOCK_ROWS {
                let has = |plane: usize| {
                    let lanes = &planes[side_by_side(plane, block % TOGETHER)];
                    lanes[row / 64] >> (row % 64) & 1 == 1
                };
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
    pub(crate) fn sieve<'q>(&self, question: &'q Question<'q>) -> Sieve<'q> {
        let mut steps = Vec::with_capacity(LOCI);
        let mut rare = Vec::new();
        for position in positions(question.loci) {
            let asked = question.asked(position);
            if let Some(step) = self.layout.step(position, &asked, &mut rare) {
                let wanted = asked.wanted.unwrap_or(Level::Mismatch);
                let expected = self.expected(position, wanted, asked.alleles);
                steps.push((expected, step, (wanted, asked.alleles)));
            }
        }
        steps.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (steps, wanted) = steps.into_iter().map(|(_, step, wanted)| (step, wanted)).unzip();
        Sieve { question, steps, rare, wanted }
    }

    /// The share of typed rows that will satisfy a query at a position, roughly.
    fn expected(&self, position: usize, wanted: Level, alleles: AlleleBits) -> f64 {
        let place = self.layout.places[position];
        let open = f64::from(self.counts[place.first + OPEN].0);
        let typed = (self.rows as f64 - open).max(1.0);
        let share = |count: u32| (f64::from(count) - open).max(0.0) / typed;
        let known = || numbers(alleles).filter(|number| *number < place.alleles);
        let counts = || known().map(|number| self.counts[place.allele(number)]);
        let having = || counts().map(|(having, _)| share(having));
        let alone = || counts().map(|(_, alone)| f64::from(alone) / typed).sum::<f64>();
        match wanted {
            Level::Low => having().sum(),
            Level::High => having().product(),
            _ => {
                let some: f64 = having().sum();
                let within = if alleles.count_ones() > 2 { some * some / 2.0 } else { 0.0 };
                having().product::<f64>() + alone() + within
            }
        }
    }

    /// The rows that the query does not rule out.
    pub(crate) fn search(&self, simd: Simd, sieve: &Sieve) -> Vec<u32> {
        let words = (0..self.words).map(|word| (word, self.blocks_left(sieve, word)));
        let fours: Vec<(usize, u64)> = words.flat_map(|(word, left)| fours(word, left)).collect();
        let mut rows = Vec::new();
        for (place, (four, left)) in fours.iter().enumerate() {
            if let Some((later, left)) = fours.get(place + AHEAD) {
                self.fetch(sieve, *later, *left);
            }
            self.search_four(simd, sieve, *four, *left, &mut rows);
        }
        rows
    }

    /// For each of many queries, by its place, the rows that it does not rule out.
    pub(crate) fn search_many(&self, simd: Simd, sieves: &[Sieve]) -> Vec<(u32, u32)> {
        let in_word = |word: usize| {
            let left = sieves.iter().map(|sieve| self.blocks_left(sieve, word));
            let left: Vec<u64> = left.collect();
            let any = left.iter().fold(0, |any, left| any | left);
            let (mut found, mut rows) = (Vec::new(), Vec::new());
            for (place, (four, _)) in (0..).zip(fours(word, u64::MAX)) {
                if any >> (place * TOGETHER) & FOUR == 0 {
                    continue;
                }
                for ((query, sieve), left) in (0..).zip(sieves).zip(&left) {
                    let left = left >> (place * TOGETHER) & FOUR;
                    if left != 0 {
                        self.search_four(simd, sieve, four, left, &mut rows);
                        found.extend(rows.drain(..).map(|row| (query, row)));
                    }
                }
            }
            found
        };
        (0..self.words).into_par_iter().flat_map_iter(in_word).collect()
    }

    /// Asks for the planes of four blocks that will be looked at soon.
    #[inline(always)]
    fn fetch(&self, sieve: &Sieve, four: usize, left: u64) {
        let typed = self.typed[four];
        let planes = self.four(four);
        let first = sieve.steps.iter().filter(|step| typed.in_all >> step.position & 1 == 1);
        for step in first.take(STEPS_AHEAD) {
            for plane in step.planes() {
                for block in numbers(left) {
                    prefetch(&planes[side_by_side(plane, block)]);
                }
            }
        }
    }

    /// Adds the rows that the query does not rule out of those of four blocks that are left.
    #[inline]
    fn search_four(&self, simd: Simd, sieve: &Sieve, four: usize, left: u64, rows: &mut Vec<u32>) {
        let typed = self.typed[four];
        if let Some(budget) = sieve.question.budget(typed.loci, typed.most) {
            simd.run(Sift { table: self, sieve, four, typed, left, budget, rows });
        }
    }

    /// The blocks of one word that the query does not rule out as a whole.
    fn blocks_left(&self, sieve: &Sieve, word: usize) -> u64 {
        let budget = u32::from(sieve.question.terms.rule.mismatches_max);
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
            let mut missed = !occurrence.may_satisfy(*wanted, *alleles, word);
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

    /// The planes of a file, and what is not in it made anew from the numbers of the rows: `None`
    /// for a place whose row was erased.
    pub(crate) fn over<'r>(
        layout: Layout,
        blocks: Words<Lanes>,
        capacity: usize,
        rows: impl ExactSizeIterator<Item = Option<&'r [GenotypeId]>> + Clone + Sync,
        lexicon: &Lexicon,
    ) -> Self {
        let mut table = Self::with(layout, capacity, blocks);
        table.rows = rows.len();
        for (row, ids) in rows.clone().enumerate() {
            ids.into_iter().for_each(|ids| table.note_typed(row, typed(ids)));
        }
        let places = layout.places.par_iter().zip(lexicon.loci());
        let loci = table.occurrence.par_iter_mut().enumerate().zip(places);
        let counts = loci.map(|((position, occurrence), (place, locus))| {
            let ids = rows.clone().map(|ids| ids.map(|ids| ids[position]));
            let counts = note_column(occurrence, &layout, position, ids, locus);
            (place.first, counts)
        });
        for (first, counts) in counts.collect::<Vec<_>>() {
            table.counts[first..first + counts.len()].copy_from_slice(&counts);
        }
        table
    }

    /// Moves the checksums by what was overwritten; true if anything was.
    pub(crate) fn settle(&mut self, sums: &mut [u32]) -> bool {
        self.blocks.settle(sums)
    }
}

/// Four blocks of a word.
const FOUR: u64 = (1 << TOGETHER) - 1;

/// The fours of blocks of a word, and which of each are left.
fn fours(word: usize, left: u64) -> impl Iterator<Item = (usize, u64)> {
    let fours = 64 / TOGETHER;
    let of = move |place: usize| (word * fours + place, left >> (place * TOGETHER) & FOUR);
    (0..fours).map(of).filter(|(_, left)| *left != 0)
}

/// Some of four blocks, to be sifted.
struct Sift<'a> {
    table: &'a Bitsliced,
    sieve: &'a Sieve<'a>,
    four: usize,
    typed: Typed,
    left: u64,
    budget: u32,
    rows: &'a mut Vec<u32>,
}

impl Work for Sift<'_> {
    type Out = ();

    #[inline(always)]
    fn with<W: Wide>(mut self) {
        match self.budget {
            0 => self.some::<W, 1>(),
            1 => self.some::<W, 2>(),
            2 => self.some::<W, 3>(),
            BUDGET_MAX => self.some::<W, 4>(),
            // More than can be counted: every row goes through.
            _ => numbers(self.left).for_each(|block| self.found(block, self.live(block))),
        }
    }
}

impl Sift<'_> {
    #[inline(always)]
    fn some<W: Wide, const OVER: usize>(&mut self) {
        let (first, last) = (self.left.trailing_zeros(), 63 - self.left.leading_zeros());
        match self.left.count_ones() {
            1 => self.of::<W, OVER, 1>([first as usize]),
            2 => self.of::<W, OVER, 2>([first as usize, last as usize]),
            _ => self.of::<W, OVER, TOGETHER>([0, 1, 2, 3]),
        }
    }

    #[inline(always)]
    fn of<W: Wide, const OVER: usize, const BLOCKS: usize>(&mut self, blocks: [usize; BLOCKS]) {
        let mut left = [W::load(&NO_LANES); BLOCKS];
        for (left, block) in left.iter_mut().zip(blocks) {
            if self.left >> block & 1 == 1 {
                *left = W::load(&self.live(block));
            }
        }
        let (planes, rare) = (self.table.four(self.four), self.sieve.rare.as_slice());
        let steps = self.sieve.steps.iter();
        let (all, some) = (self.typed.loci & self.typed.in_all, self.typed.loci);
        let left = if self.sieve.question.loci & !all == 0 {
            sift::<W, OVER, BLOCKS>(planes, rare, steps, blocks, left)
        } else {
            // Where every row is typed a locus rules out most.
            let in_all = steps.clone().filter(|step| all >> step.position & 1 == 1);
            let in_some = steps.filter(|step| some & !all & 1 << step.position != 0);
            sift::<W, OVER, BLOCKS>(planes, rare, in_all.chain(in_some), blocks, left)
        };
        for (left, block) in left.iter().zip(blocks) {
            if !left.is_none() {
                self.found(block, left.lanes());
            }
        }
    }

    fn live(&self, block: usize) -> Lanes {
        self.table.live[self.four * TOGETHER + block]
    }

    #[inline(never)]
    fn found(&mut self, block: usize, lanes: Lanes) {
        for (word, lanes) in lanes.into_iter().enumerate() {
            let first = (self.four * TOGETHER + block) * BLOCK_ROWS + word * 64;
            self.rows.extend(numbers(lanes).map(|bit| (first + bit) as u32));
        }
    }
}

/// Notes what occurs in which block at one locus, and counts the rows of its planes, by the numbers
/// of the rows' genotypes there: each genotype once a block.
fn note_column(
    occurrence: &mut Occurrence,
    layout: &Layout,
    position: usize,
    ids: impl Iterator<Item = Option<GenotypeId>>,
    locus: &LocusLexicon,
) -> Vec<(u32, u32)> {
    // The place behind the last genotype is that of rows whose number is none of the list's.
    let genotypes = locus.genotypes();
    let mut rows_of = vec![0u32; genotypes.len() + 1];
    let mut noted = vec![usize::MAX; rows_of.len()];
    let alleles = |id: usize| genotypes.get(id).copied().filter(|_| id != 0);
    for (row, id) in ids.enumerate() {
        let Some(id) = id.map(|id| usize::from(id).min(genotypes.len())) else { continue };
        let block = row / BLOCK_ROWS;
        rows_of[id] += 1;
        if noted[id] != block {
            noted[id] = block;
            match layout.planes_of(position, alleles(id), |_| {}) {
                true => occurrence.note(block, alleles(id).unwrap_or(0)),
                false => occurrence.note_open(block),
            }
        }
    }
    let place = layout.places[position];
    let mut counts = vec![(0, 0); place.end() - place.first];
    for (id, rows) in rows_of.into_iter().enumerate().filter(|(_, rows)| *rows > 0) {
        let alone = alleles(id).is_some_and(|alleles| alleles.count_ones() == 1);
        layout.planes_of(position, alleles(id), |plane| {
            counts[plane - place.first].0 += rows;
            counts[plane - place.first].1 += if alone { rows } else { 0 };
        });
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::UNLISTED;
    use crate::packed::PackedProfile;
    use genetics::{Genotype, Locus, Profile};
    use proptest::prelude::*;

    /// A profile of a row, with some loci left out.
    fn profile() -> impl Strategy<Value = Profile> {
        let tokens = proptest::sample::select(vec!["9", "9.3", "10", "11", "12", "13.2"]);
        let genotype = proptest::collection::vec(tokens, 0..4).prop_map(|tokens| tokens.join(","));
        let loci: Vec<Locus> = (0..LOCI).filter_map(crate::lexicon::locus_at).take(6).collect();
        proptest::collection::vec(genotype, loci.len()).prop_map(move |genotypes| {
            let typed = loci.iter().zip(&genotypes).filter(|(_, text)| !text.is_empty());
            let typed = typed.map(|(locus, text)| (*locus, text.parse::<Genotype>().unwrap()));
            Profile::from_genotypes(typed).unwrap()
        })
    }

    fn made(table: &Bitsliced) -> String {
        let Bitsliced { live, typed, occurrence, counts, rows, .. } = table;
        let live: Vec<_> = live.iter().collect();
        format!("{live:?} {typed:?} {occurrence:?} {counts:?} {rows}")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_is_made_anew_of_a_file_is_what_pushing_and_erasing_left(
            profiles in proptest::collection::vec((profile(), any::<bool>()), 1..40),
            copies in 1..60_usize,
            all_stay in any::<bool>(),
        ) {
            let mut lexicon = Lexicon::default();
            let rows = profiles.iter().cycle().take(profiles.len() * copies);
            let rows = rows.map(|(profile, stays)| {
                (lexicon.list(&PackedProfile::from(profile)).ids, all_stay || *stays)
            });
            let rows: Vec<_> = rows.collect();
            let mut pushed = Bitsliced::new(rows.len(), &lexicon);
            for (ids, _) in &rows {
                pushed.push(typed(ids), |position| {
                    let id = ids[position];
                    (id != UNLISTED).then(|| lexicon.loci()[position].genotype(id))
                });
            }
            let gone = (0..).zip(&rows).filter(|(_, (_, stays))| !stays);
            gone.for_each(|(row, _)| pushed.erase(row));
            let mut planes = Words::zeroed(pushed.blocks().len());
            planes.copy_from_slice(pushed.blocks());
            let held = rows.iter().map(|(ids, stays)| stays.then_some(ids.as_slice()));
            let opened =
                Bitsliced::over(pushed.layout, planes, rows.len(), held, &lexicon);
            if !all_stay {
                // Erasing leaves these two as they were: they guide a search and decide nothing.
                pushed.counts.clone_from(&opened.counts);
                pushed.typed.clone_from(&opened.typed);
            }
            prop_assert_eq!(made(&opened), made(&pushed));
        }
    }
}

//! Rows turned on their side: one bit a row for each allele of each locus, 512 rows at a time.
//!
//! A block of 512 rows has, for each locus, these planes of 512 bits: *open* (not typed, or a
//! reading without a bit), *single* (one allele), *double* (two), and one for each allele. An open
//! row has all planes of the locus set, so that no query can rule it out there. A locus is then
//! decided for 512 rows by a few operations: two alleles at moderate stringency are the majority
//! of two allele planes and the single plane.
//!
//! What is decided is never too strict: a row that is a candidate stays in. With three alleles and
//! more on both sides a row may stay in that is none; the full comparison decides.
//!
//! Over the blocks lies one more such table, a bit a block: which alleles occur in some row of the
//! block alone, and which two together. Where like rows lie together, it rules whole blocks out.
//!
//! Deliberately absent: what a row is besides its alleles (`forensic`).

#![expect(
    clippy::indexing_slicing,
    reason = "places are computed here from the table's own sizes; a wrong one is a bug that must \
              stop the search and not give a wrong answer"
)]

use genetics::Level;

use crate::lexicon::{AlleleBits, LOCI, Lexicon, LocusBits, UNSEEN, numbers, positions};
use crate::question::Question;
use crate::simd::{BUDGET_MAX, Simd, prefetch};
use crate::store::Words;

/// Rows of a block.
pub(crate) const BLOCK_ROWS: usize = 512;

/// One bit for each row of a block.
pub(crate) type Lanes = [u64; BLOCK_ROWS / 64];

const NO_LANES: Lanes = [0; BLOCK_ROWS / 64];

const OPEN: usize = 0;
const SINGLE: usize = 1;
const DOUBLE: usize = 2;
/// Planes of a locus before those of its alleles.
const FIRST_ALLELE: usize = 3;

/// Blocks that are fetched ahead, and steps of them: most blocks are done after so many.
const AHEAD: usize = 2;
const STEPS_AHEAD: usize = 4;

/// Alleles that may be new at a locus after the table was made.
const SPARE_ALLELES: usize = 4;

/// The planes of one locus.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// The first plane.
    first: usize,
    /// Alleles with a plane.
    alleles: usize,
}

impl Place {
    fn end(&self) -> usize {
        self.first + FIRST_ALLELE + self.alleles
    }

    fn allele(&self, number: usize) -> usize {
        self.first + FIRST_ALLELE + number
    }

    /// Alleles of a set that have a plane; `None` where one of them has none.
    fn listed(&self, alleles: AlleleBits) -> Option<impl Iterator<Item = usize> + use<>> {
        let known = (1u64 << self.alleles) - 1;
        let first = self.first + FIRST_ALLELE;
        (alleles & !known == 0).then(|| numbers(alleles).map(move |bit| first + bit))
    }
}

/// Which alleles of one locus occur in some row of a block: a bit for each block.
#[derive(Debug, Default)]
struct Occurrence {
    alleles: usize,
    words: usize,
    /// In an open row.
    open: Vec<u64>,
    /// Alone, by allele.
    alone: Vec<u64>,
    /// Together, by lower and higher allele; an allele with itself where it occurs at all.
    together: Vec<u64>,
}

impl Occurrence {
    fn new(alleles: usize, words: usize) -> Self {
        let of = |planes: usize| vec![0; planes * words];
        Self { alleles, words, open: of(1), alone: of(alleles), together: of(alleles * alleles) }
    }

    fn note_open(&mut self, block: usize) {
        self.open[block / 64] |= 1 << (block % 64);
    }

    fn note(&mut self, block: usize, set: AlleleBits) {
        let (word, bit) = (block / 64, 1u64 << (block % 64));
        for high in numbers(set) {
            for low in numbers(set).take_while(|low| *low <= high) {
                self.together[(low * self.alleles + high) * self.words + word] |= bit;
            }
            if set.count_ones() == 1 {
                self.alone[high * self.words + word] |= bit;
            }
        }
    }

    fn clear(&mut self, block: usize) {
        let (word, bit) = (block / 64, 1u64 << (block % 64));
        for planes in [&mut self.open, &mut self.alone, &mut self.together] {
            planes.iter_mut().skip(word).step_by(self.words).for_each(|plane| *plane &= !bit);
        }
    }

    fn size(&self) -> usize {
        (self.open.len() + self.alone.len() + self.together.len()) * 8
    }

    #[inline(always)]
    fn alone(&self, number: usize, word: usize) -> u64 {
        self.alone.get(number * self.words + word).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn together(&self, low: usize, high: usize, word: usize) -> u64 {
        let place = (low * self.alleles + high) * self.words + word;
        if high < self.alleles { self.together[place] } else { 0 }
    }

    /// Blocks in which some row may satisfy a query.
    #[inline(always)]
    fn may_satisfy(&self, wanted: Level, alleles: &[usize], word: usize) -> u64 {
        let any = |number: &usize| self.together(*number, *number, word);
        let some = || alleles.iter().fold(0, |blocks, number| blocks | any(number));
        let satisfied = match (wanted, alleles) {
            (Level::Low, _) => some(),
            (Level::High, [one]) => self.alone(*one, word),
            (Level::High, [low, high]) => self.together(*low, *high, word),
            (_, [one]) => any(one),
            (_, [low, high]) => {
                self.together(*low, *high, word) | self.alone(*low, word) | self.alone(*high, word)
            }
            (Level::High, _) => alleles.iter().fold(u64::MAX, |all, number| all & any(number)),
            _ => some(),
        };
        satisfied | self.open[word]
    }
}

/// Rows as planes of bits.
#[derive(Debug)]
pub(crate) struct Bitsliced {
    places: [Place; LOCI],
    /// Planes of a block.
    planes: usize,
    blocks: Words<Lanes>,
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

/// One locus of a query.
#[derive(Debug)]
struct Step {
    position: usize,
    wanted: Level,
    first: usize,
    /// The planes of the alleles.
    alleles: Vec<usize>,
    /// The numbers of the alleles, ascending.
    numbers: Vec<usize>,
    required: Option<usize>,
}

/// A query made ready for the planes of one table.
#[derive(Debug)]
pub(crate) struct Sieve {
    steps: Vec<Step>,
}

impl Bitsliced {
    /// A table without rows that can take so many.
    pub(crate) fn new(capacity: usize, lexicon: &Lexicon) -> Self {
        let mut places = [Place::default(); LOCI];
        let mut planes = 0;
        for (place, locus) in places.iter_mut().zip(lexicon.loci()) {
            let alleles = (locus.tenths().len() + SPARE_ALLELES).min(crate::lexicon::ALLELES_MAX);
            *place = Place { first: planes, alleles };
            planes = place.end();
        }
        let blocks = capacity.div_ceil(BLOCK_ROWS);
        let words = blocks.div_ceil(64);
        let occurrence = places.iter().map(|place| Occurrence::new(place.alleles, words));
        Self {
            occurrence: occurrence.collect(),
            typed_most: vec![0; blocks],
            places,
            planes,
            blocks: Words::zeroed(blocks * planes),
            live: Words::zeroed(blocks),
            typed: vec![0; blocks],
            typed_in_all: vec![LocusBits::MAX; blocks],
            words,
            counts: vec![(0, 0); planes],
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
            let place = self.places[position];
            let known = alleles(position).filter(|_| typed >> position & 1 == 1);
            match known.filter(|set| *set != 0).and_then(|set| Some((set, place.listed(set)?))) {
                None => {
                    (place.first..place.end()).for_each(|plane| self.set(row, plane, false));
                    self.occurrence[position].note_open(block);
                }
                Some((set, planes)) => {
                    let single = set.count_ones() == 1;
                    planes.for_each(|plane| self.set(row, plane, single));
                    match set.count_ones() {
                        1 => self.set(row, place.first + SINGLE, false),
                        2 => self.set(row, place.first + DOUBLE, false),
                        _ => {}
                    }
                    self.occurrence[position].note(block, set);
                }
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
        self.blocks[block * self.planes + plane][row % BLOCK_ROWS / 64] |= 1 << (row % 64);
        self.counts[plane].0 += 1;
        self.counts[plane].1 += u32::from(alone);
    }

    /// Clears all bits of a row, and what only this row had in its block.
    pub(crate) fn erase(&mut self, row: usize) {
        let (block, word, bit) = (row / BLOCK_ROWS, row % BLOCK_ROWS / 64, 1u64 << (row % 64));
        let planes = self.planes;
        for lanes in &mut self.blocks[block * planes..][..planes] {
            lanes[word] &= !bit;
        }
        self.live[block][word] &= !bit;
        self.note_again(block);
    }

    /// Notes anew what occurs in a block.
    fn note_again(&mut self, block: usize) {
        let planes = &self.blocks[block * self.planes..][..self.planes];
        for (place, occurrence) in self.places.iter().zip(&mut self.occurrence) {
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
        let mut steps = Vec::new();
        for position in positions(question.loci) {
            let (asked, place) = (&question.asked[position], self.places[position]);
            let Some(wanted) = asked.wanted.filter(|_| !asked.inexact) else {
                continue;
            };
            let open = place.first + OPEN;
            let plane = |bit: usize| {
                if bit < place.alleles { place.first + FIRST_ALLELE + bit } else { open }
            };
            let step = Step {
                position,
                wanted,
                first: place.first,
                alleles: numbers(asked.alleles).map(plane).collect(),
                numbers: numbers(asked.alleles).collect(),
                required: (asked.required != 0).then(|| {
                    if asked.required == UNSEEN {
                        open
                    } else {
                        plane(asked.required.trailing_zeros() as usize)
                    }
                }),
            };
            steps.push((self.expected(&step), step));
        }
        steps.sort_by(|a, b| a.0.total_cmp(&b.0));
        Sieve { steps: steps.into_iter().map(|(_, step)| step).collect() }
    }

    /// The share of typed rows that will satisfy a step, roughly.
    fn expected(&self, step: &Step) -> f64 {
        let open = f64::from(self.counts[step.first + OPEN].0);
        let typed = (self.rows as f64 - open).max(1.0);
        let having = |plane: &usize| (f64::from(self.counts[*plane].0) - open).max(0.0) / typed;
        let alone = |plane: &usize| (f64::from(self.counts[*plane].1) - open).max(0.0) / typed;
        match step.wanted {
            Level::Low => step.alleles.iter().map(having).sum(),
            Level::High => step.alleles.iter().map(having).product(),
            _ => {
                let all: f64 = step.alleles.iter().map(having).product();
                let some: f64 = step.alleles.iter().map(having).sum();
                let within = if step.alleles.len() > 2 { some * some / 2.0 } else { 0.0 };
                all + step.alleles.iter().map(alone).sum::<f64>() + within
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
        let budget = u32::from(question.rule.mismatches_max);
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
        let planes = &self.blocks[block * self.planes..][..self.planes];
        let first = sieve.steps.iter().filter(|step| typed >> step.position & 1 == 1);
        for step in first.take(STEPS_AHEAD) {
            prefetch(&planes[step.first + SINGLE]);
            step.alleles.iter().for_each(|plane| prefetch(&planes[*plane]));
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
        let planes = &self.blocks[block * self.planes..][..self.planes];
        let live = self.live[block];
        // Where every row is typed a locus rules out most.
        let all = typed & self.typed_in_all[block];
        let loci = [all, typed & !all];
        let lanes = simd.run(
            #[inline(always)]
            || match budget {
                0 => sift::<1>(planes, &sieve.steps, loci, live),
                1 => sift::<2>(planes, &sieve.steps, loci, live),
                2 => sift::<3>(planes, &sieve.steps, loci, live),
                3 => sift::<4>(planes, &sieve.steps, loci, live),
                _ => live,
            },
        );
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
        for step in &sieve.steps {
            let occurrence = &self.occurrence[step.position];
            let mut missed = !occurrence.may_satisfy(step.wanted, &step.numbers, word);
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
}

/// Rows of a block that satisfy all steps but `OVER - 1` at most. Steps at the first set of loci
/// come first, then those at the second.
#[inline(always)]
fn sift<const OVER: usize>(
    planes: &[Lanes],
    steps: &[Step],
    loci: [LocusBits; 2],
    mut left: Lanes,
) -> Lanes {
    let mut over = [NO_LANES; OVER];
    let mut done = 0;
    let at = |loci: LocusBits| steps.iter().filter(move |step| loci >> step.position & 1 == 1);
    for step in loci.into_iter().flat_map(at) {
        let satisfied = satisfying(planes, step);
        for word in 0..left.len() {
            let mut missed = !satisfied[word];
            for count in &mut over {
                let carried = count[word] & missed;
                count[word] |= missed;
                missed = carried;
            }
            left[word] &= !over[OVER - 1][word];
        }
        done += 1;
        if done >= OVER && left.iter().fold(0, |any, word| any | word) == 0 {
            return NO_LANES;
        }
    }
    left
}

/// Rows that satisfy one step.
#[inline(always)]
fn satisfying(planes: &[Lanes], step: &Step) -> Lanes {
    let satisfied = match (step.wanted, step.alleles.as_slice()) {
        (Level::Moderate, [a, b]) => {
            let (a, b, single) = (&planes[*a], &planes[*b], &planes[step.first + SINGLE]);
            each(|word| (a[word] & b[word]) | (single[word] & (a[word] | b[word])))
        }
        (Level::Moderate, [one]) => planes[*one],
        (Level::Moderate | Level::Mismatch, alleles) => within(planes, step.first, alleles),
        (Level::Low, alleles) => {
            let lanes = alleles.iter().map(|plane| &planes[*plane]);
            lanes.fold(NO_LANES, |some, plane| each(|word| some[word] | plane[word]))
        }
        (Level::High, alleles) => equal(planes, step.first, alleles),
    };
    match step.required {
        Some(plane) => each(|word| satisfied[word] & planes[plane][word]),
        None => satisfied,
    }
}

#[inline(always)]
fn each(word: impl Fn(usize) -> u64) -> Lanes {
    let mut lanes = NO_LANES;
    for (place, lane) in lanes.iter_mut().enumerate() {
        *lane = word(place);
    }
    lanes
}

/// Rows that contain all of three or more alleles, or have all theirs among them.
#[inline(always)]
fn within(planes: &[Lanes], first: usize, alleles: &[usize]) -> Lanes {
    let mut all = [u64::MAX; BLOCK_ROWS / 64];
    let (mut once, mut twice, mut thrice) = (NO_LANES, NO_LANES, NO_LANES);
    for plane in alleles {
        let plane = &planes[*plane];
        for word in 0..plane.len() {
            all[word] &= plane[word];
            thrice[word] |= twice[word] & plane[word];
            twice[word] |= once[word] & plane[word];
            once[word] |= plane[word];
        }
    }
    let (single, double) = (&planes[first + SINGLE], &planes[first + DOUBLE]);
    each(|word| {
        let few = (single[word] & once[word]) | (double[word] & twice[word]);
        all[word] | few | (thrice[word] & !single[word] & !double[word])
    })
}

/// Rows with just these alleles; of three and more, rows that contain them.
#[inline(always)]
fn equal(planes: &[Lanes], first: usize, alleles: &[usize]) -> Lanes {
    let lanes = alleles.iter().map(|plane| &planes[*plane]);
    let all = lanes.fold([u64::MAX; BLOCK_ROWS / 64], |all, plane| each(|at| all[at] & plane[at]));
    let (open, single, double) =
        (&planes[first + OPEN], &planes[first + SINGLE], &planes[first + DOUBLE]);
    match alleles {
        [_] => each(|word| all[word] & single[word]),
        [_, _] => each(|word| all[word] & double[word]),
        _ => each(|word| all[word] & (open[word] | (!single[word] & !double[word]))),
    }
}

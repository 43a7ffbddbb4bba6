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
//! Over the blocks lies one more such table, a bit a block: which alleles occur in the block at
//! all. Where like rows lie together, it rules whole blocks out.
//!
//! Deliberately absent: what a row is besides its alleles (`forensic`).

#![expect(
    clippy::indexing_slicing,
    reason = "places are computed here from the table's own sizes; a wrong one is a bug that must \
              stop the search and not give a wrong answer"
)]

use genetics::Level;

use crate::lexicon::{AlleleBits, LOCI, Lexicon, LocusBits, UNSEEN, positions};
use crate::question::Question;
use crate::simd::{BUDGET_MAX, Simd};
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

    /// Alleles of a set that have a plane; `None` where one of them has none.
    fn listed(&self, alleles: AlleleBits) -> Option<impl Iterator<Item = usize> + use<>> {
        let known = (1u64 << self.alleles) - 1;
        let first = self.first + FIRST_ALLELE;
        (alleles & !known == 0).then(|| bits(alleles).map(move |bit| first + bit))
    }
}

fn bits(set: AlleleBits) -> impl Iterator<Item = usize> {
    let mut left = set;
    std::iter::from_fn(move || {
        let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
        left &= left - 1;
        Some(bit)
    })
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
    /// For each plane, a bit for each block in which some row has it set.
    any: Vec<u64>,
    /// For each allele plane, a bit for each block in which some row has that allele alone.
    alone: Vec<u64>,
    /// Words of a plane of `any` and `alone`.
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
    alleles: Vec<usize>,
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
        Self {
            places,
            planes,
            blocks: Words::zeroed(blocks * planes),
            live: Words::zeroed(blocks),
            typed: vec![0; blocks],
            any: vec![0; planes * words],
            alone: vec![0; planes * words],
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
        let small = self.typed.len() * 4 + (self.any.len() + self.alone.len()) * 8;
        self.blocks.size() + self.live.size() + small
    }

    /// Puts a row at the next place. `alleles` gives its alleles at a position, or `None` where
    /// they have no bits; `typed` its typed loci.
    pub(crate) fn push(
        &mut self,
        typed: LocusBits,
        alleles: impl Fn(usize) -> Option<AlleleBits>,
    ) {
        let row = self.rows;
        for position in 0..LOCI {
            let place = self.places[position];
            let known = alleles(position).filter(|_| typed >> position & 1 == 1);
            match known.filter(|set| *set != 0).and_then(|set| Some((set, place.listed(set)?))) {
                None => (place.first..place.end()).for_each(|plane| self.set(row, plane, true)),
                Some((set, planes)) => {
                    let single = set.count_ones() == 1;
                    planes.for_each(|plane| self.set(row, plane, single));
                    match set.count_ones() {
                        1 => self.set(row, place.first + SINGLE, false),
                        2 => self.set(row, place.first + DOUBLE, false),
                        _ => {}
                    }
                }
            }
        }
        self.live[row / BLOCK_ROWS][row % BLOCK_ROWS / 64] |= 1 << (row % 64);
        self.typed[row / BLOCK_ROWS] |= typed;
        self.rows += 1;
    }

    #[inline]
    fn set(&mut self, row: usize, plane: usize, alone: bool) {
        let block = row / BLOCK_ROWS;
        self.blocks[block * self.planes + plane][row % BLOCK_ROWS / 64] |= 1 << (row % 64);
        self.any[plane * self.words + block / 64] |= 1 << (block % 64);
        self.alone[plane * self.words + block / 64] |= u64::from(alone) << (block % 64);
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
        for place in self.places {
            for plane in place.first..place.end() {
                let lanes = |plane: usize| &self.blocks[block * planes + plane];
                let (own, single) = (lanes(plane), lanes(place.first + SINGLE));
                let any = own.iter().any(|word| *word != 0);
                let alone = own.iter().zip(single).any(|(own, single)| own & single != 0);
                let (word, bit) = (plane * self.words + block / 64, 1u64 << (block % 64));
                self.any[word] = if any { self.any[word] } else { self.any[word] & !bit };
                self.alone[word] = if alone { self.alone[word] } else { self.alone[word] & !bit };
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
                alleles: bits(asked.alleles).map(plane).collect(),
                required: (asked.required != 0).then(|| {
                    if asked.required == UNSEEN { open } else { plane(asked.required.trailing_zeros() as usize) }
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
        for word in 0..self.words {
            let mut blocks = self.blocks_left(sieve, u32::from(question.rule.mismatches_max), word);
            while blocks != 0 {
                let block = word * 64 + blocks.trailing_zeros() as usize;
                blocks &= blocks - 1;
                self.search_block(simd, sieve, question, block, &mut found);
            }
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
        let Some(budget) = question.budget(typed) else {
            return;
        };
        let planes = &self.blocks[block * self.planes..][..self.planes];
        let live = self.live[block];
        let lanes = simd.run(
            #[inline(always)]
            || match budget {
                0 => sift::<1>(planes, &sieve.steps, typed, live),
                1 => sift::<2>(planes, &sieve.steps, typed, live),
                2 => sift::<3>(planes, &sieve.steps, typed, live),
                3 => sift::<4>(planes, &sieve.steps, typed, live),
                _ => live,
            },
        );
        for (word, lanes) in lanes.into_iter().enumerate() {
            bits(lanes).for_each(|bit| found(block * BLOCK_ROWS + word * 64 + bit));
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
            let any = |plane: &usize| self.any[plane * self.words + word];
            let alone = |plane: &usize| self.alone[plane * self.words + word];
            let satisfied = whole_blocks(step, any, alone);
            let mut missed = !satisfied;
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

/// Blocks in which some row may satisfy a step.
#[inline(always)]
fn whole_blocks(step: &Step, any: impl Fn(&usize) -> u64, alone: impl Fn(&usize) -> u64) -> u64 {
    let all = || step.alleles.iter().fold(u64::MAX, |lanes, plane| lanes & any(plane));
    let satisfied = match (step.wanted, step.alleles.as_slice()) {
        (Level::Low, alleles) => alleles.iter().fold(0, |lanes, plane| lanes | any(plane)),
        (Level::High, [one]) => alone(one),
        (Level::High, _) | (_, [_]) => all(),
        (_, [a, b]) => any(a) & any(b) | alone(a) | alone(b),
        (_, alleles) => {
            let (mut once, mut twice, mut single) = (0, 0, 0);
            for plane in alleles {
                twice |= once & any(plane);
                once |= any(plane);
                single |= alone(plane);
            }
            all() | twice | single
        }
    };
    step.required.map_or(satisfied, |plane| satisfied & any(&plane))
}

/// Rows of a block that satisfy all steps but `OVER - 1` at most.
#[inline(always)]
fn sift<const OVER: usize>(
    planes: &[Lanes],
    steps: &[Step],
    typed: LocusBits,
    mut left: Lanes,
) -> Lanes {
    let mut over = [NO_LANES; OVER];
    let mut done = 0;
    for step in steps {
        if typed >> step.position & 1 == 0 {
            continue;
        }
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

//! Planes of bits: one bit a row for each allele of each locus, 512 rows at a time, and how a
//! locus of a query is decided on them.
//!
//! A block of 512 rows has, for each locus, these planes of 512 bits: *open* (not typed, or a
//! reading without a bit), *single* (one allele), *double* (two), and one for each allele. An open
//! row has all planes of the locus set, so that no query can rule it out there. A locus is then
//! decided for 512 rows by a few operations: two alleles at moderate stringency are the majority
//! of two allele planes and the single plane.
//!
//! What is decided is never too strict: a row that is a candidate stays in. With three alleles and
//! more on both sides a row may stay in that is none; the full comparison decides.

#![expect(
    clippy::indexing_slicing,
    reason = "places are computed here from the layout's own sizes; a wrong one is a bug that must \
              stop the search and not give a wrong answer"
)]

use genetics::Level;

use crate::lexicon::{ALLELES_MAX, AlleleBits, LOCI, Lexicon, LocusBits, numbers, positions};
use crate::question::Asked;
use crate::simd::{Lanes, Wide};

/// Rows of a block.
pub(crate) const BLOCK_ROWS: usize = 512;

/// No row.
pub(crate) const NO_LANES: Lanes = [0; BLOCK_ROWS / 64];

pub(crate) const OPEN: usize = 0;
pub(crate) const SINGLE: usize = 1;
const DOUBLE: usize = 2;
/// Planes of a locus before those of its alleles.
const FIRST_ALLELE: usize = 3;

/// The planes of one locus.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    /// The first plane.
    pub(crate) first: usize,
    /// Alleles with a plane.
    pub(crate) alleles: usize,
}

impl Place {
    pub(crate) fn end(&self) -> usize {
        self.first + FIRST_ALLELE + self.alleles
    }

    pub(crate) fn allele(&self, number: usize) -> usize {
        self.first + FIRST_ALLELE + number
    }
}

/// Where the planes of a block lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) places: [Place; LOCI],
    /// Planes of a block.
    pub(crate) planes: usize,
}

/// One locus of a query, ready for the planes. Eight bytes: a search reads millions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) position: u8,
    how: How,
    /// The plane of the lower allele.
    low: u16,
    /// The plane of the higher allele; the same where there is one.
    high: u16,
    /// *single* or *double* of the locus; the place in the list of what is [`Rare`].
    count: u16,
}

/// How one or two alleles are decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// High: both and as many as they are.
    Equal,
    /// Moderate: both, or one of them alone.
    Within,
    /// Low: one of them.
    Some,
    /// See [`Rare`].
    Rare,
}

/// Three alleles and more, or a required one.
#[derive(Clone, Debug)]
pub(crate) struct Rare {
    wanted: Level,
    first: usize,
    alleles: Vec<usize>,
    required: Option<usize>,
}

impl Layout {
    /// Planes for all alleles known at these loci, and for so many more.
    pub(crate) fn new(lexicon: &Lexicon, loci: LocusBits, spare_alleles: usize) -> Self {
        let known = |position: usize| lexicon.loci()[position].tenths().len();
        Self::with(loci, |position| (known(position) + spare_alleles).min(ALLELES_MAX))
    }

    fn with(loci: LocusBits, alleles: impl Fn(usize) -> usize) -> Self {
        let mut layout = Self { places: [Place::default(); LOCI], planes: 0 };
        for position in positions(loci) {
            let place = Place { first: layout.planes, alleles: alleles(position) };
            layout.planes = place.end();
            layout.places[position] = place;
        }
        layout
    }

    /// Calls `set` with each plane in which a row has its bit at a position. `None` are alleles
    /// that have no bits, or no typing. False for an open row.
    #[inline(always)]
    pub(crate) fn planes_of(
        &self,
        position: usize,
        alleles: Option<AlleleBits>,
        mut set: impl FnMut(usize),
    ) -> bool {
        let typed = self.planes_typed(position, alleles, &mut set);
        if !typed {
            let place = self.places[position];
            (place.first..place.end()).for_each(set);
        }
        typed
    }

    /// As [`planes_of`](Self::planes_of), but for an open row calls nothing.
    #[inline(always)]
    pub(crate) fn planes_typed(
        &self,
        position: usize,
        alleles: Option<AlleleBits>,
        mut set: impl FnMut(usize),
    ) -> bool {
        let place = self.places[position];
        let known = (1u64 << place.alleles) - 1;
        let Some(alleles) = alleles.filter(|it| *it != 0 && it & !known == 0) else {
            return false;
        };
        numbers(alleles).for_each(|number| set(place.allele(number)));
        match alleles.count_ones() {
            1 => set(place.first + SINGLE),
            2 => set(place.first + DOUBLE),
            _ => {}
        }
        true
    }

    /// Gives all planes of a position the bits of *open*, for rows that came by
    /// [`planes_typed`](Self::planes_typed); how many rows are open.
    pub(crate) fn spread_open(&self, position: usize, planes: &mut [Lanes]) -> u32 {
        let place = self.places[position];
        let open = planes[place.first + OPEN];
        let rows = open.iter().map(|word| word.count_ones()).sum();
        if rows > 0 {
            for plane in &mut planes[place.first..place.end()] {
                plane.iter_mut().zip(open).for_each(|(word, open)| *word |= open);
            }
        }
        rows
    }

    /// What a query asks of a position; `None` where every row satisfies it. A rare step goes to
    /// the end of the list.
    pub(crate) fn step(
        &self,
        position: usize,
        asked: &Asked,
        rare: &mut Vec<Rare>,
    ) -> Option<Step> {
        let place = self.places[position];
        let wanted = asked.wanted?;
        let plane = |number: usize| {
            if number < place.alleles { place.allele(number) } else { place.first + OPEN }
        };
        let required = (asked.required != 0).then(|| asked.required.trailing_zeros() as usize);
        let mut alleles = numbers(asked.alleles).map(plane);
        let (low, high, more) = (alleles.next()?, alleles.next(), alleles.next());
        let how = match wanted {
            _ if more.is_some() || required.is_some() => How::Rare,
            Level::High => How::Equal,
            Level::Low => How::Some,
            _ => How::Within,
        };
        let double = how == How::Equal && high.is_some();
        let count = if how == How::Rare {
            // More than can be numbered: every row goes through, and the comparison decides.
            (rare.len() <= usize::from(u16::MAX)).then_some(())?;
            rare.push(Rare {
                wanted,
                first: place.first,
                alleles: numbers(asked.alleles).map(plane).collect(),
                required: required.map(plane),
            });
            rare.len() - 1
        } else {
            place.first + if double { DOUBLE } else { SINGLE }
        };
        Some(Step {
            position: position as u8,
            how,
            low: low as u16,
            high: high.unwrap_or(low) as u16,
            count: count as u16,
        })
    }

    /// Planes at all loci for so many alleles at each; `None` where that cannot be.
    pub(crate) fn of(alleles: &[usize]) -> Option<Self> {
        let loci = LocusBits::MAX >> (LocusBits::BITS - LOCI as u32);
        let sound = alleles.len() == LOCI && alleles.iter().all(|known| *known <= ALLELES_MAX);
        sound.then(|| Self::with(loci, |position| alleles[position]))
    }
}

/// Blocks whose planes lie side by side: the four planes of the same meaning, then the next four.
pub(crate) const TOGETHER: usize = 4;

/// The place of a block's plane among the planes of the four.
#[inline(always)]
pub(crate) fn side_by_side(plane: usize, block: usize) -> usize {
    plane * TOGETHER + block
}

/// Rows of some of four blocks that satisfy all steps but `OVER - 1` at most. `blocks` are places
/// among the four, `left` the rows of each that are asked for.
#[inline(always)]
pub(crate) fn sift<'s, W: Wide, const OVER: usize, const BLOCKS: usize>(
    planes: &[Lanes],
    rare: &[Rare],
    steps: impl Iterator<Item = &'s Step>,
    blocks: [usize; BLOCKS],
    mut left: [W; BLOCKS],
) -> [W; BLOCKS] {
    let mut over = [[W::load(&NO_LANES); OVER]; BLOCKS];
    for step in steps {
        let mut any = W::load(&NO_LANES);
        for at in 0..BLOCKS {
            // A row leaves when it misses and has missed as often as it may.
            let satisfied = satisfying::<W>(planes, blocks[at], rare, step);
            let mut missing = left[at].without(satisfied);
            for count in &mut over[at] {
                let again = count.and(missing);
                *count = count.or(missing);
                missing = again;
            }
            left[at] = left[at].without(over[at][OVER - 1]);
            any = any.or(left[at]);
        }
        if any.is_none() {
            break;
        }
    }
    left
}

impl Step {
    /// The planes that will be read first.
    #[inline(always)]
    pub(crate) fn planes(&self) -> [usize; 3] {
        let count = if self.how == How::Rare { self.high } else { self.count };
        [self.low, self.high, count].map(usize::from)
    }
}

/// Rows of a block that satisfy one step.
#[inline(always)]
fn satisfying<W: Wide>(planes: &[Lanes], block: usize, rare: &[Rare], step: &Step) -> W {
    // No closure here: what is not inlined could not use the wide registers.
    let low = W::load(&planes[side_by_side(usize::from(step.low), block)]);
    let high = W::load(&planes[side_by_side(usize::from(step.high), block)]);
    let count = usize::from(step.count);
    match step.how {
        How::Within => {
            let count = W::load(&planes[side_by_side(count, block)]);
            low.and(high).or(count.and(low.or(high)))
        }
        How::Equal => low.and(high).and(W::load(&planes[side_by_side(count, block)])),
        How::Some => low.or(high),
        How::Rare => W::load(&rare[count].satisfying(planes, block)),
    }
}

impl Rare {
    #[inline(never)]
    fn satisfying(&self, planes: &[Lanes], block: usize) -> Lanes {
        let plane = |number: usize| &planes[side_by_side(number, block)];
        let satisfied = match self.wanted {
            Level::Moderate | Level::Mismatch => self.within(plane),
            Level::Low => {
                let lanes = self.alleles.iter().map(|number| plane(*number));
                lanes.fold(NO_LANES, |some, plane| each(|word| some[word] | plane[word]))
            }
            Level::High => self.equal(plane),
        };
        match self.required {
            Some(number) => each(|word| satisfied[word] & plane(number)[word]),
            None => satisfied,
        }
    }

    /// Rows that contain all of three or more alleles, or have all theirs among them.
    fn within<'p>(&self, plane: impl Fn(usize) -> &'p Lanes) -> Lanes {
        let mut all = [u64::MAX; BLOCK_ROWS / 64];
        let (mut once, mut twice, mut thrice) = (NO_LANES, NO_LANES, NO_LANES);
        for number in &self.alleles {
            let plane = plane(*number);
            for word in 0..plane.len() {
                all[word] &= plane[word];
                thrice[word] |= twice[word] & plane[word];
                twice[word] |= once[word] & plane[word];
                once[word] |= plane[word];
            }
        }
        let (single, double) = (plane(self.first + SINGLE), plane(self.first + DOUBLE));
        each(|word| {
            let few = (single[word] & once[word]) | (double[word] & twice[word]);
            all[word] | few | (thrice[word] & !single[word] & !double[word])
        })
    }

    /// Rows with just these alleles; of three and more, rows that contain them.
    fn equal<'p>(&self, plane: impl Fn(usize) -> &'p Lanes) -> Lanes {
        let lanes = self.alleles.iter().map(|number| plane(*number));
        let all =
            lanes.fold([u64::MAX; BLOCK_ROWS / 64], |all, plane| each(|at| all[at] & plane[at]));
        let [open, single, double] = [OPEN, SINGLE, DOUBLE].map(|count| plane(self.first + count));
        match self.alleles.as_slice() {
            [_] => each(|word| all[word] & single[word]),
            [_, _] => each(|word| all[word] & double[word]),
            _ => each(|word| all[word] & (open[word] | (!single[word] & !double[word]))),
        }
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

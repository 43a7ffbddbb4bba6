//! 512 profiles side by side as bits, against which one profile is counted in a few operations.
//!
//! A block has, for each allele of each locus, a row of bits "has this allele" and a row "has this
//! allele twice". Of a profile with alleles a and b the two rows "has a" and "has b" say of every
//! profile of the block: both bits, a full match; one bit, a partial match. With a twice, the rows
//! are "has a" and "has a twice". Bits are added up over the loci in planes (bit n of all sums
//! stands in plane n), and the sums are turned into counts eight at a time.
//!
//! Absent: which profiles can be counted (`matrix`).

/// Profiles of a block.
pub(super) const LANES: usize = 512;
/// Words that are worked on at once: what fits the narrowest registers well.
const STEP: usize = 2;
const STEPS: usize = LANES / 64 / STEP;
/// Loci that are added up at a time; a profile is filled up with the empty row.
const BATCH: usize = 8;
/// Most loci of a profile, filled up.
pub(super) const LOCI_MAX: usize = 24;
/// One more than a sum can be.
pub(super) const SUMS: usize = 32;

type Word = [u64; STEP];

/// The two rows of a profile at each locus; 0 is the empty row.
pub(super) type Sides = [[u16; 2]; LOCI_MAX];

/// The rows of a block.
pub(super) struct Block {
    rows: Vec<[Word; STEPS]>,
    lanes: usize,
    batches: usize,
}

/// Counts of pairs by full and partial matches.
pub(super) struct Tally {
    /// All pairs, by the low four bits of both sums, full below partial; several copies, so that
    /// one count need not wait for the one before.
    low: [[u32; 256]; 4],
    /// Those of which a sum is 16 or more, once again, by both sums.
    high: [[u32; SUMS]; SUMS],
}

impl Block {
    /// The block of up to [`LANES`] profiles, whose sides name fewer than `rows` rows.
    pub(super) fn new(profiles: &[Sides], loci: usize, rows: usize) -> Self {
        let mut block = vec![[[0; STEP]; STEPS]; rows];
        for (lane, sides) in profiles.iter().enumerate().take(LANES) {
            for side in sides.iter().take(loci).flatten() {
                let row = block.get_mut(usize::from(*side)).map(|row| row.as_flattened_mut());
                if let Some(word) = row.and_then(|row| row.get_mut(lane / 64)) {
                    *word |= 1 << (lane % 64);
                }
            }
        }
        Self { rows: block, lanes: profiles.len().min(LANES), batches: loci.div_ceil(BATCH) }
    }

    /// Profiles in the block.
    pub(super) fn lanes(&self) -> usize {
        self.lanes
    }

    /// Counts a profile against all places of the block; an empty place matches nowhere.
    pub(super) fn count(&self, sides: &Sides, tally: &mut Tally) {
        let (batches, _) = sides.as_chunks::<BATCH>();
        for step in 0..STEPS {
            let (mut full, mut partial) = (Planes::default(), Planes::default());
            for batch in batches.iter().take(self.batches) {
                self.add(batch, step, &mut full, &mut partial);
            }
            for word in 0..STEP {
                tally.take(full.word(word), partial.word(word));
            }
        }
    }

    #[inline(always)]
    fn add(&self, batch: &[[u16; 2]; BATCH], step: usize, full: &mut Planes, partial: &mut Planes) {
        let row = |number: u16| -> Word {
            let row = self.rows.get(usize::from(number)).and_then(|row| row.get(step));
            row.copied().unwrap_or_default()
        };
        let (pairs, _) = batch.as_chunks::<2>();
        let mut carries = [[Word::default(); 2]; BATCH / 2];
        for ([[a, b], [c, d]], carry) in pairs.iter().map(|[one, two]| [one, two]).zip(&mut carries)
        {
            let (a, b, c, d) = (row(*a), row(*b), row(*c), row(*d));
            *carry = [
                add(&mut full.ones, and(a, b), and(c, d)),
                add(&mut partial.ones, xor(a, b), xor(c, d)),
            ];
        }
        let [first, second, third, fourth] = carries;
        full.carry([first[0], second[0], third[0], fourth[0]]);
        partial.carry([first[1], second[1], third[1], fourth[1]]);
    }
}

/// Sums up to 31, bit by bit.
#[derive(Clone, Copy, Default)]
struct Planes {
    ones: Word,
    twos: Word,
    fours: Word,
    eights: Word,
    sixteens: Word,
}

impl Planes {
    #[inline(always)]
    fn carry(&mut self, twos: [Word; 4]) {
        let [first, second, third, fourth] = twos;
        let one = add(&mut self.twos, first, second);
        let other = add(&mut self.twos, third, fourth);
        let eights = add(&mut self.fours, one, other);
        let sixteens = and(self.eights, eights);
        self.eights = xor(self.eights, eights);
        self.sixteens = xor(self.sixteens, sixteens);
    }

    #[inline(always)]
    fn word(&self, word: usize) -> [u64; 5] {
        [&self.ones, &self.twos, &self.fours, &self.eights, &self.sixteens]
            .map(|plane| plane.get(word).copied().unwrap_or(0))
    }
}

#[inline(always)]
fn each(mut one: Word, other: Word, operation: impl Fn(u64, u64) -> u64) -> Word {
    for (one, other) in one.iter_mut().zip(other) {
        *one = operation(*one, other);
    }
    one
}

#[inline(always)]
fn and(one: Word, other: Word) -> Word {
    each(one, other, |one, other| one & other)
}

#[inline(always)]
fn xor(one: Word, other: Word) -> Word {
    each(one, other, |one, other| one ^ other)
}

/// Adds two bits to a sum bit and gives the carry.
#[inline(always)]
fn add(sum: &mut Word, one: Word, other: Word) -> Word {
    let either = xor(*sum, one);
    let carry = each(and(*sum, one), and(either, other), |first, second| first | second);
    *sum = xor(either, other);
    carry
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { low: [[0; 256]; 4], high: [[0; SUMS]; SUMS] }
    }

    /// Counts 64 pairs of sums, given bit by bit.
    #[inline(always)]
    fn take(&mut self, full: [u64; 5], partial: [u64; 5]) {
        let [f0, f1, f2, f3, f4] = full;
        let [p0, p1, p2, p3, p4] = partial;
        let (full, partial) = (nibbles([f0, f1, f2, f3]), nibbles([p0, p1, p2, p3]));
        for (full, partial) in full.into_iter().zip(partial) {
            let (even, odd) = weave(full, partial, 4, 0x0F0F_0F0F_0F0F_0F0F);
            for bytes in [even.to_le_bytes(), odd.to_le_bytes()] {
                let (quads, _) = bytes.as_chunks::<4>();
                for quad in quads {
                    for (counts, byte) in self.low.iter_mut().zip(quad) {
                        if let Some(count) = counts.get_mut(usize::from(*byte)) {
                            *count += 1;
                        }
                    }
                }
            }
        }
        let mut over = f4 | p4;
        while over != 0 {
            let lane = over.trailing_zeros();
            let sum = |planes: [u64; 5]| {
                let bits = planes.iter().enumerate();
                bits.fold(0, |sum, (bit, plane)| sum | (plane >> lane & 1) << bit) as usize
            };
            let (full, partial) = (sum([f0, f1, f2, f3, f4]), sum([p0, p1, p2, p3, p4]));
            if let Some(count) = self.high.get_mut(full).and_then(|row| row.get_mut(partial)) {
                *count += 1;
            }
            over &= over - 1;
        }
    }

    /// Pairs with these sums.
    pub(super) fn count(&self, full: usize, partial: usize) -> u32 {
        let high = |full: usize, partial: usize| {
            self.high.get(full).and_then(|row| row.get(partial)).copied().unwrap_or(0)
        };
        if full >= 16 || partial >= 16 {
            return high(full, partial);
        }
        let low = self.low.iter().filter_map(|counts| counts.get(full | partial << 4));
        let above = high(full + 16, partial) + high(full, partial + 16);
        low.sum::<u32>() - above - high(full + 16, partial + 16)
    }
}

/// Four planes as sums of four bits, 16 in each word.
#[inline(always)]
fn nibbles([p0, p1, p2, p3]: [u64; 4]) -> [u64; 4] {
    const PAIRS: u64 = 0x5555_5555_5555_5555;
    const FOURS: u64 = 0x3333_3333_3333_3333;
    let ((low0, low1), (high0, high1)) = (weave(p0, p1, 1, PAIRS), weave(p2, p3, 1, PAIRS));
    let ((a, b), (c, d)) = (weave(low0, high0, 2, FOURS), weave(low1, high1, 2, FOURS));
    [a, b, c, d]
}

/// Puts fields of `low` below those of `high`: every even field in one word, every odd one in the
/// other. The mask has the even fields, the shift is the width of a field.
#[inline(always)]
fn weave(low: u64, high: u64, shift: u32, mask: u64) -> (u64, u64) {
    ((low & mask) | (high & mask) << shift, (low >> shift & mask) | (high & !mask))
}

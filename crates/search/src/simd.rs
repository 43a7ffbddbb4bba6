//! The inner loop over blocks of 64 rows, and registers of 512 bits, in three widths, and the
//! mapping of files: all unsafe code of the project.
//!
//! [`scan`] asks of each block which lanes satisfy a list of masks. The plain loop is the meaning;
//! the AVX2 and AVX-512 loops must give the same lanes (tests force each in turn), and are chosen
//! once, at run time, by what the processor can do.
//!
//! Why unsafe: functions compiled for wider registers may only run where those exist, and the
//! blocks are read through pointers. What makes it sound: [`Simd::best`] and [`Simd::all`] are the
//! only makers of a [`Simd`] and ask the processor first; [`scan`] checks that every block and
//! column it is asked for lies inside the bytes given. A mapped file is unsafe for another
//! reason, told at [`map`].

#![allow(unsafe_code, reason = "wide registers, mapped files; see the module's own words")]

use std::fs::File;
use std::io;

use memmap2::{MmapMut, MmapOptions};

use crate::codes::Mask;

/// Rows of a block of codes.
pub(crate) const LANES: usize = 64;

/// A width of registers that this processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Simd(Width);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    Plain,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Simd {
    /// The widest that this processor has.
    pub fn best() -> Self {
        Self::all().last().copied().unwrap_or(Self(Width::Plain))
    }

    /// All that this processor has, the plain one first.
    pub fn all() -> Vec<Self> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "one width only"))]
        let mut widths = vec![Self(Width::Plain)];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") {
                widths.push(Self(Width::Avx2));
            }
            let wide = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vbmi");
            if wide && is_x86_feature_detected!("avx2") {
                widths.push(Self(Width::Avx512));
            }
        }
        widths
    }

    /// Does work in registers of this width.
    #[inline(always)]
    pub(crate) fn run<T: Work>(self, work: T) -> T::Out {
        match self.0 {
            Width::Plain => work.with::<Lanes>(),
            // SAFETY: the processor has the width (see `Simd`).
            #[cfg(target_arch = "x86_64")]
            Width::Avx2 => unsafe { x86::with_avx2(work) },
            // SAFETY: the processor has the width (see `Simd`).
            #[cfg(target_arch = "x86_64")]
            Width::Avx512 => unsafe { x86::with_avx512(work) },
        }
    }

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self.0 {
            Width::Plain => "plain",
            #[cfg(target_arch = "x86_64")]
            Width::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Width::Avx512 => "AVX-512",
        }
    }
}

/// 512 bits, one for each row of a block of planes.
pub(crate) type Lanes = [u64; 8];

/// Work that can be done in registers of any width.
pub(crate) trait Work {
    /// What it gives.
    type Out;
    /// Does it; everything that it calls must be inlined.
    fn with<W: Wide>(self) -> Self::Out;
}

/// 512 bits in registers of one width. The wider kinds have no name outside of this module, so that
/// only [`Simd::run`] can hand them out.
pub(crate) trait Wide: Copy {
    /// From memory.
    fn load(lanes: &Lanes) -> Self;
    /// To memory.
    fn lanes(self) -> Lanes;
    /// Bits in both.
    fn and(self, other: Self) -> Self;
    /// Bits in either.
    fn or(self, other: Self) -> Self;
    /// Bits in this and not in the other.
    fn without(self, other: Self) -> Self;
    /// True where no bit is set.
    fn is_none(self) -> bool;
}

impl Wide for Lanes {
    #[inline(always)]
    fn load(lanes: &Lanes) -> Self {
        *lanes
    }

    #[inline(always)]
    fn lanes(self) -> Lanes {
        self
    }

    #[inline(always)]
    fn and(mut self, other: Self) -> Self {
        self.iter_mut().zip(other).for_each(|(word, other)| *word &= other);
        self
    }

    #[inline(always)]
    fn or(mut self, other: Self) -> Self {
        self.iter_mut().zip(other).for_each(|(word, other)| *word |= other);
        self
    }

    #[inline(always)]
    fn without(mut self, other: Self) -> Self {
        self.iter_mut().zip(other).for_each(|(word, other)| *word &= !other);
        self
    }

    #[inline(always)]
    fn is_none(self) -> bool {
        self == [0; 8]
    }
}

/// Lanes of one block: bit n is the row at place n of the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Probe {
    pub(crate) block: u32,
    pub(crate) lanes: u64,
}

/// One column of a block and what satisfies the query there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Test {
    /// Place of the column in the block.
    pub(crate) column: usize,
    pub(crate) mask: Mask,
}

/// Blocks of `columns` columns of [`LANES`] codes each, one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Blocks<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) columns: usize,
}

/// What a lane must satisfy.
#[derive(Clone, Copy)]
pub(crate) struct Tests<'a> {
    /// Every one of these.
    pub(crate) must: &'a [Test],
    /// All of these but `budget` at most.
    pub(crate) may: &'a [Test],
    pub(crate) budget: u32,
}

/// Loci that may differ and that the loops can count.
pub(crate) const BUDGET_MAX: u32 = 3;

/// Adds the probes whose lanes satisfy the tests, with those lanes only.
///
/// # Panics
/// A probe or a test names a block or column that is not there, or the budget is above
/// [`BUDGET_MAX`]: a bug of the caller that must not give a wrong answer.
pub(crate) fn scan(
    simd: Simd,
    blocks: Blocks,
    probes: &[Probe],
    tests: Tests,
    out: &mut Vec<Probe>,
) {
    let stride = blocks.columns * LANES;
    let columns = tests.must.iter().chain(tests.may).all(|test| test.column < blocks.columns);
    let last = probes.iter().map(|probe| probe.block as usize).max();
    let inside = last.is_none_or(|last| (last + 1) * stride <= blocks.bytes.len());
    assert!(columns && inside && tests.budget <= BUDGET_MAX, "a probe outside the blocks");
    // SAFETY: the processor has the width (see `Simd`), and all reads are inside the bytes.
    unsafe {
        match simd.0 {
            Width::Plain => by_budget::<Plain>(blocks, probes, tests, out),
            #[cfg(target_arch = "x86_64")]
            Width::Avx2 => x86::scan_avx2(blocks, probes, tests, out),
            #[cfg(target_arch = "x86_64")]
            Width::Avx512 => x86::scan_avx512(blocks, probes, tests, out),
        }
    }
}

/// Maps bytes of a file for reading and writing, shared with the file. They begin at a multiple of
/// 4,096.
pub(crate) fn map(file: &File, offset: u64, bytes: usize) -> io::Result<MmapMut> {
    // SAFETY: mapped bytes change where somebody else writes the file, and are lost where somebody
    // shortens it. The caller holds the lock beside the file, by which no other process of this
    // project opens it; nothing here ever shortens it or hands out two mappings of the same bytes
    // (each section is mapped once, and a new index is a new file); it lies in a folder of the
    // system account's own and can be read and written by that account alone, which could as well
    // write into this process. Whatever bytes lie there, they are numbers: every one is valid.
    unsafe { MmapOptions::new().offset(offset).len(bytes).map_mut(file) }
}

/// Asks the processor to fetch a value that will be read soon.
#[inline(always)]
pub(crate) fn prefetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint; it reads nothing and cannot fault.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

/// One width of registers.
trait Isa {
    /// Lanes whose code does not satisfy the mask.
    ///
    /// # Safety
    /// 64 bytes can be read from `codes`, and the processor has the width.
    unsafe fn misses(codes: *const u8, mask: &Mask) -> u64;
}

struct Plain;

impl Isa for Plain {
    #[inline(always)]
    unsafe fn misses(codes: *const u8, mask: &Mask) -> u64 {
        // SAFETY: as promised by the caller.
        let codes = unsafe { std::slice::from_raw_parts(codes, LANES) };
        let mut misses = 0;
        for (lane, code) in codes.iter().enumerate() {
            let byte = mask.get(usize::from(code >> 3)).copied().unwrap_or(0);
            misses |= u64::from(!byte >> (code & 7) & 1) << lane;
        }
        misses
    }
}

/// # Safety
/// As [`Isa::misses`], for every block of the probes and every column of the tests.
#[inline(always)]
unsafe fn by_budget<I: Isa>(blocks: Blocks, probes: &[Probe], tests: Tests, out: &mut Vec<Probe>) {
    // SAFETY: as promised by the caller.
    unsafe {
        match tests.budget {
            0 => lanes::<I, 1>(blocks, probes, tests, out),
            1 => lanes::<I, 2>(blocks, probes, tests, out),
            2 => lanes::<I, 3>(blocks, probes, tests, out),
            _ => lanes::<I, 4>(blocks, probes, tests, out),
        }
    }
}

/// Probes that are fetched ahead.
const AHEAD: usize = 6;
/// Columns of a block that are fetched ahead; the first two rule out most.
const COLUMNS_AHEAD: usize = 3;

/// `OVER` counters: lanes with at least 1, 2, ... misses; a lane leaves with miss number `OVER`.
///
/// # Safety
/// As [`by_budget`].
#[inline(always)]
unsafe fn lanes<I: Isa, const OVER: usize>(
    blocks: Blocks,
    probes: &[Probe],
    tests: Tests,
    out: &mut Vec<Probe>,
) {
    let start = blocks.bytes.as_ptr();
    let stride = blocks.columns * LANES;
    let column = |probe: &Probe, test: &Test| probe.block as usize * stride + test.column * LANES;
    'probes: for (place, probe) in probes.iter().enumerate() {
        if let Some(later) = probes.get(place + AHEAD) {
            for test in tests.must.iter().chain(tests.may).take(COLUMNS_AHEAD) {
                if let Some(byte) = blocks.bytes.get(column(later, test)) {
                    prefetch(byte);
                }
            }
        }
        let mut alive = probe.lanes;
        for test in tests.must {
            // SAFETY: `scan` checked that the column is inside the bytes.
            alive &= !unsafe { I::misses(start.add(column(probe, test)), &test.mask) };
            if alive == 0 {
                continue 'probes;
            }
        }
        let mut over = [0u64; OVER];
        for test in tests.may {
            // SAFETY: `scan` checked that the column is inside the bytes.
            let mut missed = unsafe { I::misses(start.add(column(probe, test)), &test.mask) };
            for count in &mut over {
                let carried = *count & missed;
                *count |= missed;
                missed = carried;
            }
            alive &= !over.last().copied().unwrap_or(0);
            if alive == 0 {
                continue 'probes;
            }
        }
        out.push(Probe { block: probe.block, lanes: alive });
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Blocks, Isa, Lanes, Probe, Tests, Wide, Work, by_budget};
    use crate::codes::Mask;
    use std::arch::x86_64::*;

    /// The bit of a code within its byte of the mask, for codes 0 to 7, twice.
    const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

    struct Avx2;

    impl Isa for Avx2 {
        #[inline(always)]
        unsafe fn misses(codes: *const u8, mask: &Mask) -> u64 {
            // SAFETY: as promised by the caller.
            unsafe {
                let low = _mm256_broadcastsi128_si256(_mm_loadu_si128(mask.as_ptr().cast()));
                let high =
                    _mm256_broadcastsi128_si256(_mm_loadu_si128(mask.as_ptr().add(16).cast()));
                let bits = _mm256_broadcastsi128_si256(_mm_loadu_si128(BITS.as_ptr().cast()));
                let half = |codes: *const u8| {
                    let codes = _mm256_loadu_si256(codes.cast());
                    let place =
                        _mm256_and_si256(_mm256_srli_epi16(codes, 3), _mm256_set1_epi8(0x0F));
                    let byte = _mm256_blendv_epi8(
                        _mm256_shuffle_epi8(low, place),
                        _mm256_shuffle_epi8(high, place),
                        codes,
                    );
                    let bit = _mm256_and_si256(codes, _mm256_set1_epi8(7));
                    let set = _mm256_and_si256(byte, _mm256_shuffle_epi8(bits, bit));
                    let missed = _mm256_cmpeq_epi8(set, _mm256_setzero_si256());
                    u64::from(_mm256_movemask_epi8(missed) as u32)
                };
                half(codes) | half(codes.add(32)) << 32
            }
        }
    }

    struct Avx512;

    impl Isa for Avx512 {
        #[inline(always)]
        unsafe fn misses(codes: *const u8, mask: &Mask) -> u64 {
            // SAFETY: as promised by the caller.
            unsafe {
                let table = _mm512_broadcast_i64x4(_mm256_loadu_si256(mask.as_ptr().cast()));
                let bits = _mm512_broadcast_i32x4(_mm_loadu_si128(BITS.as_ptr().cast()));
                let codes = _mm512_loadu_si512(codes.cast());
                // The mask stands twice in the table, so that the sixth bit of the place, which
                // comes from the neighbouring byte, does not matter.
                let byte = _mm512_permutexvar_epi8(_mm512_srli_epi16(codes, 3), table);
                let bit = _mm512_permutexvar_epi8(codes, bits);
                _mm512_testn_epi8_mask(byte, bit)
            }
        }
    }

    /// Two registers of 256 bits.
    #[derive(Clone, Copy)]
    struct Two(__m256i, __m256i);

    // SAFETY (of all that follows): a `Two` is made only inside `with_avx2`.
    impl Wide for Two {
        #[inline(always)]
        fn load(lanes: &Lanes) -> Self {
            let at = lanes.as_ptr().cast::<__m256i>();
            // SAFETY: both halves lie inside the eight words.
            unsafe { Self(_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))) }
        }

        #[inline(always)]
        fn lanes(self) -> Lanes {
            let mut lanes = [0; 8];
            let at = lanes.as_mut_ptr().cast::<__m256i>();
            // SAFETY: both halves lie inside the eight words.
            unsafe {
                _mm256_storeu_si256(at, self.0);
                _mm256_storeu_si256(at.add(1), self.1);
            }
            lanes
        }

        #[inline(always)]
        fn and(self, other: Self) -> Self {
            // SAFETY: the processor has AVX2.
            unsafe { Self(_mm256_and_si256(self.0, other.0), _mm256_and_si256(self.1, other.1)) }
        }

        #[inline(always)]
        fn or(self, other: Self) -> Self {
            // SAFETY: the processor has AVX2.
            unsafe { Self(_mm256_or_si256(self.0, other.0), _mm256_or_si256(self.1, other.1)) }
        }

        #[inline(always)]
        fn without(self, other: Self) -> Self {
            // SAFETY: the processor has AVX2.
            unsafe {
                Self(_mm256_andnot_si256(other.0, self.0), _mm256_andnot_si256(other.1, self.1))
            }
        }

        #[inline(always)]
        fn is_none(self) -> bool {
            // SAFETY: the processor has AVX2.
            unsafe {
                let any = _mm256_or_si256(self.0, self.1);
                _mm256_testz_si256(any, any) == 1
            }
        }
    }

    /// A register of 512 bits.
    #[derive(Clone, Copy)]
    struct One(__m512i);

    // SAFETY (of all that follows): a `One` is made only inside `with_avx512`.
    impl Wide for One {
        #[inline(always)]
        fn load(lanes: &Lanes) -> Self {
            // SAFETY: eight words are 512 bits.
            unsafe { Self(_mm512_loadu_si512(lanes.as_ptr().cast())) }
        }

        #[inline(always)]
        fn lanes(self) -> Lanes {
            let mut lanes = [0; 8];
            // SAFETY: eight words are 512 bits.
            unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), self.0) };
            lanes
        }

        #[inline(always)]
        fn and(self, other: Self) -> Self {
            // SAFETY: the processor has AVX-512.
            unsafe { Self(_mm512_and_si512(self.0, other.0)) }
        }

        #[inline(always)]
        fn or(self, other: Self) -> Self {
            // SAFETY: the processor has AVX-512.
            unsafe { Self(_mm512_or_si512(self.0, other.0)) }
        }

        #[inline(always)]
        fn without(self, other: Self) -> Self {
            // SAFETY: the processor has AVX-512.
            unsafe { Self(_mm512_andnot_si512(other.0, self.0)) }
        }

        #[inline(always)]
        fn is_none(self) -> bool {
            // SAFETY: the processor has AVX-512.
            unsafe { _mm512_test_epi64_mask(self.0, self.0) == 0 }
        }
    }

    /// # Safety
    /// The processor has AVX2.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn with_avx2<T: Work>(work: T) -> T::Out {
        work.with::<Two>()
    }

    /// # Safety
    /// The processor has the AVX-512 parts that `Simd::all` asks for.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx2")]
    pub(super) unsafe fn with_avx512<T: Work>(work: T) -> T::Out {
        work.with::<One>()
    }

    /// # Safety
    /// As [`by_budget`], on a processor with AVX2.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn scan_avx2(
        blocks: Blocks,
        probes: &[Probe],
        tests: Tests,
        out: &mut Vec<Probe>,
    ) {
        // SAFETY: as promised by the caller.
        unsafe { by_budget::<Avx2>(blocks, probes, tests, out) }
    }

    /// # Safety
    /// As [`by_budget`], on a processor with the AVX-512 parts that `Simd::all` asks for.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx2")]
    pub(super) unsafe fn scan_avx512(
        blocks: Blocks,
        probes: &[Probe],
        tests: Tests,
        out: &mut Vec<Probe>,
    ) {
        // SAFETY: as promised by the caller.
        unsafe { by_budget::<Avx512>(blocks, probes, tests, out) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_width_gives_the_lanes_of_the_plain_one(
            bytes in vec(any::<u8>(), 3 * 2 * LANES),
            masks in vec(any::<Mask>(), 5),
            lanes in any::<[u64; 2]>(),
            must in 0usize..3,
            budget in 0u32..4,
        ) {
            let blocks = Blocks { bytes: &bytes, columns: 3 };
            let tests: Vec<Test> = masks
                .iter()
                .enumerate()
                .map(|(place, mask)| Test { column: place % 3, mask: *mask })
                .collect();
            let (must, may) = tests.split_at(must);
            let tests = Tests { must, may, budget };
            let probes: Vec<_> =
                (0..2).map(|block| Probe { block, lanes: lanes[block as usize] }).collect();
            let expected: Vec<Probe> = probes
                .iter()
                .map(|probe| {
                    let ok = |lane: usize, test: &Test| {
                        let at = (probe.block as usize * 3 + test.column) * LANES + lane;
                        test.mask[usize::from(bytes[at] / 8)] >> (bytes[at] % 8) & 1 == 1
                    };
                    let lanes = (0..LANES).filter(|lane| {
                        probe.lanes >> lane & 1 == 1
                            && must.iter().all(|test| ok(*lane, test))
                            && may.iter().filter(|test| !ok(*lane, test)).count() as u32 <= budget
                    });
                    let lanes = lanes.fold(0, |bits, lane| bits | 1 << lane);
                    Probe { block: probe.block, lanes }
                })
                .filter(|probe| probe.lanes != 0)
                .collect();
            for simd in Simd::all() {
                let mut out = Vec::new();
                scan(simd, blocks, &probes, tests, &mut out);
                prop_assert_eq!(&out, &expected, "{}", simd.name());
            }
        }
    }
}

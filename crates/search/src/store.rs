//! Numbers of one size in a row, in memory or in a mapped file, that can be overwritten in place.
//!
//! Large ones ask the system for large pages: a search reads a few bytes here and there in some
//! gigabytes, and would otherwise spend its time on looking up pages. Deliberately absent: what
//! the numbers mean, and the layout of a file (`file`).

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut, Range};

use bytemuck::Pod;
use crc32fast::Hasher;
use memmap2::MmapMut;

use crate::file::CHUNK;

/// Numbers in a row. Read and written as a slice.
#[derive(Debug)]
pub(crate) struct Words<T> {
    held: Held,
    len: usize,
    /// Only where the numbers lie in a file.
    written: Option<Box<Written>>,
    kind: PhantomData<T>,
}

/// What was overwritten in a file since its checksums were settled.
#[derive(Debug)]
struct Written {
    /// The number of the first checksum.
    chunk: usize,
    /// By what the checksums of the chunks move, by XOR.
    moved: BTreeMap<usize, u32>,
}

/// By what a checksum moves, by XOR, when bytes change of which so many more follow: a CRC is
/// linear, so nothing but the bytes that change is read. `changed` is their XOR, before with after.
fn moved(changed: &[u8], behind: usize) -> u32 {
    let to_the_end = |checksum: u32| {
        let mut all = Hasher::new_with_initial_len(checksum, changed.len() as u64);
        all.combine(&Hasher::new_with_initial_len(0, behind as u64));
        all.finalize()
    };
    to_the_end(crc32fast::hash(changed)) ^ to_the_end(crc32fast::hash(&vec![0; changed.len()]))
}

#[derive(Debug)]
enum Held {
    Nothing,
    /// Pages of memory, or of a file.
    Pages(MmapMut),
}

/// Bytes in a row.
pub(crate) type Bytes = Words<u8>;

/// From this size on large pages are asked for.
const LARGE: usize = 4 << 20;

impl<T> Default for Words<T> {
    fn default() -> Self {
        Self { held: Held::Nothing, len: 0, written: None, kind: PhantomData }
    }
}

impl<T: Pod> Words<T> {
    /// So many zeros.
    ///
    /// # Panics
    /// The system has no memory left, as for any other allocation.
    #[expect(clippy::expect_used, reason = "as a Vec that cannot be allocated")]
    pub(crate) fn zeroed(len: usize) -> Self {
        let bytes = len * size_of::<T>();
        if bytes == 0 {
            return Self::default();
        }
        let pages = MmapMut::map_anon(bytes).expect("memory for the index");
        #[cfg(target_os = "linux")]
        if bytes >= LARGE {
            // A wish; without large pages the search is slower, not wrong.
            let _ = pages.advise(memmap2::Advice::HugePage);
        }
        Self { held: Held::Pages(pages), len, written: None, kind: PhantomData }
    }

    /// The numbers of a mapped section of a file; `chunk` is the number of its first checksum.
    pub(crate) fn mapped(pages: MmapMut, chunk: usize) -> Self {
        let len = pages.len() / size_of::<T>();
        let written = Some(Box::new(Written { chunk, moved: BTreeMap::new() }));
        Self { held: Held::Pages(pages), len, written, kind: PhantomData }
    }

    /// True where the numbers lie in a file.
    pub(crate) fn is_mapped(&self) -> bool {
        self.written.is_some()
    }

    /// Overwrites numbers. In a file the checksums move with them, so that whoever takes a row out
    /// needs to know nothing of files.
    #[expect(clippy::indexing_slicing, reason = "a row that is not where it must be is a bug")]
    pub(crate) fn edit(&mut self, range: Range<usize>, overwrite: impl FnOnce(&mut [T])) {
        let Some(mut written) = self.written.take() else {
            return overwrite(&mut self[range]);
        };
        let (first, size) = (range.start * size_of::<T>(), self.size());
        let before = self[range.clone()].to_vec();
        overwrite(&mut self[range.clone()]);
        let after: &[u8] = bytemuck::cast_slice(&self[range]);
        let pairs = bytemuck::cast_slice::<T, u8>(&before).iter().zip(after);
        let changed: Vec<u8> = pairs.map(|(before, after)| before ^ after).collect();
        let mut from = first;
        while from < first + changed.len() {
            let chunk = from / CHUNK;
            let end = size.min((chunk + 1) * CHUNK);
            let to = end.min(first + changed.len());
            let by = moved(&changed[from - first..to - first], end - to);
            *written.moved.entry(chunk).or_default() ^= by;
            from = to;
        }
        self.written = Some(written);
    }

    /// Moves the checksums by what was overwritten; true if anything was. They are not made anew:
    /// bytes that did not fit their checksum before must not fit it now.
    pub(crate) fn settle(&mut self, sums: &mut [u32]) -> bool {
        let Some(written) = self.written.as_mut().filter(|it| !it.moved.is_empty()) else {
            return false;
        };
        for (chunk, by) in std::mem::take(&mut written.moved) {
            if let Some(sum) = sums.get_mut(written.chunk + chunk) {
                *sum ^= by;
            }
        }
        true
    }

    /// Bytes held.
    pub(crate) fn size(&self) -> usize {
        self.len * size_of::<T>()
    }
}

impl<T: Pod> Deref for Words<T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        match &self.held {
            Held::Nothing => &[],
            Held::Pages(pages) => bytemuck::cast_slice(pages.get(..self.size()).unwrap_or(&[])),
        }
    }
}

impl<T: Pod> DerefMut for Words<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        let size = self.size();
        match &mut self.held {
            Held::Nothing => &mut [],
            Held::Pages(pages) => {
                bytemuck::cast_slice_mut(pages.get_mut(..size).unwrap_or(&mut []))
            }
        }
    }
}

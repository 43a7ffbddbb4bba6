//! Numbers of one size in a row, in memory or in a mapped file, that can be overwritten in place.
//!
//! Large ones ask the system for large pages: a search reads a few bytes here and there in some
//! gigabytes, and would otherwise spend its time on looking up pages. Deliberately absent: what
//! the numbers mean, and the layout of a file (`file`).

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut, Range};

use bytemuck::Pod;
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
    /// What the checksums of the chunks were, by the bytes that stood there.
    before: BTreeMap<usize, u32>,
}

/// The checksum of a chunk.
fn checksum(bytes: &[u8], chunk: usize) -> u32 {
    bytes.chunks(CHUNK).nth(chunk).map_or(0, crc32fast::hash)
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
        let written = Some(Box::new(Written { chunk, before: BTreeMap::new() }));
        Self { held: Held::Pages(pages), len, written, kind: PhantomData }
    }

    /// True where the numbers lie in a file.
    pub(crate) fn is_mapped(&self) -> bool {
        self.written.is_some()
    }

    /// Numbers to be overwritten. In a file they count as overwritten from now on, so that whoever
    /// takes a row out needs to know nothing of files.
    #[expect(clippy::indexing_slicing, reason = "a row that is not where it must be is a bug")]
    pub(crate) fn edit(&mut self, range: Range<usize>) -> &mut [T] {
        if let Some(mut written) = self.written.take() {
            let (bytes, size) = (bytemuck::cast_slice(self), size_of::<T>());
            for chunk in range.start * size / CHUNK..(range.end * size).div_ceil(CHUNK) {
                written.before.entry(chunk).or_insert_with(|| checksum(bytes, chunk));
            }
            self.written = Some(written);
        }
        &mut self[range]
    }

    /// Moves the checksums by what was overwritten; true if anything was. They are not made anew:
    /// bytes that did not fit their checksum before must not fit it now.
    pub(crate) fn settle(&mut self, sums: &mut [u32]) -> bool {
        let Some(written) = self.written.as_mut().filter(|it| !it.before.is_empty()) else {
            return false;
        };
        let (first, before) = (written.chunk, std::mem::take(&mut written.before));
        let bytes = bytemuck::cast_slice(self);
        for (chunk, before) in before {
            if let Some(sum) = sums.get_mut(first + chunk) {
                *sum ^= before ^ checksum(bytes, chunk);
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

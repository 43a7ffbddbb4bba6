//! Numbers of one size in a row, in memory or in a mapped file, that can be overwritten in place.
//!
//! Large ones ask the system for large pages: a search reads a few bytes here and there in some
//! gigabytes, and would otherwise spend its time on looking up pages. Deliberately absent: what
//! the numbers mean, and the layout of a file (`file`).

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use bytemuck::Pod;
use memmap2::MmapMut;

/// Numbers in a row. Read and written as a slice.
#[derive(Debug)]
pub(crate) struct Words<T> {
    held: Held,
    len: usize,
    kind: PhantomData<T>,
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
        Self { held: Held::Nothing, len: 0, kind: PhantomData }
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
        Self { held: Held::Pages(pages), len, kind: PhantomData }
    }

    /// The numbers of a mapped part of a file.
    pub(crate) fn mapped(pages: MmapMut) -> Self {
        let len = pages.len() / size_of::<T>();
        Self { held: Held::Pages(pages), len, kind: PhantomData }
    }

    /// A copy of the numbers.
    pub(crate) fn copy(words: &[T]) -> Self {
        let mut copy = Self::zeroed(words.len());
        copy.copy_from_slice(words);
        copy
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

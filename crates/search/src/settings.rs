//! What an engine may use, and from where on it takes trouble. It decides speed and memory only.

use crate::simd::Simd;

/// How an engine works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The width of registers in the inner loops.
    pub simd: Simd,
    /// Fewer persons than this with the same typed loci get no order of their own and are searched
    /// row by row.
    pub panel_rows_min: usize,
    /// Orders that are made of a panel: each takes a byte a locus and four bytes more for a person.
    pub groups: usize,
    /// From so many queries on, they go through the persons together.
    pub batch_min: usize,
    /// Go through the orders of a panel also where comparing every row would be cheaper.
    pub always_ordered: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            simd: Simd::best(),
            panel_rows_min: 4_096,
            groups: 8,
            batch_min: 256,
            always_ordered: false,
        }
    }
}

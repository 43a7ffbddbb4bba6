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
}

impl Default for Settings {
    fn default() -> Self {
        Self { simd: Simd::best(), panel_rows_min: 4_096, groups: 8 }
    }
}

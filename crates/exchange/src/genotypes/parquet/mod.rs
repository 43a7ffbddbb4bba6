//! Genotype tables as Parquet files: the same tables, in columns.
//!
//! The column names of a file are the header of a table and its rows are the rows, so everything
//! that is said of delimited text holds here too: spellings, shapes, problems. The header counts as
//! row 1 and the first sample stands in row 2, as in the same table written as text. Two forms are
//! here and not there: a column that is a list of texts is a cell that lists alleles, and a cell
//! that is null is empty. Needed columns must hold text: an allele written as a number (`9.3`) is
//! a fraction to the tool that wrote it, and a sample `0012` would become 12.
//!
//! One batch of rows is held at a time. Columns may be packed with Snappy or Zstandard or not at
//! all. A damaged file is refused as a whole, also when the damage shows late.
//!
//! Absent: encrypted files, nested structures, the statistics and indexes of the format.

mod columns;
mod source;
mod write;

use std::io;

pub use ::bytes::Bytes;
pub use ::parquet::file::reader::ChunkReader;

use super::{Sample, Summary, Table, each_from, read_from};
use crate::problem::{Problem, Problems};
pub use write::{NotWritten, Writer};

/// True for the first bytes of a Parquet file; four are enough.
pub fn is_parquet(start: &[u8]) -> bool {
    start.starts_with(b"PAR1")
}

/// Reads a genotype table; see [`genotypes::read`](super::read).
///
/// # Errors
/// The input itself failed. Everything wrong with the content is a [`Problem`].
pub fn read(input: impl ChunkReader + 'static) -> io::Result<(Table, Vec<Problem>)> {
    let mut problems = Problems::default();
    let source = source::Groups::open(input, &mut problems)?;
    read_from(source, problems)
}

/// Hands over each sample of a table; see [`genotypes::each`](super::each).
///
/// # Errors
/// The input failed, or `take` gave an error, which ends the reading.
pub fn each<E: From<io::Error>>(
    input: impl ChunkReader + 'static,
    take: impl FnMut(Sample) -> Result<(), E>,
) -> Result<(Summary, Vec<Problem>), E> {
    let mut problems = Problems::default();
    let source = source::Groups::open(input, &mut problems)?;
    each_from(source, problems, take)
}

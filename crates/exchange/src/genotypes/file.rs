//! A table in a file, whichever of the two formats the file has: its first bytes tell.

use std::fs::File;
use std::io::{self, Cursor, Read};

use super::parquet::is_parquet;
use super::{Sample, Summary, Table, parquet};
use crate::counted::Counted;
use crate::problem::Problem;

/// Bytes by which a format is told.
const MARK_BYTES: u64 = 4;

/// Reads a genotype table in delimited text or Parquet; see [`read`](super::read).
///
/// # Errors
/// The file cannot be read. Everything wrong with the content is a [`Problem`].
pub fn read_file(mut file: File) -> io::Result<(Table, Vec<Problem>)> {
    let mark = mark(&mut file)?;
    if is_parquet(&mark) { parquet::read(file) } else { super::read(Cursor::new(mark).chain(file)) }
}

/// Hands over each sample of a genotype table in delimited text or Parquet; see
/// [`each`](super::each). `progress` is told the bytes of each reading of the file.
///
/// # Errors
/// The file cannot be read, or `take` gave an error, which ends the reading.
pub fn each_in_file<E: From<io::Error>>(
    mut file: File,
    progress: impl Fn(u64) + Clone + Send + Sync + 'static,
    take: impl FnMut(Sample) -> Result<(), E>,
) -> Result<(Summary, Vec<Problem>), E> {
    let mark = mark(&mut file)?;
    let file = Counted::new(file, progress);
    if is_parquet(&mark) {
        parquet::each(file, take)
    } else {
        // A pipe cannot be rewound: the mark is put before the rest.
        super::each(Cursor::new(mark).chain(file), take)
    }
}

fn mark(file: &mut File) -> io::Result<Vec<u8>> {
    let mut mark = Vec::new();
    file.take(MARK_BYTES).read_to_end(&mut mark)?;
    Ok(mark)
}

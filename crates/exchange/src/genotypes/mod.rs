//! Genotype tables as analysis software writes them.
//!
//! [`read`] takes any table with one header line: long (one row for a sample and marker, alleles
//! in numbered columns; or one row for each allele, as software for sequencing writes it) or wide
//! (one row for a sample, one or more columns for a locus), in any usual delimiter, encoding and
//! line ending; [`each`] takes the same and hands over the samples one by one, so that memory does
//! not follow the table. [`LongWriter`] and [`WideWriter`] write both forms. [`parquet`] has the
//! same for Parquet files, and [`each_in_file`] tells the two apart.
//!
//! What is taken without a word: columns that are not needed, blank lines, delimiters at the end
//! of a row, empty allele cells (`NA`, `NULL`, `-`, and `0` after the alleles), a homozygote
//! written once or twice, rows of a sample that do not stand together, a sample without any
//! allele. What is a warning: off-ladder readings, markers not known here, a marker given twice
//! with the same alleles. What leaves a
//! sample out, whole: a cell that is no allele, a marker given twice with other alleles, a row
//! that cannot be cut into the header's columns. What refuses the file: no header from which
//! sample, marker and alleles can be told.
//!
//! A header in which a column of the software is misspelt (`Smaple File`, `Alele 2`) refuses the
//! file: software does not misspell itself, so somebody changed the table by hand.
//!
//! Absent: peak sizes and areas, flags of the analysis software, and what a profile is good for.

mod spelling;
mod header;
mod reading;
mod draft;
mod rows;
mod gather;
mod stream;
mod text;
mod file;
mod write;
pub mod parquet;

use std::io::{self, Read};

use genetics::{Allele, Locus, Profile};

use crate::problem::{Problem, Problems};
use rows::{Rows, Samples};

pub use file::{each_in_file, read_file};
pub use header::{Column, Layout, Meaning, Shape};
pub use reading::SexCoding;
pub use write::{LongWriter, NotWritten, WideColumns, WideWriter};

/// What a genotype table held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// How the columns were understood; `None` where the file was refused.
    pub layout: Option<Layout>,
    /// How Amelogenin was written; `None` where it was not typed.
    pub sex_coding: Option<SexCoding>,
    /// Samples that were read whole, in the order of their first rows.
    pub samples: Vec<Sample>,
    /// Samples that were left out, in the order of their first rows.
    pub left_out: Vec<LeftOut>,
    /// Markers or columns that stand for no locus known here, as the file spells them.
    pub unknown_markers: Vec<String>,
}

/// One sample with everything the table says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// As the file spells it, without surrounding blanks; never read as a number.
    pub name: String,
    /// Physical line of its first row.
    pub first_row: u64,
    /// Its loci. A locus at which nothing was seen is not in it; a control may have none at all.
    pub profile: Profile,
    /// Peaks with a height, in the order of the file; empty where the table has no heights.
    pub peaks: Vec<Peak>,
    /// Loci with an off-ladder reading; a person must look at them.
    pub off_ladder: Vec<Locus>,
}

/// One peak of which the table gives the height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peak {
    /// Where.
    pub locus: Locus,
    /// Which allele.
    pub allele: Allele,
    /// Relative fluorescence units.
    pub height: u32,
}

/// A sample that could not be read whole and was therefore left out whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// As the file spells it.
    pub name: String,
    /// Physical line of its first row.
    pub first_row: u64,
}

/// What a genotype table held whose samples were handed over one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How the columns were understood; `None` where the file was refused. A damaged Parquet file
    /// may be refused late: what it handed over before must then not be used.
    pub layout: Option<Layout>,
    /// How Amelogenin was written; `None` where it was not typed.
    pub sex_coding: Option<SexCoding>,
    /// Samples handed over.
    pub samples: u64,
    /// Samples and repeated rows left out; each has its problem, as far as problems are listed.
    pub left_out: u64,
    /// Markers or columns that stand for no locus known here, as the file spells them.
    pub unknown_markers: Vec<String>,
}

/// Reads a genotype table.
///
/// Memory follows the result, not the input: one line is held at a time.
///
/// # Errors
/// The input itself failed. Everything wrong with the content is a [`Problem`].
pub fn read(input: impl Read) -> io::Result<(Table, Vec<Problem>)> {
    let mut problems = Problems::default();
    let text = text::Text::open(input, &mut problems)?;
    read_from(text, problems)
}

/// Reads a genotype table of any size and hands over each sample when it is complete.
///
/// In a wide table a row is a sample. It is handed over at once, in the order of the file, and
/// what stays in memory is 8 to 16 bytes for each name. A name that stands in an earlier row is a
/// problem and leaves out its row; [`read`], which holds the whole table, puts such rows together.
/// Where sex is written in digits, samples wait for the first 2 (20,000 samples at most).
///
/// In a long table any later row may belong to any sample, so the samples are gathered as by
/// [`read`] and handed over at the end. Memory follows such a table: write tables of national
/// size wide.
///
/// # Errors
/// The input failed, or `take` gave an error, which ends the reading.
pub fn each<E: From<io::Error>>(
    input: impl Read,
    take: impl FnMut(Sample) -> Result<(), E>,
) -> Result<(Summary, Vec<Problem>), E> {
    let mut problems = Problems::default();
    let text = text::Text::open(input, &mut problems)?;
    each_from(text, problems, take)
}

/// Reads a genotype table that is in memory, in delimited text or Parquet.
pub fn read_bytes(bytes: &[u8]) -> (Table, Vec<Problem>) {
    let read = if parquet::is_parquet(bytes) {
        parquet::read(parquet::Bytes::copy_from_slice(bytes))
    } else {
        read(bytes)
    };
    read.unwrap_or_else(|error| {
        let problem = Problem::error(1, "", error.to_string(), "a table that can be held");
        (Table::default(), vec![problem])
    })
}

/// Where the rows of a table come from, behind its header.
trait Source {
    /// Gives every row to `rows`.
    fn feed<S: Samples>(self, rows: &mut Rows<S>) -> Result<(), S::Stop>;
}

/// A header that was understood, and what follows it. `None` where the file was refused.
type Opened<T> = Option<(Layout, header::Slots, T)>;

fn read_from(opened: Opened<impl Source>, problems: Problems) -> io::Result<(Table, Vec<Problem>)> {
    let Some((layout, slots, source)) = opened else {
        return Ok((Table::default(), problems.into_vec()));
    };
    let mut rows = Rows::new(&layout, slots, problems, gather::Gathering::default());
    source.feed(&mut rows)?;
    let ended = rows.end();
    if ended.refused {
        return Ok((Table::default(), ended.problems.into_vec()));
    }
    let (table, problems) = gather::table(ended, layout);
    Ok((table, problems.into_vec()))
}

fn each_from<E: From<io::Error>>(
    opened: Opened<impl Source>,
    problems: Problems,
    take: impl FnMut(Sample) -> Result<(), E>,
) -> Result<(Summary, Vec<Problem>), E> {
    if !matches!(&opened, Some((layout, ..)) if !layout.shape.is_long()) {
        let (table, problems) = read_from(opened, problems)?;
        let summary = Summary {
            samples: table.samples.len() as u64,
            left_out: table.left_out.len() as u64,
            layout: table.layout,
            sex_coding: table.sex_coding,
            unknown_markers: table.unknown_markers,
        };
        table.samples.into_iter().try_for_each(take)?;
        return Ok((summary, problems));
    }
    let Some((layout, slots, source)) = opened else {
        return Ok((Summary::default(), problems.into_vec()));
    };
    let mut rows = Rows::new(&layout, slots, problems, stream::Stream::new(take));
    source.feed(&mut rows)?;
    let rows::Ended { mut samples, mut problems, refused, sexes, unknown_markers } = rows.end();
    let sex_coding = if refused { None } else { samples.end(sexes, &mut problems)? };
    let (samples, left_out) = (samples.samples, samples.left_out);
    let layout = (!refused).then_some(layout);
    let summary = Summary { layout, sex_coding, samples, left_out, unknown_markers };
    Ok((summary, problems.into_vec()))
}

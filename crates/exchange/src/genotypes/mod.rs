//! Genotype tables as analysis software writes them.
//!
//! [`read`] takes any table with one header line: long (one row for a sample and marker, alleles
//! in numbered columns) or wide (one row for a sample, one or more columns for a locus), in any
//! usual delimiter, encoding and line ending. [`LongWriter`] and [`WideWriter`] write both forms.
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
mod gather;
mod write;

use std::io::{self, Read};

use genetics::{Allele, Locus, Profile};

use crate::cells::{overlong, split};
use crate::lines::Lines;
use crate::problem::{Problem, Problems};

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

/// Reads a genotype table.
///
/// Memory follows the result, not the input: one line is held at a time.
///
/// # Errors
/// The input itself failed. Everything wrong with the content is a [`Problem`].
pub fn read(input: impl Read) -> io::Result<(Table, Vec<Problem>)> {
    let mut lines = Lines::new(input)?;
    let mut problems = Problems::default();
    let Some((layout, slots)) = read_header(&mut lines, &mut problems)? else {
        return Ok((Table::default(), problems.into_vec()));
    };
    let mut samples = gather::Gathering::new(&layout);
    let (header_row, width) = (layout.row, layout.columns.len());
    let mut anything = false;
    while let Some(line) = lines.next_line()? {
        if line.overlong {
            problems.push(overlong(line.row));
            samples.spoil_line(line.row, &line.text, layout.delimiter, &slots);
            continue;
        }
        match split(&line.text, layout.delimiter) {
            Ok(cells) if cells.iter().all(|cell| cell.is_empty()) => {}
            Ok(cells) => {
                anything = true;
                samples.take_row(line.row, &cells, width, &slots, &mut problems);
            }
            Err(unclosed) => {
                problems.push(unclosed.problem(line.row));
                samples.spoil_line(line.row, &line.text, layout.delimiter, &slots);
            }
        }
    }
    if !anything {
        let wrong = "no row stands below the header";
        problems.push(Problem::warning(header_row, "", wrong, "at least one row"));
    }
    let table = samples.finish(layout, &mut problems);
    Ok((table, problems.into_vec()))
}

/// Reads a genotype table that is in memory.
pub fn read_bytes(bytes: &[u8]) -> (Table, Vec<Problem>) {
    read(bytes).unwrap_or_else(|error| {
        let problem = Problem::error(1, "", error.to_string(), "a table that can be held");
        (Table::default(), vec![problem])
    })
}

/// The layout from the first line that is not blank; `None` (and a problem) where there is none.
fn read_header<R: Read>(
    lines: &mut Lines<R>,
    problems: &mut Problems,
) -> io::Result<Option<(Layout, header::Slots)>> {
    let found = loop {
        match lines.next_line()? {
            None => break Err(Problem::error(1, "", "the file is empty", header::EXPECTED)),
            Some(line) if line.overlong => break Err(overlong(line.row)),
            Some(line) if line.text.trim().is_empty() => {}
            Some(line) => break header::understand(&line.text, line.row),
        }
    };
    match found {
        Ok((layout, slots, warnings)) => {
            warnings.into_iter().for_each(|warning| problems.push(warning));
            Ok(Some((layout, slots)))
        }
        Err(problem) => {
            problems.push(problem);
            Ok(None)
        }
    }
}

//! Candidate lists: pairs of specimen numbers that a search put beside each other.
//!
//! Specimen numbers only; neither side carries a name. Absent: what a laboratory makes of a pair.

use std::collections::HashSet;
use std::io::{self, Read, Write};

use genetics::Level;
use journey::ids::SpecimenNumber;

use crate::contract::{Output, Rows};
use crate::problem::{Problem, Problems};

/// The columns of the contract.
pub const COLUMNS: [&str; 6] =
    ["forensic", "person", "loci_compared", "loci_matching", "mismatches", "stringency"];

/// Characters of a specimen number (CMF 3.2, SPECIMENID).
const SPECIMEN_CHARS_MAX: usize = 24;

/// One pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidatePair {
    /// The specimen of a forensic case.
    pub forensic: SpecimenNumber,
    /// The specimen of a person.
    pub person: SpecimenNumber,
    /// Loci typed on both sides and looked at.
    pub loci_compared: u32,
    /// Loci that agree at the level of the search.
    pub loci_matching: u32,
    /// Loci at which nothing agrees.
    pub mismatches: u32,
    /// The level at which the pair was found.
    pub stringency: Level,
}

/// Pairs with the physical lines on which they stand.
pub type CandidateRows = Vec<(u64, CandidatePair)>;

/// Reads a candidate list.
///
/// # Errors
/// The input failed. Everything wrong with the content is a [`Problem`].
pub fn read(input: impl Read) -> io::Result<(CandidateRows, Vec<Problem>)> {
    let (rows, header) = Rows::open(input, &COLUMNS, &[])?;
    let mut problems = Problems::default();
    header.into_iter().for_each(|problem| problems.push(problem));
    let Some(mut rows) = rows else {
        return Ok((Vec::new(), problems.into_vec()));
    };
    let (mut pairs, mut seen) = (Vec::new(), HashSet::new());
    while let Some((row, cells)) = rows.next_row()? {
        let pair = cells.and_then(|cells| pair(row, &cells)).and_then(|pair| {
            if seen.insert((pair.forensic.clone(), pair.person.clone())) {
                return Ok(pair);
            }
            let found = format!("{} and {}", pair.forensic, pair.person);
            Err(Problem::error(
                row,
                &found,
                "the pair stands in this list already",
                "each pair once",
            ))
        });
        match pair {
            Ok(pair) => pairs.push((row, pair)),
            Err(problem) => problems.push(problem),
        }
    }
    Ok((pairs, problems.into_vec()))
}

fn pair(row: u64, cells: &[String; 6]) -> Result<CandidatePair, Problem> {
    let [forensic, person, compared, matching, mismatches, stringency] = cells;
    let pair = CandidatePair {
        forensic: specimen(row, "forensic", forensic)?,
        person: specimen(row, "person", person)?,
        loci_compared: count(row, "loci_compared", compared)?,
        loci_matching: count(row, "loci_matching", matching)?,
        mismatches: count(row, "mismatches", mismatches)?,
        stringency: Level::from_word(&stringency.to_ascii_lowercase()).ok_or_else(|| {
            let wrong = "this is no stringency";
            Problem::error(row, stringency, wrong, "high, moderate or low").in_column("stringency")
        })?,
    };
    let sum = pair.loci_matching.checked_add(pair.mismatches);
    if sum.is_none_or(|sum| sum > pair.loci_compared) {
        let found = format!("{matching} matching and {mismatches} not, of {compared}");
        let wrong = "more loci agree or disagree than were compared";
        return Err(Problem::error(row, &found, wrong, "counts that fit into loci_compared"));
    }
    Ok(pair)
}

fn specimen(row: u64, column: &str, text: &str) -> Result<SpecimenNumber, Problem> {
    if text.is_empty() || text.chars().count() > SPECIMEN_CHARS_MAX {
        let right = format!("1 to {SPECIMEN_CHARS_MAX} characters");
        let problem = Problem::error(row, text, "this is no specimen number", right);
        return Err(problem.in_column(column));
    }
    Ok(SpecimenNumber::from(text))
}

fn count(row: u64, column: &str, text: &str) -> Result<u32, Problem> {
    text.parse().map_err(|_| {
        Problem::error(row, text, "this is no count", "a whole number of loci").in_column(column)
    })
}

/// Writes candidate pairs one by one; holds none.
pub struct CandidateWriter<W: Write>(Output<W>);

impl<W: Write> CandidateWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// The output failed.
    pub fn new(out: W) -> io::Result<Self> {
        Output::new(out, &COLUMNS).map(Self)
    }

    /// Writes one pair.
    ///
    /// # Errors
    /// The output failed, or a specimen number would not read back as itself (`InvalidInput`).
    pub fn write(&mut self, pair: &CandidatePair) -> io::Result<()> {
        self.0.write([
            pair.forensic.as_str(),
            pair.person.as_str(),
            &pair.loci_compared.to_string(),
            &pair.loci_matching.to_string(),
            &pair.mismatches.to_string(),
            pair.stringency.word(),
        ])
    }

    /// Flushes.
    ///
    /// # Errors
    /// The output failed.
    pub fn finish(self) -> io::Result<()> {
        self.0.finish()
    }
}

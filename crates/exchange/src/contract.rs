//! Tables whose columns are a fixed contract: each column once, by name, in any order.
//!
//! Shown texts are chosen with care: a file without a header has a person's record on its first
//! line, so header problems name the columns that were expected and never those found, except a
//! column that stands beside a sound header.

use std::borrow::Cow;
use std::io::{self, Read, Write};

use crate::cells::{DELIMITERS, Unclosed, fold, overlong, split};
use crate::lines::Lines;
use crate::problem::Problem;

/// Characters of one cell; more is a broken file.
const CELL_CHARS_MAX: usize = 255;

/// Rows below a sound header.
pub(crate) struct Rows<R, const N: usize> {
    lines: Lines<R>,
    delimiter: char,
    /// For each column of the contract its place in the file; beyond it where it is absent.
    places: [usize; N],
    /// Cells of the header.
    width: usize,
}

/// One row: its physical line, and its cells in the order of the contract.
pub(crate) type Row<const N: usize> = (u64, Result<[String; N], Problem>);

impl<R: Read, const N: usize> Rows<R, N> {
    /// Reads the header, in which the `optional` ones of the columns may be absent; their cells
    /// are then empty. Without rows, the file is refused and the problems say why.
    pub(crate) fn open(
        input: R,
        names: &[&'static str; N],
        optional: &[&str],
    ) -> io::Result<(Option<Self>, Vec<Problem>)> {
        let mut lines = Lines::new(input)?;
        let found = loop {
            match lines.next_line()? {
                None => break Err(missing(names, 1, "the file is empty".to_owned())),
                Some(line) if line.overlong => break Err(overlong(line.row)),
                Some(line) if line.text.trim().is_empty() => {}
                Some(line) => break find(names, optional, &line.text, line.row),
            }
        };
        Ok(match found {
            Ok((delimiter, places, width, warnings)) => {
                (Some(Self { lines, delimiter, places, width }), warnings)
            }
            Err(problem) => (None, vec![problem]),
        })
    }

    /// The next row that is not blank; `None` at the end.
    pub(crate) fn next_row(&mut self) -> io::Result<Option<Row<N>>> {
        loop {
            let Some(line) = self.lines.next_line()? else {
                return Ok(None);
            };
            let row = line.row;
            if line.overlong {
                return Ok(Some((row, Err(overlong(row)))));
            }
            let cells = match split(&line.text, self.delimiter) {
                Ok(cells) => cells,
                Err(unclosed) => return Ok(Some((row, Err(unclosed.problem(row))))),
            };
            if cells.iter().all(|cell| cell.is_empty()) {
                continue;
            }
            let width = self.width;
            if cells.len() != width {
                let wrong = format!("the row has {} cells", cells.len());
                let right = format!(
                    "{width} as in the header, with quotation marks around cells that hold a \
                     delimiter"
                );
                return Ok(Some((row, Err(Problem::error(row, "", wrong, right)))));
            }
            if cells.iter().any(|cell| cell.chars().nth(CELL_CHARS_MAX).is_some()) {
                let wrong = "a cell is too long";
                let right = format!("at most {CELL_CHARS_MAX} characters in a cell");
                return Ok(Some((row, Err(Problem::error(row, "", wrong, right)))));
            }
            let picked = self.places.map(|place| cells.get(place).map_or("", AsRef::as_ref));
            return Ok(Some((row, Ok(picked.map(str::to_owned)))));
        }
    }
}

type Found<const N: usize> = (char, [usize; N], usize, Vec<Problem>);

/// Finds the columns in a header line. Strange columns give a warning each; a column that is
/// missing or stands twice refuses the file with one error naming all of them.
fn find<const N: usize>(
    names: &[&'static str; N],
    optional: &[&str],
    header: &str,
    row: u64,
) -> Result<Found<N>, Problem> {
    let known = |cells: &[Cow<'_, str>]| {
        let stands = |name: &&&str| cells.iter().any(|cell| fold(cell) == fold(name));
        names.iter().filter(stands).count()
    };
    // The delimiter under which most of the contract is found; a comma where none is better.
    let (delimiter, cells) = DELIMITERS
        .iter()
        .filter_map(|delimiter| Some((*delimiter, split(header, *delimiter).ok()?)))
        .max_by_key(|(_, cells)| known(cells.as_slice()))
        .ok_or_else(|| Unclosed.problem(row))?;
    let folded: Vec<String> = cells.iter().map(|cell| fold(cell)).collect();
    let mut places = [usize::MAX; N];
    let (mut absent, mut repeated) = (Vec::new(), Vec::new());
    for (place, name) in places.iter_mut().zip(names) {
        let wanted = fold(name);
        let mut at = folded.iter().enumerate().filter(|(_, cell)| **cell == wanted);
        match (at.next(), at.next()) {
            (Some((found, _)), None) => *place = found,
            (None, _) if optional.contains(name) => {}
            (None, _) => absent.push(*name),
            (Some(_), Some(_)) => repeated.push(*name),
        }
    }
    if !absent.is_empty() {
        let wrong = format!("the header has no column {}", absent.join(", "));
        return Err(missing(names, row, wrong));
    }
    if !repeated.is_empty() {
        let wrong = format!("the header has these columns twice: {}", repeated.join(", "));
        return Err(missing(names, row, wrong));
    }
    let strange = cells
        .iter()
        .enumerate()
        .filter(|(place, cell)| !cell.is_empty() && !places.contains(place));
    let warnings = strange.map(|(_, cell)| {
        let wrong = "the column is not part of the contract and was not read";
        let right = format!("only {}", names.join(", "));
        Problem::warning(row, "", wrong, right).in_column(cell)
    });
    let warnings = warnings.collect();
    Ok((delimiter, places, cells.len(), warnings))
}

fn missing(names: &[&'static str], row: u64, wrong: String) -> Problem {
    let right = format!("a header with each of {} once", names.join(", "));
    Problem::error(row, "", wrong, right)
}

/// Writes the rows of a contract as comma-separated values.
pub(crate) struct Output<W: Write>(csv::Writer<W>);

impl<W: Write> Output<W> {
    /// Writes the header.
    pub(crate) fn new<const N: usize>(out: W, names: &[&'static str; N]) -> io::Result<Self> {
        let mut out = csv::Writer::from_writer(out);
        out.write_record(names)?;
        Ok(Self(out))
    }

    /// Writes one row; refuses values that would not read back as themselves.
    pub(crate) fn write<const N: usize>(&mut self, cells: [&str; N]) -> io::Result<()> {
        let lost = |cell: &&str| {
            let long = cell.chars().nth(CELL_CHARS_MAX).is_some();
            cell.trim() != *cell || cell.contains(['\n', '\r']) || long
        };
        if cells.iter().any(lost) {
            let why = "a value is too long, has a line break, or a blank at its ends";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        Ok(self.0.write_record(cells)?)
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

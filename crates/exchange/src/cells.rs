//! One line to its cells, and the columns of a table whose header is a fixed contract.
//!
//! Quotation marks are honoured at the start of a cell (RFC 4180), doubled inside. Cells come
//! back without surrounding blanks. Nothing is read as a number here: `0012` stays text.

use std::borrow::Cow;

use crate::problem::Problem;

/// Delimiters that are tried, in this order.
pub(crate) const DELIMITERS: [char; 3] = ['\t', ';', ','];

/// A quotation mark opened and did not close on its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unclosed;

impl Unclosed {
    pub(crate) fn problem(self, row: u64) -> Problem {
        let wrong = "a quotation mark opens a cell and does not close on this line";
        Problem::error(row, "", wrong, "both quotation marks on one line, or none")
    }
}

/// The problem of a line that cannot be held; its text is not shown.
pub(crate) fn overlong(row: u64) -> Problem {
    Problem::error(
        row,
        "",
        "the line is longer than 1 MiB",
        "a table with one record in a line",
    )
}

/// Cuts a line into trimmed cells.
pub(crate) fn split(line: &str, delimiter: char) -> Result<Vec<Cow<'_, str>>, Unclosed> {
    let mut cells = Vec::new();
    let mut rest = Some(line);
    while let Some(text) = rest {
        let start = text.trim_start_matches(' ');
        let cell = if let Some(quoted) = start.strip_prefix('"') {
            let (cell, after) = quoted_cell(quoted)?;
            rest = after.split_once(delimiter).map(|(_, next)| next);
            Cow::Owned(cell.trim().to_owned())
        } else if let Some((cell, next)) = text.split_once(delimiter) {
            rest = Some(next);
            Cow::Borrowed(cell.trim())
        } else {
            rest = None;
            Cow::Borrowed(text.trim())
        };
        cells.push(cell);
    }
    Ok(cells)
}

/// The text up to the closing mark, and what follows that mark.
fn quoted_cell(text: &str) -> Result<(String, &str), Unclosed> {
    let mut cell = String::new();
    let mut rest = text;
    loop {
        let (piece, after) = rest.split_once('"').ok_or(Unclosed)?;
        cell.push_str(piece);
        match after.strip_prefix('"') {
            Some(more) => {
                cell.push('"');
                rest = more;
            }
            None => return Ok((cell, after)),
        }
    }
}

/// A header spelling without case and separators: `Sample.Name`, `SampleName`, `sample_name`.
pub(crate) fn fold(spelling: &str) -> String {
    spelling
        .chars()
        .filter(|letter| !matches!(letter, ' ' | '_' | '-' | '.' | '#' | ':' | '(' | ')' | '/'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Where each column of a fixed contract stands in a file.
#[derive(Clone, Debug)]
pub(crate) struct Columns<const N: usize> {
    /// The delimiter of the file.
    pub(crate) delimiter: char,
    /// For each column of the contract its place in the file.
    places: [usize; N],
    /// Cells of the header.
    pub(crate) width: usize,
}

impl<const N: usize> Columns<N> {
    /// Finds the columns in a header line. Strange columns give a warning each; a column that is
    /// missing or stands twice refuses the file with one error naming all of them.
    pub(crate) fn find(
        names: &[&'static str; N],
        header: &str,
        row: u64,
    ) -> Result<(Self, Vec<Problem>), Problem> {
        let spellings: Vec<(char, Vec<Cow<'_, str>>)> = DELIMITERS
            .iter()
            .filter_map(|delimiter| Some((*delimiter, split(header, *delimiter).ok()?)))
            .collect();
        let known = |cells: &[Cow<'_, str>]| {
            names
                .iter()
                .filter(|name| cells.iter().any(|cell| fold(cell) == fold(name)))
                .count()
        };
        // The delimiter under which most of the contract is found; a comma where none is better.
        let Some((delimiter, cells)) = spellings
            .into_iter()
            .max_by_key(|(_, cells)| known(cells.as_slice()))
        else {
            return Err(Unclosed.problem(row));
        };
        let folded: Vec<String> = cells.iter().map(|cell| fold(cell)).collect();
        let mut places = [0; N];
        let (mut missing, mut repeated) = (Vec::new(), Vec::new());
        for (place, name) in places.iter_mut().zip(names) {
            let wanted = fold(name);
            let mut at = folded
                .iter()
                .enumerate()
                .filter(|(_, cell)| **cell == wanted);
            match (at.next(), at.next()) {
                (Some((found, _)), None) => *place = found,
                (None, _) => missing.push(*name),
                (Some(_), Some(_)) => repeated.push(*name),
            }
        }
        if !missing.is_empty() || !repeated.is_empty() {
            let mut wrong = String::from("the header is not that of the contract:");
            if !missing.is_empty() {
                wrong.push_str(&format!(" missing {}", missing.join(", ")));
            }
            if !repeated.is_empty() {
                wrong.push_str(&format!(" given twice {}", repeated.join(", ")));
            }
            let right = format!("each of these columns once: {}", names.join(", "));
            // The line is not shown: in a file without a header it is a person's record.
            return Err(Problem::error(row, "", wrong, right));
        }
        let strange = folded
            .iter()
            .zip(&cells)
            .enumerate()
            .filter_map(|(place, (fold, cell))| {
                let unknown = !fold.is_empty() && !places.contains(&place);
                unknown.then(|| {
                    let right = format!("only the columns {}", names.join(", "));
                    let wrong = "the column is not part of the contract and was not read";
                    Problem::warning(row, "", wrong, right).in_column(cell)
                })
            });
        let warnings = strange.collect();
        Ok((
            Self {
                delimiter,
                places,
                width: cells.len(),
            },
            warnings,
        ))
    }

    /// The cells of a row in the order of the contract; `None` where cells stand beyond the
    /// header. Cells missing at the end are empty.
    pub(crate) fn pick<'a>(&self, cells: &'a [Cow<'a, str>]) -> Option<[&'a str; N]> {
        let beyond = cells.get(self.width..).unwrap_or_default();
        if beyond.iter().any(|cell| !cell.is_empty()) {
            return None;
        }
        Some(
            self.places
                .map(|place| cells.get(place).map_or("", AsRef::as_ref)),
        )
    }
}

/// The problem of a row with more cells than the header; its values are not shown.
pub(crate) fn too_wide(row: u64, width: usize) -> Problem {
    let wrong = "the row has more cells than the header";
    let right =
        format!("at most {width} cells, with quotation marks around cells holding a delimiter");
    Problem::error(row, "", wrong, right)
}

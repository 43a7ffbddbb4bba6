//! One line to its cells, and header spellings to what they have in common.
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
    Problem::error(row, "", "the line is longer than 1 MiB", "a table with one record in a line")
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

/// The problem of a row with more cells than the header; its values are not shown.
pub(crate) fn too_wide(row: u64, width: usize) -> Problem {
    let wrong = "the row has more cells than the header";
    let right =
        format!("at most {width} cells, with quotation marks around cells holding a delimiter");
    Problem::error(row, "", wrong, right)
}

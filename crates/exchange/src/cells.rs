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
    split_wide(line, delimiter, 0)
}

/// Like [`split`], with room made at once for the number of cells expected.
pub(crate) fn split_wide(
    line: &str,
    delimiter: char,
    width: usize,
) -> Result<Vec<Cow<'_, str>>, Unclosed> {
    let mut cells = Vec::with_capacity(width);
    let mut rest = Some(line);
    while let Some(text) = rest {
        let start = text.trim_start_matches(' ');
        let cell = if let Some(quoted) = start.strip_prefix('"') {
            let (cell, after) = quoted_cell(quoted)?;
            rest = cut(after, delimiter).map(|(_, next)| next);
            match cell {
                Cow::Borrowed(cell) => Cow::Borrowed(cell.trim()),
                Cow::Owned(cell) => Cow::Owned(cell.trim().to_owned()),
            }
        } else if let Some((cell, next)) = cut(text, delimiter) {
            rest = Some(next);
            Cow::Borrowed(trimmed(cell))
        } else {
            rest = None;
            Cow::Borrowed(trimmed(text))
        };
        cells.push(cell);
    }
    Ok(cells)
}

/// What stands before and after the first delimiter. Cells are short: looking at byte after byte
/// is quicker than the search for a character that is made for long texts.
fn cut(text: &str, delimiter: char) -> Option<(&str, &str)> {
    let Some(byte) = u8::try_from(delimiter).ok().filter(u8::is_ascii) else {
        return text.split_once(delimiter);
    };
    let at = text.bytes().position(|it| it == byte)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Trims; most cells have nothing to trim, which their first and last byte tell.
pub(crate) fn trimmed(text: &str) -> &str {
    let inked = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if inked(bytes.first()) && inked(bytes.last()) { text } else { text.trim() }
}

/// The text up to the closing mark, and what follows that mark.
fn quoted_cell(text: &str) -> Result<(Cow<'_, str>, &str), Unclosed> {
    let mut cell = Cow::Borrowed("");
    let mut rest = text;
    loop {
        let (piece, after) = cut(rest, '"').ok_or(Unclosed)?;
        cell += piece;
        match after.strip_prefix('"') {
            Some(more) => {
                cell += "\"";
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

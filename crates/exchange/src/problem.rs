//! What is wrong in an input file, where, and what would be right.
//!
//! A [`Problem`] is a value with a position; it is not a refusal (the rules say no) and not an
//! error (the machine failed). Its text is safe to show, to log and to send back: values of
//! columns that hold personal data are withheld when the problem is made, never afterwards.

use std::fmt;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

/// What a problem does to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something was left out: a row, a sample, or the whole file.
    Error,
    /// Everything was read; a person should look.
    Warning,
}

/// One thing wrong in one place of an input file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The file, where the caller knows a name.
    pub file: Option<Box<str>>,
    /// Physical line, counted from 1; a header on the first line is row 1.
    pub row: u64,
    /// The column as the file's header spells it, where one column is concerned.
    pub column: Option<Box<str>>,
    /// What stood there, shortened and made printable, or `(withheld)`.
    pub found: String,
    /// What is wrong with it.
    pub wrong: String,
    /// What would be right.
    pub right: String,
    /// What it does to the file.
    pub severity: Severity,
}

/// Stands for a value that is personal.
pub const WITHHELD: &str = "(withheld)";

/// Characters of a found value that are shown.
const FOUND_CHARS_MAX: usize = 80;

/// Problems that one reading lists; the rest is counted.
pub const PROBLEMS_MAX: usize = 10_000;

impl Problem {
    /// Something that could not be read.
    pub fn error(
        row: u64,
        found: &str,
        wrong: impl Into<String>,
        right: impl Into<String>,
    ) -> Self {
        Self {
            file: None,
            row,
            column: None,
            found: printable(found),
            wrong: wrong.into(),
            right: right.into(),
            severity: Severity::Error,
        }
    }

    /// Something that was read and that a person should look at.
    pub fn warning(
        row: u64,
        found: &str,
        wrong: impl Into<String>,
        right: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(row, found, wrong, right) }
    }

    /// Like [`Problem::error`], for a column that holds personal values: what stood there is
    /// never taken in. `wrong` and `right` must not repeat it.
    pub fn withheld(row: u64, wrong: impl Into<String>, right: impl Into<String>) -> Self {
        Self::error(row, WITHHELD, wrong, right)
    }

    /// Names the column.
    #[must_use]
    pub fn in_column(mut self, column: &str) -> Self {
        self.column = Some(printable(column).into());
        self
    }

    /// Names the file.
    #[must_use]
    pub fn in_file(mut self, file: &str) -> Self {
        self.file = Some(printable(file).into());
        self
    }

    /// True where something was left out.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(out, "{file}, ")?;
        }
        write!(out, "row {}", self.row)?;
        if let Some(column) = &self.column {
            write!(out, ", column '{column}'")?;
        }
        match self.found.as_str() {
            "" => write!(out, ": {}", self.wrong)?,
            WITHHELD => write!(out, ": {} {WITHHELD}", self.wrong)?,
            found => write!(out, ": {}, found '{found}'", self.wrong)?,
        }
        write!(out, "; expected {}.", self.right)
    }
}

/// Shortens, and shows control characters as what they are.
fn printable(text: &str) -> String {
    let mut shown: String = text
        .trim()
        .chars()
        .take(FOUND_CHARS_MAX)
        .map(|letter| if letter.is_control() { '\u{fffd}' } else { letter })
        .collect();
    if text.trim().chars().nth(FOUND_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// Writes problems as a CSV that can be sent back: `row,column,found,problem,expected`.
///
/// The file is made for a spreadsheet, so a found text that a spreadsheet would run as a formula
/// gets an apostrophe before it.
///
/// # Errors
/// The output cannot be written.
pub fn write_error_file(problems: &[Problem], out: impl Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(["row", "column", "found", "problem", "expected"])?;
    for problem in problems {
        table.write_record([
            problem.row.to_string().as_str(),
            &harmless(problem.column.as_deref().unwrap_or_default()),
            &harmless(&problem.found),
            &harmless(&problem.wrong),
            &harmless(&problem.right),
        ])?;
    }
    table.flush()
}

fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() }
}

/// Collects problems up to [`PROBLEMS_MAX`], so that a file of rubbish costs no more memory.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    listed: Vec<Problem>,
    unlisted: u64,
    unlisted_errors: u64,
    last_row: u64,
}

impl Problems {
    pub(crate) fn push(&mut self, problem: Problem) {
        if self.listed.len() < PROBLEMS_MAX {
            self.listed.push(problem);
        } else {
            self.unlisted += 1;
            self.unlisted_errors += u64::from(problem.is_error());
            self.last_row = problem.row;
        }
    }

    pub(crate) fn into_vec(mut self) -> Vec<Problem> {
        if self.unlisted > 0 {
            let count = self.unlisted;
            let wrong = format!("{count} further problems up to this row are not listed");
            let right = "the listed problems to be put right first";
            let rest = Problem::error(self.last_row, "", wrong, right);
            let severity =
                if self.unlisted_errors > 0 { Severity::Error } else { Severity::Warning };
            self.listed.push(Problem { severity, ..rest });
        }
        self.listed
    }
}

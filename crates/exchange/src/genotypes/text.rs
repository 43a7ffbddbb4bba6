//! Delimited text as a source of rows: lines to cells, behind the header.

use std::io::{self, Read};

use super::header::{self, Slots};
use super::rows::{Rows, Samples};
use super::{Layout, Opened, Source};
use crate::cells::{overlong, split_wide};
use crate::lines::Lines;
use crate::problem::{Problem, Problems};

/// The lines behind a header.
pub(super) struct Text<R> {
    lines: Lines<R>,
    delimiter: char,
}

impl<R: Read> Text<R> {
    /// Reads the header from the first line that is not blank.
    pub(super) fn open(input: R, problems: &mut Problems) -> io::Result<Opened<Self>> {
        let mut lines = Lines::new(input)?;
        match read_header(&mut lines)? {
            Ok((layout, slots, delimiter, warnings)) => {
                warnings.into_iter().for_each(|warning| problems.push(warning));
                Ok(Some((layout, slots, Self { lines, delimiter })))
            }
            Err(problem) => {
                problems.push(problem);
                Ok(None)
            }
        }
    }
}

type Header = (Layout, Slots, char, Vec<Problem>);

fn read_header<R: Read>(lines: &mut Lines<R>) -> io::Result<Result<Header, Problem>> {
    loop {
        return Ok(match lines.next_line()? {
            None => Err(Problem::error(1, "", "the file is empty", header::EXPECTED)),
            Some(line) if line.overlong => Err(overlong(line.row)),
            Some(line) if line.text.trim().is_empty() => continue,
            Some(line) => header::understand(&line.text, line.row),
        });
    }
}

impl<R: Read> Source for Text<R> {
    fn feed<S: Samples>(mut self, rows: &mut Rows<S>) -> Result<(), S::Stop> {
        while let Some(line) = self.lines.next_line()? {
            let problem = if line.overlong {
                overlong(line.row)
            } else {
                match split_wide(&line.text, self.delimiter, rows.width()) {
                    Ok(cells) => {
                        rows.take(line.row, &cells)?;
                        continue;
                    }
                    Err(unclosed) => unclosed.problem(line.row),
                }
            };
            // The name as far as it can be told by cutting at every delimiter.
            let name = line.text.split(self.delimiter).nth(rows.name_place()).unwrap_or_default();
            rows.spoil(line.row, name.trim().trim_matches('"').trim(), problem)?;
        }
        Ok(())
    }
}

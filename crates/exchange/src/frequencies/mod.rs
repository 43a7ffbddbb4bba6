//! Tables of allele frequencies as others publish them, read into [`genetics::Frequencies`].
//!
//! STRidER's XML, the text of Familias, tables with a column a locus or a line an allele (CSV, tab,
//! semicolon), and workbooks: the FBI's (a sheet a population) and NIST's (a line a person, from
//! which frequencies are counted). The kind is seen from the content. Every locus is checked: its
//! frequencies sum to 1, no allele twice; one that fails is left out with its place. A locus that
//! this programme does not know is left out with a warning.
//!
//! Deliberately absent: the table that ships (`genetics::frequency`), and guesses: where a file
//! does not say how many alleles were typed, the caller must.

mod gather;
mod sheet;
mod familias;
mod strider;
mod workbook;

use std::io::{self, Read};

use genetics::Frequencies;

use crate::lines::Lines;
use crate::problem::{Problem, Problems};
use gather::Gather;

/// Bytes of a file; published tables have less than one million.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// What a file may leave unsaid.
#[derive(Clone, Debug, Default)]
pub struct Unsaid {
    /// The population, where the file names none.
    pub population: Option<String>,
    /// How many alleles were typed (twice the people), where the file does not tell.
    pub alleles_typed: Option<u32>,
}

/// The frequencies of a file, with what is wrong in it.
///
/// # Errors
/// The input failed. Everything wrong with the content is a [`Problem`].
pub fn read(input: impl Read, unsaid: &Unsaid) -> io::Result<(Frequencies, Vec<Problem>)> {
    let mut bytes = Vec::new();
    input.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    let mut problems = Problems::default();
    if bytes.len() as u64 > FILE_BYTES_MAX {
        let wrong = format!("the file has more than {FILE_BYTES_MAX} bytes");
        problems.push(Problem::error(1, "", wrong, "a table of allele frequencies"));
        return Ok((Frequencies::default(), problems.into_vec()));
    }
    let mut gather = Gather::new(unsaid, &mut problems);
    if bytes.starts_with(b"PK\x03\x04") {
        workbook::read(&bytes, &mut gather);
    } else if text_of(&bytes).starts_with('<') {
        strider::read(&bytes, &mut gather);
    } else {
        read_text(&bytes, &mut gather)?;
    }
    let frequencies = gather.finish();
    Ok((frequencies, problems.into_vec()))
}

/// The beginning of a text, behind a byte order mark and blanks.
fn text_of(bytes: &[u8]) -> &str {
    let start = bytes.get(..bytes.len().min(64)).unwrap_or_default();
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(error) => {
            let sound = start.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(sound).unwrap_or_default()
        }
    };
    text.trim_start_matches('\u{feff}').trim_start()
}

fn read_text(bytes: &[u8], gather: &mut Gather<'_>) -> io::Result<()> {
    let mut lines = Lines::new(bytes)?;
    let mut texts = Vec::new();
    while let Some(line) = lines.next_line()? {
        if line.overlong {
            gather.problem(crate::cells::overlong(line.row));
            return Ok(());
        }
        texts.push(line.text.into_owned());
    }
    match sheet::of_text(&texts, gather) {
        Some(table) => sheet::read(&table, gather),
        None => familias::read(&texts, gather),
    }
    Ok(())
}

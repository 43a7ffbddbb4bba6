//! STRidER's XML: markers, in each the origins with `n` people and a frequency an allele.
//!
//! No document type and so no entity of the file's own is read.

use genetics::Locus;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::frequencies::gather::{Gather, Place};
use crate::problem::Problem;

/// Where the reading stands in the tree.
#[derive(Default)]
struct At {
    element: String,
    locus: Option<Locus>,
    origin: String,
    allele: String,
}

/// Reads the file.
pub(super) fn read(bytes: &[u8], gather: &mut Gather<'_>) {
    let mut reader = Reader::from_reader(bytes);
    reader.config_mut().trim_text(true);
    let mut at = At::default();
    let mut rows = RowCounter { bytes, counted: 0, row: 1 };
    loop {
        let event = reader.read_event();
        let row = rows.at(reader.buffer_position());
        match event {
            Ok(Event::Eof) => return,
            Ok(Event::DocType(_)) => {
                let wrong = "the file declares a document type";
                gather.problem(Problem::error(row, "", wrong, "plain XML without one"));
                return;
            }
            Ok(Event::Start(start)) => begin(&mut at, &start, row, gather),
            Ok(Event::Text(text)) => {
                content(&mut at, &text, row, gather);
            }
            Ok(Event::End(_)) => at.element.clear(),
            Ok(_) => {}
            Err(error) => {
                let wrong = format!("the XML does not read: {error}");
                gather.problem(Problem::error(row, "", wrong, "a whole file of STRidER"));
                return;
            }
        }
    }
}

fn begin(at: &mut At, start: &BytesStart<'_>, row: u64, gather: &mut Gather<'_>) {
    let attribute = |name: &str| {
        let value = start.try_get_attribute(name).ok().flatten()?;
        Some(value.value.into_owned())
    };
    start.local_name().as_ref().clone_into(&mut at.element);
    match at.element.as_str() {
        "marker" => at.locus = None,
        "origin" => {
            at.origin = attribute("name").unwrap_or_default();
            let people = attribute("n");
            let count = people.as_deref().and_then(|people| people.parse::<u32>().ok());
            let place = Place { row, column: "origin" };
            match (at.locus, count.and_then(|people| people.checked_mul(2))) {
                (Some(locus), Some(typed)) => gather.open(&at.origin, locus, Some(typed), place),
                (Some(locus), None) => {
                    let found = people.unwrap_or_default();
                    let problem = place.error(&found, "n is no number of people", "n=\"222\"");
                    gather.spoil(&at.origin, locus, place, problem);
                }
                (None, _) => {}
            }
        }
        "frequency" => at.allele = attribute("allele").unwrap_or_default(),
        _ => {}
    }
}

fn content(at: &mut At, text: &str, row: u64, gather: &mut Gather<'_>) {
    match (at.element.as_str(), at.locus) {
        ("name", _) => at.locus = gather.locus(text, Place { row, column: "name" }),
        ("frequency", Some(locus)) => {
            let place = Place { row, column: "frequency" };
            gather.add(&at.origin, locus, &at.allele, text, place);
        }
        _ => {}
    }
}

/// Lines up to a position, counted as the reading goes on.
struct RowCounter<'b> {
    bytes: &'b [u8],
    counted: usize,
    row: u64,
}

impl RowCounter<'_> {
    fn at(&mut self, position: u64) -> u64 {
        let position = usize::try_from(position).unwrap_or(usize::MAX).min(self.bytes.len());
        let passed = self.bytes.get(self.counted..position).unwrap_or_default();
        self.row += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.counted = self.counted.max(position);
        self.row
    }
}

//! One row at a time: its cells to readings, its readings into the draft of its sample.
//!
//! The same genotype stands in a large table a million times, so what a text was read as is kept
//! and not worked out again. Deliberately absent: which draft belongs to a name, and when a sample
//! is complete (`gather`, `stream`).

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::io;

use genetics::{Genotype, Locus};

use super::draft::{Draft, Sexes};
use super::header::{Column, Layout, Meaning, Shape, Slot, Slots};
use super::reading::{self, Reading, Token};
use super::spelling::marker_spelling;
use crate::cells::too_wide;
use crate::problem::{Problem, Problems};

/// The samples that rows belong to.
pub(super) trait Samples {
    /// What may end the reading.
    type Stop: From<io::Error>;

    /// The draft of a name; a problem where the row is left out for its name.
    fn draft(&mut self, name: &str, row: u64) -> Result<&mut Draft, Problem>;

    /// Told after each row.
    fn row_done(&mut self, sexes: Sexes, problems: &mut Problems) -> Result<(), Self::Stop>;
}

/// Reads the rows of one table into drafts.
pub(super) struct Rows<S> {
    samples: S,
    problems: Problems,
    slots: Slots,
    reader: Reader,
    header_row: u64,
    anything: bool,
    refused: bool,
}

/// What the rows of a table gave beside the drafts.
pub(super) struct Ended<S> {
    pub(super) samples: S,
    pub(super) problems: Problems,
    /// True where the table turned out to be none; its samples must not be used.
    pub(super) refused: bool,
    pub(super) sexes: Sexes,
    pub(super) unknown_markers: Vec<String>,
}

impl<S: Samples> Rows<S> {
    pub(super) fn new(layout: &Layout, slots: Slots, problems: Problems, samples: S) -> Self {
        let reader = Reader::new(layout);
        let (anything, refused) = (false, false);
        Self { samples, problems, slots, reader, header_row: layout.row, anything, refused }
    }

    /// Cells of a row.
    pub(super) fn width(&self) -> usize {
        self.reader.columns.len()
    }

    /// The place of the sample's name in a row.
    pub(super) fn name_place(&self) -> usize {
        self.slots.sample
    }

    /// Takes one row. A row of empty cells is passed over.
    pub(super) fn take(&mut self, row: u64, cells: &[Cow<'_, str>]) -> Result<(), S::Stop> {
        if cells.iter().all(|cell| cell.is_empty()) {
            return Ok(());
        }
        self.anything = true;
        if let Err(problem) = self.take_cells(row, cells) {
            let problem = self.reader.in_column(self.slots.sample, problem);
            self.problems.push(problem);
        }
        self.samples.row_done(self.reader.sexes, &mut self.problems)
    }

    /// Leaves out the sample of a row that could not be cut into cells.
    pub(super) fn spoil(&mut self, row: u64, name: &str, problem: Problem) -> Result<(), S::Stop> {
        self.problems.push(problem);
        if !name.is_empty()
            && let Ok(draft) = self.samples.draft(name, row)
        {
            draft.spoil();
        }
        self.samples.row_done(self.reader.sexes, &mut self.problems)
    }

    /// Refuses the whole table because of what was found in it.
    pub(super) fn refuse(&mut self, problem: Problem) {
        self.problems.push(problem);
        self.refused = true;
    }

    /// Ends the table.
    pub(super) fn end(mut self) -> Ended<S> {
        if !self.anything && !self.refused {
            let wrong = "no row stands below the header";
            self.problems.push(Problem::warning(self.header_row, "", wrong, "at least one row"));
        }
        let Reader { sexes, unknown, .. } = self.reader;
        let Self { samples, problems, refused, .. } = self;
        Ended { samples, problems, refused, sexes, unknown_markers: unknown }
    }

    /// The problem of a row that is left out for its name.
    fn take_cells(&mut self, row: u64, cells: &[Cow<'_, str>]) -> Result<(), Problem> {
        let name = cell(cells, self.slots.sample);
        if name.is_empty() {
            let wrong = "the row names no sample and was left out";
            return Err(Problem::error(row, "", wrong, "a sample name"));
        }
        let width = self.width();
        let draft = self.samples.draft(name, row)?;
        let problems = &mut self.problems;
        if cells.iter().skip(width).any(|cell| !cell.is_empty()) {
            draft.spoil();
            problems.push(too_wide(row, width));
            return Ok(());
        }
        let mut line = Line { row, name, cells, draft, problems };
        if let Some(place) = self.slots.is_typed
            && !self.reader.is_typed(place, &mut line)
        {
            return Ok(());
        }
        for slot in &self.slots.slots {
            let marker = self.slots.marker;
            let locus = slot.locus.or_else(|| self.reader.marker(marker?, &mut line));
            if let Some(locus) = locus {
                self.reader.take(locus, slot, &mut line);
            }
        }
        Ok(())
    }
}

/// One row on its way into a draft.
struct Line<'a> {
    row: u64,
    name: &'a str,
    cells: &'a [Cow<'a, str>],
    draft: &'a mut Draft,
    problems: &'a mut Problems,
}

/// What is known of the table from the rows before.
struct Reader {
    columns: Vec<Column>,
    long: bool,
    by_allele: bool,
    /// Loci of the marker spellings met so far; none for a stranger.
    markers: HashMap<String, Option<Locus>>,
    unknown: Vec<String>,
    known: Known,
    sexes: Sexes,
}

impl Reader {
    fn new(layout: &Layout) -> Self {
        let mut unknown: Vec<String> = Vec::new();
        for column in layout.columns.iter().filter(|it| it.meaning == Meaning::UnknownMarker) {
            let spelling = marker_spelling(&column.name);
            if !unknown.iter().any(|known| known == spelling) {
                unknown.push(spelling.to_owned());
            }
        }
        Self {
            columns: layout.columns.clone(),
            long: layout.shape.is_long(),
            by_allele: layout.shape == Shape::LongAlleles,
            markers: HashMap::new(),
            unknown,
            known: Known::default(),
            sexes: Sexes::default(),
        }
    }

    fn in_column(&self, place: usize, problem: Problem) -> Problem {
        match self.columns.get(place) {
            Some(column) => problem.in_column(&column.name),
            None => problem,
        }
    }

    /// The locus of a marker cell. A stranger is reported once in a file.
    fn marker(&mut self, place: usize, line: &mut Line<'_>) -> Option<Locus> {
        let name = cell(line.cells, place);
        if let Some(locus) = self.markers.get(name) {
            return *locus;
        }
        if name.is_empty() {
            line.draft.spoil();
            let wrong = "the row names no marker; its sample was left out";
            let problem = Problem::error(line.row, "", wrong, "the name of a locus");
            line.problems.push(self.in_column(place, problem));
            return None;
        }
        let locus = Locus::from_name(name);
        self.markers.insert(name.to_owned(), locus);
        if locus.is_none() {
            self.unknown.push(name.to_owned());
            let wrong = "the marker is not known; its rows were not read";
            let right = "the name of a locus of the 2017 list";
            let problem = Problem::warning(line.row, name, wrong, right);
            line.problems.push(self.in_column(place, problem));
        }
        locus
    }

    /// True where the analysis took the row for an allele. Any other word than yes and no leaves
    /// the sample out.
    fn is_typed(&self, place: usize, line: &mut Line<'_>) -> bool {
        let said = cell(line.cells, place);
        if said.eq_ignore_ascii_case("yes") {
            return true;
        }
        if !said.eq_ignore_ascii_case("no") {
            line.draft.spoil();
            let wrong = "whether this is an allele is not told; its sample was left out";
            let problem = Problem::error(line.row, said, wrong, "Yes or No");
            line.problems.push(self.in_column(place, problem));
        }
        false
    }

    /// Takes what the cells of a slot say of a locus.
    fn take(&mut self, locus: Locus, slot: &Slot, line: &mut Line<'_>) {
        let key = key(locus, slot, line.cells).filter(|_| !self.by_allele);
        if let Some(genotype) = key.and_then(|key| self.known.get(key)) {
            line.draft.take_genotype(locus, line.row, genotype.clone(), line.problems);
            return;
        }
        let reading = match reading::read(locus, tokens(slot, line.cells).into_iter()) {
            Ok(reading) => reading,
            Err(fault) => {
                line.draft.spoil();
                let wrong = format!("{}; sample {} was left out", fault.wrong, line.name);
                let problem = Problem::error(line.row, &fault.found, wrong, fault.right);
                line.problems.push(self.in_column(fault.place, problem));
                return;
            }
        };
        // In a wide table an empty cell only fills the grid; a long row was written on purpose.
        if reading == Reading::Alleles(Vec::new()) && !self.long {
            return;
        }
        if let Some(key) = key {
            self.known.keep(key, &reading);
        }
        self.sexes.note(locus, &reading);
        if self.by_allele {
            line.draft.take_more(locus, line.row, reading, line.problems);
        } else {
            line.draft.take(locus, line.row, reading, line.problems);
        }
    }
}

fn cell<'a>(cells: &'a [Cow<'_, str>], place: usize) -> &'a str {
    cells.get(place).map_or("", AsRef::as_ref)
}

/// The allele tokens of a slot in one row.
fn tokens<'a>(slot: &Slot, cells: &'a [Cow<'_, str>]) -> Vec<Token<'a>> {
    let mut tokens = Vec::new();
    for (place, height) in &slot.cells {
        let (place, text) = (*place, cell(cells, *place));
        let height = height.map_or("", |height| cell(cells, height));
        if slot.lists {
            tokens.extend(reading::list(place, text, height));
        } else {
            tokens.push(Token { place, text, height });
        }
    }
    tokens
}

/// Genotypes by the texts they were read from.
#[derive(Default)]
struct Known(HashMap<u128, Genotype, BuildHasherDefault<Mixer>>);

/// Genotypes kept; a real table has a few thousand.
const KNOWN_MAX: usize = 1 << 16;

/// Bytes of text that fit a key beside the locus and the mark at its start.
const KEY_BYTES_MAX: usize = 14;

impl Known {
    fn get(&self, key: u128) -> Option<&Genotype> {
        self.0.get(&key)
    }

    fn keep(&mut self, key: u128, reading: &Reading) {
        if let Reading::Alleles(alleles) = reading
            && self.0.len() < KNOWN_MAX
            && let Ok(Some(genotype)) = reading::genotype(alleles)
        {
            self.0.insert(key, genotype);
        }
    }
}

/// The cells of a slot as a number that no other cells of a slot of this table give. `None` where
/// they are too long, where they have heights, and at Amelogenin, whose digits may mean other
/// things in another file.
fn key(locus: Locus, slot: &Slot, cells: &[Cow<'_, str>]) -> Option<u128> {
    if locus == Locus::Amelogenin {
        return None;
    }
    let (mut key, mut length) = (1_u128, 0);
    for (place, height) in &slot.cells {
        if height.is_some() {
            return None;
        }
        let text = cell(cells, *place);
        length += text.len() + 1;
        if length > KEY_BYTES_MAX {
            return None;
        }
        // No allele holds the byte that stands between the cells.
        key = text.bytes().chain([0x1F]).fold(key, |key, byte| key << 8 | u128::from(byte));
    }
    Some(key << 8 | locus.position() as u128)
}

/// Spreads the bits of a key. What can be kept is bounded, so an input made to collide gains
/// nothing.
#[derive(Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u128(u128::from(*byte));
        }
    }

    fn write_u128(&mut self, number: u128) {
        let (low, high) = (number as u64, (number >> 64) as u64);
        let mixed = u128::from(low ^ self.0 ^ 0x9E37_79B9_7F4A_7C15)
            * u128::from(high ^ 0xD6E8_FEB8_6659_FD93);
        self.0 = mixed as u64 ^ (mixed >> 64) as u64;
    }
}

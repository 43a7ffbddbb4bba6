//! The header of a genotype table: which column means what.
//!
//! Columns are recognised by whole names, never by parts, so that `Size 1` or `Allele Call` are
//! not taken for something else. The delimiter is the one under which the header makes sense.

use std::borrow::Cow;
use std::fmt;

use genetics::Locus;
use serde::Serialize;

use super::spelling::{
    MARKER, SAMPLE, height_of, is_known, locus_of, misspelt_column, near, numbered, one_slip, slip,
    unnumbered,
};
use crate::cells::{DELIMITERS, Unclosed, fold, split};
use crate::problem::Problem;

/// What a header must offer, for messages.
pub(super) const EXPECTED: &str = "a header with Sample Name, Marker and Allele 1, Allele 2 and \
     so on, or with Sample Name and one or more columns named after loci";

/// Which of the usual forms the table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// One row for a sample and marker.
    Long,
    /// One row for a sample, marker and allele, as software for sequencing writes it.
    LongAlleles,
    /// One row for a sample, one column for a locus, alleles listed in the cell.
    WideLists,
    /// One row for a sample, several columns for a locus, one allele in a cell.
    WideColumns,
}

impl Shape {
    /// True where a sample has several rows.
    pub fn is_long(self) -> bool {
        matches!(self, Self::Long | Self::LongAlleles)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Long => "one row for each sample and marker",
            Self::LongAlleles => "one row for each sample, marker and allele",
            Self::WideLists => "one row for each sample, one column for each locus",
            Self::WideColumns => "one row for each sample, several columns for each locus",
        })
    }
}

/// How a table was understood, for a preview before anything is taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Layout {
    /// Physical line of the header.
    pub row: u64,
    /// Between cells; `None` in a file whose format keeps them apart.
    pub delimiter: Option<char>,
    /// The form of the table.
    pub shape: Shape,
    /// Every column in the order of the file.
    pub columns: Vec<Column>,
}

/// One column of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// As the file spells it.
    pub name: String,
    /// What it was taken for.
    pub meaning: Meaning,
}

/// What a column was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// Names the sample.
    Sample,
    /// Names the marker of the row.
    Marker,
    /// One allele of the row's marker (counted from 1).
    Allele(u32),
    /// The height of that allele.
    Height(u32),
    /// All alleles of the row's marker.
    Alleles,
    /// All heights of the row's marker.
    Heights,
    /// Alleles of this locus.
    AllelesAt(Locus),
    /// Heights of the alleles of this locus.
    HeightsAt(Locus),
    /// One of the alleles of the row's marker; the others stand in rows of their own.
    OneAllele,
    /// Whether the analysis took the row's reading for an allele.
    IsTyped,
    /// Looks like a marker that is not known here.
    UnknownMarker,
    /// Not needed.
    NotRead,
}

impl fmt::Display for Meaning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sample => out.write_str("the sample"),
            Self::Marker => out.write_str("the marker"),
            Self::Allele(number) => write!(out, "allele {number} of the marker"),
            Self::Height(number) => write!(out, "height of allele {number}"),
            Self::Alleles => out.write_str("all alleles of the marker"),
            Self::Heights => out.write_str("all heights of the marker"),
            Self::AllelesAt(locus) => write!(out, "alleles at {locus}"),
            Self::HeightsAt(locus) => write!(out, "heights at {locus}"),
            Self::OneAllele => out.write_str("one allele of the marker"),
            Self::IsTyped => out.write_str("whether the row is an allele"),
            Self::UnknownMarker => out.write_str("a marker not known here: not read"),
            Self::NotRead => out.write_str("not needed: not read"),
        }
    }
}

/// Cells of a row that together tell the alleles of one locus.
#[derive(Debug)]
pub(super) struct Slot {
    /// The locus; `None` where the row's marker column tells it.
    pub(super) locus: Option<Locus>,
    /// Places of an allele cell and of its height cell.
    pub(super) cells: Vec<(usize, Option<usize>)>,
    /// True where one cell lists several alleles.
    pub(super) lists: bool,
}

/// Where a row keeps what.
#[derive(Debug)]
pub(super) struct Slots {
    pub(super) sample: usize,
    pub(super) marker: Option<usize>,
    /// Tells whether the row is an allele at all.
    pub(super) is_typed: Option<usize>,
    pub(super) slots: Vec<Slot>,
}

impl Slots {
    /// Every place of a row that is looked at, once.
    pub(super) fn places(&self) -> Vec<usize> {
        let cells = self.slots.iter().flat_map(|slot| &slot.cells);
        let cells = cells.flat_map(|(place, height)| [Some(*place), *height]);
        let others = [Some(self.sample), self.marker, self.is_typed];
        let places = others.into_iter().chain(cells).flatten();
        let mut places: Vec<usize> = places.collect();
        places.sort_unstable();
        places.dedup();
        places
    }
}

/// Columns of one table; the widest export known has 113.
const COLUMNS_MAX: usize = 4096;

/// A header's layout, where a row keeps what, and what a person should look at.
type Understood = (Layout, Slots, Vec<Problem>);

/// Finds delimiter, shape and columns of a header line.
pub(super) fn understand(
    header: &str,
    row: u64,
) -> Result<(Layout, Slots, char, Vec<Problem>), Problem> {
    let mut best: Option<Problem> = None;
    let mut widest = 0;
    for delimiter in DELIMITERS {
        let Ok(cells) = split(header, delimiter) else {
            continue;
        };
        match understand_cells(&cells, Some(delimiter), row) {
            Ok((layout, slots, warnings)) => return Ok((layout, slots, delimiter, warnings)),
            // The delimiter that cuts most is the likeliest, and its complaint the most useful.
            Err(problem) if best.is_none() || cells.len() > widest => {
                widest = cells.len();
                best = Some(problem);
            }
            Err(_) => {}
        }
    }
    Err(best.unwrap_or_else(|| Unclosed.problem(row)))
}

/// Finds shape and columns of a header that is cut into cells.
pub(super) fn understand_cells(
    cells: &[Cow<'_, str>],
    delimiter: Option<char>,
    row: u64,
) -> Result<Understood, Problem> {
    if cells.len() > COLUMNS_MAX {
        let wrong = format!("the header has {} columns", cells.len());
        return Err(Problem::error(row, "", wrong, format!("at most {COLUMNS_MAX}")));
    }
    let folded: Vec<String> = cells.iter().map(|cell| fold(cell)).collect();
    let (columns, slots) = place_columns(cells, &folded)
        .map_err(|wrong| Problem::error(row, &cells.join(" | "), wrong, EXPECTED))?;
    let by_allele = columns.iter().any(|column| column.meaning == Meaning::OneAllele);
    let shape = match (slots.marker, slots.slots.iter().all(|slot| slot.lists)) {
        (Some(_), _) if by_allele => Shape::LongAlleles,
        (Some(_), _) => Shape::Long,
        (None, true) => Shape::WideLists,
        (None, false) => Shape::WideColumns,
    };
    let unread =
        |column: &Column| matches!(column.meaning, Meaning::NotRead | Meaning::UnknownMarker);
    for (column, fold) in columns.iter().zip(&folded).filter(|(column, _)| unread(column)) {
        if let Some(meant) = misspelt_column(fold) {
            let wrong = "the header is broken: a column of the software is misspelt, so its file \
                 was changed by hand";
            let problem = Problem::error(row, "", wrong, format!("'{meant}'"));
            return Err(problem.in_column(&column.name));
        }
    }
    let warnings = warnings(&columns, &folded, row);
    let layout = Layout { row, delimiter, shape, columns };
    Ok((layout, slots, warnings))
}

/// What each column means, and where a row keeps what; or why that cannot be told.
fn place_columns(
    cells: &[Cow<'_, str>],
    folded: &[String],
) -> Result<(Vec<Column>, Slots), String> {
    let twice = |spelling| format!("the column '{spelling}' is given twice");
    let marker = only(folded, &MARKER).map_err(twice)?;
    let sample = only(folded, &SAMPLE).map_err(twice)?;
    let sample = sample
        .ok_or_else(|| format!("no column names the sample{}", slip(cells, "Sample Name")))?;
    let meanings = match marker {
        Some(_) => long_meanings(folded),
        None => wide_meanings(cells, folded),
    };
    let columns = cells.iter().zip(meanings).enumerate();
    let columns: Vec<Column> = columns
        .map(|(place, (name, meaning))| {
            let meaning = match place {
                _ if place == sample => Meaning::Sample,
                _ if Some(place) == marker => Meaning::Marker,
                _ => meaning,
            };
            Column { name: name.to_string(), meaning }
        })
        .collect();
    let slots = match marker {
        Some(_) => long_slots(&columns, folded)?,
        None => wide_slots(&columns),
    };
    if slots.is_empty() {
        return Err(format!("no column holds alleles{}", slip(cells, "Marker")));
    }
    let is_typed = columns.iter().position(|column| column.meaning == Meaning::IsTyped);
    Ok((columns, Slots { sample, marker, is_typed, slots }))
}

/// The place of the surest spelling; an error names a spelling that stands twice.
fn only<'a>(folded: &[String], spellings: &[&'a str]) -> Result<Option<usize>, &'a str> {
    for spelling in spellings {
        let mut places = folded.iter().enumerate().filter(|(_, cell)| cell == spelling);
        match (places.next(), places.next()) {
            (Some((place, _)), None) => return Ok(Some(place)),
            (Some(_), Some(_)) => return Err(spelling),
            (None, _) => {}
        }
    }
    Ok(None)
}

fn long_meanings(folded: &[String]) -> Vec<Meaning> {
    let meaning = |cell: &String| match cell.as_str() {
        "allele" | "alleles" | "genotype" => Meaning::Alleles,
        "height" | "heights" => Meaning::Heights,
        "allelename" | "ceallele" => Meaning::OneAllele,
        "typedallele?" | "typedallele" => Meaning::IsTyped,
        name => numbered(name, "allele")
            .map(Meaning::Allele)
            .or_else(|| numbered(name, "height").map(Meaning::Height))
            .unwrap_or(Meaning::NotRead),
    };
    folded.iter().map(meaning).collect()
}

fn long_slots(columns: &[Column], folded: &[String]) -> Result<Vec<Slot>, String> {
    let place_of = |wanted: Meaning| columns.iter().position(|column| column.meaning == wanted);
    for (place, column) in columns.iter().enumerate() {
        let single = matches!(
            column.meaning,
            Meaning::Allele(_) | Meaning::Alleles | Meaning::OneAllele | Meaning::IsTyped
        );
        if single && place_of(column.meaning) != Some(place) {
            return Err(format!("the column '{}' is given twice", column.name));
        }
        let unread = column.meaning == Meaning::NotRead;
        let word =
            folded.get(place).map(|cell| cell.trim_end_matches(|c: char| c.is_ascii_digit()));
        if unread && word.is_some_and(|word| one_slip(word, "allele")) {
            return Err(format!("the column '{}' may hold alleles, and may not", column.name));
        }
    }
    let mut cells = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        if let Meaning::Allele(number) = column.meaning {
            cells.push((place, place_of(Meaning::Height(number))));
        }
    }
    let one = place_of(Meaning::OneAllele);
    let list = place_of(Meaning::Alleles);
    if let Some(place) = one {
        if list.is_some() || !cells.is_empty() {
            return Err("alleles have both rows and columns of their own".to_owned());
        }
        let cells = vec![(place, place_of(Meaning::Heights))];
        return Ok(vec![Slot { locus: None, cells, lists: false }]);
    }
    match (list, cells.is_empty()) {
        (Some(_), false) => Err("alleles are both listed and in numbered columns".to_owned()),
        (Some(place), true) => {
            let cells = vec![(place, place_of(Meaning::Heights))];
            Ok(vec![Slot { locus: None, cells, lists: true }])
        }
        (None, true) => Ok(Vec::new()),
        (None, false) => Ok(vec![Slot { locus: None, cells, lists: false }]),
    }
}

fn wide_meanings(cells: &[Cow<'_, str>], folded: &[String]) -> Vec<Meaning> {
    let mut last = None;
    let mut meanings = Vec::with_capacity(cells.len());
    let named_once = is_named_once(cells);
    for (cell, fold) in cells.iter().zip(folded) {
        let before = meanings.last().copied();
        let meaning = if let Some(locus) = locus_of(cell) {
            last = Some(locus);
            Meaning::AllelesAt(locus)
        } else if let (true, "", Some(Meaning::AllelesAt(locus))) =
            (named_once, fold.as_str(), before)
        {
            Meaning::AllelesAt(locus)
        } else if let Some(locus) = height_of(cell, fold, last) {
            Meaning::HeightsAt(locus)
        } else if fold.is_empty() || is_known(fold) {
            Meaning::NotRead
        } else {
            last = None;
            Meaning::UnknownMarker
        };
        meanings.push(meaning);
    }
    meanings
}

/// True where a locus is named above its first column only, and those right of it are blank: some
/// blank stands between two loci. A blank at the end of the header is a trailing delimiter.
fn is_named_once(cells: &[Cow<'_, str>]) -> bool {
    let is_blank_beside_locus = |place: usize| {
        let at = |place: usize| cells.get(place).map_or("", AsRef::as_ref);
        locus_of(at(place)).is_some() && at(place + 1).trim().is_empty()
    };
    (0..cells.len()).any(|place| {
        let mut behind = cells.iter().skip(place + 2);
        is_blank_beside_locus(place) && behind.any(|cell| locus_of(cell).is_some())
    })
}

fn wide_slots(columns: &[Column]) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let (Meaning::AllelesAt(locus) | Meaning::HeightsAt(locus)) = column.meaning else {
            continue;
        };
        let at = slots.iter().position(|slot| slot.locus == Some(locus)).unwrap_or(slots.len());
        if at == slots.len() {
            slots.push(Slot { locus: Some(locus), cells: Vec::new(), lists: true });
        }
        let Some(slot) = slots.get_mut(at) else {
            continue;
        };
        if column.meaning == Meaning::AllelesAt(locus) {
            slot.cells.push((place, None));
            slot.lists = slot.cells.len() == 1;
        } else if let Some(cell) = slot.cells.iter_mut().find(|cell| cell.1.is_none()) {
            // The n-th height column of a locus belongs to its n-th allele column.
            cell.1 = Some(place);
        }
    }
    slots.retain(|slot| !slot.cells.is_empty());
    slots
}

fn warnings(columns: &[Column], folded: &[String], row: u64) -> Vec<Problem> {
    let mut warned: Vec<String> = Vec::new();
    let mut warnings = Vec::new();
    for (column, fold) in columns.iter().zip(folded) {
        let near = near(fold);
        let (wrong, right) = match (column.meaning, near) {
            (Meaning::NotRead, Some(name)) if !is_known(fold) => {
                ("the column is not known and was not read", format!("'{name}'"))
            }
            (Meaning::UnknownMarker, Some(name)) => (
                "the column is neither a known marker nor needed and was not read",
                format!("'{name}'"),
            ),
            (Meaning::UnknownMarker, None) => (
                "the column is neither a known marker nor needed and was not read",
                "the name of a locus of the 2017 list".to_owned(),
            ),
            _ => continue,
        };
        let base = unnumbered(&column.name).unwrap_or(&column.name).to_owned();
        if !warned.contains(&base) {
            let problem = Problem::warning(row, "", wrong, right);
            warnings.push(problem.in_column(&column.name));
            warned.push(base);
        }
    }
    warnings
}

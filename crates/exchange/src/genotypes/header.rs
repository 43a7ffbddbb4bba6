//! The header of a genotype table: which column means what.
//!
//! Columns are recognised by whole names, never by parts, so that `Size 1` or `Allele Call` are
//! not taken for something else. The delimiter is the one under which the header makes sense.

use std::borrow::Cow;
use std::fmt;

use genetics::Locus;
use serde::Serialize;

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
    /// One row for a sample, one column for a locus, alleles listed in the cell.
    WideLists,
    /// One row for a sample, several columns for a locus, one allele in a cell.
    WideColumns,
}

impl fmt::Display for Shape {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Long => "one row for each sample and marker",
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
    /// Between cells.
    pub delimiter: char,
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
    /// Looks like a marker that is not known here.
    UnknownMarker,
    /// Not needed.
    NotRead,
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
    pub(super) slots: Vec<Slot>,
}

/// Spellings that name the sample, the surest first (folded).
const SAMPLE: [&str; 7] = [
    "samplename",
    "sample",
    "sampleid",
    "specimenname",
    "specimennumber",
    "specimenid",
    "specimen",
];
/// Spellings that name the marker (folded).
const MARKER: [&str; 4] = ["marker", "locus", "markername", "locusname"];
/// Columns that analysis software writes and that nothing here needs.
const NOT_NEEDED: [&str; 44] = [
    "Status",
    "Sample File",
    "Sample File Name",
    "Sample ID",
    "Comments",
    "Comment",
    "Remark",
    "Remarks",
    "Sample Type",
    "Specimen Category",
    "SFN",
    "Analysis Method",
    "Panel",
    "Size Standard",
    "Custom Control",
    "Matrix",
    "Run Name",
    "Run Date & Time",
    "Instrument Type",
    "Instrument ID",
    "Plate ID",
    "Cap",
    "Well",
    "SE",
    "REF",
    "SQO",
    "ARNM",
    "SOS",
    "SQ",
    "SSPK",
    "MIX",
    "OMR",
    "CGQ",
    "GQ",
    "Profile ID",
    "Dye",
    "Size",
    "Peak Area",
    "Area",
    "Data Point",
    "Mutation",
    "Pop",
    "Population",
    "Case Number",
];

type Understood = (Layout, Slots, Vec<Problem>);

/// Finds delimiter, shape and columns of a header line.
pub(super) fn understand(header: &str, row: u64) -> Result<Understood, Problem> {
    let mut best: Option<Problem> = None;
    let mut widest = 0;
    for delimiter in DELIMITERS {
        let Ok(cells) = split(header, delimiter) else {
            continue;
        };
        match understand_cells(&cells, delimiter, row) {
            Ok(understood) => return Ok(understood),
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

fn understand_cells(
    cells: &[Cow<'_, str>],
    delimiter: char,
    row: u64,
) -> Result<Understood, Problem> {
    let folded: Vec<String> = cells.iter().map(|cell| fold(cell)).collect();
    let sample = only(&folded, &SAMPLE);
    let marker = only(&folded, &MARKER);
    let meanings = match marker {
        Ok(Some(_)) => long_meanings(&folded),
        _ => wide_meanings(cells, &folded),
    };
    let mut columns: Vec<Column> = cells
        .iter()
        .zip(meanings)
        .map(|(name, meaning)| Column {
            name: name.to_string(),
            meaning,
        })
        .collect();
    let refuse = |wrong: String| Err(Problem::error(row, &cells.join(" | "), wrong, EXPECTED));
    let (sample, marker) = match (sample, marker) {
        (Ok(Some(sample)), Ok(marker)) => (sample, marker),
        (Ok(None), _) => {
            return refuse(format!(
                "no column names the sample{}",
                slip(cells, &["Sample Name"])
            ));
        }
        (Err(spelling), _) | (_, Err(spelling)) => {
            return refuse(format!("the column '{spelling}' is given twice"));
        }
    };
    for (place, meaning) in [(Some(sample), Meaning::Sample), (marker, Meaning::Marker)] {
        if let Some(column) = place.and_then(|place| columns.get_mut(place)) {
            column.meaning = meaning;
        }
    }
    let slots = match marker {
        Some(_) => long_slots(&columns, &folded),
        None => Ok(wide_slots(&columns)),
    };
    let slots = match slots {
        Ok(slots) if slots.is_empty() => {
            return refuse(format!(
                "no column holds alleles{}",
                slip(cells, &["Marker"])
            ));
        }
        Ok(slots) => slots,
        Err(wrong) => return refuse(wrong),
    };
    let shape = match (marker, slots.iter().all(|slot| slot.lists)) {
        (Some(_), _) => Shape::Long,
        (None, true) => Shape::WideLists,
        (None, false) => Shape::WideColumns,
    };
    let warnings = warnings(&columns, &folded, row);
    let layout = Layout {
        row,
        delimiter,
        shape,
        columns,
    };
    Ok((
        layout,
        Slots {
            sample,
            marker,
            slots,
        },
        warnings,
    ))
}

/// The place of the surest spelling; an error names a spelling that stands twice.
fn only<'a>(folded: &[String], spellings: &[&'a str]) -> Result<Option<usize>, &'a str> {
    for spelling in spellings {
        let mut places = folded
            .iter()
            .enumerate()
            .filter(|(_, cell)| cell == spelling);
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
        name => numbered(name, "allele")
            .map(Meaning::Allele)
            .or_else(|| numbered(name, "height").map(Meaning::Height))
            .unwrap_or(Meaning::NotRead),
    };
    folded.iter().map(meaning).collect()
}

/// The number of `allele7` for the word `allele`.
fn numbered(name: &str, word: &str) -> Option<u32> {
    let digits = name.strip_prefix(word)?;
    let short = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    short
        .then(|| digits.parse().ok())
        .flatten()
        .filter(|number| *number > 0)
}

fn long_slots(columns: &[Column], folded: &[String]) -> Result<Vec<Slot>, String> {
    let place_of = |wanted: Meaning| columns.iter().position(|column| column.meaning == wanted);
    for (place, column) in columns.iter().enumerate() {
        let single = matches!(column.meaning, Meaning::Allele(_) | Meaning::Alleles);
        if single && place_of(column.meaning) != Some(place) {
            return Err(format!("the column '{}' is given twice", column.name));
        }
        let unread = column.meaning == Meaning::NotRead;
        let word = folded
            .get(place)
            .map(|cell| cell.trim_end_matches(|c: char| c.is_ascii_digit()));
        if unread && word.is_some_and(|word| one_slip(word, "allele")) {
            return Err(format!(
                "the column '{}' may hold alleles, and may not",
                column.name
            ));
        }
    }
    let mut cells = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        if let Meaning::Allele(number) = column.meaning {
            cells.push((place, place_of(Meaning::Height(number))));
        }
    }
    let list = place_of(Meaning::Alleles);
    match (list, cells.is_empty()) {
        (Some(_), false) => Err("alleles are both listed and in numbered columns".to_owned()),
        (Some(place), true) => {
            let cells = vec![(place, place_of(Meaning::Heights))];
            Ok(vec![Slot {
                locus: None,
                cells,
                lists: true,
            }])
        }
        (None, true) => Ok(Vec::new()),
        (None, false) => Ok(vec![Slot {
            locus: None,
            cells,
            lists: false,
        }]),
    }
}

fn wide_meanings(cells: &[Cow<'_, str>], folded: &[String]) -> Vec<Meaning> {
    let mut last = None;
    let mut meanings = Vec::with_capacity(cells.len());
    for (cell, fold) in cells.iter().zip(folded) {
        let meaning = if let Some(locus) = locus_of(cell) {
            last = Some(locus);
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

/// The locus of `D3S1358`, `D3S1358_1`, `D3S1358.2`, `Penta D 1`, `vWA Allele 2`.
fn locus_of(name: &str) -> Option<Locus> {
    Locus::from_name(name).or_else(|| Locus::from_name(unnumbered(name)?))
}

/// The name before a number that a separator or the word allele sets off.
fn unnumbered(name: &str) -> Option<&str> {
    let separators = [' ', '_', '.', '-', '#', '('];
    let open = name.trim_end_matches(')');
    let base = open.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let bare = base.trim_end_matches(separators);
    let cut = bare
        .len()
        .checked_sub("allele".len())
        .filter(|cut| bare.is_char_boundary(*cut));
    let word = cut.and_then(|cut| bare.split_at_checked(cut));
    match word {
        Some((before, word)) if word.eq_ignore_ascii_case("allele") => {
            Some(before.trim_end_matches(separators))
        }
        _ => (base.len() < open.len() && bare.len() < base.len()).then_some(bare),
    }
}

/// The locus whose heights a column holds: `Height` after its locus, or `D3S1358 Height`.
fn height_of(name: &str, folded: &str, last: Option<Locus>) -> Option<Locus> {
    if matches!(folded, "height" | "heights") || numbered(folded, "height").is_some() {
        return last;
    }
    let lower = name.to_ascii_lowercase();
    let start = lower.find("height")?;
    let (before, after) = (name.get(..start)?, name.get(start + "height".len()..)?);
    let number = after.trim_matches(|c: char| !c.is_alphanumeric());
    let sound = number.bytes().all(|byte| byte.is_ascii_digit());
    locus_of(before.trim_end_matches([' ', '_', '.', '-', '#'])).filter(|_| sound)
}

fn wide_slots(columns: &[Column]) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let (Meaning::AllelesAt(locus) | Meaning::HeightsAt(locus)) = column.meaning else {
            continue;
        };
        let at = slots
            .iter()
            .position(|slot| slot.locus == Some(locus))
            .unwrap_or(slots.len());
        if at == slots.len() {
            slots.push(Slot {
                locus: Some(locus),
                cells: Vec::new(),
                lists: true,
            });
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

/// True for a column that is known and not needed, also when numbered (`UD3`, `Size 8`).
fn is_known(folded: &str) -> bool {
    let bare = folded.trim_end_matches(|letter: char| letter.is_ascii_digit());
    SAMPLE.contains(&folded)
        || matches!(bare, "ud" | "height")
        || NOT_NEEDED.iter().any(|name| fold(name) == bare)
}

fn warnings(columns: &[Column], folded: &[String], row: u64) -> Vec<Problem> {
    let mut warned: Vec<String> = Vec::new();
    let mut warnings = Vec::new();
    for (column, fold) in columns.iter().zip(folded) {
        let near = near(fold);
        let (wrong, right) = match (column.meaning, near) {
            (Meaning::NotRead, Some(name)) if !is_known(fold) => (
                "the column is not known and was not read",
                format!("'{name}'"),
            ),
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

/// The spelling of an unknown marker column without the number of its allele.
pub(super) fn marker_spelling(name: &str) -> &str {
    unnumbered(name).unwrap_or(name)
}

/// `, but 'Smaple Name' stands there` where a column is one slip away from a needed one.
fn slip(cells: &[Cow<'_, str>], needed: &[&str]) -> String {
    cells
        .iter()
        .find(|cell| needed.iter().any(|name| one_slip(&fold(cell), &fold(name))))
        .map(|cell| format!(" ('{cell}' is one slip away)"))
        .unwrap_or_default()
}

/// The known column or locus that is one slip away.
fn near(folded: &str) -> Option<&'static str> {
    let names = ["Sample Name", "Marker", "Allele", "Height"];
    let loci = Locus::all().map(Locus::name);
    names
        .into_iter()
        .chain(NOT_NEEDED)
        .chain(loci)
        .filter(|name| name.len() > 4)
        .find(|name| one_slip(folded, &fold(name)))
}

/// True where one letter was changed, left out, put in, or swapped with its neighbour.
fn one_slip(found: &str, meant: &str) -> bool {
    let (found, meant): (Vec<char>, Vec<char>) = (found.chars().collect(), meant.chars().collect());
    let same = found.iter().zip(&meant).take_while(|(a, b)| a == b).count();
    let (found, meant) = (
        found.get(same..).unwrap_or_default(),
        meant.get(same..).unwrap_or_default(),
    );
    match (found, meant) {
        ([], []) => false,
        ([_, found_rest @ ..], _) if found_rest == meant => true,
        (_, [_, meant_rest @ ..]) if found == meant_rest => true,
        ([_, found_rest @ ..], [_, meant_rest @ ..]) if found_rest == meant_rest => true,
        ([a, b, found_rest @ ..], [c, d, meant_rest @ ..]) => {
            (a, b) == (d, c) && found_rest == meant_rest
        }
        _ => false,
    }
}

//! A table of cells in one of three shapes: a column a locus and a row an allele; a row an allele
//! of a locus; a row a person. The heading tells which.

use std::collections::BTreeMap;

use genetics::Locus;

use crate::cells::{DELIMITERS, split};
use crate::frequencies::gather::{Gather, Place};
use crate::problem::Problem;

/// Rows and columns that are looked at; published tables have at most some thousands and hundreds.
const ROWS_MAX: usize = 100_000;
const COLUMNS_MAX: usize = 1_000;

/// A table of texts.
pub(super) struct Sheet {
    /// The sheet's name in a workbook, empty in a text.
    pub(super) name: String,
    /// Row by row; the first is row 1.
    pub(super) rows: Vec<Vec<String>>,
}

/// The cells of a text that is divided into columns; `None` where it is not.
pub(super) fn of_text(lines: &[String], gather: &mut Gather<'_>) -> Option<Sheet> {
    let first = lines.iter().find(|line| !line.trim().is_empty() && !line.starts_with('#'))?;
    let delimiter = DELIMITERS.into_iter().find(|it| first.matches(*it).count() >= 2)?;
    let mut rows = Vec::with_capacity(lines.len());
    for (row, line) in (1..).zip(lines) {
        match split(line, delimiter) {
            Ok(cells) if !line.starts_with('#') => {
                rows.push(cells.into_iter().map(|cell| cell.into_owned()).collect());
            }
            Ok(_) => rows.push(Vec::new()),
            Err(unclosed) => {
                gather.problem(unclosed.problem(row));
                rows.push(Vec::new());
            }
        }
    }
    Some(Sheet { name: String::new(), rows })
}

/// Reads a table of any shape.
pub(super) fn read(sheet: &Sheet, gather: &mut Gather<'_>) {
    let width = sheet.rows.iter().map(Vec::len).max().unwrap_or_default();
    if sheet.rows.len() > ROWS_MAX || width > COLUMNS_MAX {
        let wrong = format!("the table has {} rows and {width} columns", sheet.rows.len());
        let right = format!("at most {ROWS_MAX} rows and {COLUMNS_MAX} columns");
        gather.problem(Problem::error(1, &sheet.name, wrong, right));
        return;
    }
    for (at, cells) in sheet.rows.iter().enumerate().take(20) {
        let heading = Heading { row: at as u64 + 1, cells };
        let below = sheet.rows.iter().enumerate().skip(at + 1);
        let below = below.map(|(at, cells)| (at as u64 + 1, cells.as_slice()));
        let first = heading.lower(0);
        if let Some(long) = Long::find(&heading) {
            return long.read(below, gather);
        }
        if first.starts_with("sample") && heading.lower(1).starts_with("pop") {
            return people(&heading, below, gather);
        }
        if first.starts_with("allele") && cells.iter().skip(1).any(|it| is_locus(it)) {
            return columns(sheet, &heading, below, gather);
        }
    }
    let wrong = "no heading of a frequency table in the first 20 rows";
    let right = "'Allele' and loci; or allele, locus, frequency and population; or Sample, Pop \
                 and loci";
    gather.problem(Problem::error(1, &sheet.name, wrong, right));
}

fn is_locus(name: &str) -> bool {
    Locus::from_name(name).is_some()
}

struct Heading<'t> {
    row: u64,
    cells: &'t [String],
}

impl<'t> Heading<'t> {
    fn lower(&self, column: usize) -> String {
        cell(self.cells, column).to_lowercase()
    }

    /// The columns from a place on that bear a locus: where, the spelling, the locus.
    fn loci(&self, from: usize, gather: &mut Gather<'_>) -> Vec<(usize, &'t str, Locus)> {
        // Some tables repeat the column of alleles on the right.
        let is_named = |name: &str| !name.is_empty() && !name.eq_ignore_ascii_case("allele");
        let named = self.cells.iter().enumerate().skip(from);
        let named = named.filter(|(_, name)| is_named(name.trim()));
        let known = named.filter_map(|(column, name)| {
            let place = Place { row: self.row, column: name };
            gather.locus(name.trim(), place).map(|locus| (column, name.as_str(), locus))
        });
        known.collect()
    }

    fn find(&self, names: &[&str]) -> Option<usize> {
        (0..self.cells.len()).find(|column| names.contains(&self.lower(*column).as_str()))
    }
}

fn cell(cells: &[String], column: usize) -> &str {
    cells.get(column).map_or("", |cell| cell.trim())
}

/// A column a locus: `Allele, D3S1358, vWA ...`, and a row `N` with the alleles typed.
fn columns<'t>(
    sheet: &Sheet,
    heading: &Heading<'_>,
    below: impl Iterator<Item = (u64, &'t [String])>,
    gather: &mut Gather<'_>,
) {
    let named = Some(sheet.name.clone()).filter(|name| !name.is_empty());
    let Some(population) = named.or_else(|| gather.population_unsaid()) else {
        let right = "the population, given with the file";
        gather.problem(Problem::error(heading.row, "", "the table names no population", right));
        return;
    };
    let known = heading.loci(1, gather);
    for (row, cells) in below {
        let allele = cell(cells, 0);
        for (column, name, locus) in &known {
            let (found, place) = (cell(cells, *column), Place { row, column: name });
            if found.is_empty() {
                continue;
            }
            if allele.eq_ignore_ascii_case("n") {
                match found.parse::<u32>() {
                    Ok(typed) => gather.open(&population, *locus, Some(typed), place),
                    Err(_) => {
                        let problem = place.error(found, "not a count", "the alleles typed");
                        gather.spoil(&population, *locus, place, problem);
                    }
                }
            } else if !allele.is_empty() && !allele.eq_ignore_ascii_case("allele") {
                gather.add(&population, *locus, allele, found, place);
            }
        }
    }
}

/// A row an allele: columns for allele, locus, frequency, and where given population and count.
struct Long {
    allele: usize,
    locus: usize,
    frequency: usize,
    population: Option<usize>,
    alleles_typed: Option<usize>,
}

impl Long {
    fn find(heading: &Heading<'_>) -> Option<Self> {
        Some(Self {
            allele: heading.find(&["allele"])?,
            locus: heading.find(&["locus", "marker"])?,
            frequency: heading.find(&["frequency", "freq"])?,
            population: heading.find(&["population", "pop"]),
            alleles_typed: heading.find(&["alleles_typed", "2n"]),
        })
    }

    fn read<'t>(&self, below: impl Iterator<Item = (u64, &'t [String])>, gather: &mut Gather<'_>) {
        for (row, cells) in below.filter(|(_, cells)| cells.iter().any(|it| !it.is_empty())) {
            let in_column = self.population.map(|column| cell(cells, column).to_owned());
            let Some(population) = in_column.or_else(|| gather.population_unsaid()) else {
                let right = "a column 'population', or the population given with the file";
                gather.problem(Problem::error(row, "", "the table names no population", right));
                return;
            };
            let place = Place { row, column: "locus" };
            let Some(locus) = gather.locus(cell(cells, self.locus), place) else { continue };
            let typed = self.alleles_typed.and_then(|column| cell(cells, column).parse().ok());
            let place = Place { row, column: "frequency" };
            gather.open(&population, locus, typed, place);
            let (allele, frequency) = (cell(cells, self.allele), cell(cells, self.frequency));
            gather.add(&population, locus, allele, frequency, place);
        }
    }
}

/// A row a person: `Sample, Pop, D3S1358, (blank), vWA, (blank) ...`; frequencies are counted, for
/// each population, and for all as `all`.
fn people<'t>(
    heading: &Heading<'_>,
    below: impl Iterator<Item = (u64, &'t [String])>,
    gather: &mut Gather<'_>,
) {
    let known = heading.loci(2, gather);
    let mut counts: BTreeMap<(&str, usize), BTreeMap<&str, u32>> = BTreeMap::new();
    for (_, cells) in below {
        let population = cell(cells, 1);
        for (at, (column, ..)) in known.iter().enumerate() {
            let pair = [cell(cells, *column), cell(cells, *column + 1)];
            // A person without both alleles tells nothing of how common either is.
            if population.is_empty() || pair.iter().any(|allele| allele.parse::<f64>().is_err()) {
                continue;
            }
            for allele in pair {
                for population in [population, ALL] {
                    *counts.entry((population, at)).or_default().entry(allele).or_default() += 1;
                }
            }
        }
    }
    for ((population, at), alleles) in counts {
        let Some((_, name, locus)) = known.get(at) else { continue };
        let place = Place { row: heading.row, column: name };
        let typed: u32 = alleles.values().sum();
        gather.open(population, *locus, Some(typed), place);
        for (allele, count) in alleles {
            let frequency = f64::from(count) / f64::from(typed);
            gather.add(population, *locus, allele, &frequency.to_string(), place);
        }
    }
}

/// The population of everybody in a table of people.
const ALL: &str = "all";

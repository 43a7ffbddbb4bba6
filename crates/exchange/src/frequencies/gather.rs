//! Figures as they are met, put together by population and locus, and checked.

use std::collections::HashSet;

use genetics::frequency::{LocusFrequencies, Share};
use genetics::{Allele, Frequencies, Locus, Population};

use crate::frequencies::Unsaid;
use crate::problem::{Problem, Problems};

/// Where a figure stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'t> {
    pub(super) row: u64,
    pub(super) column: &'t str,
}

impl Place<'_> {
    pub(super) fn error(self, found: &str, wrong: &str, right: &str) -> Problem {
        Problem::error(self.row, found, wrong, right).in_column(self.column)
    }
}

/// One locus of one population while it is read.
struct Entry {
    population: String,
    locus: Locus,
    row: u64,
    column: String,
    alleles_typed: Option<u32>,
    shares: Vec<Share>,
    /// A figure of it was wrong: the locus is left out whole.
    spoilt: bool,
}

/// What was read so far.
pub(super) struct Gather<'p> {
    unsaid: &'p Unsaid,
    problems: &'p mut Problems,
    entries: Vec<Entry>,
    strangers: HashSet<String>,
}

impl<'p> Gather<'p> {
    pub(super) fn new(unsaid: &'p Unsaid, problems: &'p mut Problems) -> Self {
        Self { unsaid, problems, entries: Vec::new(), strangers: HashSet::new() }
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The population of a file or sheet that names none, if the caller named it.
    pub(super) fn population_unsaid(&self) -> Option<String> {
        self.unsaid.population.clone()
    }

    /// The locus of a name. A stranger is told once.
    pub(super) fn locus(&mut self, name: &str, place: Place<'_>) -> Option<Locus> {
        let locus = Locus::from_name(name);
        if locus.is_none() && self.strangers.insert(name.to_owned()) {
            let right = "a locus of the CODIS list; this one is left out";
            let problem = Problem::warning(place.row, name, "not a known locus", right);
            self.problems.push(problem.in_column(place.column));
        }
        locus
    }

    /// Notes a locus of a population, with how many alleles were typed there where the file says.
    pub(super) fn open(
        &mut self,
        population: &str,
        locus: Locus,
        alleles_typed: Option<u32>,
        place: Place<'_>,
    ) {
        let entry = self.entry(population, locus, place);
        entry.alleles_typed = alleles_typed.or(entry.alleles_typed);
    }

    /// Adds the frequency of an allele. 0 says that it was not seen, and is passed over.
    pub(super) fn add(
        &mut self,
        population: &str,
        locus: Locus,
        allele: &str,
        frequency: &str,
        place: Place<'_>,
    ) {
        let read_frequency = frequency.trim().parse::<f64>().ok().filter(|it| it.is_finite());
        match (allele.trim().parse::<Allele>(), read_frequency) {
            (_, Some(0.0)) => {}
            (Ok(allele), Some(frequency)) => {
                let share = Share { allele, frequency };
                self.entry(population, locus, place).shares.push(share);
            }
            (Err(wrong), _) => {
                let problem = place.error(allele, &wrong.to_string(), "an allele");
                self.spoil(population, locus, place, problem);
            }
            (_, None) => {
                let right = "a number above 0 and at most 1";
                let problem = place.error(frequency, "not a frequency", right);
                self.spoil(population, locus, place, problem);
            }
        }
    }

    /// A figure of a locus is wrong: the locus is left out whole.
    pub(super) fn spoil(
        &mut self,
        population: &str,
        locus: Locus,
        place: Place<'_>,
        problem: Problem,
    ) {
        self.entry(population, locus, place).spoilt = true;
        self.problems.push(problem);
    }

    fn entry(&mut self, population: &str, locus: Locus, place: Place<'_>) -> &mut Entry {
        let is_it = |entry: &Entry| entry.locus == locus && entry.population == population;
        let known = match self.entries.last() {
            Some(last) if is_it(last) => Some(self.entries.len() - 1),
            _ => self.entries.iter().position(is_it),
        };
        let at = known.unwrap_or_else(|| {
            self.entries.push(Entry {
                population: population.to_owned(),
                locus,
                row: place.row,
                column: place.column.to_owned(),
                alleles_typed: None,
                shares: Vec::new(),
                spoilt: false,
            });
            self.entries.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "a position of this list, or the one pushed")]
        &mut self.entries[at]
    }

    /// Checks each locus and puts populations together in the order met.
    pub(super) fn finish(self) -> Frequencies {
        let Self { unsaid, problems, entries, .. } = self;
        let mut populations: Vec<Population> = Vec::new();
        for entry in entries {
            let place = Place { row: entry.row, column: &entry.column };
            if entry.spoilt || entry.shares.is_empty() {
                continue;
            }
            let found = format!("{}, {}", entry.population, entry.locus);
            let Some(alleles_typed) = entry.alleles_typed.or(unsaid.alleles_typed) else {
                let wrong = "the file does not say how many alleles were typed";
                problems.push(place.error(&found, wrong, "their number, given with the file"));
                continue;
            };
            match LocusFrequencies::new(alleles_typed, entry.shares) {
                Err(wrong) => {
                    let right = "each allele once, and frequencies that sum to 1";
                    problems.push(place.error(&found, &wrong.to_string(), right));
                }
                Ok(at) => {
                    let known = populations.iter().position(|it| it.name() == entry.population);
                    let known = known.unwrap_or_else(|| {
                        populations.push(Population::new(entry.population));
                        populations.len() - 1
                    });
                    if let Some(population) = populations.get_mut(known) {
                        population.set(entry.locus, at);
                    }
                }
            }
        }
        if populations.is_empty() {
            let wrong = "no locus with frequencies was read";
            problems.push(Problem::error(1, "", wrong, "a table of allele frequencies"));
        }
        Frequencies::new(populations)
    }
}

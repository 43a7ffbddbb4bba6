//! Rows to samples: rows of one sample are brought together wherever they stand.
//!
//! A sample is read whole or left out whole. What a sample says twice must be the same both
//! times: two readings under one name are two measurements, and choosing is a person's work.

use std::borrow::Cow;
use std::collections::HashMap;

use genetics::{Allele, AlleleKind, Genotype, Locus, Profile};

use super::header::{Column, Layout, Meaning, Shape, Slot, Slots};
use super::reading::{self, Reading, SexCoding, Token};
use super::spelling::marker_spelling;
use super::{LeftOut, Peak, Sample, Table};
use crate::cells::too_wide;
use crate::problem::{Problem, Problems};

/// One reading of one locus.
struct Given {
    locus: Locus,
    row: u64,
    said: Said,
}

#[derive(PartialEq, Eq)]
enum Said {
    Genotype(Option<Genotype>),
    Sex(Vec<(u8, Option<u32>)>),
}

/// A sample while its rows are still coming in.
struct Draft {
    name: String,
    first_row: u64,
    given: Vec<Given>,
    peaks: Vec<Peak>,
    off_ladder: Option<u64>,
    repeated: bool,
    spoilt: bool,
}

/// Samples in the making.
pub(super) struct Gathering {
    columns: Vec<Column>,
    long: bool,
    drafts: Vec<Draft>,
    by_name: HashMap<String, usize>,
    /// Loci of the marker spellings met so far; none for a stranger.
    markers: HashMap<String, Option<Locus>>,
    unknown: Vec<String>,
    letters: bool,
    two: bool,
    zero_before_one: bool,
}

impl Gathering {
    pub(super) fn new(layout: &Layout) -> Self {
        let mut unknown: Vec<String> = Vec::new();
        for column in layout.columns.iter().filter(|it| it.meaning == Meaning::UnknownMarker) {
            let spelling = marker_spelling(&column.name);
            if !unknown.iter().any(|known| known == spelling) {
                unknown.push(spelling.to_owned());
            }
        }
        Self {
            columns: layout.columns.clone(),
            long: layout.shape == Shape::Long,
            drafts: Vec::new(),
            by_name: HashMap::new(),
            markers: HashMap::new(),
            unknown,
            letters: false,
            two: false,
            zero_before_one: false,
        }
    }

    /// Takes one row that is not blank.
    pub(super) fn take_row(
        &mut self,
        row: u64,
        cells: &[Cow<'_, str>],
        width: usize,
        slots: &Slots,
        problems: &mut Problems,
    ) {
        let cell = |place: usize| cells.get(place).map_or("", AsRef::as_ref);
        let name = cell(slots.sample);
        if name.is_empty() {
            let wrong = "the row names no sample and was left out";
            problems.push(self.at(slots.sample, Problem::error(row, "", wrong, "a sample name")));
            return;
        }
        let sample = self.draft(name, row);
        if cells.iter().skip(width).any(|cell| !cell.is_empty()) {
            self.spoil(sample);
            problems.push(too_wide(row, width));
            return;
        }
        for slot in &slots.slots {
            let Some(locus) = slot.locus.or_else(|| {
                let place = slots.marker?;
                self.marker(place, cell(place), row, sample, problems)
            }) else {
                continue;
            };
            match reading::read(locus, tokens(slot, cells).into_iter()) {
                Ok(said) => self.take_reading(sample, locus, row, said, problems),
                Err(fault) => {
                    self.spoil(sample);
                    let wrong = format!("{}; sample {name} was left out", fault.wrong);
                    let problem = Problem::error(row, &fault.found, wrong, fault.right);
                    problems.push(self.at(fault.place, problem));
                }
            }
        }
    }

    /// Leaves out the sample of a line that could not be cut into cells, as far as its name can
    /// be told by cutting at every delimiter.
    pub(super) fn spoil_line(&mut self, row: u64, text: &str, delimiter: char, slots: &Slots) {
        let name = text.split(delimiter).nth(slots.sample).unwrap_or_default();
        let name = name.trim().trim_matches('"').trim();
        if !name.is_empty() {
            let sample = self.draft(name, row);
            self.spoil(sample);
        }
    }

    fn draft(&mut self, name: &str, row: u64) -> usize {
        if let Some(place) = self.by_name.get(name) {
            return *place;
        }
        let place = self.drafts.len();
        self.by_name.insert(name.to_owned(), place);
        self.drafts.push(Draft {
            name: name.to_owned(),
            first_row: row,
            given: Vec::new(),
            peaks: Vec::new(),
            off_ladder: None,
            repeated: false,
            spoilt: false,
        });
        place
    }

    fn at(&self, place: usize, problem: Problem) -> Problem {
        match self.columns.get(place) {
            Some(column) => problem.in_column(&column.name),
            None => problem,
        }
    }

    /// Leaves a sample out; what was read of it is forgotten.
    fn spoil(&mut self, sample: usize) {
        if let Some(draft) = self.drafts.get_mut(sample) {
            draft.spoilt = true;
            draft.given = Vec::new();
            draft.peaks = Vec::new();
        }
    }

    /// The locus of a marker cell. A stranger is reported once in a file.
    fn marker(
        &mut self,
        place: usize,
        name: &str,
        row: u64,
        sample: usize,
        problems: &mut Problems,
    ) -> Option<Locus> {
        if let Some(locus) = self.markers.get(name) {
            return *locus;
        }
        if name.is_empty() {
            self.spoil(sample);
            let wrong = "the row names no marker; its sample was left out";
            problems.push(self.at(place, Problem::error(row, "", wrong, "the name of a locus")));
            return None;
        }
        let locus = Locus::from_name(name);
        self.markers.insert(name.to_owned(), locus);
        if locus.is_none() {
            self.unknown.push(name.to_owned());
            let wrong = "the marker is not known; its rows were not read";
            let right = "the name of a locus of the 2017 list";
            problems.push(self.at(place, Problem::warning(row, name, wrong, right)));
        }
        locus
    }

    fn take_reading(
        &mut self,
        sample: usize,
        locus: Locus,
        row: u64,
        reading: Reading,
        problems: &mut Problems,
    ) {
        let said = match &reading {
            Reading::Alleles(alleles) => match reading::genotype(alleles) {
                Ok(genotype) => Said::Genotype(genotype),
                Err(wrong) => {
                    self.spoil(sample);
                    let wrong = format!("{locus}: {wrong}; its sample was left out");
                    problems.push(Problem::error(row, "", wrong, "fewer alleles at the locus"));
                    return;
                }
            },
            Reading::SexDigits(digits) => Said::Sex(digits.clone()),
        };
        // In a wide table an empty cell only fills the grid; a long row was written on purpose.
        if said == Said::Genotype(None) && !self.long {
            return;
        }
        self.note_sexes(locus, &reading);
        let Some(draft) = self.drafts.get_mut(sample).filter(|draft| !draft.spoilt) else {
            return;
        };
        if let Some(before) = draft.given.iter().find(|given| given.locus == locus) {
            if same(&before.said, &said) {
                let first = !draft.repeated;
                draft.repeated = true;
                if first {
                    let wrong = format!("{locus} is given again with the same alleles");
                    let right =
                        format!("each marker of a sample once (first in row {})", before.row);
                    problems.push(Problem::warning(row, &draft.name, wrong, right));
                }
            } else {
                let wrong = format!(
                    "{locus} was given with other alleles in row {}; the sample was left out",
                    before.row
                );
                let right = "each marker of a sample once, two measurements under two names";
                problems.push(Problem::error(row, &draft.name, wrong, right));
                self.spoil(sample);
            }
            return;
        }
        draft.given.push(Given { locus, row, said });
        if let Reading::Alleles(alleles) = reading {
            draft.note_peaks(locus, row, &alleles);
        }
    }

    fn note_sexes(&mut self, locus: Locus, reading: &Reading) {
        match reading {
            Reading::SexDigits(digits) => {
                self.two |= digits.iter().any(|(digit, _)| *digit == 2);
                let after_zero = digits.iter().skip_while(|(digit, _)| *digit != 0);
                self.zero_before_one |= after_zero.into_iter().any(|(digit, _)| *digit == 1);
            }
            Reading::Alleles(alleles) => {
                self.letters |= locus == Locus::Amelogenin && !alleles.is_empty();
            }
        }
    }

    /// Everything that was read whole.
    pub(super) fn finish(self, layout: Layout, problems: &mut Problems) -> Table {
        let digits =
            if self.zero_before_one && !self.two { SexCoding::ZeroOne } else { SexCoding::OneTwo };
        let mut digits_used = false;
        let mut table = Table { unknown_markers: self.unknown, ..Table::default() };
        for draft in self.drafts {
            let (name, first_row) = (draft.name.clone(), draft.first_row);
            digits_used |= draft.given.iter().any(|given| matches!(given.said, Said::Sex(_)));
            match draft.finish(digits, problems) {
                Some(sample) => table.samples.push(sample),
                None => table.left_out.push(LeftOut { name, first_row }),
            }
        }
        let letters = self.letters.then_some(SexCoding::Letters);
        table.sex_coding = if digits_used { Some(digits) } else { letters };
        table.layout = Some(layout);
        table
    }
}

/// The allele tokens of a slot in one row.
fn tokens<'a>(slot: &Slot, cells: &'a [Cow<'_, str>]) -> Vec<Token<'a>> {
    let cell = |place: usize| cells.get(place).map_or("", AsRef::as_ref);
    let mut tokens = Vec::new();
    for (place, height) in &slot.cells {
        let (place, text) = (*place, cell(*place));
        let height = height.map_or("", cell);
        if slot.lists {
            tokens.extend(reading::list(place, text, height));
        } else {
            tokens.push(Token { place, text, height });
        }
    }
    tokens
}

/// The same alleles; heights are measurements and may differ.
fn same(one: &Said, other: &Said) -> bool {
    match (one, other) {
        (Said::Genotype(one), Said::Genotype(other)) => one == other,
        (Said::Sex(one), Said::Sex(other)) => {
            let set = |digits: &[(u8, Option<u32>)]| {
                digits.iter().fold(0_u8, |set, (digit, _)| set | 1 << digit)
            };
            set(one) == set(other)
        }
        _ => false,
    }
}

impl Draft {
    fn note_peaks(&mut self, locus: Locus, row: u64, alleles: &[(Allele, Option<u32>)]) {
        if alleles.iter().any(|(allele, _)| allele.kind() == AlleleKind::OffLadder) {
            self.off_ladder.get_or_insert(row);
        }
        let peaks = alleles.iter().filter_map(|(allele, height)| {
            Some(Peak { locus, allele: *allele, height: (*height)? })
        });
        self.peaks.extend(peaks);
    }

    /// Resolves what waited for the whole file. `None` where the sample is left out.
    fn finish(mut self, digits: SexCoding, problems: &mut Problems) -> Option<Sample> {
        if self.spoilt {
            return None;
        }
        let mut genotypes = Vec::with_capacity(self.given.len());
        for Given { locus, row, said } in std::mem::take(&mut self.given) {
            let genotype = match said {
                Said::Genotype(genotype) => genotype,
                Said::Sex(given) => match reading::sexes(&given, digits) {
                    Ok(alleles) => {
                        self.note_peaks(locus, row, &alleles);
                        reading::genotype(&alleles).ok().flatten()
                    }
                    Err(wrong) => {
                        let wrong = format!("{wrong}; sample {} was left out", self.name);
                        let found = given.iter().map(|(digit, _)| digit.to_string());
                        let found = found.collect::<Vec<_>>().join(",");
                        problems.push(Problem::error(row, &found, wrong, "X and Y"));
                        return None;
                    }
                },
            };
            genotypes.extend(genotype.map(|genotype| (locus, genotype)));
        }
        let off_ladder: Vec<Locus> = genotypes
            .iter()
            .filter(|(_, genotype)| genotype.has_off_ladder())
            .map(|(locus, _)| *locus)
            .collect();
        if let Some(row) = self.off_ladder {
            let loci: Vec<&str> = off_ladder.iter().map(|locus| locus.name()).collect();
            let wrong = format!("off-ladder readings at {}", loci.join(", "));
            problems.push(Problem::warning(row, &self.name, wrong, "a person's review of them"));
        }
        // Each locus was taken once, so the profile cannot be refused.
        let profile = Profile::from_genotypes(genotypes).ok()?;
        let Self { name, first_row, peaks, .. } = self;
        Some(Sample { name, first_row, profile, peaks, off_ladder })
    }
}

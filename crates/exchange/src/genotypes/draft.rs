//! A sample while its rows are still coming in, and what of it must wait for the whole file.
//!
//! A sample is read whole or left out whole. What a sample says twice must be the same both
//! times: two readings under one name are two measurements, and choosing is a person's work.

use genetics::profile::TypedLocus;
use genetics::{Allele, AlleleKind, Genotype, Locus, Profile};

use super::reading::{self, Reading, SexCoding};
use super::{Peak, Sample};
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

/// What would be right where a locus has more alleles than can be.
const FEWER: &str = "fewer alleles at the locus";

/// A sample in the making. A finished draft can be begun anew and keeps its room.
#[derive(Default)]
pub(super) struct Draft {
    name: String,
    first_row: u64,
    given: Vec<Given>,
    /// The loci given, as bits by position.
    loci: u64,
    peaks: Vec<Peak>,
    off_ladder: Option<u64>,
    repeated: bool,
    spoilt: bool,
    sex_in_digits: bool,
}

/// How sex was written in the rows seen so far.
#[derive(Clone, Copy, Default)]
pub(super) struct Sexes {
    letters: bool,
    two: bool,
    zero_before_one: bool,
}

impl Sexes {
    pub(super) fn note(&mut self, locus: Locus, reading: &Reading) {
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

    /// What digits mean, as far as the rows seen tell.
    pub(super) fn digits(self) -> SexCoding {
        if self.zero_before_one && !self.two { SexCoding::ZeroOne } else { SexCoding::OneTwo }
    }

    /// True where no later row can change what digits mean.
    pub(super) fn certain(self) -> bool {
        self.two
    }

    /// How sex was written in the whole table.
    pub(super) fn coding(self, digits_used: bool) -> Option<SexCoding> {
        let letters = self.letters.then_some(SexCoding::Letters);
        if digits_used { Some(self.digits()) } else { letters }
    }
}

impl Draft {
    /// Begins a sample; whatever the draft held is gone.
    pub(super) fn begin(&mut self, name: &str, first_row: u64) {
        let mut given = std::mem::take(&mut self.given);
        given.clear();
        *self = Self { name: name.to_owned(), first_row, given, ..Self::default() };
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn first_row(&self) -> u64 {
        self.first_row
    }

    /// True where sex was given in digits, whose meaning the whole file tells.
    pub(super) fn waits_for_sexes(&self) -> bool {
        self.sex_in_digits && !self.spoilt
    }

    /// Leaves the sample out; what was read of it is forgotten.
    pub(super) fn spoil(&mut self) {
        self.spoilt = true;
        self.given.clear();
        self.peaks.clear();
        self.sex_in_digits = false;
    }

    /// Takes what the cells of a locus said.
    pub(super) fn take(
        &mut self,
        locus: Locus,
        row: u64,
        reading: Reading,
        problems: &mut Problems,
    ) {
        match reading {
            Reading::Alleles(alleles) => match reading::genotype(&alleles) {
                Ok(genotype) => {
                    if self.take_said(locus, row, Said::Genotype(genotype), problems) {
                        self.note_peaks(locus, row, &alleles);
                    }
                }
                Err(wrong) => self.spoil_at(locus, row, &wrong, FEWER, problems),
            },
            Reading::SexDigits(digits) => {
                if self.take_said(locus, row, Said::Sex(digits), problems) {
                    self.sex_in_digits = true;
                }
            }
        }
    }

    /// Takes one more allele of a locus whose alleles stand in rows of their own. The same allele
    /// twice is two sequences of one length, or a homozygote.
    pub(super) fn take_more(
        &mut self,
        locus: Locus,
        row: u64,
        reading: Reading,
        problems: &mut Problems,
    ) {
        let before = self.given.iter_mut().find(|given| given.locus == locus);
        match (before.map(|given| &mut given.said), reading) {
            (None, reading) => self.take(locus, row, reading, problems),
            (Some(Said::Sex(digits)), Reading::SexDigits(more)) => digits.extend(more),
            (Some(Said::Genotype(genotype)), Reading::Alleles(more)) => {
                let known = genotype.iter().flat_map(|genotype| genotype.alleles());
                let both: Vec<_> =
                    known.map(|allele| (*allele, None)).chain(more.iter().copied()).collect();
                match reading::genotype(&both) {
                    Ok(joined) => {
                        *genotype = joined;
                        self.note_peaks(locus, row, &more);
                    }
                    Err(wrong) => self.spoil_at(locus, row, &wrong, FEWER, problems),
                }
            }
            (Some(_), _) => {
                let wrong = "sex is written in letters and in digits at once";
                self.spoil_at(locus, row, wrong, "X and Y, or digits", problems);
            }
        }
    }

    fn spoil_at(
        &mut self,
        locus: Locus,
        row: u64,
        wrong: &str,
        right: &str,
        problems: &mut Problems,
    ) {
        self.spoil();
        let wrong = format!("{locus}: {wrong}; its sample was left out");
        problems.push(Problem::error(row, "", wrong, right));
    }

    /// Takes a genotype that was read before, without heights.
    pub(super) fn take_genotype(
        &mut self,
        locus: Locus,
        row: u64,
        genotype: Genotype,
        problems: &mut Problems,
    ) {
        let off_ladder = genotype.has_off_ladder();
        let taken = self.take_said(locus, row, Said::Genotype(Some(genotype)), problems);
        if taken && off_ladder {
            self.off_ladder.get_or_insert(row);
        }
    }

    /// False where nothing new was taken.
    fn take_said(&mut self, locus: Locus, row: u64, said: Said, problems: &mut Problems) -> bool {
        if self.spoilt {
            return false;
        }
        let bit = 1 << locus.position();
        if self.loci & bit != 0 {
            self.take_again(locus, row, &said, problems);
            return false;
        }
        self.loci |= bit;
        self.given.push(Given { locus, row, said });
        true
    }

    fn take_again(&mut self, locus: Locus, row: u64, said: &Said, problems: &mut Problems) {
        let Some(before) = self.given.iter().find(|given| given.locus == locus) else {
            return;
        };
        if !same(&before.said, said) {
            let wrong = format!(
                "{locus} was given with other alleles in row {}; the sample was left out",
                before.row
            );
            let right = "each marker of a sample once, two measurements under two names";
            problems.push(Problem::error(row, &self.name, wrong, right));
            self.spoil();
        } else if !self.repeated {
            let wrong = format!("{locus} is given again with the same alleles");
            let right = format!("each marker of a sample once (first in row {})", before.row);
            problems.push(Problem::warning(row, &self.name, wrong, right));
            self.repeated = true;
        }
    }

    fn note_peaks(&mut self, locus: Locus, row: u64, alleles: &[(Allele, Option<u32>)]) {
        if alleles.iter().any(|(allele, _)| allele.kind() == AlleleKind::OffLadder) {
            self.off_ladder.get_or_insert(row);
        }
        let peaks = alleles.iter().filter_map(|(allele, height)| {
            Some(Peak { locus, allele: *allele, height: (*height)? })
        });
        self.peaks.extend(peaks);
    }

    /// The sample, with what waited for the whole file resolved. `None` where it is left out.
    pub(super) fn finish(&mut self, digits: SexCoding, problems: &mut Problems) -> Option<Sample> {
        if self.spoilt || (self.sex_in_digits && !self.resolve_sexes(digits, problems)) {
            return None;
        }
        let typed = self.given.drain(..).filter_map(|given| match given.said {
            Said::Genotype(genotype) => {
                Some(TypedLocus { locus: given.locus, genotype: genotype?, required: None })
            }
            Said::Sex(_) => None,
        });
        // Each locus was taken once, so the profile cannot be refused.
        let profile = Profile::new(typed).ok()?;
        let off_ladder = match self.off_ladder {
            Some(row) => self.off_ladder(&profile, row, problems),
            None => Vec::new(),
        };
        Some(Sample {
            name: std::mem::take(&mut self.name),
            first_row: self.first_row,
            profile,
            peaks: std::mem::take(&mut self.peaks),
            off_ladder,
        })
    }

    /// Puts X and Y in the place of digits. False where they fit no coding.
    fn resolve_sexes(&mut self, digits: SexCoding, problems: &mut Problems) -> bool {
        let mut given = std::mem::take(&mut self.given);
        for Given { locus, row, said } in &mut given {
            let Said::Sex(written) = said else {
                continue;
            };
            match reading::sexes(written, digits) {
                Ok(alleles) => {
                    self.note_peaks(*locus, *row, &alleles);
                    *said = Said::Genotype(reading::genotype(&alleles).ok().flatten());
                }
                Err(wrong) => {
                    let wrong = format!("{wrong}; sample {} was left out", self.name);
                    let found = written.iter().map(|(digit, _)| digit.to_string());
                    let found = found.collect::<Vec<_>>().join(",");
                    problems.push(Problem::error(*row, &found, wrong, "X and Y"));
                    return false;
                }
            }
        }
        self.given = given;
        true
    }

    /// The loci with an off-ladder reading, and the warning of them.
    fn off_ladder(&self, profile: &Profile, row: u64, problems: &mut Problems) -> Vec<Locus> {
        let typed = profile.typed().iter().filter(|entry| entry.genotype.has_off_ladder());
        let loci: Vec<Locus> = typed.map(|entry| entry.locus).collect();
        let names: Vec<&str> = loci.iter().map(|locus| locus.name()).collect();
        let wrong = format!("off-ladder readings at {}", names.join(", "));
        problems.push(Problem::warning(row, &self.name, wrong, "a person's review of them"));
        loci
    }
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

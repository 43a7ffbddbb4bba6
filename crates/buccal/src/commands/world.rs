//! `buccal world ...`: invented profiles in files, so that a search can be measured at the size of
//! a nation and its answers checked.
//!
//! Parts of the files are made on all processors and written in order; what is held at a time does
//! not grow with the nation. The last file written is `nation.json`: without it the others are not
//! whole. Bookings, in a file of its own, are lived and counted and stored nowhere. Absent:
//! databases, and any real person's data.

mod bookings;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use exchange::genotypes::{WideColumns, WideWriter};
use genetics::{Category, LocusSet, Profile};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::Serialize;
use world::evidence::MIXTURE_ALLELES_MAX;
use world::nation::{Panel, SEARCHABLE_LOCI_MIN};
use world::{Contributor, Descent, Nation, NationSettings, Stain};

use crate::output::{progress, show, wrong};
use crate::shell::Common;

/// Profiles of one part of a file.
const PART: u64 = 2048;

/// Parts that each processor makes before what was made is written.
const PARTS_AHEAD: u64 = 8;

/// Alleles of a person at one locus: a tri-allele has three.
const PERSON_ALLELES_MAX: usize = 3;

/// What can be invented.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Write invented persons and forensic profiles, and who was planted in which
    Profiles(Profiles),
    /// Live invented bookings under the rules, each judged by the law written a second time
    Bookings(bookings::Bookings),
}

/// What is written, and where.
#[derive(Args, Debug)]
pub(crate) struct Profiles {
    /// How many persons
    #[arg(long)]
    persons: u64,
    /// How many forensic profiles
    #[arg(long)]
    forensic: u64,
    /// What all chance follows from: the same seed gives the same files
    #[arg(long, default_value_t = NationSettings::default().seed)]
    seed: u64,
    /// Folder for persons.csv, forensic.csv, truth.csv and nation.json; none of them may be there
    #[arg(long)]
    out: PathBuf,
    /// Share of persons of whom only the original 13 loci are typed
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    old_panel: f64,
}

/// What was written.
#[derive(Serialize)]
struct Written {
    persons: PersonCounts,
    forensic: StainCounts,
}

/// All there is to know of the files: with it they can be written again.
#[derive(Serialize)]
struct Record<'a> {
    version: &'static str,
    settings: &'a NationSettings,
    #[serde(flatten)]
    written: &'a Written,
}

#[derive(Default, Serialize)]
struct PersonCounts {
    written: u64,
    full_siblings: u64,
    resampled: u64,
    original_panel: u64,
    tri_allelic: u64,
}

#[derive(Default, Serialize)]
struct StainCounts {
    written: u64,
    forensic_unknown: u64,
    forensic_partial: u64,
    forensic_mixture: u64,
    planted_contributors: u64,
    single: Classes,
    mixture: Classes,
    mixtures_by_loci: BTreeMap<usize, u64>,
}

/// Forensic profiles by the number of their loci.
#[derive(Default, Serialize)]
struct Classes {
    full: u64,
    loci_13_to_19: u64,
    loci_8_to_12: u64,
    below_8: u64,
}

/// Rows that stand together in the files, and what was counted in them.
struct Part<C> {
    table: Vec<u8>,
    truth: String,
    counts: C,
}

/// Counts of parts that can be joined.
trait Counts: Default + Send {
    fn add(&mut self, other: Self);
}

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Profiles(profiles) => write_profiles(common, &profiles),
        Verb::Bookings(asked) => bookings::run(common, &asked),
    }
}

fn write_profiles(common: &Common, asked: &Profiles) -> anyhow::Result<ExitCode> {
    let settings = NationSettings {
        seed: asked.seed,
        persons: asked.persons,
        forensic: asked.forensic,
        old_panel_share: asked.old_panel,
        ..NationSettings::default()
    };
    let nation = Nation::new(&settings).map_err(|error| wrong(error.to_string()))?;
    std::fs::create_dir_all(&asked.out)
        .with_context(|| format!("the folder {} cannot be made", asked.out.display()))?;
    let mut truth = create(&asked.out, "truth.csv")?;
    let record = create(&asked.out, "nation.json")?;
    writeln!(truth, "forensic,contributor,person")?;

    let mut table = create(&asked.out, "persons.csv")?;
    WideWriter::new(&mut table, columns(PERSON_ALLELES_MAX))?.finish()?;
    let make = |numbers| persons(&nation, numbers);
    let persons = in_parts(settings.persons, "persons", make, &mut table, &mut truth)?;

    let mut table = create(&asked.out, "forensic.csv")?;
    WideWriter::new(&mut table, columns(MIXTURE_ALLELES_MAX))?.finish()?;
    let make = |numbers| stains(&nation, numbers);
    let forensic = in_parts(settings.forensic, "forensic profiles", make, &mut table, &mut truth)?;
    truth.flush()?;

    let written = Written { persons, forensic };
    write_record(record, &settings, &written)?;
    show(&written, common.json)?;
    Ok(ExitCode::SUCCESS)
}

fn create(folder: &Path, name: &str) -> anyhow::Result<BufWriter<File>> {
    let path = folder.join(name);
    let file = File::create_new(&path);
    let text = |error| format!("{}: {error}; choose a folder without such a file", path.display());
    Ok(BufWriter::new(file.map_err(|error| wrong(text(error)))?))
}

fn columns(alleles: usize) -> WideColumns {
    let category = alleles == MIXTURE_ALLELES_MAX;
    WideColumns { delimiter: b',', loci: LocusSet::core20(), alleles, category }
}

/// Makes the parts of a table on all processors and writes them in order.
fn in_parts<C: Counts>(
    count: u64,
    what: &'static str,
    make: impl Fn(Range<u64>) -> anyhow::Result<Part<C>> + Sync,
    table: &mut impl Write,
    truth: &mut impl Write,
) -> anyhow::Result<C> {
    let bar = progress(count, what);
    let ahead = rayon::current_num_threads() as u64 * PARTS_AHEAD;
    let mut counts = C::default();
    for begin in (0..count).step_by((PART * ahead) as usize) {
        let end = count.min(begin + PART * ahead);
        let begins: Vec<u64> = (begin..end).step_by(PART as usize).collect();
        let parts: Vec<anyhow::Result<Part<C>>> =
            begins.into_par_iter().map(|from| make(from..end.min(from + PART))).collect();
        for part in parts {
            let part = part?;
            table.write_all(&part.table)?;
            truth.write_all(part.truth.as_bytes())?;
            counts.add(part.counts);
        }
        bar.set_position(end);
    }
    table.flush()?;
    bar.finish_and_clear();
    Ok(counts)
}

fn persons(nation: &Nation, numbers: Range<u64>) -> anyhow::Result<Part<PersonCounts>> {
    let (mut table, mut counts) = (Vec::new(), PersonCounts::default());
    let mut writer = WideWriter::continuing(&mut table, columns(PERSON_ALLELES_MAX));
    for number in numbers {
        let profile = nation.person(number);
        writer.write(&format!("P{number}"), None, &profile)?;
        counts.note(&profile, nation.descent(number), nation.panel(number));
    }
    writer.finish()?;
    Ok(Part { table, truth: String::new(), counts })
}

fn stains(nation: &Nation, numbers: Range<u64>) -> anyhow::Result<Part<StainCounts>> {
    let (mut table, mut counts) = (Vec::new(), StainCounts::default());
    let mut truth = String::new();
    let mut writer = WideWriter::continuing(&mut table, columns(MIXTURE_ALLELES_MAX));
    for number in numbers {
        let stain = nation.evidence(number);
        writer.write(&format!("F{number}"), Some(stain.category), &stain.profile)?;
        for (place, contributor) in (1..).zip(&stain.contributors) {
            if let Contributor::Person(person) = contributor {
                writeln!(truth, "F{number},{place},P{person}")?;
                counts.planted_contributors += 1;
            }
        }
        counts.note(&stain);
    }
    writer.finish()?;
    Ok(Part { table, truth, counts })
}

fn write_record(
    mut out: impl Write,
    settings: &NationSettings,
    written: &Written,
) -> anyhow::Result<()> {
    let record = Record { version: env!("CARGO_PKG_VERSION"), settings, written };
    serde_json::to_writer_pretty(&mut out, &record)?;
    writeln!(out)?;
    Ok(out.flush()?)
}

impl PersonCounts {
    fn note(&mut self, profile: &Profile, descent: Descent, panel: Panel) {
        self.written += 1;
        self.full_siblings += u64::from(matches!(descent, Descent::FullSibling(_)));
        self.resampled += u64::from(matches!(descent, Descent::Resampled(_)));
        self.original_panel += u64::from(panel == Panel::Original);
        self.tri_allelic += u64::from(profile.alleles_max(LocusSet::core20()) > 2);
    }
}

impl Counts for PersonCounts {
    fn add(&mut self, other: Self) {
        self.written += other.written;
        self.full_siblings += other.full_siblings;
        self.resampled += other.resampled;
        self.original_panel += other.original_panel;
        self.tri_allelic += other.tri_allelic;
    }
}

impl StainCounts {
    fn note(&mut self, stain: &Stain) {
        let loci = stain.profile.loci().len();
        self.written += 1;
        match stain.category {
            Category::ForensicMixture => {
                self.forensic_mixture += 1;
                self.mixture.note(loci);
                *self.mixtures_by_loci.entry(loci).or_default() += 1;
                return;
            }
            Category::ForensicPartial => self.forensic_partial += 1,
            _ => self.forensic_unknown += 1,
        }
        self.single.note(loci);
    }
}

impl Counts for StainCounts {
    fn add(&mut self, other: Self) {
        self.written += other.written;
        self.forensic_unknown += other.forensic_unknown;
        self.forensic_partial += other.forensic_partial;
        self.forensic_mixture += other.forensic_mixture;
        self.planted_contributors += other.planted_contributors;
        self.single.add(&other.single);
        self.mixture.add(&other.mixture);
        for (loci, count) in other.mixtures_by_loci {
            *self.mixtures_by_loci.entry(loci).or_default() += count;
        }
    }
}

impl Classes {
    fn note(&mut self, loci: usize) {
        match loci {
            20.. => self.full += 1,
            13.. => self.loci_13_to_19 += 1,
            SEARCHABLE_LOCI_MIN.. => self.loci_8_to_12 += 1,
            _ => self.below_8 += 1,
        }
    }

    fn add(&mut self, other: &Self) {
        self.full += other.full;
        self.loci_13_to_19 += other.loci_13_to_19;
        self.loci_8_to_12 += other.loci_8_to_12;
        self.below_8 += other.below_8;
    }
}

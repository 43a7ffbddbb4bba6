//! `buccal candidate search`: genotype tables against each other, without a database.
//!
//! Tables may be of any size: persons are held packed, evidence is read and asked batch by batch,
//! and candidates are written as they are found. They go into a file beside the one that is asked
//! for, which takes its name at the end, so that a search that failed leaves no half list.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use clap::{Args, value_parser};
use exchange::candidates::{CandidatePair, CandidateWriter};
use exchange::genotypes::Sample;
use genetics::{Level, Locus, LocusSet, Profile, SearchRule};
use journey::ids::SpecimenNumber;
use serde::Serialize;
use serde_json::{Map, Value};

use super::file_search::Persons;
use super::tables;
use crate::output::{progress_bytes, remark, show, wrong};
use crate::shell::Common;

/// A search of files.
#[derive(Args, Debug)]
pub(crate) struct Search {
    /// Genotype tables of persons (delimited text or Parquet)
    #[arg(long, required = true, num_args = 1..)]
    persons: Vec<PathBuf>,
    /// Genotype tables of evidence (delimited text or Parquet)
    #[arg(long, required = true, num_args = 1..)]
    forensic: Vec<PathBuf>,
    /// high, moderate or low
    #[arg(long, default_value = "moderate")]
    stringency: String,
    /// A locus with a stringency of its own, such as D21S11=high
    #[arg(long, value_name = "LOCUS=LEVEL")]
    stringency_at: Vec<String>,
    /// Loci that must match at least
    #[arg(long, default_value_t = 8)]
    min_loci: u8,
    /// Loci that may differ at most
    #[arg(long, default_value_t = 1, value_parser = value_parser!(u8).range(0..=3))]
    mismatches: u8,
    /// Loci looked at: core13, core20, autosomal, or a list such as FGA,TH01,vWA
    #[arg(long, default_value = "core20")]
    loci: String,
    /// Alleles at one locus at most; a sample with more is left out
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u8).range(1..=32))]
    max_alleles: u8,
    /// Where the candidates go (CSV)
    #[arg(long)]
    out: PathBuf,
}

/// The settings of a search, as they are kept beside its result.
#[derive(Serialize)]
struct Settings {
    stringency: Level,
    stringency_at: Map<String, Value>,
    loci: Vec<Locus>,
    matching_min: u8,
    mismatches_max: u8,
    alleles_max: u8,
}

/// What a search of files gave.
#[derive(Serialize)]
struct Searched {
    persons: u64,
    persons_left_out: u64,
    forensic: u64,
    forensic_left_out: u64,
    candidates: u64,
    seconds: f64,
    pairs_per_second: u64,
    settings: Settings,
    out: String,
    settings_out: String,
}

/// Profiles of evidence that are asked at once.
const BATCH: usize = 1 << 18;

/// Samples with too many alleles that are named before they are only counted.
const TOLD_MAX: u64 = 10;

/// Runs the search.
pub(super) fn run(common: &Common, search: &Search) -> anyhow::Result<ExitCode> {
    let rule = rule(search)?;
    let mut persons = Persons::default();
    let mut loading = persons.loading();
    let persons_left_out = samples(&search.persons, "persons read", search, &rule, |sample| {
        loading.push(&sample);
        Ok(())
    })?;
    loading.finish()?;
    let partial = beside(&search.out, ".partial");
    let settings = settings(search, &rule);
    let settings_out = beside(&search.out, ".settings.json");
    let answered = answer(search, &rule, &persons, &partial).and_then(|answered| {
        let cannot = |path: &Path| format!("{} cannot be written", path.display());
        write_settings(&settings_out, &settings).with_context(|| cannot(&settings_out))?;
        fs::rename(&partial, &search.out).with_context(|| cannot(&search.out))?;
        Ok(answered)
    });
    let answered = answered.inspect_err(|_| {
        // The error that led here says more than one about a file that is in the way.
        let _ = fs::remove_file(&partial);
    })?;
    let pairs = persons.len() as f64 * answered.forensic as f64;
    let searched = Searched {
        persons: persons.len(),
        persons_left_out,
        forensic: answered.forensic,
        forensic_left_out: answered.left_out,
        candidates: answered.candidates,
        seconds: answered.seconds,
        pairs_per_second: (pairs / answered.seconds.max(f64::MIN_POSITIVE)) as u64,
        settings,
        out: search.out.display().to_string(),
        settings_out: settings_out.display().to_string(),
    };
    show(&searched, common.json)?;
    Ok(ExitCode::SUCCESS)
}

/// The answer to the evidence.
struct Answered {
    forensic: u64,
    left_out: u64,
    candidates: u64,
    /// Seconds that the engine took.
    seconds: f64,
}

/// Reads the evidence, asks it batch by batch, and writes the candidates in its order.
fn answer(
    search: &Search,
    rule: &SearchRule,
    persons: &Persons,
    out: &Path,
) -> anyhow::Result<Answered> {
    let file = File::create(out).with_context(|| format!("{} cannot be written", out.display()))?;
    let mut asking = Asking {
        persons,
        rule,
        out: CandidateWriter::new(BufWriter::new(file))?,
        names: Vec::new(),
        profiles: Vec::new(),
        answered: Answered { forensic: 0, left_out: 0, candidates: 0, seconds: 0.0 },
    };
    let left_out =
        samples(&search.forensic, "evidence searched", search, rule, |sample| asking.take(sample))?;
    asking.ask()?;
    let Asking { out, answered, .. } = asking;
    out.finish()?;
    Ok(Answered { left_out, ..answered })
}

/// Evidence on its way to the engine.
struct Asking<'a, W: Write> {
    persons: &'a Persons,
    rule: &'a SearchRule,
    out: CandidateWriter<W>,
    names: Vec<String>,
    profiles: Vec<Profile>,
    answered: Answered,
}

impl<W: Write> Asking<'_, W> {
    fn take(&mut self, sample: Sample) -> anyhow::Result<()> {
        self.names.push(sample.name);
        self.profiles.push(sample.profile);
        if self.profiles.len() >= BATCH { self.ask() } else { Ok(()) }
    }

    /// Asks what has gathered.
    fn ask(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let answers = self.persons.search(&self.profiles, self.rule)?;
        self.answered.seconds += begun.elapsed().as_secs_f64();
        for (name, answer) in self.names.iter().zip(&answers) {
            for found in answer {
                self.out.write(&CandidatePair {
                    forensic: SpecimenNumber::new(name),
                    person: SpecimenNumber::new(self.persons.name(found.key)),
                    loci_compared: found.compared.into(),
                    loci_matching: found.matching.into(),
                    mismatches: found.mismatching.into(),
                    stringency: found.loosest.unwrap_or(Level::Mismatch),
                })?;
            }
            self.answered.candidates += answer.len() as u64;
        }
        self.answered.forensic += self.profiles.len() as u64;
        self.names.clear();
        self.profiles.clear();
        Ok(())
    }
}

/// Hands over the samples of many tables that can be searched; tells how many were left out.
fn samples(
    files: &[PathBuf],
    what: &'static str,
    search: &Search,
    rule: &SearchRule,
    mut take: impl FnMut(Sample) -> anyhow::Result<()>,
) -> anyhow::Result<u64> {
    let bytes = files.iter().filter_map(|file| fs::metadata(file).ok()).map(|it| it.len());
    let bar = progress_bytes(bytes.sum(), what);
    let (mut left_out, mut crowded) = (0, 0);
    for file in files {
        let summary = tables::each_sample(file, &bar, |sample| {
            let found = sample.profile.alleles_max(rule.loci);
            if found <= usize::from(search.max_alleles) {
                return take(sample);
            }
            crowded += 1;
            if crowded <= TOLD_MAX {
                bar.suspend(|| remark(too_many(file, &sample, found, search.max_alleles)));
            }
            Ok(())
        })?;
        left_out += summary.left_out;
    }
    bar.finish_and_clear();
    if crowded > TOLD_MAX {
        remark(format!("and {} more samples with too many alleles", crowded - TOLD_MAX));
    }
    Ok(left_out + crowded)
}

fn too_many(file: &Path, sample: &Sample, found: usize, most: u8) -> String {
    let (file, row, name) = (file.display(), sample.first_row, &sample.name);
    format!(
        "{file}: row {row}: sample '{name}' has {found} alleles at one locus and was left out; at \
         most {most} can be searched"
    )
}

fn rule(search: &Search) -> anyhow::Result<SearchRule> {
    let stringency = Level::from_word(&search.stringency).ok_or_else(|| {
        let found = &search.stringency;
        wrong(format!("--stringency: '{found}' was found; give high, moderate or low"))
    })?;
    let loci = loci(&search.loci)?;
    if usize::from(search.min_loci) > loci.len() {
        let (found, most) = (search.min_loci, loci.len());
        return Err(wrong(format!("--min-loci: {found} was found; {} has {most}", search.loci)));
    }
    let mut stringency_by_locus: Vec<(Locus, Level)> = Vec::new();
    for text in &search.stringency_at {
        let (locus, level) = stringency_at(text)?;
        if !loci.contains(locus) || stringency_by_locus.iter().any(|own| own.0 == locus) {
            let right = "name each locus once, and only loci that are looked at";
            return Err(wrong(format!("--stringency-at: '{text}' was found; {right}")));
        }
        stringency_by_locus.push((locus, level));
    }
    let (matching_min, mismatches_max) = (search.min_loci, search.mismatches);
    Ok(SearchRule { stringency, stringency_by_locus, loci, matching_min, mismatches_max })
}

/// Reads a panel or a list of loci.
pub(super) fn loci(text: &str) -> anyhow::Result<LocusSet> {
    let listed = || text.split(',').map(|name| Locus::from_name(name.trim())).collect();
    LocusSet::named(text).or_else(listed).ok_or_else(|| {
        let right = "give core13, core20 or autosomal, or names of loci with commas between them";
        wrong(format!("--loci: '{text}' was found; {right}"))
    })
}

fn stringency_at(text: &str) -> anyhow::Result<(Locus, Level)> {
    let read = || {
        let (locus, level) = text.split_once('=')?;
        Some((Locus::from_name(locus)?, Level::from_word(level)?))
    };
    read().ok_or_else(|| {
        let right = "give the name of a locus, '=', and high, moderate or low";
        wrong(format!("--stringency-at: '{text}' was found; {right}"))
    })
}

fn settings(search: &Search, rule: &SearchRule) -> Settings {
    let own = rule.stringency_by_locus.iter();
    let own = own.map(|(locus, level)| (locus.to_string(), level.word().into()));
    Settings {
        stringency: rule.stringency,
        stringency_at: own.collect(),
        loci: rule.loci.iter().collect(),
        matching_min: rule.matching_min,
        mismatches_max: rule.mismatches_max,
        alleles_max: search.max_alleles,
    }
}

fn write_settings(path: &Path, settings: &Settings) -> anyhow::Result<()> {
    Ok(fs::write(path, serde_json::to_string_pretty(settings)? + "\n")?)
}

/// A path beside another, told from it by its ending.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

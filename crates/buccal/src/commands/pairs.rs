//! `buccal candidate pairs`: one genotype table against itself; needs no database.
//!
//! Pairs that differ at few loci are a person sampled twice, twins, or one profile under two names.
//! The matrix counts all pairs by how many loci match. What either means is for a person to say.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use exchange::pairs::{PairWriter, SamplePair, write_matrix};
use genetics::LocusSet;
use search::PackedProfile;
use search::lexicon::{locus_at, positions};
use search::pairs::{Likeness, LikenessRule, MatchMatrix, Roster, likenesses, match_matrix};
use serde::Serialize;

use super::tables;
use crate::output::{progress, show, wrong};
use crate::shell::Common;

/// A table against itself.
#[derive(Args, Debug)]
pub(crate) struct Pairs {
    /// Genotype table
    file: PathBuf,
    /// Where the pairs that are alike go (CSV)
    #[arg(long)]
    out: Option<PathBuf>,
    /// Where the counts of all pairs by matching loci go (CSV)
    #[arg(long)]
    matrix: Option<PathBuf>,
    /// Loci that may differ at most, 0 to 3
    #[arg(long, default_value_t = 2)]
    differing: u8,
    /// Loci that must be the same at least
    #[arg(long, default_value_t = 8)]
    min_loci: u8,
    /// Loci looked at: core13, core20 or autosomal
    #[arg(long, default_value = "core20")]
    loci: String,
}

/// What came of it.
#[derive(Serialize)]
struct Compared {
    profiles: usize,
    pairs_compared: u64,
    pairs_alike: usize,
    seconds: f64,
    pairs_per_second: f64,
    out: Option<String>,
    matrix: Option<Counted>,
}

/// What came of counting all pairs.
#[derive(Serialize)]
struct Counted {
    loci: usize,
    profiles: usize,
    incomplete_left_out: usize,
    undefined_left_out: usize,
    pairs: u64,
    seconds: f64,
    pairs_per_second: f64,
    out: String,
}

/// Most loci that may differ: with more, pairs of strangers would be met as often as not.
const DIFFERING_MAX: u8 = 3;

/// Runs the verb.
pub(crate) fn run(common: &Common, pairs: &Pairs) -> anyhow::Result<ExitCode> {
    let rule = rule(pairs)?;
    let list = List::read(&pairs.file)?;
    let start = Instant::now();
    let alike = watched("alike", |step| likenesses(&list.roster, &rule, step))?;
    let seconds = start.elapsed().as_secs_f64();
    if let Some(out) = &pairs.out {
        list.write(&alike, out)?;
    }
    let profiles = list.names.len();
    let pairs_compared = profiles as u64 * (profiles as u64).saturating_sub(1) / 2;
    let matrix = pairs.matrix.as_deref().map(|out| list.count(rule.loci, out)).transpose()?;
    let compared = Compared {
        profiles,
        pairs_compared,
        pairs_alike: alike.len(),
        seconds,
        pairs_per_second: per_second(pairs_compared, seconds),
        out: pairs.out.as_deref().map(|out| out.display().to_string()),
        matrix,
    };
    show(&compared, common.json)?;
    Ok(ExitCode::SUCCESS)
}

fn rule(pairs: &Pairs) -> anyhow::Result<LikenessRule> {
    let loci = LocusSet::named(&pairs.loci).ok_or_else(|| {
        let found = &pairs.loci;
        wrong(format!("--loci: '{found}' was found; give core13, core20 or autosomal"))
    })?;
    if pairs.differing > DIFFERING_MAX {
        let found = pairs.differing;
        return Err(wrong(format!("--differing: {found} was found; give 0 to {DIFFERING_MAX}")));
    }
    if pairs.min_loci == 0 || usize::from(pairs.min_loci) > loci.len() {
        let (found, most) = (pairs.min_loci, loci.len());
        return Err(wrong(format!("--min-loci: {found} was found; give 1 to {most}")));
    }
    Ok(LikenessRule { loci, matching_min: pairs.min_loci, differing_max: pairs.differing })
}

/// The profiles of a table and their names, by place.
struct List {
    names: Vec<Box<str>>,
    roster: Roster,
}

impl List {
    fn read(file: &Path) -> anyhow::Result<Self> {
        let mut list = Self { names: Vec::new(), roster: Roster::new() };
        let bar = progress(fs::metadata(file).map_or(0, |file| file.len()), "bytes read");
        tables::each_sample(file, &bar, |sample| {
            list.roster.push(&PackedProfile::from(&sample.profile))?;
            list.names.push(sample.name.into());
            Ok(())
        })?;
        bar.finish_and_clear();
        Ok(list)
    }

    fn name(&self, place: u32) -> &str {
        self.names.get(place as usize).map_or("", |name| name)
    }

    fn write(&self, alike: &[Likeness], out: &Path) -> anyhow::Result<()> {
        let mut writer = PairWriter::new(create(out)?)?;
        for likeness in alike {
            writer.write(&SamplePair {
                first: self.name(likeness.first),
                second: self.name(likeness.second),
                loci_compared: likeness.compared.count_ones() as usize,
                differing: positions(likeness.differing).filter_map(locus_at).collect(),
            })?;
        }
        Ok(writer.finish()?)
    }

    fn count(&self, loci: LocusSet, out: &Path) -> anyhow::Result<Counted> {
        let start = Instant::now();
        let matrix: MatchMatrix = watched("pairs", |step| match_matrix(&self.roster, loci, step));
        let seconds = start.elapsed().as_secs_f64();
        write_matrix(create(out)?, matrix.loci.len(), |full, partial| matrix.count(full, partial))?;
        Ok(Counted {
            loci: matrix.loci.len(),
            profiles: matrix.profiles,
            incomplete_left_out: matrix.incomplete,
            undefined_left_out: matrix.undefined,
            pairs: matrix.pairs(),
            seconds,
            pairs_per_second: per_second(matrix.pairs(), seconds),
            out: out.display().to_string(),
        })
    }
}

/// Runs work that tells how far it is, and shows it.
fn watched<T>(what: &'static str, work: impl FnOnce(search::pairs::Progress<'_>) -> T) -> T {
    let bar = progress(1, what);
    let result = work(&|done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    result
}

fn create(out: &Path) -> anyhow::Result<BufWriter<File>> {
    let file = File::create(out);
    Ok(BufWriter::new(file.with_context(|| format!("{} cannot be written", out.display()))?))
}

fn per_second(pairs: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { (pairs as f64 / seconds).round() } else { 0.0 }
}

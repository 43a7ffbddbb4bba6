//! `buccal candidate rank`: persons of genotype tables, ranked by how much better each explains a
//! stain; needs no database.
//!
//! A rank is no candidate and confirms nobody: it says where to look first. Persons are held
//! packed, the stains one table at a time. Deliberately absent: a threshold, a word for a ratio.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use genetics::likelihood::{MixtureLikelihood, Model, NotCounted, PersonRatio};
use genetics::rarity::MinimumFrequency;
use genetics::{Frequencies, LocusSet, Population, Profile};
use serde::Serialize;

use super::candidate_search::loci;
use super::file_search::Persons;
use super::tables;
use crate::output::{progress_bytes, say, show, wrong};
use crate::shell::Common;

/// A ranking of persons.
#[derive(Args, Debug)]
pub(crate) struct Rank {
    /// Genotype table of the stains (delimited text or Parquet)
    evidence: PathBuf,
    /// Genotype tables of persons (delimited text or Parquet)
    #[arg(long, required = true, num_args = 1..)]
    persons: Vec<PathBuf>,
    /// Population whose frequencies count (default: the least ratio of African American, Caucasian,
    /// SW Hispanic and SE Hispanic)
    #[arg(long)]
    population: Option<String>,
    /// Persons in the mixture, 1 to 4
    #[arg(long, default_value_t = 2)]
    contributors: u8,
    /// The chance that a copy of an allele is not seen
    #[arg(long, default_value_t = 0.1)]
    drop_out: f64,
    /// The chance that an allele of nobody is seen at a locus
    #[arg(long, default_value_t = 0.05)]
    drop_in: f64,
    /// Ancestry in common: 0.01, or 0.03 for small isolated populations
    #[arg(long, default_value_t = 0.01)]
    theta: f64,
    /// Loci looked at: core13, core20, autosomal, or a list such as FGA,TH01,vWA
    #[arg(long, default_value = "core20")]
    loci: String,
    /// The samples of the evidence are replicates of one stain
    #[arg(long)]
    replicates: bool,
    /// Persons shown for a stain, at most
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

/// The populations of which the least ratio counts, unless told otherwise.
pub(super) const POPULATIONS: [&str; 4] =
    ["African American", "Caucasian", "SW Hispanic", "SE Hispanic"];

/// What came of it, as machines read it.
#[derive(Serialize)]
struct Ranking {
    #[serde(flatten)]
    basis: Basis,
    stains: Vec<Stain>,
}

/// What the figures are and rest on.
#[derive(Serialize)]
struct Basis {
    log10_lr_says: String,
    model: String,
    populations: Vec<String>,
    persons: u64,
    persons_left_out: u64,
}

/// A stain and the persons who explain it best.
#[derive(Serialize)]
struct Stain {
    stain: String,
    persons: Vec<Standing>,
    not_counted: Vec<NotCounted>,
}

/// A person beside a stain.
#[derive(Serialize)]
struct Standing {
    rank: usize,
    person: String,
    log10_lr: f64,
    /// Which has the least ratio.
    population: String,
    loci_counted: usize,
    alleles: usize,
    alleles_shown: usize,
}

/// Runs the verb.
pub(super) fn run(common: &Common, rank: &Rank) -> anyhow::Result<ExitCode> {
    let ranker = Ranker::new(rank)?;
    let stains = stains(rank)?;
    let (persons, persons_left_out) = persons(&rank.persons)?;
    let ranked = stains.iter().map(|(name, profiles)| ranker.rank(name, profiles, &persons));
    let stains = ranked.collect::<anyhow::Result<_>>()?;
    let basis = Basis {
        log10_lr_says: says(rank.contributors),
        model: ranker.model.to_string(),
        populations: ranker.populations.iter().map(|it| it.name().to_owned()).collect(),
        persons: persons.len(),
        persons_left_out,
    };
    tell(Ranking { basis, stains }, common.json)?;
    Ok(ExitCode::SUCCESS)
}

/// What the figure is, in words.
fn says(contributors: u8) -> String {
    let unknown = |count: u8| match count {
        1 => "1 unknown person".to_owned(),
        _ => format!("{count} unknown persons"),
    };
    let others = match contributors.saturating_sub(1) {
        0 => String::new(),
        count => format!(" and {}", unknown(count)),
    };
    let all = unknown(contributors);
    format!(
        "how much better the evidence is explained with this person{others} than with {all}, in \
         powers of ten; it ranks and confirms nobody, and a relative of a contributor ranks high \
         too"
    )
}

/// One thing for machines; for people what it rests on, and then stain by stain.
fn tell(ranking: Ranking, json: bool) -> anyhow::Result<()> {
    if json {
        return show(&ranking, json);
    }
    show(&ranking.basis, json)?;
    for stain in &ranking.stains {
        say("");
        show(stain, json)?;
    }
    Ok(())
}

/// The stains with their replicates.
fn stains(rank: &Rank) -> anyhow::Result<Vec<(String, Vec<Profile>)>> {
    let samples = tables::genotype_table(&rank.evidence, None)?.samples;
    if !rank.replicates {
        return Ok(samples.into_iter().map(|it| (it.name, vec![it.profile])).collect());
    }
    let names: Vec<&str> = samples.iter().map(|sample| sample.name.as_str()).collect();
    Ok(vec![(names.join(" + "), samples.iter().map(|it| it.profile.clone()).collect())])
}

/// The persons, and how many rows were left out.
fn persons(files: &[PathBuf]) -> anyhow::Result<(Persons, u64)> {
    let mut persons = Persons::without_orders();
    let mut loading = persons.loading();
    let bytes = files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|it| it.len());
    let bar = progress_bytes(bytes.sum(), "persons read");
    let mut left_out = 0;
    for file in files {
        let summary = tables::each_sample(file, &bar, |sample| {
            loading.push(&sample);
            Ok(())
        })?;
        left_out += summary.left_out;
    }
    bar.finish_and_clear();
    loading.finish()?;
    Ok((persons, left_out))
}

/// What every stain is asked with.
struct Ranker {
    model: Model,
    loci: LocusSet,
    populations: Vec<Population>,
    limit: usize,
}

impl Ranker {
    fn new(rank: &Rank) -> anyhow::Result<Self> {
        let minimum = MinimumFrequency::FiveOverTwoN;
        let model = Model::new(rank.contributors, rank.drop_out, rank.drop_in, rank.theta, minimum)
            .map_err(|refused| wrong(refused.to_string()))?;
        let table = Frequencies::shipped();
        let names = rank.population.as_deref().map_or(POPULATIONS.to_vec(), |name| vec![name]);
        let population = |name: &str| table.population(name).cloned();
        let populations = names.into_iter().map(population).collect::<Option<_>>();
        let populations = populations.ok_or_else(|| {
            let known: Vec<&str> = table.populations().iter().map(Population::name).collect();
            let found = rank.population.as_deref().unwrap_or_default();
            wrong(format!("--population: '{found}' was found; give one of {}", known.join(", ")))
        })?;
        Ok(Self { model, loci: loci(&rank.loci)?, populations, limit: rank.limit })
    }

    /// The persons who explain a stain best. Whoever cannot be in it at all is not among them.
    fn rank(&self, name: &str, stain: &[Profile], persons: &Persons) -> anyhow::Result<Stain> {
        let mixture = |it| MixtureLikelihood::new(stain, self.loci, it, &self.model);
        let mixtures: Vec<MixtureLikelihood> = (self.populations.iter().map(mixture))
            .collect::<Result<_, _>>()
            .map_err(|refused| wrong(format!("sample '{name}': {refused}")))?;
        let ranked = persons.rank(&mixtures, self.limit);
        let can_be = ranked.iter().filter(|it| it.ratio.log10().is_finite());
        let standings = (1..).zip(can_be).filter_map(|(rank, ranked)| {
            let ratios = mixtures.iter().map(|it| it.ratio(&(&ranked.profile).into()));
            let least = PersonRatio::least(ratios.collect())?;
            Some(standing(rank, persons.name(ranked.key), least))
        });
        Ok(Stain {
            stain: name.to_owned(),
            persons: standings.collect(),
            not_counted: mixtures.first().map(|it| it.not_counted().to_vec()).unwrap_or_default(),
        })
    }
}

fn standing(rank: usize, person: &str, ratio: PersonRatio) -> Standing {
    Standing {
        rank,
        person: person.to_owned(),
        log10_lr: (ratio.ratio.log10() * 1000.0).round() / 1000.0,
        population: ratio.population,
        loci_counted: ratio.loci.len(),
        alleles: ratio.loci.iter().map(|at| at.alleles).sum(),
        alleles_shown: ratio.loci.iter().map(|at| at.shown).sum(),
    }
}

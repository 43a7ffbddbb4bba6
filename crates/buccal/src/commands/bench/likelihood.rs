//! `buccal bench likelihood`: how long it takes to rank invented persons by how well they explain a
//! mixture of two and of three of them.
//!
//! A mixture shows every allele of its contributors and no other. The ratio of everybody who is
//! shown is checked by the mixture laid beside that person alone. Absent: files; what is timed is
//! the tables of a mixture and the ranking.

use std::process::ExitCode;

use clap::Args;
use genetics::likelihood::{MixtureLikelihood, Model};
use genetics::rarity::MinimumFrequency;
use genetics::{Frequencies, Genotype, LocusSet, Population, Profile};
use search::{Engine, Exact, IndexSet, Settings, Side, SpecimenKey};
use serde::Serialize;
use world::{Nation, NationSettings};

use super::machine;
use super::measure::{CpuSeconds, Spent, rounded, whole};
use super::nation::load_persons;
use super::queries::spread;
use crate::commands::candidate_rank::POPULATIONS;
use crate::output::{progress, show, wrong};
use crate::shell::Common;

/// Contributors of the mixtures that are timed.
const CONTRIBUTORS: [u8; 2] = [2, 3];

/// How often; the line shows the run in the middle.
const RUNS: usize = 5;

/// Persons that are shown for a mixture.
const LIMIT: usize = 20;

/// Persons to whom the goal applies, and the seconds that a mixture may take.
const PERSONS: u64 = 1_000_000;
const RANKED_S: f64 = 5.0;

/// How many persons.
#[derive(Args, Debug)]
pub(crate) struct Asked {
    /// How many persons
    #[arg(long, default_value_t = PERSONS)]
    persons: u64,
    /// What all chance follows from
    #[arg(long, default_value_t = NationSettings::default().seed)]
    seed: u64,
}

/// All that was measured.
#[derive(Serialize)]
struct Report {
    version: &'static str,
    seed: u64,
    persons: u64,
    loci: usize,
    populations: [&'static str; 4],
    threads: usize,
    load_before: String,
    load_after: String,
    rows: Vec<Line>,
}

/// A mixture.
#[derive(Serialize)]
struct Line {
    row: String,
    contributors: u8,
    model: String,
    /// The tables of the mixture, in all populations.
    tables_s: f64,
    wall_s: f64,
    cpu_s: CpuSeconds,
    ns_a_person: f64,
    /// The places of those who are in the mixture, among those who are shown.
    ranks_of_contributors: Vec<usize>,
    goal: String,
    goal_met: Option<bool>,
}

pub(super) fn run(common: &Common, asked: &Asked) -> anyhow::Result<ExitCode> {
    if asked.persons < 3 {
        let found = asked.persons;
        return Err(wrong(format!("--persons is {found}; a mixture of three needs three")));
    }
    let load_before = machine::load();
    let settings =
        NationSettings { seed: asked.seed, persons: asked.persons, ..NationSettings::default() };
    let nation = Nation::new(&settings).map_err(|error| wrong(error.to_string()))?;
    // Orders are for searches; a ranking looks at every row.
    let mut engine = Exact::with(Settings { groups: 0, ..Settings::default() });
    let mut loading = engine.loading(Side::Persons);
    load_persons(&nation, &mut loading, None)?;
    loading.finish()?;
    let rows = CONTRIBUTORS.map(|contributors| line(&nation, &engine, contributors));
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        seed: asked.seed,
        persons: asked.persons,
        loci: LocusSet::core20().len(),
        populations: POPULATIONS,
        threads: rayon::current_num_threads(),
        load_before,
        load_after: machine::load(),
        rows: rows.into_iter().collect::<anyhow::Result<_>>()?,
    };
    show(&report, common.json)?;
    Ok(ExitCode::SUCCESS)
}

fn line(nation: &Nation, engine: &Exact, contributors: u8) -> anyhow::Result<Line> {
    let keys: Vec<u64> = spread(engine.len(Side::Persons) as u64, contributors.into()).collect();
    let mixture = mixture(keys.iter().map(|number| nation.person(*number)))?;
    let model = Model::new(contributors, 0.1, 0.05, 0.01, MinimumFrequency::FiveOverTwoN)?;
    let table = Frequencies::shipped();
    let populations = POPULATIONS.iter().filter_map(|name| table.population(name));
    let populations: Vec<&Population> = populations.collect();
    let evidence = [mixture];
    let (mixtures, tables) = whole(|| -> Result<Vec<_>, _> {
        let of =
            |it: &&Population| MixtureLikelihood::new(&evidence, LocusSet::core20(), it, &model);
        populations.iter().map(of).collect()
    });
    let mixtures = mixtures?;
    let (ranked, spent) = timed(|| engine.rank(IndexSet::ALL, &mixtures, LIMIT));
    for it in &ranked {
        let profile = Profile::from(&it.profile);
        let alone = mixtures.iter().map(|mixture| mixture.ratio(&profile).ratio);
        if alone.reduce(|one, two| one.least(two)) != Some(it.ratio) {
            anyhow::bail!("person {} has another ratio when asked alone", it.key);
        }
    }
    let rank = |key: &u64| ranked.iter().position(|it| it.key == SpecimenKey(*key));
    let mut ranks: Vec<usize> = keys.iter().filter_map(rank).map(|place| place + 1).collect();
    ranks.sort_unstable();
    let persons = engine.len(Side::Persons) as u64;
    let wall_s = spent.wall_seconds;
    Ok(Line {
        row: format!("mixture of {contributors}"),
        contributors,
        model: model.to_string(),
        tables_s: tables.wall_seconds,
        wall_s,
        cpu_s: spent.cpu_seconds,
        ns_a_person: rounded(wall_s * 1e9 / persons as f64),
        ranks_of_contributors: ranks,
        goal: format!("{PERSONS} persons <= {RANKED_S} s"),
        goal_met: (persons >= PERSONS)
            .then_some(wall_s * PERSONS as f64 <= RANKED_S * persons as f64),
    })
}

/// Does work some times; the time of the run in the middle.
fn timed<T>(mut work: impl FnMut() -> Vec<T>) -> (Vec<T>, Spent) {
    let bar = progress(RUNS as u64, "rankings");
    let mut runs: Vec<(Vec<T>, Spent)> = (0..RUNS)
        .map(|_| {
            bar.inc(1);
            whole(&mut work)
        })
        .collect();
    bar.finish_and_clear();
    runs.sort_by(|one, two| one.1.wall_seconds.total_cmp(&two.1.wall_seconds));
    runs.swap_remove(RUNS / 2)
}

/// All alleles of some persons at the core loci.
fn mixture(persons: impl Iterator<Item = Profile>) -> anyhow::Result<Profile> {
    let persons: Vec<Profile> = persons.collect();
    let mut typed = Vec::new();
    for locus in LocusSet::core20().iter() {
        let there = persons.iter().filter_map(|person| person.at(locus));
        let alleles = there.flat_map(|typed| typed.genotype.alleles().iter().copied());
        if let Ok(genotype) = Genotype::new(alleles) {
            typed.push((locus, genotype));
        }
    }
    Ok(Profile::from_genotypes(typed)?)
}

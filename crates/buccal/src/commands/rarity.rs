//! `buccal candidate rarity`: how rare the profiles of a table are, without a database.
//!
//! Several populations side by side, the one in which a profile is most common marked. The number
//! is a match probability, never a probability that somebody is the source.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum, value_parser};
use exchange::frequencies::{self, Unsaid};
use exchange::genotypes::Sample;
use genetics::rarity::{
    LeftOut, Method, MinimumFrequency, Rarity, SearchChance, SideBySide, Substructure,
    combined_inclusion, rarity,
};
use genetics::{Frequencies, Level, LocusSet, Population, SearchRule};
use serde::Serialize;

use super::{candidate_search, candidate_show, tables};
use crate::output::{grid, say, show, wrong};
use crate::shell::Common;

/// How rare profiles are.
#[derive(Args, Debug)]
pub(crate) struct RarityOf {
    /// A genotype table (delimited text or Parquet)
    file: PathBuf,
    /// The chance that is told
    #[arg(long, value_enum, default_value_t = Question::Match)]
    question: Question,
    /// Loci that count: core13, core20, autosomal, or a list such as FGA,TH01,vWA
    #[arg(long, default_value = "autosomal")]
    loci: String,
    /// Populations, as the source names them (default: the first four of the table)
    #[arg(long, num_args = 1..)]
    population: Vec<String>,
    /// A table of frequencies of your own (STRidER, Familias, CSV, workbook)
    #[arg(long)]
    frequencies: Option<PathBuf>,
    /// Alleles typed (twice the people), where the table of your own does not tell
    #[arg(long)]
    alleles_typed: Option<u32>,
    /// nrc-4.1 or nrc-4.10
    #[arg(long, default_value = "nrc-4.1")]
    formula: String,
    /// Theta: 0.01, or 0.03 for small isolated populations
    #[arg(long, default_value_t = 0.01)]
    theta: f64,
    /// Least frequency of an allele: 5/2N, weir-1992, 1/2N or none
    #[arg(long, default_value = "5/2N")]
    minimum: String,
    /// Persons in the index that is searched: adds the chance candidates to expect
    #[arg(long, value_parser = value_parser!(u64).range(1..))]
    records: Option<u64>,
    /// Also locus by locus
    #[arg(long)]
    by_locus: bool,
}

/// Which chance is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Question {
    /// An unrelated person has exactly this profile (random match probability); its inverse is the
    /// likelihood ratio of a single source
    Match,
    /// An unrelated person matches at moderate stringency: for partial profiles and mixtures
    Moderate,
    /// All alleles of an unrelated person are in it (combined probability of inclusion)
    Inclusion,
}

/// The answer for one sample.
#[derive(Serialize)]
struct Answer {
    sample: String,
    question: &'static str,
    method: Method,
    #[serde(flatten)]
    beside: SideBySide,
    #[serde(skip_serializing_if = "Option::is_none")]
    search: Option<InSearch>,
}

/// What a search of so many records means for one sample.
#[derive(Serialize)]
struct InSearch {
    records: u64,
    /// NRC II recommendation 5.1: the match probability times the records, at most 1.
    database_match_probability: f64,
    /// Candidates to expect by chance under the rule, if no record is of the source.
    chance_candidates: f64,
    rule: String,
}

impl Question {
    fn word(self) -> &'static str {
        match self {
            Self::Match => "random match probability",
            Self::Moderate => "match probability at moderate stringency",
            Self::Inclusion => "combined probability of inclusion",
        }
    }
}

/// Runs the command.
pub(super) fn run(common: &Common, asked: &RarityOf) -> anyhow::Result<ExitCode> {
    let method = method(asked)?;
    let loci = candidate_search::loci(&asked.loci)?;
    let table = match &asked.frequencies {
        None => Frequencies::shipped(),
        Some(path) => table(path, asked)?,
    };
    let populations = populations(&table, &asked.population)?;
    let samples = tables::genotype_table(&asked.file, None)?.samples;
    let answers: Vec<Answer> = samples
        .into_iter()
        .map(|sample| answer(asked, &sample, loci, &populations, method))
        .collect();
    if common.json {
        show(&answers, true)?;
    } else {
        say(format!("{}; {method}; loci: {}", asked.question.word(), asked.loci));
        if answers.len() > TOLD_EACH_MAX && !asked.by_locus {
            tell_together(&answers);
        } else {
            answers.iter().for_each(|answer| tell(asked, answer));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn answer(
    asked: &RarityOf,
    sample: &Sample,
    loci: LocusSet,
    populations: &[&Population],
    method: Method,
) -> Answer {
    let profile = &sample.profile;
    let beside = SideBySide::new(populations.iter().copied(), |population| match asked.question {
        Question::Match => rarity(profile, loci, Level::High, population, &method),
        Question::Moderate => rarity(profile, loci, Level::Moderate, population, &method),
        Question::Inclusion => combined_inclusion(profile, loci, population, &method),
    });
    let search = asked.records.map(|records| {
        let rule = SearchRule::default();
        let expected = populations.iter().map(|population| {
            let typed = LocusSet::core20();
            SearchChance::new(profile, typed, &rule, population, &method).expected(records)
        });
        InSearch {
            records,
            database_match_probability: (beside.probability().probability() * records as f64)
                .min(1.0),
            chance_candidates: expected.fold(0.0, f64::max),
            rule: rule.to_string(),
        }
    });
    let question = asked.question.word();
    Answer { sample: sample.name.clone(), question, method, beside, search }
}

/// Samples that are told one by one, population by population.
const TOLD_EACH_MAX: usize = 5;

/// Many samples, a line each: what the most conservative population says.
fn tell_together(answers: &[Answer]) {
    let row = |answer: &Answer| {
        let most = answer.beside.most_conservative.clone().unwrap_or_default();
        let of_most = answer.beside.populations.iter().find(|it| it.population == most);
        let loci = of_most.map_or(0, |one| one.loci.len());
        let chance = answer.search.as_ref().map(|it| candidate_show::few(it.chance_candidates));
        vec![
            answer.sample.clone(),
            answer.beside.probability().to_string(),
            loci.to_string(),
            most,
            chance.unwrap_or_default(),
        ]
    };
    let heads = ["sample", "chance", "loci", "most conservative population", "by chance"];
    say(grid(&heads, answers.iter().map(row)));
    if let Some(search) = answers.first().and_then(|answer| answer.search.as_ref()) {
        say(format!(
            "by chance: candidates to expect among {} records ({})",
            search.records, search.rule
        ));
    }
}

fn tell(asked: &RarityOf, answer: &Answer) {
    let most = answer.beside.most_conservative.as_deref();
    say(format!("\n{}", answer.sample));
    let row = |one: &Rarity| {
        let mark = if Some(one.population.as_str()) == most { "most conservative" } else { "" };
        let (loci, left_out) = (one.loci.len().to_string(), one.left_out.len().to_string());
        vec![one.population.clone(), one.probability.to_string(), loci, left_out, mark.to_owned()]
    };
    let heads = ["population", "chance", "loci", "left out", ""];
    say(grid(&heads, answer.beside.populations.iter().map(row)));
    if let Some(one) = answer.beside.populations.iter().find(|it| !it.left_out.is_empty()) {
        let reasons: Vec<String> = one.left_out.iter().map(reason).collect();
        say(format!("left out in {}: {}", one.population, reasons.join("; ")));
    }
    if asked.by_locus
        && let Some(one) =
            answer.beside.populations.iter().find(|it| Some(it.population.as_str()) == most)
    {
        let rows = one.loci.iter().map(|at| vec![at.locus.to_string(), at.probability.to_string()]);
        say(grid(&["locus", "chance"], rows));
    }
    if let Some(search) = &answer.search {
        say(format!(
            "among {} records: database match probability {:.2e}; {} candidates to expect by \
             chance ({})",
            search.records,
            search.database_match_probability,
            candidate_show::few(search.chance_candidates),
            search.rule
        ));
    }
}

fn reason(left_out: &LeftOut) -> String {
    match left_out {
        LeftOut::NoFrequencies { locus } => format!("{locus}, no frequencies"),
        LeftOut::NoFrequencyOfReading { locus } => format!("{locus}, a reading without frequency"),
        LeftOut::TriAllele { locus } => format!("{locus}, three alleles"),
    }
}

fn method(asked: &RarityOf) -> anyhow::Result<Method> {
    let theta = asked.theta;
    if !(0.0..=0.2).contains(&theta) {
        return Err(wrong(format!("--theta: {theta} was found; give a number from 0 to 0.2")));
    }
    let substructure = Substructure::from_word(&asked.formula).ok_or_else(|| {
        wrong(format!("--formula: '{}' was found; give nrc-4.1 or nrc-4.10", asked.formula))
    })?;
    let minimum = MinimumFrequency::from_word(&asked.minimum).ok_or_else(|| {
        let right = "give 5/2N, weir-1992, 1/2N or none";
        wrong(format!("--minimum: '{}' was found; {right}", asked.minimum))
    })?;
    Ok(Method { substructure, theta, minimum })
}

fn table(path: &Path, asked: &RarityOf) -> anyhow::Result<Frequencies> {
    let only = match asked.population.as_slice() {
        [one] => one.clone(),
        _ => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    };
    let unsaid = Unsaid { population: Some(only), alleles_typed: asked.alleles_typed };
    let (table, problems) = frequencies::read(tables::open(path)?, &unsaid)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    tables::tell(path, &problems, None)?;
    if table.populations().is_empty() {
        return Err(wrong(format!("{}: no frequencies were understood", path.display())));
    }
    Ok(table)
}

fn populations<'t>(
    table: &'t Frequencies,
    wanted: &[String],
) -> anyhow::Result<Vec<&'t Population>> {
    if wanted.is_empty() {
        return Ok(table.usual().collect());
    }
    let find = |name: &String| {
        table.population(name).ok_or_else(|| {
            let known: Vec<_> = table.populations().iter().map(Population::name).collect();
            wrong(format!("--population: '{name}' was found; give some of {}", known.join("; ")))
        })
    };
    wanted.iter().map(find).collect()
}

//! `buccal bench search`: every piece of work that a search must do, timed on an invented nation.
//!
//! The nation is made in memory and follows from its seed, so that the counts can be checked and
//! the times be taken again. Times are of this machine at this moment; its own figures and its load
//! stand beside them. Answers are checked on the way where that costs little. The one file is the
//! saved index, in a folder that goes at the end. Absent: databases, and other programmes, for
//! which see `benches/peers`.

mod batches;
mod changes;
mod law;
mod likelihood;
mod machine;
mod measure;
mod nation;
mod planted;
mod queries;
mod row;
mod saved;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use genetics::SearchRule;
use search::pairs::Roster;
use search::{Engine, Exact, Side};
use serde::Serialize;
use world::{Nation, NationSettings};

use self::machine::Machine;
use self::measure::{CpuSeconds, Spent, rounded, whole};
use self::nation::{Evidence, load_evidence, load_persons};
use self::planted::Planted;
use self::row::{FORENSIC_BYTES, NATIONAL_FORENSIC, NATIONAL_PERSONS, PERSON_BYTES, Row};
use self::saved::Folder;
use crate::output::{progress, show, wrong};
use crate::shell::Common;

/// What can be measured.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Time every piece of work of a search on an invented nation
    Search(Asked),
    /// Time decisions of eligibility, and past decisions asked again
    Law(law::Asked),
    /// Time the ranking of invented persons by how well they explain a mixture
    Likelihood(likelihood::Asked),
}

/// How large the nation is.
#[derive(Args, Debug)]
pub(crate) struct Asked {
    /// How many persons
    #[arg(long)]
    persons: u64,
    /// How many forensic profiles
    #[arg(long)]
    forensic: u64,
    /// What all chance follows from
    #[arg(long, default_value_t = NationSettings::default().seed)]
    seed: u64,
    /// Share of persons on the original 13 loci in the line about them; 0 leaves it out
    #[arg(long, value_name = "SHARE", default_value_t = 0.3)]
    old_panel: f64,
    /// Memory read to measure the machine; at most a quarter of what is free; 0 leaves it out
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    buffer: usize,
    /// Folder in which the saved index is timed, as large as the lines about memory tell; what is
    /// made there is removed. Without it: the system's folder for temporary files
    #[arg(long, value_name = "DIR")]
    file_folder: Option<PathBuf>,
}

/// A nation held ready to be searched.
struct Bench<'n> {
    nation: &'n Nation,
    engine: Exact,
    evidence: Evidence,
    rule: SearchRule,
    /// Whether this is the size at which goals apply.
    national: bool,
}

impl Bench<'_> {
    fn persons(&self) -> u64 {
        self.nation.settings().persons
    }
}

/// All that was measured.
#[derive(Serialize)]
struct Report {
    version: &'static str,
    machine: Machine,
    seed: u64,
    persons: u64,
    forensic: u64,
    old_panel_share: f64,
    goals_apply: bool,
    goals_are_for: &'static str,
    rows: Vec<Row>,
    planted: Vec<Planted>,
    memory_most: String,
    load_after: String,
}

const GOALS_ARE_FOR: &str = "26 M persons x 1.4 M forensic profiles, two free processors, AVX-512";

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Search(asked) => search(common, &asked),
        Verb::Law(asked) => law::run(common, &asked),
        Verb::Likelihood(asked) => likelihood::run(common, &asked),
    }
}

fn search(common: &Common, asked: &Asked) -> anyhow::Result<ExitCode> {
    let settings = NationSettings {
        seed: asked.seed,
        persons: asked.persons,
        forensic: asked.forensic,
        ..NationSettings::default()
    };
    let of_old = NationSettings { old_panel_share: asked.old_panel, ..settings.clone() };
    let folder = Folder::make(asked.file_folder.as_deref())?;
    let nation = made(&settings)?;
    let of_old = if asked.old_panel == 0.0 { None } else { Some(made(&of_old)?) };
    let machine = Machine::measure(asked.buffer);
    let (rows, planted) = measured(&nation, of_old.as_ref(), &folder)?;
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        machine,
        seed: asked.seed,
        persons: asked.persons,
        forensic: asked.forensic,
        old_panel_share: asked.old_panel,
        goals_apply: is_national(&settings),
        goals_are_for: GOALS_ARE_FOR,
        rows,
        planted,
        memory_most: machine::memory_most(),
        load_after: machine::load(),
    };
    show(&report, common.json)?;
    Ok(ExitCode::SUCCESS)
}

fn made(settings: &NationSettings) -> anyhow::Result<Nation> {
    Nation::new(settings).map_err(|error| wrong(error.to_string()))
}

fn is_national(settings: &NationSettings) -> bool {
    settings.persons >= NATIONAL_PERSONS && settings.forensic >= NATIONAL_FORENSIC
}

/// Every line, in the order of the report, and the planted persons.
fn measured(
    nation: &Nation,
    of_old: Option<&Nation>,
    folder: &Folder,
) -> anyhow::Result<(Vec<Row>, Vec<Planted>)> {
    let (mut bench, alike, built) = built(nation)?;
    let mut rows = Vec::from(queries::one_person(&bench)?);
    rows.extend(queries::one_forensic(&bench)?);
    rows.extend(queries::among_evidence(&bench)?);
    rows.push(batches::many_persons(&bench)?);
    let (all_pairs, answers) = batches::all_pairs(&bench)?;
    let planted = planted::count(nation, &bench.rule, &answers);
    drop(answers);
    let base = all_pairs.wall_s;
    rows.extend([all_pairs, alike]);
    let memory = memory(&bench);
    let mut changes = changes::lines(&mut bench)?;
    changes.extend(saved::lines(&mut bench, folder)?);
    if let Some(of_old) = of_old {
        let mut bench = with_persons_of(bench, of_old)?;
        rows.push(batches::all_pairs_old_panel(&bench, base)?);
        bench.engine = Exact::new();
    }
    rows.extend(changes);
    rows.extend(memory);
    rows.extend(built);
    Ok((rows, planted))
}

/// The nation in an engine, the line about persons who are alike, and lines about the building.
///
/// That line comes first of all because the list that it needs is given up before the engine takes
/// its own memory.
fn built(nation: &Nation) -> anyhow::Result<(Bench<'_>, Row, [Row; 2])> {
    let national = is_national(nation.settings());
    let mut engine = Exact::new();
    let (evidence, evidence_spent) = whole(|| load_evidence(nation, &mut engine));
    let evidence = evidence?;
    let mut roster = Roster::new();
    let mut loading = engine.loading(Side::Persons);
    let (loaded, making) = whole(|| load_persons(nation, &mut loading, Some(&mut roster)));
    loaded?;
    let alike = batches::alike(&roster, national)?;
    drop(roster);
    let bar = progress(0, "persons put in order");
    let (finished, ordering) = whole(|| loading.finish());
    finished?;
    bar.finish_and_clear();
    let made = |name, work, spent, count| {
        let row = Row::new(name, work).spent(spent);
        Row { asked: count, found: count, ..row }
    };
    let settings = nation.settings();
    let work = "evidence made and put in order";
    let lines = [
        made("build forensic", work, evidence_spent, settings.forensic),
        made(
            "build persons",
            "persons made, and put in order",
            both(making, ordering),
            settings.persons,
        ),
    ];
    let rule = SearchRule::default();
    Ok((Bench { nation, engine, evidence, rule, national }, alike, lines))
}

/// Two pieces of work, one after the other.
fn both(one: Spent, other: Spent) -> Spent {
    let cpu = one.cpu_seconds.measured().zip(other.cpu_seconds.measured());
    Spent {
        wall_seconds: rounded(one.wall_seconds + other.wall_seconds),
        cpu_seconds: cpu
            .map_or(one.cpu_seconds, |(one, other)| CpuSeconds::Measured(rounded(one + other))),
    }
}

/// The same evidence against the persons of another nation.
fn with_persons_of<'n>(bench: Bench<'_>, nation: &'n Nation) -> anyhow::Result<Bench<'n>> {
    let Bench { mut engine, evidence, rule, national, .. } = bench;
    engine.load(Side::Persons, Vec::new())?;
    let mut loading = engine.loading(Side::Persons);
    load_persons(nation, &mut loading, None)?;
    loading.finish()?;
    Ok(Bench { nation, engine, evidence, rule, national })
}

fn memory(bench: &Bench<'_>) -> [Row; 2] {
    let line = |name, side, unit, goal| {
        let rows = bench.engine.len(side) as u64;
        let each = (rows > 0).then(|| bench.engine.size(side) as f64 / rows as f64);
        let row = Row { found: rows, ..Row::new(name, "held in memory for a row") };
        row.figure(each, unit).held_to(goal, bench.national)
    };
    [
        line("memory person", Side::Persons, "B a person", &PERSON_BYTES),
        line("memory forensic", Side::Forensic, "B a forensic profile", &FORENSIC_BYTES),
    ]
}

//! `buccal bench law`: how long a decision takes, and how long past decisions asked again.
//!
//! Facts are those with which invented bookings come in. Every answer is checked on the way: by the
//! law written a second time, whose own speed stands beside, and a replay by the finding that was
//! kept. Absent: databases and seals; what is timed is the rule book alone.

use std::process::ExitCode;

use clap::Args;
use journey::eligibility::{Facts, Finding};
use journey::rules::RuleBook;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::Serialize;
use world::law::judge_in_force;
use world::lives::Lives;

use super::machine;
use super::measure::{CpuSeconds, Singles, rounded, whole};
use crate::output::{progress, show, wrong};
use crate::shell::Common;

/// Decisions before the clock is looked at.
const WARM: u64 = 200;

/// Microseconds that 99 of 100 decisions do not exceed: the goal.
const DECISION_P99_US: f64 = 100.0;

/// Replays to which the goal applies, and the seconds that they may take on two processors.
const REPLAYS: u64 = 1_000_000;
const REPLAYS_S: f64 = 60.0;

/// How much is asked.
#[derive(Args, Debug)]
pub(crate) struct Asked {
    /// How many decisions are timed one by one
    #[arg(long, default_value_t = 100_000)]
    decisions: u64,
    /// How many past decisions are asked again, on all processors
    #[arg(long, default_value_t = REPLAYS)]
    replays: u64,
    /// What all chance follows from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// All that was measured.
#[derive(Serialize)]
struct Report {
    version: &'static str,
    seed: u64,
    threads: usize,
    load_before: String,
    load_after: String,
    rows: [Line; 3],
}

/// A line of the report.
#[derive(Serialize)]
struct Line {
    row: &'static str,
    work: &'static str,
    asked: u64,
    mean_us: Option<f64>,
    p50_us: Option<f64>,
    p99_us: Option<f64>,
    wall_s: f64,
    cpu_s: Option<CpuSeconds>,
    /// How many times the plain law's mean the mean is.
    times_plain: Option<f64>,
    goal: String,
    goal_met: Option<bool>,
}

/// A decision as it is kept.
struct Kept {
    facts: String,
    finding: Finding,
}

pub(super) fn run(common: &Common, asked: &Asked) -> anyhow::Result<ExitCode> {
    if asked.decisions == 0 {
        return Err(wrong("--decisions is 0; there must be one at least"));
    }
    let load_before = machine::load();
    let book = RuleBook::shipped()?;
    let lives = Lives::new(&book, asked.seed, 0);
    let facts: Vec<Facts> = (0..asked.decisions).map(|number| lives.facts(number)).collect();
    let (plain, plain_us) = plain(&facts);
    let (decide, findings) = decide(&book, &facts, plain_us)?;
    let kept = facts
        .iter()
        .zip(findings)
        .map(|(facts, finding)| Ok(Kept { facts: serde_json::to_string(facts)?, finding }));
    let kept: Vec<Kept> = kept.collect::<anyhow::Result<_>>()?;
    let replay = replay(&book, &kept, asked.replays, plain_us)?;
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        seed: asked.seed,
        threads: rayon::current_num_threads(),
        load_before,
        load_after: machine::load(),
        rows: [decide, replay, plain],
    };
    show(&report, common.json)?;
    Ok(ExitCode::SUCCESS)
}

/// The plain law of all facts as a whole, because one answer is too short for a clock.
fn plain(facts: &[Facts]) -> (Line, f64) {
    let ask = || facts.iter().filter(|facts| judge_in_force(facts).may_take()).count();
    std::hint::black_box(ask());
    let (allowed, spent) = whole(ask);
    std::hint::black_box(allowed);
    let mean_us = spent.wall_seconds * 1e6 / facts.len() as f64;
    let line = Line {
        row: "plain",
        work: "the law in plain Rust, without reasons in full",
        asked: facts.len() as u64,
        mean_us: Some(rounded(mean_us)),
        p50_us: None,
        p99_us: None,
        wall_s: spent.wall_seconds,
        cpu_s: Some(spent.cpu_seconds),
        times_plain: None,
        goal: String::new(),
        goal_met: None,
    };
    (line, mean_us)
}

/// Decisions one by one; each must be that of the plain law.
fn decide(book: &RuleBook, facts: &[Facts], plain_us: f64) -> anyhow::Result<(Line, Vec<Finding>)> {
    for facts in facts.iter().cycle().take(WARM as usize) {
        std::hint::black_box(book.find(facts, None)?);
    }
    let bar = progress(facts.len() as u64, "decisions");
    let mut singles = Singles::default();
    let mut findings = Vec::with_capacity(facts.len());
    for facts in facts {
        let finding = singles.time(|| book.find(facts, None))?;
        let told = judge_in_force(facts);
        if (finding.outcome, finding.category) != (told.outcome, told.category) {
            anyhow::bail!("the plain law says {told:?}, the rules {finding:?}, of {facts:?}");
        }
        findings.push(finding);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let p99_us = singles.percentile(0.99);
    let line = Line {
        row: "decide",
        work: "one decision, from facts to a finding with reasons",
        asked: singles.len(),
        mean_us: singles.mean(),
        p50_us: singles.percentile(0.5),
        p99_us,
        wall_s: rounded(singles.seconds()),
        cpu_s: None,
        times_plain: singles.mean().map(|mean| rounded(mean / plain_us)),
        goal: format!("p99 <= {DECISION_P99_US} us"),
        goal_met: p99_us.map(|p99| p99 <= DECISION_P99_US),
    };
    Ok((line, findings))
}

/// Past decisions asked again on all processors, from their written facts; each must be as kept.
fn replay(book: &RuleBook, kept: &[Kept], replays: u64, plain_us: f64) -> anyhow::Result<Line> {
    let same = |kept: &Kept| -> anyhow::Result<bool> {
        let facts: Facts = serde_json::from_str(&kept.facts)?;
        Ok(book.find_as(&facts, &kept.finding.rule_set)? == kept.finding)
    };
    let (equal, spent) = whole(|| {
        let asked = (0..replays).into_par_iter();
        let at = |number: u64| kept.get((number % kept.len() as u64) as usize);
        asked.filter_map(at).map(|kept| same(kept).map(u64::from)).sum::<anyhow::Result<u64>>()
    });
    let equal = equal?;
    if equal != replays {
        anyhow::bail!("{} of {replays} replays give another finding", replays - equal);
    }
    let mean_us = spent.wall_seconds * 1e6 / replays.max(1) as f64;
    Ok(Line {
        row: "replay",
        work: "past decisions read and asked again, on all processors",
        asked: replays,
        mean_us: Some(rounded(mean_us)),
        p50_us: None,
        p99_us: None,
        wall_s: spent.wall_seconds,
        cpu_s: Some(spent.cpu_seconds),
        times_plain: Some(rounded(mean_us / plain_us)),
        goal: format!("{REPLAYS} <= {REPLAYS_S} s on 2 processors"),
        goal_met: (replays >= REPLAYS).then_some(mean_us * REPLAYS as f64 <= REPLAYS_S * 1e6),
    })
}

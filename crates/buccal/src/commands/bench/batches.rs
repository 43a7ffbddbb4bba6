//! Many profiles at once: some persons against the evidence, all evidence against all persons, and
//! the persons against each other.

use genetics::LocusSet;
use search::pairs::{LikenessRule, PairsError, Roster, likenesses};
use search::{Engine, Found, PackedProfile, Side, SpecimenKey, Target};

use super::Bench;
use super::measure::{Spent, whole};
use super::nation::person_row;
use super::queries::spread;
use super::row::{ALIKE, ALL_PAIRS, MANY_PERSONS, OLD_PANEL, Row};
use crate::output::progress;

/// Persons that are asked together.
const PERSONS: u64 = 5000;

/// How often; the line shows the run in the middle.
const RUNS: usize = 5;

/// Loci that may differ between two persons who are alike.
const DIFFERING_MAX: u8 = 2;

/// The answer to all evidence.
pub(super) type Answers = Vec<(SpecimenKey, Vec<Found>)>;

/// 5,000 persons against the evidence.
pub(super) fn many_persons(bench: &Bench<'_>) -> anyhow::Result<Row> {
    let queries: Vec<(SpecimenKey, PackedProfile)> = spread(bench.persons(), PERSONS)
        .map(|number| person_row(number, &bench.nation.person(number)))
        .map(|row| (row.key, row.profile))
        .collect();
    let bar = progress(RUNS as u64, "many persons");
    let mut runs: Vec<(Spent, u64)> = Vec::new();
    for _ in 0..RUNS {
        let ask = || bench.engine.batch(Target::all(Side::Forensic), &queries, &bench.rule);
        let (answers, spent) = whole(ask);
        runs.push((spent, candidates(&answers?)));
        bar.inc(1);
    }
    bar.finish_and_clear();
    let time = |spent: &Spent| spent.cpu_seconds.measured().unwrap_or(spent.wall_seconds);
    runs.sort_by(|one, other| time(&one.0).total_cmp(&time(&other.0)));
    let row = Row::new("Q3", "many persons against the evidence, at once");
    let Some((spent, found)) = runs.get(RUNS / 2).copied() else {
        return Ok(row);
    };
    let pairs = queries.len() as u64 * bench.engine.len(Side::Forensic) as u64;
    let row = Row { asked: queries.len() as u64, ..row.spent(spent) };
    Ok(row.found(pairs, found).held_to(&MANY_PERSONS, bench.national))
}

/// All evidence against all persons, and what was found.
pub(super) fn all_pairs(bench: &Bench<'_>) -> anyhow::Result<(Row, Answers)> {
    let row = Row::new("Q4", "all evidence against all persons");
    let (row, answers) = join(bench, row)?;
    Ok((row.held_to(&ALL_PAIRS, bench.national), answers))
}

/// The same, where a share of the persons is on the original loci; `base` without them.
pub(super) fn all_pairs_old_panel(bench: &Bench<'_>, base: Option<f64>) -> anyhow::Result<Row> {
    let row = Row::new("Q4 old panel", "the same, a share of persons on the original 13 loci");
    let (row, _) = join(bench, row)?;
    let times = row.wall_s.zip(base).map(|(wall, base)| wall / base);
    let row = row.figure(times, "x the base Q4");
    Ok(row.held_to(&OLD_PANEL, bench.national))
}

fn join(bench: &Bench<'_>, row: Row) -> anyhow::Result<(Row, Answers)> {
    let queries = &bench.evidence.queries;
    let bar = progress(0, "all evidence against all persons");
    let (answers, spent) =
        whole(|| bench.engine.batch(Target::all(Side::Persons), queries, &bench.rule));
    bar.finish_and_clear();
    let answers = answers?;
    let pairs = queries.len() as u64 * bench.engine.len(Side::Persons) as u64;
    let row = Row { asked: queries.len() as u64, ..row.spent(spent) };
    Ok((row.found(pairs, candidates(&answers)), answers))
}

fn candidates(answers: &Answers) -> u64 {
    answers.iter().map(|(_, found)| found.len() as u64).sum()
}

/// Every two persons who differ at no more than two loci.
pub(super) fn alike(roster: &Roster, national: bool) -> Result<Row, PairsError> {
    let rule =
        LikenessRule { loci: LocusSet::core20(), matching_min: 8, differing_max: DIFFERING_MAX };
    let bar = progress(1, "persons alike");
    let (alike, spent) = whole(|| {
        likenesses(roster, &rule, &|done, total| {
            bar.set_length(total);
            bar.set_position(done);
        })
    });
    bar.finish_and_clear();
    let persons = roster.len() as u64;
    let pairs = persons * persons.saturating_sub(1) / 2;
    let row = Row::new("Q5", "persons who differ at two loci at most");
    let row = Row { asked: persons, ..row.spent(spent) };
    Ok(row.found(pairs, alike?.len() as u64).held_to(&ALIKE, national))
}

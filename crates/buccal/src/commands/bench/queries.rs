//! One profile at a time against a whole side: persons against evidence, evidence against persons.
//!
//! Queries are spread evenly over the numbers, asked one after the other on one thread, and timed
//! singly. A few are asked before, untimed, so that no first touch of memory is counted.

use anyhow::ensure;
use genetics::{Level, SearchRule};
use search::{Engine, PackedProfile, Side, Target};

use super::Bench;
use super::measure::{Singles, rounded, whole};
use super::nation::{Class, person_row};
use super::row::{NO_GOAL, ONE_FORENSIC, ONE_PERSON, Row};
use crate::output::progress;

/// Queries of a line, at most; a percentile of 99 then has 20 behind it.
const QUERIES: u64 = 2000;

/// Queries before the clock starts.
const WARM: usize = 50;

/// One person against the evidence, and against the other persons: there only the same profile
/// throughout counts, which finds who was sampled twice, and twins.
pub(super) fn one_person(bench: &Bench<'_>) -> anyhow::Result<[Row; 2]> {
    let numbers = spread(bench.persons(), QUERIES);
    let queries: Vec<PackedProfile> =
        numbers.map(|number| person_row(number, &bench.nation.person(number)).profile).collect();
    let queries: Vec<&PackedProfile> = queries.iter().collect();
    let row = Row::new("Q1", "one person against the evidence");
    let evidence = series(bench, row, Side::Forensic, &bench.rule, &queries)?;
    // The numbers of the search matrix (M).
    let same = SearchRule {
        stringency: Level::High,
        matching_min: 13,
        mismatches_max: 0,
        ..bench.rule.clone()
    };
    let row = Row::new("Q6", "one person against the persons, the same profile throughout");
    let persons = series(bench, row, Side::Persons, &same, &queries)?;
    let expected = queries.len() as u64;
    ensure!(persons.found >= expected, "a person was not found by the own profile");
    Ok([evidence.held_to(&ONE_PERSON, bench.national), persons])
}

/// One forensic profile of each class against the persons.
pub(super) fn one_forensic(bench: &Bench<'_>) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for class in Class::ALL {
        let queries = queries_of(bench, class);
        let name = format!("Q2 {}", class.name());
        let row = Row::new(name, "one forensic profile against the persons");
        let row = series(bench, row, Side::Persons, &bench.rule, &queries)?;
        // A profile of fewer than 8 loci can have no candidate, and so no goal.
        let goal = if class == Class::Below8 { &NO_GOAL } else { &ONE_FORENSIC };
        rows.push(row.held_to(goal, bench.national));
    }
    Ok(rows)
}

/// One forensic profile of each class against the evidence: links of cases.
pub(super) fn among_evidence(bench: &Bench<'_>) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for class in Class::ALL {
        let queries = queries_of(bench, class);
        let row =
            Row::new(format!("Q7 {}", class.name()), "one forensic profile against the evidence");
        rows.push(series(bench, row, Side::Forensic, &bench.rule, &queries)?);
    }
    Ok(rows)
}

fn queries_of<'b>(bench: &'b Bench<'_>, class: Class) -> Vec<&'b PackedProfile> {
    let all = bench.evidence.of(class);
    let places = spread(all.len() as u64, QUERIES);
    places.filter_map(|place| all.get(place as usize).copied()).collect()
}

fn series(
    bench: &Bench<'_>,
    row: Row,
    side: Side,
    rule: &SearchRule,
    queries: &[&PackedProfile],
) -> anyhow::Result<Row> {
    let target = Target::all(side);
    for query in queries.iter().take(WARM) {
        bench.engine.query(target, query, rule)?;
    }
    let bar = progress(queries.len() as u64, "queries");
    let (mut singles, mut found) = (Singles::default(), 0);
    let (done, spent) = whole(|| -> anyhow::Result<()> {
        for query in queries {
            let answer = singles.time(|| bench.engine.query(target, query, rule))?;
            found += answer.len() as u64;
            bar.inc(1);
        }
        Ok(())
    });
    done?;
    bar.finish_and_clear();
    let pairs = singles.len() * bench.engine.len(side) as u64;
    // The bar and the giving back of answers are no part of a pair's time.
    let wall_s = (singles.len() > 0).then(|| rounded(singles.seconds()));
    let row = Row { wall_s, ..row.singles(&singles) };
    let row = row.found(pairs, found);
    Ok(Row { cpu_s: wall_s.map(|_| spent.cpu_seconds), ..row })
}

/// So many numbers below an end, evenly spread; all where there are fewer.
pub(super) fn spread(end: u64, wanted: u64) -> impl Iterator<Item = u64> {
    let count = end.min(wanted);
    (0..count).map(move |place| (u128::from(place) * u128::from(end) / u128::from(count)) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spread_evenly() {
        assert_eq!(spread(10, 3).collect::<Vec<_>>(), [0, 3, 6]);
        assert_eq!(spread(3, 10).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(spread(0, 10).count(), 0);
    }
}

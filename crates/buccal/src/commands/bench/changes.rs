//! Rows that come and go while a search stands ready. Each change is checked by the next query: a
//! line of this report is only written where the query saw what it had to see.

use anyhow::ensure;
use search::{Engine, Row as Held, Side, SpecimenKey, Target};
use world::Nation;
use world::nation::SEARCHABLE_LOCI_MIN;

use super::Bench;
use super::measure::Singles;
use super::nation::{evidence_row, person_row};
use super::queries::spread;
use super::row::{INSERT, NO_GOAL, Row};

/// Rows that come, and of those that stood as many that go.
const CHANGES: u64 = 100;

/// The names of the lines of one side.
struct Names {
    insert: &'static str,
    next: &'static str,
    remove_new: &'static str,
    remove: &'static str,
}

const PERSONS: Names = Names {
    insert: "insert person",
    next: "insert person, next query",
    remove_new: "remove person, new",
    remove: "remove person",
};

const EVIDENCE: Names = Names {
    insert: "insert forensic",
    next: "insert forensic, next query",
    remove_new: "remove forensic, new",
    remove: "remove forensic",
};

/// Inserts and removes on both sides. Rows that stood and were removed are put back.
pub(super) fn lines(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Row>> {
    let nation = bench.nation;
    let persons = bench.persons();
    let new = (persons..persons + CHANGES).map(|number| person(nation, number)).collect();
    let stood = spread(persons, CHANGES).map(|number| person(nation, number)).collect();
    let mut rows = of_side(bench, Side::Persons, &PERSONS, new, stood)?;

    let searchable = |number| searchable(nation, number);
    let forensic = nation.settings().forensic;
    let new = (forensic..).filter_map(searchable).take(CHANGES as usize).collect();
    let stood = spread(forensic, CHANGES).filter_map(searchable).collect();
    rows.extend(of_side(bench, Side::Forensic, &EVIDENCE, new, stood)?);
    Ok(rows)
}

/// The row of a person. Of one with too few loci no query could tell whether it is there; there is
/// none.
pub(super) fn person(nation: &Nation, number: u64) -> Held {
    person_row(number, &nation.person(number))
}

/// The row of a forensic profile, if a query can tell whether it is there.
pub(super) fn searchable(nation: &Nation, number: u64) -> Option<Held> {
    let stain = nation.evidence(number);
    let enough = stain.profile.typed().len() >= SEARCHABLE_LOCI_MIN;
    enough.then(|| evidence_row(number, &stain))
}

fn of_side(
    bench: &mut Bench<'_>,
    side: Side,
    names: &Names,
    new: Vec<Held>,
    stood: Vec<Held>,
) -> anyhow::Result<Vec<Row>> {
    let (mut insert, mut next) = (Singles::default(), Singles::default());
    for row in &new {
        let again = row.clone();
        insert.time(|| bench.engine.insert(side, again))?;
        let seen = next.time(|| sees(bench, side, row))?;
        ensure!(seen, "{}: row {} was inserted and not found", names.insert, row.key);
    }
    let came = remove(bench, side, names.remove_new, &new)?;
    let gone = remove(bench, side, names.remove, &stood)?;
    for row in stood {
        bench.engine.insert(side, row)?;
    }
    let national = bench.national;
    let line = |name, work, singles: &Singles, goal| {
        let row = Row::new(name, work).singles(singles);
        Row { found: singles.len(), ..row }.held_to(goal, national)
    };
    Ok(vec![
        line(names.insert, "one row comes", &insert, &INSERT),
        line(names.next, "the query that finds it", &next, &NO_GOAL),
        Row { found: 0, ..line(names.remove_new, "a row that came goes", &came, &NO_GOAL) },
        Row { found: 0, ..line(names.remove, "a row that stood goes", &gone, &NO_GOAL) },
    ])
}

/// Removes rows one by one, and makes sure that the next query does not see them.
pub(super) fn remove(
    bench: &mut Bench<'_>,
    side: Side,
    name: &str,
    rows: &[Held],
) -> anyhow::Result<Singles> {
    let mut singles = Singles::default();
    for row in rows {
        let SpecimenKey(number) = row.key;
        let held = singles.time(|| bench.engine.remove(side, row.key))?;
        ensure!(held, "{name}: row {number} was not held");
        ensure!(!sees(bench, side, row)?, "{name}: row {number} was removed and still found");
    }
    Ok(singles)
}

/// Whether the row is a candidate of its own profile.
pub(super) fn sees(bench: &Bench<'_>, side: Side, row: &Held) -> anyhow::Result<bool> {
    let answer = bench.engine.query(Target::all(side), &row.profile, &bench.rule)?;
    Ok(answer.iter().any(|found| found.key == row.key))
}

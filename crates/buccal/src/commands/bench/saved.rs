//! The index in a file: saved, opened up to the first answers, checked whole, and rid of rows, each
//! of which is gone from the disk before the next one goes.
//!
//! The file lies in a folder of its own that goes at the end. What was just written lies in the
//! system's memory too; the system is asked to forget it before the file is opened first and then
//! checked, so that these two lines are about the disk. Where it cannot be asked, or the folder
//! lies in memory, they are not.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use search::{Engine, Exact, Mark, Row as Held, Settings, Side};

use super::Bench;
use super::changes::{person, remove, searchable, sees};
use super::measure::{Singles, whole};
use super::queries::spread;
use super::row::{OPENED, REMOVED, Row};
use crate::output::{progress, progress_bytes, wrong};

/// Rows of a side that go.
const REMOVALS: u64 = 50;

/// How often the file is opened while the system remembers it.
const RUNS: usize = 5;

/// A folder that goes with all that lies in it.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes one within another, by default within the system's for what is temporary.
    pub(super) fn make(within: Option<&Path>) -> anyhow::Result<Self> {
        let within = within.map_or_else(std::env::temp_dir, Path::to_path_buf);
        let path = within.join(format!("buccal-bench-{}", std::process::id()));
        let made = std::fs::create_dir(&path);
        made.map_err(|error| {
            wrong(format!("--file-folder: {} cannot be made: {error}", path.display()))
        })?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // There is nobody left to tell but the person, who named the folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Rows of a side that stood when the engine was built and still lie where they were put then.
struct Stood {
    side: Side,
    name: &'static str,
    rows: Vec<Held>,
}

/// The lines about the file. Rows that were removed are put back, in memory only.
pub(super) fn lines(bench: &mut Bench<'_>, folder: &Folder) -> anyhow::Result<Vec<Row>> {
    let path = folder.0.join("index");
    let sides = sides(bench);
    let mut rows = vec![save(bench, &path)?];
    let (mut from_disk, mut from_memory) = (Singles::default(), Singles::default());
    let first = if forget(bench, &path)? { &mut from_disk } else { &mut from_memory };
    open(bench, &path, &sides, first)?;
    let verified = verify(bench)?;
    for _ in 0..RUNS {
        open(bench, &path, &sides, &mut from_memory)?;
    }
    let national = bench.national;
    let line = |name, work, singles: &Singles, goal| {
        let row = Row::new(name, work).singles(singles);
        Row { found: singles.len(), ..row }.held_to(goal, national)
    };
    let work = "opened, up to the first answer of each side";
    rows.push(line("open from disk", work, &from_disk, &OPENED));
    rows.push(line("open from memory", work, &from_memory, &OPENED));
    rows.push(verified);
    for Stood { side, name, rows: stood } in &sides {
        let gone = remove(bench, *side, name, stood)?;
        let row = line(name, "a row that stood goes, also from the disk", &gone, &REMOVED);
        rows.push(Row { found: 0, ..row });
    }
    put_back(bench, &path, sides)?;
    Ok(rows)
}

/// Rows to be removed: between those that `changes` took out and put back, which no longer lie
/// among the others.
fn sides(bench: &Bench<'_>) -> [Stood; 2] {
    let nation = bench.nation;
    let numbers = |end| spread(end, 4 * REMOVALS).skip(1).step_by(4);
    let persons = numbers(bench.persons()).map(|number| person(nation, number));
    let evidence = numbers(nation.settings().forensic);
    let evidence = evidence.filter_map(|number| searchable(nation, number));
    [
        Stood { side: Side::Persons, name: "remove person, on disk", rows: persons.collect() },
        Stood { side: Side::Forensic, name: "remove forensic, on disk", rows: evidence.collect() },
    ]
}

fn save(bench: &mut Bench<'_>, path: &Path) -> anyhow::Result<Row> {
    let bar = progress(0, "saved");
    let (saved, spent) = whole(|| bench.engine.save(path, &Mark::default()));
    saved?;
    bar.finish_and_clear();
    let held = [Side::Persons, Side::Forensic].map(|side| bench.engine.len(side) as u64);
    let held = held.iter().sum();
    let bytes = std::fs::metadata(path)?.len();
    let row = Row::new("save", "all rows into a file, up to the disk").spent(spent);
    let row = Row { asked: held, found: held, ..row };
    Ok(row.figure(Some(bytes as f64), "B in the file"))
}

/// Opens the file in the place of what is open, and times that until both sides have answered.
fn open(
    bench: &mut Bench<'_>,
    path: &Path,
    sides: &[Stood],
    singles: &mut Singles,
) -> anyhow::Result<()> {
    bench.engine = Exact::new();
    singles.time(|| -> anyhow::Result<()> {
        (bench.engine, _) = Exact::open(path, Settings::default())?;
        for Stood { side, name, rows } in sides {
            let seen = rows.first().map_or(Ok(true), |row| sees(bench, *side, row))?;
            ensure!(seen, "{name}: a row was saved and not found");
        }
        Ok(())
    })
}

/// Asks the system to forget what it remembers of the file, which nobody may have open then; false
/// where it cannot be asked.
fn forget(bench: &mut Bench<'_>, path: &Path) -> anyhow::Result<bool> {
    bench.engine = Exact::new();
    #[cfg(target_os = "linux")]
    {
        let file = std::fs::File::open(path)?;
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
    }
    Ok(cfg!(target_os = "linux"))
}

fn verify(bench: &Bench<'_>) -> anyhow::Result<Row> {
    let bar = progress_bytes(0, "checked");
    let mut bytes = 0;
    let (verified, spent) = whole(|| {
        bench.engine.verify(|done, total| {
            bytes = total;
            bar.set_length(total);
            bar.set_position(done);
        })
    });
    verified?;
    bar.finish_and_clear();
    let row = Row::new("verify", "all bytes of the file checked").spent(spent);
    let row = Row { asked: 1, found: 1, ..row };
    Ok(row.figure(Some(bytes as f64), "B checked"))
}

/// Opens the file once more, in which nothing of what was removed may be left, and goes on with it.
fn put_back(bench: &mut Bench<'_>, path: &Path, sides: [Stood; 2]) -> anyhow::Result<()> {
    open(bench, path, &[], &mut Singles::default())?;
    bench.engine.verify(|_, _| ())?;
    for Stood { side, name, rows } in sides {
        for row in rows {
            ensure!(!sees(bench, side, &row)?, "{name}: a row was removed and lies in the file");
            bench.engine.insert(side, row)?;
        }
    }
    Ok(())
}

//! Files that come in: genotype tables and feeds, with their problems told or written to a file.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::Context;
use exchange::genotypes::{self, Layout, Sample, Summary, Table};
use exchange::{Problem, write_error_file};
use indicatif::ProgressBar;

use crate::output::{remark, wrong};

/// Problems told on the terminal before the rest goes to the error file only.
const TOLD_MAX: usize = 10;

/// Opens a file for reading.
pub(crate) fn open(path: &Path) -> anyhow::Result<BufReader<File>> {
    open_file(path).map(BufReader::new)
}

fn open_file(path: &Path) -> anyhow::Result<File> {
    let text = |error| format!("{}: {error}; give the path of a file", path.display());
    File::open(path).map_err(|error| wrong(text(error)))
}

/// Reads a genotype table, text or Parquet, and tells its problems; refuses a file without a
/// table.
pub(crate) fn genotype_table(path: &Path, errors: Option<&Path>) -> anyhow::Result<Table> {
    let (table, problems) = genotypes::read_file(open_file(path)?)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    tell(path, &problems, errors)?;
    understood(path, table.layout.as_ref())?;
    Ok(table)
}

/// Hands over the samples of a genotype table of any size, text or Parquet, and tells its
/// problems; refuses a file without a table. `bar` counts bytes. Samples of a file that is refused
/// in the end were handed over in vain: what was made of them must not be kept.
pub(crate) fn each_sample(
    path: &Path,
    bar: &ProgressBar,
    take: impl FnMut(Sample) -> anyhow::Result<()>,
) -> anyhow::Result<Summary> {
    let count = bar.clone();
    let (summary, problems) =
        genotypes::each_in_file(open_file(path)?, move |bytes| count.inc(bytes), take)
            .with_context(|| format!("{} was not read to its end", path.display()))?;
    bar.suspend(|| tell(path, &problems, None))?;
    understood(path, summary.layout.as_ref())?;
    Ok(summary)
}

fn understood(path: &Path, layout: Option<&Layout>) -> anyhow::Result<()> {
    let text = || wrong(format!("{}: no genotype table was understood", path.display()));
    layout.map(|_| ()).ok_or_else(text)
}

/// Tells the first problems and writes all of them to the error file, if one is wanted or needed.
pub(crate) fn tell(
    path: &Path,
    problems: &[Problem],
    errors: Option<&Path>,
) -> anyhow::Result<Option<PathBuf>> {
    for problem in problems.iter().take(TOLD_MAX) {
        remark(format!("{}: {problem}", path.display()));
    }
    if problems.len() > TOLD_MAX {
        remark(format!("and {} more", problems.len() - TOLD_MAX));
    }
    let Some(errors) = errors else {
        return Ok(None);
    };
    if problems.is_empty() {
        return Ok(None);
    }
    let out = File::create(errors)
        .with_context(|| format!("the error file {} cannot be written", errors.display()))?;
    write_error_file(problems, out)?;
    remark(match problems.len() {
        1 => format!("the problem is in {}", errors.display()),
        count => format!("all {count} problems are in {}", errors.display()),
    });
    Ok(Some(errors.to_owned()))
}

/// Where the error file of an import goes unless told otherwise: beside it.
pub(crate) fn error_file(path: &Path, chosen: Option<PathBuf>) -> PathBuf {
    chosen.unwrap_or_else(|| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".errors.csv");
        path.with_file_name(name)
    })
}

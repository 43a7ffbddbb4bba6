//! Files that come in: genotype tables and feeds, with their problems told or written to a file.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::Context;
use exchange::genotypes::{self, Table};
use exchange::{Problem, write_error_file};

use crate::output::{remark, wrong};

/// Problems told on the terminal before the rest goes to the error file only.
const TOLD_MAX: usize = 10;

/// Opens a file for reading.
pub(crate) fn open(path: &Path) -> anyhow::Result<BufReader<File>> {
    let file = File::open(path);
    let text = |error| format!("{}: {error}; give the path of a file", path.display());
    Ok(BufReader::new(file.map_err(|error| wrong(text(error)))?))
}

/// Reads a genotype table and tells its problems; refuses a file without a table.
pub(crate) fn genotype_table(path: &Path, errors: Option<&Path>) -> anyhow::Result<Table> {
    let (table, problems) = genotypes::read(open(path)?)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    tell(path, &problems, errors)?;
    if table.layout.is_none() {
        return Err(wrong(format!("{}: no genotype table was understood", path.display())));
    }
    Ok(table)
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
    remark(format!("all {} problems are in {}", problems.len(), errors.display()));
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

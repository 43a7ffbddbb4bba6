//! What a file holds, in counts, without keeping any of it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::BufRead;

use jiff::civil::DateTime;
use journey::ids::Ori;
use serde::Serialize;

use crate::cmf::{Version, read};
use crate::problem::Problem;

/// What a CMF file holds. Numbers that identify a person are not told.
#[derive(Clone, Debug, Serialize)]
pub struct Held {
    /// As which format it was read, where it is one.
    pub format: Option<&'static str>,
    /// The laboratory that made it.
    pub source: Option<Ori>,
    /// The laboratory that is to import it.
    pub destination: Option<Ori>,
    /// Account of who made it.
    pub submitted_by: Option<String>,
    /// When, in local time.
    pub submitted_at: Option<DateTime>,
    /// Specimens that were read whole.
    pub specimens: u64,
    /// Specimens that were left out; the problems tell why.
    pub left_out: u64,
    /// Specimens by category.
    pub by_category: BTreeMap<&'static str, u64>,
    /// Specimens with a locus.
    pub loci: BTreeMap<&'static str, u64>,
    /// How much is wrong in the file.
    pub problems: usize,
}

/// Looks at a CMF file, and tells what is wrong in it. `wanted` is a version to hold it against.
pub fn look(input: impl BufRead, wanted: Option<Version>) -> (Held, Vec<Problem>) {
    let (mut by_category, mut loci) = (BTreeMap::new(), BTreeMap::new());
    let Ok(read) = read(input, wanted, |_, specimen| {
        *by_category.entry(specimen.category.name()).or_default() += 1;
        for reading in &specimen.loci {
            *loci.entry(reading.locus.name()).or_default() += 1;
        }
        Ok::<(), Infallible>(())
    });
    let header = read.header.as_ref();
    let held = Held {
        format: read.version.map(Version::word),
        source: header.map(|it| it.source.clone()),
        destination: header.map(|it| it.destination.clone()),
        submitted_by: header.map(|it| it.submitted_by.clone()),
        submitted_at: header.map(|it| it.submitted_at),
        specimens: read.specimens,
        left_out: read.left_out,
        by_category,
        loci,
        problems: read.problems.len(),
    };
    (held, read.problems)
}

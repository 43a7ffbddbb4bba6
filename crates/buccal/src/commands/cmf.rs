//! `buccal upload check`, `export` and `enter-cmf`: files that laboratories hand each other.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use exchange::cmf::{Version, look};
use journey::ids::{Ori, SpecimenNumber};
use service::upload::export::Asked;

use super::{act, tables};
use crate::output::{progress_bytes, show, wrong};
use crate::shell::Common;

/// A file to look at.
#[derive(Args, Debug)]
pub(crate) struct Check {
    /// The file
    file: PathBuf,
    /// Hold it against cmf-3.2, cmf-2017 or rapid-r16 (default: what it says it is)
    #[arg(long)]
    format: Option<String>,
    /// Where the error file goes (default: beside the file)
    #[arg(long)]
    errors: Option<PathBuf>,
}

/// Records to write.
#[derive(Args, Debug)]
pub(crate) struct ExportTo {
    /// Specimen numbers
    #[arg(required = true)]
    specimens: Vec<String>,
    /// cmf-2017, cmf-3.2, niem-5.1 or ansi-nist-18
    #[arg(long, default_value = "cmf-2017")]
    format: String,
    /// Table of the receiver with the columns locus and number (1 to 999), for ansi-nist-18
    #[arg(long, value_name = "FILE")]
    locus_numbers: Option<PathBuf>,
    /// ORI of the laboratory that imports
    #[arg(long)]
    destination: String,
    /// The laboratory's own time, as CMF tells it without a zone
    #[arg(long, default_value = "America/New_York")]
    zone: String,
    /// The file
    #[arg(long)]
    out: PathBuf,
}

/// A file of evidence.
#[derive(Args, Debug)]
pub(crate) struct EnterCmf {
    /// The file
    file: PathBuf,
    /// ORI of the laboratory of the cases
    #[arg(long)]
    ori: String,
}

/// Looks at a file.
pub(super) fn check(common: &Common, check: &Check) -> anyhow::Result<ExitCode> {
    let wanted = check.format.as_deref().map(version).transpose()?;
    let size = fs::metadata(&check.file).map_or(0, |file| file.len());
    let bar = progress_bytes(size, "bytes read");
    let (held, problems) = look(BufReader::new(bar.wrap_read(tables::open(&check.file)?)), wanted);
    bar.finish_and_clear();
    let errors = tables::error_file(&check.file, check.errors.clone());
    tables::tell(&check.file, &problems, Some(&errors))?;
    show(&held, common.json)?;
    let is_clean = problems.iter().all(|problem| !problem.is_error());
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// Writes records, into a file that takes its name at the end.
pub(super) fn export(common: &Common, export: ExportTo) -> anyhow::Result<ExitCode> {
    let ExportTo { specimens, format, locus_numbers, destination, zone, out } = export;
    let locus_numbers = locus_numbers
        .map(|path| fs::read(&path).with_context(|| format!("{} cannot be read", path.display())));
    let export = Asked {
        format,
        destination: Ori::new(destination),
        specimens: specimens.into_iter().map(SpecimenNumber::new).collect(),
        zone,
        locus_numbers: locus_numbers.transpose()?,
    };
    let export = export.read()?;
    let mut partial = out.clone().into_os_string();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let cannot = || format!("{} cannot be written", out.display());
    let file = BufWriter::new(File::create(&partial).with_context(cannot)?);
    let ended = act(common, |programme, op| Ok(programme.export_records(op, &export, file)?));
    match &ended {
        Ok(_) => fs::rename(&partial, &out).with_context(cannot)?,
        // The error that led here says more than one about a file that is in the way.
        Err(_) => drop(fs::remove_file(&partial)),
    }
    ended
}

/// Enters evidence.
pub(super) fn enter(common: &Common, enter: &EnterCmf) -> anyhow::Result<ExitCode> {
    let input = tables::open(&enter.file)?;
    let laboratory = Ori::new(&enter.ori);
    act(common, |programme, op| Ok(programme.enter_evidence_cmf(op, input, &laboratory)?))
}

fn version(word: &str) -> anyhow::Result<Version> {
    Version::from_word(word).ok_or_else(|| {
        let words = Version::ALL.map(Version::word).join(", ");
        wrong(format!("--format: '{word}' was found; give one of {words}"))
    })
}

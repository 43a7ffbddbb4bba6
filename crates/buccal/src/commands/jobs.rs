//! `buccal jobs`: run by hand what `buccal serve` runs by itself. Absent: what a job does.

use std::process::ExitCode;

use super::read;
use crate::shell::Common;

/// Runs the steps across the wall that are due.
pub(crate) fn run(common: &Common) -> anyhow::Result<ExitCode> {
    read(common, |programme, op| Ok(programme.run_jobs(op)?))
}

//! `buccal report`: the figures, counted from the record. Absent: breakdowns.

use std::process::ExitCode;

use super::read;
use crate::shell::Common;

/// Prints the figures of the programme.
pub(crate) fn run(common: &Common) -> anyhow::Result<ExitCode> {
    read(common, |programme, op| Ok(programme.summary(op)?))
}

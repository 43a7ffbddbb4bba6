//! `buccal audit ...`

use std::process::ExitCode;

use clap::Subcommand;
use service::audit::Side;

use super::read;
use crate::output::{progress, show};
use crate::shell::{Common, RealIds};

/// What can be done with the record.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Verify both records from the first entry to the last
    Verify,
    /// Sign both records as they stand, and print what is to be published
    Sign,
    /// The newest entries
    List {
        /// Of the index instead of custody
        #[arg(long)]
        index: bool,
        /// Entries at most
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
}

/// Runs a verb. A fault in a record is exit code 1.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Verify => {
            let programme = common.open()?;
            let op = common.op(&programme, &RealIds)?;
            let bar = progress(0, "entries verified");
            let tick = |_: Side, done: u64, total: u64| {
                bar.set_length(total);
                bar.set_position(done);
            };
            let checked = programme.verify_audit(&op, &tick)?;
            bar.finish_and_clear();
            show(&checked, common.json)?;
            let sound = checked.iter().all(|side| side.fault.is_none());
            Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Verb::Sign => read(common, |programme, op| Ok(programme.sign_audit(op)?)),
        Verb::List { index, limit } => read(common, |programme, op| {
            let side = if index { Side::Index } else { Side::Custody };
            Ok(programme.list_audit(op, side, None, limit)?)
        }),
    }
}

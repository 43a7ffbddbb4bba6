//! `buccal custody KIT`

use std::process::ExitCode;

use clap::Args;
use journey::ids::KitBarcode;

use super::read;
use crate::shell::Common;

/// Whose chain.
#[derive(Args, Debug)]
pub(crate) struct Custody {
    /// The kit's barcode
    kit: String,
}

/// Prints the chain of custody of a kit.
pub(crate) fn run(common: &Common, custody: &Custody) -> anyhow::Result<ExitCode> {
    read(
        common,
        |programme, op| Ok(programme.chain_of_custody(op, &KitBarcode::new(&custody.kit))?),
    )
}

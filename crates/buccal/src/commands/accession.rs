//! `buccal accession ...`

use std::process::ExitCode;

use clap::{Args, Subcommand};
use journey::accession::Findings;
use journey::ids::KitBarcode;
use service::accession::Examine;

use super::{Page, act, read, start};
use crate::shell::Common;

/// What can be done with arrived kits.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Arrived kits and where each stands
    List(Page),
    /// Examine an arrived kit; every flag says what is wrong with it
    Examine(Seen),
}

/// What the accessioner sees; nothing wrong unless said.
#[derive(Args, Debug)]
pub(crate) struct Seen {
    /// Barcode under which the kit travelled
    kit: String,
    /// Barcode on the device (default: the kit's)
    #[arg(long)]
    device: Option<String>,
    /// Barcode on the form (default: the kit's)
    #[arg(long)]
    form: Option<String>,
    /// Devices in the pouch
    #[arg(long, default_value_t = 1)]
    devices: u8,
    /// The seal is broken
    #[arg(long)]
    seal_broken: bool,
    /// There is no sample on the device
    #[arg(long)]
    no_sample: bool,
    /// Damaged, wet or mouldy
    #[arg(long)]
    damaged: bool,
    /// The prints cannot be read
    #[arg(long)]
    prints_unusable: bool,
    /// A field of the form is empty
    #[arg(long)]
    form_incomplete: bool,
}

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::List(page) => read(common, |programme, op| {
            Ok(programme.list_accessions(op, &page.stage, &start(), page.limit)?)
        }),
        Verb::Examine(seen) => act(common, |programme, op| {
            let kit = KitBarcode::new(seen.kit);
            let barcode = |given: Option<String>| given.map_or(kit.clone(), KitBarcode::new);
            let findings = Findings {
                device: barcode(seen.device),
                form: barcode(seen.form),
                devices: seen.devices,
                seal_intact: !seen.seal_broken,
                sample_present: !seen.no_sample,
                undamaged: !seen.damaged,
                prints_legible: !seen.prints_unusable,
                form_complete: !seen.form_incomplete,
            };
            Ok(programme.examine_kit(op, &Examine { kit, findings })?)
        }),
    }
}

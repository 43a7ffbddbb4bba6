//! `buccal confirmation ...`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use journey::ids::{ConfirmationId, KitBarcode};

use super::{Page, act, read, start, tables};
use crate::output::wrong;
use crate::shell::Common;

/// The four checks, in order.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Confirmations and where each stands
    List(Page),
    /// Check that the sample is still lawful
    CheckLawful {
        /// The confirmation
        confirmation: String,
    },
    /// Record whether the prints identify the owner of the sample
    CheckIdentity {
        /// The confirmation
        confirmation: String,
        /// They do not
        #[arg(long)]
        prints_differ: bool,
    },
    /// Record what the retained sample gave when typed again
    Retype {
        /// The confirmation
        confirmation: String,
        /// Genotype table with the one sample
        #[arg(long, required_unless_present = "sample_unavailable", requires = "retained")]
        table: Option<PathBuf>,
        /// Barcode of the kit on the swab from the archive
        #[arg(long)]
        retained: Option<String>,
        /// There is no sample left
        #[arg(long, conflicts_with = "table")]
        sample_unavailable: bool,
    },
    /// Conclude as a second person
    Conclude {
        /// The confirmation
        confirmation: String,
    },
}

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::List(page) => read(common, |programme, op| {
            Ok(programme.list_confirmations(op, &page.stage, &start(), page.limit)?)
        }),
        Verb::CheckLawful { confirmation } => act(common, |programme, op| {
            Ok(programme.check_lawful(op, &ConfirmationId::new(confirmation))?)
        }),
        Verb::CheckIdentity { confirmation, prints_differ } => act(common, |programme, op| {
            let id = ConfirmationId::new(confirmation);
            Ok(programme.check_identity(op, &id, !prints_differ)?)
        }),
        Verb::Retype { confirmation, table, retained, .. } => act(common, |programme, op| {
            let id = ConfirmationId::new(confirmation);
            let (Some(path), Some(retained)) = (table, retained) else {
                return Ok(programme.retype(op, &id, None)?);
            };
            let table = tables::genotype_table(&path, None)?;
            let [sample] = table.samples.as_slice() else {
                let found = table.samples.len();
                let path = path.display();
                return Err(wrong(format!("{path}: {found} samples were found; give one")));
            };
            Ok(programme.retype(op, &id, Some((&KitBarcode::new(retained), &sample.profile)))?)
        }),
        Verb::Conclude { confirmation } => act(common, |programme, op| {
            Ok(programme.conclude_confirmation(op, &ConfirmationId::new(confirmation))?)
        }),
    }
}

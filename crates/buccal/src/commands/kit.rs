//! `buccal kit ...`

use std::process::ExitCode;

use clap::Subcommand;
use jiff::civil::Date;
use journey::ids::{KitBarcode, Site};
use journey::kit::Withdrawal;
use service::kit::Receive;

use super::{act, done, read};
use crate::output::wrong;
use crate::shell::Common;

/// What can be done with kits.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// How many kits each site has at each stage
    Stock,
    /// Receive kits into a site's stock
    Receive {
        /// The manufacturer's lot
        #[arg(long)]
        lot: String,
        /// The site
        #[arg(long)]
        site: String,
        /// Last day of use
        #[arg(long)]
        expires_on: Date,
        /// Barcodes
        #[arg(required = true)]
        barcodes: Vec<String>,
    },
    /// Take a kit out of use
    Withdraw {
        /// Its barcode
        barcode: String,
        /// recalled, expired, void, lost
        #[arg(long)]
        why: String,
    },
    /// Recall a lot: withdraw what is in stock, list what was used
    Recall {
        /// The lot
        lot: String,
    },
}

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Stock => read(common, |programme, op| Ok(programme.kit_stock(op)?)),
        Verb::Receive { lot, site, expires_on, barcodes } => act(common, |programme, op| {
            let barcodes = barcodes.into_iter().map(KitBarcode::new).collect();
            let receive = Receive { lot, site: Site::new(site), expires_on, barcodes };
            programme.receive_kits(op, &receive)?;
            Ok(done("received"))
        }),
        Verb::Withdraw { barcode, why } => {
            let reason = Withdrawal::from_word(&why).ok_or_else(|| {
                let known: Vec<_> = Withdrawal::ALL.iter().map(|why| why.word()).collect();
                wrong(format!("--why: '{why}' is no reason; give one of {}", known.join(", ")))
            })?;
            act(common, |programme, op| {
                programme.withdraw_kit(op, &KitBarcode::new(barcode), reason)?;
                Ok(done("withdrawn"))
            })
        }
        Verb::Recall { lot } => act(common, |programme, op| Ok(programme.recall_lot(op, &lot)?)),
    }
}

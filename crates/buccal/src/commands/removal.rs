//! `buccal removal ...`

use std::process::ExitCode;

use clap::Subcommand;
use jiff::civil::Date;
use journey::booking::CustodyBasis;
use journey::ids::{KitBarcode, RemovalId};
use journey::removal::{FinalOrder, Path};
use service::removal::{Ask, DestroySample};

use super::{Page, act, done, read, start};
use crate::output::wrong;
use crate::shell::Common;

/// What can be done with removals.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Removals and where each stands
    List(Page),
    /// Expungement under 34 USC 12592(d): a final order for every basis of the record
    Expunge {
        /// The kit whose sample and profile are to go
        #[arg(long)]
        kit: String,
        /// basis=document=date on which it became final, such as
        /// criminal_arrest=20-cr-0001=2020-06-01
        #[arg(long = "order", required = true)]
        orders: Vec<String>,
    },
    /// Removal of what should never have been collected
    Ineligible {
        /// The kit whose sample and profile are to go
        #[arg(long)]
        kit: String,
        /// What was wrong
        #[arg(long)]
        why: String,
    },
    /// Removal by order of an authority
    Administrative {
        /// The kit whose sample and profile are to go
        #[arg(long)]
        kit: String,
        /// The order's number
        #[arg(long)]
        order: String,
    },
    /// Approve a removal as a second person
    Approve {
        /// The removal
        removal: String,
    },
    /// Turn a removal down as a second person
    Deny {
        /// The removal
        removal: String,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Record that every physical form of the sample is destroyed
    DestroySample {
        /// The removal
        removal: String,
        /// Every form that was destroyed, and how
        #[arg(long)]
        method: String,
    },
    /// Destroy link and personal values, and certify that all is gone
    Certify {
        /// The removal
        removal: String,
    },
}

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::List(page) => read(common, |programme, op| {
            Ok(programme.list_removals(op, &page.stage, &start(), page.limit)?)
        }),
        Verb::Expunge { kit, orders } => {
            let orders = orders.iter().map(|text| order(text)).collect::<Result<_, _>>()?;
            ask(common, kit, Path::Expungement { orders })
        }
        Verb::Ineligible { kit, why } => ask(common, kit, Path::Ineligibility { why }),
        Verb::Administrative { kit, order } => ask(common, kit, Path::Administrative { order }),
        Verb::Approve { removal } => act(common, |programme, op| {
            programme.approve_removal(op, &RemovalId::new(removal))?;
            Ok(done("approved"))
        }),
        Verb::Deny { removal, why } => act(common, |programme, op| {
            programme.deny_removal(op, &RemovalId::new(removal), &why)?;
            Ok(done("denied"))
        }),
        Verb::DestroySample { removal, method } => act(common, |programme, op| {
            let removal = RemovalId::new(removal);
            programme.destroy_sample(op, &DestroySample { removal, method })?;
            Ok(done("recorded"))
        }),
        Verb::Certify { removal } => act(common, |programme, op| {
            programme.certify_removal(op, &RemovalId::new(removal))?;
            Ok(done("certified"))
        }),
    }
}

fn ask(common: &Common, kit: String, path: Path) -> anyhow::Result<ExitCode> {
    act(common, |programme, op| {
        Ok(programme.request_removal(op, &Ask { kit: KitBarcode::new(kit), path })?)
    })
}

fn order(text: &str) -> anyhow::Result<FinalOrder> {
    let fault = |what: &str| {
        wrong(format!(
            "--order: '{text}' {what}; write it as criminal_arrest=20-cr-0001=2020-06-01"
        ))
    };
    let mut parts = text.splitn(3, '=');
    let (Some(basis), Some(document), Some(date)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(fault("has not three parts"));
    };
    let basis = CustodyBasis::from_word(basis).ok_or_else(|| fault("names no custody basis"))?;
    let final_on: Date = date.parse().map_err(|_| fault("has no date at its end"))?;
    Ok(FinalOrder { basis, document: document.to_owned(), final_on })
}

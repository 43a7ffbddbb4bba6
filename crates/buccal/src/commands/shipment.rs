//! `buccal shipment ...`

use std::process::ExitCode;

use clap::Subcommand;
use journey::ids::{KitBarcode, PackageNumber, Site};
use service::shipment::{HandOver, Receive};

use super::{Page, act, done, read, start};
use crate::shell::Common;

/// What can be done with packages.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Packages and where each stands
    List(Page),
    /// Sealed kits that are in no package yet
    ToPack {
        /// Only this site's
        #[arg(long, default_value = "")]
        site: String,
        /// Rows at most
        #[arg(long, default_value_t = 200)]
        limit: u32,
    },
    /// Begin a package at a site
    Start {
        /// The site
        #[arg(long)]
        site: String,
    },
    /// Put sealed kits into a package
    Pack {
        /// The package
        package: String,
        /// Barcodes
        #[arg(required = true)]
        kits: Vec<String>,
    },
    /// Close a package; its manifest is fixed
    Seal {
        /// The package
        package: String,
        /// Number of the package seal
        #[arg(long)]
        seal: String,
    },
    /// Hand a package to its carrier
    HandOver {
        /// The package
        package: String,
        /// The carrier
        #[arg(long)]
        carrier: String,
        /// The carrier's tracking number
        #[arg(long)]
        tracking: String,
    },
    /// Count a package at the laboratory
    Receive {
        /// The package
        package: String,
        /// Barcodes scanned out of it
        kits: Vec<String>,
    },
}

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::List(page) => read(common, |programme, op| {
            Ok(programme.list_packages(op, &page.stage, &start(), page.limit)?)
        }),
        Verb::ToPack { site, limit } => {
            read(common, |programme, op| Ok(programme.list_to_pack(op, &site, limit)?))
        }
        Verb::Start { site } => {
            act(common, |programme, op| Ok(programme.start_package(op, &Site::new(site))?))
        }
        Verb::Pack { package, kits } => act(common, |programme, op| {
            let package = PackageNumber::new(package);
            for kit in kits {
                programme.pack_kit(op, &package, &KitBarcode::new(kit))?;
            }
            Ok(done("packed"))
        }),
        Verb::Seal { package, seal } => act(common, |programme, op| {
            programme.seal_package(op, &PackageNumber::new(package), &seal)?;
            Ok(done("sealed"))
        }),
        Verb::HandOver { package, carrier, tracking } => act(common, |programme, op| {
            let package = PackageNumber::new(package);
            programme.hand_over_package(op, &HandOver { package, carrier, tracking })?;
            Ok(done("handed over"))
        }),
        Verb::Receive { package, kits } => act(common, |programme, op| {
            let found = kits.into_iter().map(KitBarcode::new).collect();
            let receive = Receive { package: PackageNumber::new(package), found };
            Ok(programme.receive_package(op, &receive)?)
        }),
    }
}

//! `buccal collection ...`

use std::process::ExitCode;

use clap::Subcommand;
use journey::collection::Abandonment;
use journey::ids::{BookingId, CollectionId, KitBarcode, Site};
use service::collection::{Abandon, Open, Scan, Seal};

use super::{Page, act, done, read, start};
use crate::output::wrong;
use crate::shell::Common;

/// What can be done at the table.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Collections and where each stands
    List(Page),
    /// Open a kit for the person of a booking
    Open {
        /// The booking
        #[arg(long)]
        booking: String,
        /// The kit's barcode
        #[arg(long)]
        kit: String,
        /// The site
        #[arg(long)]
        site: String,
        /// The table; one open collection at a time
        #[arg(long)]
        table: String,
    },
    /// Scan the device and the form
    Scan {
        /// The collection
        collection: String,
        /// Barcode on the device
        #[arg(long)]
        device: String,
        /// Barcode on the form
        #[arg(long)]
        form: String,
    },
    /// Seal a collection
    Seal {
        /// The collection
        collection: String,
        /// Number of the tamper seal
        #[arg(long)]
        seal: String,
        /// The two flat prints are on the form
        #[arg(long)]
        prints_taken: bool,
    },
    /// Give a collection up; its kit is void
    Abandon {
        /// The collection
        collection: String,
        /// barcode_mismatch, kit_damaged, refused, released_first
        #[arg(long)]
        why: String,
    },
}

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::List(page) => read(common, |programme, op| {
            Ok(programme.list_collections(op, &page.stage, &start(), page.limit)?)
        }),
        Verb::Open { booking, kit, site, table } => act(common, |programme, op| {
            let (booking, kit) = (BookingId::new(booking), KitBarcode::new(kit));
            let open = Open { booking, kit, site: Site::new(site), table };
            Ok(programme.open_collection(op, &open)?)
        }),
        Verb::Scan { collection, device, form } => act(common, |programme, op| {
            let collection = CollectionId::new(collection);
            let (device, form) = (KitBarcode::new(device), KitBarcode::new(form));
            programme.scan_collection(op, &Scan { collection, device, form })?;
            Ok(done("scanned"))
        }),
        Verb::Seal { collection, seal, prints_taken } => act(common, |programme, op| {
            let collection = CollectionId::new(collection);
            programme.seal_collection(op, &Seal { collection, seal, prints_taken })?;
            Ok(done("sealed"))
        }),
        Verb::Abandon { collection, why } => abandon(common, collection, &why),
    }
}

fn abandon(common: &Common, collection: String, why: &str) -> anyhow::Result<ExitCode> {
    let why = Abandonment::from_word(why).ok_or_else(|| {
        let known: Vec<_> = Abandonment::ALL.iter().map(|why| why.word()).collect();
        wrong(format!("--why: '{why}' is no reason; give one of {}", known.join(", ")))
    })?;
    act(common, |programme, op| {
        let collection = CollectionId::new(collection);
        programme.abandon_collection(op, &Abandon { collection, why })?;
        Ok(done("abandoned"))
    })
}

//! Figures of the programme, each counted from the record of events. Absent: breakdowns by
//! component, site and week.

use std::collections::BTreeMap;

use journey::booking::Disposition;
use serde::Serialize;
use store::listing;

use crate::audit::Side;
use crate::context::OpContext;
use crate::error::ServiceError;
use crate::programme::Programme;

/// The figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Bookings recorded.
    pub bookings: u64,
    /// Persons booked, each once.
    pub persons: u64,
    /// The same bookings by disposition; `open` where there is none yet. The sum is `bookings`.
    pub bookings_by_disposition: BTreeMap<String, u64>,
    /// Kits received into stock.
    pub kits: u64,
    /// Samples sealed.
    pub collections: u64,
    /// Packages received at the laboratory.
    pub packages: u64,
    /// Samples accepted by the laboratory.
    pub accepted: u64,
    /// Samples rejected by the laboratory.
    pub rejects: u64,
    /// Standing orders to collect again that a later sample satisfied.
    pub recollections: u64,
    /// Standing orders that are open.
    pub recollections_open: u64,
    /// Records entered into the index: persons and evidence.
    pub profiles: u64,
    /// Candidates found.
    pub candidates: u64,
    /// Candidates confirmed.
    pub confirmed: u64,
    /// Candidates excluded or refuted.
    pub excluded: u64,
    /// Notices raised.
    pub notices: u64,
    /// Removals certified.
    pub removals: u64,
    /// Steps that the rules refused.
    pub refusals: u64,
    /// Entries of the custody record.
    pub audit_size: u64,
    /// Root of the custody record, which anchors the index's.
    pub audit_root: String,
    /// Entries of the index record.
    pub index_audit_size: u64,
    /// Root of the index record.
    pub index_audit_root: String,
}

impl Programme {
    /// Counts the figures.
    ///
    /// # Errors
    /// `Forbidden`; a database cannot be read.
    pub fn summary(&self, op: &OpContext<'_>) -> Result<Summary, ServiceError> {
        self.may(op, "report.view", "")?;
        let custody = self.custody.read(listing::event_counts)?;
        let index = self.index.read(listing::event_counts)?;
        let count = |counts: &[(String, String, u64)], station: &str, kind: &str| {
            let fits = |row: &&(String, String, u64)| row.0 == station && row.1 == kind;
            counts.iter().find(fits).map_or(0, |row| row.2)
        };
        let of = |station: &str, kind: &str| {
            count(&custody, station, kind) + count(&index, station, kind)
        };
        let refusals = custody.iter().chain(&index).filter(|row| row.1 == "refused");
        let (audit_size, audit_root) = self.size_and_root(Side::Custody)?;
        let (index_audit_size, index_audit_root) = self.size_and_root(Side::Index)?;
        let opened = of("duty", "opened");
        let recollections = of("duty", "satisfied") - of("duty", "reopened");
        Ok(Summary {
            bookings: of("booking", "booked"),
            persons: self.custody.read(store::custody::person::count)?,
            bookings_by_disposition: self.dispositions()?,
            kits: of("kit", "received"),
            collections: of("collection", "sealed"),
            packages: of("shipment", "received"),
            accepted: of("accession", "accepted"),
            rejects: of("accession", "rejected"),
            recollections,
            recollections_open: opened - recollections - of("duty", "closed"),
            profiles: of("upload", "indexed"),
            candidates: of("candidate", "found"),
            confirmed: of("candidate", "confirmed"),
            excluded: of("candidate", "excluded") + of("candidate", "refuted"),
            notices: of("notice", "raised"),
            removals: of("removal", "certified"),
            refusals: refusals.map(|row| row.2).sum(),
            audit_size,
            audit_root,
            index_audit_size,
            index_audit_root,
        })
    }

    fn dispositions(&self) -> Result<BTreeMap<String, u64>, ServiceError> {
        let counts = self.custody.read(|tx| listing::counts(tx, store::custody::booking::TABLE))?;
        let mut by: BTreeMap<String, u64> =
            Disposition::WORDS.iter().map(|word| ((*word).to_owned(), 0)).collect();
        by.extend(counts);
        debug_assert!(by.keys().all(|word| Disposition::WORDS.contains(&word.as_str())));
        Ok(by)
    }
}

//! Collections: open a kit for a person, scan twice, seal; or give up.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use journey::booking::{self, Disposition};
use journey::collection::{Abandonment, Command, Opened, Stage};
use journey::custody::Action;
use journey::eligibility::Eligible;
use journey::ids::{BookingId, CollectionId, DecisionId, KitBarcode, Site};
use journey::kit::{self, UsableKit, Withdrawal};
use journey::refusal::RefusalCode;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::custody as rows;
use store::listing::{self, After};

use crate::context::{OpContext, Placed};
use crate::duty::satisfy_duties;
use crate::error::{ServiceError, not_empty};
use crate::programme::Programme;
use crate::unit::{advance, chain};

/// Open a kit for the person of a booking.
#[derive(Clone, Debug, Deserialize)]
pub struct Open {
    /// The booking.
    pub booking: BookingId,
    /// The kit's barcode.
    pub kit: KitBarcode,
    /// Where.
    pub site: Site,
    /// The table; one open collection at a time.
    pub table: String,
}

/// The two scans.
#[derive(Clone, Debug, Deserialize)]
pub struct Scan {
    /// The collection.
    pub collection: CollectionId,
    /// Barcode on the device.
    pub device: KitBarcode,
    /// Barcode on the form.
    pub form: KitBarcode,
}

/// Seal it.
#[derive(Clone, Debug, Deserialize)]
pub struct Seal {
    /// The collection.
    pub collection: CollectionId,
    /// Number of the tamper seal.
    pub seal: String,
    /// The two flat prints are on the form.
    #[serde(default)]
    pub prints_taken: bool,
}

/// Give it up.
#[derive(Clone, Debug, Deserialize)]
pub struct Abandon {
    /// The collection.
    pub collection: CollectionId,
    /// Why.
    pub why: Abandonment,
}

/// A collection as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The collection.
    pub collection: CollectionId,
    /// The booking.
    pub booking: BookingId,
    /// The kit.
    pub kit: KitBarcode,
    /// Specimen category.
    pub category: String,
    /// Site.
    pub site: String,
    /// The table.
    pub table: String,
    /// Where it stands.
    pub stage: &'static str,
    /// When the kit was opened.
    pub opened_at: Timestamp,
    /// Since when it stands so.
    pub since: jiff::Timestamp,
}

impl Placed for Listed {
    fn place(&self) -> After {
        After { at: self.since, id: self.collection.to_string() }
    }
}

impl Programme {
    /// Opens a kit for a person: the decision must stand, the kit be usable, the table be free.
    ///
    /// # Errors
    /// `Refused` with the first rule that says no.
    pub fn open_collection(
        &self,
        op: &OpContext<'_>,
        open: &Open,
    ) -> Result<CollectionId, ServiceError> {
        self.may(op, "collection.open", open.site.as_str())?;
        not_empty("table", &open.table)?;
        self.step(op, "collection", open.booking.as_str(), |tx| {
            let decision = rows::eligibility::load(tx, &open.booking)?;
            let eligible = Eligible::check(decision.as_ref().map(|row| &row.value), op.at)?;
            one_sample(tx, &open.booking)?;
            let kit = rows::kit::load(tx, &open.kit)?;
            let stage = kit.as_ref().map(|row| &row.value);
            let today = self.civil_date(tx, &open.booking, op.at)?;
            let usable = UsableKit::check(&open.kit, stage, &open.site, today)?;
            let id = CollectionId::new(op.ids.id());
            let command = Command::Open {
                eligible,
                kit: usable.clone(),
                site: open.site.clone(),
                table: open.table.clone(),
                table_has_open: rows::collection::open_at(tx, &open.site, &open.table)?,
                stamp: op.stamp(),
            };
            advance!(tx, op, "collection": journey::collection, rows::collection, &id, command);
            let command = kit::Command::Open { usable, collection: id.clone() };
            advance!(tx, op, "kit": journey::kit, rows::kit, &open.kit, command);
            chain(tx, op, &open.kit, Action::Opened, open.site.as_str())?;
            Ok(id)
        })
    }

    /// Records the two scans; they must equal each other and the kit that was opened.
    ///
    /// # Errors
    /// `Refused` where they differ.
    pub fn scan_collection(&self, op: &OpContext<'_>, scan: &Scan) -> Result<(), ServiceError> {
        let id = &scan.collection;
        self.may(op, "collection.scan", &self.collection_site(id)?)?;
        self.step(op, "collection", id.as_str(), |tx| {
            let command = Command::Scan { device: scan.device.clone(), form: scan.form.clone() };
            advance!(tx, op, "collection": journey::collection, rows::collection, id, command);
            Ok(())
        })
    }

    /// Seals a collection: the kit is used, the booking accounted for, the person's standing
    /// orders satisfied.
    ///
    /// # Errors
    /// `Refused` before both scans, without prints, or where the rules forbid it by now.
    pub fn seal_collection(&self, op: &OpContext<'_>, seal: &Seal) -> Result<(), ServiceError> {
        let id = &seal.collection;
        self.may(op, "collection.seal", &self.collection_site(id)?)?;
        not_empty("seal", &seal.seal)?;
        self.step(op, "collection", id.as_str(), |tx| {
            let missing = || ServiceError::not_found("collection", id);
            let row = rows::collection::load(tx, id)?.ok_or_else(missing)?;
            let command = Command::Seal {
                seal: seal.seal.clone(),
                prints_taken: seal.prints_taken,
                decision: still_eligible(tx, row.value.opened())?,
                stamp: op.stamp(),
            };
            let stage =
                advance!(tx, op, "collection": journey::collection, rows::collection, id, command);
            let opened = stage.opened();
            advance!(tx, op, "kit": journey::kit, rows::kit, &opened.kit, kit::Command::Use);
            chain(tx, op, &opened.kit, Action::Sealed, opened.site.as_str())?;
            satisfy_duties(tx, op, &stage.opened().person, id)?;
            account_for(tx, op, &opened.booking, id)
        })
    }

    /// Gives a collection up: the kit is void, the duty stays.
    ///
    /// # Errors
    /// `Refused` where it is sealed or given up already.
    pub fn abandon_collection(
        &self,
        op: &OpContext<'_>,
        abandon: &Abandon,
    ) -> Result<(), ServiceError> {
        let id = &abandon.collection;
        self.may(op, "collection.abandon", &self.collection_site(id)?)?;
        self.step(op, "collection", id.as_str(), |tx| {
            let command = Command::Abandon(abandon.why);
            let stage =
                advance!(tx, op, "collection": journey::collection, rows::collection, id, command);
            let kit = &stage.opened().kit;
            let withdrawn = matches!(
                rows::kit::load(tx, kit)?.map(|row| row.value),
                Some(kit::Stage::Withdrawn(_))
            );
            if !withdrawn {
                let command = kit::Command::Withdraw(Withdrawal::Void);
                advance!(tx, op, "kit": journey::kit, rows::kit, kit, command);
                chain(tx, op, kit, Action::Voided, abandon.why.word())?;
            }
            Ok(())
        })
    }

    /// Collections at a stage (empty: all), longest waiting first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_collections(
        &self,
        op: &OpContext<'_>,
        stage: &str,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        self.may(op, "collection.list", "")?;
        let page = self
            .custody
            .read(|tx| listing::page::<Stage>(tx, rows::collection::TABLE, stage, after, limit))?;
        Ok(page.iter().map(listed).collect())
    }

    fn collection_site(&self, id: &CollectionId) -> Result<String, ServiceError> {
        let row = self.custody.read(|tx| rows::collection::load(tx, id))?;
        let row = row.ok_or_else(|| ServiceError::not_found("collection", id))?;
        Ok(row.value.opened().site.to_string())
    }

    /// The civil date at the site of a booking; in UTC where the site's clock is not known.
    pub(crate) fn civil_date(
        &self,
        tx: &mut dyn Tx,
        booking: &BookingId,
        at: Timestamp,
    ) -> Result<Date, ServiceError> {
        let row = rows::booking::load(tx, booking)?
            .ok_or_else(|| ServiceError::not_found("booking", booking))?;
        let booked = row.value.booked();
        let zone = self.rules.zone(&booked.component, booked.site.as_str());
        Ok(at.to_zoned(zone.cloned().unwrap_or(TimeZone::UTC)).date())
    }
}

pub(crate) fn listed(row: &rows::collection::Stored) -> Listed {
    let opened = row.value.opened();
    Listed {
        since: row.at,
        collection: CollectionId::from(row.id.as_str()),
        booking: opened.booking.clone(),
        kit: opened.kit.clone(),
        category: opened.category.to_string(),
        site: opened.site.to_string(),
        table: opened.table.clone(),
        stage: row.value.word(),
        opened_at: opened.opened_at,
    }
}

/// One booking gives one sample: none under way, and the booking not accounted for.
fn one_sample(tx: &mut dyn Tx, booking: &BookingId) -> Result<(), ServiceError> {
    if let Some(booking::Stage::Disposed(disposed)) =
        rows::booking::load(tx, booking)?.map(|row| row.value)
    {
        let found = format!("its disposition is {}", disposed.how.word());
        return Err(RefusalCode::BookingAccountedFor.about(found).into());
    }
    let taken = rows::collection::of_booking(tx, booking)?;
    match taken.iter().find(|row| !matches!(row.value, Stage::Abandoned(_))) {
        Some(row) => {
            let found = format!("collection {} of this booking is {}", row.id, row.value.word());
            Err(RefusalCode::StationBusy.about(found).into())
        }
        None => Ok(()),
    }
}

/// Facts can change while a kit is open. What the rules forbid by now is not sealed; that the
/// decision has merely aged since the kit was opened is no reason to throw a sample away.
fn still_eligible(tx: &mut dyn Tx, opened: &Opened) -> Result<DecisionId, ServiceError> {
    let decision = rows::eligibility::load(tx, &opened.booking)?;
    let stage = decision.as_ref().map(|row| &row.value);
    Ok(Eligible::check(stage, opened.opened_at)?.decision().clone())
}

/// Accounts for the booking unless it is accounted for (the person may have left the site before
/// the seal was recorded).
fn account_for(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    booking: &BookingId,
    collection: &CollectionId,
) -> Result<(), ServiceError> {
    let row = rows::booking::load(tx, booking)?;
    if matches!(row.map(|row| row.value), Some(booking::Stage::Open(_))) {
        let how = Disposition::Collected { collection: collection.clone() };
        let command = booking::Command::Dispose(how);
        advance!(tx, op, "booking": journey::booking, rows::booking, booking, command);
    }
    Ok(())
}

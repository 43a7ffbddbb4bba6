//! At the sites: kits come in, people are booked, samples are taken, packages leave.

use jiff::Timestamp;
use journey::booking::NotCollected;
use journey::collection::Abandonment;
use journey::eligibility::Outcome;
use journey::ids::{CollectionId, KitBarcode, Site};
use journey::refusal::RefusalCode;
use service::ServiceError;
use service::booking::Close;
use service::collection::{Abandon, Open, Scan, Seal};
use service::kit::Receive;
use service::shipment::HandOver;
use store::listing::After;
use world::{AtTable, Kit};

use super::cast::at;
use super::player::{Player, unless_refused};

/// Kits that go into one package at most.
const PACKAGE_KITS_MAX: u32 = 60;

impl Player<'_> {
    pub(super) fn lot_arrives(&mut self, place: usize, when: Timestamp) -> anyhow::Result<()> {
        let Some(lot) = self.month.lots.get(place) else {
            return Ok(());
        };
        for site in &self.month.sites {
            let here = lot.kits.iter().filter(|kit| kit.site == *site);
            let receive = Receive {
                lot: lot.lot.clone(),
                site: site.clone(),
                expires_on: lot.expires_on,
                barcodes: here.map(|kit| kit.barcode.clone()).collect(),
            };
            self.programme.receive_kits(&self.act("kit-clerk", when), &receive)?;
        }
        Ok(())
    }

    pub(super) fn lot_recalled(&mut self, place: usize, when: Timestamp) -> anyhow::Result<()> {
        let Some(lot) = self.month.lots.get(place) else {
            return Ok(());
        };
        self.programme.recall_lot(&self.act("program-manager", when), &lot.lot)?;
        Ok(())
    }

    pub(super) fn book(&mut self, place: usize, when: Timestamp) -> anyhow::Result<()> {
        let Some(arrival) = self.month.bookings.get(place) else {
            return Ok(());
        };
        self.programme.record_booking(&self.act("collector", when), &arrival.record)?;
        Ok(())
    }

    pub(super) fn fact_arrives(&mut self, place: usize, when: Timestamp) -> anyhow::Result<()> {
        let later = self.month.bookings.get(place).and_then(|arrival| arrival.later.as_ref());
        let Some(later) = later else { return Ok(()) };
        self.programme.amend_booking(&self.act("collector", when), &later.record)?;
        Ok(())
    }

    /// The officer asks the rules again, and where they allow it takes a sample, unless something
    /// comes between.
    pub(super) fn table(&mut self, place: usize, when: Timestamp) -> anyhow::Result<()> {
        let Some(arrival) = self.month.bookings.get(place) else {
            return Ok(());
        };
        let booking = &arrival.record.booking;
        let op = self.act("collector", when);
        let decision = self.programme.decide_eligibility(&op, booking)?;
        if decision.finding.outcome != Outcome::Collect {
            return Ok(());
        }
        let site = &arrival.record.circumstances.site;
        match arrival.behaviour.table {
            AtTable::Collected => self.collect(place, site, when),
            AtTable::WrongFormScanned => {
                self.spoil(place, site, when, Abandonment::BarcodeMismatch)?;
                self.collect(place, site, when)
            }
            AtTable::KitDamaged => {
                self.spoil(place, site, when, Abandonment::KitDamaged)?;
                self.collect(place, site, when)
            }
            _ => Ok(()),
        }
    }

    /// Opens a kit from the shelf. An expired or recalled kit at hand is refused; its lot is put
    /// aside and the next kit is taken.
    fn open_kit(
        &mut self,
        place: usize,
        site: &Site,
        when: Timestamp,
    ) -> anyhow::Result<Option<(CollectionId, KitBarcode)>> {
        let Some(arrival) = self.month.bookings.get(place) else {
            return Ok(None);
        };
        // Mostly the first lot of the shelf, every eighth time the second.
        let first = usize::from(place.is_multiple_of(8));
        let mut shelf: Vec<_> = self.month.lots.iter().enumerate().collect();
        shelf.sort_by_key(|(number, _)| (*number != first, *number));
        shelf.retain(|(_, lot)| at(lot.received_on, 9) <= when);
        for (_, lot) in shelf {
            let unused = |kit: &&Kit| kit.site == *site && !self.taken.contains(&kit.barcode);
            let Some(kit) = lot.kits.iter().find(unused) else {
                continue;
            };
            if self.put_aside.contains(&lot.lot) {
                continue;
            }
            let open = Open {
                booking: arrival.record.booking.clone(),
                kit: kit.barcode.clone(),
                site: site.clone(),
                table: "table 1".to_owned(),
            };
            match self.programme.open_collection(&self.act("collector", when), &open) {
                Ok(collection) => {
                    self.taken.insert(kit.barcode.clone());
                    return Ok(Some((collection, kit.barcode.clone())));
                }
                Err(ServiceError::Refused(refusal)) => match refusal.code {
                    RefusalCode::KitExpired | RefusalCode::KitRecalled => {
                        self.put_aside.insert(lot.lot.clone());
                    }
                    _ => return Ok(None),
                },
                Err(other) => return Err(other.into()),
            }
        }
        Ok(None)
    }

    fn spoil(
        &mut self,
        place: usize,
        site: &Site,
        when: Timestamp,
        why: Abandonment,
    ) -> anyhow::Result<()> {
        let Some((collection, kit)) = self.open_kit(place, site, when)? else {
            return Ok(());
        };
        let op = self.act("collector", when);
        if why == Abandonment::BarcodeMismatch {
            let form = KitBarcode::new(format!("{kit}X"));
            let scan = Scan { collection: collection.clone(), device: kit, form };
            unless_refused(self.programme.scan_collection(&op, &scan))?;
        }
        Ok(self.programme.abandon_collection(&op, &Abandon { collection, why })?)
    }

    fn collect(&mut self, place: usize, site: &Site, when: Timestamp) -> anyhow::Result<()> {
        let Some((collection, kit)) = self.open_kit(place, site, when)? else {
            return Ok(());
        };
        let op = self.act("collector", when);
        let (device, form) = (kit.clone(), kit.clone());
        let scan = Scan { collection: collection.clone(), device, form };
        self.programme.scan_collection(&op, &scan)?;
        let seal = Seal { collection, seal: format!("SEAL-{kit}"), prints_taken: true };
        self.programme.seal_collection(&op, &seal)?;
        self.kits.insert(kit.clone(), place);
        self.sealed.insert(place, kit);
        Ok(())
    }

    pub(super) fn custody_ends(&mut self, place: usize, when: Timestamp) -> anyhow::Result<()> {
        let Some(arrival) = self.month.bookings.get(place) else {
            return Ok(());
        };
        if self.sealed.contains_key(&place) {
            return Ok(());
        }
        let why = Some(match arrival.behaviour.table {
            AtTable::Refused => NotCollected::Refused,
            AtTable::ReleasedFirst => NotCollected::ReleasedFirst,
            AtTable::MedicalHold => NotCollected::Medical,
            AtTable::Transferred => NotCollected::Transferred,
            _ => NotCollected::KitOut,
        });
        let close = Close { booking: arrival.record.booking.clone(), why };
        self.programme.close_booking(&self.act("collector", when), &close)?;
        Ok(())
    }

    /// Each evening every site sends what is sealed.
    pub(super) fn ship(&mut self, when: Timestamp) -> anyhow::Result<()> {
        let op = self.act("kit-clerk", when);
        for site in &self.month.sites {
            let waiting = self.programme.list_to_pack(&op, site.as_str(), PACKAGE_KITS_MAX)?;
            if waiting.is_empty() {
                continue;
            }
            let package = self.programme.start_package(&op, site)?;
            for listed in waiting {
                self.programme.pack_kit(&op, &package, &listed.kit)?;
            }
            self.programme.seal_package(&op, &package, &format!("BAG-{package}"))?;
            let tracking = format!("T{package}");
            let hand_over = HandOver { package, carrier: "courier".to_owned(), tracking };
            self.programme.hand_over_package(&op, &hand_over)?;
        }
        Ok(())
    }

    /// Packages that left at least a day ago reach the laboratory.
    pub(super) fn on_the_way(
        &self,
        when: Timestamp,
    ) -> anyhow::Result<Vec<service::shipment::Listed>> {
        let op = self.act("accessioner", when);
        Ok(self.programme.list_packages(&op, "in_transit", &After::start(), 100)?)
    }
}

//! Packages: start, pack, seal, hand over, and count again at the laboratory.

use std::collections::BTreeSet;

use journey::accession;
use journey::collection::SealedKit;
use journey::custody::Action;
use journey::ids::{KitBarcode, PackageNumber, Site};
use journey::shipment::{Command, Stage};
use serde::{Deserialize, Serialize};
use store::Tx;
use store::custody as rows;
use store::listing::{self, After};

use crate::context::{OpContext, Placed};
use crate::duty::{MISSING, open_duty};
use crate::error::{ServiceError, not_empty};
use crate::programme::Programme;
use crate::unit::{advance, chain};

/// Hand a package to a carrier.
#[derive(Clone, Debug, Deserialize)]
pub struct HandOver {
    /// The package.
    pub package: PackageNumber,
    /// The carrier.
    pub carrier: String,
    /// The carrier's tracking number.
    pub tracking: String,
}

/// Count a package at the laboratory.
#[derive(Clone, Debug, Deserialize)]
pub struct Receive {
    /// The package.
    pub package: PackageNumber,
    /// Barcodes scanned out of it.
    pub found: BTreeSet<KitBarcode>,
}

/// What the count gave.
#[derive(Clone, Debug, Serialize)]
pub struct Counted {
    /// Kits that arrived.
    pub arrived: Vec<KitBarcode>,
    /// On the manifest and not found.
    pub missing: BTreeSet<KitBarcode>,
    /// Found and not on the manifest.
    pub extra: BTreeSet<KitBarcode>,
}

/// A package as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The package.
    pub package: PackageNumber,
    /// From where.
    pub site: String,
    /// Barcodes on the manifest.
    pub kits: BTreeSet<KitBarcode>,
    /// Where it stands.
    pub stage: &'static str,
    /// Since when it stands so.
    pub since: jiff::Timestamp,
}

impl Placed for Listed {
    fn place(&self) -> After {
        After { at: self.since, id: self.package.to_string() }
    }
}

impl Programme {
    /// Begins a package at a site.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn start_package(
        &self,
        op: &OpContext<'_>,
        site: &Site,
    ) -> Result<PackageNumber, ServiceError> {
        self.may(op, "shipment.start", site.as_str())?;
        not_empty("site", site.as_str())?;
        let package = PackageNumber::new(format!("P{}", op.ids.number()));
        self.step(op, "shipment", package.as_str(), |tx| {
            let command = Command::Start { site: site.clone() };
            advance!(tx, op, "shipment": journey::shipment, rows::shipment, &package, command);
            Ok(())
        })?;
        Ok(package)
    }

    /// Puts a sealed kit into a package.
    ///
    /// # Errors
    /// `Refused` where the kit is not sealed or is packed already.
    pub fn pack_kit(
        &self,
        op: &OpContext<'_>,
        package: &PackageNumber,
        kit: &KitBarcode,
    ) -> Result<(), ServiceError> {
        self.may(op, "shipment.pack", &self.package_site(package)?)?;
        self.step(op, "shipment", package.as_str(), |tx| {
            let collection = rows::collection::of_kit(tx, kit)?;
            let sealed = SealedKit::check(collection.as_ref().map(|row| &row.value))?;
            let packed_in = rows::shipment::of_kit(tx, kit)?;
            let command = Command::Pack { kit: sealed, packed_in };
            advance!(tx, op, "shipment": journey::shipment, rows::shipment, package, command);
            rows::shipment::hold(tx, package, kit)?;
            chain(tx, op, kit, Action::Packed, package.as_str())
        })
    }

    /// Closes a package; its manifest is fixed.
    ///
    /// # Errors
    /// `Refused` where it is empty.
    pub fn seal_package(
        &self,
        op: &OpContext<'_>,
        package: &PackageNumber,
        seal: &str,
    ) -> Result<(), ServiceError> {
        self.may(op, "shipment.seal", &self.package_site(package)?)?;
        not_empty("seal", seal)?;
        self.step(op, "shipment", package.as_str(), |tx| {
            let command = Command::Seal { seal: seal.to_owned() };
            advance!(tx, op, "shipment": journey::shipment, rows::shipment, package, command);
            Ok(())
        })
    }

    /// Hands a package to its carrier.
    ///
    /// # Errors
    /// `Refused` before it is sealed.
    pub fn hand_over_package(
        &self,
        op: &OpContext<'_>,
        hand_over: &HandOver,
    ) -> Result<(), ServiceError> {
        let HandOver { package, carrier, tracking } = hand_over;
        self.may(op, "shipment.hand-over", &self.package_site(package)?)?;
        not_empty("carrier", carrier)?;
        not_empty("tracking", tracking)?;
        self.step(op, "shipment", package.as_str(), |tx| {
            let command = Command::HandOver {
                carrier: carrier.clone(),
                tracking: tracking.clone(),
                stamp: op.stamp(),
            };
            let stage =
                advance!(tx, op, "shipment": journey::shipment, rows::shipment, package, command);
            for kit in &stage.contents().kits {
                chain(tx, op, kit, Action::HandedOver, carrier)?;
            }
            Ok(())
        })
    }

    /// Counts a package at the laboratory; every sealed kit of this programme arrives, listed or
    /// not. What is missing stays visible in its chain, and its person owes a sample until the
    /// kit turns up. A package that never came is received empty.
    ///
    /// # Errors
    /// `Refused` where it is not in transit, or the same person handed it over.
    pub fn receive_package(
        &self,
        op: &OpContext<'_>,
        receive: &Receive,
    ) -> Result<Counted, ServiceError> {
        self.may(op, "shipment.receive", "")?;
        let package = &receive.package;
        self.step(op, "shipment", package.as_str(), |tx| {
            let found = receive.found.clone();
            let command = Command::Receive { found, stamp: op.stamp() };
            let stage =
                advance!(tx, op, "shipment": journey::shipment, rows::shipment, package, command);
            let Stage::Received(received) = stage else {
                return Err(ServiceError::Failed("a received package is not received".to_owned()));
            };
            for kit in &received.missing {
                chain(tx, op, kit, Action::Missing, package.as_str())?;
                owed_again(tx, op, kit)?;
            }
            let mut arrived = Vec::new();
            for kit in &receive.found {
                if self.arrive(tx, op, package, kit)? {
                    arrived.push(kit.clone());
                }
            }
            Ok(Counted { arrived, missing: received.missing, extra: received.extra })
        })
    }

    /// Packages at a stage (empty: all), longest waiting first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_packages(
        &self,
        op: &OpContext<'_>,
        stage: &str,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        self.may(op, "shipment.list", "")?;
        let page = self
            .custody
            .read(|tx| listing::page::<Stage>(tx, rows::shipment::TABLE, stage, after, limit))?;
        Ok(page.iter().map(listed).collect())
    }

    /// One package.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`.
    pub fn find_package(
        &self,
        op: &OpContext<'_>,
        id: &PackageNumber,
    ) -> Result<Listed, ServiceError> {
        self.may(op, "shipment.list", "")?;
        let row = self.custody.read(|tx| rows::shipment::load(tx, id))?;
        row.as_ref().map(listed).ok_or_else(|| ServiceError::not_found("package", id))
    }

    /// Sealed collections of a site (empty: all) whose kit is in no package yet.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_to_pack(
        &self,
        op: &OpContext<'_>,
        site: &str,
        limit: u32,
    ) -> Result<Vec<crate::collection::Listed>, ServiceError> {
        self.may(op, "shipment.list", "")?;
        let rows = self.custody.read(|tx| rows::collection::to_pack(tx, site, limit))?;
        Ok(rows.iter().map(crate::collection::listed).collect())
    }

    fn arrive(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        package: &PackageNumber,
        kit: &KitBarcode,
    ) -> Result<bool, ServiceError> {
        // A kit whose collection was given up is no sample, even if it travels along.
        let collection = rows::collection::of_kit(tx, kit)?.map(|row| row.value);
        let is_sealed = SealedKit::check(collection.as_ref()).is_ok();
        if !is_sealed || rows::accession::load(tx, kit)?.is_some() {
            return Ok(false);
        }
        let command = accession::Command::Arrive { package: package.clone(), at: op.at };
        advance!(tx, op, "accession": journey::accession, rows::accession, kit, command);
        chain(tx, op, kit, Action::Received, self.laboratory.as_str())?;
        Ok(true)
    }

    fn package_site(&self, package: &PackageNumber) -> Result<String, ServiceError> {
        let row = self.custody.read(|tx| rows::shipment::load(tx, package))?;
        let row = row.ok_or_else(|| ServiceError::not_found("package", package))?;
        Ok(row.value.contents().site.to_string())
    }
}

/// A sample that did not arrive cannot be analysed: the order to collect again opens
/// (28 CFR 28.12(f)(2), (f)(3)).
fn owed_again(tx: &mut dyn Tx, op: &OpContext<'_>, kit: &KitBarcode) -> Result<(), ServiceError> {
    match rows::collection::of_kit(tx, kit)? {
        Some(row) => {
            let opened = row.value.opened();
            open_duty(tx, op, &opened.person, &opened.site, MISSING)
        }
        None => Ok(()),
    }
}

fn listed(row: &rows::shipment::Stored) -> Listed {
    Listed {
        since: row.at,
        package: PackageNumber::from(row.id.as_str()),
        site: row.value.contents().site.to_string(),
        kits: row.value.contents().kits.clone(),
        stage: row.value.word(),
    }
}

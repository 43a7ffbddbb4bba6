//! Kits: receive them into a site's stock, withdraw them, recall a lot, see the stock.

use jiff::civil::Date;
use journey::custody::Action;
use journey::ids::{CollectionId, KitBarcode, Site};
use journey::kit::{Command, Issued, Stage, Withdrawal};
use journey::refusal::RefusalCode;
use serde::{Deserialize, Serialize};
use store::custody as rows;

use crate::context::OpContext;
use crate::error::{ServiceError, not_empty};
use crate::programme::Programme;
use crate::unit::{advance, chain, note};

/// Kits that arrive at a site.
#[derive(Clone, Debug, Deserialize)]
pub struct Receive {
    /// The manufacturer's lot.
    pub lot: String,
    /// The site.
    pub site: Site,
    /// Last day of use.
    pub expires_on: Date,
    /// Barcodes.
    pub barcodes: Vec<KitBarcode>,
}

/// Stock of a site at one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stock {
    /// The site.
    pub site: String,
    /// The stage.
    pub stage: String,
    /// How many kits.
    pub kits: u64,
}

/// What a recall found.
#[derive(Clone, Debug, Serialize)]
pub struct Recall {
    /// The lot.
    pub lot: String,
    /// Kits taken out of stock.
    pub withdrawn: Vec<KitBarcode>,
    /// Kits that had been used, with the collection each was used for.
    pub used: Vec<(KitBarcode, CollectionId)>,
}

impl Programme {
    /// Receives kits into stock: all of them or none.
    ///
    /// # Errors
    /// `Refused` where a barcode was ever received before, or the lot was recalled.
    pub fn receive_kits(
        &self,
        op: &OpContext<'_>,
        receive: &Receive,
    ) -> Result<usize, ServiceError> {
        self.may(op, "kit.receive", receive.site.as_str())?;
        not_empty("site", receive.site.as_str())?;
        not_empty("lot", &receive.lot)?;
        if receive.barcodes.iter().any(|barcode| barcode.as_str().trim().is_empty()) {
            return Err(ServiceError::Invalid(
                "barcode: an empty one was found; scan each kit's barcode".to_owned(),
            ));
        }
        self.step(op, "kit", &receive.lot, |tx| {
            if rows::kit::is_recalled(tx, &receive.lot)? {
                let found = format!("lot {} was recalled", receive.lot);
                return Err(RefusalCode::KitRecalled.about(found).into());
            }
            for barcode in &receive.barcodes {
                let command = Command::Receive(Issued {
                    lot: receive.lot.clone(),
                    site: receive.site.clone(),
                    expires_on: receive.expires_on,
                });
                advance!(tx, op, "kit": journey::kit, rows::kit, barcode, command);
                chain(tx, op, barcode, Action::Stocked, receive.site.as_str())?;
            }
            Ok(receive.barcodes.len())
        })
    }

    /// Takes a kit out of use.
    ///
    /// # Errors
    /// `Refused` where it was used or withdrawn.
    pub fn withdraw_kit(
        &self,
        op: &OpContext<'_>,
        barcode: &KitBarcode,
        why: Withdrawal,
    ) -> Result<(), ServiceError> {
        let kit = self.custody.read(|tx| rows::kit::load(tx, barcode))?;
        let site = kit.map(|row| row.value.issued().site.to_string());
        self.may(op, "kit.withdraw", &site.unwrap_or_default())?;
        self.step(op, "kit", barcode.as_str(), |tx| {
            let command = Command::Withdraw(why);
            advance!(tx, op, "kit": journey::kit, rows::kit, barcode, command);
            chain(tx, op, barcode, Action::Voided, why.word())
        })
    }

    /// Recalls a lot: every kit in stock or open is withdrawn, every used one is listed.
    ///
    /// # Errors
    /// `NotFound` where no kit of the lot is known.
    pub fn recall_lot(&self, op: &OpContext<'_>, lot: &str) -> Result<Recall, ServiceError> {
        self.may(op, "kit.recall", "")?;
        self.step(op, "kit", lot, |tx| {
            let mut recall =
                Recall { lot: lot.to_owned(), withdrawn: Vec::new(), used: Vec::new() };
            let kits = rows::kit::of_lot(tx, lot)?;
            if kits.is_empty() {
                return Err(ServiceError::not_found("lot", lot));
            }
            for row in kits {
                let barcode = KitBarcode::from(row.id.as_str());
                match row.value {
                    Stage::Used(spent) => recall.used.push((barcode, spent.collection)),
                    Stage::Withdrawn(_) => {}
                    Stage::InStock(_) | Stage::Opened(_) => {
                        let command = Command::Withdraw(Withdrawal::Recalled);
                        advance!(tx, op, "kit": journey::kit, rows::kit, &barcode, command);
                        chain(tx, op, &barcode, Action::Voided, "recalled")?;
                        recall.withdrawn.push(barcode);
                    }
                }
            }
            rows::kit::recall(tx, lot, op.at)?;
            note(tx, op, "kit", lot, "recalled", &recall)?;
            Ok(recall)
        })
    }

    /// How many kits each site has at each stage.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn kit_stock(&self, op: &OpContext<'_>) -> Result<Vec<Stock>, ServiceError> {
        self.may(op, "kit.list", "")?;
        let stock = self.custody.read(rows::kit::stock)?;
        let line = |(site, stage, kits)| Stock { site, stage, kits };
        Ok(stock.into_iter().map(line).collect())
    }
}

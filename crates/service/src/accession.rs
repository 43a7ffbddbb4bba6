//! Accession: examine an arrived kit; accept it under a number that tells nothing, or reject it
//! with a notice to the site and an order to collect again.

use genetics::Category;
use journey::accession::{Command, Examination, Findings, KitRecord, Lawful, Rejection, Stage};
use journey::custody::Action;
use journey::eligibility::Outcome;
use journey::ids::{AccessionNumber, KitBarcode, Ori, PersonId, SpecimenNumber};
use journey::{collection, notice};
use serde::{Deserialize, Serialize};
use store::custody as rows;
use store::listing::{self, After};
use store::{Tx, job};

use crate::context::{OpContext, Placed};
use crate::discretion;
use crate::duty::{close_missing, open_duty};
use crate::error::ServiceError;
use crate::outbox::{self, ReclassifySpecimen, RegisterSpecimen};
use crate::programme::Programme;
use crate::unit::{advance, chain, note};

/// Examine an arrived kit.
#[derive(Clone, Debug, Deserialize)]
pub struct Examine {
    /// The barcode under which it travelled.
    pub kit: KitBarcode,
    /// What is seen.
    pub findings: Findings,
}

/// How an examination ended.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Examined {
    /// Accepted under this number.
    Accepted {
        /// The laboratory's number.
        accession: AccessionNumber,
    },
    /// Waiting for the agency to complete the form.
    Held,
    /// Rejected.
    Rejected {
        /// Why.
        why: Rejection,
    },
}

/// An arrived kit as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The kit.
    pub kit: KitBarcode,
    /// The package it came in.
    pub package: String,
    /// Where it stands.
    pub stage: &'static str,
    /// The laboratory's number, once accepted.
    pub accession: Option<AccessionNumber>,
    /// Why it was rejected, if it was.
    pub why: Option<&'static str>,
    /// Since when it stands so.
    pub since: jiff::Timestamp,
}

impl Placed for Listed {
    fn place(&self) -> After {
        After { at: self.since, id: self.kit.to_string() }
    }
}

impl Programme {
    /// Examines an arrived kit against what is seen, the kit's record, and the law as it stands.
    ///
    /// # Errors
    /// `Refused` where the collector examines, or the kit was examined already.
    pub fn examine_kit(
        &self,
        op: &OpContext<'_>,
        examine: &Examine,
    ) -> Result<Examined, ServiceError> {
        self.may(op, "accession.examine", "")?;
        let kit = &examine.kit;
        self.step(op, "accession", kit.as_str(), |tx| {
            let collection = rows::collection::of_kit(tx, kit)?
                .ok_or_else(|| ServiceError::not_found("collection with kit", kit))?;
            let opened = collection.value.opened();
            let examination = Examination {
                barcode: kit.clone(),
                findings: examine.findings.clone(),
                kit: self.kit_record(tx, kit, opened)?,
                lawful: self.lawful(tx, kit)?,
                collector: opened.collector.clone(),
                accession: AccessionNumber::new(format!("A{}", op.ids.number())),
                stamp: op.stamp(),
            };
            let command = Command::Examine(Box::new(examination));
            let stage =
                advance!(tx, op, "accession": journey::accession, rows::accession, kit, command);
            match stage {
                Stage::Accepted(accepted) => self.accepted(tx, op, kit, accepted, &opened.person),
                Stage::Rejected(rejected) => {
                    let person = opened.person.clone();
                    self.rejected(tx, op, kit, rejected.why, &person, opened)
                }
                _ => {
                    chain(tx, op, kit, Action::Held, self.laboratory.as_str())?;
                    Ok(Examined::Held)
                }
            }
        })
    }

    /// Arrived kits at a stage (empty: all), longest waiting first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_accessions(
        &self,
        op: &OpContext<'_>,
        stage: &str,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        self.may(op, "accession.list", "")?;
        let page = self
            .custody
            .read(|tx| listing::page::<Stage>(tx, rows::accession::TABLE, stage, after, limit))?;
        Ok(page.iter().map(listed).collect())
    }

    /// Whether the sample of a kit is lawful as the custody record tells now. From the approval of
    /// its removal on it is not.
    pub(crate) fn lawful(&self, tx: &mut dyn Tx, kit: &KitBarcode) -> Result<Lawful, ServiceError> {
        let Some(collection) = rows::collection::of_kit(tx, kit)? else {
            return Ok(Lawful::NoBasis);
        };
        if crate::removal::under_way(tx, kit)?.is_some() {
            return Ok(Lawful::NoBasis);
        }
        let opened = collection.value.opened();
        let record = match self.open_record(tx, &opened.booking) {
            Err(ServiceError::Refused(_)) => return Ok(Lawful::NoBasis),
            other => other?,
        };
        // The age is that at the collection; the other facts are those known now.
        let mut facts = self.rules.facts(&record, opened.opened_at, None, false);
        facts.set_aside = discretion::set_aside(tx, &opened.booking)?;
        let finding = self.finding(&facts)?;
        Ok(match (finding.outcome, finding.category) {
            (Outcome::Collect | Outcome::MaySkip, Some(category)) => Lawful::As(category),
            _ if finding.reasons.iter().any(|reason| reason.id.starts_with("UNDER_")) => {
                Lawful::Underage
            }
            _ => Lawful::NoBasis,
        })
    }

    /// Puts an accepted sample into the category of now, if that is another, and tells the index.
    pub(crate) fn reclassify(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        kit: &KitBarcode,
        category: Category,
    ) -> Result<(), ServiceError> {
        let stage = rows::accession::load(tx, kit)?.map(|row| row.value);
        let differs = matches!(stage, Some(Stage::Accepted(it)) if it.category != category);
        let specimen = rows::link::specimen(tx, &self.keys, kit)?;
        let (true, Some(specimen)) = (differs, specimen) else { return Ok(()) };
        let command = Command::Reclassify(category);
        advance!(tx, op, "accession": journey::accession, rows::accession, kit, command);
        note(tx, op, "custody", kit.as_str(), "link_read", &())?;
        let collection = rows::collection::of_kit(tx, kit)?
            .ok_or_else(|| ServiceError::not_found("collection with kit", kit))?;
        let person = &collection.value.opened().person;
        let reclassify = ReclassifySpecimen { kit: kit.clone(), specimen };
        let sealed = self.seal_job(tx, person, outbox::RECLASSIFY_SPECIMEN, &reclassify)?;
        let key = format!("{}/{}", outbox::RECLASSIFY_SPECIMEN, op.ids.id());
        job::enqueue(tx, &key, outbox::RECLASSIFY_SPECIMEN, &sealed, op.at)?;
        Ok(())
    }

    fn kit_record(
        &self,
        tx: &mut dyn Tx,
        kit: &KitBarcode,
        opened: &collection::Opened,
    ) -> Result<KitRecord, ServiceError> {
        let Some(row) = rows::kit::load(tx, kit)? else {
            return Ok(KitRecord { lot_recalled: false, in_date: false });
        };
        let used_on = self.civil_date(tx, &opened.booking, opened.opened_at)?;
        let issued = row.value.issued();
        Ok(KitRecord {
            lot_recalled: rows::kit::is_recalled(tx, &issued.lot)?,
            in_date: used_on <= issued.expires_on,
        })
    }

    fn accepted(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        kit: &KitBarcode,
        accepted: journey::accession::Accepted,
        person: &PersonId,
    ) -> Result<Examined, ServiceError> {
        let specimen = SpecimenNumber::new(format!("S{}", op.ids.number()));
        rows::link::create(tx, &self.keys, &specimen, kit)?;
        note(tx, op, "custody", kit.as_str(), "linked", &())?;
        chain(tx, op, kit, Action::Accepted, self.laboratory.as_str())?;
        close_missing(tx, op, person)?;
        let register = RegisterSpecimen { specimen, category: accepted.category };
        let key = outbox::registration_of(kit);
        let sealed = self.seal_job(tx, person, outbox::REGISTER_SPECIMEN, &register)?;
        job::enqueue(tx, &key, outbox::REGISTER_SPECIMEN, &sealed, op.at)?;
        Ok(Examined::Accepted { accession: accepted.accession })
    }

    fn rejected(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        kit: &KitBarcode,
        why: Rejection,
        person: &PersonId,
        opened: &collection::Opened,
    ) -> Result<Examined, ServiceError> {
        chain(tx, op, kit, Action::Rejected, self.laboratory.as_str())?;
        if why.asks_again() {
            open_duty(tx, op, person, &opened.site, why.word())?;
        }
        let subject = notice::Subject::Rejection { kit: kit.clone(), why };
        let to = Ori::new(opened.site.as_str());
        self.raise_notice(tx, op, &format!("rejection/{kit}"), subject, to)?;
        Ok(Examined::Rejected { why })
    }
}

fn listed(row: &rows::accession::Stored) -> Listed {
    let (accession, why) = match &row.value {
        Stage::Accepted(accepted) => (Some(accepted.accession.clone()), None),
        Stage::Rejected(rejected) => (None, Some(rejected.why.word())),
        Stage::Arrived(_) | Stage::Held(_) => (None, None),
    };
    Listed {
        since: row.at,
        kit: KitBarcode::from(row.id.as_str()),
        package: row.value.arrived().package.to_string(),
        stage: row.value.word(),
        accession,
        why,
    }
}

//! Removal: ask, approve by a second person, carry out step by step, certify.
//!
//! The record of the index goes by a job across the wall; the physical sample by the laboratory's
//! word; link and personal values when a person certifies, after which no key opens them.

use std::collections::BTreeMap;

use journey::booking::CustodyBasis;
use journey::custody::Action;
use journey::ids::{BookingId, KitBarcode, Ori, PersonId, RemovalId};
use journey::refusal::RefusalCode;
use journey::removal::{Command, Path, Request, Stage, Step};
use journey::{accession, collection, notice, removal};
use serde::{Deserialize, Serialize};
use store::custody as rows;
use store::listing::{self, After};
use store::{Tx, envelope, job};

use crate::context::{OpContext, Placed};
use crate::duty::close_removed;
use crate::error::{ServiceError, not_empty};
use crate::outbox::{self, WithdrawRecord};
use crate::person::records_of;
use crate::programme::Programme;
use crate::unit::{advance, chain, note};

/// Ask for a removal.
#[derive(Clone, Debug, Deserialize)]
pub struct Ask {
    /// The kit whose sample and profile are to go.
    pub kit: KitBarcode,
    /// Which law or order.
    #[serde(flatten)]
    pub path: Path,
}

/// Record that the physical sample is destroyed.
#[derive(Clone, Debug, Deserialize)]
pub struct DestroySample {
    /// The removal.
    pub removal: RemovalId,
    /// Every form that was destroyed, and how.
    pub method: String,
}

/// A removal as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The removal.
    pub removal: RemovalId,
    /// Which law or order.
    pub path: String,
    /// The kit, until it is certified.
    pub kit: Option<KitBarcode>,
    /// Steps that are done.
    pub done: Vec<&'static str>,
    /// Where it stands.
    pub stage: &'static str,
    /// Since when it stands so.
    pub since: jiff::Timestamp,
}

impl Placed for Listed {
    fn place(&self) -> After {
        After { at: self.since, id: self.removal.to_string() }
    }
}

impl Programme {
    /// Asks for a removal.
    ///
    /// # Errors
    /// `Refused` where an expungement leaves a basis standing, or there is none to expunge.
    pub fn request_removal(
        &self,
        op: &OpContext<'_>,
        ask: &Ask,
    ) -> Result<RemovalId, ServiceError> {
        self.may(op, "removal.request", "")?;
        let id = RemovalId::new(op.ids.id());
        self.step(op, "removal", id.as_str(), |tx| {
            let collection = rows::collection::of_kit(tx, &ask.kit)?
                .ok_or_else(|| ServiceError::not_found("collection with kit", &ask.kit))?;
            let opened = collection.value.opened();
            let bases = self.bases(tx, &opened.person)?;
            let today = self.civil_date(tx, &opened.booking, op.at)?;
            let request =
                Request { kit: ask.kit.clone(), path: ask.path.clone(), stamp: op.stamp() };
            let command = Command::Request { request, bases, today };
            advance!(tx, op, "removal": journey::removal, rows::removal, &id, command);
            Ok(())
        })?;
        Ok(id)
    }

    /// Approves a removal; the index is told at once.
    ///
    /// # Errors
    /// `Refused` where the person who asked approves.
    pub fn approve_removal(&self, op: &OpContext<'_>, id: &RemovalId) -> Result<(), ServiceError> {
        self.may(op, "removal.approve", "")?;
        self.step(op, "removal", id.as_str(), |tx| {
            let command = Command::Approve(op.stamp());
            let stage = advance!(tx, op, "removal": journey::removal, rows::removal, id, command);
            let Stage::Approved(approved) = stage else {
                return Err(ServiceError::Failed("an approved removal is not approved".to_owned()));
            };
            let specimen = rows::link::specimen(tx, &self.keys, &approved.request.kit)?;
            let Some(specimen) = specimen else {
                return finish(tx, op, id, Step::IndexRecord);
            };
            note(tx, op, "custody", id.as_str(), "link_read", &())?;
            let withdraw = WithdrawRecord { removal: id.clone(), specimen };
            let person = person_of(tx, &approved.request.kit)?;
            let key = format!("{}/{id}", outbox::WITHDRAW_RECORD);
            let sealed = self.seal_job(tx, &person, outbox::WITHDRAW_RECORD, &withdraw)?;
            job::enqueue(tx, &key, outbox::WITHDRAW_RECORD, &sealed, op.at)?;
            Ok(())
        })
    }

    /// Turns a removal down.
    ///
    /// # Errors
    /// `Refused` where the person who asked turns it down.
    pub fn deny_removal(
        &self,
        op: &OpContext<'_>,
        id: &RemovalId,
        why: &str,
    ) -> Result<(), ServiceError> {
        self.may(op, "removal.deny", "")?;
        not_empty("why", why)?;
        self.step(op, "removal", id.as_str(), |tx| {
            let command = Command::Deny { why: why.to_owned(), stamp: op.stamp() };
            advance!(tx, op, "removal": journey::removal, rows::removal, id, command);
            Ok(())
        })
    }

    /// Records that every physical form of the sample is destroyed.
    ///
    /// # Errors
    /// `Refused` before the approval; `Invalid` without saying what was destroyed and how.
    pub fn destroy_sample(
        &self,
        op: &OpContext<'_>,
        destroy: &DestroySample,
    ) -> Result<(), ServiceError> {
        self.may(op, "removal.destroy-sample", "")?;
        not_empty("method", &destroy.method)?;
        let id = &destroy.removal;
        self.step(op, "removal", id.as_str(), |tx| {
            let kit = approved(tx, id)?.request.kit;
            finish(tx, op, id, Step::PhysicalSample)?;
            chain(tx, op, &kit, Action::Destroyed, self.laboratory.as_str())?;
            note(tx, op, "removal", id.as_str(), "destroyed", &destroy.method)
        })
    }

    /// Certifies a removal: destroys the link and the person's values, then states that all is
    /// gone. Index record and physical sample must be done before.
    ///
    /// # Errors
    /// `Refused` while one of them is open, or another sample of the same person stands.
    pub fn certify_removal(&self, op: &OpContext<'_>, id: &RemovalId) -> Result<(), ServiceError> {
        self.may(op, "removal.certify", "")?;
        self.step(op, "removal", id.as_str(), |tx| {
            let approved = approved(tx, id)?;
            let first = [Step::IndexRecord, Step::PhysicalSample];
            if let Some(open) = first.iter().find(|step| !approved.done.contains(step)) {
                return Err(RefusalCode::StepsOpen.about(format!("open: {}", open.word())).into());
            }
            let kit = &approved.request.kit;
            let collection = rows::collection::of_kit(tx, kit)?
                .ok_or_else(|| ServiceError::not_found("collection with kit", kit))?;
            let opened = collection.value.opened();
            no_other_sample(tx, &opened.person, kit)?;
            rows::link::destroy(tx, &self.keys, kit)?;
            finish(tx, op, id, Step::Link)?;
            self.forget(tx, op, &opened.person)?;
            finish(tx, op, id, Step::PersonalValues)?;
            let command = Command::Certify(op.stamp());
            advance!(tx, op, "removal": journey::removal, rows::removal, id, command);
            let subject = notice::Subject::Removal { removal: id.clone() };
            let to = Ori::new(opened.site.as_str());
            self.raise_notice(tx, op, &format!("removal/{id}"), subject, to)
        })?;
        self.custody.scrub("link")?;
        Ok(self.custody.scrub("person_key")?)
    }

    /// One removal.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`.
    pub fn find_removal(&self, op: &OpContext<'_>, id: &RemovalId) -> Result<Listed, ServiceError> {
        self.may(op, "removal.list", "")?;
        let row = self.custody.read(|tx| rows::removal::load(tx, id))?;
        row.as_ref().map(listed).ok_or_else(|| ServiceError::not_found("removal", id))
    }

    /// Removals at a stage (empty: all), longest waiting first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_removals(
        &self,
        op: &OpContext<'_>,
        stage: &str,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        self.may(op, "removal.list", "")?;
        let page = self
            .custody
            .read(|tx| listing::page::<Stage>(tx, rows::removal::TABLE, stage, after, limit))?;
        Ok(page.iter().map(listed).collect())
    }

    /// Every basis on which the person was held when a sample was or could have been taken, with
    /// the number of bookings that rest on it.
    fn bases(
        &self,
        tx: &mut dyn Tx,
        person: &PersonId,
    ) -> Result<BTreeMap<CustodyBasis, usize>, ServiceError> {
        let mut bases = BTreeMap::new();
        let mut booked = Vec::new();
        for record in records_of(tx, person)? {
            booked.extend(rows::booking::of_person(tx, &record)?);
        }
        for row in booked {
            let booking = BookingId::from(row.id.as_str());
            for basis in self.open_record(tx, &booking)?.circumstances.custody_basis {
                *bases.entry(basis).or_default() += 1;
            }
        }
        Ok(bases)
    }

    /// Destroys what tells who a person is, under every record. Standing orders about that person
    /// end.
    fn forget(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        person: &PersonId,
    ) -> Result<(), ServiceError> {
        for record in records_of(tx, person)? {
            close_removed(tx, op, &record)?;
            rows::booking::forget_person(tx, &record)?;
            rows::person::forget_marks(tx, &record)?;
            envelope::destroy(tx, record.as_str())?;
        }
        Ok(())
    }
}

/// Records that a step is done.
pub(crate) fn finish(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    id: &RemovalId,
    step: Step,
) -> Result<(), ServiceError> {
    advance!(tx, op, "removal": journey::removal, rows::removal, id, Command::Finish(step));
    Ok(())
}

/// A removal under way.
pub(crate) fn approved(tx: &mut dyn Tx, id: &RemovalId) -> Result<removal::Approved, ServiceError> {
    match rows::removal::load(tx, id)?.map(|row| row.value) {
        Some(Stage::Approved(approved)) => Ok(approved),
        Some(stage) => {
            Err(RefusalCode::WrongStage.about(format!("the removal is {}", stage.word())).into())
        }
        None => Err(ServiceError::not_found("removal", id)),
    }
}

/// The removal that is approved for a kit and not certified yet.
pub(crate) fn under_way(
    tx: &mut dyn Tx,
    kit: &KitBarcode,
) -> Result<Option<removal::Approved>, ServiceError> {
    Ok(match rows::removal::approved_of(tx, kit)?.map(|row| row.value) {
        Some(Stage::Approved(approved)) => Some(approved),
        _ => None,
    })
}

fn person_of(tx: &mut dyn Tx, kit: &KitBarcode) -> Result<PersonId, ServiceError> {
    let collection = rows::collection::of_kit(tx, kit)?
        .ok_or_else(|| ServiceError::not_found("collection with kit", kit))?;
    Ok(collection.value.opened().person.clone())
}

/// A person's values go with the last of the person's samples: another one would be left in the
/// index with nobody who could be identified by it.
fn no_other_sample(
    tx: &mut dyn Tx,
    person: &PersonId,
    removed: &KitBarcode,
) -> Result<(), ServiceError> {
    if rows::booking::sealed_person(tx, person)?.is_none() {
        return Ok(());
    }
    let mut booked = Vec::new();
    for record in records_of(tx, person)? {
        booked.extend(rows::booking::of_person(tx, &record)?);
    }
    for booking in booked {
        let booking = BookingId::from(booking.id.as_str());
        for row in rows::collection::of_booking(tx, &booking)? {
            let kit = &row.value.opened().kit;
            if kit != removed && stands(tx, &row)? {
                let found = format!("the sample of kit {kit} is of the same person and stands");
                return Err(RefusalCode::StepsOpen.about(found).into());
            }
        }
    }
    Ok(())
}

/// True for a sealed sample that was neither rejected nor taken away.
fn stands(tx: &mut dyn Tx, row: &rows::collection::Stored) -> Result<bool, ServiceError> {
    let collection::Stage::Sealed(sealed) = &row.value else {
        return Ok(false);
    };
    let kit = &sealed.opened.kit;
    let accession = rows::accession::load(tx, kit)?.map(|row| row.value);
    if matches!(accession, Some(accession::Stage::Rejected(_))) {
        return Ok(false);
    }
    let gone = [Step::IndexRecord, Step::PhysicalSample];
    let approved = under_way(tx, kit)?;
    Ok(!approved.is_some_and(|approved| gone.iter().all(|step| approved.done.contains(step))))
}

fn listed(row: &rows::removal::Stored) -> Listed {
    let (path, done) = match &row.value {
        Stage::Requested(request) => (request.path.word(), Vec::new()),
        Stage::Denied(denied) => (denied.request.path.word(), Vec::new()),
        Stage::Approved(approved) => {
            let done = approved.done.iter().map(|step| step.word()).collect();
            (approved.request.path.word(), done)
        }
        Stage::Certified(certified) => {
            (certified.path.as_str(), Step::ALL.iter().map(|step| step.word()).collect())
        }
    };
    Listed {
        since: row.at,
        removal: RemovalId::from(row.id.as_str()),
        path: path.to_owned(),
        kit: row.value.kit().cloned(),
        done,
        stage: row.value.word(),
    }
}

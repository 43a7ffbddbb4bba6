//! Confirmation: four checks at the database laboratory before a name may leave it.

use std::cell::{Cell, RefCell};

use genetics::stringency::level;
use genetics::{Level, LocusSet, Profile};
use jiff::civil::Date;
use journey::accession::Lawful;
use journey::candidate::Stage as Candidate;
use journey::confirmation::{Command, Confirmed, Refuted, Request, Stage};
use journey::ids::{CandidateId, ConfirmationId, KitBarcode, NoticeId, Ori, SpecimenNumber};
use journey::notice;
use journey::refusal::RefusalCode;
use serde::Serialize;
use store::custody as rows;
use store::listing::{self, After};
use store::{Tx, index, job};

use crate::context::{OpContext, Placed};
use crate::error::ServiceError;
use crate::outbox::{self, SettleCandidate};
use crate::person::records_of;
use crate::programme::Programme;
use crate::typing::genotype_table;
use crate::unit::advance;

/// A confirmation as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The confirmation.
    pub confirmation: ConfirmationId,
    /// The candidate.
    pub candidate: CandidateId,
    /// The person-side specimen.
    pub specimen: SpecimenNumber,
    /// The laboratory of the case.
    pub laboratory: Ori,
    /// Last day of the working time.
    pub due_on: Date,
    /// Where it stands.
    pub stage: &'static str,
    /// Whether the person has a twin on record; told by the check of lawfulness alone, which opens
    /// the link to the person.
    pub twin: Option<bool>,
    /// The retained sample to fetch from the archive; told by the check of lawfulness alone.
    pub retained: Option<KitBarcode>,
    /// Since when it stands so.
    pub since: jiff::Timestamp,
}

impl Placed for Listed {
    fn place(&self) -> After {
        After { at: self.since, id: self.confirmation.to_string() }
    }
}

impl Programme {
    /// Checks that the sample is still lawful, from the custody record of now.
    ///
    /// # Errors
    /// `Refused` out of order.
    pub fn check_lawful(
        &self,
        op: &OpContext<'_>,
        id: &ConfirmationId,
    ) -> Result<Listed, ServiceError> {
        self.may(op, "confirmation.check-lawful", "")?;
        let (twin, retained) = (Cell::new(None), RefCell::new(None));
        let listed = self.confirm_step(op, id, |tx, request| {
            let kit = self.linked_kit(tx, op, &request.specimen)?;
            twin.set(Some(has_twin(tx, &kit)?));
            retained.replace(Some(kit.clone()));
            let lawful = matches!(self.lawful(tx, &kit)?, Lawful::As(_));
            Ok(Command::CheckLawful { lawful })
        })?;
        Ok(Listed { twin: twin.get(), retained: retained.into_inner(), ..listed })
    }

    /// Records whether the prints on the form identify the owner of the sample.
    ///
    /// # Errors
    /// `Refused` out of order.
    pub fn check_identity(
        &self,
        op: &OpContext<'_>,
        id: &ConfirmationId,
        prints_agree: bool,
    ) -> Result<Listed, ServiceError> {
        self.may(op, "confirmation.check-identity", "")?;
        self.confirm_step(op, id, |_, _| Ok(Command::CheckIdentity { prints_agree }))
    }

    /// Records what the retained sample gave when typed again (`None`: no sample is left). Its
    /// barcode is scanned, and must be that of the kit from which the specimen came. It is the same
    /// profile where at least 13 loci were typed both times and every one is equal.
    ///
    /// # Errors
    /// `Refused` out of order, or with another sample.
    pub fn retype(
        &self,
        op: &OpContext<'_>,
        id: &ConfirmationId,
        again: Option<(&KitBarcode, &Profile)>,
    ) -> Result<Listed, ServiceError> {
        self.may(op, "confirmation.retype", "")?;
        let specimen = self.confirmation(id)?.value.request().specimen.clone();
        let before = self.index.read(|tx| index::upload::searchable(tx, &specimen))?;
        let same_profile = match (before, again) {
            (Some(before), Some((_, again))) => Some(is_same(&before.profile, again)),
            (None, Some(_)) => Some(false),
            (_, None) => None,
        };
        self.confirm_step(op, id, |tx, request| {
            if let Some((scanned, _)) = again
                && self.linked_kit(tx, op, &request.specimen)? != *scanned
            {
                let found = format!("this is not the retained sample of {}", request.specimen);
                return Err(RefusalCode::BarcodeMismatch.about(found).into());
            }
            Ok(Command::Retype { same_profile, stamp: op.stamp() })
        })
    }

    /// The same from the file of a genotype table with the one sample.
    ///
    /// # Errors
    /// `Invalid` where the file does not hold exactly one sample that was read whole; else as
    /// [`Programme::retype`].
    pub fn retype_file(
        &self,
        op: &OpContext<'_>,
        id: &ConfirmationId,
        retained: &KitBarcode,
        bytes: &[u8],
    ) -> Result<Listed, ServiceError> {
        self.may(op, "confirmation.retype", "")?;
        let (table, problems) = genotype_table(bytes)?;
        match (table.samples.as_slice(), table.left_out.as_slice()) {
            ([sample], []) => self.retype(op, id, Some((retained, &sample.profile))),
            (read, left_out) => Err(ServiceError::Invalid(format!(
                "file: {} samples were found and {} of them read whole; give the one sample that \
                 was typed again. {}",
                read.len() + left_out.len(),
                read.len(),
                problems.first().map_or("", String::as_str)
            ))),
        }
    }

    /// Concludes as a second person: the candidate is confirmed, and the release of the name to
    /// the laboratory of the case falls due.
    ///
    /// # Errors
    /// `Refused` where the person who typed again concludes, or the candidate has ended.
    pub fn conclude_confirmation(
        &self,
        op: &OpContext<'_>,
        id: &ConfirmationId,
    ) -> Result<Listed, ServiceError> {
        self.may(op, "confirmation.conclude", "")?;
        let candidate = self.confirmation(id)?.value.request().candidate.clone();
        self.confirm_step(op, id, |_, _| {
            // A new version of a profile may have ended the candidate meanwhile.
            let row = self.index.read(|tx| index::candidate::load(tx, &candidate))?;
            match row.map(|row| row.value) {
                Some(Candidate::ConfirmationRequested(_)) => Ok(Command::Conclude(op.stamp())),
                Some(other) => Err(RefusalCode::WrongStage
                    .about(format!("the candidate is {}", other.word()))
                    .into()),
                None => Err(ServiceError::not_found("candidate", &candidate)),
            }
        })
    }

    /// Confirmations at a stage (empty: all), longest waiting first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_confirmations(
        &self,
        op: &OpContext<'_>,
        stage: &str,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        self.may(op, "confirmation.list", "")?;
        let page = self.custody.read(|tx| {
            listing::page::<Stage>(tx, rows::confirmation::TABLE, stage, after, limit)
        })?;
        Ok(page
            .iter()
            .map(|row| listed(&ConfirmationId::from(row.id.as_str()), &row.value, row.at))
            .collect())
    }

    /// One confirmation.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`.
    pub fn find_confirmation(
        &self,
        op: &OpContext<'_>,
        id: &ConfirmationId,
    ) -> Result<Listed, ServiceError> {
        self.may(op, "confirmation.list", "")?;
        let row = self.confirmation(id)?;
        Ok(listed(id, &row.value, row.at))
    }

    /// Ends a confirmation whose candidate has ended; one that has ended itself stays as it is.
    pub(crate) fn end_confirmation(
        &self,
        op: &OpContext<'_>,
        id: &ConfirmationId,
    ) -> Result<(), ServiceError> {
        self.custody.write(|tx| {
            // The request may be tried again; it comes first.
            let row = rows::confirmation::load(tx, id)?.ok_or(ServiceError::Busy)?;
            if matches!(row.value, Stage::Confirmed(_) | Stage::Refuted(_)) {
                return Ok(());
            }
            let stage = advance!(
                tx, op, "confirmation": journey::confirmation, rows::confirmation, id, Command::End
            );
            match &stage {
                Stage::Refuted(refuted) => self.tell_refuted(tx, op, id, refuted),
                _ => Ok(()),
            }
        })
    }

    fn confirmation(
        &self,
        id: &ConfirmationId,
    ) -> Result<rows::confirmation::Stored, ServiceError> {
        let row = self.custody.read(|tx| rows::confirmation::load(tx, id))?;
        row.ok_or_else(|| ServiceError::not_found("confirmation", id))
    }

    /// One step: makes the command, advances, and on an end tells the index side and raises the
    /// release of the name.
    fn confirm_step(
        &self,
        op: &OpContext<'_>,
        id: &ConfirmationId,
        command: impl Fn(&mut dyn Tx, &Request) -> Result<Command, ServiceError>,
    ) -> Result<Listed, ServiceError> {
        self.step(op, "confirmation", id.as_str(), |tx| {
            let row = rows::confirmation::load(tx, id)?
                .ok_or_else(|| ServiceError::not_found("confirmation", id))?;
            let command = command(tx, row.value.request())?;
            let stage = advance!(
                tx, op, "confirmation": journey::confirmation, rows::confirmation, id, command
            );
            match &stage {
                Stage::Confirmed(_) => {
                    self.raise_name_release(tx, op, id, &stage)?;
                    self.raise_hit(tx, op, id, &stage.request().specimen)?;
                    settle(tx, op, id, &stage, None)?;
                }
                Stage::Refuted(refuted) => {
                    self.tell_refuted(tx, op, id, refuted)?;
                    settle(tx, op, id, &stage, Some(refuted.why.word()))?;
                }
                _ => {}
            }
            Ok(listed(id, &stage, op.at))
        })
    }

    fn raise_name_release(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        id: &ConfirmationId,
        stage: &Stage,
    ) -> Result<(), ServiceError> {
        let confirmed = Confirmed::check(id, Some(stage))?;
        let notice = NoticeId::new(op.ids.id());
        let command = notice::Command::RaiseNameRelease { confirmed, due_at: self.notice_due(op)? };
        advance!(tx, op, "notice": journey::notice, rows::notice, &notice, command);
        Ok(rows::notice::about(tx, &notice, &format!("name-release/{id}"))?)
    }

    /// Tells the laboratory of the case that a candidate was not confirmed, and which check failed.
    fn tell_refuted(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        id: &ConfirmationId,
        refuted: &Refuted,
    ) -> Result<(), ServiceError> {
        let subject = notice::Subject::NotConfirmed { confirmation: id.clone(), why: refuted.why };
        let to = refuted.request.laboratory.clone();
        self.raise_notice(tx, op, &format!("not-confirmed/{id}"), subject, to)
    }
}

fn is_same(before: &Profile, again: &Profile) -> bool {
    let common = before.loci().intersection(again.loci()).intersection(LocusSet::autosomal());
    let equal = |locus| match (before.at(locus), again.at(locus)) {
        (Some(one), Some(other)) => level(&one.genotype, &other.genotype) == Level::High,
        _ => false,
    };
    common.len() >= 13 && common.iter().all(equal)
}

fn settle(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    id: &ConfirmationId,
    stage: &Stage,
    refuted_because: Option<&str>,
) -> Result<(), ServiceError> {
    let candidate = stage.request().candidate.clone();
    let key = format!("{}/{id}", outbox::SETTLE_CANDIDATE);
    let refuted_because = refuted_because.map(str::to_owned);
    let payload = SettleCandidate { candidate, confirmation: Some(id.clone()), refuted_because };
    job::enqueue(tx, &key, outbox::SETTLE_CANDIDATE, &payload, op.at)?;
    Ok(())
}

fn listed(id: &ConfirmationId, stage: &Stage, since: jiff::Timestamp) -> Listed {
    let request = stage.request();
    Listed {
        confirmation: id.clone(),
        candidate: request.candidate.clone(),
        specimen: request.specimen.clone(),
        laboratory: request.laboratory.clone(),
        due_on: request.due_on,
        stage: stage.word(),
        twin: None,
        retained: None,
        since,
    }
}

/// True where the person of a kit is marked as a twin: the profile alone does not tell them apart.
fn has_twin(tx: &mut dyn Tx, kit: &KitBarcode) -> Result<bool, ServiceError> {
    let Some(collection) = rows::collection::of_kit(tx, kit)? else {
        return Ok(false);
    };
    for record in records_of(tx, &collection.value.opened().person)? {
        if !rows::person::twins_of(tx, &record)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

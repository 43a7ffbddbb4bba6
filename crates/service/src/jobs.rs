//! Steps across the wall: idempotent jobs from each database's outbox.
//!
//! A job was enqueued in the transaction of the fact that calls for it, with a key that makes it
//! one of its kind. It may run twice, or stop half-way and run again: every handler looks first
//! whether its work is done. Payloads on the custody side that name a specimen are sealed with
//! the person's key, so that the table of jobs joins nothing, and nothing at all after a removal.

use genetics::matrix::{PairRule, SearchMatrix};
use genetics::{Index, SearchRule};
use jiff::Timestamp;
use journey::accession;
use journey::candidate::{self, Found};
use journey::confirmation;
use journey::ids::{CandidateId, Ori, PersonId, RemovalId, SpecimenNumber};
use journey::notice;
use journey::removal::{self, Step};
use journey::upload;
use serde::Serialize;
use store::envelope;
use store::index::typing::Specimen;
use store::index::upload::Searchable;
use store::job::{self, Job};
use store::{Database, Tx, custody, index};

use crate::candidate::end_confirmation;
use crate::context::{Actor, OpContext};
use crate::error::ServiceError;
use crate::matcher::Hit;
use crate::outbox::{
    END_CONFIRMATION, EndConfirmation, RECLASSIFY_SPECIMEN, REGISTER_SPECIMEN,
    REQUEST_CONFIRMATION, ReclassifySpecimen, RegisterSpecimen, RequestConfirmation, SEARCH,
    SETTLE_CANDIDATE, Search, SettleCandidate, WITHDRAW_RECORD, WithdrawRecord, registration_of,
};
use crate::programme::Programme;
use crate::removal::finish;
use crate::unit::{advance, note};

/// Jobs taken at once.
const CLAIM_MAX: u32 = 64;

/// What a round of jobs did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Round {
    /// Jobs done.
    pub done: usize,
    /// Jobs that failed and will be tried again, or wait for a person.
    pub failed: usize,
}

impl Programme {
    /// Runs every job that is due, on both sides, until none is left.
    ///
    /// # Errors
    /// A database cannot be reached. A job that fails is put back and counted, not an error.
    pub fn run_jobs(&self, op: &OpContext<'_>) -> Result<Round, ServiceError> {
        let op = OpContext { actor: Actor::programme(), ..op.clone() };
        let mut total = Round::default();
        loop {
            let mut round = Round::default();
            for database in [&self.custody, &self.index] {
                self.run_side(&op, database, &mut round)?;
            }
            total.done += round.done;
            total.failed += round.failed;
            if round.done + round.failed == 0 {
                return Ok(total);
            }
        }
    }

    fn run_side(
        &self,
        op: &OpContext<'_>,
        database: &Database,
        round: &mut Round,
    ) -> Result<(), ServiceError> {
        let claimed = database.write(|tx| job::claim(tx, op.at, CLAIM_MAX))?;
        for job in claimed {
            match self.run_job(op, &job) {
                Ok(()) => {
                    database.write(|tx| job::finish(tx, &job, op.at))?;
                    round.done += 1;
                }
                Err(error) => {
                    database.write(|tx| job::fail(tx, &job, &error.internal(), op.at))?;
                    round.failed += 1;
                }
            }
        }
        Ok(())
    }

    fn run_job(&self, op: &OpContext<'_>, job: &Job) -> Result<(), ServiceError> {
        let op = OpContext { purpose: format!("job {}", job.kind), ..op.clone() };
        match job.kind.as_str() {
            REGISTER_SPECIMEN => match self.open_job(job)? {
                Some((_, register)) => self.register_specimen(&op, &register),
                None => Ok(()),
            },
            RECLASSIFY_SPECIMEN => match self.open_job(job)? {
                Some((_, reclassify)) => self.reclassify_specimen(&op, &reclassify),
                None => Ok(()),
            },
            SEARCH => self.search_record(&op, &job.payload()?),
            REQUEST_CONFIRMATION => self.open_confirmation(&op, &job.payload()?),
            END_CONFIRMATION => {
                self.end_confirmation(&op, &job.payload::<EndConfirmation>()?.confirmation)
            }
            SETTLE_CANDIDATE => self.settle_candidate(&op, job.payload()?),
            WITHDRAW_RECORD => match self.open_job(job)? {
                Some((person, withdraw)) => self.withdraw_record(&op, &person, &withdraw),
                None => Ok(()),
            },
            other => Err(ServiceError::Failed(format!("no such kind of job: {other}"))),
        }
    }

    /// The time is kept to the hour: the exact instant stands beside the kit in the custody
    /// record, and two equal instants would be a link without its key.
    fn register_specimen(
        &self,
        op: &OpContext<'_>,
        register: &RegisterSpecimen,
    ) -> Result<(), ServiceError> {
        let op = &OpContext { at: hour_of(op.at), ..op.clone() };
        let specimen = Specimen {
            id: register.specimen.clone(),
            category: register.category.name().to_owned(),
            laboratory: self.laboratory.clone(),
            at: op.at,
        };
        self.index.write(|tx| {
            if index::typing::register(tx, &specimen)? {
                note(tx, op, "typing", specimen.id.as_str(), "registered", &register.category)?;
            }
            Ok(())
        })
    }

    /// Tells the index the category of now. A record that entered in another one stands among those
    /// to enter again.
    fn reclassify_specimen(
        &self,
        op: &OpContext<'_>,
        reclassify: &ReclassifySpecimen,
    ) -> Result<(), ServiceError> {
        let ReclassifySpecimen { kit, specimen } = reclassify;
        let (stage, registration) = self.custody.read(|tx| {
            let stage = custody::accession::load(tx, kit)?.map(|row| row.value);
            Ok::<_, ServiceError>((stage, job::by_key(tx, &registration_of(kit))?))
        })?;
        // It is registered first.
        if registration.is_some_and(|job| job.state != job::State::Done) {
            return Err(ServiceError::Busy);
        }
        let Some(accession::Stage::Accepted(accepted)) = stage else { return Ok(()) };
        let op = &OpContext { at: hour_of(op.at), ..op.clone() };
        self.index.write(|tx| {
            if index::typing::reclassify(tx, specimen, accepted.category.name())? {
                note(tx, op, "typing", specimen.as_str(), "reclassified", &accepted.category)?;
            }
            Ok(())
        })
    }

    /// Searches a record against every index that the matrix allows, and puts each candidate on
    /// record with the laboratory of its case.
    fn search_record(&self, op: &OpContext<'_>, search: &Search) -> Result<(), ServiceError> {
        let Some(record) = self.index.read(|tx| index::upload::searchable(tx, &search.specimen))?
        else {
            return Ok(());
        };
        for (targets, rule) in rules_for(self.matrix_on(op.today())?, record.category.index()) {
            let hits = self.matcher.search(&self.index, &record, &targets, &rule)?;
            self.index.write(|tx| {
                for hit in &hits {
                    let (found, evidence, other) = pair(op, &record, hit, &rule.rule);
                    self.find_candidate(tx, op, found, (&evidence, &other))?;
                }
                Ok::<(), ServiceError>(())
            })?;
        }
        self.index.write(|tx| {
            self.recheck_candidates(tx, op, &record)?;
            note(tx, op, "candidate", search.specimen.as_str(), "searched", &())
        })
    }

    fn open_confirmation(
        &self,
        op: &OpContext<'_>,
        wanted: &RequestConfirmation,
    ) -> Result<(), ServiceError> {
        let id = &wanted.confirmation;
        let today = op.today();
        let deadlines = self.deadlines_on(today)?;
        self.custody.write(|tx| {
            if custody::confirmation::load(tx, id)?.is_some() {
                return Ok(());
            }
            let command = confirmation::Command::Request(confirmation::Request {
                candidate: wanted.candidate.clone(),
                specimen: wanted.specimen.clone(),
                laboratory: wanted.laboratory.clone(),
                due_on: deadlines.business_days_after(today, deadlines.confirmation.limit),
                stamp: journey::actor::Stamp { at: op.at, by: wanted.by.clone() },
            });
            advance!(
                tx, op, "confirmation": journey::confirmation, custody::confirmation, id, command
            );
            let subject = notice::Subject::ConfirmationAsked { confirmation: id.clone() };
            let to = self.laboratory.clone();
            self.raise_notice(tx, op, &format!("confirmation-asked/{id}"), subject, to)
        })
    }

    fn settle_candidate(
        &self,
        op: &OpContext<'_>,
        settle: SettleCandidate,
    ) -> Result<(), ServiceError> {
        let id = &settle.candidate;
        self.index.write(|tx| {
            let stage = index::candidate::load(tx, id)?.map(|row| row.value);
            let Some(candidate::Stage::ConfirmationRequested(asked)) = stage else {
                return Ok(());
            };
            if settle.confirmation.as_ref().is_some_and(|settled| *settled != asked.confirmation) {
                return Ok(());
            }
            let refuted_because = settle.refuted_because.clone();
            let command = candidate::Command::Settle { refuted_because };
            advance!(tx, op, "candidate": journey::candidate, index::candidate, id, command);
            Ok(())
        })
    }

    /// Takes a record out of the index with its profile versions and candidates, then reports the
    /// step done on the custody side.
    fn withdraw_record(
        &self,
        op: &OpContext<'_>,
        person: &PersonId,
        withdraw: &WithdrawRecord,
    ) -> Result<(), ServiceError> {
        let WithdrawRecord { removal, specimen } = withdraw;
        let reference = self.custody.read(|tx| {
            registered(tx, removal)?;
            self.reference_of(tx, person, removal)
        })?;
        self.index.write(|tx| {
            self.withdraw_in(tx, op, &reference, specimen)?;
            self.withdraw_candidates(tx, op, &reference, specimen)
        })?;
        self.matcher.forget(&self.index, specimen)?;
        for table in ["record", "record_version", "reading"] {
            self.index.scrub(table)?;
        }
        self.custody.write(|tx| match crate::removal::approved(tx, removal) {
            Ok(approved) if !approved.done.contains(&Step::IndexRecord) => {
                finish(tx, op, removal, Step::IndexRecord)
            }
            _ => Ok(()),
        })
    }

    pub(crate) fn withdraw_in(
        &self,
        tx: &mut dyn store::Tx,
        op: &OpContext<'_>,
        removal: &RemovalId,
        specimen: &SpecimenNumber,
    ) -> Result<(), ServiceError> {
        index::reading::forget(tx, specimen)?;
        index::typing::forget(tx, specimen)?;
        index::known::forget_cleared(tx, specimen)?;
        let before = index::upload::load(tx, specimen)?;
        if let Some(row) = &before
            && matches!(row.value, upload::Stage::Indexed(_))
        {
            let event = upload::withdraw(Some(&row.value), removal.clone())?;
            let after = upload::apply(Some(row.value.clone()), &event)?;
            index::upload::save(tx, specimen, Some(row), &after, op.at)?;
            index::upload::forget(tx, specimen)?;
            note(tx, op, "upload", specimen.as_str(), event.word(), &event)?;
        }
        Ok(())
    }

    pub(crate) fn withdraw_candidates(
        &self,
        tx: &mut dyn store::Tx,
        op: &OpContext<'_>,
        removal: &RemovalId,
        specimen: &SpecimenNumber,
    ) -> Result<(), ServiceError> {
        for row in index::candidate::of_specimen(tx, specimen)? {
            let id = CandidateId::from(row.id.as_str());
            end_confirmation(tx, op, &row.value)?;
            let command = candidate::Command::Withdraw(removal.clone());
            advance!(tx, op, "candidate": journey::candidate, index::candidate, &id, command);
            index::candidate::forget_pair(tx, &id)?;
        }
        Ok(())
    }

    /// The name under which the index knows a removal. The removal's own number stands beside the
    /// kit in the custody record for ever; this one is told by the person's key alone, and with it
    /// goes the way from the kit to the specimen.
    fn reference_of(
        &self,
        tx: &mut dyn Tx,
        person: &PersonId,
        removal: &RemovalId,
    ) -> Result<RemovalId, ServiceError> {
        let key = envelope::load(tx, &self.keys.kek, person.as_str())?;
        let digest = store::keys::digest(&key, "removal", removal.as_str().as_bytes())?;
        Ok(RemovalId::new(data_encoding::HEXLOWER.encode(&digest)))
    }
}

/// Target indexes grouped by side and rule, so that each group is one query.
fn rules_for(matrix: &SearchMatrix, query: Index) -> Vec<(Vec<Index>, PairRule)> {
    let mut groups: Vec<(Vec<Index>, PairRule)> = Vec::new();
    for target in matrix.targets(query) {
        let Some(rule) = matrix.rule(query, target) else {
            continue;
        };
        let same = |group: &&mut (Vec<Index>, PairRule)| {
            let persons = group.0.first().is_some_and(|index| index.holds_persons());
            group.1 == rule && persons == target.holds_persons()
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.0.push(target),
            None => groups.push((vec![target], rule)),
        }
    }
    groups
}

/// The hour in which an instant lies.
fn hour_of(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    Timestamp::from_second(second - second.rem_euclid(3600)).unwrap_or(at)
}

/// A specimen is taken out after it was registered, never before: a registration that is tried
/// again later would bring it back.
fn registered(tx: &mut dyn Tx, removal: &RemovalId) -> Result<(), ServiceError> {
    let kit = match custody::removal::load(tx, removal)?.map(|row| row.value) {
        Some(removal::Stage::Approved(approved)) => approved.request.kit,
        _ => return Ok(()),
    };
    match job::by_key(tx, &registration_of(&kit))? {
        Some(job) if job.state != job::State::Done => Err(ServiceError::Busy),
        _ => Ok(()),
    }
}

/// The candidate that a hit makes, evidence first, and the laboratories of its two records.
fn pair(
    op: &OpContext<'_>,
    record: &Searchable,
    hit: &Hit,
    rule: &SearchRule,
) -> (Found, Ori, Ori) {
    let record_is_person = record.category.index().holds_persons();
    let other_is_person = hit.record.category.index().holds_persons();
    let evidence_first = match (record_is_person, other_is_person) {
        (true, false) => false,
        (false, true) => true,
        _ => record.id < hit.record.id,
    };
    let (evidence, other) =
        if evidence_first { (record, &hit.record) } else { (&hit.record, record) };
    let found = Found {
        evidence: evidence.id.clone(),
        record: other.id.clone(),
        record_is_person: record_is_person || other_is_person,
        both_are_persons: record_is_person && other_is_person,
        loci_compared: hit.compared,
        loci_matching: hit.matching,
        stringency: hit.stringency.clone(),
        rule: Some(rule.clone()),
        found_at: op.at,
    };
    (found, evidence.laboratory.clone(), other.laboratory.clone())
}

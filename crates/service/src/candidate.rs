//! Candidates: the casework laboratory takes one, looks at it locus by locus, excludes it or asks
//! for confirmation. No names on this side.

use genetics::{Category, Comparison, SearchRule, compare};
use journey::candidate::{Command, Found};
use journey::ids::{CandidateId, ConfirmationId, Ori};
use journey::refusal::RefusalCode;
use serde::{Deserialize, Serialize};
use store::index as rows;
use store::{Tx, job};

use crate::context::OpContext;
use crate::error::{ServiceError, not_empty};
use crate::outbox::{self, RequestConfirmation};
use crate::programme::Programme;
use crate::unit::{advance, note};

/// Exclude a candidate.
#[derive(Clone, Debug, Deserialize)]
pub struct Exclude {
    /// The candidate.
    pub candidate: CandidateId,
    /// Why.
    pub why: String,
}

/// A candidate as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The candidate.
    pub candidate: CandidateId,
    /// Where it stands.
    pub stage: &'static str,
    /// What was found, unless it was withdrawn.
    pub found: Option<Found>,
}

/// A candidate with its comparison, locus by locus; reading it is on record.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// As lists show it.
    pub listed: Listed,
    /// Locus by locus; the evidence is the query.
    pub comparison: Comparison,
}

impl Programme {
    /// Candidates of a laboratory (empty: all that the account may see) at a stage (empty: all).
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_candidates(
        &self,
        op: &OpContext<'_>,
        laboratory: &str,
        stage: &str,
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        self.may(op, "candidate.list", laboratory)?;
        let laboratories = match laboratory {
            "" => self.roles.places(&op.actor, "candidate.list"),
            one => [one].into(),
        };
        let mut found = Vec::new();
        for laboratory in laboratories {
            found.extend(
                self.index
                    .read(|tx| rows::candidate::of_laboratory(tx, laboratory, stage, limit))?,
            );
        }
        found.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
        Ok(found.iter().take(limit as usize).map(listed).collect())
    }

    /// One candidate, locus by locus.
    ///
    /// # Errors
    /// `NotFound`, also where one of its records was removed.
    pub fn view_candidate(
        &self,
        op: &OpContext<'_>,
        candidate: &CandidateId,
    ) -> Result<Explained, ServiceError> {
        self.may_work(op, "candidate.view", candidate)?;
        self.index_step(op, "candidate", candidate.as_str(), |tx| {
            let missing = || ServiceError::not_found("candidate", candidate);
            let row = rows::candidate::load(tx, candidate)?.ok_or_else(missing)?;
            let found = row.value.found().ok_or_else(missing)?.clone();
            let evidence = rows::upload::searchable(tx, &found.evidence)?.ok_or_else(missing)?;
            let record = rows::upload::searchable(tx, &found.record)?.ok_or_else(missing)?;
            let rule = match found.rule.clone() {
                Some(rule) => rule,
                None => self.rule_of_today(op, evidence.category, record.category)?,
            };
            let comparison = compare(&evidence.profile, &record.profile, &rule);
            note(tx, op, "candidate", candidate.as_str(), "viewed", &())?;
            Ok(Explained { listed: listed(&row), comparison })
        })
    }

    /// Takes a new candidate to work on.
    ///
    /// # Errors
    /// `Refused` where somebody else works on it.
    pub fn take_candidate(
        &self,
        op: &OpContext<'_>,
        candidate: &CandidateId,
    ) -> Result<(), ServiceError> {
        self.may_work(op, "candidate.take", candidate)?;
        self.index_step(op, "candidate", candidate.as_str(), |tx| {
            let command = Command::Take(op.stamp());
            advance!(tx, op, "candidate": journey::candidate, rows::candidate, candidate, command);
            Ok(())
        })
    }

    /// Excludes a candidate.
    ///
    /// # Errors
    /// `Refused` where somebody else works on it; `Invalid` without a reason.
    pub fn exclude_candidate(
        &self,
        op: &OpContext<'_>,
        exclude: &Exclude,
    ) -> Result<(), ServiceError> {
        let id = &exclude.candidate;
        self.may_work(op, "candidate.exclude", id)?;
        not_empty("why", &exclude.why)?;
        self.index_step(op, "candidate", id.as_str(), |tx| {
            let command = Command::Exclude { why: exclude.why.clone(), stamp: op.stamp() };
            advance!(tx, op, "candidate": journey::candidate, rows::candidate, id, command);
            Ok(())
        })
    }

    /// Asks the database laboratory to confirm a candidate.
    ///
    /// # Errors
    /// `Refused` where somebody else works on it, or both records are evidence.
    pub fn request_confirmation(
        &self,
        op: &OpContext<'_>,
        candidate: &CandidateId,
    ) -> Result<ConfirmationId, ServiceError> {
        self.may_work(op, "candidate.request", candidate)?;
        let id = ConfirmationId::new(op.ids.id());
        self.index_step(op, "candidate", candidate.as_str(), |tx| {
            let command =
                Command::RequestConfirmation { confirmation: id.clone(), stamp: op.stamp() };
            let stage = advance!(
                tx, op, "candidate": journey::candidate, rows::candidate, candidate, command
            );
            let missing = || ServiceError::not_found("candidate", candidate);
            let found = stage.found().ok_or_else(missing)?;
            let request = RequestConfirmation {
                confirmation: id.clone(),
                candidate: candidate.clone(),
                specimen: found.record.clone(),
                laboratory: rows::candidate::laboratory(tx, candidate)?.ok_or_else(missing)?,
                by: op.actor.account.clone(),
            };
            let key = format!("{}/{candidate}", outbox::REQUEST_CONFIRMATION);
            job::enqueue(tx, &key, outbox::REQUEST_CONFIRMATION, &request, op.at)?;
            Ok(())
        })?;
        Ok(id)
    }

    /// Records what a search found; finding it again does nothing.
    pub(crate) fn find_candidate(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        found: Found,
        laboratory: &Ori,
    ) -> Result<bool, ServiceError> {
        let id = found.candidate();
        if rows::candidate::load(tx, &id)?.is_some() {
            return Ok(false);
        }
        let command = Command::Find(found.clone());
        advance!(tx, op, "candidate": journey::candidate, rows::candidate, &id, command);
        rows::candidate::note_pair(tx, &id, &found, laboratory)?;
        Ok(true)
    }

    /// The rule under which two categories are searched today.
    fn rule_of_today(
        &self,
        op: &OpContext<'_>,
        query: Category,
        target: Category,
    ) -> Result<SearchRule, ServiceError> {
        let rule = self.matrix_on(op.today())?.rule(query.index(), target.index());
        let found = || format!("'{query}' is not searched against '{target}'");
        Ok(rule.ok_or_else(|| RefusalCode::SearchForbidden.about(found()))?)
    }

    fn may_work(
        &self,
        op: &OpContext<'_>,
        action: &str,
        candidate: &CandidateId,
    ) -> Result<(), ServiceError> {
        let laboratory = self.index.read(|tx| rows::candidate::laboratory(tx, candidate))?;
        let laboratory =
            laboratory.ok_or_else(|| ServiceError::not_found("candidate", candidate))?;
        // The database laboratory's own people look at both sides of a pair.
        let place = if self.may(op, action, self.laboratory.as_str()).is_ok() {
            &self.laboratory
        } else {
            &laboratory
        };
        self.may(op, action, place.as_str())
    }
}

fn listed(row: &rows::candidate::Stored) -> Listed {
    Listed {
        candidate: CandidateId::from(row.id.as_str()),
        stage: row.value.word(),
        found: row.value.found().cloned(),
    }
}

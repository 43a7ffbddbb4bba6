//! What came of candidates, counted: hits and investigations aided, each once, with corrections.
//!
//! Everything is computed from the record of events. A case is an investigation aided once, however
//! many candidates helped it; public counters went down through corrections, so these are told too.

use std::collections::{BTreeMap, BTreeSet};

use journey::candidate::disposition::Hit;
use journey::candidate::{Command, Event};
use journey::ids::{CandidateId, CaseNumber};
use journey::upload::{Source, Stage};
use serde::{Deserialize, Serialize};
use store::Tx;
use store::index as rows;

use crate::candidate::Listed;
use crate::context::OpContext;
use crate::error::{ServiceError, not_empty};
use crate::programme::Programme;

/// Count what came of a candidate.
#[derive(Clone, Debug, Deserialize)]
pub struct Count {
    /// The candidate.
    pub candidate: CandidateId,
    /// As what.
    pub hit: Hit,
    /// Cases whose investigation it aided: of the evidence on either side.
    #[serde(default)]
    pub aided: Vec<CaseNumber>,
}

/// Take a count back.
#[derive(Clone, Debug, Deserialize)]
pub struct Uncount {
    /// The candidate.
    pub candidate: CandidateId,
    /// Why.
    pub why: String,
}

/// The counters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Candidates counted now, by kind.
    pub counted: BTreeMap<String, u64>,
    /// Offender hits and forensic hits.
    pub hits: u64,
    /// Cases whose investigation was aided, each once.
    pub investigations_aided: u64,
    /// Counts that were taken back.
    pub corrections: Vec<Correction>,
}

/// A count that was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Correction {
    /// When.
    pub at: jiff::Timestamp,
    /// The candidate.
    pub candidate: CandidateId,
    /// As what it had been counted.
    pub hit: Hit,
    /// Why it was taken back.
    pub why: String,
}

impl Programme {
    /// Counts what came of a confirmed candidate, or of two stains of one source.
    ///
    /// # Errors
    /// `Refused` before that, or where the kind does not fit; `Invalid` for a case that is of
    /// neither record.
    pub fn count_candidate(
        &self,
        op: &OpContext<'_>,
        count: &Count,
    ) -> Result<Listed, ServiceError> {
        let id = &count.candidate;
        self.may_decide(op, "candidate.count", id)?;
        let cases = self.index.read(|tx| cases_of(tx, id))?;
        if let Some(stranger) = count.aided.iter().find(|case| !cases.contains(case)) {
            let known: Vec<_> = cases.iter().map(CaseNumber::as_str).collect();
            return Err(ServiceError::Invalid(format!(
                "aided: '{stranger}' is the case of neither record; give {}",
                known.join(" or ")
            )));
        }
        let mut aided = count.aided.clone();
        aided.sort();
        aided.dedup();
        self.candidate_step(op, id, || Command::Count { hit: count.hit, aided: aided.clone() })
    }

    /// Takes a count back.
    ///
    /// # Errors
    /// `Refused` where nothing is counted; `Invalid` without a reason.
    pub fn uncount_candidate(
        &self,
        op: &OpContext<'_>,
        uncount: &Uncount,
    ) -> Result<Listed, ServiceError> {
        self.may(op, "candidate.uncount", "")?;
        not_empty("why", &uncount.why)?;
        let why = &uncount.why;
        self.candidate_step(op, &uncount.candidate, || Command::Uncount { why: why.clone() })
    }

    /// Hits and investigations aided, from the record of events.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn counters(&self, op: &OpContext<'_>) -> Result<Counters, ServiceError> {
        self.may(op, "report.hits-view", "")?;
        let events = self.index.read(rows::candidate::counts)?;
        Ok(count(events))
    }
}

fn count(events: Vec<rows::candidate::CountEvent>) -> Counters {
    let mut standing: BTreeMap<CandidateId, (Hit, Vec<CaseNumber>)> = BTreeMap::new();
    let mut counters = Counters::default();
    for rows::candidate::CountEvent { at, candidate, event } in events {
        match event {
            Event::Counted { hit, aided } => {
                standing.insert(candidate, (hit, aided));
            }
            Event::Uncounted { why } => {
                if let Some((hit, _)) = standing.remove(&candidate) {
                    counters.corrections.push(Correction { at, candidate, hit, why });
                }
            }
            _ => {}
        }
    }
    let mut aided: BTreeSet<&CaseNumber> = BTreeSet::new();
    for (hit, cases) in standing.values() {
        *counters.counted.entry(hit.word().to_owned()).or_default() += 1;
        counters.hits += u64::from(hit.is_hit());
        aided.extend(cases);
    }
    counters.investigations_aided = aided.len() as u64;
    counters
}

/// The cases of the evidence of a pair.
fn cases_of(tx: &mut dyn Tx, id: &CandidateId) -> Result<Vec<CaseNumber>, ServiceError> {
    let missing = || ServiceError::not_found("candidate", id);
    let row = rows::candidate::load(tx, id)?.ok_or_else(missing)?;
    let found = row.value.found().ok_or_else(missing)?;
    let mut cases = Vec::new();
    for specimen in [&found.evidence, &found.record] {
        let record = rows::upload::load(tx, specimen)?.map(|row| row.value);
        if let Some(Stage::Indexed(indexed)) = record
            && let Source::Evidence { case } = indexed.source
        {
            cases.push(case);
        }
    }
    Ok(cases)
}

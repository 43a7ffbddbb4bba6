//! Candidates: a laboratory takes one, looks at it locus by locus with what the comparison
//! suggests, excludes it, says what it is, or asks for confirmation. No names on this side.

pub mod again;
pub mod count;
pub mod rank;
pub mod what_if;

use genetics::rarity::{Method, SearchChance, SideBySide, rarity};
use genetics::{Category, Comparison, LocusSet, Profile, SearchRule, compare};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use journey::candidate::disposition::{Disposition, Opinion, Side, fitting};
use journey::candidate::suggestion::{Shown, Suggestion, suggest};
use journey::candidate::{Command, Found, Kind, PutOff, Stage};
use journey::deadline::Deadlines;
use journey::ids::{CandidateId, ConfirmationId, Ori};
use journey::refusal::{Refusal, RefusalCode};
use journey::upload;
use journey::upload::provenance::{Provenance, SourceIdentified};
use serde::{Deserialize, Serialize};
use store::index as rows;
use store::index::upload::Searchable;
use store::listing::After;
use store::{Tx, job};

use crate::context::{OpContext, Placed, date_of};
use crate::error::{ServiceError, not_empty};
use crate::outbox::{self, EndConfirmation, RequestConfirmation};
use crate::programme::Programme;
use crate::unit::{advance, note};

/// Exclude candidates for one reason.
#[derive(Clone, Debug, Deserialize)]
pub struct Exclude {
    /// The candidates.
    pub candidates: Vec<CandidateId>,
    /// Why.
    pub why: String,
}

/// Say of candidates what they are, for one's own side and for one reason.
#[derive(Clone, Debug, Deserialize)]
pub struct Say {
    /// The candidates.
    pub candidates: Vec<CandidateId>,
    /// What they are taken for.
    pub disposition: Disposition,
    /// Why.
    pub why: String,
}

/// Decide between two sides that do not agree.
#[derive(Clone, Debug, Deserialize)]
pub struct Resolve {
    /// The candidate.
    pub candidate: CandidateId,
    /// What it is.
    pub disposition: Disposition,
    /// Why.
    pub why: String,
}

/// Give a candidate more time.
#[derive(Clone, Debug, Deserialize)]
pub struct MoreTime {
    /// The candidate.
    pub candidate: CandidateId,
    /// The last day of its time.
    pub until: Date,
    /// Why.
    pub why: String,
}

/// What became of each candidate of several.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Each {
    /// Those of which it was done.
    pub done: Vec<CandidateId>,
    /// Refused, each with the rule; they stay as they were.
    pub refused: Vec<(CandidateId, Refusal)>,
}

impl Each {
    /// The refusal itself, where one candidate alone was asked about and refused.
    ///
    /// # Errors
    /// `Refused`.
    pub fn of_one(mut self) -> Result<Self, ServiceError> {
        match self.refused.pop() {
            Some((_, refusal)) if self.done.is_empty() && self.refused.is_empty() => {
                Err(refusal.into())
            }
            other => {
                self.refused.extend(other);
                Ok(self)
            }
        }
    }
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
    /// What the two records are, unless it was withdrawn.
    pub kind: Option<Kind>,
    /// What each side said so far.
    pub opinions: Vec<Opinion>,
    /// When the time to look at it ends; not kept with candidates of the first version.
    pub due_at: Option<Timestamp>,
    /// True where it waits for somebody and that time is over.
    pub overdue: bool,
    /// Why that time was moved last, if it was.
    pub put_off: Option<PutOff>,
    /// Since when it stands so.
    pub since: Timestamp,
}

impl Placed for Listed {
    fn place(&self) -> After {
        After { at: self.since, id: self.candidate.to_string() }
    }
}

/// A line of the worklist, which turns over by urgency.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Urgent(pub Listed);

impl Placed for Urgent {
    fn place(&self) -> After {
        let at = self.0.due_at.unwrap_or(self.0.since);
        After { at, id: self.0.candidate.to_string() }
    }
}

/// A candidate with its comparison, locus by locus; reading it is on record.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// As lists show it.
    pub listed: Listed,
    /// How the evidence must be read, or the record that was searched.
    pub evidence: Shown,
    /// How the other record must be read.
    pub record: Shown,
    /// Locus by locus; the evidence is the query.
    pub comparison: Comparison,
    /// The chance that an unrelated person matches the evidence as loosely as the search asks, at
    /// the loci compared; of two of evidence, the one that more people match.
    pub rarity: SideBySide,
    /// Records that the search is expected to find by chance in the index as it stands.
    pub chance_candidates: f64,
    /// Records that were searched.
    pub records: u64,
    /// What the comparison suggests.
    pub suggestion: Suggestion,
    /// Dispositions that fit the pair.
    pub fitting: Vec<Disposition>,
}

impl Programme {
    /// Candidates of a laboratory (empty: all that the account may see) at a stage (empty: all),
    /// longest there first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_candidates(
        &self,
        op: &OpContext<'_>,
        laboratory: &str,
        stage: &str,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        let mut lines = Vec::new();
        for laboratory in self.laboratories(op, laboratory)? {
            let page = self
                .index
                .read(|tx| rows::candidate::of_laboratory(tx, laboratory, stage, after, limit))?;
            lines.extend(page.iter().map(|row| listed(op, row)));
        }
        lines.sort_by_key(|line: &Listed| (line.since, line.candidate.clone()));
        lines.dedup_by(|one, other| one.candidate == other.candidate);
        lines.truncate(limit as usize);
        Ok(lines)
    }

    /// What a laboratory (empty: all that the account may see) has to look at, most urgent first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn work_candidates(
        &self,
        op: &OpContext<'_>,
        laboratory: &str,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Urgent>, ServiceError> {
        let mut lines = Vec::new();
        for laboratory in self.laboratories(op, laboratory)? {
            let page = self.index.read(|tx| rows::candidate::work(tx, laboratory, after, limit))?;
            lines.extend(page.iter().map(|row| listed(op, row)));
        }
        lines.sort_by_key(|line: &Listed| (line.due_at, line.candidate.clone()));
        lines.dedup_by(|one, other| one.candidate == other.candidate);
        lines.truncate(limit as usize);
        Ok(lines.into_iter().map(Urgent).collect())
    }

    fn laboratories<'a>(
        &'a self,
        op: &'a OpContext<'_>,
        laboratory: &'a str,
    ) -> Result<std::collections::BTreeSet<&'a str>, ServiceError> {
        self.may(op, "candidate.list", laboratory)?;
        Ok(match laboratory {
            "" => self.roles.places(&op.actor, "candidate.list"),
            one => [one].into(),
        })
    }

    /// One candidate, locus by locus, with how rare the evidence is and what that suggests.
    ///
    /// # Errors
    /// `NotFound`, also where one of its records was removed.
    pub fn view_candidate(
        &self,
        op: &OpContext<'_>,
        candidate: &CandidateId,
    ) -> Result<Explained, ServiceError> {
        self.may_view(op, candidate)?;
        let records = self.matcher.sizes(&self.index)?;
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
            note(tx, op, "candidate", candidate.as_str(), "viewed", &())?;
            let sides = (shown(tx, &evidence)?, shown(tx, &record)?);
            let records = if found.record_is_person { records.0 } else { records.1 };
            let due_at = rows::candidate::due_at(tx, candidate)?;
            let listed = listed(op, &(row, due_at));
            Ok(self.explained(listed, found.kind(), sides, (&evidence, &record), &rule, records))
        })
    }

    fn explained(
        &self,
        listed: Listed,
        kind: Kind,
        sides: (Shown, Shown),
        (evidence, record): (&Searchable, &Searchable),
        rule: &SearchRule,
        records: u64,
    ) -> Explained {
        let comparison = compare(&evidence.profile, &record.profile, rule);
        let compared = evidence.profile.loci().intersection(record.profile.loci());
        let (mut rarity, mut chance) = self.by_chance(&evidence.profile, compared, rule);
        // Of two of evidence the one that more people match tells how weak the link is.
        if kind == Kind::TwoOfEvidence {
            let other = self.by_chance(&record.profile, compared, rule);
            if other.1 > chance {
                (rarity, chance) = other;
            }
        }
        let chance_candidates = chance * records as f64;
        Explained {
            suggestion: suggest(kind, sides, &comparison, chance_candidates),
            evidence: sides.0,
            record: sides.1,
            fitting: fitting(kind).to_vec(),
            listed,
            comparison,
            rarity,
            chance_candidates,
            records,
        }
    }

    /// How rare evidence is at some loci, and the chance that an unrelated record typed there is
    /// found; the most conservative of the usual populations.
    fn by_chance(
        &self,
        evidence: &Profile,
        typed: LocusSet,
        rule: &SearchRule,
    ) -> (SideBySide, f64) {
        let method = Method::default();
        let loci = rule.loci.intersection(typed);
        let beside = SideBySide::new(self.frequencies.usual(), |population| {
            rarity(evidence, loci, rule.stringency, population, &method)
        });
        let chances = self
            .frequencies
            .usual()
            .map(|population| SearchChance::new(evidence, typed, rule, population, &method).of_one);
        (beside, chances.fold(0.0, f64::max))
    }

    /// Takes new candidates to work on.
    ///
    /// # Errors
    /// `Forbidden` or `NotFound` for any of them, before the first is taken.
    pub fn take_candidates(
        &self,
        op: &OpContext<'_>,
        candidates: &[CandidateId],
    ) -> Result<Each, ServiceError> {
        for id in candidates {
            self.may_decide(op, "candidate.take", id)?;
        }
        self.of_each(op, candidates, |_| Ok(Command::Take(op.stamp())))
    }

    /// Gives a candidate more time, with the reason. Whoever works on it does that.
    ///
    /// # Errors
    /// `Refused` to anybody else; `Invalid` without a reason, or for a day that is over.
    pub fn put_off_candidate(
        &self,
        op: &OpContext<'_>,
        more: &MoreTime,
    ) -> Result<Listed, ServiceError> {
        let MoreTime { candidate, until, why } = more;
        self.may_decide(op, "candidate.put-off", candidate)?;
        not_empty("why", why)?;
        if *until <= op.today() {
            let text = format!("until: {until} was found; give a day after today");
            return Err(ServiceError::Invalid(text));
        }
        self.index_step(op, "candidate", candidate.as_str(), |tx| {
            let put_off = PutOff { until: *until, why: why.clone(), stamp: op.stamp() };
            let command = Command::PutOff(put_off);
            advance!(tx, op, "candidate": journey::candidate, rows::candidate, candidate, command);
            rows::candidate::move_due(tx, candidate, end_of_day(*until))?;
            listed_now(tx, op, candidate)
        })
    }

    /// Excludes persons as sources of evidence, for one reason.
    ///
    /// # Errors
    /// `Forbidden` or `NotFound` for any of them, before the first is excluded; `Invalid` without a
    /// reason.
    pub fn exclude_candidates(
        &self,
        op: &OpContext<'_>,
        exclude: &Exclude,
    ) -> Result<Each, ServiceError> {
        not_empty("why", &exclude.why)?;
        for id in &exclude.candidates {
            self.may_decide(op, "candidate.exclude", id)?;
        }
        self.of_each(op, &exclude.candidates, |_| {
            Ok(Command::Exclude { why: exclude.why.clone(), stamp: op.stamp() })
        })
    }

    /// Says what candidates are, for the side or sides whose laboratory the account works for. Two
    /// sides that say the same conclude a pair.
    ///
    /// # Errors
    /// `Forbidden` or `NotFound` for any of them, before the first is said; `Invalid` without a
    /// reason.
    pub fn say_candidates(&self, op: &OpContext<'_>, say: &Say) -> Result<Each, ServiceError> {
        not_empty("why", &say.why)?;
        for id in &say.candidates {
            self.sides(op, id)?;
        }
        self.of_each(op, &say.candidates, |id| {
            Ok(Command::Say {
                sides: self.sides(op, id)?,
                disposition: say.disposition,
                why: say.why.clone(),
                stamp: op.stamp(),
            })
        })
    }

    /// The sides for which an account speaks, at least one.
    fn sides(&self, op: &OpContext<'_>, id: &CandidateId) -> Result<Vec<Side>, ServiceError> {
        let (evidence, record) = self.places(id)?;
        let record = record.as_ref().unwrap_or(&self.laboratory);
        let both = [(Side::Evidence, &evidence), (Side::Record, record)];
        let speaks = |laboratory: &Ori| self.may(op, "candidate.say", laboratory.as_str()).is_ok();
        let sides: Vec<Side> =
            both.into_iter().filter(|(_, its)| speaks(its)).map(|(side, _)| side).collect();
        if sides.is_empty() {
            self.may(op, "candidate.say", evidence.as_str())?;
        }
        Ok(sides)
    }

    /// Decides between two sides that do not agree.
    ///
    /// # Errors
    /// `Refused` where they agree, or one has not spoken; `Invalid` without a reason.
    pub fn resolve_candidate(
        &self,
        op: &OpContext<'_>,
        resolve: &Resolve,
    ) -> Result<Listed, ServiceError> {
        self.may(op, "candidate.resolve", "")?;
        not_empty("why", &resolve.why)?;
        self.candidate_step(op, &resolve.candidate, || Command::Resolve {
            disposition: resolve.disposition,
            why: resolve.why.clone(),
            stamp: op.stamp(),
        })
    }

    /// A step of several candidates, each by itself: what is refused stays as it is.
    fn of_each(
        &self,
        op: &OpContext<'_>,
        candidates: &[CandidateId],
        command: impl Fn(&CandidateId) -> Result<Command, ServiceError>,
    ) -> Result<Each, ServiceError> {
        let mut each = Each::default();
        for id in candidates {
            let command = command(id)?;
            match self.candidate_step(op, id, || command.clone()) {
                Ok(_) => each.done.push(id.clone()),
                Err(ServiceError::Refused(refusal)) => each.refused.push((id.clone(), refusal)),
                Err(other) => return Err(other),
            }
        }
        Ok(each)
    }

    fn candidate_step(
        &self,
        op: &OpContext<'_>,
        id: &CandidateId,
        command: impl Fn() -> Command,
    ) -> Result<Listed, ServiceError> {
        self.index_step(op, "candidate", id.as_str(), |tx| {
            advance!(tx, op, "candidate": journey::candidate, rows::candidate, id, command());
            listed_now(tx, op, id)
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
        self.may_decide(op, "candidate.request", candidate)?;
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
                laboratory: rows::candidate::laboratories(tx, candidate)?.ok_or_else(missing)?.0,
                by: op.actor.account.clone(),
            };
            let key = format!("{}/{id}", outbox::REQUEST_CONFIRMATION);
            job::enqueue(tx, &key, outbox::REQUEST_CONFIRMATION, &request, op.at)?;
            Ok(())
        })?;
        Ok(id)
    }

    /// Records what a search found; finding it again does nothing, unless it was outdated.
    pub(crate) fn find_candidate(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        found: Found,
        (evidence, record): (&Ori, &Ori),
    ) -> Result<bool, ServiceError> {
        let id = found.candidate();
        let before = rows::candidate::load(tx, &id)?.map(|row| row.value);
        if !matches!(before, None | Some(Stage::Outdated(_))) {
            return Ok(false);
        }
        let has_a_say = found.kind() != Kind::EvidenceAndPerson;
        let work = rows::candidate::Work {
            laboratory: evidence.clone(),
            record_laboratory: has_a_say.then(|| record.clone()),
            due_at: end_of_time(self.deadlines_on(op.today())?, op.at),
        };
        let command = Command::Find(found.clone());
        advance!(tx, op, "candidate": journey::candidate, rows::candidate, &id, command);
        rows::candidate::note_pair(tx, &id, &found, &work)?;
        Ok(true)
    }

    /// Looks again at the open candidates of a record whose profile has a new version.
    pub(crate) fn recheck_candidates(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        record: &Searchable,
    ) -> Result<(), ServiceError> {
        for row in rows::candidate::of_specimen(tx, &record.id)? {
            let is_open = matches!(
                row.value,
                Stage::New(_) | Stage::UnderReview(_) | Stage::ConfirmationRequested(_)
            );
            let (true, Some(found)) = (is_open, row.value.found()) else { continue };
            let Some(rule) = &found.rule else { continue };
            let other = if found.evidence == record.id { &found.record } else { &found.evidence };
            let Some(other) = rows::upload::searchable(tx, other)? else { continue };
            if compare(&record.profile, &other.profile, rule).is_candidate(rule) {
                continue;
            }
            let id = CandidateId::from(row.id.as_str());
            end_confirmation(tx, op, &row.value)?;
            let command = Command::Outdate;
            advance!(tx, op, "candidate": journey::candidate, rows::candidate, &id, command);
        }
        Ok(())
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
        Ok(rule.ok_or_else(|| RefusalCode::SearchForbidden.about(found()))?.rule)
    }

    /// The laboratory of the evidence, and that of the other record where it has a say.
    fn places(&self, candidate: &CandidateId) -> Result<(Ori, Option<Ori>), ServiceError> {
        let found = self.index.read(|tx| rows::candidate::laboratories(tx, candidate))?;
        found.ok_or_else(|| ServiceError::not_found("candidate", candidate))
    }

    /// Both sides look, and the database laboratory's own people.
    fn may_view(&self, op: &OpContext<'_>, candidate: &CandidateId) -> Result<(), ServiceError> {
        if self.may(op, "candidate.view", self.laboratory.as_str()).is_ok() {
            return self.places(candidate).map(|_| ());
        }
        self.may_decide(op, "candidate.view", candidate)
    }

    /// A step of a side: an account of either laboratory that has a say.
    fn may_decide(
        &self,
        op: &OpContext<'_>,
        action: &str,
        candidate: &CandidateId,
    ) -> Result<(), ServiceError> {
        let (evidence, record) = self.places(candidate)?;
        match record {
            Some(record) if self.may(op, action, record.as_str()).is_ok() => Ok(()),
            _ => self.may(op, action, evidence.as_str()),
        }
    }
}

/// Tells the database laboratory that a candidate which it was to confirm ends.
pub(crate) fn end_confirmation(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    stage: &Stage,
) -> Result<(), ServiceError> {
    if let Stage::ConfirmationRequested(asked) = stage {
        let confirmation = asked.confirmation.clone();
        let key = format!("{}/{confirmation}", outbox::END_CONFIRMATION);
        let payload = EndConfirmation { confirmation };
        job::enqueue(tx, &key, outbox::END_CONFIRMATION, &payload, op.at)?;
    }
    Ok(())
}

/// How a record must be read, as its laboratory told when it entered.
fn shown(tx: &mut dyn Tx, record: &Searchable) -> Result<Shown, ServiceError> {
    let stage = rows::upload::load(tx, &record.id)?.map(|row| row.value);
    let provenance = match stage {
        Some(upload::Stage::Indexed(indexed)) => indexed.provenance,
        _ => Provenance::default(),
    };
    Ok(Shown {
        category: record.category,
        partial: provenance.partial,
        identified: provenance.source_identified == Some(SourceIdentified::Yes),
    })
}

/// The end of the business day on which the time to look at a candidate ends.
fn end_of_time(deadlines: &Deadlines, found_at: Timestamp) -> Timestamp {
    end_of_day(deadlines.business_days_after(date_of(found_at), deadlines.evaluation.limit))
}

fn end_of_day(day: Date) -> Timestamp {
    let end = day.to_datetime(Time::constant(23, 59, 59, 0)).to_zoned(TimeZone::UTC);
    end.map_or(Timestamp::MAX, |end| end.timestamp())
}

fn listed_now(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    id: &CandidateId,
) -> Result<Listed, ServiceError> {
    let row = rows::candidate::load(tx, id)?;
    let row = row.ok_or_else(|| ServiceError::not_found("candidate", id))?;
    let due_at = rows::candidate::due_at(tx, id)?;
    Ok(listed(op, &(row, due_at)))
}

fn listed(op: &OpContext<'_>, (row, due_at): &rows::candidate::Timed) -> Listed {
    let found = row.value.found().cloned();
    let waits = matches!(row.value, Stage::New(_) | Stage::UnderReview(_));
    Listed {
        candidate: CandidateId::from(row.id.as_str()),
        stage: row.value.word(),
        kind: found.as_ref().map(Found::kind),
        found,
        opinions: row.value.opinions().to_vec(),
        due_at: *due_at,
        overdue: waits && due_at.is_some_and(|due_at| due_at < op.at),
        put_off: row.value.put_off().cloned(),
        since: row.at,
    }
}

//! Past decisions asked again: from their own facts under their own rule set, or under another.
//!
//! [`Programme::replay_eligibility`] shows that every decision follows from what was kept of it.
//! [`Programme::what_if`] tells who would move under another set, from what to what, and how many
//! kits and laboratory samples that means. Both read sealed facts, and each run is on record with
//! its figures. Deliberately absent: a new decision; nothing that stands is changed.

use std::collections::{BTreeMap, BTreeSet};

use journey::eligibility::{Decision, Facts, Finding, Outcome, Stage};
use journey::ids::{BookingId, DecisionId};
use serde::Serialize;
use store::Tx;
use store::custody::eligibility::{self as rows, Kept};
use store::listing::{self, After};

use crate::context::OpContext;
use crate::error::ServiceError;
use crate::programme::Programme;
use crate::unit::note;

/// Decisions read at a time.
const PAGE: u32 = 1_000;

/// A decision that stands, its place in the list, and its facts if they are still there.
type Standing = (After, Decision, Option<Facts>);

/// What a replay found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// Decisions that were asked again.
    pub decisions: u64,
    /// Those with the same outcome, category, reasons in order, and missing facts.
    pub equal: u64,
    /// Those whose rule set reads differently today; they count above all the same.
    pub of_changed_text: u64,
    /// Decisions whose facts a removal destroyed; they are not asked.
    pub destroyed: u64,
    /// The others, with both answers.
    pub differing: Vec<Differing>,
}

/// A decision that would be another today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Differing {
    /// Which.
    pub decision: DecisionId,
    /// Of which booking.
    pub booking: BookingId,
    /// As it was found.
    pub then: String,
    /// As the same facts are found now.
    pub now: String,
}

/// What another rule set would have said of the bookings as they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WhatIf {
    /// The set that was asked.
    pub rule_set: String,
    /// Bookings with a decision whose facts are there.
    pub bookings: u64,
    /// Persons of these bookings.
    pub persons: u64,
    /// Bookings whose facts a removal destroyed; they are not asked.
    pub destroyed: u64,
    /// Bookings that would move to another outcome or other reasons.
    pub bookings_moved: u64,
    /// Persons of these.
    pub persons_moved: u64,
    /// Of the bookings that would move, those to another outcome.
    pub bookings_with_another_outcome: u64,
    /// Samples that are due as decided; each takes a kit and is a sample for the laboratory.
    pub samples_due: u64,
    /// Samples that would be due.
    pub samples_due_then: u64,
    /// From what to what, most bookings first.
    pub moves: Vec<Move>,
    /// Who would move, by booking.
    pub moved: Vec<Moved>,
}

/// Bookings that go from one answer to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Move {
    /// The outcome and reasons as decided.
    pub from: String,
    /// The outcome and reasons under the other set.
    pub to: String,
    /// How many bookings.
    pub bookings: u64,
    /// Of how many persons.
    pub persons: u64,
}

/// A booking that would move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Which.
    pub booking: BookingId,
    /// The outcome and reasons as decided.
    pub from: String,
    /// The outcome and reasons under the other set.
    pub to: String,
}

impl Programme {
    /// Asks every decision again from its own facts under its own rule set; those of one booking,
    /// if one is given.
    ///
    /// # Errors
    /// `Forbidden`; a decision names a rule set that is not there; a database cannot be read.
    pub fn replay_eligibility(
        &self,
        op: &OpContext<'_>,
        booking: Option<&BookingId>,
    ) -> Result<Replay, ServiceError> {
        self.may(op, "eligibility.replay", "")?;
        let mut replay = Replay::default();
        self.each_decision(booking, |kept, facts| {
            let Some(facts) = facts else {
                replay.destroyed += 1;
                return Ok(());
            };
            let now = self.find_as(&facts, &kept.finding.rule_set)?;
            replay.decisions += 1;
            let same_text = now.rule_set_sha256 == kept.finding.rule_set_sha256;
            replay.of_changed_text += u64::from(!same_text);
            let text = kept.finding.rule_set_sha256.clone();
            if (Finding { rule_set_sha256: text, ..now.clone() }) == kept.finding {
                replay.equal += 1;
            } else {
                let (then, now) = (in_short(&kept.finding), in_short(&now));
                let Kept { id: decision, booking, .. } = kept;
                replay.differing.push(Differing { decision, booking, then, now });
            }
            Ok(())
        })?;
        let Replay { decisions, equal, destroyed, .. } = replay;
        let subject = booking.map_or("all", BookingId::as_str);
        self.on_record(op, subject, "replayed", &(decisions, equal, destroyed))?;
        Ok(replay)
    }

    /// Asks another rule set about the latest decision of every booking, whatever its days.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` where no set has this name; a database cannot be read.
    pub fn what_if(&self, op: &OpContext<'_>, set: &str) -> Result<WhatIf, ServiceError> {
        self.may(op, "eligibility.what-if", "")?;
        let known: Vec<_> = self.rule_sets().map(|(name, _)| name).collect();
        if !known.contains(&set) {
            let known = known.join(", ");
            let text = format!("rules: there is no rule set of that name; give one of {known}");
            return Err(ServiceError::Invalid(text));
        }
        let mut counted = Counted::default();
        let mut after = After::start();
        loop {
            let page = self.custody.read(|tx| self.standing(tx, &after))?;
            let Some((last, ..)) = page.last() else { break };
            after = last.clone();
            for (_, decision, facts) in page {
                match facts {
                    None => counted.told.destroyed += 1,
                    Some(facts) => counted.add(&decision, &self.find_as(&facts, set)?),
                }
            }
        }
        let told = counted.told(set);
        let figures = (set, told.bookings, told.bookings_moved);
        self.on_record(op, "all", "asked-what-if", &figures)?;
        Ok(told)
    }

    /// Name and title of every rule set.
    pub fn rule_sets(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rules.sets().map(|set| (set.name.as_str(), set.title.as_str()))
    }

    /// A page of the decisions that stand, with their facts.
    fn standing(&self, tx: &mut dyn Tx, after: &After) -> Result<Vec<Standing>, ServiceError> {
        let page = listing::page::<Stage>(tx, rows::TABLE, "", after, PAGE)?;
        let opened = page.into_iter().map(|row| {
            let Stage::Decided(decision) = row.value;
            let facts = match rows::sealed_facts(tx, &decision.id)? {
                Some(sealed) => self.unseal_facts(tx, &decision.id, &decision.person, &sealed)?,
                None => None,
            };
            Ok((After { at: row.at, id: row.id }, decision, facts))
        });
        opened.collect()
    }

    fn find_as(&self, facts: &Facts, set: &str) -> Result<Finding, ServiceError> {
        self.rules.find_as(facts, set).map_err(|fault| ServiceError::Failed(fault.to_string()))
    }

    fn on_record(
        &self,
        op: &OpContext<'_>,
        subject: &str,
        kind: &str,
        figures: &impl Serialize,
    ) -> Result<(), ServiceError> {
        self.step(op, "eligibility", subject, |tx| {
            note(tx, op, "eligibility", subject, kind, figures)
        })
    }

    /// Every decision kept, in order of id, with its facts; a page at a time.
    fn each_decision(
        &self,
        booking: Option<&BookingId>,
        mut visit: impl FnMut(Kept, Option<Facts>) -> Result<(), ServiceError>,
    ) -> Result<(), ServiceError> {
        let booking = booking.map_or("", BookingId::as_str);
        let mut after = DecisionId::new("");
        loop {
            let page = self.custody.read(|tx| {
                let kept = rows::kept(tx, &after, booking, PAGE)?;
                let unsealed = kept.into_iter().map(|kept| {
                    let facts =
                        self.unseal_facts(tx, &kept.id, &kept.person, &kept.sealed_facts)?;
                    Ok((kept, facts))
                });
                unsealed.collect::<Result<Vec<_>, ServiceError>>()
            })?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = last.id.clone();
            for (kept, facts) in page {
                visit(kept, facts)?;
            }
        }
    }
}

/// A finding in one line: the outcome and the reasons in order.
fn in_short(finding: &Finding) -> String {
    let reasons: Vec<&str> = finding.reasons.iter().map(|reason| reason.id.as_str()).collect();
    format!("{} ({})", finding.outcome.word(), reasons.join(", "))
}

/// A what-if on its way.
#[derive(Default)]
struct Counted {
    told: WhatIf,
    persons: BTreeSet<String>,
    persons_moved: BTreeSet<String>,
    moves: BTreeMap<(String, String), (u64, BTreeSet<String>)>,
}

impl Counted {
    fn add(&mut self, decision: &Decision, then: &Finding) {
        let due = |finding: &Finding| u64::from(finding.outcome == Outcome::Collect);
        self.told.bookings += 1;
        self.told.samples_due += due(&decision.finding);
        self.told.samples_due_then += due(then);
        self.persons.insert(decision.person.to_string());
        let (from, to) = (in_short(&decision.finding), in_short(then));
        if from == to {
            return;
        }
        self.told.bookings_moved += 1;
        let moved = decision.finding.outcome != then.outcome;
        self.told.bookings_with_another_outcome += u64::from(moved);
        self.persons_moved.insert(decision.person.to_string());
        let (bookings, persons) = self.moves.entry((from.clone(), to.clone())).or_default();
        *bookings += 1;
        persons.insert(decision.person.to_string());
        self.told.moved.push(Moved { booking: decision.booking.clone(), from, to });
    }

    fn told(mut self, set: &str) -> WhatIf {
        let moves = self.moves.into_iter().map(|((from, to), (bookings, persons))| Move {
            from,
            to,
            bookings,
            persons: persons.len() as u64,
        });
        self.told.moves = moves.collect();
        self.told.moves.sort_by_key(|it| std::cmp::Reverse(it.bookings));
        self.told.rule_set = set.to_owned();
        self.told.persons = self.persons.len() as u64;
        self.told.persons_moved = self.persons_moved.len() as u64;
        self.told
    }
}

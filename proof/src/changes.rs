//! What changes from one set to the next: who is sampled, and which rules.
//!
//! Compared are sets that follow each other somewhere: at a site, for a component, or for everybody
//! else. Deliberately absent: whether a change is right.

use std::collections::BTreeSet;

use anyhow::ensure;
use cedar_policy::PolicySet;
use cedar_policy_symcc::Env;
use journey::eligibility::{Finding, Outcome};
use journey::rules::Rule;

use crate::booking::{answer, plainest};
use crate::set::{Law, Set, restricted};
use crate::solver::Solver;

/// Two sets of which the second follows the first.
#[derive(Clone, Debug)]
pub struct Pair<'a> {
    /// The earlier.
    pub from: &'a Set,
    /// The later.
    pub to: &'a Set,
    /// For whom the one follows the other.
    pub places: Vec<Place>,
}

/// A component and a site as scopes name them; empty stands for every one that no scope names.
pub type Place = (String, String);

/// What the comparison finds.
#[derive(Clone, Debug)]
pub struct Change {
    /// Somebody from whom a sample is due under the first set and not under the second.
    pub no_longer: Option<Example>,
    /// Somebody from whom a sample is due under the second set and not under the first.
    pub newly: Option<Example>,
    /// Rules that only the first set has.
    pub dropped: Vec<String>,
    /// Rules that only the second set has.
    pub added: Vec<String>,
    /// Rules of both sets that apply to different bookings or answer differently.
    pub altered: Vec<String>,
}

/// A booking and what the programme answers to it.
#[derive(Clone, Debug)]
pub struct Example {
    /// The booking.
    pub booking: Env,
    /// Under the first set.
    pub before: Finding,
    /// Under the second set.
    pub after: Finding,
}

/// The pairs by the day of the change. A set that answers only where it is named stands where it
/// would stand if it were chosen.
pub fn pairs(sets: &[Set]) -> Vec<Pair<'_>> {
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    for place in places(sets) {
        let line = line(sets, &place);
        for (from, to) in line.iter().zip(line.iter().skip(1)) {
            let same = |pair: &&mut Pair<'_>| {
                (pair.from.name(), pair.to.name()) == (from.name(), to.name())
            };
            match pairs.iter_mut().find(same) {
                Some(pair) => pair.places.push(place.clone()),
                None => pairs.push(Pair { from, to, places: vec![place.clone()] }),
            }
        }
    }
    pairs.sort_by_key(|pair| (pair.to.manifest.effective_from, pair.from.manifest.effective_from));
    pairs
}

fn places(sets: &[Set]) -> BTreeSet<Place> {
    let or_any = |names: &[String]| match names {
        [] => vec![String::new()],
        names => names.to_vec(),
    };
    let scopes = sets.iter().map(|set| &set.manifest.scope);
    scopes
        .flat_map(|scope| {
            let sites = or_any(&scope.sites);
            or_any(&scope.components).into_iter().flat_map(move |component| {
                sites.clone().into_iter().map(move |site| (component.clone(), site))
            })
        })
        .collect()
}

/// The sets that answer at a place, one after the other.
fn line<'a>(sets: &'a [Set], (component, site): &Place) -> Vec<&'a Set> {
    let covering: Vec<_> =
        sets.iter().filter(|set| set.manifest.scope.covers(component, site)).collect();
    let starts = covering.iter().map(|set| set.manifest.effective_from);
    let ends = covering.iter().filter_map(|set| set.manifest.effective_to?.tomorrow().ok());
    let days: BTreeSet<_> = starts.chain(ends).collect();
    let mut line: Vec<&Set> = days
        .into_iter()
        .filter_map(|day| {
            let in_force = covering.iter().filter(|set| set.manifest.in_force(day));
            in_force
                .max_by_key(|set| (set.manifest.scope.rank(), set.manifest.effective_from))
                .copied()
        })
        .collect();
    line.dedup_by_key(|set| set.name());
    line
}

impl Pair<'_> {
    /// Compares the two, for all bookings and not only those of the places.
    ///
    /// # Errors
    /// The solver fails, or the programme does not answer to an example as the proof says.
    pub fn compare(&self, solver: &mut Solver, law: &Law) -> anyhow::Result<Change> {
        let mut dropped = Vec::new();
        let mut altered = Vec::new();
        for rule in &self.from.rules {
            match self.to.rules.iter().find(|other| other.id == rule.id) {
                Some(other) if self.is_altered(solver, rule, other)? => {
                    altered.push(rule.id.clone());
                }
                Some(_) => {}
                None => dropped.push(rule.id.clone()),
            }
        }
        let is_new = |rule: &&Rule| self.from.rules.iter().all(|other| other.id != rule.id);
        let added = self.to.rules.iter().filter(is_new).map(|rule| rule.id.clone()).collect();
        let (from, to) = (self.from.collects()?, self.to.collects()?);
        let no_longer = self.example(solver, law, &from, &to)?;
        let newly = self.example(solver, law, &to, &from)?;
        let is_due = |finding: &Finding| finding.outcome == Outcome::Collect;
        for (example, before) in [(&no_longer, true), (&newly, false)] {
            let agrees = example.as_ref().is_none_or(|example| {
                is_due(&example.before) == before && is_due(&example.after) != before
            });
            ensure!(agrees, "the programme answers otherwise than the proof: {example:?}");
        }
        Ok(Change { no_longer, newly, dropped, added, altered })
    }

    fn is_altered(&self, solver: &mut Solver, one: &Rule, other: &Rule) -> anyhow::Result<bool> {
        let answer = |rule: &Rule| (rule.outcome, rule.precedence, rule.category, rule.hard_block);
        if answer(one) != answer(other) {
            return Ok(true);
        }
        let (one, other) = (self.from.policy(&one.id)?, self.to.policy(&other.id)?);
        Ok(one != other && solver.differing(one, other)?.is_some())
    }

    fn example(
        &self,
        solver: &mut Solver,
        law: &Law,
        due: &PolicySet,
        not: &PolicySet,
    ) -> anyhow::Result<Option<Example>> {
        let Some(first) = solver.only(due, not)? else { return Ok(None) };
        let scope = &self.to.manifest.scope;
        let booking = plainest(&law.attributes, scope, first, |condition| {
            solver.only(&restricted(due, condition)?, not)
        })?;
        let answer = |set: &Set| answer(&law.book, set.name(), &booking);
        let (before, after) = (answer(self.from)?, answer(self.to)?);
        Ok(Some(Example { booking, before, after }))
    }
}

impl Change {
    /// The relation between the two sets, in one sentence.
    pub fn relation(&self) -> &'static str {
        match (&self.no_longer, &self.newly) {
            (None, None) => "**Equivalent**: a sample is due from exactly the same bookings.",
            (Some(_), None) => {
                "**Narrower**: who is due under the second set is due under the first (implied), \
                 and not the other way round."
            }
            (None, Some(_)) => {
                "**Wider**: who is due under the first set is due under the second (implied), \
                 and not the other way round."
            }
            (Some(_), Some(_)) => "**Neither implies the other.**",
        }
    }
}

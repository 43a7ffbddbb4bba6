//! How the proofs read a rule set is how the programme answers.
//!
//! The proofs are about sets of policies that `Set` forms; were one of them not what the programme
//! answers, a proof would be about something else. Deliberately absent: what is right.

use std::collections::BTreeMap;

use cedar_policy::PolicySet;
use journey::eligibility::Outcome;
use journey::rules::Rule;
use proof::booking::{FROM_A_FEED, answer};
use proof::set::{Law, Set, permitting, restricted, those};
use proof::solver::{Solver, allows};
use proof::texts::Texts;

/// Bookings that a rule decides: it applies, and no forbid that precedes it.
fn decided_by(set: &Set, rule: &Rule) -> anyhow::Result<PolicySet> {
    let precedes =
        |other: &&Rule| other.outcome != Outcome::Collect && other.precedence < rule.precedence;
    let mut policies = PolicySet::from_policies([permitting(set.policy(&rule.id)?)?])?;
    for other in set.rules.iter().filter(precedes) {
        policies.add(set.policy(&other.id)?.clone())?;
    }
    Ok(policies)
}

/// For every rule a booking that it decides, and for every way to a sample one that goes it.
#[test]
fn what_the_proofs_call_due_and_sampled_is_what_the_programme_answers() -> anyhow::Result<()> {
    let law = Law::read(&Texts::read()?)?;
    let mut solver = Solver::start(&law.schema)?;
    let mut seen: BTreeMap<Outcome, usize> = BTreeMap::new();
    for set in &law.sets {
        let (due, sampled) = (set.collects()?, set.samples()?);
        let mut questions = sampled.clone();
        for rule in &set.rules {
            questions.push((decided_by(set, rule)?, those("true")?));
        }
        for (one, other) in questions {
            for asks in ["ICE-ERO", "BOP"] {
                let asked =
                    format!("resource.component == {asks:?} && principal == Agency::{asks:?}");
                let by = format!("{FROM_A_FEED} && {asked}");
                let Some(booking) = solver.both(&restricted(&one, &by)?, &other)? else { continue };
                let outcome = answer(&law.book, set.name(), &booking)?.outcome;
                let is_sampled = |(duty, choice): &(PolicySet, PolicySet)| {
                    allows(duty, &booking) && allows(choice, &booking)
                };
                let told = (allows(&due, &booking), sampled.iter().any(is_sampled));
                let expected = match outcome {
                    Outcome::Collect => (true, true),
                    Outcome::MaySkip => (false, true),
                    Outcome::DoNotCollect | Outcome::Defer => (false, false),
                };
                assert_eq!(told, expected, "{}: {outcome:?}: {booking}", set.name());
                *seen.entry(outcome).or_default() += 1;
            }
        }
    }
    assert!(seen.len() == 4 && seen.values().all(|count| *count >= 14), "{seen:?}");
    Ok(())
}

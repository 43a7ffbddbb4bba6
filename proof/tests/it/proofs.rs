//! What is proven of every rule set, each for all bookings that the schema allows.
//!
//! Deliberately absent: examples; a test here passes only if no booking at all breaks the claim.

use anyhow::bail;
use proof::booking::{answer, attributes, in_words};
use proof::claims::{
    AGE_NOT_KNOWN, CITIZEN_WITHOUT_CRIMINAL_BASIS, Claim, HARD_BLOCK, NO_RULE_FAILS,
    PERMANENT_RESIDENT_IN_THE_PILOT, SHORTAGE_CHANGES_NOTHING, UNDER_THE_AGE_FLOOR,
    somebody_is_due,
};
use proof::set::sets;
use proof::solver::Solver;
use proof::texts::Texts;

fn prove(claim: &Claim) -> anyhow::Result<()> {
    let texts = Texts::read()?;
    let (schema, sets) = sets(&texts.book()?)?;
    let mut solver = Solver::start(&schema)?;
    let mut proven = 0;
    for set in sets.iter().filter(|set| (claim.applies)(set)) {
        if let Some(broken) = (claim.broken_by)(&mut solver, set)? {
            let words = in_words(&attributes(texts.schema())?, &broken.booking)?;
            let answer = answer(set, &broken.booking)?;
            let rule = broken.rule.unwrap_or_default();
            bail!("{} {rule}: {} Not so: {words}: {answer}", set.name(), claim.says);
        }
        proven += 1;
    }
    anyhow::ensure!(proven > 0, "there is no set of which this claim speaks");
    Ok(())
}

#[test]
fn no_rule_set_samples_anybody_under_its_age_floor() -> anyhow::Result<()> {
    prove(&UNDER_THE_AGE_FLOOR)
}

#[test]
fn no_rule_set_samples_anybody_whose_age_is_not_known() -> anyhow::Result<()> {
    prove(&AGE_NOT_KNOWN)
}

#[test]
fn the_pilot_samples_no_verified_permanent_resident() -> anyhow::Result<()> {
    prove(&PERMANENT_RESIDENT_IN_THE_PILOT)
}

#[test]
fn no_rule_set_samples_a_citizen_without_arrest_charge_or_conviction() -> anyhow::Result<()> {
    prove(&CITIZEN_WITHOUT_CRIMINAL_BASIS)
}

#[test]
fn children_and_merely_detained_citizens_are_behind_a_rule_nobody_may_set_aside()
-> anyhow::Result<()> {
    prove(&HARD_BLOCK)
}

#[test]
fn since_8_april_2020_no_answer_depends_on_a_shortage() -> anyhow::Result<()> {
    prove(&SHORTAGE_CHANGES_NOTHING)
}

#[test]
fn no_rule_can_fail_and_be_passed_over() -> anyhow::Result<()> {
    prove(&NO_RULE_FAILS)
}

/// A set under which nobody is due would fulfil every claim above and be useless.
#[test]
fn under_every_rule_set_a_sample_is_due_from_somebody() -> anyhow::Result<()> {
    let (schema, sets) = sets(&Texts::read()?.book()?)?;
    let mut solver = Solver::start(&schema)?;
    for set in &sets {
        assert!(somebody_is_due(&mut solver, set)?, "{}", set.name());
    }
    Ok(())
}

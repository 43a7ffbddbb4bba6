//! What is proven of every rule set, each for all bookings that the schema allows.
//!
//! Deliberately absent: examples; a test here passes only if no booking at all breaks the claim.

use anyhow::{bail, ensure};
use proof::booking::in_words;
use proof::claims::{
    AGE_NOT_KNOWN, CITIZEN_WITHOUT_CRIMINAL_BASIS, Claim, HARD_BLOCK, NO_RULE_FAILS,
    PERMANENT_RESIDENT_IN_THE_PILOT, SHORTAGE_CHANGES_NOTHING, UNDER_THE_AGE_FLOOR,
    somebody_is_due,
};
use proof::set::Law;
use proof::solver::Solver;
use proof::texts::Texts;

/// Proves a claim of this many sets, and that it is not true of the others.
fn prove(claim: &Claim, sets: usize) -> anyhow::Result<()> {
    let law = Law::read(&Texts::read()?)?;
    let mut solver = Solver::start(&law.schema)?;
    let mut proven = 0;
    for set in &law.sets {
        let broken = claim.broken_by(&mut solver, &law.attributes, set)?;
        match (broken, (claim.applies)(set)) {
            (None, true) => proven += 1,
            (Some(_), false) => {}
            (None, false) => bail!("{}: it holds there too: {}", set.name(), claim.says),
            (Some(broken), true) => {
                let words = in_words(&law.attributes, &broken.booking)?;
                let rule = broken.rule.unwrap_or_default();
                bail!("{} {rule}: {} Not so: {words}", set.name(), claim.says);
            }
        }
    }
    ensure!(proven == sets, "proven of {proven} sets and not of {sets}");
    Ok(())
}

#[test]
fn no_rule_set_samples_anybody_under_its_age_floor() -> anyhow::Result<()> {
    prove(&UNDER_THE_AGE_FLOOR, 7)
}

/// The claim takes the floor from the set; here stands what the floors are.
#[test]
fn ports_of_entry_began_with_a_floor_of_18_and_all_others_have_14() -> anyhow::Result<()> {
    for set in Law::read(&Texts::read()?)?.sets {
        let pilot = ["cbp-ofo-2020-01-06", "cbp-ofo-2020-04-08"].contains(&set.name());
        assert_eq!(set.floor_years(), if pilot { 18 } else { 14 }, "{}", set.name());
    }
    Ok(())
}

#[test]
fn no_rule_set_samples_anybody_whose_age_is_not_known() -> anyhow::Result<()> {
    prove(&AGE_NOT_KNOWN, 7)
}

#[test]
fn the_pilot_and_no_other_set_samples_no_verified_permanent_resident() -> anyhow::Result<()> {
    prove(&PERMANENT_RESIDENT_IN_THE_PILOT, 1)
}

#[test]
fn no_rule_set_samples_a_citizen_without_arrest_charge_or_conviction() -> anyhow::Result<()> {
    prove(&CITIZEN_WITHOUT_CRIMINAL_BASIS, 7)
}

#[test]
fn children_and_merely_detained_citizens_are_behind_a_rule_nobody_may_set_aside()
-> anyhow::Result<()> {
    prove(&HARD_BLOCK, 7)
}

#[test]
fn since_8_april_2020_and_not_before_no_answer_depends_on_a_shortage() -> anyhow::Result<()> {
    prove(&SHORTAGE_CHANGES_NOTHING, 5)
}

#[test]
fn no_rule_can_fail_and_be_passed_over() -> anyhow::Result<()> {
    prove(&NO_RULE_FAILS, 7)
}

/// A set under which nobody is due would fulfil every claim above and be useless.
#[test]
fn under_every_rule_set_a_sample_is_due_from_somebody() -> anyhow::Result<()> {
    let law = Law::read(&Texts::read()?)?;
    let mut solver = Solver::start(&law.schema)?;
    for set in &law.sets {
        assert!(somebody_is_due(&mut solver, set)?, "{}", set.name());
    }
    Ok(())
}

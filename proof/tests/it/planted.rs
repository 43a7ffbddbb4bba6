//! Wrong rules, planted one at a time: the fitting claim must find each of them.
//!
//! A planted fault passes the programme's own checks at load, as a mistake of good faith would.
//! Deliberately absent: faults that the loader refuses; `journey` tests those.

use cedar_policy_symcc::Env;
use proof::booking::{answer, attributes, in_words};
use proof::claims::{
    AGE_NOT_KNOWN, CITIZEN_WITHOUT_CRIMINAL_BASIS, Claim, HARD_BLOCK, NO_RULE_FAILS,
    PERMANENT_RESIDENT_IN_THE_PILOT, SHORTAGE_CHANGES_NOTHING, UNDER_THE_AGE_FLOOR,
};
use proof::set::{Set, sets};
use proof::solver::Solver;
use proof::texts::Texts;

const REGULATION: &str = "28cfr28.12-2020-04-08";
const PILOT: &str = "ice-dallas-2020-05-01";
const GATES: &str = "rules/28cfr28.12-2020-04-08/gates.cedar";
const DUTIES: &str = "rules/28cfr28.12-2020-04-08/duties.cedar";
const STATUS: &str = "rules/28cfr28.12-2020-04-08/status.cedar";
const PILOT_FILE: &str = "rules/ice-dallas-2020-05-01/pilot.cedar";

/// A forbid as somebody might add it, whose condition follows.
const FORBID: &str = r#"
@id("PLANTED") @authority("planted") @confidence("D") @effective("2009-01-09")
@outcome("do_not_collect") @precedence("5") @summary("Planted.")
forbid (principal, action == Action::"collect", resource)
"#;

const PERMIT_FOR_RESIDENTS: &str = r#"
@id("PLANTED") @authority("planted") @confidence("D") @effective("2009-01-09")
@outcome("collect") @category("Detainee") @precedence("5") @summary("Planted.")
permit (principal, action == Action::"collect", resource)
when { resource.citizenship == Citizenship::"lpr" };
"#;

/// The booking, rule and answer with which a claim is broken in one set; `None` where it stands.
fn found(texts: &Texts, set: &str, claim: &Claim) -> anyhow::Result<Option<String>> {
    let (schema, sets) = sets(&texts.book()?)?;
    let set: &Set = sets.iter().find(|other| other.name() == set).expect("the set is there");
    assert!((claim.applies)(set), "{} is not claimed of {}", claim.says, set.name());
    let mut solver = Solver::start(&schema)?;
    let Some(broken) = (claim.broken_by)(&mut solver, set)? else { return Ok(None) };
    let words = |env: &Env| in_words(&attributes(texts.schema())?, env);
    let answer = answer(set, &broken.booking).unwrap_or_else(|fault| fault.to_string());
    let rule = broken.rule.unwrap_or_default();
    Ok(Some(format!("{rule}: {}: {answer}", words(&broken.booking)?)))
}

/// Each of the words stands in what the claim finds, and the rules as they are do not break it.
fn caught(texts: &Texts, set: &str, claim: &Claim, words: &[&str]) -> anyhow::Result<()> {
    assert_eq!(found(&Texts::read()?, set, claim)?, None);
    let told = found(texts, set, claim)?.expect("the planted fault is found");
    for word in words {
        assert!(told.contains(word), "no \"{word}\" in: {told}");
    }
    Ok(())
}

#[test]
fn an_age_floor_of_13_is_caught() -> anyhow::Result<()> {
    let texts =
        Texts::read()?.planted(GATES, "resource.age_years < 14", "resource.age_years < 13")?;
    caught(&texts, REGULATION, &UNDER_THE_AGE_FLOOR, &["age years 13;", ": collect ("])?;
    caught(&texts, PILOT, &UNDER_THE_AGE_FLOOR, &["age years 13;"])?;
    caught(&texts, REGULATION, &HARD_BLOCK, &["age years 13;"])
}

#[test]
fn an_age_floor_that_is_gone_is_caught() -> anyhow::Result<()> {
    let texts = Texts::read()?.without(GATES, "UNDER_14")?;
    caught(&texts, REGULATION, &UNDER_THE_AGE_FLOOR, &[": collect ("])
}

#[test]
fn an_age_floor_that_the_choice_to_skip_precedes_is_caught() -> anyhow::Result<()> {
    let texts = Texts::read()?.planted(GATES, "@precedence(\"30\")", "@precedence(\"135\")")?;
    caught(&texts, REGULATION, &UNDER_THE_AGE_FLOOR, &[])
}

#[test]
fn an_unknown_age_taken_for_an_adults_is_caught() -> anyhow::Result<()> {
    let texts = Texts::read()?.without(GATES, "AGE_UNRESOLVED")?;
    caught(&texts, REGULATION, &AGE_NOT_KNOWN, &["age known no;", ": collect ("])
}

/// The detention duty asks for a non-US person, so that nobody is sampled without this rule; but
/// the block that nobody may set aside is gone, and that is found.
#[test]
fn a_citizen_rule_that_is_gone_is_caught() -> anyhow::Result<()> {
    let texts = Texts::read()?.without(STATUS, "USC_NO_CRIMINAL_BASIS")?;
    assert_eq!(found(&texts, REGULATION, &CITIZEN_WITHOUT_CRIMINAL_BASIS)?, None);
    caught(&texts, REGULATION, &HARD_BLOCK, &["citizenship citizen;"])
}

#[test]
fn a_detention_duty_that_reaches_citizens_is_caught_without_the_citizen_rule() -> anyhow::Result<()>
{
    let duty = "@summary(\"The person is detained and neither a citizen nor a permanent resident.\")
permit (principal, action == Action::\"collect\", resource)
when {
  resource.citizenship == Citizenship::\"non_us_person\" &&";
    let wide = duty.replace("\"non_us_person\" &&", "\"citizen\" &&");
    let texts = Texts::read()?.planted(DUTIES, duty, &wide)?;
    assert_eq!(found(&texts, REGULATION, &CITIZEN_WITHOUT_CRIMINAL_BASIS)?, None);
    let texts = texts.without(STATUS, "USC_NO_CRIMINAL_BASIS")?;
    caught(&texts, REGULATION, &CITIZEN_WITHOUT_CRIMINAL_BASIS, &["citizenship citizen;"])
}

/// The exemption wins over any permit: added alone it samples nobody. With the exemption narrowed
/// to those not arrested, it does.
#[test]
fn a_permit_for_permanent_residents_in_the_pilot_is_caught() -> anyhow::Result<()> {
    let texts = Texts::read()?.with(PILOT_FILE, PERMIT_FOR_RESIDENTS)?;
    assert_eq!(found(&texts, PILOT, &PERMANENT_RESIDENT_IN_THE_PILOT)?, None);
    let exemption = "resource.citizenship_confidence == StatusConfidence::\"verified\"\n};";
    let narrowed = exemption.replace(
        "\n}",
        "\n}\nunless { resource.custody_basis.contains(CustodyBasis::\"criminal_arrest\") }",
    );
    let texts = texts.planted(PILOT_FILE, exemption, &narrowed)?;
    let words = ["citizenship lpr;", "criminal arrest", "collect", "PLANTED"];
    caught(&texts, PILOT, &PERMANENT_RESIDENT_IN_THE_PILOT, &words)
}

#[test]
fn a_pilot_without_its_exemption_is_caught() -> anyhow::Result<()> {
    let texts = Texts::read()?.without(PILOT_FILE, "LPR_PILOT_EXEMPT")?;
    caught(&texts, PILOT, &PERMANENT_RESIDENT_IN_THE_PILOT, &["citizenship lpr;", ": collect ("])
}

#[test]
fn a_shortage_that_excuses_is_caught() -> anyhow::Result<()> {
    let texts = Texts::read()?
        .with_attribute("infeasible")?
        .with(GATES, &format!("{FORBID}when {{ resource.infeasible }};"))?;
    caught(&texts, REGULATION, &SHORTAGE_CHANGES_NOTHING, &[])?;
    caught(&texts, PILOT, &SHORTAGE_CHANGES_NOTHING, &[])
}

/// Nobody whose duty hangs on it; but the reason that a person is told would.
#[test]
fn a_shortage_that_only_changes_a_reason_is_caught() -> anyhow::Result<()> {
    let texts = Texts::read()?.with_attribute("infeasible")?.with(
        GATES,
        &format!("{FORBID}when {{ resource.infeasible && !resource.fingerprinted }};"),
    )?;
    caught(&texts, REGULATION, &SHORTAGE_CHANGES_NOTHING, &["PLANTED: "])
}

/// Cedar passes over a forbid that fails. The programme waits then; the rule is wrong all the same.
#[test]
fn a_rule_that_can_fail_is_caught() -> anyhow::Result<()> {
    let texts =
        Texts::read()?.with(GATES, &format!("{FORBID}when {{ resource.age_years * 2 < 28 }};"))?;
    caught(&texts, REGULATION, &NO_RULE_FAILS, &["PLANTED: ", "a rule fails"])
}

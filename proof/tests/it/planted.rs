//! Wrong rules, planted one at a time: the fitting claim must find each of them.
//!
//! A planted fault passes the programme's own checks at load, as a mistake of good faith would.
//! Deliberately absent: faults that the loader refuses; `journey` tests those.

use proof::booking::{answer, answer_in_words, in_words};
use proof::claims::{
    AGE_NOT_KNOWN, CITIZEN_WITHOUT_CRIMINAL_BASIS, Claim, HARD_BLOCK, NO_RULE_FAILS,
    PERMANENT_RESIDENT_IN_THE_PILOT, SHORTAGE_CHANGES_NOTHING, UNDER_THE_AGE_FLOOR,
};
use proof::set::Law;
use proof::solver::Solver;
use proof::texts::Texts;

const REGULATION: &str = "28cfr28.12-2020-04-08";
const PILOT: &str = "ice-dallas-2020-05-01";
const PORTS: &str = "cbp-ofo-2020-04-08";
const FULL: &str = "dhs-full-2021-04-01";
const GATES: &str = "rules/28cfr28.12-2009-01-09/gates.cedar";
const DUTIES: &str = "rules/28cfr28.12-2009-01-09/duties.cedar";
const STATUS: &str = "rules/28cfr28.12-2009-01-09/status.cedar";
const PORTS_FILE: &str = "rules/cbp-ofo-2020-01-06/floor.cedar";
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

/// The rule, booking and answer with which a claim is broken in one set; `None` where it stands.
fn found(texts: &Texts, set: &str, claim: &Claim) -> anyhow::Result<Option<String>> {
    let law = Law::read(texts)?;
    let set = law.set(set)?;
    assert!((claim.applies)(set), "{} is not claimed of {}", claim.says, set.name());
    let mut solver = Solver::start(&law.schema)?;
    let Some(broken) = claim.broken_by(&mut solver, &law.attributes, set)? else {
        return Ok(None);
    };
    let words = in_words(&law.attributes, &broken.booking)?;
    let answer = match answer(&law.book, set.name(), &broken.booking) {
        Ok(finding) => answer_in_words(&finding),
        Err(fault) => fault.to_string(),
    };
    Ok(Some(format!("{}: {words}: {answer}", broken.rule.unwrap_or_default())))
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
    caught(&texts, REGULATION, &UNDER_THE_AGE_FLOOR, &["aged 13 ", ": collect ("])?;
    caught(&texts, PILOT, &UNDER_THE_AGE_FLOOR, &["aged 13 "])?;
    caught(&texts, FULL, &UNDER_THE_AGE_FLOOR, &["aged 13 "])?;
    caught(&texts, REGULATION, &HARD_BLOCK, &["aged 13 "])
}

#[test]
fn an_age_floor_of_17_at_ports_of_entry_is_caught() -> anyhow::Result<()> {
    let texts =
        Texts::read()?.planted(PORTS_FILE, "resource.age_years < 18", "resource.age_years < 17")?;
    caught(&texts, PORTS, &UNDER_THE_AGE_FLOOR, &["aged 17 ", ": collect ("])?;
    caught(&texts, PORTS, &HARD_BLOCK, &["aged 17 "])
}

/// Two persons may set some rules aside, and this one is none of them.
#[test]
fn an_age_floor_that_can_be_set_aside_is_caught() -> anyhow::Result<()> {
    let floor = "resource.age_years < 14 &&";
    let loose = format!("{floor} !resource.set_aside.contains(\"UNDER_14\") &&");
    let texts = Texts::read()?.planted(GATES, floor, &loose)?;
    let words = ["aged 13 ", "set aside UNDER_14", ": collect ("];
    caught(&texts, REGULATION, &UNDER_THE_AGE_FLOOR, &words)?;
    caught(&texts, REGULATION, &HARD_BLOCK, &["set aside UNDER_14"])
}

#[test]
fn an_age_floor_that_is_gone_is_caught() -> anyhow::Result<()> {
    let texts = Texts::read()?.without(GATES, "UNDER_14")?;
    caught(&texts, REGULATION, &UNDER_THE_AGE_FLOOR, &[": collect ("])
}

#[test]
fn an_age_floor_that_the_choice_to_skip_precedes_is_caught() -> anyhow::Result<()> {
    let texts = Texts::read()?.planted(GATES, "@precedence(\"30\")", "@precedence(\"135\")")?;
    caught(&texts, REGULATION, &UNDER_THE_AGE_FLOOR, &["aged 13 ", ": may skip ("])
}

#[test]
fn an_unknown_age_taken_for_an_adults_is_caught() -> anyhow::Result<()> {
    let texts = Texts::read()?.without(GATES, "AGE_UNRESOLVED")?;
    caught(&texts, REGULATION, &AGE_NOT_KNOWN, &["without a date of birth;", ": collect ("])
}

/// The detention duty asks for a non-US person, so that nobody is sampled without this rule; but
/// the block that nobody may set aside is gone, and that is found.
#[test]
fn a_citizen_rule_that_is_gone_is_caught() -> anyhow::Result<()> {
    let texts = Texts::read()?.without(STATUS, "USC_NO_CRIMINAL_BASIS")?;
    assert_eq!(found(&texts, REGULATION, &CITIZEN_WITHOUT_CRIMINAL_BASIS)?, None);
    caught(&texts, REGULATION, &HARD_BLOCK, &["a citizen (verified);"])
}

/// The rules against it hide the mistake until somebody takes them out; it is found before.
#[test]
fn a_detention_duty_that_reaches_citizens_is_caught() -> anyhow::Result<()> {
    let duty =
        "@summary(\"The person is detained and neither a citizen nor a permanent resident.\")
permit (principal, action == Action::\"collect\", resource)
when {
  resource.citizenship == Citizenship::\"non_us_person\" &&";
    let wide = duty.replace("\"non_us_person\" &&", "\"citizen\" &&");
    let texts = Texts::read()?.planted(DUTIES, duty, &wide)?;
    let hidden = ["a citizen (verified);", ": do not collect (`USC_NO_CRIMINAL_BASIS`)"];
    caught(&texts, REGULATION, &CITIZEN_WITHOUT_CRIMINAL_BASIS, &hidden)?;
    let texts = texts.without(STATUS, "USC_NO_CRIMINAL_BASIS")?;
    let open = ["a citizen (verified);", ": collect (`DUTY_DETAINEE`)"];
    caught(&texts, REGULATION, &CITIZEN_WITHOUT_CRIMINAL_BASIS, &open)
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
    let words = ["a permanent resident (verified);", "arrested", ": collect (`PLANTED`"];
    caught(&texts, PILOT, &PERMANENT_RESIDENT_IN_THE_PILOT, &words)
}

#[test]
fn a_pilot_without_its_exemption_is_caught() -> anyhow::Result<()> {
    let texts = Texts::read()?.without(PILOT_FILE, "LPR_PILOT_EXEMPT")?;
    caught(
        &texts,
        PILOT,
        &PERMANENT_RESIDENT_IN_THE_PILOT,
        &["a permanent resident (verified);", ": collect ("],
    )
}

#[test]
fn a_shortage_that_excuses_is_caught() -> anyhow::Result<()> {
    let texts = Texts::read()?.with(GATES, &format!("{FORBID}when {{ resource.infeasible }};"))?;
    for set in [REGULATION, PORTS, PILOT, FULL] {
        let words = ["declared infeasible:", ": do not collect (`PLANTED`)"];
        caught(&texts, set, &SHORTAGE_CHANGES_NOTHING, &words)?;
    }
    Ok(())
}

/// The mistake that is easiest to make: the new set keeps the exemption of the old one.
#[test]
fn an_exemption_of_2009_that_is_kept_is_caught() -> anyhow::Result<()> {
    let manifest = "rules/28cfr28.12-2020-04-08/manifest.toml";
    let texts = Texts::read()?.planted(manifest, "without = [\"B4_INFEASIBLE\"]", "")?;
    let words = ["declared infeasible:", ": do not collect (`B4_INFEASIBLE`)"];
    caught(&texts, REGULATION, &SHORTAGE_CHANGES_NOTHING, &words)
}

/// Nobody whose duty hangs on it; but the reason that a person is told would.
#[test]
fn a_shortage_that_only_changes_a_reason_is_caught() -> anyhow::Result<()> {
    let condition = "when { resource.infeasible && !resource.age_known };";
    let texts = Texts::read()?.with(GATES, &format!("{FORBID}{condition}"))?;
    caught(&texts, REGULATION, &SHORTAGE_CHANGES_NOTHING, &["PLANTED: "])
}

/// Cedar passes over a forbid that fails. The programme waits then; the rule is wrong all the same.
#[test]
fn a_rule_that_can_fail_is_caught() -> anyhow::Result<()> {
    let texts =
        Texts::read()?.with(GATES, &format!("{FORBID}when {{ resource.age_years * 2 < 28 }};"))?;
    caught(&texts, REGULATION, &NO_RULE_FAILS, &["PLANTED: "])
}

//! The page of proofs is the one of these rules, and comparisons find what was changed.
//!
//! Deliberately absent: the claims themselves, which are in `proofs`.

use proof::changes::{Change, pairs};
use proof::document::{page, path};
use proof::set::Law;
use proof::solver::Solver;
use proof::texts::Texts;

const REGULATION: &str = "28cfr28.12-2020-04-08";
const PILOT: &str = "ice-dallas-2020-05-01";
const PILOT_FILE: &str = "rules/ice-dallas-2020-05-01/pilot.cedar";

#[test]
fn the_page_is_up_to_date() -> anyhow::Result<()> {
    let written = std::fs::read_to_string(path())?;
    assert!(written == page(&Texts::read()?)?, "docs/proof.md is old; run proof/run page");
    Ok(())
}

/// Each set after the one that it follows somewhere, and how it compares.
#[test]
fn every_change_of_the_law_is_compared() -> anyhow::Result<()> {
    let law = Law::read(&Texts::read()?)?;
    let mut solver = Solver::start(&law.schema)?;
    let mut told = String::new();
    for pair in pairs(&law.sets) {
        let change = pair.compare(&mut solver, &law)?;
        let relation = change.relation().split("**").nth(1).unwrap_or_default();
        told += &format!("{} > {}: {relation}\n", pair.from.name(), pair.to.name());
    }
    let expected = "\
28cfr28.12-2009-01-09 > cbp-ofo-2020-01-06: Narrower
28cfr28.12-2009-01-09 > 28cfr28.12-2020-04-08: Wider
cbp-ofo-2020-01-06 > cbp-ofo-2020-04-08: Wider
28cfr28.12-2020-04-08 > ice-dallas-2020-05-01: Narrower
cbp-ofo-2020-04-08 > cbp-ofo-2020-07-01: Wider
28cfr28.12-2020-04-08 > dhs-full-2021-04-01: Equivalent
ice-dallas-2020-05-01 > dhs-full-2021-04-01: Wider
cbp-ofo-2020-07-01 > dhs-full-2021-04-01: Equivalent
";
    assert_eq!(told, expected);
    Ok(())
}

/// From the regulation to the pilot.
fn compared(texts: &Texts) -> anyhow::Result<Change> {
    let law = Law::read(texts)?;
    let pairs = pairs(&law.sets);
    let wanted = |from: &str, to: &str| (from, to) == (REGULATION, PILOT);
    let pair = pairs.iter().find(|pair| wanted(pair.from.name(), pair.to.name()));
    pair.expect("the pilot follows").compare(&mut Solver::start(&law.schema)?, &law)
}

#[test]
fn a_set_that_adds_nothing_is_equivalent() -> anyhow::Result<()> {
    let texts = Texts::read()?
        .without(PILOT_FILE, "LPR_PILOT_EXEMPT")?
        .without(PILOT_FILE, "LPR_PILOT_CLAIM_OPEN")?;
    let change = compared(&texts)?;
    assert!(change.relation().starts_with("**Equivalent**"), "{}", change.relation());
    assert!(change.added.is_empty() && change.altered.is_empty() && change.dropped.is_empty());
    Ok(())
}

/// A rule of the same name, taken out of the base and written anew.
const FINGERPRINTS: &str = r#"
@id("NOT_FINGERPRINTED") @authority("planted") @confidence("D") @effective("2009-01-09")
@outcome("do_not_collect") @precedence("20") @summary("Planted.")
forbid (principal, action == Action::"collect", resource)
unless { resource.fingerprinted || resource.set_aside.contains("NOT_FINGERPRINTED") };
"#;

fn with_own_fingerprint_rule(rule: &str) -> anyhow::Result<Change> {
    let base = "includes = \"28cfr28.12-2020-04-08\"";
    let texts = Texts::read()?.with(PILOT_FILE, rule)?.planted(
        "rules/ice-dallas-2020-05-01/manifest.toml",
        base,
        &format!("{base}\nwithout = [\"NOT_FINGERPRINTED\"]"),
    )?;
    compared(&texts)
}

#[test]
fn a_rule_written_otherwise_is_not_altered_but_one_that_says_otherwise_is() -> anyhow::Result<()> {
    let twice = FINGERPRINTS.replace("unless", "when { true }\nunless");
    assert_eq!(with_own_fingerprint_rule(&twice)?.altered, Vec::<String>::new());
    let narrower = FINGERPRINTS.replace("unless", "when { resource.age_years < 60 }\nunless");
    let change = with_own_fingerprint_rule(&narrower)?;
    assert_eq!(change.altered, ["NOT_FINGERPRINTED"]);
    assert!(change.newly.is_some());
    let skipped = FINGERPRINTS.replace("do_not_collect", "may_skip");
    assert_eq!(with_own_fingerprint_rule(&skipped)?.altered, ["NOT_FINGERPRINTED"]);
    Ok(())
}

/// A hold at a port founds a duty only where proceedings follow it.
#[test]
fn a_set_that_adds_a_duty_is_found_with_an_example() -> anyhow::Result<()> {
    let duty = r#"
@id("PLANTED") @authority("planted") @confidence("D") @effective("2009-01-09")
@outcome("collect") @category("Detainee") @precedence("5") @summary("Planted.")
permit (principal, action == Action::"collect", resource)
when { resource.custody_basis.contains(CustodyBasis::"port_hold") };
"#;
    let change = compared(&Texts::read()?.with(PILOT_FILE, duty)?)?;
    assert!(change.newly.is_some() && change.no_longer.is_some());
    assert!(change.relation().starts_with("**Neither"), "{}", change.relation());
    assert!(change.added.contains(&"PLANTED".to_owned()));
    Ok(())
}

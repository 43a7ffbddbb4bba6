//! The page of proofs is the one of these rules, and comparisons find what was changed.
//!
//! Deliberately absent: the claims themselves, which are in `proofs`.

use proof::booking::attributes;
use proof::changes::{Change, pairs};
use proof::document::{page, path};
use proof::set::sets;
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

/// From the regulation to the pilot.
fn compared(texts: &Texts) -> anyhow::Result<Change> {
    let (schema, sets) = sets(&texts.book()?)?;
    let pairs = pairs(&sets);
    let wanted = |from: &str, to: &str| (from, to) == (REGULATION, PILOT);
    let pair = pairs.iter().find(|pair| wanted(pair.from.name(), pair.to.name()));
    let attributes = attributes(texts.schema())?;
    pair.expect("the pilot has its base").compare(&mut Solver::start(&schema)?, &attributes)
}

#[test]
fn the_pilot_samples_nobody_whom_the_regulation_does_not() -> anyhow::Result<()> {
    let change = compared(&Texts::read()?)?;
    assert!(change.newly.is_none() && change.no_longer.is_some());
    Ok(())
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

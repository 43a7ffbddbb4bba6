//! The page `docs/proof.md`: what is proven, of which sets, and what changes between them.
//!
//! Deliberately absent: times, which differ from machine to machine.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};
use journey::rules::Scope;

use crate::booking::{answer, answer_in_words, in_words};
use crate::changes::{Change, Pair, Place, pairs};
use crate::claims::{CLAIMS, Claim};
use crate::set::{Law, Set};
use crate::solver::Solver;
use crate::texts::{Texts, root};

const HEAD: &str = include_str!("document.txt");

/// Where the page stands.
pub fn path() -> PathBuf {
    root().join("docs/proof.md")
}

/// The page for these texts.
///
/// # Errors
/// A claim does not hold or cannot fail, a text is at fault, or the solver fails.
pub fn page(texts: &Texts) -> anyhow::Result<String> {
    let law = Law::read(texts)?;
    let mut solver = Solver::start(&law.schema)?;
    let mut page = HEAD.to_owned();
    write_sets(&mut page, &law.sets)?;
    page.push_str("\n## What is proven\n\n");
    page.push_str("Of every booking, whatever two persons set aside for it.\n");
    for (number, claim) in (1..).zip(&CLAIMS) {
        write_claim(&mut page, &mut solver, &law, number, claim)?;
    }
    page.push_str("\n## What changes from set to set\n");
    for pair in pairs(&law.sets) {
        let change = pair.compare(&mut solver, &law)?;
        write_change(&mut page, &law, &pair, &change)?;
    }
    Ok(page)
}

fn write_sets(page: &mut String, sets: &[Set]) -> anyhow::Result<()> {
    page.push_str("\n## The sets\n\n| set | for | in force | age floor | rules | digest |\n");
    page.push_str("|---|---|---|---|---|---|\n");
    for set in sets {
        let manifest = &set.manifest;
        let until = manifest.effective_to.map_or_else(String::new, |last| format!(" to {last}"));
        let named = if manifest.chosen { "" } else { ", only where it is named" };
        writeln!(
            page,
            "| `{}` | {} | from {}{until}{named} | {} | {} | `{}` |",
            set.name(),
            whom(&manifest.scope),
            manifest.effective_from,
            set.floor_years(),
            set.rules.len(),
            set.sha256.get(..16).unwrap_or(&set.sha256),
        )?;
    }
    Ok(())
}

fn whom(scope: &Scope) -> String {
    match (scope.components.as_slice(), scope.sites.as_slice()) {
        ([], []) => "everybody".to_owned(),
        (components, []) => components.join(", "),
        ([], sites) => sites.join(", "),
        (components, sites) => format!("{} at {}", components.join(", "), sites.join(", ")),
    }
}

fn write_claim(
    page: &mut String,
    solver: &mut Solver,
    law: &Law,
    number: u32,
    claim: &Claim,
) -> anyhow::Result<()> {
    let (of, others): (Vec<_>, Vec<_>) = law.sets.iter().partition(|set| (claim.applies)(set));
    for set in &of {
        if let Some(broken) = claim.broken_by(solver, &law.attributes, set)? {
            let words = in_words(&law.attributes, &broken.booking)?;
            bail!("{}: {} Not so: {words}", set.name(), claim.says);
        }
    }
    let proven = if others.is_empty() { "every set".to_owned() } else { names(&of) };
    writeln!(page, "\n{number}. **{}**", claim.says)?;
    writeln!(page, "   Proven of {proven}.")?;
    if others.is_empty() {
        return Ok(());
    }
    writeln!(page, "   Not claimed of the others, of which it is not true:")?;
    let mut examples: Vec<(String, Vec<&Set>)> = Vec::new();
    for set in others {
        let broken = claim
            .broken_by(solver, &law.attributes, set)?
            .with_context(|| format!("{}: it holds there too: {}", set.name(), claim.says))?;
        let words = in_words(&law.attributes, &broken.booking)?;
        let answer = answer_in_words(&answer(&law.book, set.name(), &broken.booking)?);
        let example = format!("a person {words}: **{answer}**");
        match examples.iter_mut().find(|(other, _)| *other == example) {
            Some((_, of)) => of.push(set),
            None => examples.push((example, vec![set])),
        }
    }
    for (example, of) in examples {
        writeln!(page, "   - under {}, {example}.", names(&of))?;
    }
    Ok(())
}

fn names(sets: &[&Set]) -> String {
    sets.iter().map(|set| format!("`{}`", set.name())).collect::<Vec<_>>().join(", ")
}

fn write_change(
    page: &mut String,
    law: &Law,
    pair: &Pair<'_>,
    change: &Change,
) -> anyhow::Result<()> {
    let Pair { from, to, places } = pair;
    let places: Vec<_> = places.iter().map(place).collect();
    writeln!(page, "\n### `{}`, then `{}`\n", from.name(), to.name())?;
    writeln!(
        page,
        "From {}, for {}. {}\n",
        to.manifest.effective_from,
        places.join(", "),
        change.relation()
    )?;
    for (what, ids) in
        [("dropped", &change.dropped), ("added", &change.added), ("altered", &change.altered)]
    {
        if !ids.is_empty() {
            let ids: Vec<_> = ids.iter().map(|id| format!("`{id}`")).collect();
            writeln!(page, "- Rules {what}: {}.", ids.join(", "))?;
        }
    }
    for (what, example) in [("No longer due", &change.no_longer), ("Newly due", &change.newly)] {
        if let Some(example) = example {
            let words = in_words(&law.attributes, &example.booking)?;
            writeln!(page, "- {what}, for example: a person {words}.")?;
            let (before, after) =
                (answer_in_words(&example.before), answer_in_words(&example.after));
            writeln!(page, "  Before: {before}. After: **{after}**.")?;
        }
    }
    if change.dropped.is_empty() && change.added.is_empty() && change.altered.is_empty() {
        writeln!(page, "No rule is dropped, added or altered.")?;
    }
    Ok(())
}

fn place((component, site): &Place) -> String {
    match (component.as_str(), site.as_str()) {
        ("", "") => "everybody else".to_owned(),
        (component, "") => component.to_owned(),
        ("", site) => site.to_owned(),
        (component, site) => format!("{component} at {site}"),
    }
}

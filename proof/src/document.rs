//! The page `docs/proof.md`: what is proven, of which sets, and what changes between them.
//!
//! Deliberately absent: times, which differ from machine to machine.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::bail;
use journey::rules::Scope;

use crate::booking::{Attribute, answer, attributes, in_words};
use crate::changes::{Change, Pair, pairs};
use crate::claims::CLAIMS;
use crate::set::{Set, sets};
use crate::solver::Solver;
use crate::texts::{Texts, root};

const HEAD: &str = include_str!("document.md");

/// Where the page stands.
pub fn path() -> PathBuf {
    root().join("docs/proof.md")
}

/// The page for these texts.
///
/// # Errors
/// A claim does not hold, a text is at fault, or the solver fails.
pub fn page(texts: &Texts) -> anyhow::Result<String> {
    let (schema, sets) = sets(&texts.book()?)?;
    let attributes = attributes(texts.schema())?;
    let mut solver = Solver::start(&schema)?;
    let mut page = HEAD.to_owned();
    write_sets(&mut page, &sets)?;
    write_claims(&mut page, &mut solver, &attributes, &sets)?;
    page.push_str("\n## What changes from set to set\n");
    for pair in pairs(&sets) {
        let change = pair.compare(&mut solver, &attributes)?;
        write_change(&mut page, &attributes, pair, &change)?;
    }
    Ok(page)
}

fn write_sets(page: &mut String, sets: &[Set]) -> anyhow::Result<()> {
    page.push_str("\n## The sets\n\n| set | for | in force | age floor | rules | digest |\n");
    page.push_str("|---|---|---|---|---|---|\n");
    for set in sets {
        let manifest = &set.manifest;
        let until = manifest.effective_to.map_or_else(String::new, |last| format!(" to {last}"));
        writeln!(
            page,
            "| `{}` | {} | from {}{until} | {} | {} | `{}` |",
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

fn write_claims(
    page: &mut String,
    solver: &mut Solver,
    attributes: &[Attribute],
    sets: &[Set],
) -> anyhow::Result<()> {
    page.push_str("\n## What is proven\n");
    for (number, claim) in (1..).zip(&CLAIMS) {
        let of: Vec<_> = sets.iter().filter(|set| (claim.applies)(set)).collect();
        for set in &of {
            if let Some(broken) = (claim.broken_by)(solver, set)? {
                let words = in_words(attributes, &broken.booking)?;
                bail!("{}: {} Not so: {words}", set.name(), claim.says);
            }
        }
        let names: Vec<_> = of.iter().map(|set| format!("`{}`", set.name())).collect();
        let names = if names.len() == sets.len() { "every set".to_owned() } else { names.join(", ") };
        writeln!(page, "\n{number}. {}\n   Proven of {names}.", claim.says)?;
    }
    Ok(())
}

fn write_change(
    page: &mut String,
    attributes: &[Attribute],
    pair: Pair<'_>,
    change: &Change,
) -> anyhow::Result<()> {
    let Pair { from, to } = pair;
    writeln!(page, "\n### `{}`, then `{}`\n\n{}\n", from.name(), to.name(), change.relation())?;
    for (what, ids) in
        [("Dropped", &change.dropped), ("Added", &change.added), ("Altered", &change.altered)]
    {
        let ids: Vec<_> = ids.iter().map(|id| format!("`{id}`")).collect();
        let ids = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
        writeln!(page, "- {what} rules: {ids}.")?;
    }
    for (what, env) in [("No longer due", &change.no_longer), ("Newly due", &change.newly)] {
        if let Some(env) = env {
            let booking = in_words(attributes, env)?;
            let (before, after) = (answer(from, env)?, answer(to, env)?);
            writeln!(page, "- {what}, for example: {booking}.")?;
            writeln!(page, "  Under the first set: {before}. Under the second: {after}.")?;
        }
    }
    Ok(())
}

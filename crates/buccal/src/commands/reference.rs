//! `buccal reference --out DIR`: the manual's tables, written from the tables of the programme.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory};
use journey::actor::Role;
use journey::refusal::RefusalCode;
use journey::rules::RuleBook;
use service::access::{RoleTable, TABLE};

use super::Line;
use crate::output::wrong;

/// Where the pages go.
#[derive(Args, Debug)]
pub(crate) struct Reference {
    /// The folder
    #[arg(long, default_value = "docs/reference")]
    out: PathBuf,
    /// Only check that the pages there are fresh
    #[arg(long)]
    check: bool,
}

/// Writes the pages, or checks them.
pub(crate) fn run(reference: &Reference) -> anyhow::Result<ExitCode> {
    let pages = [
        ("refusals.md", refusals()?),
        ("roles.md", roles()?),
        ("rules.md", rules()?),
        ("commands.md", commands()?),
    ];
    for (name, text) in pages {
        write_or_check(&reference.out.join(name), &text, reference.check)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write_or_check(path: &Path, text: &str, check: bool) -> anyhow::Result<()> {
    if !check {
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        return Ok(std::fs::write(path, text)?);
    }
    if std::fs::read_to_string(path).unwrap_or_default() != text {
        let path = path.display();
        return Err(wrong(format!("{path} is stale; run `buccal reference` and commit it")));
    }
    Ok(())
}

fn refusals() -> anyhow::Result<String> {
    let mut page = String::from(
        "# Refusals\n\nThe rules say no: in order of precedence. A refusal is no failure of the \
         machine; it is shown, and it is put on record.\nThe last column says how sure the source \
         is: S seen, S2 seen in a secondary text, M+ remembered, D this programme's own working \
         rule.\n\n| code | source | what to do | sure |\n|---|---|---|---|\n",
    );
    for refusal in RefusalCode::ALL {
        let (code, source) = (refusal.code(), refusal.authority());
        let (remedy, sure) = (refusal.remedy(), refusal.confidence());
        writeln!(page, "| {code} | {source} | {remedy} | {sure} |")?;
    }
    Ok(page)
}

fn roles() -> anyhow::Result<String> {
    let table = RoleTable::parse(TABLE).map_err(anyhow::Error::msg)?;
    let mut page = String::from("# Roles\n\nWhat each role may do.\n\n| action |");
    for role in Role::ALL {
        write!(page, " {role} |")?;
    }
    page.push_str("\n|---|");
    page.push_str(&"---|".repeat(Role::ALL.len()));
    page.push('\n');
    for action in table.actions() {
        let may: BTreeSet<_> = table.roles(action);
        write!(page, "| {action} |")?;
        for role in Role::ALL {
            page.push_str(if may.contains(role) { " yes |" } else { " |" });
        }
        page.push('\n');
    }
    Ok(page)
}

fn rules() -> anyhow::Result<String> {
    let book = RuleBook::shipped()?;
    let mut page = String::from("# Rule sets\n\nEvery rule with its source and how sure it is.\n");
    for set in book.sets() {
        let (name, title, from) = (&set.name, &set.title, set.effective_from);
        writeln!(page, "\n## {name}\n\n{title}; in force from {from}.\n")?;
        page.push_str("| order | rule | outcome | source | sure | what it says |\n");
        page.push_str("|---|---|---|---|---|---|\n");
        for rule in book.policies(name)? {
            let (order, reason, sure) = (rule.precedence, &rule.reason, &rule.confidence);
            let (outcome, source) = (rule.outcome.word(), &rule.authority);
            let says = &rule.summary;
            writeln!(page, "| {order} | {reason} | {outcome} | {source} | {sure} | {says} |")?;
        }
    }
    Ok(page)
}

fn commands() -> anyhow::Result<String> {
    let mut page = String::from("# Commands\n\nEvery command takes `--help`.\n");
    for station in Line::command().get_subcommands().filter(|command| !command.is_hide_set()) {
        let about = station.get_about().map(ToString::to_string).unwrap_or_default();
        writeln!(page, "\n## buccal {}\n\n{about}\n", station.get_name())?;
        for verb in station.get_subcommands() {
            let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
            writeln!(page, "- `buccal {} {}`: {about}", station.get_name(), verb.get_name())?;
        }
    }
    Ok(page)
}

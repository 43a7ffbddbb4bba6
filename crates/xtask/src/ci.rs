//! Every step that a change must pass, in the order in which a fault is cheapest to learn. A
//! failed step does not stop the others: one run tells all. At the end stand the time of each step
//! and the number of crates, because both grow unnoticed.
//!
//! Installing what tests need and starting a database is not done here but in `./test`.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::repository::Repository;
use crate::tidy;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    /// The step needs a tool that this machine lacks.
    NotRun,
}

/// What is told of a step at the end.
struct Told {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

const FORMAT: &[&str] = &["fmt", "--all", "--check", "--", "--color", "never"];
const CLIPPY: &[&str] =
    &["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
const NEXTEST: &[&str] = &["nextest", "run", "--workspace", "--locked", "--no-fail-fast"];
const PLAIN_TEST: &[&str] =
    &["test", "--workspace", "--locked", "--lib", "--bins", "--tests", "--no-fail-fast"];
const DOCUMENTATION: &[&str] = &["test", "--workspace", "--locked", "--doc", "--quiet"];
// Duplicate versions are for `cargo deny check bans`. The advisory database is a network service;
// versions with known holes are banned in deny.toml.
const LICENCES: &[&str] = &[
    "deny",
    "check",
    "--hide-inclusion-graph",
    "--allow",
    "duplicate",
    "bans",
    "licenses",
    "sources",
];

/// Runs every step; true when none failed.
///
/// # Errors
/// When the report cannot be written or cargo cannot be started.
pub fn run(root: &Path, out: &mut impl Write) -> anyhow::Result<bool> {
    let start = Instant::now();
    let tests = if has_tool(root, "nextest") { NEXTEST } else { PLAIN_TEST };
    let mut told = vec![
        step(root, "format", FORMAT, out)?,
        tidy_step(root, out)?,
        step(root, "lints", CLIPPY, out)?,
        step(root, "tests", tests, out)?,
        step(root, "documentation tests", DOCUMENTATION, out)?,
    ];
    if has_tool(root, "deny") {
        told.push(step(root, "dependencies", LICENCES, out)?);
    } else {
        let took = Duration::ZERO;
        told.push(Told { name: "dependencies", outcome: Outcome::NotRun, took });
    }
    writeln!(out, "\n== summary")?;
    for Told { name, outcome, took } in &told {
        let outcome = match outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "FAILED",
            Outcome::NotRun => "not run: cargo-deny is not installed",
        };
        writeln!(out, "{name:<22}{:>7.1} s  {outcome}", took.as_secs_f64())?;
    }
    writeln!(out, "{:<22}{:>7.1} s", "all", start.elapsed().as_secs_f64())?;
    writeln!(out, "{}", crate_counts(root)?)?;
    Ok(told.iter().all(|step| step.outcome != Outcome::Failed))
}

fn step(
    root: &Path,
    name: &'static str,
    arguments: &[&str],
    out: &mut impl Write,
) -> anyhow::Result<Told> {
    writeln!(out, "\n== {name}: cargo {}", arguments.join(" "))?;
    out.flush()?;
    let start = Instant::now();
    let status = Command::new("cargo")
        .args(arguments)
        .current_dir(root)
        .status()
        .context("cannot start cargo")?;
    let outcome = if status.success() { Outcome::Passed } else { Outcome::Failed };
    Ok(Told { name, outcome, took: start.elapsed() })
}

fn tidy_step(root: &Path, out: &mut impl Write) -> anyhow::Result<Told> {
    writeln!(out, "\n== tidy")?;
    let start = Instant::now();
    let passed = tidy::run(&Repository::load(root)?, out)?;
    let outcome = if passed { Outcome::Passed } else { Outcome::Failed };
    Ok(Told { name: "tidy", outcome, took: start.elapsed() })
}

fn has_tool(root: &Path, tool: &str) -> bool {
    let asked = Command::new("cargo")
        .args([tool, "--version"])
        .current_dir(root)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

/// How many crates this machine builds, and how many the lock file names for all platforms.
fn crate_counts(root: &Path) -> anyhow::Result<String> {
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).context("no Cargo.lock")?;
    let tree = Command::new("cargo")
        .args(["tree", "--workspace", "--locked", "--edges", "normal,build", "--prefix", "none"])
        .current_dir(root)
        .output()
        .context("cannot start cargo")?;
    let built = distinct_crates(&String::from_utf8_lossy(&tree.stdout));
    Ok(format!("crates: {built} built here without those for tests, {} locked", locked(&lock)))
}

fn distinct_crates(tree: &str) -> usize {
    let name = |line: &str| -> Option<String> {
        let mut words = line.split_whitespace();
        Some(format!("{} {}", words.next()?, words.next()?))
    };
    tree.lines().filter_map(name).collect::<BTreeSet<_>>().len()
}

fn locked(lock: &str) -> usize {
    lock.lines().filter(|line| *line == "[[package]]").count()
}

#[cfg(test)]
mod tests {
    use super::{distinct_crates, locked};

    #[test]
    fn a_crate_is_counted_once_per_version() {
        let tree = "a v1.0.0 (path)\nb v2.0.0\nb v2.0.0 (*)\nb v3.0.0\n\nc v1.0.0 (proc-macro)\n";
        assert_eq!(distinct_crates(tree), 4);
    }

    #[test]
    fn locked_packages_are_counted() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\n\n[[package]]\nname = \"b\"\n";
        assert_eq!(locked(lock), 2);
    }
}

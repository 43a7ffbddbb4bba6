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
    /// The step needs this, which the machine lacks.
    NotRun(&'static str),
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
/// The proofs are a workspace of their own; their script installs the solver.
const PROOFS: &[&str] = &["proof/run"];
/// Debian keeps the installer that a virtual environment needs in a package of its own.
const PYTHON: &[&str] = &["python3", "-c", "import venv, ensurepip"];
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

impl Told {
    fn not_run(name: &'static str, tool: &'static str) -> Self {
        Self { name, outcome: Outcome::NotRun(tool), took: Duration::ZERO }
    }
}

/// Runs every step; true when none failed.
///
/// # Errors
/// When the report cannot be written or cargo cannot be started.
pub fn run(root: &Path, out: &mut impl Write) -> anyhow::Result<bool> {
    let start = Instant::now();
    let tests = if has_tool(root, "nextest") { NEXTEST } else { PLAIN_TEST };
    let mut told = vec![
        step(root, "format", "cargo", FORMAT, out)?,
        tidy_step(root, out)?,
        step(root, "lints", "cargo", CLIPPY, out)?,
        step(root, "tests", "cargo", tests, out)?,
        step(root, "documentation tests", "cargo", DOCUMENTATION, out)?,
    ];
    told.push(if runs(root, PYTHON) {
        step(root, "proofs", "bash", PROOFS, out)?
    } else {
        Told::not_run("proofs", "python3 with venv")
    });
    told.push(if has_tool(root, "deny") {
        step(root, "dependencies", "cargo", LICENCES, out)?
    } else {
        Told::not_run("dependencies", "cargo-deny")
    });
    writeln!(out, "\n== summary")?;
    for Told { name, outcome, took } in &told {
        let outcome = match outcome {
            Outcome::Passed => "passed".to_owned(),
            Outcome::Failed => "FAILED".to_owned(),
            Outcome::NotRun(tool) => format!("not run: {tool} is not installed"),
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
    program: &str,
    arguments: &[&str],
    out: &mut impl Write,
) -> anyhow::Result<Told> {
    writeln!(out, "\n== {name}: {program} {}", arguments.join(" "))?;
    out.flush()?;
    let start = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .status()
        .with_context(|| format!("cannot start {program}"))?;
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
    runs(root, &["cargo", tool, "--version"])
}

fn runs(root: &Path, command: &[&str]) -> bool {
    let Some((program, arguments)) = command.split_first() else { return false };
    let asked = Command::new(program)
        .args(arguments)
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

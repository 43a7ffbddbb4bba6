//! The command `cargo run -p xtask -- <tidy|ci|table>`: arguments in, exit code out. The work is in
//! the library, so that the tests call the same functions.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use xtask::repository::Repository;
use xtask::{ci, tidy};

const USAGE: &str = "usage: cargo run -p xtask -- <command>

  tidy    check that the repository is as ARCHITECTURE.md and CONTRIBUTING.md describe it
  ci      format, lints, tests, documentation tests, tidy and dependency licences, with times
  table   print the table of allowed dependencies as it must stand in ARCHITECTURE.md
";

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    let mut out = io::stdout().lock();
    let passed = match (command.as_deref(), arguments.next()) {
        (Some("tidy"), None) => tidy::run(&Repository::load(root()?)?, &mut out)?,
        (Some("ci"), None) => ci::run(root()?, &mut out)?,
        (Some("table"), None) => {
            write!(out, "{}", tidy::dependencies::as_markdown())?;
            true
        }
        _ => {
            write!(io::stderr(), "{USAGE}")?;
            return Ok(ExitCode::from(2));
        }
    };
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn root() -> anyhow::Result<&'static Path> {
    xtask::repository::root()
}

//! The checks that keep the written design true, in the order in which they are reported. Each is
//! a function from the repository to its findings, in a file of its own. What a lint already
//! refuses (long functions, unwrap, clocks) is not checked a second time.

use std::io::Write;

use crate::finding::Finding;
use crate::repository::Repository;

pub mod dependencies;
pub mod stations;
pub mod sources;
pub mod words;
pub mod wall;
pub mod documents;
pub mod rules;

/// A check: its name in the report, and the function.
pub type Check = (&'static str, fn(&Repository) -> Vec<Finding>);

/// Every check, in report order.
pub const CHECKS: [Check; 7] = [
    ("dependency table", dependencies::check),
    ("station files", stations::check),
    ("source files", sources::check),
    ("words", words::check),
    ("wall between names and profiles", wall::check),
    ("documents", documents::check),
    ("rules", rules::check),
];

/// Runs every check and writes the report; true when there was nothing to find.
///
/// # Errors
/// When the report cannot be written.
pub fn run(repository: &Repository, out: &mut impl Write) -> std::io::Result<bool> {
    let mut count = 0;
    for (name, check) in CHECKS {
        let findings = check(repository);
        count += findings.len();
        match findings.len() {
            0 => writeln!(out, "tidy: {name}: in order")?,
            found => writeln!(out, "tidy: {name}: {found} to put right")?,
        }
        for finding in findings {
            writeln!(out, "  {finding}")?;
        }
    }
    Ok(count == 0)
}

#[cfg(test)]
mod tests {
    use super::run;
    use crate::repository::Repository;

    #[test]
    fn the_report_names_each_check_and_each_finding() {
        let repository = Repository::of_texts([("crates/genetics/src/lib.rs", "mod a;\n")]);
        let mut out = Vec::new();
        let passed = run(&repository, &mut out).unwrap();
        let report = String::from_utf8(out).unwrap();
        assert!(!passed);
        assert!(report.contains("tidy: rules: in order"), "{report}");
        assert!(report.contains("  crates/genetics/src/lib.rs:1: "), "{report}");
    }
}

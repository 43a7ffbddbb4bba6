//! The shape of source files: a heading comment, a length one can read, lines that fit, no stray
//! white space, file names in snake case. Function length belongs to clippy (`too_many_lines`),
//! layout to rustfmt; rustfmt leaves long strings and comments alone, hence the check of columns.

use crate::finding::Finding;
use crate::repository::Repository;

/// Lines of one file, its unit tests not counted.
const LINES_MAX: usize = 800;

/// Words of the first line of a heading; fewer is a place holder.
const HEADING_WORDS_MIN: usize = 3;

/// Characters of one line.
const COLUMNS_MAX: usize = 100;

/// Hand-written text in which white space at line ends and tabs mean nothing.
const WRITTEN: [&str; 8] = [".rs", ".toml", ".md", ".sql", ".cedar", ".css", ".js", ".cedarschema"];

/// Checks every source file.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in repository.texts() {
        if path.ends_with(".rs") {
            check_rust(path, text, &mut findings);
        }
        if WRITTEN.iter().any(|ending| path.ends_with(ending)) {
            check_white_space(path, text, &mut findings);
        }
    }
    findings
}

fn check_rust(path: &str, text: &str, findings: &mut Vec<Finding>) {
    check_heading(path, text, findings);
    let lines = lines_without_tests(text);
    if lines > LINES_MAX {
        findings.push(Finding::of(
            path,
            format!("{lines} lines without the unit tests"),
            format!("at most {LINES_MAX}; split by subject"),
        ));
    }
    let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs");
    if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        findings.push(Finding::of(path, format!("the file name {name}"), "snake_case"));
    }
    for (number, line) in (1..).zip(text.lines()) {
        let columns = line.chars().count();
        // An address cannot be broken, and neither can the input text of an integration test.
        if columns > COLUMNS_MAX && !line.contains("://") && !path.contains("/tests/") {
            findings.push(Finding::at(
                path,
                number,
                format!("a line of {columns} columns"),
                format!("at most {COLUMNS_MAX}"),
            ));
        }
    }
}

fn check_heading(path: &str, text: &str, findings: &mut Vec<Finding>) {
    let heading = text.lines().next().unwrap_or_default();
    let found = if !heading.starts_with("//!") {
        "the file does not begin with `//!`"
    } else if heading.split_whitespace().skip(1).count() < HEADING_WORDS_MIN {
        "a heading that says nothing"
    } else {
        return;
    };
    let right = "a heading that says what is found here and what is deliberately absent";
    findings.push(Finding::at(path, 1, found, right));
}

/// Lines before the unit test module, which by custom stands last.
fn lines_without_tests(text: &str) -> usize {
    let mut previous = "";
    for (count, line) in text.lines().enumerate() {
        if previous == "#[cfg(test)]" && line.starts_with("mod ") && line.ends_with('{') {
            return count.saturating_sub(1);
        }
        previous = line;
    }
    text.lines().count()
}

fn check_white_space(path: &str, text: &str, findings: &mut Vec<Finding>) {
    for (number, line) in (1..).zip(text.split('\n')) {
        if line.contains('\t') {
            findings.push(Finding::at(path, number, "a tab", "spaces, or \\t in a string"));
        }
        if line.ends_with([' ', '\t', '\r']) {
            findings.push(Finding::at(path, number, "white space at the line end", "none"));
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        findings.push(Finding::of(path, "no line end after the last line", "one"));
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::repository::Repository;

    fn findings(path: &str, text: &str) -> Vec<String> {
        let repository = Repository::of_texts([(path, text)]);
        check(&repository).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_plain_file_passes() {
        assert_eq!(
            findings("a/held_days.rs", "//! Days that a sample was held.\n\nfn a() {}\n"),
            Vec::<String>::new()
        );
        assert_eq!(findings("data/table.tsv", "a\tb \n"), Vec::<String>::new());
    }

    #[test]
    fn each_fault_of_form_is_found_once() {
        let long = format!("//! About a thing.\n// {}\n", "x".repeat(98));
        let address = format!("//! About a thing.\n// https://{}\n", "x".repeat(98));
        for (path, text, wanted) in [
            ("a.rs", "fn a() {}\n", "a.rs:1: the file does not begin with `//!`"),
            ("a.rs", long.as_str(), "a.rs:2: a line of 101 columns"),
            ("a.rs", "//! About a thing.\n\tfn a() {}\n", "a.rs:2: a tab"),
            ("a.rs", "//! x\n", "a.rs:1: a heading that says nothing"),
            ("a.md", "# a \n", "a.md:1: white space at the line end"),
            ("a.md", "# a\r\n", "a.md:1: white space at the line end"),
            ("a.md", "# a", "a.md: no line end after the last line"),
            ("HeldDays.rs", "//! About a thing.\n", "HeldDays.rs: the file name HeldDays"),
        ] {
            let found = findings(path, text);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(wanted), "{found:?}");
        }
        assert_eq!(findings("a.rs", &address), Vec::<String>::new());
        assert_eq!(findings("a/tests/it/a.rs", &long), Vec::<String>::new());
    }

    #[test]
    fn unit_tests_do_not_count_toward_the_length() {
        let code = format!("//! About a thing.\n{}", "const A: u8 = 0;\n".repeat(799));
        assert_eq!(findings("a.rs", &code), Vec::<String>::new());
        let tested = format!("{code}#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(300));
        assert_eq!(findings("a.rs", &tested), Vec::<String>::new());
        let found = findings("a.rs", &format!("{code}// one more\n"));
        assert_eq!(
            found,
            ["a.rs: 801 lines without the unit tests; \
              right would be: at most 800; split by subject"]
        );
    }
}

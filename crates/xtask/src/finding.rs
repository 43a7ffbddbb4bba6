//! One sentence of a check: where, what was found, what would be right. A check never stops at
//! the first finding, so that one run shows all there is to do.

use std::fmt;

/// A place in the repository that is not as the design says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Path from the repository root, with `/` between folders.
    pub path: String,
    /// Line, counted from 1; 0 when the finding is about the whole file.
    pub line: usize,
    /// What stands there.
    pub found: String,
    /// What would be right.
    pub right: String,
}

impl Finding {
    /// A finding about one line (counted from 1).
    pub fn at(path: &str, line: usize, found: impl Into<String>, right: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, found: found.into(), right: right.into() }
    }

    /// A finding about a whole file, or about a file that is not there.
    pub fn of(path: &str, found: impl Into<String>, right: impl Into<String>) -> Self {
        Self::at(path, 0, found, right)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}; right would be: {}", self.found, self.right)
    }
}

#[cfg(test)]
mod tests {
    use super::Finding;

    #[test]
    fn names_place_fault_and_remedy() {
        let finding = Finding::at("crates/a/src/lib.rs", 7, "a tab", "four spaces");
        assert_eq!(
            finding.to_string(),
            "crates/a/src/lib.rs:7: a tab; right would be: four spaces"
        );
        let whole = Finding::of("LICENSE", "no such file", "the licence text");
        assert_eq!(whole.to_string(), "LICENSE: no such file; right would be: the licence text");
    }
}

//! The wall in the database: the custody side has no place for a profile, the index side none for
//! a name. Read from the `CREATE TABLE` and `ADD COLUMN` texts in the store, whether they stand in
//! `.sql` files or in Rust strings. A file belongs to a side when its path names it (`custody`,
//! `index`) or when a Rust file of that side includes it; a shared file belongs to both.
//!
//! Only names are read, not what a program writes into a column: that is for the store's tests.
//! A side that has files but no table in a form this check can read is itself a finding, so that
//! the check cannot pass by seeing nothing.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::repository::{Repository, resolve};

/// Words that no table of the custody side may carry in its name.
const CUSTODY_TABLE_WORDS: [&str; 6] =
    ["profile", "profiles", "allele", "alleles", "genotype", "genotypes"];

/// Words that no column of the custody side may carry in its name.
const CUSTODY_COLUMN_WORDS: [&str; 6] =
    ["allele", "alleles", "genotype", "genotypes", "locus", "loci"];

/// Words that no table or column of the index side may carry in its name.
const INDEX_WORDS: [&str; 12] = [
    "name",
    "names",
    "surname",
    "alias",
    "birth",
    "born",
    "dob",
    "alien",
    "fingerprint",
    "person",
    "persons",
    "ssn",
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Side {
    Custody,
    Index,
}

const SIDES: [(Side, &str); 2] =
    [(Side::Custody, "crates/store/src/custody/"), (Side::Index, "crates/store/src/index/")];

/// A table or a column as the text names it.
#[derive(Debug, PartialEq, Eq)]
enum Named {
    Table(String),
    Column(String),
}

/// Checks every table and column that the store's texts create.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut sides_seen = Vec::new();
    for (side, path) in texts_by_side(repository) {
        for (line, named) in names(repository.text(&path).unwrap_or_default()) {
            sides_seen.push(side);
            if let Some((found, right)) = fault(side, &named) {
                findings.push(Finding::at(&path, line, found, right));
            }
        }
    }
    for (side, folder) in SIDES {
        if repository.has_under(folder) && !sides_seen.contains(&side) {
            findings.push(Finding::of(
                folder,
                "no table in a text that this check can read",
                "`CREATE TABLE name (column ...)` in a file of this side",
            ));
        }
    }
    findings
}

/// The texts of each side: by their own path, and those that a file of the side includes.
fn texts_by_side(repository: &Repository) -> BTreeSet<(Side, String)> {
    let mut texts = BTreeSet::new();
    let sql = repository.texts_in("crates/store/", ".sql");
    let rust = repository.texts_in("crates/store/src/", ".rs");
    for (path, text) in sql.chain(rust) {
        let Some(side) = side_of(path) else { continue };
        texts.insert((side, path.to_owned()));
        let included =
            text.split("include_str!(\"").skip(1).filter_map(|rest| rest.split('"').next());
        texts.extend(included.map(|target| (side, resolve(path, target))));
    }
    texts
}

fn side_of(path: &str) -> Option<Side> {
    let inside = path.strip_prefix("crates/store/")?;
    inside.split(['/', '.', '_', '-']).find_map(|part| match part {
        "custody" => Some(Side::Custody),
        "index" => Some(Side::Index),
        _ => None,
    })
}

fn fault(side: Side, named: &Named) -> Option<(String, &'static str)> {
    let (kind, name, words): (&str, &str, &[&str]) = match (side, named) {
        (Side::Custody, Named::Table(name)) => ("table", name, &CUSTODY_TABLE_WORDS),
        (Side::Custody, Named::Column(name)) => ("column", name, &CUSTODY_COLUMN_WORDS),
        (Side::Index, Named::Table(name)) => ("table", name, &INDEX_WORDS),
        (Side::Index, Named::Column(name)) => ("column", name, &INDEX_WORDS),
    };
    let word = name.split('_').find(|part| words.contains(part))?;
    let (place, right) = match side {
        Side::Custody => ("custody", "profiles on the index side only"),
        Side::Index => ("index", "names and what leads to a person on the custody side only"),
    };
    Some((format!("the {place} {kind} `{name}` speaks of `{word}`"), right))
}

/// Every table and column that a text creates, with its line.
fn names(text: &str) -> Vec<(usize, Named)> {
    let text = without_comments(text).to_ascii_lowercase();
    let mut names = Vec::new();
    for (at, statement) in text.match_indices("create table") {
        let start = at + statement.len();
        let rest = text.get(start..).unwrap_or_default();
        let trimmed = rest.trim_start();
        let trimmed = trimmed.strip_prefix("if not exists").unwrap_or(trimmed).trim_start();
        let name = identifier(trimmed);
        // Prose such as "create table texts" has no column list.
        let Some(body) = trimmed.get(name.len()..).and_then(|t| t.trim_start().strip_prefix('('))
        else {
            continue;
        };
        let body_at = text.len() - body.len();
        names.push((line_of(&text, at), Named::Table(bare(name))));
        for (column_at, column) in columns(body) {
            names.push((line_of(&text, body_at + column_at), Named::Column(column)));
        }
    }
    for (at, statement) in text.match_indices("add column") {
        let rest = text.get(at + statement.len()..).unwrap_or_default().trim_start();
        let rest = rest.strip_prefix("if not exists").unwrap_or(rest).trim_start();
        names.push((line_of(&text, at), Named::Column(bare(identifier(rest)))));
    }
    names
}

/// The text with comments and Rust escapes blanked, every byte and line in its place.
fn without_comments(text: &str) -> String {
    let blank = |line: &str| {
        if line.trim_start().starts_with("//") {
            return " ".repeat(line.len());
        }
        match line.split_once("--") {
            Some((code, comment)) => format!("{code}{}", " ".repeat(comment.len() + 2)),
            None => line.to_owned(),
        }
    };
    let text = text.split('\n').map(blank).collect::<Vec<_>>().join("\n");
    text.replace("\\n", "  ").replace('\\', " ")
}

/// The column names of a table body, up to its closing bracket, with their byte places.
fn columns(body: &str) -> Vec<(usize, String)> {
    const CONSTRAINTS: [&str; 6] = ["primary", "unique", "check", "foreign", "constraint", "like"];
    let mut columns = Vec::new();
    let mut depth = 0_usize;
    let mut item_start = 0;
    for (at, c) in body.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            ',' | ')' if depth == 0 => {
                let item = body.get(item_start..at).unwrap_or_default();
                let trimmed = item.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
                let name = bare(identifier(trimmed));
                if !name.is_empty() && !CONSTRAINTS.contains(&name.as_str()) {
                    columns.push((item_start + item.len() - trimmed.len(), name));
                }
                item_start = at + 1;
                if c == ')' {
                    return columns;
                }
            }
            _ => {}
        }
    }
    columns
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"_\".".contains(c));
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

/// A name without its schema and quotes.
fn bare(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).replace('"', "")
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.get(..at).unwrap_or_default().matches('\n').count()
}

#[cfg(test)]
mod tests {
    use super::{Named, check, names};
    use crate::repository::Repository;

    fn findings(path: &str, text: &str) -> Vec<String> {
        let repository = Repository::of_texts([(path, text)]);
        check(&repository).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn tables_and_columns_are_read_with_their_lines() {
        let text = "-- create table a (name text)\n\
                    CREATE TABLE IF NOT EXISTS public.\"specimen\" (\n\
                      number TEXT NOT NULL CHECK (number IN ('a', 'b')), -- name of it\n\
                      received_at BIGINT,\n\
                      PRIMARY KEY (number, received_at)\n\
                    ) STRICT;\n\
                    ALTER TABLE specimen ADD COLUMN quality DOUBLE PRECISION;\n";
        let column = |name: &str| Named::Column(name.to_owned());
        assert_eq!(
            names(text),
            vec![
                (2, Named::Table("specimen".to_owned())),
                (3, column("number")),
                (4, column("received_at")),
                (7, column("quality")),
            ]
        );
        assert_eq!(names("// create table texts (all)\nthe create table texts, all"), vec![]);
    }

    #[test]
    fn a_name_on_the_index_side_is_found() {
        let text = "create table specimen (\n  number text,\n  person_name text\n);\n";
        assert_eq!(
            findings("crates/store/src/index/0001.sql", text),
            ["crates/store/src/index/0001.sql:3: the index column `person_name` speaks of \
              `person`; right would be: names and what leads to a person on the custody side only"]
        );
        assert_eq!(findings("crates/store/migrations/index_0001.sql", text).len(), 1);
        assert_eq!(findings("crates/store/src/custody/0001.sql", text), Vec::<String>::new());
    }

    #[test]
    fn a_profile_on_the_custody_side_is_found() {
        let text = "const A: &str = \"create table profile (id text, allele_a bigint)\";\n";
        let found = findings("crates/store/src/custody/person.rs", text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("the custody table `profile`"), "{found:?}");
        assert!(found[1].contains("the custody column `allele_a`"), "{found:?}");
        assert_eq!(findings("crates/store/src/index/specimen.rs", text), Vec::<String>::new());
    }

    #[test]
    fn columns_in_broken_rust_strings_are_read() {
        let text =
            "const A: &str = \"CREATE TABLE specimen (\\n\\\n  alias TEXT,\\n\\\n  a INT)\";\n";
        let found = findings("crates/store/src/index/specimen.rs", text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("crates/store/src/index/specimen.rs:2: "), "{found:?}");
        let joined = "concat!(\"create table specimen (\", \"alias text\", \")\")";
        assert_eq!(findings("crates/store/src/index/specimen.rs", joined).len(), 1);
    }

    #[test]
    fn a_shared_file_is_read_for_every_side_that_includes_it() {
        let list = "Migration { sql: include_str!(\"../../sql/audit.sql\") }\n";
        let custody = ("crates/store/src/custody/mod.rs", list);
        let index = ("crates/store/src/index/mod.rs", list);
        let sql = "create table event (at {int}, person_id text) {strict};\n";
        let repository =
            Repository::of_texts([custody, index, ("crates/store/sql/audit.sql", sql)]);
        let found = check(&repository);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].to_string().contains("the index column `person_id`"), "{found:?}");
    }

    #[test]
    fn a_side_without_any_readable_table_is_found() {
        let found = findings("crates/store/src/index/specimen.rs", "//! No table.\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/store/src/index/: no table"), "{found:?}");
        assert_eq!(findings("crates/store/src/lib.rs", "//! No table.\n"), Vec::<String>::new());
    }

    #[test]
    fn an_added_column_is_found() {
        let text = "alter table specimen add column birth_date text;\n";
        let found = findings("crates/store/src/migrations/index.sql", text);
        assert!(found[0].contains("`birth_date` speaks of `birth`"), "{found:?}");
    }
}

//! Words that must not stand in the repository: marks of unfinished work, paths of one machine,
//! hosts of one registry, texts that are not here, SQL outside the store, and labels for people.
//! The words are written in halves here, so that this file passes its own check.
//!
//! The licence text and the lock file are not ours to word.

use crate::finding::Finding;
use crate::repository::Repository;

/// Files whose wording is not ours.
const NOT_OURS: [&str; 2] = ["LICENSE", "Cargo.lock"];

/// One forbidden word and where it is forbidden.
struct Ban {
    word: &'static str,
    kind: Kind,
    place: Place,
    right: &'static str,
}

/// How a word is looked for.
#[derive(PartialEq, Eq)]
enum Kind {
    /// Anywhere in a line.
    Part,
    /// Only as a whole word.
    Whole,
    /// As a whole word, upper or lower case alike.
    WholeAnyCase,
    /// Only at the start of a path, not in the middle of one.
    PathStart,
    /// Only before a digit: a section of a text that is not in the repository.
    BeforeDigit,
}

/// Where a word is forbidden.
enum Place {
    Everywhere,
    /// Rust sources (not tests, not comments) outside the store: SQL lives in the store only.
    OutsideStore,
    /// Everywhere but in the law page, the rules, and lines that cite the law.
    OutsideLaw,
}

const DONE: &str = "the work done, or the thing left out";
const MACHINE: &str = "a path relative to the repository, or one taken as an argument";
const REGISTRY: &str = "no address of a registry: cargo knows its own";
const STORE: &str = "SQL in crates/store only";
const SOURCE: &str = "the source itself, or a page of this repository";
const PERSON: &str = "person, people, or the exact words of a cited text";

const BANS: [Ban; 18] = [
    ban(concat!("todo", "!("), Kind::Part, Place::Everywhere, DONE),
    ban(concat!("unimplemented", "!("), Kind::Part, Place::Everywhere, DONE),
    ban(concat!("dbg", "!("), Kind::Part, Place::Everywhere, "no debugging output"),
    ban(concat!("#[", "ignore"), Kind::Part, Place::Everywhere, "a test that always runs"),
    ban(concat!("FIX", "ME"), Kind::Whole, Place::Everywhere, DONE),
    ban(concat!("TO", "DO"), Kind::Whole, Place::Everywhere, DONE),
    ban(concat!("XX", "X"), Kind::Whole, Place::Everywhere, DONE),
    ban(concat!("/wo", "rk/"), Kind::PathStart, Place::Everywhere, MACHINE),
    ban(concat!("/ro", "ot/"), Kind::PathStart, Place::Everywhere, MACHINE),
    ban(concat!("index.", "crates.io"), Kind::Part, Place::Everywhere, REGISTRY),
    ban(concat!("static.", "crates.io"), Kind::Part, Place::Everywhere, REGISTRY),
    ban(concat!("registry.", "npmjs.org"), Kind::Part, Place::Everywhere, REGISTRY),
    ban(concat!("dom", "ain "), Kind::BeforeDigit, Place::Everywhere, SOURCE),
    ban(concat!("SEL", "ECT "), Kind::Part, Place::OutsideStore, STORE),
    ban(concat!("INSERT", " INTO "), Kind::Part, Place::OutsideStore, STORE),
    ban(concat!("DELETE", " FROM "), Kind::Part, Place::OutsideStore, STORE),
    ban(concat!("illeg", "als"), Kind::WholeAnyCase, Place::Everywhere, PERSON),
    ban(concat!("alie", "ns"), Kind::WholeAnyCase, Place::OutsideLaw, PERSON),
];

const fn ban(word: &'static str, kind: Kind, place: Place, right: &'static str) -> Ban {
    Ban { word, kind, place, right }
}

/// Checks every text file against the list.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in repository.texts() {
        if NOT_OURS.iter().any(|name| path == *name || path.ends_with(&format!("/{name}"))) {
            continue;
        }
        let bans: Vec<&Ban> = BANS.iter().filter(|ban| ban.place.holds_in(path)).collect();
        for (number, line) in (1..).zip(text.lines()) {
            for ban in bans.iter().filter(|ban| ban.place.holds_on(line) && ban.is_in(line)) {
                let more = if ban.kind == Kind::BeforeDigit { " and a number" } else { "" };
                let found = format!("`{}`{more}", ban.word.trim());
                findings.push(Finding::at(path, number, found, ban.right));
            }
        }
    }
    findings
}

impl Place {
    fn holds_in(&self, path: &str) -> bool {
        match self {
            Place::Everywhere => true,
            Place::OutsideStore => {
                path.ends_with(".rs")
                    && path.contains("/src/")
                    && !path.starts_with("crates/store/")
            }
            Place::OutsideLaw => path != "docs/law.md" && !path.starts_with("rules/"),
        }
    }

    fn holds_on(&self, line: &str) -> bool {
        match self {
            Place::Everywhere => true,
            Place::OutsideStore => !line.trim_start().starts_with("//"),
            Place::OutsideLaw => !cites_law(line),
        }
    }
}

fn cites_law(line: &str) -> bool {
    ["CFR", "USC", "U.S.C.", " FR "].iter().any(|mark| line.contains(mark))
}

impl Ban {
    fn is_in(&self, line: &str) -> bool {
        if self.kind == Kind::WholeAnyCase {
            return has(&line.to_lowercase(), self.word, &self.kind);
        }
        has(line, self.word, &self.kind)
    }
}

fn has(line: &str, word: &str, kind: &Kind) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        match kind {
            Kind::Part => true,
            Kind::Whole | Kind::WholeAnyCase => !joins(before) && !joins(after),
            Kind::BeforeDigit => after.is_some_and(|c| c.is_ascii_digit()) && !joins(before),
            Kind::PathStart => !joins(before) && !before.is_some_and(|c| ".})/".contains(c)),
        }
    })
}

/// Whether the neighbour makes the word part of a longer one.
fn joins(neighbour: Option<char>) -> bool {
    neighbour.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::{BANS, Kind, check};
    use crate::repository::Repository;

    fn findings(path: &str, text: &str) -> Vec<String> {
        let repository = Repository::of_texts([(path, text)]);
        check(&repository).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_word_of_the_list_is_found_in_a_source_file() {
        for ban in &BANS {
            let text = format!("//! a\nconst A: &str = \"{}a\";\n", ban.word);
            let found = match ban.kind {
                Kind::Whole | Kind::WholeAnyCase => {
                    findings("crates/web/src/a.rs", &text.replace("a\";", " a\";"))
                }
                Kind::BeforeDigit => {
                    findings("crates/web/src/a.rs", &text.replace("a\";", "2.2\";"))
                }
                Kind::Part | Kind::PathStart => findings("crates/web/src/a.rs", &text),
            };
            assert_eq!(found.len(), 1, "{}: {found:?}", ban.word);
            assert!(found[0].starts_with("crates/web/src/a.rs:2: "), "{found:?}");
        }
    }

    #[test]
    fn sql_is_at_home_in_the_store_and_harmless_in_comments_and_tests() {
        let text = concat!("//! a\nconst A: &str = \"SEL", "ECT 1\";\n");
        assert_eq!(findings("crates/store/src/a.rs", text), Vec::<String>::new());
        assert_eq!(findings("crates/buccal/tests/it/a.rs", text), Vec::<String>::new());
        assert_eq!(findings("crates/service/src/a.rs", text).len(), 1);
        let comment = concat!("//! Never a SEL", "ECT here.\n");
        assert_eq!(findings("crates/web/src/a.rs", comment), Vec::<String>::new());
    }

    #[test]
    fn paths_are_banned_only_where_they_begin_at_the_root() {
        let inside = concat!("see docs/wo", "rk/a.md and https://a.example/wo", "rk/b\n");
        assert_eq!(findings("a.md", inside).len(), 0, "{:?}", findings("a.md", inside));
        assert_eq!(findings("a.md", concat!("cd /wo", "rk/a\n")).len(), 1);
    }

    #[test]
    fn labels_for_people_stand_only_where_the_law_is_cited() {
        let label = concat!("Count of alie", "ns\n");
        assert_eq!(findings("docs/data.md", label).len(), 1);
        assert_eq!(findings("docs/data.md", &label.to_uppercase()).len(), 1);
        assert_eq!(findings("docs/law.md", label), Vec::<String>::new());
        assert_eq!(findings("rules/2020/a.cedar", label), Vec::<String>::new());
        let cited = concat!("// 28 CFR 28.12(b)(1): alie", "ns lawfully in the country\n");
        assert_eq!(findings("crates/journey/src/a.md", cited), Vec::<String>::new());
        assert_eq!(findings("docs/data.md", "alien_number, A-number\n"), Vec::<String>::new());
    }

    #[test]
    fn a_word_inside_a_longer_one_is_another_word() {
        let text = concat!("XX", "XL and XX", "X-12 and TO", "DOS\n");
        assert_eq!(findings("a.md", text), Vec::<String>::new());
    }

    #[test]
    fn texts_that_are_not_ours_are_left_alone() {
        let text = concat!("index.", "crates.io\n");
        assert_eq!(findings("Cargo.lock", text), Vec::<String>::new());
        assert_eq!(findings("engines/a/Cargo.lock", text), Vec::<String>::new());
        assert_eq!(findings("docs/a.md", text).len(), 1);
    }
}

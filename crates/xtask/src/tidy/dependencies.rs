//! Which of our crates may use which. The table here is the only copy that decides; the one in
//! ARCHITECTURE.md must say the same. A crate exists to forbid a dependency, so an edge that the
//! table lacks is a change of architecture, not of a manifest.
//!
//! Tests may use `world` besides, except in `genetics` and `search`: there even a test must not be
//! able to spell a person.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Finding;
use crate::repository::Repository;

/// Every crate of ours, inner ones first, with the crates of ours that it may use.
pub const TABLE: [(&str, &[&str]); 10] = [
    ("genetics", &[]),
    ("journey", &["genetics"]),
    ("search", &["genetics"]),
    ("exchange", &["journey", "genetics"]),
    ("store", &["journey", "genetics"]),
    ("service", &["store", "exchange", "search", "journey", "genetics"]),
    ("web", &["service", "journey", "genetics"]),
    ("world", &["genetics", "journey", "exchange"]),
    ("buccal", &["web", "service", "world", "store", "exchange", "search", "journey", "genetics"]),
    ("xtask", &[]),
];

/// What the heavy engines under `engines/`, each in a workspace of its own, may use.
const ENGINE_USES: &[&str] = &["search", "genetics"];

/// Crates from which `journey` must not be reachable by any path, tests included.
const BLIND_TO_PERSONS: [&str; 2] = ["genetics", "search"];

const ARCHITECTURE: &str = "ARCHITECTURE.md";

/// What one manifest asks for.
struct Manifest {
    path: String,
    uses: BTreeSet<String>,
    uses_in_tests: BTreeSet<String>,
}

/// Checks every manifest, what can be reached through them, and the table in ARCHITECTURE.md.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    let manifests = manifests(repository, &mut findings);
    for (name, allowed) in TABLE {
        match manifests.get(name) {
            Some(manifest) => check_manifest(name, manifest, allowed, &mut findings),
            None => findings.push(Finding::of(
                &format!("crates/{name}/Cargo.toml"),
                "no such crate",
                "the crate, or its row taken out of the table and of ARCHITECTURE.md",
            )),
        }
    }
    for (name, manifest) in &manifests {
        if manifest.path.starts_with("engines/") {
            check_manifest(name, manifest, ENGINE_USES, &mut findings);
        } else if !TABLE.iter().any(|(known, _)| known == name) {
            findings.push(Finding::of(
                &manifest.path,
                format!("the crate {name} is not in the dependency table"),
                "a row in crates/xtask/src/tidy/dependencies.rs and in ARCHITECTURE.md",
            ));
        }
    }
    for name in BLIND_TO_PERSONS {
        check_reach(name, &manifests, &mut findings);
    }
    check_architecture(repository, &mut findings);
    findings
}

/// The table as it must stand in ARCHITECTURE.md.
pub fn as_markdown() -> String {
    let mut text = String::from("| crate | may use |\n|---|---|\n");
    for (name, allowed) in TABLE {
        let uses = match allowed {
            [] => "nothing of ours".to_owned(),
            names => names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", "),
        };
        text.push_str(&format!("| `{name}` | {uses} |\n"));
    }
    text
}

fn manifests(repository: &Repository, findings: &mut Vec<Finding>) -> BTreeMap<String, Manifest> {
    let mut manifests = BTreeMap::new();
    let crates = repository.texts_in("crates/", "/Cargo.toml");
    let engines = repository.texts_in("engines/", "/Cargo.toml");
    for (path, text) in crates.chain(engines) {
        // Only `<group>/<name>/Cargo.toml`: deeper ones are fixtures.
        let Some(folder) = path.split('/').nth(1).filter(|_| path.matches('/').count() == 2) else {
            continue;
        };
        match text.parse::<toml::Table>() {
            Ok(table) => {
                manifests.insert(folder.to_owned(), read(path, folder, &table, findings));
            }
            Err(error) => findings.push(Finding::of(
                path,
                format!("no readable manifest ({})", error.message()),
                "valid TOML",
            )),
        }
    }
    manifests
}

fn read(path: &str, folder: &str, table: &toml::Table, findings: &mut Vec<Finding>) -> Manifest {
    let name = table.get("package").and_then(|p| p.get("name")).and_then(toml::Value::as_str);
    if name != Some(folder) {
        findings.push(Finding::of(
            path,
            format!("the package is called {}", name.unwrap_or("nothing")),
            format!("the name of its folder, {folder}"),
        ));
    }
    let mut uses = BTreeSet::new();
    let mut uses_in_tests = BTreeSet::new();
    let targets = table.get("target").and_then(toml::Value::as_table);
    let tables = targets.into_iter().flat_map(toml::Table::values).filter_map(|t| t.as_table());
    for table in std::iter::once(table).chain(tables) {
        uses.extend(names(table, "dependencies"));
        uses.extend(names(table, "build-dependencies"));
        uses_in_tests.extend(names(table, "dev-dependencies"));
    }
    Manifest { path: path.to_owned(), uses, uses_in_tests }
}

/// The package names in one dependency section; a renamed dependency counts under its real name.
fn names(table: &toml::Table, section: &str) -> Vec<String> {
    let Some(section) = table.get(section).and_then(toml::Value::as_table) else {
        return Vec::new();
    };
    let real = |(key, value): (&String, &toml::Value)| {
        let renamed = value.get("package").and_then(toml::Value::as_str);
        renamed.unwrap_or(key).to_owned()
    };
    section.iter().map(real).collect()
}

fn is_ours(name: &str) -> bool {
    TABLE.iter().any(|(ours, _)| *ours == name)
}

fn check_manifest(name: &str, manifest: &Manifest, allowed: &[&str], findings: &mut Vec<Finding>) {
    let in_tests = |used: &str| used == "world" && !BLIND_TO_PERSONS.contains(&name);
    let plain = manifest.uses.iter().filter(|used| !allowed.contains(&used.as_str()));
    let tests = manifest
        .uses_in_tests
        .iter()
        .filter(|used| !allowed.contains(&used.as_str()) && !in_tests(used));
    for used in plain.chain(tests).filter(|used| is_ours(used)) {
        let right = match allowed {
            [] => "no crate of ours".to_owned(),
            names => format!("only {}", names.join(", ")),
        };
        findings.push(Finding::of(&manifest.path, format!("{name} depends on {used}"), right));
    }
}

fn check_reach(name: &str, manifests: &BTreeMap<String, Manifest>, findings: &mut Vec<Finding>) {
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut open = vec![name];
    while let Some(next) = open.pop() {
        let Some(manifest) = manifests.get(next) else {
            continue;
        };
        let in_tests = manifest.uses_in_tests.iter().filter(|_| next == name);
        for used in manifest.uses.iter().chain(in_tests) {
            if is_ours(used) && reached.insert(used) {
                open.push(used);
            }
        }
    }
    if reached.contains("journey") {
        let way = reached.into_iter().collect::<Vec<_>>().join(", ");
        findings.push(Finding::of(
            &format!("crates/{name}/Cargo.toml"),
            format!("{name} reaches journey (it reaches {way})"),
            format!("no path from {name} to journey, which knows persons"),
        ));
    }
}

fn check_architecture(repository: &Repository, findings: &mut Vec<Finding>) {
    let Some(text) = repository.text(ARCHITECTURE) else {
        return;
    };
    let rows = architecture_rows(text);
    if rows.is_empty() {
        findings.push(Finding::of(
            ARCHITECTURE,
            "no table with the columns `crate` and `may use`",
            "the table that `cargo run -p xtask -- table` prints",
        ));
        return;
    }
    for (name, allowed) in TABLE {
        let wanted: BTreeSet<String> = allowed.iter().map(|&n| n.to_owned()).collect();
        match rows.iter().find(|(_, row, _)| row == name) {
            Some((_, _, uses)) if *uses == wanted => {}
            Some((line, _, uses)) => findings.push(Finding::at(
                ARCHITECTURE,
                *line,
                format!("{name} may use {{{}}}", join(uses)),
                format!("{{{}}}, as in the table of crates/xtask", join(&wanted)),
            )),
            None => findings.push(Finding::of(
                ARCHITECTURE,
                format!("no row for {name} in the dependency table"),
                "the table that `cargo run -p xtask -- table` prints",
            )),
        }
    }
}

/// Line, crate and allowed crates of each row below the header `| crate | may use |`.
fn architecture_rows(text: &str) -> Vec<(usize, String, BTreeSet<String>)> {
    let mut rows = Vec::new();
    let mut inside = false;
    for (number, line) in (1..).zip(text.lines()) {
        let mut cells = line.trim().trim_matches('|').split('|').map(str::trim);
        let first = cells.next().unwrap_or_default();
        let second = cells.next().unwrap_or_default();
        if !line.trim_start().starts_with('|') {
            inside = false;
        } else if first == "crate" && second == "may use" {
            inside = true;
        } else if inside && !first.starts_with('-') {
            rows.push((number, first.replace('`', ""), crates_in(second)));
        }
    }
    rows
}

fn crates_in(cell: &str) -> BTreeSet<String> {
    let words = cell.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
    words.filter(|word| is_ours(word)).map(str::to_owned).collect()
}

fn join(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{TABLE, as_markdown, check};
    use crate::repository::Repository;

    /// A workspace as the table allows it, with some manifests replaced.
    fn findings(replaced: &[(&str, &str)]) -> String {
        let mut texts: Vec<(String, String)> = TABLE
            .iter()
            .map(|(name, uses)| {
                let lines: String =
                    uses.iter().map(|u| format!("{u} = {{ workspace = true }}\n")).collect();
                let text = format!("[package]\nname = \"{name}\"\n[dependencies]\n{lines}");
                (format!("crates/{name}/Cargo.toml"), text)
            })
            .collect();
        for (path, text) in replaced {
            texts.retain(|(known, _)| known != path);
            texts.push(((*path).to_owned(), (*text).to_owned()));
        }
        let repository = Repository::of_texts(texts.iter().map(|(p, t)| (p.as_str(), t.as_str())));
        check(&repository).iter().map(|f| format!("{f}\n")).collect()
    }

    #[test]
    fn the_table_itself_passes() {
        let good = as_markdown();
        assert_eq!(findings(&[("ARCHITECTURE.md", &good)]), "");
    }

    #[test]
    fn an_edge_that_the_table_lacks_is_found() {
        let found = findings(&[(
            "crates/web/Cargo.toml",
            "[package]\nname = \"web\"\n[dependencies]\nstore = \"1\"\nmaud = \"1\"\n",
        )]);
        assert_eq!(
            found,
            "crates/web/Cargo.toml: web depends on store; \
             right would be: only service, journey, genetics\n"
        );
    }

    #[test]
    fn a_renamed_a_build_and_a_target_dependency_are_seen() {
        for section in [
            "[dependencies]\nx = { package = \"service\", path = \"../service\" }\n",
            "[build-dependencies]\nservice = \"1\"\n",
            "[target.'cfg(unix)'.dependencies]\nservice = \"1\"\n",
        ] {
            let manifest = format!("[package]\nname = \"store\"\n{section}");
            let found = findings(&[("crates/store/Cargo.toml", &manifest)]);
            assert!(found.contains("store depends on service"), "{section}: {found}");
        }
    }

    #[test]
    fn tests_may_use_world_but_not_in_the_search_engine() {
        let store = "[package]\nname = \"store\"\n[dev-dependencies]\nworld = \"1\"\n";
        assert_eq!(findings(&[("crates/store/Cargo.toml", store)]), "");
        let search = "[package]\nname = \"search\"\n[dev-dependencies]\nworld = \"1\"\n";
        let found = findings(&[("crates/search/Cargo.toml", search)]);
        assert!(found.contains("search depends on world"), "{found}");
        assert!(found.contains("search reaches journey"), "{found}");
    }

    #[test]
    fn a_detour_to_journey_is_found() {
        let genetics = "[package]\nname = \"genetics\"\n[dependencies]\nexchange = \"1\"\n";
        let found = findings(&[("crates/genetics/Cargo.toml", genetics)]);
        assert!(found.contains("genetics reaches journey"), "{found}");
        assert!(found.contains("search reaches journey"), "{found}");
    }

    #[test]
    fn unknown_missing_and_misnamed_crates_are_found() {
        let engine = "[package]\nname = \"ballista\"\n\
                      [dependencies]\nstore = { path = \"../../crates/store\" }\n";
        let found = findings(&[
            ("crates/helper/Cargo.toml", "[package]\nname = \"helper\"\n"),
            ("crates/world/Cargo.toml", "[package]\nname = \"globe\"\n"),
            ("engines/ballista/Cargo.toml", engine),
        ]);
        assert!(found.contains("the crate helper is not in the dependency table"), "{found}");
        assert!(found.contains("the package is called globe"), "{found}");
        assert!(found.contains("ballista depends on store"), "{found}");
        let alone = check(&Repository::of_texts([]));
        assert_eq!(alone.len(), TABLE.len());
    }

    #[test]
    fn architecture_must_say_the_same() {
        let none = findings(&[("ARCHITECTURE.md", "# Architecture\n")]);
        assert!(none.contains("no table with the columns"), "{none}");
        let wrong = as_markdown().replace("| `search` | `genetics` |", "| `search` | `journey` |");
        let found = findings(&[("ARCHITECTURE.md", &wrong)]);
        assert_eq!(
            found,
            "ARCHITECTURE.md:5: search may use {journey}; \
             right would be: {genetics}, as in the table of crates/xtask\n"
        );
    }
}

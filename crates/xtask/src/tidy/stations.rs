//! The grid: a station's noun names its file in every layer, and `mod` lines stand in the order of
//! the journey. So who knows the station knows the file. What the files contain is not looked at.

use crate::finding::Finding;
use crate::repository::Repository;

/// The twelve stations, in the order in which a sample passes them.
pub const STATIONS: [&str; 12] = [
    "booking",
    "eligibility",
    "kit",
    "collection",
    "shipment",
    "accession",
    "typing",
    "upload",
    "candidate",
    "confirmation",
    "notice",
    "removal",
];

/// A layer: the folders of which one must hold the station's file.
struct Layer {
    name: &'static str,
    folders: &'static [&'static str],
}

const LAYERS: [Layer; 5] = [
    Layer { name: "journey", folders: &["crates/journey/src"] },
    Layer { name: "store", folders: &["crates/store/src/custody", "crates/store/src/index"] },
    Layer { name: "service", folders: &["crates/service/src"] },
    Layer { name: "web", folders: &["crates/web/src/pages"] },
    Layer { name: "command line", folders: &["crates/buccal/src/commands"] },
];

/// Checks that every station has its file in every layer, and the order of the `mod` lines.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for layer in LAYERS {
        for station in STATIONS {
            let paths: Vec<String> =
                layer.folders.iter().map(|folder| format!("{folder}/{station}.rs")).collect();
            if !paths.iter().any(|path| repository.has(path)) {
                findings.push(Finding::of(
                    &paths.join(" or "),
                    format!("no file for {station} in the layer {}", layer.name),
                    "that file",
                ));
            }
        }
        for folder in layer.folders {
            for root in module_roots(folder) {
                if let Some(text) = repository.text(&root) {
                    check_order(&root, text, &mut findings);
                }
            }
        }
    }
    findings
}

/// The files that can hold the `mod` lines of a folder.
fn module_roots(folder: &str) -> [String; 4] {
    [
        format!("{folder}/lib.rs"),
        format!("{folder}/main.rs"),
        format!("{folder}/mod.rs"),
        format!("{folder}.rs"),
    ]
}

fn check_order(path: &str, text: &str, findings: &mut Vec<Finding>) {
    let mut last: Option<(usize, &str)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let Some(module) = module_of(line) else {
            continue;
        };
        let Some(place) = STATIONS.iter().position(|station| *station == module) else {
            continue;
        };
        match last {
            Some((before, name)) if before > place => findings.push(Finding::at(
                path,
                number,
                format!("`mod {module};` stands after `mod {name};`"),
                "the stations in the order of the journey",
            )),
            _ => last = Some((place, module)),
        }
    }
}

/// The module that a line declares: `pub mod booking;` gives `booking`.
fn module_of(line: &str) -> Option<&str> {
    let (before, rest) = line.strip_suffix(';')?.rsplit_once("mod ")?;
    let before = before.trim();
    (before.is_empty() || before.starts_with("pub")).then(|| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::{STATIONS, check};
    use crate::repository::Repository;

    fn grid() -> Vec<(String, String)> {
        let folders = [
            "crates/journey/src",
            "crates/store/src/custody",
            "crates/service/src",
            "crates/web/src/pages",
            "crates/buccal/src/commands",
        ];
        let files = folders.iter().flat_map(|folder| {
            STATIONS.iter().map(move |station| (format!("{folder}/{station}.rs"), String::new()))
        });
        files.collect()
    }

    fn findings(texts: &[(String, String)]) -> Vec<String> {
        let repository = Repository::of_texts(texts.iter().map(|(p, t)| (p.as_str(), t.as_str())));
        check(&repository).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_full_grid_passes() {
        let mut texts = grid();
        let mods: String = STATIONS.iter().map(|s| format!("pub mod {s};\n")).collect();
        texts.push(("crates/journey/src/lib.rs".to_owned(), format!("pub mod custody;\n{mods}")));
        assert_eq!(findings(&texts), Vec::<String>::new());
    }

    #[test]
    fn a_missing_station_file_is_found_in_its_layer() {
        let mut texts = grid();
        texts.retain(|(path, _)| path != "crates/web/src/pages/kit.rs");
        assert_eq!(
            findings(&texts),
            ["crates/web/src/pages/kit.rs: no file for kit in the layer web; \
              right would be: that file"]
        );
    }

    #[test]
    fn a_store_file_may_stand_on_either_side_of_the_wall() {
        let mut texts = grid();
        texts.retain(|(path, _)| path != "crates/store/src/custody/typing.rs");
        assert_eq!(findings(&texts).len(), 1);
        texts.push(("crates/store/src/index/typing.rs".to_owned(), String::new()));
        assert_eq!(findings(&texts), Vec::<String>::new());
    }

    #[test]
    fn modules_out_of_journey_order_are_found() {
        let mut texts = grid();
        texts.push((
            "crates/web/src/pages.rs".to_owned(),
            "mod layout;\npub(crate) mod kit;\nmod booking;\nmod typing;\n".to_owned(),
        ));
        assert_eq!(
            findings(&texts),
            ["crates/web/src/pages.rs:3: `mod booking;` stands after `mod kit;`; \
              right would be: the stations in the order of the journey"]
        );
    }
}

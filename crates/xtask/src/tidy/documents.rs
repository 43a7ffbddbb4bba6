//! The documents that must be there, and that what they point to is there. Whether the generated
//! pages in `docs/reference/` are fresh is a test of `buccal`, which can generate them.

use crate::finding::Finding;
use crate::repository::{Repository, resolve};

/// Files that a reader looks for, and what each answers.
const FILES: [(&str, &str); 10] = [
    ("README.md", "what this is, and the two commands to see it run"),
    ("ARCHITECTURE.md", "where things are and what must not know what"),
    ("CONTRIBUTING.md", "how work is done here"),
    ("SECURITY.md", "what is protected from whom, and how to report a hole"),
    ("CHANGELOG.md", "what changed for those who use it"),
    ("LICENSE", "the licence text"),
    ("docs/law.md", "which rule follows from which text"),
    ("docs/proof.md", "what is proven of the rule sets, and what changed between them"),
    ("docs/math.md", "the formulas with examples to check by hand"),
    ("docs/data.md", "tables, files and where data come from"),
];

/// Folders that must not be empty.
const FOLDERS: [(&str, &str); 3] = [
    ("docs/operations/", "how to install, back up, restore and watch it"),
    ("docs/reference/", "the generated tables: refusals, roles, commands"),
    ("docs/decisions/", "what was decided and on which evidence"),
];

/// Checks that documents stand where they belong, are not empty, and that their links lead on.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, what) in FILES {
        if repository.text(path).is_none_or(|text| text.trim().is_empty()) {
            findings.push(Finding::of(path, "no such document, or an empty one", what));
        }
    }
    for (folder, what) in FOLDERS {
        if !repository.has_under(folder) {
            findings.push(Finding::of(folder, "no such folder, or an empty one", what));
        }
    }
    for (path, text) in repository.texts().filter(|(path, _)| path.ends_with(".md")) {
        check_links(repository, path, text, &mut findings);
    }
    findings
}

fn check_links(repository: &Repository, path: &str, text: &str, findings: &mut Vec<Finding>) {
    for (number, line) in (1..).zip(text.lines()) {
        for after in line.split("](").skip(1) {
            let Some((target, _)) = after.split_once(')') else {
                continue;
            };
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains(':') {
                continue;
            }
            let resolved = resolve(path, target);
            if !repository.has(&resolved) && !repository.has_under(&format!("{resolved}/")) {
                findings.push(Finding::at(
                    path,
                    number,
                    format!("a link to {target}, where nothing stands"),
                    "a link to a file of this repository",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FILES, FOLDERS, check};
    use crate::repository::Repository;

    fn findings(more: &[(&str, &str)]) -> Vec<String> {
        let mut texts: Vec<(String, String)> =
            FILES.iter().map(|(path, what)| ((*path).to_owned(), (*what).to_owned())).collect();
        texts.extend(FOLDERS.iter().map(|(path, _)| (format!("{path}a.md"), "a".to_owned())));
        for (path, text) in more {
            texts.retain(|(known, _)| known != path);
            texts.push(((*path).to_owned(), (*text).to_owned()));
        }
        let repository = Repository::of_texts(texts.iter().map(|(p, t)| (p.as_str(), t.as_str())));
        check(&repository).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_documents_present_pass() {
        assert_eq!(findings(&[]), Vec::<String>::new());
        assert_eq!(check(&Repository::of_texts([])).len(), FILES.len() + FOLDERS.len());
    }

    #[test]
    fn an_empty_document_counts_as_absent() {
        let found = findings(&[("SECURITY.md", "\n")]);
        assert_eq!(
            found,
            ["SECURITY.md: no such document, or an empty one; right would be: \
              what is protected from whom, and how to report a hole"]
        );
    }

    #[test]
    fn links_must_lead_to_something() {
        let good = "[a](../law.md#part) [b](https://example.org) [c](#here) [d](../../docs/)\n";
        assert_eq!(findings(&[("docs/operations/a.md", good)]), Vec::<String>::new());
        let found = findings(&[("docs/operations/a.md", "one\n[a](law.md)\n")]);
        assert_eq!(
            found,
            ["docs/operations/a.md:2: a link to law.md, where nothing stands; \
              right would be: a link to a file of this repository"]
        );
    }
}

//! What every page must be: one heading of the first rank, a label for every field, and ids that
//! stand once. A reader of tags, enough for pages that our own templates write.

use std::collections::BTreeSet;

/// Opening tags of a name, each as it is written.
pub(crate) fn tags<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let begin = format!("<{name}");
    page.match_indices(&begin)
        .filter_map(|(at, _)| {
            let rest = &page[at..];
            let end = rest.find('>')?;
            let next = rest[begin.len()..].chars().next()?;
            (next == ' ' || next == '>').then_some(&rest[..end])
        })
        .collect()
}

/// The value of an attribute of a tag.
pub(crate) fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let begin = format!(" {name}=\"");
    let at = tag.find(&begin)? + begin.len();
    let rest = &tag[at..];
    rest.find('"').map(|end| &rest[..end])
}

/// Checks a page; the name is for the message.
pub(crate) fn check(name: &str, page: &str) {
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{name}");
    assert_eq!(tags(page, "h1").len(), 1, "{name}: headings of the first rank");
    assert_eq!(tags(page, "main").len(), 1, "{name}");
    assert!(tags(page, "script").is_empty(), "{name}: script");
    assert!(!page.contains(" style="), "{name}: inline style");
    assert!(page.contains("class=\"skip\" href=\"#main\""), "{name}");
    labels(name, page);
    ids(name, page);
    for form in tags(page, "form") {
        assert!(attribute(form, "action").is_some(), "{name}: {form}");
    }
    let posts = page.matches("method=\"post\"").count();
    let tokens = page.matches("name=\"csrf\"").count();
    assert!(
        posts == tokens || name.starts_with("/sign-in"),
        "{name}: {posts} forms, {tokens} tokens"
    );
    assert_eq!(tags(page, "table").len(), tags(page, "caption").len(), "{name}");
    for head in tags(page, "th") {
        assert!(attribute(head, "scope").is_some(), "{name}: {head}");
    }
    assert!(page.matches(" autofocus").count() <= 1, "{name}: one field has the cursor");
}

fn labels(name: &str, page: &str) {
    let labels: BTreeSet<_> =
        tags(page, "label").into_iter().filter_map(|label| attribute(label, "for")).collect();
    let mut fields = tags(page, "input");
    fields.extend(tags(page, "select"));
    fields.extend(tags(page, "textarea"));
    for field in fields {
        if attribute(field, "type") == Some("hidden") {
            continue;
        }
        let id = attribute(field, "id").unwrap_or_else(|| panic!("{name}: no id: {field}"));
        assert!(labels.contains(id), "{name}: no label: {field}");
    }
}

fn ids(name: &str, page: &str) {
    let mut seen = BTreeSet::new();
    for (at, _) in page.match_indices(" id=\"") {
        let rest = &page[at + 5..];
        let id = &rest[..rest.find('"').unwrap()];
        assert!(seen.insert(id), "{name}: the id {id} stands twice");
    }
    for (at, _) in page.match_indices("aria-describedby=\"") {
        let rest = &page[at + 18..];
        for id in rest[..rest.find('"').unwrap()].split(' ') {
            assert!(seen.contains(id), "{name}: nothing has the id {id}");
        }
    }
}

//! Parts that pages are made of. Every label has its field, every table its caption, and no
//! meaning hangs on colour alone.

use maud::{Markup, html};

use crate::text;

pub(crate) use crate::text::sentence;

/// A box with a message: `error`, `success`, `warning` or `info`.
pub(crate) fn alert(tone: &str, title: &str, body: &Markup) -> Markup {
    let role = if tone == "error" { "alert" } else { "status" };
    html! {
        div class={ "alert alert-" (tone) } role=(role) tabindex="-1" {
            h2 { (title) }
            (body)
        }
    }
}

/// A label, its hint and its error around a field whose id is `id`; the field itself says
/// `aria-describedby` with [`described_by`].
pub(crate) fn field(
    id: &str,
    label: &str,
    hint: &str,
    error: Option<&str>,
    control: &Markup,
) -> Markup {
    html! {
        div.field.field-wrong[error.is_some()] {
            label for=(id) { (label) }
            (notes(id, hint, error))
            (control)
        }
    }
}

/// Hint and error of a field.
pub(crate) fn notes(id: &str, hint: &str, error: Option<&str>) -> Markup {
    html! {
        @if !hint.is_empty() { p.hint id={ (id) "-hint" } { (hint) } }
        @if let Some(error) = error {
            p.wrong id={ (id) "-error" } { strong { "Error: " } (error) }
        }
    }
}

/// Ids of hint and error, for `aria-describedby`.
pub(crate) fn described_by(id: &str, hint: &str, error: Option<&str>) -> Option<String> {
    let mut ids = Vec::new();
    if !hint.is_empty() {
        ids.push(format!("{id}-hint"));
    }
    if error.is_some() {
        ids.push(format!("{id}-error"));
    }
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// A stage or an outcome. The word carries the meaning; the colour repeats it.
pub(crate) fn tag(word: &str) -> Markup {
    html! { span class={ "tag tag-" (tone(word)) } { (text::words(word)) } }
}

fn tone(word: &str) -> &'static str {
    match word {
        "collect" | "open" | "opened" | "scanned" | "arrived" | "new" | "due" | "requested"
        | "held" | "defer" | "in_transit" => "waiting",
        "collected" | "sealed" | "accepted" | "controlled" | "reviewed" | "indexed"
        | "confirmed" | "delivered" | "acknowledged" | "certified" | "received" | "used"
        | "yes" => "done",
        "due_not_collected" | "unresolved" | "abandoned" | "rejected" | "void" | "missing"
        | "recalled" | "lost" | "expired" | "overdue" | "refuted" | "returned" | "no" => "wrong",
        _ => "plain",
    }
}

/// A table. The first cell of a row is its header.
pub(crate) fn table(caption: &str, heads: &[&str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div.table tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (place, cell) in row.iter().enumerate() {
                                @if place == 0 { th scope="row" { (cell) } }
                                @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
        @if rows.is_empty() { p.nothing { "Nothing here." } }
    }
}

/// Names and values.
pub(crate) fn facts(rows: &[(&str, Markup)]) -> Markup {
    html! { dl.facts { @for (name, value) in rows { dt { (name) } dd { (value) } } } }
}

/// Links that narrow a list to one stage; the empty word is all of them.
pub(crate) fn stages(path: &str, chosen: &str, words: &[&str]) -> Markup {
    html! {
        nav.stages aria-label="Stage" {
            ul {
                @for word in words {
                    li {
                        @let here = (*word == chosen).then_some("true");
                        a href={ (path) "?stage=" (word) } aria-current=[here] {
                            @if word.is_empty() { "All" } @else { (text::title(word)) }
                        }
                    }
                }
            }
        }
    }
}

/// Options of a select out of words of the programme.
pub(crate) fn options(
    words: impl IntoIterator<Item = &'static str>,
) -> Vec<(&'static str, String)> {
    let words = words.into_iter();
    words.map(|word| (word, text::title(word))).collect()
}

/// A number of something in the typeface of codes.
pub(crate) fn code(value: impl std::fmt::Display) -> Markup {
    html! { code { (value) } }
}

/// Plain text as a cell.
pub(crate) fn plain(value: impl std::fmt::Display) -> Markup {
    html! { (value) }
}

//! The search matrix in force, row by row with how sure each is, and what another would change.
//! Stands under `candidate`.

use genetics::Index;
use genetics::matrix::MatrixRow;
use maud::{Markup, html};
use serde_json::Value;
use service::ServiceError;
use service::candidate::what_if::{PairChange, WhatIf};

use super::candidate_pairs::few;
use crate::call::Call;
use crate::components::{code, plain, table, tag};
use crate::form::Forms;
use crate::layout::part;
use crate::station::{Done, json};
use crate::text::{number, words};

/// Where the page is.
pub(super) const PATH: &str = "/candidate/matrix";

pub(super) fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&call.programme.search_matrix(&call.op)?.rows())
}

pub(super) fn what_if(call: &Call<'_>) -> Result<Done, ServiceError> {
    let text = std::str::from_utf8(call.file()?).map_err(|_| {
        ServiceError::Invalid("file: it is no text; give a matrix as TOML".to_owned())
    })?;
    let what_if = call.programme.what_if_matrix(&call.op, text, |_, _| ())?;
    Ok(Done::with(&what_if)?.show(changes(&what_if)))
}

pub(super) fn search_again(call: &Call<'_>) -> Result<Done, ServiceError> {
    let again = call.programme.search_again(&call.op, |_, _| ())?;
    let shown =
        html! { p { (number(again.waiting)) " records of evidence wait for their search." } };
    Ok(Done::with(&again)?.show(shown))
}

fn changes(what_if: &WhatIf) -> Markup {
    let row = |pair: &PairChange| {
        let rule = |rule: &Option<String>| plain(rule.as_deref().unwrap_or("not searched"));
        vec![
            plain(index(pair.query)),
            plain(index(pair.target)),
            rule(&pair.rule_now),
            rule(&pair.rule_then),
            plain(number(pair.now)),
            plain(number(pair.then)),
            html! { "+" (pair.appear) " -" (pair.vanish) },
            plain(few(pair.by_chance_now)),
            plain(few(pair.by_chance_then)),
        ]
    };
    let rows: Vec<_> = what_if.pairs.iter().map(row).collect();
    let heads = [
        "Query",
        "Target",
        "Rule now",
        "Rule then",
        "Now",
        "Then",
        "Change",
        "By chance now",
        "By chance then",
    ];
    let named = [("Would appear", &what_if.appear), ("Would vanish", &what_if.vanish)];
    html! {
        p {
            (number(what_if.records)) " records were asked under both matrices. Nothing was "
            "changed. Candidates by chance are unrelated people, expected for records of 20 loci."
        }
        (table("What would change", &heads, &rows))
        @for (what, named) in named {
            @if !named.is_empty() {
                h3 { (what) }
                p { @for candidate in named.iter().take(50) { (code(candidate)) " " } }
            }
        }
    }
}

pub(super) fn index(index: Index) -> String {
    json(&index).ok().as_ref().and_then(Value::as_str).map(words).unwrap_or_default()
}

/// Persons belong to no case.
fn within_case(row: &MatrixRow) -> &'static str {
    let evidence = |list: &[Index]| list.iter().any(|index| index.holds_evidence());
    match (evidence(&row.query) && evidence(&row.target), row.within_case) {
        (false, _) => "",
        (true, true) => "yes",
        (true, false) => "no",
    }
}

pub(super) fn render(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let names = |list: &[Index]| list.iter().map(|one| index(*one)).collect::<Vec<_>>().join(", ");
    let row = |row: &MatrixRow| {
        vec![
            plain(names(&row.query)),
            plain(names(&row.target)),
            plain(row.stringency.word()),
            plain(&row.panel),
            plain(row.matching_min),
            plain(row.mismatches_max),
            plain(within_case(row)),
            tag(&row.confidence),
        ]
    };
    let rows: Vec<_> = call.programme.search_matrix(&call.op)?.rows().iter().map(row).collect();
    let heads = [
        "Query",
        "Target",
        "Stringency",
        "Loci",
        "Matching",
        "Different",
        "Within a case",
        "How sure the pair is",
    ];
    Ok(html! {
        p {
            "A pair of indexes that stands nowhere here is never searched. National settings are "
            "not public; stringency, loci and mismatches are this programme's own."
        }
        (table("The search matrix in force", &heads, &rows))
        @if call.may("candidate.search-again") {
            (part("Search all evidence again", &html! {
                p { "After another edition of the matrix came into force, or to see that nothing "
                    "was missed. What is a candidate already stays as it is." }
                (forms.of("candidate/search-again").button("Search again", ""))
            }))
        }
        @if call.may("candidate.matrix-what-if") {
            (part("What another matrix would change", &html! {
                p { "It is run over every record of the index, which takes a while, and changes "
                    "nothing." }
                @let form = forms.of("candidate/what-if");
                (form.wrap_file("Ask", &form.file("Matrix", "TOML with one or more editions")))
            }))
        }
    })
}

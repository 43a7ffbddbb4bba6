//! The acceptance table in force, category by category with how sure each row is. Stands under
//! `upload`.

use genetics::Category;
use genetics::acceptance::AcceptanceRule;
use maud::{Markup, html};
use serde_json::{Value, json};
use service::ServiceError;

use super::matrix::index;
use crate::call::Call;
use crate::components::{plain, table, tag};
use crate::form::Forms;
use crate::text::number;

/// Where the page is.
pub(super) const PATH: &str = "/upload/acceptance";

/// The way to the page, for who may see it.
pub(super) fn link(call: &Call<'_>) -> Markup {
    html! {
        @if call.may("upload.acceptance-view") {
            p { a href=(PATH) { "What each category must hold to enter" } }
        }
    }
}

pub(super) fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    let rows = call.programme.acceptance_table(&call.op)?.rows();
    let row = |(category, rule)| json!({ "category": category, "rule": rule });
    Ok(rows.map(row).collect())
}

pub(super) fn render(call: &Call<'_>, _: &Forms<'_>) -> Result<Markup, ServiceError> {
    let rows = call.programme.acceptance_table(&call.op)?.rows().map(row);
    let rows: Vec<_> = rows.collect();
    let heads = [
        "Category",
        "Index",
        "Tried",
        "Required",
        "In old records",
        "Alleles",
        "As rare as",
        "Looked at again",
        "How sure",
    ];
    Ok(html! {
        p {
            "A profile that does not hold this is refused with the reason. National settings are "
            "not public: rows that are not marked S are this programme's own. Alleles are the most "
            "at one autosomal locus."
        }
        (table("Categories", &heads, &rows))
    })
}

fn row((category, rule): (Category, &AcceptanceRule)) -> Vec<Markup> {
    let days = rule.expires_after_days;
    vec![
        plain(category),
        plain(index(rule.index)),
        plain(rule.attempt.as_deref().unwrap_or("-")),
        rule.required.as_ref().map_or(plain("-"), plain),
        rule.legacy.as_ref().map_or(plain("-"), plain),
        html! {
            (rule.alleles_max)
            @if rule.tri_alleles_max > 0 {
                ", but " (rule.alleles_max + 1) " at " (rule.tri_alleles_max) " locus"
            }
        },
        rule.rarity.as_ref().map_or(plain("-"), plain),
        plain(match days {
            0 => "never".to_owned(),
            days => format!("after {} days", number(days.into())),
        }),
        tag(&rule.confidence),
    ]
}

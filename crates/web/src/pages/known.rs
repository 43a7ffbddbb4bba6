//! Known profiles: staff, and victims and eliminated persons of a case, compared before anything
//! enters. Their alleles are on no page. Stands under `upload`, as does evidence that must go.

use genetics::Category;
use journey::ids::{CaseNumber, Ori, SpecimenNumber};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};
use service::upload::known::{EXPIRED, KeptKnown, Listed};
use service::{After, ServiceError};

use super::preview;
use super::typing::problems;
use super::upload::own_laboratory;
use crate::call::Call;
use crate::components::{alert, code, plain, stages, table, tag};
use crate::form::Forms;
use crate::layout::{more, part};
use crate::station::{Done, json};

/// Where the page is.
pub(super) const PATH: &str = "/upload/known";

/// The way to the page, for who may see it.
pub(super) fn link(call: &Call<'_>) -> Markup {
    html! {
        @if call.may("upload.known-list") {
            p { a href=(PATH) { "Known profiles, which are compared before anything enters" } }
        }
    }
}

/// Take out a known profile, or evidence.
#[derive(Deserialize)]
struct TakeOut {
    specimen: SpecimenNumber,
    why: String,
}

/// Clear two specimens of one plate.
#[derive(Deserialize)]
struct Clear {
    specimen: SpecimenNumber,
    other: SpecimenNumber,
    why: String,
}

pub(super) fn keep(call: &Call<'_>) -> Result<Done, ServiceError> {
    let name = call.needed("category")?;
    let category = Category::from_name(name).ok_or_else(|| {
        ServiceError::Invalid("category: there is no such; choose one of the list".to_owned())
    })?;
    let laboratory = Ori::from(call.needed("laboratory")?);
    let case = Some(call.entered.get("case")).filter(|case| !case.trim().is_empty());
    let case = case.map(CaseNumber::from);
    let file = call.file()?;
    let (kept, found) =
        call.programme.keep_known_file(&call.op, category, &laboratory, case.as_ref(), file)?;
    let shown = html! {
        (alert("info", "Kept", &html! { p { (kept.len()) " profiles are compared from now on." } }))
        (conflicts(&kept))
        (problems(&found))
    };
    Ok(Done::with(&kept)?.show(shown))
}

fn conflicts(kept: &[KeptKnown]) -> Markup {
    let rows: Vec<_> = kept
        .iter()
        .flat_map(|known| known.conflicts.iter().map(|it| vec![code(it), code(&known.specimen)]))
        .collect();
    html! {
        @if !rows.is_empty() {
            (alert("warning", "Records that should not have entered", &html! {
                p { "Nothing in them is foreign to a profile that is known now. Look where they "
                    "come from, and take evidence out that is not of the person who may have "
                    "committed the crime." }
            }))
            (table("In conflict", &["Record", "Known profile"], &rows))
        }
    }
}

pub(super) fn take_out(call: &Call<'_>) -> Result<Done, ServiceError> {
    let TakeOut { specimen, why } = call.request()?;
    call.programme.take_out_known(&call.op, &specimen, &why)?;
    Done::with(&json!({ "taken_out": specimen }))
}

pub(super) fn withdraw(call: &Call<'_>) -> Result<Done, ServiceError> {
    let TakeOut { specimen, why } = call.request()?;
    call.programme.withdraw_evidence(&call.op, &specimen, &why)?;
    Done::with(&json!({ "withdrawn": specimen }))
}

pub(super) fn clear(call: &Call<'_>) -> Result<Done, ServiceError> {
    let Clear { specimen, other, why } = call.request()?;
    call.programme.clear_plate(&call.op, &specimen, &other, &why)?;
    Done::with(&json!({ "cleared": [specimen, other] }))
}

fn list(call: &Call<'_>, after: &After) -> Result<Vec<Listed>, ServiceError> {
    call.programme.list_known(&call.op, call.stage("kept"), after, call.limit()?)
}

pub(super) fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&list(call, &call.after()?)?)
}

pub(super) fn render(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let lines = list(call, &call.after()?)?;
    let row = |line: &Listed| {
        vec![
            code(&line.specimen),
            html! { @if let Some(category) = line.category { (category) } },
            html! { @if let Some(laboratory) = &line.laboratory { (laboratory) } },
            html! { @if let Some(case) = &line.case { (code(case)) } @else { "-" } },
            html! {
                @if let Some(day) = line.expires_on { (plain(day)) }
                @if line.expired { " " (tag("expired")) }
            },
            tag(line.stage),
        ]
    };
    let rows: Vec<_> = lines.iter().map(row).collect();
    let heads = ["Specimen", "Category", "Laboratory", "Case", "Look again on", "Stage"];
    Ok(html! {
        p {
            "Nothing enters the index in which nothing is foreign to one of these profiles. They "
            "stay in the laboratory and are found by no search."
        }
        (preview::link(call))
        @if call.may("upload.keep-known") { (part("Keep profiles", &keep_form(call, forms))) }
        (part("Known profiles", &html! {
            (stages(PATH, call.stage("kept"), &["", "kept", EXPIRED, "taken_out"]))
            (table("Longest there first", &heads, &rows))
            (more(call, PATH, &lines, call.limit()?))
        }))
        @if call.may("upload.take-out-known") { (part("Take a profile out", &html! {
            @let form = forms.of("upload/take-out-known");
            (form.wrap("Take out", &html! {
                (form.text("specimen", "Specimen", "The number of the known profile"))
                (form.text("why", "Why", "For example: the case is closed"))
            }))
        })) }
    })
}

fn keep_form(call: &Call<'_>, forms: &Forms<'_>) -> Markup {
    let start = json!({ "laboratory": own_laboratory(call, "upload.keep-known") });
    let form = forms.of("upload/keep-known").starting_with(start);
    let categories = [Category::Staff, Category::VictimKnown, Category::EliminationKnown];
    let categories = categories.map(|category| (category.name(), category.name()));
    form.wrap_file(
        "Keep",
        &html! {
            (form.select("category", "Category", "", &categories))
            (form.text("laboratory", "Laboratory", "ORI"))
            (form.text("case", "Case", "For victims and eliminated persons; empty for staff"))
            (form.file("Genotype table", "Sample names are the laboratory's numbers, never names"))
        },
    )
}

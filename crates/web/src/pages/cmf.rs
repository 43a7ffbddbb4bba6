//! CODIS files (CMF): what one holds, and the evidence of one. Stands under `upload`.

use std::collections::BTreeMap;

use journey::ids::{Ori, SpecimenNumber};
use maud::{Markup, html};
use serde_json::json;
use service::ServiceError;
use service::upload::cmf::Held;

use super::typing::problems;
use super::upload::{outcome, own_laboratory};
use crate::call::Call;
use crate::components::{alert, code, facts, plain, table};
use crate::form::Forms;
use crate::layout::part;
use crate::station::Done;
use crate::text::number;

/// True where a file can only be XML: its first letter opens an element.
pub(super) fn is_xml(bytes: &[u8]) -> bool {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start().starts_with(b"<")
}

pub(super) fn preview(call: &Call<'_>) -> Result<Done, ServiceError> {
    let (held, wrong) = call.programme.preview_cmf(&call.op, call.file()?)?;
    Ok(Done::with(&held)?.show(shown(&held, &wrong)))
}

fn shown(held: &Held, wrong: &[String]) -> Markup {
    let text = |text: Option<&str>| plain(text.unwrap_or("not told"));
    let at = held.submitted_at.map(|at| at.strftime("%Y-%m-%d %H:%M, local").to_string());
    let counts = |counts: &BTreeMap<&'static str, u64>| -> Vec<_> {
        counts.iter().map(|(name, count)| vec![plain(name), plain(number(*count))]).collect()
    };
    html! {
        div.now role="status" {
            h2 { (number(held.specimens)) " specimens read, " (number(held.left_out)) " left out" }
            p { "Numbers that identify a person are not shown." }
        }
        (problems(wrong))
        (facts(&[
            ("Format", text(held.format)),
            ("Made by", text(held.source.as_ref().map(Ori::as_str))),
            ("To be imported by", text(held.destination.as_ref().map(Ori::as_str))),
            ("Account", text(held.submitted_by.as_deref())),
            ("Made", text(at.as_deref())),
        ]))
        (table("Specimens by category", &["Category", "Specimens"], &counts(&held.by_category)))
        (table("Specimens with a locus", &["Locus", "Specimens"], &counts(&held.loci)))
    }
}

pub(super) fn enter(call: &Call<'_>) -> Result<Done, ServiceError> {
    let laboratory = Ori::from(call.needed("laboratory")?);
    let import = call.programme.enter_evidence_cmf(&call.op, call.file()?, &laboratory)?;
    let left_out = |(specimen, why): &(SpecimenNumber, String)| vec![code(specimen), plain(why)];
    let rows: Vec<_> = import.left_out.iter().map(left_out).collect();
    Ok(Done::with(&import)?.show(html! {
        (outcome(&import.entered, &import.refused))
        @if !rows.is_empty() {
            (alert("warning", "No evidence of a case", &html! {
                (table("Left out", &["Specimen", "Why"], &rows))
            }))
        }
        (problems(&import.problems))
    }))
}

/// The form of the page of evidence.
pub(super) fn form(call: &Call<'_>, forms: &Forms<'_>) -> Markup {
    let laboratory = own_laboratory(call, "upload.enter-evidence");
    let start = json!({ "laboratory": laboratory });
    let form = forms.of("upload/enter-cmf").starting_with(start);
    let file = "CMF 3.2 or CMF 2017; categories, cases and partial profiles are told in the file";
    part(
        "From a CODIS file",
        &form.wrap_file(
            "Enter the evidence of the file",
            &html! {
                (form.text("laboratory", "Laboratory", "ORI of the laboratory of the cases"))
                (form.file("CMF file", file))
            },
        ),
    )
}

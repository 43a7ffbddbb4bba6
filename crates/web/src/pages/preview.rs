//! How a genotype table or a CODIS file is understood, before anything of it is stored. Stands
//! under `upload`.

use maud::{Markup, html};
use service::ServiceError;
use service::upload::preview::Preview;

use super::cmf;
use super::typing::problems;
use crate::call::Call;
use crate::components::{code, plain, table, tag};
use crate::form::Forms;
use crate::layout::part;
use crate::station::Done;

/// Where the page is.
pub(super) const PATH: &str = "/upload/preview";

/// Samples that are shown.
const SAMPLES_MAX: usize = 200;

/// The way to the page, for who may see it.
pub(super) fn link(call: &Call<'_>) -> Markup {
    html! {
        @if call.may("upload.preview") {
            p { a href=(PATH) { "Look at a file first: how it is understood" } }
        }
    }
}

pub(super) fn run(call: &Call<'_>) -> Result<Done, ServiceError> {
    if cmf::is_xml(call.file()?) {
        return cmf::preview(call);
    }
    let preview = call.programme.preview_table(&call.op, call.file()?)?;
    Ok(Done::with(&preview)?.show(shown(&preview)))
}

fn shown(preview: &Preview) -> Markup {
    let unshown = preview.samples.len().saturating_sub(SAMPLES_MAX);
    let columns: Vec<_> =
        preview.columns.iter().map(|it| vec![code(&it.column), plain(&it.taken_for)]).collect();
    let samples = preview.samples.iter().take(SAMPLES_MAX).map(|sample| {
        vec![
            code(&sample.name),
            plain(sample.loci),
            plain(sample.alleles_most),
            html! {
                @if let Some(control) = &sample.control { (tag(&format!("control {control}"))) " " }
                @if !sample.off_ladder.is_empty() { "off ladder: " (sample.off_ladder.join(", ")) }
            },
        ]
    });
    let samples: Vec<_> = samples.collect();
    let heads = ["Sample", "Loci", "Most alleles at one", "To look at"];
    html! {
        div.now role="status" {
            h2 { (preview.samples.len()) " samples read, " (preview.left_out.len()) " left out" }
            p { "The header is in line " (preview.header_row) "; the table has "
                (preview.shape) "." }
        }
        (problems(&preview.problems))
        @if !preview.left_out.is_empty() {
            p { "Left out: " @for name in &preview.left_out { (code(name)) " " } }
        }
        (table("Columns", &["Column", "Taken for"], &columns))
        (table("Samples", &heads, &samples))
        @if unshown > 0 {
            p { (unshown) " more samples are not shown; `buccal typing import FILE` lists all." }
        }
    }
}

pub(super) fn render(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let form = forms.of("upload/preview");
    let field = html! { (form.file("Genotype table or CMF file", "Nothing of it is stored")) };
    Ok(part(
        "A file to look at",
        &html! {
            (form.wrap_file("Look at it", &field))
            @if call.may("upload.enter-evidence") {
                p { a href="/upload/evidence" { "Enter evidence" } }
            }
        },
    ))
}

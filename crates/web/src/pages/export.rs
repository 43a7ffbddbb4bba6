//! Records of the index as a file for another laboratory. Stands under `upload`.

use journey::ids::{Ori, SpecimenNumber};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use service::ServiceError;
use service::upload::export::{Asked, FORMATS};

use crate::call::Call;
use crate::components::{code, plain, table};
use crate::form::Forms;
use crate::station::Done;
use crate::text::in_address;

/// Records to write.
#[derive(Deserialize)]
struct ExportForm {
    specimens: Vec<SpecimenNumber>,
    destination: Ori,
    format: String,
    zone: String,
    locus_numbers: Option<String>,
}

pub(super) fn export(call: &Call<'_>) -> Result<Done, ServiceError> {
    let ExportForm { specimens, destination, format, zone, locus_numbers } = call.request()?;
    let locus_numbers = locus_numbers.map(String::into_bytes);
    let name = if format.starts_with("ansi") { "records.an2" } else { "records.xml" };
    let export = Asked { format, destination, specimens, zone, locus_numbers }.read()?;
    let mut file = Vec::new();
    let exported = call.programme.export_records(&call.op, &export, &mut file)?;
    let text = String::from_utf8_lossy(&file).into_owned();
    let rows: Vec<_> =
        exported.left_out.iter().map(|(id, why)| vec![code(id), plain(why)]).collect();
    let shown = html! {
        p { "Records in the file: " (exported.written.len()) ". "
            a download=(name) href={ "data:application/octet-stream," (in_address(&text)) } {
                "Save the file"
            }
        }
        @if !rows.is_empty() { (table("Left out", &["Specimen", "Why, and what to do"], &rows)) }
    };
    let told = json!({
        "written": exported.written,
        "left_out": exported.left_out,
        "file": text,
    });
    Ok(Done::with(&told)?.show(shown))
}

pub(super) fn form(forms: &Forms<'_>) -> Markup {
    let start = json!({ "format": "cmf-2017", "zone": "America/New_York" });
    let form = forms.of("upload/export").starting_with(start);
    let formats: Vec<_> = FORMATS.iter().map(|word| (*word, *word)).collect();
    form.wrap(
        "Make the file",
        &html! {
            (form.area("specimens", "Specimens", "One number a line"))
            (form.text("destination", "Destination", "ORI of the laboratory that imports"))
            (form.select("format", "Format", "cmf-3.2 is of 2006 and knows no detainees", &formats))
            (form.text("zone", "Time zone", "The laboratory's own; CMF tells local time"))
            (form.area(
                "locus_numbers",
                "Locus numbers",
                "For ansi-nist-18 alone: the receiver's table, with the line locus,number first",
            ))
        },
    )
}

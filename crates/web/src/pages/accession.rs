//! Accession: scan a kit that arrived, tick what is wrong with it, scan the device; the answer
//! stands large above the next scan. Below it what waits, and what was rejected and why.
//!
//! Two scans make one examination: a scanner ends a scan with Enter, so the second scan sends the
//! form, and what is wrong must be ticked before it.

use journey::accession::{Findings, Rejection};
use journey::ids::KitBarcode;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};
use service::ServiceError;
use service::accession::{Examine, Examined, Listed};

use crate::call::Call;
use crate::components::{code, plain, stages, table, tag};
use crate::form::Forms;
use crate::layout::{more, part};
use crate::station::{Done, Page, Shape, Station, Verb, input, json};
use crate::text::{in_address, title};

const STAGES: &[&str] = &["", "arrived", "held", "accepted", "rejected"];

/// The view that stands where no stage is asked for: what waits, and what was rejected.
const WAITING: &str = "waiting";

/// What can be wrong with a kit: the field of the findings that is then false, and what a person
/// sees.
const FAULTS: &[(&str, &str)] = &[
    ("seal_intact", "The seal is open or broken"),
    ("sample_present", "Device or sample is missing"),
    ("undamaged", "Device or sample is wet, moldy or damaged"),
    ("prints_legible", "The prints on the form cannot be read"),
    ("form_complete", "The form is not complete: hold the kit"),
];

/// The station.
pub(crate) const STATION: Station = Station {
    name: "accession",
    pages: &[Page {
        path: "/accession",
        action: "accession.list",
        title: "Accession",
        nav: "Accession",
        marked: false,
        render,
        give: Some(give),
    }],
    verbs: &[Verb {
        name: "examine",
        action: "accession.examine",
        page: "/accession",
        inputs: &[
            input("kit", Shape::Text),
            input("findings.device", Shape::Optional),
            input("findings.form", Shape::Optional),
            input("findings.devices", Shape::Optional),
            input("faults", Shape::Many),
        ],
        file: false,
        done: "The examination is on record.",
        run: examine,
    }],
};

/// What the form sends: scans and faults, everything else is sound.
#[derive(Deserialize)]
struct Seen {
    kit: KitBarcode,
    #[serde(default)]
    findings: Scans,
    faults: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Scans {
    device: Option<KitBarcode>,
    form: Option<KitBarcode>,
    devices: Option<String>,
}

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&listed(call, call.entered.get("stage"))?)
}

fn listed(call: &Call<'_>, stage: &str) -> Result<Vec<Listed>, ServiceError> {
    let limit = call.limit()?;
    call.programme.list_accessions(&call.op, stage, &call.after()?, limit)
}

fn examine(call: &Call<'_>) -> Result<Done, ServiceError> {
    // Machines state every finding; the form states what is not sound.
    let examine = match call.request.get("faults") {
        Some(_) => examine_of(call.request()?)?,
        None => call.request()?,
    };
    let examined = call.programme.examine_kit(&call.op, &examine)?;
    Ok(Done::with(&examined)?.show(outcome(&examine.kit, &examined)))
}

fn examine_of(seen: Seen) -> Result<Examine, ServiceError> {
    let Seen { kit, findings: scans, faults } = seen;
    let wrong = |field: &str| faults.iter().any(|fault| fault == field);
    let device = scans.device.or(wrong("sample_present").then(|| kit.clone()));
    let device = device.ok_or_else(|| {
        ServiceError::Invalid(
            "device: it was not scanned; scan it, or tick that device or sample is missing"
                .to_owned(),
        )
    })?;
    let devices = scans.devices.as_deref().unwrap_or("1").parse();
    let devices = devices.map_err(|_| {
        ServiceError::Invalid("devices: it is no number; count them and write 1, 2, ...".to_owned())
    })?;
    let findings = Findings {
        device,
        form: scans.form.unwrap_or_else(|| kit.clone()),
        devices,
        seal_intact: !wrong("seal_intact"),
        sample_present: !wrong("sample_present"),
        undamaged: !wrong("undamaged"),
        prints_legible: !wrong("prints_legible"),
        form_complete: !wrong("form_complete"),
    };
    Ok(Examine { kit, findings })
}

fn outcome(kit: &KitBarcode, examined: &Examined) -> Markup {
    html! {
        div.now role="status" {
            p { "Kit " (code(kit)) }
            @match examined {
                Examined::Accepted { accession } => {
                    h2 { "Accepted as " (code(accession)) }
                    p { "Write this number on the sample. It goes to typing by itself." }
                }
                Examined::Held => {
                    h2 { "Held" }
                    p { "Keep the kit. The agency must complete the form; then examine it again." }
                }
                Examined::Rejected { why } => {
                    h2 { "Rejected: " (reason(*why)) }
                    p { "Do not type the sample. " (after_rejection(*why)) }
                }
            }
        }
    }
}

fn reason(why: Rejection) -> &'static str {
    match why {
        Rejection::Underage => "the person was too young",
        Rejection::IneligibleStatus => "no lawful basis",
        Rejection::BarcodeMismatch => "the barcodes differ",
        Rejection::SeveralDevices => "not exactly one device",
        Rejection::SealCompromised => "the seal is open or broken",
        Rejection::NoSample => "device or sample is missing",
        Rejection::Damaged => "the sample is damaged",
        Rejection::PrintsUnusable => "the prints cannot be read",
        Rejection::LotRecalled => "the lot was recalled",
        Rejection::KitExpired => "the kit was out of date when it was used",
    }
}

fn after_rejection(why: Rejection) -> &'static str {
    if why.asks_again() {
        "The site is told, and an order to collect again stands (28 CFR 28.12(f)(3))."
    } else {
        "The site is told. Nothing is collected again; keep the kit for the privacy officer."
    }
}

fn render(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let stage = call.stage(WAITING);
    Ok(html! {
        @if call.may("accession.examine") { (station_of_work(call, forms)) }
        (stages("/accession", stage, STAGES))
        @if stage == WAITING {
            (list(call, "arrived", "Arrived, longest waiting first")?)
            (list(call, "held", "Held until the form is complete")?)
            (list(call, "rejected", "Rejected, and why")?)
        } @else {
            (list(call, stage, "Kits, longest there first")?)
        }
    })
}

/// The number that a page is about; empty once a step about it is done and its answer is shown.
pub(super) fn subject<'c>(call: &'c Call<'_>, forms: &Forms<'_>, name: &'static str) -> &'c str {
    match forms.has_failed() || call.request.is_null() {
        true => call.entered.get(name),
        false => "",
    }
}

fn station_of_work(call: &Call<'_>, forms: &Forms<'_>) -> Markup {
    match subject(call, forms, "kit") {
        "" => html! {
            form.ask method="get" action="/accession" {
                (scan_kit())
                button type="submit" { "Open" }
            }
        },
        kit => part(&format!("Kit {kit}"), &checklist(forms, kit)),
    }
}

fn scan_kit() -> Markup {
    let control = html! {
        input.scan id="scan-kit" name="kit" type="text" autocomplete="off" autocapitalize="none"
            spellcheck="false" autofocus aria-describedby="scan-kit-hint";
    };
    let hint = "The barcode on the form that came with the kit";
    crate::components::field("scan-kit", "Scan the kit", hint, None, &control)
}

fn checklist(forms: &Forms<'_>, kit: &str) -> Markup {
    let form = forms
        .of("accession/examine")
        .keyed("kit", kit)
        .starting_with(json!({ "findings": { "devices": "1" } }));
    let other = "Only where the form inside bears another barcode than the one you scanned";
    html! {
        (form.wrap("Record the examination", &html! {
            (form.boxes(
                "faults", "What is wrong with it", "Tick nothing where all is sound", FAULTS,
            ))
            details {
                summary { "Several devices, or a form of another kit" }
                (form.text("findings.devices", "Devices in the kit", ""))
                (form.text("findings.form", "Barcode on the form", other))
            }
            (form.scan("findings.device", "Scan the device", "This scan sends the form", true))
        }))
        p { a href="/accession" { "Another kit" } }
    }
}

fn list(call: &Call<'_>, stage: &str, caption: &str) -> Result<Markup, ServiceError> {
    let listed = listed(call, stage)?;
    let may = call.may("accession.examine");
    let row = |line: &Listed| {
        let waits = matches!(line.stage, "arrived" | "held");
        let kit = match may && waits {
            true => open(&line.kit),
            false => code(&line.kit),
        };
        vec![kit, code(&line.package), tag(line.stage), told(line)]
    };
    let rows: Vec<_> = listed.iter().map(row).collect();
    Ok(html! {
        (table(caption, &["Kit", "Package", "Stage", "Number or reason"], &rows))
        (more(call, "/accession", &listed, call.limit()?))
    })
}

fn open(kit: &KitBarcode) -> Markup {
    html! { a href={ "/accession?kit=" (in_address(kit.as_str())) } { (code(kit)) } }
}

fn told(line: &Listed) -> Markup {
    match (&line.accession, line.why) {
        (Some(accession), _) => code(accession),
        (None, Some(why)) => plain(title(why)),
        (None, None) => html! {},
    }
}

//! Upload: reviewed profiles of persons enter the index without a name; so does evidence of a
//! case, on a page of its own for casework laboratories, which do not see the index's records.

use genetics::Category;
use journey::ids::{CaseNumber, Ori, SpecimenNumber};
use journey::refusal::Refusal;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::ServiceError;
use service::upload::{CaseEvidence, EvidenceImport, Listed};

use super::typing::problems;
use super::{acceptance, cmf, export, known, preview};
use crate::call::Call;
use crate::components::{alert, code, plain, stages, table, tag};
use crate::form::Forms;
use crate::layout::{cut, more, part};
use crate::station::{Done, Page, Shape, Station, Verb, input, json};

/// The station.
pub(crate) const STATION: Station = Station {
    name: "upload",
    pages: &[
        Page {
            path: "/upload",
            action: "upload.list",
            title: "Index",
            nav: "Index",
            marked: true,
            render,
            give: Some(give),
        },
        Page {
            path: "/upload/evidence",
            action: "upload.enter-evidence",
            title: "Enter evidence",
            nav: "Evidence",
            marked: true,
            render: render_evidence,
            give: None,
        },
        Page {
            path: known::PATH,
            action: "upload.known-list",
            title: "Known profiles",
            nav: "Known profiles",
            marked: true,
            render: known::render,
            give: Some(known::give),
        },
        Page {
            path: acceptance::PATH,
            action: "upload.acceptance-view",
            title: "What may enter the index",
            nav: "",
            marked: false,
            render: acceptance::render,
            give: Some(acceptance::give),
        },
        Page {
            path: preview::PATH,
            action: "upload.preview",
            title: "Look at a file",
            nav: "Look at a file",
            marked: true,
            render: preview::render,
            give: None,
        },
    ],
    verbs: &[
        Verb {
            name: "enter",
            action: "upload.enter",
            page: "/upload",
            inputs: &[input("specimens", Shape::Many)],
            file: false,
            done: "Each of the specimens was looked at.",
            run: enter,
        },
        Verb {
            name: "enter-evidence",
            action: "upload.enter-evidence",
            page: "/upload/evidence",
            inputs: &[
                input("category", Shape::Text),
                input("laboratory", Shape::Text),
                input("case", Shape::Text),
                input("partial", Shape::Flag),
            ],
            file: true,
            done: "Each of the samples was looked at.",
            run: enter_evidence,
        },
        Verb {
            name: "enter-cmf",
            action: "upload.enter-evidence",
            page: "/upload/evidence",
            inputs: &[input("laboratory", Shape::Text)],
            file: true,
            done: "Each of the specimens was looked at.",
            run: cmf::enter,
        },
        Verb {
            name: "preview",
            action: "upload.preview",
            page: preview::PATH,
            inputs: &[],
            file: true,
            done: "Nothing was stored.",
            run: preview::run,
        },
        Verb {
            name: "export",
            action: "upload.export",
            page: "/upload",
            inputs: &[
                input("specimens", Shape::Lines),
                input("destination", Shape::Text),
                input("format", Shape::Text),
                input("zone", Shape::Text),
                input("locus_numbers", Shape::Optional),
            ],
            file: false,
            done: "The file is made, and each record in it is on record as given out.",
            run: export::export,
        },
        Verb {
            name: "withdraw-evidence",
            action: "upload.withdraw-evidence",
            page: "/upload/evidence",
            inputs: &[input("specimen", Shape::Text), input("why", Shape::Text)],
            file: false,
            done: "The evidence is out of the index, with its candidates.",
            run: known::withdraw,
        },
        Verb {
            name: "keep-known",
            action: "upload.keep-known",
            page: known::PATH,
            inputs: &[
                input("category", Shape::Text),
                input("laboratory", Shape::Text),
                input("case", Shape::Optional),
            ],
            file: true,
            done: "Each of the samples was looked at.",
            run: known::keep,
        },
        Verb {
            name: "take-out-known",
            action: "upload.take-out-known",
            page: known::PATH,
            inputs: &[input("specimen", Shape::Text), input("why", Shape::Text)],
            file: false,
            done: "The profile is gone.",
            run: known::take_out,
        },
        Verb {
            name: "clear-plate",
            action: "upload.clear-plate",
            page: "/upload",
            inputs: &[
                input("specimen", Shape::Text),
                input("other", Shape::Text),
                input("why", Shape::Text),
            ],
            file: false,
            done: "The two specimens may enter.",
            run: known::clear,
        },
    ],
};

/// Enter reviewed profiles.
#[derive(Deserialize)]
struct Enter {
    specimens: Vec<SpecimenNumber>,
}

/// What became of each specimen.
#[derive(Serialize)]
struct Entered {
    entered: Vec<SpecimenNumber>,
    refused: Vec<(SpecimenNumber, Refusal)>,
}

fn records(call: &Call<'_>) -> Result<Vec<Listed>, ServiceError> {
    let (stage, limit) = (call.entered.get("stage"), call.limit()?);
    call.programme.list_records(&call.op, stage, &call.after()?, limit)
}

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    let to_enter = call.programme.list_to_enter(&call.op, call.limit()?)?;
    Ok(json!({ "to_enter": json(&to_enter)?, "records": json(&records(call)?)? }))
}

/// Each specimen by itself: the rules may refuse one, and the others go in.
fn enter(call: &Call<'_>) -> Result<Done, ServiceError> {
    let Enter { specimens } = call.request()?;
    if specimens.is_empty() {
        return Err(ServiceError::Invalid(
            "specimens: none is chosen; tick at least one".to_owned(),
        ));
    }
    let (mut entered, mut refused) = (Vec::new(), Vec::new());
    for specimen in specimens {
        match call.programme.enter_person(&call.op, &specimen) {
            Ok(()) => entered.push(specimen),
            Err(ServiceError::Refused(refusal)) => refused.push((specimen, refusal)),
            Err(other) => return Err(other),
        }
    }
    let shown = outcome(&entered, &refused);
    Ok(Done::with(&Entered { entered, refused })?.show(shown))
}

fn enter_evidence(call: &Call<'_>) -> Result<Done, ServiceError> {
    let name = call.needed("category")?;
    let category = Category::from_name(name).ok_or_else(|| {
        ServiceError::Invalid("category: there is no such; choose one of evidence".to_owned())
    })?;
    let of = CaseEvidence {
        category,
        laboratory: Ori::from(call.needed("laboratory")?),
        case: CaseNumber::from(call.needed("case")?),
        partial: !call.entered.get("partial").is_empty(),
    };
    let import = call.programme.enter_evidence_file(&call.op, &of, call.file()?)?;
    let shown = html! {
        (outcome(&import.entered, &import.refused))
        (controls_left_out(&import))
        (problems(&import.problems))
    };
    Ok(Done::with(&import)?.show(shown))
}

fn controls_left_out(import: &EvidenceImport) -> Markup {
    html! {
        @if !import.controls.is_empty() {
            (alert("info", "Controls stay out", &html! {
                p { "These are controls by name or by genotype, and no evidence: "
                    @for control in &import.controls { (code(control)) " " }
                }
            }))
        }
    }
}

pub(super) fn outcome(entered: &[SpecimenNumber], refused: &[(SpecimenNumber, Refusal)]) -> Markup {
    let row = |(specimen, refusal): &(SpecimenNumber, Refusal)| {
        vec![
            code(specimen),
            plain(&refusal.detail),
            plain(refusal.code.remedy()),
            code(refusal.code.code()),
        ]
    };
    let rows: Vec<_> = refused.iter().map(row).collect();
    html! {
        div.now role="status" {
            h2 { (entered.len()) " entered, " (refused.len()) " refused" }
            p { "What is entered is searched at once; candidates appear by themselves." }
        }
        @if !rows.is_empty() {
            (alert("warning", "The rules do not allow these", &html! {
                p { "Nothing of them is in the index. Each refusal is on record." }
            }))
            (table("Refused", &["Specimen", "Why", "What to do", "Rule"], &rows))
        }
    }
}

fn render(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let to_enter = call.programme.list_to_enter(&call.op, call.limit()?)?;
    let records = records(call)?;
    let limit = call.limit()?;
    Ok(html! {
        (known::link(call))
        (acceptance::link(call))
        (part("Reviewed and not in the index", &html! {
            (to_enter_part(call, forms, &to_enter))
            (cut(to_enter.len(), limit))
        }))
        (part("Records", &html! {
            (stages("/upload", call.entered.get("stage"), &["", "indexed", "withdrawn"]))
            (records_table(&records))
            (more(call, "/upload", &records, limit))
        }))
        @if call.may("upload.export") {
            (part("Records for another laboratory", &export::form(forms)))
        }
        @if call.may("upload.clear-plate") { (part("Equal profiles of one plate", &html! {
            p { "Two specimens of one plate with the same profile wait until a second person "
                "says why: one person sampled twice, or twins. Otherwise type both again." }
            @let form = forms.of("upload/clear-plate");
            (form.wrap("Let both enter", &html! {
                (form.text("specimen", "Specimen", ""))
                (form.text("other", "The other specimen", ""))
                (form.text("why", "Why they agree", "No name of a person"))
            }))
        })) }
    })
}

fn to_enter_part(call: &Call<'_>, forms: &Forms<'_>, to_enter: &[SpecimenNumber]) -> Markup {
    if to_enter.is_empty() || !call.may("upload.enter") {
        let rows: Vec<_> = to_enter.iter().map(|number| vec![code(number)]).collect();
        return table("Longest waiting first", &["Specimen"], &rows);
    }
    // Every one is ticked to begin with: what stands here was reviewed, and the rules look again.
    let form = forms.of("upload/enter").starting_with(json!({ "specimens": to_enter }));
    let options: Vec<_> =
        to_enter.iter().map(|number| (number.as_str(), number.as_str())).collect();
    let hint = "Whether each sample is still lawful is looked up when it enters";
    form.wrap(
        "Enter into the index",
        &form.boxes("specimens", "Specimens, longest waiting first", hint, &options),
    )
}

fn records_table(records: &[Listed]) -> Markup {
    let row = |line: &Listed| {
        vec![
            code(&line.specimen),
            html! { @if let Some(category) = line.category { (category) } },
            html! { @if let Some(laboratory) = &line.laboratory { (laboratory) } },
            tag(line.stage),
        ]
    };
    let rows: Vec<_> = records.iter().map(row).collect();
    let heads = ["Specimen", "Category", "Laboratory", "Stage"];
    table("Records of the index, longest there first", &heads, &rows)
}

fn render_evidence(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let start = json!({ "laboratory": own_laboratory(call, "upload.enter-evidence") });
    let form = forms.of("upload/enter-evidence").starting_with(start);
    let evidence = Category::ALL
        .iter()
        .filter(|category| category.index().holds_evidence())
        .map(|category| (category.name(), category.name()));
    let evidence: Vec<_> = evidence.collect();
    let file = "Sample names are the specimen numbers; any table that analysis software writes";
    Ok(html! {
        p {
            "Evidence must come from a crime and be attributed to the person who may have "
            "committed it. Samples of victims and staff do not belong here."
        }
        (known::link(call))
        (acceptance::link(call))
        (preview::link(call))
        (form.wrap_file("Enter into the index", &html! {
            (form.select("category", "Category", "", &evidence))
            (form.text("laboratory", "Laboratory", "ORI of the laboratory of the case"))
            (form.text("case", "Case", "The laboratory's number of the case"))
            (form.tick("partial", "More may have been there than was seen: alleles may have \
                                   dropped out"))
            (form.file("Genotype table", file))
        }))
        (cmf::form(call, forms))
        @if call.may("upload.withdraw-evidence") { (part("Take evidence out", &html! {
            @let form = forms.of("upload/withdraw-evidence");
            (form.wrap("Take out of the index", &html! {
                (form.text("specimen", "Specimen", "Its number in the index"))
                (form.text("why", "Why", "For example: it is the victim's"))
            }))
        })) }
    })
}

/// The place that an account works for, where there is exactly one.
pub(super) fn own_laboratory(call: &Call<'_>, action: &str) -> String {
    let places = call.programme.roles().places(&call.op.actor, action);
    match (places.first(), places.len()) {
        (Some(place), 1) => (*place).to_owned(),
        _ => String::new(),
    }
}

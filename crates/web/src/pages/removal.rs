//! Removal: three paths that must not be confused, each with a form and the words that tell whom
//! it is for; then approval by a second person, destruction, and the certificate. Steps stand as
//! done or open in words.

use journey::booking::CustodyBasis;
use journey::ids::RemovalId;
use journey::removal::Step;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};
use service::ServiceError;
use service::removal::{Ask, DestroySample, Listed};

use crate::call::Call;
use crate::components::{alert, code, facts, plain, stages, table, tag};
use crate::form::{Form, Forms};
use crate::layout::{more, part};
use crate::station::{Done, Page, Shape, Station, Verb, input, json};
use crate::text::{in_address, title};

const STAGES: &[&str] = &["", "requested", "approved", "certified", "denied"];
/// The view that stands where no stage is asked for: requested and approved.
const WAITING: &str = "waiting";
/// Rows for final orders in the form; machines send as many as there are.
const ORDER_ROWS: &[(&str, &str, &str)] = &[
    ("orders.1.basis", "orders.1.document", "orders.1.final_on"),
    ("orders.2.basis", "orders.2.document", "orders.2.final_on"),
    ("orders.3.basis", "orders.3.document", "orders.3.final_on"),
    ("orders.4.basis", "orders.4.document", "orders.4.final_on"),
];

/// The station.
pub(crate) const STATION: Station = Station {
    name: "removal",
    pages: &[Page {
        path: "/removal",
        action: "removal.list",
        title: "Removal",
        nav: "Removal",
        marked: false,
        render,
        give: Some(give),
    }],
    verbs: &[
        Verb {
            name: "request",
            action: "removal.request",
            page: "/removal",
            inputs: &[
                input("kit", Shape::Text),
                input("path", Shape::Text),
                input("orders.1.basis", Shape::Optional),
                input("orders.1.document", Shape::Optional),
                input("orders.1.final_on", Shape::OptionalDay),
                input("orders.2.basis", Shape::Optional),
                input("orders.2.document", Shape::Optional),
                input("orders.2.final_on", Shape::OptionalDay),
                input("orders.3.basis", Shape::Optional),
                input("orders.3.document", Shape::Optional),
                input("orders.3.final_on", Shape::OptionalDay),
                input("orders.4.basis", Shape::Optional),
                input("orders.4.document", Shape::Optional),
                input("orders.4.final_on", Shape::OptionalDay),
                input("why", Shape::Optional),
                input("order", Shape::Optional),
            ],
            file: false,
            done: "The removal is asked for. A second person decides.",
            run: request,
        },
        Verb {
            name: "approve",
            action: "removal.approve",
            page: "/removal",
            inputs: &[input("removal", Shape::Text)],
            file: false,
            done: "The removal is approved. The record of the index goes at once.",
            run: approve,
        },
        Verb {
            name: "deny",
            action: "removal.deny",
            page: "/removal",
            inputs: &[input("removal", Shape::Text), input("why", Shape::Text)],
            file: false,
            done: "The removal is turned down.",
            run: deny,
        },
        Verb {
            name: "destroy-sample",
            action: "removal.destroy-sample",
            page: "/removal",
            inputs: &[input("removal", Shape::Text), input("method", Shape::Text)],
            file: false,
            done: "The destruction is on record.",
            run: destroy_sample,
        },
        Verb {
            name: "certify",
            action: "removal.certify",
            page: "/removal",
            inputs: &[input("removal", Shape::Text)],
            file: false,
            done: "The removal is certified: link and personal values are destroyed.",
            run: certify,
        },
    ],
};

/// A step of one removal.
#[derive(Deserialize)]
struct About {
    removal: RemovalId,
}

/// Turn a removal down.
#[derive(Deserialize)]
struct Deny {
    removal: RemovalId,
    why: String,
}

fn listed(call: &Call<'_>, stage: &str, limit: u32) -> Result<Vec<Listed>, ServiceError> {
    call.programme.list_removals(&call.op, stage, &call.after()?, limit)
}

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&listed(call, call.entered.get("stage"), call.limit()?)?)
}

fn request(call: &Call<'_>) -> Result<Done, ServiceError> {
    let ask: Ask = serde_json::from_value(asked(&call.request)?).map_err(|_| {
        ServiceError::Invalid(
            "the request: give kit and path; expungement takes orders (each with basis, document \
             and final_on), ineligibility takes why, administrative takes order"
                .to_owned(),
        )
    })?;
    let removal = call.programme.request_removal(&call.op, &ask)?;
    Ok(Done::with(&json!({ "removal": removal }))?.to(address(&removal)))
}

/// The request with the rows of the form as a list, and without empty answers that a path needs.
fn asked(request: &Value) -> Result<Value, ServiceError> {
    let mut request = request.clone();
    let path = request.get("path").and_then(Value::as_str);
    let needed = match path {
        Some("ineligibility") => "why",
        Some("administrative") => "order",
        Some("expungement") => "orders",
        _ => {
            return Err(ServiceError::Invalid(
                "path: it is none of expungement, ineligibility, administrative".to_owned(),
            ));
        }
    };
    if let Some(orders) = request.get_mut("orders") {
        let rows = match orders.take() {
            Value::Object(rows) => rows.into_iter().map(whole).collect::<Result<_, _>>()?,
            list => list,
        };
        *orders = rows;
    }
    let given = request.get(needed).is_some_and(|value| match value {
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(orders) => !orders.is_empty(),
        _ => false,
    });
    if given {
        return Ok(request);
    }
    let field = match needed {
        "orders" => "orders.1.basis",
        other => other,
    };
    Err(ServiceError::Invalid(format!("{field}: it is empty; fill it in")))
}

/// A row of the form's table of orders: whole, or not at all.
fn whole((number, row): (String, Value)) -> Result<Value, ServiceError> {
    let missing =
        ["basis", "document", "final_on"].into_iter().find(|field| row.get(field).is_none());
    match missing {
        None => Ok(row),
        Some(field) => Err(ServiceError::Invalid(format!(
            "orders.{number}.{field}: it is empty; an order needs basis, document and day"
        ))),
    }
}

fn approve(call: &Call<'_>) -> Result<Done, ServiceError> {
    let About { removal } = call.request()?;
    call.programme.approve_removal(&call.op, &removal)?;
    Ok(Done::with(&json!({ "removal": removal }))?.to(address(&removal)))
}

fn deny(call: &Call<'_>) -> Result<Done, ServiceError> {
    let Deny { removal, why } = call.request()?;
    call.programme.deny_removal(&call.op, &removal, &why)?;
    Done::with(&json!({ "removal": removal }))
}

fn destroy_sample(call: &Call<'_>) -> Result<Done, ServiceError> {
    let destroy: DestroySample = call.request()?;
    call.programme.destroy_sample(&call.op, &destroy)?;
    Ok(Done::with(&json!({ "removal": destroy.removal }))?.to(address(&destroy.removal)))
}

fn certify(call: &Call<'_>) -> Result<Done, ServiceError> {
    let About { removal } = call.request()?;
    call.programme.certify_removal(&call.op, &removal)?;
    Ok(Done::with(&json!({ "removal": removal }))?.to(address(&removal)))
}

fn address(removal: &RemovalId) -> String {
    format!("/removal?removal={}", in_address(removal.as_str()))
}

fn render(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let (stage, limit) = (call.stage(WAITING), call.limit()?);
    let removals = match stage {
        WAITING => {
            let mut open = listed(call, "requested", limit)?;
            open.extend(listed(call, "approved", limit)?);
            open
        }
        stage => listed(call, stage, limit)?,
    };
    let chosen = match call.entered.get("removal") {
        "" => None,
        id => call.programme.find_removal(&call.op, &id.into()).map(Some)?,
    };
    Ok(html! {
        @if let Some(one) = &chosen { (part("One removal", &one_removal(call, forms, one))) }
        (stages("/removal", stage, STAGES))
        (worklist(&removals))
        (more(call, "/removal", &removals, limit))
        @if call.may("removal.request") { (paths(forms)) }
    })
}

fn worklist(removals: &[Listed]) -> Markup {
    let row = |line: &Listed| {
        let open = Step::ALL.len() - line.done.len();
        vec![
            html! { a href=(address(&line.removal)) { (code(&line.removal)) } },
            plain(title(&line.path)),
            html! { @if let Some(kit) = &line.kit { (code(kit)) } },
            html! { (line.done.len()) " done, " (open) " open" },
            tag(line.stage),
        ]
    };
    let rows: Vec<_> = removals.iter().map(row).collect();
    let heads = ["Removal", "Path", "Kit", "Steps", "Stage"];
    table("Removals", &heads, &rows)
}

fn one_removal(call: &Call<'_>, forms: &Forms<'_>, one: &Listed) -> Markup {
    html! {
        (facts(&[
            ("Removal", code(&one.removal)),
            ("Path", plain(title(&one.path))),
            ("Kit", html! { @match &one.kit { Some(kit) => (code(kit)), None => "not kept" } }),
            ("Stage", tag(one.stage)),
        ]))
        @match one.stage {
            "requested" => (decision(call, forms, one)),
            "denied" => {}
            _ => { (steps(one)) (execution(call, forms, one)) }
        }
    }
}

fn steps(one: &Listed) -> Markup {
    let rows: Vec<_> = Step::ALL
        .iter()
        .map(|step| {
            let done = one.done.contains(&step.word());
            let word = if done { "done" } else { "open" };
            vec![plain(title(step.word())), tag(word), plain(meaning(*step))]
        })
        .collect();
    table("What must be gone", &["Step", "State", "What it is"], &rows)
}

fn meaning(step: Step) -> &'static str {
    match step {
        Step::IndexRecord => "Profile, readings and open candidates; goes by itself",
        Step::PhysicalSample => "Device, card, extract, amplified DNA; the laboratory states it",
        Step::Link => "What ties the specimen number to the kit; goes with the certificate",
        Step::PersonalValues => "The key that opens the person's values; goes with the certificate",
    }
}

fn decision(call: &Call<'_>, forms: &Forms<'_>, one: &Listed) -> Markup {
    let deny = forms.of("removal/deny").keyed("removal", &one.removal);
    let approve = forms.of("removal/approve").keyed("removal", &one.removal);
    html! {
        @if call.may("removal.approve") {
            p { "Decide only on what somebody else asked for. An approval cannot be taken back." }
            (approve.button("Approve", ""))
        }
        @if call.may("removal.deny") {
            (deny.wrap("Turn down", &deny.text("why", "Why it is turned down", "")))
        }
        @if !call.may("removal.approve") { p { "It waits for a second person's decision." } }
    }
}

fn execution(call: &Call<'_>, forms: &Forms<'_>, one: &Listed) -> Markup {
    let done = |step: Step| one.done.contains(&step.word());
    let destroy = forms.of("removal/destroy-sample");
    let destroy = destroy.keyed("removal", &one.removal);
    let certify = forms.of("removal/certify").keyed("removal", &one.removal);
    let hint = "Name every form: device, card, extract, amplified DNA, wells of shared plates";
    let both = done(Step::IndexRecord) && done(Step::PhysicalSample);
    html! {
        @if one.stage == "approved" {
            @if !done(Step::PhysicalSample) && call.may("removal.destroy-sample") {
                (destroy.wrap(
                    "Record the destruction",
                    &destroy.area("method", "What was destroyed, and how", hint),
                ))
            }
            @if call.may("removal.certify") {
                @if both {
                    (alert("warning", "This cannot be undone", &html! {
                        p { "The link and the person's values are destroyed with it." }
                    }))
                    (certify.button("Certify that all is gone", ""))
                } @else {
                    p { "It can be certified once index record and physical sample are done." }
                }
            }
        }
    }
}

fn paths(forms: &Forms<'_>) -> Markup {
    html! {
        (part("Expungement (34 USC 12592(d))", &expungement(forms)))
        (part("Removal of what should never have been taken", &ineligibility(forms)))
        (part("Administrative removal", &administrative(forms)))
    }
}

fn path<'a>(forms: &'a Forms<'a>, path: &'static str) -> Form<'a> {
    forms.of("removal/request").keyed("path", path)
}

const KIT: &str = "The kit whose sample and profile are to go";

fn expungement(forms: &Forms<'_>) -> Markup {
    let form = path(forms, "expungement");
    html! {
        div.wide {
            p {
                "For a person whose every conviction was overturned and whose every charge ended "
                "without one. Needs a certified final order for each basis of the record; while "
                "one basis stands, nothing is expunged. It is not for a person who was only "
                "detained: the statute has no expungement for detention."
            }
            (form.wrap("Ask for expungement", &html! {
                (form.scan("kit", "Kit", KIT, false))
                @for (place, row) in ORDER_ROWS.iter().enumerate() {
                    fieldset.field {
                        legend { "Final order " (place + 1) }
                        div.columns { (order(&form, row)) }
                    }
                }
            }))
        }
    }
}

fn order(form: &Form<'_>, (basis, document, day): &(&str, &str, &str)) -> Markup {
    let words: Vec<_> =
        CustodyBasis::ALL.iter().map(|basis| (basis.word(), title(basis.word()))).collect();
    let options: Vec<_> = words.iter().map(|(word, text)| (*word, text.as_str())).collect();
    html! {
        (form.select(basis, "Basis that it ends", "", &options))
        (form.text(document, "Number of the certified document", ""))
        (form.day(day, "Final on", "From which no appeal was possible any more"))
    }
}

fn ineligibility(forms: &Forms<'_>) -> Markup {
    let form = path(forms, "ineligibility");
    html! {
        div.wide {
            p {
                "For a sample that the law did not allow: a person under 14, a citizen or lawful "
                "permanent resident without a criminal basis, the wrong person, a mix-up. Nobody "
                "has to ask for it from outside, and no order is needed."
            }
            (form.wrap("Ask for removal", &html! {
                (form.scan("kit", "Kit", KIT, false))
                (form.text("why", "What was wrong", "Without names"))
            }))
        }
    }
}

fn administrative(forms: &Forms<'_>) -> Markup {
    let form = path(forms, "administrative");
    html! {
        div.wide {
            p {
                "For everybody else, detention included: an authority orders that record and "
                "sample go. The order's number stands for the order."
            }
            (form.wrap("Ask for removal", &html! {
                (form.scan("kit", "Kit", KIT, false))
                (form.text("order", "Number of the order", ""))
            }))
        }
    }
}

//! Confirmation: four checks at the database laboratory, in their order, before a name may leave
//! it. Only the next check has a form; the others say what they wait for.

use journey::ids::{ConfirmationId, KitBarcode};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use service::ServiceError;
use service::confirmation::Listed;

use super::accession::subject;
use super::candidate;
use crate::call::Call;
use crate::components::{alert, code, facts, plain, stages, table, tag};
use crate::form::{self, Forms};
use crate::layout::{more, part};
use crate::station::{Done, Page, Shape, Station, Verb, input, json};
use crate::text::in_address;

const STAGES: &[&str] =
    &["", "requested", "lawful", "identified", "retyped", "confirmed", "refuted"];
/// Stages that wait for a check.
const OPEN: &[&str] = &["requested", "lawful", "identified", "retyped"];
/// The view that stands where no stage is asked for: all of them.
const WAITING: &str = "waiting";

/// The station.
pub(crate) const STATION: Station = Station {
    name: "confirmation",
    pages: &[Page {
        path: "/confirmation",
        action: "confirmation.list",
        title: "Confirmation",
        nav: "Confirmation",
        marked: true,
        render,
        give: Some(give),
    }],
    verbs: &[
        Verb {
            name: "check-lawful",
            action: "confirmation.check-lawful",
            page: "/confirmation",
            inputs: &[input("confirmation", Shape::Text)],
            file: false,
            done: "The first check is on record.",
            run: check_lawful,
        },
        Verb {
            name: "check-identity",
            action: "confirmation.check-identity",
            page: "/confirmation",
            inputs: &[input("confirmation", Shape::Text), input("prints_agree", Shape::Text)],
            file: false,
            done: "The second check is on record.",
            run: check_identity,
        },
        Verb {
            name: "retype",
            action: "confirmation.retype",
            page: "/confirmation",
            inputs: &[
                input("confirmation", Shape::Text),
                input("retained", Shape::Optional),
                input("sample_unavailable", Shape::Flag),
            ],
            file: true,
            done: "The third check is on record.",
            run: retype,
        },
        Verb {
            name: "conclude",
            action: "confirmation.conclude",
            page: "/confirmation",
            inputs: &[input("confirmation", Shape::Text)],
            file: false,
            done: "The confirmation is concluded.",
            run: conclude,
        },
    ],
};

/// A check of one confirmation.
#[derive(Deserialize)]
struct About {
    confirmation: ConfirmationId,
}

/// What the prints tell; a form writes it as a word.
#[derive(Deserialize)]
#[serde(untagged)]
enum PrintsAgree {
    Said(bool),
    Written(String),
}

#[derive(Deserialize)]
struct CheckIdentity {
    confirmation: ConfirmationId,
    prints_agree: PrintsAgree,
}

fn listed(call: &Call<'_>, stage: &str) -> Result<Vec<Listed>, ServiceError> {
    let limit = call.limit()?;
    call.programme.list_confirmations(&call.op, stage, &call.after()?, limit)
}

/// Every confirmation that waits for a check, the one due first on top.
fn waiting(call: &Call<'_>) -> Result<Vec<Listed>, ServiceError> {
    let mut waiting = Vec::new();
    for stage in OPEN {
        waiting.extend(listed(call, stage)?);
    }
    waiting.sort_by_key(|one| one.due_on);
    Ok(waiting)
}

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&listed(call, call.entered.get("stage"))?)
}

fn check_lawful(call: &Call<'_>) -> Result<Done, ServiceError> {
    let About { confirmation } = call.request()?;
    let listed = call.programme.check_lawful(&call.op, &confirmation)?;
    if listed.stage == "refuted" {
        return checked(&listed);
    }
    let twin = html! {
        p { "Twins can have the same profile. Only the prints tell whose sample this is." }
    };
    Ok(checked(&listed)?.show(html! {
        @if let Some(retained) = &listed.retained {
            (alert("info", "Fetch the retained sample", &html! {
                p { "It is typed again for the third check: kit " (code(retained)) "." }
            }))
        }
        @if listed.twin == Some(true) {
            (alert("warning", "The person has a twin on record", &twin))
        }
        p { a href=(address(&confirmation)) { "Go on with the prints" } }
    }))
}

fn check_identity(call: &Call<'_>) -> Result<Done, ServiceError> {
    let CheckIdentity { confirmation, prints_agree } = call.request()?;
    let agree = match &prints_agree {
        PrintsAgree::Said(agree) => *agree,
        PrintsAgree::Written(word) if word == "true" => true,
        PrintsAgree::Written(word) if word == "false" => false,
        PrintsAgree::Written(_) => {
            return Err(ServiceError::Invalid(
                "prints_agree: it is neither yes nor no; choose one".to_owned(),
            ));
        }
    };
    let programme = call.programme;
    checked(&programme.check_identity(&call.op, &confirmation, agree)?)
}

fn retype(call: &Call<'_>) -> Result<Done, ServiceError> {
    let id = ConfirmationId::from(call.needed("confirmation")?);
    let programme = call.programme;
    checked(&match call.entered.get("sample_unavailable") {
        "true" => programme.retype(&call.op, &id, None)?,
        _ => {
            let retained = KitBarcode::from(call.needed("retained")?);
            programme.retype_file(&call.op, &id, &retained, call.file()?)?
        }
    })
}

fn conclude(call: &Call<'_>) -> Result<Done, ServiceError> {
    let About { confirmation } = call.request()?;
    let programme = call.programme;
    checked(&programme.conclude_confirmation(&call.op, &confirmation)?)
}

/// After an end it is shown what the end means; before it, the next check.
fn checked(listed: &Listed) -> Result<Done, ServiceError> {
    let done = Done::with(listed)?;
    Ok(match listed.stage {
        "confirmed" | "refuted" => done.show(ended(listed)),
        _ => done.to(address(&listed.confirmation)),
    })
}

fn address(confirmation: &ConfirmationId) -> String {
    let id = in_address(confirmation.as_str());
    format!("/confirmation?confirmation={id}")
}

fn ended(listed: &Listed) -> Markup {
    html! {
        div.now role="status" {
            @if listed.stage == "confirmed" {
                h2 { "Confirmed" }
                p {
                    "The laboratory " (code(&listed.laboratory)) " may read the name under its "
                    "notices, for a purpose of 34 USC 12592(b)(3)."
                }
            } @else {
                h2 { "Refuted" }
                p { "The candidate ends here. No name leaves the laboratory." }
            }
            p { "Confirmation " (code(&listed.confirmation)) }
        }
    }
}

fn render(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let stage = call.stage(WAITING);
    let listed = match stage {
        WAITING => waiting(call)?,
        stage => listed(call, stage)?,
    };
    let chosen = match subject(call, forms, "confirmation") {
        "" => None,
        id => call.programme.find_confirmation(&call.op, &id.into()).map(Some)?,
    };
    Ok(html! {
        @if let Some(one) = &chosen { (part("Four checks", &checks(call, forms, one))) }
        (stages("/confirmation", stage, STAGES))
        (worklist(call, &listed))
        (more(call, "/confirmation", &listed, call.limit()?))
    })
}

fn worklist(call: &Call<'_>, listed: &[Listed]) -> Markup {
    let may_view = call.may("candidate.view");
    let row = |line: &Listed| {
        vec![
            html! { a href=(address(&line.confirmation)) { (code(&line.specimen)) } },
            html! {
                @if may_view { a href=(candidate::address(&line.candidate)) { "Compare" } }
                @else { (code(&line.candidate)) }
            },
            plain(&line.laboratory),
            due(call, line),
            tag(line.stage),
        ]
    };
    let rows: Vec<_> = listed.iter().map(row).collect();
    let heads = ["Specimen", "Candidate", "Laboratory of the case", "Due", "Stage"];
    table("Confirmations", &heads, &rows)
}

fn due(call: &Call<'_>, line: &Listed) -> Markup {
    let today = call.op.at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let open = !matches!(line.stage, "confirmed" | "refuted");
    html! {
        time datetime=(line.due_on) { (line.due_on) }
        @if open && line.due_on < today { " " (tag("overdue")) }
    }
}

fn checks(call: &Call<'_>, forms: &Forms<'_>, one: &Listed) -> Markup {
    let done = STAGES
        .iter()
        .filter(|stage| !stage.is_empty())
        .position(|stage| *stage == one.stage)
        .unwrap_or_default();
    html! {
        (facts(&[
            ("Confirmation", code(&one.confirmation)),
            ("Specimen", code(&one.specimen)),
            ("Laboratory of the case", plain(&one.laboratory)),
            ("Due", due(call, one)),
            ("Stage", tag(one.stage)),
        ]))
        @if one.stage == "refuted" { (ended(one)) }
        @else {
            ol {
                @for (place, check) in CHECKS.iter().enumerate() {
                    li { (step(call, forms, one, check, place.cmp(&done))) }
                }
            }
            @if one.stage == "confirmed" { (ended(one)) }
        }
    }
}

/// One of the four checks.
struct Check {
    action: &'static str,
    title: &'static str,
    meaning: &'static str,
    form: fn(&Forms<'_>, &Listed) -> Markup,
}

const CHECKS: &[Check] = &[
    Check {
        action: "confirmation.check-lawful",
        title: "Is the sample still lawful?",
        meaning: "The custody record is read as it stands now: basis, age, removals.",
        form: lawful_form,
    },
    Check {
        action: "confirmation.check-identity",
        title: "Do the prints identify the owner of the sample?",
        meaning: "Compare the prints on the form with the identification record.",
        form: identity_form,
    },
    Check {
        action: "confirmation.retype",
        title: "Does the retained sample give the same profile?",
        meaning: "Type the retained sample again. At least 13 loci must be there both times, and \
                  every one must be equal.",
        form: retype_form,
    },
    Check {
        action: "confirmation.conclude",
        title: "Does a second person agree?",
        meaning: "Somebody other than who typed it again looks at all of it and concludes.",
        form: conclude_form,
    },
];

fn step(
    call: &Call<'_>,
    forms: &Forms<'_>,
    one: &Listed,
    check: &Check,
    place: std::cmp::Ordering,
) -> Markup {
    use std::cmp::Ordering::{Equal, Greater, Less};
    html! {
        h3 { (check.title) }
        @match place {
            Less => p { (tag("yes")) " Done." },
            Equal if call.may(check.action) => {
                p { (check.meaning) }
                ((check.form)(forms, one))
            }
            Equal => (alert("info", "Next", &html! {
                p { (check.meaning) " Your account has no role that may do it: "
                    (roles(call, check.action)) "." }
            })),
            Greater => p { "Not yet: the check before it comes first." },
        }
    }
}

fn roles(call: &Call<'_>, action: &str) -> String {
    let roles = call.programme.roles().roles(action);
    let words: Vec<_> = roles.iter().map(|role| role.word()).collect();
    words.join(", ")
}

fn lawful_form(forms: &Forms<'_>, one: &Listed) -> Markup {
    let form = forms.of("confirmation/check-lawful");
    let form = form.keyed("confirmation", &one.confirmation);
    form.button("Look it up", "")
}

fn identity_form(forms: &Forms<'_>, one: &Listed) -> Markup {
    let form = forms.of("confirmation/check-identity");
    let form = form.keyed("confirmation", &one.confirmation);
    let options = [
        ("true", "Yes: they identify the owner of the sample"),
        ("false", "No: they do not; the candidate is refuted"),
    ];
    form.wrap(
        "Record the answer",
        &form.select("prints_agree", "Do the prints agree?", "", &options),
    )
}

fn retype_form(forms: &Forms<'_>, one: &Listed) -> Markup {
    let form = || {
        let form = forms.of("confirmation/retype");
        form.keyed("confirmation", &one.confirmation)
    };
    let typed = form();
    let about = "Barcode of the kit, on the swab from the archive";
    let file = typed.file("Genotype table", "With the one sample that was typed again");
    html! {
        (typed.wrap_file("Record the new profile", &html! {
            (typed.scan("retained", "Retained sample", about, false))
            (file)
        }))
        details {
            summary { "There is no sample left" }
            p { "Without a sample nothing can be confirmed: the candidate is refuted." }
            (form().wrap("Record that none is left", &form::hidden("sample_unavailable", "true")))
        }
    }
}

fn conclude_form(forms: &Forms<'_>, one: &Listed) -> Markup {
    let form = forms.of("confirmation/conclude");
    let form = form.keyed("confirmation", &one.confirmation);
    form.button("Conclude: the candidate is confirmed", "")
}

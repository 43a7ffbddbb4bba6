//! Eligibility: open bookings by what the rules say, and one decision with its reasons, their
//! authority, and the facts on which it rests.

use journey::eligibility::{Decision, Facts};
use journey::ids::BookingId;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use service::booking::Listed;
use service::eligibility::Explained;
use service::{After, ServiceError};

use crate::call::Call;
use crate::components::{code, facts, plain, table, tag};
use crate::form::{Forms, ask, ask_text};
use crate::layout::{cut, part};
use crate::pages::{booking, discretion, hindsight, person};
use crate::station::{Done, Page, Shape, Station, Verb, input, json};
use crate::text::{in_address, instant, words};

/// The station.
pub(crate) const STATION: Station = Station {
    name: "eligibility",
    pages: &[
        Page {
            path: "/eligibility",
            action: "eligibility.list",
            title: "Eligibility",
            nav: "Eligibility",
            marked: false,
            render,
            give: Some(give),
        },
        Page {
            path: "/eligibility/view",
            action: "eligibility.view",
            title: "One decision",
            nav: "",
            marked: false,
            render: render_view,
            give: Some(give_view),
        },
        Page {
            path: "/eligibility/replay",
            action: "eligibility.replay",
            title: "Past decisions asked again",
            nav: "",
            marked: false,
            render: hindsight::render_replay,
            give: Some(hindsight::give_replay),
        },
        Page {
            path: "/eligibility/what-if",
            action: "eligibility.what-if",
            title: "What another rule set would say",
            nav: "",
            marked: false,
            render: hindsight::render_what_if,
            give: Some(hindsight::give_what_if),
        },
        Page {
            path: "/eligibility/overrides",
            action: "eligibility.overrides-list",
            title: "Rules set aside",
            nav: "",
            marked: false,
            render: discretion::render,
            give: Some(discretion::give),
        },
    ],
    verbs: &[
        Verb {
            name: "decide",
            action: "eligibility.decide",
            page: "/eligibility/view",
            inputs: &[input("booking", Shape::Text)],
            file: false,
            done: "Decided with the facts of now.",
            run: decide,
        },
        Verb {
            name: "ask-override",
            action: "eligibility.ask-override",
            page: "/eligibility/view",
            inputs: &[
                input("booking", Shape::Text),
                input("reason", Shape::Text),
                input("citation", Shape::Text),
            ],
            file: false,
            done: "Asked; another person answers.",
            run: discretion::ask,
        },
        Verb {
            name: "approve-override",
            action: "eligibility.approve-override",
            page: "/eligibility/view",
            inputs: &[input("booking", Shape::Text)],
            file: false,
            done: "Approved; the booking is decided again.",
            run: discretion::approve,
        },
        Verb {
            name: "deny-override",
            action: "eligibility.deny-override",
            page: "/eligibility/view",
            inputs: &[input("booking", Shape::Text), input("why", Shape::Text)],
            file: false,
            done: "Denied; the rules stand.",
            run: discretion::deny,
        },
    ],
};

/// Pages that are reached from the worklist: the action, the address, and what it is.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("eligibility.overrides-list", "/eligibility/overrides", "Rules set aside"),
    ("eligibility.replay", "/eligibility/replay", "Ask past decisions again"),
    ("eligibility.what-if", "/eligibility/what-if", "Ask what another rule set would say"),
];

/// Decide again.
#[derive(Deserialize)]
struct Decide {
    booking: BookingId,
}

fn list(call: &Call<'_>) -> Result<Vec<Listed>, ServiceError> {
    let limit = call.limit()?;
    call.programme.list_bookings(&call.op, "open", &After::start(), limit)
}

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&list(call)?)
}

fn view(call: &Call<'_>) -> Result<Explained, ServiceError> {
    let booking = BookingId::from(call.needed("booking")?);
    call.programme.view_eligibility(&call.op, &booking)
}

fn give_view(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&view(call)?)
}

fn decide(call: &Call<'_>) -> Result<Done, ServiceError> {
    let Decide { booking } = call.request()?;
    let decision = call.programme.decide_eligibility(&call.op, &booking)?;
    let address = in_address(booking.as_str());
    Ok(Done::with(&decision)?.to(format!("/eligibility/view?booking={address}")))
}

fn render(call: &Call<'_>, _forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let open = list(call)?;
    let shown = open.len();
    let (mut due, mut may, mut waits, mut no) = (vec![], vec![], vec![], vec![]);
    for line in open {
        match line.outcome.map(|outcome| outcome.word()) {
            Some("collect") => due.push(line),
            Some("may_skip") => may.push(line),
            Some("do_not_collect") => no.push(line),
            _ => waits.push(line),
        }
    }
    Ok(html! {
        p { "Open bookings by what the rules say of them now." }
        ul {
            @for (_, path, text) in ELSEWHERE.iter().filter(|(action, ..)| call.may(action)) {
                li { a href=(path) { (text) } }
            }
        }
        (booking::rows(call, "A sample is due", &due))
        (booking::rows(call, "A fact is missing; ask again when it is there", &waits))
        (booking::rows(call, "A sample may be taken and need not be", &may))
        (booking::rows(call, "No sample may be taken", &no))
        (cut(shown, call.limit()?))
    })
}

fn render_view(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let asked = call.entered.get("booking");
    if asked.is_empty() {
        let field = ask_text("eligibility-view-booking", "booking", "Booking", "", "");
        return Ok(ask("/eligibility/view", "See the decision", &field));
    }
    let explained = view(call)?;
    let Explained { decision, facts, rules, rule_set, .. } = &explained;
    let held = rules.iter().map(|rule| {
        let source = format!("{}, {}", rule.authority, rule.confidence);
        vec![code(&rule.id), plain(words(rule.outcome.word())), plain(&rule.summary), plain(source)]
    });
    let held: Vec<_> = held.collect();
    Ok(html! {
        (person::owes(&explained.owed))
        (summary(call, decision))
        @if rule_set.as_ref().is_some_and(|now| !now.same_text) {
            p { "The rule set reads differently today than when this was decided." }
        }
        (table(
            "Every rule that holds, the limbs of the duty too",
            &["Rule", "It says", "In words", "Source"],
            &held,
        ))
        (part("Facts on which it rests", &of(facts)))
        (discretion::of(call, forms, &explained))
        @if call.may("booking.view") {
            @let address = in_address(asked);
            p { a href={ "/booking/view?booking=" (address) } { "See the booking with the name" } }
        }
        @if call.may("eligibility.decide") {
            (part("Decide again", &html! {
                p {
                    "The facts of the booking as they are now decide. "
                    "The earlier decision stays on record."
                }
                (forms.of("eligibility/decide").keyed("booking", asked).button("Decide again", ""))
            }))
        }
    })
}

/// A decision with its reasons.
pub(crate) fn summary(call: &Call<'_>, decision: &Decision) -> Markup {
    let finding = &decision.finding;
    let category = finding.category.map_or_else(|| plain("none"), plain);
    let expired = call.op.at >= decision.expires_at;
    let digest: String = finding.rule_set_sha256.chars().take(12).collect();
    let rows = [
        ("Booking", code(&decision.booking)),
        ("Decision", tag(finding.outcome.word())),
        ("Specimen category", category),
        ("Decided", instant(decision.at)),
        (
            "Stands until",
            html! { (instant(decision.expires_at)) @if expired { " " (tag("expired")) } },
        ),
        ("Rule set", html! { (finding.rule_set) " " (code(&digest)) }),
    ];
    let reasons = finding
        .reasons
        .iter()
        .map(|reason| vec![code(&reason.id), plain(&reason.authority), plain(&reason.confidence)]);
    let reasons: Vec<_> = reasons.collect();
    html! {
        (facts(&rows))
        @if !finding.missing.is_empty() {
            p { strong { "Missing: " } (list_of(&finding.missing)) }
        }
        (table("Reasons, the first one decides", &["Rule", "Authority", "Source"], &reasons))
    }
}

/// Names of facts as people read them.
pub(crate) fn list_of(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| words(name)).collect();
    names.join(", ")
}

fn of(known: &Facts) -> Markup {
    let circumstances = &known.circumstances;
    let age = known.age_years.map_or_else(|| plain("not known"), plain);
    let basis = circumstances.custody_basis.iter();
    let basis: Vec<_> = basis.map(|basis| words(basis.word())).collect();
    let other = circumstances.other_agency.as_deref().unwrap_or("no");
    let waiver = circumstances.waiver.as_deref().unwrap_or("no");
    let set_aside: Vec<_> = known.set_aside.iter().map(String::as_str).collect();
    let set_aside = if set_aside.is_empty() { "none".to_owned() } else { set_aside.join(", ") };
    let yes = if known.recollection_open { "yes" } else { "no" };
    facts(&[
        ("Site", plain(&circumstances.site)),
        ("Component", plain(&circumstances.component)),
        ("Booked", instant(circumstances.booked_at)),
        ("Decided on", plain(known.decided_on)),
        ("Age in years", age),
        ("Age is", plain(words(known.age_confidence().word()))),
        ("Citizenship", plain(words(circumstances.citizenship.word()))),
        ("Citizenship is", plain(words(circumstances.citizenship_confidence.word()))),
        ("Lawful presence", plain(words(circumstances.lawful_status.word()))),
        ("Held because", plain(basis.join(", "))),
        ("Further proceedings", plain(words(circumstances.further_proceedings.word()))),
        ("Analysis on file", plain(words(circumstances.on_file.word()))),
        ("Another agency collects", plain(other)),
        ("Waiver on record", plain(waiver)),
        ("Standing order to collect again", plain(yes)),
        ("Rules set aside", plain(set_aside)),
    ])
}

//! Requests to set a rule aside: asked and answered on the page of the decision, listed on a page
//! of their own. Both stand under `eligibility`.

use journey::discretion::Stage;
use journey::ids::BookingId;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use service::discretion::{Ask, Listed};
use service::eligibility::Explained;
use service::{After, ServiceError};

use crate::call::Call;
use crate::components::{alert, code, facts, plain, stages, table, tag};
use crate::form::Forms;
use crate::layout::{more, part};
use crate::station::{Done, json};
use crate::text::{in_address, instant};

/// About which booking.
#[derive(Deserialize)]
struct About {
    booking: BookingId,
}

/// Deny.
#[derive(Deserialize)]
struct Deny {
    booking: BookingId,
    why: String,
}

pub(super) fn ask(call: &Call<'_>) -> Result<Done, ServiceError> {
    let ask: Ask = call.request()?;
    let listed = call.programme.ask_override(&call.op, &ask)?;
    Ok(Done::with(&listed)?.to(address(&ask.booking)))
}

pub(super) fn approve(call: &Call<'_>) -> Result<Done, ServiceError> {
    let About { booking } = call.request()?;
    let decision = call.programme.approve_override(&call.op, &booking)?;
    Ok(Done::with(&decision)?.to(address(&booking)))
}

pub(super) fn deny(call: &Call<'_>) -> Result<Done, ServiceError> {
    let Deny { booking, why } = call.request()?;
    let listed = call.programme.deny_override(&call.op, &booking, &why)?;
    Ok(Done::with(&listed)?.to(address(&booking)))
}

fn address(booking: &BookingId) -> String {
    format!("/eligibility/view?booking={}", in_address(booking.as_str()))
}

fn list(call: &Call<'_>, after: &After) -> Result<Vec<Listed>, ServiceError> {
    let (stage, limit) = (call.stage("asked"), call.limit()?);
    call.programme.list_overrides(&call.op, stage, after, limit)
}

pub(super) fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&list(call, &call.after()?)?)
}

pub(super) fn render(call: &Call<'_>, _forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let requests = list(call, &call.after()?)?;
    let row = |line: &Listed| {
        let rules: Vec<_> = line.rules.iter().map(String::as_str).collect();
        vec![
            html! { a href=(address(&line.booking)) { (code(&line.booking)) } },
            plain(rules.join(", ")),
            plain(&line.reason),
            plain(&line.citation),
            plain(&line.asked_by),
            instant(line.since),
            tag(line.stage),
        ]
    };
    let rows: Vec<_> = requests.iter().map(row).collect();
    let words: Vec<_> = [""].into_iter().chain(Stage::WORDS.iter().copied()).collect();
    let heads = ["Booking", "Rules", "Reason", "Citation", "Asked by", "Since", "Stage"];
    Ok(html! {
        p { "A rule is set aside only where the law itself leaves the choice, and by two persons." }
        (stages("/eligibility/overrides", call.stage("asked"), &words))
        (table("Requests to set a rule aside", &heads, &rows))
        (more(call, "/eligibility/overrides", &requests, call.limit()?))
    })
}

/// The part of a decision's page: the request that is there, or the form to ask.
pub(super) fn of(call: &Call<'_>, forms: &Forms<'_>, explained: &Explained) -> Markup {
    let booking = &explained.decision.booking;
    let denied = |request: &Listed| request.stage == "denied";
    let may_ask = call.may("eligibility.ask-override") && explained.leaves_room;
    html! {
        @if let Some(request) = &explained.request { (part("A rule set aside", &html! {
            (shown(request))
            @if request.stage == "asked" && call.may("eligibility.approve-override") {
                (answers(forms, booking))
            }
        })) }
        @if may_ask && explained.request.as_ref().is_none_or(denied) {
            (part("Ask to set the rule aside", &html! {
                (alert("info", "The law leaves a choice here", &html! {
                    p {
                        "No sample may be taken as the rules stand. Another person may approve "
                        "that they are set aside for this booking."
                    }
                    @for (id, words) in choices(explained) { p { (code(id)) ": " (words) } }
                }))
                @let form = forms.of("eligibility/ask-override").keyed("booking", booking);
                (form.wrap("Ask", &html! {
                    (form.text("reason", "Reason", "Why for this booking; no name of a person"))
                    (form.text("citation", "Citation", "The provision or order under which"))
                }))
            }))
        }
    }
}

fn choices(explained: &Explained) -> impl Iterator<Item = (&str, &str)> {
    let rules = explained.rules.iter();
    rules.filter_map(|rule| Some((rule.id.as_str(), rule.discretion.as_deref()?)))
}

fn shown(request: &Listed) -> Markup {
    let rules: Vec<_> = request.rules.iter().map(String::as_str).collect();
    let answered = request.answered_by.as_ref().map_or_else(|| plain("nobody yet"), plain);
    facts(&[
        ("Rules", plain(rules.join(", "))),
        ("Reason", plain(&request.reason)),
        ("Citation", plain(&request.citation)),
        ("Asked by", plain(&request.asked_by)),
        ("Answered by", answered),
        ("Why not", plain(request.why_not.as_deref().unwrap_or("-"))),
        ("Stage", tag(request.stage)),
        ("Since", instant(request.since)),
    ])
}

fn answers(forms: &Forms<'_>, booking: &BookingId) -> Markup {
    let deny = forms.of("eligibility/deny-override").keyed("booking", booking);
    html! {
        (forms.of("eligibility/approve-override").keyed("booking", booking).button("Approve", ""))
        (deny.wrap("Deny", &html! { (deny.text("why", "Why not", "")) }))
    }
}

//! The record of every step: its newest entries on either side of the wall, and its proof.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use service::ServiceError;
use service::audit::{Checked, Listed, Side};

use crate::call::Call;
use crate::components::{alert, code, facts, plain, table};
use crate::form::Forms;
use crate::station::{Done, Page, Station, Verb, json};
use crate::text::{instant, number, title};

/// The station.
pub(crate) const STATION: Station = Station {
    name: "audit",
    pages: &[
        Page {
            path: "/audit",
            action: "audit.view",
            title: "Audit record",
            nav: "Audit",
            marked: false,
            render,
            give: Some(give),
        },
        Page {
            path: "/audit/verify",
            action: "audit.verify",
            title: "Verify the audit record",
            nav: "Audit",
            marked: false,
            render: render_verify,
            give: None,
        },
    ],
    verbs: &[
        Verb {
            name: "verify",
            action: "audit.verify",
            page: "/audit/verify",
            inputs: &[],
            file: false,
            done: "Every entry of both records was checked; see below.",
            run: verify,
        },
        Verb {
            name: "sign",
            action: "audit.sign",
            page: "/audit/verify",
            inputs: &[],
            file: false,
            done: "Both records are signed; publish what stands below.",
            run: sign,
        },
    ],
};

/// Verifying and signing take nothing.
#[derive(Deserialize)]
struct Nothing {}

fn side(call: &Call<'_>) -> Result<Side, ServiceError> {
    match call.entered.get("side") {
        "" | "custody" => Ok(Side::Custody),
        "index" => Ok(Side::Index),
        _ => Err(ServiceError::Invalid("side: give custody or index".to_owned())),
    }
}

fn list(call: &Call<'_>) -> Result<Vec<Listed>, ServiceError> {
    let before = match call.entered.get("before") {
        "" => None,
        text => Some(text.parse().map_err(|_| {
            ServiceError::Invalid("before: give the number of an entry".to_owned())
        })?),
    };
    call.programme.list_audit(&call.op, side(call)?, before, call.limit()?)
}

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&list(call)?)
}

fn verify(call: &Call<'_>) -> Result<Done, ServiceError> {
    let Nothing {} = call.request()?;
    let checked = call.programme.verify_audit(&call.op, &|_, _, _| {})?;
    let shown = html! { @for record in &checked { (verdict(record)) } };
    Ok(Done::with(&checked)?.show(shown))
}

fn sign(call: &Call<'_>) -> Result<Done, ServiceError> {
    let Nothing {} = call.request()?;
    let signed = call.programme.sign_audit(&call.op)?;
    let shown = html! {
        @for record in &signed {
            h2 { (title(record.side.word())) " record, " (number(record.size)) " entries" }
            pre { (record.checkpoint) }
            p { "Key that verifies it: " (code(&record.verifier_key)) }
        }
    };
    Ok(Done::with(&signed)?.show(shown))
}

fn verdict(checked: &Checked) -> Markup {
    let heading = format!("{} record", title(checked.side.word()));
    match &checked.fault {
        Some(fault) => alert(
            "error",
            &format!("{heading}: a fault"),
            &html! {
                p { (fault) }
                p { "Tell the administrator and the auditor; change nothing." }
            },
        ),
        None => alert(
            "success",
            &format!("{heading}: unbroken"),
            &facts(&[
                ("Entries", plain(number(checked.size))),
                ("Covered by a signature", plain(number(checked.signed))),
                ("Root", code(&checked.root)),
            ]),
        ),
    }
}

fn render(call: &Call<'_>, _forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let side = side(call)?;
    let entries = list(call)?;
    let rows: Vec<_> = entries.iter().map(row).collect();
    let full = u32::try_from(entries.len()).is_ok_and(|shown| shown >= call.limit().unwrap_or(0));
    let older = entries.last().map(|entry| entry.entry).filter(|_| full);
    let link = |word: &str| {
        let here = word == side.word();
        html! {
            li {
                a href={ "/audit?side=" (word) } aria-current=[here.then_some("true")] {
                    (title(word)) " record"
                }
            }
        }
    };
    Ok(html! {
        @if call.may("audit.verify") {
            p { a.button href="/audit/verify" { "Verify both records" } }
        }
        nav.stages aria-label="Record" { ul { (link("custody")) (link("index")) } }
        (table(
            "Newest entries first",
            &["Entry", "When", "Account", "Station", "About", "What", "Purpose", "Details"],
            &rows,
        ))
        @if let Some(older) = older {
            p { a href={ "/audit?side=" (side.word()) "&before=" (older) } { "Older entries" } }
        }
    })
}

fn row(entry: &Listed) -> Vec<Markup> {
    vec![
        plain(number(entry.entry)),
        instant(entry.at),
        plain(&entry.actor),
        plain(&entry.station),
        code(&entry.subject),
        plain(&entry.kind),
        plain(&entry.purpose),
        html! {
            @if !["null", "", "{}"].contains(&entry.body.as_str()) {
                details { summary { "Show" } (code(&entry.body)) }
            }
        },
    ]
}

fn render_verify(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    Ok(html! {
        p {
            "Reads both records from the first entry to the last, computes every hash again and "
            "compares the result with the signed checkpoints. Nothing is changed."
        }
        (forms.of("audit/verify").button("Verify both records", ""))
        @if call.may("audit.sign") {
            p {
                "Signing makes a checkpoint of both records. Publish it outside this programme: "
                "whoever keeps it can prove a later change."
            }
            (forms.of("audit/sign").button("Sign both records", ""))
        }
        @if call.may("audit.view") { p { a href="/audit" { "Back to the entries" } } }
    })
}

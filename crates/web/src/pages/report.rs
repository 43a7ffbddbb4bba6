//! The figures of the programme, each counted from the record; and the pages that go further: who
//! was due and who was sampled, samples that should not have been taken, and the recount.

use maud::{Markup, html};
use serde_json::Value;
use service::ServiceError;

use crate::call::Call;
use crate::components::{code, facts, plain, table};
use crate::form::Forms;
use crate::layout::part;
use crate::pages::{coverage, hits, proof};
use crate::station::{Page, Station, json};
use crate::text::{number, title};

/// The station.
pub(crate) const STATION: Station = Station {
    name: "report",
    pages: &[
        Page {
            path: "/report",
            action: "report.view",
            title: "Report",
            nav: "Report",
            marked: false,
            render,
            give: Some(give),
        },
        Page {
            path: "/report/coverage",
            action: "report.coverage-view",
            title: "Who was due and who was sampled",
            nav: "",
            marked: false,
            render: coverage::render,
            give: Some(coverage::give),
        },
        Page {
            path: "/report/minors",
            action: "report.minors-view",
            title: "Samples of minors and citizens",
            nav: "",
            marked: false,
            render: proof::render_minors,
            give: Some(proof::give_minors),
        },
        Page {
            path: "/report/hits",
            action: "report.hits-view",
            title: "Hits and investigations aided",
            nav: "Hits",
            marked: false,
            render: hits::render,
            give: Some(hits::give),
        },
        Page {
            path: "/report/recount",
            action: "report.recount-verify",
            title: "Every figure counted twice",
            nav: "",
            marked: false,
            render: proof::render_recount,
            give: Some(proof::give_recount),
        },
    ],
    verbs: &[],
};

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&call.programme.summary(&call.op)?)
}

fn figure(name: &str, value: u64) -> Vec<Markup> {
    vec![plain(name), html! { span.figure { (number(value)) } }]
}

fn render(call: &Call<'_>, _forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let summary = call.programme.summary(&call.op)?;
    let by = summary.bookings_by_disposition.iter();
    let mut bookings: Vec<_> = by.map(|(word, count)| figure(&title(word), *count)).collect();
    bookings.push(vec![
        html! { strong { "All bookings" } },
        html! { strong { (number(summary.bookings)) } },
    ]);
    bookings.push(figure("Persons in these bookings", summary.persons));
    let samples = [
        figure("Kits received into stock", summary.kits),
        figure("Samples sealed", summary.collections),
        figure("Packages received at the laboratory", summary.packages),
        figure("Samples accepted", summary.accepted),
        figure("Samples rejected", summary.rejects),
        figure("Orders to collect again, satisfied", summary.recollections),
        figure("Orders to collect again, open", summary.recollections_open),
    ];
    let index = [
        figure("Records entered into the index", summary.profiles),
        figure("Candidates found", summary.candidates),
        figure("Candidates confirmed", summary.confirmed),
        figure("Candidates excluded or refuted", summary.excluded),
        figure("Notices raised", summary.notices),
        figure("Removals certified", summary.removals),
        figure("Steps that the rules refused", summary.refusals),
    ];
    let heads = ["Figure", "Number"];
    let record = facts(&[
        ("Custody entries", plain(number(summary.audit_size))),
        ("Custody root", code(&summary.audit_root)),
        ("Index entries", plain(number(summary.index_audit_size))),
        ("Index root", code(&summary.index_audit_root)),
    ]);
    Ok(html! {
        @if call.may("report.coverage-view") {
            ul {
                li { a href="/report/coverage" { "Who was due and who was sampled" } }
                li { a href="/report/minors" { "Samples of minors and citizens" } }
                li { a href="/report/recount" { "Every figure counted twice" } }
            }
        }
        (table("Bookings by how they stand accounted for", &["Disposition", "Bookings"], &bookings))
        (table("Samples", &heads, &samples))
        (table("Index and what follows", &heads, &index))
        (part("The record that these figures are counted from", &record))
    })
}

//! Hits and investigations aided, counted from the record, with every count that was taken back.
//! Stands under `report`.

use maud::{Markup, html};
use serde_json::Value;
use service::ServiceError;
use service::candidate::count::Correction;

use crate::call::Call;
use crate::components::{code, plain, table};
use crate::form::Forms;
use crate::station::json;
use crate::text::{instant, number, title};

pub(super) fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&call.programme.counters(&call.op)?)
}

pub(super) fn render(call: &Call<'_>, _: &Forms<'_>) -> Result<Markup, ServiceError> {
    let counters = call.programme.counters(&call.op)?;
    let figure = |name: &str, value: u64| vec![plain(name), plain(number(value))];
    let mut rows = vec![
        figure("Hits (offender hits and forensic hits)", counters.hits),
        figure("Investigations aided, each case once", counters.investigations_aided),
    ];
    rows.extend(counters.counted.iter().map(|(word, count)| figure(&title(word), *count)));
    let correction = |line: &Correction| {
        vec![
            instant(line.at),
            code(&line.candidate),
            plain(title(line.hit.word())),
            plain(&line.why),
        ]
    };
    let corrections: Vec<_> = counters.corrections.iter().map(correction).collect();
    Ok(html! {
        p {
            "A candidate is counted once, by the laboratory of the case, when it was confirmed or "
            "concluded. Counts that were taken back are not in the figures and stand below."
        }
        (table("Counted from the record of events", &["Figure", "Number"], &rows))
        (table("Taken back", &["When", "Candidate", "Had been", "Why"], &corrections))
    })
}

//! The chain of custody of one kit: who had it, when, and why it moved.

use journey::custody::Entry;
use journey::ids::KitBarcode;
use maud::{Markup, html};
use serde_json::Value;
use service::ServiceError;

use crate::answer;
use crate::call::Call;
use crate::components::{plain, table, tag};
use crate::form::{Forms, ask, ask_text};
use crate::station::{Page, Station, json};
use crate::text::instant;

/// The station.
pub(crate) const STATION: Station = Station {
    name: "custody",
    pages: &[Page {
        path: "/custody",
        action: "custody.view",
        title: "Chain of custody",
        nav: "Custody",
        marked: false,
        render,
        give: Some(give),
    }],
    verbs: &[],
};

fn chain(call: &Call<'_>) -> Result<Vec<Entry>, ServiceError> {
    let kit = KitBarcode::from(call.needed("kit")?);
    call.programme.chain_of_custody(&call.op, &kit)
}

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&chain(call)?)
}

fn render(call: &Call<'_>, _forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let kit = call.entered.get("kit");
    let field = ask_text("custody-kit", "kit", "Kit barcode", "Scan or type it", kit);
    let found = match kit {
        "" => html! {},
        _ => match chain(call) {
            Ok(entries) => entries_of(&entries),
            Err(error @ ServiceError::NotFound { .. }) => answer::alert(&error, None),
            Err(error) => return Err(error),
        },
    };
    Ok(html! {
        (ask("/custody", "Show the chain", &field))
        (found)
    })
}

fn entries_of(entries: &[Entry]) -> Markup {
    let row = |entry: &Entry| {
        vec![instant(entry.at), tag(entry.action.word()), plain(&entry.place), plain(&entry.by)]
    };
    let rows: Vec<_> = entries.iter().map(row).collect();
    table(
        "Chain of custody, first entry first",
        &["When", "What", "Place or package afterwards", "By"],
        &rows,
    )
}

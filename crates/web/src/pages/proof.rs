//! What proves the figures: sealed samples that should not have been taken, which must be none, and
//! every figure counted from events and from rows. Both stand under `report`.

use maud::{Markup, html};
use serde_json::Value;
use service::ServiceError;
use service::minors::Doubtful;

use crate::call::Call;
use crate::components::{alert, code, facts, plain, table, tag};
use crate::form::Forms;
use crate::layout::part;
use crate::station::json;
use crate::text::{instant, number, words};

pub(super) fn give_minors(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&call.programme.minors_and_citizens(&call.op)?)
}

pub(super) fn render_minors(call: &Call<'_>, _forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let minors = call.programme.minors_and_citizens(&call.op)?;
    let (tone, heading) = match minors.doubtful.len() {
        0 => ("success", "None"),
        _ => ("error", "There are some"),
    };
    Ok(html! {
        (alert(tone, heading, &html! { p { (minors.says) } }))
        p {
            "Looked at are the facts and the decision that stood when each sample was sealed. "
            "The look is on record."
        }
        @for line in &minors.doubtful { (doubtful(line)) }
    })
}

fn doubtful(line: &Doubtful) -> Markup {
    let doubts: Vec<_> = line.doubts.iter().map(|doubt| words(doubt.word())).collect();
    let known = facts(&[
        ("What is wrong", plain(doubts.join(", "))),
        ("Decision", line.decision.as_ref().map_or_else(|| plain("none"), code)),
        ("Outcome", line.outcome.map_or_else(|| plain("none"), |it| tag(it.word()))),
        ("Reasons", plain(line.reasons.join(", "))),
        ("Collection", code(&line.collection)),
    ]);
    let steps = line.trail.iter().map(|step| {
        vec![
            plain(step.seq),
            instant(step.at),
            plain(words(&step.what)),
            plain(&step.actor),
            plain(&step.purpose),
        ]
    });
    let caption = format!("Trail of booking {}", line.booking);
    let heads = ["Entry", "When", "What", "By", "Purpose"];
    part(
        &format!("Booking {}", line.booking),
        &html! { (known) (table(&caption, &heads, &steps.collect::<Vec<_>>())) },
    )
}

pub(super) fn give_recount(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&call.programme.recount(&call.op)?)
}

pub(super) fn render_recount(call: &Call<'_>, _forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let recount = call.programme.recount(&call.op)?;
    let compared = number(recount.compared as u64);
    let (tone, heading) = match recount.different {
        0 => ("success", "Every figure is the same"),
        _ => ("error", "Figures differ"),
    };
    let rows = recount.figures.iter().map(|figure| {
        let rows = figure.rows.map_or_else(|| "kept in events only".to_owned(), number);
        vec![
            plain(&figure.figure),
            plain(number(figure.events)),
            plain(rows),
            tag(if figure.equal { "yes" } else { "no" }),
        ]
    });
    let heads = ["Figure", "From events", "From rows", "Same"];
    Ok(html! {
        (alert(tone, heading, &html! {
            p { (compared) " figures were counted from the record of events alone, and again from "
                "the rows; " (number(recount.different as u64)) " differ." }
        }))
        (table("Every figure, counted twice", &heads, &rows.collect::<Vec<_>>()))
    })
}

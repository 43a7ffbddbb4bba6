//! Past decisions asked again, from their own facts under their own rules, and what another rule
//! set would have said of every booking. Both stand under `eligibility`; neither changes anything.

use journey::ids::BookingId;
use maud::{Markup, html};
use serde_json::Value;
use service::ServiceError;
use service::hindsight::{Replay, WhatIf};

use crate::call::Call;
use crate::components::{alert, code, facts, plain, table};
use crate::form::{Forms, ask, ask_select, ask_text};
use crate::layout::cut;
use crate::station::json;
use crate::text::number;

fn replay(call: &Call<'_>) -> Result<Replay, ServiceError> {
    let asked = call.entered.get("booking");
    let booking = (!asked.is_empty()).then(|| BookingId::from(asked));
    call.programme.replay_eligibility(&call.op, booking.as_ref())
}

pub(super) fn give_replay(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&replay(call)?)
}

pub(super) fn render_replay(call: &Call<'_>, _forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let replay = replay(call)?;
    let limit = call.limit()?;
    let (tone, heading) = match replay.differing.len() {
        0 => ("success", "Every answer is the same"),
        _ => ("error", "Answers differ"),
    };
    let shown = replay.differing.iter().take(limit as usize).map(|line| {
        vec![code(&line.booking), code(&line.decision), plain(&line.then), plain(&line.now)]
    });
    let shown: Vec<_> = shown.collect();
    let hint = "Empty for every decision on record";
    let field = ask_text("replay-booking", "booking", "Booking", hint, call.entered.get("booking"));
    Ok(html! {
        (alert(tone, heading, &html! {
            p {
                (number(replay.decisions)) " decisions were made again from the facts that were "
                "kept with them; " (number(replay.equal)) " gave the same answer for the same "
                "reasons. The look is on record."
            }
        }))
        (facts(&[
            ("Of rule sets whose text has changed since", plain(number(replay.of_changed_text))),
            ("Not asked, because a removal destroyed the facts", plain(number(replay.destroyed))),
        ]))
        @if !shown.is_empty() {
            (table("Answers that differ", &["Booking", "Decision", "Then", "Now"], &shown))
            (cut(shown.len(), limit))
        }
        (ask("/eligibility/replay", "Ask again", &field))
    })
}

fn what_if(call: &Call<'_>) -> Result<WhatIf, ServiceError> {
    call.programme.what_if(&call.op, call.needed("rules")?)
}

pub(super) fn give_what_if(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&what_if(call)?)
}

pub(super) fn render_what_if(call: &Call<'_>, _forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let asked = call.entered.get("rules");
    let sets: Vec<_> = call.programme.rule_sets().collect();
    let hint = "It is asked about every booking, also on days on which it is not in force";
    let field = ask_select("what-if-rules", "rules", "Rule set", hint, &sets, asked);
    let question = ask("/eligibility/what-if", "Ask", &field);
    if asked.is_empty() {
        return Ok(question);
    }
    let (told, limit) = (what_if(call)?, call.limit()?);
    Ok(html! {
        (question)
        (figures(&told))
        (moves(&told, limit))
    })
}

fn figures(told: &WhatIf) -> Markup {
    let more = i128::from(told.samples_due_then) - i128::from(told.samples_due);
    let counted =
        |bookings, persons| plain(format!("{} of {} persons", number(bookings), number(persons)));
    facts(&[
        ("Rule set asked", code(&told.rule_set)),
        ("Bookings asked", counted(told.bookings, told.persons)),
        ("Bookings that would move", counted(told.bookings_moved, told.persons_moved)),
        ("Of these, to another outcome", plain(number(told.bookings_with_another_outcome))),
        ("Samples due as decided", plain(number(told.samples_due))),
        ("Samples that would be due", plain(number(told.samples_due_then))),
        ("Kits and laboratory samples more or fewer", plain(format!("{more:+}"))),
        ("Not asked, because a removal destroyed the facts", plain(number(told.destroyed))),
    ])
}

fn moves(told: &WhatIf, limit: u32) -> Markup {
    let kinds = told.moves.iter().map(|line| {
        let counts = [line.bookings, line.persons].map(|count| plain(number(count)));
        [plain(&line.from), plain(&line.to)].into_iter().chain(counts).collect()
    });
    let kinds: Vec<Vec<Markup>> = kinds.collect();
    let who = told.moved.iter().take(limit as usize);
    let who: Vec<_> =
        who.map(|line| vec![code(&line.booking), plain(&line.from), plain(&line.to)]).collect();
    html! {
        (table("From what to what", &["As decided", "Then", "Bookings", "Persons"], &kinds))
        (table("Who would move", &["Booking", "As decided", "Then"], &who))
        (cut(who.len(), limit))
    }
}

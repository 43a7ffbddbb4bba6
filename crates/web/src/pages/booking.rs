//! Bookings: the worklist without names, one booking with the person's values for a stated
//! purpose, recording, correcting, importing the feed, and accounting for a booking.

use journey::booking::{BookingRecord, Disposition, NotCollected};
use journey::ids::BookingId;
use maud::{Markup, html};
use serde_json::Value;
use service::ServiceError;
use service::booking::{BookingImport, Close, Listed, Viewed};
use service::duty::Owed;

use crate::call::Call;
use crate::components::{alert, code, facts, options, plain, stages, table, tag};
use crate::form::{Forms, ask, ask_select, ask_text, hidden};
use crate::layout::{more, part};
use crate::pages::{eligibility, record};
use crate::station::{Done, Page, Shape, Station, Verb, input, json};
use crate::text::{in_address, instant, number, words};

/// Why somebody may look at a person's values. Fixed words, so that the record of views holds no
/// free text.
pub(super) const PURPOSES: &[(&str, &str)] = &[
    ("take a sample", "Take a sample"),
    ("correct the record", "Correct the record"),
    ("account for the booking", "Account for the booking"),
    ("answer the person", "Answer a request of the person"),
    ("review", "Privacy or oversight review"),
];

/// The station.
pub(crate) const STATION: Station = Station {
    name: "booking",
    pages: &[
        Page {
            path: "/booking",
            action: "booking.list",
            title: "Bookings",
            nav: "Bookings",
            marked: false,
            render,
            give: Some(give),
        },
        Page {
            path: "/booking/new",
            action: "booking.record",
            title: "Record a booking",
            nav: "",
            marked: false,
            render: render_new,
            give: None,
        },
        Page {
            path: "/booking/view",
            action: "booking.view",
            title: "One booking",
            nav: "",
            marked: false,
            render: render_view,
            give: Some(give_view),
        },
    ],
    verbs: &[
        Verb {
            name: "record",
            action: "booking.record",
            page: "/booking/new",
            inputs: record::INPUTS,
            file: false,
            done: "The booking is recorded and its eligibility decided.",
            run: record_booking,
        },
        Verb {
            name: "import",
            action: "booking.record",
            page: "/booking/new",
            inputs: &[],
            file: true,
            done: "The feed was read.",
            run: import,
        },
        Verb {
            name: "amend",
            action: "booking.amend",
            page: "/booking/view",
            inputs: record::INPUTS,
            file: false,
            done: "The booking is corrected and its eligibility decided again.",
            run: amend,
        },
        Verb {
            name: "close",
            action: "booking.close",
            page: "/booking",
            inputs: &[input("booking", Shape::Text), input("why", Shape::Optional)],
            file: false,
            done: "The booking is accounted for.",
            run: close,
        },
    ],
};

fn list(call: &Call<'_>) -> Result<Vec<Listed>, ServiceError> {
    let stage = call.stage("open");
    let limit = call.limit()?;
    call.programme.list_bookings(&call.op, stage, &call.after()?, limit)
}

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&list(call)?)
}

fn view(call: &Call<'_>) -> Result<Viewed, ServiceError> {
    let booking = BookingId::from(call.needed("booking")?);
    call.needed("purpose")?;
    call.programme.view_booking(&call.op, &booking)
}

fn give_view(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&view(call)?)
}

fn decided(booking: &BookingId) -> String {
    format!("/eligibility/view?booking={}", in_address(booking.as_str()))
}

fn record_booking(call: &Call<'_>) -> Result<Done, ServiceError> {
    let request: BookingRecord = call.request()?;
    record::check(&request)?;
    let recorded = call.programme.record_booking(&call.op, &request)?;
    Ok(Done::with(&recorded)?.to(decided(&recorded.booking)))
}

fn amend(call: &Call<'_>) -> Result<Done, ServiceError> {
    let request: BookingRecord = call.request()?;
    record::check(&request)?;
    let decision = call.programme.amend_booking(&call.op, &request)?;
    Ok(Done::with(&decision)?.to(decided(&request.booking)))
}

fn close(call: &Call<'_>) -> Result<Done, ServiceError> {
    let request: Close = call.request()?;
    Done::with(&call.programme.close_booking(&call.op, &request)?)
}

fn import(call: &Call<'_>) -> Result<Done, ServiceError> {
    let feed = call.file()?;
    let import = call.programme.import_bookings(&call.op, feed, &|_| {})?;
    let mut value = json(&import)?;
    let problems = import.problems.iter().map(|p| Value::String(p.to_string())).collect();
    if let Value::Object(fields) = &mut value {
        fields.insert("problems".to_owned(), Value::Array(problems));
    }
    let done = Done::with(&value)?;
    Ok(done.show(imported(&import)))
}

fn imported(import: &BookingImport) -> Markup {
    let row = |name: &str, value: usize| vec![plain(name), plain(value)];
    let counts = [
        row("Recorded", import.recorded),
        row("Corrected", import.amended),
        row("Unchanged", import.unchanged),
        row("Kept out by the rules or your rights", import.kept_out.len()),
        row("Problems in the file", import.problems.len()),
    ];
    let outcomes = import.outcomes.iter();
    let outcomes: Vec<_> = outcomes.map(|(word, count)| vec![tag(word), plain(count)]).collect();
    let owing = import.owing.iter().flat_map(|line| {
        let order =
            |owed: &Owed| vec![code(&line.booking), plain(words(&owed.because)), plain(owed.days)];
        line.owed.iter().map(order)
    });
    let owing: Vec<_> = owing.collect();
    let kept = import.kept_out.iter();
    let kept: Vec<_> = kept.map(|(row, why)| vec![plain(number(*row)), plain(why)]).collect();
    html! {
        (table("What the feed gave", &["Rows", "Number"], &counts))
        (table("Decisions", &["Outcome", "Number"], &outcomes))
        @if !owing.is_empty() {
            (table("Persons who owe a sample from before", &["Booking", "Because", "Days"], &owing))
        }
        @if !kept.is_empty() { (table("Kept out", &["Row", "Why"], &kept)) }
        @if !import.problems.is_empty() {
            h3 { "Problems in the file" }
            ul { @for problem in &import.problems { li { (problem.to_string()) } } }
        }
    }
}

fn row(call: &Call<'_>, line: &Listed) -> Vec<Markup> {
    let number = in_address(line.booking.as_str());
    vec![
        html! {
            @if call.may("eligibility.view") {
                a href={ "/eligibility/view?booking=" (number) } { (code(&line.booking)) }
            } @else { (code(&line.booking)) }
        },
        plain(&line.site),
        plain(&line.component),
        instant(line.booked_at),
        html! {
            (tag(line.stage))
            @if let Some(hours) = line.open_hours { " " (hours) " h" }
            @if line.overdue { " " (tag("overdue")) }
            @if line.owes { " " (tag("owes a sample")) }
        },
        html! { @if let Some(outcome) = line.outcome { (tag(outcome.word())) } },
        html! {
            (line.reasons.join(", "))
            @if !line.missing.is_empty() { " Missing: " (line.missing.join(", ")) }
        },
    ]
}

/// A table of bookings, without names.
pub(crate) fn rows(call: &Call<'_>, caption: &str, bookings: &[Listed]) -> Markup {
    let heads = ["Booking", "Site", "Component", "Booked", "Stands", "Decision", "Reasons"];
    let rows: Vec<_> = bookings.iter().map(|line| row(call, line)).collect();
    table(caption, &heads, &rows)
}

fn render(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let stage = call.stage("open");
    let bookings = list(call)?;
    let mut filters = vec!["open"];
    filters.extend(Disposition::WORDS.iter().filter(|word| **word != "open"));
    filters.push("");
    Ok(html! {
        @if call.may("booking.record") {
            p { a.button href="/booking/new" { "Record a booking" } }
        }
        (stages("/booking", stage, &filters))
        (rows(call, "Bookings, longest waiting first", &bookings))
        (more(call, "/booking", &bookings, call.limit()?))
        @if call.may("booking.view") { (part("See one booking with the name", &view_form(call))) }
        @if call.may("booking.close") { (part("Account for a booking", &close_form(forms))) }
    })
}

fn view_form(call: &Call<'_>) -> Markup {
    let booking = call.entered.get("booking");
    ask(
        "/booking/view",
        "See the booking",
        &html! {
            (ask_text("booking-view-booking", "booking", "Booking", "", booking))
            (ask_select(
                "booking-view-purpose", "purpose", "Purpose", "Goes on record", PURPOSES, "",
            ))
        },
    )
}

fn close_form(forms: &Forms<'_>) -> Markup {
    let form = forms.of("booking/close");
    let reasons = options(NotCollected::ALL.iter().map(|why| why.word()));
    form.wrap(
        "Account for it",
        &html! {
            (form.text("booking", "Booking", ""))
            (form.select(
                "why", "Why no sample was taken",
                "Only where a sample was due. None of these is an exemption: the duty stays.",
                &reasons,
            ))
        },
    )
}

fn render_new(_call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let form = forms.of("booking/record");
    let feed = forms.of("booking/import");
    Ok(html! {
        div.wide { (form.wrap("Record and decide", &record::fields(&form, false))) }
        (part("Import the booking feed", &feed.wrap_file(
            "Import the feed",
            &feed.file(
                "CSV file of the feed", "Good rows go in; wrong ones are listed by row and column",
            ),
        )))
    })
}

fn render_view(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    if call.entered.get("booking").is_empty() || call.entered.get("purpose").is_empty() {
        return Ok(html! {
            p { "Say why you look: the purpose goes on record with your account and the time." }
            (view_form(call))
        });
    }
    let viewed = view(call)?;
    let person = &viewed.person;
    let missing = || plain("not given");
    let given = |value: &Option<String>| value.as_ref().map_or_else(missing, code);
    let born = person.date_of_birth.map_or_else(missing, plain);
    let rows = [
        ("Booking", code(&viewed.listed.booking)),
        ("Family name", plain(&person.family_name)),
        ("Given name", plain(&person.given_name)),
        ("Date of birth", born),
        ("Fingerprint number", given(&person.fingerprint_number)),
        ("Alien file number", given(&person.alien_number)),
        ("Stands", tag(viewed.listed.stage)),
    ];
    let decision = html! {
        @if let Some(outcome) = viewed.listed.outcome {
            p { (tag(outcome.word())) " " (viewed.listed.reasons.join(", ")) }
        }
        @if !viewed.listed.missing.is_empty() {
            p { "Missing: " (eligibility::list_of(&viewed.listed.missing)) }
        }
        p { a href=(decided(&viewed.listed.booking)) { "Reasons, authority and facts" } }
    };
    Ok(html! {
        (alert("info", "This view is on record", &html! {
            p { "Purpose: " (call.op.purpose) }
        }))
        (facts(&rows))
        (part("Decision", &decision))
        @if call.may("booking.amend") {
            (part("Correct the record", &amend_form(call, forms, &viewed)?))
        }
    })
}

fn amend_form(call: &Call<'_>, forms: &Forms<'_>, viewed: &Viewed) -> Result<Markup, ServiceError> {
    let start = record::start(&BookingRecord {
        booking: viewed.listed.booking.clone(),
        person: viewed.person.clone(),
        circumstances: viewed.circumstances.clone(),
    })?;
    let form = forms.of("booking/amend");
    let form = form.keyed("booking", &viewed.listed.booking).starting_with(start);
    let fields = html! {
        (hidden("purpose", call.entered.get("purpose")))
        (record::fields(&form, true))
    };
    Ok(html! { div.wide { (form.wrap("Correct and decide again", &fields)) } })
}

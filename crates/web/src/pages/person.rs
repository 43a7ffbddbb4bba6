//! Person: which records are of one person. Duplicates to look at, merges that wait, one person
//! with names, and the orders to collect again that follow persons.

use journey::ids::PersonId;
use journey::person::Stage;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use service::ServiceError;
use service::duty::{Listed as Duty, Owed};
use service::person::{AskMerge, Listed, Viewed};

use crate::call::Call;
use crate::components::{alert, code, facts, plain, stages, table, tag};
use crate::form::{Forms, ask, ask_select, ask_text};
use crate::layout::{cut, more, part};
use crate::pages::booking::PURPOSES;
use crate::station::{Done, Page, Shape, Station, Verb, input, json};
use crate::text::{in_address, instant, words};

/// The station.
pub(crate) const STATION: Station = Station {
    name: "person",
    pages: &[
        Page {
            path: "/person",
            action: "person.merges-list",
            title: "Records of one person",
            nav: "Persons",
            marked: false,
            render,
            give: Some(give),
        },
        Page {
            path: "/person/duplicates",
            action: "person.duplicates-list",
            title: "Records that may be of one person",
            nav: "",
            marked: false,
            render: render_duplicates,
            give: Some(give_duplicates),
        },
        Page {
            path: "/person/view",
            action: "person.view",
            title: "One person",
            nav: "",
            marked: false,
            render: render_view,
            give: Some(give_view),
        },
    ],
    verbs: &[
        Verb {
            name: "ask-merge",
            action: "person.ask-merge",
            page: "/person",
            inputs: &[
                input("kept", Shape::Text),
                input("other", Shape::Text),
                input("reason", Shape::Text),
            ],
            file: false,
            done: "Asked; another person answers.",
            run: ask_merge,
        },
        Verb {
            name: "approve-merge",
            action: "person.approve-merge",
            page: "/person",
            inputs: &[input("other", Shape::Text)],
            file: false,
            done: "The two records are found as one.",
            run: approve,
        },
        Verb {
            name: "deny-merge",
            action: "person.deny-merge",
            page: "/person",
            inputs: &[input("other", Shape::Text), input("why", Shape::Text)],
            file: false,
            done: "Denied; the records stand apart.",
            run: deny,
        },
        Verb {
            name: "part",
            action: "person.part",
            page: "/person",
            inputs: &[input("other", Shape::Text), input("why", Shape::Text)],
            file: false,
            done: "Parted; each record stands by itself.",
            run: part_again,
        },
        Verb {
            name: "mark-twins",
            action: "person.mark-twins",
            page: "/person",
            inputs: &[input("one", Shape::Text), input("other", Shape::Text)],
            file: false,
            done: "Marked as twins.",
            run: mark_twins,
        },
    ],
};

/// The station of standing orders.
pub(crate) const DUTY: Station = Station {
    name: "duty",
    pages: &[Page {
        path: "/duty",
        action: "duty.list",
        title: "Samples owed",
        nav: "Samples owed",
        marked: false,
        render: render_duties,
        give: Some(give_duties),
    }],
    verbs: &[],
};

/// About which record, and why.
#[derive(Deserialize)]
struct About {
    other: PersonId,
    #[serde(default)]
    why: String,
}

/// Twins.
#[derive(Deserialize)]
struct Twins {
    one: PersonId,
    other: PersonId,
}

fn ask_merge(call: &Call<'_>) -> Result<Done, ServiceError> {
    let ask: AskMerge = call.request()?;
    Done::with(&call.programme.ask_merge(&call.op, &ask)?)
}

fn approve(call: &Call<'_>) -> Result<Done, ServiceError> {
    let About { other, .. } = call.request()?;
    Done::with(&call.programme.approve_merge(&call.op, &other)?)
}

fn deny(call: &Call<'_>) -> Result<Done, ServiceError> {
    let About { other, why } = call.request()?;
    Done::with(&call.programme.deny_merge(&call.op, &other, &why)?)
}

fn part_again(call: &Call<'_>) -> Result<Done, ServiceError> {
    let About { other, why } = call.request()?;
    Done::with(&call.programme.part_persons(&call.op, &other, &why)?)
}

fn mark_twins(call: &Call<'_>) -> Result<Done, ServiceError> {
    let Twins { one, other } = call.request()?;
    call.programme.mark_twins(&call.op, &one, &other)?;
    Done::with(&[one, other])
}

fn list(call: &Call<'_>) -> Result<Vec<Listed>, ServiceError> {
    let (stage, limit) = (call.stage("asked"), call.limit()?);
    call.programme.list_merges(&call.op, stage, &call.after()?, limit)
}

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&list(call)?)
}

fn give_duplicates(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&call.programme.list_duplicates(&call.op, call.limit()?)?)
}

fn view(call: &Call<'_>) -> Result<Viewed, ServiceError> {
    let person = PersonId::from(call.needed("person")?);
    call.needed("purpose")?;
    call.programme.view_person(&call.op, &person)
}

fn give_view(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&view(call)?)
}

fn duties(call: &Call<'_>) -> Result<Vec<Duty>, ServiceError> {
    call.programme.list_duties(&call.op, &call.after()?, call.limit()?)
}

fn give_duties(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&duties(call)?)
}

fn address(person: &PersonId) -> String {
    format!("/person/view?person={}", in_address(person.as_str()))
}

fn linked(call: &Call<'_>, person: &PersonId) -> Markup {
    html! {
        @if call.may("person.view") { a href=(address(person)) { (code(person)) } }
        @else { (code(person)) }
    }
}

fn render(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let merges = list(call)?;
    let row = |line: &Listed| {
        vec![
            linked(call, &line.other),
            linked(call, &line.kept),
            plain(&line.reason),
            plain(&line.asked_by),
            plain(line.why.as_deref().unwrap_or("-")),
            instant(line.since),
            html! { (tag(line.stage)) " " (answers(call, forms, line)) },
        ]
    };
    let rows: Vec<_> = merges.iter().map(row).collect();
    let filters: Vec<_> = Stage::WORDS.iter().copied().chain([""]).collect();
    let heads = ["Record", "Kept record", "Reason", "Asked by", "Why not", "Since", "Stage"];
    Ok(html! {
        p {
            "Fingerprints find a person's earlier records by themselves. What only a file number "
            "or a name suggests is merged by two people, and can be parted again."
        }
        @if call.may("person.duplicates-list") {
            p { a href="/person/duplicates" { "Records that may be of one person" } }
        }
        (stages("/person", call.stage("asked"), &filters))
        (table("Merges", &heads, &rows))
        (more(call, "/person", &merges, call.limit()?))
        @if call.may("person.view") { (part("See one person with names", &view_form(call))) }
        @if call.may("person.ask-merge") {
            @let form = forms.of("person/ask-merge");
            (part("Ask to merge two records", &form.wrap("Ask", &html! {
                (form.text("kept", "Record that is kept", ""))
                (form.text("other", "Record that will point to it", ""))
                (form.text("reason", "Reason", "What shows it; no name of a person"))
            })))
        }
        @if call.may("person.mark-twins") {
            @let form = forms.of("person/mark-twins");
            (part("Mark two records as those of twins", &form.wrap("Mark", &html! {
                (form.text("one", "Record", ""))
                (form.text("other", "Record of the twin", ""))
            })))
        }
    })
}

fn answers(call: &Call<'_>, forms: &Forms<'_>, line: &Listed) -> Markup {
    let asked = line.stage == "asked" && call.may("person.approve-merge");
    let merged = line.stage == "merged" && call.may("person.part");
    let with_why = |name: &'static str, submit: &str| {
        let form = forms.of(name).keyed("other", &line.other);
        form.wrap(submit, &form.text("why", "Why", ""))
    };
    html! {
        @if asked {
            (forms.of("person/approve-merge").keyed("other", &line.other)
                .button("Approve", line.other.as_str()))
            (with_why("person/deny-merge", "Deny"))
        }
        @if merged { (with_why("person/part", "Part them again")) }
    }
}

fn render_duplicates(call: &Call<'_>, _forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let duplicates = call.programme.list_duplicates(&call.op, call.limit()?)?;
    let rows = duplicates.iter().map(|pair| {
        let common: Vec<_> = pair.common.iter().map(|kind| words(kind)).collect();
        vec![linked(call, &pair.one), linked(call, &pair.other), plain(common.join(", "))]
    });
    let rows: Vec<_> = rows.collect();
    Ok(html! {
        p { "Their fingerprints differ or are missing. Twins and merged records are left out." }
        (table("Records with something in common", &["Record", "Record", "In common"], &rows))
        (cut(rows.len(), call.limit()?))
    })
}

fn view_form(call: &Call<'_>) -> Markup {
    let person = call.entered.get("person");
    ask(
        "/person/view",
        "See the person",
        &html! {
            (ask_text("person-view-person", "person", "Record", "", person))
            (ask_select(
                "person-view-purpose", "purpose", "Purpose", "Goes on record", PURPOSES, "",
            ))
        },
    )
}

fn render_view(call: &Call<'_>, _forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    if call.entered.get("person").is_empty() || call.entered.get("purpose").is_empty() {
        return Ok(html! {
            p { "Say why you look: the purpose goes on record with your account and the time." }
            (view_form(call))
        });
    }
    let viewed = view(call)?;
    let names: Vec<_> =
        viewed.names.iter().map(|(family, given)| format!("{family}, {given}")).collect();
    let list = |values: Vec<String>| match values.is_empty() {
        true => plain("none"),
        false => plain(values.join("; ")),
    };
    let ids = |ids: &[PersonId]| list(ids.iter().map(PersonId::to_string).collect());
    let bookings = viewed.bookings.iter().map(|booking| vec![code(booking)]);
    let born = viewed.dates_of_birth.iter().map(ToString::to_string).collect();
    Ok(html! {
        (alert("info", "This view is on record", &html! { p { "Purpose: " (call.op.purpose) } }))
        (owes(&viewed.owed))
        (facts(&[
            ("Record", code(&viewed.person)),
            ("Records merged into it", ids(&viewed.merged)),
            ("Twins", ids(&viewed.twins)),
            ("Names", list(names)),
            ("Dates of birth", list(born)),
            ("Alien file numbers", list(viewed.alien_numbers.into_iter().collect())),
            ("Fingerprint numbers", list(viewed.fingerprint_numbers.into_iter().collect())),
        ]))
        (table("Bookings, the oldest first", &["Booking"], &bookings.collect::<Vec<_>>()))
    })
}

/// What whoever meets the person must see at once; nothing where nothing is owed.
pub(super) fn owes(owed: &[Owed]) -> Markup {
    html! {
        @if !owed.is_empty() {
            (alert("warning", "This person owes a sample", &html! {
                @for order in owed {
                    p {
                        (crate::text::title(&order.because))
                        @if let Some(site) = &order.site { " at " (site) }
                        ", " (order.days) " days ago (" (instant(order.since)) "). "
                    }
                }
                p { "The order to collect follows the person: 28 CFR 28.12(f)(3)." }
            }))
        }
    }
}

fn render_duties(call: &Call<'_>, _forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let duties = duties(call)?;
    let row = |line: &Duty| {
        vec![
            linked(call, &line.person),
            plain(words(&line.owed.because)),
            plain(line.owed.site.as_ref().map_or("-", |site| site.as_str())),
            plain(line.owed.days),
            plain(format!("{} {}", line.component, line.owner)),
            html! { @if let Some(booking) = &line.booking { (code(booking)) } },
            tag(if line.open_booking { "open" } else { "accounted for" }),
        ]
    };
    let rows: Vec<_> = duties.iter().map(row).collect();
    let heads = ["Person", "Because", "Opened at", "Days", "Owner", "Booking", "It is"];
    Ok(html! {
        p {
            "A sample that was due and not taken, or was not good enough, is owed by the person "
            "wherever the person comes into custody next. The owner is who holds the person now, "
            "or held last."
        }
        (table("Open orders to collect, the oldest first", &heads, &rows))
        (more(call, "/duty", &duties, call.limit()?))
    })
}

//! Notices: who must be told, by when; and the page on which a name is read, once, by the
//! laboratory of the case. The name is in the answer to that one step and nowhere else: in no
//! address, no list, no cache.

use journey::booking::Person;
use journey::ids::{NoticeId, Ori};
use journey::notice::{Purpose, Subject};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};
use service::ServiceError;
use service::notice::{Hit, Listed};

use super::accession::subject;
use super::upload::own_laboratory;
use crate::call::Call;
use crate::components::{alert, code, facts, plain, table, tag};
use crate::form::{self, Forms};
use crate::layout::more;
use crate::station::{Done, Page, Shape, Station, Verb, input, json};
use crate::text::{in_address, instant, words};

/// The station.
pub(crate) const STATION: Station = Station {
    name: "notice",
    pages: &[
        Page {
            path: "/notice",
            action: "notice.list",
            title: "Notices",
            nav: "Notices",
            marked: false,
            render,
            give: Some(give),
        },
        Page {
            path: "/notice/release",
            action: "notice.release-name",
            title: "Release of a name",
            nav: "",
            marked: true,
            render: render_release,
            give: None,
        },
        Page {
            path: "/notice/hit",
            action: "notice.read-hit",
            title: "Of which sample a hit is",
            nav: "",
            marked: true,
            render: render_hit,
            give: None,
        },
    ],
    verbs: &[
        Verb {
            name: "deliver",
            action: "notice.deliver",
            page: "/notice",
            inputs: &[input("notice", Shape::Text)],
            file: false,
            done: "The delivery is on record.",
            run: deliver,
        },
        Verb {
            name: "pass-on",
            action: "notice.pass-on",
            page: "/notice",
            inputs: &[input("notice", Shape::Text)],
            file: false,
            done: "It is on record that the investigators were told.",
            run: pass_on,
        },
        Verb {
            name: "read-hit",
            action: "notice.read-hit",
            page: "/notice/hit",
            inputs: &[input("notice", Shape::Text)],
            file: false,
            done: "That you read it is on record.",
            run: read_hit,
        },
        Verb {
            name: "acknowledge",
            action: "notice.acknowledge",
            page: "/notice",
            inputs: &[input("notice", Shape::Text)],
            file: false,
            done: "The acknowledgement is on record.",
            run: acknowledge,
        },
        Verb {
            name: "acknowledge-hit",
            action: "notice.acknowledge-hit",
            page: "/notice",
            inputs: &[input("notice", Shape::Text)],
            file: false,
            done: "The acknowledgement is on record.",
            run: acknowledge,
        },
        Verb {
            name: "release-name",
            action: "notice.release-name",
            page: "/notice/release",
            inputs: &[
                input("notice", Shape::Text),
                input("laboratory", Shape::Text),
                input("purpose", Shape::Text),
            ],
            file: false,
            done: "The release is on record with your account, the time and the purpose.",
            run: release_name,
        },
    ],
};

/// A step about one notice.
#[derive(Deserialize)]
struct About {
    notice: NoticeId,
}

/// Read the name behind a confirmed candidate.
#[derive(Deserialize)]
struct ReleaseName {
    notice: NoticeId,
    laboratory: Ori,
    #[serde(default)]
    purpose: Option<Purpose>,
}

fn listed(call: &Call<'_>) -> Result<Vec<Listed>, ServiceError> {
    let receiver = call.entered.get("receiver");
    call.programme.list_notices(&call.op, receiver, &call.after()?, call.limit()?)
}

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&listed(call)?)
}

fn deliver(call: &Call<'_>) -> Result<Done, ServiceError> {
    let About { notice } = call.request()?;
    call.programme.deliver_notice(&call.op, &notice)?;
    Done::with(&json!({ "notice": notice }))
}

fn pass_on(call: &Call<'_>) -> Result<Done, ServiceError> {
    let About { notice } = call.request()?;
    call.programme.pass_on_notice(&call.op, &notice)?;
    Done::with(&json!({ "notice": notice }))
}

fn read_hit(call: &Call<'_>) -> Result<Done, ServiceError> {
    let About { notice } = call.request()?;
    let hit = call.programme.read_hit(&call.op, &notice)?;
    Ok(Done::with(&hit)?.show(told(&hit)))
}

fn told(hit: &Hit) -> Markup {
    html! {
        div.now role="status" {
            h2 { "A hit on a sample of yours was confirmed" }
            (facts(&[
                ("Booking", code(&hit.booking)),
                ("Kit", code(&hit.kit)),
                ("Specimen", code(&hit.specimen)),
                ("Laboratory of the case", plain(&hit.laboratory)),
            ]))
            p {
                "An investigative lead and no evidence of identity. The laboratory of the case "
                "tells the investigators; ask it, not the booking, what the case is about."
            }
        }
    }
}

fn acknowledge(call: &Call<'_>) -> Result<Done, ServiceError> {
    let About { notice } = call.request()?;
    call.programme.acknowledge_notice(&call.op, &notice)?;
    Done::with(&json!({ "notice": notice }))
}

fn release_name(call: &Call<'_>) -> Result<Done, ServiceError> {
    let ReleaseName { notice, laboratory, purpose } = call.request()?;
    let programme = call.programme;
    let person = programme.release_name(&call.op, &notice, &laboratory, purpose)?;
    Ok(Done::with(&person)?.show(released(&notice, &person)))
}

fn released(notice: &NoticeId, person: &Person) -> Markup {
    let given = |value: &Option<String>| plain(value.as_deref().unwrap_or("not known"));
    let born = person.date_of_birth.map_or("not known".to_owned(), |day| day.to_string());
    html! {
        div.now role="status" {
            h2 { "The person behind the confirmed candidate" }
            (facts(&[
                ("Family name", plain(&person.family_name)),
                ("Given name", plain(&person.given_name)),
                ("Date of birth", plain(born)),
                ("Fingerprint record", given(&person.fingerprint_number)),
                ("Alien number", given(&person.alien_number)),
                ("Notice", code(notice)),
            ]))
            p {
                "This is an investigative lead and no evidence of identity: take a fresh known "
                "sample under legal process. The page is shown once and kept nowhere; reading "
                "the name again needs a purpose again and is on record again."
            }
        }
    }
}

fn render(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let notices = listed(call)?;
    let overdue = notices.iter().filter(|notice| notice.overdue).count();
    let receiver = call.entered.get("receiver");
    let hint = "Site or ORI of a laboratory; empty for all of yours";
    Ok(html! {
        @if overdue > 0 {
            (alert("warning", "Overdue", &html! {
                p { "The time of " (overdue) " of the notices below is over." }
            }))
        }
        (form::ask("/notice", "Show", &form::ask_text(
            "ask-receiver", "receiver", "Receiver", hint, receiver,
        )))
        (notices_table(call, forms, &notices))
        (more(call, "/notice", &notices, call.limit()?))
    })
}

fn notices_table(call: &Call<'_>, forms: &Forms<'_>, notices: &[Listed]) -> Markup {
    let row = |line: &Listed| {
        let due = html! {
            (instant(line.due_at))
            @if line.overdue { " " (tag("overdue")) }
        };
        vec![due, plain(&line.to), about(&line.subject), tag(line.stage), next(call, forms, line)]
    };
    let rows: Vec<_> = notices.iter().map(row).collect();
    let heads = ["Due", "To", "About", "Stage", "Next"];
    table("Not acknowledged, most urgent first", &heads, &rows)
}

fn about(subject: &Subject) -> Markup {
    html! {
        @match subject {
            Subject::Rejection { kit, why } => {
                "Kit " (code(kit)) " was rejected: " (words(why.word()))
            }
            Subject::BasisInDoubt { kit } => {
                "Kit " (code(kit)) ": new facts put its basis in doubt; look whether it must go"
            }
            Subject::NameRelease { .. } => "A candidate was confirmed: the name may be read",
            Subject::Removal { removal } => { "Removal " (code(removal)) " was carried out" }
            Subject::ConfirmationAsked { confirmation } => {
                "Confirmation " (code(confirmation)) " is asked for"
            }
            Subject::NotConfirmed { confirmation, why } => {
                "Confirmation " (code(confirmation)) " failed: " (words(why.word()))
            }
            Subject::Investigators { confirmation } => {
                "The name of confirmation " (code(confirmation)) " was read: tell the investigators"
            }
            Subject::Hit { .. } => "A hit on a sample that your site took was confirmed",
        }
    }
}

fn next(call: &Call<'_>, forms: &Forms<'_>, line: &Listed) -> Markup {
    let is_name = matches!(line.subject, Subject::NameRelease { .. });
    let is_hit = matches!(line.subject, Subject::Hit { .. });
    let is_for_investigators = matches!(line.subject, Subject::Investigators { .. });
    let is_delivered = !is_name && !is_hit && !is_for_investigators;
    let of = |name| forms.of(name).keyed("notice", &line.notice);
    let said = format!("notice {}", line.notice);
    html! {
        // A name that was read may be read again, for another purpose.
        @if is_name && call.may("notice.release-name") {
            @let address = in_address(line.notice.as_str());
            p { a href={ "/notice/release?notice=" (address) } { "Read the name" } }
        }
        @if is_hit && call.may("notice.read-hit") {
            @let address = in_address(line.notice.as_str());
            p { a href={ "/notice/hit?notice=" (address) } { "Read of which sample" } }
        }
        @if line.stage == "due" && is_for_investigators && call.may("notice.pass-on") {
            (of("notice/pass-on").button("They are told", &said))
        }
        @if line.stage == "due" && is_delivered && call.may("notice.deliver") {
            (of("notice/deliver").button("Delivered", &said))
        }
        @let (action, verb) = match is_hit {
            true => ("notice.acknowledge-hit", "notice/acknowledge-hit"),
            false => ("notice.acknowledge", "notice/acknowledge"),
        };
        @if line.stage == "delivered" && call.may(action) {
            (of(verb).button("Acknowledge", &said))
        }
    }
}

fn render_release(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let notice = subject(call, forms, "notice");
    if notice.is_empty() {
        return Ok(html! { p { a href="/notice" { "Back to the notices" } } });
    }
    let start = json!({ "laboratory": own_laboratory(call, "notice.release-name") });
    let form = forms.of("notice/release-name").keyed("notice", notice);
    let form = form.starting_with(start);
    let purposes: Vec<_> =
        Purpose::ALL.iter().map(|purpose| (purpose.word(), clause(*purpose))).collect();
    let hint = "34 USC 12592(b)(3) allows no other; what you choose is recorded";
    Ok(html! {
        p {
            "The name behind a confirmed candidate is told to the laboratory of the case, for one "
            "of four purposes. Disclosure without authority is an offense (34 USC 40706(c))."
        }
        (form.wrap("Read the name", &html! {
            (form.text("laboratory", "Laboratory of the case", "Its ORI"))
            (form.select("purpose", "Purpose", hint, &purposes))
        }))
        p { a href="/notice" { "Back to the notices" } }
    })
}

fn render_hit(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let notice = subject(call, forms, "notice");
    Ok(html! {
        @if !notice.is_empty() {
            p {
                "A hit on a sample that your site took was confirmed. You are told the booking, "
                "the kit and whom to ask; no name and no allele. That you read it is on record."
            }
            (forms.of("notice/read-hit").keyed("notice", notice).button("Read of which sample", ""))
        }
        p { a href="/notice" { "Back to the notices" } }
    })
}

fn clause(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::LawEnforcementIdentification => "(A) law enforcement identification",
        Purpose::JudicialProceedings => "(B) judicial proceedings",
        Purpose::CriminalDefense => "(C) criminal defense, for the case charged",
        Purpose::StatisticsAndQuality => {
            "(D) statistics, research, quality control: personal values removed"
        }
    }
}

//! Collection at the table: one field after the other, each with the cursor in it, so that a
//! person with gloves and a scanner needs no mouse. The table has one open collection at a time.

use journey::collection::Abandonment;
use journey::eligibility::Eligible;
use journey::ids::BookingId;
use maud::{Markup, html};
use serde_json::{Value, json as value};
use service::collection::{Abandon, Listed, Open, Scan, Seal};
use service::{After, ServiceError};

use crate::answer;
use crate::call::Call;
use crate::components::{code, facts, options, plain, stages, table, tag};
use crate::form::{Form, Forms, ask, ask_scan, ask_text, hidden};
use crate::layout::{more, part};
use crate::pages::{eligibility, person, person_notice};
use crate::station::{Done, Page, Shape, Station, Verb, input, json};
use crate::text::{in_address, instant};

/// Stages that a table is busy with.
const OPEN: [&str; 2] = ["opened", "scanned"];
/// Open collections looked through for the one of a table.
const OPEN_MAX: u32 = 1000;

/// The station.
pub(crate) const STATION: Station = Station {
    name: "collection",
    pages: &[Page {
        path: "/collection",
        action: "collection.list",
        title: "Collection",
        nav: "Collection",
        marked: false,
        render,
        give: Some(give),
    }],
    verbs: &[
        Verb {
            name: "open",
            action: "collection.open",
            page: "/collection",
            inputs: &[
                input("booking", Shape::Text),
                input("kit", Shape::Text),
                input("site", Shape::Text),
                input("table", Shape::Text),
            ],
            file: false,
            done: "The kit is open. Take the sample, then scan device and form.",
            run: open,
        },
        Verb {
            name: "scan",
            action: "collection.scan",
            page: "/collection",
            inputs: &[
                input("collection", Shape::Text),
                input("device", Shape::Text),
                input("form", Shape::Text),
            ],
            file: false,
            done: "Device and form agree. Seal it.",
            run: scan,
        },
        Verb {
            name: "seal",
            action: "collection.seal",
            page: "/collection",
            inputs: &[
                input("collection", Shape::Text),
                input("seal", Shape::Text),
                input("prints_taken", Shape::Flag),
            ],
            file: false,
            done: "Sealed. Put the kit into the locked tray.",
            run: seal,
        },
        Verb {
            name: "abandon",
            action: "collection.abandon",
            page: "/collection",
            inputs: &[input("collection", Shape::Text), input("why", Shape::Text)],
            file: false,
            done: "Given up. The kit is void and the duty stays.",
            run: abandon,
        },
    ],
};

fn list(call: &Call<'_>, stage: &str, limit: u32) -> Result<Vec<Listed>, ServiceError> {
    call.programme.list_collections(&call.op, stage, &After::start(), limit)
}

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&list(call, call.stage(""), call.limit()?)?)
}

/// Back to the table at which the step was done.
fn back(call: &Call<'_>) -> String {
    let place = |name: &str| in_address(call.entered.get(name));
    format!("/collection?site={}&table={}", place("site"), place("table"))
}

fn open(call: &Call<'_>) -> Result<Done, ServiceError> {
    let request: Open = call.request()?;
    let collection = call.programme.open_collection(&call.op, &request)?;
    Ok(Done::with(&value!({ "collection": collection }))?.to(back(call)))
}

fn scan(call: &Call<'_>) -> Result<Done, ServiceError> {
    let request: Scan = call.request()?;
    call.programme.scan_collection(&call.op, &request)?;
    Ok(Done::with(&value!({ "collection": request.collection }))?.to(back(call)))
}

fn seal(call: &Call<'_>) -> Result<Done, ServiceError> {
    let request: Seal = call.request()?;
    call.programme.seal_collection(&call.op, &request)?;
    Ok(Done::with(&value!({ "collection": request.collection }))?.to(back(call)))
}

fn abandon(call: &Call<'_>) -> Result<Done, ServiceError> {
    let request: Abandon = call.request()?;
    call.programme.abandon_collection(&call.op, &request)?;
    Ok(Done::with(&value!({ "collection": request.collection }))?.to(back(call)))
}

fn render(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let mut open = Vec::new();
    for stage in OPEN {
        open.extend(list(call, stage, OPEN_MAX)?);
    }
    let (site, at) = (call.entered.get("site"), call.entered.get("table"));
    let here = open.iter().find(|line| line.site == site && line.table == at);
    let at_table = !site.is_empty() && !at.is_empty();
    Ok(html! {
        @if call.may("collection.open") {
            @if !at_table { (choose(call)) }
            @else {
                p {
                    "Table " strong { (at) } " at " strong { (site) } ". "
                    a href="/collection" { "Another table" }
                }
                @if let Some(line) = here { (next(call, forms, line)) }
                @else { (begin(call, forms)?) }
            }
        }
        (rows("Open collections", &open))
        (part("Collections by stage", &by_stage(call)?))
    })
}

fn by_stage(call: &Call<'_>) -> Result<Markup, ServiceError> {
    let stage = call.stage("sealed");
    let limit = call.limit()?;
    let lines = call.programme.list_collections(&call.op, stage, &call.after()?, limit)?;
    Ok(html! {
        (stages("/collection", stage, &["opened", "scanned", "sealed", "abandoned", ""]))
        (rows("Collections, longest waiting first", &lines))
        (more(call, "/collection", &lines, limit))
    })
}

fn rows(caption: &str, lines: &[Listed]) -> Markup {
    let row = |line: &Listed| {
        let address = format!(
            "/collection?site={}&table={}",
            in_address(&line.site),
            in_address(&line.table)
        );
        let open = OPEN.contains(&line.stage);
        vec![
            code(&line.kit),
            code(&line.booking),
            plain(&line.site),
            html! { @if open { a href=(address) { (line.table) } } @else { (line.table) } },
            tag(line.stage),
            plain(&line.category),
            instant(line.opened_at),
        ]
    };
    let rows: Vec<_> = lines.iter().map(row).collect();
    let heads = ["Kit", "Booking", "Site", "Table", "Stands", "Category", "Opened"];
    table(caption, &heads, &rows)
}

fn choose(call: &Call<'_>) -> Markup {
    let of_site = call.op.actor.grants.iter().find(|grant| grant.site != "*");
    let site = match call.entered.get("site") {
        "" => of_site.map_or("", |grant| grant.site.as_str()),
        site => site,
    };
    let at = call.entered.get("table");
    html! {
        div.now.big {
            h2 { "Where are you?" }
            (ask("/collection", "Work at this table", &html! {
                (ask_text("collection-site", "site", "Site", "", site))
                (ask_text(
                    "collection-table", "table", "Table", "One open collection at a time", at,
                ))
            }))
        }
    }
}

/// No collection is open here: first the booking, then the kit.
fn begin(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let booking = call.entered.get("booking");
    if booking.is_empty() {
        return Ok(html! {
            div.now.big {
                h2 { "1. Scan the booking" }
                (ask("/collection", "Next", &html! {
                    (place(call))
                    (ask_scan("collection-booking", "booking", "Booking number", ""))
                }))
            }
        });
    }
    let number = BookingId::from(booking);
    let another = html! { p { a href=(back(call)) { "Another booking" } } };
    let (decision, owes) = match call.programme.view_eligibility(&call.op, &number) {
        Ok(explained) => (explained.decision, person::owes(&explained.owed)),
        Err(error @ (ServiceError::NotFound { .. } | ServiceError::Refused(_))) => {
            return Ok(html! { (answer::alert(&error, None)) (another) });
        }
        Err(error) => return Err(error),
    };
    let stage = journey::eligibility::Stage::Decided(decision.clone());
    let summary = eligibility::summary(call, &decision);
    // The same check stands before the kit is opened; here it spares the officer a kit.
    if let Err(refusal) = Eligible::check(Some(&stage), call.op.at) {
        return Ok(html! {
            (answer::alert(&refusal.into(), None))
            @if call.may("eligibility.decide") {
                @let address = in_address(booking);
                p {
                    a.button href={ "/eligibility/view?booking=" (address) } {
                        "See or decide again"
                    }
                }
            }
            (another)
            (summary)
        });
    }
    Ok(html! {
        (owes)
        div.now.big {
            h2 { "2. Scan the kit" }
            (kit_form(call, forms, booking))
            (another)
        }
        (summary)
        (person_notice::both())
    })
}

fn kit_form(call: &Call<'_>, forms: &Forms<'_>, booking: &str) -> Markup {
    let form = forms.of("collection/open");
    let fields = html! {
        (place(call))
        (hidden("booking", booking))
        (form.scan("kit", "Kit barcode", "On the unopened bag; its outer seal must be whole", true))
    };
    form.wrap("Open this kit", &fields)
}

fn place(call: &Call<'_>) -> Markup {
    html! {
        (hidden("site", call.entered.get("site")))
        (hidden("table", call.entered.get("table")))
    }
}

/// The next field of an open collection.
fn next(call: &Call<'_>, forms: &Forms<'_>, line: &Listed) -> Markup {
    let about = facts(&[
        ("Booking", code(&line.booking)),
        ("Kit", code(&line.kit)),
        ("Opened", instant(line.opened_at)),
    ]);
    html! {
        div.now.big {
            @if line.stage == "opened" { (scans(call, forms, line)) }
            @else { (sealing(call, forms, line)) }
            (about)
        }
        details open[abandoning(forms)] {
            summary { "Give this collection up" }
            (give_up(call, forms, line))
        }
    }
}

fn abandoning(forms: &Forms<'_>) -> bool {
    forms.of("collection/abandon").failed()
}

fn scans(call: &Call<'_>, forms: &Forms<'_>, line: &Listed) -> Markup {
    let device = call.entered.get("device");
    let fields = |form: &Form<'_>| {
        html! {
            (place(call))
            (hidden("device", device))
            (form.scan("form", "Barcode on the form", "", true))
        }
    };
    let form = forms.of("collection/scan").keyed("collection", &line.collection);
    html! {
        @if device.is_empty() {
            h2 { "3. Take the sample, close the device, scan it" }
            p { "Swab the inside of both cheeks. One person, one kit." }
            (ask("/collection", "Next", &html! {
                (place(call))
                (ask_scan("collection-device", "device", "Barcode on the device", ""))
            }))
        } @else {
            h2 { "4. Scan the form" }
            p { "Device: " (code(device)) ". " a href=(back(call)) { "Scan the device again" } }
            (form.wrap("Compare both", &fields(&form)))
        }
    }
}

fn sealing(call: &Call<'_>, forms: &Forms<'_>, line: &Listed) -> Markup {
    let form = forms.of("collection/seal").keyed("collection", &line.collection);
    let fields = html! {
        (place(call))
        (form.tick("prints_taken", "Two flat prints are on the form and can be read"))
        (form.scan("seal", "Number of the tamper seal", "", true))
    };
    html! {
        h2 { "5. Seal it" }
        (form.wrap("Sealed", &fields))
    }
}

fn give_up(call: &Call<'_>, forms: &Forms<'_>, line: &Listed) -> Markup {
    let form = forms.of("collection/abandon").keyed("collection", &line.collection);
    let reasons = options(Abandonment::ALL.iter().map(|why| why.word()));
    let fields = html! {
        (place(call))
        (form.select("why", "Reason", "The kit becomes void; the duty to collect stays", &reasons))
    };
    form.wrap("Give it up", &fields)
}

//! Who was due and who was sampled: by week, site and component, with what became of the others.
//! Numbers of bookings and persons, never names. It stands under `report`.

use jiff::civil::Date;
use journey::coverage::{Coverage, Filter, Kits, Level, Open, Reason, Repeat, Row};
use maud::{Markup, html};
use serde_json::Value;
use service::ServiceError;

use crate::call::Call;
use crate::components::{code, plain, table, tag};
use crate::form::{Forms, ask, ask_text};
use crate::layout::{cut, part};
use crate::station::json;
use crate::text::{in_address, instant, number, title, words};

/// Lines of a list at most; the JSON twin has more.
const LINES_MAX: usize = 100;

pub(super) fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&coverage(call)?)
}

fn coverage(call: &Call<'_>) -> Result<Coverage, ServiceError> {
    let day = |name: &str| -> Result<Option<Date>, ServiceError> {
        let text = call.entered.get(name);
        let wrong = |_| ServiceError::Invalid(format!("{name}: no day; write it as 2027-05-31"));
        if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(wrong) }
    };
    let word = |name: &str| Some(call.entered.get(name).to_owned()).filter(|it| !it.is_empty());
    let (from, to) = (day("from")?, day("to")?);
    let filter = Filter { from, to, component: word("component"), site: word("site") };
    call.programme.coverage(&call.op, &filter)
}

pub(super) fn render(call: &Call<'_>, _forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let report = coverage(call)?;
    let level = |level: Level| report.rows.iter().filter(move |row| row.level == level);
    let above: Vec<_> =
        level(Level::Site).chain(level(Level::Component)).chain(level(Level::Total)).collect();
    let weeks: Vec<_> = level(Level::Week).collect();
    Ok(html! {
        (asked(call))
        p {
            "Columns count bookings, unless they say persons or samples. A person counts once in "
            "each row. Sampled are due bookings that ended with a sample; their share of due is "
            "rounded down."
        }
        (rows("By site and component", &above))
        (endings("How bookings ended", &above))
        (reasons(&report.reasons))
        (rows("By week of the booking at the site", &weeks))
        (part("Kits", &kits(&report.kits)))
        (part("Came again and left without the sample that is owed", &repeats(&report.repeats)))
        (part("Open bookings", &open(call, &report.open)))
    })
}

fn asked(call: &Call<'_>) -> Markup {
    let text = |name: &str, label: &str, hint: &str| {
        ask_text(&format!("coverage-{name}"), name, label, hint, call.entered.get(name))
    };
    ask(
        "/report/coverage",
        "Show",
        &html! {
            (text("from", "From", "First day of booking"))
            (text("to", "To", "Last day of booking"))
            (text("component", "Component", "Empty for all"))
            (text("site", "Site", "Empty for all"))
        },
    )
}

fn count(value: u64) -> Markup {
    html! { span.figure { (number(value)) } }
}

fn hours(value: Option<u64>) -> Markup {
    value.map_or_else(|| plain("-"), |hours| plain(format!("{} h", number(hours))))
}

fn name(row: &Row) -> Markup {
    let parts = [&row.component, &row.site, &row.week].map(String::as_str);
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    html! { @if parts.is_empty() { strong { "All" } } @else { (parts.join(", ")) } }
}

fn rows(caption: &str, rows: &[&Row]) -> Markup {
    let heads = [
        "Where",
        "Bookings",
        "Persons",
        "Samples",
        "Due",
        "Sampled",
        "Share",
        "May skip",
        "Excluded",
        "Fact missing",
        "Open",
        "Oldest",
    ];
    let cells = rows.iter().map(|row| {
        let figures = &row.figures;
        let mut cells = vec![name(row)];
        let first = [figures.bookings, figures.persons, figures.samples, figures.due];
        cells.extend(first.map(count));
        let share = match figures.sampled_permille() {
            None => "-".to_owned(),
            Some(_) => format!("{} %", row.sampled_percent),
        };
        cells.extend([count(figures.sampled), plain(share)]);
        let last = [figures.may_skip, figures.excluded, figures.deferred, figures.open];
        cells.extend(last.map(count));
        cells.push(hours(figures.oldest_open_hours));
        cells
    });
    table(caption, &heads, &cells.collect::<Vec<_>>())
}

fn endings(caption: &str, rows: &[&Row]) -> Markup {
    let heads = [
        "Where",
        "Collected",
        "Not to be collected",
        "Skipped",
        "Due, not collected",
        "No kit",
        "Released first",
        "Refused",
        "Medical",
        "Transferred",
        "Unresolved",
        "Open",
    ];
    let cells = rows.iter().map(|row| {
        let figures = &row.figures;
        let counts = [
            figures.collected,
            figures.not_to_be_collected,
            figures.skipped,
            figures.due_not_collected,
            figures.no_kit,
            figures.released_first,
            figures.refused,
            figures.medical,
            figures.transferred,
            figures.unresolved,
            figures.open,
        ];
        std::iter::once(name(row)).chain(counts.map(count)).collect::<Vec<_>>()
    });
    table(caption, &heads, &cells.collect::<Vec<_>>())
}

fn reasons(reasons: &[Reason]) -> Markup {
    let rows = reasons.iter().map(|line| {
        let why = if line.reason.chars().any(char::is_uppercase) {
            code(&line.reason)
        } else {
            plain(words(&line.reason))
        };
        vec![plain(title(line.disposition)), why, count(line.bookings), count(line.persons)]
    });
    let rows: Vec<_> = rows.collect();
    table("Why bookings ended so", &["Ending", "Reason", "Bookings", "Persons"], &rows)
}

fn kits(kits: &[Kits]) -> Markup {
    let rows = kits.iter().map(|line| {
        let counts =
            [line.bookings_without_kit, line.persons_without_kit, line.kits_in_stock].map(count);
        std::iter::once(plain(&line.site)).chain(counts).collect::<Vec<_>>()
    });
    let heads = ["Site", "Bookings without a kit", "Persons", "Kits in stock now"];
    table("Due and not collected for lack of a kit", &heads, &rows.collect::<Vec<_>>())
}

fn repeats(repeats: &[Repeat]) -> Markup {
    let rows = repeats.iter().take(LINES_MAX).map(|line| {
        let bookings: Vec<_> = line.bookings.iter().map(|booking| booking.as_str()).collect();
        vec![
            code(&line.person),
            count(line.bookings.len() as u64),
            count(line.bookings_due),
            plain(bookings.join(", ")),
            html! { (instant(line.last_at)) " " (line.last_site) },
            tag(if line.duty_open { "open" } else { "closed" }),
        ]
    });
    let heads = ["Person", "Bookings", "Of these due", "Which", "Last", "Order to collect"];
    html! {
        (table("Persons by number of bookings since the last sample", &heads,
            &rows.collect::<Vec<_>>()))
        (cut(repeats.len(), LINES_MAX as u32))
    }
}

fn open(call: &Call<'_>, open: &[Open]) -> Markup {
    let seen = call.may("eligibility.view");
    let rows = open.iter().take(LINES_MAX).map(|line| {
        let address = in_address(line.booking.as_str());
        let said = line.outcome.map_or("undecided", |outcome| outcome.word());
        vec![
            html! {
                @if seen {
                    a href={ "/eligibility/view?booking=" (address) } { (line.booking) }
                } @else { (line.booking) }
            },
            plain(&line.owner),
            instant(line.booked_at),
            hours(Some(line.age_hours)),
            tag(said),
        ]
    });
    let heads = ["Booking", "Who accounts for it", "Booked", "Age", "Decision"];
    html! {
        (table("Open bookings, the oldest first", &heads, &rows.collect::<Vec<_>>()))
        (cut(open.len(), LINES_MAX as u32))
    }
}

//! Typing: specimens that wait for a plate, plates that wait for their run, readings that wait for
//! a second pair of eyes. On the index side of the wall: numbers and profiles, no names.

use std::fmt::Write;

use genetics::{LocusSet, Profile, controls};
use journey::ids::{PlateNumber, SpecimenNumber};
use maud::{Markup, html};
use serde_json::{Value, json};
use service::typing::{Imported, ListedPlate, ListedReading, Load, Review, RunImport, Waiting};
use service::{After, ServiceError};

use crate::call::Call;
use crate::components::{alert, code, facts, plain, stages, table, tag};
use crate::form::{self, Forms};
use crate::layout::{cut, more, part};
use crate::station::{Done, Page, Shape, Station, Verb, input, json};
use crate::text::{in_address, instant};

/// Specimens that a plate takes: 96 wells less those for ladder, controls and blanks. A setting
/// of this page, not a rule.
const PLATE_SPECIMENS: usize = 88;
/// Chemistry that the load form begins with.
const CHEMISTRY: &str = "GlobalFiler Express";

/// Where the whole queue is.
const QUEUE: &str = "/typing/waiting";

/// The station.
pub(crate) const STATION: Station = Station {
    name: "typing",
    pages: &[
        Page {
            path: "/typing",
            action: "typing.list",
            title: "Typing",
            nav: "Typing",
            marked: false,
            render,
            give: Some(give),
        },
        Page {
            path: "/typing/plates",
            action: "typing.list",
            title: "Plates",
            nav: "",
            marked: false,
            render: render_plates,
            give: Some(give_plates),
        },
        Page {
            path: QUEUE,
            action: "typing.list",
            title: "Waiting for a plate",
            nav: "",
            marked: false,
            render: render_queue,
            give: Some(give_queue),
        },
        Page {
            path: "/typing/readings",
            action: "typing.list",
            title: "Readings",
            nav: "",
            marked: false,
            render: render_readings,
            give: Some(give_readings),
        },
        Page {
            path: "/typing/reading",
            action: "typing.view",
            title: "Reading",
            nav: "",
            marked: true,
            render: render_reading,
            give: Some(give_reading),
        },
    ],
    verbs: &[
        Verb {
            name: "load",
            action: "typing.load",
            page: "/typing",
            inputs: &[
                input("plate", Shape::Text),
                input("chemistry", Shape::Text),
                input("control", Shape::Text),
                input("specimens", Shape::Lines),
            ],
            file: false,
            done: "The plate is loaded.",
            run: load,
        },
        Verb {
            name: "import",
            action: "typing.import",
            page: "/typing",
            inputs: &[input("plate", Shape::Text)],
            file: true,
            done: "The run is judged.",
            run: import,
        },
        Verb {
            name: "review",
            action: "typing.review",
            page: "/typing/reading",
            inputs: &[
                input("specimen", Shape::Text),
                input("verdict", Shape::Text),
                input("returned_because", Shape::Optional),
            ],
            file: false,
            done: "The review is on record.",
            run: review,
        },
    ],
};

fn waiting(call: &Call<'_>) -> Result<Vec<Waiting>, ServiceError> {
    call.programme.list_waiting(&call.op, &After::start(), call.limit()?)
}

/// A page of the queue.
fn queue(call: &Call<'_>) -> Result<Vec<Waiting>, ServiceError> {
    call.programme.list_waiting(&call.op, &call.after()?, call.limit()?)
}

fn give_queue(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&queue(call)?)
}

fn render_queue(call: &Call<'_>, _: &Forms<'_>) -> Result<Markup, ServiceError> {
    let waiting = queue(call)?;
    Ok(html! {
        (waiting_table(&waiting))
        (more(call, QUEUE, &waiting, call.limit()?))
    })
}

fn plates(call: &Call<'_>, stage: &str) -> Result<Vec<ListedPlate>, ServiceError> {
    let limit = call.limit()?;
    call.programme.list_plates(&call.op, stage, &call.after()?, limit)
}

fn readings(call: &Call<'_>, stage: &str) -> Result<Vec<ListedReading>, ServiceError> {
    let limit = call.limit()?;
    call.programme.list_readings(&call.op, stage, &call.after()?, limit)
}

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    Ok(json!({
        "waiting": json(&waiting(call)?)?,
        "plates": json(&plates(call, "loaded")?)?,
        "readings": json(&readings(call, "typed")?)?,
    }))
}

fn give_plates(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&plates(call, call.entered.get("stage"))?)
}

fn give_readings(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&readings(call, call.entered.get("stage"))?)
}

fn give_reading(call: &Call<'_>) -> Result<Value, ServiceError> {
    let (reading, profile) = viewed(call)?;
    Ok(json!({ "reading": json(&reading)?, "profile": json(&profile)? }))
}

fn viewed(call: &Call<'_>) -> Result<(ListedReading, Profile), ServiceError> {
    let specimen = SpecimenNumber::from(call.needed("specimen")?);
    call.programme.view_reading(&call.op, &specimen)
}

fn load(call: &Call<'_>) -> Result<Done, ServiceError> {
    let load: Load = call.request()?;
    call.programme.load_plate(&call.op, &load)?;
    Done::with(&json!({ "plate": load.plate }))
}

fn import(call: &Call<'_>) -> Result<Done, ServiceError> {
    let plate = PlateNumber::from(call.needed("plate")?);
    let file = call.file()?;
    let import = call.programme.import_run_file(&call.op, &plate, file)?;
    Ok(Done::with(&import)?.show(of_import(&plate, &import)))
}

fn review(call: &Call<'_>) -> Result<Done, ServiceError> {
    let review: Review = call.request()?;
    let verdict = call.request.get("verdict").and_then(Value::as_str);
    // An empty reason approves for machines; a person who sends back must not approve that way.
    if verdict == Some("return") && review.returned_because.is_none() {
        return Err(ServiceError::Invalid(
            "returned_because: it is empty; say what must be done again".to_owned(),
        ));
    }
    call.programme.review_reading(&call.op, &review)?;
    Ok(Done::with(&json!({ "specimen": review.specimen }))?.to(next(call)?))
}

/// The reading that this reviewer can look at next, or the worklist.
fn next(call: &Call<'_>) -> Result<String, ServiceError> {
    let own = call.op.actor.account.as_str();
    let open = readings(call, "typed")?;
    let next = open.iter().find(|reading| reading.author != own);
    Ok(next.map_or("/typing".to_owned(), |reading| address(&reading.specimen)))
}

fn address(specimen: &SpecimenNumber) -> String {
    format!("/typing/reading?specimen={}", in_address(specimen.as_str()))
}

fn render(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let (review, plates) = (to_review(call)?, to_type(call, forms)?);
    let reviews = call.may("typing.review");
    Ok(html! {
        @if reviews { (review) }
        (plates)
        @if !reviews { (review) }
    })
}

fn to_review(call: &Call<'_>) -> Result<Markup, ServiceError> {
    let readings = readings(call, "typed")?;
    Ok(html! {
        (readings_table(call, "Readings to review, longest waiting first", &readings))
        (cut(readings.len(), call.limit()?))
        p { a href="/typing/readings" { "All readings" } }
    })
}

fn to_type(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let (waiting, plates) = (waiting(call)?, plates(call, "loaded")?);
    Ok(html! {
        (waiting_table(&waiting))
        (cut(waiting.len(), call.limit()?))
        p { a href=(QUEUE) { "All that wait for a plate" } }
        @if call.may("typing.load") { (part("Load a plate", &load_form(forms, &waiting))) }
        (plates_table("Plates that wait for their run", &plates))
        p { a href="/typing/plates" { "All plates" } }
        @if call.may("typing.import") { (part("Import a run", &import_form(forms, &plates))) }
    })
}

fn waiting_table(waiting: &[Waiting]) -> Markup {
    let row =
        |line: &Waiting| vec![code(&line.specimen), plain(&line.category), instant(line.since)];
    let rows: Vec<_> = waiting.iter().map(row).collect();
    let heads = ["Specimen", "Category", "Waiting since"];
    table("Specimens that wait for a plate", &heads, &rows)
}

fn plates_table(caption: &str, plates: &[ListedPlate]) -> Markup {
    let row = |line: &ListedPlate| {
        vec![
            code(&line.plate),
            plain(&line.chemistry),
            plain(&line.control),
            plain(line.specimens),
            tag(line.stage),
        ]
    };
    let rows: Vec<_> = plates.iter().map(row).collect();
    let heads = ["Plate", "Chemistry", "Control", "Specimens", "Stage"];
    table(caption, &heads, &rows)
}

fn readings_table(call: &Call<'_>, caption: &str, readings: &[ListedReading]) -> Markup {
    let own = call.op.actor.account.as_str();
    let may_view = call.may("typing.view");
    let row = |line: &ListedReading| {
        vec![
            html! {
                @if may_view { a href=(address(&line.specimen)) { (code(&line.specimen)) } }
                @else { (code(&line.specimen)) }
            },
            code(&line.plate),
            plain(line.version),
            html! { (line.author) @if line.author == own { " (you)" } },
            tag(line.stage),
        ]
    };
    let rows: Vec<_> = readings.iter().map(row).collect();
    let heads = ["Specimen", "Plate", "Version", "Read by", "Stage"];
    table(caption, &heads, &rows)
}

fn load_form(forms: &Forms<'_>, waiting: &[Waiting]) -> Markup {
    let specimens = waiting.iter().take(PLATE_SPECIMENS);
    let lines = specimens.fold(String::new(), |mut lines, line| {
        let _ = writeln!(lines, "{}", line.specimen);
        lines
    });
    let form = forms.of("typing/load").starting_with(json!({
        "chemistry": CHEMISTRY,
        "specimens": lines,
    }));
    let names: Vec<_> = controls::names().map(|name| (name, name)).collect();
    let hint = format!("One a line; the {PLATE_SPECIMENS} that wait longest stand here already");
    form.wrap(
        "Load the plate",
        &html! {
            (form.scan("plate", "Plate", "", false))
            (form.text("chemistry", "Chemistry", ""))
            (form.select(
                "control", "Positive control", "Its sample in the table bears this name", &names,
            ))
            (form.area("specimens", "Specimens", &hint))
        },
    )
}

fn import_form(forms: &Forms<'_>, plates: &[ListedPlate]) -> Markup {
    let form = forms.of("typing/import");
    let numbers: Vec<_> = plates.iter().map(|line| line.plate.as_str()).collect();
    let options: Vec<_> = numbers.iter().map(|plate| (*plate, *plate)).collect();
    let hint = "As the analysis software writes it; with the controls. A run is imported once";
    form.wrap_file(
        "Judge and import the run",
        &html! {
            (form.select("plate", "Plate", "", &options))
            (form.file("Genotype table", hint))
        },
    )
}

fn of_import(plate: &PlateNumber, import: &RunImport) -> Markup {
    let Imported { run, why, typed, refused, without_result } = &import.imported;
    let body = html! {
        p { "Plate " (code(plate)) ": " "specimens read: " (typed.len())
            ", refused: " (refused.len()) ", without result: " (without_result.len()) "." }
        @if let Some(why) = why {
            p { (crate::text::sentence(why)) " Every specimen of it waits for a plate again." }
        }
    };
    let refused: Vec<_> = refused
        .iter()
        .map(|(specimen, refusal)| vec![code(specimen), plain(&refusal.detail)])
        .collect();
    let missing: Vec<_> = without_result.iter().map(|number| vec![code(number)]).collect();
    html! {
        @if *run == "void" { (alert("error", "The run is void", &body)) }
        @else { (alert("success", "The controls are right", &body)) }
        @if !refused.is_empty() { (table("Refused", &["Specimen", "Why"], &refused)) }
        @if !missing.is_empty() {
            (table("On the plate and not in the file", &["Specimen"], &missing))
        }
        (problems(&import.problems))
    }
}

/// What is wrong in a file, with its positions.
pub(super) fn problems(problems: &[String]) -> Markup {
    html! {
        @if !problems.is_empty() {
            (alert("warning", "In the file", &html! {
                ul { @for problem in problems { li { (problem) } } }
            }))
        }
    }
}

fn render_plates(call: &Call<'_>, _: &Forms<'_>) -> Result<Markup, ServiceError> {
    let stage = call.entered.get("stage");
    let plates = plates(call, stage)?;
    let words = ["", "loaded", "controlled", "void"];
    Ok(html! {
        (stages("/typing/plates", stage, &words))
        (plates_table("Plates, longest there first", &plates))
        (more(call, "/typing/plates", &plates, call.limit()?))
    })
}

fn render_readings(call: &Call<'_>, _: &Forms<'_>) -> Result<Markup, ServiceError> {
    let stage = call.entered.get("stage");
    let readings = readings(call, stage)?;
    let words = ["", "typed", "reviewed", "returned"];
    Ok(html! {
        (stages("/typing/readings", stage, &words))
        (readings_table(call, "Readings, longest there first", &readings))
        (more(call, "/typing/readings", &readings, call.limit()?))
    })
}

fn render_reading(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let (reading, profile) = viewed(call)?;
    let core = LocusSet::core20();
    let missing: Vec<_> =
        core.difference(profile.loci()).iter().map(|locus| locus.name()).collect();
    let present = core.len() - missing.len();
    Ok(html! {
        (facts(&[
            ("Specimen", code(&reading.specimen)),
            ("Plate", code(&reading.plate)),
            ("Version", plain(reading.version)),
            ("Read by", plain(&reading.author)),
            ("Stage", tag(reading.stage)),
            ("Core loci", html! {
                (present) " of " (core.len())
                @if !missing.is_empty() { "; missing: " (missing.join(", ")) }
            }),
        ]))
        (profile_table(&profile))
        @if reading.stage == "typed" { (verdict(call, forms, &reading)) }
        p { a href="/typing" { "Back to the worklist" } }
    })
}

fn profile_table(profile: &Profile) -> Markup {
    let rows = profile.typed().iter().map(|typed| {
        let alleles = typed.genotype.alleles().len();
        let note = match (alleles, typed.genotype.has_off_ladder()) {
            (_, true) => "off ladder: look at the raw data",
            (1, _) => "one allele",
            (2, _) => "",
            _ => "more than two alleles: look at the raw data",
        };
        let locus = plain(typed.locus);
        vec![locus, code(&typed.genotype), plain(note)]
    });
    let rows: Vec<_> = rows.collect();
    table("Profile", &["Locus", "Alleles", "Note"], &rows)
}

fn verdict(call: &Call<'_>, forms: &Forms<'_>, reading: &ListedReading) -> Markup {
    if !call.may("typing.review") {
        return html! {};
    }
    if reading.author == call.op.actor.account.as_str() {
        let text = "You read this profile yourself. A second qualified person reviews it.";
        return alert("info", "Not yours to review", &html! { p { (text) } });
    }
    let form = || {
        let specimen = reading.specimen.as_str();
        forms.of("typing/review").keyed("specimen", specimen)
    };
    let back = form();
    let hint = "What was seen and what must be done again, such as the locus and the peak";
    part(
        "Your review",
        &html! {
            p { "You looked at controls, calls against the raw data, thresholds and category." }
            (form().wrap("Approve", &form::hidden("verdict", "approve")))
            (back.wrap("Send back", &html! {
                (form::hidden("verdict", "return"))
                (back.text("returned_because", "Why it goes back", hint))
            }))
        },
    )
}

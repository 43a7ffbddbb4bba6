//! Shipment: sealed kits that wait for a package, packages, and the count at the laboratory with
//! every barcode that is missing or too many.

use journey::ids::{KitBarcode, PackageNumber, Site};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json as value};
use service::ServiceError;
use service::shipment::{Counted, HandOver, Listed, Receive};

use crate::call::Call;
use crate::components::{alert, code, facts, plain, stages, table, tag};
use crate::form::{Forms, ask, ask_text};
use crate::layout::{more, part};
use crate::station::{Done, Page, Shape, Station, Verb, input, json};
use crate::text::{in_address, instant};

/// The station.
pub(crate) const STATION: Station = Station {
    name: "shipment",
    pages: &[
        Page {
            path: "/shipment",
            action: "shipment.list",
            title: "Shipment",
            nav: "Shipment",
            marked: false,
            render,
            give: Some(give),
        },
        Page {
            path: "/shipment/package",
            action: "shipment.list",
            title: "One package",
            nav: "",
            marked: false,
            render: render_package,
            give: Some(give_package),
        },
    ],
    verbs: &[
        Verb {
            name: "start",
            action: "shipment.start",
            page: "/shipment",
            inputs: &[input("site", Shape::Text)],
            file: false,
            done: "The package is begun. Scan sealed kits into it.",
            run: start,
        },
        Verb {
            name: "pack",
            action: "shipment.pack",
            page: "/shipment/package",
            inputs: &[input("package", Shape::Text), input("kit", Shape::Text)],
            file: false,
            done: "The kit is in the package. Scan the next one, or seal the package.",
            run: pack,
        },
        Verb {
            name: "seal",
            action: "shipment.seal",
            page: "/shipment/package",
            inputs: &[input("package", Shape::Text), input("seal", Shape::Text)],
            file: false,
            done: "The package is sealed and its manifest fixed.",
            run: seal,
        },
        Verb {
            name: "hand-over",
            action: "shipment.hand-over",
            page: "/shipment/package",
            inputs: &[
                input("package", Shape::Text),
                input("carrier", Shape::Text),
                input("tracking", Shape::Text),
            ],
            file: false,
            done: "The package is with the carrier.",
            run: hand_over,
        },
        Verb {
            name: "receive",
            action: "shipment.receive",
            page: "/shipment/package",
            inputs: &[input("package", Shape::Text), input("found", Shape::Lines)],
            file: false,
            done: "The package is counted.",
            run: receive,
        },
    ],
};

/// Begin a package.
#[derive(Deserialize)]
struct Start {
    site: Site,
}

/// Put a kit into a package.
#[derive(Deserialize)]
struct Pack {
    package: PackageNumber,
    kit: KitBarcode,
}

/// Close a package.
#[derive(Deserialize)]
struct Seal {
    package: PackageNumber,
    seal: String,
}

fn packages(call: &Call<'_>) -> Result<Vec<Listed>, ServiceError> {
    let (stage, limit) = (call.stage(""), call.limit()?);
    call.programme.list_packages(&call.op, stage, &call.after()?, limit)
}

fn to_pack(call: &Call<'_>) -> Result<Vec<service::collection::Listed>, ServiceError> {
    let site = call.entered.get("site");
    call.programme.list_to_pack(&call.op, site, call.limit()?)
}

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&value!({ "to_pack": to_pack(call)?, "packages": packages(call)? }))
}

fn one(call: &Call<'_>) -> Result<Listed, ServiceError> {
    call.programme.find_package(&call.op, &PackageNumber::from(call.needed("package")?))
}

fn give_package(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&one(call)?)
}

fn page_of(package: &PackageNumber) -> String {
    format!("/shipment/package?package={}", in_address(package.as_str()))
}

fn start(call: &Call<'_>) -> Result<Done, ServiceError> {
    let Start { site } = call.request()?;
    let package = call.programme.start_package(&call.op, &site)?;
    Ok(Done::with(&value!({ "package": package }))?.to(page_of(&package)))
}

fn pack(call: &Call<'_>) -> Result<Done, ServiceError> {
    let Pack { package, kit } = call.request()?;
    call.programme.pack_kit(&call.op, &package, &kit)?;
    Ok(Done::with(&value!({ "package": package, "kit": kit }))?.to(page_of(&package)))
}

fn seal(call: &Call<'_>) -> Result<Done, ServiceError> {
    let Seal { package, seal } = call.request()?;
    call.programme.seal_package(&call.op, &package, &seal)?;
    Ok(Done::with(&value!({ "package": package }))?.to(page_of(&package)))
}

fn hand_over(call: &Call<'_>) -> Result<Done, ServiceError> {
    let request: HandOver = call.request()?;
    call.programme.hand_over_package(&call.op, &request)?;
    let package = request.package;
    Ok(Done::with(&value!({ "package": package }))?.to(page_of(&package)))
}

fn receive(call: &Call<'_>) -> Result<Done, ServiceError> {
    let request: Receive = call.request()?;
    let counted = call.programme.receive_package(&call.op, &request)?;
    Ok(Done::with(&counted)?.show(count(&counted)))
}

fn count(counted: &Counted) -> Markup {
    let agree = counted.missing.is_empty() && counted.extra.is_empty();
    let lines = |kits: &mut dyn Iterator<Item = &KitBarcode>| {
        kits.map(|kit| vec![code(kit)]).collect::<Vec<_>>()
    };
    let missing = lines(&mut counted.missing.iter());
    let extra = lines(&mut counted.extra.iter());
    let arrived = lines(&mut counted.arrived.iter());
    html! {
        @if agree {
            (alert("success", "Manifest and package agree", &html! {
                p { (counted.arrived.len()) " kits arrived." }
            }))
        } @else {
            (alert("warning", "Manifest and package differ", &html! {
                p {
                    (counted.missing.len()) " missing, " (counted.extra.len())
                    " too many. Keep the package and tell the site."
                }
            }))
            (table("On the manifest and not found", &["Kit"], &missing))
            (table("Found and not on the manifest", &["Kit"], &extra))
        }
        (table("Arrived", &["Kit"], &arrived))
    }
}

fn render(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let stage = call.stage("");
    let (packages, waiting) = (packages(call)?, to_pack(call)?);
    let row = |line: &Listed| {
        vec![
            html! { a href=(page_of(&line.package)) { (code(&line.package)) } },
            plain(&line.site),
            plain(line.kits.len()),
            tag(line.stage),
        ]
    };
    let rows: Vec<_> = packages.iter().map(row).collect();
    let kit = |line: &service::collection::Listed| {
        let opened = instant(line.opened_at);
        vec![code(&line.kit), plain(&line.site), plain(&line.category), opened]
    };
    let kits: Vec<_> = waiting.iter().map(kit).collect();
    let form = forms.of("shipment/start");
    let words = ["packing", "sealed", "in_transit", "received", ""];
    let find = ask_text("shipment-find", "package", "Package number", "Scan or type it", "");
    Ok(html! {
        (ask("/shipment/package", "Open the package", &find))
        (stages("/shipment", stage, &words))
        (table("Packages, longest waiting first", &["Package", "From", "Kits", "Stands"], &rows))
        (more(call, "/shipment", &packages, call.limit()?))
        @if call.may("shipment.start") {
            (part("Begin a package", &form.wrap("Begin", &form.text("site", "Site", ""))))
        }
        (part("Sealed kits that are in no package", &table(
            "To pack, longest waiting first", &["Kit", "Site", "Category", "Opened"], &kits,
        )))
    })
}

fn render_package(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let line = one(call)?;
    let kits: Vec<_> = line.kits.iter().map(|kit| vec![code(kit)]).collect();
    let step = match line.stage {
        "packing" => html! {
            @if call.may("shipment.pack") { (pack_form(forms, &line)) }
            @if call.may("shipment.seal") { (part("Seal the package", &seal_form(forms, &line))) }
        },
        "sealed" if call.may("shipment.hand-over") => hand_over_form(forms, &line),
        "in_transit" if call.may("shipment.receive") => receive_form(forms, &line),
        _ => html! {},
    };
    Ok(html! {
        (facts(&[
            ("Package", code(&line.package)),
            ("From", plain(&line.site)),
            ("Stands", tag(line.stage)),
            ("Kits", plain(line.kits.len())),
        ]))
        (step)
        (table("Manifest", &["Kit"], &kits))
        p { a href="/shipment" { "All packages" } }
    })
}

fn pack_form(forms: &Forms<'_>, line: &Listed) -> Markup {
    let form = forms.of("shipment/pack").keyed("package", &line.package);
    let field = form.scan("kit", "Kit barcode", "A sealed kit that is in no package", true);
    html! { div.now.big { h2 { "Scan a kit into it" } (form.wrap("Put in", &field)) } }
}

fn seal_form(forms: &Forms<'_>, line: &Listed) -> Markup {
    let form = forms.of("shipment/seal").keyed("package", &line.package);
    form.wrap("Seal", &form.scan("seal", "Number of the package seal", "", false))
}

fn hand_over_form(forms: &Forms<'_>, line: &Listed) -> Markup {
    let form = forms.of("shipment/hand-over").keyed("package", &line.package);
    let fields = html! {
        (form.text("carrier", "Carrier", ""))
        (form.scan("tracking", "Tracking number", "", true))
    };
    html! { div.now { h2 { "Hand it over" } (form.wrap("With the carrier", &fields)) } }
}

fn receive_form(forms: &Forms<'_>, line: &Listed) -> Markup {
    let form = forms.of("shipment/receive").keyed("package", &line.package);
    let field = form.area("found", "Barcodes found in the package", "Scan every kit; one a line");
    html! { div.now { h2 { "Count it" } (form.wrap("Compare with the manifest", &field)) } }
}

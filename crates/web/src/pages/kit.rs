//! Kits: the stock of each site, kits that arrive, kits that go out of use, and the recall of a
//! lot with every kit and collection that it touches.

use journey::ids::KitBarcode;
use journey::kit::Withdrawal;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use service::ServiceError;
use service::kit::{Recall, Receive};

use crate::call::Call;
use crate::components::{alert, code, options, plain, table, tag};
use crate::form::Forms;
use crate::layout::part;
use crate::station::{Done, Page, Shape, Station, Verb, input, json};
use crate::text::number;

/// The station.
pub(crate) const STATION: Station = Station {
    name: "kit",
    pages: &[Page {
        path: "/kit",
        action: "kit.list",
        title: "Kit stock",
        nav: "Kits",
        marked: false,
        render,
        give: Some(give),
    }],
    verbs: &[
        Verb {
            name: "receive",
            action: "kit.receive",
            page: "/kit",
            inputs: &[
                input("lot", Shape::Text),
                input("site", Shape::Text),
                input("expires_on", Shape::Day),
                input("barcodes", Shape::Lines),
            ],
            file: false,
            done: "The kits are in stock.",
            run: receive,
        },
        Verb {
            name: "withdraw",
            action: "kit.withdraw",
            page: "/kit",
            inputs: &[input("barcode", Shape::Text), input("why", Shape::Text)],
            file: false,
            done: "The kit is out of use.",
            run: withdraw,
        },
        Verb {
            name: "recall",
            action: "kit.recall",
            page: "/kit",
            inputs: &[input("lot", Shape::Text)],
            file: false,
            done: "The lot is recalled.",
            run: recall,
        },
    ],
};

/// Take a kit out of use.
#[derive(Deserialize)]
struct Withdraw {
    barcode: KitBarcode,
    why: Withdrawal,
}

/// Recall a lot.
#[derive(Deserialize)]
struct RecallLot {
    lot: String,
}

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&call.programme.kit_stock(&call.op)?)
}

fn receive(call: &Call<'_>) -> Result<Done, ServiceError> {
    let request: Receive = call.request()?;
    Done::with(&call.programme.receive_kits(&call.op, &request)?)
}

fn withdraw(call: &Call<'_>) -> Result<Done, ServiceError> {
    let Withdraw { barcode, why } = call.request()?;
    call.programme.withdraw_kit(&call.op, &barcode, why)?;
    Done::with(&barcode)
}

fn recall(call: &Call<'_>) -> Result<Done, ServiceError> {
    let RecallLot { lot } = call.request()?;
    let recall = call.programme.recall_lot(&call.op, &lot)?;
    Ok(Done::with(&recall)?.show(affected(&recall)))
}

fn render(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let stock = call.programme.kit_stock(&call.op)?;
    let row = |line: &service::kit::Stock| {
        vec![plain(&line.site), tag(&line.stage), plain(number(line.kits))]
    };
    let rows: Vec<_> = stock.iter().map(row).collect();
    Ok(html! {
        (table("Kits by site and stage", &["Site", "Stage", "Kits"], &rows))
        @if call.may("kit.receive") { (part("Receive kits", &receive_form(forms))) }
        @if call.may("kit.withdraw") { (part("Take a kit out of use", &withdraw_form(forms))) }
        @if call.may("kit.recall") { (part("Recall a lot", &recall_form(forms))) }
    })
}

fn receive_form(forms: &Forms<'_>) -> Markup {
    let form = forms.of("kit/receive");
    form.wrap(
        "Put into stock",
        &html! {
            (form.text("site", "Site", "Where the kits are kept"))
            (form.text("lot", "Lot", "The manufacturer's lot, as printed on the box"))
            (form.day("expires_on", "Last day of use", ""))
            (form.area("barcodes", "Barcodes", "One a line; a scanner ends each line by itself"))
        },
    )
}

fn withdraw_form(forms: &Forms<'_>) -> Markup {
    let form = forms.of("kit/withdraw");
    let usual = |why: &&Withdrawal| **why != Withdrawal::Recalled;
    let reasons = options(Withdrawal::ALL.iter().filter(usual).map(|why| why.word()));
    form.wrap(
        "Take out of use",
        &html! {
            (form.scan("barcode", "Barcode", "", false))
            (form.select("why", "Reason", "", &reasons))
        },
    )
}

fn recall_form(forms: &Forms<'_>) -> Markup {
    let form = forms.of("kit/recall");
    form.wrap(
        "Recall the lot",
        &html! {
            (form.text(
                "lot", "Lot", "Every unused kit of the lot goes out of use; used ones are listed",
            ))
        },
    )
}

fn affected(recall: &Recall) -> Markup {
    let used = recall.used.iter().map(|(kit, collection)| vec![code(kit), code(collection)]);
    let used: Vec<_> = used.collect();
    let withdrawn: Vec<_> = recall.withdrawn.iter().map(|kit| vec![code(kit)]).collect();
    let summary = html! {
        p {
            (recall.withdrawn.len()) " kits were taken out of use; "
            (recall.used.len()) " had been used before."
        }
    };
    html! {
        (alert("warning", "Samples of this lot need a look", &summary))
        (table("Used kits of the lot", &["Kit", "Collection"], &used))
        (table("Kits taken out of use", &["Kit"], &withdrawn))
    }
}

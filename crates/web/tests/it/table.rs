//! The collection table: each step shows the next field alone, from the booking to the package.

use axum::http::StatusCode;
use journey::actor::Role;
use serde_json::json;

use crate::ground::{Ground, SITE};
use crate::html;
use crate::pages::booking;

const TABLE: &str = "/collection?site=Dallas&table=T1";

async fn page(ground: &Ground, path: &str) -> String {
    let answer = ground.get(Role::Collector, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    html::check(path, &answer.text);
    answer.text
}

type Fields<'a> = Vec<(&'a str, &'a str)>;

fn with<'a>(fields: &[(&'a str, &'a str)]) -> Fields<'a> {
    [&[("site", SITE), ("table", "T1")], fields].concat()
}

#[tokio::test]
async fn a_sample_goes_from_the_table_into_a_package() {
    let ground = Ground::new(&[Role::Collector, Role::KitClerk, Role::Accessioner]).await;
    let kits = json!({
        "lot": "L1", "site": SITE, "expires_on": "2027-05-31", "barcodes": ["K1", "K2"],
    });
    ground.call(Role::KitClerk, "/api/kit/receive", &kits).await;
    let record = ground.form(Role::Collector, "/booking/record", &booking()).await;
    assert_eq!(record.status, StatusCode::SEE_OTHER);
    let collection = opened(&ground).await;
    sealed(&ground, &collection).await;
    shipped(&ground).await;
}

async fn opened(ground: &Ground) -> String {
    assert!(page(ground, "/collection").await.contains("Where are you?"));
    assert!(page(ground, TABLE).await.contains("1. Scan the booking"));
    let none = page(ground, &format!("{TABLE}&booking=B9")).await;
    assert!(none.contains("Not found") && !none.contains("Scan the kit"));
    let second = page(ground, &format!("{TABLE}&booking=B1")).await;
    assert!(second.contains("2. Scan the kit"));
    assert!(second.contains("lang=\"es\""), "the person is told in Spanish, too");

    let unknown = with(&[("booking", "B1"), ("kit", "K9")]);
    let refused = ground.form(Role::Collector, "/collection/open", &unknown).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    html::check("refused", &refused.text);
    assert!(refused.text.contains("KIT_UNUSABLE") && refused.text.contains("value=\"K9\""));

    let open = with(&[("booking", "B1"), ("kit", "K1")]);
    let opened = ground.form(Role::Collector, "/collection/open", &open).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.text);
    assert!(opened.header("location").starts_with(TABLE));
    assert!(page(ground, TABLE).await.contains("scan it"));
    let fourth = page(ground, &format!("{TABLE}&device=K1")).await;
    assert!(fourth.contains("4. Scan the form"));
    let list = ground.get(Role::Collector, "/api/collection?stage=opened").await;
    list.json()[0]["collection"].as_str().unwrap().to_owned()
}

async fn sealed(ground: &Ground, collection: &str) {
    let post = async |path: &str, fields: &[(&str, &str)]| {
        let mut all = with(&[("form-key", collection), ("collection", collection)]);
        all.extend(fields);
        ground.form(Role::Collector, path, &all).await
    };
    let differ = post("/collection/scan", &[("device", "K1"), ("form", "K2")]).await;
    assert_eq!(differ.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(differ.text.contains("BARCODE_MISMATCH"));
    let agree = post("/collection/scan", &[("device", "K1"), ("form", "K1")]).await;
    assert_eq!(agree.status, StatusCode::SEE_OTHER, "{}", agree.text);
    assert!(page(ground, TABLE).await.contains("5. Seal it"));
    let early = post("/collection/seal", &[("seal", "S1")]).await;
    assert!(early.text.contains("PRINTS_MISSING"), "{}", early.text);
    let sealed = post("/collection/seal", &[("seal", "S1"), ("prints_taken", "true")]).await;
    assert_eq!(sealed.status, StatusCode::SEE_OTHER, "{}", sealed.text);
    assert!(page(ground, TABLE).await.contains("1. Scan the booking"));
}

async fn shipped(ground: &Ground) {
    let start = ground.form(Role::KitClerk, "/shipment/start", &[("site", SITE)]).await;
    let path = start.header("location").to_owned();
    let package = path.split(['=', '&']).nth(1).unwrap().to_owned();
    let in_package = |fields: &[(&'static str, &'static str)]| {
        let mut all = vec![("package", package.as_str()), ("form-key", package.as_str())];
        all.extend(fields.iter().copied());
        all
    };
    let steps: [(Role, &str, Fields<'_>); 3] = [
        (Role::KitClerk, "/shipment/pack", in_package(&[("kit", "K1")])),
        (Role::KitClerk, "/shipment/seal", in_package(&[("seal", "P1")])),
        (
            Role::KitClerk,
            "/shipment/hand-over",
            in_package(&[("carrier", "UPS"), ("tracking", "1Z")]),
        ),
    ];
    for (role, path, fields) in steps {
        let done = ground.form(role, path, &fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{path}: {}", done.text);
        let page = ground.get(role, done.header("location")).await;
        html::check(path, &page.text);
    }
    let found = in_package(&[("found", "K2")]);
    let counted = ground.form(Role::Accessioner, "/shipment/receive", &found).await;
    assert_eq!(counted.status, StatusCode::OK, "{}", counted.text);
    html::check("/shipment/receive", &counted.text);
    assert!(counted.text.contains("1 missing, 1 too many"), "{}", counted.text);
    let chain = ground.get(Role::KitClerk, "/custody?kit=K1").await;
    html::check("/custody", &chain.text);
    assert!(chain.text.contains("handed over") && chain.text.contains("missing"));
}

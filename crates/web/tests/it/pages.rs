//! Forms and calls of a station: what goes in comes out, what is wrong is said beside the field,
//! and what was entered is never read as markup.

use axum::http::StatusCode;
use journey::actor::Role;
use serde_json::json;

use crate::ground::{Ground, SITE};
use crate::html;

const HOSTILE: &str = "<script>alert('1')</script>\"onfocus=\"x";

async fn stocked(ground: &Ground, barcodes: &[&str]) {
    let body = json!({
        "lot": "L1", "site": SITE, "expires_on": "2027-05-31", "barcodes": barcodes,
    });
    let answer = ground.call(Role::KitClerk, "/api/kit/receive", &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn a_form_stores_and_leads_back_with_a_fixed_sentence() {
    let ground = Ground::new(&[Role::KitClerk]).await;
    let fields =
        [("lot", "L1"), ("site", SITE), ("expires_on", "2027-05-31"), ("barcodes", "K1\r\nK2\r\n")];
    let done = ground.form(Role::KitClerk, "/kit/receive", &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(done.header("location"), "/kit?done=kit%2Freceive");
    let page = ground.get(Role::KitClerk, done.header("location")).await;
    html::check("/kit", &page.text);
    assert!(page.text.contains("The kits are in stock."));
    let stock = ground.get(Role::KitClerk, "/api/kit").await;
    assert_eq!(stock.json()[0]["kits"], 2);
    let other = ground.get(Role::KitClerk, "/kit?done=hello").await;
    assert!(!other.text.contains("hello"));
}

#[tokio::test]
async fn a_wrong_field_is_named_beside_it_and_what_was_entered_stays() {
    let ground = Ground::new(&[Role::KitClerk]).await;
    let fields = [("lot", HOSTILE), ("site", SITE), ("expires_on", "soon"), ("barcodes", "K1")];
    let wrong = ground.form(Role::KitClerk, "/kit/receive", &fields).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    html::check("/kit", &wrong.text);
    assert!(wrong.text.contains("<title>Error: Kit stock"));
    assert!(wrong.text.contains("href=\"#kit-receive-expires_on\""));
    assert!(wrong.text.contains("id=\"kit-receive-expires_on-error\""));
    assert!(wrong.text.contains("it is no day; write it as 2027-05-31"));
    assert!(wrong.text.contains("&lt;script&gt;"));
    assert!(!wrong.text.contains("<script>"));
    assert!(wrong.text.contains("value=\"Dallas\""));
}

#[tokio::test]
async fn a_refusal_shows_rule_remedy_and_authority() {
    let ground = Ground::new(&[Role::KitClerk]).await;
    stocked(&ground, &["K1"]).await;
    let fields = [("lot", "L1"), ("site", SITE), ("expires_on", "2027-05-31"), ("barcodes", "K1")];
    let refused = ground.form(Role::KitClerk, "/kit/receive", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["ALREADY_RECORDED", "The kit is in_stock.", "Use the record that is there."] {
        assert!(refused.text.contains(part), "{part}: {}", refused.text);
    }
    let body = json!({ "barcode": "K9", "why": "lost" });
    let call = ground.call(Role::KitClerk, "/api/kit/withdraw", &body).await;
    assert_eq!(call.status, StatusCode::UNPROCESSABLE_ENTITY);
    let error = &call.json()["error"];
    assert_eq!(error["code"], "NOT_THERE");
    assert_eq!(error["remedy"], "check the number, or record the item first");
}

#[tokio::test]
async fn a_recall_shows_every_kit_that_it_touches() {
    let ground = Ground::new(&[Role::KitClerk]).await;
    stocked(&ground, &["K1", "K2"]).await;
    let recalled = ground.form(Role::KitClerk, "/kit/recall", &[("lot", "L1")]).await;
    assert_eq!(recalled.status, StatusCode::OK);
    html::check("/kit/recall", &recalled.text);
    assert!(recalled.text.contains("2 kits were taken out of use"));
}

#[tokio::test]
async fn a_booking_goes_in_by_form_and_its_name_shows_only_for_a_purpose() {
    let ground = Ground::new(&[Role::Collector, Role::Auditor]).await;
    let done = ground.form(Role::Collector, "/booking/record", &booking()).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let to = "/eligibility/view?booking=B1&done=booking%2Frecord";
    assert_eq!(done.header("location"), to);
    let decision = ground.get(Role::Collector, to).await;
    html::check(to, &decision.text);
    assert!(decision.text.contains("28 CFR 28.12"), "{}", decision.text);

    for path in ["/booking", "/eligibility", "/eligibility/view?booking=B1"] {
        let page = ground.get(Role::Auditor, path).await;
        assert!(page.text.contains("B1"), "{path}");
        assert!(!page.text.contains("Juniper"), "{path}");
    }
    let asked = ground.get(Role::Collector, "/booking/view?booking=B1").await;
    assert!(!asked.text.contains("Juniper"));
    let path = "/booking/view?booking=B1&purpose=take+a+sample";
    let viewed = ground.get(Role::Collector, path).await;
    html::check(path, &viewed.text);
    assert!(viewed.text.contains("Juniper"));
    assert!(viewed.text.contains("value=\"2026-05-01T06:30:00\""), "{}", viewed.text);
    let kept_out = ground.get(Role::Auditor, path).await;
    assert_eq!(kept_out.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_wrong_value_is_not_quoted_where_it_may_be_personal() {
    let ground = Ground::new(&[Role::Collector]).await;
    let body = json!({ "booking": "B1", "person": "Juniper Slate", "circumstances": 1 });
    let answer = ground.call(Role::Collector, "/api/booking/record", &body).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(!answer.text.contains("Juniper"), "{}", answer.text);
}

#[tokio::test]
async fn a_feed_comes_in_as_a_file() {
    let ground = Ground::new(&[Role::Collector]).await;
    let session = ground.of(Role::Collector);
    let feed = "booking,name\nB1,Juniper\n";
    let body = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n\
         --cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"feed.csv\"\r\n\
         Content-Type: text/csv\r\n\r\n{feed}\r\n--cut--\r\n",
        session.csrf
    );
    let request = axum::http::Request::post("/booking/import")
        .header("cookie", &session.cookie)
        .header("content-type", "multipart/form-data; boundary=cut")
        .body(axum::body::Body::from(body))
        .unwrap();
    let answer = ground.send(request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    html::check("/booking/import", &answer.text);
    assert!(answer.text.contains("Problems in the file"));
    assert!(!answer.text.contains("Juniper"));
}

#[tokio::test]
async fn a_long_list_is_turned_over_and_shows_every_row_once() {
    let ground = Ground::new(&[Role::Collector]).await;
    for number in 0..7 {
        let own = format!("B{number}");
        let fields = booking().into_iter().map(|(name, value)| match name {
            "booking" => (name, own.as_str()),
            "person.fingerprint_number" => (name, own.as_str()),
            _ => (name, value),
        });
        let fields: Vec<_> = fields.collect();
        ground.form(Role::Collector, "/booking/record", &fields).await;
        ground.pass(60);
    }
    let (mut path, mut seen) = ("/api/booking?limit=3".to_owned(), Vec::new());
    let page = ground.get(Role::Collector, "/booking?limit=3").await;
    assert!(page.text.contains("The next 3"), "{}", page.text);
    loop {
        let list = ground.get(Role::Collector, &path).await.json();
        let Some(last) = list.as_array().unwrap().last() else { break };
        let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
        seen.extend(list.as_array().unwrap().iter().map(|row| text(row, "booking")));
        let (since, id) = (text(last, "since").replace(':', "%3A"), text(last, "booking"));
        path = format!("/api/booking?limit=3&after={since}~{id}");
    }
    assert_eq!(seen, ["B0", "B1", "B2", "B3", "B4", "B5", "B6"]);
    let odd = ground.get(Role::Collector, "/booking?after=yesterday").await;
    assert_eq!(odd.status, axum::http::StatusCode::BAD_REQUEST);
}

/// A booking as the form sends it.
pub(crate) fn booking() -> Vec<(&'static str, &'static str)> {
    vec![
        ("booking", "B1"),
        ("person.family_name", "Slate"),
        ("person.given_name", "Juniper"),
        ("person.date_of_birth", "1990-02-03"),
        ("person.fingerprint_number", "F100"),
        ("circumstances.component", "ICE-ERO"),
        ("circumstances.site", SITE),
        ("circumstances.booked_at", "2026-05-01T06:30"),
        ("booked_offset", "-05:00"),
        ("circumstances.date_of_birth_confidence", "verified"),
        ("circumstances.citizenship", "non_us_person"),
        ("circumstances.citizenship_confidence", "verified"),
        ("circumstances.lawful_status", "none"),
        ("circumstances.custody_basis", "admin_detention"),
        ("circumstances.further_proceedings", "yes"),
        ("circumstances.fingerprint_event", "E100"),
        ("circumstances.fingerprinted_at", "2026-05-01T06:40"),
        ("circumstances.on_file", "absent"),
    ]
}

//! Removal: the three paths, the second person, the steps in words, and the certificate.

use axum::http::StatusCode;
use journey::actor::Role;
use serde_json::{Value, json};

use crate::ground::Ground;
use crate::html;
use crate::way::{PEOPLE, text};

#[tokio::test]
async fn a_removal_goes_from_request_to_certificate() {
    let ground = Ground::new(PEOPLE).await;
    ground.indexed("K1").await;
    let (officer, manager) = (Role::PrivacyOfficer, Role::ProgramManager);
    let page = ground.page(officer, "/removal").await;
    for part in ["12592(d)", "no expungement for detention", "Administrative removal"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let path = "/removal/request";
    let order = [("path", "administrative"), ("kit", "K1"), ("order", "ORDER-1")];
    let asked = ground.done(officer, path, &order).await;
    assert!(asked.contains("waits for a second person"), "{asked}");
    let list = ground.list(officer, "/api/removal").await;
    let id = text(&list[0]["removal"]);
    let address = format!("/removal?removal={id}");
    let about = [("form-key", id.as_str()), ("removal", id.as_str())];
    let empty = ground.form(manager, "/removal/deny", &about).await;
    assert_eq!(empty.status, StatusCode::BAD_REQUEST);
    html::check("/removal/deny", &empty.text);
    ground.done(manager, "/removal/approve", &about).await;
    let gone = |list: &Value| list[0]["done"] == json!(["index_record"]);
    ground.until(officer, "/api/removal", gone).await;
    let page = ground.page(officer, &address).await;
    assert!(page.contains(">done<") && page.contains(">open<"), "{page}");
    assert!(!page.contains("Certify that all is gone"), "a step is open");
    let page = ground.page(Role::Accessioner, &address).await;
    assert!(page.contains("Record the destruction"), "{page}");
    let destroy = [about[0], about[1], ("method", "device and card burned")];
    ground.done(Role::Accessioner, "/removal/destroy-sample", &destroy).await;
    let page = ground.page(officer, &address).await;
    assert!(page.contains("Certify that all is gone"), "{page}");
    let page = ground.done(officer, "/removal/certify", &about).await;
    assert!(page.contains("not kept") && !page.contains("K1"), "{page}");
}

#[tokio::test]
async fn each_path_asks_for_what_it_needs() {
    let ground = Ground::new(PEOPLE).await;
    ground.indexed("K1").await;
    let path = "/removal/request";
    let check = async |fields: &[(&str, &str)], status: StatusCode, said: &str| {
        let answer = ground.form(Role::PrivacyOfficer, path, fields).await;
        assert_eq!(answer.status, status, "{said}: {}", answer.text);
        html::check(said, &answer.text);
        assert!(answer.text.contains(said), "{said}: {}", answer.text);
    };
    let kit = ("kit", "K1");
    let of = |word: &'static str| [("form-key", word), ("path", word), kit];
    let wrong = StatusCode::BAD_REQUEST;
    check(&of("ineligibility"), wrong, "removal-request-why-ineligibility-error").await;
    check(&of("administrative"), wrong, "removal-request-order-administrative-error").await;
    let basis = "removal-request-orders-1-basis-expungement-error";
    check(&of("expungement"), wrong, basis).await;
    let half = [&of("expungement")[..], &[("orders.2.basis", "convicted")]].concat();
    check(&half, wrong, "removal-request-orders-2-document-expungement-error").await;
    let whole = [
        &of("expungement")[..],
        &[
            ("orders.1.basis", "convicted"),
            ("orders.1.document", "20-cr-1"),
            ("orders.1.final_on", "2026-01-01"),
        ],
    ]
    .concat();
    // The person was held in administrative detention alone.
    check(&whole, StatusCode::UNPROCESSABLE_ENTITY, "expungement does not cover").await;
    let order = json!({ "basis": "convicted", "document": "20-cr-1", "final_on": "2026-01-01" });
    let call = json!({ "kit": "K1", "path": "expungement", "orders": [order] });
    let refused = ground.call(Role::PrivacyOfficer, "/api/removal/request", &call).await;
    assert_eq!(refused.json()["error"]["code"], "PATH_DOES_NOT_APPLY");
}

//! Accession: two scans and what is wrong; the answer stands large; rejections say why.

use axum::http::StatusCode;
use journey::actor::Role;
use serde_json::json;

use crate::ground::Ground;
use crate::html;
use crate::way::PEOPLE;

#[tokio::test]
async fn two_scans_accept_a_sound_kit_and_ticks_reject_another() {
    let ground = Ground::new(PEOPLE).await;
    ground.arrived(&["K1", "K2", "K3"]).await;
    let accessioner = Role::Accessioner;
    let list = ground.page(accessioner, "/accession").await;
    assert!(list.contains("id=\"scan-kit\"") && list.contains(" autofocus"));
    assert!(list.contains("href=\"/accession?kit=K1\""));
    let checklist = ground.page(accessioner, "/accession?kit=K1").await;
    assert!(checklist.contains("Scan the device") && checklist.contains("value=\"K1\""));

    let sound = [("form-key", "K1"), ("kit", "K1"), ("findings.device", "K1")];
    let accepted = ground.done(accessioner, "/accession/examine", &sound).await;
    assert!(accepted.contains("Accepted as <code>A"), "{accepted}");
    assert!(accepted.contains("id=\"scan-kit\""), "ready for the next one");

    let broken = [("kit", "K2"), ("findings.device", "K2"), ("faults", "seal_intact")];
    let rejected = ground.done(accessioner, "/accession/examine", &broken).await;
    assert!(rejected.contains("Rejected: the seal is open or broken"));
    assert!(rejected.contains("28 CFR 28.12(f)(3)"));
    assert!(rejected.contains("Seal compromised"), "the list says why");

    let held = [("kit", "K3"), ("findings.device", "K3"), ("faults", "form_complete")];
    let held = ground.done(accessioner, "/accession/examine", &held).await;
    assert!(held.contains("<h2>Held</h2>"));
    let other = [("kit", "K3"), ("findings.device", "K9")];
    let other = ground.done(accessioner, "/accession/examine", &other).await;
    assert!(other.contains("Rejected: the barcodes differ"));
    let list = ground.list(accessioner, "/api/accession?stage=rejected").await;
    assert_eq!(list[1]["why"], "barcode_mismatch");
}

#[tokio::test]
async fn a_device_must_be_scanned_or_said_to_be_missing() {
    let ground = Ground::new(PEOPLE).await;
    ground.arrived(&["K1"]).await;
    let path = "/accession/examine";
    let empty = [("form-key", "K1"), ("kit", "K1"), ("faults", "undamaged")];
    let wrong = ground.form(Role::Accessioner, path, &empty).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    html::check(path, &wrong.text);
    assert!(wrong.text.contains("it was not scanned"), "{}", wrong.text);
    assert!(wrong.text.contains("value=\"undamaged\" checked"), "ticks stay");
    let missing = [("kit", "K1"), ("faults", "sample_present")];
    let missing = ground.done(Role::Accessioner, path, &missing).await;
    assert!(missing.contains("Rejected: device or sample is missing"));
}

#[tokio::test]
async fn machines_state_every_finding() {
    let ground = Ground::new(PEOPLE).await;
    ground.arrived(&["K1"]).await;
    let path = "/api/accession/examine";
    let half = json!({ "kit": "K1", "findings": { "device": "K1", "form": "K1" } });
    let refused = ground.call(Role::Accessioner, path, &half).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let whole = json!({ "kit": "K1", "findings": {
        "device": "K1", "form": "K1", "devices": 1, "seal_intact": true, "sample_present": true,
        "undamaged": true, "prints_legible": true, "form_complete": true,
    } });
    let examined = ground.did(Role::Accessioner, path, whole).await;
    assert_eq!(examined["outcome"], "accepted");
}

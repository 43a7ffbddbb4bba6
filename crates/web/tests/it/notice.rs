//! Notices: delivered and acknowledged; a name is told once, to the laboratory of the case, for a
//! purpose, and stands in no address and no list.

use axum::http::StatusCode;
use journey::actor::Role;
use serde_json::json;

use crate::ground::{Ground, PASSWORD, json_request};
use crate::html;
use crate::way::{CASEWORK, PEOPLE, only, person, table, text};

#[tokio::test]
async fn a_notice_of_a_rejection_is_delivered_and_acknowledged() {
    let ground = Ground::new(PEOPLE).await;
    ground.arrived(&["K1"]).await;
    let wet = [("kit", "K1"), ("findings.device", "K1"), ("faults", "undamaged")];
    ground.done(Role::Accessioner, "/accession/examine", &wet).await;
    let list = ground.list(Role::ProgramManager, "/api/notice").await;
    let notice = text(&list[0]["notice"]);
    let about = [("form-key", notice.as_str()), ("notice", notice.as_str())];
    let page = ground.done(Role::ProgramManager, "/notice/deliver", &about).await;
    assert!(page.contains("The delivery is on record.") && !page.contains("overdue"), "{page}");
    let page = ground.done(Role::Collector, "/notice/acknowledge", &about).await;
    assert!(page.contains("Nothing here."), "{page}");
}

#[tokio::test]
async fn an_overdue_notice_is_counted_and_says_so() {
    let ground = Ground::new(PEOPLE).await;
    ground.arrived(&["K1"]).await;
    let wet = [("kit", "K1"), ("findings.device", "K1"), ("faults", "undamaged")];
    ground.done(Role::Accessioner, "/accession/examine", &wet).await;
    // Longer than any session lasts, so somebody signs in again.
    ground.pass(80 * 3600);
    let account = json!({ "account": Role::ProgramManager.word(), "password": PASSWORD });
    let signed = ground.send(json_request("/api/sign-in", None, &account.to_string())).await;
    let cookie = signed.header("set-cookie").split(';').next().unwrap();
    let request = axum::http::Request::get("/notice").header("cookie", cookie);
    let request = request.body(axum::body::Body::empty()).unwrap();
    let page = ground.send(request).await;
    html::check("/notice", &page.text);
    let counted = "The time of 1 of the notices below is over.";
    assert!(page.text.contains(counted), "{}", page.text);
    assert!(page.text.contains("tag-wrong\">overdue"), "{}", page.text);
}

#[tokio::test]
async fn a_name_is_told_once_for_a_purpose() {
    let ground = Ground::new(PEOPLE).await;
    let id = ground.confirmation("K1").await;
    let about = json!({ "confirmation": id });
    let reviewer = Role::Reviewer;
    ground.did(reviewer, "/api/confirmation/check-lawful", about.clone()).await;
    let agree = json!({ "confirmation": id, "prints_agree": true });
    ground.did(reviewer, "/api/confirmation/check-identity", agree).await;
    let run = only(&table(&[("R1", &person())]), "R1");
    let fields = [("confirmation", id.as_str()), ("retained", "K1")];
    ground.file(Role::Analyst, "/confirmation/retype", &fields, &run).await;
    ground.did(reviewer, "/api/confirmation/conclude", about).await;

    let analyst = Role::CaseworkAnalyst;
    let list = ground.list(analyst, "/api/notice").await;
    let lines = list.as_array().unwrap();
    let name = lines.iter().find(|line| line["subject"]["kind"] == "name_release").unwrap();
    let notice = text(&name["notice"]);
    let page = ground.page(analyst, "/notice").await;
    assert!(page.contains("Read the name") && !page.contains("Juniper"), "{page}");
    let address = format!("/notice/release?notice={notice}");
    let page = ground.page(analyst, &address).await;
    assert!(page.contains("CUI//SP-LDNA") && page.contains("(B) judicial proceedings"));
    assert!(!page.contains("Juniper"));
    let path = "/notice/release-name";
    let ask =
        [("form-key", notice.as_str()), ("notice", notice.as_str()), ("laboratory", CASEWORK)];
    let no_purpose = ground.form(analyst, path, &ask).await;
    assert_eq!(no_purpose.status, StatusCode::BAD_REQUEST);
    html::check(path, &no_purpose.text);
    let purpose = ("purpose", "law_enforcement_identification");
    let elsewhere = [ask[1], ("laboratory", "OKCASE001"), purpose];
    let refused = ground.form(analyst, path, &elsewhere).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.text.contains("Juniper"));
    let told = ground.form(analyst, path, &[ask[1], ask[2], purpose]).await;
    assert_eq!(told.status, StatusCode::OK, "in this answer, at no address of its own");
    html::check(path, &told.text);
    assert!(told.text.contains("Juniper") && told.text.contains("CUI//SP-LDNA"));
    assert_eq!(told.header("cache-control"), "no-store");
    assert!(!ground.page(analyst, &address).await.contains("Juniper"));
    let custodian = ground.form(Role::IndexCustodian, path, &[ask[1], ask[2], purpose]).await;
    assert_eq!(custodian.status, StatusCode::FORBIDDEN);

    // The agency reads of which sample the hit is: numbers, on a marked page.
    let manager = Role::ProgramManager;
    let list = ground.list(manager, "/api/notice").await;
    let lines = list.as_array().unwrap();
    let hit = lines.iter().find(|line| line["subject"]["kind"] == "hit").unwrap();
    let hit = text(&hit["notice"]);
    let page = ground.page(manager, &format!("/notice/hit?notice={hit}")).await;
    assert!(page.contains("CUI//SP-LDNA") && !page.contains("K1"), "{page}");
    let about = [("form-key", hit.as_str()), ("notice", hit.as_str())];
    let told = ground.form(manager, "/notice/read-hit", &about).await;
    html::check("/notice/read-hit", &told.text);
    assert!(told.text.contains("K1") && told.text.contains(CASEWORK), "{}", told.text);
    assert!(!told.text.contains("Juniper"));
    let page = ground.done(manager, "/notice/acknowledge-hit", &about).await;
    assert!(!page.contains("A hit on a sample"), "{page}");
}

//! Typing: the load form knows what waits, a run comes in as a file, a second person reviews.

use axum::http::StatusCode;
use journey::actor::Role;
use serde_json::json;

use crate::ground::Ground;
use crate::html;
use crate::way::{PEOPLE, person, table};

#[tokio::test]
async fn a_plate_is_loaded_its_run_imported_and_a_second_person_approves() {
    let ground = Ground::new(PEOPLE).await;
    let specimen = ground.specimen("K1").await;
    let page = ground.page(Role::Analyst, "/typing").await;
    let filled = format!(
        "spellcheck=\"false\" aria-describedby=\"typing-load-specimens-hint\">\n{specimen}"
    );
    assert!(page.contains(&filled), "{page}");
    let imported = ground.typed(&specimen, "PL-1").await;
    assert!(imported.contains("The controls are right"), "{imported}");
    assert!(imported.contains("specimens read: 1, refused: 0"));

    let address = format!("/typing/reading?specimen={specimen}");
    let read = ground.page(Role::Reviewer, &address).await;
    assert!(read.contains("CUI//SP-LDNA") && read.contains("20 of 20"), "{read}");
    assert!(read.contains("D3S1358"));
    let empty = [("form-key", specimen.as_str()), ("specimen", &specimen), ("verdict", "return")];
    let wrong = ground.form(Role::Reviewer, "/typing/review", &empty).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "an empty reason does not approve");
    html::check("/typing/review", &wrong.text);
    let approve = [("specimen", specimen.as_str()), ("verdict", "approve")];
    let done = ground.done(Role::Reviewer, "/typing/review", &approve).await;
    assert!(done.contains("The review is on record."));
    let list = ground.list(Role::Reviewer, "/api/typing/readings?stage=reviewed").await;
    assert_eq!(list[0]["specimen"], specimen.as_str());
}

#[tokio::test]
async fn the_author_sees_that_somebody_else_reviews() {
    let ground = Ground::new(PEOPLE).await;
    let specimen = ground.specimen("K1").await;
    ground.typed(&specimen, "PL-1").await;
    let grant = json!({ "account": Role::Analyst.word(), "role": "reviewer", "site": "*" });
    ground.did(Role::Administrator, "/api/account/grant", grant).await;
    let address = format!("/typing/reading?specimen={specimen}");
    let own = ground.page(Role::Analyst, &address).await;
    assert!(own.contains("You read this profile yourself."), "{own}");
    assert!(!own.contains("action=\"/typing/review\""));
    let approve = json!({ "specimen": specimen });
    let refused = ground.call(Role::Analyst, "/api/typing/review", &approve).await;
    assert_eq!(refused.json()["error"]["code"], "SAME_PERSON");
}

#[tokio::test]
async fn a_run_with_a_wrong_control_is_void_and_a_file_without_a_table_is_no_run() {
    let ground = Ground::new(PEOPLE).await;
    let specimen = ground.specimen("K1").await;
    let load = json!({
        "plate": "PL-1", "chemistry": "GlobalFiler Express", "control": "2800M",
        "specimens": [specimen],
    });
    ground.did(Role::Analyst, "/api/typing/load", load).await;
    let fields = [("plate", "PL-1")];
    let path = "/typing/import";
    let none = ground.file(Role::Analyst, path, &fields, "hello\n").await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST);
    html::check(path, &none.text);
    assert!(none.text.contains("typing-import-file-error"), "{}", none.text);
    let run = table(&[(&specimen, &person())]).replace("2800M", "other");
    let void = ground.file(Role::Analyst, path, &fields, &run).await;
    assert_eq!(void.status, StatusCode::OK, "{}", void.text);
    assert!(void.text.contains("The run is void"), "{}", void.text);
}

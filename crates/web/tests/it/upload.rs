//! Upload: reviewed profiles enter one by one, and evidence of a case enters from a file.

use axum::http::StatusCode;
use journey::actor::Role;
use serde_json::json;

use crate::ground::Ground;
use crate::html;
use crate::way::{PEOPLE, person, table};

#[tokio::test]
async fn what_was_reviewed_enters_and_leaves_the_worklist() {
    let ground = Ground::new(PEOPLE).await;
    let specimen = ground.specimen("K1").await;
    ground.typed(&specimen, "PL-1").await;
    let review = json!({ "specimen": specimen });
    ground.did(Role::Reviewer, "/api/typing/review", review).await;
    let custodian = Role::IndexCustodian;
    let page = ground.page(custodian, "/upload").await;
    assert!(page.contains(&format!("value=\"{specimen}\" checked")), "{page}");
    let none = ground.form(custodian, "/upload/enter", &[]).await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST);
    let fields = [("specimens", specimen.as_str()), ("specimens", "S-unknown")];
    let unknown = ground.form(custodian, "/upload/enter", &fields).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let again = ground.done(custodian, "/upload/enter", &fields[..1]).await;
    html::check("/upload/enter", &again);
    let list = ground.list(custodian, "/api/upload").await;
    assert_eq!(list["to_enter"], json!([]));
    assert_eq!(list["records"][0]["specimen"], specimen.as_str());
}

#[tokio::test]
async fn evidence_enters_from_a_file_and_what_is_refused_says_why() {
    let ground = Ground::new(PEOPLE).await;
    let analyst = Role::CaseworkAnalyst;
    let page = ground.page(analyst, "/upload/evidence").await;
    assert!(page.contains("Forensic, Unknown") && !page.contains(">Detainee<"), "{page}");
    let closed = ground.get(analyst, "/upload").await;
    assert_eq!(closed.status, StatusCode::FORBIDDEN);
    let fields =
        [("category", "Forensic, Unknown"), ("laboratory", "TXCASE001"), ("case", "CASE-1")];
    let run = table(&[("EV-1", &person())]);
    let path = "/upload/enter-evidence";
    let answer = ground.file(analyst, path, &fields, &run).await;
    let shown = ground.shown(analyst, path, answer).await;
    // The run's controls are neither evidence nor refused.
    for part in ["1 entered, 0 refused", "Controls stay out", "2800M", "NEG"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let few: String = table(&[("EV-2", &person())])
        .lines()
        .filter(|line| !line.starts_with("EV-2\tD"))
        .fold(String::new(), |text, line| text + line + "\n");
    let answer = ground.file(analyst, path, &fields, &few).await;
    let shown = ground.shown(analyst, path, answer).await;
    assert!(shown.contains("0 entered, 1 refused"), "{shown}");
    assert!(shown.contains("PROFILE_NOT_ACCEPTED"), "{shown}");
    let person = [("category", "Detainee"), ("laboratory", "TXCASE001"), ("case", "C")];
    let wrong = ground.file(analyst, path, &person, &run).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text.contains("is none of evidence"), "{}", wrong.text);
}

#[tokio::test]
async fn a_table_is_looked_at_before_anything_is_stored() {
    let ground = Ground::new(PEOPLE).await;
    let analyst = Role::CaseworkAnalyst;
    let path = "/upload/preview";
    assert!(ground.page(analyst, "/upload/evidence").await.contains(path));
    let rows = "S1,TH01,6,Yes\nS1,TH01,9.3,Yes\nS1,TH01,8,No\nS2,TH01,q,Yes\n";
    let run = format!("Sample,Locus,Allele Name,Typed Allele?\n{rows}");
    let answer = ground.file(analyst, path, &[], &run).await;
    let shown = ground.shown(analyst, path, answer).await;
    for part in ["1 samples read, 1 left out", "whether the row is an allele", "row 5"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let wrong = ground.file(analyst, path, &[], "nothing of a table").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    html::check(path, &wrong.text);
    let list = ground.list(Role::IndexCustodian, "/api/upload").await;
    assert_eq!(list["records"], json!([]));
}

#[tokio::test]
async fn a_record_goes_out_in_the_format_of_the_receiver() {
    let ground = Ground::new(PEOPLE).await;
    let fields =
        [("category", "Forensic, Unknown"), ("laboratory", "TXCASE001"), ("case", "CASE-1")];
    let run = table(&[("EV-1", &person())]);
    ground.file(Role::CaseworkAnalyst, "/upload/enter-evidence", &fields, &run).await;
    let custodian = Role::IndexCustodian;
    let mut ask = json!({
        "specimens": ["EV-1"], "destination": "DCFBILAB1", "format": "niem-5.1", "zone": "UTC",
    });
    let told = ground.did(custodian, "/api/upload/export", ask.clone()).await;
    assert!(told["file"].as_str().unwrap().contains("<biom:DNACategoryCode>Forensic<"), "{told}");
    ask["format"] = json!("ansi-nist-18");
    ask["locus_numbers"] = json!("locus,number\nFGA,1\n");
    let told = ground.did(custodian, "/api/upload/export", ask.clone()).await;
    assert!(told["left_out"][0][1].as_str().unwrap().contains("has no number"), "{told}");
    let fields = [
        ("specimens", "EV-1"),
        ("destination", "DCFBILAB1"),
        ("format", "cmf-2017"),
        ("zone", "America/Chicago"),
        ("locus_numbers", ""),
    ];
    let answer = ground.form(custodian, "/upload/export", &fields).await;
    let shown = ground.shown(custodian, "/upload/export", answer).await;
    assert!(shown.contains("Records in the file: 1.") && shown.contains("records.xml"), "{shown}");
    let unknown = [&fields[..2], &[("format", "cmf-9"), ("zone", "UTC")]].concat();
    let unknown = ground.form(custodian, "/upload/export", &unknown).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert!(unknown.text.contains("give one of cmf-2017"), "{}", unknown.text);
}

#[tokio::test]
async fn evidence_enters_from_a_codis_file_that_was_looked_at() {
    let ground = Ground::new(PEOPLE).await;
    let analyst = Role::CaseworkAnalyst;
    let fields = [
        ("category", "Forensic, Unknown"),
        ("laboratory", "TXCASE001"),
        ("case", "CASE-1"),
        ("partial", "true"),
    ];
    let run = table(&[("EV-1", &person())]);
    ground.file(analyst, "/upload/enter-evidence", &fields, &run).await;
    let ask = json!({
        "specimens": ["EV-1"], "destination": "TXCASE001", "format": "cmf-2017", "zone": "UTC",
    });
    let told = ground.did(Role::IndexCustodian, "/api/upload/export", ask).await;
    let file = told["file"].as_str().unwrap();
    assert!(file.contains("PARTIAL=\"true\""), "{file}");
    let nameless = file.replace(">EV-1<", ">EV-3<").replace(" CASEID=\"CASE-1\"", "");
    let renamed = file.replace(">EV-1<", ">EV-2<").replace("CASE-1", "CASE-2");
    let path = "/upload/preview";
    let damaged = renamed.replace("Forensic, Unknown", "Forensic, unknown");
    let answer = ground.file(analyst, path, &[], &damaged).await;
    let shown = ground.shown(analyst, path, answer).await;
    for part in ["0 specimens read, 1 left out", "cmf-2017", "a category of cmf-2017 in its"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let path = "/upload/enter-cmf";
    let laboratory = [("laboratory", "TXCASE001")];
    let answer = ground.file(analyst, path, &laboratory, &renamed).await;
    let shown = ground.shown(analyst, path, answer).await;
    for part in ["1 entered, 0 refused", "the file is of"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let answer = ground.file(analyst, path, &laboratory, &nameless).await;
    let shown = ground.shown(analyst, path, answer).await;
    for part in ["0 entered, 0 refused", "it names no case (CASEID)"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

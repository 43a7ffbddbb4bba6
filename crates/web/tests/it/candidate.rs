//! Candidates: a pair is explained locus by locus in words, taken, and excluded or sent on.

use axum::http::StatusCode;
use journey::actor::Role;
use serde_json::Value;

use crate::ground::Ground;
use crate::html;
use crate::way::{PEOPLE, person, table};

#[tokio::test]
async fn a_candidate_is_explained_taken_and_excluded_with_a_reason() {
    let ground = Ground::new(PEOPLE).await;
    let candidate = ground.candidate("K1").await;
    let analyst = Role::CaseworkAnalyst;
    let list = ground.page(analyst, "/candidate?stage=new").await;
    assert!(list.contains("20 of 20"), "{list}");
    let address = format!("/candidate/view?candidate={candidate}");
    assert!(list.contains(&format!("href=\"{address}\"")), "{list}");
    let page = ground.page(analyst, &address).await;
    for part in [
        "CUI//SP-LDNA",
        "A candidate is not a hit",
        "the same alleles",
        "Loci that differ</dt><dd>0",
        "high 20, moderate 0, low 0",
        "Take this candidate",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("Exclude this candidate"), "before it is taken");
    assert!(!page.contains("Juniper") && !page.contains("Slate"));

    let about = [("form-key", candidate.as_str()), ("candidate", candidate.as_str())];
    let taken = ground.done(analyst, "/candidate/take", &about).await;
    assert!(taken.contains("Exclude this candidate") && taken.contains("Ask for confirmation"));
    let empty = ground.form(analyst, "/candidate/exclude", &about).await;
    assert_eq!(empty.status, StatusCode::BAD_REQUEST);
    html::check("/candidate/exclude", &empty.text);
    assert!(empty.text.contains("Locus by locus"), "the pair stays in sight");
    let more = [about[1], ("until", "2030-01-31"), ("why", "typed again")];
    let put_off = ground.done(analyst, "/candidate/put-off", &more).await;
    assert!(put_off.contains("2030-01-31 23:59Z") && put_off.contains(": typed again"));
    let why = [about[1], ("why", "a relative")];
    let excluded = ground.done(analyst, "/candidate/exclude", &why).await;
    assert!(excluded.contains("The candidate is excluded."), "{excluded}");
}

#[tokio::test]
async fn persons_are_ranked_by_how_well_they_explain_evidence() {
    let ground = Ground::new(PEOPLE).await;
    let candidate = ground.candidate("K1").await;
    let (evidence, person) = candidate.split_once('~').unwrap();
    let analyst = Role::CaseworkAnalyst;
    let path = "/candidate/rank";
    assert!(ground.page(analyst, "/candidate").await.contains(path));
    let usual = [("specimen", evidence), ("log10_lr_min", "6")];
    let answer = ground.form(analyst, path, &usual).await;
    let shown = ground.shown(analyst, path, answer).await;
    for part in [person, &candidate, "1 contributor", "at most 0.000001", "40 of 40"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("Juniper"), "no name on this side");
    for (figure, found) in [("drop_out", "often"), ("contributors", "-1"), ("theta", "1")] {
        let wrong = ground.form(analyst, path, &[usual[0], (figure, found)]).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{figure}");
        html::check(path, &wrong.text);
        assert!(wrong.text.contains(found), "{}", wrong.text);
    }
    let custodian = ground.form(Role::IndexCustodian, path, &usual).await;
    assert_eq!(custodian.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn several_are_taken_and_disposed_of_for_one_reason() {
    let ground = Ground::new(PEOPLE).await;
    let first = ground.candidate("K1").await;
    let analyst = Role::CaseworkAnalyst;
    let fields =
        [("category", "Forensic, Unknown"), ("laboratory", "TXCASE001"), ("case", "CASE-7")];
    let run = table(&[("EV-8", &person()), ("EV-9", &person())]);
    ground.file(analyst, "/upload/enter-evidence", &fields, &run).await;
    let six = |list: &Value| list.as_array().is_some_and(|list| list.len() == 6);
    let list = ground.until(analyst, "/api/candidate?stage=new", six).await;
    let page = ground.page(analyst, "/candidate").await;
    assert!(page.contains("Take the ticked ones") && !page.contains("Exclude the ticked ones"));
    let all: Vec<String> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["candidate"].as_str().unwrap().to_owned())
        .collect();
    assert!(page.contains(&format!("value=\"{first}\" checked")), "{all:?}");
    let ticked = |ids: &[String]| -> Vec<(&'static str, String)> {
        ids.iter().map(|id| ("candidates", id.clone())).collect()
    };
    let post = async |verb: &str, ids: &[String], rest: &[(&'static str, &str)]| {
        let path = format!("/candidate/{verb}-several");
        let ticked = ticked(ids);
        let fields: Vec<(&str, &str)> = ticked
            .iter()
            .map(|(name, id)| (*name, id.as_str()))
            .chain(rest.iter().copied())
            .collect();
        let answer = ground.form(analyst, &path, &fields).await;
        let shown = ground.shown(analyst, &path, answer).await;
        html::check(&path, &shown);
        shown
    };
    assert!(post("take", &all, &[]).await.contains("6 taken, 0 refused"));
    let page = ground.page(analyst, "/candidate").await;
    assert!(page.contains("Exclude the ticked ones") && page.contains("Say so of the ticked"));
    let why = ("why", "a relative");
    let excluded = post("exclude", &all, &[why]).await;
    assert!(excluded.contains("3 excluded, 3 refused"), "{excluded}");
    assert!(excluded.contains("say no_match for your own"), "{excluded}");
    let said = post("say", &all, &[("disposition", "duplicate"), why]).await;
    assert!(said.contains("3 said to be duplicate, 3 refused"), "{said}");
    let none = ground.form(analyst, "/candidate/take-several", &[]).await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST);
    html::check("/candidate/take-several", &none.text);
}

//! Candidates: a pair is explained locus by locus in words, taken, and excluded or sent on.

use axum::http::StatusCode;
use journey::actor::Role;

use crate::ground::Ground;
use crate::html;
use crate::way::PEOPLE;

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
    let why = [about[1], ("why", "a relative")];
    let excluded = ground.done(analyst, "/candidate/exclude", &why).await;
    assert!(excluded.contains("The candidate is excluded."), "{excluded}");
}

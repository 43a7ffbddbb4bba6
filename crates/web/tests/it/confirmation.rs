//! Confirmation: only the next check has a form, and the fourth needs a second person.

use axum::http::StatusCode;
use journey::actor::Role;

use crate::ground::Ground;
use crate::html;
use crate::way::{PEOPLE, only, person, table};

fn forms(page: &str) -> Vec<&str> {
    let tags = html::tags(page, "form").into_iter();
    let actions = tags.filter_map(|form| html::attribute(form, "action"));
    actions.filter(|action| action.starts_with("/confirmation/")).collect()
}

#[tokio::test]
async fn four_checks_follow_each_other() {
    let ground = Ground::new(PEOPLE).await;
    let id = ground.confirmation("K1").await;
    let address = format!("/confirmation?confirmation={id}");
    let (reviewer, analyst) = (Role::Reviewer, Role::Analyst);
    let page = ground.page(reviewer, &address).await;
    assert_eq!(forms(&page), ["/confirmation/check-lawful"]);
    assert!(page.contains("CUI//SP-LDNA") && page.contains("Compare"), "{page}");
    let other = ground.page(analyst, &address).await;
    assert!(forms(&other).is_empty() && other.contains("reviewer"), "{other}");

    let about = [("form-key", id.as_str()), ("confirmation", id.as_str())];
    let page = ground.done(reviewer, "/confirmation/check-lawful", &about).await;
    assert!(page.contains("kit <code>K1</code>"), "the sample to fetch is told: {page}");
    let page = ground.page(reviewer, &address).await;
    assert_eq!(forms(&page), ["/confirmation/check-identity"]);
    let unsaid = ground.form(reviewer, "/confirmation/check-identity", &about).await;
    assert_eq!(unsaid.status, StatusCode::BAD_REQUEST);
    html::check("/confirmation/check-identity", &unsaid.text);
    let agree = [about[0], about[1], ("prints_agree", "true")];
    let page = ground.done(reviewer, "/confirmation/check-identity", &agree).await;
    assert!(forms(&page).is_empty(), "the analyst types again");

    let path = "/confirmation/retype";
    let about = [about[0], about[1], ("retained", "K1")];
    let two = ground.file(analyst, path, &about, &table(&[("R1", &person())])).await;
    assert_eq!(two.status, StatusCode::BAD_REQUEST);
    assert!(two.text.contains("give the one sample"), "{}", two.text);
    let run = only(&table(&[("R1", &person())]), "R1");
    let answer = ground.file(analyst, path, &about, &run).await;
    let page = ground.shown(analyst, path, answer).await;
    assert!(page.contains("The third check is on record."), "{page}");
    let page = ground.done(reviewer, "/confirmation/conclude", &about).await;
    assert!(page.contains("<h2>Confirmed</h2>"), "{page}");
    let list = ground.list(reviewer, "/api/confirmation?stage=confirmed").await;
    assert_eq!(list[0]["confirmation"], id.as_str());
}

#[tokio::test]
async fn without_a_sample_nothing_is_confirmed() {
    let ground = Ground::new(PEOPLE).await;
    let id = ground.confirmation("K1").await;
    let about = [("confirmation", id.as_str())];
    ground.done(Role::Reviewer, "/confirmation/check-lawful", &about).await;
    let agree = [about[0], ("prints_agree", "true")];
    ground.done(Role::Reviewer, "/confirmation/check-identity", &agree).await;
    let none = [about[0], ("sample_unavailable", "true")];
    let page = ground.done(Role::Analyst, "/confirmation/retype", &none).await;
    assert!(page.contains("<h2>Refuted</h2>"), "{page}");
}

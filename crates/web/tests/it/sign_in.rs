//! Sessions: in, out, expired; tokens against forged requests; what every answer carries.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use journey::actor::Role;
use serde_json::json;

use crate::ground::{Ground, PASSWORD, form_request, json_request};
use crate::html;

#[tokio::test]
async fn the_right_password_opens_a_session_and_a_wrong_one_does_not() {
    let ground = Ground::new(&[]).await;
    let page = ground.send(Request::get("/sign-in").body(Body::empty()).unwrap()).await;
    assert_eq!(page.status, StatusCode::OK);
    html::check("/sign-in", &page.text);

    let fields = [("account", "administrator"), ("password", "wrong")];
    let wrong = ground.send(form_request("/sign-in", "", &fields)).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text.contains("Name and password do not fit"), "{}", wrong.text);
    assert!(wrong.text.contains("value=\"administrator\""));
    assert_eq!(wrong.header("set-cookie"), "");

    let fields = [("account", "administrator"), ("password", PASSWORD)];
    let right = ground.send(form_request("/sign-in", "", &fields)).await;
    assert_eq!(right.status, StatusCode::SEE_OTHER);
    assert_eq!(right.header("location"), "/");
    let cookie = right.header("set-cookie");
    assert!(cookie.starts_with("buccal_session="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
}

#[tokio::test]
async fn without_a_session_pages_lead_to_the_sign_in_page_and_calls_get_401() {
    let ground = Ground::new(&[]).await;
    let page = ground.send(Request::get("/kit").body(Body::empty()).unwrap()).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(page.header("location"), "/sign-in");
    let list = ground.send(Request::get("/api/kit").body(Body::empty()).unwrap()).await;
    assert_eq!(list.status, StatusCode::UNAUTHORIZED);
    assert_eq!(list.json()["error"]["kind"], "signed_out");
    let call = ground.send(json_request("/api/kit/receive", None, "{}")).await;
    assert_eq!(call.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_and_when_it_is_signed_out() {
    let ground = Ground::new(&[Role::Auditor]).await;
    assert_eq!(ground.get(Role::Auditor, "/").await.status, StatusCode::OK);
    ground.pass(29 * 60);
    assert_eq!(ground.get(Role::Auditor, "/").await.status, StatusCode::OK);
    ground.pass(31 * 60);
    let late = ground.get(Role::Auditor, "/").await;
    assert_eq!(late.status, StatusCode::SEE_OTHER);

    let ground = Ground::new(&[Role::Auditor]).await;
    let out = ground.form(Role::Auditor, "/sign-out", &[]).await;
    assert_eq!(out.header("location"), "/sign-in");
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    let after = ground.get(Role::Auditor, "/").await;
    assert_eq!(after.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_step_without_the_token_is_not_done() {
    let ground = Ground::new(&[Role::KitClerk]).await;
    let session = ground.of(Role::KitClerk);
    let fields =
        [("lot", "L1"), ("site", "Dallas"), ("expires_on", "2027-05-31"), ("barcodes", "K1")];
    let without = ground.send(form_request("/kit/receive", &session.cookie, &fields)).await;
    assert_eq!(without.status, StatusCode::FORBIDDEN);
    html::check("forged", &without.text);
    let mut wrong = fields.to_vec();
    wrong.push(("csrf", "wrong"));
    let wrong = ground.send(form_request("/kit/receive", &session.cookie, &wrong)).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);

    let body =
        json!({ "lot": "L1", "site": "Dallas", "expires_on": "2027-05-31", "barcodes": ["K1"] });
    let mut request = json_request("/api/kit/receive", Some(session), &body.to_string());
    request.headers_mut().remove("x-csrf-token");
    let call = ground.send(request).await;
    assert_eq!(call.status, StatusCode::FORBIDDEN);
    assert_eq!(call.json()["error"]["kind"], "forged");

    let mut foreign = json_request("/api/kit/receive", Some(session), &body.to_string());
    foreign.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
    assert_eq!(ground.send(foreign).await.status, StatusCode::FORBIDDEN);

    let stock = ground.get(Role::KitClerk, "/api/kit").await;
    assert_eq!(stock.json(), json!([]));
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let ground = Ground::new(&[Role::Auditor]).await;
    let nowhere = Request::get("/nowhere").body(Body::empty()).unwrap();
    let style = Request::get("/static/buccal.css").body(Body::empty()).unwrap();
    let answers = [
        ground.get(Role::Auditor, "/").await,
        ground.get(Role::Auditor, "/api/audit").await,
        ground.send(nowhere).await,
        ground.send(style).await,
    ];
    for answer in answers {
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_or_of_another_kind_is_named() {
    let ground = Ground::new(&[Role::KitClerk]).await;
    let session = ground.of(Role::KitClerk);
    let large = "x".repeat(web::server::BODY_BYTES_MAX + 1);
    let body = json!({ "lot": large }).to_string();
    let answer = ground.send(json_request("/api/kit/recall", Some(session), &body)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let mut other = json_request("/api/kit/recall", Some(session), "lot=L1");
    other.headers_mut().insert(header::CONTENT_TYPE, "text/plain".parse().unwrap());
    assert_eq!(ground.send(other).await.status, StatusCode::BAD_REQUEST);
    let broken = json_request("/api/kit/recall", Some(session), "{");
    assert_eq!(ground.send(broken).await.status, StatusCode::BAD_REQUEST);
}

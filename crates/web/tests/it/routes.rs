//! The table of routes against the table of roles: every action has a route, every route an
//! action, and each role gets in exactly where the table says.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use journey::actor::Role;
use serde_json::json;
use service::access::{RoleTable, TABLE};
use web::routes::{Access, Method, ROUTES};

use crate::ground::Ground;
use crate::html;

fn actions() -> BTreeSet<String> {
    let action = |access: Access| match access {
        Access::Action(action) => Some(action.to_owned()),
        Access::Anyone | Access::SignedIn => None,
    };
    ROUTES.iter().filter_map(|route| action(route.access)).collect()
}

#[test]
fn every_action_has_a_route_and_every_route_an_action() {
    let table = RoleTable::parse(TABLE).unwrap();
    let known: BTreeSet<_> = table.actions().map(str::to_owned).collect();
    assert_eq!(actions(), known);
}

#[test]
fn a_route_stands_once_and_what_is_open_to_everybody_is_counted() {
    let mut seen = BTreeSet::new();
    for route in ROUTES.iter() {
        assert!(seen.insert((route.method, route.path.as_str())), "{}", route.path);
    }
    let open = ROUTES.iter().filter(|route| route.access == Access::Anyone);
    let open: Vec<_> = open.map(|route| route.path.as_str()).collect();
    assert_eq!(open, ["/static/buccal.css", "/sign-in", "/sign-in", "/api/sign-in"]);
}

#[test]
fn every_step_has_a_form_and_a_call() {
    let posts = ROUTES.iter().filter(|route| route.method == Method::Post);
    let paths: BTreeSet<_> = posts.map(|route| route.path.as_str()).collect();
    for path in &paths {
        let twin = match path.strip_prefix("/api") {
            Some(form) => form.to_owned(),
            None => format!("/api{path}"),
        };
        assert!(paths.contains(twin.as_str()), "{path} has no twin");
    }
}

#[tokio::test]
async fn each_role_gets_in_exactly_where_the_table_says() {
    let ground = Ground::new(Role::ALL).await;
    let table = RoleTable::parse(TABLE).unwrap();
    for route in ROUTES.iter() {
        let Access::Action(action) = route.access else {
            continue;
        };
        for role in Role::ALL {
            let answer = match (route.method, route.is_api()) {
                (Method::Get, _) => ground.get(*role, &route.path).await,
                (Method::Post, true) => ground.call(*role, &route.path, &json!({})).await,
                (Method::Post, false) => ground.form(*role, &route.path, &[]).await,
            };
            let kept_out = answer.status == StatusCode::FORBIDDEN;
            let may = table.roles(action).contains(role);
            assert_eq!(!kept_out, may, "{role} at {}: {}", route.path, answer.text);
            assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", route.path);
        }
    }
}

#[tokio::test]
async fn every_page_that_a_role_may_open_is_whole() {
    let ground = Ground::new(Role::ALL).await;
    let pages = ROUTES.iter().filter(|route| route.method == Method::Get && !route.is_api());
    for route in pages {
        let roles: Vec<_> = match route.access {
            Access::Action(action) => {
                let table = RoleTable::parse(TABLE).unwrap();
                table.roles(action).into_iter().collect()
            }
            Access::SignedIn => Role::ALL.to_vec(),
            Access::Anyone => continue,
        };
        for role in roles {
            let answer = ground.get(role, &route.path).await;
            // A page about one thing says that its number is missing.
            let fine = [StatusCode::OK, StatusCode::BAD_REQUEST].contains(&answer.status);
            assert!(fine, "{role} at {}: {}", route.path, answer.status);
            html::check(&route.path, &answer.text);
        }
    }
}

#[tokio::test]
async fn the_navigation_shows_only_what_the_role_can_open() {
    let ground = Ground::new(&[Role::Administrator, Role::Collector]).await;
    for (role, shown, hidden) in [
        (Role::Administrator, "/account", "/booking"),
        (Role::Collector, "/collection", "/account"),
    ] {
        let page = ground.get(role, "/").await.text;
        assert!(page.contains(&format!("href=\"{shown}\"")), "{role}");
        assert!(!page.contains(&format!("href=\"{hidden}\"")), "{role}");
    }
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_method_are_answered() {
    let ground = Ground::new(&[Role::Auditor]).await;
    assert_eq!(ground.get(Role::Auditor, "/nowhere").await.status, StatusCode::NOT_FOUND);
    let api = ground.get(Role::Auditor, "/api/nowhere").await;
    assert_eq!(api.json()["error"]["kind"], "no_such_page");
    let session = ground.of(Role::Auditor);
    let put = Request::put("/kit").header(header::COOKIE, &session.cookie);
    let answer = ground.send(put.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}

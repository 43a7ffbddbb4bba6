//! A programme over two empty SQLite databases, the router on it, a clock that moves when told,
//! and an account of every role.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use jiff::Timestamp;
use journey::actor::Role;
use journey::ids::{AccountId, Ori};
use serde_json::Value;
use service::Keys;
use service::{Actor, Grant, Ids, OpContext, Places, Programme};
use tempfile::TempDir;
use tower::ServiceExt;

/// Password of every account here.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// The site of every test.
pub(crate) const SITE: &str = "Dallas";
/// First second of every test: 2026-05-01T12:00:00Z.
const BEGIN: i64 = 1_777_636_800;

/// Ids that count.
#[derive(Default)]
struct Counting(AtomicU64);

impl Ids for Counting {
    fn id(&self) -> String {
        format!("id-{:08}", self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn number(&self) -> String {
        format!("Q7{:018}", self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// A router and what stands behind it.
pub(crate) struct Ground {
    router: Router,
    clock: Arc<AtomicI64>,
    sessions: BTreeMap<Role, Session>,
    _folder: TempDir,
}

/// An account that is signed in.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Ground {
    /// With an account for each of these roles, signed in.
    pub(crate) async fn new(roles: &[Role]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::create(&folder.path().join("keys")).unwrap();
        let clock = Arc::new(AtomicI64::new(BEGIN));
        let places = Places::in_folder(folder.path());
        let at = Timestamp::from_second(BEGIN).unwrap();
        let programme = Programme::open(&places, keys, Ori::new("DCFBILAB1"), at).unwrap();
        let programme = Arc::new(programme);
        accounts(&programme, roles);
        let seconds = clock.clone();
        let now = move || Timestamp::from_second(seconds.load(Ordering::Relaxed)).unwrap();
        let ids = Arc::new(Counting::default());
        let app = web::App::new(programme, Arc::new(now), ids, false);
        let mut ground =
            Self { router: web::router(app), clock, sessions: BTreeMap::new(), _folder: folder };
        for role in roles {
            let session = ground.sign_in(role.word()).await;
            ground.sessions.insert(*role, session);
        }
        ground
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    /// The session of a role.
    pub(crate) fn of(&self, role: Role) -> &Session {
        &self.sessions[&role]
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    async fn sign_in(&self, account: &str) -> Session {
        let body = serde_json::json!({ "account": account, "password": PASSWORD });
        let answer = self.send(json_request("/api/sign-in", None, &body.to_string())).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let cookie = answer.header("set-cookie").split(';').next().unwrap();
        Session {
            cookie: cookie.to_owned(),
            csrf: answer.json()["csrf"].as_str().unwrap().to_owned(),
        }
    }

    /// Reads a page or a list.
    pub(crate) async fn get(&self, role: Role, path: &str) -> Answer {
        let request = Request::get(path).header(header::COOKIE, &self.of(role).cookie);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a form with the token.
    pub(crate) async fn form(&self, role: Role, path: &str, fields: &[(&str, &str)]) -> Answer {
        let session = self.of(role);
        let mut pairs = vec![("csrf", session.csrf.as_str())];
        pairs.extend(fields);
        self.send(form_request(path, &session.cookie, &pairs)).await
    }

    /// Makes a JSON call with the token.
    pub(crate) async fn call(&self, role: Role, path: &str, body: &Value) -> Answer {
        let request = json_request(path, Some(self.of(role)), &body.to_string());
        self.send(request).await
    }
}

/// A form.
pub(crate) fn form_request(path: &str, cookie: &str, pairs: &[(&str, &str)]) -> Request<Body> {
    let written: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    Request::post(path)
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(written.join("&")))
        .unwrap()
}

/// A JSON call.
pub(crate) fn json_request(path: &str, session: Option<&Session>, body: &str) -> Request<Body> {
    let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    if let Some(session) = session {
        request =
            request.header(header::COOKIE, &session.cookie).header("x-csrf-token", &session.csrf);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn accounts(programme: &Programme, roles: &[Role]) {
    let ids = Counting::default();
    let administrator = AccountId::from("administrator");
    let nobody = Actor { account: administrator.clone(), grants: Vec::new() };
    let mut op = OpContext {
        at: Timestamp::from_second(BEGIN).unwrap(),
        actor: nobody,
        purpose: "test".to_owned(),
        ids: &ids,
    };
    programme.create_first_account(&op, &administrator, PASSWORD).unwrap();
    op.actor = programme.actor(&administrator).unwrap();
    for role in roles.iter().filter(|role| **role != Role::Administrator) {
        let grants = [Grant { role: *role, site: "*".to_owned() }];
        let account = AccountId::from(role.word());
        programme.create_account(&op, &account, PASSWORD, &grants).unwrap();
    }
}

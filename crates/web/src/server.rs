//! The router, what every answer carries, and the server with its outbox.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use tokio::net::TcpListener;

use crate::answer::Failure;
use crate::app::App;
use crate::dispatch;
use crate::layout::Frame;
use crate::routes::{Method, ROUTES, Route};

/// Bytes of a request at most.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of a request with a file at most.
pub const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Seconds between two rounds of the outbox when nobody works.
const OUTBOX_SECONDS: u64 = 5;

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers of every answer.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// The router of every route in [`ROUTES`].
pub fn router(app: App) -> Router {
    let mut router = Router::new();
    for route in ROUTES.iter() {
        let bytes = match route.takes_file() {
            true => FILE_BYTES_MAX,
            false => BODY_BYTES_MAX,
        };
        let answer = move |State(app): State<App>, request: Request| answer(app, route, request);
        let handler = on(filter(route.method), answer).layer(DefaultBodyLimit::max(bytes));
        router = router.route(&route.path, handler);
    }
    router
        .fallback(|request: Request| async move { nowhere(&request, &Failure::NoSuchPage) })
        .method_not_allowed_fallback(|request: Request| async move {
            nowhere(&request, &Failure::NoSuchMethod)
        })
        .layer(from_fn(with_headers))
        .with_state(app)
}

/// Serves until `shutdown` resolves, and runs the outbox every few seconds.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    app: App,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let ticking = app.clone();
    let outbox = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_secs(OUTBOX_SECONDS));
        loop {
            ticks.tick().await;
            ticking.run_jobs_soon();
        }
    });
    let served = axum::serve(listener, router(app)).with_graceful_shutdown(shutdown);
    let outcome = served.await;
    outbox.abort();
    outcome
}

fn filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
    }
}

async fn answer(app: App, route: &'static Route, request: Request) -> Response {
    dispatch::answer(app, route, request).await
}

fn nowhere(request: &Request, failure: &Failure) -> Response {
    match request.uri().path().starts_with("/api/") {
        true => failure.json(),
        false => failure.page(&Frame::bare()),
    }
}

async fn with_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

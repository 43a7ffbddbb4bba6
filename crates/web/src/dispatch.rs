//! From a request to an answer: session, right, token against forged requests, body; then the
//! station, on a thread that may wait.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Json, Redirect, Response};
use journey::ids::AccountId;
use serde_json::json;
use service::account::Signed;
use service::{Actor, ServiceError};

use crate::answer::{self, Failure};
use crate::app::App;
use crate::body::{self, Body};
use crate::call::Call;
use crate::cookie;
use crate::form::{Failed, Forms};
use crate::layout::{self, Frame};
use crate::pages;
use crate::routes::{Access, Method, Route, Target};
use crate::station::{Page, Verb};
use crate::text;

/// The style sheet of every page.
const STYLE: &str = include_str!("../static/buccal.css");
/// Seconds until an answer is due.
const ANSWER_SECONDS_MAX: u64 = 30;
/// The same where a file is read.
const FILE_SECONDS_MAX: u64 = 300;
/// Characters of a purpose at most.
const PURPOSE_CHARACTERS_MAX: usize = 200;

/// Answers a request.
pub(crate) async fn answer(app: App, route: &'static Route, request: Request) -> Response {
    let seconds = match route.takes_file() {
        true => FILE_SECONDS_MAX,
        false => ANSWER_SECONDS_MAX,
    };
    let begun = tokio::time::timeout(Duration::from_secs(seconds), begin(&app, route, request));
    let failure = match begun.await {
        Ok(Ok(response)) => return response,
        Ok(Err(failure)) => failure,
        Err(_) => Failure::TooSlow,
    };
    shown(route, &failure, &Frame::bare())
}

fn shown(route: &Route, failure: &Failure, frame: &Frame<'_>) -> Response {
    failure.log(&route.path);
    match route.is_api() {
        true => failure.json(),
        false => failure.page(frame),
    }
}

async fn begin(app: &App, route: &'static Route, request: Request) -> Result<Response, Failure> {
    if route.method == Method::Post && cookie::is_foreign(request.headers()) {
        return Err(Failure::Forged);
    }
    match route.target {
        Target::Style => {
            let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
            return Ok((kind, STYLE).into_response());
        }
        Target::SignInPage => return Ok(pages::sign_in::page(StatusCode::OK, "", None)),
        Target::SignIn => return sign_in(app, request).await,
        Target::SignInApi => return sign_in_api(app, request).await,
        _ => {}
    }
    let (token, signed) = session(app, request.headers()).await?;
    match signed_in(app, route, request, &token, &signed).await {
        Ok(response) => Ok(response),
        Err(failure) => {
            let frame = Frame::of(&app.programme, &signed);
            Ok(shown(route, &failure, &frame))
        }
    }
}

/// Runs something of the programme on a thread that may wait.
async fn waiting<T: Send + 'static>(
    app: &App,
    run: impl FnOnce(&App) -> Result<T, ServiceError> + Send + 'static,
) -> Result<T, Failure> {
    let closed = |_| ServiceError::Failed("the server is stopping".to_owned());
    let permit = app.calls.clone().acquire_owned().await.map_err(closed)?;
    let app = app.clone();
    let task = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        run(&app)
    });
    let broken = |_| ServiceError::Failed("a call did not come back".to_owned());
    Ok(task.await.map_err(broken)??)
}

async fn session(app: &App, headers: &HeaderMap) -> Result<(String, Signed), Failure> {
    let token = cookie::token(headers).ok_or(Failure::SignedOut)?.to_owned();
    let (token, signed) = waiting(app, move |app| {
        let signed = app.programme.session((app.clock)(), &token)?;
        Ok((token, signed))
    })
    .await?;
    Ok((token, signed.ok_or(Failure::SignedOut)?))
}

async fn signed_in(
    app: &App,
    route: &'static Route,
    request: Request,
    token: &str,
    signed: &Signed,
) -> Result<Response, Failure> {
    if let Access::Action(action) = route.access {
        app.programme.roles().check(&signed.actor, action, "")?;
    }
    let given = request
        .headers()
        .get(cookie::CSRF_HEADER)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let forged = |given: &str| !cookie::same(given, &signed.csrf);
    if route.is_api() && route.method == Method::Post && forged(&given) {
        return Err(Failure::Forged);
    }
    let body = read(route, request).await?;
    if !route.is_api() && route.method == Method::Post && forged(body.entered.raw("csrf")) {
        return Err(Failure::Forged);
    }
    if matches!(route.target, Target::SignOut | Target::SignOutApi) {
        return sign_out(app, route, token, signed).await;
    }
    let (signed, token_csrf) = (signed.clone(), signed.csrf.clone());
    let outcome = waiting(app, move |app| {
        let frame = Frame::of(&app.programme, &signed);
        let purpose = purpose(route, &body);
        let mut call = Call {
            programme: &app.programme,
            op: app.op(signed.actor.clone(), &purpose),
            csrf: &token_csrf,
            entered: body.entered,
            request: body.request,
            file: body.file,
        };
        step(route, &mut call, &frame)
    })
    .await?;
    if route.method == Method::Post && outcome.status().as_u16() < 400 {
        app.run_jobs_soon();
    }
    Ok(outcome)
}

async fn read(route: &Route, request: Request) -> Result<Body, Failure> {
    match (route.method, route.target) {
        (Method::Get, _) => Ok(Body { entered: body::query(request.uri()), ..Body::default() }),
        (Method::Post, Target::Call(verb)) => body::json(request, verb.file).await,
        (Method::Post, Target::SignOutApi) => Ok(Body::default()),
        (Method::Post, _) => body::form(request).await,
    }
}

/// The purpose that was stated, or the action, which implies one.
fn purpose(route: &Route, body: &Body) -> String {
    let in_request = body.request.get("purpose").and_then(|text| text.as_str());
    let stated = in_request.unwrap_or_else(|| body.entered.get("purpose")).trim();
    if !stated.is_empty() {
        return stated.chars().take(PURPOSE_CHARACTERS_MAX).collect();
    }
    match route.access {
        Access::Action(action) => action.to_owned(),
        Access::Anyone | Access::SignedIn => "start page".to_owned(),
    }
}

fn step(route: &Route, call: &mut Call<'_>, frame: &Frame<'_>) -> Result<Response, ServiceError> {
    match route.target {
        Target::Page(page) => {
            let done = pages::done(call.entered.get("done"));
            rendered(page, call, &Forms::new(call, done, None), frame, StatusCode::OK)
        }
        Target::Give(page) => {
            let give = page.give.ok_or_else(|| {
                ServiceError::Failed("a page without a JSON twin has a route".to_owned())
            })?;
            Ok(Json(give(call)?).into_response())
        }
        Target::Form(verb) => form(verb, call, frame),
        Target::Call(verb) => Ok(Json((verb.run)(call)?.value).into_response()),
        _ => {
            let done = pages::done(call.entered.get("done"));
            let main = pages::home::render(call, &Forms::new(call, done, None));
            let page = layout::page(frame, pages::home::TITLE, &main);
            Ok(Html(page.into_string()).into_response())
        }
    }
}

fn form(
    verb: &'static Verb,
    call: &mut Call<'_>,
    frame: &Frame<'_>,
) -> Result<Response, ServiceError> {
    let run = |call: &mut Call<'_>| {
        call.request = body::request(verb.inputs, &call.entered)?;
        (verb.run)(call)
    };
    let page = pages::page(verb.page)
        .ok_or_else(|| ServiceError::Failed(format!("no page {} for a form", verb.page)))?;
    match run(call) {
        Ok(done) => match done.show {
            Some(markup) => {
                let forms = Forms::new(call, Some(verb.done), None).with(markup);
                rendered(page, call, &forms, frame, StatusCode::OK)
            }
            None => {
                let path = done.to.unwrap_or_else(|| verb.page.to_owned());
                let mark = if path.contains('?') { '&' } else { '?' };
                let code = text::in_address(&pages::name(verb));
                Ok(Redirect::to(&format!("{path}{mark}done={code}")).into_response())
            }
        },
        Err(error) => {
            if matches!(error, ServiceError::Failed(_)) {
                tracing::error!(route = verb.action, cause = error.internal(), "failed");
            }
            let failed = Failed { verb, error: &error };
            let forms = Forms::new(call, None, Some(failed));
            match rendered(page, call, &forms, frame, answer::status(&error)) {
                Ok(response) => Ok(response),
                // The page cannot be shown, so the error stands alone.
                Err(_) => Err(error),
            }
        }
    }
}

fn rendered(
    page: &Page,
    call: &Call<'_>,
    forms: &Forms<'_>,
    frame: &Frame<'_>,
    status: StatusCode,
) -> Result<Response, ServiceError> {
    call.programme.roles().check(&call.op.actor, page.action, "")?;
    let main = (page.render)(call, forms)?;
    let markup = layout::station_page(frame, page, forms, &main);
    Ok((status, Html(markup.into_string())).into_response())
}

async fn sign_in(app: &App, request: Request) -> Result<Response, Failure> {
    let body = body::form(request).await?;
    let account = body.entered.get("account").to_owned();
    let password = body.entered.raw("password").to_owned();
    match open(app, account.clone(), password).await {
        Ok(token) => {
            let mut response = Redirect::to("/").into_response();
            if let Some(value) = cookie::set(Some(&token), app.secure_cookie) {
                response.headers_mut().insert(header::SET_COOKIE, value);
            }
            Ok(response)
        }
        Err(Failure::Service(error @ ServiceError::Invalid(_))) => {
            let status = StatusCode::BAD_REQUEST;
            Ok(pages::sign_in::page(status, &account, Some(&error)))
        }
        Err(other) => Err(other),
    }
}

async fn sign_in_api(app: &App, request: Request) -> Result<Response, Failure> {
    let body = body::json(request, false).await?;
    let text = |name: &str| {
        let value = body.request.get(name).and_then(|text| text.as_str());
        value.unwrap_or_default().to_owned()
    };
    let token = open(app, text("account"), text("password")).await?;
    let csrf = {
        let token = token.clone();
        waiting(app, move |app| {
            let signed = app.programme.session((app.clock)(), &token)?;
            Ok(signed.map(|signed| signed.csrf))
        })
        .await?
    };
    let mut response = Json(json!({ "csrf": csrf })).into_response();
    if let Some(value) = cookie::set(Some(&token), app.secure_cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// Opens a session and gives its token.
async fn open(app: &App, account: String, password: String) -> Result<String, Failure> {
    let closed = |_| ServiceError::Failed("the server is stopping".to_owned());
    let _turn = app.sign_ins.acquire().await.map_err(closed)?;
    waiting(app, move |app| {
        let account = AccountId::new(account);
        let nobody = Actor { account: account.clone(), grants: Vec::new() };
        let op = app.op(nobody, "sign in");
        Ok(app.programme.sign_in(&op, &account, &password)?.token)
    })
    .await
}

async fn sign_out(
    app: &App,
    route: &Route,
    token: &str,
    signed: &Signed,
) -> Result<Response, Failure> {
    let (token, actor) = (token.to_owned(), signed.actor.clone());
    waiting(app, move |app| app.programme.sign_out(&app.op(actor, "sign out"), &token)).await?;
    let mut response = match route.is_api() {
        true => Json(json!({})).into_response(),
        false => Redirect::to("/sign-in").into_response(),
    };
    if let Some(value) = cookie::set(None, app.secure_cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

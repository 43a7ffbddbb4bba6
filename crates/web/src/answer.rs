//! How a request can end badly, with which status, and in which words for people and machines.
//! Absent: internal texts; those go to the log.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Json, Redirect, Response};
use maud::{Markup, html};
use serde_json::{Value, json};
use service::ServiceError;

use crate::components;
use crate::layout::{self, Frame};

/// How a request ends badly.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is no session, or it has ended.
    SignedOut,
    /// The request does not carry the session's token, or comes from another site.
    Forged,
    /// There is no such page.
    NoSuchPage,
    /// The page does not take this method.
    NoSuchMethod,
    /// The body is larger than allowed.
    TooLarge,
    /// The body is not what it should be: this.
    Unreadable(&'static str),
    /// It took too long.
    TooSlow,
    /// The programme said so.
    Service(ServiceError),
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl Failure {
    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Forged => StatusCode::FORBIDDEN,
            Self::NoSuchPage => StatusCode::NOT_FOUND,
            Self::NoSuchMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
            Self::Service(error) => status(error),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Forged => "forged",
            Self::NoSuchPage => "no_such_page",
            Self::NoSuchMethod => "no_such_method",
            Self::TooLarge => "too_large",
            Self::Unreadable(_) => "unreadable",
            Self::TooSlow => "too_slow",
            Self::Service(error) => kind(error),
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::SignedOut => "Sign in first",
            Self::Forged => "The form is out of date",
            Self::NoSuchPage => "There is no such page",
            Self::NoSuchMethod => "This page does not take that",
            Self::TooLarge => "The file is too large",
            Self::Unreadable(_) => "The request cannot be read",
            Self::TooSlow => "It took too long",
            Self::Service(error) => title(error),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::SignedOut => "your session has ended or there was none; sign in".to_owned(),
            Self::Forged => "the form does not belong to your session; nothing was stored; go \
                             back, load the page again and repeat"
                .to_owned(),
            Self::NoSuchPage => "check the address, or begin at the start page".to_owned(),
            Self::NoSuchMethod => "load the page and use its forms".to_owned(),
            Self::TooLarge => "forms take up to 2 MiB and files up to 32 MiB; split the file \
                               and send the parts"
                .to_owned(),
            Self::Unreadable(right) => format!("the request is not {right}; send that"),
            Self::TooSlow => "the system did not answer in time; look whether the step is \
                              recorded before you repeat it"
                .to_owned(),
            Self::Service(error) => error.to_string(),
        }
    }

    /// Writes what an operator must know to the log.
    pub(crate) fn log(&self, route: &str) {
        let status = self.status().as_u16();
        match self {
            Self::Service(error @ ServiceError::Failed(_)) => {
                tracing::error!(route, status, cause = error.internal(), "failed");
            }
            _ => tracing::info!(route, status, kind = self.kind(), "not done"),
        }
    }

    /// The answer for machines.
    pub(crate) fn json(&self) -> Response {
        let body = match self {
            Self::Service(error) => described(error),
            _ => json!({ "kind": self.kind(), "text": self.text() }),
        };
        let body = Json(json!({ "error": body }));
        self.with_headers((self.status(), body).into_response())
    }

    /// The answer for people; without a session the way leads to the sign-in page.
    pub(crate) fn page(&self, frame: &Frame<'_>) -> Response {
        if matches!(self, Self::SignedOut) {
            return Redirect::to("/sign-in").into_response();
        }
        let main = html! {
            (self.alert())
            p { a href="/" { "Back to the start page" } }
        };
        let markup = layout::page(frame, self.title(), &main);
        let page = (self.status(), Html(markup.into_string()));
        self.with_headers(page.into_response())
    }

    fn alert(&self) -> Markup {
        match self {
            Self::Service(error) => alert(error, None),
            _ => components::alert("error", self.title(), &html! { p { (self.text()) "." } }),
        }
    }

    fn with_headers(&self, mut response: Response) -> Response {
        let busy = matches!(self, Self::TooSlow | Self::Service(ServiceError::Busy));
        if busy {
            let soon = HeaderValue::from_static("5");
            response.headers_mut().insert(header::RETRY_AFTER, soon);
        }
        response
    }
}

/// The status of an error.
pub(crate) fn status(error: &ServiceError) -> StatusCode {
    match error {
        ServiceError::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        ServiceError::Forbidden { .. } => StatusCode::FORBIDDEN,
        ServiceError::NotFound { .. } => StatusCode::NOT_FOUND,
        ServiceError::Invalid(_) => StatusCode::BAD_REQUEST,
        ServiceError::Conflict => StatusCode::CONFLICT,
        ServiceError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        ServiceError::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn kind(error: &ServiceError) -> &'static str {
    match error {
        ServiceError::Refused(_) => "refused",
        ServiceError::Forbidden { .. } => "forbidden",
        ServiceError::NotFound { .. } => "not_found",
        ServiceError::Invalid(_) => "invalid",
        ServiceError::Conflict => "conflict",
        ServiceError::Busy => "busy",
        ServiceError::Failed(_) => "failed",
    }
}

fn title(error: &ServiceError) -> &'static str {
    match error {
        ServiceError::Refused(_) => "The rules do not allow this",
        ServiceError::Forbidden { .. } => "Your account may not do this",
        ServiceError::NotFound { .. } => "Not found",
        ServiceError::Invalid(_) => "There is a problem",
        ServiceError::Conflict => "Somebody else was faster",
        ServiceError::Busy => "The system is busy",
        ServiceError::Failed(_) => "The system failed",
    }
}

fn described(error: &ServiceError) -> Value {
    match error {
        ServiceError::Refused(refusal) => json!({
            "kind": "refused",
            "text": error.to_string(),
            "code": refusal.code.code(),
            "detail": refusal.detail,
            "remedy": refusal.code.remedy(),
            "authority": refusal.code.authority(),
            "confidence": refusal.code.confidence(),
        }),
        _ => json!({ "kind": kind(error), "text": error.to_string() }),
    }
}

/// What a page says where a step was not done. `field` is the id of the field at fault.
pub(crate) fn alert(error: &ServiceError, field: Option<&str>) -> Markup {
    let body = match (error, field) {
        (ServiceError::Refused(refusal), _) => html! {
            p { (components::sentence(&refusal.detail)) }
            dl.facts {
                dt { "What to do" } dd { (components::sentence(refusal.code.remedy())) }
                dt { "Rule" } dd { code { (refusal.code.code()) } }
                dt { "Authority" }
                dd { (refusal.code.authority()) " (source " (refusal.code.confidence()) ")" }
            }
        },
        (ServiceError::Invalid(text), Some(id)) => html! {
            ul.error-list { li { a href={ "#" (id) } { (text) } } }
        },
        _ => html! { p { (components::sentence(&error.to_string())) } },
    };
    components::alert("error", title(error), &body)
}

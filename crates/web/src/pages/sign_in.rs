//! The sign-in page. Absent: whether the account exists; a wrong name and a wrong password read
//! alike.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::html;
use service::ServiceError;

use crate::answer;
use crate::components;
use crate::layout::{self, Frame};

/// The page, with the account that was entered and what was wrong.
pub(crate) fn page(status: StatusCode, account: &str, error: Option<&ServiceError>) -> Response {
    let name = html! {
        input id="account" name="account" type="text" value=(account) autocomplete="username"
            autocapitalize="none" spellcheck="false" autofocus;
    };
    let password = html! {
        input id="password" name="password" type="password" autocomplete="current-password";
    };
    let main = html! {
        @if let Some(error) = error { (answer::alert(error, None)) }
        p {
            "This system holds information about people in custody and DNA records. It is for "
            "authorized users only. What you do in it is recorded. Using or disclosing DNA "
            "information without authority is an offense (34 USC 40706(c))."
        }
        form.narrow method="post" action="/sign-in" {
            (components::field("account", "Account", "", None, &name))
            (components::field("password", "Password", "", None, &password))
            button type="submit" { "Sign in" }
        }
    };
    let markup = layout::page(&Frame::bare(), "Sign in", &main);
    (status, Html(markup.into_string())).into_response()
}

//! Accounts: who may sign in, and with which roles where.

use journey::actor::Role;
use journey::ids::AccountId;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use service::account::{Listed, PASSWORD_CHARACTERS_MIN};
use service::{Grant, ServiceError};

use crate::call::Call;
use crate::components::{options, plain, table, tag};
use crate::form::{Form, Forms};
use crate::layout::part;
use crate::station::{Done, Page, Shape, Station, Verb, input, json};

/// The station.
pub(crate) const STATION: Station = Station {
    name: "account",
    pages: &[Page {
        path: "/account",
        action: "account.list",
        title: "Accounts",
        nav: "Accounts",
        marked: false,
        render,
        give: Some(give),
    }],
    verbs: &[
        Verb {
            name: "create",
            action: "account.create",
            page: "/account",
            inputs: &[
                input("account", Shape::Text),
                input("password", Shape::Secret),
                input("role", Shape::Text),
                input("site", Shape::Text),
            ],
            file: false,
            done: "The account is created.",
            run: create,
        },
        Verb {
            name: "grant",
            action: "account.grant",
            page: "/account",
            inputs: &[
                input("account", Shape::Text),
                input("role", Shape::Text),
                input("site", Shape::Text),
            ],
            file: false,
            done: "The role is granted.",
            run: grant,
        },
        Verb {
            name: "deactivate",
            action: "account.deactivate",
            page: "/account",
            inputs: &[input("account", Shape::Text)],
            file: false,
            done: "The account can no longer sign in, and its sessions have ended.",
            run: deactivate,
        },
    ],
};

/// A role at a place.
#[derive(Deserialize)]
struct Given {
    account: AccountId,
    role: String,
    site: String,
}

/// A new account with its first role.
#[derive(Deserialize)]
struct Create {
    password: String,
    #[serde(flatten)]
    given: Given,
}

/// An account.
#[derive(Deserialize)]
struct Named {
    account: AccountId,
}

impl Given {
    fn grant(&self) -> Result<Grant, ServiceError> {
        let role = Role::from_word(&self.role).ok_or_else(|| {
            let words: Vec<_> = Role::ALL.iter().map(|role| role.word()).collect();
            ServiceError::Invalid(format!("role: give one of {}", words.join(", ")))
        })?;
        if self.site.trim().is_empty() {
            return Err(ServiceError::Invalid(
                "site: it is empty; give a site, a laboratory, or * for all".to_owned(),
            ));
        }
        Ok(Grant { role, site: self.site.trim().to_owned() })
    }
}

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&call.programme.list_accounts(&call.op)?)
}

fn create(call: &Call<'_>) -> Result<Done, ServiceError> {
    let Create { password, given } = call.request()?;
    let grants = [given.grant()?];
    call.programme.create_account(&call.op, &given.account, &password, &grants)?;
    Done::with(&given.account)
}

fn grant(call: &Call<'_>) -> Result<Done, ServiceError> {
    let given: Given = call.request()?;
    call.programme.grant_role(&call.op, &given.account, &given.grant()?)?;
    Done::with(&given.account)
}

fn deactivate(call: &Call<'_>) -> Result<Done, ServiceError> {
    let Named { account } = call.request()?;
    call.programme.deactivate_account(&call.op, &account)?;
    Done::with(&account)
}

fn render(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let accounts = call.programme.list_accounts(&call.op)?;
    let rows: Vec<_> = accounts.iter().map(|line| row(call, forms, line)).collect();
    Ok(html! {
        (table("Accounts", &["Account", "May sign in", "Roles", "End it"], &rows))
        @if call.may("account.create") { (part("Create an account", &create_form(forms))) }
        @if call.may("account.grant") { (part("Grant a further role", &grant_form(forms))) }
    })
}

fn row(call: &Call<'_>, forms: &Forms<'_>, line: &Listed) -> Vec<Markup> {
    let own = line.account == call.op.actor.account;
    let form = forms.of("account/deactivate").keyed("account", &line.account);
    vec![
        plain(&line.account),
        tag(if line.active { "yes" } else { "no" }),
        plain(line.roles.join(", ")),
        html! {
            @if line.active && !own && call.may("account.deactivate") {
                (form.button("Deactivate", line.account.as_str()))
            }
        },
    ]
}

fn role_fields(form: &Form<'_>) -> Markup {
    let roles = options(Role::ALL.iter().map(|role| role.word()));
    html! {
        (form.select("role", "Role", "", &roles))
        (form.text("site", "Place", "A site, a laboratory's ORI, or * for all"))
    }
}

fn create_form(forms: &Forms<'_>) -> Markup {
    let form = forms.of("account/create");
    let hint = format!("At least {PASSWORD_CHARACTERS_MIN} characters");
    form.wrap(
        "Create the account",
        &html! {
            (form.text("account", "Account", ""))
            (form.secret("password", "First password", &hint))
            (role_fields(&form))
        },
    )
}

fn grant_form(forms: &Forms<'_>) -> Markup {
    let form = forms.of("account/grant");
    let fields = html! { (form.text("account", "Account", "")) (role_fields(&form)) };
    form.wrap("Grant the role", &fields)
}

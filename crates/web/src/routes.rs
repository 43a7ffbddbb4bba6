//! The table of routes: method, path and what it takes to be let in. The router is built from
//! this table and from nothing else, so that a test of the table is a test of the router.

use std::sync::LazyLock;

use crate::pages;
use crate::station::{Page, Verb};

/// Who is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Anyone,
    /// Every account that is signed in.
    SignedIn,
    /// Accounts with a role that may take this action of the role table.
    Action(&'static str),
}

/// How a route is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// Read.
    Get,
    /// Do a step.
    Post,
}

/// One route.
pub struct Route {
    /// How it is asked.
    pub method: Method,
    /// Its path.
    pub path: String,
    /// Who is let in.
    pub access: Access,
    pub(crate) target: Target,
}

/// What a route leads to.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    Style,
    SignInPage,
    SignIn,
    SignInApi,
    SignOut,
    SignOutApi,
    Home,
    Page(&'static Page),
    Give(&'static Page),
    Form(&'static Verb),
    Call(&'static Verb),
}

impl Route {
    /// True where machines ask and are answered in JSON.
    pub fn is_api(&self) -> bool {
        self.path.starts_with("/api/")
    }

    /// True where a file may come.
    pub fn takes_file(&self) -> bool {
        matches!(self.target, Target::Form(verb) | Target::Call(verb) if verb.file)
    }
}

/// Every route.
pub static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let mut routes = open();
    for station in pages::STATIONS {
        for page in station.pages {
            routes.push(of_page(page, page.path.to_owned(), Target::Page(page)));
            if page.give.is_some() {
                routes.push(of_page(page, format!("/api{}", page.path), Target::Give(page)));
            }
        }
        for verb in station.verbs {
            let path = format!("/{}/{}", station.name, verb.name);
            routes.push(of_verb(verb, format!("/api{path}"), Target::Call(verb)));
            routes.push(of_verb(verb, path, Target::Form(verb)));
        }
    }
    routes
});

fn open() -> Vec<Route> {
    let route = |method, path: &str, access, target| Route {
        method,
        path: path.to_owned(),
        access,
        target,
    };
    use Access::{Anyone, SignedIn};
    use Method::{Get, Post};
    vec![
        route(Get, "/static/buccal.css", Anyone, Target::Style),
        route(Get, "/sign-in", Anyone, Target::SignInPage),
        route(Post, "/sign-in", Anyone, Target::SignIn),
        route(Post, "/api/sign-in", Anyone, Target::SignInApi),
        route(Post, "/sign-out", SignedIn, Target::SignOut),
        route(Post, "/api/sign-out", SignedIn, Target::SignOutApi),
        route(Get, "/", SignedIn, Target::Home),
    ]
}

fn of_page(page: &Page, path: String, target: Target) -> Route {
    Route { method: Method::Get, path, access: Access::Action(page.action), target }
}

fn of_verb(verb: &Verb, path: String, target: Target) -> Route {
    Route { method: Method::Post, path, access: Access::Action(verb.action), target }
}

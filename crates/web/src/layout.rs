//! The page around a station's part: skip link, header, navigation in the order of the journey,
//! the marking of controlled information, and the step indicator.

use maud::{DOCTYPE, Markup, html};
use service::account::Signed;
use service::{Placed, Programme};

use crate::call::Call;
use crate::components;
use crate::form::Forms;
use crate::pages;
use crate::station::Page;
use crate::text::in_address;

/// Marking of DNA information (CUI registry, category DNA).
pub(crate) const MARKING: &str = "CUI//SP-LDNA";

/// What surrounds a page.
pub(crate) struct Frame<'a> {
    account: Option<&'a str>,
    csrf: &'a str,
    links: Vec<(&'static str, &'static str)>,
}

impl<'a> Frame<'a> {
    /// For nobody in particular.
    pub(crate) fn bare() -> Self {
        Self { account: None, csrf: "", links: Vec::new() }
    }

    /// For an account: only stations that its roles can open.
    pub(crate) fn of(programme: &Programme, signed: &'a Signed) -> Self {
        let may = |page: &&Page| {
            let roles = programme.roles();
            !page.nav.is_empty() && roles.may_somewhere(&signed.actor, page.action)
        };
        let first = |station: &&'static crate::station::Station| station.pages.iter().find(may);
        let links = pages::STATIONS.iter().copied();
        let links = links.filter_map(|station| first(&station));
        Self {
            account: Some(signed.actor.account.as_str()),
            csrf: &signed.csrf,
            links: links.map(|page| (page.path, page.nav)).collect(),
        }
    }
}

/// A page that belongs to no station.
pub(crate) fn page(frame: &Frame<'_>, title: &str, main: &Markup) -> Markup {
    whole(frame, title, "", false, main)
}

/// A page of a station, with what was just done or refused on top.
pub(crate) fn station_page(
    frame: &Frame<'_>,
    page: &Page,
    forms: &Forms<'_>,
    main: &Markup,
) -> Markup {
    let station = station_of(page.path);
    let main = html! { (steps(station)) (forms.message()) (main) };
    let title =
        if forms.has_failed() { format!("Error: {}", page.title) } else { page.title.to_owned() };
    whole_titled(frame, &title, page.title, station, page.marked, &main)
}

fn station_of(path: &str) -> &str {
    let rest = path.trim_start_matches('/');
    rest.split('/').next().unwrap_or(rest)
}

/// Where in the journey this station stands. Pages across all stations have no place in it.
fn steps(station: &str) -> Markup {
    let Some(place) = pages::JOURNEY.iter().position(|name| *name == station) else {
        return html! {};
    };
    let steps = pages::JOURNEY.len();
    html! {
        ol.steps aria-label={ "Step " (place + 1) " of " (steps) " of the journey" } {
            @for (number, name) in pages::JOURNEY.iter().enumerate() {
                li.passed[number < place] aria-current=[(number == place).then_some("step")] {
                    span { (name) }
                }
            }
        }
    }
}

fn whole(frame: &Frame<'_>, title: &str, station: &str, marked: bool, main: &Markup) -> Markup {
    whole_titled(frame, title, title, station, marked, main)
}

fn whole_titled(
    frame: &Frame<'_>,
    window: &str,
    title: &str,
    station: &str,
    marked: bool,
    main: &Markup,
) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (window) " – Buccal" }
                link rel="stylesheet" href="/static/buccal.css";
            }
            body {
                a.skip href="#main" { "Skip to main content" }
                @if marked { p.marking { (MARKING) } }
                (header(frame, station))
                main id="main" tabindex="-1" {
                    h1 { (title) }
                    (main)
                }
                (footer(marked))
            }
        }
    }
}

fn header(frame: &Frame<'_>, station: &str) -> Markup {
    html! {
        header {
            div.bar {
                p.name { a href="/" { "Buccal" } span { "Custody DNA programme" } }
                @if let Some(account) = frame.account {
                    form.sign-out method="post" action="/sign-out" {
                        input type="hidden" name="csrf" value=(frame.csrf);
                        span { "Signed in as " strong { (account) } }
                        button.quiet type="submit" { "Sign out" }
                    }
                }
            }
            @if !frame.links.is_empty() {
                nav.stations aria-label="Stations" {
                    ul {
                        @for (path, name) in &frame.links {
                            @let here = station_of(path) == station;
                            li { a href=(path) aria-current=[here.then_some("page")] { (name) } }
                        }
                    }
                }
            }
        }
    }
}

fn footer(marked: bool) -> Markup {
    html! {
        footer {
            @if marked {
                p {
                    "Disclosure only for the purposes of 34 USC 12592(b)(3). "
                    "Every view is on record."
                }
            }
            p { "Times are in UTC (Z). Every step is on record with account, time and purpose." }
        }
        // As wide as at the head of the page.
        @if marked { p.marking { (MARKING) } }
    }
}

/// Heads a part of a page.
pub(crate) fn part(heading: &str, body: &Markup) -> Markup {
    html! { section { h2 { (heading) } (body) } }
}

/// Leads to the next page of a list, where there may be one.
pub(crate) fn more<T: Placed>(call: &Call<'_>, path: &str, lines: &[T], limit: u32) -> Markup {
    let full = u32::try_from(lines.len()).is_ok_and(|shown| shown >= limit);
    let Some(last) = lines.last().filter(|_| full).map(Placed::place) else { return html! {} };
    let mut address = format!("{path}?after={}", in_address(&format!("{}~{}", last.at, last.id)));
    let kept = ["stage", "limit", "receiver", "laboratory"];
    let kept = call.entered.0.iter().filter(|(name, _)| kept.contains(&name.as_str()));
    for (name, value) in kept {
        address.push_str(&format!("&{name}={}", in_address(value)));
    }
    html! { p { a.button href=(address) { "The next " (limit) } } }
}

/// Says that a list which cannot be turned over is cut.
pub(crate) fn cut(shown: usize, limit: u32) -> Markup {
    html! {
        @if u32::try_from(shown).is_ok_and(|shown| shown >= limit) {
            (components::alert("info", "There may be more", &html! {
                p { "The list shows the " (limit) " that wait longest." }
            }))
        }
    }
}

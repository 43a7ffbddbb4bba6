//! The start page: the stations that an account works at, in the order of the journey, each with
//! the sentence of what is done there.

use maud::{Markup, html};

use crate::call::Call;
use crate::form::Forms;
use crate::pages::{JOURNEY, STATIONS};

/// The page's heading.
pub(crate) const TITLE: &str = "Start";

/// The page.
pub(crate) fn render(call: &Call<'_>, forms: &Forms<'_>) -> Markup {
    let open = STATIONS.iter().filter_map(|station| {
        let may = |page: &&crate::station::Page| !page.nav.is_empty() && call.may(page.action);
        Some((station.name, station.pages.iter().find(may)?))
    });
    let roles = call.op.actor.grants.iter();
    html! {
        (forms.message())
        p {
            "Your roles: "
            @for (place, grant) in roles.enumerate() {
                @if place > 0 { ", " }
                (grant.role) " at "
                @if grant.site == "*" { "every place" } @else { (grant.site) }
            }
            "."
        }
        ul.cards {
            @for (name, page) in open {
                li {
                    a href=(page.path) { (page.nav) }
                    @if let Some(place) = JOURNEY.iter().position(|other| *other == name) {
                        span.place { "Step " (place + 1) }
                    }
                    p { (purpose(name)) }
                }
            }
        }
    }
}

fn purpose(station: &str) -> &'static str {
    match station {
        "booking" => "A person comes into custody. Every booking ends accounted for.",
        "eligibility" => "Must, may or must not a sample be taken, and why.",
        "kit" => "Kits in stock, in date, not recalled.",
        "collection" => "Open a kit, scan twice, seal.",
        "shipment" => "Pack sealed kits, hand them over, count them again.",
        "accession" => "The laboratory accepts or rejects what arrived.",
        "typing" => "Plates, controls, readings and their review.",
        "upload" => "Reviewed profiles enter the index, without a name.",
        "candidate" => "Possible pairs that the search found.",
        "confirmation" => "Four checks before a name may leave the laboratory.",
        "notice" => "Who must be told, by when, and was.",
        "removal" => "Expunge, remove, destroy, certify.",
        "custody" => "Who had a kit, when, and why it moved.",
        "report" => "The figures of the programme.",
        "audit" => "The record of every step, and its proof.",
        "account" => "Who may sign in, and with which roles.",
        _ => "",
    }
}

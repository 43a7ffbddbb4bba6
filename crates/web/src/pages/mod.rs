//! The pages, in the order in which a sample meets the stations. A station's file holds its pages,
//! its verbs and their small request types; the table below is all that the router knows.

use crate::station::{Page, Station, Verb};

pub(crate) mod sign_in;
pub(crate) mod home;

mod record;
mod person_notice;
mod booking;
mod eligibility;
mod hindsight;
mod discretion;
mod known;
mod export;
mod preview;
mod hits;
mod kit;
mod cmf;
mod collection;
mod shipment;
mod acceptance;
mod accession;
mod typing;
mod upload;
mod candidate;
mod candidate_pairs;
mod candidate_rank;
mod candidate_several;
mod matrix;
mod confirmation;
mod notice;
mod removal;

mod person;
mod custody;
mod coverage;
mod proof;
mod report;
mod audit;
mod account;

/// The twelve stations.
pub(crate) const JOURNEY: [&str; 12] = [
    "booking",
    "eligibility",
    "kit",
    "collection",
    "shipment",
    "accession",
    "typing",
    "upload",
    "candidate",
    "confirmation",
    "notice",
    "removal",
];

/// Every station with pages: the journey, then what runs across it.
pub(crate) static STATIONS: &[&Station] = &[
    &booking::STATION,
    &eligibility::STATION,
    &kit::STATION,
    &collection::STATION,
    &shipment::STATION,
    &accession::STATION,
    &typing::STATION,
    &upload::STATION,
    &candidate::STATION,
    &confirmation::STATION,
    &notice::STATION,
    &removal::STATION,
    &person::STATION,
    &person::DUTY,
    &custody::STATION,
    &report::STATION,
    &audit::STATION,
    &account::STATION,
];

/// The page of a path.
pub(crate) fn page(path: &str) -> Option<&'static Page> {
    let pages = STATIONS.iter().flat_map(|station| station.pages);
    pages.into_iter().find(|page| page.path == path)
}

/// Station and name of a verb, as its path writes them: `kit/receive`.
pub(crate) fn name(verb: &Verb) -> String {
    let station = verb.page.trim_start_matches('/').split('/').next();
    format!("{}/{}", station.unwrap_or_default(), verb.name)
}

/// The sentence of a step that was done, by the name that an address carries. Addresses carry
/// names of steps only, so that no sentence can be put on a page from outside.
pub(crate) fn done(name_of_verb: &str) -> Option<&'static str> {
    let verbs = STATIONS.iter().flat_map(|station| station.verbs);
    let mut fitting = verbs.filter(|verb| name(verb) == name_of_verb);
    fitting.next().map(|verb| verb.done)
}

//! Lives of bookings: none offends under the real rules, wrong rules are caught, and the counts do
//! not depend on who lives which family.

use std::path::Path;

use journey::rules::{RuleBook, Source, Text};
use world::law::LAWS;
use world::lives::{Lives, Offender, Tally};

/// So many that every path is walked and a build without optimisation has them lived in seconds.
const BOOKINGS: u64 = 1_500;

/// A text of the rules, by its path under `rules/`.
fn text(path: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    std::fs::read_to_string(folder.join(path)).unwrap()
}

/// The shipped sets with a text of one file replaced by another.
fn book(file: &str, replaced: &str, by: &str) -> RuleBook {
    let mut fired = false;
    let mut read = |path: &str| {
        let whole = text(path);
        if path != file {
            return whole;
        }
        fired = true;
        assert_eq!(whole.matches(replaced).count(), 1, "{replaced} in {path}");
        whole.replace(replaced, by)
    };
    let (schema, sites) = (read("booking.cedarschema"), read("sites.toml"));
    let sets: Vec<(String, Vec<String>)> = LAWS
        .iter()
        .map(|law| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules").join(law.set);
            let mut files: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter(|name| name.ends_with(".cedar"))
                .collect();
            files.sort();
            let texts = files.iter().map(|name| read(&format!("{}/{name}", law.set))).collect();
            (read(&format!("{}/manifest.toml", law.set)), texts)
        })
        .collect();
    assert!(fired, "{file} is no file of the rules");
    let texts: Vec<Vec<Text<'_>>> = sets
        .iter()
        .map(|(_, texts)| texts.iter().map(|text| Text { file: "test.cedar", text }).collect())
        .collect();
    let sources: Vec<Source<'_>> =
        sets.iter().zip(&texts).map(|((manifest, _), texts)| Source { manifest, texts }).collect();
    RuleBook::read(&schema, &sites, &sources).unwrap()
}

/// The first family in which an offence shows.
fn first(book: &RuleBook, shows: fn(&Tally) -> bool) -> Option<(Tally, Offender)> {
    let lives = Lives::new(book, 1, BOOKINGS);
    (0..lives.families()).find_map(|family| {
        let (tally, offender) = lives.live(family..family + 1);
        shows(&tally).then_some(tally).zip(offender)
    })
}

#[test]
fn nobody_is_sampled_against_the_law_and_every_booking_ends_once() {
    let book = RuleBook::shipped().unwrap();
    let lives = Lives::new(&book, 1, BOOKINGS);
    let (tally, offender) = lives.live(0..lives.families());
    assert_eq!(tally.offences(), 0, "{offender:#?}");
    assert_eq!(offender, None);
    assert_eq!(tally.bookings, BOOKINGS);
    assert_eq!(tally.dispositions.values().sum::<u64>(), BOOKINGS);
    assert_eq!(tally.dispositions["collected"], tally.collections);
    assert_eq!(tally.dispositions.len(), 5, "{:?}", tally.dispositions);
    assert_eq!(tally.decisions, BOOKINGS + tally.re_decisions);
    assert_eq!(tally.replays_equal, tally.decisions);
    assert_eq!(tally.outcomes.len(), 4);
    assert!(tally.persons < BOOKINGS, "somebody comes back");
    assert!(tally.orders_satisfied > 0, "an order to collect again is met");
    assert_eq!(tally.changes.len(), 12, "{:?}", tally.changes);
    for code in ["DECISION_EXPIRED", "NOT_ELIGIBLE", "BARCODE_MISMATCH", "BOOKING_ACCOUNTED_FOR"] {
        assert!(tally.refusals.contains_key(code), "{code}: {:?}", tally.refusals);
    }
}

#[test]
fn the_counts_do_not_depend_on_the_parts_or_their_order() {
    let book = RuleBook::shipped().unwrap();
    let lives = Lives::new(&book, 7, 45);
    let (whole, _) = lives.live(0..lives.families());
    let mut parts = Tally::default();
    for family in (0..lives.families()).rev() {
        parts.add(&lives.live(family..family + 1).0);
    }
    assert_eq!(whole, parts);
    assert_eq!(whole.bookings, 45);
}

/// Each wrong rule book is caught, and the offender is told in full.
#[test]
fn wrong_rules_are_caught() {
    let general = "28cfr28.12-2009-01-09";
    let gates = &format!("{general}/gates.cedar");
    for (file, replaced, by) in [
        (gates.as_str(), "resource.age_years < 14", "resource.age_years < 0"),
        (gates, "resource.age_years < 14", "resource.age_years < 15"),
        (&format!("{general}/skips.cedar"), "precedence(\"130\")", "precedence(\"145\")"),
        (
            &format!("{general}/duties.cedar"),
            "(principal, action == Action::\"collect\", resource)\nwhen { \
             resource.custody_basis.contains(CustodyBasis::\"convicted\") }",
            "(principal, action == Action::\"collect\", resource)\nwhen { \
             resource.custody_basis.contains(CustodyBasis::\"encounter\") }",
        ),
        ("ice-dallas-2020-05-01/manifest.toml", "from = \"2020-05-01\"", "from = \"2020-05-02\""),
        ("ice-dallas-2020-05-01/manifest.toml", "America/Chicago", "America/Anchorage"),
    ] {
        let book = book(file, replaced, by);
        let found = first(&book, |tally| tally.differing > 0);
        let (tally, offender) = found.unwrap_or_else(|| panic!("{by} is not caught"));
        assert_eq!(tally.replays_different, 0, "a wrong rule is wrong each time");
        assert!(offender.offences[0].contains("the plain law says"), "{by}: {offender:?}");
        let life: Vec<_> = offender.life.iter().map(|step| step.what.as_str()).collect();
        assert!(life[0].starts_with("booked: "), "{life:?}");
        assert!(life.iter().any(|what| what.starts_with("decided: ")), "{life:?}");
    }
    let book = book(gates, "resource.age_years < 14", "resource.age_years < 0");
    let unlawful = first(&book, |tally| tally.unlawful > 0);
    assert!(unlawful.is_some(), "a child is sampled, and that is seen");
}

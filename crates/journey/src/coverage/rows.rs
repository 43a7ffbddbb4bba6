//! The figures of one row, and the rows: by week, by site, by component, and all together.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::Line;
use crate::booking::{Disposition, NotCollected};
use crate::eligibility::Outcome;
use crate::ids::PersonId;

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// The figures of a row. Each says what it counts: bookings, unless its name says persons
        /// or samples.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
        pub struct Figures {
            $($(#[$doc])* pub $name: u64,)*
            /// Hours since the oldest booking that is open; `None` where none is.
            pub oldest_open_hours: Option<u64>,
        }

        impl Figures {
            /// Names of the counts, in the order of tables and files.
            pub const COUNTS: &[&str] = &[$(stringify!($name)),*];

            /// The counts with their names, in that order.
            pub fn counts(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name)),*]
            }
        }
    };
}

figures! {
    /// Bookings.
    bookings,
    /// Persons who were booked, each once.
    persons,
    /// Persons from whom a sample was sealed under one of these bookings, each once.
    persons_sampled,
    /// Samples sealed under these bookings.
    samples,
    /// Bookings at which a sample was due.
    due,
    /// Of these, bookings that ended with a sample.
    sampled,
    /// Bookings at which a sample could be taken and need not be.
    may_skip,
    /// Bookings at which no sample may be taken.
    excluded,
    /// Bookings for which a fact is missing.
    deferred,
    /// Bookings without a decision: none, unless something went wrong.
    undecided,
    /// Disposition: a sample was taken.
    collected,
    /// Disposition: the rules say no.
    not_to_be_collected,
    /// Disposition: it could be taken and was not.
    skipped,
    /// Disposition: it was due and was not taken.
    due_not_collected,
    /// Disposition: a fact never arrived.
    unresolved,
    /// No disposition yet.
    open,
    /// Due and not taken: no usable kit.
    no_kit,
    /// Due and not taken: the person left first.
    released_first,
    /// Due and not taken: the person refused.
    refused,
    /// Due and not taken: a medical or safety reason.
    medical,
    /// Due and not taken: the person went to another site.
    transferred,
}

/// A sum that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("coverage: {what} are {sum} together, and must be {whole}")]
pub struct Unbalanced {
    what: &'static str,
    sum: u64,
    whole: u64,
}

impl Figures {
    /// Looks that every booking has exactly one ending, one answer of the rules, and, where a
    /// sample was due and not taken, one reason.
    ///
    /// # Errors
    /// The first sum that does not hold.
    pub fn check(&self) -> Result<(), Unbalanced> {
        let equal = |what, parts: &[u64], whole| {
            let sum = parts.iter().sum();
            if sum == whole { Ok(()) } else { Err(Unbalanced { what, sum, whole }) }
        };
        let ended = [
            self.collected,
            self.not_to_be_collected,
            self.skipped,
            self.due_not_collected,
            self.unresolved,
            self.open,
        ];
        equal("dispositions and open bookings", &ended, self.bookings)?;
        let said = [self.due, self.may_skip, self.excluded, self.deferred, self.undecided];
        equal("bookings by what the rules said", &said, self.bookings)?;
        let why = [self.no_kit, self.released_first, self.refused, self.medical, self.transferred];
        equal("reasons for what was not collected", &why, self.due_not_collected)
    }

    /// Bookings that ended with a sample for every 1,000 at which one was due, rounded down, so
    /// that only all of them give 1,000; `None` where none was due.
    pub fn sampled_permille(&self) -> Option<u64> {
        (self.sampled * 1_000).checked_div(self.due)
    }

    /// The same as a percentage with one decimal; `-` where none was due.
    pub fn sampled_percent(&self) -> String {
        let text = |permille| format!("{}.{}", permille / 10, permille % 10);
        self.sampled_permille().map_or_else(|| "-".to_owned(), text)
    }
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A component at a site in an ISO week.
    Week,
    /// A component at a site.
    Site,
    /// A component.
    Component,
    /// Everything.
    Total,
}

impl Level {
    /// The word of files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Site => "site",
            Self::Component => "component",
            Self::Total => "total",
        }
    }
}

/// One row. Persons of several rows are not the sum of their rows: who came twice counts once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What it is about.
    pub level: Level,
    /// Component; empty in the total.
    pub component: String,
    /// Site; empty above.
    pub site: String,
    /// ISO week of the bookings at the site; empty above.
    pub week: String,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// [`Figures::sampled_percent`].
    pub sampled_percent: String,
}

/// A row while it is counted.
#[derive(Default)]
struct Tally<'a> {
    figures: Figures,
    persons: BTreeSet<&'a PersonId>,
    sampled: BTreeSet<&'a PersonId>,
}

/// Counts the rows; the total is there even where nothing is.
pub(super) fn of(taken: &[&Line], now: Timestamp) -> Vec<Row> {
    let total = (Level::Total, String::new(), String::new(), String::new());
    let mut tallies = BTreeMap::from([(total.clone(), Tally::default())]);
    for line in taken {
        let (component, site) = (line.component.clone(), line.site.to_string());
        let keys = [
            (Level::Week, component.clone(), site.clone(), line.week()),
            (Level::Site, component.clone(), site, String::new()),
            (Level::Component, component, String::new(), String::new()),
            total.clone(),
        ];
        for key in keys {
            tallies.entry(key).or_default().add(line, now);
        }
    }
    let row = |((level, component, site, week), tally): (_, Tally<'_>)| {
        let figures = tally.figures();
        let sampled_percent = figures.sampled_percent();
        Row { level, component, site, week, figures, sampled_percent }
    };
    tallies.into_iter().map(row).collect()
}

impl<'a> Tally<'a> {
    fn add(&mut self, line: &'a Line, now: Timestamp) {
        let figures = &mut self.figures;
        figures.bookings += 1;
        figures.samples += line.samples;
        self.persons.insert(&line.person);
        if line.samples > 0 {
            self.sampled.insert(&line.person);
        }
        *match line.outcome {
            Some(Outcome::Collect) => &mut figures.due,
            Some(Outcome::MaySkip) => &mut figures.may_skip,
            Some(Outcome::DoNotCollect) => &mut figures.excluded,
            Some(Outcome::Defer) => &mut figures.deferred,
            None => &mut figures.undecided,
        } += 1;
        *match &line.how {
            Some(Disposition::Collected { .. }) => &mut figures.collected,
            Some(Disposition::NotToBeCollected { .. }) => &mut figures.not_to_be_collected,
            Some(Disposition::Skipped { .. }) => &mut figures.skipped,
            Some(Disposition::DueNotCollected { .. }) => &mut figures.due_not_collected,
            Some(Disposition::Unresolved { .. }) => &mut figures.unresolved,
            None => &mut figures.open,
        } += 1;
        if let Some(why) = line.not_collected() {
            *match why {
                NotCollected::KitOut => &mut figures.no_kit,
                NotCollected::ReleasedFirst => &mut figures.released_first,
                NotCollected::Refused => &mut figures.refused,
                NotCollected::Medical => &mut figures.medical,
                NotCollected::Transferred => &mut figures.transferred,
            } += 1;
        }
        let taken = matches!(line.how, Some(Disposition::Collected { .. }));
        if taken && line.outcome == Some(Outcome::Collect) {
            figures.sampled += 1;
        }
        if line.how.is_none() {
            figures.oldest_open_hours = figures.oldest_open_hours.max(Some(line.age_hours(now)));
        }
    }

    fn figures(self) -> Figures {
        let (persons, sampled) = (self.persons.len() as u64, self.sampled.len() as u64);
        Figures { persons, persons_sampled: sampled, ..self.figures }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_rounded_down_and_never_invented() {
        let check = |sampled, due, expected: &str| {
            let figures = Figures { sampled, due, ..Figures::default() };
            assert_eq!(figures.sampled_percent(), expected);
        };
        check(0, 0, "-");
        check(0, 7, "0.0");
        check(7, 8, "87.5");
        check(9_999, 10_000, "99.9");
        check(10_000, 10_000, "100.0");
    }

    #[test]
    fn a_sum_that_does_not_hold_is_named() {
        let figures = Figures { bookings: 2, open: 1, due: 2, ..Figures::default() };
        let text = "coverage: dispositions and open bookings are 1 together, and must be 2";
        assert_eq!(figures.check().unwrap_err().to_string(), text);
        let figures = Figures { open: 2, due: 1, ..figures };
        let text = "coverage: bookings by what the rules said are 1 together, and must be 2";
        assert_eq!(figures.check().unwrap_err().to_string(), text);
    }
}

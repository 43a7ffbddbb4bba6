//! The lives of bookings, from 2009 to 2022 and with facts that change, judged one by one.
//!
//! A booking is recorded, decided, amended, decided again, collected or not, and accounted for, by
//! the state machines of `journey` and a real rule book; [`crate::law`] judges every decision and
//! every sample. Bookings come in families of [`FAMILY`] that follow from the seed and their own
//! number alone, so that they can be lived in any order and on any number of threads. Deliberately
//! absent: databases, threads, overrides (there are none), and everything after the seal but the
//! laboratory's rejection, which orders a sample to be taken again.

mod chance;
mod life;

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;
use journey::eligibility::Facts;
use journey::ids::BookingId;
use journey::rules::RuleBook;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use life::Family;

/// Bookings that are lived one after the other; persons come back within them, never beyond.
pub const FAMILY: u64 = 8;

/// What happened in many lives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Bookings.
    pub bookings: u64,
    /// Persons.
    pub persons: u64,
    /// Decisions.
    pub decisions: u64,
    /// Decisions that replaced an earlier one of the same booking.
    pub re_decisions: u64,
    /// Decisions by outcome.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Changes of facts by what changed.
    pub changes: BTreeMap<&'static str, u64>,
    /// Times that the state machines said no, by code.
    pub refusals: BTreeMap<&'static str, u64>,
    /// Samples sealed.
    pub collections: u64,
    /// Kits opened and given up.
    pub given_up: u64,
    /// Orders to collect again.
    pub orders_opened: u64,
    /// Orders that a sample met.
    pub orders_satisfied: u64,
    /// Bookings by how they ended.
    pub dispositions: BTreeMap<&'static str, u64>,
    /// Decisions that are not those of the plain law.
    pub differing: u64,
    /// Samples that the plain law does not allow.
    pub unlawful: u64,
    /// Times that a booking did not end with exactly one disposition, that of its facts, or that a
    /// state machine said no where nobody expected it.
    pub without_disposition: u64,
    /// Decisions asked again from their written facts, with the same finding.
    pub replays_equal: u64,
    /// Decisions asked again with another finding.
    pub replays_different: u64,
}

impl Tally {
    /// Adds what happened in other lives.
    pub fn add(&mut self, other: &Self) {
        fn join(all: &mut BTreeMap<&'static str, u64>, more: &BTreeMap<&'static str, u64>) {
            for (word, count) in more {
                *all.entry(word).or_default() += count;
            }
        }
        self.bookings += other.bookings;
        self.persons += other.persons;
        self.decisions += other.decisions;
        self.re_decisions += other.re_decisions;
        join(&mut self.outcomes, &other.outcomes);
        join(&mut self.changes, &other.changes);
        join(&mut self.refusals, &other.refusals);
        self.collections += other.collections;
        self.given_up += other.given_up;
        self.orders_opened += other.orders_opened;
        self.orders_satisfied += other.orders_satisfied;
        join(&mut self.dispositions, &other.dispositions);
        self.differing += other.differing;
        self.unlawful += other.unlawful;
        self.without_disposition += other.without_disposition;
        self.replays_equal += other.replays_equal;
        self.replays_different += other.replays_different;
    }

    /// How often something happened that must never happen.
    pub fn offences(&self) -> u64 {
        self.differing + self.unlawful + self.without_disposition + self.replays_different
    }
}

/// A step of a life, as a reader follows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: String,
}

/// A booking in which something happened that must never happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offender {
    /// Its number, from 0.
    pub booking: u64,
    /// What is wrong.
    pub offences: Vec<String>,
    /// Its whole life.
    pub life: Vec<Step>,
}

/// Bookings to be lived.
#[derive(Debug)]
pub struct Lives<'b> {
    book: &'b RuleBook,
    seed: u64,
    bookings: u64,
}

impl<'b> Lives<'b> {
    /// So many bookings under a rule book.
    pub fn new(book: &'b RuleBook, seed: u64, bookings: u64) -> Self {
        Self { book, seed, bookings }
    }

    /// How many families the bookings are.
    pub fn families(&self) -> u64 {
        self.bookings.div_ceil(FAMILY)
    }

    /// The facts with which a booking comes in, the first of its family: what a rule set is asked
    /// where only its speed matters.
    pub fn facts(&self, family: u64) -> Facts {
        let mut rng = self.chance_of(family);
        let (at, truth) = chance::stranger(&mut rng);
        let record = chance::record(BookingId::new("B"), at, &truth, &mut rng);
        self.book.facts(&record, at, None, rng.random_bool(0.1))
    }

    /// Lives the bookings of some families; the first offender of them beside the counts.
    pub fn live(&self, families: Range<u64>) -> (Tally, Option<Offender>) {
        let (mut tally, mut offender) = (Tally::default(), None);
        for family in families {
            let lived = self.family(family, false).0;
            if lived.offences() > 0 && offender.is_none() {
                offender = self.family(family, true).1;
            }
            tally.add(&lived);
        }
        (tally, offender)
    }

    /// One family; with its story where that is wanted, because writing it takes time.
    fn family(&self, number: u64, told: bool) -> (Tally, Option<Offender>) {
        let first = number * FAMILY;
        let bookings = first..self.bookings.min(first + FAMILY);
        let mut family = Family::new(self.book, self.chance_of(number), told);
        family.live(bookings);
        (family.tally, family.offender)
    }

    fn chance_of(&self, family: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(family);
        rng
    }
}

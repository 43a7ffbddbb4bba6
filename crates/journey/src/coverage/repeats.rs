//! Repeat contacts: who came into custody again and again and left without the sample that was due.
//!
//! The Office of Special Counsel (2019) described persons with nine custody events before a sample.
//! The history of a person counts whole; the filter only chooses whom to show.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{Filter, Ledger, Line};
use crate::ids::{BookingId, PersonId};

/// Bookings without a sample from which on a contact is a repeated one.
const BOOKINGS_MIN: usize = 2;

/// A person who owes a sample, was booked more than once since the last one, and left each time
/// without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Repeat {
    /// The person's id.
    pub person: PersonId,
    /// Bookings that ended without a sample since the last sample, oldest first.
    pub bookings: Vec<BookingId>,
    /// Of these, bookings at which a sample was due.
    pub bookings_due: u64,
    /// An order to collect again stands open.
    pub duty_open: bool,
    /// When the first of these bookings was.
    pub first_at: Timestamp,
    /// When the last one was.
    pub last_at: Timestamp,
    /// Where the last one was.
    pub last_site: String,
}

/// Persons whose last such booking the filter takes, the most bookings first.
pub(super) fn of(ledger: &Ledger, filter: &Filter) -> Vec<Repeat> {
    let mut persons: BTreeMap<&PersonId, Vec<&Line>> = BTreeMap::new();
    for line in &ledger.lines {
        persons.entry(&line.person).or_default().push(line);
    }
    let repeats = persons.into_iter().filter_map(|(person, lines)| {
        let without = since_last_sample(lines);
        let (first, last) = (without.first()?, without.last()?);
        let bookings_due = without.iter().filter(|line| line.not_collected().is_some()).count();
        let duty_open = ledger.duties.contains(person);
        let owes = duty_open || bookings_due > 0;
        (owes && without.len() >= BOOKINGS_MIN && filter.takes(last)).then(|| Repeat {
            person: person.clone(),
            bookings: without.iter().map(|line| line.booking.clone()).collect(),
            bookings_due: bookings_due as u64,
            duty_open,
            first_at: first.booked_at,
            last_at: last.booked_at,
            last_site: last.site.to_string(),
        })
    });
    let mut repeats: Vec<_> = repeats.collect();
    repeats.sort_by_key(|repeat| (std::cmp::Reverse(repeat.bookings.len()), repeat.person.clone()));
    repeats
}

/// Bookings that ended after the last one that gave a sample, oldest first.
fn since_last_sample(mut lines: Vec<&Line>) -> Vec<&Line> {
    lines.sort_by_key(|line| (line.booked_at, &line.booking));
    let from = lines.iter().rposition(|line| line.samples > 0).map_or(0, |place| place + 1);
    lines.into_iter().skip(from).filter(|line| line.how.is_some()).collect()
}

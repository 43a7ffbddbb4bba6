//! Coverage: of whom a sample was due and of whom it was taken, counted from the rows. The recount
//! counts the same from the record of events and compares. Absent: the counting itself, which is
//! `journey`'s, and names.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use journey::booking::{self, Disposition};
use journey::coverage::{Coverage, Filter, Ledger, Line, outcome_before};
use journey::eligibility::Outcome;
use journey::ids::{BookingId, CollectionId, PersonId};
use store::Tx;
use store::custody as rows;

use crate::context::OpContext;
use crate::error::ServiceError;
use crate::programme::Programme;

/// Rows that are read at once.
pub(crate) const ROWS_AT_ONCE: u32 = 5_000;

/// A booking as it is gathered, from rows or from events.
pub(crate) struct Gathered {
    /// As it was booked.
    pub(crate) open: booking::Open,
    /// How it ended.
    pub(crate) how: Option<Disposition>,
    /// What the decision says that stands now.
    pub(crate) standing: Option<Outcome>,
    /// Samples sealed under it, each with what the rules said at its seal.
    pub(crate) samples: BTreeMap<CollectionId, Option<Outcome>>,
}

/// Bookings while they are gathered.
pub(crate) type Bookings = BTreeMap<BookingId, Gathered>;

impl Programme {
    /// Counts who was due and who was sampled.
    ///
    /// # Errors
    /// `Forbidden`; `Failed` where a sum does not hold.
    pub fn coverage(&self, op: &OpContext<'_>, filter: &Filter) -> Result<Coverage, ServiceError> {
        self.may(op, "report.coverage-view", "")?;
        let ledger = self.custody.read(|tx| self.ledger_of_rows(tx))?;
        counted(&ledger, filter, op)
    }

    /// The ledger that the rows give.
    pub(crate) fn ledger_of_rows(&self, tx: &mut dyn Tx) -> Result<Ledger, ServiceError> {
        let mut bookings = Bookings::new();
        let mut after = String::new();
        loop {
            let page = rows::coverage::bookings(tx, &after, ROWS_AT_ONCE)?;
            let Some(last) = page.last() else { break };
            after = last.id.to_string();
            for row in page {
                let (open, how) = match row.stage {
                    booking::Stage::Open(open) => (open, None),
                    booking::Stage::Disposed(disposed) => (disposed.booked, Some(disposed.how)),
                };
                let samples = BTreeMap::new();
                let gathered = Gathered { open, how, standing: row.outcome, samples };
                bookings.insert(row.id, gathered);
            }
        }
        let mut after = String::new();
        loop {
            let page = rows::coverage::samples(tx, &after, ROWS_AT_ONCE)?;
            let Some(last) = page.last() else { break };
            after = last.id.to_string();
            for row in page {
                let outcome = row.decision.map(|decision| decision.finding.outcome);
                if let Some(gathered) = bookings.get_mut(&row.opened.booking) {
                    gathered.samples.insert(row.id, outcome);
                }
            }
        }
        let stock = rows::kit::stock(tx)?.into_iter();
        let stock = stock.filter(|(_, stage, _)| stage == "in_stock");
        let mut ledger = Ledger {
            lines: self.lines(bookings),
            stock: stock.map(|(site, _, number)| (site, number)).collect(),
            ..Ledger::default()
        };
        let mut after = String::new();
        loop {
            let page = rows::coverage::owing(tx, &after, ROWS_AT_ONCE)?;
            let Some(last) = page.last() else { break };
            after = last.to_string();
            ledger.duties.extend(page);
        }
        as_one(&mut ledger, &rows::person::merged(tx)?.into_iter().collect());
        Ok(ledger)
    }

    /// Bookings as they are counted.
    pub(crate) fn lines(&self, bookings: Bookings) -> Vec<Line> {
        let line = |(booking, gathered): (BookingId, Gathered)| {
            let outcome = match &gathered.how {
                Some(how @ Disposition::Collected { collection }) => {
                    outcome_before(how, gathered.samples.get(collection).copied().flatten())
                }
                Some(how) => outcome_before(how, None),
                None => gathered.standing,
            };
            let booked_on = self.booked_on(&gathered.open);
            let booking::Open { person, component, site, booked_at } = gathered.open;
            Line {
                booking,
                person,
                component,
                site,
                booked_at,
                booked_on,
                outcome,
                how: gathered.how,
                samples: gathered.samples.len() as u64,
            }
        };
        bookings.into_iter().map(line).collect()
    }

    /// The civil date of a booking at its site; in UTC where the site's clock is not known.
    fn booked_on(&self, open: &booking::Open) -> Date {
        let zone = self.rules.zone(&open.component, open.site.as_str());
        zone.unwrap_or(&TimeZone::UTC).to_datetime(open.booked_at).date()
    }
}

/// Counts the records of one person as one, by the records into which others are merged.
pub(crate) fn as_one(ledger: &mut Ledger, kept_by: &BTreeMap<PersonId, PersonId>) {
    let root = |mut person: PersonId| {
        while let Some(kept) = kept_by.get(&person) {
            person = kept.clone();
        }
        person
    };
    if kept_by.is_empty() {
        return;
    }
    for line in &mut ledger.lines {
        line.person = root(line.person.clone());
    }
    ledger.duties = std::mem::take(&mut ledger.duties).into_iter().map(root).collect();
}

/// The report of a ledger.
pub(crate) fn counted(
    ledger: &Ledger,
    filter: &Filter,
    op: &OpContext<'_>,
) -> Result<Coverage, ServiceError> {
    let coverage = ledger.coverage(filter, op.at);
    coverage.map_err(|unbalanced| ServiceError::Failed(unbalanced.to_string()))
}

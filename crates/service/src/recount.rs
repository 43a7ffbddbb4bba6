//! The recount: every figure of the summary and of the coverage, once from the record of events
//! alone and once from the rows. They must be equal; where they are not, somebody or something
//! changed rows past the record. Absent: repairs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use journey::coverage::{Filter, Ledger};
use journey::eligibility::Outcome;
use journey::ids::{BookingId, CollectionId, DecisionId, PersonId};
use journey::{booking, collection, duty, kit, person};
use serde::{Deserialize, Serialize};
use store::audit::{self, Event};
use store::custody as rows;
use store::{Tx, listing};

use crate::context::OpContext;
use crate::coverage::{Bookings, Gathered, ROWS_AT_ONCE, as_one, counted};
use crate::error::ServiceError;
use crate::programme::Programme;

/// One figure, counted twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Its name.
    pub figure: String,
    /// From the record of events.
    pub events: u64,
    /// From the rows; `None` where no row keeps it.
    pub rows: Option<u64>,
    /// The two are equal.
    pub equal: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recount {
    /// Every figure.
    pub figures: Vec<Compared>,
    /// How many there are.
    pub compared: usize,
    /// How many differ.
    pub different: usize,
}

type Figures = BTreeMap<String, u64>;

impl Programme {
    /// Counts everything twice and compares.
    ///
    /// # Errors
    /// `Forbidden`; a database cannot be read. A difference is no error: it is the answer.
    pub fn recount(&self, op: &OpContext<'_>) -> Result<Recount, ServiceError> {
        self.may(op, "report.recount-verify", "")?;
        let (mut events, mut rows) = self.custody.read(|tx| self.custody_figures(tx, op))?;
        let (from_events, from_rows, refusals) = self.index.read(index_figures)?;
        *events.entry(REFUSALS.to_owned()).or_default() += refusals;
        events.extend(from_events);
        rows.extend(from_rows);
        let names: BTreeSet<_> = events.keys().chain(rows.keys()).cloned().collect();
        let figures = names.into_iter().map(|figure| {
            let counted = events.get(&figure).copied().unwrap_or(0);
            // A refusal leaves an event and nothing else.
            let kept = figure != REFUSALS;
            let in_rows = kept.then(|| rows.get(&figure).copied().unwrap_or(0));
            let equal = in_rows.is_none_or(|rows| rows == counted);
            Compared { figure, events: counted, rows: in_rows, equal }
        });
        let figures: Vec<_> = figures.collect();
        let different = figures.iter().filter(|figure| !figure.equal).count();
        Ok(Recount { compared: figures.len(), different, figures })
    }

    /// Figures of the custody side: from events, and from rows.
    fn custody_figures(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
    ) -> Result<(Figures, Figures), ServiceError> {
        let mut record = Record::default();
        let mut next = 0;
        loop {
            let page = audit::page(tx, next, ROWS_AT_ONCE)?;
            let Some(last) = page.last() else { break };
            next = last.seq + 1;
            for event in &page {
                record.add(event)?;
            }
        }
        let mut events = record.figures();
        let ledger = record.ledger(self);
        events.extend(by_disposition(&ledger));
        events.extend(counted(&ledger, &Filter::default(), op)?.named());
        let mut figures = custody_rows(tx)?;
        let ledger = self.ledger_of_rows(tx)?;
        figures.extend(by_disposition(&ledger));
        figures.extend(counted(&ledger, &Filter::default(), op)?.named());
        Ok((events, figures))
    }
}

const REFUSALS: &str = "summary: refusals";

fn by_disposition(ledger: &Ledger) -> Figures {
    let mut figures = Figures::new();
    for line in &ledger.lines {
        let word = line.how.as_ref().map_or("open", booking::Disposition::word);
        *figures.entry(format!("summary: bookings {word}")).or_default() += 1;
    }
    figures
}

/// Figures of the summary: name, station of its events, kind, table of its rows, their stage. An
/// empty stage is all of them.
const SUMMARY: [(&str, &str, &str, &str, &str); 9] = [
    ("bookings", "booking", "booked", rows::booking::TABLE, ""),
    ("kits", "kit", "received", rows::kit::TABLE, ""),
    ("collections", "collection", "sealed", rows::collection::TABLE, "sealed"),
    ("packages", "shipment", "received", rows::shipment::TABLE, "received"),
    ("accepted", "accession", "accepted", rows::accession::TABLE, "accepted"),
    ("rejects", "accession", "rejected", rows::accession::TABLE, "rejected"),
    ("recollections", "duty", "satisfied", rows::duty::TABLE, "satisfied"),
    ("notices", "notice", "raised", rows::notice::TABLE, ""),
    ("removals", "removal", "certified", rows::removal::TABLE, "certified"),
];
const PERSONS: &str = "summary: persons";
const OPEN_ORDERS: &str = "summary: recollections_open";
const ENTRIES: &str = "summary: entries of the custody record";

fn custody_rows(tx: &mut dyn Tx) -> Result<Figures, ServiceError> {
    let mut figures = Figures::new();
    for (name, _, _, table, stage) in SUMMARY {
        figures.insert(format!("summary: {name}"), at_stage(tx, table, stage)?);
    }
    figures.insert(PERSONS.to_owned(), rows::person::count(tx)?);
    figures.insert(OPEN_ORDERS.to_owned(), at_stage(tx, rows::duty::TABLE, "open")?);
    figures.insert(ENTRIES.to_owned(), audit::size(tx)?);
    Ok(figures)
}

fn at_stage(tx: &mut dyn Tx, table: &'static str, stage: &str) -> Result<u64, ServiceError> {
    let counts = listing::counts(tx, table)?.into_iter();
    Ok(counts.filter(|(word, _)| stage.is_empty() || word == stage).map(|(_, n)| n).sum())
}

/// Figures of the index side, from events and from rows, and its refusals. A candidate that was
/// withdrawn keeps no trace in its row of what it had been, so candidates count as they stand.
fn index_figures(tx: &mut dyn Tx) -> Result<(Figures, Figures, u64), ServiceError> {
    let (mut events, mut rows) = (Figures::new(), Figures::new());
    let (mut entered, mut refusals, mut stands, mut next) = (0, 0, BTreeMap::new(), 0);
    loop {
        let page = audit::page(tx, next, ROWS_AT_ONCE)?;
        let Some(last) = page.last() else { break };
        next = last.seq + 1;
        for event in page {
            match (event.station.as_str(), event.kind.as_str()) {
                (_, "refused") => refusals += 1,
                ("upload", "indexed") => entered += 1,
                ("candidate", "found" | "confirmed" | "excluded" | "refuted" | "withdrawn") => {
                    stands.insert(event.subject, event.kind);
                }
                _ => {}
            }
        }
    }
    let standing = |words: &[&str]| {
        stands.values().filter(|kind| words.contains(&kind.as_str())).count() as u64
    };
    let table = store::index::candidate::TABLE;
    let mut figure = |name: &str, counted: u64, stored: u64| {
        events.insert(format!("summary: {name}"), counted);
        rows.insert(format!("summary: {name}"), stored);
    };
    figure("profiles", entered, at_stage(tx, store::index::upload::TABLE, "")?);
    figure("candidates", stands.len() as u64, at_stage(tx, table, "")?);
    let stored = at_stage(tx, table, "confirmed")?;
    figure("candidates confirmed and not withdrawn", standing(&["confirmed"]), stored);
    let stored = at_stage(tx, table, "excluded")? + at_stage(tx, table, "refuted")?;
    figure("candidates excluded and not withdrawn", standing(&["excluded", "refuted"]), stored);
    Ok((events, rows, refusals))
}

/// What of a decision counts; read apart, so that a recount does not ask for the rest.
#[derive(Deserialize)]
struct Decided {
    id: DecisionId,
    at: Timestamp,
    finding: Found,
}

#[derive(Deserialize)]
struct Found {
    outcome: Outcome,
}

/// The custody record as far as it was read.
#[derive(Default)]
struct Record {
    events: u64,
    counts: BTreeMap<(String, String), u64>,
    bookings: Bookings,
    /// Decisions of a booking by instant, in microseconds as rows have it, and id.
    decisions: BTreeMap<BookingId, BTreeMap<(i64, DecisionId), Outcome>>,
    collections: BTreeMap<CollectionId, BookingId>,
    /// Sealed samples with their booking and the instant of the seal.
    sealed: Vec<(CollectionId, BookingId, Timestamp)>,
    owing: BTreeMap<String, PersonId>,
    /// Orders that ended, which a parting may open again.
    ended: BTreeMap<String, PersonId>,
    /// Records of persons that are merged into another, with that one.
    kept_by: BTreeMap<PersonId, PersonId>,
    shelf: BTreeMap<String, String>,
}

impl Record {
    fn add(&mut self, event: &Event) -> Result<(), ServiceError> {
        self.events += 1;
        *self.counts.entry((event.station.clone(), event.kind.clone())).or_default() += 1;
        let subject = event.subject.as_str();
        match (event.station.as_str(), event.kind.as_str()) {
            ("booking", "booked" | "disposed") => self.booking(subject, event.details()?),
            ("eligibility", "decided") => self.decided(subject, event.details()?),
            ("collection", "opened") => {
                if let collection::Event::Opened(opened) = event.details()? {
                    self.collections.insert(CollectionId::from(subject), opened.booking);
                }
            }
            ("collection", "sealed") => {
                let id = CollectionId::from(subject);
                if let Some(booking) = self.collections.get(&id) {
                    self.sealed.push((id.clone(), booking.clone(), event.at));
                }
            }
            ("duty", "opened") => {
                if let duty::Event::Opened(open) = event.details()? {
                    self.owing.insert(subject.to_owned(), open.person);
                }
            }
            ("person", "merged") => {
                if let person::Event::Merged { kept, .. } = event.details()? {
                    self.kept_by.insert(PersonId::from(subject), kept);
                }
            }
            ("person", "parted") => {
                self.kept_by.remove(&PersonId::from(subject));
            }
            ("duty", "satisfied" | "closed") => {
                if let Some(person) = self.owing.remove(subject) {
                    self.ended.insert(subject.to_owned(), person);
                }
            }
            ("duty", "reopened") => {
                if let Some(person) = self.ended.remove(subject) {
                    self.owing.insert(subject.to_owned(), person);
                }
            }
            ("kit", "received") => {
                if let kit::Event::Received { issued } = event.details()? {
                    self.shelf.insert(subject.to_owned(), issued.site.to_string());
                }
            }
            ("kit", "opened" | "withdrawn") => {
                self.shelf.remove(subject);
            }
            _ => {}
        }
        Ok(())
    }

    fn booking(&mut self, subject: &str, event: booking::Event) {
        let id = BookingId::from(subject);
        match event {
            booking::Event::Booked { open, .. } => {
                let samples = BTreeMap::new();
                let gathered = Gathered { open, how: None, standing: None, samples };
                self.bookings.insert(id, gathered);
            }
            booking::Event::Disposed { how } => {
                if let Some(gathered) = self.bookings.get_mut(&id) {
                    gathered.how = Some(how);
                }
            }
            booking::Event::Amended { .. } => {}
        }
    }

    fn decided(&mut self, subject: &str, decided: Decided) {
        let id = BookingId::from(subject);
        let outcome = decided.finding.outcome;
        if let Some(gathered) = self.bookings.get_mut(&id) {
            gathered.standing = Some(outcome);
        }
        let key = (decided.at.as_microsecond(), decided.id);
        self.decisions.entry(id).or_default().insert(key, outcome);
    }

    fn figures(&self) -> Figures {
        let of = |station: &str, kind: &str| {
            let key = (station.to_owned(), kind.to_owned());
            self.counts.get(&key).copied().unwrap_or(0)
        };
        let mut figures = Figures::new();
        for (name, station, kind, _, _) in SUMMARY {
            figures.insert(format!("summary: {name}"), of(station, kind));
        }
        // What satisfied an order and turned out not to have does not count.
        if let Some(satisfied) = figures.get_mut("summary: recollections") {
            *satisfied -= of("duty", "reopened");
        }
        let persons: BTreeSet<_> = self.bookings.values().map(|it| &it.open.person).collect();
        let apart = persons.len().saturating_sub(self.kept_by.len());
        figures.insert(PERSONS.to_owned(), apart as u64);
        figures.insert(OPEN_ORDERS.to_owned(), self.owing.len() as u64);
        figures.insert(ENTRIES.to_owned(), self.events);
        let refused = self.counts.iter().filter(|((_, kind), _)| kind == "refused");
        figures.insert(REFUSALS.to_owned(), refused.map(|(_, number)| number).sum());
        figures
    }

    fn ledger(mut self, programme: &Programme) -> Ledger {
        for (collection, booking, sealed_at) in std::mem::take(&mut self.sealed) {
            let outcome = self.outcome_at(&booking, sealed_at);
            if let Some(gathered) = self.bookings.get_mut(&booking) {
                gathered.samples.insert(collection, outcome);
            }
        }
        let mut stock = BTreeMap::new();
        for site in self.shelf.into_values() {
            *stock.entry(site).or_default() += 1;
        }
        let duties = self.owing.into_values().collect();
        let mut ledger = Ledger { lines: programme.lines(self.bookings), stock, duties };
        as_one(&mut ledger, &self.kept_by);
        ledger
    }

    /// What the latest decision says that was made at or before an instant.
    fn outcome_at(&self, booking: &BookingId, at: Timestamp) -> Option<Outcome> {
        let decisions = self.decisions.get(booking)?;
        let mut latest_first = decisions.iter().rev();
        let made = latest_first.find(|((made, _), _)| *made <= at.as_microsecond());
        made.map(|(_, outcome)| *outcome)
    }
}

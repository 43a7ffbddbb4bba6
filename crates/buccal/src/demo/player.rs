//! The month day by day: what was planned for an instant happens then, and each evening every
//! station works off its list.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use journey::ids::{KitBarcode, SpecimenNumber};
use service::report::Summary;
use service::{OpContext, Programme, ServiceError};
use world::Month;

use super::cast::{Cast, at};
use crate::output::progress;

/// Days after the last thing planned until every sample has gone its way.
const TAIL_DAYS: i32 = 7;

/// Hours from booking to the table.
const TABLE_HOURS: i64 = 3;

/// Hours from booking to the end of custody at the site.
const CUSTODY_HOURS: i64 = 20;

/// What is planned for an instant. Numbers are places in the month's lists.
#[derive(Clone, Copy)]
enum Plan {
    LotArrives(usize),
    LotRecalled(usize),
    Book(usize),
    FactArrives(usize),
    Table(usize),
    CustodyEnds(usize),
    EvidenceEntered(usize),
    RemovalAsked(usize),
}

/// Plays a month.
pub(super) struct Player<'a> {
    pub(super) programme: &'a Programme,
    pub(super) month: &'a Month,
    pub(super) cast: &'a Cast,
    plan: BTreeMap<(Timestamp, usize), Plan>,
    /// Arrival of each sealed kit.
    pub(super) kits: HashMap<KitBarcode, usize>,
    /// Sealed kit of each arrival.
    pub(super) sealed: HashMap<usize, KitBarcode>,
    /// Arrival behind each specimen: what stands on the tube in the freezer.
    pub(super) tubes: HashMap<SpecimenNumber, usize>,
    /// Plates loaded so far.
    pub(super) plates: usize,
    /// Kits that were taken from the shelf.
    pub(super) taken: HashSet<KitBarcode>,
    /// Lots that were put aside.
    pub(super) put_aside: HashSet<String>,
    /// Specimens that were offered to the index.
    pub(super) tried: HashSet<SpecimenNumber>,
}

impl<'a> Player<'a> {
    /// Plans the month.
    pub(super) fn new(programme: &'a Programme, month: &'a Month, cast: &'a Cast) -> Self {
        let mut player = Self {
            programme,
            month,
            cast,
            plan: BTreeMap::new(),
            kits: HashMap::new(),
            sealed: HashMap::new(),
            tubes: HashMap::new(),
            plates: 0,
            taken: HashSet::new(),
            put_aside: HashSet::new(),
            tried: HashSet::new(),
        };
        player.plan_month();
        player
    }

    fn plan_month(&mut self) {
        let month = self.month;
        for (place, lot) in month.lots.iter().enumerate() {
            self.add(at(lot.received_on, 9), Plan::LotArrives(place));
            if let Some(day) = lot.recalled_on {
                self.add(at(day, 9), Plan::LotRecalled(place));
            }
        }
        for (place, arrival) in month.bookings.iter().enumerate() {
            let booked_at = arrival.record.circumstances.booked_at;
            let later = arrival.later.as_ref().map_or(0, |later| i64::from(later.hours_after));
            let after = |hours| booked_at + SignedDuration::from_hours(hours);
            self.add(booked_at, Plan::Book(place));
            if arrival.later.is_some() {
                self.add(after(later), Plan::FactArrives(place));
            }
            self.add(after(later + TABLE_HOURS), Plan::Table(place));
            self.add(after(later + CUSTODY_HOURS), Plan::CustodyEnds(place));
            if let Some(removal) = &arrival.removal {
                let hours = i64::from(removal.days_after) * 24;
                self.add(after(hours), Plan::RemovalAsked(place));
            }
        }
        for (place, evidence) in month.evidence.iter().enumerate() {
            self.add(evidence.entered_at, Plan::EvidenceEntered(place));
        }
    }

    fn add(&mut self, when: Timestamp, plan: Plan) {
        let order = self.plan.len();
        self.plan.insert((when, order), plan);
    }

    /// Plays the month to its end, and signs the record.
    pub(super) fn play(&mut self) -> anyhow::Result<()> {
        let first = self.month.settings.first_day;
        let planned = self.plan.last_key_value().map_or(at(first, 0), |entry| entry.0.0);
        let last = planned.to_zoned(TimeZone::UTC).date().checked_add(TAIL_DAYS.days())?;
        let days: Vec<Date> = first.series(1.day()).take_while(|day| *day <= last).collect();
        let bar = progress(days.len() as u64, "days played");
        for day in days {
            self.day(day)?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        let end = at(last.tomorrow()?, 0);
        self.programme.sign_audit(&self.cast.act("administrator", end))?;
        Ok(())
    }

    /// The figures at the end.
    pub(super) fn summary(&self) -> anyhow::Result<Summary> {
        let now = crate::shell::now();
        Ok(self.programme.summary(&self.cast.act("auditor", now))?)
    }

    fn day(&mut self, day: Date) -> anyhow::Result<()> {
        let evening = at(day, 18);
        self.happen_until(evening)?;
        self.ship(evening)?;
        self.receive(at(day, 19))?;
        self.jobs(at(day, 19))?;
        self.type_samples(at(day, 20))?;
        self.review_and_enter(at(day, 21))?;
        self.jobs(at(day, 21))?;
        self.casework(at(day, 22))?;
        self.jobs(at(day, 22))?;
        self.confirm(at(day, 23))?;
        self.jobs(at(day, 23))?;
        self.notices(at(day, 23))?;
        self.hits_counted(at(day, 23))?;
        self.removals(at(day, 23))
    }

    fn happen_until(&mut self, until: Timestamp) -> anyhow::Result<()> {
        while let Some(entry) = self.plan.first_entry() {
            let (when, _) = *entry.key();
            if when > until {
                return Ok(());
            }
            let plan = entry.remove();
            match plan {
                Plan::LotArrives(place) => self.lot_arrives(place, when)?,
                Plan::LotRecalled(place) => self.lot_recalled(place, when)?,
                Plan::Book(place) => self.book(place, when)?,
                Plan::FactArrives(place) => self.fact_arrives(place, when)?,
                Plan::Table(place) => self.table(place, when)?,
                Plan::CustodyEnds(place) => self.custody_ends(place, when)?,
                Plan::EvidenceEntered(place) => self.evidence_entered(place, when)?,
                Plan::RemovalAsked(place) => self.removal_asked(place, when)?,
            }
        }
        Ok(())
    }

    fn jobs(&self, when: Timestamp) -> anyhow::Result<()> {
        let round = self.programme.run_jobs(&self.act("auditor", when))?;
        anyhow::ensure!(round.failed == 0, "{} steps across the wall failed", round.failed);
        Ok(())
    }

    /// An account acts.
    pub(super) fn act(&self, name: &str, when: Timestamp) -> OpContext<'_> {
        self.cast.act(name, when)
    }
}

/// What the rules refuse is part of the month; it is on record. Everything else is an error.
pub(super) fn unless_refused<T>(outcome: Result<T, ServiceError>) -> anyhow::Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(ServiceError::Refused(_)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

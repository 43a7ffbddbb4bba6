//! Coverage: of whom was a sample due, of whom was it taken, and what became of the others.
//!
//! A [`Ledger`] holds every booking as one [`Line`], whatever it was read from; a [`Coverage`] is
//! counted from it. Three sums hold for every row, and [`Figures::check`] looks: bookings are the
//! sum of their dispositions and the open ones, bookings are the sum of what the rules said, and
//! what was due and not taken is the sum of its reasons. Persons, bookings and samples are counted
//! apart. Absent: where lines come from, and names.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::booking::{Disposition, NotCollected};
use crate::eligibility::Outcome;
use crate::ids::{BookingId, PersonId, Site};

mod doubt;
mod repeats;
mod rows;

pub use doubt::{Doubt, doubts};
pub use repeats::Repeat;
pub use rows::{Figures, Level, Row, Unbalanced};

/// Open bookings that are listed one by one, the oldest first; all of them are counted.
pub const OPEN_LISTED_MAX: usize = 1_000;

/// One booking as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The booking.
    pub booking: BookingId,
    /// Who.
    pub person: PersonId,
    /// Component that holds the person.
    pub component: String,
    /// Where.
    pub site: Site,
    /// When.
    pub booked_at: Timestamp,
    /// The civil date of that instant at the site.
    pub booked_on: Date,
    /// What the rules said: before the disposition, or now where there is none. `None` where the
    /// booking has no decision.
    pub outcome: Option<Outcome>,
    /// How it ended; `None` while it is open.
    pub how: Option<Disposition>,
    /// Samples sealed under it.
    pub samples: u64,
}

impl Line {
    /// ISO week of the booking at the site, such as `2020-W20`.
    pub fn week(&self) -> String {
        let week = self.booked_on.iso_week_date();
        format!("{:04}-W{:02}", week.year(), week.week())
    }

    /// Hours since the booking.
    fn age_hours(&self, now: Timestamp) -> u64 {
        u64::try_from(now.duration_since(self.booked_at).as_hours()).unwrap_or(0)
    }

    /// Why a sample that was due was not taken.
    fn not_collected(&self) -> Option<NotCollected> {
        match self.how {
            Some(Disposition::DueNotCollected { why }) => Some(why),
            _ => None,
        }
    }
}

/// What the rules had said when a booking ended so: all but one disposition tell by themselves.
/// `at_seal` is the latest decision made at or before the instant of the seal.
pub fn outcome_before(how: &Disposition, at_seal: Option<Outcome>) -> Option<Outcome> {
    match how {
        Disposition::Collected { .. } => at_seal,
        Disposition::NotToBeCollected { .. } => Some(Outcome::DoNotCollect),
        Disposition::Skipped { .. } => Some(Outcome::MaySkip),
        Disposition::DueNotCollected { .. } => Some(Outcome::Collect),
        Disposition::Unresolved { .. } => Some(Outcome::Defer),
    }
}

/// Which bookings are looked at; everything where nothing is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// First civil date of booking at the site.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last one.
    #[serde(default)]
    pub to: Option<Date>,
    /// The component.
    #[serde(default)]
    pub component: Option<String>,
    /// The site.
    #[serde(default)]
    pub site: Option<String>,
}

impl Filter {
    /// True for a booking that is looked at.
    pub fn takes(&self, line: &Line) -> bool {
        self.from.is_none_or(|from| line.booked_on >= from)
            && self.to.is_none_or(|to| line.booked_on <= to)
            && self.component.as_ref().is_none_or(|component| line.component == *component)
            && self.takes_site(line.site.as_str())
    }

    fn takes_site(&self, site: &str) -> bool {
        self.site.as_ref().is_none_or(|wanted| wanted == site)
    }
}

/// Every booking, the stock of kits, and who owes a sample.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Bookings, each once.
    pub lines: Vec<Line>,
    /// Kits in stock by site.
    pub stock: BTreeMap<String, u64>,
    /// Persons with an open order to collect again.
    pub duties: BTreeSet<PersonId>,
}

/// Bookings that ended in one way for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The disposition's word; `open` where there is none.
    pub disposition: &'static str,
    /// The rule, the cause or the missing fact behind it; what the rules said, where a sample was
    /// taken or the booking is open.
    pub reason: String,
    /// Bookings.
    pub bookings: u64,
    /// Persons, each once.
    pub persons: u64,
}

/// What one site lacked and has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kits {
    /// The site.
    pub site: String,
    /// Bookings that ended without a sample that was due, for lack of a kit.
    pub bookings_without_kit: u64,
    /// Persons of these bookings, each once.
    pub persons_without_kit: u64,
    /// Kits in stock now.
    pub kits_in_stock: u64,
}

/// A booking that waits for its disposition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Open {
    /// The booking.
    pub booking: BookingId,
    /// The person's id.
    pub person: PersonId,
    /// Who has to account for it: the component, at the site.
    pub owner: String,
    /// Since when.
    pub booked_at: Timestamp,
    /// Hours since then.
    pub age_hours: u64,
    /// What the rules say now.
    pub outcome: Option<Outcome>,
}

/// The whole report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// What was looked at.
    pub filter: Filter,
    /// Weeks of a component at a site, then sites, components, and the total.
    pub rows: Vec<Row>,
    /// Every ending with its reasons. The sum of bookings is that of the total.
    pub reasons: Vec<Reason>,
    /// Lack of kits by site.
    pub kits: Vec<Kits>,
    /// Persons who came again and again and left without a sample.
    pub repeats: Vec<Repeat>,
    /// Open bookings, the oldest first, [`OPEN_LISTED_MAX`] at most.
    pub open: Vec<Open>,
}

impl Ledger {
    /// Counts what a filter takes.
    ///
    /// # Errors
    /// A sum does not hold: a bug, not a state of the programme.
    pub fn coverage(&self, filter: &Filter, now: Timestamp) -> Result<Coverage, Unbalanced> {
        let taken: Vec<_> = self.lines.iter().filter(|line| filter.takes(line)).collect();
        let rows = rows::of(&taken, now);
        for row in &rows {
            row.figures.check()?;
        }
        Ok(Coverage {
            filter: filter.clone(),
            rows,
            reasons: reasons(&taken),
            kits: self.kits(&taken, filter),
            repeats: repeats::of(self, filter),
            open: open(&taken, now),
        })
    }

    fn kits(&self, taken: &[&Line], filter: &Filter) -> Vec<Kits> {
        let mut sites: BTreeMap<&str, (u64, BTreeSet<&PersonId>)> = BTreeMap::new();
        for site in self.stock.keys().filter(|site| filter.takes_site(site)) {
            sites.entry(site).or_default();
        }
        for line in taken.iter().filter(|line| line.not_collected() == Some(NotCollected::KitOut)) {
            let (bookings, persons) = sites.entry(line.site.as_str()).or_default();
            *bookings += 1;
            persons.insert(&line.person);
        }
        let kits = sites.into_iter().map(|(site, (bookings, persons))| Kits {
            site: site.to_owned(),
            bookings_without_kit: bookings,
            persons_without_kit: persons.len() as u64,
            kits_in_stock: self.stock.get(site).copied().unwrap_or(0),
        });
        kits.collect()
    }
}

impl Coverage {
    /// The row of totals.
    pub fn total(&self) -> Option<&Row> {
        self.rows.iter().find(|row| row.level == Level::Total)
    }

    /// Every figure under a name of its own, to be compared with those of another count.
    pub fn named(&self) -> BTreeMap<String, u64> {
        let mut named = BTreeMap::new();
        for row in &self.rows {
            let place = [row.level.word(), &row.component, &row.site, &row.week];
            let place: Vec<_> = place.into_iter().filter(|part| !part.is_empty()).collect();
            let place = place.join(" ");
            for (name, value) in row.figures.counts() {
                named.insert(format!("coverage {place}: {name}"), value);
            }
            if let Some(hours) = row.figures.oldest_open_hours {
                named.insert(format!("coverage {place}: oldest_open_hours"), hours);
            }
        }
        for reason in &self.reasons {
            let place = format!("coverage {} {}", reason.disposition, reason.reason);
            named.insert(format!("{place}: bookings"), reason.bookings);
            named.insert(format!("{place}: persons"), reason.persons);
        }
        for kits in &self.kits {
            let place = format!("kits {}", kits.site);
            named.insert(format!("{place}: bookings_without_kit"), kits.bookings_without_kit);
            named.insert(format!("{place}: persons_without_kit"), kits.persons_without_kit);
            named.insert(format!("{place}: kits_in_stock"), kits.kits_in_stock);
        }
        for repeat in &self.repeats {
            let place = format!("repeats {}", repeat.person);
            named.insert(format!("{place}: bookings"), repeat.bookings.len() as u64);
            named.insert(format!("{place}: bookings_due"), repeat.bookings_due);
        }
        named
    }
}

fn reasons(taken: &[&Line]) -> Vec<Reason> {
    let mut found: BTreeMap<(usize, String), (u64, BTreeSet<&PersonId>)> = BTreeMap::new();
    for line in taken {
        let said = || line.outcome.map_or("undecided", Outcome::word).to_owned();
        let (word, reason) = match &line.how {
            None => ("open", said()),
            Some(how) => (
                how.word(),
                match how {
                    Disposition::Collected { .. } => said(),
                    Disposition::NotToBeCollected { reason } | Disposition::Skipped { reason } => {
                        reason.clone()
                    }
                    Disposition::DueNotCollected { why } => why.word().to_owned(),
                    Disposition::Unresolved { missing } => missing.clone(),
                },
            ),
        };
        let place = Disposition::WORDS.iter().position(|known| *known == word).unwrap_or_default();
        let (bookings, persons) = found.entry((place, reason)).or_default();
        *bookings += 1;
        persons.insert(&line.person);
    }
    let reasons = found.into_iter().map(|((place, reason), (bookings, persons))| Reason {
        disposition: Disposition::WORDS.get(place).copied().unwrap_or_default(),
        reason,
        bookings,
        persons: persons.len() as u64,
    });
    reasons.collect()
}

fn open(taken: &[&Line], now: Timestamp) -> Vec<Open> {
    let mut open: Vec<_> = taken.iter().filter(|line| line.how.is_none()).collect();
    open.sort_by_key(|line| (line.booked_at, &line.booking));
    let listed = open.into_iter().take(OPEN_LISTED_MAX).map(|line| Open {
        booking: line.booking.clone(),
        person: line.person.clone(),
        owner: format!("{} at {}", line.component, line.site),
        booked_at: line.booked_at,
        age_hours: line.age_hours(now),
        outcome: line.outcome,
    });
    listed.collect()
}

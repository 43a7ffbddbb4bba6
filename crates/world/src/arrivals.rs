//! Who comes into custody, day by day.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, ToSpan};
use journey::booking::{
    BirthConfidence, BookingRecord, Circumstances, Citizenship, Known, LawfulStatus, OnFile,
    Person, StatusConfidence,
};
use journey::eligibility::Outcome;
use journey::ids::{BookingId, Site};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

use crate::behaviour::{AtLaboratory, AtTable, Behaviour};
use crate::month::{Arrival, COMPONENT, Later, OFFSET_SECONDS, SITES};
use crate::person::SyntheticPerson;
use crate::random::{Stream, pick, pick_weighted, stream};
use crate::scenario::Scenario;
use crate::settings::Settings;

/// Hours after which a person may come back at the earliest.
const BACK_AFTER_HOURS: i64 = 48;

/// People and their bookings in order of time.
pub(crate) fn generate(settings: &Settings) -> (Vec<SyntheticPerson>, Vec<Arrival>) {
    let mut maker = Maker {
        settings,
        rng: stream(settings.seed, Stream::Arrivals),
        fates: stream(settings.seed, Stream::Behaviours),
        people: Vec::new(),
        arrivals: Vec::new(),
        owed: first_of_each(settings),
    };
    for number in 0..settings.days {
        let day = settings.first_day.saturating_add(i64::from(number).days());
        maker.book_day(day, usize::from(settings.days - number));
    }
    let Maker { people, mut arrivals, .. } = maker;
    number(&mut arrivals);
    walk_every_path(settings, &mut arrivals);
    (people, arrivals)
}

/// True where the rules are expected to ask for a sample, at once or when the fact has arrived.
pub(crate) fn asks_for_sample(scenario: Scenario, later: Option<&Later>) -> bool {
    match scenario.expects() {
        Outcome::Collect => true,
        Outcome::Defer => later.is_some_and(|later| {
            later.record.circumstances.citizenship == Citizenship::NonUsPerson
        }),
        Outcome::MaySkip | Outcome::DoNotCollect => false,
    }
}

struct Maker<'s> {
    settings: &'s Settings,
    rng: ChaCha8Rng,
    fates: ChaCha8Rng,
    people: Vec<SyntheticPerson>,
    arrivals: Vec<Arrival>,
    /// Scenarios of which the month has none yet.
    owed: Vec<Scenario>,
}

impl Maker<'_> {
    fn book_day(&mut self, day: Date, days_left: usize) {
        let (least, most) =
            (self.settings.bookings_per_day_min, self.settings.bookings_per_day_max);
        let count = self.rng.random_range(least..=most.max(least));
        let owed_today = self.owed.len().div_ceil(days_left.max(1));
        let mut today: Vec<Arrival> = (0..count as usize)
            .filter_map(|place| {
                let back = place >= owed_today && self.rng.random_bool(self.settings.repeat_rate);
                match self.who_comes_back(day).filter(|_| back) {
                    Some((person, scenario)) => Some(self.book(day, person, scenario, true)),
                    None => self.book_stranger(day, place < owed_today),
                }
            })
            .collect();
        today.sort_by_key(|arrival| arrival.record.circumstances.booked_at);
        self.arrivals.extend(today);
    }

    fn book_stranger(&mut self, day: Date, owed: bool) -> Option<Arrival> {
        let drawn = pick_weighted(&self.settings.scenarios, &mut self.rng)?;
        let scenario = owed.then(|| self.owed.pop()).flatten().unwrap_or(drawn);
        let citizenship = scenario.citizenship(&mut self.rng);
        let born = scenario.birth(day, &mut self.rng);
        let number = self.people.len();
        let person = SyntheticPerson::invent(number, born, citizenship, &mut self.rng);
        self.people.push(person);
        Some(self.book(day, number, scenario, false))
    }

    /// Somebody booked at least two days ago who may be booked again; often one whose sample was
    /// not taken, so that the duty that follows the person is seen at work.
    fn who_comes_back(&mut self, day: Date) -> Option<(usize, Scenario)> {
        let latest = instant(day.to_datetime(jiff::civil::Time::midnight()));
        let latest = latest - SignedDuration::from_hours(BACK_AFTER_HOURS);
        let long_ago = |arrival: &&Arrival| {
            arrival.scenario.may_come_back() && arrival.record.circumstances.booked_at < latest
        };
        let all: Vec<_> = self.arrivals.iter().filter(long_ago).collect();
        let owing: Vec<_> =
            all.iter().copied().filter(|arrival| !arrival.behaviour.ends_accepted()).collect();
        let owing_first = self.rng.random_bool(0.4) && !owing.is_empty();
        let from = if owing_first { &owing } else { &all };
        pick(from, &mut self.rng).map(|arrival| (arrival.true_person, arrival.scenario))
    }

    fn book(&mut self, day: Date, person: usize, scenario: Scenario, repeat: bool) -> Arrival {
        let alias = self.rng.random_bool(self.settings.alias_rate) && repeat;
        let site = pick_weighted(&SITES, &mut self.rng).unwrap_or(SITES[0].0);
        let hour = {
            let (first, last) = scenario.hours();
            self.rng.random_range(first..=last)
        };
        let minute = self.rng.random_range(0..60);
        let booked_at = instant(day.at(hour, minute, 0, 0));
        let prints_after = SignedDuration::from_mins(self.rng.random_range(5..25));
        let truly = self.people.get(person);
        let named = truly.map(|truly| match alias {
            true => truly.alias(&mut self.rng),
            false => truly.named(),
        });
        let mut record = blank(named, site, booked_at, booked_at + prints_after);
        let mut resolved = None;
        if let Some(truly) = truly {
            scenario.describe(truly.citizenship, &mut record);
            resolved = scenario.resolved(truly.citizenship, truly.born, &record);
        }
        let hours_after = self.rng.random_range(3..72);
        let arrives = self.rng.random_bool(self.settings.resolved_rate);
        let later = resolved.filter(|_| arrives).map(|record| Later { hours_after, record });
        let behaviour = if asks_for_sample(scenario, later.as_ref()) {
            behaviour(self.settings, &mut self.fates)
        } else {
            Behaviour::SMOOTH
        };
        Arrival {
            record,
            true_person: person,
            scenario,
            repeat,
            alias,
            behaviour,
            later,
            removal: None,
        }
    }
}

/// A record that names the person and says where and when, and nothing else.
fn blank(
    named: Option<Person>,
    site: &str,
    booked_at: Timestamp,
    fingerprinted_at: Timestamp,
) -> BookingRecord {
    BookingRecord {
        booking: BookingId::from(""),
        person: named.unwrap_or(Person {
            fingerprint_number: None,
            alien_number: None,
            family_name: String::new(),
            given_name: String::new(),
            date_of_birth: None,
        }),
        circumstances: Circumstances {
            component: COMPONENT.to_owned(),
            site: Site::from(site),
            booked_at,
            booked_offset_seconds: OFFSET_SECONDS,
            date_of_birth_confidence: BirthConfidence::Unknown,
            citizenship: Citizenship::Unknown,
            citizenship_confidence: StatusConfidence::Unknown,
            lawful_status: LawfulStatus::Unknown,
            custody_basis: BTreeSet::new(),
            further_proceedings: Known::Unknown,
            fingerprint_event: Some(String::new()),
            fingerprinted_at: Some(fingerprinted_at),
            on_file: OnFile::Unknown,
            other_agency: None,
            waiver: None,
        },
    }
}

/// Scenarios with a weight, each of which the month must have at least once.
fn first_of_each(settings: &Settings) -> Vec<Scenario> {
    let weighted = settings.scenarios.iter().filter(|entry| entry.1 > 0);
    weighted.map(|entry| entry.0).collect()
}

fn behaviour(settings: &Settings, rng: &mut impl Rng) -> Behaviour {
    let table = fate(&settings.at_table, AtTable::Collected, rng);
    let laboratory = fate(&settings.at_laboratory, AtLaboratory::Sound, rng);
    Behaviour {
        table,
        laboratory: match table.ends_sealed() {
            true => laboratory,
            false => AtLaboratory::Sound,
        },
    }
}

fn fate<T: Copy>(rates: &[(T, f64)], usual: T, rng: &mut impl Rng) -> T {
    let mut left = rng.random::<f64>();
    let drawn = rates.iter().find(|(_, rate)| {
        left -= rate;
        left < 0.0
    });
    drawn.map_or(usual, |entry| entry.0)
}

/// Numbers the bookings in order of time, as a booking system does.
fn number(arrivals: &mut [Arrival]) {
    for (place, arrival) in (1..).zip(arrivals) {
        let booking = BookingId::new(format!("DAL-2020-{place:06}"));
        let later = arrival.later.as_mut().map(|later| &mut later.record);
        for record in [&mut arrival.record].into_iter().chain(later) {
            record.booking = booking.clone();
            if let Some(event) = record.circumstances.fingerprint_event.as_mut() {
                *event = format!("FP-2020-{place:06}");
            }
        }
    }
}

/// Gives each fate that has a rate, and that chance left out, to one booking.
fn walk_every_path(settings: &Settings, arrivals: &mut [Arrival]) {
    for (table, _) in settings.at_table.iter().filter(|entry| entry.1 > 0.0) {
        if !arrivals.iter().any(|arrival| arrival.behaviour.table == *table)
            && let Some(arrival) = smooth(arrivals)
        {
            arrival.behaviour.table = *table;
        }
    }
    for (fate, _) in settings.at_laboratory.iter().filter(|entry| entry.1 > 0.0) {
        if !arrivals.iter().any(|arrival| arrival.behaviour.laboratory == *fate)
            && let Some(arrival) = smooth(arrivals)
        {
            arrival.behaviour.laboratory = *fate;
        }
    }
}

fn smooth(arrivals: &mut [Arrival]) -> Option<&mut Arrival> {
    arrivals
        .iter_mut()
        .find(|arrival| arrival.may_be_collected() && arrival.behaviour == Behaviour::SMOOTH)
}

/// The instant of a local date and time of the pilot's sites in May.
fn instant(local: DateTime) -> Timestamp {
    Offset::constant(-5).to_timestamp(local).unwrap_or(Timestamp::UNIX_EPOCH)
}

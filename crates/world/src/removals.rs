//! Which samples will have to go again, on each of the three paths.

use jiff::ToSpan;
use journey::booking::{Citizenship, CustodyBasis, LawfulStatus, StatusConfidence};
use journey::removal::{FinalOrder, Path};
use rand::RngExt;

use crate::month::{Arrival, Removal};
use crate::random::{Stream, shuffle, stream};
use crate::scenario::Scenario;
use crate::settings::Settings;

/// Marks accepted samples of people who are booked once.
pub(crate) fn mark(settings: &Settings, arrivals: &mut [Arrival]) {
    let mut rng = stream(settings.seed, Stream::Removals);
    let mut places: Vec<usize> = (0..arrivals.len()).collect();
    shuffle(&mut places, &mut rng);
    for scenario in [Scenario::ArrestedCitizen, Scenario::Detained, Scenario::Charged] {
        let mut marked = 0;
        for place in &places {
            if marked == settings.removals_per_path {
                break;
            }
            let days_after = rng.random_range(40..60);
            if fits(arrivals, *place, scenario)
                && let Some(arrival) = arrivals.get_mut(*place)
            {
                arrival.removal = Some(removal(scenario, marked, days_after, arrival));
                marked += 1;
            }
        }
    }
}

fn fits(arrivals: &[Arrival], place: usize, scenario: Scenario) -> bool {
    arrivals.get(place).is_some_and(|arrival| {
        let bookings = arrivals.iter().filter(|other| other.true_person == arrival.true_person);
        arrival.scenario == scenario && arrival.ends_accepted() && bookings.count() == 1
    })
}

fn removal(scenario: Scenario, number: usize, days_after: u32, arrival: &Arrival) -> Removal {
    let booked_on = arrival.record.circumstances.booked_at;
    match scenario {
        Scenario::ArrestedCitizen => {
            let local = jiff::tz::Offset::constant(-5).to_datetime(booked_on).date();
            let order = FinalOrder {
                basis: CustodyBasis::CriminalArrest,
                document: format!("ORDER-2020-{:03}", number + 1),
                final_on: local.saturating_add(30.days()),
            };
            Removal { path: Path::Expungement { orders: vec![order] }, days_after, record: None }
        }
        Scenario::Detained => Removal {
            path: Path::Ineligibility {
                why: "status was verified after the sample was taken".to_owned(),
            },
            days_after,
            record: Some(verified(arrival, number)),
        },
        _ => Removal {
            path: Path::Administrative { order: format!("CUSTODIAN-2020-{:03}", number + 1) },
            days_after,
            record: None,
        },
    }
}

/// The record with the status that turned out true: permanent residence and citizenship in turn.
fn verified(arrival: &Arrival, number: usize) -> journey::booking::BookingRecord {
    let mut record = arrival.record.clone();
    let facts = &mut record.circumstances;
    facts.citizenship = match number % 2 {
        0 => Citizenship::Lpr,
        _ => Citizenship::Citizen,
    };
    facts.citizenship_confidence = StatusConfidence::Verified;
    facts.lawful_status = LawfulStatus::InStatus;
    record
}

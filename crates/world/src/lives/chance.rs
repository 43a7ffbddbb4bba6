//! How a booking comes to its facts: whom it is about, what the feed says first, what changes.
//!
//! Shares are settings of this programme (tag D) and say nothing about real bookings: they are
//! drawn so that every rule, every day of change and every midnight is met often. Absent: any law.

use jiff::civil::{Date, date};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, ToSpan};
use journey::booking::CustodyBasis::{
    AdminDetention, Convicted, CriminalArrest, Encounter, FacingCharges, Maritime, PortHold,
};
use journey::booking::{
    BirthConfidence, BookingRecord, Circumstances, Citizenship, CustodyBasis, Known, LawfulStatus,
    NotCollected, OnFile, Person, StatusConfidence,
};
use journey::ids::BookingId;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::law::CHANGES;

/// Days on which bookings are made.
const FIRST_DAY: Date = date(2009, 1, 1);
const DAYS: i64 = 5113;

/// Years of age about which a rule asks.
const FLOORS: &[i16] = &[14, 18, 22];

/// Sites of each component; the last is in no table of sites.
const ICE: &[&str] = &["Dallas", "DAL", "El Paso", "Bluebonnet"];
const PORTS: &[&str] = &["Eagle Pass", "Detroit", "San Diego", "Harlingen"];
const PATROL: &[&str] = &["El Paso", "Detroit", "Phoenix", "Harlingen"];
const INVESTIGATIONS: &[&str] = &["Miami", "Phoenix", "Laredo"];
const BUREAU: &[&str] = &["Quantico", "Miami", "Laredo"];

/// Why persons are held who are not merely detained, in hundredths.
const BASES: &[(&[CustodyBasis], u32)] = &[
    (&[PortHold], 17),
    (&[CriminalArrest], 12),
    (&[CriminalArrest, AdminDetention], 9),
    (&[FacingCharges], 4),
    (&[Convicted, AdminDetention], 4),
    (&[PortHold, CriminalArrest], 3),
    (&[Maritime], 4),
    (&[Maritime, AdminDetention], 1),
    (&[PortHold, Maritime], 1),
    (&[Encounter], 5),
    (&[Encounter, FacingCharges], 1),
];

/// How a date of birth is known that was not verified.
const BIRTHS: &[(BirthConfidence, u32)] = &[
    (BirthConfidence::Claimed, 17),
    (BirthConfidence::Estimated, 9),
    (BirthConfidence::Unknown, 4),
];

/// What is true of a person, whatever a feed says.
#[derive(Clone, Debug)]
pub(super) struct Truth {
    pub(super) born: Date,
    pub(super) citizenship: Citizenship,
    pub(super) lawful_status: LawfulStatus,
}

/// When a person is booked for the first time, and what is true of them.
pub(super) fn stranger(rng: &mut ChaCha8Rng) -> (Timestamp, Truth) {
    let (day, born) = day_and_birth(rng);
    // Midnight of the sites is between five and eight o'clock in UTC.
    let minutes = match rng.random_bool(0.3) {
        true => rng.random_range(270..510),
        false => rng.random_range(0..1440),
    };
    let midnight = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH);
    let (citizen, lpr) = ((Citizenship::Citizen, 13), (Citizenship::Lpr, 12));
    let lawful = [(LawfulStatus::InStatus, 6), (LawfulStatus::BeingAdmitted, 5)];
    let truth = Truth {
        born,
        citizenship: or(Citizenship::NonUsPerson, &[citizen, lpr], rng),
        lawful_status: or(LawfulStatus::None, &lawful, rng),
    };
    (midnight + SignedDuration::from_mins(minutes), truth)
}

fn day_and_birth(rng: &mut ChaCha8Rng) -> (Date, Date) {
    let years_before = |day: Date, years: i16| day.saturating_sub(years.years());
    if rng.random_bool(0.02) {
        // Born on a 29 February, booked when fourteen or eighteen are near in a common year.
        let year = one_of(2010, &[2014, 2018, 2022], rng);
        let day = date(year, 3, 1).saturating_sub(rng.random_range(0..=2).days());
        let years = one_of(14, FLOORS, rng);
        return (day, date(year - years - (year - years) % 4, 2, 29));
    }
    let day = match rng.random_bool(0.1) {
        true => {
            let changed = one_of(FIRST_DAY, &CHANGES, rng);
            changed.saturating_add(rng.random_range(-2..=1).days())
        }
        false => FIRST_DAY.saturating_add(rng.random_range(0..DAYS).days()),
    };
    let born = match rng.random_range(0..100) {
        0..20 => {
            let years = one_of(14, FLOORS, rng);
            years_before(day, years).saturating_add(rng.random_range(-1..=2).days())
        }
        20..35 => years_before(day, 23).saturating_add(rng.random_range(0..4000).days()),
        _ => years_before(day, 80).saturating_add(rng.random_range(0..22_000).days()),
    };
    (day, born)
}

/// What the feed says at first.
pub(super) fn record(
    booking: BookingId,
    at: Timestamp,
    truth: &Truth,
    rng: &mut ChaCha8Rng,
) -> BookingRecord {
    let person = Person {
        fingerprint_number: None,
        alien_number: None,
        family_name: String::new(),
        given_name: String::new(),
        date_of_birth: rng.random_bool(0.93).then_some(truth.born),
    };
    BookingRecord { booking, person, circumstances: circumstances(at, truth, rng) }
}

fn circumstances(at: Timestamp, truth: &Truth, rng: &mut ChaCha8Rng) -> Circumstances {
    let others = [
        (("CBP-OFO", PORTS), 25),
        (("CBP-USBP", PATROL), 22),
        (("ICE-HSI", INVESTIGATIONS), 7),
        (("FBI", BUREAU), 5),
        (("BOP", BUREAU), 3),
    ];
    let (component, sites) = or(("ICE-ERO", ICE), &others, rng);
    let (citizenship, citizenship_confidence) = said_status(truth, rng);
    let known = rng.random_bool(0.85);
    Circumstances {
        component: component.to_owned(),
        site: one_of("Dallas", sites, rng).into(),
        booked_at: at,
        booked_offset_seconds: one_of(-21_600, &[-18_000, -25_200], rng),
        date_of_birth_confidence: or(BirthConfidence::Verified, BIRTHS, rng),
        citizenship,
        citizenship_confidence,
        lawful_status: if known { truth.lawful_status } else { LawfulStatus::Unknown },
        custody_basis: or(&[AdminDetention][..], BASES, rng).iter().copied().collect(),
        further_proceedings: one_of(Known::Yes, &[Known::No, Known::Unknown], rng),
        fingerprint_event: rng.random_bool(0.92).then(|| "E-1".to_owned()),
        fingerprinted_at: None,
        on_file: or(OnFile::Absent, &[(OnFile::Present, 10), (OnFile::Unknown, 10)], rng),
        other_agency: rng.random_bool(0.05).then(|| "AGREEMENT-1".to_owned()),
        waiver: rng.random_bool(0.03).then(|| "WAIVER-1".to_owned()),
    }
}

/// A claim may be false; what was verified is true.
fn said_status(truth: &Truth, rng: &mut ChaCha8Rng) -> (Citizenship, StatusConfidence) {
    match rng.random_range(0..100) {
        0..68 => (truth.citizenship, StatusConfidence::Verified),
        68..78 => (truth.citizenship, StatusConfidence::Claimed),
        78..88 => {
            (one_of(Citizenship::Citizen, &[Citizenship::Lpr], rng), StatusConfidence::Claimed)
        }
        88..94 => (Citizenship::Unknown, StatusConfidence::Unknown),
        _ => (truth.citizenship, StatusConfidence::Unknown),
    }
}

/// Lets one fact change, of those that can; says which, or `None` where none came up.
pub(super) fn change(
    truth: &Truth,
    record: &mut BookingRecord,
    rng: &mut ChaCha8Rng,
) -> Option<&'static str> {
    (0..6).find_map(|_| match rng.random_range(0..5) {
        0 => custody(&mut record.circumstances, rng),
        1 => status(truth, &mut record.circumstances, rng),
        2 => prints_and_files(&mut record.circumstances, rng),
        3 => birth(truth, record),
        _ => charges(&mut record.circumstances, rng),
    })
}

fn custody(asked: &mut Circumstances, rng: &mut ChaCha8Rng) -> Option<&'static str> {
    if !asked.custody_basis.contains(&PortHold) {
        return None;
    }
    if rng.random_bool(0.4) {
        let new = asked.custody_basis.insert(AdminDetention);
        return new.then_some("hold_became_detention");
    }
    let (further, word) = match rng.random_bool(0.7) {
        true => (Known::Yes, "proceedings_began"),
        false => (Known::No, "proceedings_ruled_out"),
    };
    let was = std::mem::replace(&mut asked.further_proceedings, further);
    (was != further).then_some(word)
}

fn charges(asked: &mut Circumstances, rng: &mut ChaCha8Rng) -> Option<&'static str> {
    if rng.random_bool(0.6) {
        return asked.custody_basis.insert(FacingCharges).then_some("charge_filed");
    }
    let kept = asked.custody_basis.len() > 1;
    let dropped = kept && asked.custody_basis.remove(&CriminalArrest);
    dropped.then_some("arrest_ended")
}

fn status(truth: &Truth, asked: &mut Circumstances, rng: &mut ChaCha8Rng) -> Option<&'static str> {
    if asked.lawful_status == LawfulStatus::Unknown && rng.random_bool(0.5) {
        asked.lawful_status = truth.lawful_status;
        return Some("presence_resolved");
    }
    if asked.citizenship_confidence == StatusConfidence::Verified {
        return None;
    }
    let said = std::mem::replace(&mut asked.citizenship, truth.citizenship);
    asked.citizenship_confidence = StatusConfidence::Verified;
    Some(if said == truth.citizenship { "claim_verified" } else { "claim_refuted" })
}

fn prints_and_files(asked: &mut Circumstances, rng: &mut ChaCha8Rng) -> Option<&'static str> {
    if asked.fingerprint_event.is_none() {
        asked.fingerprint_event = Some("E-2".to_owned());
        return Some("prints_arrived");
    }
    if rng.random_bool(0.2) {
        asked.other_agency = match asked.other_agency.take() {
            None => Some("AGREEMENT-2".to_owned()),
            Some(_) => None,
        };
        return Some("agreement_changed");
    }
    let on_file = if rng.random_bool(0.5) { OnFile::Present } else { OnFile::Absent };
    let was = std::mem::replace(&mut asked.on_file, on_file);
    (was != on_file).then_some("file_changed")
}

fn birth(truth: &Truth, record: &mut BookingRecord) -> Option<&'static str> {
    let confidence = &mut record.circumstances.date_of_birth_confidence;
    let known = record.person.date_of_birth.is_some();
    if known && *confidence == BirthConfidence::Verified {
        return None;
    }
    *confidence = BirthConfidence::Verified;
    record.person.date_of_birth = Some(truth.born);
    Some("birth_verified")
}

/// Why a sample that may be taken is not; mostly it is.
pub(super) fn at_table(rng: &mut ChaCha8Rng) -> Option<NotCollected> {
    let others = [
        (Some(NotCollected::KitOut), 5),
        (Some(NotCollected::Refused), 4),
        (Some(NotCollected::ReleasedFirst), 4),
        (Some(NotCollected::Medical), 2),
        (Some(NotCollected::Transferred), 2),
    ];
    or(None, &others, rng)
}

/// The usual value, or another with its share in hundredths.
fn or<T: Copy>(usual: T, others: &[(T, u32)], rng: &mut ChaCha8Rng) -> T {
    let mut left = rng.random_range(0..100);
    let other = others.iter().find(|(_, share)| {
        let mine = left < *share;
        left = left.saturating_sub(*share);
        mine
    });
    other.map_or(usual, |(value, _)| *value)
}

/// One of several values, all alike.
fn one_of<T: Copy>(first: T, others: &[T], rng: &mut ChaCha8Rng) -> T {
    let place = rng.random_range(0..=others.len());
    others.get(place).copied().unwrap_or(first)
}

//! The wall: who a person is stands nowhere in the index database and nowhere in clear; what a
//! profile holds stands nowhere in the custody database.

use std::slice::from_ref;

use std::fs;

use genetics::{Genotype, Locus, Profile};
use journey::actor::Role;
use journey::booking::{BookingRecord, NotCollected};
use journey::ids::{AccountId, BookingId, SpecimenNumber};
use journey::notice::Purpose;
use journey::removal::Path;
use service::ServiceError;
use service::audit::Side;
use service::booking::Close;
use service::candidate::Each;

use crate::ground::{CASEWORK, CUSTODY, Ground, INDEX, SITE, on_both, record};
use crate::way::person;

/// Values that tell who the person is, as they were entered.
const PLANTED: &[&str] = &["Zzyzxfamily", "Qwrtzgiven", "A987650123", "FPNPLANTED77", "1983-02-17"];
const KIT: &str = "KITPLANTED9";
const BOOKING: &str = "BKPLANTED9";
/// Text of alleles and of a locus as the index stores them.
const ALLELES: &[&str] = &["33.2", "D21S11"];

fn planted() -> BookingRecord {
    let mut record = record(1);
    record.booking = BOOKING.into();
    record.person.family_name = PLANTED[0].to_owned();
    record.person.given_name = PLANTED[1].to_owned();
    record.person.alien_number = Some(PLANTED[2].to_owned());
    record.person.fingerprint_number = Some(PLANTED[3].to_owned());
    record.person.date_of_birth = Some(PLANTED[4].parse().unwrap());
    record
}

fn profile() -> Profile {
    let rare: Genotype = "29,33.2".parse().unwrap();
    let common = person(1);
    let typed = common.typed().iter().cloned().map(|mut typed| {
        if typed.locus == Locus::D21s11 {
            typed.genotype = rare.clone();
        }
        typed
    });
    Profile::new(typed).unwrap()
}

/// Everything that was said: errors as pages and logs show them.
#[derive(Default)]
struct Said(Vec<String>);

impl Said {
    fn hear<T>(&mut self, outcome: Result<T, ServiceError>) {
        let Err(error) = outcome else {
            panic!("this was to fail");
        };
        self.0.extend([error.to_string(), error.internal(), format!("{error:?}")]);
    }
}

/// The whole way up to the release of the name, with many a step that fails.
fn play(ground: &Ground) -> (SpecimenNumber, Said) {
    let (record, mut said) = (planted(), Said::default());
    let p = &ground.programme;
    let collector = ground.by(Role::Collector);
    ground.book(&record);
    said.hear(p.record_booking(&collector, &record));
    let mut other = record.clone();
    other.booking = "B-2".into();
    other.person.fingerprint_number = Some("FPN-other".to_owned());
    ground.book(&other);
    other.person.fingerprint_number = record.person.fingerprint_number.clone();
    said.hear(p.amend_booking(&collector, &other));
    let close = Close { booking: "B-2".into(), why: Some(NotCollected::ReleasedFirst) };
    p.close_booking(&collector, &close).unwrap();
    p.view_booking(&collector, &record.booking).unwrap();
    p.view_eligibility(&collector, &record.booking).unwrap();
    ground.stock(&[KIT]);
    said.hear(ground.open(&record.booking, "K-9"));
    ground.collect(&record.booking, KIT);
    said.hear(ground.open(&record.booking, KIT));
    ground.ship(&[KIT]);
    let specimen = ground.accept(KIT);
    said.hear(ground.examine(KIT, |_| {}));
    ground.typed("PL-1", &specimen, &profile());
    ground.enter(&specimen).unwrap();
    said.hear(ground.enter(&specimen));
    ground.evidence("EV-1", &profile()).unwrap();
    said.hear(ground.evidence("EV-1", &profile()));
    ground.jobs();
    release(ground, &mut said);
    said.hear(ground.ask(KIT, Path::Expungement { orders: Vec::new() }));
    said.hear(p.amend_booking(&ground.by(Role::Auditor), &record));
    said.hear(p.sign_in(&collector, &AccountId::from("nobody"), "no password at all"));
    ground.break_table(Side::Index, "record");
    said.hear(ground.evidence("EV-2", &profile()));
    ground.mend(Side::Index, "record");
    p.sign_audit(&ground.by(Role::Administrator)).unwrap();
    (specimen, said)
}

fn release(ground: &Ground, said: &mut Said) {
    let p = &ground.programme;
    let analyst = ground.by(Role::CaseworkAnalyst);
    let candidate = ground.candidates()[0].candidate.clone();
    p.take_candidates(&analyst, from_ref(&candidate)).and_then(Each::of_one).unwrap();
    let confirmation = ground.ask_to_confirm(&candidate);
    ground.confirm(&confirmation, &profile());
    ground.jobs();
    let notice = ground.name_notice(&confirmation);
    let laboratory = CASEWORK.into();
    said.hear(p.release_name(&analyst, &notice, &laboratory, None).map(|_| ()));
    let purpose = Some(Purpose::LawEnforcementIdentification);
    let name = p.release_name(&analyst, &notice, &laboratory, purpose);
    assert_eq!(name.unwrap().family_name, PLANTED[0]);
}

fn files(ground: &Ground, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for suffix in ["", "-wal"] {
        let path = ground.folder.path().join(format!("{name}.sqlite{suffix}"));
        bytes.extend(fs::read(path).unwrap_or_default());
    }
    assert!(bytes.len() > 100_000, "{name}: {} bytes", bytes.len());
    bytes
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
}

fn lines(ground: &Ground, side: Side, tables: &[(&str, &[&str])]) -> Vec<String> {
    let all = tables.iter().map(|(table, _)| ground.texts(side, table));
    all.flatten().collect()
}

#[test]
fn names_and_profiles_stay_on_their_sides() {
    on_both(|ground| {
        let (specimen, said) = play(ground);
        let custody = lines(ground, Side::Custody, CUSTODY);
        let index = lines(ground, Side::Index, INDEX);
        let seen = |lines: &[String], text: &str| {
            let text = text.to_lowercase();
            let mut all = lines.iter();
            all.any(|line| line.to_lowercase().contains(&text))
        };
        // The words that are looked for are the ones that were stored.
        assert!(seen(&custody, KIT) && seen(&custody, BOOKING));
        assert!(ALLELES.iter().all(|text| seen(&index, text)));
        assert!(said.0.len() >= 30);
        for text in PLANTED {
            assert!(!seen(&custody, text), "{text} in clear in the custody database");
            assert!(!seen(&index, text), "{text} in the index database");
            assert!(!seen(&said.0, text), "{text} in an error");
        }
        for text in [KIT, BOOKING, SITE] {
            assert!(!seen(&index, text), "{text} in the index database");
        }
        for text in ALLELES {
            assert!(!seen(&custody, text), "{text} in the custody database");
            assert!(!seen(&said.0, text), "{text} in an error");
        }
        for line in custody.iter().filter(|line| line.contains(specimen.as_str())) {
            assert!(!line.contains(KIT), "joined in one row: {line}");
            assert!(!line.contains(BOOKING), "joined in one row: {line}");
        }
        bytes(ground);
    });
}

/// The same in the bytes of the files, journal and free pages included.
fn bytes(ground: &Ground) {
    if !ground.is_sqlite() {
        return;
    }
    let (custody, index) = (files(ground, "custody"), files(ground, "index"));
    assert!(holds(&custody, KIT) && ALLELES.iter().all(|text| holds(&index, text)));
    for text in PLANTED {
        assert!(!holds(&custody, text), "{text} in the custody file");
        assert!(!holds(&index, text), "{text} in the index file");
    }
    for text in [KIT, BOOKING, SITE] {
        assert!(!holds(&index, text), "{text} in the index file");
    }
    for text in ALLELES {
        assert!(!holds(&custody, text), "{text} in the custody file");
    }
}

#[test]
fn every_look_at_a_person_or_a_link_is_on_record_with_its_purpose() {
    on_both(|ground| {
        let (specimen, _) = play(ground);
        let viewed = ground.events(Side::Custody, "booking", "viewed");
        assert_eq!(viewed.len(), 1);
        assert!(viewed[0].starts_with(BookingId::from(BOOKING).as_str()));
        let of_specimen = |kind: &str| {
            let events = ground.events(Side::Custody, "custody", kind);
            let mut fitting = events;
            fitting.retain(|event| event.starts_with(specimen.as_str()));
            fitting.len()
        };
        // Two entries tried, one check of lawfulness, one sample typed again, one notice of the
        // hit that must find its site, one release.
        assert_eq!(of_specimen("link_read"), 6);
        let released = ground.events(Side::Custody, "notice", "name_released");
        assert_eq!(released.len(), 1);
        assert!(released[0].contains("law_enforcement_identification"), "{released:?}");
        let without = ground
            .database(Side::Custody)
            .read(|tx| tx.query("SELECT seq FROM event WHERE purpose = ''", &[]))
            .unwrap();
        assert!(without.is_empty());
    });
}

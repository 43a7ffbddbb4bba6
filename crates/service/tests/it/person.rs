//! Records of one person: found, merged by two people, parted again; twins stay apart; what is
//! owed follows the person through all of it.

use journey::actor::Role;
use journey::booking::{BookingRecord, NotCollected};
use journey::coverage::Filter;
use journey::ids::PersonId;
use service::ServiceError;
use service::audit::Side;
use service::booking::Close;
use service::person::AskMerge;
use service::removal::DestroySample;
use store::listing::After;

use crate::ground::{Ground, on_both, record, refused};

/// A booking of whom record `like` tells the name, under other fingerprints.
fn again(n: u32, like: u32) -> BookingRecord {
    let mut again = record(like);
    again.booking = format!("B-{n}").as_str().into();
    again.person.fingerprint_number = Some(format!("OTHER-{n}"));
    again
}

fn book(ground: &Ground, record: &BookingRecord) -> PersonId {
    ground.book(record).person
}

fn owed_at(ground: &Ground, record: &BookingRecord) -> usize {
    ground.book(record).owed.len()
}

fn release_first(ground: &Ground, booking: &str) -> Result<(), ServiceError> {
    let why = Some(NotCollected::ReleasedFirst);
    let close = Close { booking: booking.into(), why };
    ground.programme.close_booking(&ground.by(Role::Collector), &close).map(drop)
}

fn ask(ground: &Ground, kept: &PersonId, other: &PersonId) -> Result<(), ServiceError> {
    let ask = AskMerge {
        kept: kept.clone(),
        other: other.clone(),
        reason: "the same file number".to_owned(),
    };
    ground.programme.ask_merge(&ground.by(Role::PrivacyOfficer), &ask).map(drop)
}

fn merge(ground: &Ground, kept: &PersonId, other: &PersonId) -> Result<(), ServiceError> {
    ask(ground, kept, other)?;
    ground.programme.approve_merge(&ground.by(Role::ProgramManager), other).map(drop)
}

fn part(ground: &Ground, other: &PersonId) -> Result<(), ServiceError> {
    let manager = ground.by(Role::ProgramManager);
    ground.programme.part_persons(&manager, other, "prints were compared").map(drop)
}

#[test]
fn what_is_owed_is_told_at_the_next_booking_with_where_and_why() {
    on_both(|ground| {
        ground.book(&record(1));
        release_first(ground, "B-1").unwrap();
        ground.pass(3 * 24 * 3600);
        let mut next = record(1);
        next.booking = "B-9".into();
        next.circumstances.booked_at = ground.now();
        next.circumstances.fingerprinted_at = None;
        let recorded = ground.book(&next);
        let [owed] = recorded.owed.as_slice() else { panic!("{recorded:?}") };
        assert_eq!((owed.because.as_str(), owed.days), ("released_first", 3));
        assert_eq!(owed.site.as_ref(), Some(&record(1).circumstances.site));
        let auditor = ground.by(Role::Auditor);
        let explained = ground.programme.view_eligibility(&auditor, &"B-9".into()).unwrap();
        assert_eq!(explained.owed, recorded.owed);
        let open = ground.programme.list_bookings(&auditor, "open", &After::start(), 9).unwrap();
        assert!(open.iter().all(|line| line.owes && line.open_hours == Some(0) && !line.overdue));
        ground.pass(73 * 3600);
        let auditor = ground.by(Role::Auditor);
        let open = ground.programme.list_bookings(&auditor, "open", &After::start(), 9).unwrap();
        let late: Vec<_> = open.iter().map(|line| (line.overdue, line.open_hours)).collect();
        assert_eq!(late, [(true, Some(73))]);
        let duties = ground.programme.list_duties(&auditor, &After::start(), 9).unwrap();
        let [duty] = duties.as_slice() else { panic!("{duties:?}") };
        assert_eq!(duty.booking, Some("B-9".into()));
        assert!(duty.open_booking);
        assert_eq!(duty.owner, next.circumstances.site.to_string());
    });
}

#[test]
fn duplicates_are_found_by_number_and_name_and_twins_are_left_out() {
    on_both(|ground| {
        let one = book(ground, &record(1));
        book(ground, &record(2));
        let other = book(ground, &again(9, 1));
        assert_ne!(one, other);
        let privacy = ground.by(Role::PrivacyOfficer);
        let found = ground.programme.list_duplicates(&privacy, 10).unwrap();
        let [pair] = found.as_slice() else { panic!("{found:?}") };
        let both = [pair.one.clone(), pair.other.clone()];
        assert!(both.contains(&one) && both.contains(&other));
        assert!(pair.common.contains(&"name_and_birth".to_owned()));
        ground.programme.mark_twins(&privacy, &one, &other).unwrap();
        assert_eq!(ground.programme.list_duplicates(&privacy, 10).unwrap(), []);
        assert_eq!(refused(ask(ground, &one, &other)), "TWINS");
        let viewed = ground.programme.view_person(&privacy, &one).unwrap();
        assert_eq!(viewed.twins, [other]);
    });
}

#[test]
fn a_merge_takes_two_and_parting_restores_what_was() {
    on_both(|ground| {
        let one = book(ground, &record(1));
        let other = book(ground, &again(9, 1));
        release_first(ground, "B-1").unwrap();
        assert_eq!(owed_at(ground, &again(10, 1)), 0, "two persons as far as prints tell");

        ask(ground, &one, &other).unwrap();
        let same = ground.by_another(Role::ProgramManager, "privacy-officer");
        assert_eq!(refused(ground.programme.approve_merge(&same, &other)), "SAME_PERSON");
        let manager = ground.by(Role::ProgramManager);
        ground.programme.approve_merge(&manager, &other).unwrap();

        let mut next = again(9, 1);
        next.booking = "B-20".into();
        let recorded = ground.book(&next);
        assert_eq!(recorded.owed.len(), 1, "owed under the one record, told under the other");
        assert_eq!(recorded.person, other, "a booking stays with its own fingerprints");
        assert_eq!(recorded.earlier_bookings, 2);
        assert_eq!(recorded.decision.person, other);
        let auditor = ground.by(Role::Auditor);
        let explained = ground.programme.view_eligibility(&auditor, &"B-20".into()).unwrap();
        assert!(explained.facts.recollection_open);
        let privacy = ground.by(Role::PrivacyOfficer);
        let viewed = ground.programme.view_person(&privacy, &other).unwrap();
        assert_eq!((viewed.person, viewed.merged), (one.clone(), vec![other.clone()]));
        assert_eq!(viewed.fingerprint_numbers.len(), 2);
        assert_eq!(viewed.bookings.len(), 3);

        part(ground, &other).unwrap();
        next.booking = "B-21".into();
        let recorded = ground.book(&next);
        assert_eq!((recorded.owed.len(), recorded.earlier_bookings), (0, 2));
        let viewed = ground.programme.view_person(&privacy, &one).unwrap();
        assert_eq!((viewed.person, viewed.merged, viewed.bookings.len()), (one, vec![], 1));
        assert_eq!(refused(part(ground, &other)), "WRONG_STAGE");
    });
}

#[test]
fn records_point_one_way_and_a_sample_of_one_satisfies_the_other() {
    on_both(|ground| {
        ground.stock(&["K-1"]);
        let one = book(ground, &record(1));
        let other = book(ground, &again(9, 1));
        let third = book(ground, &again(10, 1));
        release_first(ground, "B-1").unwrap();
        merge(ground, &one, &other).unwrap();
        assert_eq!(refused(ask(ground, &other, &third)), "OUT_OF_ORDER");
        assert_eq!(refused(ask(ground, &one, &one)), "ALREADY_RECORDED");
        merge(ground, &third, &one).unwrap();
        let auditor = ground.by(Role::Auditor);
        assert_eq!(ground.programme.list_duties(&auditor, &After::start(), 9).unwrap().len(), 1);
        let persons = |filter: &Filter| {
            let coverage = ground.programme.coverage(&auditor, filter).unwrap();
            {
                let total = coverage.total().unwrap();
                (total.figures.bookings, total.figures.persons)
            }
        };
        assert_eq!(persons(&Filter::default()), (3, 1));
        let recount = ground.programme.recount(&auditor).unwrap();
        assert_eq!(recount.different, 0, "{recount:?}");
        assert_eq!(ground.programme.summary(&auditor).unwrap().persons, 1);

        ground.programme.decide_eligibility(&ground.by(Role::Collector), &"B-9".into()).unwrap();
        ground.collect(&"B-9".into(), "K-1");
        assert_eq!(ground.programme.list_duties(&auditor, &After::start(), 9).unwrap().len(), 0);
        part(ground, &one).unwrap();
        assert_eq!(ground.programme.list_duties(&auditor, &After::start(), 9).unwrap().len(), 0);
        part(ground, &other).unwrap();
        let duties = ground.programme.list_duties(&auditor, &After::start(), 9).unwrap();
        assert_eq!(duties.len(), 1, "the sample of the other satisfied it and was not theirs");
        assert_eq!(duties[0].person, one);
        assert_eq!(persons(&Filter::default()), (3, 3));
        assert_eq!(ground.programme.recount(&auditor).unwrap().different, 0);
    });
}

#[test]
fn a_removal_destroys_the_values_of_every_record_of_the_person() {
    on_both(|ground| {
        let one = book(ground, &record(2));
        ground.specimen(&record(1), "K-1");
        let auditor = ground.by(Role::Auditor);
        let explained = ground.programme.view_eligibility(&auditor, &"B-1".into()).unwrap();
        let sampled = explained.decision.person;
        merge(ground, &one, &sampled).unwrap();
        let order = "ORDER-1".to_owned();
        let path = journey::removal::Path::Administrative { order };
        let removal = ground.ask("K-1", path).unwrap();
        let manager = ground.by(Role::ProgramManager);
        ground.programme.approve_removal(&manager, &removal).unwrap();
        ground.programme.run_jobs(&manager).unwrap();
        let destroy = DestroySample { removal: removal.clone(), method: "burned".to_owned() };
        ground.programme.destroy_sample(&ground.by(Role::Accessioner), &destroy).unwrap();
        let privacy = ground.by(Role::PrivacyOfficer);
        ground.programme.certify_removal(&privacy, &removal).unwrap();
        for booking in ["B-1", "B-2"] {
            let view = ground.programme.view_booking(&privacy, &booking.into());
            assert_eq!(refused(view), "REMOVED", "{booking}");
        }
        let marks = ground.database(Side::Custody).read(|tx| {
            Ok::<_, store::StoreError>(tx.query("SELECT kind FROM person_mark", &[])?.len())
        });
        assert_eq!(marks.unwrap(), 0);
    });
}

/// An order ends for its own reason: a kit that arrives late does not take away what a refusal
/// owes.
#[test]
fn each_miss_is_owed_for_itself() {
    on_both(|ground| {
        ground.book(&record(1));
        release_first(ground, "B-1").unwrap();
        let mut next = record(1);
        next.booking = "B-2".into();
        ground.book(&next);
        let why = Some(NotCollected::Refused);
        let close = Close { booking: "B-2".into(), why };
        ground.programme.close_booking(&ground.by(Role::Collector), &close).unwrap();
        let auditor = ground.by(Role::Auditor);
        let duties = ground.programme.list_duties(&auditor, &After::start(), 9).unwrap();
        let because: Vec<_> = duties.iter().map(|duty| duty.owed.because.as_str()).collect();
        assert_eq!(because, ["released_first", "refused"]);
        next.booking = "B-3".into();
        ground.book(&next);
        release_first(ground, "B-3").unwrap();
        let duties = ground.programme.list_duties(&auditor, &After::start(), 9).unwrap();
        assert_eq!(duties.len(), 2, "the same reason at the same site is owed once");
    });
}

/// Prints that arrive late may name the record into which this one was merged.
#[test]
fn late_prints_of_the_same_person_are_taken_after_a_merge() {
    on_both(|ground| {
        let one = book(ground, &record(1));
        let other = book(ground, &again(9, 1));
        let mut amended = again(9, 1);
        amended.person.fingerprint_number = record(1).person.fingerprint_number;
        let collector = ground.by(Role::Collector);
        assert!(ground.programme.amend_booking(&collector, &amended).is_err());
        merge(ground, &one, &other).unwrap();
        ground.programme.amend_booking(&collector, &amended).unwrap();
    });
}

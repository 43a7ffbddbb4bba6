//! Bookings: who a person is, whose booking may be changed, and orders that follow a person.

use journey::actor::Role;
use journey::booking::{CustodyBasis, NotCollected, OnFile};
use journey::eligibility::Outcome;
use journey::ids::Site;
use service::ServiceError;
use service::accession::Examined;
use service::booking::Close;

use crate::ground::{Ground, on_both, record};

#[test]
fn fingerprints_tell_a_person_whatever_the_spelling() {
    on_both(|ground| {
        let first = ground.book(&record(1));
        let mut again = record(2);
        again.person.fingerprint_number = record(1).person.fingerprint_number;
        again.person.family_name = "Phamily".to_owned();
        again.person.alien_number = None;
        again.person.date_of_birth = Some("1991-01-01".parse().unwrap());
        let second = ground.book(&again);
        assert_eq!(second.person, first.person);
        assert_eq!(second.earlier_bookings, 1);
        let mut twin = record(3);
        twin.person = record(1).person;
        twin.person.fingerprint_number = Some("FPN-of-the-twin".to_owned());
        assert_ne!(ground.book(&twin).person, first.person);
        let mut nobody = record(4);
        nobody.person.fingerprint_number = None;
        assert_ne!(ground.book(&nobody).person, first.person);
    });
}

#[test]
fn fingerprints_that_arrive_late_tell_the_person_from_then_on() {
    on_both(|ground| {
        let mut early = record(1);
        early.person.fingerprint_number = None;
        let first = ground.book(&early);
        let collector = ground.by(Role::Collector);
        let p = &ground.programme;
        p.amend_booking(&collector, &record(1)).unwrap();
        let mut again = record(2);
        again.person.fingerprint_number = record(1).person.fingerprint_number;
        assert_eq!(ground.book(&again).person, first.person);
        let mut swapped = record(1);
        swapped.person.fingerprint_number = Some("FPN-of-somebody-else".to_owned());
        assert!(matches!(p.amend_booking(&collector, &swapped), Err(ServiceError::Invalid(_))));
    });
}

#[test]
fn a_sample_that_was_rejected_is_owed_at_the_next_booking_anywhere() {
    on_both(|ground| {
        ground.stock(&["K-1"]);
        ground.book(&record(1));
        ground.collect(&record(1).booking, "K-1");
        ground.ship(&["K-1"]);
        let examined = ground.examine("K-1", |seen| seen.seal_intact = false);
        assert!(matches!(examined.unwrap(), Examined::Rejected { .. }));
        ground.pass(40 * 86_400);
        let mut next = record(2);
        next.person = record(1).person;
        next.circumstances.component = "CBP-USBP".to_owned();
        next.circumstances.site = "El Paso".into();
        next.circumstances.on_file = OnFile::Present;
        let everywhere = ground.by_grants("collector", &[(Role::Collector, "*")]);
        let p = &ground.programme;
        let recorded = p.record_booking(&everywhere, &next).unwrap();
        assert_eq!(recorded.owed.len(), 1);
        assert_eq!(recorded.decision.finding.outcome, Outcome::Collect);
        // Somebody else with an analysis on file and no order is left alone.
        let mut other = next.clone();
        other.booking = "B-3".into();
        other.person.fingerprint_number = Some("FPN-other".to_owned());
        let recorded = p.record_booking(&everywhere, &other).unwrap();
        assert_eq!(recorded.decision.finding.outcome, Outcome::MaySkip);
    });
}

#[test]
fn a_sample_that_was_due_and_not_taken_is_owed_until_it_is_taken() {
    on_both(|ground| {
        ground.book(&record(1));
        let close = Close { booking: record(1).booking, why: Some(NotCollected::KitOut) };
        let collector = ground.by(Role::Collector);
        ground.programme.close_booking(&collector, &close).unwrap();
        let again = |n: u32| {
            let mut next = record(n);
            next.person = record(1).person;
            next
        };
        assert_eq!(ground.book(&again(2)).owed.len(), 1);
        ground.stock(&["K-1"]);
        ground.collect(&again(2).booking, "K-1");
        assert_eq!(ground.book(&again(3)).owed.len(), 0);
    });
}

#[test]
fn a_collector_changes_no_booking_of_another_site() {
    on_both(|ground| {
        ground.book(&record(1));
        let elsewhere = ground.by_grants("stranger", &[(Role::Collector, "Houston")]);
        let mut changed = record(1);
        changed.circumstances.site = Site::from("Houston");
        changed.circumstances.custody_basis = [CustodyBasis::Encounter].into();
        let outcome = ground.programme.amend_booking(&elsewhere, &changed);
        assert!(matches!(outcome, Err(ServiceError::Forbidden { .. })), "{outcome:?}");
    });
}

#[test]
fn an_empty_place_is_nobodys() {
    on_both(|ground| {
        let mut nowhere = record(1);
        nowhere.circumstances.site = Site::from("");
        let outcome = ground.programme.record_booking(&ground.by(Role::Collector), &nowhere);
        assert!(matches!(outcome, Err(ServiceError::Invalid(_))), "{outcome:?}");
        let outcome = ground.programme.start_package(&ground.by(Role::KitClerk), &Site::from(""));
        assert!(matches!(outcome, Err(ServiceError::Invalid(_))), "{outcome:?}");
    });
}

#[test]
fn changed_facts_after_a_removal_are_refused_not_a_failure() {
    on_both(|ground: &Ground| {
        ground.specimen(&record(1), "K-1");
        ground.remove("K-1");
        let mut changed = record(1);
        changed.person.given_name = "Other".to_owned();
        let outcome = ground.programme.amend_booking(&ground.by(Role::Collector), &changed);
        assert_eq!(crate::ground::refused(outcome), "REMOVED");
    });
}

//! Collections that do not go to plan.

use journey::actor::Role;
use journey::booking::{Citizenship, NotCollected};
use journey::collection::Abandonment;
use journey::ids::KitBarcode;
use service::booking::Close;
use service::collection::Abandon;

use crate::ground::{on_both, record, refused};

#[test]
fn a_recall_stops_an_open_collection_and_another_kit_serves() {
    on_both(|ground| {
        ground.book(&record(1));
        ground.stock(&["K-1"]);
        let collection = ground.open(&record(1).booking, "K-1").unwrap();
        ground.scan(&collection, "K-1", "K-1").unwrap();
        let recall =
            ground.programme.recall_lot(&ground.by(Role::ProgramManager), "LOT-1").unwrap();
        assert_eq!(recall.withdrawn, [KitBarcode::from("K-1")]);
        assert_eq!(refused(ground.seal(&collection, true)), "KIT_UNUSABLE");
        let abandon = Abandon { collection, why: Abandonment::KitDamaged };
        let collector = ground.by(Role::Collector);
        ground.programme.abandon_collection(&collector, &abandon).unwrap();
        ground.stock_of("LOT-2", &["K-2"]);
        assert_eq!(refused(ground.open(&record(1).booking, "K-1")), "KIT_RECALLED");
        ground.collect(&record(1).booking, "K-2");
    });
}

#[test]
fn an_abandoned_collection_leaves_the_duty_where_it_was() {
    on_both(|ground| {
        ground.book(&record(1));
        ground.stock(&["K-1"]);
        let collection = ground.open(&record(1).booking, "K-1").unwrap();
        let abandon = Abandon { collection, why: Abandonment::Refused };
        let collector = ground.by(Role::Collector);
        let p = &ground.programme;
        p.abandon_collection(&collector, &abandon).unwrap();
        let mut close = Close { booking: record(1).booking, why: None };
        assert!(p.close_booking(&collector, &close).is_err(), "a reason is due");
        close.why = Some(NotCollected::Refused);
        p.close_booking(&collector, &close).unwrap();
        let mut next = record(2);
        next.person = record(1).person;
        assert_eq!(ground.book(&next).owed.len(), 1);
    });
}

#[test]
fn one_booking_gives_one_sample() {
    on_both(|ground| {
        ground.book(&record(1));
        ground.stock(&["K-1", "K-2", "K-3"]);
        let first = ground.open(&record(1).booking, "K-1").unwrap();
        let second = ground.open_at(&record(1).booking, "K-2", "table 2");
        assert_eq!(refused(second), "STATION_BUSY");
        ground.scan(&first, "K-1", "K-1").unwrap();
        ground.seal(&first, true).unwrap();
        let third = ground.open(&record(1).booking, "K-3");
        assert_eq!(refused(third), "BOOKING_ACCOUNTED_FOR");
    });
}

#[test]
fn what_the_rules_forbid_meanwhile_is_not_sealed() {
    on_both(|ground| {
        ground.book(&record(1));
        ground.stock(&["K-1"]);
        let collection = ground.open(&record(1).booking, "K-1").unwrap();
        ground.scan(&collection, "K-1", "K-1").unwrap();
        let mut changed = record(1);
        changed.circumstances.citizenship = Citizenship::Citizen;
        let collector = ground.by(Role::Collector);
        ground.programme.amend_booking(&collector, &changed).unwrap();
        assert_eq!(refused(ground.seal(&collection, true)), "NOT_ELIGIBLE");
        let abandon = Abandon { collection, why: Abandonment::ReleasedFirst };
        ground.programme.abandon_collection(&collector, &abandon).unwrap();
    });
}

#[test]
fn a_clerk_withdraws_no_kit_of_another_site() {
    on_both(|ground| {
        ground.stock(&["K-1"]);
        let elsewhere = ground.by_grants("stranger", &[(Role::KitClerk, "Houston")]);
        let outcome = ground.programme.withdraw_kit(
            &elsewhere,
            &"K-1".into(),
            journey::kit::Withdrawal::Lost,
        );
        assert!(matches!(outcome, Err(service::ServiceError::Forbidden { .. })), "{outcome:?}");
    });
}

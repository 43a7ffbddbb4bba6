//! Past decisions asked again: what was kept must give what was said, and a changed line is seen.

use journey::actor::Role;
use journey::booking::{Citizenship, CustodyBasis};
use service::audit::Side;

use crate::ground::{on_both, record};

#[test]
fn every_decision_follows_from_what_was_kept_of_it_and_a_changed_one_is_seen() {
    on_both(|ground| {
        (1..=3).for_each(|n| drop(ground.book(&record(n))));
        ground.programme.decide_eligibility(&ground.by(Role::Collector), &"B-2".into()).unwrap();
        let auditor = ground.by(Role::Auditor);
        let replay = ground.programme.replay_eligibility(&auditor, None).unwrap();
        assert_eq!((replay.decisions, replay.equal, replay.of_changed_text), (4, 4, 0));
        assert_eq!(replay.differing, []);
        let one = ground.programme.replay_eligibility(&auditor, Some(&"B-2".into())).unwrap();
        assert_eq!((one.decisions, one.equal), (2, 2));

        let sql = "UPDATE decision SET finding = replace(finding, $1, $2) WHERE booking_id = 'B-3'";
        let change: Result<(), store::StoreError> = ground.database(Side::Custody).write(|tx| {
            tx.execute(sql, store::values!["DUTY_DETAINEE", "UNDER_14"])?;
            Ok(())
        });
        change.unwrap();
        let replay = ground.programme.replay_eligibility(&auditor, None).unwrap();
        assert_eq!((replay.decisions, replay.equal), (4, 3));
        let [differing] = replay.differing.as_slice() else { panic!("{replay:?}") };
        assert_eq!(differing.booking, "B-3".into());
        assert_eq!(differing.then, "collect (UNDER_14)");
        assert_eq!(differing.now, "collect (DUTY_DETAINEE)");
    });
}

#[test]
fn another_set_is_asked_about_all_bookings_and_changes_none() {
    on_both(|ground| {
        ground.book(&record(1));
        let mut resident = record(2);
        resident.circumstances.citizenship = Citizenship::Lpr;
        resident.circumstances.custody_basis = [CustodyBasis::CriminalArrest].into();
        ground.book(&resident);
        // The same person once more, not arrested this time.
        let mut again = resident.clone();
        again.booking = "B-3".into();
        again.circumstances.custody_basis = [CustodyBasis::AdminDetention].into();
        ground.book(&again);
        let auditor = ground.by(Role::Auditor);
        let before = ground.programme.view_eligibility(&auditor, &"B-2".into()).unwrap();
        let told = ground.programme.what_if(&auditor, "dhs-full-2021-04-01").unwrap();
        assert_eq!((told.bookings, told.persons), (3, 2));
        assert_eq!((told.bookings_moved, told.persons_moved), (2, 1));
        assert_eq!(told.bookings_with_another_outcome, 1);
        assert_eq!((told.samples_due, told.samples_due_then), (1, 2));
        let to_collect = told.moves.iter().find(|it| it.to.starts_with("collect")).unwrap();
        assert_eq!(to_collect.from, "do_not_collect (LPR_PILOT_EXEMPT)");
        assert_eq!((to_collect.bookings, to_collect.persons), (1, 1));
        let after = ground.programme.view_eligibility(&auditor, &"B-2".into()).unwrap();
        assert_eq!(after.decision, before.decision);
        let unknown = ground.programme.what_if(&auditor, "no-such-set").unwrap_err();
        assert!(unknown.to_string().starts_with("rules: there is no rule set"), "{unknown}");
    });
}

#[test]
fn what_a_removal_destroyed_is_counted_and_not_asked() {
    on_both(|ground| {
        ground.specimen(&record(1), "K-1");
        ground.book(&record(2));
        let auditor = ground.by(Role::Auditor);
        let whole = ground.programme.replay_eligibility(&auditor, None).unwrap();
        assert_eq!(whole.destroyed, 0);
        ground.remove("K-1");
        let replay = ground.programme.replay_eligibility(&auditor, None).unwrap();
        assert!(replay.destroyed > 0 && replay.equal == replay.decisions, "{replay:?}");
        let told = ground.programme.what_if(&auditor, "28cfr28.12-2020-04-08").unwrap();
        assert_eq!((told.bookings, told.destroyed), (1, 1));
    });
}

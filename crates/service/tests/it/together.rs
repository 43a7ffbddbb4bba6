//! Two people at once: exactly one of them gets it.

use std::slice::from_ref;

use std::sync::Barrier;
use std::thread;

use journey::actor::Role;
use service::candidate::Each;
use service::{Programme, ServiceError};

use crate::ground::{Ground, SITE, on_both, record};
use crate::way::{approve, person};

/// Both call at once, each through a programme of its own; gives who got it.
fn race(
    ground: &Ground,
    call: impl Fn(&Programme, usize) -> Result<(), ServiceError> + Sync,
) -> usize {
    let programmes = [ground.another(), ground.another()];
    let barrier = Barrier::new(2);
    let outcomes: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = programmes
            .iter()
            .enumerate()
            .map(|(who, programme)| {
                let (barrier, call) = (&barrier, &call);
                scope.spawn(move || {
                    barrier.wait();
                    call(programme, who)
                })
            })
            .collect();
        threads.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for outcome in &outcomes {
        let fair =
            matches!(outcome, Ok(()) | Err(ServiceError::Refused(_) | ServiceError::Conflict));
        assert!(fair, "{outcome:?}");
    }
    let won: Vec<_> = (0..2).filter(|who| outcomes[*who].is_ok()).collect();
    assert_eq!(won.len(), 1, "{outcomes:?}");
    won[0]
}

fn open(
    ground: &Ground,
    programme: &Programme,
    n: u32,
    kit: &str,
    table: &str,
) -> Result<(), ServiceError> {
    let open = service::collection::Open {
        booking: record(n).booking,
        kit: kit.into(),
        site: SITE.into(),
        table: table.to_owned(),
    };
    let collector = ground.by(Role::Collector);
    programme.open_collection(&collector, &open).map(|_| ())
}

#[test]
fn one_kit_for_two_people() {
    on_both(|ground| {
        ground.book(&record(1));
        ground.book(&record(2));
        ground.stock(&["K-1"]);
        race(ground, |programme, who| {
            let n = [1, 2][who];
            open(ground, programme, n, "K-1", &format!("table {n}"))
        });
        assert_eq!(ground.counts()["custody.collection"], 1);
    });
}

#[test]
fn two_kits_on_one_table() {
    on_both(|ground| {
        ground.book(&record(1));
        ground.book(&record(2));
        ground.stock(&["K-1", "K-2"]);
        race(ground, |programme, who| {
            let n = [1, 2][who];
            open(ground, programme, n, &format!("K-{n}"), "table 1")
        });
        assert_eq!(ground.counts()["custody.collection"], 1);
    });
}

#[test]
fn two_kits_for_one_booking() {
    on_both(|ground| {
        ground.book(&record(1));
        ground.stock(&["K-1", "K-2"]);
        race(ground, |programme, who| {
            let n = who + 1;
            open(ground, programme, 1, &format!("K-{n}"), &format!("table {n}"))
        });
        assert_eq!(ground.counts()["custody.collection"], 1);
    });
}

#[test]
fn one_person_booked_twice_at_once_is_one_person() {
    on_both(|ground| {
        let barrier = Barrier::new(2);
        thread::scope(|scope| {
            for n in [1, 2] {
                let (barrier, programme) = (&barrier, ground.another());
                scope.spawn(move || {
                    let mut booked = record(n);
                    booked.person.fingerprint_number = Some("FPN-same".to_owned());
                    barrier.wait();
                    let collector = ground.by(Role::Collector);
                    programme.record_booking(&collector, &booked).unwrap();
                });
            }
        });
        assert_eq!(ground.counts()["custody.person"], 1);
        assert_eq!(ground.counts()["custody.booking"], 2);
    });
}

#[test]
fn one_profile_entered_by_two() {
    on_both(|ground| {
        let specimen = ground.specimen(&record(1), "K-1");
        ground.typed("PL-1", &specimen, &person(1));
        race(ground, |programme, who| {
            let custodian = ground.by_another(Role::IndexCustodian, ["one", "other"][who]);
            programme.enter_person(&custodian, &specimen)
        });
        assert_eq!(ground.counts()["index.record"], 1);
        assert_eq!(ground.counts()["index.job"], 1);
    });
}

#[test]
fn one_reading_reviewed_by_two() {
    on_both(|ground| {
        let specimen = ground.specimen(&record(1), "K-1");
        ground.load("PL-1", &[&specimen]);
        ground.import("PL-1", &[(&specimen, &person(1))]).unwrap();
        let names = ["one", "other"];
        let won = race(ground, |programme, who| {
            let reviewer = ground.by_another(Role::Reviewer, names[who]);
            programme.review_reading(&reviewer, &approve(&specimen))
        });
        let reading = &ground.texts(service::audit::Side::Index, "reading")[0];
        let reviewer = format!("\"reviewer\":\"{}\"", names[won]);
        assert!(reading.contains(&reviewer), "{reading}");
    });
}

#[test]
fn one_candidate_taken_by_two() {
    on_both(|ground| {
        ground.evidence("EV-1", &person(1)).unwrap();
        ground.evidence("EV-2", &person(1)).unwrap();
        ground.jobs();
        let candidate = ground.candidates()[0].candidate.clone();
        race(ground, |programme, who| {
            let analyst = ground.by_another(Role::CaseworkAnalyst, ["one", "other"][who]);
            programme
                .take_candidates(&analyst, from_ref(&candidate))
                .and_then(Each::of_one)
                .map(drop)
        });
    });
}

#[test]
fn jobs_run_by_two_workers_have_one_effect() {
    on_both(|ground| {
        let specimen = ground.specimen(&record(1), "K-1");
        ground.typed("PL-1", &specimen, &person(1));
        ground.enter(&specimen).unwrap();
        ground.evidence("EV-1", &person(1)).unwrap();
        let barrier = Barrier::new(2);
        let done: usize = thread::scope(|scope| {
            let workers: Vec<_> = (0..2)
                .map(|_| {
                    let (barrier, programme) = (&barrier, ground.another());
                    scope.spawn(move || {
                        barrier.wait();
                        let round = ground.jobs_of(&programme);
                        assert_eq!(round.failed, 0);
                        round.done
                    })
                })
                .collect();
            workers.into_iter().map(|one| one.join().unwrap()).sum()
        });
        assert_eq!(done, 2);
        assert_eq!(ground.candidates().len(), 1);
    });
}

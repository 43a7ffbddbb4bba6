//! Steps across the wall: repeated, and failing at every table that they write.

use journey::actor::Role;
use journey::refusal::RefusalCode;
use service::audit::Side;
use service::jobs::Round;
use store::job::{self, State};

use crate::ground::{Ground, on_both, record};
use crate::way::person;

/// A kind of job: what enqueues it, and the tables that it writes.
struct Kind {
    name: &'static str,
    /// Leaves exactly one job of the kind, and no other, in the outbox.
    prepare: fn(&Ground),
    outbox: Side,
    writes: &'static [(Side, &'static str)],
}

const KINDS: &[Kind] = &[
    Kind {
        name: "register-specimen",
        prepare: accepted,
        outbox: Side::Custody,
        writes: &[(Side::Index, "specimen"), (Side::Index, "event")],
    },
    Kind {
        name: "reclassify-specimen",
        prepare: reclassified,
        outbox: Side::Custody,
        writes: &[(Side::Index, "specimen"), (Side::Index, "event")],
    },
    Kind {
        name: "search",
        prepare: entered,
        outbox: Side::Index,
        writes: &[(Side::Index, "candidate"), (Side::Index, "event")],
    },
    Kind {
        name: "request-confirmation",
        prepare: asked,
        outbox: Side::Index,
        writes: &[
            (Side::Custody, "confirmation"),
            (Side::Custody, "notice"),
            (Side::Custody, "event"),
        ],
    },
    Kind {
        name: "end-confirmation",
        prepare: withdrawn,
        outbox: Side::Index,
        writes: &[
            (Side::Custody, "confirmation"),
            (Side::Custody, "notice"),
            (Side::Custody, "event"),
        ],
    },
    Kind {
        name: "settle-candidate",
        prepare: concluded,
        outbox: Side::Custody,
        writes: &[(Side::Index, "candidate"), (Side::Index, "event")],
    },
    Kind {
        name: "withdraw-record",
        prepare: approved,
        outbox: Side::Custody,
        writes: &[
            (Side::Index, "reading"),
            (Side::Index, "specimen"),
            (Side::Index, "plate_specimen"),
            (Side::Index, "record"),
            (Side::Index, "candidate"),
            (Side::Index, "event"),
            (Side::Custody, "removal"),
            (Side::Custody, "event"),
        ],
    },
];

fn accepted(ground: &Ground) {
    ground.stock(&["K-1"]);
    ground.book(&record(1));
    ground.collect(&record(1).booking, "K-1");
    ground.ship(&["K-1"]);
    ground.examine("K-1", |_| {}).unwrap();
}

fn reclassified(ground: &Ground) {
    accepted(ground);
    assert_eq!(ground.jobs(), Round { done: 1, failed: 0 });
    ground.arrested(1);
}

fn entered(ground: &Ground) {
    let specimen = ground.specimen(&record(1), "K-1");
    ground.typed("PL-1", &specimen, &person(1));
    ground.evidence("EV-1", &person(1)).unwrap();
    assert_eq!(ground.jobs(), Round { done: 1, failed: 0 });
    ground.enter(&specimen).unwrap();
}

fn asked(ground: &Ground) {
    let (_, candidate) = ground.taken(&record(1), "K-1");
    let analyst = ground.by(Role::CaseworkAnalyst);
    ground.programme.request_confirmation(&analyst, &candidate).unwrap();
}

fn withdrawn(ground: &Ground) {
    let (_, candidate) = ground.taken(&record(1), "K-1");
    ground.ask_to_confirm(&candidate);
    let analyst = ground.by(Role::CaseworkAnalyst);
    ground.programme.withdraw_evidence(&analyst, &"EV-1".into(), "a mistake").unwrap();
}

fn concluded(ground: &Ground) {
    let (_, candidate) = ground.taken(&record(1), "K-1");
    let confirmation = ground.ask_to_confirm(&candidate);
    ground.confirm(&confirmation, &person(1));
}

fn approved(ground: &Ground) {
    ground.taken(&record(1), "K-1");
    ground.approved_removal("K-1");
}

/// The job of the kind that is not done, or the only one of it.
fn the_job(ground: &Ground, kind: &Kind) -> job::Job {
    let all: Vec<job::Job> = ground
        .database(kind.outbox)
        .read(|tx| {
            let mut all = Vec::new();
            for state in [State::Queued, State::Running, State::Failed, State::Done] {
                all.extend(job::page(tx, state, 0, 1_000)?);
            }
            Ok::<_, store::StoreError>(all)
        })
        .unwrap();
    all.into_iter().find(|job| job.kind == kind.name).unwrap()
}

/// Puts a job that is done back, as a worker that died before it could say so would leave it.
fn put_back(ground: &Ground, kind: &Kind) {
    let changed = ground
        .database(kind.outbox)
        .write(|tx| {
            let sql = "UPDATE job SET state = 'queued' WHERE kind = $1 AND state = 'done'";
            tx.execute(sql, store::values![kind.name])
        })
        .unwrap();
    assert!(changed >= 1, "{}", kind.name);
}

#[test]
fn each_kind_of_job_run_twice_leaves_the_same_state() {
    for kind in KINDS {
        on_both(|ground| {
            (kind.prepare)(ground);
            let before = ground.state();
            assert_eq!(ground.jobs(), Round { done: 1, failed: 0 }, "{}", kind.name);
            let state = ground.state();
            assert_ne!(state, before, "{} did nothing", kind.name);
            put_back(ground, kind);
            let round = ground.jobs();
            assert!(round.done >= 1 && round.failed == 0, "{}: {round:?}", kind.name);
            assert_eq!(ground.state(), state, "{}", kind.name);
            assert_eq!(ground.jobs(), Round::default(), "{}", kind.name);
        });
    }
}

#[test]
fn each_kind_of_job_fails_whole_at_every_table_and_then_succeeds_once() {
    for kind in KINDS {
        for (side, table) in kind.writes {
            let place = format!("{} at {}.{table}", kind.name, side.word());
            on_both(|ground| {
                (kind.prepare)(ground);
                let sides = |ground: &Ground| {
                    let (custody, index): (Vec<_>, Vec<_>) =
                        ground.state().into_iter().partition(|line| line.starts_with("custody"));
                    if *side == Side::Custody { custody } else { index }
                };
                let (before, counts) = (sides(ground), ground.counts());
                ground.break_table(*side, table);
                assert_eq!(ground.jobs(), Round { done: 0, failed: 1 }, "{place}");
                let waiting = the_job(ground, kind);
                assert_eq!(waiting.state, State::Queued, "{place}");
                assert!(waiting.last_error.is_some(), "{place}");
                assert_eq!(sides(ground), before, "{place}: half a step");
                if *side == Side::Index {
                    let after = ground.counts();
                    let written = |name: &str| after[name] - counts[name];
                    assert_eq!(written("index.event"), 0, "{place}");
                }
                ground.mend(*side, table);
                assert_eq!(ground.jobs(), Round::default(), "{place}: not before its time");
                ground.pass(31);
                assert_eq!(ground.jobs(), Round { done: 1, failed: 0 }, "{place}");
                let healed = ground.state();
                let sound = Ground::sqlite();
                (kind.prepare)(&sound);
                sound.jobs();
                assert_eq!(healed.len(), sound.state().len(), "{place}: one effect");
                assert_eq!(effects(ground), effects(&sound), "{place}: told once");
            });
        }
    }
}

/// How often each kind of event stands in both records, but for searches, each of which is told.
fn effects(ground: &Ground) -> Vec<(String, String, u64)> {
    let mut all = Vec::new();
    for side in [Side::Custody, Side::Index] {
        let counts = ground.database(side).read(store::listing::event_counts).unwrap();
        all.extend(counts.into_iter().filter(|row| row.1 != "searched"));
    }
    all
}

#[test]
fn a_job_that_fails_too_often_waits_for_a_person() {
    on_both(|ground| {
        accepted(ground);
        ground.break_table(Side::Index, "specimen");
        for _ in 0..job::ATTEMPTS_MAX {
            assert_eq!(ground.jobs(), Round { done: 0, failed: 1 });
            ground.pass(6 * 3_600 + 1);
        }
        ground.mend(Side::Index, "specimen");
        assert_eq!(ground.jobs(), Round::default());
        assert_eq!(the_job(ground, &KINDS[0]).state, State::Failed);
    });
}

#[test]
fn a_certificate_waits_for_the_job() {
    on_both(|ground| {
        approved(ground);
        let start = store::listing::After::start();
        let officer = ground.by(Role::PrivacyOfficer);
        let listed = ground.programme.list_removals(&officer, "", &start, 1);
        let removal = listed.unwrap()[0].removal.clone();
        ground.destroy(&removal).unwrap();
        let code = crate::ground::refused(ground.certify(&removal));
        assert_eq!(code, RefusalCode::StepsOpen.code());
        ground.jobs();
        ground.certify(&removal).unwrap();
    });
}

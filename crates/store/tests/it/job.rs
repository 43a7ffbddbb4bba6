//! The outbox: keys, claims, leases, late workers, backoff, rollback.

use jiff::SignedDuration;
use store::job::{self, ATTEMPTS_MAX, Job, LEASE, State};
use store::{Database, StoreError};

use crate::ground::{Ground, at};

fn enqueue(database: &Database, key: &str, seconds: i64) -> bool {
    database.write(|tx| job::enqueue(tx, key, "search", &[key], at(seconds))).unwrap()
}

fn claim(database: &Database, seconds: i64) -> Vec<Job> {
    database.write(|tx| job::claim(tx, at(seconds), 2)).unwrap()
}

fn keys(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(|job| job.key.as_str()).collect()
}

fn a_key_is_enqueued_once(ground: &Ground) {
    let database = ground.custody();
    assert!(enqueue(&database, "a", 0));
    assert!(!enqueue(&database, "a", 1));
    let job = claim(&database, 1).remove(0);
    assert_eq!((job.id, job.attempts, job.created_at), (1, 1, at(0)));
    assert_eq!(job.payload::<Vec<String>>().unwrap(), ["a"]);
    database.write(|tx| job::finish(tx, &job, at(2))).unwrap();
    assert!(!enqueue(&database, "a", 3), "also when it is done");
    assert!(claim(&database, 4).is_empty());
    let done = database.read(|tx| job::by_key(tx, "a")).unwrap().unwrap();
    assert_eq!((done.state, done.updated_at), (State::Done, at(2)));
    assert_eq!(database.read(job::counts).unwrap(), [(State::Done, 1)]);
}

fn jobs_come_in_order_and_not_before_their_time(ground: &Ground) {
    let database = ground.custody();
    for (key, seconds) in [("c", 30), ("a", 10), ("b", 20), ("d", 20)] {
        enqueue(&database, key, seconds);
    }
    assert_eq!(database.read(job::next_due).unwrap(), Some(at(10)));
    assert!(claim(&database, 9).is_empty());
    assert_eq!(keys(&claim(&database, 20)), ["a", "b"]);
    assert_eq!(keys(&claim(&database, 20)), ["d"]);
    assert_eq!(keys(&claim(&database, 30)), ["c"]);
    assert_eq!(database.read(job::next_due).unwrap(), None);
}

fn a_job_of_a_rolled_back_transaction_does_not_exist(ground: &Ground) {
    let database = ground.custody();
    let failed: Result<(), StoreError> = database.write(|tx| {
        job::enqueue(tx, "a", "search", &(), at(0))?;
        Err(StoreError::KeyDestroyed)
    });
    assert!(failed.is_err());
    assert_eq!(database.read(|tx| job::by_key(tx, "a")).unwrap(), None);
}

fn a_job_of_a_dead_worker_is_claimed_again(ground: &Ground) {
    let database = ground.custody();
    enqueue(&database, "a", 0);
    let first = claim(&database, 0).remove(0);
    let lease = LEASE.as_secs();
    assert!(claim(&database, lease - 1).is_empty());
    let second = claim(&database, lease).remove(0);
    assert_eq!(second.attempts, 2);
    let late = database.write(|tx| job::finish(tx, &first, at(lease + 1)));
    assert!(matches!(late, Err(StoreError::Conflict { .. })));
    let late = database.write(|tx| job::fail(tx, &first, "late", at(lease + 1)));
    assert!(matches!(late, Err(StoreError::Conflict { .. })));
    database.write(|tx| job::finish(tx, &second, at(lease + 2))).unwrap();
}

fn a_failing_job_waits_longer_each_time_and_then_for_a_person(ground: &Ground) {
    let database = ground.custody();
    enqueue(&database, "a", 0);
    let mut now = at(0);
    let mut waits = Vec::new();
    for attempt in 1..=ATTEMPTS_MAX {
        let job = database.write(|tx| job::claim(tx, now, 1)).unwrap().remove(0);
        assert_eq!(job.attempts, attempt);
        let state = database.write(|tx| job::fail(tx, &job, "no answer", now)).unwrap();
        assert_eq!(state == State::Failed, attempt == ATTEMPTS_MAX);
        let stored = database.read(|tx| job::by_key(tx, "a")).unwrap().unwrap();
        assert_eq!(stored.last_error.as_deref(), Some("no answer"));
        waits.push(stored.not_before.duration_since(now));
        now = stored.not_before;
    }
    assert!(waits.is_sorted());
    assert_eq!(waits[0], SignedDuration::from_secs(30));
    assert_eq!(waits[11], SignedDuration::from_hours(6));
    assert!(database.write(|tx| job::claim(tx, now, 1)).unwrap().is_empty());
    let failed = database.read(|tx| job::page(tx, State::Failed, 0, 9)).unwrap();
    database.write(|tx| job::retry(tx, failed[0].id, now)).unwrap();
    assert!(database.write(|tx| job::retry(tx, failed[0].id, now)).is_err());
    assert_eq!(database.write(|tx| job::claim(tx, now, 1)).unwrap()[0].attempts, 1);
}

contract! {
    a_key_is_enqueued_once
    jobs_come_in_order_and_not_before_their_time
    a_job_of_a_rolled_back_transaction_does_not_exist
    a_job_of_a_dead_worker_is_claimed_again
    a_failing_job_waits_longer_each_time_and_then_for_a_person
}

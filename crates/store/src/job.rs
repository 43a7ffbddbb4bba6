//! Work that a transaction asks for and that happens after it: the outbox. A job is enqueued in
//! the transaction that needs it, is claimed with a lease, and may run more than once, so every job
//! has to be idempotent. Deliberately absent: what the jobs do (`service`), a clock, and row locks
//! (writers queue on both engines, so two workers never claim the same job).

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::tx::{Row, Tx};
use crate::values;

/// A claimed job that was neither finished nor failed for this long is claimed again: its worker
/// died.
pub const LEASE: SignedDuration = SignedDuration::from_mins(10);
/// Attempts before a job counts as failed and waits for a person.
pub const ATTEMPTS_MAX: i64 = 12;
/// Wait before the second attempt; doubles with every further one.
const BACKOFF_FIRST: SignedDuration = SignedDuration::from_secs(30);
/// Longest wait between two attempts.
const BACKOFF_MAX: SignedDuration = SignedDuration::from_hours(6);

const ENQUEUE: &str = "INSERT INTO job (id, key, kind, payload, state, attempts, not_before, \
     last_error, created_at, updated_at) \
     SELECT COALESCE(MAX(id), 0) + 1, CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), \
     'queued', 0, CAST($4 AS BIGINT), NULL, CAST($4 AS BIGINT), CAST($4 AS BIGINT) \
     FROM job WHERE TRUE ON CONFLICT (key) DO NOTHING";
const CLAIM: &str = "UPDATE job SET state = 'running', attempts = attempts + 1, updated_at = $1 \
     WHERE id IN (SELECT id FROM job WHERE (state = 'queued' AND not_before <= $1) \
     OR (state = 'running' AND updated_at <= $2) ORDER BY not_before, id LIMIT $3) \
     RETURNING id, key, kind, payload, state, attempts, not_before, last_error, created_at, \
     updated_at";
const FINISH: &str = "UPDATE job SET state = 'done', last_error = NULL, updated_at = $3 \
     WHERE id = $1 AND attempts = $2 AND state = 'running'";
const FAIL: &str = "UPDATE job SET state = $3, not_before = $4, last_error = $5, updated_at = $6 \
     WHERE id = $1 AND attempts = $2 AND state = 'running'";
const RETRY: &str = "UPDATE job SET state = 'queued', attempts = 0, not_before = $2, \
     updated_at = $2 WHERE id = $1 AND state = 'failed'";
const GET: &str = "SELECT id, key, kind, payload, state, attempts, not_before, last_error, \
     created_at, updated_at FROM job WHERE key = $1";
const BY_STATE: &str = "SELECT id, key, kind, payload, state, attempts, not_before, last_error, \
     created_at, updated_at FROM job WHERE state = $1 AND id > $2 ORDER BY id LIMIT $3";
const COUNTS: &str = "SELECT state, COUNT(*) AS jobs FROM job GROUP BY state ORDER BY state";
const NEXT_DUE: &str = "SELECT MIN(not_before) AS at FROM job WHERE state = 'queued'";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[ENQUEUE, CLAIM, FINISH, FAIL, RETRY, GET, BY_STATE, COUNTS, NEXT_DUE];

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Waiting until `not_before`.
    Queued,
    /// Claimed; claimed again when the lease has run out.
    Running,
    /// Done.
    Done,
    /// Failed too often; waits for a person.
    Failed,
}

impl State {
    /// As it stands in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Done, Self::Failed]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// A job as it stands in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Order of enqueueing, from 1.
    pub id: i64,
    /// What makes the job one of its kind: enqueueing it twice does nothing.
    pub key: String,
    /// Which worker it is for.
    pub kind: String,
    /// JSON text; ids only, no personal values.
    pub payload: String,
    /// Where it stands.
    pub state: State,
    /// Claims so far, this one included; also tells a late worker from the present one.
    pub attempts: i64,
    /// Not to be claimed earlier.
    pub not_before: Timestamp,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was enqueued.
    pub created_at: Timestamp,
    /// When it was last claimed, finished or failed.
    pub updated_at: Timestamp,
}

impl Job {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let id = row.get_i64("id")?;
        Ok(Self {
            id,
            key: row.get_text("key")?.to_owned(),
            kind: row.get_text("kind")?.to_owned(),
            payload: row.get_text("payload")?.to_owned(),
            state: State::parse(row.get_text("state")?)
                .ok_or_else(|| StoreError::corrupt("job", id, "state"))?,
            attempts: row.get_i64("attempts")?,
            not_before: row.get_at("not_before")?,
            last_error: row.opt_text("last_error")?.map(str::to_owned),
            created_at: row.get_at("created_at")?,
            updated_at: row.get_at("updated_at")?,
        })
    }

    /// The payload as a type. Error: `Corrupt` if it is not that type.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        serde_json::from_str(&self.payload)
            .map_err(|_| StoreError::corrupt("job", self.id, "payload"))
    }
}

/// Enqueues a job in the caller's transaction; `false` if a job with this key exists already, in
/// whatever state: then nothing is changed.
pub fn enqueue(
    tx: &mut dyn Tx,
    key: &str,
    kind: &str,
    payload: &impl Serialize,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let payload = serde_json::to_string(payload).map_err(|_| StoreError::Encode("a job"))?;
    Ok(tx.execute(ENQUEUE, values![key, kind, payload, at])? == 1)
}

/// Claims up to `limit` due jobs, oldest first, also those whose lease has run out.
pub fn claim(tx: &mut dyn Tx, at: Timestamp, limit: u32) -> Result<Vec<Job>, StoreError> {
    let rows = tx.query(CLAIM, values![at, later(at, -LEASE), limit])?;
    let mut jobs = rows.iter().map(Job::read).collect::<Result<Vec<_>, _>>()?;
    jobs.sort_by_key(|job| (job.not_before, job.id));
    Ok(jobs)
}

/// Marks a claimed job done. Error: `Conflict` if its lease ran out and it was claimed again.
pub fn finish(tx: &mut dyn Tx, job: &Job, at: Timestamp) -> Result<(), StoreError> {
    held(tx.execute(FINISH, values![job.id, job.attempts, at])?)
}

/// Gives a claimed job back to be tried again after a wait that doubles with every attempt, or, at
/// the last attempt, marks it failed; returns the state it has now. `error` is shown to operators
/// and must not hold personal values. Error: `Conflict` if it was claimed again meanwhile.
pub fn fail(tx: &mut dyn Tx, job: &Job, error: &str, at: Timestamp) -> Result<State, StoreError> {
    let state = if job.attempts < ATTEMPTS_MAX { State::Queued } else { State::Failed };
    let not_before = later(at, backoff(job.attempts));
    let params = values![job.id, job.attempts, state.name(), not_before, error, at];
    held(tx.execute(FAIL, params)?)?;
    Ok(state)
}

/// Puts a failed job back into the queue, as a person's decision. Error: `Conflict` if there is no
/// failed job with this id.
pub fn retry(tx: &mut dyn Tx, id: i64, at: Timestamp) -> Result<(), StoreError> {
    held(tx.execute(RETRY, values![id, at])?)
}

/// The job with this key.
pub fn by_key(tx: &mut dyn Tx, key: &str) -> Result<Option<Job>, StoreError> {
    tx.first(GET, values![key])?.map(|row| Job::read(&row)).transpose()
}

/// Up to `limit` jobs in a state with ids above `after_id`.
pub fn page(
    tx: &mut dyn Tx,
    state: State,
    after_id: i64,
    limit: u32,
) -> Result<Vec<Job>, StoreError> {
    tx.query(BY_STATE, values![state.name(), after_id, limit])?.iter().map(Job::read).collect()
}

/// How many jobs there are in each state that occurs.
pub fn counts(tx: &mut dyn Tx) -> Result<Vec<(State, u64)>, StoreError> {
    tx.query(COUNTS, &[])?
        .iter()
        .map(|row| {
            let state = State::parse(row.get_text("state")?)
                .ok_or_else(|| StoreError::corrupt("job", "-", "state"))?;
            Ok((state, row.get_u64("jobs")?))
        })
        .collect()
}

/// When the next queued job becomes due; `None` if none is queued.
pub fn next_due(tx: &mut dyn Tx) -> Result<Option<Timestamp>, StoreError> {
    tx.first(NEXT_DUE, &[])?.map_or(Ok(None), |row| row.opt_at("at"))
}

fn held(changed: u64) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::conflict("job.attempts")) }
}

/// Wait after the given number of attempts: 30 s, 1 min, 2 min ... at most 6 h.
fn backoff(attempts: i64) -> SignedDuration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    let wait = BACKOFF_FIRST.checked_mul(1 << doublings).unwrap_or(BACKOFF_MAX);
    wait.min(BACKOFF_MAX)
}

fn later(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.saturating_add(wait).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_six_hours() {
        let seconds: Vec<i64> = [1, 2, 3, 10, 11, 100].map(|n| backoff(n).as_secs()).to_vec();
        assert_eq!(seconds, [30, 60, 120, 15_360, 21_600, 21_600]);
    }
}

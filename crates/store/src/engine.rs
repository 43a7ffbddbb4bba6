//! What the two engines share: a bounded pool of connections and the rule that settles a
//! transaction. SQL differences live in the two files below and in `migration`.

use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::error::StoreError;

pub(crate) mod sqlite;
pub(crate) mod postgres;

/// Reading connections of one handle.
pub(crate) const READERS_MAX: usize = 8;
/// How long a reader waits for a free connection.
const WAIT: Duration = Duration::from_secs(20);

/// Makes the table every database has from its first moment on; writers also queue on it.
pub(crate) const MIGRATION_TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (\
     version BIGINT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, \
     applied_at BIGINT NOT NULL)";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Read,
    Write,
}

/// How one attempt at a transaction ended.
pub(crate) enum Outcome<T, E> {
    Done(Result<T, E>),
    /// Rolled back through no fault of the closure; the error is for when attempts run out.
    Again(StoreError),
}

/// The first failure a transaction met; every later statement is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Another transaction won; the whole closure is to be run again.
    Again,
    Final,
}

/// Decides what becomes of a transaction: commit (with the value), or the outcome after rollback.
pub(crate) fn settle<T, E: From<StoreError>>(
    result: Result<T, E>,
    failure: Option<Failure>,
) -> Result<T, Outcome<T, E>> {
    match (result, failure) {
        (_, Some(Failure::Again)) => Err(Outcome::Again(StoreError::Busy)),
        (Ok(_), Some(Failure::Final)) => Err(Outcome::Done(Err(StoreError::Aborted.into()))),
        (Ok(value), None) => Ok(value),
        (Err(error), _) => Err(Outcome::Done(Err(error))),
    }
}

/// At most [`READERS_MAX`] connections, opened when first needed.
pub(crate) struct Pool<C> {
    state: Mutex<PoolState<C>>,
    freed: Condvar,
}

struct PoolState<C> {
    idle: Vec<C>,
    lent: usize,
}

impl<C> Pool<C> {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::new(PoolState { idle: Vec::new(), lent: 0 }), freed: Condvar::new() }
    }

    /// Lends an idle connection or opens one. `Busy` if all stay lent for too long.
    pub(crate) fn lend(
        &self,
        open: impl FnOnce() -> Result<C, StoreError>,
    ) -> Result<Lent<'_, C>, StoreError> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut state, _) = self
            .freed
            .wait_timeout_while(state, WAIT, |state| state.lent >= READERS_MAX)
            .unwrap_or_else(PoisonError::into_inner);
        if state.lent >= READERS_MAX {
            return Err(StoreError::Busy);
        }
        state.lent += 1;
        let idle = state.idle.pop();
        drop(state);
        let mut lent = Lent { pool: self, connection: idle };
        if lent.connection.is_none() {
            lent.connection = Some(open()?);
        }
        Ok(lent)
    }
}

/// A lent connection; it goes back when dropped, unless it was discarded.
pub(crate) struct Lent<'p, C> {
    pool: &'p Pool<C>,
    connection: Option<C>,
}

impl<C> Lent<'_, C> {
    /// Closes the connection instead of giving it back.
    pub(crate) fn discard(mut self) {
        self.connection = None;
    }
}

impl<C> Deref for Lent<'_, C> {
    type Target = Option<C>;
    fn deref(&self) -> &Option<C> {
        &self.connection
    }
}

impl<C> DerefMut for Lent<'_, C> {
    fn deref_mut(&mut self) -> &mut Option<C> {
        &mut self.connection
    }
}

impl<C> Drop for Lent<'_, C> {
    fn drop(&mut self) {
        let mut state = self.pool.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.lent = state.lent.saturating_sub(1);
        state.idle.extend(self.connection.take());
        self.pool.freed.notify_one();
    }
}

//! Opening a database and running transactions on it. The only place that retries.
//! Deliberately absent: async (callers use `spawn_blocking`), connection strings from the
//! environment, and concurrent writers: the append-only record is one sequence, so writers queue on
//! both engines, and readers never wait for them.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::engine::postgres::PostgresEngine;
use crate::engine::sqlite::SqliteEngine;
use crate::engine::{Mode, Outcome};
use crate::error::StoreError;
use crate::tx::{Dialect, Tx};

/// Attempts of one transaction before the caller gets the error.
const ATTEMPTS_MAX: u32 = 8;

/// Where a database is.
#[derive(Clone)]
pub enum Location {
    /// A file on a local disk (never a network share: WAL needs shared memory). Created if absent.
    Sqlite(PathBuf),
    /// A connection URL, `postgres://user@host:port/name`; `?options=-c search_path=...` picks a
    /// schema. Not through a transaction-pooling proxy: prepared statements are kept per session.
    Postgres(String),
}

impl fmt::Debug for Location {
    /// A connection URL can hold a password, so it is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(_) => f.write_str("Postgres(..)"),
        }
    }
}

enum Engine {
    Sqlite(SqliteEngine),
    Postgres(Box<PostgresEngine>),
}

/// A handle to one database; cloning shares its connections.
#[derive(Clone)]
pub struct Database {
    engine: Arc<Engine>,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({:?})", self.dialect())
    }
}

impl Database {
    /// Opens the database and makes sure it has its `migration` table. Errors: the place cannot be
    /// reached, or the SQLite library is one with the WAL-reset defect (before 3.51.3).
    pub fn open(location: &Location) -> Result<Self, StoreError> {
        let engine = match location {
            Location::Sqlite(path) => Engine::Sqlite(SqliteEngine::open(path)?),
            Location::Postgres(url) => Engine::Postgres(Box::new(PostgresEngine::open(url)?)),
        };
        Ok(Self { engine: Arc::new(engine) })
    }

    /// Which engine this is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match *self.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs `run` in a read-only transaction: one consistent state from the first statement on.
    /// `run` may be run again and so must do nothing but read and compute.
    pub fn read<T, E: From<StoreError>>(
        &self,
        run: impl Fn(&mut dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.run(Mode::Read, &run)
    }

    /// Runs `run` in a serialisable write transaction and commits if it returns `Ok`; any `Err`,
    /// also of the caller's own kind, rolls back. `run` may be run again after a serialisation
    /// failure and so must have no effect outside its transaction.
    pub fn write<T, E: From<StoreError>>(
        &self,
        run: impl Fn(&mut dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.run(Mode::Write, &run)
    }

    /// Removes what deleted rows leave behind in the files: on SQLite the write-ahead log is
    /// emptied (the rows themselves are overwritten when deleted), on PostgreSQL the table is
    /// written anew. To be called after keys have been destroyed; not in a transaction. Backups
    /// and PostgreSQL's own log archive are the operator's to expire.
    pub fn scrub(&self, table: &'static str) -> Result<(), StoreError> {
        match &*self.engine {
            Engine::Sqlite(engine) => engine.scrub(),
            Engine::Postgres(engine) => engine.scrub(table),
        }
    }

    fn run<T, E: From<StoreError>>(
        &self,
        mode: Mode,
        run: &dyn Fn(&mut dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut attempt = 0;
        loop {
            let outcome = match &*self.engine {
                Engine::Sqlite(engine) => engine.attempt(mode, run),
                Engine::Postgres(engine) => engine.attempt(mode, run),
            };
            attempt += 1;
            match outcome {
                Outcome::Done(result) => return result,
                Outcome::Again(error) if attempt >= ATTEMPTS_MAX => return Err(error.into()),
                Outcome::Again(_) => thread::sleep(Duration::from_millis(1 << attempt)),
            }
        }
    }
}

//! SQLite: one writing connection behind a mutex, a pool of reading ones, WAL, `synchronous=FULL`.
//! `$1` is a named parameter to SQLite, numbered by first use: parameters are therefore bound by
//! the number in their name.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, ffi};

use crate::engine::{Failure, MIGRATION_TABLE, Mode, Outcome, Pool, settle};
use crate::error::StoreError;
use crate::tx::{Dialect, Row, Tx, Value};

/// First library version without the WAL-reset defect (sqlite.org/wal.html#the_wal_reset_bug).
const VERSION_MIN: i32 = 3_051_003;
const BUSY: Duration = Duration::from_secs(1);
const STATEMENTS_MAX: usize = 256;

pub(crate) struct SqliteEngine {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Pool<Connection>,
}

impl SqliteEngine {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        check_version(rusqlite::version_number())?;
        create_private(path)?;
        let writer = Connection::open(path).map_err(cannot_open)?;
        configure(&writer).map_err(cannot_open)?;
        let journal: String = writer
            .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
            .map_err(cannot_open)?;
        if journal != "wal" {
            return Err(StoreError::Unavailable(format!(
                "the file system gives journal mode {journal}; write-ahead logging is needed"
            )));
        }
        writer
            .execute_batch(&format!("{MIGRATION_TABLE} STRICT;").replace("BIGINT", "INTEGER"))
            .map_err(cannot_open)?;
        Ok(Self { path: path.to_owned(), writer: Mutex::new(writer), readers: Pool::new() })
    }

    fn open_reader(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(&self.path, flags).map_err(cannot_open)?;
        configure(&reader).map_err(cannot_open)?;
        reader.execute_batch("PRAGMA query_only = ON").map_err(cannot_open)?;
        Ok(reader)
    }

    pub(crate) fn attempt<T, E: From<StoreError>>(
        &self,
        mode: Mode,
        run: &dyn Fn(&mut dyn Tx) -> Result<T, E>,
    ) -> Outcome<T, E> {
        if mode == Mode::Write {
            // A panic in an earlier closure has rolled back: the connection is sound.
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            return transact(&mut writer, TransactionBehavior::Immediate, run);
        }
        match self.readers.lend(|| self.open_reader()) {
            Ok(mut lent) => match lent.as_mut() {
                Some(reader) => transact(reader, TransactionBehavior::Deferred, run),
                None => Outcome::Again(StoreError::Busy),
            },
            Err(error) => Outcome::Done(Err(error.into())),
        }
    }

    pub(crate) fn scrub(&self) -> Result<(), StoreError> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let busy: i64 = writer
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(|error| explain(&error))?;
        if busy == 0 { Ok(()) } else { Err(StoreError::Busy) }
    }
}

fn check_version(version: i32) -> Result<(), StoreError> {
    if version >= VERSION_MIN {
        return Ok(());
    }
    Err(StoreError::Unavailable(format!(
        "the SQLite library has version number {version}; {VERSION_MIN} (3.51.3) or later is \
         needed, because earlier ones can lose committed data when the write-ahead log is reset"
    )))
}

/// Makes the file if it is absent, for its owner only; SQLite gives its log files the same mode.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(StoreError::Unavailable(format!("{}: {}", path.display(), error.kind()))),
    }
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // recursive_triggers: otherwise INSERT OR REPLACE deletes without firing append-only triggers.
    // secure_delete: deleted key rows are overwritten with zeros.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; \
         PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
    )
}

fn transact<T, E: From<StoreError>>(
    connection: &mut Connection,
    behavior: TransactionBehavior,
    run: &dyn Fn(&mut dyn Tx) -> Result<T, E>,
) -> Outcome<T, E> {
    let transaction = match connection.transaction_with_behavior(behavior) {
        Ok(transaction) => transaction,
        Err(error) => return give_up(&error),
    };
    let mut tx = SqliteTx { connection: &transaction, failure: None };
    let result = run(&mut tx);
    let failure = tx.failure;
    match settle(result, failure) {
        Ok(value) => match transaction.commit() {
            Ok(()) => Outcome::Done(Ok(value)),
            Err(error) => give_up(&error),
        },
        // Dropping the transaction rolls it back.
        Err(outcome) => outcome,
    }
}

fn give_up<T, E: From<StoreError>>(error: &rusqlite::Error) -> Outcome<T, E> {
    match explain(error) {
        StoreError::Busy => Outcome::Again(StoreError::Busy),
        other => Outcome::Done(Err(other.into())),
    }
}

struct SqliteTx<'c> {
    connection: &'c Connection,
    failure: Option<Failure>,
}

impl SqliteTx<'_> {
    fn guard<T>(
        &mut self,
        step: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.failure.is_some() {
            return Err(StoreError::Aborted);
        }
        step(self.connection).inspect_err(|error| {
            let again = matches!(error, StoreError::Busy);
            self.failure = Some(if again { Failure::Again } else { Failure::Final });
        })
    }
}

impl Tx for SqliteTx<'_> {
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        self.guard(|connection| {
            let mut statement = connection.prepare_cached(sql).map_err(|e| explain(&e))?;
            bind(&mut statement, params)?;
            let changed = statement.raw_execute().map_err(|error| explain(&error))?;
            Ok(changed as u64)
        })
    }

    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.guard(|connection| {
            let mut statement = connection.prepare_cached(sql).map_err(|e| explain(&e))?;
            bind(&mut statement, params)?;
            let columns: Arc<[String]> = statement.column_names().map(str::to_owned).collect();
            let mut rows = statement.raw_query();
            let mut found = Vec::new();
            while let Some(row) = rows.next().map_err(|error| explain(&error))? {
                let values = (0..columns.len())
                    .map(|at| row.get_ref(at).map_err(|error| explain(&error)).and_then(value))
                    .collect::<Result<Vec<_>, _>>()?;
                found.push(Row::new(Arc::clone(&columns), values));
            }
            Ok(found)
        })
    }

    fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.guard(|connection| connection.execute_batch(sql).map_err(|error| explain(&error)))
    }

    fn prepare(&mut self, sql: &str) -> Result<(), StoreError> {
        self.guard(|connection| connection.prepare(sql).map(drop).map_err(|e| explain(&e)))
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }
}

fn bind(statement: &mut rusqlite::Statement<'_>, params: &[Value]) -> Result<(), StoreError> {
    let mut highest = 0;
    for index in 1..=statement.parameter_count() {
        let number = statement
            .parameter_name(index)
            .and_then(|name| name.strip_prefix('$'))
            .and_then(|digits| digits.parse::<usize>().ok())
            .filter(|number| *number > 0)
            .ok_or_else(|| StoreError::Statement("parameters are written $1, $2 ...".to_owned()))?;
        highest = highest.max(number);
        let Some(value) = params.get(number - 1) else {
            break;
        };
        value.check()?;
        let bound = match value {
            Value::Null => ValueRef::Null,
            Value::Int(int) => ValueRef::Integer(*int),
            Value::Real(real) => ValueRef::Real(*real),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        };
        let bound = rusqlite::types::ToSqlOutput::Borrowed(bound);
        statement.raw_bind_parameter(index, bound).map_err(|error| explain(&error))?;
    }
    if highest == params.len() {
        return Ok(());
    }
    Err(StoreError::Statement(format!(
        "the statement has parameters up to ${highest}, but {} values were given",
        params.len()
    )))
}

fn value(value: ValueRef<'_>) -> Result<Value, StoreError> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(int) => Value::Int(int),
        ValueRef::Real(real) => Value::Real(real),
        ValueRef::Text(text) => Value::Text(
            String::from_utf8(text.to_vec())
                .map_err(|_| StoreError::Statement("a text column is not UTF-8".to_owned()))?,
        ),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    })
}

/// SQLite's messages name tables, columns and SQL text, never parameter values.
fn explain(error: &rusqlite::Error) -> StoreError {
    let rusqlite::Error::SqliteFailure(failure, message) = error else {
        return StoreError::Statement(error.to_string());
    };
    let message = message.clone().unwrap_or_else(|| failure.to_string());
    match failure.code {
        ErrorCode::ConstraintViolation => constraint(failure.extended_code, &message),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            StoreError::corrupt("(file)", "-", "-")
        }
        ErrorCode::CannotOpen
        | ErrorCode::DiskFull
        | ErrorCode::SystemIoFailure
        | ErrorCode::PermissionDenied
        | ErrorCode::ReadOnly => StoreError::Unavailable(message),
        _ => StoreError::Statement(message),
    }
}

fn constraint(extended_code: i32, message: &str) -> StoreError {
    let named = message.split_once("constraint failed: ").map_or(message, |(_, name)| name);
    let constraint = named.to_owned();
    match extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_ROWID => StoreError::Conflict { constraint },
        _ => StoreError::Integrity { constraint },
    }
}

fn cannot_open(error: rusqlite::Error) -> StoreError {
    match explain(&error) {
        StoreError::Statement(message) => StoreError::Unavailable(message),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_library_is_refused() {
        assert!(check_version(3_051_002).is_err());
        assert!(check_version(3_051_003).is_ok());
        check_version(rusqlite::version_number()).unwrap();
    }

    #[test]
    fn parameters_are_bound_by_number_not_by_first_use() {
        let connection = Connection::open_in_memory().unwrap();
        let mut tx = SqliteTx { connection: &connection, failure: None };
        let params = [Value::Int(1), Value::Int(2)];
        let rows = tx.query("SELECT $2 AS b, $1 AS a, $2 AS c", &params).unwrap();
        assert_eq!(rows[0].get_i64("a").unwrap(), 1);
        assert_eq!(rows[0].get_i64("b").unwrap(), 2);
        assert_eq!(rows[0].get_i64("c").unwrap(), 2);
    }

    #[test]
    fn the_number_of_values_must_fit() {
        let connection = Connection::open_in_memory().unwrap();
        for params in [vec![], vec![Value::Null, Value::Null]] {
            let mut tx = SqliteTx { connection: &connection, failure: None };
            let error = tx.query("SELECT $1 AS a", &params).unwrap_err();
            assert!(error.to_string().contains("up to $1"), "{error}");
        }
    }
}

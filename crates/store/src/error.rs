//! The one error type of this crate. A message names tables, columns and constraints, never a
//! value: parameters may be personal data, and errors end in logs.

use thiserror::Error;

/// What can go wrong between the programme and its databases.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A row with this key exists already, or the row was changed by somebody else meanwhile.
    /// `constraint` is `table.column` (several columns: `table.a, table.b`) on both engines.
    #[error("conflict on {constraint}: the row exists already or was changed meanwhile")]
    Conflict {
        /// `table.column` of the key or of the version that did not fit.
        constraint: String,
    },
    /// A check, a foreign key, a `NOT NULL` or an append-only trigger of the schema said no.
    #[error("the database refused the row: {constraint}")]
    Integrity {
        /// The constraint as the engine names it, or the trigger's own sentence.
        constraint: String,
    },
    /// The person's data key has been destroyed, so the values sealed with it are gone for good.
    #[error("the data key of this person has been destroyed; the sealed values cannot be opened")]
    KeyDestroyed,
    /// A stored value is not what this programme wrote.
    #[error("damaged value in table {table}, row {row}, column {column}")]
    Corrupt {
        /// Table name.
        table: String,
        /// Identifier of the row, never a personal value.
        row: String,
        /// Column name.
        column: String,
    },
    /// A result has no such column, or the column has another type.
    #[error("column {column} of the result is not {expected}")]
    Column {
        /// Column name as asked for.
        column: String,
        /// The type that was asked for.
        expected: &'static str,
    },
    /// Other writers kept the database busy for the whole time allowed. Trying again is safe.
    #[error("the database is busy; nothing was written, try again")]
    Busy,
    /// The database or a file cannot be reached or opened.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The connection broke while committing: the transaction may or may not have taken place.
    #[error("the connection was lost during commit; look whether the change is there")]
    CommitUnknown,
    /// The embedded migrations and the database do not fit together.
    #[error("migration: {0}")]
    Migration(String),
    /// A statement is wrong (syntax, unknown table, wrong number or type of parameters): a bug.
    #[error("wrong statement: {0}")]
    Statement(String),
    /// The transaction went on after a statement had failed. Nothing was written.
    #[error("a statement had failed, so the transaction was rolled back")]
    Aborted,
    /// A key file is missing, unreadable, malformed, or open to other users.
    #[error("key file: {0}")]
    Key(String),
    /// A value could not be written as JSON, sealed, or signed.
    #[error("cannot encode {0}")]
    Encode(&'static str),
}

impl StoreError {
    /// A damaged value at a place.
    #[must_use]
    pub fn corrupt(table: &str, row: impl ToString, column: &str) -> Self {
        Self::Corrupt { table: table.to_owned(), row: row.to_string(), column: column.to_owned() }
    }

    /// A conflict on `table.column`.
    #[must_use]
    pub fn conflict(constraint: impl Into<String>) -> Self {
        Self::Conflict { constraint: constraint.into() }
    }

    /// True if repeating the same work later can succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable(_))
    }
}

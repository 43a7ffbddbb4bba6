//! Rows that hold a stage: `(id, version, stage, state, at)`, written with an optimistic version.
//! Deliberately absent: the meaning of a stage (`journey`), and other columns (a station sets
//! its own by a following `UPDATE`).

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::tx::{Row, Tx};
use crate::values;

/// A stage as it was read, with the version that the next write has to name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned<T> {
    /// Identifier of the row.
    pub id: String,
    /// From 1, plus one with every write.
    pub version: i64,
    /// When the row was last written.
    pub at: Timestamp,
    /// The stage itself.
    pub value: T,
}

/// The row's stage, or `None` if there is no such row. Error: `Corrupt` if the state is not `T`.
pub fn load<T: DeserializeOwned>(
    tx: &mut dyn Tx,
    table: &'static str,
    id: &str,
) -> Result<Option<Versioned<T>>, StoreError> {
    let sql = format!("SELECT id, version, state, at FROM {table} WHERE id = $1");
    tx.first(&sql, values![id])?.map(|row| read(table, &row)).transpose()
}

/// Reads a stage from a row that has the columns `id`, `version`, `state`, `at`.
pub fn read<T: DeserializeOwned>(
    table: &'static str,
    row: &Row,
) -> Result<Versioned<T>, StoreError> {
    let id = row.get_text("id")?;
    let value = serde_json::from_str(row.get_text("state")?)
        .map_err(|_| StoreError::corrupt(table, id, "state"))?;
    let (version, at) = (row.get_i64("version")?, row.get_at("at")?);
    Ok(Versioned { id: id.to_owned(), version, at, value })
}

/// Writes a stage and returns its new version. `expected` is the version that was read, `None` for
/// a new row. Error: `Conflict` on `table.id` if a new row is there already, on `table.version` if
/// the row was changed meanwhile or does not exist.
pub fn put(
    tx: &mut dyn Tx,
    table: &'static str,
    id: &str,
    expected: Option<i64>,
    stage: &str,
    state: &impl Serialize,
    at: Timestamp,
) -> Result<i64, StoreError> {
    let state = serde_json::to_string(state).map_err(|_| StoreError::Encode("a stage"))?;
    let version = expected.unwrap_or(0).saturating_add(1);
    let written = match expected {
        None => {
            let sql = format!(
                "INSERT INTO {table} (id, version, stage, state, at) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (id) DO NOTHING"
            );
            tx.execute(&sql, values![id, version, stage, state, at])?
        }
        Some(expected) => {
            let sql = format!(
                "UPDATE {table} SET version = $2, stage = $3, state = $4, at = $5 \
                 WHERE id = $1 AND version = $6"
            );
            tx.execute(&sql, values![id, version, stage, state, at, expected])?
        }
    };
    if written == 1 {
        return Ok(version);
    }
    let column = if expected.is_none() { "id" } else { "version" };
    Err(StoreError::conflict(format!("{table}.{column}")))
}

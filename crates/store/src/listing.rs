//! Pages and counts over any table of stages, for worklists. Absent: filters that only one
//! station has; those stand in its own file.

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::Tx;
use crate::values;

const EVENT_COUNTS: &str = "SELECT station, kind, COUNT(*) AS number FROM event \
     GROUP BY station, kind ORDER BY station, kind";

/// Every fixed statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[EVENT_COUNTS];

/// Where a page begins: after the row written at this instant with this id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// When the last row of the page before was written.
    pub at: Timestamp,
    /// Its id.
    pub id: String,
}

impl After {
    /// Before the first row.
    #[must_use]
    pub fn start() -> Self {
        Self { at: Timestamp::MIN, id: String::new() }
    }
}

/// One page of a table, longest waiting first; of one stage, or of all where `stage` is empty.
pub fn page<T: DeserializeOwned>(
    tx: &mut dyn Tx,
    table: &'static str,
    stage: &str,
    after: &After,
    limit: u32,
) -> Result<Vec<Versioned<T>>, StoreError> {
    let sql = format!(
        "SELECT id, version, state, at FROM {table} WHERE ($1 = '' OR stage = $1) \
         AND (at > $2 OR (at = $2 AND id > $3)) ORDER BY at, id LIMIT $4"
    );
    let rows = tx.query(&sql, values![stage, after.at, &after.id, limit])?;
    rows.iter().map(|row| stream::read(table, row)).collect()
}

/// How many rows stand at each stage.
pub fn counts(tx: &mut dyn Tx, table: &'static str) -> Result<Vec<(String, u64)>, StoreError> {
    let sql =
        format!("SELECT stage, COUNT(*) AS number FROM {table} GROUP BY stage ORDER BY stage");
    let rows = tx.query(&sql, &[])?;
    rows.iter().map(|row| Ok((row.get_text("stage")?.to_owned(), row.get_u64("number")?))).collect()
}

/// How often each kind of event happened at each station: `(station, kind, number)`.
pub fn event_counts(tx: &mut dyn Tx) -> Result<Vec<(String, String, u64)>, StoreError> {
    let rows = tx.query(EVENT_COUNTS, &[])?;
    rows.iter()
        .map(|row| {
            let station = row.get_text("station")?.to_owned();
            Ok((station, row.get_text("kind")?.to_owned(), row.get_u64("number")?))
        })
        .collect()
}

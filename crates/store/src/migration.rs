//! Forward-only migrations, embedded as one SQL text for both engines. What has been applied never
//! changes: its checksum is kept. Deliberately absent: going back, and changing data from outside.
//!
//! Placeholders in the text: `{int}`, `{bytes}`, `{real}` are the column types that differ,
//! `{strict}` ends a `CREATE TABLE (...)`, and `{append_only TABLE}` makes the triggers that refuse
//! every update and delete on the table.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::database::Database;
use crate::error::StoreError;
use crate::tx::{Dialect, Tx};
use crate::values;

const APPLIED: &str = "SELECT version, name, sha256 FROM migration ORDER BY version";
const RECORD: &str =
    "INSERT INTO migration (version, name, sha256, applied_at) VALUES ($1, $2, $3, $4)";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[APPLIED, RECORD];

/// One step. Its version is its place in the list of its database, from 1.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// A short name, shown in messages.
    pub name: &'static str,
    /// SQL text with placeholders, see the head of this file.
    pub sql: &'static str,
}

/// Brings the database up to the end of `list`, each step in its own transaction, and returns how
/// many steps were new. Errors: an applied step has another name or text than the list's, or the
/// database is newer than this programme.
pub fn migrate(
    database: &Database,
    list: &[Migration],
    at: Timestamp,
) -> Result<usize, StoreError> {
    let mut applied = 0;
    for upto in 1..=list.len() {
        applied += usize::from(database.write(|tx| step(tx, list, upto, at))?);
    }
    Ok(applied)
}

/// Applies step number `upto` (from 1) unless it is applied already.
fn step(
    tx: &mut dyn Tx,
    list: &[Migration],
    upto: usize,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let done = check(tx, list)?;
    if done >= upto {
        return Ok(false);
    }
    let Some((version, migration)) = (1_i64..).zip(list).nth(done) else {
        return Ok(false);
    };
    tx.script(&expand(migration.sql, tx.dialect())?)?;
    let checksum = checksum(migration.sql);
    tx.execute(RECORD, values![version, migration.name, checksum, at])?;
    Ok(true)
}

/// Compares the applied steps with the list and returns how many there are.
pub fn check(tx: &mut dyn Tx, list: &[Migration]) -> Result<usize, StoreError> {
    let rows = tx.query(APPLIED, &[])?;
    if rows.len() > list.len() {
        return Err(StoreError::Migration(format!(
            "the database has {} steps, this programme knows {}: it needs a newer programme",
            rows.len(),
            list.len()
        )));
    }
    for ((row, migration), version) in rows.iter().zip(list).zip(1_i64..) {
        if row.get_i64("version")? != version || row.get_text("name")? != migration.name {
            return Err(StoreError::Migration(format!(
                "step {version} is `{}` in the database, but `{}` in this programme",
                row.get_text("name")?,
                migration.name
            )));
        }
        if row.get_text("sha256")? != checksum(migration.sql) {
            return Err(StoreError::Migration(format!(
                "step {version} `{}` was applied with another text; add a new step instead of \
                 changing an applied one",
                migration.name
            )));
        }
    }
    Ok(rows.len())
}

fn checksum(sql: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(sql))
}

/// Replaces the placeholders. Error: one that is not known.
fn expand(sql: &str, dialect: Dialect) -> Result<String, StoreError> {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((word, tail)) = after.split_once('}') else {
            return Err(StoreError::Migration("a `{` is not closed".to_owned()));
        };
        out.push_str(before);
        out.push_str(&placeholder(word, dialect)?);
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

fn placeholder(word: &str, dialect: Dialect) -> Result<String, StoreError> {
    if let Some(table) = word.strip_prefix("append_only ") {
        return Ok(append_only(table, dialect));
    }
    Ok(match (word, dialect) {
        ("int", Dialect::Sqlite) => "INTEGER",
        ("int", Dialect::Postgres) => "BIGINT",
        ("bytes", Dialect::Sqlite) => "BLOB",
        ("bytes", Dialect::Postgres) => "BYTEA",
        ("real", Dialect::Sqlite) => "REAL",
        ("real", Dialect::Postgres) => "DOUBLE PRECISION",
        ("strict", Dialect::Sqlite) => "STRICT",
        ("strict", Dialect::Postgres) => "",
        _ => {
            return Err(StoreError::Migration(format!("`{{{word}}}` is not a placeholder")));
        }
    }
    .to_owned())
}

fn append_only(table: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => ["UPDATE", "DELETE"]
            .map(|verb| {
                format!(
                    "CREATE TRIGGER {table}_no_{} BEFORE {verb} ON {table} BEGIN \
                     SELECT RAISE(ABORT, 'table {table} is append-only'); END;",
                    verb.to_lowercase()
                )
            })
            .join("\n"),
        Dialect::Postgres => format!(
            "CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             RAISE EXCEPTION 'table {table} is append-only'; END $$;\n\
             CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} \
             FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only();"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders() {
        let sql = "CREATE TABLE a (b {int}, c {bytes}, d {real}) {strict};";
        assert_eq!(
            expand(sql, Dialect::Sqlite).unwrap(),
            "CREATE TABLE a (b INTEGER, c BLOB, d REAL) STRICT;"
        );
        assert_eq!(
            expand(sql, Dialect::Postgres).unwrap(),
            "CREATE TABLE a (b BIGINT, c BYTEA, d DOUBLE PRECISION) ;"
        );
        assert!(expand("{blob}", Dialect::Sqlite).is_err());
        assert!(expand("{int", Dialect::Sqlite).is_err());
    }
}

//! What a repository sees of a database: a transaction that runs one SQL text on both engines.
//! Deliberately absent: a query builder, an object mapper, and every value type the two engines do
//! not share (times are microseconds, JSON is text, truth is 0 or 1).
//!
//! The portable subset: `$1`, `$2` ... parameters in any order, `ON CONFLICT`, `RETURNING`, `WITH`,
//! window functions. Sums need `CAST(SUM(x) AS BIGINT)`: PostgreSQL widens them to `NUMERIC`.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::error::StoreError;

/// One column value, in the types both engines have. `Debug` shows the type only.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// SQL `NULL`.
    Null,
    /// 64-bit integer; also times (microseconds UTC) and truth values (0 or 1).
    Int(i64),
    /// Double; never NaN.
    Real(f64),
    /// UTF-8 text without NUL characters.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Int(_) => "Int",
            Self::Real(_) => "Real",
            Self::Text(_) => "Text",
            Self::Bytes(_) => "Bytes",
        })
    }
}

impl Value {
    /// Refuses what one engine would store and the other not: NUL in text, NaN.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match self {
            Self::Text(text) if text.contains('\0') => {
                Err(StoreError::Statement("a text parameter contains a NUL character".to_owned()))
            }
            Self::Real(real) if real.is_nan() => {
                Err(StoreError::Statement("a real parameter is not a number".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

macro_rules! value_from {
    ($($from:ty => $variant:ident ($value:ident) $convert:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($value: $from) -> Self { Self::$variant($convert) }
        })*
    };
}

value_from! {
    i64 => Int(value) value;
    i32 => Int(value) i64::from(value);
    u32 => Int(value) i64::from(value);
    u16 => Int(value) i64::from(value);
    u8 => Int(value) i64::from(value);
    bool => Int(value) i64::from(value);
    f64 => Real(value) value;
    &str => Text(value) value.to_owned();
    String => Text(value) value;
    &String => Text(value) value.clone();
    Vec<u8> => Bytes(value) value;
    &[u8] => Bytes(value) value.to_vec();
    &Vec<u8> => Bytes(value) value.clone();
    [u8; 32] => Bytes(value) value.to_vec();
    &[u8; 32] => Bytes(value) value.to_vec();
    Timestamp => Int(value) value.as_microsecond();
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// `values![a, b]` is `&[Value::from(a), Value::from(b)]`.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::tx::Value::from($value)),*] as &[$crate::tx::Value] };
}

/// One result row. Columns are asked for by the name the statement gives them.
#[derive(Clone, Debug)]
pub struct Row {
    columns: Arc<[String]>,
    values: Vec<Value>,
}

impl Row {
    pub(crate) fn new(columns: Arc<[String]>, values: Vec<Value>) -> Self {
        Self { columns, values }
    }

    /// The value of a column, if the result has it.
    #[must_use]
    pub fn value(&self, column: &str) -> Option<&Value> {
        self.columns.iter().position(|name| name == column).and_then(|at| self.values.get(at))
    }

    /// An integer column. Error: no such column, `NULL`, or another type.
    pub fn get_i64(&self, column: &str) -> Result<i64, StoreError> {
        self.opt_i64(column)?.ok_or_else(|| wrong(column, "an integer"))
    }

    /// An integer column that may be `NULL`.
    pub fn opt_i64(&self, column: &str) -> Result<Option<i64>, StoreError> {
        match self.value(column) {
            Some(Value::Int(value)) => Ok(Some(*value)),
            Some(Value::Null) => Ok(None),
            _ => Err(wrong(column, "an integer")),
        }
    }

    /// An integer column that holds a count, a version or a position: not negative.
    pub fn get_u64(&self, column: &str) -> Result<u64, StoreError> {
        u64::try_from(self.get_i64(column)?).map_err(|_| wrong(column, "a count"))
    }

    /// An integer column that holds 0 or 1.
    pub fn get_bool(&self, column: &str) -> Result<bool, StoreError> {
        match self.get_i64(column)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(wrong(column, "0 or 1")),
        }
    }

    /// An integer column that holds microseconds UTC.
    pub fn get_at(&self, column: &str) -> Result<Timestamp, StoreError> {
        self.opt_at(column)?.ok_or_else(|| wrong(column, "a time"))
    }

    /// An integer column that holds microseconds UTC or `NULL`.
    pub fn opt_at(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        self.opt_i64(column)?
            .map(|at| Timestamp::from_microsecond(at).map_err(|_| wrong(column, "a time")))
            .transpose()
    }

    /// A double column. Error: no such column, `NULL`, or another type.
    pub fn get_f64(&self, column: &str) -> Result<f64, StoreError> {
        match self.value(column) {
            Some(Value::Real(value)) => Ok(*value),
            _ => Err(wrong(column, "a real number")),
        }
    }

    /// A text column. Error: no such column, `NULL`, or another type.
    pub fn get_text(&self, column: &str) -> Result<&str, StoreError> {
        self.opt_text(column)?.ok_or_else(|| wrong(column, "text"))
    }

    /// A text column that may be `NULL`.
    pub fn opt_text(&self, column: &str) -> Result<Option<&str>, StoreError> {
        match self.value(column) {
            Some(Value::Text(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(wrong(column, "text")),
        }
    }

    /// A bytes column. Error: no such column, `NULL`, or another type.
    pub fn get_bytes(&self, column: &str) -> Result<&[u8], StoreError> {
        self.opt_bytes(column)?.ok_or_else(|| wrong(column, "bytes"))
    }

    /// A bytes column that may be `NULL`.
    pub fn opt_bytes(&self, column: &str) -> Result<Option<&[u8]>, StoreError> {
        match self.value(column) {
            Some(Value::Bytes(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(wrong(column, "bytes")),
        }
    }
}

fn wrong(column: &str, expected: &'static str) -> StoreError {
    StoreError::Column { column: column.to_owned(), expected }
}

/// The two engines, for the few places where their SQL differs (migrations).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite, one file.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// A transaction. After one statement has failed every further one fails with
/// [`StoreError::Aborted`], and the transaction is rolled back even if its closure returns `Ok`:
/// so PostgreSQL behaves, and so both engines do.
pub trait Tx {
    /// Runs a statement that returns no rows; gives the number of rows it changed.
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError>;

    /// Runs a statement and collects its rows: page through what can be long.
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError>;

    /// Runs several statements without parameters: for migrations only.
    fn script(&mut self, sql: &str) -> Result<(), StoreError>;

    /// Prepares a statement without running it: for the test that checks every statement.
    fn prepare(&mut self, sql: &str) -> Result<(), StoreError>;

    /// Which engine this is.
    fn dialect(&self) -> Dialect;
}

impl dyn Tx + '_ {
    /// The first row of a query, if there is one.
    pub fn first(&mut self, sql: &str, params: &[Value]) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, params)?.into_iter().next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: Value) -> Row {
        Row::new(Arc::from(vec!["a".to_owned()]), vec![value])
    }

    #[test]
    fn getters_say_which_column_is_wrong() {
        assert_eq!(row(Value::Int(7)).get_i64("a").unwrap(), 7);
        assert_eq!(row(Value::Null).opt_text("a").unwrap(), None);
        let fault = row(Value::Text("secret".to_owned())).get_i64("a").unwrap_err().to_string();
        assert_eq!(fault, "column a of the result is not an integer");
        assert!(row(Value::Int(1)).get_i64("b").is_err());
        assert!(row(Value::Int(-1)).get_u64("a").is_err());
        assert!(row(Value::Int(2)).get_bool("a").is_err());
    }

    #[test]
    fn debug_hides_the_value() {
        assert_eq!(format!("{:?}", Value::from("secret")), "Text");
    }

    #[test]
    fn what_one_engine_cannot_store_is_refused() {
        assert!(Value::from("a\0b").check().is_err());
        assert!(Value::from(f64::NAN).check().is_err());
        assert!(Value::from(None::<i64>).check().is_ok());
    }
}

//! PostgreSQL: serialisable transactions, prepared statements kept per connection, no TLS of its
//! own (a loopback or a socket; TLS to a remote server is the tunnel's work).
//! Writers take a lock on the `migration` table before their first look at the data, so that a
//! writer sees all earlier writers' events instead of failing after the fact.

use std::collections::HashMap;
use std::error::Error as _;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::postgres::error::{DbError, SqlState};
use ::postgres::types::private::BytesMut;
use ::postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use ::postgres::{Client, Config, Error, IsolationLevel, NoTls, Statement, Transaction};

use crate::engine::{Failure, MIGRATION_TABLE, Mode, Outcome, Pool, settle};
use crate::error::StoreError;
use crate::tx::{Dialect, Row, Tx, Value};

const CONNECT: Duration = Duration::from_secs(10);
const STATEMENTS_MAX: usize = 256;
/// Conflicts with itself and with writes, not with reads; taken without a snapshot.
const QUEUE: &str = "LOCK TABLE migration IN SHARE ROW EXCLUSIVE MODE";

pub(crate) struct PostgresEngine {
    config: Config,
    writer: Mutex<Option<Session>>,
    readers: Pool<Session>,
}

struct Session {
    client: Client,
    statements: HashMap<String, Statement>,
}

impl PostgresEngine {
    pub(crate) fn open(url: &str) -> Result<Self, StoreError> {
        let mut config: Config = url.parse().map_err(|_| {
            StoreError::Unavailable(
                "the PostgreSQL address is malformed; it looks like postgres://user@host:5432/name"
                    .to_owned(),
            )
        })?;
        config.connect_timeout(CONNECT);
        if config.get_application_name().is_none() {
            config.application_name("buccal");
        }
        let mut session = connect(&config)?;
        // Two processes that make the table in the same moment: the second one finds it made.
        if session.client.batch_execute(MIGRATION_TABLE).is_err() {
            session.client.batch_execute(MIGRATION_TABLE).map_err(|error| explain(&error))?;
        }
        Ok(Self { config, writer: Mutex::new(Some(session)), readers: Pool::new() })
    }

    pub(crate) fn attempt<T, E: From<StoreError>>(
        &self,
        mode: Mode,
        run: &dyn Fn(&mut dyn Tx) -> Result<T, E>,
    ) -> Outcome<T, E> {
        if mode == Mode::Write {
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            return self.with(&mut writer, mode, run);
        }
        match self.readers.lend(|| connect(&self.config)) {
            Ok(mut lent) => {
                let outcome = self.with(&mut lent, mode, run);
                if lent.as_ref().is_some_and(|session| session.client.is_closed()) {
                    lent.discard();
                }
                outcome
            }
            Err(error) => Outcome::Done(Err(error.into())),
        }
    }

    fn with<T, E: From<StoreError>>(
        &self,
        slot: &mut Option<Session>,
        mode: Mode,
        run: &dyn Fn(&mut dyn Tx) -> Result<T, E>,
    ) -> Outcome<T, E> {
        if slot.as_ref().is_some_and(|session| session.client.is_closed()) {
            *slot = None;
        }
        if slot.is_none() {
            match connect(&self.config) {
                Ok(session) => *slot = Some(session),
                Err(error) => return Outcome::Done(Err(error.into())),
            }
        }
        match slot {
            Some(session) => transact(session, mode, run),
            None => Outcome::Again(StoreError::Busy),
        }
    }

    pub(crate) fn scrub(&self, table: &'static str) -> Result<(), StoreError> {
        let mut session = connect(&self.config)?;
        session
            .client
            .batch_execute(&format!("VACUUM (FULL) {table}"))
            .map_err(|error| explain(&error))
    }
}

fn connect(config: &Config) -> Result<Session, StoreError> {
    let client = config.connect(NoTls).map_err(|error| {
        let why = error.as_db_error().map_or("no connection", DbError::message);
        StoreError::Unavailable(format!("PostgreSQL: {why}"))
    })?;
    Ok(Session { client, statements: HashMap::new() })
}

fn transact<T, E: From<StoreError>>(
    session: &mut Session,
    mode: Mode,
    run: &dyn Fn(&mut dyn Tx) -> Result<T, E>,
) -> Outcome<T, E> {
    let begin = session
        .client
        .build_transaction()
        .isolation_level(IsolationLevel::Serializable)
        .read_only(mode == Mode::Read)
        .start();
    let mut transaction = match begin {
        Ok(transaction) => transaction,
        // Nothing was done yet: a connection the server has closed meanwhile is replaced.
        Err(error) => return Outcome::Again(explain(&error)),
    };
    if mode == Mode::Write
        && let Err(error) = transaction.batch_execute(QUEUE)
    {
        return give_up(&error);
    }
    let statements = &mut session.statements;
    let mut tx = PostgresTx { transaction, statements, failure: None };
    let result = run(&mut tx);
    let PostgresTx { transaction, failure, .. } = tx;
    match settle(result, failure) {
        Ok(value) => match transaction.commit() {
            Ok(()) => Outcome::Done(Ok(value)),
            Err(error) if error.as_db_error().is_some() => give_up(&error),
            Err(_) => Outcome::Done(Err(StoreError::CommitUnknown.into())),
        },
        // Dropping the transaction rolls it back.
        Err(outcome) => outcome,
    }
}

fn give_up<T, E: From<StoreError>>(error: &Error) -> Outcome<T, E> {
    match explain(error) {
        StoreError::Busy => Outcome::Again(StoreError::Busy),
        other => Outcome::Done(Err(other.into())),
    }
}

struct PostgresTx<'c> {
    transaction: Transaction<'c>,
    statements: &'c mut HashMap<String, Statement>,
    failure: Option<Failure>,
}

impl PostgresTx<'_> {
    fn guard<T>(
        &mut self,
        step: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.failure.is_some() {
            return Err(StoreError::Aborted);
        }
        step(self).inspect_err(|error| {
            let again = matches!(error, StoreError::Busy);
            self.failure = Some(if again { Failure::Again } else { Failure::Final });
            // A plan that a migration has outdated is made anew.
            self.statements.clear();
        })
    }

    fn statement(&mut self, sql: &str, params: &[Value]) -> Result<Statement, StoreError> {
        for value in params {
            value.check()?;
        }
        let statement = match self.statements.get(sql) {
            Some(statement) => statement.clone(),
            None => {
                let made = self.transaction.prepare(sql).map_err(|error| explain(&error))?;
                if self.statements.len() >= STATEMENTS_MAX {
                    self.statements.clear();
                }
                self.statements.insert(sql.to_owned(), made.clone());
                made
            }
        };
        let wanted = statement.params().len();
        if wanted == params.len() {
            return Ok(statement);
        }
        Err(StoreError::Statement(format!(
            "the statement has parameters up to ${wanted}, but {} values were given",
            params.len()
        )))
    }
}

impl Tx for PostgresTx<'_> {
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        self.guard(|tx| {
            let statement = tx.statement(sql, params)?;
            tx.transaction.execute(&statement, &bound(params)).map_err(|error| explain(&error))
        })
    }

    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.guard(|tx| {
            let statement = tx.statement(sql, params)?;
            let columns: Arc<[String]> =
                statement.columns().iter().map(|column| column.name().to_owned()).collect();
            let rows = tx
                .transaction
                .query(&statement, &bound(params))
                .map_err(|error| explain(&error))?;
            rows.iter()
                .map(|row| {
                    let values =
                        (0..columns.len()).map(|at| value(row, at)).collect::<Result<_, _>>()?;
                    Ok(Row::new(Arc::clone(&columns), values))
                })
                .collect()
        })
    }

    fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.guard(|tx| tx.transaction.batch_execute(sql).map_err(|error| explain(&error)))
    }

    fn prepare(&mut self, sql: &str) -> Result<(), StoreError> {
        self.guard(|tx| tx.transaction.prepare(sql).map(drop).map_err(|error| explain(&error)))
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }
}

fn bound(params: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(int) if *ty == Type::INT8 => int.to_sql(ty, out),
            Self::Int(int) if *ty == Type::INT4 => i32::try_from(*int)?.to_sql(ty, out),
            Self::Int(int) if *ty == Type::INT2 => i16::try_from(*int)?.to_sql(ty, out),
            Self::Real(real) if *ty == Type::FLOAT8 => real.to_sql(ty, out),
            Self::Text(text) if <&str as ToSql>::accepts(ty) => text.to_sql(ty, out),
            Self::Bytes(bytes) if *ty == Type::BYTEA => bytes.to_sql(ty, out),
            // Types only: the value may be personal.
            other => Err(format!("{other:?} given where the statement wants {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn value(row: &::postgres::Row, at: usize) -> Result<Value, StoreError> {
    let Some(column) = row.columns().get(at) else {
        return Ok(Value::Null);
    };
    let ty = column.type_();
    let read = if *ty == Type::INT8 {
        row.try_get::<_, Option<i64>>(at).map(Value::from)
    } else if *ty == Type::INT4 {
        row.try_get::<_, Option<i32>>(at).map(Value::from)
    } else if *ty == Type::BOOL {
        row.try_get::<_, Option<bool>>(at).map(Value::from)
    } else if *ty == Type::FLOAT8 {
        row.try_get::<_, Option<f64>>(at).map(Value::from)
    } else if *ty == Type::BYTEA {
        row.try_get::<_, Option<Vec<u8>>>(at).map(Value::from)
    } else if <&str as ::postgres::types::FromSql>::accepts(ty) {
        row.try_get::<_, Option<String>>(at).map(Value::from)
    } else {
        return Err(StoreError::Statement(format!(
            "column {} has type {ty}, which SQLite lacks; cast it to BIGINT, TEXT, BYTEA or \
             DOUBLE PRECISION",
            column.name()
        )));
    };
    read.map_err(|error| explain(&error))
}

/// Messages of class 42 (syntax, unknown names) quote SQL; others can quote values, so of those
/// only the code and the constraint are kept.
fn explain(error: &Error) -> StoreError {
    let Some(db) = error.as_db_error() else {
        let lost = error.is_closed()
            || error.source().is_some_and(|source| source.downcast_ref::<io::Error>().is_some());
        return if lost {
            StoreError::Unavailable("the connection to PostgreSQL was lost".to_owned())
        } else {
            StoreError::Statement(match error.source() {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            })
        };
    };
    let code = db.code();
    let named = || db.constraint().unwrap_or(code.code()).to_owned();
    if [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
        // A kept plan whose result type a migration has changed.
        SqlState::FEATURE_NOT_SUPPORTED,
    ]
    .contains(code)
    {
        return StoreError::Busy;
    }
    if *code == SqlState::UNIQUE_VIOLATION {
        return StoreError::Conflict { constraint: key_columns(db).unwrap_or_else(named) };
    }
    if *code == SqlState::NOT_NULL_VIOLATION {
        let column = db.column().unwrap_or_default();
        let constraint = format!("{}.{column}", db.table().unwrap_or_default());
        return StoreError::Integrity { constraint };
    }
    if *code == SqlState::RAISE_EXCEPTION {
        return StoreError::Integrity { constraint: db.message().to_owned() };
    }
    match code.code().get(..2) {
        Some("23") => StoreError::Integrity { constraint: named() },
        Some("08" | "53" | "57") => StoreError::Unavailable(format!("PostgreSQL {}", code.code())),
        Some("42") => StoreError::Statement(db.message().to_owned()),
        _ => StoreError::Statement(format!("PostgreSQL {}", code.code())),
    }
}

/// `table.a, table.b` as SQLite says it, from `Key (a, b)=(...) already exists.`
fn key_columns(db: &DbError) -> Option<String> {
    let table = db.table()?;
    let (columns, _) = db.detail()?.strip_prefix("Key (")?.split_once(")=(")?;
    let columns: Vec<String> = columns.split(", ").map(|name| format!("{table}.{name}")).collect();
    Some(columns.join(", "))
}

//! Transactions: rollback, isolation, retry, refusal to write when reading, and error texts.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::thread;

use store::{Database, Location, StoreError, Tx, audit, values};

use crate::ground::{Ground, entry};

#[derive(Debug)]
enum Own {
    Refused,
    Store(StoreError),
}

impl From<StoreError> for Own {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn set_up(ground: &Ground) -> Database {
    let database = ground.open();
    let table = "CREATE TABLE doctor (name TEXT PRIMARY KEY, on_call BIGINT NOT NULL \
                 CONSTRAINT on_call_is_truth CHECK (on_call IN (0, 1)))";
    database.write(|tx| tx.script(table)).unwrap();
    database.write(|tx| add(tx, "one").and_then(|()| add(tx, "two"))).unwrap();
    database
}

fn add(tx: &mut dyn Tx, name: &str) -> Result<(), StoreError> {
    tx.execute("INSERT INTO doctor (name, on_call) VALUES ($1, $2)", values![name, 1_i64]).map(drop)
}

fn on_call(tx: &mut dyn Tx) -> Result<i64, StoreError> {
    tx.first("SELECT COUNT(*) AS n FROM doctor WHERE on_call = 1", &[])?.unwrap().get_i64("n")
}

fn an_error_of_the_caller_rolls_back(ground: &Ground) {
    let database = set_up(ground);
    let result: Result<(), Own> = database.write(|tx| {
        add(tx, "three")?;
        Err(Own::Refused)
    });
    assert!(matches!(result, Err(Own::Refused)));
    let result: Result<(), Own> = database.write(|tx| {
        add(tx, "three")?;
        Ok(add(tx, "one")?)
    });
    assert!(matches!(result, Err(Own::Store(StoreError::Conflict { .. }))));
    assert_eq!(database.read(on_call).unwrap(), 2);
}

fn a_failed_statement_rolls_back_even_if_it_is_swallowed(ground: &Ground) {
    let database = set_up(ground);
    let result: Result<(), StoreError> = database.write(|tx| {
        add(tx, "three")?;
        assert!(add(tx, "one").is_err());
        assert!(matches!(on_call(tx), Err(StoreError::Aborted)));
        Ok(())
    });
    assert!(matches!(result, Err(StoreError::Aborted)));
    assert_eq!(database.read(on_call).unwrap(), 2);
}

fn a_panic_rolls_back_and_leaves_the_database_usable(ground: &Ground) {
    let database = set_up(ground);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        database.write(|tx| -> Result<(), StoreError> {
            add(tx, "three")?;
            panic!("as a bug would");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(database.read(on_call).unwrap(), 2);
    ground.open().write(|tx| add(tx, "three")).unwrap();
    database.write(|tx| add(tx, "four")).unwrap();
    assert_eq!(database.read(on_call).unwrap(), 4);
}

fn readers_cannot_write(ground: &Ground) {
    let database = set_up(ground);
    assert!(database.read(|tx| add(tx, "three")).is_err());
    assert_eq!(database.read(on_call).unwrap(), 2);
}

fn a_reader_sees_one_state_and_does_not_wait(ground: &Ground) {
    let database = set_up(ground);
    let other = ground.open();
    database
        .read(|tx| {
            assert_eq!(on_call(tx)?, 2);
            other.write(|tx| add(tx, "three"))?;
            assert_eq!(on_call(tx)?, 2);
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert_eq!(database.read(on_call).unwrap(), 3);
}

fn constraints_have_the_same_names_and_show_no_values(ground: &Ground) {
    let database = set_up(ground);
    let error = database.write(|tx| add(tx, "one")).unwrap_err();
    assert!(matches!(&error, StoreError::Conflict { constraint } if constraint == "doctor.name"));
    let error = database
        .write(|tx| tx.execute("UPDATE doctor SET on_call = $1", values![4711]))
        .unwrap_err();
    assert!(
        matches!(&error, StoreError::Integrity { constraint } if constraint == "on_call_is_truth"),
        "{error}"
    );
    let error = database
        .write(|tx| tx.execute("UPDATE doctor SET on_call = $1", values![None::<i64>]))
        .unwrap_err();
    assert_eq!(error.to_string(), "the database refused the row: doctor.on_call");
    for sql in ["UPDATE doctor SET on_call = $1", "SELECT $1 FROM nowhere", "SELECT nothing, $1"] {
        let error = database.write(|tx| tx.query(sql, values!["secret"])).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

fn values_come_back_as_they_went(ground: &Ground) {
    let database = ground.open();
    let real = match database.dialect() {
        store::Dialect::Sqlite => "REAL",
        store::Dialect::Postgres => "DOUBLE PRECISION",
    };
    let bytes = if real == "REAL" { "BLOB" } else { "BYTEA" };
    let table = format!("CREATE TABLE v (i BIGINT, r {real}, t TEXT, b {bytes})");
    database.write(|tx| tx.script(&table)).unwrap();
    let text = "é\u{1f9ea}\n'\"\\";
    database
        .write(|tx| {
            let insert = "INSERT INTO v (b, t, r, i) VALUES ($4, $3, $2, $1)";
            tx.execute(insert, values![i64::MIN, 0.1, text, vec![0_u8, 255]])?;
            tx.execute(insert, values![None::<i64>, None::<f64>, None::<&str>, None::<Vec<u8>>])
        })
        .unwrap();
    let rows = database.read(|tx| tx.query("SELECT i, r, t, b FROM v ORDER BY t", &[])).unwrap();
    let (full, empty): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| row.opt_i64("i").unwrap().is_some());
    assert_eq!(full[0].get_i64("i").unwrap(), i64::MIN);
    assert_eq!(full[0].get_f64("r").unwrap().to_bits(), 0.1_f64.to_bits());
    assert_eq!(full[0].get_text("t").unwrap(), text);
    assert_eq!(full[0].get_bytes("b").unwrap(), [0, 255]);
    assert_eq!(empty[0].opt_text("t").unwrap(), None);
    assert_eq!(empty[0].opt_bytes("b").unwrap(), None);
}

/// Each of two doctors may leave if the other stays: run at once, only one may succeed.
fn write_skew_is_impossible(ground: &Ground) {
    let database = set_up(ground);
    let handles = [ground.open(), ground.open()];
    for _ in 0..20 {
        database.write(|tx| tx.execute("UPDATE doctor SET on_call = 1", &[])).unwrap();
        let start = Barrier::new(2);
        let left: Vec<bool> = thread::scope(|scope| {
            let leaving = [("one", &handles[0]), ("two", &handles[1])].map(|(name, handle)| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    handle.write(|tx| leave(tx, name)).unwrap()
                })
            });
            leaving.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(left.iter().filter(|left| **left).count(), 1);
        assert_eq!(database.read(on_call).unwrap(), 1);
    }
}

fn leave(tx: &mut dyn Tx, name: &str) -> Result<bool, StoreError> {
    if on_call(tx)? < 2 {
        return Ok(false);
    }
    tx.execute("UPDATE doctor SET on_call = 0 WHERE name = $1", values![name])?;
    Ok(true)
}

fn writers_at_once_make_one_record_without_gaps(ground: &Ground) {
    let database = ground.custody();
    let handles = [ground.open(), ground.open(), ground.open()];
    thread::scope(|scope| {
        for handle in &handles {
            scope.spawn(move || {
                for n in 0..10 {
                    handle.write(|tx| audit::append(tx, &entry(n))).unwrap();
                }
            });
        }
    });
    let events = database.read(|tx| audit::page(tx, 0, 100)).unwrap();
    let numbers: Vec<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (0..30).collect::<Vec<_>>());
}

contract! {
    an_error_of_the_caller_rolls_back
    a_failed_statement_rolls_back_even_if_it_is_swallowed
    a_panic_rolls_back_and_leaves_the_database_usable
    readers_cannot_write
    a_reader_sees_one_state_and_does_not_wait
    constraints_have_the_same_names_and_show_no_values
    values_come_back_as_they_went
    write_skew_is_impossible
    writers_at_once_make_one_record_without_gaps
}

/// A connection beside the store, which does not queue with its writers, wins the first time.
#[test]
fn a_serialisation_failure_runs_the_closure_again() {
    let Some(ground) = Ground::postgres() else {
        return;
    };
    let database = set_up(&ground);
    let runs = Cell::new(0);
    database
        .write(|tx| {
            let seen = on_call(tx)?;
            runs.set(runs.get() + 1);
            if runs.get() == 1 {
                let mut beside =
                    ::postgres::Client::connect(ground.url(), ::postgres::NoTls).unwrap();
                beside.execute("UPDATE doctor SET on_call = 0 WHERE name = 'one'", &[]).unwrap();
            }
            let sql = "UPDATE doctor SET on_call = $1 WHERE name = 'one'";
            tx.execute(sql, values![2 - seen])
        })
        .unwrap();
    assert_eq!(runs.get(), 2);
    assert_eq!(database.read(on_call).unwrap(), 2, "the second run saw one doctor on call");
}

#[test]
fn a_connection_that_the_server_closed_is_replaced() {
    let Some(ground) = Ground::postgres() else {
        return;
    };
    set_up(&ground);
    let name = format!("closed_{}", std::process::id());
    let url = format!("{}&application_name={name}", ground.url());
    let database = Database::open(&Location::Postgres(url)).unwrap();
    assert_eq!(database.read(on_call).unwrap(), 2);
    let mut beside = ::postgres::Client::connect(ground.url(), ::postgres::NoTls).unwrap();
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
    assert_eq!(beside.execute(sql, &[&name]).unwrap(), 2, "one to write, one to read");
    assert_eq!(database.read(on_call).unwrap(), 2);
    database.write(|tx| add(tx, "three")).unwrap();
}

#[cfg(unix)]
#[test]
fn the_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let ground = Ground::sqlite();
    let Location::Sqlite(path) = &ground.location else { panic!("SQLite") };
    let _database = set_up(&ground);
    for path in [path.clone(), path.with_extension("db-wal")] {
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let missing = Location::Sqlite(path.join("no").join("such"));
    assert!(matches!(Database::open(&missing), Err(StoreError::Unavailable(_))));
}

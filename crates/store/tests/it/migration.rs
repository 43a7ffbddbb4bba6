//! Migrations: applying twice, stepping, changed and unknown steps, failing steps.

use std::thread;

use store::migration::{Migration, migrate};
use store::{Database, Dialect, StoreError, custody, index};

use crate::ground::{Ground, at};

const ONE: Migration =
    Migration { name: "one", sql: "CREATE TABLE one (id {int} PRIMARY KEY, b {bytes}) {strict};" };
const TWO: Migration = Migration { name: "two", sql: "ALTER TABLE one ADD COLUMN t TEXT;" };

/// The schema as the engine describes it, one line per thing.
fn schema(database: &Database) -> Vec<String> {
    let sql = match database.dialect() {
        Dialect::Sqlite => "SELECT COALESCE(sql, name) AS line FROM sqlite_schema ORDER BY name",
        Dialect::Postgres => {
            "SELECT CAST(table_name || '.' || column_name || ' ' || data_type || is_nullable \
             AS TEXT) AS line FROM information_schema.columns \
             WHERE table_schema = current_schema() \
             UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() \
             UNION ALL SELECT CAST(event_object_table || '.' || trigger_name || ' ' || \
             event_manipulation AS TEXT) FROM information_schema.triggers \
             WHERE trigger_schema = current_schema() ORDER BY 1"
        }
    };
    let rows = database.read(|tx| tx.query(sql, &[])).unwrap();
    rows.iter().map(|row| row.get_text("line").unwrap().to_owned()).collect()
}

fn applying_twice_changes_nothing(ground: &Ground) {
    let another = ground.another();
    for (ground, list) in [(ground, custody::MIGRATIONS), (&another, index::MIGRATIONS)] {
        let database = ground.open();
        assert_eq!(migrate(&database, list, at(0)).unwrap(), list.len());
        let before = schema(&database);
        assert!(before.len() > 10, "{before:?}");
        assert_eq!(migrate(&database, list, at(1)).unwrap(), 0);
        assert_eq!(schema(&database), before);
    }
}

fn stepping_ends_where_a_fresh_start_ends(ground: &Ground) {
    for list in [custody::MIGRATIONS, index::MIGRATIONS] {
        let (stepped, fresh) = (ground.another(), ground.another());
        let (stepped, fresh) = (stepped.open(), fresh.open());
        for upto in 1..=list.len() {
            assert_eq!(migrate(&stepped, &list[..upto], at(0)).unwrap(), 1);
        }
        migrate(&fresh, list, at(0)).unwrap();
        assert_eq!(clean(schema(&fresh)), clean(schema(&stepped)));
    }
}

/// Index definitions name their schema, which differs between two tests.
fn clean(lines: Vec<String>) -> Vec<String> {
    lines
        .into_iter()
        .map(|line| match line.split_once(" ON test_") {
            Some((head, tail)) => {
                format!("{head} ON {}", tail.split_once('.').map_or(tail, |(_, table)| table))
            }
            None => line,
        })
        .collect()
}

fn a_changed_step_is_an_error(ground: &Ground) {
    let database = ground.open();
    assert_eq!(migrate(&database, &[ONE], at(0)).unwrap(), 1);
    let changed = Migration { sql: "CREATE TABLE one (id {int} PRIMARY KEY) {strict};", ..ONE };
    let error = migrate(&database, &[changed, TWO], at(0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "migration: step 1 `one` was applied with another text; add a new step instead of \
         changing an applied one"
    );
    let error = migrate(&database, &[TWO], at(0)).unwrap_err().to_string();
    assert!(error.contains("is `one` in the database, but `two`"), "{error}");
    assert_eq!(migrate(&database, &[ONE, TWO], at(0)).unwrap(), 1);
    let error = migrate(&database, &[ONE], at(0)).unwrap_err();
    assert!(error.to_string().contains("2 steps, this programme knows 1"), "{error}");
}

fn a_failing_step_leaves_nothing(ground: &Ground) {
    let database = ground.open();
    let bad =
        Migration { name: "bad", sql: "CREATE TABLE two (a {int}) {strict}; CREATE nothing;" };
    assert!(matches!(migrate(&database, &[ONE, bad], at(0)), Err(StoreError::Statement(_))));
    let before = schema(&database);
    assert!(!before.iter().any(|line| line.contains("two")), "{before:?}");
    assert_eq!(migrate(&database, &[ONE, TWO], at(0)).unwrap(), 1);
}

/// As when several processes are started after an upgrade.
fn many_can_open_and_migrate_at_once(ground: &Ground) {
    let new: Vec<usize> = thread::scope(|scope| {
        let starting = [(); 6]
            .map(|()| scope.spawn(|| migrate(&ground.open(), custody::MIGRATIONS, at(0)).unwrap()));
        starting.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(new.iter().sum::<usize>(), custody::MIGRATIONS.len());
}

contract! {
    many_can_open_and_migrate_at_once
    applying_twice_changes_nothing
    stepping_ends_where_a_fresh_start_ends
    a_changed_step_is_an_error
    a_failing_step_leaves_nothing
}

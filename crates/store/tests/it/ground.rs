//! A place for one test: an empty database of its own on either engine, gone afterwards.

use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use store::audit::Entry;
use store::{Database, Location, custody, index, migration};
use tempfile::TempDir;

const VARIABLE: &str = "BUCCAL_TEST_POSTGRES";

/// An empty database; open it as often as needed.
pub(crate) struct Ground {
    pub(crate) location: Location,
    _directory: Option<TempDir>,
    schema: Option<(String, String)>,
}

impl Ground {
    pub(crate) fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(directory.path().join("test.db"));
        Self { location, _directory: Some(directory), schema: None }
    }

    /// `None`, with a line that says so, if no server was given.
    #[expect(clippy::disallowed_methods, reason = "the test script names its server this way")]
    pub(crate) fn postgres() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(url) = std::env::var(VARIABLE) else {
            println!("PostgreSQL contract tests did not run: {VARIABLE} is not set");
            return None;
        };
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let schema = format!("test_{}_{count}", std::process::id());
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        client.batch_execute(&format!("CREATE SCHEMA {schema}")).unwrap();
        let joint = if url.contains('?') { '&' } else { '?' };
        let own = format!("{url}{joint}options=-c%20search_path%3D{schema}");
        let location = Location::Postgres(own);
        Some(Self { location, _directory: None, schema: Some((url, schema)) })
    }

    /// One more handle, as another process would have it.
    pub(crate) fn open(&self) -> Database {
        Database::open(&self.location).unwrap()
    }

    /// A handle to a database with all custody tables.
    pub(crate) fn custody(&self) -> Database {
        let database = self.open();
        migration::migrate(&database, custody::MIGRATIONS, at(0)).unwrap();
        database
    }

    /// A handle to a database with all index tables.
    pub(crate) fn index(&self) -> Database {
        let database = self.open();
        migration::migrate(&database, index::MIGRATIONS, at(0)).unwrap();
        database
    }

    /// One more empty database on the same engine.
    pub(crate) fn another(&self) -> Self {
        match self.location {
            Location::Sqlite(_) => Self::sqlite(),
            Location::Postgres(_) => Self::postgres().unwrap(),
        }
    }

    /// The URL with this test's schema, for a connection beside the store.
    pub(crate) fn url(&self) -> &str {
        match &self.location {
            Location::Postgres(url) => url,
            Location::Sqlite(_) => panic!("this test is for PostgreSQL"),
        }
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if let Some((url, schema)) = &self.schema
            && let Ok(mut client) = postgres::Client::connect(url, postgres::NoTls)
        {
            let dropped = client.batch_execute(&format!("DROP SCHEMA {schema} CASCADE"));
            if let Err(error) = dropped {
                println!("schema {schema} is left behind: {error}");
            }
        }
    }
}

/// A fixed day plus seconds.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

/// The n-th event of a made-up record.
pub(crate) fn entry(n: u32) -> Entry {
    Entry {
        at: at(i64::from(n)),
        actor: format!("account-{}", n % 3),
        purpose: "28 CFR 28.12".to_owned(),
        station: "kit".to_owned(),
        subject: format!("kit-{}", n % 5),
        kind: "issued".to_owned(),
        body: serde_json::json!({ "n": n, "note": "é \"quoted\" \u{1f9ea}" }),
    }
}

//! A place for one test: a programme over two empty databases of its own on either engine, with a
//! clock that moves when told, ids that count, and somebody of every role.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

use jiff::Timestamp;
use journey::actor::Role;
use journey::booking::{
    BirthConfidence, BookingRecord, Circumstances, Citizenship, CustodyBasis, Known, LawfulStatus,
    OnFile, Person, StatusConfidence,
};
use journey::ids::{AccountId, Ori};
use service::audit::Side;
use service::{Actor, Ids, OpContext, Places, Programme, ServiceError};
use store::custody::account::Grant;
use store::keys::Keys;
use store::tx::Dialect;
use store::{Database, Location, StoreError};
use tempfile::TempDir;

const VARIABLE: &str = "BUCCAL_TEST_POSTGRES";

/// The site of every test.
pub(crate) const SITE: &str = "Dallas";
/// The laboratory that types.
pub(crate) const LABORATORY: &str = "DCFBILAB1";
/// The laboratory of the case.
pub(crate) const CASEWORK: &str = "TXCASE001";
/// First second of every test: 2020-06-01T16:00:00Z.
const BEGIN: i64 = 1_591_027_200;

/// Ids that count, so that a run can be told from another.
#[derive(Default)]
pub(crate) struct Counting(AtomicU64);

impl Ids for Counting {
    fn id(&self) -> String {
        format!("id-{:08}", self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn number(&self) -> String {
        format!("Q7{:018}", self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// A programme with everything around it.
pub(crate) struct Ground {
    pub(crate) places: Places,
    pub(crate) programme: Programme,
    pub(crate) folder: TempDir,
    ids: Counting,
    clock: AtomicI64,
    schemas: Option<(String, Vec<String>)>,
}

/// Runs a test on SQLite, and on PostgreSQL where a server is given.
pub(crate) fn on_both(run: impl Fn(&Ground)) {
    run(&Ground::sqlite());
    if let Some(ground) = Ground::postgres() {
        run(&ground);
    }
}

impl Ground {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::in_folder(folder.path());
        Self::over(folder, places, None)
    }

    /// `None`, with a line that says so, if no server was given.
    #[expect(clippy::disallowed_methods, reason = "the test script names its server this way")]
    fn postgres() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(url) = std::env::var(VARIABLE) else {
            println!("PostgreSQL was left out: {VARIABLE} is not set");
            return None;
        };
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let joint = if url.contains('?') { '&' } else { '?' };
        let mut schemas = Vec::new();
        let mut location = |side: &str| {
            let schema = format!("service_{}_{count}_{side}", std::process::id());
            script(&url, &format!("CREATE SCHEMA {schema}"));
            let own = format!("{url}{joint}options=-c%20search_path%3D{schema}");
            schemas.push(schema);
            Location::Postgres(own)
        };
        let folder = tempfile::tempdir().unwrap();
        let places = Places {
            custody: location("custody"),
            index: location("index"),
            search: Places::in_folder(folder.path()).search,
        };
        Some(Self::over(folder, places, Some((url, schemas))))
    }

    fn over(folder: TempDir, places: Places, schemas: Option<(String, Vec<String>)>) -> Self {
        let programme = open(&places, &folder);
        Self {
            places,
            programme,
            folder,
            ids: Counting::default(),
            clock: AtomicI64::new(BEGIN),
            schemas,
        }
    }

    /// The same place, but every index is kept in the file from its first record on.
    pub(crate) fn keeping(mut self) -> Self {
        let file = self.places.search.as_mut().unwrap();
        (file.records_min, file.events_max) = (1, 1);
        self.programme = open(&self.places, &self.folder);
        self
    }

    /// One more programme over the same databases, as another process would have it.
    pub(crate) fn another(&self) -> Programme {
        open(&self.places, &self.folder)
    }

    /// True on SQLite, whose files can be read as bytes.
    pub(crate) fn is_sqlite(&self) -> bool {
        self.schemas.is_none()
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_second(self.clock.load(Ordering::Relaxed)).unwrap()
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    /// A call by the person whose account bears the role's name.
    pub(crate) fn by(&self, role: Role) -> OpContext<'_> {
        self.by_another(role, role.word())
    }

    /// A call by somebody else of a role.
    pub(crate) fn by_another(&self, role: Role, account: &str) -> OpContext<'_> {
        let site = match role {
            Role::Collector | Role::KitClerk => SITE,
            Role::CaseworkAnalyst => CASEWORK,
            _ => "*",
        };
        self.by_grants(account, &[(role, site)])
    }

    /// A call by an account with these roles.
    pub(crate) fn by_grants(&self, account: &str, grants: &[(Role, &str)]) -> OpContext<'_> {
        let grant = |(role, site): &(Role, &str)| Grant { role: *role, site: (*site).to_owned() };
        OpContext {
            at: self.now(),
            actor: Actor {
                account: AccountId::from(account),
                grants: grants.iter().map(grant).collect(),
            },
            purpose: "test".to_owned(),
            ids: &self.ids,
        }
    }

    /// A handle to one database beside the programme's.
    pub(crate) fn database(&self, side: Side) -> Database {
        let place = match side {
            Side::Custody => &self.places.custody,
            Side::Index => &self.places.index,
        };
        Database::open(place).unwrap()
    }

    /// Rows of every table of both databases.
    pub(crate) fn counts(&self) -> BTreeMap<String, i64> {
        let mut counts = BTreeMap::new();
        for (side, tables) in [(Side::Custody, CUSTODY), (Side::Index, INDEX)] {
            let database = self.database(side);
            for (table, _) in tables {
                let sql = format!("SELECT COUNT(*) AS rows FROM {table}");
                let rows = database.read(|tx| tx.query(&sql, &[])?[0].get_i64("rows")).unwrap();
                counts.insert(format!("{}.{table}", side.word()), rows);
            }
        }
        counts
    }

    /// Every text of a table, one line a row, in order.
    pub(crate) fn texts(&self, side: Side, table: &str) -> Vec<String> {
        let tables = match side {
            Side::Custody => CUSTODY,
            Side::Index => INDEX,
        };
        let (_, columns) = tables.iter().find(|(name, _)| *name == table).unwrap();
        let joined: Vec<_> =
            columns.iter().map(|column| format!("COALESCE({column}, '')")).collect();
        let sql =
            format!("SELECT {} AS line FROM {table} ORDER BY 1", joined.join(" || ' | ' || "));
        let rows = self.database(side).read(|tx| tx.query(&sql, &[])).unwrap();
        rows.iter().map(|row| row.get_text("line").unwrap().to_owned()).collect()
    }

    /// Rows that hold state, without the record of events and the outbox: what a repeated job must
    /// leave as it was.
    pub(crate) fn state(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (side, tables) in [(Side::Custody, CUSTODY), (Side::Index, INDEX)] {
            let holds_state = |name: &str| !["event", "job", "checkpoint"].contains(&name);
            for (table, _) in tables.iter().filter(|(name, _)| holds_state(name)) {
                let texts = self.texts(side, table).into_iter();
                lines.extend(texts.map(|text| format!("{}.{table}: {text}", side.word())));
            }
        }
        lines
    }

    /// Events of one station and kind on a side, newest last, as `subject body`.
    pub(crate) fn events(&self, side: Side, station: &str, kind: &str) -> Vec<String> {
        let sql = "SELECT subject, body FROM event WHERE station = $1 AND kind = $2 ORDER BY seq";
        let rows =
            self.database(side).read(|tx| tx.query(sql, store::values![station, kind])).unwrap();
        rows.iter()
            .map(|row| {
                let subject = row.get_text("subject").unwrap();
                format!("{subject} {}", row.get_text("body").unwrap())
            })
            .collect()
    }

    /// Makes every writing of a table fail until [`Ground::mend`].
    pub(crate) fn break_table(&self, side: Side, table: &str) {
        let database = self.database(side);
        let sql = match database.dialect() {
            Dialect::Sqlite => ["INSERT", "UPDATE", "DELETE"]
                .map(|verb| {
                    format!(
                        "CREATE TRIGGER fault_{verb} BEFORE {verb} ON {table} \
                         BEGIN SELECT RAISE(ABORT, 'fault of the test'); END;"
                    )
                })
                .join("\n"),
            Dialect::Postgres => format!(
                "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'fault of the test'; END $$; \
                 CREATE TRIGGER fault BEFORE INSERT OR UPDATE OR DELETE ON {table} \
                 FOR EACH ROW EXECUTE FUNCTION fault();"
            ),
        };
        database
            .write(|tx| tx.script(&sql))
            .map_err(|error: StoreError| error.to_string())
            .unwrap();
    }

    /// Takes the fault away.
    pub(crate) fn mend(&self, side: Side, table: &str) {
        let database = self.database(side);
        let sql = match database.dialect() {
            Dialect::Sqlite => {
                "DROP TRIGGER fault_INSERT; DROP TRIGGER fault_UPDATE; DROP TRIGGER fault_DELETE;"
                    .to_owned()
            }
            Dialect::Postgres => format!("DROP TRIGGER fault ON {table}; DROP FUNCTION fault();"),
        };
        database
            .write(|tx| tx.script(&sql))
            .map_err(|error: StoreError| error.to_string())
            .unwrap();
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if let Some((url, schemas)) = &self.schemas {
            for schema in schemas {
                script(url, &format!("DROP SCHEMA IF EXISTS {schema} CASCADE"));
            }
        }
    }
}

fn open(places: &Places, folder: &TempDir) -> Programme {
    let keys = Keys::load_or_create(&folder.path().join("keys")).unwrap();
    let begin = Timestamp::from_second(BEGIN).unwrap();
    Programme::open(places, keys, Ori::from(LABORATORY), begin).unwrap()
}

fn script(url: &str, sql: &str) {
    let location = Location::Postgres(url.to_owned());
    let database = Database::open(&location).unwrap();
    let done: Result<(), StoreError> = database.write(|tx| tx.script(sql));
    done.unwrap();
}

/// An adult in administrative detention who is shown to be no US person. `n` tells persons and
/// bookings apart.
pub(crate) fn record(n: u32) -> BookingRecord {
    BookingRecord {
        booking: format!("B-{n}").as_str().into(),
        person: Person {
            fingerprint_number: Some(format!("FPN{n:06}")),
            alien_number: Some(format!("A{n:09}")),
            family_name: format!("Family{n}"),
            given_name: format!("Given{n}"),
            date_of_birth: Some("1990-05-05".parse().unwrap()),
        },
        circumstances: Circumstances {
            component: "ICE-ERO".to_owned(),
            site: SITE.into(),
            booked_at: "2020-06-01T15:00:00Z".parse().unwrap(),
            booked_offset_seconds: -18_000,
            date_of_birth_confidence: BirthConfidence::Verified,
            citizenship: Citizenship::NonUsPerson,
            citizenship_confidence: StatusConfidence::Verified,
            lawful_status: LawfulStatus::None,
            custody_basis: [CustodyBasis::AdminDetention].into(),
            further_proceedings: Known::Unknown,
            fingerprint_event: Some(format!("E-{n}")),
            fingerprinted_at: None,
            on_file: OnFile::Absent,
            other_agency: None,
            waiver: None,
        },
    }
}

/// The code of the refusal that a use case must end with.
pub(crate) fn refused<T>(outcome: Result<T, ServiceError>) -> &'static str {
    match outcome {
        Err(ServiceError::Refused(refusal)) => refusal.code.code(),
        Err(other) => panic!("not a refusal: {other:?}"),
        Ok(_) => panic!("the rules let it pass"),
    }
}

/// Tables of the custody database with their columns of text.
pub(crate) const CUSTODY: &[(&str, &[&str])] = &[
    ("event", &["actor", "purpose", "station", "subject", "kind", "body"]),
    ("checkpoint", &["note"]),
    ("job", &["key", "kind", "payload", "state", "last_error"]),
    ("person_key", &["person_id"]),
    ("person", &["id"]),
    ("booking", &["id", "stage", "state", "person_id", "site"]),
    ("eligibility", &["id", "stage", "state"]),
    ("decision", &["id", "booking_id", "person_id", "outcome", "finding"]),
    ("kit", &["id", "stage", "state", "lot", "site"]),
    (
        "collection",
        &["id", "stage", "state", "kit", "person_id", "booking_id", "site", "open_table"],
    ),
    ("shipment", &["id", "stage", "state"]),
    ("shipment_kit", &["kit", "package"]),
    ("accession", &["id", "stage", "state"]),
    ("link", &["'link'"]),
    ("confirmation", &["id", "stage", "state", "candidate"]),
    ("notice", &["id", "stage", "state", "about", "receiver"]),
    ("removal", &["id", "stage", "state"]),
    ("discretion", &["id", "stage", "state"]),
    ("person_merge", &["id", "stage", "state", "kept"]),
    ("person_twin", &["one", "other"]),
    ("person_mark", &["person_id", "kind"]),
    ("duty", &["id", "stage", "state", "person_id"]),
    ("custody_entry", &["kit", "action", "place", "account"]),
    ("account", &["id", "password_hash"]),
    ("account_role", &["account", "role", "site"]),
    ("session", &["account", "csrf"]),
];

/// Tables of the index database with their columns of text.
pub(crate) const INDEX: &[(&str, &[&str])] = &[
    ("event", &["actor", "purpose", "station", "subject", "kind", "body"]),
    ("checkpoint", &["note"]),
    ("job", &["key", "kind", "payload", "state", "last_error"]),
    ("specimen", &["id", "category", "laboratory"]),
    ("plate", &["id", "stage", "state"]),
    ("plate_specimen", &["specimen", "plate"]),
    ("reading", &["id", "stage", "state", "profile"]),
    ("record", &["id", "stage", "state", "category", "laboratory", "profile", "case_number"]),
    ("record_version", &["id", "profile"]),
    ("known", &["id", "stage", "state", "laboratory", "case_number", "profile"]),
    ("cleared", &["specimen", "other"]),
    ("candidate", &["id", "stage", "state", "evidence", "record", "laboratory"]),
];

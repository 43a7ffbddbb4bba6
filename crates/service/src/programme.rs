//! The programme: two databases, the keys, the rules, and the search engine over the index.
//!
//! Opening it migrates both databases and reads the tables that ship. Absent: where the databases
//! are and what the clock says; the shell tells.

use std::path::Path;

use genetics::Frequencies;
use genetics::acceptance::{self, AcceptanceTable};
use genetics::edition::Editions;
use genetics::matrix::{self, SearchMatrix};
use jiff::Timestamp;
use jiff::civil::Date;
use journey::deadline::{self, Deadlines};
use journey::ids::Ori;
use journey::refusal::Refusal;
use journey::rules::RuleBook;
use serde::Serialize;
use store::keys::Keys;
use store::{Database, Location, StoreError, Tx};

use crate::access::{RoleTable, TABLE};
use crate::context::OpContext;
use crate::error::ServiceError;
use crate::matcher::{Matcher, SearchFile};

/// Where the two databases are.
#[derive(Clone, Debug)]
pub struct Places {
    /// Names are here.
    pub custody: Location,
    /// Profiles are here.
    pub index: Location,
    /// A large index is kept ready for searching here; always on this machine.
    pub search: Option<SearchFile>,
}

impl Places {
    /// Two SQLite files in a folder, and the file of a large index.
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            custody: Location::Sqlite(folder.join("custody.sqlite")),
            index: Location::Sqlite(folder.join("index.sqlite")),
            search: Some(SearchFile::new(folder.join("index.search"))),
        }
    }
}

/// The running programme.
pub struct Programme {
    pub(crate) custody: Database,
    pub(crate) index: Database,
    pub(crate) keys: Keys,
    pub(crate) rules: RuleBook,
    pub(crate) acceptance: Editions<AcceptanceTable>,
    pub(crate) matrix: Editions<SearchMatrix>,
    pub(crate) deadlines: Editions<Deadlines>,
    pub(crate) frequencies: Frequencies,
    pub(crate) roles: RoleTable,
    pub(crate) matcher: Matcher,
    pub(crate) laboratory: Ori,
}

impl Programme {
    /// Opens both databases, brings them up to date and reads the tables.
    ///
    /// # Errors
    /// A database cannot be reached or is newer than this programme; a shipped table is damaged.
    pub fn open(
        places: &Places,
        keys: Keys,
        laboratory: Ori,
        at: Timestamp,
    ) -> Result<Self, ServiceError> {
        let custody = Database::open(&places.custody)?;
        let index = Database::open(&places.index)?;
        store::migration::migrate(&custody, store::custody::MIGRATIONS, at)?;
        store::migration::migrate(&index, store::index::MIGRATIONS, at)?;
        let damaged = |what: &str, why: String| ServiceError::Failed(format!("{what}: {why}"));
        let rules = RuleBook::shipped().map_err(|e| damaged("rules", e.to_string()))?;
        let acceptance = acceptance::shipped();
        let acceptance = acceptance.map_err(|e| damaged("acceptance table", e.to_string()))?;
        let matrix = matrix::shipped();
        let matrix = matrix.map_err(|e| damaged("search matrix", e.to_string()))?;
        let deadlines = deadline::shipped();
        let deadlines = deadlines.map_err(|e| damaged("deadlines", e.to_string()))?;
        let roles = RoleTable::parse(TABLE).map_err(|e| damaged("roles", e))?;
        let matcher = Matcher::new(places.search.clone());
        Ok(Self {
            custody,
            index,
            keys,
            rules,
            acceptance,
            matrix,
            deadlines,
            frequencies: Frequencies::shipped(),
            roles,
            matcher,
            laboratory,
        })
    }

    /// The acceptance table in force.
    pub(crate) fn acceptance_on(&self, day: Date) -> Result<&AcceptanceTable, ServiceError> {
        in_force(&self.acceptance, day, "acceptance table")
    }

    /// The search matrix in force.
    pub(crate) fn matrix_on(&self, day: Date) -> Result<&SearchMatrix, ServiceError> {
        in_force(&self.matrix, day, "search matrix")
    }

    /// The deadlines in force.
    pub(crate) fn deadlines_on(&self, day: Date) -> Result<&Deadlines, ServiceError> {
        in_force(&self.deadlines, day, "table of deadlines")
    }

    /// The table of roles.
    pub fn roles(&self) -> &RoleTable {
        &self.roles
    }

    /// The laboratory that types samples and owns persons' records.
    pub fn laboratory(&self) -> &Ori {
        &self.laboratory
    }

    /// Checks the actor's right to an action at a place (empty: anywhere).
    pub(crate) fn may(
        &self,
        op: &OpContext<'_>,
        action: &str,
        place: &str,
    ) -> Result<(), ServiceError> {
        self.roles.check(&op.actor, action, place)
    }

    /// One custody-side step about a subject; a refusal is put on record after the rollback.
    pub(crate) fn step<T>(
        &self,
        op: &OpContext<'_>,
        station: &'static str,
        subject: &str,
        run: impl Fn(&mut dyn Tx) -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        recorded(&self.custody, op, station, subject, self.custody.write(run))
    }

    /// One index-side step about a subject; a refusal is put on record after the rollback.
    pub(crate) fn index_step<T>(
        &self,
        op: &OpContext<'_>,
        station: &'static str,
        subject: &str,
        run: impl Fn(&mut dyn Tx) -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        recorded(&self.index, op, station, subject, self.index.write(run))
    }

    /// Keyed digest of anything that can be written as JSON, in hexadecimal.
    pub(crate) fn digest(
        &self,
        domain: &str,
        value: &impl Serialize,
    ) -> Result<String, ServiceError> {
        let text = serde_json::to_vec(value).map_err(|_| StoreError::Encode("a digest"))?;
        let digest = store::keys::digest(&self.keys.digest, domain, &text)?;
        Ok(data_encoding::HEXLOWER.encode(&digest))
    }
}

fn in_force<'t, T>(
    editions: &'t Editions<T>,
    day: Date,
    what: &str,
) -> Result<&'t T, ServiceError> {
    let none = || ServiceError::Failed(format!("no edition of the {what} is in force on {day}"));
    editions.on(day).map(|edition| &edition.table).ok_or_else(none)
}

#[derive(Serialize)]
struct Refused<'a> {
    code: &'static str,
    detail: &'a str,
}

fn recorded<T>(
    database: &Database,
    op: &OpContext<'_>,
    station: &'static str,
    subject: &str,
    outcome: Result<T, ServiceError>,
) -> Result<T, ServiceError> {
    if let Err(ServiceError::Refused(refusal)) = &outcome {
        database.write(|tx| note_refusal(tx, op, station, subject, refusal))?;
    }
    outcome
}

/// Puts on record that the rules said no.
pub(crate) fn note_refusal(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    station: &'static str,
    subject: &str,
    refusal: &Refusal,
) -> Result<(), ServiceError> {
    let body = Refused { code: refusal.code.code(), detail: &refusal.detail };
    crate::unit::note(tx, op, station, subject, "refused", &body)
}

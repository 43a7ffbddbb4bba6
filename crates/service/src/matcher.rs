//! The search engine over the index, kept in step with the database by the record of events.
//!
//! What changed since the last look is read from the index's own events, so that several processes
//! over one database give the same answers. A large index is kept in a file, which one process at a
//! time works with; others live in memory. The database is the truth: a file that is missing,
//! damaged or of another record is made anew from it.
//!
//! Absent: how the engine searches and what the file looks like (`search`), and which index may be
//! searched against which (the matrix).

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use genetics::likelihood::MixtureLikelihood;
use genetics::matrix::PairRule;
use genetics::{Index, Profile, SearchRule};
use journey::ids::SpecimenNumber;
use search::{Engine, Exact, FileError, IndexSet, Mark, PackedProfile, Row, Settings, Side};
use search::{Ranked, SpecimenKey, Target};
use store::index::upload::{self as rows, Searchable};
use store::{Database, Tx, audit};

use crate::error::ServiceError;

/// Rows read from the database in one page.
const PAGE: u32 = 2_000;

/// Where a large index is kept, so that the next start need not read every record.
#[derive(Clone, Debug)]
pub struct SearchFile {
    /// The file.
    pub path: PathBuf,
    /// Fewer records than this are read faster than they are kept.
    pub records_min: usize,
    /// After so many events the file is written anew, so that the next start has fewer to read.
    pub events_max: u64,
}

impl SearchFile {
    /// A file with the usual limits.
    pub fn new(path: PathBuf) -> Self {
        Self { path, records_min: 10_000, events_max: 10_000 }
    }
}

#[derive(Default)]
struct State {
    engine: Exact,
    /// Events of the index seen so far; `None` before the first load.
    seen: Option<u64>,
    /// Events contained in the file, or tried to be.
    kept: u64,
    /// Another process works with the file.
    locked_out: bool,
}

/// The engine and how far it has seen.
pub(crate) struct Matcher {
    state: RwLock<State>,
    file: Option<SearchFile>,
}

/// One record found by a search, with its counts.
pub(crate) struct Hit {
    pub(crate) record: Searchable,
    pub(crate) compared: u8,
    pub(crate) matching: u8,
    pub(crate) stringency: String,
}

impl Matcher {
    pub(crate) fn new(file: Option<SearchFile>) -> Self {
        Self { state: RwLock::default(), file }
    }

    /// Searches a record against the given indexes of one side.
    pub(crate) fn search(
        &self,
        database: &Database,
        record: &Searchable,
        targets: &[Index],
        pair: &PairRule,
    ) -> Result<Vec<Hit>, ServiceError> {
        self.catch_up(database)?;
        let Some(first) = targets.first() else {
            return Ok(Vec::new());
        };
        let target =
            Target { side: side(*first), indexes: targets.iter().copied().collect::<IndexSet>() };
        let profile = PackedProfile::from(&record.profile);
        let found = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            state.engine.query(target, &profile, &pair.rule).map_err(failed)?
        };
        let of_one_case = |other: &Searchable| {
            record.case.is_some()
                && (&record.laboratory, &record.case) == (&other.laboratory, &other.case)
        };
        let own = SpecimenKey(record.search_key);
        database.read(|tx| {
            let mut hits = Vec::new();
            for candidate in found.iter().filter(|candidate| candidate.key != own) {
                let Some(other) = rows::by_key(tx, candidate.key.0)? else {
                    continue;
                };
                if !pair.within_case && of_one_case(&other) {
                    continue;
                }
                let stringency = candidate.loosest.map_or("mismatch", genetics::Level::word);
                hits.push(Hit {
                    record: other,
                    compared: candidate.compared,
                    matching: candidate.matching,
                    stringency: stringency.to_owned(),
                });
            }
            Ok(hits)
        })
    }

    /// Persons of some indexes who explain a mixture best, and how many were looked at.
    pub(crate) fn rank(
        &self,
        database: &Database,
        mixtures: &[MixtureLikelihood],
        targets: &[Index],
        limit: usize,
    ) -> Result<(u64, Vec<Ranked>), ServiceError> {
        self.catch_up(database)?;
        let indexes = targets.iter().copied().collect::<IndexSet>();
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let persons = state.engine.len(Side::Persons) as u64;
        Ok((persons, state.engine.rank(indexes, mixtures, limit)))
    }

    /// Persons and evidence in the index.
    pub(crate) fn sizes(&self, database: &Database) -> Result<(u64, u64), ServiceError> {
        self.catch_up(database)?;
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let size = |side| state.engine.len(side) as u64;
        Ok((size(Side::Persons), size(Side::Forensic)))
    }

    /// Every record, of either side, that a profile finds.
    pub(crate) fn everywhere(
        &self,
        database: &Database,
        profile: &Profile,
        rule: &SearchRule,
    ) -> Result<Vec<Searchable>, ServiceError> {
        self.catch_up(database)?;
        let packed = PackedProfile::from(profile);
        let mut keys = Vec::new();
        {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            for side in [Side::Persons, Side::Forensic] {
                let found = state.engine.query(Target::all(side), &packed, rule);
                keys.extend(found.map_err(failed)?.iter().map(|found| found.key.0));
            }
        }
        database.read(|tx| {
            let mut records = Vec::new();
            for key in &keys {
                records.extend(rows::by_key(tx, *key)?);
            }
            Ok(records)
        })
    }

    /// Takes a withdrawn record out of memory and out of the file at once. Saying it again changes
    /// nothing.
    ///
    /// # Errors
    /// `Busy` while another process works with the file: it is that process, or this one after it
    /// has ended, that must do it.
    pub(crate) fn forget(
        &self,
        database: &Database,
        specimen: &SpecimenNumber,
    ) -> Result<(), ServiceError> {
        let kept = self.file.as_ref().is_some_and(|file| file.path.exists());
        if !kept && self.state.read().unwrap_or_else(PoisonError::into_inner).seen.is_none() {
            return Ok(());
        }
        self.catch_up(database)?;
        let mut state = self.write();
        if kept && state.locked_out {
            self.open(&mut state, database)?;
            if state.locked_out {
                return Err(ServiceError::Busy);
            }
        }
        drop_everywhere(&mut state, database, specimen)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn catch_up(&self, database: &Database) -> Result<(), ServiceError> {
        let size = database.read(audit::size)?;
        if self.state.read().unwrap_or_else(PoisonError::into_inner).seen == Some(size) {
            return Ok(());
        }
        let mut state = self.write();
        if state.seen.is_none() && !self.open(&mut state, database)? {
            load(&mut state, database)?;
            return self.keep(&mut state, database);
        }
        let seen = state.seen.unwrap_or_default();
        replay(&mut state, database, seen)?;
        let limit = self.file.as_ref().map_or(u64::MAX, |file| file.events_max);
        if state.seen.unwrap_or_default().saturating_sub(state.kept) >= limit {
            self.keep(&mut state, database)?;
        }
        Ok(())
    }

    /// Goes on with the rows in the file, and true, if it can be relied on. One that cannot is
    /// taken away, because nobody would take withdrawn records out of it.
    fn open(&self, state: &mut State, database: &Database) -> Result<bool, ServiceError> {
        let Some(file) = &self.file else {
            return Ok(false);
        };
        let relied_on = relied_on(&file.path, database)?;
        state.locked_out = matches!(relied_on, Err(Unusable::File(FileError::Locked)));
        let why = match relied_on {
            Ok((engine, mark)) => {
                let (seen, kept) = (Some(mark.seen), mark.seen);
                *state = State { engine, seen, kept, locked_out: false };
                return Ok(true);
            }
            Err(Unusable::File(FileError::Missing { .. })) => return Ok(false),
            Err(Unusable::File(error)) => error.to_string(),
            Err(Unusable::OtherRecord) => "it is of another record of events".to_owned(),
        };
        tracing::warn!("the saved search index is not used: {why}; the database is read instead");
        if !state.locked_out {
            Exact::discard(&file.path).map_err(|error| ServiceError::Failed(error.to_string()))?;
        }
        Ok(false)
    }

    /// Writes the file, where it is worth it. Without it the programme works as well.
    fn keep(&self, state: &mut State, database: &Database) -> Result<(), ServiceError> {
        let (Some(file), Some(seen)) = (&self.file, state.seen) else {
            return Ok(());
        };
        state.kept = seen;
        let records = state.engine.len(Side::Persons) + state.engine.len(Side::Forensic);
        if records < file.records_min || state.locked_out {
            return Ok(());
        }
        let root = database.read(|tx| audit::root(tx, seen))?.0;
        if let Err(error) = state.engine.save(&file.path, &Mark { seen, root }) {
            state.locked_out = error == FileError::Locked;
            tracing::warn!("the search index is not saved: {error}; it stays in memory");
        }
        Ok(())
    }
}

/// Why a file cannot be relied on.
enum Unusable {
    File(FileError),
    /// Its events are not those of the database: one of them was restored, or moved.
    OtherRecord,
}

/// Opens a file, and looks at every byte of it before anybody is searched in it.
fn relied_on(
    path: &Path,
    database: &Database,
) -> Result<Result<(Exact, Mark), Unusable>, ServiceError> {
    let (engine, mark) = match Exact::open(path, Settings::default()) {
        Ok(opened) => opened,
        Err(error) => return Ok(Err(Unusable::File(error))),
    };
    let same = database.read(|tx| {
        let known = mark.seen <= audit::size(tx)?;
        Ok::<_, ServiceError>(known && audit::root(tx, mark.seen)?.0 == mark.root)
    })?;
    if !same {
        return Ok(Err(Unusable::OtherRecord));
    }
    Ok(engine.verify(|_, _| ()).map(|()| (engine, mark)).map_err(Unusable::File))
}

/// The side of the engine on which an index lies.
fn side(index: Index) -> Side {
    if index.holds_persons() { Side::Persons } else { Side::Forensic }
}

fn row(record: &Searchable) -> Row {
    Row {
        key: SpecimenKey(record.search_key),
        index: record.category.index(),
        profile: PackedProfile::from(&record.profile),
    }
}

fn failed(error: search::SearchError) -> ServiceError {
    ServiceError::Failed(error.to_string())
}

fn load(state: &mut State, database: &Database) -> Result<(), ServiceError> {
    // The size is read first: what is added while loading is replayed at the next look.
    let size = database.read(audit::size)?;
    let (mut persons, mut forensic, mut after) = (Vec::new(), Vec::new(), 0);
    loop {
        let page = database.read(|tx| rows::page_searchable(tx, after, PAGE))?;
        for record in &page {
            after = record.search_key;
            match side(record.category.index()) {
                Side::Persons => persons.push(row(record)),
                Side::Forensic => forensic.push(row(record)),
            }
        }
        if page.len() < PAGE as usize {
            break;
        }
    }
    state.engine.load(Side::Persons, persons).map_err(failed)?;
    state.engine.load(Side::Forensic, forensic).map_err(failed)?;
    state.seen = Some(size);
    Ok(())
}

fn replay(state: &mut State, database: &Database, seen: u64) -> Result<(), ServiceError> {
    let mut next = seen;
    loop {
        let events = database.read(|tx| audit::page(tx, next, PAGE))?;
        for event in events.iter().filter(|event| event.station == "upload") {
            let specimen = SpecimenNumber::from(event.subject.as_str());
            match event.kind.as_str() {
                "indexed" | "replaced" => {
                    if event.kind == "replaced" {
                        drop_everywhere(state, database, &specimen)?;
                    }
                    if let Some(record) = database.read(|tx| rows::searchable(tx, &specimen))? {
                        let side = side(record.category.index());
                        state.engine.insert(side, row(&record)).map_err(failed)?;
                    }
                }
                "withdrawn" => drop_everywhere(state, database, &specimen)?,
                _ => {}
            }
        }
        next += events.len() as u64;
        state.seen = Some(next);
        if events.len() < PAGE as usize {
            return Ok(());
        }
    }
}

fn drop_everywhere(
    state: &mut State,
    database: &Database,
    specimen: &SpecimenNumber,
) -> Result<(), ServiceError> {
    let key = database.read(|tx: &mut dyn Tx| rows::search_key(tx, specimen))?;
    if let Some(key) = key {
        for side in [Side::Persons, Side::Forensic] {
            state.engine.remove(side, SpecimenKey(key)).map_err(failed)?;
        }
    }
    Ok(())
}

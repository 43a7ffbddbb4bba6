//! The search engine over the index, kept in step with the database by the record of events.
//!
//! The engine lives in memory; what changed since the last look is read from the index's own
//! events, so that several processes over one database give the same answers. Absent: how the
//! engine searches (`search`), and which index may be searched against which (the matrix).

use std::sync::{PoisonError, RwLock};

use genetics::{Index, SearchRule};
use journey::ids::SpecimenNumber;
use search::{Engine, Exact, IndexSet, PackedProfile, Row, Side, SpecimenKey, Target};
use store::index::upload::{self as rows, Searchable};
use store::{Database, Tx, audit};

use crate::error::ServiceError;

/// Rows read from the database in one page.
const PAGE: u32 = 2_000;

struct State {
    engine: Exact,
    /// Events of the index seen so far; `None` before the first load.
    seen: Option<u64>,
}

/// The engine and how far it has seen.
pub(crate) struct Matcher(RwLock<State>);

/// One record found by a search, with its counts.
pub(crate) struct Hit {
    pub(crate) record: Searchable,
    pub(crate) compared: u8,
    pub(crate) matching: u8,
    pub(crate) stringency: String,
}

impl Matcher {
    pub(crate) fn new() -> Self {
        Self(RwLock::new(State { engine: Exact::new(), seen: None }))
    }

    /// Searches a record against the given indexes of one side.
    pub(crate) fn search(
        &self,
        database: &Database,
        record: &Searchable,
        targets: &[Index],
        rule: &SearchRule,
    ) -> Result<Vec<Hit>, ServiceError> {
        self.catch_up(database)?;
        let Some(first) = targets.first() else {
            return Ok(Vec::new());
        };
        let target =
            Target { side: side(*first), indexes: targets.iter().copied().collect::<IndexSet>() };
        let profile = PackedProfile::from(&record.profile);
        let found = {
            let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
            state.engine.query(target, &profile, rule).map_err(failed)?
        };
        let own = SpecimenKey(record.search_key);
        database.read(|tx| {
            let mut hits = Vec::new();
            for candidate in found.iter().filter(|candidate| candidate.key != own) {
                let Some(other) = rows::by_key(tx, candidate.key.0)? else {
                    continue;
                };
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

    /// Takes a withdrawn record out of memory at once.
    pub(crate) fn forget(&self, record: &Searchable) -> Result<(), ServiceError> {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let key = SpecimenKey(record.search_key);
        state.engine.remove(side(record.category.index()), key).map_err(failed)?;
        Ok(())
    }

    fn catch_up(&self, database: &Database) -> Result<(), ServiceError> {
        let size = database.read(audit::size)?;
        if self.0.read().unwrap_or_else(PoisonError::into_inner).seen == Some(size) {
            return Ok(());
        }
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match state.seen {
            None => load(&mut state, database)?,
            Some(seen) => replay(&mut state, database, seen)?,
        }
        Ok(())
    }
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
                "indexed" => {
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

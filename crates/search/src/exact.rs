//! The engine in use.
//!
//! Persons lie in panels ordered by groups of loci, with a delta for what came since; evidence lies
//! in planes of bits. Queries are answered on the caller's threads, in the same order on any
//! number of them.

use rayon::prelude::*;

use crate::advisor::WORKLOAD;
use crate::engine::{Engine, Found, Row, SearchError, Side, SpecimenKey, Target};
use crate::forensic::{Forensic, Listed};
use crate::lexicon::Lexicon;
use crate::packed::PackedProfile;
use crate::persons::{Entries, Persons};
use crate::question::{Question, Terms};
use crate::settings::Settings;

use genetics::SearchRule;

/// Rows in memory.
#[derive(Default)]
pub struct Exact {
    settings: Settings,
    lexicon: Lexicon,
    persons: Persons,
    forensic: Forensic,
}

impl Exact {
    /// An engine without rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// An engine without rows that works as told.
    pub fn with(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Starts to replace everything held on a side, row by row; what is held stays until
    /// [`Loading::finish`].
    pub fn loading(&mut self, side: Side) -> Loading<'_> {
        Loading { engine: self, side, persons: Entries::default(), forensic: Vec::new() }
    }

    /// Bytes held by the rows of a side.
    pub fn size(&self, side: Side) -> usize {
        match side {
            Side::Persons => self.persons.size(),
            Side::Forensic => self.forensic.size(),
        }
    }

    fn answer(&self, target: Target, profile: &PackedProfile, terms: &Terms) -> Vec<Found> {
        let question = Question::new(profile, terms, &self.lexicon);
        let (lexicon, settings) = (&self.lexicon, &self.settings);
        match target.side {
            Side::Persons => {
                self.persons.search(profile, &question, lexicon, target.indexes, settings)
            }
            Side::Forensic => self.forensic.search(&question, lexicon, target.indexes, settings),
        }
    }
}

/// Rows on their way into an engine: a few dozen bytes each until they are all there.
pub struct Loading<'e> {
    engine: &'e mut Exact,
    side: Side,
    persons: Entries,
    forensic: Vec<Listed>,
}

impl Loading<'_> {
    /// Adds a row.
    pub fn push(&mut self, row: Row) {
        match self.side {
            Side::Persons => self.persons.push(row, &mut self.engine.lexicon),
            Side::Forensic => self.forensic.push(Listed::new(row, &mut self.engine.lexicon)),
        }
    }

    /// Replaces what the side held.
    ///
    /// # Errors
    /// A specimen stands twice; what was held stays.
    pub fn finish(self) -> Result<(), SearchError> {
        let Exact { settings, lexicon, persons, forensic } = self.engine;
        match self.side {
            Side::Persons => {
                let workload = forensic.examples(WORKLOAD);
                *persons = Persons::new(self.persons, lexicon, &workload, settings)?;
            }
            Side::Forensic => *forensic = Forensic::new(self.forensic, lexicon)?,
        }
        Ok(())
    }
}

impl Engine for Exact {
    fn load(&mut self, side: Side, rows: Vec<Row>) -> Result<(), SearchError> {
        let mut loading = self.loading(side);
        rows.into_iter().for_each(|row| loading.push(row));
        loading.finish()
    }

    fn insert(&mut self, side: Side, row: Row) -> Result<(), SearchError> {
        match side {
            Side::Persons => self.persons.insert(row),
            Side::Forensic => self.forensic.insert(row, &mut self.lexicon),
        }
        Ok(())
    }

    fn remove(&mut self, side: Side, key: SpecimenKey) -> Result<bool, SearchError> {
        Ok(match side {
            Side::Persons => self.persons.remove(key),
            Side::Forensic => self.forensic.remove(key),
        })
    }

    fn query(
        &self,
        target: Target,
        profile: &PackedProfile,
        rule: &SearchRule,
    ) -> Result<Vec<Found>, SearchError> {
        Ok(self.answer(target, profile, &Terms::new(rule)))
    }

    fn batch(
        &self,
        target: Target,
        profiles: &[(SpecimenKey, PackedProfile)],
        rule: &SearchRule,
    ) -> Result<Vec<(SpecimenKey, Vec<Found>)>, SearchError> {
        let terms = Terms::new(rule);
        let answers = match target.side {
            Side::Persons if profiles.len() >= self.settings.batch_min => {
                self.persons.batch(profiles, &terms, &self.lexicon, target.indexes, &self.settings)
            }
            _ => {
                let answer = |(_, profile): &_| self.answer(target, profile, &terms);
                profiles.par_iter().map(answer).collect()
            }
        };
        Ok(profiles.iter().map(|(key, _)| *key).zip(answers).collect())
    }

    fn len(&self, side: Side) -> usize {
        match side {
            Side::Persons => self.persons.len(),
            Side::Forensic => self.forensic.len(),
        }
    }
}

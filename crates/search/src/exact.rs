//! The engine in use.
//!
//! Persons lie in panels ordered by groups of loci, with a delta for what came since; evidence lies
//! in planes of bits. Queries are answered on the caller's threads, in the same order on any
//! number of them.

use rayon::prelude::*;

use crate::advisor::WORKLOAD;
use crate::engine::{Engine, Found, Row, SearchError, Side, SpecimenKey, Target};
use crate::forensic::Forensic;
use crate::lexicon::Lexicon;
use crate::packed::PackedProfile;
use crate::persons::{Loading, Persons};
use crate::question::Question;
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

    fn answer(
        &self,
        target: Target,
        profile: &PackedProfile,
        rule: &SearchRule,
    ) -> Vec<Found> {
        let question = Question::new(profile, rule, &self.lexicon);
        let (lexicon, settings) = (&self.lexicon, &self.settings);
        match target.side {
            Side::Persons => {
                self.persons.search(profile, &question, lexicon, target.indexes, settings)
            }
            Side::Forensic => self.forensic.search(&question, lexicon, target.indexes, settings),
        }
    }
}

impl Engine for Exact {
    fn load(&mut self, side: Side, rows: Vec<Row>) -> Result<(), SearchError> {
        match side {
            Side::Persons => {
                let mut loading = Loading::default();
                rows.into_iter().for_each(|row| loading.push(row, &mut self.lexicon));
                let workload = self.forensic.examples(WORKLOAD);
                self.persons = Persons::new(loading, &self.lexicon, &workload, &self.settings)?;
            }
            Side::Forensic => self.forensic = Forensic::new(rows, &mut self.lexicon)?,
        }
        Ok(())
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
        Ok(self.answer(target, profile, rule))
    }

    fn batch(
        &self,
        target: Target,
        profiles: &[(SpecimenKey, PackedProfile)],
        rule: &SearchRule,
    ) -> Result<Vec<(SpecimenKey, Vec<Found>)>, SearchError> {
        let answers = profiles
            .par_iter()
            .map(|(key, profile)| (*key, self.answer(target, profile, rule)));
        Ok(answers.collect())
    }

    fn len(&self, side: Side) -> usize {
        match side {
            Side::Persons => self.persons.len(),
            Side::Forensic => self.forensic.len(),
        }
    }
}

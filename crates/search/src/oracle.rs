//! The truth: every row compared by `genetics::compare`, one after the other.
//!
//! Plain on purpose, so that one can see that it is right. It is an [`Engine`], so that a test puts
//! the same questions to it and to a fast engine. Deliberately absent: speed.

use std::collections::BTreeMap;

use genetics::{Index, Profile, SearchRule, compare};

use crate::engine::{Engine, Found, Row, SearchError, Side, SpecimenKey, Target, each_once};
use crate::packed::PackedProfile;
use crate::question::searched_rule;

/// The naive engine.
#[derive(Default)]
pub struct Oracle {
    rows: BTreeMap<(Side, SpecimenKey), (Index, Profile)>,
}

impl Oracle {
    /// An engine without rows.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Engine for Oracle {
    fn load(&mut self, side: Side, rows: Vec<Row>) -> Result<(), SearchError> {
        each_once(rows.iter().map(|row| row.key))?;
        let held = |row: Row| ((side, row.key), (row.index, Profile::from(&row.profile)));
        let mut loaded: BTreeMap<_, _> = rows.into_iter().map(held).collect();
        self.rows.retain(|(held, _), _| *held != side);
        self.rows.append(&mut loaded);
        Ok(())
    }

    fn insert(&mut self, side: Side, row: Row) -> Result<(), SearchError> {
        let content = (row.index, Profile::from(&row.profile));
        self.rows.insert((side, row.key), content);
        Ok(())
    }

    fn remove(&mut self, side: Side, key: SpecimenKey) -> Result<bool, SearchError> {
        Ok(self.rows.remove(&(side, key)).is_some())
    }

    fn query(
        &self,
        target: Target,
        profile: &PackedProfile,
        rule: &SearchRule,
    ) -> Result<Vec<Found>, SearchError> {
        let profile = Profile::from(profile);
        let rule = &searched_rule(rule);
        let mut found = Vec::new();
        for ((side, key), (index, stored)) in &self.rows {
            if *side == target.side && target.indexes.contains(*index) {
                let comparison = compare(&profile, stored, rule);
                if comparison.is_candidate(rule) {
                    found.push(Found::new(*key, &comparison));
                }
            }
        }
        Ok(found)
    }

    fn batch(
        &self,
        target: Target,
        profiles: &[(SpecimenKey, PackedProfile)],
        rule: &SearchRule,
    ) -> Result<Vec<(SpecimenKey, Vec<Found>)>, SearchError> {
        let answers =
            profiles.iter().map(|(key, profile)| Ok((*key, self.query(target, profile, rule)?)));
        answers.collect()
    }

    fn len(&self, side: Side) -> usize {
        self.rows.keys().filter(|(held, _)| *held == side).count()
    }
}

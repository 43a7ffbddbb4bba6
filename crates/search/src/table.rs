//! Two lists of profiles compared without a database: the search of a laboratory's own tables.
//!
//! Deliberately absent: reading tables and printing candidates; those are the callers'.

use genetics::{Index, Level, Profile, SearchRule};

use crate::engine::{Engine, Row, SearchError, Side, SpecimenKey, Target};
use crate::exact::Exact;
use crate::packed::PackedProfile;

/// A candidate pair of two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Place in the list of evidence, from 0.
    pub forensic: usize,
    /// Place in the list of persons, from 0.
    pub person: usize,
    /// Loci of the rule typed on both sides.
    pub compared: u8,
    /// Those that reached the level asked for.
    pub matching: u8,
    /// Those that did not.
    pub mismatching: u8,
    /// The loosest level among the matching loci; `None` where none matches.
    pub loosest: Option<Level>,
}

/// All candidate pairs, by place in the list of evidence, then by place in the list of persons.
/// The text beside a profile is the sample name in the caller's table; it may repeat and is not
/// looked at.
///
/// # Errors
/// None with the engine in memory.
pub fn search_tables(
    persons: &[(String, Profile)],
    forensic: &[(String, Profile)],
    rule: &SearchRule,
) -> Result<Vec<Pair>, SearchError> {
    let rows = numbered(persons).map(|(key, profile)| Row {
        key,
        // Which index a row of a table would enter is not known, and all are searched.
        index: Index::Local,
        profile,
    });
    let mut engine = Exact::new();
    engine.load(Side::Persons, rows.collect())?;
    let queries: Vec<_> = numbered(forensic).collect();
    let answers = engine.batch(Target::all(Side::Persons), &queries, rule)?;
    let pairs = answers.iter().enumerate().flat_map(|(forensic, answer)| {
        answer.1.iter().map(move |found| Pair {
            forensic,
            person: usize::try_from(found.key.0).unwrap_or(usize::MAX),
            compared: found.compared,
            matching: found.matching,
            mismatching: found.mismatching,
            loosest: found.loosest,
        })
    });
    Ok(pairs.collect())
}

fn numbered(list: &[(String, Profile)]) -> impl Iterator<Item = (SpecimenKey, PackedProfile)> {
    let keys = (0..).map(SpecimenKey);
    keys.zip(list.iter().map(|(_, profile)| PackedProfile::from(profile)))
}

//! Which index may be searched against which, and how strictly. The matrix is data.
//!
//! `data/search-matrix.toml` lists the allowed ordered pairs in dated editions; a pair that is not
//! listed is forbidden, so that a forgotten row can never widen a search. Absent: the search.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::category::Index;
use crate::compare::SearchRule;
use crate::edition::{Editions, NotEditions};
use crate::locus::{Locus, LocusSet};
use crate::stringency::Level;

/// One row: every index of `query` may be searched against every index of `target`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MatrixRow {
    /// Indexes of the new or changed record.
    pub query: Vec<Index>,
    /// Indexes it is searched against.
    pub target: Vec<Index>,
    /// Loosest level at which a locus matches.
    pub stringency: Level,
    /// Loci with a level of their own.
    #[serde(default)]
    pub stringency_by_locus: BTreeMap<Locus, Level>,
    /// Panel of loci looked at.
    pub panel: String,
    /// Loci that must match.
    pub matching_min: u8,
    /// Loci that may differ.
    pub mismatches_max: u8,
    /// Whether evidence of one case is searched against other evidence of it.
    #[serde(default = "yes")]
    pub within_case: bool,
    /// How sure it is that this pair is searched at all.
    pub confidence: String,
}

fn yes() -> bool {
    true
}

/// How a pair of indexes is searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairRule {
    /// When two profiles are a candidate pair.
    pub rule: SearchRule,
    /// Whether evidence of one case is searched against other evidence of it.
    pub within_case: bool,
}

/// As [`SearchRule`] is told, with what holds of cases.
impl fmt::Display for PairRule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cases = if self.within_case { "" } else { ", of different cases" };
        write!(out, "{}{cases}", self.rule)
    }
}

/// The search matrix: one edition.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SearchMatrix {
    pair: Vec<MatrixRow>,
}

/// The editions that ship.
///
/// # Errors
/// The text is not a matrix; a test holds that the shipped one is.
pub fn shipped() -> Result<Editions<SearchMatrix>, NotEditions> {
    Editions::read(include_str!("../data/search-matrix.toml"))
}

impl SearchMatrix {
    /// The first panel of a row that does not exist.
    pub fn unknown_panel(&self) -> Option<&str> {
        let unknown = |row: &&MatrixRow| LocusSet::named(&row.panel).is_none();
        self.pair.iter().find(unknown).map(|row| row.panel.as_str())
    }

    /// Its rows.
    pub fn rows(&self) -> &[MatrixRow] {
        &self.pair
    }

    /// The rule for a query index against a target index; `None` where the search is forbidden.
    pub fn rule(&self, query: Index, target: Index) -> Option<PairRule> {
        let row = self
            .pair
            .iter()
            .find(|row| row.query.contains(&query) && row.target.contains(&target))?;
        let rule = SearchRule {
            stringency: row.stringency,
            stringency_by_locus: row.stringency_by_locus.iter().map(|(l, v)| (*l, *v)).collect(),
            loci: LocusSet::named(&row.panel)?,
            matching_min: row.matching_min,
            mismatches_max: row.mismatches_max,
        };
        Some(PairRule { rule, within_case: row.within_case })
    }

    /// The indexes that a query of this index is searched against.
    pub fn targets(&self, query: Index) -> Vec<Index> {
        let rows = self.pair.iter().filter(|row| row.query.contains(&query));
        let mut targets: Vec<Index> = rows.flat_map(|row| row.target.iter().copied()).collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_are_searched_alike() {
        let matrix = shipped().unwrap().all()[0].table.clone();
        for row in &matrix.pair {
            assert!(LocusSet::named(&row.panel).is_some());
            for query in &row.query {
                for target in &row.target {
                    let there = matrix.rule(*query, *target);
                    assert!(there.is_some());
                    assert_eq!(there, matrix.rule(*target, *query), "{query:?} {target:?}");
                }
            }
        }
    }

    #[test]
    fn forbidden_pairs_stay_forbidden() {
        let matrix = shipped().unwrap().all()[0].table.clone();
        for closed in [Index::Relatives, Index::Local, Index::MissingPerson] {
            for open in [Index::Detainee, Index::Arrestee, Index::Forensic] {
                assert_eq!(matrix.rule(closed, open), None);
                assert_eq!(matrix.rule(open, closed), None);
            }
        }
    }

    #[test]
    fn persons_are_searched_for_the_same_profile_and_never_for_relatives() {
        let matrix = shipped().unwrap().all()[0].table.clone();
        let persons = matrix.rows().iter().flat_map(|row| row.query.iter());
        let persons: Vec<Index> = persons.copied().filter(|it| it.holds_persons()).collect();
        for query in &persons {
            for target in &persons {
                let rule = matrix.rule(*query, *target).unwrap().rule;
                assert_eq!((rule.stringency, rule.mismatches_max), (Level::High, 0));
                assert!(rule.stringency_by_locus.is_empty() && rule.matching_min >= 13);
            }
        }
    }
}

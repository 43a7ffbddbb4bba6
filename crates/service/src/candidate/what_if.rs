//! What another search matrix would change: run over every record of the index, changing nothing.
//!
//! Told for each pair of indexes: candidates that would appear and vanish, and how many unrelated
//! records each matrix must be expected to find. A looser rule finds more of those first.

use std::collections::{BTreeMap, BTreeSet};

use genetics::edition::Editions;
use genetics::matrix::{PairRule, SearchMatrix};
use genetics::rarity::{Method, SearchChance};
use genetics::{Index, LocusSet, SearchRule};
use journey::candidate::Found;
use journey::ids::CandidateId;
use serde::Serialize;
use store::index::upload::{self as rows, Searchable};

use crate::context::OpContext;
use crate::error::ServiceError;
use crate::programme::Programme;

/// Records read from the database in one page.
const PAGE: u32 = 2_000;

/// Candidates of each kind that are named.
const NAMED_MAX: usize = 1_000;

/// What would change.
#[derive(Clone, Debug, Default, Serialize)]
pub struct WhatIf {
    /// Records that were asked.
    pub records: u64,
    /// By query and target index, where anything is or would be searched.
    pub pairs: Vec<PairChange>,
    /// Candidates that would appear, the first thousand.
    pub appear: Vec<CandidateId>,
    /// Candidates that would vanish, the first thousand.
    pub vanish: Vec<CandidateId>,
}

/// One pair of indexes, evidence first.
#[derive(Clone, Debug, Serialize)]
pub struct PairChange {
    /// Index of the records that were asked.
    pub query: Index,
    /// Index they were searched against.
    pub target: Index,
    /// The rule in force, if the pair is searched.
    pub rule_now: Option<String>,
    /// The rule of the other matrix.
    pub rule_then: Option<String>,
    /// Candidates under the matrix in force.
    pub now: u64,
    /// Candidates under the other.
    pub then: u64,
    /// Of the other's, those that the matrix in force does not give.
    pub appear: u64,
    /// Of the present ones, those that the other does not give.
    pub vanish: u64,
    /// Unrelated records that are expected under the matrix in force, for records of 20 loci.
    pub by_chance_now: f64,
    /// And under the other.
    pub by_chance_then: f64,
}

impl Programme {
    /// The search matrix in force, as its page shows it.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn search_matrix(&self, op: &OpContext<'_>) -> Result<&SearchMatrix, ServiceError> {
        self.may(op, "candidate.matrix-view", "")?;
        self.matrix_on(op.today())
    }

    /// Runs another matrix over the index as it stands. `text` is a file of editions, of which the
    /// last counts; `progress` is told records done and in all.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for a text that is no matrix.
    pub fn what_if_matrix(
        &self,
        op: &OpContext<'_>,
        text: &str,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<WhatIf, ServiceError> {
        self.may(op, "candidate.matrix-what-if", "")?;
        let other = read(text)?;
        let now = self.matrix_on(op.today())?;
        let sizes = self.index.read(rows::count_by_category)?;
        let total = sizes.iter().map(|(_, count)| count).sum();
        let mut asking = Asking {
            programme: self,
            now,
            then: &other,
            sizes: by_index(&sizes),
            changes: BTreeMap::new(),
            appear: Vec::new(),
            vanish: Vec::new(),
        };
        let (mut after, mut records) = (0, 0);
        loop {
            let page = self.index.read(|tx| rows::page_searchable(tx, after, PAGE))?;
            for record in &page {
                asking.ask(record)?;
                after = record.search_key;
                records += 1;
                progress(records, total);
            }
            if page.len() < PAGE as usize {
                break;
            }
        }
        let pairs = asking.changes.into_values().collect();
        Ok(WhatIf { records, pairs, appear: asking.appear, vanish: asking.vanish })
    }
}

fn read(text: &str) -> Result<SearchMatrix, ServiceError> {
    let editions: Result<Editions<SearchMatrix>, _> = Editions::read(text);
    let editions = editions.map_err(|error| ServiceError::Invalid(format!("matrix: {error}")))?;
    let last = editions.all().last().map(|edition| edition.table.clone());
    let last =
        last.ok_or_else(|| ServiceError::Invalid("matrix: it holds no edition".to_owned()))?;
    match last.unknown_panel() {
        Some(panel) => Err(ServiceError::Invalid(format!("matrix: there is no panel '{panel}'"))),
        None => Ok(last),
    }
}

fn by_index(sizes: &[(genetics::Category, u64)]) -> BTreeMap<Index, u64> {
    let mut by = BTreeMap::new();
    for (category, count) in sizes {
        *by.entry(category.index()).or_default() += count;
    }
    by
}

struct Asking<'p> {
    programme: &'p Programme,
    now: &'p SearchMatrix,
    then: &'p SearchMatrix,
    sizes: BTreeMap<Index, u64>,
    changes: BTreeMap<(Index, Index), PairChange>,
    appear: Vec<CandidateId>,
    vanish: Vec<CandidateId>,
}

impl Asking<'_> {
    /// Asks one record under both matrices. A pair of evidence and a person is asked from the side
    /// of the evidence, any other from both and counted once.
    fn ask(&mut self, record: &Searchable) -> Result<(), ServiceError> {
        let query = record.category.index();
        let targets: BTreeSet<Index> = [self.now, self.then]
            .iter()
            .flat_map(|matrix| matrix.targets(query))
            .filter(|target| !(query.holds_persons() && target.holds_evidence()))
            .collect();
        for target in targets {
            let rules = [self.now.rule(query, target), self.then.rule(query, target)];
            // Persons against persons is asked only where something changes.
            if query.holds_persons() && rules[0] == rules[1] {
                continue;
            }
            let [now, then] =
                [&rules[0], &rules[1]].map(|rule| self.found(record, target, rule.as_ref()));
            let (now, then) = (now?, then?);
            let by_chance = rules.each_ref().map(|rule| {
                rule.as_ref().map_or(0.0, |pair| self.by_chance(record, target, &pair.rule))
            });
            let told = |rule: &Option<PairRule>| rule.as_ref().map(ToString::to_string);
            let change = self.changes.entry((query, target)).or_insert_with(|| PairChange {
                query,
                target,
                rule_now: told(&rules[0]),
                rule_then: told(&rules[1]),
                now: 0,
                then: 0,
                appear: 0,
                vanish: 0,
                by_chance_now: 0.0,
                by_chance_then: 0.0,
            });
            change.now += now.len() as u64;
            change.then += then.len() as u64;
            change.by_chance_now += by_chance[0];
            change.by_chance_then += by_chance[1];
            for id in then.difference(&now) {
                change.appear += 1;
                name(&mut self.appear, id);
            }
            for id in now.difference(&then) {
                change.vanish += 1;
                name(&mut self.vanish, id);
            }
        }
        Ok(())
    }

    fn found(
        &self,
        record: &Searchable,
        target: Index,
        rule: Option<&PairRule>,
    ) -> Result<BTreeSet<CandidateId>, ServiceError> {
        let Some(rule) = rule else {
            return Ok(BTreeSet::new());
        };
        let programme = self.programme;
        let hits = programme.matcher.search(&programme.index, record, &[target], rule)?;
        let both_sides = record.category.index().holds_evidence() == target.holds_evidence();
        // Of a pair that both sides ask for, the one that was entered later counts it.
        let counted =
            hits.iter().filter(|hit| !both_sides || hit.record.search_key < record.search_key);
        let id = |other: &Searchable| match both_sides && other.id < record.id {
            true => Found::id_of(&other.id, &record.id),
            false => Found::id_of(&record.id, &other.id),
        };
        Ok(counted.map(|hit| id(&hit.record)).collect())
    }

    fn by_chance(&self, record: &Searchable, target: Index, rule: &SearchRule) -> f64 {
        let (typed, method) = (LocusSet::core20(), Method::default());
        let chances = self.programme.frequencies.usual().map(|population| {
            SearchChance::new(&record.profile, typed, rule, population, &method).of_one
        });
        let records = self.sizes.get(&target).copied().unwrap_or_default();
        let query = record.category.index();
        let mixture = |index| index == Index::ForensicMixture;
        // A pair that both sides ask for is counted half from each; but how often an unrelated
        // profile of one source is found in a mixture, the mixture alone tells.
        let share = match (mixture(query), mixture(target)) {
            (true, false) => 1.0,
            (false, true) if query.holds_evidence() => 0.0,
            _ if query.holds_evidence() == target.holds_evidence() => 0.5,
            _ => 1.0,
        };
        chances.fold(0.0, f64::max) * records as f64 * share
    }
}

fn name(named: &mut Vec<CandidateId>, id: &CandidateId) {
    if named.len() < NAMED_MAX {
        named.push(id.clone());
    }
}

//! What changes from one set to the next: who is sampled, and which rules.
//!
//! Compared are sets of one scope that follow each other in time, and every set with the one that
//! it includes. Deliberately absent: whether a change is right.

use cedar_policy::PolicySet;
use cedar_policy_symcc::Env;

use crate::booking::{Attribute, plainest};
use crate::set::{Set, restricted};
use crate::solver::Solver;

/// Two sets that are compared.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The earlier, or the base.
    pub from: &'a Set,
    /// The later, or the one that includes the base.
    pub to: &'a Set,
}

/// What the comparison finds.
#[derive(Clone, Debug)]
pub struct Change {
    /// Somebody from whom a sample is due under the first set and not under the second.
    pub no_longer: Option<Env>,
    /// Somebody from whom a sample is due under the second set and not under the first.
    pub newly: Option<Env>,
    /// Rules that only the first set has.
    pub dropped: Vec<String>,
    /// Rules that only the second set has.
    pub added: Vec<String>,
    /// Rules of both sets that apply to different bookings.
    pub altered: Vec<String>,
}

/// The pairs, of sets that are sorted by scope and day.
pub fn pairs(sets: &[Set]) -> Vec<Pair<'_>> {
    let mut pairs = Vec::new();
    for (place, to) in sets.iter().enumerate() {
        let before = sets.iter().take(place).next_back();
        let before = before.filter(|from| from.manifest.scope == to.manifest.scope);
        let base = sets.iter().find(|set| Some(set.name()) == to.manifest.includes.as_deref());
        pairs.extend(before.map(|from| Pair { from, to }));
        let new = base.filter(|base| before.is_none_or(|before| before.name() != base.name()));
        pairs.extend(new.map(|from| Pair { from, to }));
    }
    pairs
}

impl Pair<'_> {
    /// Compares the two.
    ///
    /// # Errors
    /// The solver fails.
    pub fn compare(
        &self,
        solver: &mut Solver,
        attributes: &[Attribute],
    ) -> anyhow::Result<Change> {
        let (from, to) = (self.from.collects()?, self.to.collects()?);
        let has = |set: &Set, id: &str| set.rules.iter().any(|rule| rule.id == id);
        let ids = |set: &Set| set.rules.iter().map(|rule| rule.id.clone()).collect::<Vec<_>>();
        let mut altered = Vec::new();
        for id in ids(self.from).into_iter().filter(|id| has(self.to, id)) {
            let (one, other) = (self.from.policy(&id)?, self.to.policy(&id)?);
            let effects = one.effect() != other.effect();
            if effects || (one != other && solver.differing(one, other)?.is_some()) {
                altered.push(id);
            }
        }
        Ok(Change {
            no_longer: self.example(solver, attributes, &from, &to)?,
            newly: self.example(solver, attributes, &to, &from)?,
            dropped: ids(self.from).into_iter().filter(|id| !has(self.to, id)).collect(),
            added: ids(self.to).into_iter().filter(|id| !has(self.from, id)).collect(),
            altered,
        })
    }

    fn example(
        &self,
        solver: &mut Solver,
        attributes: &[Attribute],
        due: &PolicySet,
        not: &PolicySet,
    ) -> anyhow::Result<Option<Env>> {
        let Some(first) = solver.only(due, not)? else { return Ok(None) };
        let scope = &self.to.manifest.scope;
        plainest(attributes, scope, first, |condition| {
            solver.only(&restricted(due, condition)?, not)
        })
        .map(Some)
    }
}

impl Change {
    /// The relation between the two sets, in one sentence.
    pub fn relation(&self) -> &'static str {
        match (&self.no_longer, &self.newly) {
            (None, None) => "**Equivalent**: a sample is due from exactly the same bookings.",
            (Some(_), None) => {
                "**Narrower**: whoever is due under the second set is due under the first (implied), \
                 and not the other way round."
            }
            (None, Some(_)) => {
                "**Wider**: whoever is due under the first set is due under the second (implied), \
                 and not the other way round."
            }
            (Some(_), Some(_)) => "**Neither implies the other.**",
        }
    }
}

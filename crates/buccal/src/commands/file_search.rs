//! The engine behind a search of files: persons held, evidence asked in batches, persons ranked.
//!
//! The one place that knows the engine. Held for a person: what the engine holds, and the bytes of
//! the name. Deliberately absent: reading tables and writing candidates.

use exchange::genotypes::Sample;
use genetics::likelihood::MixtureLikelihood;
use genetics::{Index, Profile, SearchRule};
use search::{Engine, Exact, Found, IndexSet, PackedProfile, Ranked, Row, Settings};
use search::{Side, SpecimenKey, Target};

/// Persons that can be searched.
#[derive(Default)]
pub(super) struct Persons {
    engine: Exact,
    names: Names,
}

/// Persons on their way into the engine.
pub(super) struct Loading<'e> {
    rows: search::Loading<'e>,
    names: &'e mut Names,
}

impl Loading<'_> {
    /// Takes the next person.
    pub(super) fn push(&mut self, sample: &Sample) {
        self.rows.push(Row {
            key: SpecimenKey(self.names.len()),
            // Which index a row of a table would enter is not known, and all are searched.
            index: Index::Local,
            profile: PackedProfile::from(&sample.profile),
        });
        self.names.push(&sample.name);
    }

    /// Makes the persons ready to be searched.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        Ok(self.rows.finish()?)
    }
}

impl Persons {
    /// For persons who will be ranked and not searched: what only a search needs is not made.
    pub(super) fn without_orders() -> Self {
        let settings = Settings { groups: 0, ..Settings::default() };
        Self { engine: Exact::with(settings), names: Names::default() }
    }

    /// Begins to take persons.
    pub(super) fn loading(&mut self) -> Loading<'_> {
        self.names = Names::default();
        Loading { rows: self.engine.loading(Side::Persons), names: &mut self.names }
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.names.len()
    }

    /// The candidates of each profile, by place in the list of persons.
    pub(super) fn search(
        &self,
        profiles: &[Profile],
        rule: &SearchRule,
    ) -> anyhow::Result<Vec<Vec<Found>>> {
        // The key of a query is only handed back.
        let queries = profiles.iter().map(|profile| (SpecimenKey(0), PackedProfile::from(profile)));
        let queries: Vec<_> = queries.collect();
        let answers = self.engine.batch(Target::all(Side::Persons), &queries, rule)?;
        Ok(answers.into_iter().map(|(_, found)| found).collect())
    }

    /// The persons who explain a mixture best, best first.
    pub(super) fn rank(&self, mixtures: &[MixtureLikelihood], limit: usize) -> Vec<Ranked> {
        self.engine.rank(IndexSet::ALL, mixtures, limit)
    }

    /// The name of a person that was found.
    pub(super) fn name(&self, key: SpecimenKey) -> &str {
        self.names.get(key.0)
    }
}

/// Many names in one growing text.
#[derive(Default)]
struct Names {
    text: String,
    ends: Vec<usize>,
}

impl Names {
    fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }

    fn len(&self) -> u64 {
        self.ends.len() as u64
    }

    fn get(&self, place: u64) -> &str {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(place).copied().unwrap_or_default();
        self.text.get(start.unwrap_or_default()..end).unwrap_or_default()
    }
}

//! What a search engine is: rows in, rows out, and the candidates of a profile.
//!
//! Engines differ in speed and in where the rows lie; their answers do not differ. Deliberately
//! absent: which index may be searched against which (`genetics::matrix` decides, the caller
//! passes the outcome as [`Target`] and rule), and anything that outlives the engine.

use std::fmt;

use genetics::{Comparison, Index, Level, SearchRule};

use crate::file::FileError;
use crate::packed::PackedProfile;

/// The number of a row in the index database. Not a specimen's own number, and no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpecimenKey(pub u64);

impl fmt::Display for SpecimenKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The two bodies of rows that are searched against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Profiles of persons whose sample was taken under law.
    Persons,
    /// Profiles of evidence.
    Forensic,
}

/// One stored profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number, once on a side.
    pub key: SpecimenKey,
    /// The index it belongs to, by which a search may pass it over.
    pub index: Index,
    /// Its alleles.
    pub profile: PackedProfile,
}

/// The number, in place of its index, of a row that was erased: in no set of indexes.
pub(crate) const ERASED: u8 = u8::MAX;

/// A set of indexes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexSet(u32);

impl IndexSet {
    /// Every index.
    pub const ALL: Self = Self(u32::MAX);

    /// True where the set holds the index of this number; numbers of no index are in no set.
    pub(crate) fn holds(self, index: u8) -> bool {
        self.0.checked_shr(index.into()).is_some_and(|bits| bits & 1 == 1)
    }

    /// True where the index is in the set.
    pub fn contains(self, index: Index) -> bool {
        self.0 & bit(index) != 0
    }
}

fn bit(index: Index) -> u32 {
    1 << index as u32
}

impl FromIterator<Index> for IndexSet {
    fn from_iter<T: IntoIterator<Item = Index>>(indexes: T) -> Self {
        Self(indexes.into_iter().fold(0, |bits, index| bits | bit(index)))
    }
}

/// The rows that a query looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The side to look at.
    pub side: Side,
    /// The indexes of that side to look at; rows of others are passed over.
    pub indexes: IndexSet,
}

impl Target {
    /// All rows of a side.
    pub fn all(side: Side) -> Self {
        Self { side, indexes: IndexSet::ALL }
    }
}

/// One candidate of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The row.
    pub key: SpecimenKey,
    /// Loci of the rule typed on both sides.
    pub compared: u8,
    /// Those that reached the level asked for.
    pub matching: u8,
    /// Those that did not.
    pub mismatching: u8,
    /// The loosest level among the matching loci; `None` where none matches.
    pub loosest: Option<Level>,
}

impl Found {
    /// The counts of a comparison; they fit, because there are fewer than 256 loci.
    pub(crate) fn new(key: SpecimenKey, comparison: &Comparison) -> Self {
        let count = |loci: usize| u8::try_from(loci).unwrap_or(u8::MAX);
        Self {
            key,
            compared: count(comparison.compared()),
            matching: count(comparison.matching()),
            mismatching: count(comparison.mismatching()),
            loosest: comparison.loosest(),
        }
    }
}

/// Refuses keys of which one stands twice; names the lowest.
pub(crate) fn each_once(keys: impl Iterator<Item = SpecimenKey>) -> Result<(), SearchError> {
    let mut keys: Vec<SpecimenKey> = keys.collect();
    keys.sort_unstable();
    let twice = keys.iter().zip(keys.iter().skip(1)).find(|(one, next)| one == next);
    twice.map_or(Ok(()), |(key, _)| Err(SearchError::Repeated { key: *key }))
}

/// Why an engine could not do what was asked. But for a file that cannot be written, the rows held
/// are then as they were before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The rows to be loaded name a specimen twice.
    #[error("specimen {key} stands twice among the rows to load; a side holds each specimen once")]
    Repeated {
        /// The lowest key found twice.
        key: SpecimenKey,
    },
    /// The file in which the rows lie cannot be written. What was asked is done in memory, and is
    /// tried again on the file with the next change.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Holds rows on two sides and finds the candidates of a profile among them.
///
/// Every answer is exactly what [`Oracle`](crate::Oracle) gives, in order of key, on any number of
/// threads. Engines work on the caller's rayon thread pool. All methods may fail, because an
/// engine may keep its rows in files.
pub trait Engine: Send + Sync {
    /// Replaces everything held on a side.
    ///
    /// # Errors
    /// A specimen stands twice.
    fn load(&mut self, side: Side, rows: Vec<Row>) -> Result<(), SearchError>;

    /// Adds a row, or replaces the one of the same key; saying it twice is saying it once. The
    /// replaced row is gone as after [`remove`](Engine::remove).
    ///
    /// # Errors
    /// None in memory; the file that holds the replaced row cannot be written.
    fn insert(&mut self, side: Side, row: Row) -> Result<(), SearchError>;

    /// Takes a row out and overwrites its alleles and all that was derived from them, at once, not
    /// merely marks it. False where there was no such row.
    ///
    /// # Errors
    /// None in memory; the file that holds the rows cannot be written.
    fn remove(&mut self, side: Side, key: SpecimenKey) -> Result<bool, SearchError>;

    /// The candidates of a profile among the rows of the target.
    ///
    /// # Errors
    /// None in memory.
    fn query(
        &self,
        target: Target,
        profile: &PackedProfile,
        rule: &SearchRule,
    ) -> Result<Vec<Found>, SearchError>;

    /// The candidates of each of many profiles, as [`query`](Engine::query) would give them, in
    /// the order of the profiles. A profile without candidates stands with an empty list. The key
    /// beside a profile is only handed back; it may be held on either side or on none.
    ///
    /// # Errors
    /// None in memory.
    fn batch(
        &self,
        target: Target,
        profiles: &[(SpecimenKey, PackedProfile)],
        rule: &SearchRule,
    ) -> Result<Vec<(SpecimenKey, Vec<Found>)>, SearchError>;

    /// Rows held on a side.
    fn len(&self, side: Side) -> usize;
}

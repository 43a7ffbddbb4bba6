//! The side of the evidence: segments of rows, each with its numbers and its planes of bits.
//!
//! What is loaded at once makes one segment, in which rows with the same typed loci and like alleles
//! lie together, so that a query passes over whole blocks. What comes later goes into small
//! segments in order of coming. Either is searched in the same way.
//!
//! Deliberately absent: the planes themselves (`bitsliced`).

#![expect(
    clippy::indexing_slicing,
    reason = "places are computed here from the segment's own tables; a wrong one is a bug that \
              must stop the search and not give a wrong answer"
)]

use std::collections::HashMap;

use crate::bitsliced::{BLOCK_ROWS, Bitsliced};
use crate::engine::{Found, IndexSet, Row, SearchError, SpecimenKey, each_once};
use crate::lexicon::{GenotypeId, Ids, LOCI, Lexicon, UNLISTED, typed};
use crate::packed::PackedProfile;
use crate::question::Question;
use crate::settings::Settings;
use crate::simd::Simd;
use crate::store::{Bytes, Words};

/// Rows of a segment that is filled row by row.
const LATER_ROWS: usize = 8 * BLOCK_ROWS;

/// The index of a row that was erased: in no set of indexes.
const ERASED: u8 = u8::MAX;

/// Rows of evidence.
#[derive(Default)]
pub(crate) struct Forensic {
    segments: Vec<Segment>,
    places: HashMap<SpecimenKey, (u32, u32)>,
}

struct Segment {
    keys: Words<u64>,
    indexes: Bytes,
    /// The numbers of a row's genotypes, [`LOCI`] for each row.
    ids: Words<GenotypeId>,
    /// The profiles of rows whose numbers do not say everything.
    kept: HashMap<u32, PackedProfile>,
    planes: Bitsliced,
}

/// A row with its numbers, before it has its place.
struct Listed {
    row: Row,
    ids: Ids,
    whole: bool,
}

impl Segment {
    fn new(capacity: usize, lexicon: &Lexicon) -> Self {
        Self {
            keys: Words::zeroed(capacity),
            indexes: Words::zeroed(capacity),
            ids: Words::zeroed(capacity * LOCI),
            kept: HashMap::new(),
            planes: Bitsliced::new(capacity, lexicon),
        }
    }

    fn push(&mut self, listed: Listed, lexicon: &Lexicon) {
        let row = self.planes.rows();
        self.keys[row] = listed.row.key.0;
        self.indexes[row] = listed.row.index as u8;
        self.ids[row * LOCI..][..LOCI].copy_from_slice(&listed.ids);
        let alleles = |position: usize| {
            let id = listed.ids[position];
            (id != UNLISTED).then(|| lexicon.loci()[position].genotype(id))
        };
        self.planes.push(typed(&listed.ids), alleles);
        if !listed.whole {
            self.kept.insert(row as u32, listed.row.profile);
        }
    }

    fn ids(&self, row: usize) -> &[GenotypeId] {
        &self.ids[row * LOCI..][..LOCI]
    }

    fn erase(&mut self, row: usize) {
        self.keys[row] = 0;
        self.indexes[row] = ERASED;
        self.ids[row * LOCI..][..LOCI].fill(0);
        self.kept.remove(&(row as u32));
        self.planes.erase(row);
    }

    fn compare(
        &self,
        row: usize,
        question: &Question,
        lexicon: &Lexicon,
        indexes: IndexSet,
    ) -> Option<Found> {
        if !indexes.holds(self.indexes[row]) {
            return None;
        }
        let ids = self.ids(row);
        let kept =
            if self.kept.is_empty() { None } else { self.kept.get(&(row as u32)) };
        question.compare(SpecimenKey(self.keys[row]), lexicon, kept, |position| ids[position])
    }

    fn search(
        &self,
        question: &Question,
        lexicon: &Lexicon,
        indexes: IndexSet,
        simd: Simd,
        found: &mut Vec<Found>,
    ) {
        let sieve = self.planes.sieve(question);
        self.planes.search(simd, &sieve, question, |row| {
            found.extend(self.compare(row, question, lexicon, indexes));
        });
    }
}

impl Forensic {
    pub(crate) fn new(rows: Vec<Row>, lexicon: &mut Lexicon) -> Result<Self, SearchError> {
        each_once(rows.iter().map(|row| row.key))?;
        let mut listed: Vec<Listed> = rows
            .into_iter()
            .map(|row| {
                let listed = lexicon.list(&row.profile);
                Listed { row, ids: listed.ids, whole: listed.whole }
            })
            .collect();
        let order = Likeness::new(&listed);
        listed.sort_by_cached_key(|listed| order.key(&listed.ids, listed.row.key));
        let mut segment = Segment::new(listed.len(), lexicon);
        let mut places = HashMap::with_capacity(listed.len());
        for (place, listed) in (0..).zip(listed) {
            places.insert(listed.row.key, (0, place));
            segment.push(listed, lexicon);
        }
        Ok(Self { segments: vec![segment], places })
    }

    /// Adds a row or replaces that of the same key.
    pub(crate) fn insert(&mut self, row: Row, lexicon: &mut Lexicon) {
        self.remove(row.key);
        let listed = lexicon.list(&row.profile);
        if self.segments.len() < 2 || self.segments.last().is_none_or(|it| it.planes.is_full()) {
            self.segments.push(Segment::new(LATER_ROWS, lexicon));
        }
        let number = self.segments.len() - 1;
        if let Some(segment) = self.segments.last_mut() {
            self.places.insert(row.key, (number as u32, segment.planes.rows() as u32));
            segment.push(Listed { row, ids: listed.ids, whole: listed.whole }, lexicon);
        }
    }

    /// Overwrites a row wherever it lies; false where it is not held.
    pub(crate) fn remove(&mut self, key: SpecimenKey) -> bool {
        let Some((segment, row)) = self.places.remove(&key) else {
            return false;
        };
        self.segments[segment as usize].erase(row as usize);
        true
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// The candidates of a query, in order of key.
    pub(crate) fn search(
        &self,
        question: &Question,
        lexicon: &Lexicon,
        indexes: IndexSet,
        settings: &Settings,
    ) -> Vec<Found> {
        let mut found = Vec::new();
        for segment in &self.segments {
            segment.search(question, lexicon, indexes, settings.simd, &mut found);
        }
        found.sort_unstable_by_key(|found| found.key);
        found
    }

    /// Some rows, as examples of what will be asked.
    pub(crate) fn examples(&self, wanted: usize) -> Vec<Ids> {
        let Some(segment) = self.segments.first() else {
            return Vec::new();
        };
        let rows = segment.planes.rows();
        let step = (rows / wanted.max(1)).max(1);
        let row = |row: usize| Ids::try_from(segment.ids(row)).unwrap_or_default();
        (0..rows).step_by(step).map(row).collect()
    }
}

/// The order in which like rows lie together: by typed loci, then by the genotypes at the loci that
/// tell most.
struct Likeness {
    best_first: Vec<usize>,
}

/// Loci by whose genotypes rows are ordered.
const LIKE_LOCI: usize = 3;

type LikenessKey = (u32, [u64; LIKE_LOCI], SpecimenKey);

impl Likeness {
    fn new(rows: &[Listed]) -> Self {
        // A locus tells the more, the less often a row has its commonest genotype there.
        let mut shares: Vec<(f64, usize)> = (0..LOCI)
            .map(|position| {
                let mut counts = vec![0u32; usize::from(UNLISTED) + 1];
                rows.iter().for_each(|row| counts[usize::from(row.ids[position])] += 1);
                counts[0] = 0;
                let typed: f64 = counts.iter().map(|count| f64::from(*count)).sum();
                let alike: f64 = counts.iter().map(|count| f64::from(*count).powi(2)).sum();
                (alike / typed.powi(2).max(1.0) + f64::from(u8::from(typed == 0.0)), position)
            })
            .collect();
        shares.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { best_first: shares.into_iter().map(|(_, position)| position).collect() }
    }

    fn key(&self, ids: &Ids, key: SpecimenKey) -> LikenessKey {
        let typed = typed(ids);
        let mut like = [0; LIKE_LOCI];
        let best = self.best_first.iter().filter(|position| typed >> **position & 1 == 1);
        for (slot, position) in like.iter_mut().zip(best) {
            *slot = u64::from(ids[*position]);
        }
        (typed, like, key)
    }
}

//! The side of the evidence: segments of rows, each with its numbers and its planes of bits.
//!
//! What is loaded at once makes one segment, in which rows with the same typed loci and like
//! alleles lie together, so that a query passes over whole blocks. What comes later goes into small
//! segments in order of coming. Either is searched in the same way.
//!
//! Deliberately absent: the planes themselves (`bitsliced`).

#![expect(
    clippy::indexing_slicing,
    reason = "places are computed here from the segment's own tables; a wrong one is a bug that \
              must stop the search and not give a wrong answer"
)]

use std::collections::HashMap;
use std::io;

use genetics::Index;
use rayon::prelude::*;

use crate::bitsliced::{Bitsliced, Sieve};
use crate::engine::{ERASED, Found, IndexSet, Row, SearchError, SpecimenKey, each_once};
use crate::file::fields::{Fields, Taken};
use crate::file::read::Reader;
use crate::file::records::{self, Record, Records};
use crate::file::write::Writer;
use crate::file::{Content, FileError};
use crate::lexicon::{
    GenotypeId, Ids, LOCI, Lexicon, LocusBits, LocusLexicon, UNLISTED, positions, typed,
};
use crate::packed::PackedProfile;
use crate::planes::{BLOCK_ROWS, Layout};
use crate::question::Question;
use crate::settings::Settings;
use crate::store::{Bytes, Words};

/// Rows of a segment that is filled row by row.
const LATER_ROWS: usize = 8 * BLOCK_ROWS;

/// Among what, and how, a query searches.
pub(crate) struct Among<'a> {
    pub(crate) lexicon: &'a Lexicon,
    pub(crate) indexes: IndexSet,
    pub(crate) settings: &'a Settings,
}

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
    /// Those of them that lie in a file too.
    records: Records,
    planes: Bitsliced,
}

/// A row with its numbers, before it has its place.
pub(crate) struct Listed {
    key: SpecimenKey,
    index: Index,
    ids: Ids,
    /// The profile, where the numbers do not say everything.
    kept: Option<PackedProfile>,
}

impl Listed {
    pub(crate) fn new(row: Row, lexicon: &mut Lexicon) -> Self {
        let listed = lexicon.list(&row.profile);
        let kept = (!listed.whole).then_some(row.profile);
        Self { key: row.key, index: row.index, ids: listed.ids, kept }
    }
}

impl Segment {
    fn new(capacity: usize, lexicon: &Lexicon) -> Self {
        Self {
            keys: Words::zeroed(capacity),
            indexes: Words::zeroed(capacity),
            ids: Words::zeroed(capacity * LOCI),
            kept: HashMap::new(),
            records: Records::default(),
            planes: Bitsliced::new(capacity, lexicon),
        }
    }

    fn push(&mut self, listed: Listed, lexicon: &Lexicon) {
        let row = self.planes.rows();
        self.keys[row] = listed.key.0;
        self.indexes[row] = listed.index as u8;
        self.ids[row * LOCI..][..LOCI].copy_from_slice(&listed.ids);
        push_ids(&mut self.planes, &listed.ids, lexicon);
        if let Some(kept) = listed.kept {
            self.kept.insert(row as u32, kept);
        }
    }

    fn size(&self) -> usize {
        self.keys.size() + self.indexes.size() + self.ids.size() + self.planes.size()
    }

    fn ids(&self, row: usize) -> &[GenotypeId] {
        &self.ids[row * LOCI..][..LOCI]
    }

    fn erase(&mut self, row: usize) {
        self.keys.edit(row..row + 1, |key| key.fill(0));
        self.indexes.edit(row..row + 1, |index| index.fill(ERASED));
        self.ids.edit(row * LOCI..(row + 1) * LOCI, |ids| ids.fill(0));
        self.kept.remove(&(row as u32));
        self.records.erase(row as u64);
        self.planes.erase(row);
    }

    fn compare(&self, row: u32, question: &Question, among: &Among) -> Option<Found> {
        let place = row as usize;
        if !among.indexes.holds(self.indexes[place]) {
            return None;
        }
        let ids = self.ids(place);
        let kept = if self.kept.is_empty() { None } else { self.kept.get(&row) };
        let key = SpecimenKey(self.keys[place]);
        question.compare(key, among.lexicon, kept, |position| ids[position])
    }

    /// The candidates of a query.
    fn search(&self, question: &Question, among: &Among) -> Vec<Found> {
        let rows = self.planes.search(among.settings.simd, &self.planes.sieve(question));
        let found = rows.into_iter().filter_map(|row| self.compare(row, question, among));
        found.collect()
    }

    /// The candidates of many queries, with the query's place.
    fn search_many(&self, questions: &[Question], among: &Among) -> Vec<(u32, Found)> {
        let sieves: Vec<Sieve> =
            questions.par_iter().map(|question| self.planes.sieve(question)).collect();
        let rows = self.planes.search_many(among.settings.simd, &sieves);
        let found = rows.into_par_iter().filter_map(|(query, row)| {
            let question = &questions[query as usize];
            Some((query, self.compare(row, question, among)?))
        });
        found.collect()
    }

    /// True where no row is added: it is full, or lies in a file.
    fn is_closed(&self) -> bool {
        self.planes.is_full() || self.keys.is_mapped()
    }

    fn save(&self, out: &mut Writer, number: usize) -> io::Result<()> {
        let mut fields = Fields::default();
        fields.put(self.planes.rows());
        fields.put(self.keys.len());
        self.planes.outline(&mut fields);
        out.fields(Content::Segment.of(number), &fields)?;
        out.section(Content::SegmentKeys.of(number), &self.keys)?;
        out.section(Content::SegmentIndexes.of(number), &self.indexes)?;
        out.section(Content::SegmentIds.of(number), &self.ids)?;
        out.section(Content::SegmentPlanes.of(number), self.planes.blocks())?;
        // The index of a kept row stands in its own section.
        let kept = self.kept.iter();
        let kept = kept.map(|(row, profile)| (u64::from(*row), Index::Local, profile));
        out.section(Content::SegmentKept.of(number), &records::words(kept))
    }

    fn open(file: &mut Reader, number: usize, lexicon: &Lexicon) -> Result<Self, FileError> {
        let misfit = |kind: Content| move || FileError::misfit(kind.of(number));
        let fields = file.fields(Content::Segment, number)?;
        let mut fields = Taken(&fields);
        let outline = (|| {
            let (rows, capacity) = (fields.number()?, fields.number()?);
            let layout = Layout::of(&fields.places()?)?;
            fields.done()?;
            (rows <= capacity).then_some((rows, capacity, layout))
        })();
        let (rows, capacity, layout) = outline.ok_or_else(misfit(Content::Segment))?;
        let keys = file.words(Content::SegmentKeys.of(number), capacity)?;
        let indexes: Bytes = file.words(Content::SegmentIndexes.of(number), capacity)?;
        let ids: Words<GenotypeId> =
            file.words(Content::SegmentIds.of(number), capacity.saturating_mul(LOCI))?;
        let blocks = Bitsliced::planes(&layout, capacity);
        let blocks = file.words(Content::SegmentPlanes.of(number), blocks)?;
        let held = indexes.iter().zip(ids.chunks_exact(LOCI)).take(rows);
        let held = held.map(|(index, ids)| (*index != ERASED).then_some(ids));
        let planes = Bitsliced::over(layout, blocks, capacity, held, lexicon);
        let words = file.checked(Content::SegmentKept.of(number))?;
        let (records, kept) = Records::read(words).ok_or_else(misfit(Content::SegmentKept))?;
        let kept = kept.into_iter().map(|Record { id, profile, .. }| (id as u32, profile));
        Ok(Self { keys, indexes, ids, kept: kept.collect(), records, planes })
    }

    fn settle(&mut self, sums: &mut [u32]) -> bool {
        let own = [self.keys.settle(sums), self.indexes.settle(sums), self.ids.settle(sums)];
        let others = [self.records.settle(sums), self.planes.settle(sums)];
        own.contains(&true) | others.contains(&true)
    }
}

/// Puts a row with these numbers at the next place of the planes.
fn push_ids(planes: &mut Bitsliced, ids: &[GenotypeId], lexicon: &Lexicon) {
    planes.push(typed(ids), |position| {
        let id = ids[position];
        (id != UNLISTED).then(|| lexicon.loci()[position].genotype(id))
    });
}

impl Forensic {
    pub(crate) fn new(listed: Vec<Listed>, lexicon: &Lexicon) -> Result<Self, SearchError> {
        each_once(listed.iter().map(|row| row.key))?;
        let order = Likeness::new(&listed, lexicon).order();
        let mut listed: Vec<Option<Listed>> = listed.into_iter().map(Some).collect();
        let mut segment = Segment::new(listed.len(), lexicon);
        let mut places = HashMap::with_capacity(listed.len());
        for (place, from) in (0..).zip(order) {
            if let Some(listed) = listed[from].take() {
                places.insert(listed.key, (0, place));
                segment.push(listed, lexicon);
            }
        }
        Ok(Self { segments: vec![segment], places })
    }

    /// Adds a row or replaces that of the same key.
    pub(crate) fn insert(&mut self, row: Row, lexicon: &mut Lexicon) {
        self.remove(row.key);
        let listed = Listed::new(row, lexicon);
        if self.segments.len() < 2 || self.segments.last().is_none_or(Segment::is_closed) {
            self.segments.push(Segment::new(LATER_ROWS, lexicon));
        }
        let number = self.segments.len() - 1;
        if let Some(segment) = self.segments.last_mut() {
            self.places.insert(listed.key, (number as u32, segment.planes.rows() as u32));
            segment.push(listed, lexicon);
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

    /// Segments there are.
    pub(crate) fn segments(&self) -> usize {
        self.segments.len()
    }

    /// Writes all segments.
    pub(crate) fn save(&self, out: &mut Writer) -> io::Result<()> {
        let mut segments = self.segments.iter().enumerate();
        segments.try_for_each(|(number, segment)| segment.save(out, number))
    }

    /// Opens so many segments, and finds the places of keys.
    pub(crate) fn open(
        file: &mut Reader,
        segments: usize,
        lexicon: &Lexicon,
    ) -> Result<Self, FileError> {
        let mut forensic = Self::default();
        for number in 0..segments {
            let segment = Segment::open(file, number, lexicon)?;
            let rows = segment.keys.iter().zip(segment.indexes.iter());
            let rows = (0..).zip(rows).take(segment.planes.rows());
            let places = rows.filter(|(_, (_, index))| **index != ERASED);
            let places = places.map(|(row, (key, _))| (SpecimenKey(*key), (number as u32, row)));
            forensic.places.reserve(segment.planes.rows());
            forensic.places.extend(places);
            forensic.segments.push(segment);
        }
        Ok(forensic)
    }

    /// Moves the checksums by what was overwritten; true if anything was.
    pub(crate) fn settle(&mut self, sums: &mut [u32]) -> bool {
        self.segments.iter_mut().fold(false, |any, it| it.settle(sums) | any)
    }

    /// Bytes held, but for the few profiles that are kept whole.
    pub(crate) fn size(&self) -> usize {
        let places = self.places.capacity() * (size_of::<(SpecimenKey, (u32, u32))>() + 1);
        places + self.segments.iter().map(Segment::size).sum::<usize>()
    }

    /// The candidates of a query, in order of key.
    pub(crate) fn search(&self, question: &Question, among: &Among) -> Vec<Found> {
        let segments = self.segments.iter();
        let mut found: Vec<Found> =
            segments.flat_map(|segment| segment.search(question, among)).collect();
        found.sort_unstable_by_key(|found| found.key);
        found
    }

    /// The candidates of each of many queries, in order of key.
    pub(crate) fn search_many(&self, questions: &[Question], among: &Among) -> Vec<Vec<Found>> {
        let mut answers = vec![Vec::new(); questions.len()];
        for segment in &self.segments {
            for (query, found) in segment.search_many(questions, among) {
                answers[query as usize].push(found);
            }
        }
        answers.iter_mut().for_each(|found| found.sort_unstable_by_key(|found| found.key));
        answers
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

/// The order in which like rows lie together: mixtures after the others, those typed at few loci
/// after those at many. Within these, rows are cut into strips by their genotypes at a locus, each
/// strip by those at another, and so on, so that a block holds few of the genotypes of each.
struct Likeness<'a> {
    lexicon: &'a Lexicon,
    rows: &'a [Listed],
    /// How much a locus tells, by its position.
    telling: [f64; LOCI],
}

/// Loci by which rows are cut into strips.
const STRIP_LOCI: u32 = 3;

impl<'a> Likeness<'a> {
    /// A locus tells the more, the less often two rows have the same genotype there.
    fn new(rows: &'a [Listed], lexicon: &'a Lexicon) -> Self {
        let telling = std::array::from_fn(|position| {
            let mut counts = vec![0u32; usize::from(UNLISTED) + 1];
            rows.iter().for_each(|row| counts[usize::from(row.ids[position])] += 1);
            counts[0] = 0;
            let typed: f64 = counts.iter().map(|count| f64::from(*count)).sum();
            let pairs: f64 = counts.iter().map(|count| f64::from(*count).powi(2)).sum();
            1.0 - pairs / typed.powi(2).max(1.0)
        });
        Self { lexicon, rows, telling }
    }

    fn kind(&self, row: &Listed) -> (bool, u32) {
        let count = |(locus, id): (&LocusLexicon, &GenotypeId)| locus.genotype(*id).count_ones();
        let mixture = self.lexicon.loci().iter().zip(&row.ids).map(count).any(|count| count > 2);
        let few = match typed(&row.ids).count_ones() {
            20.. => 0,
            13.. => 1,
            9.. => 2,
            8 => 3,
            _ => 4,
        };
        (mixture, few)
    }

    /// The rows in order, by their present places.
    fn order(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.rows.len()).collect();
        places.sort_by_cached_key(|place| (self.kind(&self.rows[*place]), self.rows[*place].key));
        for like in
            places.chunk_by_mut(|a, b| self.kind(&self.rows[*a]) == self.kind(&self.rows[*b]))
        {
            self.cut(like, STRIP_LOCI, 0);
        }
        places
    }

    /// Cuts rows into strips by so many loci, other than those already used.
    fn cut(&self, places: &mut [usize], loci: u32, used: LocusBits) {
        let blocks = places.len().div_ceil(BLOCK_ROWS);
        if loci == 0 || blocks < 2 {
            return;
        }
        let worth = |position: &usize| {
            let typed = places.iter().filter(|place| self.rows[**place].ids[*position] != 0);
            self.telling[*position] * typed.count() as f64
        };
        let free = positions(!used).map(|position| (worth(&position), position));
        let Some((_, position)) = free.max_by(|a, b| a.0.total_cmp(&b.0)) else {
            return;
        };
        // Rows with one allele there, with two, and so on lie apart: a query matches either kind.
        places.sort_by_cached_key(|place| {
            let row = &self.rows[*place];
            let alleles = self.lexicon.loci()[position].genotype(row.ids[position]);
            (alleles.count_ones(), alleles, row.key)
        });
        let strips = (blocks as f64).powf(1.0 / f64::from(loci)).ceil() as usize;
        let rows = blocks.div_ceil(strips) * BLOCK_ROWS;
        for strip in places.chunks_mut(rows) {
            self.cut(strip, loci - 1, used | 1 << position);
        }
    }
}

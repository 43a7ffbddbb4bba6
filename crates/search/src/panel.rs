//! Many rows that are typed at the same loci: their numbers, and some groups that order them.
//!
//! A row is held once as numbers of genotypes, from which it is compared in full, and once in every
//! [`Group`] as one byte a locus, by which almost all rows are ruled out. All rows of a panel have
//! the same loci, so that the loci shared with a query are counted before any row is looked at.
//! Rows are in order of key.
//!
//! Deliberately absent: rows that change (`delta`), and rows with readings that have no number.

#![expect(
    clippy::indexing_slicing,
    reason = "places are computed here from the panel's own tables; a wrong one is a bug that must \
              stop the search and not give a wrong answer"
)]

use std::io;

use genetics::Index;
use rayon::prelude::*;

use crate::advisor;
use crate::codes::{CODES, LocusCodes, Mask, OPEN};
use crate::engine::{ERASED, Found, IndexSet, Row, SpecimenKey};
use crate::file::fields::{Fields, Taken};
use crate::file::read::Reader;
use crate::file::write::Writer;
use crate::file::{Content, FileError};
use crate::groups::{Coded, Group, Wanted};
use crate::lexicon::{GenotypeId, Ids, LOCI, Lexicon, LocusBits, UNLISTED, positions};
use crate::likelihood::{LookUp, Ranked, best};
use crate::packed::PackedProfile;
use crate::question::{Asked, Question, unlisted};
use crate::settings::Settings;
use crate::simd::BUDGET_MAX;
use crate::store::{Bytes, Words};

/// A row before it has its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) key: SpecimenKey,
    pub(crate) index: Index,
    pub(crate) ids: Ids,
}

impl Entry {
    /// The row as it came; its numbers say everything.
    pub(crate) fn row(&self, lexicon: &Lexicon) -> Row {
        let id_at = |position| self.ids.get(position).copied().unwrap_or(0);
        let profile = PackedProfile::from(&unlisted(lexicon, id_at));
        Row { key: self.key, index: self.index, profile }
    }
}

/// The cost, in nanoseconds, from which on the groups of a query are shared among threads.
const SHARED_COST: f64 = 150_000.0;

/// Rows that one thread compares at a time where all must be.
const CHUNK: usize = 1 << 16;

/// Rows typed at the same loci.
#[derive(Debug)]
pub(crate) struct Panel {
    loci: LocusBits,
    /// The panel's loci by their place in it.
    positions: Vec<usize>,
    /// The place in the panel by position of the locus.
    places: [usize; LOCI],
    keys: Words<u64>,
    indexes: Bytes,
    /// Numbers of the genotypes: those of row `r` from `r` times the number of loci.
    ids: Words<GenotypeId>,
    codes: Vec<LocusCodes>,
    /// The chance that a query that is typed at a locus differs there, roughly.
    telling: Vec<f64>,
    /// The loci, by place, in two halves; every group lies within one.
    halves: [u64; 2],
    groups: Vec<Group>,
    held: usize,
}

/// How a query goes through a panel.
pub(crate) enum Plan {
    /// Not at all: it cannot match at enough loci.
    None,
    /// By these groups, no two of which share a locus, at an expected cost in nanoseconds.
    Groups(Vec<usize>, f64),
    /// Row by row.
    All,
}

impl Panel {
    /// A panel of rows in order of key that are all typed at just these loci. The workload is what
    /// is expected to be asked; it decides speed only.
    pub(crate) fn new(
        loci: LocusBits,
        entries: &[Entry],
        lexicon: &Lexicon,
        workload: &[Ids],
        groups: usize,
    ) -> Self {
        let mut panel = Self::bare(loci, entries.len());
        let width = panel.positions.len();
        panel.keys = Words::zeroed(entries.len());
        panel.indexes = Words::zeroed(entries.len());
        panel.ids = Words::zeroed(entries.len() * width);
        let rows = panel.keys.iter_mut().zip(panel.indexes.iter_mut());
        let rows = rows.zip(panel.ids.chunks_exact_mut(width.max(1)));
        for (((key, index), ids), entry) in rows.zip(entries) {
            (*key, *index) = (entry.key.0, entry.index as u8);
            for (id, position) in ids.iter_mut().zip(&panel.positions) {
                *id = entry.ids[*position];
            }
        }
        panel.code(lexicon);
        panel.group(lexicon, workload, groups);
        panel
    }

    /// A panel for so many rows, without what they are.
    fn bare(loci: LocusBits, rows: usize) -> Self {
        let positions: Vec<usize> = positions(loci).collect();
        let mut places = [usize::MAX; LOCI];
        for (place, position) in positions.iter().enumerate() {
            places[*position] = place;
        }
        Self {
            loci,
            places,
            positions,
            keys: Words::default(),
            indexes: Words::default(),
            ids: Words::default(),
            codes: Vec::new(),
            telling: Vec::new(),
            halves: [0, 0],
            groups: Vec::new(),
            held: rows,
        }
    }

    fn code(&mut self, lexicon: &Lexicon) {
        let width = self.positions.len();
        let counted = self.positions.par_iter().enumerate().map(|(place, position)| {
            let mut counts = vec![0u32; lexicon.loci()[*position].genotypes().len()];
            for ids in self.ids.chunks_exact(width) {
                counts[usize::from(ids[place])] += 1;
            }
            LocusCodes::new(&lexicon.loci()[*position], &counts)
        });
        let codes = counted.collect();
        self.take_codes(codes);
    }

    fn take_codes(&mut self, codes: Vec<LocusCodes>) {
        self.codes = codes;
        let telling = self.codes.iter().map(|codes| {
            let rows = codes.rows().iter().map(|held| f64::from(*held)).sum::<f64>().max(1.0);
            let shares = codes.rows().iter().map(|held| f64::from(*held) / rows);
            // A genotype agrees at moderate stringency with about three times as many as are like
            // it.
            (1.0 - 3.0 * shares.map(|share| share * share).sum::<f64>()).max(0.0)
        });
        self.telling = telling.collect();
    }

    fn group(&mut self, lexicon: &Lexicon, workload: &[Ids], groups: usize) {
        let width = self.positions.len();
        let mut codes = vec![0u8; self.ids.len()];
        let rows = codes.par_chunks_mut(width.max(1)).zip(self.ids.par_chunks(width.max(1)));
        rows.for_each(|(codes, ids)| {
            for ((code, id), locus) in codes.iter_mut().zip(ids).zip(&self.codes) {
                *code = locus.code(*id);
            }
        });
        let coded = Coded { codes: &codes, width };
        let ends: Vec<usize> = self.codes.iter().map(LocusCodes::end).collect();
        let expected = self.expected(lexicon, workload);
        self.halves = advisor::halves(&expected);
        let chosen = advisor::groups(&expected, self.halves, self.keys.len(), groups);
        self.groups = chosen.par_iter().map(|loci| Group::new(loci, coded, &ends)).collect();
    }

    /// For each query that is expected, the share of rows that satisfy it, by locus of the panel.
    fn expected(&self, lexicon: &Lexicon, workload: &[Ids]) -> Vec<Vec<f64>> {
        let share = |ids: &dyn Fn(usize) -> GenotypeId| -> Vec<f64> {
            let at = self.positions.iter().zip(&self.codes).map(|(position, codes)| {
                let locus = &lexicon.loci()[*position];
                let asked = Asked::usual(locus, ids(*position));
                asked.map_or(1.0, |asked| self.share(codes, &codes.mask(locus, &asked)))
            });
            at.collect()
        };
        if workload.is_empty() {
            let width = self.positions.len();
            let step = (self.keys.len() / advisor::WORKLOAD).max(1);
            let rows = self.ids.chunks_exact(width.max(1)).step_by(step);
            rows.map(|ids| share(&|position| ids[self.places[position]])).collect()
        } else {
            workload.iter().map(|ids| share(&|position| ids[position])).collect()
        }
    }

    fn share(&self, codes: &LocusCodes, mask: &Mask) -> f64 {
        codes.satisfying(mask) as f64 / self.keys.len().max(1) as f64
    }

    /// Rows held.
    pub(crate) fn len(&self) -> usize {
        self.held
    }

    /// Bytes held.
    pub(crate) fn size(&self) -> usize {
        let groups: usize = self.groups.iter().map(Group::size).sum();
        self.keys.size() + self.indexes.size() + self.ids.size() + groups
    }

    /// Adds the candidates of a query among the rows of these indexes, in no order.
    pub(crate) fn search(
        &self,
        question: &Question,
        lexicon: &Lexicon,
        indexes: IndexSet,
        settings: &Settings,
        found: &mut Vec<Found>,
    ) {
        let Some(budget) = question.budget(self.loci, LocusBits::BITS) else {
            return;
        };
        let (masks, order) = self.masks(question, lexicon);
        match self.plan(&masks, &order, budget, settings) {
            Plan::None => {}
            Plan::Groups(groups, cost) => {
                let through = |rows: &mut Vec<u32>, group: &usize| {
                    let agreeing = self.agreeing(*group, budget);
                    let wanted = Wanted { masks: &masks, order: &order, agreeing, budget };
                    self.groups[*group].search(settings.simd, &wanted, rows);
                };
                let mut rows = Vec::new();
                if cost < SHARED_COST {
                    groups.iter().for_each(|group| through(&mut rows, group));
                } else {
                    rows.par_extend(groups.par_iter().flat_map_iter(|group| {
                        let mut rows = Vec::new();
                        through(&mut rows, group);
                        rows
                    }));
                }
                rows.sort_unstable();
                rows.dedup();
                let compared = rows
                    .into_iter()
                    .filter_map(|row| self.compare(question, lexicon, indexes, row as usize));
                found.extend(compared);
            }
            Plan::All => self.search_all(question, lexicon, indexes, found),
        }
    }

    /// Adds the candidates of a query, found row by row.
    pub(crate) fn search_all(
        &self,
        question: &Question,
        lexicon: &Lexicon,
        indexes: IndexSet,
        found: &mut Vec<Found>,
    ) {
        let rows = (0..self.keys.len()).into_par_iter().with_min_len(CHUNK);
        found.par_extend(rows.filter_map(|row| self.compare(question, lexicon, indexes, row)));
    }

    /// How a query goes through the panel.
    pub(crate) fn plan_of(
        &self,
        question: &Question,
        lexicon: &Lexicon,
        settings: &Settings,
    ) -> Plan {
        let Some(budget) = question.budget(self.loci, LocusBits::BITS) else {
            return Plan::None;
        };
        let (masks, order) = self.masks(question, lexicon);
        self.plan(&masks, &order, budget, settings)
    }

    /// The codes that satisfy a query at a locus of the panel.
    pub(crate) fn mask(&self, place: usize, question: &Question, lexicon: &Lexicon) -> Mask {
        let position = self.positions[place];
        if question.loci >> position & 1 == 0 {
            return OPEN;
        }
        self.codes[place].mask(&lexicon.loci()[position], &question.asked(position))
    }

    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The loci, by place in the panel, at which a candidate found through a group agrees, where
    /// so many may differ.
    pub(crate) fn agreeing(&self, group: usize, budget: u32) -> u64 {
        let [one, other] = self.halves;
        let own = self.groups[group].loci().fold(0, |bits, place| bits | 1 << place);
        match budget {
            0 => one | other,
            1 if own & one != 0 => one,
            1 => other,
            _ => own,
        }
    }

    pub(crate) fn loci(&self) -> LocusBits {
        self.loci
    }

    /// The panel's loci by their place in it.
    pub(crate) fn positions(&self) -> &[usize] {
        &self.positions
    }

    /// How much each locus of the panel tells: the chance that a query that is typed there differs,
    /// roughly.
    pub(crate) fn telling(&self) -> &[f64] {
        &self.telling
    }

    /// The numbers of a row's genotypes.
    #[inline(always)]
    pub(crate) fn ids(&self, row: usize) -> &[GenotypeId] {
        &self.ids[row * self.positions.len()..][..self.positions.len()]
    }

    /// The codes that satisfy the query at each locus of the panel, and the loci it asks, the one
    /// that satisfies fewest rows first.
    fn masks(&self, question: &Question, lexicon: &Lexicon) -> (Vec<Mask>, Vec<usize>) {
        let mut order = Vec::with_capacity(self.positions.len());
        let mut masks = vec![OPEN; self.positions.len()];
        for (place, position) in self.positions.iter().enumerate() {
            if question.loci >> position & 1 == 1 {
                masks[place] = self.mask(place, question, lexicon);
                order.push((self.codes[place].satisfying(&masks[place]), place));
            }
        }
        order.sort_unstable();
        (masks, order.into_iter().map(|(_, place)| place).collect())
    }

    /// The cheapest `budget + 1` groups, one from each half or else without a common locus; or all
    /// rows.
    fn plan(&self, masks: &[Mask], order: &[usize], budget: u32, settings: &Settings) -> Plan {
        if budget > BUDGET_MAX {
            return Plan::All;
        }
        let mut shares = vec![1.0; self.positions.len()];
        for place in order {
            shares[*place] = self.share(&self.codes[*place], &masks[*place]);
        }
        let costs: Vec<(f64, u64)> = self
            .groups
            .iter()
            .map(|group| {
                let loci: Vec<usize> = group.loci().collect();
                let codes: f64 =
                    group.cell_loci().iter().map(|at| mask_codes(&masks[*at])).product();
                let cost = advisor::cost(&loci, &shares, codes, self.keys.len());
                let own = loci.iter().fold(0u64, |bits, at| bits | 1 << at);
                let half = self.halves.into_iter().find(|half| own & half != 0);
                (cost, if budget == 1 { half.unwrap_or(own) } else { own })
            })
            .collect();
        let all = advisor::cost_of_all(self.keys.len());
        match advisor::disjoint(&costs, budget as usize + 1) {
            Some((cost, groups)) if cost < all || settings.always_ordered => {
                Plan::Groups(groups, cost)
            }
            _ => Plan::All,
        }
    }

    #[inline]
    pub(crate) fn compare(
        &self,
        question: &Question,
        lexicon: &Lexicon,
        indexes: IndexSet,
        row: usize,
    ) -> Option<Found> {
        let index = *self.indexes.get(row)?;
        if !indexes.holds(index) {
            return None;
        }
        let ids = self.ids(row);
        question.compare(SpecimenKey(self.keys[row]), lexicon, None, |position| {
            let place = self.places[position];
            if place == usize::MAX { 0 } else { ids[place] }
        })
    }

    /// The rows that explain a mixture best, in order.
    pub(crate) fn rank(
        &self,
        look_up: &LookUp<'_>,
        lexicon: &Lexicon,
        indexes: IndexSet,
        limit: usize,
    ) -> Vec<Ranked> {
        let look_up = look_up.at(&self.positions);
        let chunks = (0..self.keys.len().div_ceil(CHUNK)).into_par_iter();
        let ranked = chunks.flat_map_iter(|chunk| {
            let rows = chunk * CHUNK..self.keys.len().min((chunk + 1) * CHUNK);
            let wanted = rows.filter(|row| indexes.holds(self.indexes[*row]));
            let ranked = wanted.map(|row| Ranked {
                key: SpecimenKey(self.keys[row]),
                ratio: look_up.ratio(self.ids(row)),
                profile: row,
            });
            best(ranked.collect(), limit)
        });
        let best = best(ranked.collect(), limit).into_iter();
        best.map(|ranked| ranked.with(|row| self.profile(row, lexicon))).collect()
    }

    fn profile(&self, row: usize, lexicon: &Lexicon) -> PackedProfile {
        let ids = self.ids(row);
        let id_at = |position| ids.get(self.places[position]).copied().unwrap_or(0);
        PackedProfile::from(&unlisted(lexicon, id_at))
    }

    /// The row of a key, if it is held.
    pub(crate) fn find(&self, key: SpecimenKey) -> Option<usize> {
        let row = self.keys.partition_point(|held| *held < key.0);
        let rows = self.keys[row..].iter().take_while(|held| **held == key.0).count();
        (row..row + rows).find(|row| self.indexes[*row] != ERASED)
    }

    /// Overwrites a row, everywhere. The key of the row before takes its place, so that the order
    /// stays.
    pub(crate) fn erase(&mut self, row: usize) {
        let width = self.positions.len();
        let row_ids = row * width..(row + 1) * width;
        let ids = self.ids[row_ids.clone()].iter().zip(&self.codes);
        let codes: Vec<u8> = ids.map(|(id, locus)| locus.code(*id)).collect();
        self.ids.edit(row_ids, |ids| ids.fill(0));
        for group in &mut self.groups {
            group.erase(row as u32, &codes);
        }
        let key = self.keys[row];
        let before = row.checked_sub(1).map_or(0, |before| self.keys[before]);
        let same = self.keys[row..].iter().take_while(|held| **held == key).count();
        self.keys.edit(row..row + same, |keys| keys.fill(before));
        self.indexes.edit(row..row + 1, |index| index.fill(ERASED));
        self.held -= 1;
    }

    /// Writes the panel of this number.
    pub(crate) fn save(&self, out: &mut Writer, number: usize) -> io::Result<()> {
        let mut fields = Fields::default();
        fields.put(self.loci as usize);
        fields.put(self.keys.len());
        for codes in &self.codes {
            fields.list(codes.code_of().iter().map(|code| u32::from(*code)));
            fields.list(codes.rows().iter().copied());
        }
        fields.put(self.halves[0] as usize);
        fields.put(self.groups.len());
        self.groups.iter().for_each(|group| group.outline(&mut fields));
        out.fields(Content::Panel.of(number), &fields)?;
        out.section(Content::PanelKeys.of(number), &self.keys)?;
        out.section(Content::PanelIndexes.of(number), &self.indexes)?;
        out.section(Content::PanelIds.of(number), &self.ids)?;
        let mut groups = self.groups.iter().enumerate();
        groups.try_for_each(|(group, it)| it.save(out, number, group))
    }

    /// Opens the panel of this number.
    pub(crate) fn open(
        file: &mut Reader,
        number: usize,
        lexicon: &Lexicon,
    ) -> Result<Self, FileError> {
        let fields = file.fields(Content::Panel, number)?;
        let outline = Outline::read(&mut Taken(&fields), lexicon);
        let outline = outline.ok_or_else(|| FileError::misfit(Content::Panel.of(number)))?;
        let Outline { loci, rows, codes, halves, groups } = outline;
        let mut panel = Self::bare(loci, rows);
        panel.keys = file.words(Content::PanelKeys.of(number), rows)?;
        panel.indexes = file.words(Content::PanelIndexes.of(number), rows)?;
        let ids = rows.saturating_mul(panel.positions.len());
        panel.ids = file.words(Content::PanelIds.of(number), ids)?;
        panel.held = panel.indexes.iter().filter(|index| **index != ERASED).count();
        panel.take_codes(codes);
        panel.halves = halves;
        for (group, outline) in groups.into_iter().enumerate() {
            panel.groups.push(outline.open(file, number, group, rows)?);
        }
        Ok(panel)
    }

    /// Moves the checksums by what was overwritten; true if anything was.
    pub(crate) fn settle(&mut self, sums: &mut [u32]) -> bool {
        let own = [self.keys.settle(sums), self.indexes.settle(sums), self.ids.settle(sums)];
        let groups = self.groups.iter_mut().fold(false, |any, it| it.settle(sums) | any);
        groups | own.contains(&true)
    }
}

/// A panel as its small section tells.
struct Outline {
    loci: LocusBits,
    rows: usize,
    codes: Vec<LocusCodes>,
    halves: [u64; 2],
    groups: Vec<Group>,
}

impl Outline {
    fn read(fields: &mut Taken, lexicon: &Lexicon) -> Option<Self> {
        let loci = fields.number()? as LocusBits;
        let rows = fields.number()?;
        (loci != 0 && loci >> LOCI == 0).then_some(())?;
        let mut codes = Vec::new();
        for position in positions(loci) {
            let locus = &lexicon.loci()[position];
            let (code_of, rows) = (fields.bytes()?, fields.list()?.to_vec());
            let sound = code_of.len() <= locus.genotypes().len() && rows.len() == CODES + 1;
            sound.then_some(())?;
            codes.push(LocusCodes::from_parts(locus, code_of, rows));
        }
        let ends: Vec<usize> = codes.iter().map(LocusCodes::end).collect();
        let (half, all) = (fields.number()? as u64, (1u64 << codes.len()) - 1);
        let halves = [half & all, all & !half];
        let groups = fields.number()?;
        let groups: Option<Vec<_>> = (0..groups).map(|_| Group::outlined(fields, &ends)).collect();
        fields.done()?;
        let within = |group: &Group| {
            let loci = || group.loci();
            halves.iter().any(|half| loci().all(|place| half >> place & 1 == 1))
        };
        let groups = groups.filter(|groups| half & !all == 0 && groups.iter().all(within))?;
        Some(Self { loci, rows, codes, halves, groups })
    }
}

fn mask_codes(mask: &Mask) -> f64 {
    f64::from(mask.iter().map(|byte| byte.count_ones()).sum::<u32>())
}

/// True where a row can lie in a panel: its numbers say everything.
pub(crate) fn fits(ids: &Ids, whole: bool) -> bool {
    whole && ids.iter().any(|id| *id != 0) && !ids.contains(&UNLISTED)
}

//! The side of the persons: panels of rows that stand, and the rows that came since.
//!
//! Deliberately absent: threads over queries, and files.

use std::collections::BTreeMap;
use std::io;

use rayon::prelude::*;

use crate::engine::{Found, IndexSet, Row, SearchError, SpecimenKey, each_once};
use crate::file::read::Reader;
use crate::file::records::{self, Record, Records};
use crate::file::write::Writer;
use crate::file::{Content, FileError};
use crate::join::Join;
use crate::lexicon::{Ids, Lexicon, LocusBits, typed};
use crate::likelihood::{LookUp, Ranked, best};
use crate::packed::PackedProfile;
use crate::panel::{Entry, Panel, fits};
use crate::question::{Question, Terms};
use crate::rows::Rows;
use crate::settings::Settings;

/// Rows of persons.
#[derive(Default)]
pub(crate) struct Persons {
    panels: Vec<Panel>,
    delta: Rows,
    /// The rows of the delta that lie in a file too.
    records: Records,
}

/// Rows on their way into panels.
#[derive(Default)]
pub(crate) struct Entries {
    entries: BTreeMap<LocusBits, Vec<Entry>>,
    odd: Vec<Row>,
}

impl Entries {
    pub(crate) fn push(&mut self, row: Row, lexicon: &mut Lexicon) {
        let listed = lexicon.list(&row.profile);
        if fits(&listed.ids, listed.whole) {
            let entry = Entry { key: row.key, index: row.index, ids: listed.ids };
            self.entries.entry(typed(&listed.ids)).or_default().push(entry);
        } else {
            self.odd.push(row);
        }
    }

    fn keys(&self) -> impl Iterator<Item = SpecimenKey> {
        let entries = self.entries.values().flatten().map(|entry| entry.key);
        entries.chain(self.odd.iter().map(|row| row.key))
    }
}

impl Persons {
    pub(crate) fn new(
        mut loading: Entries,
        lexicon: &Lexicon,
        workload: &[Ids],
        settings: &Settings,
    ) -> Result<Self, SearchError> {
        each_once(loading.keys())?;
        let mut persons = Self::default();
        while let Some((loci, mut entries)) = loading.entries.pop_first() {
            if entries.len() < settings.panel_rows_min {
                entries.iter().for_each(|entry| persons.delta.push(entry.row(lexicon)));
            } else {
                entries.sort_unstable_by_key(|entry| entry.key);
                let panel = Panel::new(loci, &entries, lexicon, workload, settings.groups);
                persons.panels.push(panel);
            }
        }
        loading.odd.into_iter().for_each(|row| persons.delta.push(row));
        Ok(persons)
    }

    /// Adds a row or replaces that of the same key.
    pub(crate) fn insert(&mut self, row: Row) {
        self.remove(row.key);
        self.delta.push(row);
    }

    /// Overwrites a row wherever it lies; false where it is not held.
    pub(crate) fn remove(&mut self, key: SpecimenKey) -> bool {
        if self.delta.remove(key) {
            self.records.erase(key.0);
            return true;
        }
        let found = self.panels.iter_mut().find_map(|panel| Some((panel.find(key)?, panel)));
        found.map(|(row, panel)| panel.erase(row)).is_some()
    }

    pub(crate) fn len(&self) -> usize {
        self.delta.len() + self.panels.iter().map(Panel::len).sum::<usize>()
    }

    /// Panels there are.
    pub(crate) fn panels(&self) -> usize {
        self.panels.len()
    }

    /// Writes delta and panels.
    pub(crate) fn save(&self, out: &mut Writer) -> io::Result<()> {
        let rows = self.delta.blocks().iter().flat_map(|block| &block.rows);
        let records = records::words(rows.map(|row| (row.key.0, row.index, &row.profile)));
        out.section(Content::Delta.of(0), &records)?;
        let mut panels = self.panels.iter().enumerate();
        panels.try_for_each(|(number, panel)| panel.save(out, number))
    }

    /// Opens delta and so many panels.
    pub(crate) fn open(
        file: &mut Reader,
        panels: usize,
        lexicon: &Lexicon,
    ) -> Result<Self, FileError> {
        let words = file.checked(Content::Delta.of(0))?;
        let read = Records::read(words);
        let (records, rows) = read.ok_or_else(|| FileError::misfit(Content::Delta.of(0)))?;
        let mut persons = Self { records, ..Self::default() };
        for Record { id, index, profile } in rows {
            persons.delta.push(Row { key: SpecimenKey(id), index, profile });
        }
        for number in 0..panels {
            persons.panels.push(Panel::open(file, number, lexicon)?);
        }
        Ok(persons)
    }

    /// Moves the checksums by what was overwritten; true if anything was.
    pub(crate) fn settle(&mut self, sums: &mut [u32]) -> bool {
        let panels = self.panels.iter_mut().fold(false, |any, it| it.settle(sums) | any);
        self.records.settle(sums) | panels
    }

    /// Bytes held, but for the delta.
    pub(crate) fn size(&self) -> usize {
        self.panels.iter().map(Panel::size).sum()
    }

    /// The candidates of each of many queries, in order of key.
    pub(crate) fn batch(
        &self,
        profiles: &[(SpecimenKey, PackedProfile)],
        terms: &Terms,
        lexicon: &Lexicon,
        indexes: IndexSet,
        settings: &Settings,
    ) -> Vec<Vec<Found>> {
        let questions: Vec<Question> = profiles
            .par_iter()
            .map(|(_, profile)| Question::new(profile, terms, lexicon))
            .collect();
        let mut answers: Vec<Vec<Found>> = profiles
            .par_iter()
            .map(|(_, profile)| {
                let mut found = Vec::new();
                self.delta.search(profile, &terms.rule, indexes, &mut found);
                found
            })
            .collect();
        for panel in &self.panels {
            let join = Join { panel, lexicon, terms, questions: &questions, indexes, settings };
            for (query, found) in join.answers() {
                answers.get_mut(query as usize).into_iter().for_each(|answer| answer.push(found));
            }
        }
        answers.par_iter_mut().for_each(|found| found.sort_unstable_by_key(|found| found.key));
        answers
    }

    /// The candidates of a query, in order of key.
    pub(crate) fn search(
        &self,
        profile: &PackedProfile,
        question: &Question,
        lexicon: &Lexicon,
        indexes: IndexSet,
        settings: &Settings,
    ) -> Vec<Found> {
        let mut found = Vec::new();
        for panel in &self.panels {
            panel.search(question, lexicon, indexes, settings, &mut found);
        }
        self.delta.search(profile, &question.terms.rule, indexes, &mut found);
        found.sort_unstable_by_key(|found| found.key);
        found
    }
    /// The rows that explain a mixture best, in order.
    pub(crate) fn rank(
        &self,
        look_up: &LookUp<'_>,
        lexicon: &Lexicon,
        indexes: IndexSet,
        limit: usize,
    ) -> Vec<Ranked> {
        let mut ranked = self.delta.rank(look_up, indexes, limit);
        for panel in &self.panels {
            ranked.extend(panel.rank(look_up, lexicon, indexes, limit));
        }
        best(ranked, limit)
    }
}

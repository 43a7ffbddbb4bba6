//! The engine in use.
//!
//! Persons lie in panels ordered by groups of loci, with a delta for what came since; evidence lies
//! in planes of bits. Queries are answered on the caller's threads, in the same order on any
//! number of them.

use std::fs::File;
use std::io;
use std::path::Path;

use rayon::prelude::*;

use crate::advisor::WORKLOAD;
use crate::engine::{Engine, Found, IndexSet, Row, SearchError, Side, SpecimenKey, Target};
use crate::file::fields::{Fields, Taken};
use crate::file::read::Reader;
use crate::file::saved::{Lock, Saved};
use crate::file::write::Writer;
use crate::file::{Content, FileError, Mark};
use crate::forensic::{Among, Forensic, Listed};
use crate::lexicon::Lexicon;
use crate::likelihood::{LookUp, Ranked};
use crate::packed::PackedProfile;
use crate::persons::{Entries, Persons};
use crate::question::{Question, Terms};
use crate::settings::Settings;

use genetics::SearchRule;
use genetics::likelihood::MixtureLikelihood;

/// Queries that go through the evidence together.
const FORENSIC_BATCH: usize = 8_192;

/// Rows in memory, or in a file (`file` tells how).
#[derive(Default)]
pub struct Exact {
    settings: Settings,
    lexicon: Lexicon,
    persons: Persons,
    forensic: Forensic,
    /// The file in which the rows lie, if they do.
    saved: Option<Saved>,
}

impl Exact {
    /// An engine without rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// An engine without rows that works as told.
    pub fn with(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Starts to replace everything held on a side, row by row; what is held stays until
    /// [`Loading::finish`].
    pub fn loading(&mut self, side: Side) -> Loading<'_> {
        Loading { engine: self, side, persons: Entries::default(), forensic: Vec::new() }
    }

    /// Bytes held by the rows of a side.
    pub fn size(&self, side: Side) -> usize {
        match side {
            Side::Persons => self.persons.size(),
            Side::Forensic => self.forensic.size(),
        }
    }

    /// The persons of some indexes who explain a mixture best, at most so many, best first; of
    /// equal ones the lowest key first.
    ///
    /// Where the mixture was made ready for several populations, the
    /// least ratio of a person counts. Loci that are not searched count as not typed.
    pub fn rank(
        &self,
        indexes: IndexSet,
        mixtures: &[MixtureLikelihood],
        limit: usize,
    ) -> Vec<Ranked> {
        let look_up = LookUp::new(mixtures, &self.lexicon);
        self.persons.rank(&look_up, &self.lexicon, indexes, limit)
    }

    /// Writes all rows into a file at the path, in the place of one that is there, and goes on with
    /// them there: from now on a removal reaches the file. `mark` says up to where the caller's
    /// record of events is contained.
    ///
    /// # Errors
    /// Another process has the file; the machine failed. The engine then goes on as before.
    pub fn save(&mut self, path: &Path, mark: &Mark) -> Result<(), FileError> {
        let own = self.saved.as_ref().map(Saved::lock).filter(|lock| lock.is_for(path));
        let lock = own.cloned().map_or_else(|| Lock::take(path), Ok)?;
        let file = lock.replace(|file| {
            let mut out = Writer::new(file)?;
            self.write(&mut out)?;
            out.finish(mark)
        })?;
        match Self::read(file, lock.clone(), self.settings) {
            Ok((engine, _)) => *self = engine,
            Err(error) => {
                // What no engine works with is not kept up to date, and so must not be there.
                lock.remove()?;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Opens the file at a path, and says up to where the caller's record of events is contained.
    /// The small sections are checked; [`verify`](Self::verify) checks the others.
    ///
    /// # Errors
    /// There is none, it cannot be used, or another process has it.
    pub fn open(path: &Path, settings: Settings) -> Result<(Self, Mark), FileError> {
        if !path.exists() {
            return Err(FileError::missing(path));
        }
        let lock = Lock::take(path)?;
        Self::read(lock.open()?, lock, settings)
    }

    /// Takes a file away that cannot be used, or that is no longer wanted.
    ///
    /// # Errors
    /// Another process has it; the machine failed.
    pub fn discard(path: &Path) -> Result<(), FileError> {
        Lock::take(path)?.remove()
    }

    /// Checks all bytes of the file in which the rows lie; nothing to do where they lie in none.
    /// `progress` is told bytes done and bytes in all. Until this was done once after opening,
    /// bytes that rotted on the disk can make an answer wrong or stop a search.
    ///
    /// # Errors
    /// A chunk does not fit its checksum; the file cannot be read.
    pub fn verify(&self, mut progress: impl FnMut(u64, u64)) -> Result<(), FileError> {
        self.saved.as_ref().map_or(Ok(()), |saved| saved.verify(&mut progress))
    }

    /// True where the rows lie in a file.
    pub fn is_saved(&self) -> bool {
        self.saved.is_some()
    }

    fn write(&self, out: &mut Writer) -> io::Result<()> {
        let mut outline = Fields::default();
        outline.put(self.persons.panels());
        outline.put(self.forensic.segments());
        out.fields(Content::Outline.of(0), &outline)?;
        out.fields(Content::Lexicon.of(0), &self.lexicon.fields())?;
        self.persons.save(out)?;
        self.forensic.save(out)
    }

    fn read(file: File, lock: Lock, settings: Settings) -> Result<(Self, Mark), FileError> {
        let misfit = |kind: Content| move || FileError::misfit(kind.of(0));
        let mut file = Reader::new(file)?;
        let outline = file.fields(Content::Outline, 0)?;
        let mut outline = Taken(&outline);
        let parts = outline.number().zip(outline.number());
        let (panels, segments) = parts.ok_or_else(misfit(Content::Outline))?;
        let lexicon = file.fields(Content::Lexicon, 0)?;
        let lexicon = Lexicon::read(&mut Taken(&lexicon)).ok_or_else(misfit(Content::Lexicon))?;
        let persons = Persons::open(&mut file, panels, &lexicon)?;
        let forensic = Forensic::open(&mut file, segments, &lexicon)?;
        let (saved, mark) = file.finish(lock)?;
        Ok((Self { settings, lexicon, persons, forensic, saved: Some(saved) }, mark))
    }

    /// Sees to the disk what was overwritten.
    fn settle(&mut self) -> Result<(), SearchError> {
        let Self { saved, persons, forensic, .. } = self;
        let Some(saved) = saved else {
            return Ok(());
        };
        Ok(saved.settle(|sums| persons.settle(sums) | forensic.settle(sums))?)
    }

    fn among(&self, target: Target) -> Among<'_> {
        Among { lexicon: &self.lexicon, indexes: target.indexes, settings: &self.settings }
    }

    fn answer(&self, target: Target, profile: &PackedProfile, terms: &Terms) -> Vec<Found> {
        let question = Question::new(profile, terms, &self.lexicon);
        let (lexicon, settings) = (&self.lexicon, &self.settings);
        match target.side {
            Side::Persons => {
                self.persons.search(profile, &question, lexicon, target.indexes, settings)
            }
            Side::Forensic => self.forensic.search(&question, &self.among(target)),
        }
    }
}

/// Rows on their way into an engine: a few dozen bytes each until they are all there.
pub struct Loading<'e> {
    engine: &'e mut Exact,
    side: Side,
    persons: Entries,
    forensic: Vec<Listed>,
}

impl Loading<'_> {
    /// Adds a row.
    pub fn push(&mut self, row: Row) {
        match self.side {
            Side::Persons => self.persons.push(row, &mut self.engine.lexicon),
            Side::Forensic => self.forensic.push(Listed::new(row, &mut self.engine.lexicon)),
        }
    }

    /// Replaces what the side held. A file in which rows lay is taken away; save anew.
    ///
    /// # Errors
    /// A specimen stands twice; what was held stays. The file cannot be taken away.
    pub fn finish(self) -> Result<(), SearchError> {
        let Exact { settings, lexicon, persons, forensic, saved } = self.engine;
        match self.side {
            Side::Persons => {
                let workload = forensic.examples(WORKLOAD);
                *persons = Persons::new(self.persons, lexicon, &workload, settings)?;
            }
            Side::Forensic => *forensic = Forensic::new(self.forensic, lexicon)?,
        }
        // The file does not hold what was loaded, and what it holds would no longer be removed.
        saved.as_ref().map_or(Ok(()), |saved| saved.lock().remove())?;
        Ok(())
    }
}

impl Engine for Exact {
    fn load(&mut self, side: Side, rows: Vec<Row>) -> Result<(), SearchError> {
        let mut loading = self.loading(side);
        rows.into_iter().for_each(|row| loading.push(row));
        loading.finish()
    }

    fn insert(&mut self, side: Side, row: Row) -> Result<(), SearchError> {
        match side {
            Side::Persons => self.persons.insert(row),
            Side::Forensic => self.forensic.insert(row, &mut self.lexicon),
        }
        self.settle()
    }

    fn remove(&mut self, side: Side, key: SpecimenKey) -> Result<bool, SearchError> {
        let removed = match side {
            Side::Persons => self.persons.remove(key),
            Side::Forensic => self.forensic.remove(key),
        };
        self.settle()?;
        Ok(removed)
    }

    fn query(
        &self,
        target: Target,
        profile: &PackedProfile,
        rule: &SearchRule,
    ) -> Result<Vec<Found>, SearchError> {
        Ok(self.answer(target, profile, &Terms::new(rule)))
    }

    fn batch(
        &self,
        target: Target,
        profiles: &[(SpecimenKey, PackedProfile)],
        rule: &SearchRule,
    ) -> Result<Vec<(SpecimenKey, Vec<Found>)>, SearchError> {
        let terms = Terms::new(rule);
        let answers = match target.side {
            Side::Persons if profiles.len() >= self.settings.batch_min => {
                self.persons.batch(profiles, &terms, &self.lexicon, target.indexes, &self.settings)
            }
            Side::Forensic if profiles.len() >= self.settings.batch_min => {
                let chunks = profiles.chunks(FORENSIC_BATCH).flat_map(|profiles| {
                    let questions: Vec<Question> = profiles
                        .par_iter()
                        .map(|(_, profile)| Question::new(profile, &terms, &self.lexicon))
                        .collect();
                    self.forensic.search_many(&questions, &self.among(target))
                });
                chunks.collect()
            }
            _ => {
                let answer = |(_, profile): &_| self.answer(target, profile, &terms);
                profiles.par_iter().map(answer).collect()
            }
        };
        Ok(profiles.iter().map(|(key, _)| *key).zip(answers).collect())
    }

    fn len(&self, side: Side) -> usize {
        match side {
            Side::Persons => self.persons.len(),
            Side::Forensic => self.forensic.len(),
        }
    }
}

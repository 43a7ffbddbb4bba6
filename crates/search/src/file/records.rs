//! Whole profiles in a section, one after the other, each of which can be overwritten.

use std::collections::HashMap;
use std::ops::Range;

use genetics::{Category, Index};
use zeroize::Zeroizing;

use crate::packed::PackedProfile;
use crate::store::Words;

/// Words of a record before the profile, without its length.
const HEAD: usize = 5;

/// A profile with what belongs to it.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) id: u64,
    pub(crate) index: Index,
    pub(crate) profile: PackedProfile,
}

/// The records of a section in a file, by id. Empty where the engine is in memory only.
#[derive(Debug, Default)]
pub(crate) struct Records {
    words: Words<u16>,
    places: HashMap<u64, Range<usize>>,
}

/// Records as words of a section.
pub(crate) fn words<'a>(
    records: impl Iterator<Item = (u64, Index, &'a PackedProfile)> + Clone,
) -> Zeroizing<Vec<u16>> {
    let lengths = records.clone().map(|(_, _, profile)| 1 + HEAD + profile.words().len());
    // Sized once, so that no half-built copy stays behind in freed memory.
    let mut words = Vec::with_capacity(lengths.sum());
    for (id, index, profile) in records {
        words.push((HEAD + profile.words().len()) as u16);
        words.extend((0..4).map(|word| (id >> (16 * word) & 0xFFFF) as u16));
        words.push(index as u16 + 1);
        words.extend(profile.words());
    }
    Zeroizing::new(words)
}

impl Records {
    /// The records of a section, and what they hold; `None` where it is none of records.
    pub(crate) fn read(words: Words<u16>) -> Option<(Self, Vec<Record>)> {
        let (mut records, mut places) = (Vec::new(), HashMap::new());
        let mut at = 0;
        while let Some(length) = words.get(at) {
            let place = at + 1..at + 1 + usize::from(*length);
            let content = words.get(place.clone())?;
            at = place.end;
            if let Some(record) = read(content)? {
                places.insert(record.id, place).is_none().then_some(())?;
                records.push(record);
            }
        }
        Some((Self { words, places }, records))
    }

    /// Overwrites a record, if it is here.
    pub(crate) fn erase(&mut self, id: u64) {
        if let Some(place) = self.places.remove(&id) {
            self.words.edit(place, |record| record.fill(0));
        }
    }

    /// Brings the checksums up to what was overwritten; true if anything was.
    pub(crate) fn settle(&mut self, sums: &mut [u32]) -> bool {
        self.words.settle(sums)
    }
}

/// `Some(None)` for an erased record.
fn read(content: &[u16]) -> Option<Option<Record>> {
    let (head, profile) = content.split_first_chunk::<HEAD>()?;
    let [id @ .., index] = head;
    let Some(number) = index.checked_sub(1) else {
        return content.iter().all(|word| *word == 0).then_some(None);
    };
    let id = id.iter().rev().fold(0, |id: u64, word| id << 16 | u64::from(*word));
    let indexes = Category::ALL.iter().map(|category| category.index());
    let index = indexes.into_iter().find(|index| *index as u16 == number)?;
    let profile = PackedProfile::from_words(profile)?;
    Some(Some(Record { id, index, profile }))
}

//! The rows of one side, in blocks that never move, and how a row is put in and taken out.
//!
//! Growing leaves no copy of a row behind, and a removed row is overwritten where it lay. Not
//! overwritten: the short-lived copies that a full comparison makes while it runs, and the bare
//! specimen key in a freed place of the table of places.
//!
//! Deliberately absent: searching (`exact`).

use std::collections::HashMap;

use zeroize::Zeroize;

use crate::engine::{Row, SpecimenKey};
use crate::signature::{OPEN, SHADED_LOCI, signatures};

/// Rows of a block: their counters fit the registers, and a block fits the first cache.
pub(crate) const BLOCK_ROWS: usize = 64;

/// Up to [`BLOCK_ROWS`] rows and their shadows by locus; places that hold no row are open.
pub(crate) struct Block {
    pub(crate) rows: Vec<Row>,
    pub(crate) signatures: [[u32; BLOCK_ROWS]; SHADED_LOCI],
}

impl Block {
    fn new() -> Box<Self> {
        Box::new(Self {
            rows: Vec::with_capacity(BLOCK_ROWS),
            signatures: [[OPEN; BLOCK_ROWS]; SHADED_LOCI],
        })
    }

    fn shade(&mut self, slot: usize, signatures: [u32; SHADED_LOCI]) {
        for (column, signature) in self.signatures.iter_mut().zip(signatures) {
            if let Some(place) = column.get_mut(slot) {
                *place = signature;
            }
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.signatures.as_flattened_mut().zeroize();
    }
}

/// The rows of one side. Every block but the last is full.
#[derive(Default)]
pub(crate) struct Rows {
    blocks: Vec<Box<Block>>,
    places: HashMap<SpecimenKey, (usize, usize)>,
}

impl Rows {
    pub(crate) fn blocks(&self) -> &[Box<Block>] {
        &self.blocks
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// The key must not be held yet.
    pub(crate) fn push(&mut self, row: Row) {
        if self.blocks.last().is_none_or(|block| block.rows.len() == BLOCK_ROWS) {
            self.blocks.push(Block::new());
        }
        let number = self.blocks.len() - 1;
        if let Some(block) = self.blocks.last_mut() {
            let slot = block.rows.len();
            block.shade(slot, signatures(&row.profile));
            self.places.insert(row.key, (number, slot));
            block.rows.push(row);
        }
    }

    /// Moves the last row into the place of the removed one. The removed row's words are
    /// overwritten as it is dropped, its shadows by those of the last row or by openness.
    pub(crate) fn remove(&mut self, key: SpecimenKey) -> bool {
        let Some((number, slot)) = self.places.remove(&key) else {
            return false;
        };
        let Some(last) = self.blocks.last_mut().and_then(|block| {
            let row = block.rows.pop()?;
            block.shade(block.rows.len(), [OPEN; SHADED_LOCI]);
            Some(row)
        }) else {
            return false;
        };
        if last.key != key
            && let Some(block) = self.blocks.get_mut(number)
            && let Some(removed) = block.rows.get_mut(slot)
        {
            self.places.insert(last.key, (number, slot));
            let shadows = signatures(&last.profile);
            *removed = last;
            block.shade(slot, shadows);
        }
        self.blocks.pop_if(|block| block.rows.is_empty());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::PackedProfile;
    use genetics::{Index, Locus, Profile};
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn row(key: u64) -> Row {
        let text = format!("{},{}", 8 + key % 9, 12 + key % 5);
        let typed = [Locus::Fga, Locus::D6s1043].map(|locus| (locus, text.parse().unwrap()));
        let profile = Profile::from_genotypes(typed.into_iter().skip(key as usize % 3)).unwrap();
        Row {
            key: SpecimenKey(key),
            index: Index::Detainee,
            profile: PackedProfile::from(&profile),
        }
    }

    /// Every shadow is that of the row that lies there now, and where no row lies there is none.
    fn check_shadows(rows: &Rows) {
        let mut held = 0;
        for (number, block) in rows.blocks.iter().enumerate() {
            assert!(!block.rows.is_empty());
            assert_eq!(block.rows.capacity(), BLOCK_ROWS, "a block never moves its rows");
            for slot in 0..BLOCK_ROWS {
                let lying = block.signatures.map(|column| column[slot]);
                let expected = block.rows.get(slot).map(|row| {
                    held += 1;
                    assert_eq!(rows.places[&row.key], (number, slot));
                    signatures(&row.profile)
                });
                assert_eq!(lying, expected.unwrap_or([OPEN; SHADED_LOCI]));
            }
        }
        assert_eq!(rows.places.len(), held);
    }

    proptest! {
        #[test]
        fn no_shadow_outlives_its_row(
            filled in 0u64..150,
            removed in vec(0u64..150, 0..40),
        ) {
            let mut rows = Rows::default();
            (0..filled).for_each(|key| rows.push(row(key)));
            for (step, key) in removed.iter().enumerate() {
                let there = rows.places.contains_key(&SpecimenKey(*key));
                prop_assert_eq!(rows.remove(SpecimenKey(*key)), there);
                check_shadows(&rows);
                if step % 3 == 0 {
                    rows.push(row(1000 + step as u64));
                    check_shadows(&rows);
                }
            }
        }
    }
}

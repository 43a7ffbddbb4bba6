//! Many profiles in little memory: 48 bytes each, and how two of them compare.
//!
//! A profile is a row of numbers of genotypes ([`Lexicon`]). Where a genotype cannot be listed,
//! because it is not an exact reading or because its locus has too many alleles, the profile is
//! kept beside the row, and `genetics` compares it. Absent: which rows to compare.

use std::collections::HashMap;

use genetics::genotype::Genotype;
use genetics::stringency::level;
use genetics::{Level, Profile};

use super::PairsError;
use crate::lexicon::{GenotypeId, Ids, Lexicon, LocusBits, UNLISTED, locus_at, positions};
use crate::packed::PackedProfile;
use crate::question;

/// The profiles of a list, by place. Only the autosomal loci are looked at.
#[derive(Default)]
pub struct Roster {
    lexicon: Lexicon,
    rows: Vec<Ids>,
    kept: HashMap<u32, PackedProfile>,
}

/// Two rows of a list that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Likeness {
    /// Place of the row that stands first in the list, from 0.
    pub first: u32,
    /// Place of the other row.
    pub second: u32,
    /// The loci of the rule typed in both.
    pub compared: LocusBits,
    /// Those at which the genotypes differ.
    pub differing: LocusBits,
}

/// A rule in the terms of rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) loci: LocusBits,
    pub(super) matching_min: u32,
    pub(super) differing_max: u32,
}

impl Roster {
    /// A list without profiles.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a profile at the end of the list.
    ///
    /// # Errors
    /// The list is full.
    pub fn push(&mut self, profile: &PackedProfile) -> Result<(), PairsError> {
        let place = u32::try_from(self.rows.len()).map_err(|_| PairsError::TooManyProfiles)?;
        let listed = self.lexicon.list(profile);
        if listed.ids.contains(&UNLISTED) {
            self.kept.insert(place, profile.clone());
        }
        self.rows.push(listed.ids);
        Ok(())
    }

    /// Profiles in the list.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True for a list without profiles.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn rows(&self) -> &[Ids] {
        &self.rows
    }

    pub(super) fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// The likeness of two rows, where they are alike.
    pub(super) fn alike(&self, one: u32, other: u32, limits: &Limits) -> Option<Likeness> {
        let (ours, theirs) = (self.rows.get(one as usize)?, self.rows.get(other as usize)?);
        let (mut compared, mut differing, mut open): (LocusBits, LocusBits, LocusBits) = (0, 0, 0);
        for (position, (our, their)) in ours.iter().zip(theirs).enumerate() {
            let bit = (limits.loci >> position & 1) << position;
            if bit == 0 || *our == 0 || *their == 0 {
                continue;
            }
            compared |= bit;
            if *our == UNLISTED || *their == UNLISTED {
                open |= bit;
            } else if our != their {
                differing |= bit;
                if differing.count_ones() > limits.differing_max {
                    return None;
                }
            }
        }
        if open != 0 {
            differing |= self.differing_unlisted(one, other, open);
        }
        let matching = (compared & !differing).count_ones();
        let few = differing.count_ones() <= limits.differing_max;
        (few && matching >= limits.matching_min).then(|| Likeness {
            first: one.min(other),
            second: one.max(other),
            compared,
            differing,
        })
    }

    /// Of loci where a genotype is not listed, those at which two rows differ.
    fn differing_unlisted(&self, one: u32, other: u32, open: LocusBits) -> LocusBits {
        let [ours, theirs] = [one, other].map(|row| self.kept.get(&row).map(Profile::from));
        let differs = |position: &usize| {
            let our = self.genotype(one, *position, ours.as_ref());
            let their = self.genotype(other, *position, theirs.as_ref());
            let (Some(our), Some(their)) = (our, their) else {
                return true;
            };
            level(&our, &their) != Level::High
        };
        positions(open).filter(differs).fold(0, |bits, position| bits | 1 << position)
    }

    fn genotype(&self, row: u32, position: usize, kept: Option<&Profile>) -> Option<Genotype> {
        let id: GenotypeId = *self.rows.get(row as usize)?.get(position)?;
        if id == UNLISTED {
            return Some(kept?.at(locus_at(position)?)?.genotype.clone());
        }
        let locus = self.lexicon.loci().get(position)?;
        question::genotype(locus.tenths(), locus.genotype(id))
    }
}

//! A query made ready: its genotypes as sets of bits, and the full comparison with a stored row.
//!
//! [`Question::compare`] is the last word on every row that the faster structures let through.
//! Rows and queries of exact alleles are compared as bits; where either holds a reading that has no
//! bit, `genetics::compare` is asked. Both give the counts of `genetics::compare`.
//!
//! Deliberately absent: ruling rows out (`codes`, `bitsliced`).

use genetics::{Level, Locus, LocusSet, Profile, SearchRule, compare};

use crate::engine::{Found, SpecimenKey};
use crate::lexicon::{
    AlleleBits, GenotypeId, LOCI, Lexicon, LocusBits, LocusLexicon, level_of, positions, searched,
};
use crate::packed::PackedProfile;

/// One locus of a query.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    /// The alleles; alleles that no row has share the bit `UNSEEN`.
    pub(crate) alleles: AlleleBits,
    /// The allele that a row must have, or 0.
    pub(crate) required: AlleleBits,
    /// True where some reading is not an exact one: the bits then say nothing.
    pub(crate) inexact: bool,
    /// The loosest level that satisfies; `None` where every row does.
    pub(crate) wanted: Option<Level>,
}

impl Asked {
    /// True where a genotype of exact alleles satisfies the query at this locus.
    #[inline(always)]
    pub(crate) fn satisfied_by(&self, stored: AlleleBits) -> bool {
        if self.required & !stored != 0 {
            return false;
        }
        match self.wanted {
            None => true,
            Some(Level::High) => stored == self.alleles,
            Some(Level::Low) => stored & self.alleles != 0,
            Some(_) => stored & !self.alleles == 0 || self.alleles & !stored == 0,
        }
    }
}

impl Asked {
    /// What a query by a stored genotype asks at moderate stringency; `None` where not typed.
    pub(crate) fn usual(locus: &LocusLexicon, id: GenotypeId) -> Option<Self> {
        let alleles = locus.genotype(id);
        let wanted = Some(Level::Moderate);
        (alleles != 0).then_some(Self { alleles, wanted, ..Self::default() })
    }
}

/// A query, its rule, and how many loci may differ.
#[derive(Clone, Debug)]
pub(crate) struct Question<'q> {
    packed: &'q PackedProfile,
    pub(crate) rule: SearchRule,
    /// Loci of the rule that are typed in the query.
    pub(crate) loci: LocusBits,
    pub(crate) asked: [Asked; LOCI],
    inexact: bool,
}

/// The searched part of a rule: sex markers and loci of the Y chromosome decide nothing.
pub(crate) fn searched_rule(rule: &SearchRule) -> SearchRule {
    SearchRule { loci: rule.loci.intersection(LocusSet::autosomal()), ..rule.clone() }
}

impl<'q> Question<'q> {
    pub(crate) fn new(packed: &'q PackedProfile, rule: &SearchRule, lexicon: &Lexicon) -> Self {
        let rule = searched_rule(rule);
        let wanted = searched(rule.loci);
        let mut asked = [Asked::default(); LOCI];
        let mut loci = 0;
        for locus in packed.loci() {
            let position = locus.locus.position();
            let (Some(slot), Some(words)) = (asked.get_mut(position), lexicon.loci().get(position))
            else {
                continue;
            };
            if wanted >> position & 1 == 0 {
                continue;
            }
            loci |= 1 << position;
            slot.wanted = Some(rule.stringency_at(locus.locus)).filter(|it| *it != Level::Mismatch);
            match locus.exact_tenths() {
                Some(tenths) => {
                    slot.alleles = tenths.fold(0, |bits, tenths| bits | words.allele(tenths));
                    slot.required = locus.required_tenths().map_or(0, |it| words.allele(it));
                }
                None => slot.inexact = true,
            }
        }
        let inexact = positions(loci).any(|at| asked.get(at).is_some_and(|asked| asked.inexact));
        Self { packed, rule, loci, asked, inexact }
    }

    /// Loci that may differ in a row typed at so many of these loci; `None` where such a row cannot
    /// match at enough loci.
    pub(crate) fn budget(&self, typed: LocusBits, at_most: u32) -> Option<u32> {
        let shared = (self.loci & typed).count_ones().min(at_most);
        let spare = shared.checked_sub(u32::from(self.rule.matching_min))?;
        Some(spare.min(u32::from(self.rule.mismatches_max)))
    }

    /// The counts, if the row is a candidate. `id_at` gives the number of the row's genotype at a
    /// position; `kept` is the row's profile where the numbers do not say everything.
    #[inline]
    pub(crate) fn compare(
        &self,
        key: SpecimenKey,
        lexicon: &Lexicon,
        kept: Option<&PackedProfile>,
        id_at: impl Fn(usize) -> GenotypeId,
    ) -> Option<Found> {
        match kept {
            Some(kept) => self.compare_profiles(key, &Profile::from(kept)),
            None if self.inexact => self.compare_profiles(key, &unlisted(lexicon, id_at)),
            None => self.compare_bits(key, lexicon, id_at),
        }
    }

    fn compare_profiles(&self, key: SpecimenKey, row: &Profile) -> Option<Found> {
        let comparison = compare(&Profile::from(self.packed), row, &self.rule);
        comparison.is_candidate(&self.rule).then(|| Found::new(key, &comparison))
    }

    #[inline]
    fn compare_bits(
        &self,
        key: SpecimenKey,
        lexicon: &Lexicon,
        id_at: impl Fn(usize) -> GenotypeId,
    ) -> Option<Found> {
        let mut found = Found { key, compared: 0, matching: 0, mismatching: 0, loosest: None };
        for position in positions(self.loci) {
            let id = id_at(position);
            let (Some(asked), Some(locus)) =
                (self.asked.get(position), lexicon.loci().get(position))
            else {
                continue;
            };
            if id == 0 {
                continue;
            }
            let stored = locus.genotype(id);
            if asked.required & !stored != 0 {
                return None;
            }
            found.compared += 1;
            let level = level_of(asked.alleles, stored);
            if level <= asked.wanted.unwrap_or(Level::Mismatch) {
                found.matching += 1;
                found.loosest = found.loosest.max(Some(level));
            } else {
                found.mismatching += 1;
                if found.mismatching > self.rule.mismatches_max {
                    return None;
                }
            }
        }
        (found.matching >= self.rule.matching_min).then_some(found)
    }
}

/// The profile that the numbers stand for.
pub(crate) fn unlisted(lexicon: &Lexicon, id_at: impl Fn(usize) -> GenotypeId) -> Profile {
    let typed = lexicon.loci().iter().enumerate().filter_map(|(position, words)| {
        let genotype = genotype(words.tenths(), words.genotype(id_at(position)))?;
        Some((Locus::at(position)?, genotype))
    });
    Profile::from_genotypes(typed).unwrap_or_default()
}

/// The genotype of a set of bits; `None` for the empty set.
pub(crate) fn genotype(tenths: &[u16], bits: AlleleBits) -> Option<genetics::Genotype> {
    let alleles = tenths.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
    let alleles = alleles.filter_map(|(_, tenths)| genetics::Allele::exact(*tenths));
    genetics::Genotype::new(alleles).ok()
}

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
    /// The loosest level that satisfies; `None` where every row does, or where the query has a
    /// reading without a bit.
    pub(crate) wanted: Option<Level>,
}

impl Asked {
    /// What a query by a stored genotype asks at moderate stringency; `None` where not typed.
    pub(crate) fn usual(locus: &LocusLexicon, id: GenotypeId) -> Option<Self> {
        let alleles = locus.genotype(id);
        let wanted = Some(Level::Moderate);
        (alleles != 0).then_some(Self { alleles, wanted, required: 0 })
    }
}

/// The rule of one or many queries, by position of the locus.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) rule: SearchRule,
    loci: LocusBits,
    /// The loosest level that satisfies; `None` where every row does.
    wanted: [Option<Level>; LOCI],
}

impl Terms {
    /// The searched part of a rule: sex markers and loci of the Y chromosome decide nothing.
    pub(crate) fn new(rule: &SearchRule) -> Self {
        let rule = searched_rule(rule);
        let level = |position| Locus::at(position).map(|locus| rule.stringency_at(locus));
        let wanted = std::array::from_fn(|at| level(at).filter(|it| *it != Level::Mismatch));
        Self { loci: searched(rule.loci), wanted, rule }
    }

    /// The loosest level that satisfies at a position; `None` where every row does.
    #[inline(always)]
    pub(crate) fn wanted(&self, position: usize) -> Option<Level> {
        self.wanted.get(position).copied().flatten()
    }
}

/// A rule at the loci that are searched.
pub(crate) fn searched_rule(rule: &SearchRule) -> SearchRule {
    SearchRule { loci: rule.loci.intersection(LocusSet::autosomal()), ..rule.clone() }
}

/// A query made ready.
#[derive(Clone, Debug)]
pub(crate) struct Question<'q> {
    packed: &'q PackedProfile,
    pub(crate) terms: &'q Terms,
    /// Loci of the rule that are typed in the query.
    pub(crate) loci: LocusBits,
    /// Those at which some reading has no bit.
    inexact: LocusBits,
    alleles: [AlleleBits; LOCI],
    /// True where some locus has more than two alleles.
    pub(crate) mixture: bool,
    /// Alleles that a row must have, where any is required.
    required: Option<Box<[AlleleBits; LOCI]>>,
}

impl<'q> Question<'q> {
    pub(crate) fn new(packed: &'q PackedProfile, terms: &'q Terms, lexicon: &Lexicon) -> Self {
        let (mut loci, mut inexact) = (0, 0);
        let mut alleles = [0; LOCI];
        let mut required: Option<Box<[AlleleBits; LOCI]>> = None;
        for locus in packed.loci() {
            let position = locus.locus.position();
            let (Some(slot), Some(words)) =
                (alleles.get_mut(position), lexicon.loci().get(position))
            else {
                continue;
            };
            if terms.loci >> position & 1 == 0 {
                continue;
            }
            loci |= 1 << position;
            match locus.exact_tenths() {
                Some(tenths) => *slot = tenths.fold(0, |bits, it| bits | words.allele(it)),
                None => inexact |= 1 << position,
            }
            if let Some(tenths) = locus.required_tenths()
                && inexact >> position & 1 == 0
                && let Some(slot) = required.get_or_insert_default().get_mut(position)
            {
                *slot = words.allele(tenths);
            }
        }
        let mixture = alleles.iter().any(|alleles| alleles.count_ones() > 2);
        Self { packed, terms, loci, inexact, alleles, mixture, required }
    }

    /// What is asked at a position.
    #[inline(always)]
    pub(crate) fn asked(&self, position: usize) -> Asked {
        let at = |alleles: &[AlleleBits; LOCI]| alleles.get(position).copied().unwrap_or(0);
        let exact = self.inexact >> position & 1 == 0;
        Asked {
            alleles: at(&self.alleles),
            required: self.required.as_deref().map_or(0, at),
            wanted: self.terms.wanted(position).filter(|_| exact),
        }
    }

    /// False where a genotype of exact alleles surely does not satisfy the query at a position.
    #[inline(always)]
    pub(crate) fn may_satisfy(&self, position: usize, stored: AlleleBits) -> bool {
        let Some(asked) = self.alleles(position) else {
            return true;
        };
        match self.terms.wanted(position) {
            None => true,
            Some(Level::High) => stored == asked,
            Some(Level::Low) => stored & asked != 0,
            Some(_) => stored & !asked == 0 || asked & !stored == 0,
        }
    }

    /// The alleles at a position; `None` where it is not asked or has a reading without a bit.
    #[inline(always)]
    pub(crate) fn alleles(&self, position: usize) -> Option<AlleleBits> {
        let asked = self.loci & !self.inexact;
        self.alleles.get(position).copied().filter(|_| asked >> position & 1 == 1)
    }

    /// Loci that may differ in a row typed at so many of these loci; `None` where such a row cannot
    /// match at enough loci.
    pub(crate) fn budget(&self, typed: LocusBits, at_most: u32) -> Option<u32> {
        let shared = (self.loci & typed).count_ones().min(at_most);
        let spare = shared.checked_sub(u32::from(self.terms.rule.matching_min))?;
        Some(spare.min(u32::from(self.terms.rule.mismatches_max)))
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
            None if self.inexact != 0 => self.compare_profiles(key, &unlisted(lexicon, id_at)),
            None => self.compare_bits(key, lexicon, id_at),
        }
    }

    fn compare_profiles(&self, key: SpecimenKey, row: &Profile) -> Option<Found> {
        let comparison = compare(&Profile::from(self.packed), row, &self.terms.rule);
        comparison.is_candidate(&self.terms.rule).then(|| Found::new(key, &comparison))
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
            let Some(locus) = lexicon.loci().get(position) else {
                continue;
            };
            if id == 0 {
                continue;
            }
            let asked = self.asked(position);
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
                if found.mismatching > self.terms.rule.mismatches_max {
                    return None;
                }
            }
        }
        (found.matching >= self.terms.rule.matching_min).then_some(found)
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

//! One profile in one short run of 16-bit words, without loss.
//!
//! Layout, in words:
//!
//! - words 0 to 3: the typed loci as 64 bits, lowest first; bit n is the locus at position n;
//! - then for each typed locus, in order of position:
//!   - one word: in bits 0 to 5 the number of alleles, 1 to 32; in bits 6 to 11 the place of the
//!     required allele among the codes that follow, counted from 1, or 0 where none is required;
//!   - the codes of the alleles, one word each, ascending: tenths of a repeat shifted left by 3,
//!     plus the kind in the low 3 bits.
//!
//! Kinds: 0 below ladder, 1 exact, 2 unsized microvariant, 3 above ladder, 4 X, 5 Y, 6 off ladder.
//! A full profile of 20 heterozygous loci takes 64 words. Dropping a packed profile overwrites it.
//!
//! Deliberately absent: comparing. `genetics` compares; see `exact` for what is done beforehand.

use genetics::genotype::Genotype;
use genetics::profile::TypedLocus;
use genetics::{Allele, AlleleKind, Locus, Profile};
use zeroize::Zeroize;

/// Words that tell which loci are typed.
const SET_WORDS: usize = 4;
const COUNT_BITS: u16 = 6;
const COUNT_MASK: u16 = (1 << COUNT_BITS) - 1;
const KIND_BITS: u16 = 3;
const KIND_MASK: u16 = (1 << KIND_BITS) - 1;
const EXACT: u16 = 1;

/// A profile as a row of an engine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PackedProfile {
    words: Box<[u16]>,
}

/// One locus of a packed profile.
#[derive(Clone, Copy)]
pub(crate) struct PackedLocus<'a> {
    pub(crate) locus: Locus,
    /// Codes of the alleles, ascending.
    pub(crate) codes: &'a [u16],
    /// Place of the required allele among the codes.
    required: Option<usize>,
}

impl PackedLocus<'_> {
    /// True where an allele is required.
    pub(crate) fn has_required(&self) -> bool {
        self.required.is_some()
    }

    /// The tenths of the required allele.
    pub(crate) fn required_tenths(&self) -> Option<u16> {
        self.codes.get(self.required?).map(|code| code >> KIND_BITS)
    }

    /// The tenths of every allele, or `None` where one of them is not an exact reading.
    pub(crate) fn exact_tenths(&self) -> Option<impl Iterator<Item = u16>> {
        let exact = self.codes.iter().all(|code| code & KIND_MASK == EXACT);
        exact.then(|| self.codes.iter().map(|code| code >> KIND_BITS))
    }
}

impl PackedProfile {
    /// The typed loci in stable order.
    pub(crate) fn loci(&self) -> impl Iterator<Item = PackedLocus<'_>> {
        let (set, mut rest) = self.words.split_at_checked(SET_WORDS).unwrap_or((&[], &self.words));
        let set = set.iter().rev().fold(0, |bits: u64, word| bits << 16 | u64::from(*word));
        let typed = Locus::all().filter(move |locus| set >> locus.position() & 1 == 1);
        typed.map_while(move |locus| {
            let (head, words) = rest.split_first()?;
            let (codes, after) = words.split_at_checked(usize::from(head & COUNT_MASK))?;
            rest = after;
            let required = usize::from(head >> COUNT_BITS).checked_sub(1);
            Some(PackedLocus { locus, codes, required })
        })
    }

    /// The words as they are, for a file.
    pub(crate) fn words(&self) -> &[u16] {
        &self.words
    }

    /// A profile of words that came from a file; `None` where they are none.
    pub(crate) fn from_words(words: &[u16]) -> Option<Self> {
        let packed = Self { words: words.into() };
        let profile = packed.unpack()?;
        (Self::from(&profile) == packed).then_some(packed)
    }

    fn unpack(&self) -> Option<Profile> {
        let typed = self.loci().map(|packed| {
            let alleles: Option<Vec<Allele>> = packed.codes.iter().map(|it| allele(*it)).collect();
            let required = packed.required.map(|place| allele(*packed.codes.get(place)?));
            let required = match required {
                Some(required) => Some(required?),
                None => None,
            };
            let genotype = Genotype::new(alleles?).ok()?;
            Some(TypedLocus { locus: packed.locus, genotype, required })
        });
        Profile::new(typed.collect::<Option<Vec<_>>>()?).ok()
    }
}

impl Drop for PackedProfile {
    /// Plain stores before memory is given back may be optimised away; these are not.
    fn drop(&mut self) {
        self.words.zeroize();
    }
}

impl From<&Profile> for PackedProfile {
    fn from(profile: &Profile) -> Self {
        // Sized once, so that no half-built copy of the alleles stays behind in freed memory.
        let alleles = profile.typed().iter().map(|typed| typed.genotype.alleles().len());
        let mut words =
            Vec::with_capacity(SET_WORDS + alleles.map(|count| count + 1).sum::<usize>());
        let set =
            profile.typed().iter().fold(0, |bits: u64, typed| bits | 1 << typed.locus.position());
        words.extend((0..SET_WORDS).map(|word| (set >> (16 * word) & 0xFFFF) as u16));
        for typed in profile.typed() {
            let head = words.len();
            words.push(0);
            words.extend(typed.genotype.alleles().iter().map(|allele| code(*allele)));
            let required = typed.required.map(code);
            if let Some([head, codes @ ..]) = words.get_mut(head..) {
                codes.sort_unstable();
                let place = codes.iter().position(|code| Some(*code) == required);
                // At most 32 alleles, so both numbers fit their six bits.
                *head =
                    codes.len() as u16 | (place.map_or(0, |place| place as u16 + 1) << COUNT_BITS);
            }
        }
        Self { words: words.into_boxed_slice() }
    }
}

#[expect(
    clippy::expect_used,
    reason = "a packed profile is made from a profile only, so it always unpacks"
)]
impl From<&PackedProfile> for Profile {
    fn from(packed: &PackedProfile) -> Self {
        packed.unpack().expect("the words of a profile")
    }
}

fn code(allele: Allele) -> u16 {
    let kind = match allele.kind() {
        AlleleKind::Below => 0,
        AlleleKind::Exact => EXACT,
        AlleleKind::Unsized => 2,
        AlleleKind::Above => 3,
        AlleleKind::SexX => 4,
        AlleleKind::SexY => 5,
        AlleleKind::OffLadder => 6,
    };
    allele.tenths() << KIND_BITS | kind
}

/// The allele of a code; `None` where it is that of none.
fn allele(code: u16) -> Option<Allele> {
    let tenths = code >> KIND_BITS;
    let (whole, bases) = (tenths / 10, tenths % 10);
    match code & KIND_MASK {
        EXACT => Allele::exact(tenths),
        0 => format!("<{whole}.{bases}").parse().ok(),
        2 => format!("{whole}.X").parse().ok(),
        3 => format!(">{whole}.{bases}").parse().ok(),
        4 => Some(Allele::X),
        5 => Some(Allele::Y),
        _ => Some(Allele::OFF_LADDER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout() {
        let alleles: Genotype = "9.3,17.3,17.X,>26".parse().unwrap();
        let entry = |locus, genotype: &Genotype, required: Option<&str>| TypedLocus {
            locus,
            genotype: genotype.clone(),
            required: required.map(|token| token.parse().unwrap()),
        };
        let loci = [
            entry(Locus::Amelogenin, &"X,Y".parse().unwrap(), None),
            entry(Locus::Fga, &alleles, Some("17.3")),
        ];
        let packed = PackedProfile::from(&Profile::new(loci).unwrap());
        let set = [1 << 1, 1 << (24 - 16), 0, 0];
        let fga = [4 | 3 << 6, 93 << 3 | 1, 170 << 3 | 2, 173 << 3 | 1, 260 << 3 | 3];
        let sex = [2, 4, 5];
        assert_eq!(*packed.words, [&set[..], &fga, &sex].concat());
    }
}

//! The loci, their CMF spelling, their aliases, and sets of them.
//!
//! Names are the exact, case-sensitive CMF spellings; [`Locus::from_name`] also reads the
//! spellings that laboratories and older software write (`VWA`, `THO1`, `TP0X`, `PENTA D`,
//! `DYS389I`). Absent: ladder ranges, which belong to a chemistry.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a locus is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocusUse {
    /// One of the 13 loci of 1998.
    Original,
    /// One of the seven added on 1 January 2017.
    Added,
    /// Another autosomal STR.
    Autosomal,
    /// Tells sex; shown, never used to include or exclude.
    Sex,
    /// On the Y chromosome; shown, not searched here.
    YChromosome,
}

macro_rules! loci {
    ($($variant:ident $name:literal $use:ident $bases:literal),* $(,)?) => {
        /// A locus of the 2017 list. The order is that of the list below and is stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[expect(missing_docs, reason = "each variant is its own name")]
        pub enum Locus { $($variant),* }

        const TABLE: &[(Locus, &str, LocusUse, u8)] =
            &[$((Locus::$variant, $name, LocusUse::$use, $bases)),*];

        impl Locus {
            /// The exact CMF spelling.
            pub fn name(self) -> &'static str {
                match self { $(Locus::$variant => $name),* }
            }

            /// What the locus is used for.
            pub fn used_for(self) -> LocusUse {
                match self { $(Locus::$variant => LocusUse::$use),* }
            }

            /// Bases in one repeat unit (0 where the locus does not count repeats).
            pub fn repeat_bases(self) -> u8 {
                match self { $(Locus::$variant => $bases),* }
            }
        }
    };
}

loci! {
    Csf1po "CSF1PO" Original 4,
    Fga "FGA" Original 4,
    Th01 "TH01" Original 4,
    Tpox "TPOX" Original 4,
    Vwa "vWA" Original 4,
    D3s1358 "D3S1358" Original 4,
    D5s818 "D5S818" Original 4,
    D7s820 "D7S820" Original 4,
    D8s1179 "D8S1179" Original 4,
    D13s317 "D13S317" Original 4,
    D16s539 "D16S539" Original 4,
    D18s51 "D18S51" Original 4,
    D21s11 "D21S11" Original 4,
    D1s1656 "D1S1656" Added 4,
    D2s441 "D2S441" Added 4,
    D2s1338 "D2S1338" Added 4,
    D10s1248 "D10S1248" Added 4,
    D12s391 "D12S391" Added 4,
    D19s433 "D19S433" Added 4,
    D22s1045 "D22S1045" Added 3,
    Se33 "SE33" Autosomal 4,
    PentaD "Penta D" Autosomal 5,
    PentaE "Penta E" Autosomal 5,
    D6s1043 "D6S1043" Autosomal 4,
    Amelogenin "Amelogenin" Sex 0,
    Yindel "Yindel" Sex 0,
    Dyf387s1 "DYF387S1" YChromosome 4,
    Dys19 "DYS19" YChromosome 4,
    Dys385 "DYS385" YChromosome 4,
    Dys389i "DYS389 I" YChromosome 4,
    Dys389ii "DYS389 II" YChromosome 4,
    Dys390 "DYS390" YChromosome 4,
    Dys391 "DYS391" YChromosome 4,
    Dys392 "DYS392" YChromosome 3,
    Dys393 "DYS393" YChromosome 4,
    Dys437 "DYS437" YChromosome 4,
    Dys438 "DYS438" YChromosome 5,
    Dys439 "DYS439" YChromosome 4,
    Dys448 "DYS448" YChromosome 6,
    Dys449 "DYS449" YChromosome 4,
    Dys456 "DYS456" YChromosome 4,
    Dys458 "DYS458" YChromosome 4,
    Dys460 "DYS460" YChromosome 4,
    Dys481 "DYS481" YChromosome 3,
    Dys518 "DYS518" YChromosome 4,
    Dys533 "DYS533" YChromosome 4,
    Dys549 "DYS549" YChromosome 4,
    Dys570 "DYS570" YChromosome 4,
    Dys576 "DYS576" YChromosome 4,
    Dys627 "DYS627" YChromosome 4,
    Dys635 "DYS635" YChromosome 4,
    Dys643 "DYS643" YChromosome 5,
    Ygatah4 "YGATAH4" YChromosome 4,
}

/// Spellings outside CMF that real files contain, folded by [`fold`], and what they mean.
/// `THO1` (letter O) and `TP0X` (digit zero) are legal in CMF 3.2 and 2017 themselves.
const ALIASES: &[(&str, Locus)] = &[
    ("THO1", Locus::Th01),
    ("TP0X", Locus::Tpox),
    ("VWF", Locus::Vwa),
    ("HUMVWA", Locus::Vwa),
    ("AMEL", Locus::Amelogenin),
    ("AM", Locus::Amelogenin),
    ("DYS385AB", Locus::Dys385),
    ("YGATAH41", Locus::Ygatah4),
    ("GATAH4", Locus::Ygatah4),
    ("CSF", Locus::Csf1po),
];

/// A spelling without case, spaces, underscores, hyphens, dots and slashes, so that
/// `Penta_D`, `PENTA D` and `PentaD` are one. `DYS389 I` and `DYS389 II` stay apart.
fn fold(spelling: &str) -> String {
    spelling
        .chars()
        .filter(|letter| !matches!(letter, ' ' | '_' | '-' | '.' | '/'))
        .map(|letter| letter.to_ascii_uppercase())
        .collect()
}

impl Locus {
    /// All loci in their stable order.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        TABLE.iter().map(|row| row.0)
    }

    /// How many loci there are.
    pub const COUNT: usize = TABLE.len();

    /// Reads any known spelling; `None` for a stranger. Never by prefix or substring.
    pub fn from_name(spelling: &str) -> Option<Self> {
        let folded = fold(spelling);
        TABLE
            .iter()
            .find(|row| fold(row.1) == folded)
            .map(|row| row.0)
            .or_else(|| ALIASES.iter().find(|alias| alias.0 == folded).map(|alias| alias.1))
    }

    /// The place of this locus in the stable order, below [`Locus::COUNT`].
    pub fn position(self) -> usize {
        self as usize
    }

    /// The locus at a place of the stable order.
    pub fn at(position: usize) -> Option<Self> {
        TABLE.get(position).map(|row| row.0)
    }
}

impl fmt::Display for Locus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl Serialize for Locus {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Locus {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name)
            .ok_or_else(|| serde::de::Error::custom(format!("'{name}' is not a known locus")))
    }
}

/// A set of loci: bit n stands for the locus at position n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LocusSet(u64);

impl LocusSet {
    /// No locus.
    pub const EMPTY: Self = Self(0);

    /// The original 13 CODIS loci.
    pub fn core13() -> Self {
        Locus::all().filter(|locus| locus.used_for() == LocusUse::Original).collect()
    }

    /// The 20 core loci in force since 1 January 2017.
    pub fn core20() -> Self {
        Locus::all()
            .filter(|locus| matches!(locus.used_for(), LocusUse::Original | LocusUse::Added))
            .collect()
    }

    /// Every autosomal STR: the 20 core loci and SE33, Penta D, Penta E, D6S1043.
    pub fn autosomal() -> Self {
        Locus::all()
            .filter(|locus| !matches!(locus.used_for(), LocusUse::Sex | LocusUse::YChromosome))
            .collect()
    }

    /// A named panel: `core13`, `core20` or `autosomal`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "core13" => Some(Self::core13()),
            "core20" => Some(Self::core20()),
            "autosomal" => Some(Self::autosomal()),
            _ => None,
        }
    }

    /// True where the locus is in the set.
    pub fn contains(self, locus: Locus) -> bool {
        self.0 & bit(locus) != 0
    }

    /// How many loci are in the set.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// True where the set holds no locus.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Loci in both sets.
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Loci of this set that the other lacks.
    pub fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The loci in their stable order.
    pub fn iter(self) -> impl Iterator<Item = Locus> {
        Locus::all().filter(move |locus| self.contains(*locus))
    }
}

fn bit(locus: Locus) -> u64 {
    1 << locus.position()
}

impl Serialize for LocusSet {
    /// As the list of names.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for LocusSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Locus>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl FromIterator<Locus> for LocusSet {
    fn from_iter<T: IntoIterator<Item = Locus>>(loci: T) -> Self {
        Self(loci.into_iter().fold(0, |bits, locus| bits | bit(locus)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_have_their_sizes() {
        assert_eq!(LocusSet::core13().len(), 13);
        assert_eq!(LocusSet::core20().len(), 20);
        assert_eq!(LocusSet::core13().difference(LocusSet::core20()), LocusSet::EMPTY);
        const { assert!(Locus::COUNT <= 64, "a locus set is 64 bits") };
    }

    #[test]
    fn positions_agree_with_the_table() {
        for (position, locus) in Locus::all().enumerate() {
            assert_eq!(locus.position(), position);
            assert_eq!(Locus::at(position), Some(locus));
            assert_eq!(Locus::from_name(locus.name()), Some(locus));
        }
    }

    #[test]
    fn real_spellings_are_read() {
        let check = |spelling: &str, name: &str| {
            assert_eq!(Locus::from_name(spelling).map(Locus::name), Some(name), "{spelling}");
        };
        check("VWA", "vWA");
        check("THO1", "TH01");
        check("TP0X", "TPOX");
        check("AMEL", "Amelogenin");
        check("PENTA D", "Penta D");
        check("Penta_E", "Penta E");
        check("PentaD", "Penta D");
        check("Y indel", "Yindel");
        check("DYS389I", "DYS389 I");
        check("DYS389II", "DYS389 II");
        check("DYS385 a/b", "DYS385");
        check("Y-GATA-H4", "YGATAH4");
        check("d3s1358", "D3S1358");
        assert_eq!(Locus::from_name("DYS389"), None);
        assert_eq!(Locus::from_name("Height"), None);
    }
}

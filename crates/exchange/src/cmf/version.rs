//! What each version can say: root, namespace, spellings, categories, kits, lengths, days.
//!
//! Sources: the schemas of CODIS CMF 3.2 (Appendix B), CMF 2017 and Rapid Import CMF R16; a test
//! compares the lists with them. 3.2 and 2017 share root and namespace and write the same header
//! version, so a file does not tell which of the two it is: read as 2017, which contains 3.2.

use genetics::{Category, Locus};
use jiff::civil::{DateTime, date};

/// A version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// CODIS CMF 3.2 of 2006.
    Cmf32,
    /// The lists of 2017 in the same layout.
    Cmf2017,
    /// Rapid Import CMF 1.0, release 16.
    RapidR16,
}

/// Loci of CMF 3.2, in its spelling.
const LOCI_32: &[&str] = &[
    "AMEL",
    "Amelogenin",
    "CSF1PO",
    "D13S317",
    "D16S539",
    "D18S51",
    "D19S433",
    "D21S11",
    "D2S1338",
    "D3S1358",
    "D5S818",
    "D7S820",
    "D8S1179",
    "FGA",
    "Penta D",
    "Penta E",
    "TH01",
    "THO1",
    "TP0X",
    "TPOX",
    "vWA",
];

/// Loci that 2017 adds.
const LOCI_2017: &[&str] = &[
    "D10S1248",
    "D12S391",
    "D1S1656",
    "D22S1045",
    "D2S441",
    "SE33",
    "DYF387S1",
    "DYS19",
    "DYS385",
    "DYS389 I",
    "DYS389 II",
    "DYS390",
    "DYS391",
    "DYS392",
    "DYS393",
    "DYS437",
    "DYS438",
    "DYS439",
    "DYS448",
    "DYS449",
    "DYS456",
    "DYS458",
    "DYS460",
    "DYS481",
    "DYS518",
    "DYS533",
    "DYS549",
    "DYS570",
    "DYS576",
    "DYS627",
    "DYS635",
    "DYS643",
    "YGATAH4",
    "Yindel",
];

/// Spellings and loci of 2017 that R16 does not have.
const LOCI_NOT_R16: &[&str] =
    &["AMEL", "THO1", "TP0X", "DYF387S1", "DYS449", "DYS460", "DYS518", "DYS627"];

/// Categories of 2017 that 3.2 does not have. 3.2 has "Deduced Victim Known" besides.
const CATEGORIES_NOT_32: &[Category] = &[
    Category::Detainee,
    Category::DeducedMissingPerson,
    Category::ForensicPartial,
    Category::ForensicTargeted,
    Category::MultiAllelicOffender,
    Category::UnreviewedOffender,
];

/// Categories of R16.
const CATEGORIES_R16: &[Category] = &[
    Category::Arrestee,
    Category::ConvictedOffender,
    Category::Detainee,
    Category::Juvenile,
    Category::Legal,
];

const KITS_32: &[&str] = &[
    "COfiler",
    "Identifiler",
    "Profiler Plus",
    "PowerPlex 1.1",
    "PowerPlex 1.2",
    "PowerPlex 2.1",
    "PowerPlex 16",
    "Monoplex D5S818",
    "Monoplex D7S820",
    "Monoplex D13S317",
    "Monoplex D16S539",
    "Monoplex TH01",
    "Monoplex TPOX",
    "Monoplex CSF1PO",
    "Monoplex vWA",
    "SGM Plus",
];

const KITS_2017: &[&str] = &[
    "AmpFLSTR NGM",
    "AmpFLSTR NGM SElect",
    "AmpFlSTR Yfiler Plus",
    "GlobalFiler",
    "GlobalFiler Express",
    "Identifiler Direct",
    "Identifiler Plus",
    "Investigator 24plex GO! Kit",
    "Investigator 24plex QS Kit",
    "MiniFiler",
    "PowerPlex 16 HS",
    "PowerPlex ESI 16",
    "PowerPlex ESI 17 Pro",
    "PowerPlex ESX 16",
    "PowerPlex ESX 17",
    "PowerPlex Fusion",
    "PowerPlex Fusion 6C",
    "Powerplex Y",
    "Powerplex Y23",
    "Y-PLEX 5",
    "Y-PLEX 6",
    "Yfiler",
];

const KITS_R16: &[&str] = &["GlobalFiler", "GlobalFiler Express", "PowerPlex Fusion"];

impl Version {
    /// Every version.
    pub const ALL: [Self; 3] = [Self::Cmf32, Self::Cmf2017, Self::RapidR16];

    /// The word of commands.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cmf32 => "cmf-3.2",
            Self::Cmf2017 => "cmf-2017",
            Self::RapidR16 => "rapid-r16",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.word() == word)
    }

    /// True for the format of booking stations.
    pub fn is_rapid(self) -> bool {
        self == Self::RapidR16
    }

    /// The root element.
    pub fn root(self) -> &'static str {
        if self.is_rapid() { "CODISRapidImportFile" } else { "CODISImportFile" }
    }

    /// The namespace.
    pub fn namespace(self) -> &'static str {
        if self.is_rapid() {
            "urn:CODISRapidImportFile-schema"
        } else {
            "urn:CODISImportFile-schema"
        }
    }

    /// Loci of one specimen at most.
    pub fn loci_max(self) -> usize {
        if self == Self::Cmf32 { 32 } else { 64 }
    }

    /// Characters of a comment at most.
    pub fn comment_chars_max(self) -> usize {
        if self.is_rapid() { 512 } else { 255 }
    }

    /// Distinct alleles of one locus at most: R16 rejects a specimen with more than three.
    pub fn alleles_max(self) -> usize {
        if self.is_rapid() { 3 } else { 8 }
    }

    /// The spellings of loci that are legal, the older ones too.
    pub fn loci(self) -> impl Iterator<Item = &'static str> {
        let added: &[&str] = if self == Self::Cmf32 { &[] } else { LOCI_2017 };
        let without: &[&str] = if self.is_rapid() { LOCI_NOT_R16 } else { &[] };
        LOCI_32.iter().chain(added).copied().filter(move |name| !without.contains(name))
    }

    /// The locus of a spelling that is legal here; names are case sensitive.
    pub fn locus(self, name: &str) -> Option<Locus> {
        self.loci().find(|legal| *legal == name).and_then(Locus::from_name)
    }

    /// The spelling in which a locus is written, if this version has it.
    pub fn spelling(self, locus: Locus) -> Option<&'static str> {
        self.loci().find(|legal| *legal == locus.name())
    }

    /// True where the version has the category.
    pub fn has_category(self, category: Category) -> bool {
        match self {
            Self::Cmf32 => !CATEGORIES_NOT_32.contains(&category),
            Self::Cmf2017 => true,
            Self::RapidR16 => CATEGORIES_R16.contains(&category),
        }
    }

    /// The kits that the version lists.
    pub fn kits(self) -> impl Iterator<Item = &'static str> {
        let lists: &[&[&str]] = match self {
            Self::Cmf32 => &[KITS_32],
            Self::Cmf2017 => &[KITS_32, KITS_2017],
            Self::RapidR16 => &[KITS_R16],
        };
        lists.iter().flat_map(|list| list.iter().copied())
    }

    /// True for a time that the importing system can keep: a small date of SQL Server in 3.2 and
    /// 2017, the four digits of a year in R16.
    pub fn has_time(self, at: DateTime) -> bool {
        let first = date(1900, 1, 1).at(0, 0, 0, 0);
        if self.is_rapid() {
            (first..=date(9999, 12, 31).at(0, 0, 0, 0)).contains(&at)
        } else {
            first < at && at < date(2079, 6, 6).at(0, 0, 0, 0)
        }
    }
}

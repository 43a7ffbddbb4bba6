//! Specimen categories in the exact CMF spelling, and the index each belongs to.
//!
//! The 34 strings are those of CMF 2017 (case sensitive, at most 32 characters). Absent: what a
//! category must contain (`acceptance`) and what it may be searched against (`matrix`).

use std::fmt;

use serde::{Deserialize, Serialize};

/// An index of the national system, or none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Index {
    /// Persons convicted, including juveniles at conviction.
    ConvictedOffender,
    /// Persons arrested or charged.
    Arrestee,
    /// Non-US persons detained under the authority of the United States.
    Detainee,
    /// Collected under another applicable legal authority.
    Legal,
    /// Persons with three or more alleles at several loci.
    MultiAllelicOffender,
    /// Single-source evidence.
    Forensic,
    /// Evidence from several contributors.
    ForensicMixture,
    /// Evidence that lacks loci or alleles.
    ForensicPartial,
    /// Evidence searched in real time by booking stations.
    ForensicTargeted,
    /// Unidentified remains.
    UnidentifiedHumanRemains,
    /// Missing persons.
    MissingPerson,
    /// Relatives of the missing.
    Relatives,
    /// Never leaves the laboratory: suspects, victims, elimination, staff and the like.
    Local,
}

impl Index {
    /// True for the indexes of persons whose sample was taken under law.
    pub fn holds_persons(self) -> bool {
        matches!(
            self,
            Self::ConvictedOffender
                | Self::Arrestee
                | Self::Detainee
                | Self::Legal
                | Self::MultiAllelicOffender
        )
    }

    /// True for the indexes whose profiles are of one source and complete.
    pub fn is_single_source(self) -> bool {
        self.holds_persons() || matches!(self, Self::Forensic | Self::ForensicTargeted)
    }

    /// True for the indexes of evidence.
    pub fn holds_evidence(self) -> bool {
        matches!(
            self,
            Self::Forensic | Self::ForensicMixture | Self::ForensicPartial | Self::ForensicTargeted
        )
    }
}

macro_rules! categories {
    ($($variant:ident $name:literal $index:ident),* $(,)?) => {
        /// A specimen category.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each variant is its own name")]
        pub enum Category { $($variant),* }

        impl Category {
            /// All 34, in CMF order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The exact CMF spelling.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The index a record of this category belongs to.
            pub fn index(self) -> Index {
                match self { $(Self::$variant => Index::$index),* }
            }
        }
    };
}

categories! {
    AllegedFather "Alleged Father" Local,
    AllegedMother "Alleged Mother" Local,
    Arrestee "Arrestee" Arrestee,
    BiologicalChild "Biological Child" Relatives,
    BiologicalFather "Biological Father" Relatives,
    BiologicalMother "Biological Mother" Relatives,
    BiologicalSibling "Biological Sibling" Relatives,
    CoDuplicate "CO Duplicate" Local,
    ConvictedOffender "Convicted Offender" ConvictedOffender,
    Deceased "Deceased" UnidentifiedHumanRemains,
    DeducedMissingPerson "Deduced Missing Person" MissingPerson,
    DeducedSuspect "Deduced Suspect" Local,
    Detainee "Detainee" Detainee,
    EliminationKnown "Elimination, Known" Local,
    ForensicMixture "Forensic Mixture" ForensicMixture,
    ForensicPartial "Forensic Partial" ForensicPartial,
    ForensicTargeted "Forensic Targeted" ForensicTargeted,
    ForensicUnknown "Forensic, Unknown" Forensic,
    Juvenile "Juvenile" ConvictedOffender,
    Legal "Legal" Legal,
    MaternalRelative "Maternal Relative" Relatives,
    MissingPerson "Missing Person" MissingPerson,
    MultiAllelicOffender "Multi-allelic Offender" MultiAllelicOffender,
    Other "Other" Local,
    PaternalRelative "Paternal Relative" Relatives,
    Population "Population" Local,
    Proficiency "Proficiency" Local,
    Spouse "Spouse" Relatives,
    Staff "Staff" Local,
    SuspectKnown "Suspect, Known" Local,
    UnidentifiedPerson "Unidentified Person" UnidentifiedHumanRemains,
    UnreviewedOffender "Unreviewed Offender" Local,
    VictimKnown "Victim, Known" Local,
    Volunteer "Volunteer" Local,
}

impl Category {
    /// Reads the exact spelling; anything else is `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|category| category.name() == name)
    }
}

impl fmt::Display for Category {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl Serialize for Category {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Category {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| {
            serde::de::Error::custom(format!("'{name}' is not a specimen category of CMF 2017"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_34_and_each_reads_back() {
        assert_eq!(Category::ALL.len(), 34);
        for category in Category::ALL {
            assert!(category.name().len() <= 32);
            assert_eq!(Category::from_name(category.name()), Some(*category));
        }
        assert_eq!(Category::from_name("detainee"), None, "CMF names are case sensitive");
    }
}

//! A DNA profile: genotypes by locus. No owner, no specimen number: those are other people's.

use serde::{Deserialize, Serialize};

use crate::allele::Allele;
use crate::genotype::Genotype;
use crate::locus::{Locus, LocusSet};

/// One typed locus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedLocus {
    /// Where.
    pub locus: Locus,
    /// What was seen there.
    pub genotype: Genotype,
    /// An allele that any candidate must contain (CMF: at most one a locus).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<Allele>,
}

/// Genotypes by locus, each locus once, in the stable order of loci.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<TypedLocus>", into = "Vec<TypedLocus>")]
pub struct Profile(Vec<TypedLocus>);

/// Why typed loci do not form a profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAProfile {
    /// A locus was given twice.
    #[error("locus {0} is given twice; give each locus once")]
    Repeated(Locus),
    /// The required allele is not among the alleles seen.
    #[error("the required allele at {0} is not among the alleles seen there")]
    RequiredNotSeen(Locus),
}

impl Profile {
    /// Puts the loci in order and checks them.
    ///
    /// # Errors
    /// A locus given twice, or a required allele that was not seen.
    pub fn new(typed: impl IntoIterator<Item = TypedLocus>) -> Result<Self, NotAProfile> {
        let mut typed: Vec<TypedLocus> = typed.into_iter().collect();
        typed.sort_by_key(|entry| entry.locus);
        let repeated = typed.windows(2).find_map(|pair| match pair {
            [one, two] if one.locus == two.locus => Some(one.locus),
            _ => None,
        });
        if let Some(locus) = repeated {
            return Err(NotAProfile::Repeated(locus));
        }
        let unseen = |entry: &&TypedLocus| {
            entry.required.is_some_and(|allele| !entry.genotype.alleles().contains(&allele))
        };
        match typed.iter().find(unseen) {
            Some(entry) => Err(NotAProfile::RequiredNotSeen(entry.locus)),
            None => Ok(Self(typed)),
        }
    }

    /// From locus and genotype pairs without required alleles.
    ///
    /// # Errors
    /// A locus given twice.
    pub fn from_genotypes(
        pairs: impl IntoIterator<Item = (Locus, Genotype)>,
    ) -> Result<Self, NotAProfile> {
        Self::new(pairs.into_iter().map(|(locus, genotype)| TypedLocus {
            locus,
            genotype,
            required: None,
        }))
    }

    /// The typed loci in stable order.
    pub fn typed(&self) -> &[TypedLocus] {
        &self.0
    }

    /// What was typed at a locus.
    pub fn at(&self, locus: Locus) -> Option<&TypedLocus> {
        let place = self.0.binary_search_by_key(&locus, |entry| entry.locus).ok()?;
        self.0.get(place)
    }

    /// Which loci were typed.
    pub fn loci(&self) -> LocusSet {
        self.0.iter().map(|entry| entry.locus).collect()
    }

    /// The largest number of distinct alleles at one locus of a set; 0 where none is typed.
    pub fn alleles_max(&self, loci: LocusSet) -> usize {
        let counted = self.0.iter().filter(|entry| loci.contains(entry.locus));
        counted.map(|entry| entry.genotype.alleles().len()).max().unwrap_or(0)
    }
}

impl TryFrom<Vec<TypedLocus>> for Profile {
    type Error = NotAProfile;
    fn try_from(typed: Vec<TypedLocus>) -> Result<Self, NotAProfile> {
        Self::new(typed)
    }
}

impl From<Profile> for Vec<TypedLocus> {
    fn from(profile: Profile) -> Self {
        profile.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(locus: Locus, text: &str) -> TypedLocus {
        TypedLocus { locus, genotype: text.parse().unwrap(), required: None }
    }

    #[test]
    fn loci_are_ordered_and_single() {
        let profile = Profile::new([typed(Locus::Vwa, "16,17"), typed(Locus::Fga, "24")]).unwrap();
        assert_eq!(profile.typed()[0].locus, Locus::Fga);
        assert_eq!(profile.at(Locus::Vwa).unwrap().genotype.to_string(), "16,17");
        let twice = Profile::new([typed(Locus::Fga, "24"), typed(Locus::Fga, "24")]);
        assert_eq!(twice, Err(NotAProfile::Repeated(Locus::Fga)));
    }

    #[test]
    fn a_required_allele_must_have_been_seen() {
        let mut entry = typed(Locus::Fga, "24,25");
        entry.required = Some("26".parse().unwrap());
        assert_eq!(Profile::new([entry]), Err(NotAProfile::RequiredNotSeen(Locus::Fga)));
    }
}

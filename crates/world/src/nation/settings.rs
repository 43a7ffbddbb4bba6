//! What a nation is made of, with documented defaults.
//!
//! All figures are this programme's own settings for measuring searches (tag D): none of them is a
//! statement about a real index, its people or its casework. Absent: a size of a real index; the
//! defaults are the sizes at which this programme wants to be measured.

use serde::Serialize;

use crate::profile::TRI_ALLELE_RATE;

/// Settings of a synthetic nation. Shares and rates lie between 0 and 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NationSettings {
    /// What all chance follows from.
    pub seed: u64,
    /// Persons.
    pub persons: u64,
    /// Forensic profiles.
    pub forensic: u64,
    /// Populations of the shipped frequencies by the source's name, each with its weight.
    pub populations: Vec<(String, f64)>,
    /// Alleles at each locus that the shipped sample never showed.
    pub rare_alleles: u8,
    /// Share of all alleles at a locus that these have together.
    pub rare_share: f64,
    /// Share of persons who are a full sibling of a person with a lower number.
    pub sibling_share: f64,
    /// Share of persons who are a person with a lower number, sampled again.
    pub resampled_share: f64,
    /// Loci at which a second sample may be typed otherwise, at most: none to this many, each
    /// number as often as the others.
    pub retyping_differences_max: u8,
    /// Share of unrelated persons with one tri-allelic locus.
    pub tri_allele_rate: f64,
    /// Share of persons of whom only the original 13 loci are typed.
    pub old_panel_share: f64,
    /// Share of forensic profiles that are of two contributors.
    pub mixture_share: f64,
    /// Share of contributors who are among the persons.
    pub planted_share: f64,
    /// Share of forensic profiles with one allele read as another.
    pub typing_error_rate: f64,
    /// Share of forensic profiles with fewer than 8 loci, which no search can make a candidate.
    pub below_8_share: f64,
    /// Of the other forensic profiles, the share drawn with 8 to 12 loci.
    pub loci_8_to_12_share: f64,
    /// Of the other forensic profiles, the share drawn with 13 to 19 loci.
    pub loci_13_to_19_share: f64,
    /// How often a locus next to be lost shows one allele fewer.
    pub allele_loss_rate: f64,
    /// A forensic profile of 8 loci or more agrees at moderate level, at all of its loci, with an
    /// unrelated person of the nation with at most this probability.
    pub match_probability_max: f64,
    /// How often a forensic profile is drawn, at most, until it is rare enough.
    pub draws_max: u32,
}

impl Default for NationSettings {
    /// 26 million persons, 1.4 million forensic profiles.
    fn default() -> Self {
        let populations = [
            ("Caucasian", 0.40),
            ("SW Hispanic", 0.30),
            ("African American", 0.27),
            ("Filipino", 0.03),
        ];
        Self {
            seed: 20_200_501,
            persons: 26_000_000,
            forensic: 1_400_000,
            populations: populations.map(|(name, weight)| (name.to_owned(), weight)).to_vec(),
            rare_alleles: 4,
            rare_share: 0.002,
            sibling_share: 0.05,
            resampled_share: 0.005,
            retyping_differences_max: 2,
            tri_allele_rate: TRI_ALLELE_RATE,
            old_panel_share: 0.0,
            mixture_share: 0.24,
            planted_share: 0.30,
            typing_error_rate: 0.018,
            below_8_share: 0.04,
            loci_8_to_12_share: 0.12,
            loci_13_to_19_share: 0.33,
            allele_loss_rate: 0.5,
            match_probability_max: 1e-7,
            draws_max: 64,
        }
    }
}

/// Why settings make no nation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotANation {
    /// A share or rate is out of range.
    #[error("{name} is {found}; a share lies between 0 and 1")]
    Share {
        /// Which setting.
        name: &'static str,
        /// What it was.
        found: String,
    },
    /// Shares that exclude each other make more than the whole.
    #[error("{names} are {found} together; at most 1 would be right")]
    Whole {
        /// Which settings.
        names: &'static str,
        /// Their sum.
        found: String,
    },
    /// No such population ships, or its weight is no weight.
    #[error(
        "population '{name}' with weight {weight}; expected a shipped population ({known}) and a \
         weight above 0"
    )]
    Population {
        /// What was asked for.
        name: String,
        /// Its weight.
        weight: String,
        /// What ships.
        known: String,
    },
    /// There is nothing to draw from.
    #[error("no population was named; expected at least one")]
    NoPopulation,
    /// More alleles at a locus than the nation can hold.
    #[error("{found} alleles at one locus; at most {max} can be held, name fewer rare ones")]
    TooManyAlleles {
        /// Alleles.
        found: usize,
        /// What can be held.
        max: usize,
    },
}

impl NationSettings {
    /// Checks what can be checked without the frequencies.
    pub(super) fn check(&self) -> Result<(), NotANation> {
        let shares = [
            ("rare_share", self.rare_share),
            ("sibling_share", self.sibling_share),
            ("resampled_share", self.resampled_share),
            ("tri_allele_rate", self.tri_allele_rate),
            ("old_panel_share", self.old_panel_share),
            ("mixture_share", self.mixture_share),
            ("planted_share", self.planted_share),
            ("typing_error_rate", self.typing_error_rate),
            ("below_8_share", self.below_8_share),
            ("loci_8_to_12_share", self.loci_8_to_12_share),
            ("loci_13_to_19_share", self.loci_13_to_19_share),
            ("allele_loss_rate", self.allele_loss_rate),
            ("match_probability_max", self.match_probability_max),
        ];
        for (name, share) in shares {
            if !(0.0..=1.0).contains(&share) {
                return Err(NotANation::Share { name, found: share.to_string() });
            }
        }
        let wholes = [
            ("sibling_share and resampled_share", self.sibling_share + self.resampled_share),
            (
                "loci_8_to_12_share and loci_13_to_19_share",
                self.loci_8_to_12_share + self.loci_13_to_19_share,
            ),
        ];
        match wholes.into_iter().find(|(_, sum)| *sum > 1.0) {
            Some((names, sum)) => Err(NotANation::Whole { names, found: sum.to_string() }),
            None => Ok(()),
        }
    }
}

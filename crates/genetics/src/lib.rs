//! What a forensic DNA profile is and when two of them agree.
//!
//! Read in module order: an [`Allele`] stands at a [`Locus`]; distinct alleles form a [`Genotype`];
//! genotypes form a [`Profile`]; two profiles are laid side by side by [`compare`]; a
//! [`Category`] says which index a profile may enter ([`acceptance`]) and against which others it
//! may be searched ([`matrix`]).
//!
//! Deliberately absent: persons, cases, laboratories, files, clocks; nothing here can spell a name.

pub mod allele;
pub mod locus;
pub mod genotype;
pub mod profile;

pub mod stringency;
pub mod compare;

pub mod frequency;
pub mod rarity;
pub mod likelihood;

pub mod category;
pub mod edition;
pub mod acceptance;
pub mod matrix;

pub mod controls;

pub use allele::{Allele, AlleleKind};
pub use category::{Category, Index};
pub use compare::{Comparison, LocusOutcome, SearchRule, compare};
pub use frequency::{Frequencies, Population};
pub use genotype::Genotype;
pub use locus::{Locus, LocusSet};
pub use profile::Profile;
pub use stringency::Level;

//! Every profile of one list against every other: which are alike, and how alike all of them are.
//!
//! Read in module order: a [`Roster`] holds the profiles as numbers of genotypes; [`likenesses`]
//! finds the pairs that differ at few loci (a person sampled twice, twins); [`match_matrix`] counts
//! all pairs by how many loci match fully and how many partially. What agrees at a locus is defined
//! in `genetics`; the fast ways here are held to it by tests.
//!
//! A pair that differs at no more than D loci agrees wholly on one of any D + 1 disjoint groups of
//! the loci that both have. So rows are brought together by the genotypes of a group, and only
//! those that meet are compared (`plan` chooses the groups, `join` brings rows together).
//!
//! Deliberately absent: names, files, clocks, and what a likeness means.

mod roster;
mod likeness;
mod panels;
mod plan;
mod join;
mod planes;
mod matrix;

pub use likeness::{LikenessRule, likenesses};
pub use matrix::{MatchMatrix, match_matrix};
pub use roster::{Likeness, Roster};

/// How far a piece of work has come: parts done, of how many. May be called from any thread.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Why the profiles of a list were not compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PairsError {
    /// The list is longer than its rows can be numbered.
    #[error("a list of more than {} profiles was found; give a shorter one", u32::MAX)]
    TooManyProfiles,
    /// More pairs are alike than can be held.
    #[error(
        "more than {most} pairs are alike; ask for more matching loci or for fewer differing ones"
    )]
    TooManyPairs {
        /// Pairs that can be held.
        most: usize,
    },
}

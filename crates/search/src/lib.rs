//! Which stored profiles are candidates for a profile, exactly and fast.
//!
//! A profile comes in as a [`PackedProfile`]; an [`Engine`] holds rows of them on two [`Side`]s and
//! answers queries. [`Exact`] is the engine in use, [`Oracle`] the slow truth that it must equal.
//! Read in module order:
//!
//! - `lexicon` numbers alleles and genotypes; `question` is a query in these terms, and compares it
//!   with a row in full;
//! - persons: `codes` give a genotype one byte, `groups` order the rows of a `panel` by a few loci,
//!   `advisor` chooses the loci, `join` takes many queries through at once, `delta` holds what came
//!   later or fits no panel;
//! - evidence: `planes` turn rows into bits, `occurrence` passes over whole blocks, `bitsliced`
//!   searches them, `forensic` holds what a row is besides;
//! - `simd` has the loops for wide registers, `store` the memory;
//! - [`likelihood`] ranks persons by how well they explain a mixture;
//! - [`pairs`] compares one list of profiles with itself.
//!
//! What a candidate is, is defined in `genetics::compare`, nowhere else.
//!
//! Deliberately absent: persons, cases, laboratories, storage, and what happens to a candidate. A
//! row is known by its [`SpecimenKey`] alone.

pub mod packed;
pub mod lexicon;
pub mod engine;
pub mod likelihood;
mod question;
mod codes;
mod simd;
mod slice;
mod store;
pub mod file;
mod groups;
mod advisor;
mod panel;
mod join;
mod planes;
mod occurrence;
mod bitsliced;
mod delta;
mod persons;
mod forensic;
pub mod settings;
mod signature;
mod rows;
pub mod exact;
pub mod oracle;
pub mod pairs;

pub use engine::{Engine, Found, IndexSet, Row, SearchError, Side, SpecimenKey, Target};
pub use exact::{Exact, Loading};
pub use file::{FileError, Mark};
pub use likelihood::Ranked;
pub use oracle::Oracle;
pub use packed::PackedProfile;
pub use settings::Settings;
pub use simd::Simd;

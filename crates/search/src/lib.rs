//! Which stored profiles are candidates for a profile, exactly and fast.
//!
//! Read in module order: a profile is held as a [`PackedProfile`]; an [`Engine`] holds rows of them
//! and answers queries; [`Exact`] is the engine in use; [`Oracle`] is the slow truth that every
//! engine must equal; [`search_tables`] compares two lists without any database.
//! What a candidate is, is defined in `genetics::compare`, nowhere else.
//!
//! Deliberately absent: persons, cases, laboratories, storage, and what happens to a candidate. A
//! row is known by its [`SpecimenKey`] alone.

pub mod packed;
pub mod lexicon;
pub mod engine;
mod question;
mod codes;
mod simd;
mod store;
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
pub mod table;
pub mod pairs;

pub use engine::{Engine, Found, IndexSet, Row, SearchError, Side, SpecimenKey, Target};
pub use exact::{Exact, Loading};
pub use oracle::Oracle;
pub use packed::PackedProfile;
pub use settings::Settings;
pub use simd::Simd;
pub use table::{Pair, search_tables};

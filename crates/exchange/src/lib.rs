//! Bytes to values and back: what laboratories, booking systems and couriers send.
//!
//! Every reader takes `impl Read` and gives values together with [`Problem`]s, each with the row
//! and column where it stands. A bad row never stops a file; a bad sample or booking is left out
//! whole. Readers never panic, whatever the bytes.
//!
//! Deliberately absent: paths, clocks, databases, and any rule of the stations. What a value means
//! for the law or the index is `journey`'s and `genetics`' to say.

pub mod problem;

mod lines;
mod cells;
mod contract;
mod counted;
mod elements;

pub mod booking_feed;
pub mod manifest;
pub mod genotypes;
pub mod candidates;
pub mod pairs;
pub mod coverage;
pub mod frequencies;
pub mod outgoing;
pub mod cmf;
pub mod niem;
pub mod type18;

pub use counted::Counted;
pub use problem::{Problem, Severity, write_error_file};

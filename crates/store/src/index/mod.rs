//! The index database: specimens by number, typing results, profiles, candidates. No names, and
//! no key that opens one.

pub mod typing;
pub mod reading;
pub mod upload;
pub mod known;
pub mod candidate;

use crate::migration::Migration;

/// Every step of the index database, in order. Only ever add at the end.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "audit", sql: include_str!("../../sql/audit.sql") },
    Migration { name: "job", sql: include_str!("../../sql/job.sql") },
    Migration { name: "stations", sql: include_str!("../../sql/index.sql") },
    Migration { name: "known", sql: include_str!("../../sql/known.sql") },
    Migration { name: "candidate", sql: include_str!("../../sql/candidate.sql") },
];

/// Every statement on this side, for the test that prepares them on both engines.
pub const SQL: &[&[&str]] = &[typing::SQL, reading::SQL, upload::SQL, known::SQL, candidate::SQL];

//! The index database: specimens by number, typing results, profiles, candidates. No names, and
//! no key that opens one.

use crate::migration::Migration;

/// Every step of the index database, in order. Only ever add at the end.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "audit",
        sql: include_str!("../../sql/audit.sql"),
    },
    Migration {
        name: "job",
        sql: include_str!("../../sql/job.sql"),
    },
];

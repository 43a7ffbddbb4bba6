//! The custody database: who was in custody, what was decided, collected, sent and told. Names are
//! here, sealed; profiles are not.

use crate::migration::Migration;

/// Every step of the custody database, in order. Only ever add at the end.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "audit",
        sql: include_str!("../../sql/audit.sql"),
    },
    Migration {
        name: "job",
        sql: include_str!("../../sql/job.sql"),
    },
    Migration {
        name: "person_key",
        sql: include_str!("../../sql/person_key.sql"),
    },
];

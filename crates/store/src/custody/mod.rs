//! The custody database: who was in custody, what was decided, collected, sent and told. Names are
//! here, sealed; profiles are not.

pub mod booking;
pub mod eligibility;
pub mod kit;
pub mod collection;
pub mod shipment;
pub mod accession;
pub mod confirmation;
pub mod notice;
pub mod removal;

pub mod link;
pub mod chain;
pub mod person;
pub mod duty;
pub mod discretion;
pub mod coverage;
pub mod account;

use crate::migration::Migration;

/// Every step of the custody database, in order. Only ever add at the end.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "audit", sql: include_str!("../../sql/audit.sql") },
    Migration { name: "job", sql: include_str!("../../sql/job.sql") },
    Migration { name: "person_key", sql: include_str!("../../sql/person_key.sql") },
    Migration { name: "stations", sql: include_str!("../../sql/custody.sql") },
    Migration { name: "discretion", sql: include_str!("../../sql/discretion.sql") },
    Migration { name: "person", sql: include_str!("../../sql/person.sql") },
];

/// Every statement on this side, for the test that prepares them on both engines.
pub const SQL: &[&[&str]] = &[
    booking::SQL,
    eligibility::SQL,
    kit::SQL,
    collection::SQL,
    shipment::SQL,
    accession::SQL,
    confirmation::SQL,
    notice::SQL,
    removal::SQL,
    link::SQL,
    chain::SQL,
    person::SQL,
    duty::SQL,
    coverage::SQL,
    account::SQL,
];

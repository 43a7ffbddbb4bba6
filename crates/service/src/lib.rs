//! One function a use case: authorise, load, decide, write rows, events and jobs in one
//! transaction. The only place where a decision of `journey` meets a transaction of `store`.
//!
//! Read in module order: how a call comes in and how it can end, then the stations in the order in
//! which a sample meets them, then what runs across them. Absent: SQL, HTTP, clocks and random
//! numbers; time and ids come in by [`OpContext`].

pub mod error;
pub mod context;
pub mod access;
pub mod programme;
mod outbox;
mod unit;

pub mod booking;
pub mod eligibility;
pub mod kit;
pub mod collection;
pub mod shipment;
pub mod accession;
pub mod typing;
pub mod upload;
pub mod candidate;
pub mod confirmation;
pub mod notice;
pub mod removal;

pub mod matcher;
pub mod jobs;
pub mod custody;
pub mod person;
pub mod duty;
pub mod hindsight;
pub mod discretion;
pub mod account;
pub mod audit;
pub mod report;
pub mod coverage;
pub mod recount;
pub mod minors;

pub use context::{Actor, Ids, OpContext, Placed};
pub use error::ServiceError;
pub use matcher::SearchFile;
pub use programme::{Places, Programme};

// What signatures here name and callers cannot reach: the store is behind this crate.
pub use store::custody::account::Grant;
pub use store::keys::Keys;
pub use store::listing::After;

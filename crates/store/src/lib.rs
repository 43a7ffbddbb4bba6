//! The only SQL of the programme: two databases (custody with names, index with profiles), each
//! with its append-only record, its jobs and its migrations. Deliberately absent: rules and
//! decisions (`journey`), authorisation (`service`), and any join between the two databases.

pub mod error;
pub mod tx;
pub mod database;
mod engine;
pub mod migration;
pub mod audit;
pub mod job;
pub mod envelope;
pub mod keys;
pub mod stream;
pub mod listing;
pub mod custody;
pub mod index;

pub use database::{Database, Location};
pub use error::StoreError;
pub use tx::{Dialect, Row, Tx, Value};

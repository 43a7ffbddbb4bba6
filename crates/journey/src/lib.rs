//! The law and the work of the twelve stations, as pure decisions.
//!
//! Read in module order: what is shared (ids, actors, refusals), the twelve stations in the order
//! in which a sample meets them, and what runs across them (duty, coverage, deadlines). A station
//! offers `Stage` (where a life cycle stands), `Command` (what somebody wants), `Event` (what
//! happened), `decide` (the rules) and `apply` (the consequence). Gates between stations are
//! witness types with one constructor, the check itself.
//!
//! Deliberately absent: clocks, random ids, input, output, databases. Time and ids come in.

pub mod ids;
pub mod actor;
pub mod refusal;

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

pub mod custody;
pub mod person;
pub mod duty;
pub mod discretion;
pub mod coverage;
pub mod deadline;
pub mod rules;

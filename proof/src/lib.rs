//! Proofs about the rule sets: for every booking that the schema allows, not for some examples.
//!
//! A set and a claim become one question to the solver cvc5, by way of Cedar's symbolic compiler:
//! is there a booking that breaks the claim? No booking is a proof; a booking is shown in plain
//! words. [`texts`] reads the folder `rules/`, [`set`] forms the policies that a claim is about,
//! [`claims`] holds the claims, [`changes`] compares neighbouring sets, and [`document`] writes
//! `docs/proof.md`. Deliberately absent: any rule of law, and any answer without the solver.

pub mod texts;
pub mod set;
pub mod solver;
pub mod booking;
pub mod claims;
pub mod changes;
pub mod document;

//! The synthetic month against the real rules, formats and comparison of the other crates.
//!
//! Absent: the life of a booking through the stations, which is `service`'s to test.

mod bookings;
mod evidence;
mod genotypes;
mod law;
mod lives;
mod nation;

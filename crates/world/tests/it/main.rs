//! The synthetic month against the real rules, formats and comparison of the other crates.
//!
//! Absent: the life of a booking through the stations, which is `service`'s to test.

mod bookings;
mod evidence;
mod genotypes;
#[cfg(test)]
mod law;
#[cfg(test)]
mod lives;
mod nation;

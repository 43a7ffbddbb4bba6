//! Tests of the use cases, each on SQLite and, where a server is given, on PostgreSQL.
//!
//! Deliberately absent: pages and the command line, which have tests of their own.

#[cfg(test)]
mod ground;
#[cfg(test)]
mod way;

#[cfg(test)]
mod notice;
#[cfg(test)]
mod journey;
#[cfg(test)]
mod booking;
#[cfg(test)]
mod collection;
#[cfg(test)]
mod shipment;
#[cfg(test)]
mod typing;
#[cfg(test)]
mod upload;
#[cfg(test)]
mod known;
#[cfg(test)]
mod candidate;
#[cfg(test)]
mod removal;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod hindsight;
mod discretion;
mod person;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod wall;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod together;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod coverage;

//! Tests of the use cases, each on SQLite and, where a server is given, on PostgreSQL.
//!
//! Deliberately absent: pages and the command line, which have tests of their own.

#[cfg(test)]
mod ground;
#[cfg(test)]
mod way;

#[cfg(test)]
mod journey;

//! Tests of the law and of the work of the stations.
//!
//! Deliberately absent: databases and pages, which have tests of their own.

#[cfg(test)]
mod rules;
#[cfg(test)]
mod law_page;
#[cfg(test)]
mod rules_loading;
#[cfg(test)]
mod stations;
#[cfg(test)]
mod invariants;

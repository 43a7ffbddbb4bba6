//! Tests of the search engines: packing without loss, equality with the oracle, the rank of persons,
//! real mixtures,
//! and the index in a file.
//!
//! Deliberately absent: speed, which is measured and not asserted.

#[cfg(test)]
mod profiles;

#[cfg(test)]
mod packed;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod likelihood;
#[cfg(test)]
mod layout;
#[cfg(test)]
mod file;
#[cfg(test)]
mod mixtures;

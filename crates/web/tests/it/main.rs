//! Tests of the pages and the JSON calls, driven through the router without a network.
//!
//! Deliberately absent: a browser; the tests of the binary drive one.

#[cfg(test)]
mod ground;
#[cfg(test)]
mod html;

#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod table;
#[cfg(test)]
mod way;
#[cfg(test)]
mod accession;
#[cfg(test)]
mod typing;
#[cfg(test)]
mod upload;
#[cfg(test)]
mod candidate;
#[cfg(test)]
mod confirmation;
#[cfg(test)]
mod notice;
#[cfg(test)]
mod removal;

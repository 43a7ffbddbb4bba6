//! The repository's own tools: `tidy` keeps the written design true, `ci` runs every step that a
//! change must pass. Nothing here is shipped, and nothing here uses one of our own crates, so the
//! checks still run while the crates they look at do not compile.

pub mod repository;
pub mod finding;
pub mod tidy;
pub mod ci;

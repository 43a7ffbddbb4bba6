//! The rule sets that are built in: a list of texts and nothing else.
//!
//! A new set is a folder under `rules/` and an entry here; a test compares this list with the
//! folder. Deliberately absent: any rule.

use super::{Source, Text};

/// The schema that every set is checked against.
pub(super) const SCHEMA: &str = include_str!("../../../../rules/booking.cedarschema");

/// Sites and their time zones.
pub(super) const SITES: &str = include_str!("../../../../rules/sites.toml");

macro_rules! sources {
    ($($set:literal: $($file:literal)*;)*) => {
        /// The sets.
        pub(super) const SOURCES: &[Source<'static>] = &[$(Source {
            manifest: include_str!(concat!("../../../../rules/", $set, "/manifest.toml")),
            texts: &[$(Text {
                file: concat!("rules/", $set, "/", $file, ".cedar"),
                text: include_str!(concat!("../../../../rules/", $set, "/", $file, ".cedar")),
            }),*],
        }),*];
    };
}

sources! {
    "28cfr28.12-2020-04-08": "gates" "duties" "status" "carve-outs" "skips";
    "ice-dallas-2020-05-01": "pilot";
}

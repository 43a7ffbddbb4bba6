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
    "28cfr28.12-2009-01-09": "gates" "duties" "status" "carve-outs" "exigency" "skips";
    "28cfr28.12-2020-04-08": ;
    "ice-dallas-2020-05-01": "pilot";
    "cbp-ofo-2020-01-06": "floor";
    "cbp-ofo-2020-04-08": ;
    "cbp-ofo-2020-07-01": ;
    "dhs-full-2021-04-01": ;
}

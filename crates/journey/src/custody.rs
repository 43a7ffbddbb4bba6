//! The chain of custody: who had which kit, when, and why it moved.
//!
//! Every station that moves a kit writes one entry; together they are the line that a court reads.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, KitBarcode};

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident $word:literal),* $(,)?) => {
        /// What was done with a kit.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Action { $($(#[$doc])* $variant),* }

        impl Action {
            /// Every action, in the order in which a kit meets them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word of pages and files.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    };
}

actions! {
    /// Put into a site's stock.
    Stocked "stocked",
    /// Opened for a collection.
    Opened "opened",
    /// Sealed after the collection.
    Sealed "sealed",
    /// Given up.
    Voided "voided",
    /// Put into a package.
    Packed "packed",
    /// Handed to the carrier.
    HandedOver "handed_over",
    /// Counted at the laboratory.
    Received "received",
    /// On the manifest and not in the package.
    Missing "missing",
    /// Accepted by the laboratory.
    Accepted "accepted",
    /// Held until the form is complete.
    Held "held",
    /// Rejected by the laboratory.
    Rejected "rejected",
    /// Destroyed.
    Destroyed "destroyed",
}

/// One line of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The kit.
    pub kit: KitBarcode,
    /// What was done.
    pub action: Action,
    /// Place or package it is in afterwards.
    pub place: String,
    /// By whom.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}

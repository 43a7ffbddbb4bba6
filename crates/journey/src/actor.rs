//! Who acts: roles, and the stamp that every command carries.
//!
//! What each role may do is a table of `service`; what two people must do apart is decided here
//! by the stations (the reviewer is not the author, the second approver is not the first).

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::AccountId;

macro_rules! roles {
    ($($(#[$doc:meta])* $variant:ident $word:literal),* $(,)?) => {
        /// What an account is trusted to do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Role { $($(#[$doc])* $variant),* }

        impl Role {
            /// Every role.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word used in tables, pages and files.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    };
}

roles! {
    /// Books persons, decides, collects and seals at a site.
    Collector "collector",
    /// Keeps the kit stock of a site and ships.
    KitClerk "kit-clerk",
    /// Receives packages and accepts or rejects samples.
    Accessioner "accessioner",
    /// Types samples.
    Analyst "analyst",
    /// Reviews what another typed, and confirms.
    Reviewer "reviewer",
    /// Keeps the index; never sees a name.
    IndexCustodian "index-custodian",
    /// Owns forensic profiles and works candidates.
    CaseworkAnalyst "casework-analyst",
    /// Orders and approves removals; never alters a profile.
    PrivacyOfficer "privacy-officer",
    /// Runs the programme: reports, overrides, second approvals.
    ProgramManager "program-manager",
    /// Reads everything about the work and changes nothing.
    Auditor "auditor",
    /// Manages accounts; reads neither names nor alleles.
    Administrator "administrator",
}

impl Role {
    /// Reads the word of a role.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.word() == word)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

/// When something happens and by whose hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The instant, in UTC.
    pub at: Timestamp,
    /// The account.
    pub by: AccountId,
}

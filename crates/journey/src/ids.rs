//! Typed identifiers. None of them carries or encodes a personal value.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )*};
}

ids! {
    /// One human being, as fingerprints tell.
    PersonId,
    /// One coming into custody, numbered by the booking system.
    BookingId,
    /// One answer of the rules to one booking.
    DecisionId,
    /// The barcode that the kit's device and form both bear.
    KitBarcode,
    /// One taking of one sample.
    CollectionId,
    /// A package of kits on its way.
    PackageNumber,
    /// The laboratory's own number for an accepted sample.
    AccessionNumber,
    /// The number under which a profile is known without a name (CMF: at most 24 characters).
    SpecimenNumber,
    /// A plate of one run.
    PlateNumber,
    /// A possible pair of specimens.
    CandidateId,
    /// A confirmation of one candidate.
    ConfirmationId,
    /// One message that somebody must receive.
    NoticeId,
    /// One order to take records and samples away.
    RemovalId,
    /// A standing order to collect again.
    RecollectionId,
    /// A user's account.
    AccountId,
    /// A place where persons are held and kits are kept.
    Site,
    /// A laboratory or agency, by its ORI (CMF: at most 10 characters).
    Ori,
    /// A case of a casework laboratory (CMF: at most 32 characters).
    CaseNumber,
}

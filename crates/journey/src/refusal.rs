//! Refusals: the rules say no. One ordered table, which is also the manual page.
//!
//! A refusal is a value, recorded and shown; it is not an error of the machine and not a mistake
//! in a file. The order of the table is the order of checks where several apply. The tag says how
//! sure the source is; D marks this programme's own working rule.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident $code:literal $authority:literal $tag:literal
        $remedy:literal),* $(,)?) => {
        /// Which rule said no.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum RefusalCode {
            $(
                #[doc = $code]
                $(#[$doc])*
                #[serde(rename = $code)]
                $variant
            ),*
        }

        impl RefusalCode {
            /// Every refusal in order of precedence.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code, as pages, files and the manual write it.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The law, standard or working rule behind it.
            pub fn authority(self) -> &'static str {
                match self { $(Self::$variant => $authority),* }
            }

            /// How sure that source is.
            pub fn confidence(self) -> &'static str {
                match self { $(Self::$variant => $tag),* }
            }

            /// What to do instead.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy),* }
            }
        }
    };
}

refusals! {
    NotThere "NOT_THERE" "working rule" "D" "check the number, or record the item first",
    AlreadyRecorded "ALREADY_RECORDED" "working rule" "D" "use the record that is there",
    OutOfOrder "OUT_OF_ORDER" "working rule" "D" "check the clock and the order of entries",
    WrongStage "WRONG_STAGE" "working rule" "D" "do the step that comes before",
    BookingAccountedFor "BOOKING_ACCOUNTED_FOR" "working rule" "D"
        "open a new booking for a new custody",
    NoDecision "NO_DECISION" "28 CFR 28.12(b)" "S" "decide eligibility first",
    NotEligible "NOT_ELIGIBLE" "28 CFR 28.12(b)" "S" "do not collect; see the decision's reasons",
    Twins "TWINS" "working rule" "D" "twins are two persons; their records stay apart",
    NoDiscretion "NO_DISCRETION" "28 CFR 28.12(b)" "S"
        "the rule stands; if a fact is wrong, correct the booking",
    DecisionExpired "DECISION_EXPIRED" "working rule" "D" "decide again with the facts of now",
    KitUnusable "KIT_UNUSABLE" "28 CFR 28.12(f)(1)" "S" "take another kit from stock",
    KitExpired "KIT_EXPIRED" "working rule" "D" "take a kit that is in date",
    KitRecalled "KIT_RECALLED" "working rule" "D" "take a kit of another lot",
    KitElsewhere "KIT_ELSEWHERE" "working rule" "D" "take a kit of this site",
    StationBusy "STATION_BUSY" "working rule" "D" "finish or abandon the open collection first",
    BarcodeMismatch "BARCODE_MISMATCH" "laboratory acceptance checks" "S2"
        "abandon this kit and start with a new one",
    PrintsMissing "PRINTS_MISSING" "laboratory acceptance checks" "S2"
        "take the two flat prints on the form",
    NotSealed "NOT_SEALED" "28 CFR 28.12(f)(2)" "S" "finish and seal the collection first",
    AlreadyPacked "ALREADY_PACKED" "working rule" "D" "see the package that holds it",
    PackageEmpty "PACKAGE_EMPTY" "working rule" "D" "scan at least one sealed kit into it",
    SamePerson "SAME_PERSON" "Quality Assurance Standards 12" "M+"
        "let a second qualified person do it",
    ControlsFailed "CONTROLS_FAILED" "Quality Assurance Standards 9" "M+"
        "repeat the run; its samples are void",
    NotReviewed "NOT_REVIEWED" "Quality Assurance Standards 12" "M+"
        "let a second person review the profile",
    NotOnPlate "NOT_ON_PLATE" "working rule" "D" "check the plate's list of specimens",
    Contaminated "CONTAMINATED" "Quality Assurance Standards 9" "M+"
        "type again from the retained sample",
    PlateConflict "PLATE_CONFLICT" "Quality Assurance Standards 9" "M+"
        "type both again from their retained samples, or let a reviewer record why they agree",
    KnownProfile "KNOWN_PROFILE" "34 USC 12592(a)(1)" "S"
        "samples of victims, eliminated persons and staff never enter; look where it comes from",
    ProfileNotAccepted "PROFILE_NOT_ACCEPTED" "index acceptance table" "M+"
        "type the missing loci again, or use the right category",
    CategoryConflict "CATEGORY_CONFLICT" "34 USC 12592(a)(1)" "S"
        "use the category of the eligibility decision",
    SearchForbidden "SEARCH_FORBIDDEN" "search matrix" "M+"
        "this pair of indexes is never searched",
    DispositionConflict "DISPOSITION_CONFLICT" "working rule" "D"
        "choose a disposition that fits what the two records are",
    NotConfirmed "NOT_CONFIRMED" "34 USC 12592(b)(3)" "S"
        "a name is released only after confirmation",
    PurposeWithoutNames "PURPOSE_WITHOUT_NAMES" "34 USC 12592(b)(3)(D)" "S"
        "statistics, research and quality control take no personal values",
    NotTheCaseLaboratory "NOT_THE_CASE_LABORATORY" "34 USC 12592(b)(3)" "S"
        "only the laboratory of the case receives the name",
    PurposeMissing "PURPOSE_MISSING" "34 USC 40706(a)" "S" "state the purpose of the disclosure",
    StillLawful "STILL_LAWFUL" "34 USC 12592(d)" "S" "name evidence for every basis of the record",
    PathDoesNotApply "PATH_DOES_NOT_APPLY" "34 USC 12592(d)" "S"
        "use removal for ineligibility or an administrative removal",
    StepsOpen "STEPS_OPEN" "working rule" "D" "finish every step of the removal first",
    Removed "REMOVED" "34 USC 12592(d)" "S" "the record no longer exists",
}

/// The rules said no, about something in particular.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct Refusal {
    /// Which rule.
    pub code: RefusalCode,
    /// What it looked at; never a personal value.
    pub detail: String,
}

impl RefusalCode {
    /// The refusal of this rule about something.
    pub fn about(self, detail: impl Into<String>) -> Refusal {
        Refusal { code: self, detail: detail.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code;
        write!(out, "{}: {}. {} ({})", code.code(), self.detail, code.remedy(), code.authority())
    }
}

/// An event was applied to a stage at which it cannot happen: a bug of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{station}: the event '{event}' cannot happen at this stage")]
pub struct Misapplied {
    /// The station.
    pub station: &'static str,
    /// The event's word.
    pub event: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_refusal_has_code_authority_and_remedy() {
        let codes: BTreeSet<_> = RefusalCode::ALL.iter().map(|refusal| refusal.code()).collect();
        assert_eq!(codes.len(), RefusalCode::ALL.len());
        for refusal in RefusalCode::ALL {
            assert!(!refusal.authority().is_empty() && !refusal.remedy().is_empty());
            assert!(["S", "S2", "C", "M+", "M", "M?", "D"].contains(&refusal.confidence()));
            let tag = refusal.confidence();
            assert!(
                !refusal.authority().contains("USC") || tag == "S",
                "law is seen, not recalled"
            );
        }
    }
}

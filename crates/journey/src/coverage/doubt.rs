//! What is wrong with a sample that was sealed, by the facts and the decision of its seal: there
//! must be none, because nothing opens a kit against the rules. Public audits found minors and
//! citizens sampled and nobody knowing; so it is looked at, not assumed.

use serde::Serialize;

use crate::booking::{BirthConfidence, Citizenship, CustodyBasis};
use crate::eligibility::{Facts, Outcome};

/// Under this age no sample is taken (fingerprint policy of DHS).
const AGE_MIN: i32 = 14;

/// One thing that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The person was younger than 14.
    Under14,
    /// The age was not known.
    AgeUnknown,
    /// A citizen who was neither arrested nor charged nor convicted.
    CitizenWithoutCriminalBasis,
    /// The decision that stood at the seal allowed no sample.
    DecisionDidNotAllow,
    /// There was no decision.
    NoDecision,
}

impl Doubt {
    /// The word of pages and files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Under14 => "under_14",
            Self::AgeUnknown => "age_unknown",
            Self::CitizenWithoutCriminalBasis => "citizen_without_criminal_basis",
            Self::DecisionDidNotAllow => "decision_did_not_allow",
            Self::NoDecision => "no_decision",
        }
    }
}

/// What is wrong with a sealed sample; `facts` are `None` where a removal destroyed them.
pub fn doubts(outcome: Option<Outcome>, facts: Option<&Facts>) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    if let Some(facts) = facts {
        match facts.age_years {
            Some(age) if age < AGE_MIN => doubts.push(Doubt::Under14),
            _ if facts.age_confidence() == BirthConfidence::Unknown => {
                doubts.push(Doubt::AgeUnknown);
            }
            _ => {}
        }
        let criminal =
            [CustodyBasis::CriminalArrest, CustodyBasis::FacingCharges, CustodyBasis::Convicted];
        let basis = &facts.circumstances.custody_basis;
        let is_citizen = facts.circumstances.citizenship == Citizenship::Citizen;
        if is_citizen && !criminal.iter().any(|one| basis.contains(one)) {
            doubts.push(Doubt::CitizenWithoutCriminalBasis);
        }
    }
    match outcome {
        Some(Outcome::Collect | Outcome::MaySkip) => {}
        Some(_) => doubts.push(Doubt::DecisionDidNotAllow),
        None => doubts.push(Doubt::NoDecision),
    }
    doubts
}

//! The claims, each about one set and all bookings that the schema allows.
//!
//! A claim that nobody could break because it speaks of nobody is refused: the solver must first
//! name a booking of which the claim speaks. Deliberately absent: comparisons, which are in
//! `changes`.

use anyhow::ensure;
use cedar_policy_symcc::Env;
use jiff::civil::{Date, date};

use crate::set::{INFEASIBLE, Set, those, with_infeasible};
use crate::solver::Solver;

/// First day without the exemption for shortage and exigency (85 FR 13483).
pub const NO_EXEMPTION_FROM: Date = date(2020, 4, 8);

/// A claim about every set to which it applies.
#[derive(Clone, Copy)]
pub struct Claim {
    /// What is claimed, in one sentence.
    pub says: &'static str,
    /// Of which sets.
    pub applies: fn(&Set) -> bool,
    /// A booking, or a rule and a booking, that breaks it; `None` is the proof.
    pub broken_by: fn(&mut Solver, &Set) -> anyhow::Result<Option<Broken>>,
}

/// What breaks a claim.
#[derive(Clone, Debug)]
pub struct Broken {
    /// The rule, where the claim is about single rules.
    pub rule: Option<String>,
    /// The booking.
    pub booking: Env,
}

impl From<Env> for Broken {
    fn from(booking: Env) -> Self {
        Self { rule: None, booking }
    }
}

/// Nobody below the floor, by the date of birth shown or said.
pub const UNDER_THE_AGE_FLOOR: Claim = Claim {
    says: "Nobody who is under the age floor of the set by a date of birth shown or said is sampled.",
    applies: |_| true,
    broken_by: |solver, set| never_sampled(solver, set, &under_the_floor(set)),
};

/// Nobody whose age is not known, or is a guess below the floor.
pub const AGE_NOT_KNOWN: Claim = Claim {
    says: "Nobody is sampled whose age is not known, whose date of birth has no stated origin, or \
           whom an officer's guess puts under the age floor of the set.",
    applies: |_| true,
    broken_by: |solver, set| {
        let guessed = format!(
            "!resource.age_known || resource.age_confidence == BirthConfidence::\"unknown\" || \
             (resource.age_confidence == BirthConfidence::\"estimated\" && \
             resource.age_years < {})",
            set.floor_years()
        );
        never_sampled(solver, set, &guessed)
    },
};

/// The pilot exempts permanent residents.
pub const PERMANENT_RESIDENT_IN_THE_PILOT: Claim = Claim {
    says: "The pilot samples no verified lawful permanent resident, arrested or not.",
    applies: |set| set.name().starts_with("ice-dallas-"),
    broken_by: |solver, set| {
        let resident = "resource.citizenship == Citizenship::\"lpr\" && \
                        resource.citizenship_confidence == StatusConfidence::\"verified\"";
        never_sampled(solver, set, resident)
    },
};

/// The detention limb does not reach citizens.
pub const CITIZEN_WITHOUT_CRIMINAL_BASIS: Claim = Claim {
    says: "No verified citizen who is neither arrested nor charged nor convicted is sampled.",
    applies: |_| true,
    broken_by: |solver, set| never_sampled(solver, set, CITIZEN_ONLY_DETAINED),
};

/// The two hard blocks are there.
pub const HARD_BLOCK: Claim = Claim {
    says: "To everybody under the age floor by a date shown or said, and to every verified citizen \
           held without arrest, charge or conviction, a rule applies that nobody may set aside.",
    applies: |_| true,
    broken_by: |solver, set| {
        let blocked = set.hard_blocks()?;
        for condition in [CITIZEN_ONLY_DETAINED.to_owned(), under_the_floor(set)] {
            let reached = format!("{HELD} && ({condition})");
            speaks_of_somebody(solver, &reached)?;
            if let Some(env) = solver.only(&those(&reached)?, &blocked)? {
                return Ok(Some(env.into()));
            }
        }
        Ok(None)
    },
};

/// Shortage and exigency change nothing.
pub const SHORTAGE_CHANGES_NOTHING: Claim = Claim {
    says: "No answer depends on a shortage of kits, of staff or of time: neither the decision nor \
           whether any single rule applies.",
    applies: |set| set.in_force_from(NO_EXEMPTION_FROM),
    broken_by: |solver, set| {
        let (short, plenty) = (set.with_infeasible(true)?, set.with_infeasible(false)?);
        if let Some(env) = solver.only(&plenty, &short)? {
            return Ok(Some(env.into()));
        }
        if let Some(env) = solver.only(&short, &plenty)? {
            return Ok(Some(env.into()));
        }
        for rule in &set.rules {
            let policy = set.policy(&rule.id)?;
            if !policy.to_json()?.to_string().contains(INFEASIBLE) {
                continue;
            }
            let (short, plenty) = (with_infeasible(policy, true)?, with_infeasible(policy, false)?);
            if let Some(booking) = solver.differing(&short, &plenty)? {
                return Ok(Some(Broken { rule: Some(rule.id.clone()), booking }));
            }
        }
        Ok(None)
    },
};

/// No rule fails, so that none is skipped.
pub const NO_RULE_FAILS: Claim = Claim {
    says: "No rule can fail while it is evaluated, so that none is ever passed over.",
    applies: |_| true,
    broken_by: |solver, set| {
        for rule in &set.rules {
            if let Some(booking) = solver.failing(set.policy(&rule.id)?)? {
                return Ok(Some(Broken { rule: Some(rule.id.clone()), booking }));
            }
        }
        Ok(None)
    },
};

/// Every claim, in the order of the document.
pub const CLAIMS: [Claim; 7] = [
    UNDER_THE_AGE_FLOOR,
    AGE_NOT_KNOWN,
    PERMANENT_RESIDENT_IN_THE_PILOT,
    CITIZEN_WITHOUT_CRIMINAL_BASIS,
    HARD_BLOCK,
    SHORTAGE_CHANGES_NOTHING,
    NO_RULE_FAILS,
];

const CITIZEN_ONLY_DETAINED: &str = r#"
    resource.citizenship == Citizenship::"citizen" &&
    resource.citizenship_confidence == StatusConfidence::"verified" &&
    !resource.custody_basis.containsAny([
        CustodyBasis::"criminal_arrest", CustodyBasis::"facing_charges", CustodyBasis::"convicted"
    ])"#;

/// Held in any way: not merely met.
const HELD: &str = r#"
    resource.custody_basis.containsAny([
        CustodyBasis::"criminal_arrest", CustodyBasis::"facing_charges", CustodyBasis::"convicted",
        CustodyBasis::"admin_detention", CustodyBasis::"port_hold", CustodyBasis::"maritime"
    ])"#;

fn under_the_floor(set: &Set) -> String {
    format!(
        "resource.age_known && resource.age_years < {} && \
         [BirthConfidence::\"verified\", BirthConfidence::\"claimed\"]\
         .contains(resource.age_confidence)",
        set.floor_years()
    )
}

/// Neither as a duty nor by choice.
fn never_sampled(
    solver: &mut Solver,
    set: &Set,
    condition: &str,
) -> anyhow::Result<Option<Broken>> {
    speaks_of_somebody(solver, condition)?;
    Ok(solver.both(&set.may_sample()?, &those(condition)?)?.map(Broken::from))
}

fn speaks_of_somebody(solver: &mut Solver, condition: &str) -> anyhow::Result<()> {
    let found = solver.both(&those(condition)?, &those("true")?)?;
    ensure!(found.is_some(), "the claim speaks of nobody: {condition}");
    Ok(())
}

/// Whether a set samples anybody at all; a set that does not would fulfil every claim.
///
/// # Errors
/// The solver fails.
pub fn somebody_is_due(solver: &mut Solver, set: &Set) -> anyhow::Result<bool> {
    Ok(solver.both(&set.collects()?, &those("true")?)?.is_some())
}

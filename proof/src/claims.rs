//! The claims, each about one set and all bookings that the schema allows.
//!
//! A claim that nobody could break because it speaks of nobody is refused: the solver must first
//! name a booking of which the claim speaks. Deliberately absent: comparisons, which are in
//! `changes`.

use anyhow::{Context, ensure};
use cedar_policy_symcc::Env;
use jiff::civil::{Date, date};

use crate::booking::{Attribute, plainest};
use crate::set::{Set, all_feasible, restricted, those};
use crate::solver::Solver;

/// First day without the exemption for shortage and exigency (85 FR 13483).
pub const NO_EXEMPTION_FROM: Date = date(2020, 4, 8);

/// A claim about every set to which it applies.
#[derive(Clone, Copy)]
pub struct Claim {
    /// What is claimed, in one sentence.
    pub says: &'static str,
    /// Of which sets. Of the others it does not hold, which shows that it can fail.
    pub applies: fn(&Set) -> bool,
    /// A booking, or a rule and a booking, that breaks it; `None` is the proof. Of several
    /// bookings one that fulfils the condition, where that can be asked for.
    broken_by: fn(&mut Solver, &Set, &str) -> anyhow::Result<Option<Broken>>,
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

impl Claim {
    /// The plainest booking that breaks the claim; `None` is the proof.
    ///
    /// # Errors
    /// The claim speaks of nobody, or the solver fails.
    pub fn broken_by(
        &self,
        solver: &mut Solver,
        attributes: &[Attribute],
        set: &Set,
    ) -> anyhow::Result<Option<Broken>> {
        let Some(Broken { rule, booking }) = (self.broken_by)(solver, set, "true")? else {
            return Ok(None);
        };
        let booking = plainest(attributes, &set.manifest.scope, booking, |condition| {
            Ok((self.broken_by)(solver, set, condition)?.map(|broken| broken.booking))
        })?;
        Ok(Some(Broken { rule, booking }))
    }
}

/// Nobody below the floor, by the date of birth shown or said.
pub const UNDER_THE_AGE_FLOOR: Claim = Claim {
    says: "Nobody is sampled who is under the age floor of the set by a date of birth shown or \
           said.",
    applies: |_| true,
    broken_by: |solver, set, only| never_sampled(solver, set, &under_the_floor(set), only),
};

/// Nobody whose age is not known, or is a guess below the floor.
pub const AGE_NOT_KNOWN: Claim = Claim {
    says: "Nobody is sampled whose age is not known, whose date of birth has no stated origin, or \
           whom an officer's guess puts under the age floor of the set.",
    applies: |_| true,
    broken_by: |solver, set, only| {
        let guessed = format!(
            "(!resource.age_known || resource.age_confidence == BirthConfidence::\"unknown\" || \
             (resource.age_confidence == BirthConfidence::\"estimated\" && \
             resource.age_years < {}))",
            set.floor_years()
        );
        never_sampled(solver, set, &guessed, only)
    },
};

/// The pilot exempts permanent residents.
pub const PERMANENT_RESIDENT_IN_THE_PILOT: Claim = Claim {
    says: "The pilot samples no verified lawful permanent resident, arrested or not.",
    applies: |set| set.name().starts_with("ice-dallas-"),
    broken_by: |solver, set, only| {
        let resident = "resource.citizenship == Citizenship::\"lpr\" && \
                        resource.citizenship_confidence == StatusConfidence::\"verified\"";
        never_sampled(solver, set, resident, only)
    },
};

/// The detention limb does not reach citizens.
pub const CITIZEN_WITHOUT_CRIMINAL_BASIS: Claim = Claim {
    says: "No citizen, whether that was verified or only said, is sampled without an arrest, a \
           charge or a conviction. The duty towards detainees, taken by itself and without the \
           rules that stand against it, reaches no citizen.",
    applies: |_| true,
    broken_by: |solver, set, only| {
        let citizen = "resource.citizenship == Citizenship::\"citizen\"";
        let merely_detained = format!("{citizen} && {NO_CRIMINAL_BASIS}");
        if let Some(broken) = never_sampled(solver, set, &merely_detained, only)? {
            return Ok(Some(broken));
        }
        let citizen = those(&format!("{citizen} && {only}"))?;
        Ok(solver.both(&set.detention_limb()?, &citizen)?.map(Broken::from))
    },
};

/// The two hard blocks are there.
pub const HARD_BLOCK: Claim = Claim {
    says: "To everybody under the age floor by a date shown or said, and to every verified citizen \
           held without arrest, charge or conviction, a rule applies that nobody may set aside.",
    applies: |_| true,
    broken_by: |solver, set, only| {
        let blocked = set.hard_blocks()?;
        let citizen = format!(
            "resource.citizenship == Citizenship::\"citizen\" && \
             resource.citizenship_confidence == StatusConfidence::\"verified\" && \
             {NO_CRIMINAL_BASIS}"
        );
        for condition in [citizen, under_the_floor(set)] {
            let reached = format!("{HELD} && {condition}");
            if let Some(env) = solver.only(&those(&format!("{reached} && {only}"))?, &blocked)? {
                return Ok(Some(env.into()));
            }
            speaks_of_somebody(solver, &reached)?;
        }
        Ok(None)
    },
};

/// Shortage and exigency change nothing.
pub const SHORTAGE_CHANGES_NOTHING: Claim = Claim {
    says: "No answer depends on a shortage of kits, of staff or of time: neither whether a sample \
           is due nor whether any single rule applies.",
    applies: |set| set.in_force_from(NO_EXEMPTION_FROM),
    broken_by: |solver, set, only| {
        let due = set.collects()?;
        let due_if_feasible = all_feasible(&due)?;
        let excused = solver.only(&restricted(&due_if_feasible, only)?, &due)?;
        let caught = || solver.only(&restricted(&due, only)?, &due_if_feasible);
        if let Some(env) = excused.map_or_else(caught, |env| Ok(Some(env)))? {
            return Ok(Some(env.into()));
        }
        let feasible = all_feasible(&set.policies)?;
        for policy in set.policies.policies() {
            let same = feasible.policy(policy.id()).context("a policy is gone")?;
            if policy.to_json()? != same.to_json()?
                && let Some(booking) = solver.differing(policy, same)?
            {
                return Ok(Some(Broken { rule: Some(policy.id().to_string()), booking }));
            }
        }
        Ok(None)
    },
};

/// No rule fails, so that none is skipped.
pub const NO_RULE_FAILS: Claim = Claim {
    says: "No rule can fail while it is evaluated, so that none is ever passed over.",
    applies: |_| true,
    broken_by: |solver, set, _| {
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

const NO_CRIMINAL_BASIS: &str = r#"
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
    only: &str,
) -> anyhow::Result<Option<Broken>> {
    let wanted = format!("{condition} && {only}");
    for (duty, choice) in set.samples()? {
        if let Some(env) = solver.both(&restricted(&duty, &wanted)?, &choice)? {
            return Ok(Some(env.into()));
        }
    }
    speaks_of_somebody(solver, condition)?;
    Ok(None)
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

//! Policies as they are read: text to checked policies with their annotations.
//!
//! A set is refused as a whole where one policy does not say who it is, by whose authority it
//! stands, how sure that source is, from which day it holds, what it answers and with what
//! precedence. Deliberately absent: evaluation, which is in `engine`.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Effect, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use genetics::Category;
use jiff::civil::Date;
use serde::Serialize;

use super::{RuleFault, Text};
use crate::eligibility::{Outcome, Reason};

/// Confidence tags of the domain brief, from the text of the source itself to our own rule.
const CONFIDENCES: &[&str] = &["S", "S2", "C", "M+", "M", "M?", "D"];

/// Columns of the booking feed that a rule may ask for.
const COLUMNS: &[&str] = &[
    "date_of_birth",
    "date_of_birth_confidence",
    "citizenship",
    "citizenship_confidence",
    "lawful_status",
    "custody_basis",
    "further_proceedings",
    "fingerprint_event",
    "on_file",
    "other_agency",
    "waiver",
];

/// One policy as manuals and pages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its id, unique in its set.
    pub id: String,
    /// The reason that a finding names; the id, unless several policies share one reason.
    pub reason: String,
    /// Where the rule comes from.
    pub authority: String,
    /// How sure that source is.
    pub confidence: String,
    /// First day on which the rule itself held; its set may begin later.
    pub effective: Date,
    /// What it answers. `Collect` is a duty, everything else takes a duty away.
    pub outcome: Outcome,
    /// The least number decides; unique in its set.
    pub precedence: u32,
    /// What it says, in our own words.
    pub summary: String,
    /// Specimen category of a duty. A duty without one founds nothing and only adds its reason.
    pub category: Option<Category>,
    /// Columns of the booking feed that a deferring rule needs.
    pub missing: Vec<String>,
    /// Nobody may set it aside.
    pub hard_block: bool,
    /// The words of the law that leave the choice, where two persons may set it aside.
    pub discretion: Option<String>,
}

impl Rule {
    pub(super) fn as_reason(&self) -> Reason {
        Reason {
            id: self.reason.clone(),
            authority: self.authority.clone(),
            confidence: self.confidence.clone(),
        }
    }

    fn of(file: &str, policy: &Policy) -> Result<Self, RuleFault> {
        let id = policy.annotation("id").unwrap_or_default().to_owned();
        let fault = |what: String| RuleFault::Policy {
            file: file.to_owned(),
            id: if id.is_empty() { "(no id)".to_owned() } else { id.clone() },
            what,
        };
        let need = |key: &str| match policy.annotation(key).map(str::trim) {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => Err(fault(format!("there is no @{key}; every policy needs one"))),
        };
        need("id")?;
        let confidence = need("confidence")?;
        if !CONFIDENCES.contains(&confidence.as_str()) {
            let known = CONFIDENCES.join(", ");
            return Err(fault(format!("@confidence is \"{confidence}\"; it is one of {known}")));
        }
        let outcome = outcome(&need("outcome")?, policy.effect()).map_err(&fault)?;
        let effective = need("effective")?
            .parse()
            .map_err(|_| fault("@effective is not a date; write it as 2020-04-08".to_owned()))?;
        let precedence = need("precedence")?
            .parse()
            .map_err(|_| fault("@precedence is not a whole number from 0".to_owned()))?;
        Ok(Self {
            reason: policy.annotation("reason").unwrap_or(&id).to_owned(),
            authority: need("authority")?,
            confidence,
            effective,
            outcome,
            precedence,
            summary: need("summary")?,
            category: category(policy.annotation("category"), outcome).map_err(&fault)?,
            missing: missing(policy.annotation("missing"), outcome).map_err(&fault)?,
            hard_block: hard_block(policy.annotation("block"), outcome).map_err(&fault)?,
            discretion: discretion(policy, outcome).map_err(&fault)?,
            id,
        })
    }
}

fn outcome(word: &str, effect: Effect) -> Result<Outcome, String> {
    let outcome = Outcome::ALL.iter().copied().find(|outcome| outcome.word() == word);
    match (outcome, effect) {
        (Some(Outcome::Collect), Effect::Permit) => Ok(Outcome::Collect),
        (Some(outcome), Effect::Forbid) if outcome != Outcome::Collect => Ok(outcome),
        _ => Err(format!(
            "@outcome is \"{word}\"; a permit has collect, a forbid has do_not_collect, defer or \
             may_skip"
        )),
    }
}

fn category(name: Option<&str>, outcome: Outcome) -> Result<Option<Category>, String> {
    match (name, outcome) {
        (None, _) => Ok(None),
        (Some(name), Outcome::Collect) => match Category::from_name(name) {
            Some(
                category @ (Category::Arrestee | Category::ConvictedOffender | Category::Detainee),
            ) => Ok(Some(category)),
            _ => Err(format!(
                "@category is \"{name}\"; it is Arrestee, Convicted Offender or Detainee"
            )),
        },
        (Some(_), _) => Err("@category belongs to a permit".to_owned()),
    }
}

fn missing(columns: Option<&str>, outcome: Outcome) -> Result<Vec<String>, String> {
    match (columns, outcome) {
        (Some(columns), Outcome::Defer) => {
            let columns: Vec<_> = columns.split(',').map(|name| name.trim().to_owned()).collect();
            match columns.iter().find(|name| !COLUMNS.contains(&name.as_str())) {
                Some(name) => Err(format!("@missing names \"{name}\", no column of the feed")),
                None => Ok(columns),
            }
        }
        (None, Outcome::Defer) => Err("it defers without @missing: say what it waits for".into()),
        (Some(_), _) => Err("@missing belongs to a policy that defers".to_owned()),
        (None, _) => Ok(Vec::new()),
    }
}

fn hard_block(word: Option<&str>, outcome: Outcome) -> Result<bool, String> {
    match (word, outcome) {
        (None, _) => Ok(false),
        (Some("hard"), Outcome::DoNotCollect) => Ok(true),
        _ => Err("@block is \"hard\" and belongs to a forbid that does not collect".to_owned()),
    }
}

fn discretion(policy: &Policy, outcome: Outcome) -> Result<Option<String>, String> {
    match (policy.annotation("discretion"), outcome, policy.annotation("block")) {
        (None, ..) => Ok(None),
        (Some(words), Outcome::DoNotCollect, None) if !words.trim().is_empty() => {
            Ok(Some(words.to_owned()))
        }
        _ => {
            Err("@discretion cites the words that leave the choice, and belongs to a forbid that \
                  does not collect and is no hard block"
                .to_owned())
        }
    }
}

/// The checked policies of one set, base set included.
#[derive(Clone, Debug, Default)]
pub(super) struct Policies {
    /// Each rule by the id of its policy.
    pub(super) rules: BTreeMap<PolicyId, Rule>,
    /// The permits. They stand alone because Cedar's denial names no permit that holds.
    pub(super) duties: PolicySet,
    /// The forbids.
    pub(super) forbids: PolicySet,
}

impl Policies {
    /// Adds the policies of one file.
    pub(super) fn add(&mut self, text: &Text<'_>) -> Result<(), RuleFault> {
        let file = text.file;
        let parsed: PolicySet = text.text.parse().map_err(|fault| RuleFault::Unreadable {
            file: file.to_owned(),
            what: format!("{fault}"),
        })?;
        if parsed.templates().next().is_some() {
            let what = "templates have no place in a rule set".to_owned();
            return Err(RuleFault::Unreadable { file: file.to_owned(), what });
        }
        for policy in parsed.policies() {
            let rule = Rule::of(file, policy)?;
            let id = PolicyId::new(&rule.id);
            let policy = policy.new_id(id.clone());
            let side = match policy.effect() {
                Effect::Permit => &mut self.duties,
                Effect::Forbid => &mut self.forbids,
            };
            if self.rules.contains_key(&id) || side.add(policy).is_err() {
                return Err(RuleFault::Policy {
                    file: file.to_owned(),
                    id: rule.id,
                    what: "another policy of the set has this id".to_owned(),
                });
            }
            self.rules.insert(id, rule);
        }
        Ok(())
    }

    /// Takes a policy out; false where there is none of this id.
    pub(super) fn take_out(&mut self, id: &str) -> bool {
        let id = PolicyId::new(id);
        let side = match self.duties.policy(&id) {
            Some(_) => &mut self.duties,
            None => &mut self.forbids,
        };
        side.remove_static(id.clone()).is_ok() && self.rules.remove(&id).is_some()
    }

    /// Checks what only the whole set can show: types, precedence, days.
    pub(super) fn check(&self, set: &str, from: Date, schema: &Schema) -> Result<(), RuleFault> {
        let validator = Validator::new(schema.clone());
        for side in [&self.duties, &self.forbids] {
            let result = validator.validate(side, ValidationMode::Strict);
            let errors = result.validation_errors().map(ToString::to_string);
            let mut told = errors.chain(result.validation_warnings().map(ToString::to_string));
            if let Some(what) = told.next() {
                return Err(RuleFault::Invalid { set: set.to_owned(), what });
            }
        }
        let mut taken = BTreeSet::new();
        for rule in self.rules.values() {
            let fault = |what: String| RuleFault::Policy {
                file: set.to_owned(),
                id: rule.id.clone(),
                what,
            };
            if !taken.insert(rule.precedence) {
                let what = format!("precedence {} is taken by another policy", rule.precedence);
                return Err(fault(what));
            }
            if rule.effective > from {
                let what = format!("it holds from {}, its set from {from}", rule.effective);
                return Err(fault(what));
            }
        }
        Ok(())
    }
}

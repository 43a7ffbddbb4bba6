//! One rule set, and the sets of policies that a claim about it is about.
//!
//! A claim speaks of what the programme answers; Cedar speaks of "allow" and "deny". The
//! translation stands here and nowhere else. Deliberately absent: the solver.

use anyhow::Context;
use cedar_policy::{Policy, PolicyId, PolicySet, Schema};
use jiff::civil::Date;
use journey::eligibility::Outcome;
use journey::rules::{Manifest, Rule, RuleBook};
use serde_json::Value;

use crate::booking::{Attribute, attributes};
use crate::texts::Texts;

/// The age below which no set may sample anybody, unless the set itself names a higher one.
pub const FLOOR_YEARS: u32 = 14;

/// The attribute of a booking that says: declared infeasible for want of kits, staff or time.
pub const INFEASIBLE: &str = "infeasible";

/// Everything that claims and comparisons are about.
#[derive(Debug)]
pub struct Law {
    /// The sets as the programme reads and asks them.
    pub book: RuleBook,
    /// What a booking is.
    pub schema: Schema,
    /// Its attributes, in the order of the schema.
    pub attributes: Vec<Attribute>,
    /// The same sets, by scope and then by first day.
    pub sets: Vec<Set>,
}

/// A rule set as it is evaluated, base set included.
#[derive(Clone, Debug)]
pub struct Set {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Digest of everything that stands in it.
    pub sha256: String,
    /// Its rules in precedence order.
    pub rules: Vec<Rule>,
    /// Its policies.
    pub policies: PolicySet,
}

impl Law {
    /// Reads all sets.
    ///
    /// # Errors
    /// A text is at fault.
    pub fn read(texts: &Texts) -> anyhow::Result<Self> {
        let book = texts.book()?;
        let mut sets = Vec::new();
        let mut common = None;
        for manifest in book.sets() {
            let (schema, policies) = book.cedar(&manifest.name)?;
            common = Some(schema.clone());
            sets.push(Set {
                manifest: manifest.clone(),
                sha256: book.sha256(&manifest.name)?.to_owned(),
                rules: book.policies(&manifest.name)?.into_iter().cloned().collect(),
                policies: policies.clone(),
            });
        }
        sets.sort_by_key(|set| {
            let scope = &set.manifest.scope;
            (scope.components.clone(), scope.sites.clone(), set.manifest.effective_from)
        });
        let schema = common.context("the book has no rule set")?;
        Ok(Self { book, schema, attributes: attributes(texts.schema())?, sets })
    }

    /// The set of a name.
    ///
    /// # Errors
    /// There is none.
    pub fn set(&self, name: &str) -> anyhow::Result<&Set> {
        self.sets.iter().find(|set| set.name() == name).with_context(|| format!("no set {name}"))
    }
}

impl Set {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// The set's age floor in years: the highest that a rule `UNDER_14`, `UNDER_18` names, and
    /// never less than [`FLOOR_YEARS`]. The number is the name's, so that a rule which says one
    /// thing and does another is found out.
    pub fn floor_years(&self) -> u32 {
        self.rules
            .iter()
            .filter_map(|rule| rule.id.strip_prefix("UNDER_")?.parse().ok())
            .fold(FLOOR_YEARS, u32::max)
    }

    /// Whether it is in force on some day from this one on.
    pub fn in_force_from(&self, day: Date) -> bool {
        self.manifest.effective_to.is_none_or(|last| day <= last)
    }

    /// Allows exactly where the set answers `collect`: a permit with a category, and no forbid.
    ///
    /// # Errors
    /// Never with policies that were read.
    pub fn collects(&self) -> anyhow::Result<PolicySet> {
        self.part(|rule| rule.outcome != Outcome::Collect || rule.category.is_some())
    }

    /// Where a sample may be taken, as a duty or by choice: exactly where both of some pair allow.
    /// The second of a pair is a choice to skip, the first a duty and no forbid that precedes it.
    ///
    /// # Errors
    /// Never with policies that were read.
    pub fn samples(&self) -> anyhow::Result<Vec<(PolicySet, PolicySet)>> {
        let mut pairs = vec![(self.collects()?, those("true")?)];
        for skip in self.rules.iter().filter(|rule| rule.outcome == Outcome::MaySkip) {
            let duty = self.part(|rule| match rule.outcome {
                Outcome::Collect => rule.category.is_some(),
                _ => rule.precedence < skip.precedence,
            })?;
            let choice = PolicySet::from_policies([permitting(self.policy(&skip.id)?)?])?;
            pairs.push((duty, choice));
        }
        Ok(pairs)
    }

    /// Allows wherever the duty towards detainees reaches, whatever stands against it.
    ///
    /// # Errors
    /// Never with policies that were read.
    pub fn detention_limb(&self) -> anyhow::Result<PolicySet> {
        self.part(|rule| rule.category.is_some_and(|category| category.name() == "Detainee"))
    }

    /// Allows exactly where a rule that nobody may set aside applies.
    ///
    /// # Errors
    /// Never with policies that were read.
    pub fn hard_blocks(&self) -> anyhow::Result<PolicySet> {
        let mut policies = PolicySet::new();
        for policy in self.part(|rule| rule.hard_block)?.policies() {
            policies.add(permitting(policy)?)?;
        }
        Ok(policies)
    }

    /// The policies whose rules are wanted.
    fn part(&self, wanted: impl Fn(&Rule) -> bool) -> anyhow::Result<PolicySet> {
        let mut policies = PolicySet::new();
        for rule in self.rules.iter().filter(|rule| wanted(rule)) {
            policies.add(self.policy(&rule.id)?.clone())?;
        }
        Ok(policies)
    }

    /// The policy of a rule.
    ///
    /// # Errors
    /// The set has no such rule.
    pub fn policy(&self, id: &str) -> anyhow::Result<&Policy> {
        self.policies.policy(&PolicyId::new(id)).with_context(|| format!("no policy {id}"))
    }
}

/// The policy as a permit, which allows exactly where the policy applies.
///
/// # Errors
/// Never with a policy that was read.
pub fn permitting(policy: &Policy) -> anyhow::Result<Policy> {
    let mut json = policy.to_json()?;
    if let Some(effect) = json.get_mut("effect") {
        *effect = Value::from("permit");
    }
    Ok(Policy::from_json(Some(policy.id().clone()), json)?)
}

/// The policies as they are where nothing was declared infeasible, whatever the booking says.
///
/// # Errors
/// A policy reads [`INFEASIBLE`] in a way that cannot be replaced.
pub fn all_feasible(policies: &PolicySet) -> anyhow::Result<PolicySet> {
    let mut feasible = PolicySet::new();
    for policy in policies.policies() {
        let mut json = policy.to_json()?;
        put_feasible(&mut json);
        if json.to_string().contains(&format!("\"attr\":\"{INFEASIBLE}\"")) {
            anyhow::bail!("{} reads {INFEASIBLE} of something else than the booking", policy.id());
        }
        feasible.add(Policy::from_json(Some(policy.id().clone()), json)?)?;
    }
    Ok(feasible)
}

fn put_feasible(json: &mut Value) {
    let read = serde_json::json!({".": {"left": {"Var": "resource"}, "attr": INFEASIBLE}});
    match json {
        node if *node == read => *node = serde_json::json!({ "Value": false }),
        Value::Array(items) => items.iter_mut().for_each(put_feasible),
        Value::Object(fields) => fields.values_mut().for_each(put_feasible),
        _ => {}
    }
}

/// Allows exactly the bookings that fulfil a condition in Cedar's language.
///
/// # Errors
/// The condition cannot be read.
pub fn those(condition: &str) -> anyhow::Result<PolicySet> {
    format!("permit (principal, action, resource) when {{ {condition} }};")
        .parse()
        .with_context(|| format!("not a condition: {condition}"))
}

/// A set that allows only where another does and a condition holds as well.
///
/// # Errors
/// The condition cannot be read.
pub fn restricted(policies: &PolicySet, condition: &str) -> anyhow::Result<PolicySet> {
    let text = format!("forbid (principal, action, resource) unless {{ {condition} }};");
    let fence = Policy::parse(Some(PolicyId::new("proof:only")), &text)
        .with_context(|| format!("not a condition: {condition}"))?;
    let mut policies = policies.clone();
    policies.add(fence)?;
    Ok(policies)
}

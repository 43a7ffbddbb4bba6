//! A booking that the solver names: made as plain as it can be, and shown in words.
//!
//! A solver gives any booking that fits, with names nobody uses. [`plainest`] asks on, attribute by
//! attribute, whether an ordinary value fits as well. The result depends on the rules alone and not
//! on the solver's taste, so that `docs/proof.md` can be compared. Deliberately absent: any judgement.

use anyhow::Context;
use cedar_policy::{Authorizer, Decision, EvalResult, PolicySet, SchemaFragment};
use cedar_policy_symcc::Env;
use journey::eligibility::Outcome;
use journey::rules::{Rule, Scope};
use serde_json::Value;

use crate::set::{Set, those};

/// An attribute of a booking.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name in the schema.
    pub name: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Flag,
    Number,
    Text,
    /// One word of a closed list, and its type.
    Word(String, Vec<String>),
    /// Any words of a closed list, and their type.
    Words(String, Vec<String>),
}

/// What a feed can say: without a date of birth there is neither an age nor a confidence in it.
const FROM_A_FEED: &str = r#"(resource.age_known ||
    (resource.age_years == 0 && resource.age_confidence == BirthConfidence::"unknown"))"#;

/// Values that a reader takes for granted, tried before the others.
const ORDINARY: &[(&str, &[&str])] = &[
    ("component", &[r#""ICE-ERO""#, r#""CBP-USBP""#, r#""CBP-OFO""#, r#""BOP""#]),
    ("site", &[r#""DALLAS""#]),
    ("age_known", &["true"]),
    ("age_years", &["30", "17", "16", "13", "0"]),
    ("age_confidence", &[r#"BirthConfidence::"verified""#]),
    ("citizenship", &[r#"Citizenship::"non_us_person""#]),
    ("citizenship_confidence", &[r#"StatusConfidence::"verified""#]),
    ("lawful_status", &[r#"LawfulStatus::"none""#]),
    ("custody_basis", &[r#"[CustodyBasis::"admin_detention"]"#]),
    ("further_proceedings", &[r#"Known::"yes""#]),
    ("fingerprinted", &["true"]),
    ("on_file", &[r#"OnFile::"absent""#]),
];

/// The attributes of a booking, in the order of the schema.
///
/// # Errors
/// The schema has another shape than a booking with simple attributes.
pub fn attributes(schema: &str) -> anyhow::Result<Vec<Attribute>> {
    let json = SchemaFragment::from_cedarschema_str(schema)?.0.to_json_value()?;
    let types = json.pointer("//entityTypes").context("no entity types")?;
    let shape = types.pointer("/Booking/shape/attributes").and_then(Value::as_object);
    let mut attributes = Vec::new();
    for (name, shape) in shape.context("no attributes of Booking")? {
        let kind = kind(shape, types).with_context(|| format!("unknown type of {name}"))?;
        attributes.push(Attribute { name: name.clone(), kind });
    }
    attributes.sort_by_key(|attribute| schema.find(&format!("\n  {}: ", attribute.name)));
    Ok(attributes)
}

fn kind(shape: &Value, types: &Value) -> Option<Kind> {
    let words = |name: &str| -> Option<Vec<String>> {
        let list = types.get(name)?.get("enum")?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    };
    let name = |shape: &Value| {
        let name = shape.get("name").or_else(|| shape.get("type"))?.as_str()?.to_owned();
        Some(name.trim_start_matches("__cedar::").to_owned())
    };
    match name(shape)?.as_str() {
        "Bool" | "Boolean" => Some(Kind::Flag),
        "Long" => Some(Kind::Number),
        "String" => Some(Kind::Text),
        "Set" => {
            let of = name(shape.get("element")?)?;
            Some(Kind::Words(of.clone(), words(&of)?))
        }
        of => Some(Kind::Word(of.to_owned(), words(of)?)),
    }
}

impl Attribute {
    /// Conditions that fix the value, ordinary ones first.
    fn candidates(&self, scope: &Scope) -> Vec<String> {
        let reads = format!("resource.{}", self.name);
        let mut values: Vec<String> = match self.name.as_str() {
            "component" => scope.components.iter().map(|name| format!("{name:?}")).collect(),
            "site" => scope.sites.iter().map(|name| format!("{name:?}")).collect(),
            _ => Vec::new(),
        };
        let ordinary = ORDINARY.iter().filter(|(name, _)| *name == self.name);
        values.extend(ordinary.flat_map(|(_, values)| *values).map(|&value| value.to_owned()));
        match &self.kind {
            Kind::Flag => values.extend(["false".to_owned(), "true".to_owned()]),
            Kind::Word(of, words) => {
                values.extend(words.iter().map(|word| format!("{of}::\"{word}\"")));
            }
            Kind::Words(of, words) => {
                values.extend(words.iter().map(|word| format!("[{of}::\"{word}\"]")));
            }
            Kind::Number | Kind::Text => {}
        }
        let mut conditions: Vec<_> =
            values.iter().map(|value| format!("{reads} == {value}")).collect();
        if let Kind::Words(..) = self.kind {
            conditions.push(format!("{reads}.isEmpty()"));
        }
        conditions
    }

    /// The condition that fixes the value as it is.
    fn as_it_is(&self, env: &Env) -> anyhow::Result<String> {
        Ok(format!("resource.{} == {}", self.name, literal(&self.value(env)?)))
    }

    fn value(&self, env: &Env) -> anyhow::Result<EvalResult> {
        let booking = env.request.resource().and_then(|uid| env.entities.get(uid));
        Ok(booking.and_then(|entity| entity.attr(&self.name)).context("no such attribute")??)
    }

    fn words(&self, env: &Env) -> anyhow::Result<String> {
        let value = words(&self.value(env)?);
        Ok(format!("{} {value}", self.name.replace('_', " ")))
    }
}

fn literal(value: &EvalResult) -> String {
    match value {
        EvalResult::Set(set) => {
            format!("[{}]", set.iter().map(literal).collect::<Vec<_>>().join(", "))
        }
        EvalResult::EntityUid(uid) => uid.to_string(),
        EvalResult::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

fn words(value: &EvalResult) -> String {
    match value {
        EvalResult::Bool(true) => "yes".to_owned(),
        EvalResult::Bool(false) => "no".to_owned(),
        EvalResult::Set(set) if set.is_empty() => "none".to_owned(),
        EvalResult::Set(set) => set.iter().map(words).collect::<Vec<_>>().join(" and "),
        EvalResult::EntityUid(uid) => uid.id().unescaped().replace('_', " "),
        EvalResult::String(text) if text.is_empty() => "(empty)".to_owned(),
        EvalResult::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The plainest booking of those of which `find` can name one under a further condition.
///
/// # Errors
/// The solver fails.
pub fn plainest(
    attributes: &[Attribute],
    scope: &Scope,
    first: Env,
    mut find: impl FnMut(&str) -> anyhow::Result<Option<Env>>,
) -> anyhow::Result<Env> {
    let mut current = first;
    let mut fixed = "true".to_owned();
    let mut try_value = |current: &mut Env, fixed: &mut String, condition: &str| {
        let wanted = format!("{fixed} && {condition}");
        if !holds(current, condition)? {
            match find(&wanted)? {
                Some(env) => *current = env,
                None => return anyhow::Ok(false),
            }
        }
        *fixed = wanted;
        Ok(true)
    };
    try_value(&mut current, &mut fixed, FROM_A_FEED)?;
    for attribute in attributes {
        let mut done = false;
        for condition in attribute.candidates(scope) {
            done = try_value(&mut current, &mut fixed, &condition)?;
            if done {
                break;
            }
        }
        if !done {
            let condition = attribute.as_it_is(&current)?;
            try_value(&mut current, &mut fixed, &condition)?;
        }
    }
    Ok(current)
}

/// Whether a condition holds for a booking.
fn holds(env: &Env, condition: &str) -> anyhow::Result<bool> {
    let told = Authorizer::new().is_authorized(&env.request, &those(condition)?, &env.entities);
    Ok(told.decision() == Decision::Allow)
}

/// The booking in plain words.
///
/// # Errors
/// The booking lacks an attribute of the schema.
pub fn in_words(attributes: &[Attribute], env: &Env) -> anyhow::Result<String> {
    let words = attributes.iter().map(|attribute| attribute.words(env));
    Ok(words.collect::<anyhow::Result<Vec<_>>>()?.join("; "))
}

/// What the programme answers to a booking under a set, with the rules that determine it.
///
/// # Errors
/// A rule fails.
pub fn answer(set: &Set, env: &Env) -> anyhow::Result<String> {
    let (allowed, satisfied) = ask(set, &set.policies, env)?;
    let reasons: Vec<_> = satisfied.iter().map(|rule| format!("`{}`", rule.id)).collect();
    let outcome = match satisfied.first() {
        _ if allowed => duty(&satisfied),
        None => None,
        Some(first) if first.outcome == Outcome::MaySkip => {
            let permits = set.permits()?;
            duty(&ask(set, &permits, env)?.1).map(|_| Outcome::MaySkip)
        }
        Some(first) => Some(first.outcome),
    };
    Ok(match outcome {
        Some(outcome) => format!("{} ({})", outcome.word().replace('_', " "), reasons.join(", ")),
        None => "do not collect (`NO_DUTY`)".to_owned(),
    })
}

fn duty(satisfied: &[&Rule]) -> Option<Outcome> {
    satisfied.iter().any(|rule| rule.category.is_some()).then_some(Outcome::Collect)
}

fn ask<'a>(
    set: &'a Set,
    policies: &PolicySet,
    env: &Env,
) -> anyhow::Result<(bool, Vec<&'a Rule>)> {
    let told = Authorizer::new().is_authorized(&env.request, policies, &env.entities);
    anyhow::ensure!(told.diagnostics().errors().next().is_none(), "a rule fails: {env}");
    let reasons: Vec<_> = told.diagnostics().reason().map(ToString::to_string).collect();
    let satisfied = set.rules.iter().filter(|rule| reasons.contains(&rule.id)).collect();
    Ok((told.decision() == Decision::Allow, satisfied))
}

//! A booking that the solver names: made as plain as it can be, and shown in words.
//!
//! A solver gives any booking that fits, with names nobody uses. [`plainest`] asks on, attribute by
//! attribute, whether an ordinary value fits as well. The result depends on the rules alone and not
//! on the solver's taste, so that `docs/proof.md` can be compared. Deliberately absent: whether an
//! answer is right.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use cedar_policy::{EvalResult, SchemaFragment};
use cedar_policy_symcc::Env;
use jiff::Timestamp;
use jiff::civil::Date;
use journey::booking::{
    BirthConfidence, Circumstances, Citizenship, CustodyBasis, Known, LawfulStatus, OnFile,
    StatusConfidence,
};
use journey::eligibility::{Facts, Finding};
use journey::ids::Site;
use journey::rules::{RuleBook, Scope};
use serde_json::Value;

use crate::set::those;
use crate::solver::allows;

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
    Texts,
}

/// What a feed can say: a basis of custody, an age that persons reach, and without a date of birth
/// neither an age nor a confidence in it.
pub const FROM_A_FEED: &str = r#"!resource.custody_basis.isEmpty() &&
    resource.age_years >= 0 && resource.age_years <= 120 && (resource.age_known ||
    (resource.age_years == 0 && resource.age_confidence == BirthConfidence::"unknown"))"#;

/// Values that a reader takes for granted, tried before the others.
const ORDINARY: &[(&str, &[&str])] = &[
    ("component", &[r#""ICE-ERO""#, r#""CBP-USBP""#, r#""CBP-OFO""#, r#""BOP""#]),
    ("site", &[r#""DALLAS""#]),
    ("age_known", &["true"]),
    ("age_years", &["30", "17", "16", "13", "0", "70"]),
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
        "Set" => match name(shape.get("element")?)?.as_str() {
            "String" => Some(Kind::Texts),
            of => Some(Kind::Words(of.to_owned(), words(of)?)),
        },
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
            Kind::Number | Kind::Text | Kind::Texts => {}
        }
        let mut conditions: Vec<_> = values.iter().map(|value| self.is(value)).collect();
        if let Kind::Words(..) | Kind::Texts = self.kind {
            conditions.push(format!("{reads}.isEmpty()"));
        }
        conditions
    }

    /// The condition that fixes the value as it is.
    fn as_it_is(&self, env: &Env) -> anyhow::Result<String> {
        Ok(self.is(&literal(&value(env, &self.name)?)))
    }

    /// The condition that fixes a value. The component is also the principal of the request.
    fn is(&self, value: &str) -> String {
        let read = format!("resource.{} == {value}", self.name);
        match self.name.as_str() {
            "component" => format!("{read} && principal == Agency::{value}"),
            _ => read,
        }
    }
}

fn value(env: &Env, name: &str) -> anyhow::Result<EvalResult> {
    let booking = env.request.resource().and_then(|uid| env.entities.get(uid));
    let value = booking.and_then(|booking| booking.attr(name));
    Ok(value.with_context(|| format!("the booking has no {name}"))??)
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
        EvalResult::EntityUid(uid) => uid.id().unescaped().to_owned(),
        EvalResult::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The plainest booking of those of which `find` names one under a further condition, if it can.
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
                Some(env) if holds(&env, &wanted)? => *current = env,
                _ => return anyhow::Ok(false),
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
    Ok(allows(&those(condition)?, env))
}

/// The booking in plain words; what is usual is not said.
///
/// # Errors
/// The booking lacks an attribute of the schema.
pub fn in_words(attributes: &[Attribute], env: &Env) -> anyhow::Result<String> {
    let of = |name: &str| anyhow::Ok(words(&value(env, name)?));
    let said = |name: &str| anyhow::Ok(phrase(name, &of(name)?));
    let age = match value(env, "age_known")? {
        EvalResult::Bool(true) => {
            format!("aged {} (date of birth {})", of("age_years")?, of("age_confidence")?)
        }
        _ => "without a date of birth".to_owned(),
    };
    let mut parts = vec![
        age,
        format!("{} ({})", said("citizenship")?, of("citizenship_confidence")?),
        format!(
            "with {} at {}: {}",
            of("component")?,
            of("site")?,
            match value(env, "custody_basis")? {
                EvalResult::Set(basis) if basis.is_empty() => "no basis of custody".to_owned(),
                EvalResult::Set(basis) => {
                    let basis = basis.iter().map(|one| phrase("custody_basis", &words(one)));
                    basis.collect::<Vec<_>>().join(" and ")
                }
                other => words(&other),
            }
        ),
    ];
    for attribute in attributes.iter().filter(|attribute| !TOLD.contains(&&*attribute.name)) {
        let said = said(&attribute.name)?;
        if !said.is_empty() {
            parts.push(said);
        }
    }
    Ok(parts.join("; "))
}

/// Attributes that begin the sentence.
const TOLD: &[&str] = &[
    "component",
    "site",
    "age_known",
    "age_years",
    "age_confidence",
    "citizenship",
    "citizenship_confidence",
    "custody_basis",
];

/// What is said for a value; nothing for the usual one.
const PHRASES: &[(&str, &str, &str)] = &[
    ("citizenship", "citizen", "a citizen"),
    ("citizenship", "lpr", "a permanent resident"),
    ("citizenship", "non_us_person", "neither citizen nor permanent resident"),
    ("citizenship", "unknown", "of unknown citizenship"),
    ("custody_basis", "criminal_arrest", "arrested for a crime"),
    ("custody_basis", "facing_charges", "facing charges"),
    ("custody_basis", "convicted", "convicted"),
    ("custody_basis", "admin_detention", "administrative detention"),
    ("custody_basis", "port_hold", "held at a port of entry"),
    ("custody_basis", "maritime", "held after an interdiction at sea"),
    ("custody_basis", "encounter", "met and not held"),
    ("lawful_status", "none", ""),
    ("lawful_status", "in_status", "lawfully present"),
    ("lawful_status", "being_admitted", "being admitted"),
    ("lawful_status", "unknown", "lawful presence not known"),
    ("further_proceedings", "yes", ""),
    ("further_proceedings", "no", "nothing follows the hold"),
    ("further_proceedings", "unknown", "not known what follows the hold"),
    ("fingerprinted", "yes", ""),
    ("fingerprinted", "no", "no fingerprints"),
    ("on_file", "absent", ""),
    ("on_file", "present", "an analysis is in the index"),
    ("on_file", "unknown", "not known whether an analysis is in the index"),
    ("other_agency", "no", ""),
    ("other_agency", "yes", "another agency collects"),
    ("waiver", "no", ""),
    ("waiver", "yes", "a waiver is on record"),
    ("recollection_open", "no", ""),
    ("recollection_open", "yes", "an order to collect again is open"),
    ("set_aside", "none", ""),
    ("infeasible", "no", ""),
    ("infeasible", "yes", "collection was declared infeasible"),
];

fn phrase(name: &str, value: &str) -> String {
    match PHRASES.iter().find(|(of, is, _)| (*of, *is) == (name, value)) {
        Some((_, _, said)) => (*said).to_owned(),
        None => format!("{} {value}", name.replace('_', " ")),
    }
}

/// The booking as the programme takes it.
///
/// # Errors
/// No booking of the programme can say this.
pub fn facts(env: &Env) -> anyhow::Result<Facts> {
    ensure!(holds(env, FROM_A_FEED)?, "no booking feed can say this: {env}");
    let text = |name: &str| anyhow::Ok(words(&value(env, name)?));
    let asked_by = env.request.principal().map(|agency| agency.id().unescaped());
    ensure!(asked_by == Some(&text("component")?), "the component is not the principal: {env}");
    let flag = |name: &str| anyhow::Ok(text(name)? == "yes");
    let basis = match value(env, "custody_basis")? {
        EvalResult::Set(basis) => {
            basis.iter().map(|one| CustodyBasis::from_word(&words(one))).collect()
        }
        _ => None,
    };
    let set_aside = match value(env, "set_aside")? {
        EvalResult::Set(rules) => rules.iter().map(words).collect(),
        _ => BTreeSet::new(),
    };
    let age = flag("age_known")?.then(|| text("age_years")).transpose()?;
    let unknown = |name: &'static str| move || format!("unknown word for {name}");
    Ok(Facts {
        circumstances: Circumstances {
            component: text("component")?,
            site: Site::new(text("site")?),
            booked_at: Timestamp::UNIX_EPOCH,
            booked_offset_seconds: 0,
            date_of_birth_confidence: BirthConfidence::from_word(&text("age_confidence")?)
                .with_context(unknown("age_confidence"))?,
            citizenship: Citizenship::from_word(&text("citizenship")?)
                .with_context(unknown("citizenship"))?,
            citizenship_confidence: StatusConfidence::from_word(&text("citizenship_confidence")?)
                .with_context(unknown("citizenship_confidence"))?,
            lawful_status: LawfulStatus::from_word(&text("lawful_status")?)
                .with_context(unknown("lawful_status"))?,
            custody_basis: basis.with_context(unknown("custody_basis"))?,
            further_proceedings: Known::from_word(&text("further_proceedings")?)
                .with_context(unknown("further_proceedings"))?,
            fingerprint_event: flag("fingerprinted")?.then(|| "prints".to_owned()),
            fingerprinted_at: None,
            on_file: OnFile::from_word(&text("on_file")?).with_context(unknown("on_file"))?,
            other_agency: flag("other_agency")?.then(|| "agreement".to_owned()),
            waiver: flag("waiver")?.then(|| "waiver".to_owned()),
        },
        decided_on: Date::default(),
        age_years: age.map(|years| years.parse()).transpose()?,
        recollection_open: flag("recollection_open")?,
        infeasible: flag("infeasible")?,
        set_aside,
        told: None,
    })
}

/// What the programme answers to a booking under a set.
///
/// # Errors
/// No booking of the programme can say this, or there is no such set.
pub fn answer(book: &RuleBook, set: &str, env: &Env) -> anyhow::Result<Finding> {
    Ok(book.find_as(&facts(env)?, set)?)
}

/// An answer with its reasons.
pub fn answer_in_words(finding: &Finding) -> String {
    let reasons: Vec<_> = finding.reasons.iter().map(|reason| format!("`{}`", reason.id)).collect();
    format!("{} ({})", finding.outcome.word().replace('_', " "), reasons.join(", "))
}

//! Evaluation: facts to a Cedar request, and Cedar's answer to an outcome with reasons.
//!
//! Cedar skips a policy that fails while it is evaluated, and a skipped `forbid` would become a
//! permission. Any failure therefore makes the answer indeterminate: it waits, whatever Cedar's
//! decision says. Deliberately absent: any rule of law.

use std::collections::{BTreeSet, HashMap, HashSet};

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicyId, Request, Response, RestrictedExpression, Schema,
};
use genetics::Category;
use jiff::Timestamp;
use jiff::civil::Date;

use super::RuleFault;
use super::policies::{Policies, Rule};
use crate::booking::{
    BirthConfidence, Circumstances, Citizenship, CustodyBasis, Known, LawfulStatus, OnFile,
    StatusConfidence,
};
use crate::eligibility::{Facts, Outcome, Reason};

/// What the policies of a set answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) outcome: Outcome,
    pub(super) category: Option<Category>,
    pub(super) reasons: Vec<Reason>,
    pub(super) missing: Vec<String>,
}

impl Answer {
    /// An answer that no policy gives.
    pub(super) fn bare(outcome: Outcome, id: &str, authority: &str, confidence: &str) -> Self {
        let reason = Reason {
            id: id.to_owned(),
            authority: authority.to_owned(),
            confidence: confidence.to_owned(),
        };
        Self { outcome, category: None, reasons: vec![reason], missing: Vec::new() }
    }

    /// No limb of the duty reaches the person.
    fn no_duty() -> Self {
        Self::bare(Outcome::DoNotCollect, "NO_DUTY", "28 CFR 28.12(b)", "S")
    }

    fn indeterminate(failed: impl Iterator<Item = Reason>) -> Self {
        let mut answer =
            Self::bare(Outcome::Defer, "INDETERMINATE", "working rule on rules that fail", "D");
        answer.reasons.extend(failed);
        answer
    }
}

/// Schema, names and evaluator, prepared once.
pub(super) struct Engine {
    pub(super) schema: Schema,
    authorizer: Authorizer,
    action: EntityUid,
    booking: EntityUid,
    names: Names,
}

/// What the policies of a set said of facts, in precedence order; those that failed in order of id.
struct Told<'a> {
    duties: Vec<&'a Rule>,
    forbids: Vec<&'a Rule>,
    failed: Vec<PolicyId>,
}

/// Names of entity types, parsed once because parsing costs more than an evaluation.
struct Names {
    agency: EntityTypeName,
    birth_confidence: EntityTypeName,
    citizenship: EntityTypeName,
    status_confidence: EntityTypeName,
    lawful_status: EntityTypeName,
    custody_basis: EntityTypeName,
    known: EntityTypeName,
    on_file: EntityTypeName,
}

impl Engine {
    pub(super) fn new(schema: &str) -> Result<Self, RuleFault> {
        let (schema, mut warnings) = Schema::from_cedarschema_str(schema)
            .map_err(|fault| RuleFault::Schema { what: fault.to_string() })?;
        if let Some(warning) = warnings.next() {
            return Err(RuleFault::Schema { what: warning.to_string() });
        }
        drop(warnings);
        let engine = Self {
            schema,
            authorizer: Authorizer::new(),
            action: uid(&name("Action")?, "collect"),
            booking: uid(&name("Booking")?, "asked"),
            names: Names {
                agency: name("Agency")?,
                birth_confidence: name("BirthConfidence")?,
                citizenship: name("Citizenship")?,
                status_confidence: name("StatusConfidence")?,
                lawful_status: name("LawfulStatus")?,
                custody_basis: name("CustodyBasis")?,
                known: name("Known")?,
                on_file: name("OnFile")?,
            },
        };
        engine.check_words()?;
        Ok(engine)
    }

    /// Asks a set about facts.
    pub(super) fn ask(&self, policies: &Policies, facts: &Facts) -> Answer {
        let Some(told) = self.evaluate(policies, facts) else {
            return Answer::indeterminate(std::iter::empty());
        };
        if !told.failed.is_empty() {
            let known = told.failed.iter().filter_map(|id| policies.rules.get(id));
            return Answer::indeterminate(known.map(Rule::as_reason));
        }
        let Some(first) = told.forbids.first() else {
            return duty(&told.duties);
        };
        let reasons = told.forbids.iter().map(|rule| rule.as_reason()).collect();
        let answer =
            Answer { outcome: first.outcome, category: None, reasons, missing: Vec::new() };
        match first.outcome {
            Outcome::Defer => Answer { missing: missing(&told.forbids), ..answer },
            Outcome::MaySkip => {
                let founded = duty(&told.duties);
                match founded.outcome {
                    Outcome::Collect => Answer { category: founded.category, ..answer },
                    _ => founded,
                }
            }
            Outcome::Collect | Outcome::DoNotCollect => answer,
        }
    }

    /// Every policy that holds for the facts, permits and forbids, in precedence order.
    pub(super) fn holding<'a>(&self, policies: &'a Policies, facts: &Facts) -> Vec<&'a Rule> {
        let Some(told) = self.evaluate(policies, facts) else {
            return Vec::new();
        };
        let mut rules = [told.duties, told.forbids].concat();
        rules.sort_by_key(|rule| rule.precedence);
        rules
    }

    /// Evaluates every policy of a set once; `None` where the facts make no request.
    fn evaluate<'a>(&self, policies: &'a Policies, facts: &Facts) -> Option<Told<'a>> {
        let (request, entities) = self.request(facts)?;
        let ask = |set| self.authorizer.is_authorized(&request, set, &entities);
        let (duties, forbids) = (ask(&policies.duties), ask(&policies.forbids));
        let errors = duties.diagnostics().errors().chain(forbids.diagnostics().errors());
        let mut failed: Vec<PolicyId> = errors
            .map(|AuthorizationError::PolicyEvaluationError(error)| error.policy_id().clone())
            .collect();
        failed.sort();
        let (duties, forbids) = (satisfied(policies, &duties), satisfied(policies, &forbids));
        Some(Told { duties, forbids, failed })
    }

    /// The request. It is not held against the schema, because [`Engine::check_words`] did that for
    /// every word that facts can have. `None` where Cedar takes no value for an attribute.
    fn request(&self, facts: &Facts) -> Option<(Request, Entities)> {
        self.checked_request(facts, None).ok()
    }

    fn checked_request(
        &self,
        facts: &Facts,
        schema: Option<&Schema>,
    ) -> Result<(Request, Entities), String> {
        let agency = uid(&self.names.agency, &component(facts));
        let booking = Entity::new(self.booking.clone(), self.attributes(facts), HashSet::new())
            .map_err(|fault| cause(&fault))?;
        let entities = Entities::from_entities([booking], schema).map_err(|fault| cause(&fault))?;
        let (action, booking) = (self.action.clone(), self.booking.clone());
        let request = Request::new(agency, action, booking, Context::empty(), schema)
            .map_err(|fault| cause(&fault))?;
        Ok((request, entities))
    }

    /// Whether requests fit the schema, once for every word that a fact can have. What is not a
    /// word is a text, a number or a yes or no, of which the schema takes all.
    fn check_words(&self) -> Result<(), RuleFault> {
        for facts in (0..CustodyBasis::ALL.len()).filter_map(words) {
            self.checked_request(&facts, Some(&self.schema))
                .map_err(|what| RuleFault::Schema { what })?;
        }
        Ok(())
    }

    /// Every attribute of the schema, always.
    fn attributes(&self, facts: &Facts) -> HashMap<String, RestrictedExpression> {
        let asked = &facts.circumstances;
        let names = &self.names;
        let word = |name, word| RestrictedExpression::new_entity_uid(uid(name, word));
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let flag = RestrictedExpression::new_bool;
        let set_aside = facts.set_aside.iter().map(|id| text(id));
        let age = i64::from(facts.age_years.unwrap_or(0));
        let basis =
            asked.custody_basis.iter().map(|basis| word(&names.custody_basis, basis.word()));
        HashMap::from(
            [
                ("component", text(&component(facts))),
                ("site", text(asked.site.as_str())),
                ("age_known", flag(facts.age_years.is_some())),
                ("age_years", RestrictedExpression::new_long(age)),
                ("age_confidence", word(&names.birth_confidence, facts.age_confidence().word())),
                ("citizenship", word(&names.citizenship, asked.citizenship.word())),
                (
                    "citizenship_confidence",
                    word(&names.status_confidence, asked.citizenship_confidence.word()),
                ),
                ("lawful_status", word(&names.lawful_status, asked.lawful_status.word())),
                ("custody_basis", RestrictedExpression::new_set(basis)),
                ("further_proceedings", word(&names.known, asked.further_proceedings.word())),
                ("fingerprinted", flag(asked.fingerprint_event.is_some())),
                ("on_file", word(&names.on_file, asked.on_file.word())),
                ("other_agency", flag(asked.other_agency.is_some())),
                ("waiver", flag(asked.waiver.is_some())),
                ("recollection_open", flag(facts.recollection_open)),
                ("infeasible", flag(facts.infeasible)),
                ("set_aside", RestrictedExpression::new_set(set_aside)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        )
    }
}

/// The component as the rules spell it: scopes of sets do not mind case and blanks either.
fn component(facts: &Facts) -> String {
    facts.circumstances.component.trim().to_ascii_uppercase()
}

/// The policies that determined the decision, in precedence order.
fn satisfied<'a>(policies: &'a Policies, response: &Response) -> Vec<&'a Rule> {
    let mut rules: Vec<_> =
        response.diagnostics().reason().filter_map(|id| policies.rules.get(id)).collect();
    rules.sort_by_key(|rule| rule.precedence);
    rules
}

/// The answer of satisfied permits. One without a category founds no duty.
fn duty(satisfied: &[&Rule]) -> Answer {
    match satisfied.iter().find_map(|rule| rule.category) {
        Some(category) => Answer {
            outcome: Outcome::Collect,
            category: Some(category),
            reasons: satisfied.iter().map(|rule| rule.as_reason()).collect(),
            missing: Vec::new(),
        },
        None => Answer::no_duty(),
    }
}

/// What the deferring policies wait for, each column once, in precedence order.
fn missing(satisfied: &[&Rule]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for column in satisfied.iter().flat_map(|rule| &rule.missing) {
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    }
    columns
}

/// Facts of which each has the word at a place of its list, counted around; no list is longer than
/// that of the custody bases.
fn words(place: usize) -> Option<Facts> {
    fn word<T: Copy>(all: &[T], place: usize) -> Option<T> {
        all.iter().copied().cycle().nth(place)
    }
    let circumstances = Circumstances {
        component: String::new(),
        site: "".into(),
        booked_at: Timestamp::UNIX_EPOCH,
        booked_offset_seconds: 0,
        date_of_birth_confidence: word(BirthConfidence::ALL, place)?,
        citizenship: word(Citizenship::ALL, place)?,
        citizenship_confidence: word(StatusConfidence::ALL, place)?,
        lawful_status: word(LawfulStatus::ALL, place)?,
        custody_basis: word(CustodyBasis::ALL, place).into_iter().collect(),
        further_proceedings: word(Known::ALL, place)?,
        fingerprint_event: None,
        fingerprinted_at: None,
        on_file: word(OnFile::ALL, place)?,
        other_agency: None,
        waiver: None,
    };
    let (decided_on, age_years) = (Date::ZERO, Some(0));
    Some(Facts {
        circumstances,
        decided_on,
        age_years,
        recollection_open: false,
        infeasible: false,
        set_aside: BTreeSet::new(),
        told: None,
    })
}

/// What lies at the bottom of a fault; what lies above says only that there is one.
fn cause(mut fault: &dyn std::error::Error) -> String {
    while let Some(below) = fault.source() {
        fault = below;
    }
    fault.to_string()
}

fn name(text: &str) -> Result<EntityTypeName, RuleFault> {
    text.parse().map_err(|_| RuleFault::Schema { what: format!("{text} is no name of a type") })
}

fn uid(name: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(name.clone(), EntityId::new(id))
}

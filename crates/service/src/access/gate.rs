//! The policies of access: one role at one place, one action, yes or no, by the same engine as the
//! rules of eligibility.
//!
//! A policy that fails while it is evaluated makes the answer no. Deliberately absent: accounts and
//! the table of roles; the table asks once for each role that is granted.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, RestrictedExpression, Schema, ValidationMode, Validator,
};
use journey::actor::Role;

const SCHEMA: &str = include_str!("../../access.cedarschema");
const POLICIES: &str = include_str!("../../access.cedar");

/// Last words of actions that change nothing that others work with.
const LOOKS: &[&str] = &["list", "view", "verify", "replay", "what-if"];

/// Schema, policies and names, prepared once.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    authorizer: Authorizer,
    schema: Schema,
    policies: PolicySet,
    take: EntityUid,
    names: Names,
    /// The action of each line of the table, as the policies see it.
    deeds: BTreeMap<String, Entity>,
}

#[derive(Clone, Debug)]
struct Names {
    grant: EntityTypeName,
    role: EntityTypeName,
    place: EntityTypeName,
    deed: EntityTypeName,
}

impl Gate {
    /// The shipped policies over a table of actions and roles.
    pub(super) fn new(table: &BTreeMap<String, BTreeSet<Role>>) -> Result<Self, String> {
        let told = |fault: &dyn std::fmt::Display| format!("access.cedar: {fault}");
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).map_err(|fault| told(&fault))?;
        let policies: PolicySet = POLICIES.parse().map_err(|fault| told(&fault))?;
        let verdict = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        if let Some(fault) = verdict.validation_errors().next() {
            return Err(told(fault));
        }
        let name = |text: &str| text.parse::<EntityTypeName>().map_err(|fault| told(&fault));
        let names = Names {
            grant: name("Grant")?,
            role: name("Role")?,
            place: name("Place")?,
            deed: name("Deed")?,
        };
        let take = uid(&name("Action")?, "take");
        let deeds = table
            .iter()
            .map(|(action, roles)| Ok::<_, String>((action.clone(), names.deed(action, roles)?)));
        let deeds = deeds.collect::<Result<_, _>>()?;
        Ok(Self { authorizer: Authorizer::new(), schema, policies, take, names, deeds })
    }

    /// True where the policies let a role that was granted for `granted` (`*`: everywhere) take an
    /// action at a place (empty: anywhere).
    pub(super) fn lets(&self, role: Role, granted: &str, action: &str, place: &str) -> bool {
        let asked = self.request(role, granted, action, place);
        asked.is_some_and(|(request, entities)| {
            let answer = self.authorizer.is_authorized(&request, &self.policies, &entities);
            answer.decision() == Decision::Allow && answer.diagnostics().errors().next().is_none()
        })
    }

    /// `None` where there is no such action.
    fn request(
        &self,
        role: Role,
        granted: &str,
        action: &str,
        place: &str,
    ) -> Option<(Request, Entities)> {
        let schema = Some(&self.schema);
        let deed = self.deeds.get(action)?.clone();
        let grant = self.names.grant(role, granted)?;
        let context = [
            ("anywhere".to_owned(), RestrictedExpression::new_bool(place.is_empty())),
            ("place".to_owned(), self.names.at(place)),
        ];
        let context = Context::from_pairs(context).ok()?;
        let (principal, resource) = (grant.uid(), deed.uid());
        let request = Request::new(principal, self.take.clone(), resource, context, schema).ok()?;
        Some((request, Entities::from_entities([grant, deed], schema).ok()?))
    }
}

impl Names {
    fn deed(&self, action: &str, roles: &BTreeSet<Role>) -> Result<Entity, String> {
        let (station, verb) = action.split_once('.').unwrap_or((action, ""));
        let looks = LOOKS.iter().any(|word| verb.ends_with(word));
        let roles = roles.iter().map(|role| self.role(*role));
        let attributes = [
            ("station", RestrictedExpression::new_string(station.to_owned())),
            ("looks", RestrictedExpression::new_bool(looks)),
            ("roles", RestrictedExpression::new_set(roles)),
        ];
        Entity::new(uid(&self.deed, action), named(attributes), HashSet::new())
            .map_err(|fault| format!("{action}: {fault}"))
    }

    fn grant(&self, role: Role, granted: &str) -> Option<Entity> {
        let attributes = [
            ("role", self.role(role)),
            ("everywhere", RestrictedExpression::new_bool(granted == "*")),
            ("place", self.at(granted)),
        ];
        Entity::new(uid(&self.grant, "asking"), named(attributes), HashSet::new()).ok()
    }

    fn role(&self, role: Role) -> RestrictedExpression {
        RestrictedExpression::new_entity_uid(uid(&self.role, role.word()))
    }

    fn at(&self, place: &str) -> RestrictedExpression {
        RestrictedExpression::new_entity_uid(uid(&self.place, place))
    }
}

fn named<const N: usize>(
    attributes: [(&str, RestrictedExpression); N],
) -> HashMap<String, RestrictedExpression> {
    attributes.map(|(name, value)| (name.to_owned(), value)).into()
}

fn uid(name: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(name.clone(), EntityId::new(id))
}

//! Who may do what where: the table `roles.txt`, the policies `access.cedar` over it, and the check
//! of one action.
//!
//! The table is text so that a reviewer who is no programmer can read it; a test holds every
//! route of the pages against it. The policies say what a grant is worth, and what no table may
//! allow. Absent: what two people must do apart; `journey` decides that.

use std::collections::{BTreeMap, BTreeSet};

use journey::actor::Role;
use store::custody::account::Grant;

use crate::context::Actor;
use crate::error::ServiceError;
use gate::Gate;

mod gate;

/// The table as it ships.
pub const TABLE: &str = include_str!("../roles.txt");

/// Actions and the roles that may take them, under the policies of access.
#[derive(Clone, Debug)]
pub struct RoleTable {
    table: BTreeMap<String, BTreeSet<Role>>,
    gate: Gate,
}

impl RoleTable {
    /// Reads a table.
    ///
    /// # Errors
    /// The number of the line, what was found and what would be right; or a role that no table
    /// may give an action to.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut table = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
            let Some(action) = words.next() else { continue };
            if action.split_once('.').is_none() {
                return Err(format!("line {number}: '{action}' is no action such as kit.receive"));
            }
            let role = |word: &str| {
                Role::from_word(word).ok_or(format!("line {number}: '{word}' is no role"))
            };
            let roles = words.map(role).collect::<Result<BTreeSet<_>, _>>()?;
            if roles.is_empty() {
                return Err(format!("line {number}: nobody may {action}; name at least one role"));
            }
            if table.insert(action.to_owned(), roles).is_some() {
                return Err(format!("line {number}: {action} stands twice; write it once"));
            }
        }
        let gate = Gate::new(&table)?;
        for (action, roles) in &table {
            if let Some(role) = roles.iter().find(|role| !gate.lets(**role, "*", action, "")) {
                return Err(format!("{action}: a policy of access forbids it to {role}"));
            }
        }
        Ok(Self { table, gate })
    }

    /// Every action.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.table.keys().map(String::as_str)
    }

    /// Roles that may take an action; none for an action that is not in the table.
    pub fn roles(&self, action: &str) -> BTreeSet<Role> {
        self.table.get(action).cloned().unwrap_or_default()
    }

    /// True where the actor may take the action somewhere.
    pub fn may_somewhere(&self, actor: &Actor, action: &str) -> bool {
        let roles = self.roles(action);
        actor.grants.iter().any(|grant| roles.contains(&grant.role))
    }

    /// The places at which the actor may take an action; the empty place alone where it is all.
    pub fn places<'a>(&self, actor: &'a Actor, action: &str) -> BTreeSet<&'a str> {
        let roles = self.roles(action);
        let granted = actor.grants.iter().filter(|grant| roles.contains(&grant.role));
        let places: BTreeSet<_> = granted.map(|grant| grant.site.as_str()).collect();
        if places.contains("*") {
            return BTreeSet::from([""]);
        }
        places
    }

    /// Checks that the actor may take the action at the place; an empty place is anywhere.
    ///
    /// # Errors
    /// `Forbidden`, with the roles that may.
    pub fn check(&self, actor: &Actor, action: &str, place: &str) -> Result<(), ServiceError> {
        let lets = |grant: &Grant| self.gate.lets(grant.role, &grant.site, action, place);
        if actor.grants.iter().any(lets) {
            return Ok(());
        }
        let words: Vec<_> = self.roles(action).iter().map(|role| role.word()).collect();
        Err(ServiceError::Forbidden {
            account: actor.account.to_string(),
            action: action.to_owned(),
            place: place.to_owned(),
            roles: words.join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use journey::ids::AccountId;

    fn actor(role: Role, site: &str) -> Actor {
        let grants = vec![Grant { role, site: site.to_owned() }];
        Actor { account: AccountId::from("someone"), grants }
    }

    #[test]
    fn the_shipped_table_reads_and_keeps_duties_apart() {
        let table = RoleTable::parse(TABLE).unwrap();
        let apart = |one: Role, other: Role, action: &str| {
            let roles = table.roles(action);
            assert!(roles.contains(&one), "{action}");
            assert!(!roles.contains(&other), "{action}");
        };
        apart(Role::Accessioner, Role::Collector, "accession.examine");
        apart(Role::Reviewer, Role::Analyst, "typing.review");
        apart(Role::CaseworkAnalyst, Role::IndexCustodian, "notice.release-name");
        apart(Role::PrivacyOfficer, Role::ProgramManager, "removal.request");
    }

    #[test]
    fn no_table_may_give_what_the_policies_forbid() {
        for (action, role) in [
            ("account.grant", Role::Auditor),
            ("report.view", Role::Administrator),
            ("candidate.view", Role::PrivacyOfficer),
            ("booking.view", Role::IndexCustodian),
            ("accession.examine", Role::Collector),
        ] {
            let text = format!("{action}: a policy of access forbids it to {role}");
            let table = format!("{action} program-manager {role}");
            assert_eq!(RoleTable::parse(&table).unwrap_err(), text);
        }
    }

    /// The plain reading of the table beside the policies: every role, action and place.
    #[test]
    fn the_policies_say_of_the_shipped_table_what_its_plain_reading_says() {
        let table = RoleTable::parse(TABLE).unwrap();
        for action in table.actions() {
            for (role, granted, place) in Role::ALL.iter().flat_map(|role| {
                ["*", "ERO-DAL"].iter().flat_map(move |granted| {
                    ["", "ERO-DAL", "ERO-HOU"].iter().map(move |place| (*role, *granted, *place))
                })
            }) {
                let fits = place.is_empty() || granted == "*" || granted == place;
                let plain = table.roles(action).contains(&role) && fits;
                let told = table.check(&actor(role, granted), action, place).is_ok();
                assert_eq!(told, plain, "{role} for {granted}: {action} at {place}");
            }
        }
    }

    #[test]
    fn a_grant_holds_where_it_was_given() {
        let table = RoleTable::parse(TABLE).unwrap();
        let collector = actor(Role::Collector, "ERO-DAL");
        assert!(table.check(&collector, "collection.open", "ERO-DAL").is_ok());
        let elsewhere = table.check(&collector, "collection.open", "ERO-HOU").unwrap_err();
        let text = "someone may not collection.open at ERO-HOU; a role that may: collector";
        assert_eq!(elsewhere.to_string(), text);
        let everywhere = actor(Role::Collector, "*");
        assert!(table.check(&everywhere, "collection.open", "ERO-HOU").is_ok());
        assert!(table.check(&everywhere, "no.such-action", "").is_err());
    }

    #[test]
    fn a_bad_table_is_named_by_line() {
        let check = |text: &str, expected: &str| {
            assert_eq!(RoleTable::parse(text).unwrap_err(), expected);
        };
        check("kit.receive boss", "line 1: 'boss' is no role");
        check("\nkit", "line 2: 'kit' is no action such as kit.receive");
        check("kit.receive", "line 1: nobody may kit.receive; name at least one role");
    }
}

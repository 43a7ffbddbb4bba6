//! Who may do what where: the table `roles.txt`, and the check of one action.
//!
//! The table is text so that a reviewer who is no programmer can read it; a test holds every
//! route of the pages against it. Absent: what two people must do apart; `journey` decides that.

use std::collections::{BTreeMap, BTreeSet};

use journey::actor::Role;

use crate::context::Actor;
use crate::error::ServiceError;

/// The table as it ships.
pub const TABLE: &str = include_str!("../roles.txt");

/// Actions and the roles that may take them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleTable(BTreeMap<String, BTreeSet<Role>>);

impl RoleTable {
    /// Reads a table.
    ///
    /// # Errors
    /// The number of the line, what was found and what would be right.
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
        Ok(Self(table))
    }

    /// Every action.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Roles that may take an action; none for an action that is not in the table.
    pub fn roles(&self, action: &str) -> BTreeSet<Role> {
        self.0.get(action).cloned().unwrap_or_default()
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
        let roles = self.roles(action);
        let fits = |site: &str| place.is_empty() || site == "*" || site == place;
        if actor.grants.iter().any(|grant| roles.contains(&grant.role) && fits(&grant.site)) {
            return Ok(());
        }
        let words: Vec<_> = roles.iter().map(|role| role.word()).collect();
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
    use store::custody::account::Grant;

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
        for action in table.actions() {
            let roles = table.roles(action);
            let profile = ["typing.view", "candidate.view"].contains(&action);
            assert!(!(profile && roles.contains(&Role::PrivacyOfficer)), "{action}");
            let reads = action.starts_with("account.") || action.starts_with("audit.");
            assert!(reads || !roles.contains(&Role::Administrator), "{action}");
            let looks = ["list", "view", "verify", "replay", "what-if"];
            let changes = !looks.iter().any(|verb| action.ends_with(verb));
            assert!(!(changes && roles.contains(&Role::Auditor)), "{action}");
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

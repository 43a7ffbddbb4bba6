//! What every call brings: the instant, the actor, the purpose, and a source of ids.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use journey::actor::Stamp;
use journey::ids::AccountId;
use store::custody::account::Grant;
use store::listing::After;

/// Who acts, with the roles that were granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub account: AccountId,
    /// Its roles, each for a place.
    pub grants: Vec<Grant>,
}

impl Actor {
    /// The programme itself, for the jobs that carry a step across the wall. It holds no role:
    /// jobs do not ask for permission, the use case that enqueued them did.
    pub fn programme() -> Self {
        Self { account: AccountId::new("buccal"), grants: Vec::new() }
    }
}

/// Where ids and random tokens come from: the shell gives real ones, a replay gives the same.
pub trait Ids: Send + Sync {
    /// A new id that sorts by time.
    fn id(&self) -> String;
    /// A new number of twenty letters and digits that tells nothing.
    fn number(&self) -> String;
}

/// What every call brings.
#[derive(Clone)]
pub struct OpContext<'a> {
    /// The instant.
    pub at: Timestamp,
    /// Who acts.
    pub actor: Actor,
    /// Why, in the words that the actor stated or the use case implies.
    pub purpose: String,
    /// Source of ids.
    pub ids: &'a dyn Ids,
}

impl OpContext<'_> {
    /// By whom and when, for the rules.
    pub fn stamp(&self) -> Stamp {
        Stamp { at: self.at, by: self.actor.account.clone() }
    }

    /// The civil date, in UTC: that of tables and deadlines of the index.
    pub fn today(&self) -> Date {
        date_of(self.at)
    }
}

/// The civil date of an instant, in UTC.
pub(crate) fn date_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// A row of a list that knows its place, so that the next page can begin after it.
pub trait Placed {
    /// Its place.
    fn place(&self) -> After;
}

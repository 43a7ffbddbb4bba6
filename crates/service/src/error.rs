//! How a use case can end badly: one error type with a public text and an internal one.
//!
//! Which type where: the rules say no, `Refused`; the account may not, `Forbidden`; there is no
//! such thing, `NotFound`; the request itself is wrong, `Invalid`; somebody was faster,
//! `Conflict`; try again, `Busy`; the machine failed, `Failed`. The public text never holds a
//! personal value; the internal text goes to the log and holds none either.

use journey::refusal::{Misapplied, Refusal};
use store::StoreError;

/// How a use case ends badly.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The rules say no.
    #[error("{0}")]
    Refused(Refusal),
    /// The account may not do this here.
    #[error("{account} may not {action}{}; a role that may: {roles}", at(.place))]
    Forbidden {
        /// The account.
        account: String,
        /// The action.
        action: String,
        /// The site or laboratory; empty where the action has none.
        place: String,
        /// Roles that may.
        roles: String,
    },
    /// There is no such thing.
    #[error("there is no {what} {id}; check the number")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its number.
        id: String,
    },
    /// The request itself is wrong: where, what was found, what would be right.
    #[error("{0}")]
    Invalid(String),
    /// Somebody else changed it meanwhile.
    #[error("it was changed by somebody else meanwhile; look again and repeat")]
    Conflict,
    /// The database is busy.
    #[error("the system is busy; nothing was stored; repeat in a moment")]
    Busy,
    /// The machine failed.
    #[error("the system failed; nothing was stored; tell the administrator")]
    Failed(String),
}

fn at(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!(" at {place}") }
}

impl ServiceError {
    /// What belongs in the log, without personal values.
    pub fn internal(&self) -> String {
        match self {
            Self::Failed(cause) => cause.clone(),
            other => other.to_string(),
        }
    }

    /// True where repeating the same call later can succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy | Self::Conflict)
    }

    /// There is no such thing.
    pub fn not_found(what: &'static str, id: impl ToString) -> Self {
        Self::NotFound { what, id: id.to_string() }
    }
}

/// A field that may not be empty.
pub(crate) fn not_empty(field: &str, value: &str) -> Result<(), ServiceError> {
    if value.trim().is_empty() {
        return Err(ServiceError::Invalid(format!("{field}: it is empty; fill it in")));
    }
    Ok(())
}

impl From<Refusal> for ServiceError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Misapplied> for ServiceError {
    fn from(misapplied: Misapplied) -> Self {
        Self::Failed(misapplied.to_string())
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => Self::Conflict,
            StoreError::Busy => Self::Busy,
            other => Self::Failed(other.to_string()),
        }
    }
}

//! One call as a station sees it: who, why, and what was entered.

use axum::body::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;
use service::{After, OpContext, Programme, ServiceError};

/// Rows of a list where the caller names no number.
const LIMIT: u32 = 100;
/// Rows of a list at most.
const LIMIT_MAX: u32 = 1000;

/// Names and texts as a form or a query brought them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entered(pub(crate) Vec<(String, String)>);

impl Entered {
    /// The first text of a name, trimmed; empty where there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The first text of a name as it is.
    pub(crate) fn raw(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }

    /// Every text of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fits = move |(key, _): &&(String, String)| key == name;
        self.0.iter().filter(fits).map(|(_, value)| value.trim())
    }
}

/// One call.
pub(crate) struct Call<'a> {
    /// The programme.
    pub(crate) programme: &'a Programme,
    /// Who, when and why.
    pub(crate) op: OpContext<'a>,
    /// What every form must carry.
    pub(crate) csrf: &'a str,
    /// The query of a page, or what was entered into a form.
    pub(crate) entered: Entered,
    /// The JSON request, of a machine or made from a form.
    pub(crate) request: Value,
    /// The file that was sent.
    pub(crate) file: Option<Bytes>,
}

impl Call<'_> {
    /// True where the actor may take the action somewhere.
    pub(crate) fn may(&self, action: &str) -> bool {
        self.programme.roles().may_somewhere(&self.op.actor, action)
    }

    /// The request in the shape that the use case takes.
    ///
    /// # Errors
    /// `Invalid` with the place, never with what stood there: it may be personal.
    pub(crate) fn request<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        serde_json::from_value(self.request.clone()).map_err(|error| {
            let text = error.to_string();
            // Only names of fields and of known values stand in this one; found values do not.
            if text.starts_with("missing field") {
                return ServiceError::Invalid(format!("the request: {text}; add it"));
            }
            ServiceError::Invalid(
                "the request: a value does not have the right form; dates are written \
                 2027-05-31, instants 2027-05-31T22:15:00Z, and choices as the page lists them"
                    .to_owned(),
            )
        })
    }

    /// The file that was sent.
    ///
    /// # Errors
    /// `Invalid` where there is none.
    pub(crate) fn file(&self) -> Result<&[u8], ServiceError> {
        match &self.file {
            Some(bytes) if !bytes.is_empty() => Ok(bytes),
            _ => Err(ServiceError::Invalid(
                "file: none was sent, or it is empty; choose a file".to_owned(),
            )),
        }
    }

    /// A number in the query or form that must be there.
    ///
    /// # Errors
    /// `Invalid` where it is empty.
    pub(crate) fn needed(&self, name: &str) -> Result<&str, ServiceError> {
        match self.entered.get(name) {
            "" => Err(ServiceError::Invalid(format!("{name}: it is empty; fill it in"))),
            text => Ok(text),
        }
    }

    /// The stage that a list shows; `standing` where the caller names none, all where it is empty.
    pub(crate) fn stage<'s>(&'s self, standing: &'s str) -> &'s str {
        let named = self.entered.0.iter().find(|(name, _)| name == "stage");
        named.map_or(standing, |(_, word)| word)
    }

    /// Where a list begins: behind the row that the query's `after` names, as an instant and an id
    /// with `~` between; at its beginning where there is none.
    ///
    /// # Errors
    /// `Invalid` where it has another form.
    pub(crate) fn after(&self) -> Result<After, ServiceError> {
        let text = self.entered.get("after");
        if text.is_empty() {
            return Ok(After::start());
        }
        let place = text
            .split_once('~')
            .and_then(|(at, id)| Some(After { at: at.parse().ok()?, id: id.to_owned() }));
        place.ok_or_else(|| {
            let text = "after: give the instant and the id of a row with ~ between them";
            ServiceError::Invalid(text.to_owned())
        })
    }

    /// Rows that a list shows.
    ///
    /// # Errors
    /// `Invalid` where the query's `limit` is no number in range.
    pub(crate) fn limit(&self) -> Result<u32, ServiceError> {
        let text = self.entered.get("limit");
        if text.is_empty() {
            return Ok(LIMIT);
        }
        let limit = text.parse().ok();
        limit.filter(|limit| (1..=LIMIT_MAX).contains(limit)).ok_or_else(|| {
            ServiceError::Invalid(format!("limit: give a number from 1 to {LIMIT_MAX}"))
        })
    }
}

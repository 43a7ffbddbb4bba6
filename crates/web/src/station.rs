//! What a station gives to the pages: its pages, each with a JSON twin, and its verbs, each of
//! which serves the form and the JSON call alike.

use maud::Markup;
use serde_json::Value;
use service::ServiceError;

use crate::call::Call;
use crate::form::Forms;

/// Renders the main part of a page.
pub(crate) type Render = fn(&Call<'_>, &Forms<'_>) -> Result<Markup, ServiceError>;
/// Gives what a page shows, for machines.
pub(crate) type Give = fn(&Call<'_>) -> Result<Value, ServiceError>;
/// Does a step.
pub(crate) type Run = fn(&Call<'_>) -> Result<Done, ServiceError>;

/// A station of the journey, or one of the services across all stations.
pub(crate) struct Station {
    /// The noun of URLs and of the role table.
    pub(crate) name: &'static str,
    /// Pages; the worklist comes first.
    pub(crate) pages: &'static [Page],
    /// Steps that can be taken.
    pub(crate) verbs: &'static [Verb],
}

/// A page.
pub(crate) struct Page {
    /// Path, such as `/kit`; the JSON twin stands under `/api`.
    pub(crate) path: &'static str,
    /// Action of the role table that opens it.
    pub(crate) action: &'static str,
    /// The page's only `h1`.
    pub(crate) title: &'static str,
    /// Word in the navigation; empty for a page that is reached from another.
    pub(crate) nav: &'static str,
    /// True where it shows profiles or DNA records, which bear the CUI banner.
    pub(crate) marked: bool,
    /// The page.
    pub(crate) render: Render,
    /// The same for machines; `None` where a form is all there is.
    pub(crate) give: Option<Give>,
}

/// A step: `POST /<station>/<name>` from a form, `POST /api/<station>/<name>` with JSON.
pub(crate) struct Verb {
    /// Last part of the path.
    pub(crate) name: &'static str,
    /// Action of the role table.
    pub(crate) action: &'static str,
    /// Path of the page on which its form stands.
    pub(crate) page: &'static str,
    /// How the form's fields become the JSON request.
    pub(crate) inputs: &'static [Input],
    /// True where a file is sent; the JSON twin then takes the file as its body and the other
    /// inputs from the query.
    pub(crate) file: bool,
    /// What the page says when it is done; a whole sentence without any personal value.
    pub(crate) done: &'static str,
    /// Does it.
    pub(crate) run: Run,
}

/// One field of a form, named by its path in the JSON request (`person.family_name`).
pub(crate) struct Input {
    /// The path.
    pub(crate) name: &'static str,
    /// How text becomes JSON.
    pub(crate) shape: Shape,
}

/// How the text of a field becomes JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Text that must be there.
    Text,
    /// Text that must be there, spaces and all.
    Secret,
    /// Text, or nothing.
    Optional,
    /// A day as `2027-05-31`.
    Day,
    /// A day, or nothing.
    OptionalDay,
    /// One entry a line.
    Lines,
    /// Every box that is ticked.
    Many,
    /// Ticked or not.
    Flag,
    /// Local time as a browser writes it, with the offset from UTC in the field of that name.
    Local {
        /// Field of the offset, such as `-05:00`.
        offset: &'static str,
        /// Path that receives the offset in seconds; empty for none.
        seconds: &'static str,
        /// Whether it must be there.
        needed: bool,
    },
}

/// A shorthand for tables of inputs.
pub(crate) const fn input(name: &'static str, shape: Shape) -> Input {
    Input { name, shape }
}

/// What a step gave.
pub(crate) struct Done {
    /// For machines.
    pub(crate) value: Value,
    /// Where the browser goes; the form's page where there is none.
    pub(crate) to: Option<String>,
    /// What must be seen at once, such as a list of affected kits; then the form's page is shown
    /// with this on top instead of a redirection.
    pub(crate) show: Option<Markup>,
}

impl Done {
    /// Done, with an answer for machines.
    ///
    /// # Errors
    /// The answer cannot be written as JSON.
    pub(crate) fn with(value: &impl serde::Serialize) -> Result<Self, ServiceError> {
        Ok(Self { value: json(value)?, to: None, show: None })
    }

    /// Done, and the browser goes there.
    pub(crate) fn to(self, path: String) -> Self {
        Self { to: Some(path), ..self }
    }

    /// Done, and this must be seen.
    pub(crate) fn show(self, markup: Markup) -> Self {
        Self { show: Some(markup), ..self }
    }
}

/// Any answer as JSON.
///
/// # Errors
/// `Failed` where it cannot be written.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<Value, ServiceError> {
    serde_json::to_value(value)
        .map_err(|error| ServiceError::Failed(format!("an answer cannot be written: {error}")))
}

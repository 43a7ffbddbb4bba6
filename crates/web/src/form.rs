//! Forms: each field with its label, hint and error, the values that were entered, and the token.
//!
//! A form belongs to a verb of a station. Where the same form stands several times on a page,
//! [`Form::keyed`] tells them apart.

use maud::{Markup, PreEscaped, html};
use serde_json::Value;
use service::ServiceError;

use crate::answer;
use crate::call::{Call, Entered};
use crate::components::{self, described_by};
use crate::pages;
use crate::station::Verb;

/// Hidden field that tells forms of one verb on one page apart.
const KEY: &str = "form-key";

/// The step that was just tried in vain.
pub(crate) struct Failed<'a> {
    /// Its verb.
    pub(crate) verb: &'static Verb,
    /// Why.
    pub(crate) error: &'a ServiceError,
}

impl Failed<'_> {
    /// The input at fault: service texts begin with the field's name and a colon.
    fn input(&self) -> Option<&'static str> {
        let ServiceError::Invalid(text) = self.error else {
            return None;
        };
        let (named, _) = text.split_once(':')?;
        if self.verb.file && named == "file" {
            return Some("file");
        }
        let fits = |name: &str| name == named || name.rsplit('.').next() == Some(named);
        let inputs = self.verb.inputs.iter().map(|input| input.name);
        inputs.into_iter().find(|name| fits(name))
    }
}

/// The forms of one page.
pub(crate) struct Forms<'a> {
    csrf: &'a str,
    entered: Entered,
    done: Option<&'static str>,
    failed: Option<Failed<'a>>,
    extra: Option<Markup>,
}

impl<'a> Forms<'a> {
    /// The forms of a page after a step that was done, or failed, or none.
    pub(crate) fn new(
        call: &Call<'a>,
        done: Option<&'static str>,
        failed: Option<Failed<'a>>,
    ) -> Self {
        Self { csrf: call.csrf, entered: call.entered.clone(), done, failed, extra: None }
    }

    /// With something that must be seen.
    pub(crate) fn with(self, extra: Markup) -> Self {
        Self { extra: Some(extra), ..self }
    }

    /// True where a step failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// What was just done or refused.
    pub(crate) fn message(&self) -> Markup {
        html! {
            @if let Some(failed) = &self.failed {
                (answer::alert(failed.error, self.id_at_fault(failed).as_deref()))
            }
            @if let Some(done) = self.done {
                (components::alert("success", "Done", &html! { p { (done) } }))
            }
            @if let Some(extra) = &self.extra { (extra) }
        }
    }

    /// The form of a verb, by station and name such as `kit/receive`.
    pub(crate) fn of(&self, name: &'static str) -> Form<'_> {
        let failed = self.failed.as_ref();
        Form {
            name,
            csrf: self.csrf,
            entered: &self.entered,
            failed: failed.filter(|failed| pages::name(failed.verb) == name),
            key: None,
            start: Value::Null,
        }
    }

    fn id_at_fault(&self, failed: &Failed<'_>) -> Option<String> {
        let key = self.entered.get(KEY);
        Some(id(&pages::name(failed.verb), key, failed.input()?))
    }
}

/// One form.
pub(crate) struct Form<'a> {
    name: &'static str,
    csrf: &'a str,
    entered: &'a Entered,
    failed: Option<&'a Failed<'a>>,
    key: Option<(&'static str, String)>,
    start: Value,
}

fn id(form: &str, key: &str, field: &str) -> String {
    let mut id = format!("{}-{}", form.replace('/', "-"), field.replace('.', "-"));
    if !key.is_empty() {
        id.push('-');
        id.extend(key.chars().filter(char::is_ascii_alphanumeric));
    }
    id
}

impl Form<'_> {
    /// One of several forms of this verb: about the thing whose number goes into the field `name`.
    pub(crate) fn keyed(self, name: &'static str, value: impl ToString) -> Self {
        let value = value.to_string();
        let failed = self.failed.filter(|_| self.entered.get(KEY) == value);
        Self { key: Some((name, value)), failed, ..self }
    }

    /// With values to begin with, in the shape of the JSON request.
    pub(crate) fn starting_with(self, start: Value) -> Self {
        Self { start, ..self }
    }

    /// True where this form was just tried in vain.
    pub(crate) fn failed(&self) -> bool {
        self.failed.is_some()
    }

    fn id(&self, name: &str) -> String {
        let key = self.key.as_ref().map_or("", |(_, value)| value);
        id(self.name, key, name)
    }

    fn error(&self, name: &str) -> Option<String> {
        let failed = self.failed.filter(|failed| failed.input() == Some(name))?;
        let text = failed.error.to_string();
        let (_, said) = text.split_once(':')?;
        Some(said.trim().to_owned())
    }

    /// What stands in a field: what was entered, or what the form starts with.
    fn value(&self, name: &str) -> String {
        if self.failed.is_some() {
            return self.entered.raw(name).to_owned();
        }
        match self.at(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    fn at(&self, name: &str) -> Option<&Value> {
        name.split('.').try_fold(&self.start, |value, part| value.get(part))
    }

    fn has(&self, name: &str, word: &str) -> bool {
        if self.failed.is_some() {
            return self.entered.all(name).any(|text| text == word);
        }
        match self.at(name) {
            Some(Value::Array(values)) => values.iter().any(|value| value == word),
            Some(Value::Bool(ticked)) => *ticked,
            Some(Value::String(text)) => text == word,
            _ => false,
        }
    }

    /// A line of text.
    pub(crate) fn text(&self, name: &str, label: &str, hint: &str) -> Markup {
        self.line(name, label, hint, "text", false)
    }

    /// A barcode or number that a scanner types; `focus` puts the cursor there.
    pub(crate) fn scan(&self, name: &str, label: &str, hint: &str, focus: bool) -> Markup {
        self.line(name, label, hint, "scan", focus)
    }

    /// A day.
    pub(crate) fn day(&self, name: &str, label: &str, hint: &str) -> Markup {
        self.line(name, label, hint, "date", false)
    }

    /// A local time; the offset is another field.
    pub(crate) fn local(&self, name: &str, label: &str, hint: &str) -> Markup {
        self.line(name, label, hint, "datetime-local", false)
    }

    /// A password; it is never sent back.
    pub(crate) fn secret(&self, name: &str, label: &str, hint: &str) -> Markup {
        self.line(name, label, hint, "password", false)
    }

    fn line(&self, name: &str, label: &str, hint: &str, kind: &str, focus: bool) -> Markup {
        let (id, error) = (self.id(name), self.error(name));
        let value = match kind {
            "password" => String::new(),
            _ => self.value(name),
        };
        let scan = kind == "scan";
        let kind = if scan { "text" } else { kind };
        let described = described_by(&id, hint, error.as_deref());
        let control = html! {
            input.scan[scan] id=(id) name=(name) type=(kind) value=(value) autocomplete="off"
                autocapitalize="none" spellcheck="false" autofocus[focus]
                aria-describedby=[described] aria-invalid=[error.is_some().then_some("true")];
        };
        components::field(&id, label, hint, error.as_deref(), &control)
    }

    /// Several lines of text.
    pub(crate) fn area(&self, name: &str, label: &str, hint: &str) -> Markup {
        let (id, error) = (self.id(name), self.error(name));
        let described = described_by(&id, hint, error.as_deref());
        let control = html! {
            textarea id=(id) name=(name) rows="6" autocomplete="off" spellcheck="false"
                aria-describedby=[described] aria-invalid=[error.is_some().then_some("true")] {
                // A browser drops the first line break.
                (PreEscaped("\n")) (self.value(name))
            }
        };
        components::field(&id, label, hint, error.as_deref(), &control)
    }

    /// One of several words; nothing is chosen for the user.
    pub(crate) fn select(
        &self,
        name: &str,
        label: &str,
        hint: &str,
        options: &[(&str, impl AsRef<str>)],
    ) -> Markup {
        let (id, error) = (self.id(name), self.error(name));
        let described = described_by(&id, hint, error.as_deref());
        let control = html! {
            select id=(id) name=(name) aria-describedby=[described]
                aria-invalid=[error.is_some().then_some("true")] {
                option value="" { "- Choose -" }
                @for (word, text) in options {
                    option value=(word) selected[self.has(name, word)] { (text.as_ref()) }
                }
            }
        };
        components::field(&id, label, hint, error.as_deref(), &control)
    }

    /// Boxes, of which several can be ticked.
    pub(crate) fn boxes(
        &self,
        name: &str,
        legend: &str,
        hint: &str,
        options: &[(&str, impl AsRef<str>)],
    ) -> Markup {
        let (id, error) = (self.id(name), self.error(name));
        let described = described_by(&id, hint, error.as_deref());
        html! {
            fieldset.field.field-wrong[error.is_some()] id=(id) aria-describedby=[described] {
                legend { (legend) }
                (components::notes(&id, hint, error.as_deref()))
                @for (word, text) in options {
                    @let one = format!("{id}-{word}");
                    div.tick {
                        input type="checkbox" id=(one) name=(name) value=(word)
                            checked[self.has(name, word)];
                        label for=(one) { (text.as_ref()) }
                    }
                }
            }
        }
    }

    /// One box.
    pub(crate) fn tick(&self, name: &str, label: &str) -> Markup {
        let (id, error) = (self.id(name), self.error(name));
        html! {
            div.field.field-wrong[error.is_some()] {
                (components::notes(&id, "", error.as_deref()))
                div.tick {
                    input type="checkbox" id=(id) name=(name) value="true"
                        checked[self.has(name, "true")]
                        aria-describedby=[described_by(&id, "", error.as_deref())];
                    label for=(id) { (label) }
                }
            }
        }
    }

    /// A file.
    pub(crate) fn file(&self, label: &str, hint: &str) -> Markup {
        let (id, error) = (self.id("file"), self.error("file"));
        let described = described_by(&id, hint, error.as_deref());
        let control = html! {
            input id=(id) name="file" type="file" aria-describedby=[described];
        };
        components::field(&id, label, hint, error.as_deref(), &control)
    }

    /// The form with its fields and a button.
    pub(crate) fn wrap(&self, submit: &str, fields: &Markup) -> Markup {
        self.whole(submit, "", fields, false)
    }

    /// The form with a file among its fields.
    pub(crate) fn wrap_file(&self, submit: &str, fields: &Markup) -> Markup {
        self.whole(submit, "", fields, true)
    }

    /// A form that is one button, as in the row of a table; `about` tells a screen reader which
    /// row.
    pub(crate) fn button(&self, submit: &str, about: &str) -> Markup {
        self.whole(submit, about, &html! {}, false)
    }

    fn whole(&self, submit: &str, about: &str, fields: &Markup, file: bool) -> Markup {
        let action = format!("/{}", self.name);
        let kind = file.then_some("multipart/form-data");
        html! {
            form method="post" action=(action) enctype=[kind] novalidate {
                input type="hidden" name="csrf" value=(self.csrf);
                @if let Some((name, value)) = &self.key {
                    input type="hidden" name=(KEY) value=(value);
                    input type="hidden" name=(name) value=(value);
                }
                (fields)
                button type="submit" {
                    (submit)
                    @if !about.is_empty() { span.unseen { " " (about) } }
                }
            }
        }
    }
}

/// A field that is carried along unseen.
pub(crate) fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// A form that only asks for another view of the page: nothing is stored, so it carries no token.
pub(crate) fn ask(path: &str, submit: &str, fields: &Markup) -> Markup {
    html! {
        form.ask method="get" action=(path) {
            (fields)
            button type="submit" { (submit) }
        }
    }
}

/// A line of text in a form that only asks.
pub(crate) fn ask_text(id: &str, name: &str, label: &str, hint: &str, value: &str) -> Markup {
    let control = html! {
        input id=(id) name=(name) type="text" value=(value) autocomplete="off" spellcheck="false"
            aria-describedby=[described_by(id, hint, None)];
    };
    components::field(id, label, hint, None, &control)
}

/// A barcode in a form that only asks, with the cursor in it.
pub(crate) fn ask_scan(id: &str, name: &str, label: &str, hint: &str) -> Markup {
    let control = html! {
        input.scan id=(id) name=(name) type="text" autocomplete="off" autocapitalize="none"
            spellcheck="false" autofocus aria-describedby=[described_by(id, hint, None)];
    };
    components::field(id, label, hint, None, &control)
}

/// One of several words in a form that only asks.
pub(crate) fn ask_select(
    id: &str,
    name: &str,
    label: &str,
    hint: &str,
    options: &[(&str, impl AsRef<str>)],
    chosen: &str,
) -> Markup {
    let control = html! {
        select id=(id) name=(name) aria-describedby=[described_by(id, hint, None)] {
            option value="" { "- Choose -" }
            @for (word, text) in options {
                option value=(word) selected[*word == chosen] { (text.as_ref()) }
            }
        }
    };
    components::field(id, label, hint, None, &control)
}

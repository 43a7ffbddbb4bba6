//! What a person or a machine reads: tables, single things, JSON, progress, complaints.

use std::io::{IsTerminal, Write};

use comfy_table::Table;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::Value;
use service::ServiceError;

/// The request was wrong: where, what was found, what would be right. Exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Wrong(pub(crate) String);

/// A wrong request as an error.
pub(crate) fn wrong(text: impl Into<String>) -> anyhow::Error {
    Wrong(text.into()).into()
}

/// Prints a line.
pub(crate) fn say(line: impl AsRef<str>) {
    // A closed pipe is the reader's choice, not a failure of ours.
    let _ = writeln!(std::io::stdout().lock(), "{}", line.as_ref());
}

/// Prints an error on the error stream.
pub(crate) fn complain(error: &anyhow::Error) {
    let mut out = std::io::stderr().lock();
    let _ = match error.downcast_ref::<ServiceError>() {
        Some(ServiceError::Failed(cause)) => writeln!(out, "failed: {cause}"),
        Some(other) => writeln!(out, "{other}"),
        None => writeln!(out, "{error:#}"),
    };
}

/// Prints a remark on the error stream, so that it never mixes with results.
pub(crate) fn remark(line: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr().lock(), "{}", line.as_ref());
}

/// Prints a value: as JSON for machines; for people a list as a table, a thing as lines.
pub(crate) fn show(value: &impl Serialize, json: bool) -> anyhow::Result<()> {
    let value = serde_json::to_value(value)?;
    if json {
        say(serde_json::to_string(&value)?);
        return Ok(());
    }
    match &value {
        Value::Array(rows) if rows.is_empty() => say("nothing there"),
        Value::Array(rows) => say(table(rows)),
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::Array(rows) if rows.iter().any(Value::is_object) => {
                        say(format!("{}:", words(name)));
                        say(table(rows));
                    }
                    _ => say(format!("{}: {}", words(name), cell(field))),
                }
            }
        }
        other => say(cell(other)),
    }
    Ok(())
}

fn table(rows: &[Value]) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY);
    if let Some(Value::Object(first)) = rows.first() {
        table.set_header(first.keys().map(|name| words(name)));
    }
    for row in rows {
        match row {
            Value::Object(fields) => table.add_row(fields.values().map(cell)),
            Value::Array(cells) => table.add_row(cells.iter().map(cell)),
            other => table.add_row([cell(other)]),
        };
    }
    table.to_string()
}

/// A table with heads of its own.
pub(crate) fn grid(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(heads);
    for row in rows {
        table.add_row(row);
    }
    table.to_string()
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(fields) if fields.is_empty() => "none".to_owned(),
        Value::Object(fields) => {
            let pair =
                |(name, value): (&String, &Value)| format!("{} {}", words(name), cell(value));
            fields.iter().map(pair).collect::<Vec<_>>().join("; ")
        }
    }
}

/// A progress bar on the error stream; silent where no person looks.
pub(crate) fn progress(total: u64, what: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let template =
        if total == 0 { "{msg} {pos} {spinner}" } else { "{msg} [{bar:30}] {pos}/{len} {eta}" };
    bar(total, what, template)
}

/// A progress bar for bytes of files.
pub(crate) fn progress_bytes(total: u64, what: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    bar(total, what, "{msg} [{bar:30}] {bytes}/{total_bytes} {eta}")
}

fn bar(total: u64, what: &'static str, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template);
    let bar = if total == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(total) };
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.with_message(what)
}

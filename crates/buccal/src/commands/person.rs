//! `buccal person ...` and `buccal duty`

use std::process::ExitCode;

use clap::{Args, Subcommand};
use journey::ids::PersonId;
use service::person::AskMerge;

use super::{Page, act, done, read, start};
use crate::output::wrong;
use crate::shell::Common;

/// What can be done with the records of persons.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Records that may be of one person: same file number, or same name and date of birth
    Duplicates {
        /// Pairs at most
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Merges and where each stands
    Merges(Page),
    /// Ask that two records be told to be of one person
    AskMerge {
        /// The record that is kept
        kept: String,
        /// The record that will point to it
        other: String,
        /// What shows it; no personal values
        #[arg(long)]
        reason: String,
    },
    /// Approve a merge as a second person
    ApproveMerge {
        /// The record that will point to another
        other: String,
    },
    /// Deny a merge as a second person
    DenyMerge {
        /// The record that would point to another
        other: String,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Part what was merged
    Part {
        /// The record that points to another
        other: String,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Mark two records as those of twins, who are two persons
    MarkTwins {
        /// One record
        one: String,
        /// The other
        other: String,
    },
    /// One person with names and numbers; the reading goes on record with its purpose
    View {
        /// Any record of the person
        person: String,
    },
}

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Duplicates { limit } => {
            read(common, |programme, op| Ok(programme.list_duplicates(op, limit)?))
        }
        Verb::Merges(page) => read(common, |programme, op| {
            Ok(programme.list_merges(op, &page.stage, &start(), page.limit)?)
        }),
        Verb::AskMerge { kept, other, reason } => act(common, |programme, op| {
            let (kept, other) = (PersonId::new(kept), PersonId::new(other));
            Ok(programme.ask_merge(op, &AskMerge { kept, other, reason })?)
        }),
        Verb::ApproveMerge { other } => {
            act(common, |programme, op| Ok(programme.approve_merge(op, &PersonId::new(other))?))
        }
        Verb::DenyMerge { other, why } => act(common, |programme, op| {
            Ok(programme.deny_merge(op, &PersonId::new(other), &why)?)
        }),
        Verb::Part { other, why } => act(common, |programme, op| {
            Ok(programme.part_persons(op, &PersonId::new(other), &why)?)
        }),
        Verb::MarkTwins { one, other } => act(common, |programme, op| {
            programme.mark_twins(op, &PersonId::new(one), &PersonId::new(other))?;
            Ok(done("marked as twins"))
        }),
        Verb::View { person } => {
            if common.purpose.is_empty() {
                return Err(wrong("--purpose: it is missing; say why the names are read"));
            }
            read(common, |programme, op| Ok(programme.view_person(op, &PersonId::new(person))?))
        }
    }
}

/// How many orders are shown.
#[derive(Args, Debug)]
pub(crate) struct Duty {
    /// Orders at most
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

/// Prints the open orders to collect again.
pub(crate) fn duty(common: &Common, duty: &Duty) -> anyhow::Result<ExitCode> {
    read(common, |programme, op| Ok(programme.list_duties(op, &start(), duty.limit)?))
}

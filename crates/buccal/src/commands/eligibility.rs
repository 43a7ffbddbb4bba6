//! `buccal eligibility ...`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use exchange::booking_feed;
use jiff::civil::Date;
use journey::eligibility::{Outcome, Reason};
use journey::ids::BookingId;
use journey::rules::RuleBook;
use serde::Serialize;
use service::discretion::Ask;

use super::{Page, act, read, start, tables};
use crate::output::{say, show, wrong};
use crate::shell::{Common, RealIds};

mod explain;

/// What can be asked of the rules.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Decide every booking of a feed; needs no database
    Decide {
        /// The booking feed
        #[arg(long)]
        bookings: PathBuf,
        /// The civil date of the decision (default: that of each booking at its site)
        #[arg(long)]
        on: Option<Date>,
        /// The rule set (default: the one in force for component, site and date)
        #[arg(long)]
        rules: Option<String>,
        /// Where the error file goes (default: beside the feed)
        #[arg(long)]
        errors: Option<PathBuf>,
    },
    /// Decide a recorded booking again with the facts of now
    Again {
        /// Its number
        booking: String,
    },
    /// The decision that stands for a booking, with its facts
    View {
        /// Its number
        booking: String,
    },
    /// The decision that stands for a booking, as a lawyer reads it: reasons, sources, both limbs
    Explain {
        /// Its number
        booking: String,
    },
    /// Ask to set aside what keeps a sample from being taken, where the law leaves a choice
    AskOverride {
        /// The booking
        booking: String,
        /// Why for this booking; no personal values
        #[arg(long)]
        reason: String,
        /// The provision, order or directive under which
        #[arg(long)]
        citation: String,
    },
    /// Approve such a request as a second person; the booking is decided again
    ApproveOverride {
        /// The booking
        booking: String,
    },
    /// Deny such a request as a second person
    DenyOverride {
        /// The booking
        booking: String,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Requests to set a rule aside
    Overrides(Page),
    /// Ask past decisions again from the facts that were kept with them; the answers must be equal
    Replay {
        /// Only those of this booking
        booking: Option<String>,
    },
    /// Ask another rule set about every booking: who would move, from what to what
    WhatIf {
        /// The rule set, also on days on which it is not in force
        #[arg(long)]
        rules: String,
    },
    /// The rule sets
    Rules,
}

/// One line of the output of `decide`.
#[derive(Serialize)]
struct Decided {
    booking_id: BookingId,
    outcome: Outcome,
    category: Option<genetics::Category>,
    reasons: Vec<Reason>,
    missing: Vec<String>,
    rule_set: String,
}

#[derive(Serialize)]
struct RuleSet {
    rule_set: String,
    title: String,
    effective_from: Date,
    sha256: String,
}

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Decide { bookings, on, rules, errors } => {
            let errors = tables::error_file(&bookings, errors);
            decide(common, &bookings, on, rules.as_deref(), &errors)
        }
        Verb::Again { booking } => act(common, |programme, op| {
            Ok(programme.decide_eligibility(op, &BookingId::new(booking))?)
        }),
        Verb::View { booking } => read(common, |programme, op| {
            Ok(programme.view_eligibility(op, &BookingId::new(booking))?)
        }),
        Verb::Explain { booking } => {
            let programme = common.open()?;
            let op = common.op(&programme, &RealIds)?;
            let explained = programme.view_eligibility(&op, &BookingId::new(booking))?;
            if common.json {
                show(&explained, true)?;
            } else {
                explain::lines(&explained).into_iter().for_each(say);
            }
            Ok(ExitCode::SUCCESS)
        }
        Verb::AskOverride { booking, reason, citation } => act(common, |programme, op| {
            let booking = BookingId::new(booking);
            Ok(programme.ask_override(op, &Ask { booking, reason, citation })?)
        }),
        Verb::ApproveOverride { booking } => act(common, |programme, op| {
            Ok(programme.approve_override(op, &BookingId::new(booking))?)
        }),
        Verb::DenyOverride { booking, why } => act(common, |programme, op| {
            Ok(programme.deny_override(op, &BookingId::new(booking), &why)?)
        }),
        Verb::Overrides(page) => read(common, |programme, op| {
            Ok(programme.list_overrides(op, &page.stage, &start(), page.limit)?)
        }),
        Verb::Replay { booking } => replay(common, booking),
        Verb::WhatIf { rules } => read(common, |programme, op| Ok(programme.what_if(op, &rules)?)),
        Verb::Rules => {
            let book = RuleBook::shipped()?;
            let sets: anyhow::Result<Vec<_>> = book
                .sets()
                .map(|set| {
                    Ok(RuleSet {
                        rule_set: set.name.clone(),
                        title: set.title.clone(),
                        effective_from: set.effective_from,
                        sha256: book.sha256(&set.name)?.to_owned(),
                    })
                })
                .collect();
            show(&sets?, common.json)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Refuses the name of a rule set that is not there.
fn known(book: &RuleBook, name: &str) -> anyhow::Result<()> {
    if book.sets().any(|set| set.name == name) {
        return Ok(());
    }
    let known: Vec<_> = book.sets().map(|set| set.name.as_str()).collect();
    Err(wrong(format!("--rules: '{name}' is no rule set; give one of {}", known.join(", "))))
}

fn replay(common: &Common, booking: Option<String>) -> anyhow::Result<ExitCode> {
    let programme = common.open()?;
    let op = common.op(&programme, &RealIds)?;
    let booking = booking.map(BookingId::new);
    let replay = programme.replay_eligibility(&op, booking.as_ref())?;
    show(&replay, common.json)?;
    Ok(if replay.differing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn decide(
    common: &Common,
    bookings: &std::path::Path,
    on: Option<Date>,
    rules: Option<&str>,
    errors: &std::path::Path,
) -> anyhow::Result<ExitCode> {
    let book = RuleBook::shipped()?;
    rules.map_or(Ok(()), |name| known(&book, name))?;
    let (rows, mut problems) = booking_feed::Bookings::open(tables::open(bookings)?)?;
    let refused = problems.iter().any(exchange::Problem::is_error);
    let mut decided = Vec::new();
    for booked in rows {
        let booked = booked?;
        problems.extend(booked.problems);
        let Some(record) = booked.booking else {
            continue;
        };
        let facts = book.facts(&record, record.circumstances.booked_at, on, false);
        let finding = book.find(&facts, rules)?;
        let line = Decided {
            booking_id: record.booking,
            outcome: finding.outcome,
            category: finding.category,
            reasons: finding.reasons,
            missing: finding.missing,
            rule_set: finding.rule_set,
        };
        if common.json {
            say(serde_json::to_string(&line)?);
        } else {
            decided.push(line);
        }
    }
    if !common.json && !refused {
        show(&decided, false)?;
    }
    tables::tell(bookings, &problems, Some(errors))?;
    let bad = problems.iter().any(exchange::Problem::is_error);
    Ok(if bad { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

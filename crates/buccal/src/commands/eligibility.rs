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

use super::{act, read, tables};
use crate::output::{say, show, wrong};
use crate::shell::Common;

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

fn decide(
    common: &Common,
    bookings: &std::path::Path,
    on: Option<Date>,
    rules: Option<&str>,
    errors: &std::path::Path,
) -> anyhow::Result<ExitCode> {
    let book = RuleBook::shipped()?;
    if let Some(name) = rules
        && !book.sets().any(|set| set.name == name)
    {
        let known: Vec<_> = book.sets().map(|set| set.name.as_str()).collect();
        let text = format!("--rules: '{name}' is no rule set; give one of {}", known.join(", "));
        return Err(wrong(text));
    }
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

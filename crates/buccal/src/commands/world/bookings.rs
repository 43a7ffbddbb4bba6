//! `buccal world bookings`: lives of bookings under the real rules, judged by the law written a
//! second time.
//!
//! Nothing is stored. The counts are the same on any number of processors. Whatever must never
//! happen and did makes the run fail, with the first such booking told in full. Absent: times, for
//! which see `buccal bench law`.

use std::process::ExitCode;

use clap::Args;
use journey::rules::RuleBook;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::Serialize;
use world::lives::{FAMILY, Lives, Offender, Tally};

use crate::output::{progress, say, show};
use crate::shell::Common;

/// Families that a processor lives at a time.
const PART: u64 = 64;

/// Parts that each processor lives before the bar moves.
const PARTS_AHEAD: u64 = 8;

/// How many bookings are lived.
#[derive(Args, Debug)]
pub(crate) struct Bookings {
    /// How many bookings
    #[arg(long)]
    bookings: u64,
    /// What all chance follows from: the same seed gives the same bookings
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What came of them.
#[derive(Serialize)]
struct Report {
    version: &'static str,
    seed: u64,
    #[serde(flatten)]
    tally: Tally,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_offender: Option<Offender>,
}

pub(super) fn run(common: &Common, asked: &Bookings) -> anyhow::Result<ExitCode> {
    live(common.json, asked, &RuleBook::shipped()?)
}

fn live(json: bool, asked: &Bookings, book: &RuleBook) -> anyhow::Result<ExitCode> {
    let (tally, first_offender) = in_parts(&Lives::new(book, asked.seed, asked.bookings));
    let sound = tally.offences() == 0;
    let (version, seed) = (env!("CARGO_PKG_VERSION"), asked.seed);
    let told_apart = first_offender.clone().filter(|_| !json);
    let first_offender = first_offender.filter(|_| json);
    show(&Report { version, seed, tally, first_offender }, json)?;
    if let Some(offender) = told_apart {
        tell(&offender);
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Lives all bookings on all processors and joins the counts in order.
fn in_parts(lives: &Lives<'_>) -> (Tally, Option<Offender>) {
    let families = lives.families();
    let bar = progress(families * FAMILY, "bookings");
    let ahead = PART * PARTS_AHEAD * rayon::current_num_threads() as u64;
    let (mut tally, mut first) = (Tally::default(), None);
    for begin in (0..families).step_by(ahead as usize) {
        let end = families.min(begin + ahead);
        let begins: Vec<u64> = (begin..end).step_by(PART as usize).collect();
        let parts: Vec<_> =
            begins.into_par_iter().map(|from| lives.live(from..end.min(from + PART))).collect();
        for (counted, offender) in parts {
            tally.add(&counted);
            first = first.or(offender);
        }
        bar.set_position(end * FAMILY);
    }
    bar.finish_and_clear();
    (tally, first)
}

fn tell(offender: &Offender) {
    say(format!("the first booking that went wrong: {}", offender.booking));
    offender.offences.iter().for_each(say);
    for step in &offender.life {
        say(format!("{}  {}", step.at, step.what));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exit code must not depend on there being something to show.
    #[test]
    fn a_rule_book_that_lacks_the_rules_fails_the_run() {
        let schema = include_str!("../../../../../rules/booking.cedarschema");
        let sites = include_str!("../../../../../rules/sites.toml");
        let book = RuleBook::read(schema, sites, &[]).unwrap();
        let asked = Bookings { bookings: 20, seed: 1 };
        let code = |book| live(true, &asked, book).unwrap();
        assert_eq!(code(&book), ExitCode::FAILURE);
        assert_eq!(code(&RuleBook::shipped().unwrap()), ExitCode::SUCCESS);
    }
}

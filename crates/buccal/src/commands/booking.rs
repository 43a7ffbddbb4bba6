//! `buccal booking ...`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use exchange::Problem;
use journey::booking::NotCollected;
use journey::ids::BookingId;
use service::booking::Close;

use super::{Page, act, read, start, tables};
use crate::output::{progress, wrong};
use crate::shell::Common;

/// What can be done with bookings.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Bookings and where each stands, longest waiting first
    List(Page),
    /// Import a booking feed (CSV); good rows go in, the rest is listed in an error file
    Import {
        /// The feed
        file: PathBuf,
        /// Where the error file goes (default: beside the feed)
        #[arg(long)]
        errors: Option<PathBuf>,
    },
    /// One booking with the person's values; the reading goes on record with its purpose
    View {
        /// Its number
        booking: String,
    },
    /// Account for a booking
    Close {
        /// Its number
        booking: String,
        /// Why a sample that was due was not taken: no_kit, released_first, refused, medical,
        /// transferred
        #[arg(long)]
        why: Option<String>,
    },
}

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::List(page) => read(common, |programme, op| {
            Ok(programme.list_bookings(op, &page.stage, &start(), page.limit)?)
        }),
        Verb::Import { file, errors } => import(common, &file, errors),
        Verb::View { booking } => {
            if common.purpose.is_empty() {
                return Err(wrong("--purpose: it is missing; say why the name is read"));
            }
            read(common, |programme, op| Ok(programme.view_booking(op, &BookingId::new(booking))?))
        }
        Verb::Close { booking, why } => {
            let why = why.map(|word| not_collected(&word)).transpose()?;
            act(common, |programme, op| {
                Ok(programme.close_booking(op, &Close { booking: BookingId::new(booking), why })?)
            })
        }
    }
}

/// Good rows go in. Where some row was bad the exit code is 2, so that nobody overlooks it.
fn import(common: &Common, file: &Path, errors: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let errors = tables::error_file(file, errors);
    let mut bad = false;
    act(common, |programme, op| {
        let bar = progress(0, "rows read");
        let tick = |row| bar.set_position(row);
        let import = programme.import_bookings(op, tables::open(file)?, &tick)?;
        bar.finish_and_clear();
        tables::tell(file, &import.problems, Some(&errors))?;
        bad = import.problems.iter().any(Problem::is_error) || !import.kept_out.is_empty();
        Ok(import)
    })?;
    Ok(if bad { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

fn not_collected(word: &str) -> anyhow::Result<NotCollected> {
    NotCollected::from_word(word).ok_or_else(|| {
        let known: Vec<_> = NotCollected::ALL.iter().map(|why| why.word()).collect();
        wrong(format!("--why: '{word}' is no reason; give one of {}", known.join(", ")))
    })
}

//! `buccal report ...`: the figures, who was due and who was sampled, and the proof of both.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use exchange::coverage::{write_csv, write_parquet};
use jiff::civil::Date;
use journey::coverage::{Coverage, Filter, Row};
use service::minors::Minors;
use service::recount::Recount;

use super::read;
use crate::output::{grid, remark, say, show, wrong};
use crate::shell::{Common, RealIds};

/// Figures of the programme, counted from the record
#[derive(Args, Debug)]
pub(crate) struct Report {
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// What can be reported.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Who was due and who was sampled, by component, site, week and reason
    Coverage(Asked),
    /// Samples of minors, and of citizens without a criminal basis: must be none
    Minors,
    /// Hits and investigations aided, each once, with corrections
    Hits,
    /// Count every figure again from the events alone and compare it with the rows
    Recount,
}

#[derive(Args, Debug)]
struct Asked {
    /// First day of booking at the site
    #[arg(long)]
    from: Option<Date>,
    /// Last day of booking at the site
    #[arg(long)]
    to: Option<Date>,
    /// Only this component
    #[arg(long)]
    component: Option<String>,
    /// Only this site
    #[arg(long)]
    site: Option<String>,
    /// Write the table to this file, .csv or .parquet
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Runs a verb; without one, prints the figures of the programme.
pub(crate) fn run(common: &Common, report: Report) -> anyhow::Result<ExitCode> {
    match report.verb {
        None => read(common, |programme, op| Ok(programme.summary(op)?)),
        Some(Verb::Coverage(asked)) => coverage(common, asked),
        Some(Verb::Minors) => minors(common),
        Some(Verb::Hits) => read(common, |programme, op| Ok(programme.counters(op)?)),
        Some(Verb::Recount) => recount(common),
    }
}

type Write = fn(BufWriter<File>, &[Row]) -> io::Result<()>;

fn coverage(common: &Common, asked: Asked) -> anyhow::Result<ExitCode> {
    let Asked { from, to, component, site, out } = asked;
    let out = out.map(|out| Ok::<_, anyhow::Error>((format(&out)?, out))).transpose()?;
    let programme = common.open()?;
    let op = common.op(&programme, &RealIds)?;
    let coverage = programme.coverage(&op, &Filter { from, to, component, site })?;
    if let Some((write, out)) = out {
        let failed = || format!("{} cannot be written", out.display());
        let file = BufWriter::new(File::create(&out).with_context(failed)?);
        write(file, &coverage.rows).with_context(failed)?;
        remark(format!("{} rows are in {}", coverage.rows.len(), out.display()));
    }
    if common.json {
        show(&coverage, true)?;
    } else {
        print(&coverage)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn format(out: &Path) -> anyhow::Result<Write> {
    match out.extension().and_then(|end| end.to_str()) {
        Some("csv") => Ok(write_csv),
        Some("parquet") => Ok(write_parquet),
        _ => {
            let text = "--out: the name must end in .csv or .parquet";
            Err(wrong(format!("{text}; '{}' was found", out.display())))
        }
    }
}

const HEADS: [&str; 13] = [
    "component",
    "site",
    "week",
    "bookings",
    "persons",
    "samples",
    "due",
    "sampled",
    "%",
    "not taken",
    "not due",
    "open",
    "oldest h",
];

fn print(coverage: &Coverage) -> anyhow::Result<()> {
    let rows = coverage.rows.iter().map(|row| {
        let figures = &row.figures;
        let all = |text: &str| if text.is_empty() { "all".to_owned() } else { text.to_owned() };
        let mut cells = vec![all(&row.component), all(&row.site), all(&row.week)];
        let not_due = figures.bookings - figures.due;
        let counts = [figures.bookings, figures.persons, figures.samples, figures.due];
        cells.extend(counts.map(|count| count.to_string()));
        cells.extend([figures.sampled.to_string(), row.sampled_percent.clone()]);
        let counts = [figures.due_not_collected, not_due, figures.open];
        cells.extend(counts.map(|count| count.to_string()));
        let oldest = figures.oldest_open_hours;
        cells.push(oldest.map_or_else(|| "-".to_owned(), |hours| hours.to_string()));
        cells
    });
    say("Bookings, unless a column says persons or samples:");
    say(grid(&HEADS, rows));
    say("How bookings ended, and why:");
    show(&coverage.reasons, false)?;
    say("Lack of kits:");
    show(&coverage.kits, false)?;
    say("Persons who came again and left without the sample they owe:");
    show(&coverage.repeats, false)?;
    say("Open bookings, the oldest first:");
    show(&coverage.open, false)
}

fn minors(common: &Common) -> anyhow::Result<ExitCode> {
    let programme = common.open()?;
    let op = common.op(&programme, &RealIds)?;
    let minors: Minors = programme.minors_and_citizens(&op)?;
    if common.json {
        show(&minors, true)?;
        return Ok(ExitCode::SUCCESS);
    }
    say(&minors.says);
    for line in &minors.doubtful {
        let doubts: Vec<_> = line.doubts.iter().map(|doubt| doubt.word()).collect();
        let decision = line.decision.as_ref().map_or("none", |decision| decision.as_str());
        let (booking, reasons) = (&line.booking, line.reasons.join(", "));
        let doubts = doubts.join(", ");
        say(format!("booking {booking}: {doubts}; decision {decision} ({reasons})"));
        show(&line.trail, false)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn recount(common: &Common) -> anyhow::Result<ExitCode> {
    let programme = common.open()?;
    let op = common.op(&programme, &RealIds)?;
    let recount: Recount = programme.recount(&op)?;
    if common.json {
        show(&recount, true)?;
    } else {
        let rows = recount.figures.iter().map(|figure| {
            let rows =
                figure.rows.map_or_else(|| "kept in events only".to_owned(), |n| n.to_string());
            let equal = if figure.equal { "" } else { "DIFFERS" };
            vec![figure.figure.clone(), figure.events.to_string(), rows, equal.to_owned()]
        });
        say(grid(&["figure", "from events", "from rows", ""], rows));
        say(format!("{} figures, {} differ", recount.compared, recount.different));
    }
    Ok(if recount.different == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

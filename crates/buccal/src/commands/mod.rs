//! `buccal <station> <verb>`: one module a station, in the order in which a sample meets them.

mod booking;
mod eligibility;
mod kit;
mod collection;
mod shipment;
mod accession;
mod typing;
mod upload;
mod candidate;
mod candidate_search;
mod candidate_show;
mod cmf;
mod candidate_rank;
mod confirmation;
mod notice;
mod removal;

mod account;
mod audit;
mod bench;
mod custody;
mod file_search;
mod jobs;
mod pairs;
mod rarity;
mod person;
mod reference;
mod report;
pub(crate) mod serve;
mod tables;
mod world;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use serde::Serialize;
use service::{OpContext, Programme};
use store::listing::After;

use crate::output::show;
use crate::shell::{Common, RealIds};

/// A custody-DNA programme from booking to confirmed candidate to removal.
#[derive(Debug, Parser)]
#[command(name = "buccal", version, about, propagate_version = true)]
pub(crate) struct Line {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A person comes into custody
    #[command(subcommand)]
    Booking(booking::Verb),
    /// Must, may or must not a sample be taken, and why
    #[command(subcommand)]
    Eligibility(eligibility::Verb),
    /// Collection kits: stock, use, recall
    #[command(subcommand)]
    Kit(kit::Verb),
    /// Cheek swab, two scans, seal
    #[command(subcommand)]
    Collection(collection::Verb),
    /// Packages from the site to the laboratory
    #[command(subcommand)]
    Shipment(shipment::Verb),
    /// The laboratory accepts or rejects
    #[command(subcommand)]
    Accession(accession::Verb),
    /// Plates, genotype tables, review
    #[command(subcommand)]
    Typing(typing::Verb),
    /// Profiles enter the index, without a name
    #[command(subcommand)]
    Upload(upload::Verb),
    /// Possible pairs that a search found
    #[command(subcommand)]
    Candidate(candidate::Verb),
    /// The laboratory confirms or refutes
    #[command(subcommand)]
    Confirmation(confirmation::Verb),
    /// Who must be told, and was
    #[command(subcommand)]
    Notice(notice::Verb),
    /// Records and samples are taken away as the law says
    #[command(subcommand)]
    Removal(removal::Verb),
    /// Which records are of one person
    #[command(subcommand)]
    Person(person::Verb),
    /// Samples owed: open orders to collect again, which follow the person
    Duty(person::Duty),
    /// Accounts and their roles
    #[command(subcommand)]
    Account(account::Verb),
    /// The tamper-evident record
    #[command(subcommand)]
    Audit(audit::Verb),
    /// The chain of custody of a kit
    Custody(custody::Custody),
    /// Figures of the programme, counted from the record
    Report(report::Report),
    /// Run the steps across the wall that are due
    Jobs,
    /// Serve the pages and the JSON routes
    Serve(serve::Serve),
    /// Play one month of the Dallas pilot with invented people, then serve the pages
    Demo(crate::demo::Demo),
    /// Invented profiles for measuring searches at the size of a nation
    #[command(subcommand)]
    World(world::Verb),
    /// Times of the search on this machine
    #[command(subcommand)]
    Bench(bench::Verb),
    /// Write the reference pages
    #[command(hide = true)]
    Reference(reference::Reference),
}

/// A page of a list.
#[derive(Args, Clone, Debug)]
pub(crate) struct Page {
    /// Only what stands at this stage
    #[arg(long, default_value = "")]
    pub(crate) stage: String,
    /// Rows at most
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u32,
}

/// Runs a command line.
pub(crate) fn run(line: Line) -> anyhow::Result<ExitCode> {
    let common = &line.common;
    match line.command {
        Command::Booking(verb) => booking::run(common, verb),
        Command::Eligibility(verb) => eligibility::run(common, verb),
        Command::Kit(verb) => kit::run(common, verb),
        Command::Collection(verb) => collection::run(common, verb),
        Command::Shipment(verb) => shipment::run(common, verb),
        Command::Accession(verb) => accession::run(common, verb),
        Command::Typing(verb) => typing::run(common, verb),
        Command::Upload(verb) => upload::run(common, verb),
        Command::Candidate(verb) => candidate::run(common, verb),
        Command::Confirmation(verb) => confirmation::run(common, verb),
        Command::Notice(verb) => notice::run(common, verb),
        Command::Removal(verb) => removal::run(common, verb),
        Command::Person(verb) => person::run(common, verb),
        Command::Duty(duty) => person::duty(common, &duty),
        Command::Account(verb) => account::run(common, verb),
        Command::Audit(verb) => audit::run(common, verb),
        Command::Custody(custody) => custody::run(common, &custody),
        Command::Report(report) => report::run(common, report),
        Command::Jobs => jobs::run(common),
        Command::Serve(serve) => serve::run(common, &serve),
        Command::Demo(demo) => crate::demo::run(common, &demo),
        Command::World(verb) => world::run(common, verb),
        Command::Bench(verb) => bench::run(common, verb),
        Command::Reference(reference) => reference::run(&reference),
    }
}

/// Opens the programme, acts once, runs the jobs that follow, prints the result.
pub(crate) fn act<T: Serialize>(
    common: &Common,
    run: impl FnOnce(&Programme, &OpContext<'_>) -> anyhow::Result<T>,
) -> anyhow::Result<ExitCode> {
    let programme = common.open()?;
    let op = common.op(&programme, &RealIds)?;
    let result = run(&programme, &op)?;
    programme.run_jobs(&op)?;
    show(&result, common.json)?;
    Ok(ExitCode::SUCCESS)
}

/// Opens the programme and prints what is asked; changes nothing but the record of readings.
pub(crate) fn read<T: Serialize>(
    common: &Common,
    run: impl FnOnce(&Programme, &OpContext<'_>) -> anyhow::Result<T>,
) -> anyhow::Result<ExitCode> {
    let programme = common.open()?;
    let op = common.op(&programme, &RealIds)?;
    show(&run(&programme, &op)?, common.json)?;
    Ok(ExitCode::SUCCESS)
}

/// Like [`read`], with words of its own for people; machines get JSON.
pub(crate) fn tell<T: Serialize>(
    common: &Common,
    words: impl FnOnce(&T),
    run: impl FnOnce(&Programme, &OpContext<'_>) -> anyhow::Result<T>,
) -> anyhow::Result<ExitCode> {
    let programme = common.open()?;
    let op = common.op(&programme, &RealIds)?;
    let result = run(&programme, &op)?;
    if common.json {
        show(&result, true)?;
    } else {
        words(&result);
    }
    Ok(ExitCode::SUCCESS)
}

/// What a verb without a result prints.
#[derive(Serialize)]
pub(crate) struct Done {
    done: &'static str,
}

/// The result of a verb that gives nothing else.
pub(crate) fn done(what: &'static str) -> Done {
    Done { done: what }
}

/// The first page of a list.
pub(crate) fn start() -> After {
    After::start()
}

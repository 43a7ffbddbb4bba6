//! `buccal demo`: one month of the Dallas pilot, played through every station by invented people.
//!
//! Rules, stations and records are the real ones; persons, profiles and faults come from `world`.
//! Absent: any shortcut past the use cases. What an actor may not do, the demo cannot do.

mod cast;
mod laboratory;
mod player;
mod site;

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use service::report::Summary;
use world::{Month, Settings};

use crate::commands::serve::{Serve, pages};
use crate::output::{remark, show, wrong};
use crate::shell::Common;
use cast::Cast;
use player::Player;

/// How to play.
#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// What all chance follows from
    #[arg(long, default_value_t = Settings::default().seed)]
    seed: u64,
    /// Days to play
    #[arg(long, default_value_t = 31, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    /// Do not serve the pages afterwards
    #[arg(long)]
    no_serve: bool,
    #[command(flatten)]
    serve: Serve,
}

/// What happened.
#[derive(Serialize)]
struct Played {
    seed: u64,
    #[serde(flatten)]
    summary: Summary,
}

/// Plays the month, prints what happened, and serves the pages.
pub(crate) fn run(common: &Common, demo: &Demo) -> anyhow::Result<ExitCode> {
    if common.data.join("keys").exists() {
        let folder = common.data.display();
        return Err(wrong(format!(
            "{folder} holds a programme already; give another folder with --data, or look at this \
             one with `buccal serve --data {folder}`"
        )));
    }
    let settings = Settings { seed: demo.seed, days: demo.days, ..Settings::default() };
    let month = Month::generate(&settings);
    let programme = common.open_at(cast::eve(&month))?;
    let cast = Cast::hire(&programme, &month)?;
    let mut player = Player::new(&programme, &month, &cast);
    player.play()?;
    let summary = player.summary()?;
    show(&Played { seed: demo.seed, summary }, common.json)?;
    remark(format!(
        "accounts: {}; password of all of them in this demonstration: {}",
        cast.names().join(", "),
        cast.password
    ));
    if demo.no_serve {
        return Ok(ExitCode::SUCCESS);
    }
    pages(programme, &demo.serve)
}

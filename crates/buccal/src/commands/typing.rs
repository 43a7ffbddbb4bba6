//! `buccal typing ...`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use journey::ids::{PlateNumber, SpecimenNumber};
use serde::Serialize;
use service::typing::{Load, Review};
use service::upload::preview::Preview;

use super::{Page, act, done, read, start, tables};
use crate::output::{say, show};
use crate::shell::Common;

/// What can be done in the laboratory.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Specimens that wait for a plate
    Waiting {
        /// Rows at most
        #[arg(long, default_value_t = 96)]
        limit: u32,
    },
    /// Plates and where each stands
    Plates(Page),
    /// Readings and where each stands
    List(Page),
    /// Load a plate
    Load {
        /// The plate's number
        plate: String,
        /// Amplification chemistry
        #[arg(long, default_value = "GlobalFiler Express")]
        chemistry: String,
        /// Name of the positive control's genotype
        #[arg(long, default_value = "2800M")]
        control: String,
        /// Specimen numbers
        #[arg(required = true)]
        specimens: Vec<String>,
    },
    /// Read genotype tables as analysis software writes them; with --plate, import the run
    Import {
        /// The tables
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The plate whose run this is; without it the tables are read and shown, nothing stored
        #[arg(long)]
        plate: Option<String>,
        /// Where the error file goes (default: beside the table)
        #[arg(long)]
        errors: Option<PathBuf>,
    },
    /// A specimen's profile
    View {
        /// Its number
        specimen: String,
    },
    /// Review a reading as a second person
    Review {
        /// The specimen
        specimen: String,
        /// Send it back, and why
        #[arg(long)]
        returned_because: Option<String>,
    },
}

/// How a table was understood.
#[derive(Serialize)]
struct Understood {
    file: String,
    #[serde(flatten)]
    preview: Option<Preview>,
}

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Waiting { limit } => {
            read(common, |programme, op| Ok(programme.list_waiting(op, &start(), limit)?))
        }
        Verb::Plates(page) => read(common, |programme, op| {
            Ok(programme.list_plates(op, &page.stage, &start(), page.limit)?)
        }),
        Verb::List(page) => read(common, |programme, op| {
            Ok(programme.list_readings(op, &page.stage, &start(), page.limit)?)
        }),
        Verb::Load { plate, chemistry, control, specimens } => act(common, |programme, op| {
            let specimens = specimens.into_iter().map(SpecimenNumber::new).collect();
            let load = Load { plate: PlateNumber::new(plate), chemistry, control, specimens };
            programme.load_plate(op, &load)?;
            Ok(done("loaded"))
        }),
        Verb::Import { files, plate: None, errors } => preview(common, &files, errors),
        Verb::Import { files, plate: Some(plate), errors } => act(common, |programme, op| {
            let plate = PlateNumber::new(plate);
            let mut runs = Vec::new();
            for file in &files {
                let errors = tables::error_file(file, errors.clone());
                let table = tables::genotype_table(file, Some(&errors))?;
                runs.push(programme.import_run(op, &plate, &table)?);
            }
            Ok(runs)
        }),
        Verb::View { specimen } => read(common, |programme, op| {
            Ok(programme.view_reading(op, &SpecimenNumber::new(specimen))?)
        }),
        Verb::Review { specimen, returned_because } => act(common, |programme, op| {
            let specimen = SpecimenNumber::new(specimen);
            programme.review_reading(op, &Review { specimen, returned_because })?;
            Ok(done("reviewed"))
        }),
    }
}

/// Reads tables and shows how they were understood, before anything is stored.
fn preview(
    common: &Common,
    files: &[PathBuf],
    errors: Option<PathBuf>,
) -> anyhow::Result<ExitCode> {
    let mut understood = Vec::new();
    for file in files {
        let table = tables::genotype_table(file, errors.as_deref())?;
        // The problems are told already, and stand in the error file.
        let preview = Preview::of(&table, Vec::new());
        understood.push(Understood { file: file.display().to_string(), preview });
    }
    if common.json {
        show(&understood, true)?;
        return Ok(ExitCode::SUCCESS);
    }
    for one in &understood {
        show(one, false)?;
        say("");
    }
    Ok(ExitCode::SUCCESS)
}

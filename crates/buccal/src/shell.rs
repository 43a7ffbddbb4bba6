//! The shell around the programme: the data folder, the real clock, real ids, who is asking.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;
use journey::ids::{AccountId, Ori};
use service::{Ids, OpContext, Places, Programme, ServiceError};
use store::Location;
use store::keys::Keys;

use crate::output::Wrong;

/// ORI under which the laboratory of this installation is known, unless told otherwise.
pub(crate) const LABORATORY: &str = "FDDU";

/// Options that every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Common {
    /// Folder with the databases and the keys
    #[arg(long, global = true, env = "BUCCAL_HOME", default_value = "buccal-data")]
    pub(crate) data: PathBuf,
    /// Account in whose name the command acts
    #[arg(long, global = true, env = "BUCCAL_ACCOUNT", default_value = "administrator")]
    pub(crate) account: String,
    /// Purpose that goes on record
    #[arg(long, global = true, default_value = "")]
    pub(crate) purpose: String,
    /// Print JSON for machines
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// PostgreSQL URL of the custody database, instead of a file in the data folder
    #[arg(long, global = true, env = "BUCCAL_CUSTODY_URL", hide_env_values = true)]
    pub(crate) custody_url: Option<String>,
    /// PostgreSQL URL of the index database, instead of a file in the data folder
    #[arg(long, global = true, env = "BUCCAL_INDEX_URL", hide_env_values = true)]
    pub(crate) index_url: Option<String>,
    /// ORI of the laboratory that types samples
    #[arg(long, global = true, env = "BUCCAL_LABORATORY", default_value = LABORATORY)]
    pub(crate) laboratory: String,
}

impl Common {
    /// Opens the programme; creates folder, keys and databases where there are none.
    pub(crate) fn open(&self) -> anyhow::Result<Programme> {
        self.open_at(now())
    }

    /// Opens the programme as of an instant.
    pub(crate) fn open_at(&self, at: Timestamp) -> anyhow::Result<Programme> {
        std::fs::create_dir_all(&self.data)
            .with_context(|| format!("the folder {} cannot be made", self.data.display()))?;
        private(&self.data)?;
        let keys = Keys::load_or_create(&self.data.join("keys")).map_err(ServiceError::from)?;
        let mut places = Places::in_folder(&self.data);
        if let Some(url) = &self.custody_url {
            places.custody = Location::Postgres(url.clone());
        }
        if let Some(url) = &self.index_url {
            places.index = Location::Postgres(url.clone());
        }
        Ok(Programme::open(&places, keys, Ori::new(&self.laboratory), at)?)
    }

    /// The actor and instant of one command.
    pub(crate) fn op<'a>(
        &self,
        programme: &Programme,
        ids: &'a dyn Ids,
    ) -> anyhow::Result<OpContext<'a>> {
        let actor = programme.actor(&AccountId::new(&self.account))?;
        let purpose =
            if self.purpose.is_empty() { "command line".to_owned() } else { self.purpose.clone() };
        Ok(OpContext { at: now(), actor, purpose, ids })
    }
}

#[cfg(unix)]
fn private(folder: &std::path::Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(folder, mode)
        .with_context(|| format!("the folder {} cannot be made private", folder.display()))
}

#[cfg(not(unix))]
fn private(_folder: &std::path::Path) -> anyhow::Result<()> {
    Ok(())
}

/// The real clock.
pub(crate) fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the shell is where the clock is read")]
    Timestamp::now()
}

/// Real ids: UUIDs that sort by time, and random numbers.
pub(crate) struct RealIds;

impl Ids for RealIds {
    fn id(&self) -> String {
        #[expect(clippy::disallowed_methods, reason = "the shell is where ids are made")]
        uuid::Uuid::now_v7().to_string()
    }

    fn number(&self) -> String {
        let mut bytes = [0; 12];
        if getrandom::fill(&mut bytes).is_err() {
            // Without randomness no number may be given out; an id is unique all the same.
            return self.id().replace('-', "").to_uppercase().chars().skip(12).collect();
        }
        data_encoding::BASE32_NOPAD.encode(&bytes)
    }
}

/// 1 where the machine failed, 2 where the request was wrong or refused.
pub(crate) fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.downcast_ref::<Wrong>().is_some() {
        return ExitCode::from(2);
    }
    match error.downcast_ref::<ServiceError>() {
        Some(ServiceError::Failed(_) | ServiceError::Busy) | None => ExitCode::FAILURE,
        Some(_) => ExitCode::from(2),
    }
}

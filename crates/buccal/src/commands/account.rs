//! `buccal account ...`

use std::io::BufRead;
use std::process::ExitCode;

use clap::Subcommand;
use journey::actor::Role;
use journey::ids::AccountId;
use service::{Actor, OpContext};
use store::custody::account::Grant;

use super::{act, done, read};
use crate::output::{show, wrong};
use crate::shell::{Common, RealIds, now};

/// What can be done with accounts. Passwords are read from standard input, one line.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Accounts and their roles
    List,
    /// Create the first administrator of an empty programme
    First {
        /// Its name
        name: String,
    },
    /// Create an account
    Create {
        /// Its name
        name: String,
        /// Roles, each as role@place; the place is a site, an ORI or *
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
    },
    /// Give an account a further role
    Grant {
        /// Its name
        name: String,
        /// role@place; the place is a site, an ORI or *
        role: String,
    },
    /// End an account's right to sign in, and its sessions
    Deactivate {
        /// Its name
        name: String,
    },
}

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::List => read(common, |programme, op| Ok(programme.list_accounts(op)?)),
        Verb::First { name } => {
            let password = password()?;
            let programme = common.open()?;
            let actor = Actor::programme();
            let purpose = "first account".to_owned();
            let op = OpContext { at: now(), actor, purpose, ids: &RealIds };
            programme.create_first_account(&op, &AccountId::new(name), &password)?;
            show(&done("created"), common.json)?;
            Ok(ExitCode::SUCCESS)
        }
        Verb::Create { name, roles } => {
            let grants = roles.iter().map(|text| grant(text)).collect::<Result<Vec<_>, _>>()?;
            let password = password()?;
            act(common, |programme, op| {
                programme.create_account(op, &AccountId::new(name), &password, &grants)?;
                Ok(done("created"))
            })
        }
        Verb::Grant { name, role } => {
            let grant = grant(&role)?;
            act(common, |programme, op| {
                programme.grant_role(op, &AccountId::new(name), &grant)?;
                Ok(done("granted"))
            })
        }
        Verb::Deactivate { name } => act(common, |programme, op| {
            programme.deactivate_account(op, &AccountId::new(name))?;
            Ok(done("deactivated"))
        }),
    }
}

fn grant(text: &str) -> anyhow::Result<Grant> {
    let (word, site) = text.split_once('@').unwrap_or((text, ""));
    let role = Role::from_word(word).ok_or_else(|| {
        let known: Vec<_> = Role::ALL.iter().map(|role| role.word()).collect();
        wrong(format!("role: '{word}' is no role; give one of {}", known.join(", ")))
    })?;
    if site.is_empty() {
        return Err(wrong(format!("role: '{text}' has no place; write {word}@SITE or {word}@*")));
    }
    Ok(Grant { role, site: site.to_owned() })
}

fn password() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

//! Accounts and sessions: Argon2id for passwords, a random token for a session, of which only the
//! digest is stored. Absent: a second factor.

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, PasswordHash};
use jiff::{SignedDuration, Timestamp};
use journey::actor::Role;
use journey::ids::AccountId;
use journey::refusal::RefusalCode;
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::StoreError;
use store::custody::account as rows;
use store::custody::account::Grant;

use crate::context::{Actor, OpContext};
use crate::error::{ServiceError, not_empty};
use crate::programme::Programme;
use crate::unit::note;

/// A session ends this long after it began.
pub const SESSION_HOURS_MAX: i64 = 12;
/// A session ends this long after it was last used.
pub const SESSION_IDLE_MINUTES_MAX: i64 = 30;
/// Characters that a password has at least (NIST SP 800-63B-4 asks for 15 without a second
/// factor; figure remembered, tag M).
pub const PASSWORD_CHARACTERS_MIN: usize = 15;

/// Failed attempts on one account within [`FAILURES_MINUTES`] after which it waits. NIST SP
/// 800-63B-4 allows no more than 100 in a row (figure remembered, tag M); this is stricter.
pub const FAILURES_MAX: u64 = 20;
/// The time within which failed attempts are counted.
pub const FAILURES_MINUTES: i64 = 15;

/// A session that was just opened. The token is shown once and stored nowhere.
pub struct Opened {
    /// Goes into the cookie.
    pub token: String,
    /// Who.
    pub actor: Actor,
}

/// A session that is in force.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Who.
    pub actor: Actor,
    /// What every form must carry.
    pub csrf: String,
}

/// An account as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The account.
    pub account: AccountId,
    /// Whether it may sign in.
    pub active: bool,
    /// Roles, each with its place.
    pub roles: Vec<String>,
}

impl Programme {
    /// Creates an account with roles.
    ///
    /// # Errors
    /// `Invalid` for a short password or an empty name; `Conflict` for a name that is taken.
    pub fn create_account(
        &self,
        op: &OpContext<'_>,
        account: &AccountId,
        password: &str,
        grants: &[Grant],
    ) -> Result<(), ServiceError> {
        self.may(op, "account.create", "")?;
        self.add_account(op, account, password, grants)
    }

    /// Creates the first administrator of an empty programme.
    ///
    /// # Errors
    /// `Conflict` where there is an account already.
    pub fn create_first_account(
        &self,
        op: &OpContext<'_>,
        account: &AccountId,
        password: &str,
    ) -> Result<(), ServiceError> {
        if !self.custody.read(rows::list)?.is_empty() {
            return Err(ServiceError::Conflict);
        }
        let grants = [Grant { role: Role::Administrator, site: "*".to_owned() }];
        self.add_account(op, account, password, &grants)
    }

    fn add_account(
        &self,
        op: &OpContext<'_>,
        account: &AccountId,
        password: &str,
        grants: &[Grant],
    ) -> Result<(), ServiceError> {
        not_empty("account", account.as_str())?;
        let hash = hash(password)?;
        self.step(op, "account", account.as_str(), |tx| {
            if rows::load(tx, account)?.is_some() {
                return Err(ServiceError::Conflict);
            }
            rows::create(tx, account, &hash, op.at)?;
            for grant in grants {
                rows::grant(tx, account, grant)?;
            }
            note(tx, op, "account", account.as_str(), "created", &words(grants))
        })
    }

    /// Gives another's account a further role.
    ///
    /// # Errors
    /// `NotFound`; `Refused` where somebody grants himself a role.
    pub fn grant_role(
        &self,
        op: &OpContext<'_>,
        account: &AccountId,
        grant: &Grant,
    ) -> Result<(), ServiceError> {
        self.may(op, "account.grant", "")?;
        if op.actor.account == *account {
            return Err(RefusalCode::SamePerson.about("nobody grants himself a role").into());
        }
        self.step(op, "account", account.as_str(), |tx| {
            if rows::load(tx, account)?.is_none() {
                return Err(ServiceError::not_found("account", account));
            }
            rows::grant(tx, account, grant)?;
            note(
                tx,
                op,
                "account",
                account.as_str(),
                "granted",
                &words(std::slice::from_ref(grant)),
            )
        })
    }

    /// Ends an account's right to sign in, and its sessions.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn deactivate_account(
        &self,
        op: &OpContext<'_>,
        account: &AccountId,
    ) -> Result<(), ServiceError> {
        self.may(op, "account.deactivate", "")?;
        self.step(op, "account", account.as_str(), |tx| {
            if !rows::set_active(tx, account, false)? {
                return Err(ServiceError::not_found("account", account));
            }
            note(tx, op, "account", account.as_str(), "deactivated", &())
        })
    }

    /// Every account with its roles.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_accounts(&self, op: &OpContext<'_>) -> Result<Vec<Listed>, ServiceError> {
        self.may(op, "account.list", "")?;
        self.custody.read(|tx| {
            let accounts = rows::list(tx)?;
            let mut listed = Vec::new();
            for (account, active, _) in accounts {
                let roles = words(&rows::grants(tx, &account)?);
                listed.push(Listed { account, active, roles });
            }
            Ok(listed)
        })
    }

    /// The actor behind an account, for the command line, whose gate is the data folder's file
    /// permissions.
    ///
    /// # Errors
    /// `NotFound` for an unknown or ended account.
    pub fn actor(&self, account: &AccountId) -> Result<Actor, ServiceError> {
        self.custody.read(|tx| {
            let stored = rows::load(tx, account)?.filter(|stored| stored.active);
            stored.ok_or_else(|| ServiceError::not_found("active account", account))?;
            Ok(Actor { account: account.clone(), grants: rows::grants(tx, account)? })
        })
    }

    /// Signs in. A wrong name and a wrong password answer alike, in the same time.
    ///
    /// # Errors
    /// `Invalid` where name and password do not fit; `Busy` after too many failed attempts.
    pub fn sign_in(
        &self,
        op: &OpContext<'_>,
        account: &AccountId,
        password: &str,
    ) -> Result<Opened, ServiceError> {
        let stored = self.custody.read(|tx| rows::load(tx, account))?;
        // What was typed into the wrong field, a password perhaps, stays out of the record.
        let subject = stored.as_ref().map_or("unknown", |_| account.as_str());
        let stored = stored.filter(|stored| stored.active);
        let window = SignedDuration::from_mins(FAILURES_MINUTES);
        let since = op.at.checked_sub(window).unwrap_or(Timestamp::MIN);
        if self.custody.read(|tx| rows::failures_since(tx, account, since))? >= FAILURES_MAX {
            return Err(ServiceError::Busy);
        }
        let hash = stored.as_ref().map_or(DECOY, |stored| stored.password_hash.as_str());
        let fits = verify(password, hash) && stored.is_some();
        if !fits {
            self.custody.write(|tx| note(tx, op, "account", subject, "sign_in_failed", &()))?;
            let text = "name and password do not fit; check both, or ask an administrator";
            return Err(ServiceError::Invalid(text.to_owned()));
        }
        let (token, csrf) = (random_token()?, random_token()?);
        self.custody.write(|tx| {
            rows::open_session(tx, &token_digest(&token), account, &csrf, op.at)?;
            note(tx, op, "account", account.as_str(), "signed_in", &())
        })?;
        Ok(Opened { token, actor: self.actor(account)? })
    }

    /// The session of a token, if it is in force; its idle time starts again.
    ///
    /// # Errors
    /// A database cannot be reached.
    pub fn session(&self, at: Timestamp, token: &str) -> Result<Option<Signed>, ServiceError> {
        let digest = token_digest(token);
        let Some(session) = self.custody.read(|tx| rows::session(tx, &digest))? else {
            return Ok(None);
        };
        let age = at.duration_since(session.created_at);
        let idle = at.duration_since(session.seen_at);
        let ended = age > SignedDuration::from_hours(SESSION_HOURS_MAX)
            || idle > SignedDuration::from_mins(SESSION_IDLE_MINUTES_MAX);
        if ended {
            self.custody.write(|tx| rows::close(tx, &digest))?;
            return Ok(None);
        }
        if idle > SignedDuration::from_mins(1) {
            self.custody.write(|tx| rows::touch(tx, &digest, at))?;
        }
        let actor = match self.actor(&session.account) {
            Err(ServiceError::NotFound { .. }) => return Ok(None),
            other => other?,
        };
        Ok(Some(Signed { actor, csrf: session.csrf }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// A database cannot be reached.
    pub fn sign_out(&self, op: &OpContext<'_>, token: &str) -> Result<(), ServiceError> {
        let account = op.actor.account.as_str();
        self.custody.write(|tx| {
            rows::close(tx, &token_digest(token))?;
            note(tx, op, "account", account, "signed_out", &())
        })
    }
}

/// A hash that no password fits, of the same cost as a real one.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn hash(password: &str) -> Result<String, ServiceError> {
    let characters = password.chars().count();
    if characters < PASSWORD_CHARACTERS_MIN {
        return Err(ServiceError::Invalid(format!(
            "password: it has {characters} characters; give it at least {PASSWORD_CHARACTERS_MIN}"
        )));
    }
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|_| StoreError::Encode("a password").into())
}

fn verify(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

fn random_token() -> Result<String, ServiceError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|_| ServiceError::Failed("the system gives no random bytes".to_owned()))?;
    Ok(data_encoding::BASE64URL_NOPAD.encode(&bytes))
}

fn token_digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

fn words(grants: &[Grant]) -> Vec<String> {
    grants.iter().map(|grant| format!("{} at {}", grant.role, grant.site)).collect()
}

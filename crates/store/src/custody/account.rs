//! Accounts with their roles, and sessions by token digest. No password and no token is stored,
//! only what tells whether one is right.

use jiff::Timestamp;
use journey::actor::Role;
use journey::ids::AccountId;

use crate::error::StoreError;
use crate::tx::{Row, Tx};
use crate::values;

const INSERT: &str = "INSERT INTO account (id, password_hash, active, at) VALUES ($1, $2, 1, $3)";
const GET: &str = "SELECT password_hash, active FROM account WHERE id = $1";
const LIST: &str = "SELECT id, active, at FROM account ORDER BY id";
const SET_ACTIVE: &str = "UPDATE account SET active = $2 WHERE id = $1";
const SET_PASSWORD: &str = "UPDATE account SET password_hash = $2 WHERE id = $1";
const GRANT: &str = "INSERT INTO account_role (account, role, site) VALUES ($1, $2, $3) \
     ON CONFLICT (account, role, site) DO NOTHING";
const GRANTS: &str = "SELECT role, site FROM account_role WHERE account = $1 ORDER BY role, site";
const OPEN_SESSION: &str = "INSERT INTO session (token_digest, account, csrf, created_at, seen_at) \
     VALUES ($1, $2, $3, $4, $4)";
const SESSION: &str =
    "SELECT account, csrf, created_at, seen_at FROM session WHERE token_digest = $1";
const TOUCH: &str = "UPDATE session SET seen_at = $2 WHERE token_digest = $1";
const CLOSE: &str = "DELETE FROM session WHERE token_digest = $1";
const CLOSE_ALL: &str = "DELETE FROM session WHERE account = $1";

const FAILURES: &str = "SELECT COUNT(*) AS failures FROM event WHERE subject = $1 \
     AND station = 'account' AND kind = 'sign_in_failed' AND at > $2";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[
    INSERT,
    GET,
    LIST,
    SET_ACTIVE,
    SET_PASSWORD,
    GRANT,
    GRANTS,
    OPEN_SESSION,
    SESSION,
    TOUCH,
    CLOSE,
    CLOSE_ALL,
    FAILURES,
];

/// A role at a place. The place is a site, a laboratory's ORI, or `*` for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Where.
    pub site: String,
}

/// What is stored of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The password's Argon2id hash in PHC form.
    pub password_hash: String,
    /// False for one that may not sign in any more.
    pub active: bool,
}

/// What is stored of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub account: AccountId,
    /// Token that every form of the session carries.
    pub csrf: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub seen_at: Timestamp,
}

/// Creates an account. Error: `Conflict` if the name is taken.
pub fn create(
    tx: &mut dyn Tx,
    id: &AccountId,
    password_hash: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(INSERT, values![id.as_str(), password_hash, at])?;
    Ok(())
}

/// An account.
pub fn load(tx: &mut dyn Tx, id: &AccountId) -> Result<Option<Account>, StoreError> {
    let row = tx.first(GET, values![id.as_str()])?;
    row.map(|row| {
        let password_hash = row.get_text("password_hash")?.to_owned();
        Ok(Account { password_hash, active: row.get_bool("active")? })
    })
    .transpose()
}

/// Every account: name, whether active, since when.
pub fn list(tx: &mut dyn Tx) -> Result<Vec<(AccountId, bool, Timestamp)>, StoreError> {
    let read = |row: &Row| {
        let id = AccountId::from(row.get_text("id")?);
        Ok((id, row.get_bool("active")?, row.get_at("at")?))
    };
    tx.query(LIST, &[])?.iter().map(read).collect()
}

/// Lets an account sign in, or not; its sessions end where not.
pub fn set_active(tx: &mut dyn Tx, id: &AccountId, active: bool) -> Result<bool, StoreError> {
    if !active {
        tx.execute(CLOSE_ALL, values![id.as_str()])?;
    }
    Ok(tx.execute(SET_ACTIVE, values![id.as_str(), active])? == 1)
}

/// Replaces the password; its sessions end.
pub fn set_password(tx: &mut dyn Tx, id: &AccountId, hash: &str) -> Result<bool, StoreError> {
    tx.execute(CLOSE_ALL, values![id.as_str()])?;
    Ok(tx.execute(SET_PASSWORD, values![id.as_str(), hash])? == 1)
}

/// Gives a role at a place; giving it twice does nothing.
pub fn grant(tx: &mut dyn Tx, id: &AccountId, grant: &Grant) -> Result<(), StoreError> {
    tx.execute(GRANT, values![id.as_str(), grant.role.word(), &grant.site])?;
    Ok(())
}

/// The roles of an account.
pub fn grants(tx: &mut dyn Tx, id: &AccountId) -> Result<Vec<Grant>, StoreError> {
    let read = |row: &Row| {
        let role = Role::from_word(row.get_text("role")?)
            .ok_or_else(|| StoreError::corrupt("account_role", id, "role"))?;
        Ok(Grant { role, site: row.get_text("site")?.to_owned() })
    };
    tx.query(GRANTS, values![id.as_str()])?.iter().map(read).collect()
}

/// Begins a session.
pub fn open_session(
    tx: &mut dyn Tx,
    token_digest: &[u8],
    account: &AccountId,
    csrf: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(OPEN_SESSION, values![token_digest, account.as_str(), csrf, at])?;
    Ok(())
}

/// The session of a token.
pub fn session(tx: &mut dyn Tx, token_digest: &[u8]) -> Result<Option<Session>, StoreError> {
    let read = |row: Row| {
        Ok(Session {
            account: AccountId::from(row.get_text("account")?),
            csrf: row.get_text("csrf")?.to_owned(),
            created_at: row.get_at("created_at")?,
            seen_at: row.get_at("seen_at")?,
        })
    };
    tx.first(SESSION, values![token_digest])?.map(read).transpose()
}

/// Notes that a session was used.
pub fn touch(tx: &mut dyn Tx, token_digest: &[u8], at: Timestamp) -> Result<(), StoreError> {
    tx.execute(TOUCH, values![token_digest, at])?;
    Ok(())
}

/// How often somebody failed to sign in to an account since an instant.
pub fn failures_since(
    tx: &mut dyn Tx,
    account: &AccountId,
    since: Timestamp,
) -> Result<u64, StoreError> {
    let row = tx.first(FAILURES, values![account.as_str(), since])?;
    row.ok_or(StoreError::Aborted)?.get_u64("failures")
}

/// Ends a session.
pub fn close(tx: &mut dyn Tx, token_digest: &[u8]) -> Result<(), StoreError> {
    tx.execute(CLOSE, values![token_digest])?;
    Ok(())
}

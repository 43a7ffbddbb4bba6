//! The audit record: read it, verify it, sign it. The custody record anchors the index's, so that
//! one published checkpoint commits to both.

use serde::Serialize;
use store::audit::checkpoint::{self, AuditKey, Checkpoint};
use store::audit::{self, Event, verify};
use store::{Database, Tx};

use crate::context::OpContext;
use crate::error::ServiceError;
use crate::programme::Programme;
use crate::unit::note;

/// One side of the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Names.
    Custody,
    /// Profiles.
    Index,
}

impl Side {
    /// The word of pages and files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Custody => "custody",
            Self::Index => "index",
        }
    }
}

/// How a record verifies.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// Which record.
    pub side: Side,
    /// Entries.
    pub size: u64,
    /// Root hash in base64, as a checkpoint writes it.
    pub root: String,
    /// Entries that a signed checkpoint covers.
    pub signed: u64,
    /// What is wrong, naming the first bad entry; `None` where nothing is.
    pub fault: Option<String>,
}

/// A record as it was signed, for publication: whoever keeps it can prove a later change.
#[derive(Clone, Debug, Serialize)]
pub struct Signed {
    /// Which record.
    pub side: Side,
    /// Entries that it covers.
    pub size: u64,
    /// The key that verifies it, in the form of the C2SP signed note.
    pub verifier_key: String,
    /// The checkpoint, in the form of the C2SP tlog checkpoint.
    pub checkpoint: String,
}

/// An entry of the record as pages show it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Number.
    pub entry: u64,
    /// When.
    pub at: jiff::Timestamp,
    /// Who.
    pub actor: String,
    /// Why.
    pub purpose: String,
    /// Station.
    pub station: String,
    /// About what.
    pub subject: String,
    /// What happened.
    pub kind: String,
    /// Details, without personal values.
    pub body: String,
}

#[derive(Serialize)]
struct Anchor {
    record: &'static str,
    size: u64,
    root: String,
}

impl Programme {
    /// Verifies both records from the first entry to the last. `progress` gets the side, entries
    /// done, and entries in all.
    ///
    /// # Errors
    /// `Forbidden`; a database cannot be read. A fault in a record is part of the answer.
    pub fn verify_audit(
        &self,
        op: &OpContext<'_>,
        progress: &dyn Fn(Side, u64, u64),
    ) -> Result<Vec<Checked>, ServiceError> {
        self.may(op, "audit.verify", "")?;
        [Side::Custody, Side::Index].into_iter().map(|side| self.verify(side, progress)).collect()
    }

    fn verify(
        &self,
        side: Side,
        progress: &dyn Fn(Side, u64, u64),
    ) -> Result<Checked, ServiceError> {
        let key = match side {
            Side::Custody => self.keys.audit_custody()?,
            Side::Index => self.keys.audit_index()?,
        };
        let verifier = key.verifier()?;
        let step = |done, total| progress(side, done, total);
        let outcome =
            self.database(side).read(|tx| match verify::verify(tx, &verifier, &step) {
                Err(verify::AuditFault::Store(error)) => Err(error),
                other => Ok(other),
            })?;
        match outcome {
            Ok(verified) => Ok(Checked {
                side,
                size: verified.size,
                root: verified.root.to_string(),
                signed: verified.signed,
                fault: None,
            }),
            Err(fault) => {
                let size = self.database(side).read(audit::size)?;
                let fault = Some(fault.to_string());
                Ok(Checked { side, size, root: String::new(), signed: 0, fault })
            }
        }
    }

    /// Signs both records as they stand. The index goes first, and its root becomes an entry of
    /// the custody record. What comes back is to be published outside this programme.
    ///
    /// # Errors
    /// `Forbidden`; a record does not continue its last checkpoint: it was changed behind the
    /// programme.
    pub fn sign_audit(&self, op: &OpContext<'_>) -> Result<Vec<Signed>, ServiceError> {
        self.may(op, "audit.sign", "")?;
        let key = self.keys.audit_index()?;
        let index = self.index.write(|tx| checkpoint::sign(tx, &key, op.at))?;
        let signed_index = index.map(|note| signed(Side::Index, &key, note));
        let (size, root) = self.size_and_root(Side::Index)?;
        let anchor = Anchor { record: "index", size, root };
        let key = self.keys.audit_custody()?;
        let custody = self.custody.write(|tx| {
            note(tx, op, "audit", "index", "anchored", &anchor)?;
            Ok::<_, ServiceError>(checkpoint::sign(tx, &key, op.at)?)
        })?;
        let signed_custody = custody.map(|note| signed(Side::Custody, &key, note));
        Ok(signed_custody.into_iter().chain(signed_index).collect())
    }

    /// Entries and root of a record as it stands.
    ///
    /// # Errors
    /// A database cannot be read.
    pub fn size_and_root(&self, side: Side) -> Result<(u64, String), ServiceError> {
        self.database(side).read(|tx| {
            let size = audit::size(tx)?;
            let root = audit::root(tx, size)?;
            Ok((size, root.to_string()))
        })
    }

    /// The newest entries of a record before one (`None`: the newest of all).
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_audit(
        &self,
        op: &OpContext<'_>,
        side: Side,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        self.may(op, "audit.view", "")?;
        let page =
            self.database(side).read(|tx: &mut dyn Tx| audit::page_back(tx, before, limit))?;
        Ok(page.into_iter().map(listed).collect())
    }

    pub(crate) fn database(&self, side: Side) -> &Database {
        match side {
            Side::Custody => &self.custody,
            Side::Index => &self.index,
        }
    }
}

fn signed(side: Side, key: &AuditKey, checkpoint: Checkpoint) -> Signed {
    Signed {
        side,
        size: checkpoint.size,
        verifier_key: key.verifier_key(),
        checkpoint: checkpoint.note,
    }
}

fn listed(event: Event) -> Listed {
    Listed {
        entry: event.seq,
        at: event.at,
        actor: event.actor,
        purpose: event.purpose,
        station: event.station,
        subject: event.subject,
        kind: event.kind,
        body: event.body,
    }
}

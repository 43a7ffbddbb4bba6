//! Signed checkpoints of the record: C2SP tlog-checkpoint text in a C2SP signed note (Ed25519).
//! Anyone with the verifier key can check one without this programme. A checkpoint kept elsewhere
//! is what proves that the end of the record was not cut off.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};
use jiff::Timestamp;
use signed_note::{Note, StandardVerifier, VerifierList, key_id, new_ed25519_verifier_key};
use tlog_tiles::Checkpoint as Text;

use crate::audit::{self, Hash, int};
use crate::error::StoreError;
use crate::tx::{Row, Tx};
use crate::values;

const LATEST: &str = "SELECT size, at, note FROM checkpoint ORDER BY size DESC LIMIT 1";
const NEXT: &str = "SELECT size, at, note FROM checkpoint WHERE size > $1 ORDER BY size LIMIT 1";
const INSERT: &str = "INSERT INTO checkpoint (size, at, note) VALUES ($1, $2, $3)";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[LATEST, NEXT, INSERT];

/// Signature type of Ed25519 in a signed note.
const ED25519: u8 = 1;

/// The secret that signs checkpoints of one record. `Debug` shows the origin only.
pub struct AuditKey {
    origin: String,
    key: SigningKey,
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditKey({}, ..)", self.origin)
    }
}

impl AuditKey {
    /// From the 32-byte Ed25519 seed. `origin` names the record, such as `buccal/custody`; it has
    /// neither spaces nor `+`.
    pub fn new(origin: &str, seed: &[u8; 32]) -> Result<Self, StoreError> {
        if !signed_note::is_key_name_valid(origin) {
            return Err(StoreError::Key("the origin has a space or a plus sign".to_owned()));
        }
        Ok(Self { origin: origin.to_owned(), key: SigningKey::from_bytes(seed) })
    }

    /// The public key as text, `<origin>+<id>+<base64>`: to be published.
    #[must_use]
    pub fn verifier_key(&self) -> String {
        new_ed25519_verifier_key(&self.origin, &self.key.verifying_key())
    }

    /// What checks this key's signatures.
    pub fn verifier(&self) -> Result<AuditVerifier, StoreError> {
        AuditVerifier::new(&self.verifier_key())
    }
}

impl signed_note::Signer for AuditKey {
    fn name(&self) -> &str {
        &self.origin
    }

    fn key_id(&self) -> u32 {
        let mut public = vec![ED25519];
        public.extend_from_slice(self.key.verifying_key().as_bytes());
        key_id(&self.origin, &public)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ed25519_dalek::SignatureError> {
        Ok(self.key.try_sign(message)?.to_vec())
    }
}

/// The public side of an [`AuditKey`].
#[derive(Clone)]
pub struct AuditVerifier {
    origin: String,
    verifier: StandardVerifier,
}

impl fmt::Debug for AuditVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditVerifier({})", self.origin)
    }
}

impl AuditVerifier {
    /// From the text of [`AuditKey::verifier_key`].
    pub fn new(verifier_key: &str) -> Result<Self, StoreError> {
        let verifier = StandardVerifier::new(verifier_key)
            .map_err(|error| StoreError::Key(format!("verifier key: {error}")))?;
        let origin = verifier_key.split('+').next().unwrap_or_default().to_owned();
        Ok(Self { origin, verifier })
    }

    /// Size and root that a note states, if it is well formed, of this origin, and validly signed;
    /// otherwise what is wrong with it.
    pub fn open(&self, note: &str) -> Result<(u64, Hash), NoteFault> {
        let note = Note::from_bytes(note.as_bytes()).map_err(|_| NoteFault::Malformed)?;
        let known = VerifierList::new(vec![Box::new(self.verifier.clone())]);
        note.verify(&known).map_err(|_| NoteFault::Signature)?;
        let text = Text::from_bytes(note.text()).map_err(|_| NoteFault::Malformed)?;
        if text.origin() != self.origin {
            return Err(NoteFault::Origin);
        }
        Ok((text.size(), *text.hash()))
    }
}

/// What is wrong with a checkpoint's note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteFault {
    /// Not a signed note with a checkpoint in it.
    #[error("is not a well-formed signed note")]
    Malformed,
    /// No valid signature of this key.
    #[error("has no valid signature of the record's key")]
    Signature,
    /// A checkpoint of another record.
    #[error("belongs to another record")]
    Origin,
}

/// A stored checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Number of events it covers.
    pub size: u64,
    /// When it was signed.
    pub at: Timestamp,
    /// The signed note, as it is to be published.
    pub note: String,
}

impl Checkpoint {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let note = row.get_text("note")?.to_owned();
        Ok(Self { size: row.get_u64("size")?, at: row.get_at("at")?, note })
    }
}

/// Signs the record as it stands and stores the checkpoint; gives the existing one if nothing was
/// added since, `None` if the record is empty. Error: `Corrupt` if the record does not continue the
/// latest checkpoint, for then signing it would cover up a change.
pub fn sign(
    tx: &mut dyn Tx,
    key: &AuditKey,
    at: Timestamp,
) -> Result<Option<Checkpoint>, StoreError> {
    let size = audit::size(tx)?;
    if let Some(last) = latest(tx)? {
        let damaged = |column| StoreError::corrupt("checkpoint", last.size, column);
        let (stated, root) = key.verifier()?.open(&last.note).map_err(|_| damaged("note"))?;
        if stated != last.size || size < stated || audit::root(tx, stated)? != root {
            return Err(damaged("size"));
        }
        if last.size == size {
            return Ok(Some(last));
        }
    }
    if size == 0 {
        return Ok(None);
    }
    let note = note(key, size, audit::root(tx, size)?)?;
    tx.execute(INSERT, values![int(size)?, at, &note])?;
    Ok(Some(Checkpoint { size, at, note }))
}

/// The newest checkpoint.
pub fn latest(tx: &mut dyn Tx) -> Result<Option<Checkpoint>, StoreError> {
    tx.first(LATEST, &[])?.map(|row| Checkpoint::read(&row)).transpose()
}

/// The smallest checkpoint of more than `size` events.
pub fn after(tx: &mut dyn Tx, size: u64) -> Result<Option<Checkpoint>, StoreError> {
    tx.first(NEXT, values![int(size)?])?.map(|row| Checkpoint::read(&row)).transpose()
}

fn note(key: &AuditKey, size: u64, root: Hash) -> Result<String, StoreError> {
    let failed = || StoreError::Encode("a checkpoint");
    let text = Text::new(&key.origin, size, root, "").map_err(|_| failed())?;
    let mut note = Note::new(&text.to_bytes(), &[]).map_err(|_| failed())?;
    note.add_sigs(&[key]).map_err(|_| failed())?;
    String::from_utf8(note.to_bytes()).map_err(|_| failed())
}

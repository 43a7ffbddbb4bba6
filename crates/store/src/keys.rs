//! The secrets of an installation, each in its own file that only its owner can read. Deliberately
//! absent: passwords and sessions (`service`), and any copy of a key in a database.
//!
//! A file holds 64 hexadecimal digits and a newline. Losing `kek.key` loses every personal value;
//! losing `digest.key` or `link.key` loses look-ups; losing an audit seed only needs a new one.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;

use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use crate::audit::checkpoint::AuditKey;
use crate::error::StoreError;

const KEK: &str = "kek.key";
const DIGEST: &str = "digest.key";
const LINK: &str = "link.key";
const AUDIT_CUSTODY: &str = "audit-custody.key";
const AUDIT_INDEX: &str = "audit-index.key";

/// Name of the custody record in its checkpoints.
pub const ORIGIN_CUSTODY: &str = "buccal/custody";
/// Name of the index record in its checkpoints.
pub const ORIGIN_INDEX: &str = "buccal/index";

/// 32 secret bytes; wiped when dropped, never shown.
#[derive(Clone)]
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// Takes the bytes over; the caller's copy is the caller's to wipe.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// New random bytes of the operating system.
    pub fn random() -> Result<Self, StoreError> {
        let mut secret = Self::new([0; 32]);
        getrandom::fill(secret.0.as_mut_slice())
            .map_err(|_| StoreError::Key("the system gives no random bytes".to_owned()))?;
        Ok(secret)
    }

    /// The bytes themselves.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// All secrets of an installation.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Wraps every person's data key.
    pub kek: Secret,
    /// Keys digests that stand for personal values in look-ups and events.
    pub digest: Secret,
    /// Keys the link between a sample and its specimen number.
    pub link: Secret,
    audit_custody: Secret,
    audit_index: Secret,
}

impl Keys {
    /// Loads the keys from a directory. Errors: a file is missing, malformed, or readable by
    /// others than its owner.
    pub fn load(directory: &Path) -> Result<Self, StoreError> {
        Self::each(|name| load(&directory.join(name)))
    }

    /// Makes new keys in a directory, which is made if absent (0700, files 0600). Error: a key file
    /// exists already; an existing key is never replaced.
    pub fn create(directory: &Path) -> Result<Self, StoreError> {
        make_directory(directory)?;
        let keys = Self::each(|name| create(&directory.join(name)))?;
        sync_directory(directory)?;
        Ok(keys)
    }

    /// Loads the keys if the directory holds the first of them, otherwise makes new ones.
    pub fn load_or_create(directory: &Path) -> Result<Self, StoreError> {
        if directory.join(KEK).exists() { Self::load(directory) } else { Self::create(directory) }
    }

    /// Signs checkpoints of the custody record.
    pub fn audit_custody(&self) -> Result<AuditKey, StoreError> {
        AuditKey::new(ORIGIN_CUSTODY, self.audit_custody.expose())
    }

    /// Signs checkpoints of the index record.
    pub fn audit_index(&self) -> Result<AuditKey, StoreError> {
        AuditKey::new(ORIGIN_INDEX, self.audit_index.expose())
    }

    fn each(get: impl Fn(&str) -> Result<Secret, StoreError>) -> Result<Self, StoreError> {
        Ok(Self {
            kek: get(KEK)?,
            digest: get(DIGEST)?,
            link: get(LINK)?,
            audit_custody: get(AUDIT_CUSTODY)?,
            audit_index: get(AUDIT_INDEX)?,
        })
    }
}

/// Keyed digest (HMAC-SHA-256) of a value: equal values have equal digests, and without the key the
/// value cannot be guessed by trying. `domain` keeps digests of different things apart.
pub fn digest(key: &Secret, domain: &str, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose())
        .map_err(|_| StoreError::Encode("a keyed digest"))?;
    mac.update(&(domain.len() as u64).to_be_bytes());
    mac.update(domain.as_bytes());
    mac.update(bytes);
    Ok(mac.finalize().into_bytes().into())
}

fn problem(path: &Path, what: impl fmt::Display) -> StoreError {
    StoreError::Key(format!("{}: {what}", path.display()))
}

fn load(path: &Path) -> Result<Secret, StoreError> {
    let file = File::open(path).map_err(|error| problem(path, error.kind()))?;
    private(&file).map_err(|what| problem(path, what))?;
    let mut text = Zeroizing::new(String::with_capacity(128));
    file.take(128).read_to_string(&mut text).map_err(|error| problem(path, error.kind()))?;
    let malformed = || problem(path, "expected 64 hexadecimal digits and a newline");
    let mut bytes =
        HEXLOWER_PERMISSIVE.decode(text.trim_end().as_bytes()).map_err(|_| malformed())?;
    let secret = <[u8; 32]>::try_from(bytes.as_slice()).map(Secret::new);
    bytes.zeroize();
    secret.map_err(|_| malformed())
}

fn create(path: &Path) -> Result<Secret, StoreError> {
    let secret = Secret::random()?;
    let mut text = Zeroizing::new(HEXLOWER_PERMISSIVE.encode(secret.expose()));
    text.push('\n');
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| problem(path, error.kind()))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|error| problem(path, error.kind()))?;
    Ok(secret)
}

fn make_directory(directory: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|error| problem(directory, error.kind()))
}

#[cfg(unix)]
fn private(file: &File) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = file.metadata().map_err(|error| error.kind().to_string())?;
    match metadata.mode() & 0o077 {
        0 => Ok(()),
        _ => Err("other users can read it; its mode has to be 600".to_owned()),
    }
}

#[cfg(not(unix))]
fn private(_: &File) -> Result<(), String> {
    Ok(())
}

/// Makes the new names last through a power cut; where directories cannot be synced, nothing.
fn sync_directory(directory: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        fs::File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(|error| problem(directory, error.kind()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let secret = Secret::new([0xab; 32]);
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        let key = AuditKey::new("buccal/custody", secret.expose()).unwrap();
        assert_eq!(format!("{key:?}"), "AuditKey(buccal/custody, ..)");
    }

    #[test]
    fn created_keys_are_loaded_again_and_never_replaced() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("keys");
        let made = Keys::create(&directory).unwrap();
        let loaded = Keys::load_or_create(&directory).unwrap();
        assert_eq!(made.kek.expose(), loaded.kek.expose());
        assert_eq!(made.audit_index.expose(), loaded.audit_index.expose());
        assert_ne!(made.kek.expose(), made.digest.expose());
        assert!(Keys::create(&directory).is_err());
        assert!(!format!("{made:?}").contains("[1"), "no bytes in Debug");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        Keys::create(home.path()).unwrap();
        let path = home.path().join(LINK);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = Keys::load(home.path()).unwrap_err().to_string();
        assert!(error.ends_with("link.key: other users can read it; its mode has to be 600"));
    }

    #[test]
    fn a_malformed_key_is_named_and_not_shown() {
        let home = tempfile::tempdir().unwrap();
        Keys::create(home.path()).unwrap();
        fs::write(home.path().join(DIGEST), "5ecre7").unwrap();
        let error = Keys::load(home.path()).unwrap_err().to_string();
        assert!(error.contains("digest.key: expected 64 hexadecimal digits"), "{error}");
        assert!(!error.contains("5ecre7"));
    }

    #[test]
    fn digest_is_hmac_of_length_domain_and_bytes() {
        let key = Secret::new([7; 32]);
        let mut mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
        mac.update(b"\0\0\0\0\0\0\0\x03fpnA12");
        let wanted: [u8; 32] = mac.finalize().into_bytes().into();
        assert_eq!(digest(&key, "fpn", b"A12").unwrap(), wanted);
        assert_ne!(digest(&key, "fp", b"nA12").unwrap(), wanted);
        assert_ne!(digest(&Secret::new([8; 32]), "fpn", b"A12").unwrap(), wanted);
    }
}

//! Sealed personal values: AES-256-GCM-SIV under a data key of the person's own, which is stored
//! wrapped by the key-encryption key. Destroying the wrapped key removes every value of the person,
//! also in backups of the values. Deliberately absent: searching in sealed values (a keyed digest
//! beside the value serves that, see `keys::digest`).
//!
//! Sealed bytes: one byte 1 (format), 12 bytes nonce, ciphertext with its 16-byte tag. The place of
//! the value is bound to it, so a value moved to another row, column or table does not open.

use std::fmt;

use aes_gcm_siv::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::keys::Secret;
use crate::tx::Tx;
use crate::values;

const FORMAT: u8 = 1;
const NONCE_LEN: usize = 12;

const INSERT: &str = "INSERT INTO person_key (person_id, wrapped) VALUES ($1, $2)";
const GET: &str = "SELECT wrapped FROM person_key WHERE person_id = $1";
const DELETE: &str = "DELETE FROM person_key WHERE person_id = $1";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[INSERT, GET, DELETE];

/// Where a sealed value belongs. Its text, `table/row/column`, is authenticated with the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// Table name.
    pub table: &'static str,
    /// Identifier of the row.
    pub row: &'a str,
    /// Column name.
    pub column: &'static str,
}

impl Place<'_> {
    fn damaged(&self) -> StoreError {
        StoreError::corrupt(self.table, self.row, self.column)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.table, self.row, self.column)
    }
}

/// Seals bytes for a place. The result is 29 bytes longer.
pub fn seal(key: &Secret, place: Place<'_>, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut nonce = [0; NONCE_LEN];
    getrandom::fill(&mut nonce)
        .map_err(|_| StoreError::Key("the system gives no random bytes".to_owned()))?;
    let aad = place.to_string();
    let payload = Payload { msg: bytes, aad: aad.as_bytes() };
    let sealed = Aes256GcmSiv::new(key.expose().into())
        .encrypt(&Nonce::from(nonce), payload)
        .map_err(|_| StoreError::Encode("a sealed value"))?;
    Ok([[FORMAT].as_slice(), &nonce, &sealed].concat())
}

/// Opens sealed bytes; they are wiped when dropped. Error: `Corrupt` at the place if they were
/// changed, moved from another place, or sealed with another key.
pub fn open(
    key: &Secret,
    place: Place<'_>,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let rest = sealed.strip_prefix(&[FORMAT]).ok_or_else(|| place.damaged())?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(|| place.damaged())?;
    let aad = place.to_string();
    Aes256GcmSiv::new(key.expose().into())
        .decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: aad.as_bytes() })
        .map(Zeroizing::new)
        .map_err(|_| place.damaged())
}

/// [`open`] for values that were sealed as UTF-8 text.
pub fn open_text(
    key: &Secret,
    place: Place<'_>,
    sealed: &[u8],
) -> Result<Zeroizing<String>, StoreError> {
    let bytes = open(key, place, sealed)?;
    let text = str::from_utf8(&bytes).map_err(|_| place.damaged())?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Makes and stores a data key for a person. Error: `Conflict` if the person has one.
pub fn create(tx: &mut dyn Tx, kek: &Secret, person_id: &str) -> Result<Secret, StoreError> {
    let key = Secret::random()?;
    let wrapped = seal(kek, key_place(person_id), key.expose())?;
    tx.execute(INSERT, values![person_id, wrapped])?;
    Ok(key)
}

/// The data key of a person. Error: `KeyDestroyed` if there is none (any more).
pub fn load(tx: &mut dyn Tx, kek: &Secret, person_id: &str) -> Result<Secret, StoreError> {
    let row = tx.first(GET, values![person_id])?.ok_or(StoreError::KeyDestroyed)?;
    let place = key_place(person_id);
    let bytes = open(kek, place, row.get_bytes("wrapped")?)?;
    let bytes = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| place.damaged())?;
    Ok(Secret::new(bytes))
}

/// Destroys the data key of a person: from the commit on nothing sealed with it can be opened.
/// `false` if there was none. Call [`crate::Database::scrub`] with `person_key` afterwards, and
/// keep backups of this table shorter than the time within which a removal has to be complete.
pub fn destroy(tx: &mut dyn Tx, person_id: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE, values![person_id])? == 1)
}

fn key_place(person_id: &str) -> Place<'_> {
    Place { table: "person_key", row: person_id, column: "wrapped" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { table: "person", row: "p1", column: "name" };

    #[test]
    fn a_sealed_value_opens_only_in_its_place_and_with_its_key() {
        let key = Secret::new([1; 32]);
        let sealed = seal(&key, PLACE, b"value").unwrap();
        assert_eq!(sealed.len(), 5 + 29);
        assert_eq!(open(&key, PLACE, &sealed).unwrap().as_slice(), b"value");
        assert_eq!(open_text(&key, PLACE, &sealed).unwrap().as_str(), "value");
        for place in [
            Place { table: "other", ..PLACE },
            Place { row: "p2", ..PLACE },
            Place { column: "born", ..PLACE },
        ] {
            assert!(open(&key, place, &sealed).is_err(), "{place}");
        }
        assert!(open(&Secret::new([2; 32]), PLACE, &sealed).is_err());
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_found() {
        let key = Secret::new([1; 32]);
        let sealed = seal(&key, PLACE, b"value").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            let error = open(&key, PLACE, &changed).unwrap_err().to_string();
            assert_eq!(error, "damaged value in table person, row p1, column name");
            assert!(open(&key, PLACE, &sealed[..at]).is_err());
        }
    }

    #[test]
    fn equal_values_are_sealed_differently() {
        let key = Secret::new([1; 32]);
        assert_ne!(seal(&key, PLACE, b"v").unwrap(), seal(&key, PLACE, b"v").unwrap());
    }
}

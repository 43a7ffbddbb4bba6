//! Bookings and the persons they are of. Names are sealed; fingerprint numbers are found by
//! keyed digest.

use jiff::Timestamp;
use journey::booking;
use journey::ids::{BookingId, PersonId};

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::Tx;
use crate::values;

/// The table.
pub const TABLE: &str = "booking";
const KEYS: &str = "UPDATE booking SET person_id = $2, site = $3, booked_at = $4 WHERE id = $1";
const SEAL: &str = "UPDATE booking SET sealed = $2 WHERE id = $1";
const SEALED: &str = "SELECT sealed FROM booking WHERE id = $1";
const OF_PERSON: &str =
    "SELECT id, version, state, at FROM booking WHERE person_id = $1 ORDER BY booked_at, id";
const PERSON_BY_DIGEST: &str = "SELECT id FROM person WHERE fingerprint_digest = $1";
const RECORD_PERSON: &str =
    "INSERT INTO person (id, fingerprint_digest, sealed, at) VALUES ($1, $2, $3, $4)";
const SEALED_PERSON: &str = "SELECT sealed FROM person WHERE id = $1";
const FORGET_PERSON: &str = "DELETE FROM person WHERE id = $1";
const FORGET_RECORDS: &str = "UPDATE booking SET sealed = NULL WHERE person_id = $1";
const FORGET_FACTS: &str = "UPDATE decision SET facts = $2 WHERE person_id = $1";

const NOTE_FINGERPRINTS: &str = "UPDATE person SET fingerprint_digest = $2 \
     WHERE id = $1 AND fingerprint_digest IS NULL";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[
    KEYS,
    SEAL,
    SEALED,
    OF_PERSON,
    PERSON_BY_DIGEST,
    RECORD_PERSON,
    SEALED_PERSON,
    FORGET_PERSON,
    FORGET_RECORDS,
    FORGET_FACTS,
    NOTE_FINGERPRINTS,
];

/// A stage as it is stored.
pub type Stored = Versioned<booking::Stage>;

/// Where it stands, if it is there.
pub fn load(tx: &mut dyn Tx, id: &BookingId) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &BookingId,
    before: Option<&Stored>,
    after: &booking::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, after.word(), after, at)?;
    let open = after.booked();
    let keys = values![id.as_str(), open.person.as_str(), open.site.as_str(), open.booked_at];
    tx.execute(KEYS, keys)?;
    Ok(())
}

/// Seals the whole record of the feed beside the booking.
pub fn seal_record(tx: &mut dyn Tx, id: &BookingId, sealed: &[u8]) -> Result<(), StoreError> {
    tx.execute(SEAL, values![id.as_str(), sealed])?;
    Ok(())
}

/// The sealed record of the feed.
pub fn sealed_record(tx: &mut dyn Tx, id: &BookingId) -> Result<Option<Vec<u8>>, StoreError> {
    let row = tx.first(SEALED, values![id.as_str()])?;
    Ok(row.as_ref().map(|row| row.opt_bytes("sealed")).transpose()?.flatten().map(<[u8]>::to_vec))
}

/// Bookings of a person, oldest first.
pub fn of_person(tx: &mut dyn Tx, person: &PersonId) -> Result<Vec<Stored>, StoreError> {
    let rows = tx.query(OF_PERSON, values![person.as_str()])?;
    rows.iter().map(|row| stream::read(TABLE, row)).collect()
}

/// The person with this fingerprint digest.
pub fn person_by_digest(tx: &mut dyn Tx, digest: &[u8]) -> Result<Option<PersonId>, StoreError> {
    let row = tx.first(PERSON_BY_DIGEST, values![digest])?;
    row.as_ref().map(|row| row.get_text("id").map(PersonId::from)).transpose()
}

/// Records a person: digest of the fingerprint number, if there is one, and the sealed values.
pub fn record_person(
    tx: &mut dyn Tx,
    person: &PersonId,
    digest: Option<&[u8]>,
    sealed: &[u8],
    at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(RECORD_PERSON, values![person.as_str(), digest, sealed, at])?;
    Ok(())
}

/// Notes the digest of a person's fingerprint number where none is noted yet; `false` where one is.
pub fn note_fingerprints(
    tx: &mut dyn Tx,
    person: &PersonId,
    digest: &[u8],
) -> Result<bool, StoreError> {
    Ok(tx.execute(NOTE_FINGERPRINTS, values![person.as_str(), digest])? == 1)
}

/// The sealed values of a person.
pub fn sealed_person(tx: &mut dyn Tx, person: &PersonId) -> Result<Option<Vec<u8>>, StoreError> {
    let row = tx.first(SEALED_PERSON, values![person.as_str()])?;
    row.as_ref().map(|row| row.get_bytes("sealed").map(<[u8]>::to_vec)).transpose()
}

/// Takes a person's sealed values and digest away; bookings stay, without them.
pub fn forget_person(tx: &mut dyn Tx, person: &PersonId) -> Result<(), StoreError> {
    tx.execute(FORGET_PERSON, values![person.as_str()])?;
    tx.execute(FORGET_RECORDS, values![person.as_str()])?;
    tx.execute(FORGET_FACTS, values![person.as_str(), Vec::new()])?;
    Ok(())
}

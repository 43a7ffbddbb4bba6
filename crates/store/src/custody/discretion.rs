//! Requests to set a rule aside, by booking.

use jiff::Timestamp;
use journey::discretion;
use journey::ids::BookingId;

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::Tx;

/// The table.
pub const TABLE: &str = "discretion";

/// A stage as it is stored.
pub type Stored = Versioned<discretion::Stage>;

/// Where it stands, if it is there.
pub fn load(tx: &mut dyn Tx, id: &BookingId) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &BookingId,
    before: Option<&Stored>,
    after: &discretion::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, after.word(), after, at)?;
    Ok(())
}

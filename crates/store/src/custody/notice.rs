//! Notices by receiver and due time; one about each thing.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use journey::ids::{ConfirmationId, NoticeId};
use journey::notice;

use crate::envelope::{self, Place};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::listing::After;
use crate::stream::{self, Versioned};
use crate::tx::Tx;
use crate::values;

/// The table.
pub const TABLE: &str = "notice";
const KEYS: &str = "UPDATE notice SET receiver = $2, due_at = $3 WHERE id = $1";
const ABOUT: &str = "UPDATE notice SET about = $2 WHERE id = $1";
const FIND_ABOUT: &str = "SELECT id FROM notice WHERE about = $1";
const OPEN_FOR: &str = "SELECT id, version, state, at FROM notice WHERE stage <> 'acknowledged' \
     AND ($1 = '' OR receiver = $1) AND (due_at > $2 OR (due_at = $2 AND id > $3)) \
     ORDER BY due_at, id LIMIT $4";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[KEYS, ABOUT, FIND_ABOUT, OPEN_FOR];

/// A stage as it is stored.
pub type Stored = Versioned<notice::Stage>;

/// Where it stands, if it is there.
pub fn load(tx: &mut dyn Tx, id: &NoticeId) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &NoticeId,
    before: Option<&Stored>,
    after: &notice::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, after.word(), after, at)?;
    let due = after.due();
    tx.execute(KEYS, values![id.as_str(), due.to.as_str(), due.due_at])?;
    Ok(())
}

/// Notes what a notice is about, so that the same is never raised twice.
/// Error: `Conflict` if it was raised already.
pub fn about(tx: &mut dyn Tx, id: &NoticeId, about: &str) -> Result<(), StoreError> {
    tx.execute(ABOUT, values![id.as_str(), about])?;
    Ok(())
}

/// The notice about something.
pub fn find_about(tx: &mut dyn Tx, about: &str) -> Result<Option<NoticeId>, StoreError> {
    let row = tx.first(FIND_ABOUT, values![about])?;
    row.as_ref().map(|row| row.get_text("id").map(NoticeId::from)).transpose()
}

/// Notices for a receiver, or for all where it is empty, that are not acknowledged, by due time.
pub fn open_for(
    tx: &mut dyn Tx,
    receiver: &str,
    after: &After,
    limit: u32,
) -> Result<Vec<Stored>, StoreError> {
    let rows = tx.query(OPEN_FOR, values![receiver, after.at, &after.id, limit])?;
    rows.iter().map(|row| stream::read(TABLE, row)).collect()
}

/// Seals which confirmation a notice of a hit is about, for this notice alone.
pub fn seal(
    keys: &Keys,
    id: &NoticeId,
    confirmation: &ConfirmationId,
) -> Result<String, StoreError> {
    let sealed = envelope::seal(&keys.link, place(id), confirmation.as_str().as_bytes())?;
    Ok(HEXLOWER.encode(&sealed))
}

/// The confirmation that was sealed for a notice.
pub fn open(keys: &Keys, id: &NoticeId, sealed: &str) -> Result<ConfirmationId, StoreError> {
    let damaged = |_| StoreError::corrupt(TABLE, id.as_str(), SEALED);
    let bytes = HEXLOWER.decode(sealed.as_bytes()).map_err(damaged)?;
    let text = envelope::open_text(&keys.link, place(id), &bytes)?;
    Ok(ConfirmationId::new(text.as_str()))
}

const SEALED: &str = "sealed";

fn place(id: &NoticeId) -> Place<'_> {
    Place { table: TABLE, row: id.as_str(), column: SEALED }
}

//! Collections: one a kit, one open a table.

use jiff::Timestamp;
use journey::collection;
use journey::ids::{BookingId, CollectionId, KitBarcode, Site};

use crate::error::StoreError;
use crate::stream::{self, Versioned};
use crate::tx::Tx;
use crate::values;

/// The table.
pub const TABLE: &str = "collection";
const KEYS: &str = "UPDATE collection SET kit = $2, person_id = $3, booking_id = $4, site = $5, \
     open_table = $6 \
     WHERE id = $1";
const OPEN_AT: &str = "SELECT id FROM collection WHERE site = $1 AND open_table = $2";
const OF_KIT: &str = "SELECT id, version, state, at FROM collection WHERE kit = $1";
const OF_BOOKING: &str =
    "SELECT id, version, state, at FROM collection WHERE booking_id = $1 ORDER BY at, id";
const TO_PACK: &str = "SELECT id, version, state, at FROM collection WHERE stage = 'sealed' \
     AND ($1 = '' OR site = $1) \
     AND NOT EXISTS (SELECT 1 FROM shipment_kit WHERE shipment_kit.kit = collection.kit) \
     ORDER BY at, id LIMIT $2";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[KEYS, OPEN_AT, OF_KIT, OF_BOOKING, TO_PACK];

/// A stage as it is stored.
pub type Stored = Versioned<collection::Stage>;

/// Where it stands, if it is there.
pub fn load(tx: &mut dyn Tx, id: &CollectionId) -> Result<Option<Stored>, StoreError> {
    stream::load(tx, TABLE, id.as_str())
}

/// Writes where it stands now. `before` is what was read.
pub fn save(
    tx: &mut dyn Tx,
    id: &CollectionId,
    before: Option<&Stored>,
    after: &collection::Stage,
    at: Timestamp,
) -> Result<(), StoreError> {
    let expected = before.map(|stored| stored.version);
    stream::put(tx, TABLE, id.as_str(), expected, after.word(), after, at)?;
    let opened = after.opened();
    let is_open = matches!(after, collection::Stage::Opened(_) | collection::Stage::Scanned(_));
    let open_table = is_open.then_some(opened.table.as_str());
    tx.execute(
        KEYS,
        values![
            id.as_str(),
            opened.kit.as_str(),
            opened.person.as_str(),
            opened.booking.as_str(),
            opened.site.as_str(),
            open_table
        ],
    )?;
    Ok(())
}

/// The collection that is open at a table.
pub fn open_at(
    tx: &mut dyn Tx,
    site: &Site,
    table: &str,
) -> Result<Option<CollectionId>, StoreError> {
    let row = tx.first(OPEN_AT, values![site.as_str(), table])?;
    row.as_ref().map(|row| row.get_text("id").map(CollectionId::from)).transpose()
}

/// The collection that used a kit.
pub fn of_kit(tx: &mut dyn Tx, kit: &KitBarcode) -> Result<Option<Stored>, StoreError> {
    let row = tx.first(OF_KIT, values![kit.as_str()])?;
    row.as_ref().map(|row| stream::read(TABLE, row)).transpose()
}

/// Collections under a booking, oldest first.
pub fn of_booking(tx: &mut dyn Tx, booking: &BookingId) -> Result<Vec<Stored>, StoreError> {
    let rows = tx.query(OF_BOOKING, values![booking.as_str()])?;
    rows.iter().map(|row| stream::read(TABLE, row)).collect()
}

/// Sealed collections of a site whose kit is in no package yet, oldest first.
pub fn to_pack(tx: &mut dyn Tx, site: &str, limit: u32) -> Result<Vec<Stored>, StoreError> {
    let rows = tx.query(TO_PACK, values![site, limit])?;
    rows.iter().map(|row| stream::read(TABLE, row)).collect()
}

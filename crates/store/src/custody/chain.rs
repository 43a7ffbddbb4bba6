//! The chain of custody of each kit, one numbered line after another.

use journey::custody::{Action, Entry};
use journey::ids::{AccountId, KitBarcode};

use crate::error::StoreError;
use crate::tx::{Row, Tx};
use crate::values;

const APPEND: &str = "INSERT INTO custody_entry (kit, place_in_chain, action, place, account, at) \
     SELECT $1, COALESCE(MAX(place_in_chain), 0) + 1, $2, $3, $4, $5 FROM custody_entry \
     WHERE kit = $1";
const OF_KIT: &str = "SELECT kit, action, place, account, at FROM custody_entry WHERE kit = $1 \
     ORDER BY place_in_chain";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[APPEND, OF_KIT];

/// Adds a line to a kit's chain.
pub fn append(tx: &mut dyn Tx, entry: &Entry) -> Result<(), StoreError> {
    let (kit, by) = (entry.kit.as_str(), entry.by.as_str());
    tx.execute(APPEND, values![kit, entry.action.word(), &entry.place, by, entry.at])?;
    Ok(())
}

/// A kit's chain, in order.
pub fn of_kit(tx: &mut dyn Tx, kit: &KitBarcode) -> Result<Vec<Entry>, StoreError> {
    tx.query(OF_KIT, values![kit.as_str()])?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Entry, StoreError> {
    let kit = row.get_text("kit")?;
    let word = row.get_text("action")?;
    let action = Action::ALL.iter().copied().find(|action| action.word() == word);
    Ok(Entry {
        kit: KitBarcode::from(kit),
        action: action.ok_or_else(|| StoreError::corrupt("custody_entry", kit, "action"))?,
        place: row.get_text("place")?.to_owned(),
        by: AccountId::from(row.get_text("account")?),
        at: row.get_at("at")?,
    })
}

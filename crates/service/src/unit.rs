//! The two moves that every step is made of: advance a stage by the rules, and note an event.

use journey::custody::{Action, Entry};
use journey::ids::KitBarcode;
use serde::Serialize;
use store::audit::{self, Entry as Record};
use store::{StoreError, Tx};

use crate::context::OpContext;
use crate::error::ServiceError;

/// Writes an event into the record, in the transaction of the fact.
pub(crate) fn note(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    station: &str,
    subject: &str,
    kind: &str,
    body: &impl Serialize,
) -> Result<(), ServiceError> {
    let body = serde_json::to_value(body).map_err(|_| StoreError::Encode("an event"))?;
    let record = Record {
        at: op.at,
        actor: op.actor.account.to_string(),
        purpose: op.purpose.clone(),
        station: station.to_owned(),
        subject: subject.to_owned(),
        kind: kind.to_owned(),
        body,
    };
    audit::append(tx, &record)?;
    Ok(())
}

/// Adds a line to a kit's chain of custody.
pub(crate) fn chain(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    kit: &KitBarcode,
    action: Action,
    place: &str,
) -> Result<(), ServiceError> {
    let by = op.actor.account.clone();
    let entry = Entry { kit: kit.clone(), action, place: place.to_owned(), by, at: op.at };
    Ok(store::custody::chain::append(tx, &entry)?)
}

/// Loads a stage, decides a command, applies the event, writes row and event; gives the new stage.
/// `advance!(tx, op, "kit": journey::kit, store::custody::kit, id, command)`.
macro_rules! advance {
    ($tx:expr, $op:expr, $name:literal: $($rules:ident)::+, $($rows:ident)::+,
     $id:expr, $command:expr) => {{
        let before = $($rows)::+::load($tx, $id)?;
        let event = $($rules)::+::decide(before.as_ref().map(|row| &row.value), $command)?;
        let after = $($rules)::+::apply(before.as_ref().map(|row| row.value.clone()), &event)?;
        $($rows)::+::save($tx, $id, before.as_ref(), &after, $op.at)?;
        $crate::unit::note($tx, $op, $name, $id.as_str(), event.word(), &event)?;
        after
    }};
}
pub(crate) use advance;

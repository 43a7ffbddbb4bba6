//! Standing orders to collect again, opened and closed inside the steps of other stations.

use journey::duty;
use journey::ids::{PersonId, RecollectionId};
use store::Tx;
use store::custody as rows;

use crate::context::OpContext;
use crate::error::ServiceError;
use crate::unit::advance;

/// Why an order to collect again stands where a kit did not arrive.
pub(crate) const MISSING: &str = "missing";

/// Opens a standing order to collect again, unless one is open.
pub(crate) fn open_duty(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    person: &PersonId,
    because: &str,
) -> Result<(), ServiceError> {
    if !rows::duty::open_of(tx, person)?.is_empty() {
        return Ok(());
    }
    let id = RecollectionId::new(op.ids.id());
    let open = duty::Open { person: person.clone(), because: because.to_owned(), since: op.at };
    advance!(tx, op, "duty": journey::duty, rows::duty, &id, duty::Event::Opened(open));
    Ok(())
}

/// Closes the order that a missing kit opened, now that the kit is there.
pub(crate) fn close_missing(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    person: &PersonId,
) -> Result<(), ServiceError> {
    for row in rows::duty::open_of(tx, person)? {
        if row.value.open().because == MISSING {
            let id = RecollectionId::from(row.id.as_str());
            let event = duty::Event::Closed { why: "arrived".to_owned() };
            advance!(tx, op, "duty": journey::duty, rows::duty, &id, event);
        }
    }
    Ok(())
}

//! Standing orders to collect again: they follow the person, and whoever meets the person next is
//! told. Opened and closed inside the steps of other stations.

use jiff::Timestamp;
use journey::duty::{self, Event, Stage};
use journey::ids::{BookingId, CollectionId, PersonId, RecollectionId, Site};
use serde::Serialize;
use store::Tx;
use store::custody as rows;
use store::custody::duty::Stored;
use store::listing::{self, After};

use crate::context::{OpContext, Placed};
use crate::error::ServiceError;
use crate::person::records_of;
use crate::programme::Programme;
use crate::unit::advance;

/// Why an order to collect again stands where a kit did not arrive.
pub(crate) const MISSING: &str = "missing";

/// A standing order, as whoever meets the person next must see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Owed {
    /// The order.
    pub order: RecollectionId,
    /// Why: the rejection's or the disposition's word.
    pub because: String,
    /// Where the person was then, if it is on record.
    pub site: Option<Site>,
    /// Since when.
    pub since: Timestamp,
    /// Whole days since then.
    pub days: i64,
}

/// A standing order with who has to meet it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The order.
    #[serde(flatten)]
    pub owed: Owed,
    /// Who owes the sample.
    pub person: PersonId,
    /// Component that holds the person, or held last.
    pub component: String,
    /// Its site; who is there has to meet the order.
    pub owner: String,
    /// The booking there.
    pub booking: Option<BookingId>,
    /// That booking is open: the sample may be taken now.
    pub open_booking: bool,
}

impl Placed for Listed {
    fn place(&self) -> After {
        After { at: self.owed.since, id: self.owed.order.to_string() }
    }
}

impl Programme {
    /// Open orders to collect again, the oldest first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_duties(
        &self,
        op: &OpContext<'_>,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        self.may(op, "duty.list", "")?;
        self.custody.read(|tx| {
            let page = listing::page::<Stage>(tx, rows::duty::TABLE, "open", after, limit)?;
            page.iter().map(|row| listed(tx, row, op.at)).collect()
        })
    }
}

fn listed(tx: &mut dyn Tx, row: &Stored, now: Timestamp) -> Result<Listed, ServiceError> {
    let owed = told(row, now);
    let person = row.value.open().person.clone();
    let mut bookings = Vec::new();
    for record in records_of(tx, &person)? {
        bookings.extend(rows::booking::of_person(tx, &record)?);
    }
    let is_open =
        |row: &rows::booking::Stored| matches!(row.value, journey::booking::Stage::Open(_));
    let latest =
        bookings.into_iter().max_by_key(|row| (is_open(row), row.value.booked().booked_at));
    let site = owed.site.as_ref().map(Site::to_string);
    let mut listed = Listed {
        owner: site.unwrap_or_default(),
        component: String::new(),
        booking: None,
        open_booking: false,
        person,
        owed,
    };
    if let Some(row) = latest {
        let booked = row.value.booked();
        listed.owner = booked.site.to_string();
        listed.component.clone_from(&booked.component);
        listed.booking = Some(BookingId::from(row.id.as_str()));
        listed.open_booking = is_open(&row);
    }
    Ok(listed)
}

fn told(row: &Stored, now: Timestamp) -> Owed {
    let open = row.value.open();
    Owed {
        order: RecollectionId::from(row.id.as_str()),
        because: open.because.clone(),
        site: open.site.clone(),
        since: open.since,
        days: now.duration_since(open.since).as_hours() / 24,
    }
}

/// Open orders about the person of a record, under whichever record they were opened.
fn open_of(tx: &mut dyn Tx, person: &PersonId) -> Result<Vec<Stored>, ServiceError> {
    let mut open = Vec::new();
    for record in records_of(tx, person)? {
        open.extend(rows::duty::open_of(tx, &record)?);
    }
    Ok(open)
}

/// What the person of a record owes.
pub(crate) fn owed(
    tx: &mut dyn Tx,
    person: &PersonId,
    now: Timestamp,
) -> Result<Vec<Owed>, ServiceError> {
    Ok(open_of(tx, person)?.iter().map(|row| told(row, now)).collect())
}

/// Opens a standing order to collect again, unless one is open about the same record for the same
/// reason from the same site. Other orders may end earlier, or go with another record.
pub(crate) fn open_duty(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    person: &PersonId,
    site: &Site,
    because: &str,
) -> Result<(), ServiceError> {
    let same = |open: &duty::Open| open.because == because && open.site.as_ref() == Some(site);
    if rows::duty::open_of(tx, person)?.iter().any(|row| same(row.value.open())) {
        return Ok(());
    }
    let id = RecollectionId::new(op.ids.id());
    let open = duty::Open {
        person: person.clone(),
        because: because.to_owned(),
        site: Some(site.clone()),
        since: op.at,
    };
    step(tx, op, &id, Event::Opened(open))
}

/// Closes the order that a missing kit opened, now that the kit is there.
pub(crate) fn close_missing(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    person: &PersonId,
) -> Result<(), ServiceError> {
    let open = rows::duty::open_of(tx, person)?;
    close(tx, op, open.iter().filter(|row| row.value.open().because == MISSING), "arrived")
}

/// Closes the orders about a person who was removed.
pub(crate) fn close_removed(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    person: &PersonId,
) -> Result<(), ServiceError> {
    let open = rows::duty::open_of(tx, person)?;
    close(tx, op, open.iter(), "removed")
}

/// A sealed sample satisfies what the person owed.
pub(crate) fn satisfy_duties(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    person: &PersonId,
    by: &CollectionId,
) -> Result<(), ServiceError> {
    for row in open_of(tx, person)? {
        let id = RecollectionId::from(row.id.as_str());
        step(tx, op, &id, Event::Satisfied { by: by.clone() })?;
    }
    Ok(())
}

/// Opens orders again that a sample of the other half satisfied while two records were merged.
pub(crate) fn reopen(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    half: &[PersonId],
) -> Result<(), ServiceError> {
    for record in half {
        for row in rows::duty::of_person(tx, record)? {
            let Stage::Satisfied(satisfied) = &row.value else { continue };
            let sample = rows::collection::load(tx, &satisfied.by)?;
            let own = sample.is_none_or(|sample| half.contains(&sample.value.opened().person));
            if !own {
                let id = RecollectionId::from(row.id.as_str());
                step(tx, op, &id, Event::Reopened)?;
            }
        }
    }
    Ok(())
}

fn close<'r>(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    orders: impl Iterator<Item = &'r Stored>,
    why: &str,
) -> Result<(), ServiceError> {
    for row in orders {
        let id = RecollectionId::from(row.id.as_str());
        step(tx, op, &id, Event::Closed { why: why.to_owned() })?;
    }
    Ok(())
}

fn step(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    id: &RecollectionId,
    event: Event,
) -> Result<(), ServiceError> {
    advance!(tx, op, "duty": journey::duty, rows::duty, id, event);
    Ok(())
}

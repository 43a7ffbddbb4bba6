//! Notices: what must be told, to whom, until when; and the one place where a name leaves.

use jiff::{SignedDuration, Timestamp};
use journey::accession::Lawful;
use journey::booking::Person;
use journey::ids::{BookingId, ConfirmationId, KitBarcode, NoticeId, Ori, SpecimenNumber};
use journey::notice::{Command, Due, Purpose, Subject};
use journey::refusal::RefusalCode;
use serde::Serialize;
use store::Tx;
use store::custody as rows;
use store::listing::After;

use crate::context::{OpContext, Placed};
use crate::error::ServiceError;
use crate::programme::Programme;
use crate::unit::advance;

/// A notice as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The notice.
    pub notice: NoticeId,
    /// What it is about.
    pub subject: Subject,
    /// To whom.
    pub to: Ori,
    /// By when.
    pub due_at: Timestamp,
    /// True where that time has passed without delivery.
    pub overdue: bool,
    /// Where it stands.
    pub stage: &'static str,
}

impl Placed for Listed {
    fn place(&self) -> After {
        After { at: self.due_at, id: self.notice.to_string() }
    }
}

/// Of which sample a hit is, for the agency that took it.
#[derive(Clone, Debug, Serialize)]
pub struct Hit {
    /// The booking.
    pub booking: BookingId,
    /// The kit.
    pub kit: KitBarcode,
    /// The number of the profile.
    pub specimen: SpecimenNumber,
    /// The laboratory of the case, whom to ask.
    pub laboratory: Ori,
}

impl Programme {
    /// Notices for a receiver (empty: all that the account may see) that are not acknowledged, most
    /// urgent first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_notices(
        &self,
        op: &OpContext<'_>,
        receiver: &str,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        self.may(op, "notice.list", receiver)?;
        let receivers = match receiver {
            "" => self.roles.places(&op.actor, "notice.list"),
            one => [one].into(),
        };
        let mut open = Vec::new();
        for receiver in receivers {
            let page =
                self.custody.read(|tx| rows::notice::open_for(tx, receiver, after, limit))?;
            open.extend(page.iter().map(|row| listed(op, row)));
        }
        open.sort_by_key(|line: &Listed| (line.due_at, line.notice.clone()));
        open.truncate(limit as usize);
        Ok(open)
    }

    /// Records that a notice was delivered.
    ///
    /// # Errors
    /// `Refused` for the release of a name, which is read and not delivered.
    pub fn deliver_notice(&self, op: &OpContext<'_>, id: &NoticeId) -> Result<(), ServiceError> {
        self.may(op, "notice.deliver", "")?;
        self.deliver(op, id, false)
    }

    fn deliver(
        &self,
        op: &OpContext<'_>,
        id: &NoticeId,
        to_investigators: bool,
    ) -> Result<(), ServiceError> {
        self.step(op, "notice", id.as_str(), |tx| {
            let command = Command::Deliver(op.stamp());
            let stage = advance!(tx, op, "notice": journey::notice, rows::notice, id, command);
            if matches!(stage.due().subject, Subject::Investigators { .. }) == to_investigators {
                return Ok(());
            }
            Err(RefusalCode::WrongStage.about("investigators are told by their laboratory").into())
        })
    }

    /// Records that the receiver acknowledged a notice.
    ///
    /// # Errors
    /// `Refused` before it is delivered.
    pub fn acknowledge_notice(
        &self,
        op: &OpContext<'_>,
        id: &NoticeId,
    ) -> Result<(), ServiceError> {
        let due = self.due(id)?;
        let action = match due.subject {
            Subject::Hit { .. } => "notice.acknowledge-hit",
            _ => "notice.acknowledge",
        };
        self.may(op, action, due.to.as_str())?;
        self.step(op, "notice", id.as_str(), |tx| {
            let command = Command::Acknowledge(op.stamp());
            advance!(tx, op, "notice": journey::notice, rows::notice, id, command);
            Ok(())
        })
    }

    /// Gives the name behind a confirmed candidate to the laboratory of the case, for a purpose
    /// of 34 USC 12592(b)(3). The release and the reading of the link are on record.
    ///
    /// # Errors
    /// `Refused` to anybody else, without a purpose, without a confirmation, or where the sample
    /// is not lawful any more (a removal was approved, facts changed); `Forbidden` to an
    /// account that does not work for the laboratory of the case.
    pub fn release_name(
        &self,
        op: &OpContext<'_>,
        id: &NoticeId,
        laboratory: &Ori,
        purpose: Option<Purpose>,
    ) -> Result<Person, ServiceError> {
        self.may(op, "notice.release-name", laboratory.as_str())?;
        self.step(op, "notice", id.as_str(), |tx| {
            let command =
                Command::ReleaseName { to: laboratory.clone(), purpose, stamp: op.stamp() };
            let stage = advance!(tx, op, "notice": journey::notice, rows::notice, id, command);
            let Subject::NameRelease { confirmation } = &stage.due().subject else {
                return Err(RefusalCode::NotConfirmed.about("this notice releases no name").into());
            };
            let person = self.name_behind(tx, op, confirmation)?;
            let subject = Subject::Investigators { confirmation: confirmation.clone() };
            let about = format!("investigators/{confirmation}");
            let days = self.deadlines_on(op.today())?.investigators.limit;
            let due_at = after_hours(op, i64::from(days) * 24);
            let due = Due { subject, to: laboratory.clone(), due_at };
            raise(tx, op, &NoticeId::new(op.ids.id()), &about, due)?;
            Ok(person)
        })
    }

    /// Records that the laboratory of the case told the investigators.
    ///
    /// # Errors
    /// `Refused` for any other notice; `Forbidden` to an account that does not work for the
    /// laboratory.
    pub fn pass_on_notice(&self, op: &OpContext<'_>, id: &NoticeId) -> Result<(), ServiceError> {
        self.may(op, "notice.pass-on", self.due(id)?.to.as_str())?;
        self.deliver(op, id, true)
    }

    /// Tells the agency that took a sample which one a confirmed hit is of: numbers, no name and no
    /// allele. That it was read is on record, as is the reading of the link.
    ///
    /// # Errors
    /// `Refused` for any other notice, and after the sample was removed; `Forbidden` to an account
    /// that does not work for the receiver.
    pub fn read_hit(&self, op: &OpContext<'_>, id: &NoticeId) -> Result<Hit, ServiceError> {
        self.may(op, "notice.read-hit", self.due(id)?.to.as_str())?;
        self.step(op, "notice", id.as_str(), |tx| {
            let command = Command::ReadHit(op.stamp());
            let stage = advance!(tx, op, "notice": journey::notice, rows::notice, id, command);
            let Subject::Hit { sealed } = &stage.due().subject else {
                return Err(RefusalCode::WrongStage.about("this notice is about no hit").into());
            };
            let confirmation = rows::notice::open(&self.keys, id, sealed)?;
            let row = rows::confirmation::load(tx, &confirmation)?
                .ok_or_else(|| ServiceError::not_found("confirmation", &confirmation))?;
            let request = row.value.request();
            let kit = self.linked_kit(tx, op, &request.specimen).map_err(|error| match error {
                ServiceError::NotFound { .. } => {
                    RefusalCode::Removed.about("the sample was removed since").into()
                }
                other => other,
            })?;
            let collection = rows::collection::of_kit(tx, &kit)?
                .ok_or_else(|| ServiceError::not_found("collection with kit", &kit))?;
            Ok(Hit {
                booking: collection.value.opened().booking.clone(),
                kit,
                specimen: request.specimen.clone(),
                laboratory: request.laboratory.clone(),
            })
        })
    }

    /// Tells the site that took a sample that a hit on it was confirmed.
    pub(crate) fn raise_hit(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        confirmation: &ConfirmationId,
        specimen: &SpecimenNumber,
    ) -> Result<(), ServiceError> {
        let kit = self.linked_kit(tx, op, specimen)?;
        let collection = rows::collection::of_kit(tx, &kit)?
            .ok_or_else(|| ServiceError::not_found("collection with kit", &kit))?;
        let id = NoticeId::new(op.ids.id());
        let sealed = rows::notice::seal(&self.keys, &id, confirmation)?;
        let to = Ori::new(collection.value.opened().site.as_str());
        let due = Due { subject: Subject::Hit { sealed }, to, due_at: self.notice_due(op)? };
        let about = format!("hit/{}", self.digest("notice of a hit", confirmation)?);
        raise(tx, op, &id, &about, due)
    }

    fn name_behind(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        confirmation: &ConfirmationId,
    ) -> Result<Person, ServiceError> {
        let row = rows::confirmation::load(tx, confirmation)?
            .ok_or_else(|| ServiceError::not_found("confirmation", confirmation))?;
        journey::confirmation::Confirmed::check(confirmation, Some(&row.value))?;
        let kit = self.linked_kit(tx, op, &row.value.request().specimen)?;
        if !matches!(self.lawful(tx, &kit)?, Lawful::As(_)) {
            let found = "the sample behind the name has no lawful basis any more";
            return Err(RefusalCode::NotEligible.about(found).into());
        }
        let collection = rows::collection::of_kit(tx, &kit)?
            .ok_or_else(|| ServiceError::not_found("collection with kit", &kit))?;
        Ok(self.open_record(tx, &collection.value.opened().booking)?.person)
    }

    /// Raises a notice about something, once, due within the usual hours.
    pub(crate) fn raise_notice(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        about: &str,
        subject: Subject,
        to: Ori,
    ) -> Result<(), ServiceError> {
        let id = NoticeId::new(op.ids.id());
        raise(tx, op, &id, about, Due { subject, to, due_at: self.notice_due(op)? })
    }

    /// When a notice raised now is due.
    pub(crate) fn notice_due(&self, op: &OpContext<'_>) -> Result<Timestamp, ServiceError> {
        let hours = self.deadlines_on(op.today())?.delivery.limit;
        Ok(after_hours(op, i64::from(hours)))
    }

    fn due(&self, id: &NoticeId) -> Result<Due, ServiceError> {
        let row = self.custody.read(|tx| rows::notice::load(tx, id))?;
        let row = row.ok_or_else(|| ServiceError::not_found("notice", id))?;
        Ok(row.value.due().clone())
    }
}

fn listed(op: &OpContext<'_>, row: &rows::notice::Stored) -> Listed {
    let due = row.value.due();
    Listed {
        notice: NoticeId::from(row.id.as_str()),
        subject: due.subject.clone(),
        to: due.to.clone(),
        due_at: due.due_at,
        overdue: row.value.is_overdue(op.at),
        stage: row.value.word(),
    }
}

/// Raises a notice, once. Between laboratories it is delivered with that.
fn raise(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    id: &NoticeId,
    about: &str,
    due: Due,
) -> Result<(), ServiceError> {
    if rows::notice::find_about(tx, about)?.is_some() {
        return Ok(());
    }
    let arrives_at_once = due.subject.is_between_laboratories();
    let command = Command::Raise(due);
    advance!(tx, op, "notice": journey::notice, rows::notice, id, command);
    rows::notice::about(tx, id, about)?;
    if arrives_at_once {
        let command = Command::Deliver(op.stamp());
        advance!(tx, op, "notice": journey::notice, rows::notice, id, command);
    }
    Ok(())
}

fn after_hours(op: &OpContext<'_>, hours: i64) -> Timestamp {
    op.at.checked_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX)
}

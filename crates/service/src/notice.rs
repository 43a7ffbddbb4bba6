//! Notices: what must be told, to whom, until when; and the one place where a name leaves.

use jiff::Timestamp;
use journey::accession::Lawful;
use journey::booking::Person;
use journey::deadline;
use journey::ids::{ConfirmationId, NoticeId, Ori};
use journey::notice::{Command, Due, Purpose, Stage, Subject};
use journey::refusal::RefusalCode;
use serde::Serialize;
use store::Tx;
use store::custody as rows;

use crate::context::OpContext;
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
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        self.may(op, "notice.list", receiver)?;
        let receivers = match receiver {
            "" => self.roles.places(&op.actor, "notice.list"),
            one => [one].into(),
        };
        let mut open = Vec::new();
        for receiver in receivers {
            open.extend(self.custody.read(|tx| rows::notice::open_for(tx, receiver, limit))?);
        }
        open.sort_by_key(|row| row.value.due().due_at);
        let urgent = open.iter().take(limit as usize);
        Ok(urgent.map(|row| listed(op, row)).collect())
    }

    /// Records that a notice was delivered.
    ///
    /// # Errors
    /// `Refused` for the release of a name, which is read and not delivered.
    pub fn deliver_notice(&self, op: &OpContext<'_>, id: &NoticeId) -> Result<(), ServiceError> {
        self.may(op, "notice.deliver", "")?;
        self.step(op, "notice", id.as_str(), |tx| {
            let command = Command::Deliver(op.stamp());
            advance!(tx, op, "notice": journey::notice, rows::notice, id, command);
            Ok(())
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
        let receiver = self.receiver(id)?;
        self.may(op, "notice.acknowledge", receiver.as_str())?;
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
            self.name_behind(tx, op, confirmation)
        })
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

    fn receiver(&self, id: &NoticeId) -> Result<Ori, ServiceError> {
        let row = self.custody.read(|tx| rows::notice::load(tx, id))?;
        let row = row.ok_or_else(|| ServiceError::not_found("notice", id))?;
        Ok(row.value.due().to.clone())
    }
}

fn listed(op: &OpContext<'_>, row: &rows::notice::Stored) -> Listed {
    let due = row.value.due();
    Listed {
        notice: NoticeId::from(row.id.as_str()),
        subject: due.subject.clone(),
        to: due.to.clone(),
        due_at: due.due_at,
        overdue: matches!(row.value, Stage::Due(_)) && due.due_at < op.at,
        stage: row.value.word(),
    }
}

/// Raises a notice about something, once.
pub(crate) fn raise_notice(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    about: &str,
    subject: Subject,
    to: Ori,
) -> Result<(), ServiceError> {
    if rows::notice::find_about(tx, about)?.is_some() {
        return Ok(());
    }
    let id = NoticeId::new(op.ids.id());
    let due_at = notice_due(op);
    let command = Command::Raise(Due { subject, to, due_at });
    advance!(tx, op, "notice": journey::notice, rows::notice, &id, command);
    Ok(rows::notice::about(tx, &id, about)?)
}

/// When a notice raised now is due.
pub(crate) fn notice_due(op: &OpContext<'_>) -> jiff::Timestamp {
    let hours = jiff::SignedDuration::from_hours(deadline::NOTICE_HOURS_MAX);
    op.at.checked_add(hours).unwrap_or(jiff::Timestamp::MAX)
}

//! Bookings: record what the booking system says, amend it, and account for every one.
//!
//! A person is found by fingerprint number first; without one every booking is a new person.
//! Recording a booking decides eligibility at once, so that no booking waits unseen.

use std::collections::BTreeMap;
use std::io::Read;

use exchange::{Problem, booking_feed};
use jiff::Timestamp;
use journey::accession::Lawful;
use journey::booking::{BookingRecord, Circumstances, Command, Disposition, NotCollected, Person};
use journey::eligibility::{Decision, Outcome};
use journey::ids::{BookingId, Ori, PersonId};
use journey::refusal::RefusalCode;
use journey::{collection, notice};
use serde::{Deserialize, Serialize};
use store::custody as rows;
use store::envelope::{self, Place};
use store::listing::{self, After};
use store::{StoreError, Tx};

use crate::context::{OpContext, Placed};
use crate::duty::{Owed, open_duty, owed};
use crate::error::{ServiceError, not_empty};
use crate::person::{records_of, root};
use crate::programme::Programme;
use crate::unit::{advance, note};

/// What recording a booking gave.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// The booking.
    pub booking: BookingId,
    /// The person, as fingerprints told.
    pub person: PersonId,
    /// Bookings of this person that were there before.
    pub earlier_bookings: usize,
    /// Standing orders to collect again that follow this person: a sample is owed.
    pub owed: Vec<Owed>,
    /// The decision.
    pub decision: Decision,
}

/// A booking as lists show it: without a name.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The booking.
    pub booking: BookingId,
    /// The person's id.
    pub person: PersonId,
    /// Component.
    pub component: String,
    /// Site.
    pub site: String,
    /// When booked.
    pub booked_at: Timestamp,
    /// Where it stands, or how it ended.
    pub stage: &'static str,
    /// Hours since the booking, while it is open; its component and site have to account for it.
    pub open_hours: Option<i64>,
    /// It has been open for longer than this programme allows.
    pub overdue: bool,
    /// The person owes a sample from before.
    pub owes: bool,
    /// Outcome of the decision that stands.
    pub outcome: Option<Outcome>,
    /// Ids of that decision's reasons.
    pub reasons: Vec<String>,
    /// Facts that are missing.
    pub missing: Vec<String>,
    /// Since when it stands so.
    pub since: jiff::Timestamp,
}

impl Placed for Listed {
    fn place(&self) -> After {
        After { at: self.since, id: self.booking.to_string() }
    }
}

/// One booking with the person's values; reading it is on record.
#[derive(Clone, Serialize)]
pub struct Viewed {
    /// Without the name.
    pub listed: Listed,
    /// The person's values.
    pub person: Person,
    /// The circumstances.
    pub circumstances: Circumstances,
}

/// What the import of a booking feed gave.
#[derive(Debug, Default, Serialize)]
pub struct BookingImport {
    /// Bookings recorded.
    pub recorded: usize,
    /// Bookings whose facts had changed.
    pub amended: usize,
    /// Bookings that were there with the same facts.
    pub unchanged: usize,
    /// Decisions by outcome.
    pub outcomes: BTreeMap<&'static str, usize>,
    /// Bookings of persons who owe a sample from before.
    pub owing: Vec<Owing>,
    /// Bookings that the rules or the account's rights kept out, by row of the file.
    pub kept_out: Vec<(u64, String)>,
    /// What is wrong in the file.
    #[serde(skip)]
    pub problems: Vec<Problem>,
}

/// A booking of a person who owes a sample from before.
#[derive(Clone, Debug, Serialize)]
pub struct Owing {
    /// The booking.
    pub booking: BookingId,
    /// What is owed.
    pub owed: Vec<Owed>,
}

/// How a booking is closed.
#[derive(Clone, Debug, Deserialize)]
pub struct Close {
    /// The booking.
    pub booking: BookingId,
    /// Why a sample that was due was not taken; needed only then.
    #[serde(default)]
    pub why: Option<NotCollected>,
}

/// What was found when a booking came in.
struct Known {
    person: PersonId,
    earlier: usize,
}

impl Programme {
    /// Records a booking and decides its eligibility.
    ///
    /// # Errors
    /// `Refused` where the booking is recorded already.
    pub fn record_booking(
        &self,
        op: &OpContext<'_>,
        record: &BookingRecord,
    ) -> Result<Recorded, ServiceError> {
        self.may(op, "booking.record", record.circumstances.site.as_str())?;
        not_empty("site", record.circumstances.site.as_str())?;
        let booking = &record.booking;
        let digest = self.digest("booking", record)?;
        self.step(op, "booking", booking.as_str(), |tx| {
            let known = self.person_of(tx, op, record)?;
            let command = Command::Book {
                person: known.person.clone(),
                circumstances: Box::new(record.circumstances.clone()),
                digest: digest.clone(),
            };
            advance!(tx, op, "booking": journey::booking, rows::booking, booking, command);
            self.seal_record(tx, &known.person, record)?;
            let owed = owed(tx, &known.person, op.at)?;
            let decision = self.decide_in(tx, op, booking)?;
            Ok(Recorded {
                booking: booking.clone(),
                person: known.person,
                earlier_bookings: known.earlier,
                owed,
                decision,
            })
        })
    }

    /// Imports a booking feed: good rows go in, one transaction each, and everything wrong is
    /// listed with row, column and remedy. A booking that is there already is amended where its
    /// facts changed. `progress` gets the rows read so far.
    ///
    /// # Errors
    /// The input cannot be read, or the machine failed; rows before it are in.
    pub fn import_bookings(
        &self,
        op: &OpContext<'_>,
        feed: impl Read,
        progress: &dyn Fn(u64),
    ) -> Result<BookingImport, ServiceError> {
        let unreadable = |error: std::io::Error| {
            ServiceError::Invalid(format!("the file cannot be read: {error}"))
        };
        let (rows, problems) = booking_feed::Bookings::open(feed).map_err(unreadable)?;
        let mut import = BookingImport { problems, ..BookingImport::default() };
        for booked in rows {
            let booked = booked.map_err(unreadable)?;
            progress(booked.row);
            import.problems.extend(booked.problems);
            let Some(record) = booked.booking else {
                continue;
            };
            match self.import_booking(op, &record, &mut import) {
                Ok(()) => {}
                Err(error @ (ServiceError::Failed(_) | ServiceError::Busy)) => return Err(error),
                Err(kept_out) => import.kept_out.push((booked.row, kept_out.to_string())),
            }
        }
        Ok(import)
    }

    fn import_booking(
        &self,
        op: &OpContext<'_>,
        record: &BookingRecord,
        import: &mut BookingImport,
    ) -> Result<(), ServiceError> {
        let known = self.custody.read(|tx| {
            if rows::booking::load(tx, &record.booking)?.is_none() {
                return Ok::<_, ServiceError>(None);
            }
            self.open_record(tx, &record.booking).map(Some)
        })?;
        let decision = match known {
            Some(known) if known == *record => {
                import.unchanged += 1;
                return Ok(());
            }
            Some(_) => {
                let decision = self.amend_booking(op, record)?;
                import.amended += 1;
                decision
            }
            None => {
                let recorded = self.record_booking(op, record)?;
                import.recorded += 1;
                if !recorded.owed.is_empty() {
                    let booking = record.booking.clone();
                    import.owing.push(Owing { booking, owed: recorded.owed });
                }
                recorded.decision
            }
        };
        *import.outcomes.entry(decision.finding.outcome.word()).or_default() += 1;
        Ok(())
    }

    /// Records changed facts of a booking, also of one that is accounted for, and decides again.
    ///
    /// # Errors
    /// `Refused` where the booking is unknown; `Invalid` where the new record is of another
    /// person's fingerprints.
    pub fn amend_booking(
        &self,
        op: &OpContext<'_>,
        record: &BookingRecord,
    ) -> Result<Decision, ServiceError> {
        self.may(op, "booking.amend", record.circumstances.site.as_str())?;
        not_empty("site", record.circumstances.site.as_str())?;
        let booking = &record.booking;
        // Both sites: the one that the new record names, and the one that booked the person.
        if let Some(row) = self.custody.read(|tx| rows::booking::load(tx, booking))? {
            self.may(op, "booking.amend", row.value.booked().site.as_str())?;
        }
        let digest = self.digest("booking", record)?;
        self.step(op, "booking", booking.as_str(), |tx| {
            let command = Command::Amend { digest: digest.clone() };
            let stage =
                advance!(tx, op, "booking": journey::booking, rows::booking, booking, command);
            let person = stage.booked().person.clone();
            self.seal_record(tx, &person, record)?;
            self.same_fingerprints(tx, &person, record)?;
            self.follow_samples(tx, op, booking)?;
            self.decide_in(tx, op, booking)
        })
    }

    /// What the facts of now mean for the sealed samples of a booking. One that they put into
    /// another category is reclassified, with the specimen in the index. For one whose lawful basis
    /// they put in doubt a notice is raised, once; its upload is refused by itself, and what is in
    /// the index already stays until the privacy officer asks for its removal.
    pub(crate) fn follow_samples(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        booking: &BookingId,
    ) -> Result<(), ServiceError> {
        for row in rows::collection::of_booking(tx, booking)? {
            let collection::Stage::Sealed(sealed) = row.value else { continue };
            let kit = sealed.opened.kit;
            if crate::removal::under_way(tx, &kit)?.is_some() {
                continue;
            }
            if let Lawful::As(category) = self.lawful(tx, &kit)? {
                self.reclassify(tx, op, &kit, category)?;
                continue;
            }
            let to = Ori::new(sealed.opened.site.as_str());
            let about = format!("basis-in-doubt/{kit}");
            self.raise_notice(tx, op, &about, notice::Subject::BasisInDoubt { kit }, to)?;
        }
        Ok(())
    }

    /// Accounts for a booking from what is on record: a sealed sample, the decision that stands,
    /// or, for a sample that was due and not taken, the reason given. A duty that was not met
    /// follows the person.
    ///
    /// # Errors
    /// `Invalid` where a reason is needed; `Refused` where the booking is accounted for.
    pub fn close_booking(
        &self,
        op: &OpContext<'_>,
        close: &Close,
    ) -> Result<Disposition, ServiceError> {
        let booking = &close.booking;
        let site = self.site_of(booking)?;
        self.may(op, "booking.close", &site)?;
        self.step(op, "booking", booking.as_str(), |tx| {
            let how = standing_disposition(tx, close)?;
            let command = Command::Dispose(how.clone());
            let stage =
                advance!(tx, op, "booking": journey::booking, rows::booking, booking, command);
            if let Disposition::DueNotCollected { why } = &how {
                open_duty(tx, op, &stage.booked().person, &stage.booked().site, why.word())?;
            }
            Ok(how)
        })
    }

    /// Bookings at a stage (empty: all), longest waiting first. Without names.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_bookings(
        &self,
        op: &OpContext<'_>,
        stage: &str,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        self.may(op, "booking.list", "")?;
        self.custody.read(|tx| {
            let page = listing::page(tx, rows::booking::TABLE, stage, after, limit)?;
            page.iter().map(|row| self.listed(tx, row, op)).collect()
        })
    }

    fn listed(
        &self,
        tx: &mut dyn Tx,
        row: &rows::booking::Stored,
        op: &OpContext<'_>,
    ) -> Result<Listed, ServiceError> {
        let booking = BookingId::from(row.id.as_str());
        let finding = rows::eligibility::load(tx, &booking)?.map(|row| {
            let journey::eligibility::Stage::Decided(decision) = row.value;
            decision.finding
        });
        let booked = row.value.booked();
        let open = matches!(row.value, journey::booking::Stage::Open(_));
        let hours_max = i64::from(self.deadlines_on(op.today())?.open_booking.limit);
        let open_hours = open.then(|| op.at.duration_since(booked.booked_at).as_hours());
        Ok(Listed {
            overdue: open_hours.is_some_and(|hours| hours > hours_max),
            open_hours,
            owes: open && !owed(tx, &booked.person, op.at)?.is_empty(),
            since: row.at,
            booking,
            person: booked.person.clone(),
            component: booked.component.clone(),
            site: booked.site.to_string(),
            booked_at: booked.booked_at,
            stage: row.value.word(),
            outcome: finding.as_ref().map(|finding| finding.outcome),
            reasons: finding
                .as_ref()
                .map(|finding| finding.reasons.iter().map(|reason| reason.id.clone()).collect())
                .unwrap_or_default(),
            missing: finding.map(|finding| finding.missing).unwrap_or_default(),
        })
    }

    /// One booking with the person's values. Who reads it, and why, is on record.
    ///
    /// # Errors
    /// `NotFound`; `Failed` where the values were destroyed by a removal.
    pub fn view_booking(
        &self,
        op: &OpContext<'_>,
        booking: &BookingId,
    ) -> Result<Viewed, ServiceError> {
        let site = self.site_of(booking)?;
        self.may(op, "booking.view", &site)?;
        self.step(op, "booking", booking.as_str(), |tx| {
            let row = rows::booking::load(tx, booking)?
                .ok_or_else(|| ServiceError::not_found("booking", booking))?;
            let record = self.open_record(tx, booking)?;
            note(tx, op, "booking", booking.as_str(), "viewed", &())?;
            let listed = self.listed(tx, &row, op)?;
            Ok(Viewed { listed, person: record.person, circumstances: record.circumstances })
        })
    }

    /// The record of the feed behind a booking; `Removed` where it was destroyed.
    pub(crate) fn open_record(
        &self,
        tx: &mut dyn Tx,
        booking: &BookingId,
    ) -> Result<BookingRecord, ServiceError> {
        let row = rows::booking::load(tx, booking)?
            .ok_or_else(|| ServiceError::not_found("booking", booking))?;
        let gone = || RefusalCode::Removed.about("the person's values were destroyed by a removal");
        let sealed = rows::booking::sealed_record(tx, booking)?.ok_or_else(gone)?;
        let key = match envelope::load(tx, &self.keys.kek, row.value.booked().person.as_str()) {
            Err(StoreError::KeyDestroyed) => return Err(gone().into()),
            other => other?,
        };
        let text = envelope::open(&key, record_place(booking), &sealed)?;
        serde_json::from_slice(&text)
            .map_err(|_| StoreError::corrupt("booking", booking, "sealed").into())
    }

    fn seal_record(
        &self,
        tx: &mut dyn Tx,
        person: &PersonId,
        record: &BookingRecord,
    ) -> Result<(), ServiceError> {
        let key = match envelope::load(tx, &self.keys.kek, person.as_str()) {
            Err(StoreError::KeyDestroyed) => {
                let found = "the person's values were destroyed by a removal";
                return Err(RefusalCode::Removed.about(found).into());
            }
            other => other?,
        };
        let text = serde_json::to_vec(record).map_err(|_| StoreError::Encode("a booking"))?;
        let sealed = envelope::seal(&key, record_place(&record.booking), &text)?;
        rows::booking::seal_record(tx, &record.booking, &sealed)?;
        self.mark_person(tx, person, record)
    }

    fn person_of(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        record: &BookingRecord,
    ) -> Result<Known, ServiceError> {
        let digest = self.fingerprint_digest(record)?;
        if let Some(digest) = &digest
            && let Some(person) = rows::booking::person_by_digest(tx, digest)?
        {
            let mut earlier = 0;
            for record in records_of(tx, &person)? {
                earlier += rows::booking::of_person(tx, &record)?.len();
            }
            return Ok(Known { person, earlier });
        }
        let person = PersonId::new(op.ids.id());
        let key = envelope::create(tx, &self.keys.kek, person.as_str())?;
        let text =
            serde_json::to_vec(&record.person).map_err(|_| StoreError::Encode("a person"))?;
        let place = Place { table: "person", row: person.as_str(), column: "sealed" };
        let sealed = envelope::seal(&key, place, &text)?;
        let digest = digest.as_ref().map(<[u8; 32]>::as_slice);
        rows::booking::record_person(tx, &person, digest, &sealed, op.at)?;
        Ok(Known { person, earlier: 0 })
    }

    /// The fingerprint number of an amended record is that of the person booked; where none was
    /// known yet it becomes the person's, so that the next booking finds the same person.
    fn same_fingerprints(
        &self,
        tx: &mut dyn Tx,
        person: &PersonId,
        record: &BookingRecord,
    ) -> Result<(), ServiceError> {
        let Some(digest) = self.fingerprint_digest(record)? else {
            return Ok(());
        };
        let found = rows::booking::person_by_digest(tx, &digest)?;
        let fits = match found {
            Some(other) => root(tx, &other)? == root(tx, person)?,
            None => rows::booking::note_fingerprints(tx, person, &digest)?,
        };
        if fits {
            return Ok(());
        }
        Err(ServiceError::Invalid(
            "the fingerprint number is another person's than the one booked; record a booking of \
             its own for that person"
                .to_owned(),
        ))
    }

    fn fingerprint_digest(&self, record: &BookingRecord) -> Result<Option<[u8; 32]>, ServiceError> {
        let Some(number) = &record.person.fingerprint_number else {
            return Ok(None);
        };
        let digest = store::keys::digest(&self.keys.digest, "fingerprint", number.as_bytes())?;
        Ok(Some(digest))
    }

    pub(crate) fn site_of(&self, booking: &BookingId) -> Result<String, ServiceError> {
        let row = self.custody.read(|tx| rows::booking::load(tx, booking))?;
        let row = row.ok_or_else(|| ServiceError::not_found("booking", booking))?;
        Ok(row.value.booked().site.to_string())
    }
}

fn record_place(booking: &BookingId) -> Place<'_> {
    Place { table: "booking", row: booking.as_str(), column: "sealed" }
}

/// How a booking stands accounted for by what is on record.
fn standing_disposition(tx: &mut dyn Tx, close: &Close) -> Result<Disposition, ServiceError> {
    let decision = rows::eligibility::load(tx, &close.booking)?
        .ok_or_else(|| RefusalCode::NoDecision.about("the booking has no decision"))?;
    let journey::eligibility::Stage::Decided(decision) = decision.value;
    Disposition::without_sample(&decision.finding, close.why).ok_or_else(|| {
        let words: Vec<_> = NotCollected::ALL.iter().map(|why| why.word()).collect();
        ServiceError::Invalid(format!(
            "a sample is due and none was taken; give the reason, one of {}",
            words.join(", ")
        ))
    })
}

//! Person: which records are of one person. Fingerprints find most; merging what they did not find,
//! parting it again, and marking twins are steps here. Names never leave the sealed bookings.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use journey::booking::BookingRecord;
use journey::ids::{AccountId, BookingId, PersonId};
use journey::person::{Asked, Command, Stage};
use journey::refusal::RefusalCode;
use serde::{Deserialize, Serialize};
use store::custody as rows;
use store::listing::{self, After};
use store::{Tx, keys};

use crate::context::{OpContext, Placed};
use crate::duty::{Owed, owed, reopen};
use crate::error::{ServiceError, not_empty};
use crate::programme::Programme;
use crate::unit::{advance, note};

/// Kinds of what two records may have in common.
const ALIEN_NUMBER: &str = "alien_number";
const NAME_AND_BIRTH: &str = "name_and_birth";

/// Pairs read at a time while duplicates are looked for.
const PAIRS_AT_ONCE: u32 = 1_000;

/// Ask that two records be told to be of one person.
#[derive(Clone, Debug, Deserialize)]
pub struct AskMerge {
    /// The record under which both are found.
    pub kept: PersonId,
    /// The record that points there.
    pub other: PersonId,
    /// Why; no personal values.
    pub reason: String,
}

/// A merge as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The record that points elsewhere.
    pub other: PersonId,
    /// The record that is kept.
    pub kept: PersonId,
    /// Where the merge stands.
    pub stage: &'static str,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub asked_by: AccountId,
    /// Why it was denied or parted.
    pub why: Option<String>,
    /// Since when it stands so.
    pub since: Timestamp,
}

impl Placed for Listed {
    fn place(&self) -> After {
        After { at: self.since, id: self.other.to_string() }
    }
}

/// Two records that may be of one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    /// One record.
    pub one: PersonId,
    /// The other.
    pub other: PersonId,
    /// What they have in common: `alien_number`, `name_and_birth`.
    pub common: Vec<String>,
}

/// One person with every record and value on record; reading it is on record too.
#[derive(Clone, Debug, Serialize)]
pub struct Viewed {
    /// The record under which all is found.
    pub person: PersonId,
    /// Records that are merged into it.
    pub merged: Vec<PersonId>,
    /// Twins, who are other persons.
    pub twins: Vec<PersonId>,
    /// Names under which the person was booked, family name first.
    pub names: BTreeSet<(String, String)>,
    /// Alien file numbers given.
    pub alien_numbers: BTreeSet<String>,
    /// Dates of birth given.
    pub dates_of_birth: BTreeSet<Date>,
    /// Fingerprint numbers; more than one only where records were merged.
    pub fingerprint_numbers: BTreeSet<String>,
    /// Bookings, oldest first.
    pub bookings: Vec<BookingId>,
    /// Standing orders to collect again.
    pub owed: Vec<Owed>,
}

impl Programme {
    /// Asks that two records be merged.
    ///
    /// # Errors
    /// `NotFound`; `Refused` for twins, or where one is merged into another already.
    pub fn ask_merge(&self, op: &OpContext<'_>, ask: &AskMerge) -> Result<Listed, ServiceError> {
        self.may(op, "person.ask-merge", "")?;
        not_empty("reason", &ask.reason)?;
        self.step(op, "person", ask.other.as_str(), |tx| {
            there(tx, &ask.kept)?;
            there(tx, &ask.other)?;
            let asked = Asked {
                kept: ask.kept.clone(),
                other: ask.other.clone(),
                reason: ask.reason.clone(),
                by: op.stamp(),
            };
            let twins = rows::person::are_twins(tx, &ask.kept, &ask.other)?;
            let pointing = pointing(tx, &ask.kept, &ask.other)?;
            moved(tx, op, &ask.other, Command::Ask { asked, twins, pointing })
        })
    }

    /// Approves a merge as a second person. From then on both are found as one; nothing is
    /// rewritten.
    ///
    /// # Errors
    /// `Refused` to the account that asked.
    pub fn approve_merge(
        &self,
        op: &OpContext<'_>,
        other: &PersonId,
    ) -> Result<Listed, ServiceError> {
        self.may(op, "person.approve-merge", "")?;
        self.step(op, "person", other.as_str(), |tx| {
            let kept = rows::person::load(tx, other)?.map(|row| row.value.asked().kept.clone());
            let pointing = match kept {
                Some(kept) => pointing(tx, &kept, other)?,
                None => false,
            };
            moved(tx, op, other, Command::Approve { pointing, by: op.stamp() })
        })
    }

    /// Denies a merge as a second person.
    ///
    /// # Errors
    /// `Refused` to the account that asked.
    pub fn deny_merge(
        &self,
        op: &OpContext<'_>,
        other: &PersonId,
        why: &str,
    ) -> Result<Listed, ServiceError> {
        self.may(op, "person.deny-merge", "")?;
        not_empty("why", why)?;
        self.step(op, "person", other.as_str(), |tx| {
            moved(tx, op, other, Command::Deny { why: why.to_owned(), by: op.stamp() })
        })
    }

    /// Parts what was merged: each record stands by itself again, with the bookings that its own
    /// fingerprints found, those in between included. Orders to collect that a sample of the other
    /// satisfied are open again.
    ///
    /// # Errors
    /// `Refused` where nothing is merged.
    pub fn part_persons(
        &self,
        op: &OpContext<'_>,
        other: &PersonId,
        why: &str,
    ) -> Result<Listed, ServiceError> {
        self.may(op, "person.part", "")?;
        not_empty("why", why)?;
        self.step(op, "person", other.as_str(), |tx| {
            let listed =
                moved(tx, op, other, Command::Part { why: why.to_owned(), by: op.stamp() })?;
            for half in [other, &listed.kept] {
                let half = records_of(tx, half)?;
                reopen(tx, op, &half)?;
            }
            Ok(listed)
        })
    }

    /// Marks two records as those of twins: they are not proposed as duplicates and cannot be
    /// merged.
    ///
    /// # Errors
    /// `NotFound`; `Refused` where they are merged; `Invalid` where they are one record.
    pub fn mark_twins(
        &self,
        op: &OpContext<'_>,
        one: &PersonId,
        other: &PersonId,
    ) -> Result<(), ServiceError> {
        self.may(op, "person.mark-twins", "")?;
        if one == other {
            let text = "other: it is the same record; name the twin's";
            return Err(ServiceError::Invalid(text.to_owned()));
        }
        self.step(op, "person", one.as_str(), |tx| {
            there(tx, one)?;
            there(tx, other)?;
            if root(tx, one)? == root(tx, other)? {
                let what = "the two are merged; part them first";
                return Err(RefusalCode::WrongStage.about(what).into());
            }
            rows::person::mark_twins(tx, one, other, op.at)?;
            note(tx, op, "person", one.as_str(), "twins", &other)
        })
    }

    /// Merges at a stage (empty: all), longest waiting first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_merges(
        &self,
        op: &OpContext<'_>,
        stage: &str,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        self.may(op, "person.merges-list", "")?;
        let page = self
            .custody
            .read(|tx| listing::page::<Stage>(tx, rows::person::TABLE, stage, after, limit))?;
        Ok(page.iter().map(|row| listed(&row.value, row.at)).collect())
    }

    /// Records that may be of one person: the same file number, or the same name and date of birth.
    /// Those that are merged already, and twins, are left out.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_duplicates(
        &self,
        op: &OpContext<'_>,
        limit: u32,
    ) -> Result<Vec<Duplicate>, ServiceError> {
        self.may(op, "person.duplicates-list", "")?;
        self.custody.read(|tx| {
            let mut found: BTreeMap<(PersonId, PersonId), Vec<String>> = BTreeMap::new();
            let mut after = (String::new(), String::new());
            while found.len() <= limit as usize {
                let page = rows::person::alike(tx, (&after.0, &after.1), PAIRS_AT_ONCE)?;
                let Some((one, other, _)) = page.last() else { break };
                after = (one.to_string(), other.to_string());
                for (one, other, kind) in page {
                    let one_person = root(tx, &one)? == root(tx, &other)?;
                    if !one_person && !rows::person::are_twins(tx, &one, &other)? {
                        found.entry((one, other)).or_default().push(kind);
                    }
                }
            }
            let duplicates = found.into_iter().take(limit as usize);
            let duplicate = |((one, other), common)| Duplicate { one, other, common };
            Ok(duplicates.map(duplicate).collect())
        })
    }

    /// One person with names and numbers, over all records. Who reads it, and why, is on record.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn view_person(
        &self,
        op: &OpContext<'_>,
        person: &PersonId,
    ) -> Result<Viewed, ServiceError> {
        self.may(op, "person.view", "")?;
        self.step(op, "person", person.as_str(), |tx| {
            there(tx, person)?;
            let records = records_of(tx, person)?;
            note(tx, op, "person", person.as_str(), "viewed", &())?;
            let mut viewed = Viewed {
                person: root(tx, person)?,
                merged: Vec::new(),
                twins: Vec::new(),
                names: BTreeSet::new(),
                alien_numbers: BTreeSet::new(),
                dates_of_birth: BTreeSet::new(),
                fingerprint_numbers: BTreeSet::new(),
                bookings: Vec::new(),
                owed: owed(tx, person, op.at)?,
            };
            for record in &records {
                viewed.twins.extend(rows::person::twins_of(tx, record)?);
                for row in rows::booking::of_person(tx, record)? {
                    let booking = BookingId::from(row.id.as_str());
                    match self.open_record(tx, &booking) {
                        Ok(booked) => viewed.add(booked.person),
                        Err(ServiceError::Refused(_)) => {}
                        Err(other) => return Err(other),
                    }
                    viewed.bookings.push(booking);
                }
            }
            viewed.merged = records.into_iter().filter(|it| *it != viewed.person).collect();
            Ok(viewed)
        })
    }

    /// Notes by what a booking's person may be found to be on record already.
    pub(crate) fn mark_person(
        &self,
        tx: &mut dyn Tx,
        person: &PersonId,
        record: &BookingRecord,
    ) -> Result<(), ServiceError> {
        let told = &record.person;
        let plain = |text: &str| text.trim().to_lowercase();
        let number = told.alien_number.as_ref().map(|number| {
            let signs = number.chars().filter(char::is_ascii_alphanumeric);
            (ALIEN_NUMBER, signs.collect::<String>().to_lowercase())
        });
        let named = told.date_of_birth.map(|born| {
            let (family, given) = (plain(&told.family_name), plain(&told.given_name));
            (NAME_AND_BIRTH, format!("{family}\n{given}\n{born}"))
        });
        for (kind, text) in number.into_iter().chain(named) {
            let digest = keys::digest(&self.keys.digest, kind, text.as_bytes())?;
            rows::person::mark(tx, person, kind, &digest)?;
        }
        Ok(())
    }
}

impl Viewed {
    fn add(&mut self, told: journey::booking::Person) {
        self.names.insert((told.family_name, told.given_name));
        self.alien_numbers.extend(told.alien_number);
        self.dates_of_birth.extend(told.date_of_birth);
        self.fingerprint_numbers.extend(told.fingerprint_number);
    }
}

/// The record under which a record is found: itself, or the one into which it is merged.
pub(crate) fn root(tx: &mut dyn Tx, person: &PersonId) -> Result<PersonId, ServiceError> {
    let mut root = person.clone();
    while let Some(kept) = rows::person::kept_by(tx, &root)? {
        root = kept;
    }
    Ok(root)
}

/// Every record of the person of a record; the one that is kept comes first.
pub(crate) fn records_of(
    tx: &mut dyn Tx,
    person: &PersonId,
) -> Result<Vec<PersonId>, ServiceError> {
    let mut records = vec![root(tx, person)?];
    let mut next = 0;
    while let Some(record) = records.get(next).cloned() {
        records.extend(rows::person::pointing_to(tx, &record)?);
        next += 1;
    }
    Ok(records)
}

fn there(tx: &mut dyn Tx, person: &PersonId) -> Result<(), ServiceError> {
    let known = !rows::booking::of_person(tx, person)?.is_empty();
    if known { Ok(()) } else { Err(ServiceError::not_found("person", person)) }
}

fn pointing(tx: &mut dyn Tx, kept: &PersonId, other: &PersonId) -> Result<bool, ServiceError> {
    let elsewhere = rows::person::kept_by(tx, kept)?.is_some();
    Ok(elsewhere || rows::person::kept_by(tx, other)?.is_some())
}

fn moved(
    tx: &mut dyn Tx,
    op: &OpContext<'_>,
    other: &PersonId,
    command: Command,
) -> Result<Listed, ServiceError> {
    let stage = advance!(tx, op, "person": journey::person, rows::person, other, command);
    Ok(listed(&stage, op.at))
}

fn listed(stage: &Stage, since: Timestamp) -> Listed {
    let Asked { kept, other, reason, by } = stage.asked().clone();
    let why = match stage {
        Stage::Denied { why, .. } | Stage::Parted { why, .. } => Some(why.clone()),
        Stage::Asked { .. } | Stage::Merged { .. } => None,
    };
    Listed { other, kept, stage: stage.word(), reason, asked_by: by.by, why, since }
}

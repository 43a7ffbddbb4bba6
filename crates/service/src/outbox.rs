//! The outbox of each side: kinds of jobs, their payloads, and how a payload that names a specimen
//! is sealed. Absent: what the jobs do (`jobs`).

use genetics::Category;
use journey::ids::{
    AccountId, CandidateId, ConfirmationId, KitBarcode, Ori, PersonId, RemovalId, SpecimenNumber,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::envelope::{self, Place};
use store::job::Job;
use store::{StoreError, Tx};

use crate::error::ServiceError;
use crate::programme::Programme;

/// Custody to index: an accepted specimen waits for typing.
pub(crate) const REGISTER_SPECIMEN: &str = "register-specimen";
/// Custody to index: an accepted specimen is in another category.
pub(crate) const RECLASSIFY_SPECIMEN: &str = "reclassify-specimen";
/// Index: search a new record.
pub(crate) const SEARCH: &str = "search";
/// Index to custody: a candidate is to be confirmed.
pub(crate) const REQUEST_CONFIRMATION: &str = "request-confirmation";
/// Custody to index: how a confirmation ended.
pub(crate) const SETTLE_CANDIDATE: &str = "settle-candidate";
/// Index to custody: a candidate that was to be confirmed has ended.
pub(crate) const END_CONFIRMATION: &str = "end-confirmation";
/// Custody to index: a record is to be taken out.
pub(crate) const WITHDRAW_RECORD: &str = "withdraw-record";

/// A payload that only the person's own key opens.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SealedJob {
    person: PersonId,
    sealed: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct RegisterSpecimen {
    pub(crate) specimen: SpecimenNumber,
    pub(crate) category: Category,
}

/// The category is that of the custody record when the job runs, so that the last one stays.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ReclassifySpecimen {
    pub(crate) kit: KitBarcode,
    pub(crate) specimen: SpecimenNumber,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Search {
    pub(crate) specimen: SpecimenNumber,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct RequestConfirmation {
    pub(crate) confirmation: ConfirmationId,
    pub(crate) candidate: CandidateId,
    pub(crate) specimen: SpecimenNumber,
    pub(crate) laboratory: Ori,
    pub(crate) by: AccountId,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct EndConfirmation {
    pub(crate) confirmation: ConfirmationId,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SettleCandidate {
    pub(crate) candidate: CandidateId,
    /// Not told by jobs of the first version, whose candidates were asked about once.
    #[serde(default)]
    pub(crate) confirmation: Option<ConfirmationId>,
    pub(crate) refuted_because: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct WithdrawRecord {
    pub(crate) removal: RemovalId,
    pub(crate) specimen: SpecimenNumber,
}

impl Programme {
    /// Seals a payload that names a specimen, for the custody side's outbox, under the person's own
    /// key: done jobs stay in the table, and must not tell the pair after a removal.
    pub(crate) fn seal_job(
        &self,
        tx: &mut dyn Tx,
        person: &PersonId,
        kind: &'static str,
        payload: &impl Serialize,
    ) -> Result<SealedJob, ServiceError> {
        let key = envelope::load(tx, &self.keys.kek, person.as_str())?;
        let text = serde_json::to_vec(payload).map_err(|_| StoreError::Encode("a job"))?;
        let sealed = envelope::seal(&key, place(kind), &text)?;
        Ok(SealedJob { person: person.clone(), sealed: data_encoding::BASE64.encode(&sealed) })
    }

    /// What a job is about, and whom; `None` where that person's values were destroyed since, so
    /// that nothing is left to do.
    pub(crate) fn open_job<T: DeserializeOwned>(
        &self,
        job: &Job,
    ) -> Result<Option<(PersonId, T)>, ServiceError> {
        let damaged = || StoreError::corrupt("job", job.id, "payload");
        let SealedJob { person, sealed } = job.payload()?;
        let kek = &self.keys.kek;
        let key = match self.custody.read(|tx| envelope::load(tx, kek, person.as_str())) {
            Err(StoreError::KeyDestroyed) => return Ok(None),
            other => other?,
        };
        let sealed = data_encoding::BASE64.decode(sealed.as_bytes()).map_err(|_| damaged())?;
        let text = envelope::open(&key, place(&job.kind), &sealed)?;
        let payload = serde_json::from_slice(&text).map_err(|_| damaged())?;
        Ok(Some((person, payload)))
    }
}

/// Key of the job that registers the specimen of a kit.
pub(crate) fn registration_of(kit: &KitBarcode) -> String {
    format!("{REGISTER_SPECIMEN}/{kit}")
}

fn place(kind: &str) -> Place<'_> {
    Place { table: "job", row: kind, column: "payload" }
}

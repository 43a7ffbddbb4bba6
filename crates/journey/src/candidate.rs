//! Candidate: a search found two specimens that may come from one person.
//!
//! A candidate is not a hit: the FBI's own example agrees at 13 of 13 loci at moderate stringency
//! and is an exclusion. A pair of evidence and a person's record is looked at by the casework
//! laboratory, which excludes it or asks for confirmation. Any other pair has two sides, and is
//! concluded when both say the same, or an index custodian resolves it. What came of a pair is
//! counted once, and a count can be corrected. Its id is made of the two specimen numbers, so a
//! search repeated finds the same candidate. Absent: names; neither side of the index has any.

pub mod disposition;
pub mod suggestion;

use genetics::SearchRule;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::actor::Stamp;
use crate::ids::{AccountId, CandidateId, CaseNumber, ConfirmationId, RemovalId, SpecimenNumber};
use crate::refusal::{Misapplied, Refusal, RefusalCode};
use disposition::{Disposition, Hit, Opinion, Side};

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The evidence; of two persons, the record that was searched.
    pub evidence: SpecimenNumber,
    /// The other record: a person's, or other evidence.
    pub record: SpecimenNumber,
    /// True where the other record is a person's.
    pub record_is_person: bool,
    /// True where both are persons' records.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub both_are_persons: bool,
    /// Loci typed on both sides.
    pub loci_compared: u8,
    /// Loci that match.
    pub loci_matching: u8,
    /// Loosest level among the matching loci.
    pub stringency: String,
    /// The settings of the search; not kept with candidates of the first version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<SearchRule>,
    /// When it was found.
    pub found_at: Timestamp,
}

/// What the two records of a pair are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Evidence and a person's record.
    EvidenceAndPerson,
    /// Evidence of two cases, or twice of one.
    TwoOfEvidence,
    /// Two persons' records: one person sampled twice, or twins.
    TwoPersons,
}

impl Found {
    /// The id that this pair has in every search.
    pub fn candidate(&self) -> CandidateId {
        Self::id_of(&self.evidence, &self.record)
    }

    /// The id of a pair, the evidence first.
    pub fn id_of(evidence: &SpecimenNumber, record: &SpecimenNumber) -> CandidateId {
        CandidateId::new(format!("{evidence}~{record}"))
    }

    /// What the two records are.
    pub fn kind(&self) -> Kind {
        match (self.both_are_persons, self.record_is_person) {
            (true, _) => Kind::TwoPersons,
            (false, true) => Kind::EvidenceAndPerson,
            (false, false) => Kind::TwoOfEvidence,
        }
    }
}

/// Where a candidate stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// Nobody has looked.
    New(Found),
    /// Somebody looks.
    UnderReview(UnderReview),
    /// The casework laboratory excluded it.
    Excluded(Closed),
    /// A new version of a profile no longer matches.
    Outdated(Closed),
    /// Both sides said the same of it, or it was resolved.
    Concluded(Concluded),
    /// The database laboratory is asked to confirm.
    ConfirmationRequested(Asked),
    /// The database laboratory confirmed it.
    Confirmed(Asked),
    /// The database laboratory refuted it.
    Refuted(Closed),
    /// What came of it is counted.
    Counted(Counted),
    /// One of its records was removed.
    Withdrawn(Withdrawn),
}

/// A candidate that somebody looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderReview {
    /// What was found.
    pub found: Found,
    /// Who looks.
    pub by: AccountId,
    /// What each side said so far, at most one opinion a side.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opinions: Vec<Opinion>,
    /// Why its time was moved last, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_off: Option<PutOff>,
}

/// More time for a candidate, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutOff {
    /// The last day of its time.
    pub until: Date,
    /// Why.
    pub why: String,
    /// By whom and when.
    pub stamp: Stamp,
}

/// A candidate that is no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// What was found.
    pub found: Found,
    /// Why it is none.
    pub why: String,
}

/// A pair of which both sides said the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concluded {
    /// What was found.
    pub found: Found,
    /// What it is.
    pub disposition: Disposition,
}

/// A candidate that the database laboratory works on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// What was found.
    pub found: Found,
    /// The confirmation.
    pub confirmation: ConfirmationId,
}

/// A candidate of which the outcome is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// What is counted: a confirmed candidate, or a concluded pair.
    pub of: Countable,
    /// As what.
    pub hit: Hit,
    /// Cases whose investigation it aided.
    pub aided: Vec<CaseNumber>,
}

/// What can be counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Countable {
    /// A confirmed candidate.
    Confirmed(Asked),
    /// A pair of evidence of one source.
    Concluded(Concluded),
}

/// A candidate whose record was removed: not even the pair is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// Under which removal.
    pub removal: RemovalId,
}

impl Stage {
    /// Every stage's word, in order.
    pub const WORDS: &[&str] = &[
        "new",
        "under_review",
        "excluded",
        "outdated",
        "concluded",
        "confirmation_requested",
        "confirmed",
        "refuted",
        "counted",
        "withdrawn",
    ];

    /// What was found, unless it was withdrawn.
    pub fn found(&self) -> Option<&Found> {
        match self {
            Self::New(found) => Some(found),
            Self::UnderReview(review) => Some(&review.found),
            Self::Excluded(closed) | Self::Outdated(closed) | Self::Refuted(closed) => {
                Some(&closed.found)
            }
            Self::Concluded(concluded) => Some(&concluded.found),
            Self::ConfirmationRequested(asked) | Self::Confirmed(asked) => Some(&asked.found),
            Self::Counted(counted) => Some(match &counted.of {
                Countable::Confirmed(asked) => &asked.found,
                Countable::Concluded(concluded) => &concluded.found,
            }),
            Self::Withdrawn(_) => None,
        }
    }

    /// What each side said so far.
    pub fn opinions(&self) -> &[Opinion] {
        match self {
            Self::UnderReview(review) => &review.opinions,
            _ => &[],
        }
    }

    /// Why its time was moved last, if it was.
    pub fn put_off(&self) -> Option<&PutOff> {
        match self {
            Self::UnderReview(review) => review.put_off.as_ref(),
            _ => None,
        }
    }

    /// The stage's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::New(_) => "new",
            Self::UnderReview(_) => "under_review",
            Self::Excluded(_) => "excluded",
            Self::Outdated(_) => "outdated",
            Self::Concluded(_) => "concluded",
            Self::ConfirmationRequested(_) => "confirmation_requested",
            Self::Confirmed(_) => "confirmed",
            Self::Refuted(_) => "refuted",
            Self::Counted(_) => "counted",
            Self::Withdrawn(_) => "withdrawn",
        }
    }
}

/// What somebody wants of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Record that a search found it, for the first time or again.
    Find(Found),
    /// Record that a new version of a profile no longer matches.
    Outdate,
    /// Take it to look at.
    Take(Stamp),
    /// Give it more time.
    PutOff(PutOff),
    /// Exclude it.
    Exclude {
        /// Why.
        why: String,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Say what a side takes it for.
    Say {
        /// For which sides the speaker may speak.
        sides: Vec<Side>,
        /// What it is taken for.
        disposition: Disposition,
        /// Why.
        why: String,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Decide between two sides that do not agree.
    Resolve {
        /// What it is.
        disposition: Disposition,
        /// Why.
        why: String,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Ask the database laboratory to confirm it.
    RequestConfirmation {
        /// The confirmation's id.
        confirmation: ConfirmationId,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Record what the database laboratory concluded.
    Settle {
        /// `None` where it confirmed, else why not.
        refuted_because: Option<String>,
    },
    /// Count what came of it.
    Count {
        /// As what.
        hit: Hit,
        /// Cases whose investigation it aided.
        aided: Vec<CaseNumber>,
    },
    /// Take a count back.
    Uncount {
        /// Why.
        why: String,
    },
    /// A record of it was removed.
    Withdraw(RemovalId),
}

/// What happened to a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Found.
    Found {
        /// Loci typed on both sides; the pair itself is in the row, which removal can destroy.
        loci_compared: u8,
        /// Loci that match.
        loci_matching: u8,
        /// The pair.
        #[serde(skip)]
        found: Option<Found>,
    },
    /// A new version no longer matches.
    Outdated,
    /// A later version matches again.
    FoundAgain {
        /// The pair.
        #[serde(skip)]
        found: Option<Found>,
    },
    /// Taken.
    Taken {
        /// By whom.
        by: AccountId,
    },
    /// Its time was moved.
    PutOff(PutOff),
    /// Excluded.
    Excluded {
        /// Why.
        why: String,
    },
    /// A side said what it takes it for.
    Said {
        /// What was said, one opinion a side.
        opinions: Vec<Opinion>,
        /// What both sides say now, where they agree.
        concludes: Option<Disposition>,
    },
    /// Somebody decided between the sides.
    Resolved {
        /// What it is.
        disposition: Disposition,
        /// Why.
        why: String,
        /// By whom and when.
        stamp: Stamp,
    },
    /// Confirmation asked for.
    ConfirmationRequested {
        /// The confirmation's id.
        confirmation: ConfirmationId,
    },
    /// Confirmed.
    Confirmed,
    /// Refuted.
    Refuted {
        /// Why.
        why: String,
    },
    /// Counted.
    Counted {
        /// As what.
        hit: Hit,
        /// Cases whose investigation it aided.
        aided: Vec<CaseNumber>,
    },
    /// A count was taken back.
    Uncounted {
        /// Why.
        why: String,
    },
    /// Withdrawn.
    Withdrawn {
        /// Under which removal.
        removal: RemovalId,
    },
}

impl Event {
    /// The event's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Found { .. } => "found",
            Self::Outdated => "outdated",
            Self::FoundAgain { .. } => "found_again",
            Self::Taken { .. } => "taken",
            Self::PutOff(_) => "put_off",
            Self::Excluded { .. } => "excluded",
            Self::Said { .. } => "said",
            Self::Resolved { .. } => "resolved",
            Self::ConfirmationRequested { .. } => "confirmation_requested",
            Self::Confirmed => "confirmed",
            Self::Refuted { .. } => "refuted",
            Self::Counted { .. } => "counted",
            Self::Uncounted { .. } => "uncounted",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }
}

/// Decides a command.
///
/// # Errors
/// Found twice, worked by somebody else, or a step out of order. Only a pair of evidence and a
/// person's record goes to confirmation; only other pairs are concluded by their sides.
pub fn decide(stage: Option<&Stage>, command: Command) -> Result<Event, Refusal> {
    match (stage, command) {
        (None, Command::Find(found)) => Ok(Event::Found {
            loci_compared: found.loci_compared,
            loci_matching: found.loci_matching,
            found: Some(found),
        }),
        (Some(Stage::Outdated(_)), Command::Find(found)) => {
            Ok(Event::FoundAgain { found: Some(found) })
        }
        (Some(stage), Command::Find(_)) => {
            Err(RefusalCode::AlreadyRecorded.about(format!("the candidate is {}", stage.word())))
        }
        (
            Some(Stage::New(_) | Stage::UnderReview(_) | Stage::ConfirmationRequested(_)),
            Command::Outdate,
        ) => Ok(Event::Outdated),
        (Some(Stage::New(_)), Command::Take(stamp)) => Ok(Event::Taken { by: stamp.by }),
        (Some(Stage::UnderReview(review)), command) => decide_review(review, command),
        (Some(Stage::ConfirmationRequested(_)), Command::Settle { refuted_because }) => {
            Ok(refuted_because.map_or(Event::Confirmed, |why| Event::Refuted { why }))
        }
        (Some(Stage::Confirmed(_)), Command::Count { hit, aided }) => {
            disposition::counts(hit, Kind::EvidenceAndPerson)?;
            Ok(Event::Counted { hit, aided })
        }
        (Some(Stage::Concluded(concluded)), Command::Count { hit, aided })
            if concluded.disposition == Disposition::ForensicHit =>
        {
            disposition::counts(hit, Kind::TwoOfEvidence)?;
            Ok(Event::Counted { hit, aided })
        }
        (Some(Stage::Counted(_)), Command::Uncount { why }) => Ok(Event::Uncounted { why }),
        (Some(Stage::Withdrawn(_)), _) => Err(RefusalCode::Removed.about("a record was removed")),
        (Some(_), Command::Withdraw(removal)) => Ok(Event::Withdrawn { removal }),
        (Some(stage), _) => {
            Err(RefusalCode::WrongStage.about(format!("the candidate is {}", stage.word())))
        }
        (None, _) => Err(RefusalCode::NotThere.about("no such candidate")),
    }
}

fn decide_review(review: &UnderReview, command: Command) -> Result<Event, Refusal> {
    match command {
        Command::PutOff(put_off) => {
            own(review, &put_off.stamp)?;
            Ok(Event::PutOff(put_off))
        }
        Command::Exclude { why, stamp } => {
            own(review, &stamp)?;
            if review.found.kind() != Kind::EvidenceAndPerson {
                let found = "both sides have a say in this pair; say no_match for your own";
                return Err(RefusalCode::DispositionConflict.about(found));
            }
            Ok(Event::Excluded { why })
        }
        Command::RequestConfirmation { confirmation, stamp } => {
            own(review, &stamp)?;
            if review.found.kind() != Kind::EvidenceAndPerson {
                let found = "only evidence and a person's record go to confirmation; say what \
                             the pair is instead";
                return Err(RefusalCode::SearchForbidden.about(found));
            }
            Ok(Event::ConfirmationRequested { confirmation })
        }
        Command::Say { sides, disposition, why, stamp } => {
            disposition::fits(disposition, review.found.kind())?;
            let mut opinions = review.opinions.clone();
            for side in sides {
                opinions.retain(|opinion| opinion.side != side);
                let (why, stamp) = (why.clone(), stamp.clone());
                opinions.push(Opinion { side, disposition, why, stamp });
            }
            opinions.sort_by_key(|opinion| opinion.side);
            let concludes = disposition::agreed(&opinions);
            Ok(Event::Said { opinions, concludes })
        }
        Command::Resolve { disposition, why, stamp } => {
            disposition::fits(disposition, review.found.kind())?;
            if !disposition::differ(&review.opinions) || !disposition.concludes() {
                let found = "both sides must have said what they take it for, and not the same";
                return Err(RefusalCode::WrongStage.about(found));
            }
            Ok(Event::Resolved { disposition, why, stamp })
        }
        Command::Withdraw(removal) => Ok(Event::Withdrawn { removal }),
        _ => Err(RefusalCode::WrongStage.about("the candidate is under_review")),
    }
}

fn own(review: &UnderReview, stamp: &Stamp) -> Result<(), Refusal> {
    if review.by == stamp.by {
        return Ok(());
    }
    Err(RefusalCode::WrongStage.about(format!("{} works on this candidate", review.by)))
}

/// Why a candidate is outdated.
const OUTDATED: &str = "a new version of a profile no longer matches";

/// Applies an event.
///
/// # Errors
/// The event cannot happen at this stage: a bug, not a refusal.
pub fn apply(stage: Option<Stage>, event: &Event) -> Result<Stage, Misapplied> {
    let misapplied = Misapplied { station: "candidate", event: event.word() };
    match (stage, event) {
        (None, Event::Found { found: Some(found), .. })
        | (Some(Stage::Outdated(_)), Event::FoundAgain { found: Some(found) }) => {
            Ok(Stage::New(found.clone()))
        }
        (Some(stage), Event::Outdated) => {
            let found = stage.found().ok_or(misapplied)?.clone();
            Ok(Stage::Outdated(Closed { found, why: OUTDATED.to_owned() }))
        }
        (Some(Stage::New(found)), Event::Taken { by }) => {
            let by = by.clone();
            Ok(Stage::UnderReview(UnderReview { found, by, opinions: Vec::new(), put_off: None }))
        }
        (Some(Stage::UnderReview(review)), event) => apply_review(review, event, misapplied),
        (Some(Stage::ConfirmationRequested(asked)), Event::Confirmed) => {
            Ok(Stage::Confirmed(asked))
        }
        (Some(Stage::ConfirmationRequested(asked)), Event::Refuted { why }) => {
            Ok(Stage::Refuted(Closed { found: asked.found, why: why.clone() }))
        }
        (Some(Stage::Confirmed(asked)), Event::Counted { hit, aided }) => {
            let of = Countable::Confirmed(asked);
            Ok(Stage::Counted(Counted { of, hit: *hit, aided: aided.clone() }))
        }
        (Some(Stage::Concluded(concluded)), Event::Counted { hit, aided }) => {
            let of = Countable::Concluded(concluded);
            Ok(Stage::Counted(Counted { of, hit: *hit, aided: aided.clone() }))
        }
        (Some(Stage::Counted(counted)), Event::Uncounted { .. }) => Ok(match counted.of {
            Countable::Confirmed(asked) => Stage::Confirmed(asked),
            Countable::Concluded(concluded) => Stage::Concluded(concluded),
        }),
        (Some(_), Event::Withdrawn { removal }) => {
            Ok(Stage::Withdrawn(Withdrawn { removal: removal.clone() }))
        }
        _ => Err(misapplied),
    }
}

fn apply_review(
    review: UnderReview,
    event: &Event,
    misapplied: Misapplied,
) -> Result<Stage, Misapplied> {
    if let Event::PutOff(put_off) = event {
        return Ok(Stage::UnderReview(UnderReview { put_off: Some(put_off.clone()), ..review }));
    }
    if let Event::Said { opinions, concludes: None } = event {
        return Ok(Stage::UnderReview(UnderReview { opinions: opinions.clone(), ..review }));
    }
    let found = review.found;
    match event {
        Event::Excluded { why } => Ok(Stage::Excluded(Closed { found, why: why.clone() })),
        Event::Said { concludes: Some(disposition), .. } | Event::Resolved { disposition, .. } => {
            Ok(Stage::Concluded(Concluded { found, disposition: *disposition }))
        }
        Event::ConfirmationRequested { confirmation } => {
            let confirmation = confirmation.clone();
            Ok(Stage::ConfirmationRequested(Asked { found, confirmation }))
        }
        Event::Withdrawn { removal } => {
            Ok(Stage::Withdrawn(Withdrawn { removal: removal.clone() }))
        }
        _ => Err(misapplied),
    }
}

//! Random commands at every station: what is decided can be applied, what is refused changes
//! nothing, no pair of stage and event makes `apply` panic, and both outlive JSON.

use std::fmt::Debug;
use std::sync::LazyLock;

use genetics::{Category, LocusSet, Profile, controls};
use genetics::{Frequencies, acceptance};
use journey::accession::{self, Findings, KitRecord, Lawful, LawfulSpecimen};
use journey::actor::Stamp;
use journey::booking::{self, CustodyBasis, Disposition, LawfulStatus, NotCollected};
use journey::collection::{self, Abandonment, SealedKit};
use journey::eligibility::{self, Eligible, Finding, Outcome};
use journey::kit::{self, UsableKit, Withdrawal};
use journey::notice::{self, Purpose, Subject};
use journey::refusal::{Misapplied, Refusal};
use journey::removal::{self, FinalOrder, Path, Step};
use journey::rules::{Room, RuleBook};
use journey::typing::{self, ControlResults, ControlledRun, reading};
use journey::{candidate, confirmation, discretion, duty, person, shipment, upload};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::rules::record;

type Decide<S, C, E> = fn(Option<&S>, C) -> Result<E, Refusal>;
type Apply<S, E> = fn(Option<S>, &E) -> Result<S, Misapplied>;

/// Walks a station and gives every stage and event that was met.
fn walk<S, C, E>(
    decide: impl Fn(Option<&S>, C) -> Result<E, Refusal>,
    apply: Apply<S, E>,
    commands: Vec<C>,
) -> (Vec<S>, Vec<E>)
where
    S: Clone + Debug + PartialEq + Serialize + DeserializeOwned,
    E: Clone + Debug + PartialEq + Serialize + DeserializeOwned,
{
    let (mut stage, mut stages, mut events) = (None::<S>, Vec::new(), Vec::new());
    for command in commands {
        let before = stage.clone();
        match decide(stage.as_ref(), command) {
            Ok(event) => {
                let after = apply(stage, &event).expect("what was decided can be applied");
                outlives_json(&after);
                stages.push(after.clone());
                events.push(event);
                stage = Some(after);
            }
            Err(refusal) => {
                assert_eq!(stage, before);
                assert!(!refusal.detail.is_empty());
                outlives_json(&refusal);
            }
        }
    }
    for event in &events {
        let _ = apply(None, event);
        for stage in &stages {
            let _ = apply(Some(stage.clone()), event);
        }
    }
    (stages, events)
}

fn outlives_json<T: Debug + PartialEq + Serialize + DeserializeOwned>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    let back: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(&back, value, "{text}");
}

fn station<S, C, E>(decide: Decide<S, C, E>, apply: Apply<S, E>, commands: Vec<C>) -> Vec<S>
where
    S: Clone + Debug + PartialEq + Serialize + DeserializeOwned,
    E: Clone + Debug + PartialEq + Serialize + DeserializeOwned,
{
    let (stages, events) = walk(decide, apply, commands);
    events.iter().for_each(outlives_json);
    stages
}

pub(crate) fn stamp(who: u8) -> Stamp {
    Stamp {
        at: "2020-06-01T16:00:00Z".parse().unwrap(),
        by: ["one", "two", "three"][usize::from(who) % 3].into(),
    }
}

pub(crate) fn decided(outcome: Outcome) -> eligibility::Stage {
    let category = matches!(outcome, Outcome::Collect | Outcome::MaySkip);
    let command = eligibility::Command::Decide {
        id: "D-1".into(),
        booking: "B-1".into(),
        person: "P-1".into(),
        finding: Finding {
            outcome,
            category: category.then(detainee),
            reasons: Vec::new(),
            missing: Vec::new(),
            rule_set: "set".to_owned(),
            rule_set_sha256: "00".to_owned(),
        },
        facts_digest: "digest".to_owned(),
        at: stamp(0).at,
        law_until: None,
    };
    let event = eligibility::decide(None, command).unwrap();
    eligibility::apply(None, &event).unwrap()
}

pub(crate) fn eligible() -> Eligible {
    Eligible::check(Some(&decided(Outcome::Collect)), stamp(0).at).unwrap()
}

fn detainee() -> Category {
    Category::from_name("Detainee").unwrap()
}

pub(crate) fn issued() -> kit::Issued {
    kit::Issued {
        lot: "LOT-1".to_owned(),
        site: "Dallas".into(),
        expires_on: "2022-01-31".parse().unwrap(),
    }
}

pub(crate) fn usable(barcode: &str) -> UsableKit {
    let stage = kit::Stage::InStock(issued());
    let today = "2020-06-01".parse().unwrap();
    UsableKit::check(&barcode.into(), Some(&stage), &"Dallas".into(), today).unwrap()
}

pub(crate) fn opening(barcode: &str) -> collection::Command {
    collection::Command::Open {
        eligible: eligible(),
        kit: usable(barcode),
        site: "Dallas".into(),
        table: "table 1".to_owned(),
        table_has_open: None,
        stamp: stamp(0),
    }
}

fn sealed(barcode: &str) -> SealedKit {
    let commands = vec![
        opening(barcode),
        collection::Command::Scan { device: barcode.into(), form: barcode.into() },
        sealing(true),
    ];
    let stages = station(collection::decide, collection::apply, commands);
    SealedKit::check(stages.last()).unwrap()
}

fn sealing(prints_taken: bool) -> collection::Command {
    let (seal, decision) = ("SEAL-1".to_owned(), "D-1".into());
    collection::Command::Seal { seal, prints_taken, decision, stamp: stamp(0) }
}

/// Random small numbers, out of each of which a station makes a command.
fn numbers() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..24)
}

pub(crate) fn collecting(n: u8) -> collection::Command {
    match n % 7 {
        0 | 1 => opening("K-1"),
        2 | 3 => collection::Command::Scan {
            device: "K-1".into(),
            form: ["K-1", "K-2"][usize::from(n / 128)].into(),
        },
        4 | 5 => sealing(n < 200),
        _ => collection::Command::Abandon(Abandonment::ALL[usize::from(n) % 4]),
    }
}

fn stocking(n: u8) -> kit::Command {
    match n % 5 {
        0 => kit::Command::Receive(issued()),
        1 | 2 => kit::Command::Open {
            usable: usable("K-1"),
            collection: format!("C-{n}").as_str().into(),
        },
        3 => kit::Command::Use,
        _ => kit::Command::Withdraw(Withdrawal::ALL[usize::from(n) % 4]),
    }
}

fn shipping(n: u8) -> shipment::Command {
    match n % 6 {
        0 => shipment::Command::Start { site: "Dallas".into() },
        1 | 2 => shipment::Command::Pack {
            kit: sealed(["K-1", "K-2"][usize::from(n / 128)]),
            packed_in: (n % 16 == 1).then(|| "P-9".into()),
        },
        3 => shipment::Command::Seal { seal: "PS-1".to_owned() },
        4 => shipment::Command::HandOver {
            carrier: "Carrier".to_owned(),
            tracking: "1Z".to_owned(),
            stamp: stamp(n / 8),
        },
        _ => shipment::Command::Receive {
            found: ["K-2".into(), "K-3".into()].into(),
            stamp: stamp(n / 16),
        },
    }
}

fn booked(n: u8) -> booking::Command {
    match n % 4 {
        0 => booking::Command::Book {
            person: "P-1".into(),
            circumstances: Box::new(record().circumstances),
            digest: "digest".to_owned(),
        },
        1 => booking::Command::Amend { digest: format!("digest {n}") },
        _ => booking::Command::Dispose(Disposition::DueNotCollected {
            why: NotCollected::ALL[usize::from(n) % NotCollected::ALL.len()],
        }),
    }
}

pub(crate) fn examining(n: u8, category: Category) -> accession::Command {
    if n.is_multiple_of(4) {
        let another = if n.is_multiple_of(3) { category } else { Category::Arrestee };
        return match n.is_multiple_of(8) {
            true => accession::Command::Arrive { package: "P-1".into(), at: stamp(0).at },
            false => accession::Command::Reclassify(another),
        };
    }
    let mut findings = Findings::sound(&"K-1".into());
    findings.form_complete = n % 4 != 1;
    findings.seal_intact = !n.is_multiple_of(11);
    accession::Command::Examine(Box::new(accession::Examination {
        barcode: "K-1".into(),
        findings,
        kit: KitRecord { lot_recalled: n.is_multiple_of(17), in_date: !n.is_multiple_of(19) },
        lawful: match n / 64 {
            0 => Lawful::Underage,
            1 => Lawful::NoBasis,
            _ => Lawful::As(category),
        },
        collector: "one".into(),
        accession: "A-1".into(),
        stamp: stamp(n / 5),
    }))
}

fn results(n: u8) -> ControlResults {
    let right = controls::profile("2800M").unwrap();
    let wrong = controls::profile("9947A").unwrap();
    ControlResults {
        positives: match n % 4 {
            0 => Vec::new(),
            1 => vec![right.clone(), wrong],
            2 => vec![right.clone(), right],
            _ => vec![right],
        },
        negative_is_blank: n < 200,
    }
}

fn plating(n: u8) -> typing::Command {
    match n % 3 {
        0 => typing::Command::Load(loaded()),
        _ => typing::Command::Judge(results(n / 3)),
    }
}

fn loaded() -> typing::Loaded {
    typing::Loaded {
        chemistry: "GlobalFiler Express".to_owned(),
        control: "2800M".to_owned(),
        specimens: ["S-1".into()].into(),
        stamp: stamp(0),
    }
}

pub(crate) fn someone() -> Profile {
    let genotype = |place: usize| format!("{},{}", 8 + place % 7, 16 + place % 5);
    let typed = LocusSet::core20()
        .iter()
        .enumerate()
        .map(|(place, locus)| (locus, genotype(place).parse().unwrap()));
    Profile::from_genotypes(typed).unwrap()
}

pub(crate) fn read(n: u8) -> reading::Command {
    let stage = typing::Stage::Controlled(loaded());
    match n % 4 {
        0 => reading::Command::Record {
            run: ControlledRun::check(&"PL-1".into(), Some(&stage)).unwrap(),
            specimen: ["S-1", "S-2"][usize::from(n / 250)].into(),
            profile: someone(),
            digest: "digest".to_owned(),
            stamp: stamp(n / 4),
        },
        3 => reading::Command::Return { why: "unclear".to_owned(), stamp: stamp(n / 4) },
        _ => reading::Command::Review(stamp(n / 4)),
    }
}

fn uploading(n: u8) -> Option<upload::Command> {
    if n.is_multiple_of(3) {
        return None;
    }
    let typed = reading::Typed {
        plate: "PL-1".into(),
        version: u32::from(n % 5) + 1,
        digest: "digest".to_owned(),
        author: "one".into(),
    };
    let reviewed = reading::Stage::Reviewed(reading::Reviewed { typed, reviewer: "two".into() });
    let accepted = accession::Stage::Accepted(accession::Accepted {
        arrived: accession::Arrived { package: "P-1".into(), at: stamp(0).at },
        accession: "A-1".into(),
        category: detainee(),
        at: stamp(0).at,
    });
    let (mine, other) = ("S-1".into(), ["S-1", "S-2"][usize::from(n / 200)].into());
    Some(upload::Command::EnterPerson {
        reviewed: reading::ReviewedProfile::check(&mine, Some(&reviewed), someone(), "digest")
            .unwrap(),
        lawful: LawfulSpecimen::check(Some(&accepted), &Lawful::As(detainee()), &other).unwrap(),
        laboratory: "DCFBILAB1".into(),
        made_on: jiff::civil::date(2020, 5, 1),
        stamp: stamp(n),
    })
}

fn matching(n: u8) -> candidate::Command {
    match n % 7 {
        0 => candidate::Command::Find(candidate::Found {
            evidence: "EV-1".into(),
            record: "S-1".into(),
            record_is_person: n < 128,
            both_are_persons: false,
            loci_compared: 20,
            loci_matching: 20,
            stringency: "high".to_owned(),
            rule: None,
            found_at: stamp(0).at,
        }),
        1 => candidate::Command::Take(stamp(n / 7)),
        2 if n.is_multiple_of(2) => candidate::Command::Take(stamp(n / 7)),
        2 => candidate::Command::PutOff(candidate::PutOff {
            until: jiff::civil::date(2020, 8, 1),
            why: "typed again".to_owned(),
            stamp: stamp(n / 7),
        }),
        3 => candidate::Command::Exclude { why: "a relative".to_owned(), stamp: stamp(n / 7) },
        4 => candidate::Command::RequestConfirmation {
            confirmation: "CF-1".into(),
            stamp: stamp(n / 7),
        },
        5 => candidate::Command::Settle {
            refuted_because: (n < 100).then(|| "not_lawful".to_owned()),
        },
        _ => candidate::Command::Withdraw("R-1".into()),
    }
}

pub(crate) fn confirming(n: u8) -> confirmation::Command {
    match n % 6 {
        0 => confirmation::Command::Request(confirmation::Request {
            candidate: "EV-1~S-1".into(),
            specimen: "S-1".into(),
            laboratory: "TXCASE001".into(),
            due_on: "2020-07-14".parse().unwrap(),
            stamp: stamp(0),
        }),
        1 => confirmation::Command::CheckLawful { lawful: n < 200 },
        2 => confirmation::Command::CheckIdentity { prints_agree: n < 200 },
        3 => confirmation::Command::Retype {
            same_profile: [Some(true), Some(true), Some(false), None][usize::from(n / 64)],
            stamp: stamp(n / 6),
        },
        _ => confirmation::Command::Conclude(stamp(n / 6)),
    }
}

fn telling(n: u8) -> notice::Command {
    let due = notice::Due {
        subject: Subject::Removal { removal: "R-1".into() },
        to: "Dallas".into(),
        due_at: stamp(0).at,
    };
    match n % 6 {
        0 if n < 128 => notice::Command::Raise(due),
        0 => notice::Command::RaiseNameRelease { confirmed: confirmed(), due_at: stamp(0).at },
        1 | 2 => notice::Command::Deliver(stamp(n)),
        3 => notice::Command::ReleaseName {
            to: ["TXCASE001", "OTHERLAB01"][usize::from(n / 128)].into(),
            purpose: Some(Purpose::ALL[usize::from(n) % 4]).filter(|_| !n.is_multiple_of(5)),
            stamp: stamp(n),
        },
        _ => notice::Command::Acknowledge(stamp(n)),
    }
}

fn confirmed() -> confirmation::Confirmed {
    let commands = [0, 1, 2, 3, 10].map(confirming).to_vec();
    let stages = station(confirmation::decide, confirmation::apply, commands);
    confirmation::Confirmed::check(&"CF-1".into(), stages.last()).unwrap()
}

pub(crate) fn removing(n: u8) -> removal::Command {
    let charged = CustodyBasis::FacingCharges;
    match n % 6 {
        0 => removal::Command::Request {
            request: removal::Request {
                kit: "K-1".into(),
                path: Path::Expungement {
                    orders: vec![FinalOrder {
                        basis: charged,
                        document: "D-1".to_owned(),
                        final_on: "2020-05-01".parse().unwrap(),
                    }],
                },
                stamp: stamp(0),
            },
            bases: [(charged, 1 + usize::from(n / 200))].into(),
            today: "2020-06-01".parse().unwrap(),
        },
        1 => removal::Command::Approve(stamp(n / 6)),
        2 if n > 200 => removal::Command::Deny { why: "no order".to_owned(), stamp: stamp(n / 6) },
        5 => removal::Command::Certify(stamp(n)),
        _ => removal::Command::Finish(Step::ALL[usize::from(n / 6) % 4]),
    }
}

fn owing(n: u8) -> duty::Event {
    match n % 4 {
        3 => duty::Event::Reopened,
        0 => duty::Event::Opened(duty::Open {
            person: "P-1".into(),
            because: "damaged".to_owned(),
            site: Some("Dallas".into()),
            since: stamp(0).at,
        }),
        1 => duty::Event::Satisfied { by: "C-1".into() },
        _ => duty::Event::Closed { why: "removed".to_owned() },
    }
}

/// A room that the rules of the shipped book leave: about somebody lawfully present.
fn room() -> Room {
    let book = RuleBook::shipped().unwrap();
    let mut record = record();
    record.circumstances.lawful_status = LawfulStatus::InStatus;
    let facts = book.facts(&record, record.circumstances.booked_at, None, false);
    book.room(&facts, &book.find(&facts, None).unwrap()).unwrap()
}

fn overriding(n: u8, room: &Room) -> discretion::Command {
    let by = stamp(n % 3);
    let decision = journey::ids::DecisionId::new(format!("D-{}", n / 16 % 2));
    match n % 4 {
        0 | 1 => discretion::Command::Ask {
            booking: "B-1".into(),
            decision,
            room: room.clone(),
            reason: "why".to_owned(),
            citation: "order 7".to_owned(),
            by,
        },
        2 => discretion::Command::Approve { decision, by },
        _ => discretion::Command::Deny { why: "not so".to_owned(), by },
    }
}

fn merging(n: u8) -> person::Command {
    let by = stamp(n % 3);
    match n % 5 {
        0 | 1 => person::Command::Ask {
            asked: person::Asked {
                kept: if n % 16 == 1 { "P-2".into() } else { "P-1".into() },
                other: "P-2".into(),
                reason: "one number".to_owned(),
                by,
            },
            twins: n % 32 == 5,
            pointing: n % 32 == 6,
        },
        2 => person::Command::Approve { pointing: n % 32 == 7, by },
        3 => person::Command::Deny { why: "not so".to_owned(), by },
        _ => person::Command::Part { why: "two persons".to_owned(), by },
    }
}

fn deciding(n: u8) -> eligibility::Command {
    let eligibility::Stage::Decided(decision) =
        decided(Outcome::ALL[usize::from(n) % Outcome::ALL.len()]);
    let later = jiff::SignedDuration::from_secs(i64::from(n));
    eligibility::Command::Decide {
        id: decision.id,
        booking: decision.booking,
        person: decision.person,
        finding: decision.finding,
        facts_digest: decision.facts_digest,
        at: decision.at.checked_add(later).unwrap(),
        law_until: None,
    }
}

fn each<C>(numbers: &[u8], make: fn(u8) -> C) -> Vec<C> {
    numbers.iter().copied().map(make).collect()
}

proptest! {
    #[test]
    fn stations_of_the_site(n in numbers()) {
        station(booking::decide, booking::apply, each(&n, booked));
        station(eligibility::decide, eligibility::apply, each(&n, deciding));
        station(kit::decide, kit::apply, each(&n, stocking));
        station(collection::decide, collection::apply, each(&n, collecting));
        station(shipment::decide, shipment::apply, each(&n, shipping));
        station(duty::decide, duty::apply, each(&n, owing));
    }

    /// Nobody answers the own request, and nothing follows an approval.
    #[test]
    fn a_rule_is_set_aside_by_two(n in numbers()) {
        static ROOM: LazyLock<Room> = LazyLock::new(room);
        let commands = n.iter().map(|n| overriding(*n, &ROOM)).collect();
        let stages = station(discretion::decide, discretion::apply, commands);
        for (place, stage) in stages.iter().enumerate() {
            if let discretion::Stage::Approved { asked, approved } = stage {
                prop_assert_ne!(&asked.by.by, &approved.by);
                prop_assert_eq!(place + 1, stages.len());
            }
        }
    }

    /// Nobody answers the own request, and no record points to itself.
    #[test]
    fn records_are_merged_by_two(n in numbers()) {
        for stage in station(person::decide, person::apply, each(&n, merging)) {
            prop_assert_ne!(&stage.asked().kept, &stage.asked().other);
            if let person::Stage::Merged { asked, approved } = stage {
                prop_assert_ne!(asked.by.by, approved.by);
            }
        }
    }

    #[test]
    fn stations_of_the_laboratory(n in numbers()) {
        let examine = |n| examining(n, detainee());
        station(accession::decide, accession::apply, each(&n, examine));
        station(typing::decide, typing::apply, each(&n, plating));
        station(reading::decide, reading::apply, each(&n, read));
        let editions = acceptance::shipped().unwrap();
        let frequencies = Frequencies::shipped();
        let table = &editions.all()[0].table;
        let gate = upload::Gate { table, frequencies: &frequencies, persons: 1, known: &[] };
        let decide = |stage: Option<&upload::Stage>, command| match command {
            Some(command) => upload::decide(stage, command, &gate),
            None => upload::withdraw(stage, "R-1".into()),
        };
        let (_, events) = walk(decide, upload::apply, each(&n, uploading));
        events.iter().for_each(outlives_json);
    }

    #[test]
    fn stations_behind_a_candidate(n in numbers()) {
        // The pair of a found candidate stays out of the event on purpose, so that it can go.
        let (_, events) = walk(candidate::decide, candidate::apply, each(&n, matching));
        for event in &events {
            let text = serde_json::to_string(event).unwrap();
            prop_assert!(!text.contains("EV-1") && !text.contains("S-1"), "{}", text);
        }
        station(confirmation::decide, confirmation::apply, each(&n, confirming));
        station(notice::decide, notice::apply, each(&n, telling));
        station(removal::decide, removal::apply, each(&n, removing));
    }
}

/// Random walks that never get anywhere would prove nothing: the last stage of each is reached.
#[test]
fn the_walks_reach_the_end_of_their_stations() {
    let all: Vec<u8> = (0..=255).collect();
    let repeated: Vec<u8> = all.iter().cycle().take(2_000).copied().collect();
    let words: Vec<&str> = station(collection::decide, collection::apply, {
        vec![collecting(0), collecting(2), collecting(4)]
    })
    .iter()
    .map(collection::Stage::word)
    .collect();
    assert_eq!(words, ["opened", "scanned", "sealed"]);
    let removed = station(removal::decide, removal::apply, each(&repeated, removing));
    assert!(matches!(removed.last(), Some(removal::Stage::Certified(_))));
    let mut to_the_end = vec![0];
    to_the_end.extend([1, 2, 3, 10]);
    let done = station(confirmation::decide, confirmation::apply, each(&to_the_end, confirming));
    assert!(matches!(done.last(), Some(confirmation::Stage::Confirmed(_))));
    let read = station(reading::decide, reading::apply, each(&[0, 5], read));
    assert!(matches!(read.last(), Some(reading::Stage::Reviewed(_))));
}

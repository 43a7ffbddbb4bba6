//! Every refusal that a use case can give is given once, is on record afterwards, and leaves
//! nothing else behind.

use std::slice::from_ref;

use std::collections::BTreeMap;

use genetics::{Category, controls};
use journey::actor::Role;
use journey::booking::{Citizenship, CustodyBasis};
use journey::candidate::disposition::Disposition;
use journey::ids::{BookingId, KitBarcode, PlateNumber, SpecimenNumber};
use journey::notice::{Purpose, Subject};
use journey::refusal::RefusalCode;
use journey::removal::{FinalOrder, Path};
use service::ServiceError;
use service::audit::Side;
use service::candidate::{Each, Say};
use service::collection::Open;
use service::kit::Receive;
use service::notice::Listed;
use service::person::AskMerge;
use service::upload::EnterEvidence;

use crate::ground::{CASEWORK, Ground, SITE, on_both, record};
use crate::way::{approve, evidence, hand_over, person, table, victim};

/// What a use case ended with.
type Ended = Result<(), ServiceError>;

/// One way into a refusal: what must be there, then the call that is refused.
struct Case {
    code: RefusalCode,
    prepare: fn(&Ground),
    call: fn(&Ground) -> Ended,
}

fn booked(ground: &Ground) {
    ground.book(&record(1));
    ground.stock(&["K-1", "K-2"]);
}

fn collected(ground: &Ground) {
    booked(ground);
    ground.collect(&record(1).booking, "K-1");
}

fn open(ground: &Ground, booking: u32, kit: &str) -> Ended {
    ground.open(&record(booking).booking, kit).map(|_| ())
}

/// The one collection there is.
fn collection(ground: &Ground) -> journey::ids::CollectionId {
    let listed = ground.programme.list_collections(
        &ground.by(Role::Collector),
        "",
        &store::listing::After::start(),
        1,
    );
    listed.unwrap()[0].collection.clone()
}

fn reading(ground: &Ground) -> SpecimenNumber {
    let start = store::listing::After::start();
    let listed = ground.programme.list_readings(&ground.by(Role::Analyst), "", &start, 1);
    listed.unwrap()[0].specimen.clone()
}

fn removals(ground: &Ground) -> journey::ids::RemovalId {
    let start = store::listing::After::start();
    let listed = ground.programme.list_removals(&ground.by(Role::PrivacyOfficer), "", &start, 1);
    listed.unwrap()[0].removal.clone()
}

fn confirmed(ground: &Ground) {
    let (_, candidate) = ground.taken(&record(1), "K-1");
    let confirmation = ground.ask_to_confirm(&candidate);
    ground.confirm(&confirmation, &person(1));
}

fn release(ground: &Ground, laboratory: &str, purpose: Option<Purpose>) -> Ended {
    let start = store::listing::After::start();
    let notices = ground.programme.list_notices(&ground.by(Role::Auditor), "", &start, 10).unwrap();
    let analyst = ground.by_grants("analyst", &[(Role::CaseworkAnalyst, laboratory)]);
    let is_name = |line: &&Listed| matches!(line.subject, Subject::NameRelease { .. });
    let notice = &notices.iter().find(is_name).unwrap_or(&notices[0]).notice;
    ground.programme.release_name(&analyst, notice, &laboratory.into(), purpose).map(|_| ())
}

fn at_houston(ground: &Ground) -> Ended {
    let open = Open {
        booking: record(1).booking,
        kit: "K-1".into(),
        site: "Houston".into(),
        table: "table 1".to_owned(),
    };
    let everywhere = ground.by_grants("collector", &[(Role::Collector, "*")]);
    ground.programme.open_collection(&everywhere, &open).map(|_| ())
}

#[expect(clippy::too_many_lines, reason = "a table, one entry a refusal")]
fn stations() -> Vec<Case> {
    use RefusalCode as R;
    let case = |code, prepare, call| Case { code, prepare, call };
    vec![
        case(
            R::NotThere,
            |_| {},
            |g| {
                let collector = g.by(Role::Collector);
                g.programme.amend_booking(&collector, &record(1)).map(|_| ())
            },
        ),
        case(R::AlreadyRecorded, booked, |g| {
            let collector = g.by(Role::Collector);
            g.programme.record_booking(&collector, &record(1)).map(|_| ())
        }),
        case(R::OutOfOrder, booked, |g| {
            let mut early = g.by(Role::Collector);
            early.at = "2020-06-01T15:30:00Z".parse().unwrap();
            let booking = record(1).booking;
            g.programme.decide_eligibility(&early, &booking).map(|_| ())
        }),
        case(
            R::WrongStage,
            |g| {
                booked(g);
                g.open(&record(1).booking, "K-1").unwrap();
            },
            |g| g.seal(&collection(g), true),
        ),
        case(R::BookingAccountedFor, collected, |g| open(g, 1, "K-2")),
        case(R::NoDecision, booked, |g| open(g, 9, "K-1")),
        case(
            R::NotEligible,
            |g| {
                g.stock(&["K-1"]);
                let mut citizen = record(1);
                citizen.circumstances.citizenship = Citizenship::Citizen;
                g.book(&citizen);
            },
            |g| open(g, 1, "K-1"),
        ),
        case(
            R::Twins,
            |g| {
                let (one, other) = (g.book(&record(1)).person, g.book(&record(2)).person);
                g.programme.mark_twins(&g.by(Role::PrivacyOfficer), &one, &other).unwrap();
            },
            |g| {
                let privacy = g.by(Role::PrivacyOfficer);
                let start = store::listing::After::start();
                let open = g.programme.list_bookings(&g.by(Role::Auditor), "open", &start, 2);
                let open = open.unwrap();
                let (kept, other) = (open[0].person.clone(), open[1].person.clone());
                let ask = AskMerge { kept, other, reason: "a reason".to_owned() };
                g.programme.ask_merge(&privacy, &ask).map(drop)
            },
        ),
        case(R::NoDiscretion, booked, |g| {
            let (booking, text) = (record(1).booking, "a reason".to_owned());
            let ask = service::discretion::Ask { booking, reason: text.clone(), citation: text };
            g.programme.ask_override(&g.by(Role::Collector), &ask).map(drop)
        }),
        case(
            R::DecisionExpired,
            |g| {
                booked(g);
                g.pass(24 * 3_600 + 1);
            },
            |g| open(g, 1, "K-1"),
        ),
        case(R::KitUnusable, booked, |g| open(g, 1, "K-9")),
        case(
            R::KitExpired,
            |g| {
                g.book(&record(1));
                let receive = Receive {
                    lot: "LOT-0".to_owned(),
                    site: SITE.into(),
                    expires_on: "2020-05-31".parse().unwrap(),
                    barcodes: vec!["K-0".into()],
                };
                let clerk = g.by(Role::KitClerk);
                g.programme.receive_kits(&clerk, &receive).unwrap();
            },
            |g| open(g, 1, "K-0"),
        ),
        case(
            R::KitRecalled,
            |g| {
                booked(g);
                let manager = g.by(Role::ProgramManager);
                g.programme.recall_lot(&manager, "LOT-1").unwrap();
            },
            |g| open(g, 1, "K-1"),
        ),
        case(R::KitElsewhere, booked, at_houston),
        case(
            R::StationBusy,
            |g| {
                booked(g);
                g.book(&record(2));
                g.open(&record(1).booking, "K-1").unwrap();
            },
            |g| open(g, 2, "K-2"),
        ),
        case(
            R::BarcodeMismatch,
            |g| {
                booked(g);
                g.open(&record(1).booking, "K-1").unwrap();
            },
            |g| g.scan(&collection(g), "K-1", "K-2"),
        ),
        case(
            R::PrintsMissing,
            |g| {
                booked(g);
                let collection = g.open(&record(1).booking, "K-1").unwrap();
                g.scan(&collection, "K-1", "K-1").unwrap();
            },
            |g| g.seal(&collection(g), false),
        ),
    ]
}

fn package(ground: &Ground, stage: &str) -> journey::ids::PackageNumber {
    let start = store::listing::After::start();
    let listed = ground.programme.list_packages(&ground.by(Role::KitClerk), stage, &start, 1);
    listed.unwrap()[0].package.clone()
}

fn started(ground: &Ground) {
    collected(ground);
    let clerk = ground.by(Role::KitClerk);
    ground.programme.start_package(&clerk, &SITE.into()).unwrap();
}

#[expect(clippy::too_many_lines, reason = "a table, one entry a refusal")]
fn laboratory() -> Vec<Case> {
    use RefusalCode as R;
    let case = |code, prepare, call| Case { code, prepare, call };
    vec![
        case(R::NotSealed, started, |g| {
            let clerk = g.by(Role::KitClerk);
            let package = package(g, "packing");
            g.programme.pack_kit(&clerk, &package, &KitBarcode::from("K-2"))
        }),
        case(
            R::AlreadyPacked,
            |g| {
                collected(g);
                g.send(&["K-1"]);
                let clerk = g.by(Role::KitClerk);
                g.programme.start_package(&clerk, &SITE.into()).unwrap();
            },
            |g| {
                let clerk = g.by(Role::KitClerk);
                let package = package(g, "packing");
                g.programme.pack_kit(&clerk, &package, &KitBarcode::from("K-1"))
            },
        ),
        case(R::PackageEmpty, started, |g| {
            let clerk = g.by(Role::KitClerk);
            g.programme.seal_package(&clerk, &package(g, ""), "PS-1")
        }),
        case(R::WrongStage, started, |g| {
            let clerk = g.by(Role::KitClerk);
            g.programme.hand_over_package(&clerk, &hand_over(&package(g, "")))
        }),
        case(
            R::SamePerson,
            |g| {
                let one = g.specimen(&record(1), "K-1");
                g.load("PL-1", &[&one]);
                g.import("PL-1", &[(&one, &person(1))]).unwrap();
            },
            |g| {
                let author = g.by_another(Role::Reviewer, "analyst");
                g.programme.review_reading(&author, &approve(&reading(g)))
            },
        ),
        case(
            R::NotThere,
            |_| {},
            |g| {
                let reviewer = g.by(Role::Reviewer);
                g.programme.review_reading(&reviewer, &approve(&"S-9".into()))
            },
        ),
        case(
            R::NotOnPlate,
            |g| {
                g.specimen(&record(1), "K-1");
            },
            |g| {
                let load = service::typing::Load {
                    plate: "PL-1".into(),
                    chemistry: "GlobalFiler Express".to_owned(),
                    control: "2800M".to_owned(),
                    specimens: [].into(),
                };
                g.programme.load_plate(&g.by(Role::Analyst), &load)
            },
        ),
        case(
            R::NotReviewed,
            |g| {
                let one = g.specimen(&record(1), "K-1");
                g.load("PL-1", &[&one]);
                g.import("PL-1", &[(&one, &person(1))]).unwrap();
            },
            |g| g.enter(&reading(g)),
        ),
        case(
            R::ProfileNotAccepted,
            |g| {
                let one = g.specimen(&record(1), "K-1");
                let short = person(1).typed()[..12].to_vec();
                g.typed("PL-1", &one, &short.try_into().unwrap());
            },
            |g| g.enter(&reading(g)),
        ),
        case(
            R::KnownProfile,
            |g| {
                g.keep_known(&victim("V-1", &person(1))).unwrap();
            },
            |g| g.evidence("EV-1", &person(1)),
        ),
        case(
            R::PlateConflict,
            |g| {
                let (one, two) = (g.specimen(&record(1), "K-1"), g.specimen(&record(2), "K-2"));
                g.load("PL-1", &[&one, &two]);
                g.import("PL-1", &[(&one, &person(1)), (&two, &person(1))]).unwrap();
                g.review(&one).unwrap();
            },
            |g| {
                let reviewer = g.by(Role::IndexCustodian);
                let waiting = g.programme.list_to_enter(&reviewer, 10).unwrap();
                g.enter(&waiting[0])
            },
        ),
        case(
            R::CategoryConflict,
            |_| {},
            |g| {
                let wrong = EnterEvidence {
                    category: Category::from_name("Detainee").unwrap(),
                    ..evidence("EV-1", &person(1))
                };
                let analyst = g.by(Role::CaseworkAnalyst);
                g.programme.enter_evidence(&analyst, &wrong)
            },
        ),
        case(
            R::DispositionConflict,
            |g| {
                g.taken(&record(1), "K-1");
            },
            |g| {
                let candidate = g.candidates()[0].candidate.clone();
                let (disposition, why) = (Disposition::Twin, "they look alike".to_owned());
                let say = Say { candidates: vec![candidate], disposition, why };
                let said = g.programme.say_candidates(&g.by(Role::CaseworkAnalyst), &say)?;
                said.of_one().map(drop)
            },
        ),
        case(
            R::SearchForbidden,
            |g| {
                g.evidence("EV-1", &person(1)).unwrap();
                g.evidence("EV-2", &person(1)).unwrap();
                g.jobs();
                let candidate = g.candidates()[0].candidate.clone();
                let analyst = g.by(Role::CaseworkAnalyst);
                g.programme
                    .take_candidates(&analyst, from_ref(&candidate))
                    .and_then(Each::of_one)
                    .unwrap();
            },
            |g| {
                let candidate = g.candidates()[0].candidate.clone();
                let analyst = g.by(Role::CaseworkAnalyst);
                g.programme.request_confirmation(&analyst, &candidate).map(|_| ())
            },
        ),
    ]
}

fn rejected(ground: &Ground) {
    collected(ground);
    ground.ship(&["K-1"]);
    ground.examine("K-1", |seen| seen.undamaged = false).unwrap();
}

fn charged(ground: &Ground) {
    let mut charged = record(1);
    charged.circumstances.custody_basis = [CustodyBasis::FacingCharges].into();
    ground.specimen(&charged, "K-1");
}

fn names_and_removals() -> Vec<Case> {
    use RefusalCode as R;
    let case = |code, prepare, call| Case { code, prepare, call };
    vec![
        case(R::NotConfirmed, rejected, |g| release(g, SITE, Some(Purpose::CriminalDefense))),
        case(R::NotTheCaseLaboratory, confirmed, |g| {
            release(g, "OTHERLAB01", Some(Purpose::CriminalDefense))
        }),
        case(R::PurposeMissing, confirmed, |g| release(g, CASEWORK, None)),
        case(R::PurposeWithoutNames, confirmed, |g| {
            release(g, CASEWORK, Some(Purpose::StatisticsAndQuality))
        }),
        case(R::StillLawful, charged, |g| {
            g.ask("K-1", Path::Expungement { orders: Vec::new() }).map(|_| ())
        }),
        case(
            R::PathDoesNotApply,
            |g| {
                g.specimen(&record(1), "K-1");
            },
            |g| {
                let orders = vec![FinalOrder {
                    basis: CustodyBasis::AdminDetention,
                    document: "D-1".to_owned(),
                    final_on: "2020-05-01".parse().unwrap(),
                }];
                g.ask("K-1", Path::Expungement { orders }).map(|_| ())
            },
        ),
        case(
            R::StepsOpen,
            |g| {
                g.specimen(&record(1), "K-1");
                g.approved_removal("K-1");
            },
            |g| g.certify(&removals(g)),
        ),
        case(
            R::Removed,
            |g| {
                g.specimen(&record(1), "K-1");
                g.remove("K-1");
            },
            |g| {
                let booking = BookingId::from("B-1");
                g.programme.view_booking(&g.by(Role::Collector), &booking).map(|_| ())
            },
        ),
    ]
}

/// What two people must do apart.
fn two_people() -> Vec<Case> {
    let case = |prepare, call| Case { code: RefusalCode::SamePerson, prepare, call };
    vec![
        case(
            |g| {
                collected(g);
                g.ship(&["K-1"]);
            },
            |g| {
                let collector = g.by_another(Role::Accessioner, "collector");
                let kit = KitBarcode::from("K-1");
                let findings = journey::accession::Findings::sound(&kit);
                let examine = service::accession::Examine { kit, findings };
                g.programme.examine_kit(&collector, &examine).map(|_| ())
            },
        ),
        case(
            |g| {
                collected(g);
                g.send(&["K-1"]);
            },
            |g| {
                let receive = service::shipment::Receive {
                    package: package(g, "in_transit"),
                    found: [KitBarcode::from("K-1")].into(),
                };
                let clerk = g.by_another(Role::Accessioner, "kit-clerk");
                g.programme.receive_package(&clerk, &receive).map(|_| ())
            },
        ),
        case(
            |g| {
                g.specimen(&record(1), "K-1");
                let order = "ORDER-1".to_owned();
                g.ask("K-1", Path::Administrative { order }).unwrap();
            },
            |g| {
                let officer = g.by_another(Role::ProgramManager, "privacy-officer");
                g.programme.approve_removal(&officer, &removals(g))
            },
        ),
        case(
            |g| {
                let (_, candidate) = g.taken(&record(1), "K-1");
                let id = g.ask_to_confirm(&candidate);
                let reviewer = g.by(Role::Reviewer);
                g.programme.check_lawful(&reviewer, &id).unwrap();
                g.programme.check_identity(&reviewer, &id, true).unwrap();
                let analyst = g.by(Role::Analyst);
                g.programme.retype(&analyst, &id, Some((&"K-1".into(), &person(1)))).unwrap();
            },
            |g| {
                let start = store::listing::After::start();
                let reviewer = g.by_another(Role::Reviewer, "analyst");
                let listed = g.programme.list_confirmations(&reviewer, "", &start, 1);
                let id = listed.unwrap()[0].confirmation.clone();
                g.programme.conclude_confirmation(&reviewer, &id).map(|_| ())
            },
        ),
    ]
}

/// Rows of both databases without the record of events, and the record's own length.
fn rows(ground: &Ground) -> (BTreeMap<String, i64>, Vec<String>, i64) {
    let mut counts = ground.counts();
    let mut events = 0;
    for table in ["custody.event", "index.event"] {
        events += counts.remove(table).unwrap();
    }
    (counts, ground.state(), events)
}

fn refusals(ground: &Ground) -> Vec<String> {
    let mut all = Vec::new();
    for side in [Side::Custody, Side::Index] {
        let lines = ground.texts(side, "event").into_iter();
        all.extend(lines.filter(|line| line.contains(" | refused | ")));
    }
    all
}

fn check(case: &Case) {
    on_both(|ground| {
        (case.prepare)(ground);
        let code = case.code.code();
        let (rows_before, state_before, events_before) = rows(ground);
        let recorded_before = refusals(ground).len();
        match (case.call)(ground) {
            Err(ServiceError::Refused(refusal)) => assert_eq!(refusal.code.code(), code),
            other => panic!("{code}: {other:?}"),
        }
        let (rows_after, state_after, events_after) = rows(ground);
        assert_eq!(rows_after, rows_before, "{code}");
        assert_eq!(state_after, state_before, "{code}");
        let recorded = refusals(ground);
        assert_eq!(recorded.len(), recorded_before + 1, "{code}");
        let with_code = |line: &&String| line.contains(&format!("\"code\":\"{code}\""));
        assert!(recorded.iter().any(|line| with_code(&line)), "{code}: {recorded:?}");
        // The look at the link before a profile enters is on record whatever comes of it.
        let enters = ["NOT_REVIEWED", "PROFILE_NOT_ACCEPTED", "PLATE_CONFLICT"];
        let link_read = i64::from(enters.contains(&code));
        assert_eq!(events_after, events_before + 1 + link_read, "{code}");
    });
}

#[test]
fn at_the_site() {
    stations().iter().for_each(check);
}

#[test]
fn at_the_laboratory() {
    laboratory().iter().for_each(check);
}

#[test]
fn about_names_and_removals() {
    names_and_removals().iter().for_each(check);
}

#[test]
fn where_two_people_are_needed() {
    two_people().iter().for_each(check);
}

/// `CONTROLS_FAILED`, `CONTAMINATED` and the late form of `NOT_ON_PLATE` are answers of an import,
/// not its end; the tests of runs hold them.
#[test]
fn no_refusal_is_left_out() {
    let of_imports = [RefusalCode::ControlsFailed, RefusalCode::Contaminated];
    let all = [stations(), laboratory(), names_and_removals(), two_people()];
    for code in RefusalCode::ALL {
        let provoked = all.iter().flatten().any(|case| case.code == *code);
        assert!(provoked != of_imports.contains(code), "{}", code.code());
    }
}

#[test]
fn a_void_run_says_that_its_controls_failed() {
    on_both(|ground| {
        let one = ground.specimen(&record(1), "K-1");
        ground.load("PL-1", &[&one]);
        let mine = person(1);
        let mut bad = table(&[(&one, &mine)]);
        // One of two positive controls shows another control's genotype.
        let mut second = bad.samples[0].clone();
        second.name = "PC-2800M".to_owned();
        second.profile = controls::profile("9947A").unwrap();
        bad.samples.push(second);
        let plate = PlateNumber::from("PL-1");
        let analyst = ground.by(Role::Analyst);
        let imported = ground.programme.import_run(&analyst, &plate, &bad).unwrap();
        assert_eq!(imported.run, "void");
        assert!(imported.typed.is_empty());
        let why = imported.why.unwrap();
        assert!(why.contains("void"), "{why}");
    });
}

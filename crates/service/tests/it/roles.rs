//! Every use case asks for exactly the right that `roles.txt` gives it, at the place it is given for.

use std::slice::from_ref;

use std::collections::BTreeSet;

use exchange::cmf::Version;
use journey::actor::Role;
use journey::booking::NotCollected;
use journey::candidate::disposition::{Disposition, Hit};
use journey::collection::Abandonment;
use journey::coverage::Filter;
use journey::ids::{AccountId, CandidateId, CollectionId, ConfirmationId, KitBarcode, NoticeId};
use journey::ids::{BookingId, PackageNumber, PersonId, PlateNumber, RemovalId, SpecimenNumber};
use journey::removal::Path;
use service::audit::Side;
use service::booking::Close;
use service::candidate::count::{Count, Uncount};
use service::candidate::rank::Rank;
use service::candidate::{Each, Exclude, MoreTime, Resolve, Say};
use service::collection::{Abandon, Open, Scan, Seal};
use service::discretion;
use service::person::AskMerge;
use service::removal::{Ask, DestroySample};
use service::shipment::Receive;
use service::typing::Load;
use service::upload::export::{Export, Format};
use service::{OpContext, Programme, ServiceError};
use store::custody::account::Grant;
use store::listing::After;

use crate::ground::{CASEWORK, Ground, SITE, on_both, record};
use crate::way::{approve, evidence, hand_over, person, table, victim};

/// What is there to be asked about.
struct There {
    booking: BookingId,
    collection: CollectionId,
    kit: KitBarcode,
    package: PackageNumber,
    specimen: SpecimenNumber,
    candidate: CandidateId,
    confirmation: ConfirmationId,
    notice: NoticeId,
    hit: NoticeId,
    removal: RemovalId,
}

fn say(there: &There) -> Say {
    let (candidates, why) = (vec![there.candidate.clone()], "more loci".to_owned());
    Say { candidates, disposition: Disposition::WaitingForMoreData, why }
}

fn resolve(there: &There) -> Resolve {
    let (candidate, why) = (there.candidate.clone(), "more loci".to_owned());
    Resolve { candidate, disposition: Disposition::WaitingForMoreData, why }
}

/// Where a right must hold.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Any,
    Site,
    Laboratory,
}

type Call = fn(&Programme, &OpContext<'_>, &There) -> Result<(), ServiceError>;

fn prepare(ground: &Ground) -> There {
    let (specimen, candidate) = ground.taken(&record(1), "K-1");
    let confirmation = ground.ask_to_confirm(&candidate);
    ground.confirm(&confirmation, &person(1));
    let notice = ground.name_notice(&confirmation);
    let manager = ground.by(Role::ProgramManager);
    let hits = ground.programme.list_notices(&manager, SITE, &After::start(), 9).unwrap();
    ground.stock(&["K-2", "K-3"]);
    ground.book(&record(2));
    ground.book(&record(3));
    let collection = ground.open(&record(2).booking, "K-2").unwrap();
    let clerk = ground.by(Role::KitClerk);
    let package = ground.programme.start_package(&clerk, &SITE.into()).unwrap();
    let order = "ORDER-1".to_owned();
    let removal = ground.ask("K-1", Path::Administrative { order }).unwrap();
    ground.keep_known(&victim("V-1", &crate::way::person(7))).unwrap();
    There {
        booking: record(3).booking,
        collection,
        kit: "K-3".into(),
        package,
        specimen,
        candidate,
        confirmation,
        notice,
        hit: hits.into_iter().find(|line| line.subject.word() == "hit").unwrap().notice,
        removal,
    }
}

#[expect(clippy::too_many_lines, reason = "a table, one entry a use case")]
fn site() -> Vec<(&'static str, Place, Call)> {
    use Place::{Any, Site};
    vec![
        ("booking.list", Any, |p, op, _| p.list_bookings(op, "", &After::start(), 1).map(drop)),
        ("booking.record", Site, |p, op, _| p.record_booking(op, &record(9)).map(drop)),
        ("booking.record", Site, |p, op, _| {
            let head = "nothing of a header";
            let import = p.import_bookings(op, head.as_bytes(), &|_| {})?;
            assert!(import.recorded == 0 && !import.problems.is_empty());
            p.record_booking(op, &record(9)).map(drop)
        }),
        ("booking.amend", Site, |p, op, _| p.amend_booking(op, &record(3)).map(drop)),
        ("booking.view", Site, |p, op, t| p.view_booking(op, &t.booking).map(drop)),
        ("booking.close", Site, |p, op, t| {
            let why = Some(NotCollected::Medical);
            let booking = t.booking.clone();
            p.close_booking(op, &Close { booking, why }).map(drop)
        }),
        ("eligibility.list", Any, |p, op, _| p.roles().check(&op.actor, "eligibility.list", "")),
        ("eligibility.decide", Site, |p, op, t| p.decide_eligibility(op, &t.booking).map(drop)),
        ("eligibility.view", Site, |p, op, t| p.view_eligibility(op, &t.booking).map(drop)),
        ("eligibility.ask-override", Site, |p, op, t| {
            let (booking, text) = (t.booking.clone(), "a reason".to_owned());
            p.ask_override(op, &discretion::Ask { booking, reason: text.clone(), citation: text })
                .map(drop)
        }),
        ("eligibility.approve-override", Any, |p, op, t| {
            p.approve_override(op, &t.booking).map(drop)
        }),
        ("eligibility.deny-override", Any, |p, op, t| {
            p.deny_override(op, &t.booking, "no reason").map(drop)
        }),
        ("eligibility.overrides-list", Any, |p, op, _| {
            p.list_overrides(op, "", &After::start(), 1).map(drop)
        }),
        ("eligibility.replay", Any, |p, op, _| p.replay_eligibility(op, None).map(drop)),
        ("eligibility.what-if", Any, |p, op, _| p.what_if(op, "28cfr28.12-2020-04-08").map(drop)),
        ("kit.list", Any, |p, op, _| p.kit_stock(op).map(drop)),
        ("kit.receive", Site, |p, op, _| {
            let receive = service::kit::Receive {
                lot: "LOT-9".to_owned(),
                site: SITE.into(),
                expires_on: "2022-01-31".parse().unwrap(),
                barcodes: vec!["K-9".into()],
            };
            p.receive_kits(op, &receive).map(drop)
        }),
        ("kit.withdraw", Site, |p, op, t| {
            p.withdraw_kit(op, &t.kit, journey::kit::Withdrawal::Lost)
        }),
        ("kit.recall", Any, |p, op, _| p.recall_lot(op, "LOT-8").map(drop)),
        ("collection.list", Any, |p, op, _| {
            p.list_collections(op, "", &After::start(), 1).map(drop)
        }),
        ("collection.open", Site, |p, op, t| {
            let open = Open {
                booking: t.booking.clone(),
                kit: t.kit.clone(),
                site: SITE.into(),
                table: "table 9".to_owned(),
            };
            p.open_collection(op, &open).map(drop)
        }),
        ("collection.scan", Site, |p, op, t| {
            let collection = t.collection.clone();
            let (device, form) = ("K-8".into(), "K-8".into());
            p.scan_collection(op, &Scan { collection, device, form })
        }),
        ("collection.seal", Site, |p, op, t| {
            let seal = Seal {
                collection: t.collection.clone(),
                seal: "SEAL-9".to_owned(),
                prints_taken: true,
            };
            p.seal_collection(op, &seal)
        }),
        ("collection.abandon", Site, |p, op, t| {
            let collection = t.collection.clone();
            let why = Abandonment::KitDamaged;
            p.abandon_collection(op, &Abandon { collection, why })
        }),
        ("shipment.list", Any, |p, op, _| p.list_packages(op, "", &After::start(), 1).map(drop)),
        ("shipment.list", Any, |p, op, _| p.list_to_pack(op, "", 1).map(drop)),
        ("shipment.start", Site, |p, op, _| p.start_package(op, &SITE.into()).map(drop)),
        ("shipment.pack", Site, |p, op, t| p.pack_kit(op, &t.package, &t.kit)),
        ("shipment.seal", Site, |p, op, t| p.seal_package(op, &t.package, "PS-9")),
        ("shipment.hand-over", Site, |p, op, t| p.hand_over_package(op, &hand_over(&t.package))),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table, one entry a use case")]
fn laboratory() -> Vec<(&'static str, Place, Call)> {
    use Place::{Any, Laboratory};
    vec![
        ("shipment.receive", Any, |p, op, t| {
            let receive = Receive { package: t.package.clone(), found: BTreeSet::new() };
            p.receive_package(op, &receive).map(drop)
        }),
        ("accession.list", Any, |p, op, _| p.list_accessions(op, "", &After::start(), 1).map(drop)),
        ("accession.examine", Any, |p, op, t| {
            let kit = t.kit.clone();
            let findings = journey::accession::Findings::sound(&kit);
            p.examine_kit(op, &service::accession::Examine { kit, findings }).map(drop)
        }),
        ("typing.list", Any, |p, op, _| p.list_readings(op, "", &After::start(), 1).map(drop)),
        ("typing.list", Any, |p, op, _| p.list_plates(op, "", &After::start(), 1).map(drop)),
        ("typing.list", Any, |p, op, _| p.list_waiting(op, &After::start(), 1).map(drop)),
        ("typing.load", Any, |p, op, t| {
            let load = Load {
                plate: "PL-9".into(),
                chemistry: "GlobalFiler Express".to_owned(),
                control: "2800M".to_owned(),
                specimens: [t.specimen.clone()].into(),
            };
            p.load_plate(op, &load)
        }),
        ("typing.import", Any, |p, op, _| {
            p.import_run(op, &PlateNumber::from("PL-8"), &table(&[])).map(drop)
        }),
        ("typing.view", Any, |p, op, t| p.view_reading(op, &t.specimen).map(drop)),
        ("typing.review", Any, |p, op, t| p.review_reading(op, &approve(&t.specimen))),
        ("upload.list", Any, |p, op, _| p.list_records(op, "", &After::start(), 1).map(drop)),
        ("upload.enter", Any, |p, op, t| p.enter_person(op, &t.specimen)),
        ("upload.enter-evidence", Laboratory, |p, op, _| {
            p.enter_evidence(op, &evidence("EV-9", &person(9)))
        }),
        // Before the evidence goes.
        ("candidate.rank", Laboratory, |p, op, _| {
            p.rank_persons(op, &Rank::new("EV-1".into())).map(drop)
        }),
        ("upload.withdraw-evidence", Laboratory, |p, op, _| {
            p.withdraw_evidence(op, &"EV-1".into(), "a mistake")
        }),
        ("upload.acceptance-view", Any, |p, op, _| p.acceptance_table(op).map(drop)),
        ("upload.preview", Any, |p, op, _| p.preview_table(op, b"Sample,TH01\nA,6\n").map(drop)),
        ("upload.known-list", Any, |p, op, _| p.list_known(op, "", &After::start(), 1).map(drop)),
        ("upload.keep-known", Laboratory, |p, op, _| {
            p.keep_known(op, &victim("V-9", &person(8))).map(drop)
        }),
        ("upload.take-out-known", Laboratory, |p, op, _| {
            p.take_out_known(op, &"V-1".into(), "the case is closed")
        }),
        ("upload.export", Any, |p, op, t| {
            let export = Export {
                format: Format::Cmf(Version::Cmf2017, jiff::tz::TimeZone::UTC),
                destination: CASEWORK.into(),
                specimens: vec![t.specimen.clone()],
            };
            p.export_records(op, &export, Vec::new()).map(drop)
        }),
        ("upload.clear-plate", Any, |p, op, t| {
            p.clear_plate(op, &t.specimen, &"S-9".into(), "one person, two bookings")
        }),
        ("candidate.list", Laboratory, |p, op, _| {
            p.list_candidates(op, CASEWORK, "", &After::start(), 1).map(drop)
        }),
        ("candidate.view", Laboratory, |p, op, t| p.view_candidate(op, &t.candidate).map(drop)),
        ("candidate.take", Laboratory, |p, op, t| {
            p.take_candidates(op, from_ref(&t.candidate)).and_then(Each::of_one).map(drop)
        }),
        ("candidate.put-off", Laboratory, |p, op, t| {
            let until = op.today().saturating_add(jiff::Span::new().days(9));
            let (candidate, why) = (t.candidate.clone(), "typed again".to_owned());
            p.put_off_candidate(op, &MoreTime { candidate, until, why }).map(drop)
        }),
        ("candidate.exclude", Laboratory, |p, op, t| {
            let (candidates, why) = (vec![t.candidate.clone()], "a relative".to_owned());
            p.exclude_candidates(op, &Exclude { candidates, why }).map(drop)
        }),
        ("candidate.say", Laboratory, |p, op, t| p.say_candidates(op, &say(t))?.of_one().map(drop)),
        ("candidate.resolve", Any, |p, op, t| p.resolve_candidate(op, &resolve(t)).map(drop)),
        ("candidate.count", Laboratory, |p, op, t| {
            let (candidate, hit) = (t.candidate.clone(), Hit::OffenderHit);
            p.count_candidate(op, &Count { candidate, hit, aided: Vec::new() }).map(drop)
        }),
        ("candidate.uncount", Any, |p, op, t| {
            let (candidate, why) = (t.candidate.clone(), "a mistake".to_owned());
            p.uncount_candidate(op, &Uncount { candidate, why }).map(drop)
        }),
        ("candidate.matrix-view", Any, |p, op, _| p.search_matrix(op).map(drop)),
        ("candidate.search-again", Any, |p, op, _| p.search_again(op, |_, _| ()).map(drop)),
        ("candidate.matrix-what-if", Any, |p, op, _| p.what_if_matrix(op, "", |_, _| ()).map(drop)),
        ("report.hits-view", Any, |p, op, _| p.counters(op).map(drop)),
        ("candidate.request", Laboratory, |p, op, t| {
            p.request_confirmation(op, &t.candidate).map(drop)
        }),
        ("confirmation.list", Any, |p, op, _| {
            p.list_confirmations(op, "", &After::start(), 1).map(drop)
        }),
        ("confirmation.check-lawful", Any, |p, op, t| {
            p.check_lawful(op, &t.confirmation).map(drop)
        }),
        ("confirmation.check-identity", Any, |p, op, t| {
            p.check_identity(op, &t.confirmation, true).map(drop)
        }),
        ("confirmation.retype", Any, |p, op, t| p.retype(op, &t.confirmation, None).map(drop)),
        ("confirmation.conclude", Any, |p, op, t| {
            p.conclude_confirmation(op, &t.confirmation).map(drop)
        }),
    ]
}

fn office() -> Vec<(&'static str, Place, Call)> {
    use Place::{Any, Laboratory, Site};
    vec![
        ("notice.list", Laboratory, |p, op, _| {
            p.list_notices(op, CASEWORK, &After::start(), 1).map(drop)
        }),
        ("notice.deliver", Any, |p, op, t| p.deliver_notice(op, &t.notice)),
        ("notice.release-name", Laboratory, |p, op, t| {
            p.release_name(op, &t.notice, &CASEWORK.into(), None).map(drop)
        }),
        ("notice.pass-on", Laboratory, |p, op, t| p.pass_on_notice(op, &t.notice)),
        ("notice.read-hit", Site, |p, op, t| p.read_hit(op, &t.hit).map(drop)),
        ("notice.acknowledge-hit", Site, |p, op, t| p.acknowledge_notice(op, &t.hit)),
        ("notice.acknowledge", Laboratory, |p, op, t| p.acknowledge_notice(op, &t.notice)),
        ("removal.list", Any, |p, op, _| p.list_removals(op, "", &After::start(), 1).map(drop)),
        ("removal.request", Any, |p, op, t| {
            let (kit, why) = (t.kit.clone(), "by mistake".to_owned());
            p.request_removal(op, &Ask { kit, path: Path::Ineligibility { why } }).map(drop)
        }),
        ("removal.deny", Any, |p, op, t| p.deny_removal(op, &t.removal, " ")),
        ("removal.approve", Any, |p, op, t| p.approve_removal(op, &t.removal)),
        ("removal.destroy-sample", Any, |p, op, t| {
            let (removal, method) = (t.removal.clone(), "burnt".to_owned());
            p.destroy_sample(op, &DestroySample { removal, method })
        }),
        ("removal.certify", Any, |p, op, t| p.certify_removal(op, &t.removal)),
        ("person.view", Any, |p, op, _| p.view_person(op, &"nobody".into()).map(drop)),
        ("person.duplicates-list", Any, |p, op, _| p.list_duplicates(op, 1).map(drop)),
        ("person.merges-list", Any, |p, op, _| p.list_merges(op, "", &After::start(), 1).map(drop)),
        ("person.ask-merge", Any, |p, op, _| {
            let (kept, other) = (PersonId::from("nobody"), "somebody".into());
            p.ask_merge(op, &AskMerge { kept, other, reason: "a reason".to_owned() }).map(drop)
        }),
        ("person.approve-merge", Any, |p, op, _| p.approve_merge(op, &"nobody".into()).map(drop)),
        ("person.deny-merge", Any, |p, op, _| p.deny_merge(op, &"nobody".into(), "why").map(drop)),
        ("person.part", Any, |p, op, _| p.part_persons(op, &"nobody".into(), "why").map(drop)),
        ("person.mark-twins", Any, |p, op, _| {
            p.mark_twins(op, &"nobody".into(), &"somebody".into())
        }),
        ("duty.list", Any, |p, op, _| p.list_duties(op, &After::start(), 1).map(drop)),
        ("custody.view", Any, |p, op, t| p.chain_of_custody(op, &t.kit).map(drop)),
        ("report.view", Any, |p, op, _| p.summary(op).map(drop)),
        ("report.coverage-view", Any, |p, op, _| p.coverage(op, &Filter::default()).map(drop)),
        ("report.minors-view", Any, |p, op, _| p.minors_and_citizens(op).map(drop)),
        ("report.recount-verify", Any, |p, op, _| p.recount(op).map(drop)),
        ("audit.view", Any, |p, op, _| p.list_audit(op, Side::Custody, None, 1).map(drop)),
        ("audit.view", Any, |p, op, _| p.list_audit(op, Side::Index, None, 1).map(drop)),
        ("audit.verify", Any, |p, op, _| p.verify_audit(op, &|_, _, _| {}).map(drop)),
        ("audit.sign", Any, |p, op, _| p.sign_audit(op).map(drop)),
        ("account.list", Any, |p, op, _| p.list_accounts(op).map(drop)),
        ("account.create", Any, |p, op, _| {
            p.create_account(op, &AccountId::from("new"), "short", &[])
        }),
        ("account.grant", Any, |p, op, _| {
            let grant = Grant { role: Role::Auditor, site: "*".to_owned() };
            p.grant_role(op, &AccountId::from("nobody"), &grant)
        }),
        ("account.deactivate", Any, |p, op, _| {
            p.deactivate_account(op, &AccountId::from("nobody"))
        }),
    ]
}

fn all() -> Vec<(&'static str, Place, Call)> {
    [site(), laboratory(), office()].concat()
}

fn is_forbidden(outcome: &Result<(), ServiceError>) -> bool {
    matches!(outcome, Err(ServiceError::Forbidden { .. }))
}

#[test]
fn every_action_of_the_table_is_some_use_cases() {
    let ground = Ground::sqlite();
    let asked: BTreeSet<_> = all().iter().map(|(action, _, _)| *action).collect();
    let table: BTreeSet<_> = ground.programme.roles().actions().collect();
    assert_eq!(asked, table);
}

#[test]
fn each_use_case_is_for_the_roles_of_the_table_and_no_other() {
    on_both(|ground| {
        let there = prepare(ground);
        // Those who may not come first: together they leave no trace.
        for expected in [false, true] {
            let before = ground.counts();
            for (action, _, call) in all() {
                let allowed = ground.programme.roles().roles(action);
                for role in Role::ALL.iter().filter(|role| allowed.contains(role) == expected) {
                    let op = ground.by_grants(&format!("new-{role}"), &[(*role, "*")]);
                    let outcome = call(&ground.programme, &op, &there);
                    assert_eq!(
                        is_forbidden(&outcome),
                        !expected,
                        "{action} by {role}: {outcome:?}"
                    );
                }
            }
            assert_eq!(ground.counts() == before, !expected);
        }
    });
}

#[test]
fn a_right_for_another_place_is_none() {
    on_both(|ground| {
        let there = prepare(ground);
        for (action, place, call) in all() {
            for role in ground.programme.roles().roles(action) {
                let elsewhere = ground.by_grants("stranger", &[(role, "Houston")]);
                let outcome = call(&ground.programme, &elsewhere, &there);
                let bound = place != Place::Any;
                assert_eq!(is_forbidden(&outcome), bound, "{action} by {role}: {outcome:?}");
                let here = match place {
                    Place::Any => continue,
                    Place::Site => SITE,
                    Place::Laboratory => CASEWORK,
                };
                let at_home = ground.by_grants("local", &[(role, here)]);
                let outcome = call(&ground.programme, &at_home, &there);
                assert!(!is_forbidden(&outcome), "{action} by {role}: {outcome:?}");
            }
        }
    });
}

#[test]
fn an_account_without_a_role_may_do_nothing() {
    on_both(|ground| {
        let there = prepare(ground);
        let nobody = ground.by_grants("nobody", &[]);
        for (action, _, call) in all() {
            let outcome = call(&ground.programme, &nobody, &there);
            assert!(is_forbidden(&outcome), "{action}: {outcome:?}");
        }
    });
}

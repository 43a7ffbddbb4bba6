//! One sample's whole way, from the booking to the certificate that all is gone.

use std::slice::from_ref;

use genetics::LocusSet;
use journey::actor::Role;
use journey::booking::BookingRecord;
use journey::eligibility::Outcome;
use journey::ids::{BookingId, KitBarcode, SpecimenNumber};
use journey::notice::Purpose;
use journey::refusal::RefusalCode;
use service::ServiceError;
use service::audit::Side;
use service::candidate::Each;
use service::jobs::Round;

use crate::ground::{CASEWORK, Ground, on_both, record};
use crate::way::person;

/// What must hold of a search, whichever side came first.
const PAIR: &str = "evidence EV-1, 20 compared, 20 matching, high";

fn pair_of(ground: &Ground, specimen: &SpecimenNumber) -> String {
    let candidates = ground.candidates();
    assert_eq!(candidates.len(), 1);
    let found = candidates[0].found.as_ref().unwrap();
    assert_eq!(candidates[0].candidate, found.candidate());
    assert_eq!(found.record, *specimen);
    assert_eq!(candidates[0].candidate.as_str(), format!("EV-1~{specimen}"));
    format!(
        "evidence {}, {} compared, {} matching, {}",
        found.evidence, found.loci_compared, found.loci_matching, found.stringency
    )
}

fn collected_and_typed(ground: &Ground) -> (BookingRecord, SpecimenNumber) {
    let record = record(1);
    let recorded = ground.book(&record);
    assert_eq!(recorded.decision.finding.outcome, Outcome::Collect);
    ground.stock(&["K-1"]);
    ground.collect(&record.booking, "K-1");
    ground.ship(&["K-1"]);
    let specimen = ground.accept("K-1");
    ground.typed("PL-1", &specimen, &person(1));
    (record, specimen)
}

#[test]
fn a_sample_goes_the_whole_way_and_is_taken_back() {
    on_both(|ground| {
        let (record, specimen) = collected_and_typed(ground);
        ground.enter(&specimen).unwrap();
        assert_eq!(ground.jobs(), Round { done: 1, failed: 0 });
        assert!(ground.candidates().is_empty());
        ground.evidence("EV-1", &person(1)).unwrap();
        ground.evidence("EV-2", &person(2)).unwrap();
        assert_eq!(ground.jobs(), Round { done: 2, failed: 0 });
        assert_eq!(pair_of(ground, &specimen), PAIR);

        let candidate = ground.candidates()[0].candidate.clone();
        let analyst = ground.by(Role::CaseworkAnalyst);
        let p = &ground.programme;
        p.take_candidates(&analyst, from_ref(&candidate)).and_then(Each::of_one).unwrap();
        let explained = p.view_candidate(&analyst, &candidate).unwrap();
        assert_eq!(explained.comparison.matching(), LocusSet::core20().len());
        let confirmation = ground.ask_to_confirm(&candidate);
        ground.confirm(&confirmation, &person(1));
        assert_eq!(ground.candidates()[0].stage, "confirmation_requested");
        assert_eq!(ground.jobs(), Round { done: 1, failed: 0 });
        assert_eq!(ground.candidates()[0].stage, "confirmed");

        let notice = ground.name_notice(&confirmation);
        let purpose = Some(Purpose::LawEnforcementIdentification);
        let name = p.release_name(&analyst, &notice, &CASEWORK.into(), purpose).unwrap();
        assert!(name == record.person);
        p.acknowledge_notice(&analyst, &notice).unwrap();

        ground.remove("K-1");
        gone(ground, &record.booking, &specimen);
        audited(ground);
    });
}

/// Nothing of the person is left that any use case could show.
fn gone(ground: &Ground, booking: &BookingId, specimen: &SpecimenNumber) {
    let p = &ground.programme;
    let removed = |outcome: Result<(), ServiceError>| match outcome {
        Err(ServiceError::Refused(refusal)) => assert_eq!(refusal.code, RefusalCode::Removed),
        other => panic!("{other:?}"),
    };
    removed(p.view_booking(&ground.by(Role::Collector), booking).map(|_| ()));
    let view = p.view_eligibility(&ground.by(Role::Collector), booking);
    removed(view.map(|_| ()));
    let reading = p.view_reading(&ground.by(Role::Reviewer), specimen);
    assert!(matches!(reading, Err(ServiceError::NotFound { .. })));
    let linked = ground.enter(specimen);
    assert!(matches!(linked, Err(ServiceError::NotFound { .. })), "{linked:?}");
    assert_eq!(ground.stage_of_record(specimen), Some("withdrawn"));
    let candidate = &ground.candidates()[0];
    assert_eq!(candidate.stage, "withdrawn");
    assert!(candidate.found.is_none());
    let counts = ground.counts();
    for empty in ["custody.link", "custody.person", "custody.person_key"] {
        assert_eq!(counts[empty], 0, "{empty}");
    }
    for empty in ["index.specimen", "index.plate_specimen", "index.reading"] {
        assert_eq!(counts[empty], 0, "{empty}");
    }

    // A new search finds nothing, in the process that removed it and in one that begins now.
    for (name, programme) in [("EV-8", &ground.programme), ("EV-9", &ground.another())] {
        ground.evidence(name, &person(1)).unwrap();
        assert_eq!(ground.jobs_of(programme).failed, 0);
        let with_person = ground
            .candidates()
            .into_iter()
            .filter_map(|line| line.found)
            .filter(|found| found.record_is_person || found.evidence == *specimen);
        assert_eq!(with_person.count(), 0, "{name}");
    }
}

fn audited(ground: &Ground) {
    let p = &ground.programme;
    let auditor = ground.by(Role::Auditor);
    let signed = p.sign_audit(&ground.by(Role::Administrator)).unwrap();
    assert!(signed.iter().all(|one| one.checkpoint.starts_with("buccal/")));
    let checked = p.verify_audit(&auditor, &|_, _, _| {}).unwrap();
    for side in &checked {
        assert_eq!(side.fault, None, "{side:?}");
        assert_eq!(side.signed, side.size, "{side:?}");
    }
    let index = checked.iter().find(|one| one.side == Side::Index).unwrap();
    let anchors = ground.events(Side::Custody, "audit", "anchored");
    assert_eq!(anchors.len(), 1);
    assert!(anchors[0].contains(&index.root), "{anchors:?}");
    assert!(anchors[0].contains(&format!("\"size\":{}", index.size)));
}

#[test]
fn evidence_that_was_there_first_finds_the_person_all_the_same() {
    on_both(|ground| {
        ground.evidence("EV-1", &person(1)).unwrap();
        assert_eq!(ground.jobs(), Round { done: 1, failed: 0 });
        let (_, specimen) = collected_and_typed(ground);
        ground.enter(&specimen).unwrap();
        assert_eq!(ground.jobs(), Round { done: 1, failed: 0 });
        assert_eq!(pair_of(ground, &specimen), PAIR);
    });
}

#[test]
fn the_chain_of_custody_tells_every_move_in_order() {
    on_both(|ground| {
        ground.specimen(&record(1), "K-1");
        ground.remove("K-1");
        let manager = ground.by(Role::ProgramManager);
        let chain = ground.programme.chain_of_custody(&manager, &KitBarcode::from("K-1")).unwrap();
        let words: Vec<_> = chain.iter().map(|entry| entry.action.word()).collect();
        assert_eq!(
            words.join(" "),
            "stocked opened sealed packed handed_over received accepted destroyed"
        );
    });
}

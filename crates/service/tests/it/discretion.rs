//! Rules set aside: only where the law leaves a choice, by two persons, and never a hard block.

use journey::actor::Role;
use journey::booking::{BookingRecord, LawfulStatus, StatusConfidence};
use journey::booking::{Citizenship, CustodyBasis};
use journey::eligibility::Outcome;
use journey::ids::BookingId;
use service::audit::Side;
use service::discretion::Ask;

use crate::ground::{Ground, on_both, record, refused};

/// Detained, and lawfully in the country: 28 CFR 28.12(b)(1).
fn present(n: u32) -> BookingRecord {
    let mut record = record(n);
    record.circumstances.lawful_status = LawfulStatus::InStatus;
    record
}

fn ask(ground: &Ground, booking: &str, account: &str) -> Result<(), service::ServiceError> {
    let op = ground.by_another(Role::Collector, account);
    let text = |text: &str| text.to_owned();
    let ask = Ask {
        booking: booking.into(),
        reason: text("a provision names these persons"),
        citation: text("Secretary's order 7"),
    };
    ground.programme.ask_override(&op, &ask).map(drop)
}

type Answer = (Outcome, Vec<String>);

fn answer(ground: &Ground) -> Result<Answer, service::ServiceError> {
    let auditor = ground.by(Role::Auditor);
    let explained = ground.programme.view_eligibility(&auditor, &"B-1".into())?;
    let finding = explained.decision.finding;
    Ok((finding.outcome, finding.reasons.into_iter().map(|reason| reason.id).collect()))
}

#[test]
fn two_persons_set_a_rule_aside_and_the_record_shows_both() {
    on_both(|ground| {
        ground.book(&present(1));
        let excluded = (Outcome::DoNotCollect, vec!["B1_LAWFULLY_PRESENT".to_owned()]);
        assert_eq!(answer(ground).unwrap(), excluded);
        ask(ground, "B-1", "officer-2").unwrap();
        assert_eq!(answer(ground).unwrap(), excluded, "asking decides nothing");
        assert_eq!(refused(ask(ground, "B-1", "officer-3")), "WRONG_STAGE");

        let b1 = BookingId::from("B-1");
        let same = ground.by_another(Role::ProgramManager, "officer-2");
        assert_eq!(refused(ground.programme.approve_override(&same, &b1)), "SAME_PERSON");
        assert_eq!(refused(ground.programme.deny_override(&same, &b1, "no")), "SAME_PERSON");
        assert_eq!(answer(ground).unwrap(), excluded);

        let manager = ground.by(Role::ProgramManager);
        let decision = ground.programme.approve_override(&manager, &b1).unwrap();
        assert_eq!(decision.finding.outcome, Outcome::Collect);
        assert_eq!(answer(ground).unwrap().1, ["DUTY_DETAINEE"]);
        assert_eq!(ground.events(Side::Custody, "eligibility", "override-asked").len(), 1);
        assert_eq!(ground.events(Side::Custody, "eligibility", "override-approved").len(), 1);
        let auditor = ground.by(Role::Auditor);
        let explained = ground.programme.view_eligibility(&auditor, &b1).unwrap();
        assert!(explained.facts.set_aside.contains("B1_LAWFULLY_PRESENT"));
        let request = explained.request.unwrap();
        assert_eq!(request.asked_by.as_str(), "officer-2");
        assert_eq!(request.answered_by, Some(manager.actor.account.clone()));
        assert_eq!(request.citation, "Secretary's order 7");

        // What was set aside stays a fact of the booking, and a replay finds the same.
        ground.programme.decide_eligibility(&ground.by(Role::Collector), &b1).unwrap();
        assert_eq!(answer(ground).unwrap().0, Outcome::Collect);
        let replay = ground.programme.replay_eligibility(&auditor, Some(&b1)).unwrap();
        assert_eq!((replay.decisions, replay.equal), (3, 3));
    });
}

#[test]
fn a_fact_that_comes_later_is_not_set_aside_with_it() {
    on_both(|ground| {
        ground.book(&present(1));
        ask(ground, "B-1", "officer-2").unwrap();
        let manager = ground.by(Role::ProgramManager);
        ground.programme.approve_override(&manager, &"B-1".into()).unwrap();
        let mut citizen = present(1);
        citizen.circumstances.citizenship = Citizenship::Citizen;
        citizen.circumstances.citizenship_confidence = StatusConfidence::Verified;
        ground.programme.amend_booking(&ground.by(Role::Collector), &citizen).unwrap();
        let (outcome, reasons) = answer(ground).unwrap();
        assert_eq!(outcome, Outcome::DoNotCollect);
        assert_eq!(reasons, ["USC_NO_CRIMINAL_BASIS"]);
    });
}

#[test]
fn an_approval_that_comes_after_a_new_decision_is_too_late() {
    on_both(|ground| {
        ground.book(&present(1));
        ask(ground, "B-1", "officer-2").unwrap();
        ground.programme.amend_booking(&ground.by(Role::Collector), &present(1)).unwrap();
        let manager = ground.by(Role::ProgramManager);
        let b1 = BookingId::from("B-1");
        assert_eq!(refused(ground.programme.approve_override(&manager, &b1)), "OUT_OF_ORDER");
        ground.programme.deny_override(&manager, &b1, "asked about an older decision").unwrap();
        assert_eq!(refused(ground.programme.approve_override(&manager, &b1)), "WRONG_STAGE");
        ask(ground, "B-1", "officer-2").unwrap();
        ground.programme.approve_override(&manager, &b1).unwrap();
        assert_eq!(answer(ground).unwrap().0, Outcome::Collect);
    });
}

#[test]
fn no_choice_is_left_about_children_citizens_residents_and_duties() {
    on_both(|ground| {
        let mut child = present(1);
        child.person.date_of_birth = Some("2008-05-05".parse().unwrap());
        let mut citizen = record(2);
        citizen.circumstances.citizenship = Citizenship::Citizen;
        let mut resident = record(3);
        resident.circumstances.citizenship = Citizenship::Lpr;
        resident.circumstances.custody_basis = [CustodyBasis::CriminalArrest].into();
        let mut child_without_prints = child.clone();
        child_without_prints.booking = "B-5".into();
        child_without_prints.person.fingerprint_number = None;
        child_without_prints.circumstances.fingerprint_event = None;
        child_without_prints.circumstances.fingerprinted_at = None;
        for record in [&child, &citizen, &resident, &record(4), &child_without_prints] {
            ground.book(record);
            let before = ground.state();
            assert_eq!(
                refused(ask(ground, record.booking.as_str(), "officer-2")),
                "NO_DISCRETION",
                "{}",
                record.booking
            );
            assert_eq!(ground.state(), before, "{}", record.booking);
            let auditor = ground.by(Role::Auditor);
            let explained = ground.programme.view_eligibility(&auditor, &record.booking).unwrap();
            assert!(!explained.leaves_room);
        }
    });
}

#[test]
fn reason_and_citation_are_asked_for() {
    on_both(|ground| {
        ground.book(&present(1));
        let op = ground.by(Role::Collector);
        for (reason, citation, field) in [("", "order 7", "reason"), ("why", " ", "citation")] {
            let ask = Ask {
                booking: "B-1".into(),
                reason: reason.to_owned(),
                citation: citation.to_owned(),
            };
            let error = ground.programme.ask_override(&op, &ask).unwrap_err();
            assert_eq!(error.to_string(), format!("{field}: it is empty; fill it in"));
        }
    });
}

//! Notices of a hit in their stages: between laboratories first, the name after the confirmation,
//! then the investigators; and the agency that took the sample, by numbers alone.

use journey::actor::Role;
use journey::ids::{ConfirmationId, SpecimenNumber};
use journey::notice::{Purpose, Subject};
use service::notice::{Hit, Listed};
use service::{OpContext, ServiceError};
use store::listing::After;

use crate::ground::{CASEWORK, Ground, SITE, on_both, record, refused};
use crate::way::person;

const NAME: Option<Purpose> = Some(Purpose::LawEnforcementIdentification);

/// Open notices that a role sees, by the word of their subject.
fn open(ground: &Ground, op: &OpContext<'_>) -> Vec<(&'static str, &'static str)> {
    let notices = ground.programme.list_notices(op, "", &After::start(), 100).unwrap();
    notices.iter().map(|line| (line.subject.word(), line.stage)).collect()
}

fn one(ground: &Ground, op: &OpContext<'_>, word: &str) -> Listed {
    let notices = ground.programme.list_notices(op, "", &After::start(), 100).unwrap();
    notices.into_iter().find(|line| line.subject.word() == word).unwrap()
}

fn at_laboratory(ground: &Ground) -> OpContext<'_> {
    let laboratory = ground.programme.laboratory().as_str();
    ground.by_grants("reviewer-1", &[(Role::Reviewer, laboratory)])
}

fn at_site(ground: &Ground) -> OpContext<'_> {
    ground.by_grants("manager-1", &[(Role::ProgramManager, SITE)])
}

fn confirmed(ground: &Ground) -> (SpecimenNumber, ConfirmationId) {
    let (specimen, candidate) = ground.taken(&record(1), "K-1");
    let confirmation = ground.ask_to_confirm(&candidate);
    ground.confirm(&confirmation, &person(1));
    (specimen, confirmation)
}

#[test]
fn a_hit_is_told_in_stages_each_to_its_receiver() {
    on_both(|ground| {
        let p = &ground.programme;
        let (reviewer, manager) = (at_laboratory(ground), at_site(ground));
        let analyst = ground.by(Role::CaseworkAnalyst);
        let (_, candidate) = ground.taken(&record(1), "K-1");
        let confirmation = ground.ask_to_confirm(&candidate);
        assert_eq!(open(ground, &reviewer), [("confirmation_asked", "delivered")]);
        assert!(open(ground, &analyst).is_empty() && open(ground, &manager).is_empty());

        ground.confirm(&confirmation, &person(1));
        assert_eq!(open(ground, &analyst), [("name_release", "due")]);
        assert_eq!(open(ground, &manager), [("hit", "due")]);
        p.acknowledge_notice(&reviewer, &one(ground, &reviewer, "confirmation_asked").notice)
            .unwrap();
        assert!(open(ground, &reviewer).is_empty());

        let name = one(ground, &analyst, "name_release").notice;
        for _ in 0..2 {
            p.release_name(&analyst, &name, &CASEWORK.into(), NAME).unwrap();
        }
        let told = one(ground, &analyst, "investigators");
        assert_eq!(told.due_at.duration_since(ground.now()).as_hours(), 14 * 24);
        assert_eq!(open(ground, &analyst).len(), 2, "read twice, told once");
        let everywhere = ground.by(Role::ProgramManager);
        assert_eq!(refused(p.deliver_notice(&everywhere, &told.notice)), "WRONG_STAGE");
        p.pass_on_notice(&analyst, &told.notice).unwrap();
        p.acknowledge_notice(&analyst, &told.notice).unwrap();
        assert_eq!(open(ground, &analyst), [("name_release", "delivered")]);
    });
}

#[test]
fn the_agency_that_took_the_sample_reads_which_one_and_the_notice_itself_tells_nobody() {
    on_both(|ground| {
        let p = &ground.programme;
        let (specimen, confirmation) = confirmed(ground);
        let manager = at_site(ground);
        let notice = one(ground, &manager, "hit");
        assert_eq!(notice.to.as_str(), SITE);
        let told = serde_json::to_string(&notice).unwrap();
        for secret in [specimen.as_str(), confirmation.as_str(), "K-1", "B-1"] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
        let elsewhere = ground.by_grants("manager-2", &[(Role::ProgramManager, "Houston")]);
        let forbidden = p.read_hit(&elsewhere, &notice.notice);
        assert!(matches!(forbidden, Err(ServiceError::Forbidden { .. })), "{forbidden:?}");
        let everywhere = ground.by(Role::ProgramManager);
        assert_eq!(refused(p.deliver_notice(&everywhere, &notice.notice)), "PURPOSE_MISSING");

        let Hit { booking, kit, specimen: of, laboratory } =
            p.read_hit(&manager, &notice.notice).unwrap();
        assert_eq!((booking, kit.as_str()), (record(1).booking, "K-1"));
        assert_eq!((of, laboratory.as_str()), (specimen, CASEWORK));
        p.read_hit(&manager, &notice.notice).unwrap();
        p.acknowledge_notice(&manager, &notice.notice).unwrap();
        assert!(open(ground, &manager).is_empty());
    });
}

#[test]
fn after_an_expungement_a_hit_leads_nowhere() {
    on_both(|ground| {
        confirmed(ground);
        let manager = at_site(ground);
        let notice = one(ground, &manager, "hit").notice;
        ground.remove("K-1");
        let gone = ground.programme.read_hit(&manager, &notice);
        assert_eq!(refused(gone), "REMOVED");
    });
}

#[test]
fn what_was_not_confirmed_is_told_without_a_word_about_the_person() {
    on_both(|ground| {
        let (_, candidate) = ground.taken(&record(1), "K-1");
        let confirmation = ground.ask_to_confirm(&candidate);
        let (analyst, reviewer) = (ground.by(Role::CaseworkAnalyst), ground.by(Role::Reviewer));
        ground.programme.check_lawful(&reviewer, &confirmation).unwrap();
        ground.programme.check_identity(&reviewer, &confirmation, false).unwrap();
        let notice = one(ground, &analyst, "not_confirmed");
        assert!(matches!(&notice.subject, Subject::NotConfirmed { why, .. }
            if why.word() == "not_identified"));
        assert_eq!((notice.stage, notice.overdue), ("delivered", false));
        assert!(open(ground, &at_site(ground)).is_empty(), "the agency learns of no refuted hit");
        // Delivered with the raising, and overdue all the same where nobody acknowledges it.
        ground.pass(73 * 3600);
        assert!(one(ground, &ground.by(Role::CaseworkAnalyst), "not_confirmed").overdue);
        ground.programme.acknowledge_notice(&analyst, &notice.notice).unwrap();
        assert!(open(ground, &analyst).is_empty());
    });
}

#[test]
fn notices_turn_over_page_by_page() {
    on_both(|ground| {
        confirmed(ground);
        let everywhere = ground.by(Role::ProgramManager);
        let list = |after: &After, limit| {
            ground.programme.list_notices(&everywhere, "", after, limit).unwrap()
        };
        let whole: Vec<_> =
            list(&After::start(), 100).into_iter().map(|line| line.notice).collect();
        assert!(whole.len() >= 3, "{whole:?}");
        let (mut after, mut paged) = (After::start(), Vec::new());
        while let Some(line) = list(&after, 1).into_iter().next() {
            after = After { at: line.due_at, id: line.notice.to_string() };
            paged.push(line.notice);
        }
        assert_eq!(paged, whole);
    });
}

#[test]
fn a_package_a_confirmation_and_a_removal_are_found_by_their_numbers() {
    on_both(|ground| {
        let (_, confirmation) = confirmed(ground);
        let removal = ground.approved_removal("K-1");
        let p = &ground.programme;
        let (reviewer, officer) = (ground.by(Role::Reviewer), ground.by(Role::PrivacyOfficer));
        let found = p.find_confirmation(&reviewer, &confirmation).unwrap();
        assert_eq!((found.confirmation, found.stage), (confirmation, "confirmed"));
        let found = p.find_removal(&officer, &removal).unwrap();
        assert_eq!((found.removal, found.kit), (removal, Some("K-1".into())));
        let clerk = ground.by(Role::KitClerk);
        let package = &p.list_packages(&clerk, "", &After::start(), 1).unwrap()[0];
        let found = p.find_package(&clerk, &package.package).unwrap();
        assert_eq!(found.kits, package.kits);
        let missing = [
            p.find_confirmation(&reviewer, &"C-9".into()).map(drop),
            p.find_removal(&officer, &"R-9".into()).map(drop),
            p.find_package(&clerk, &"P-9".into()).map(drop),
        ];
        assert!(missing.iter().all(|it| matches!(it, Err(ServiceError::NotFound { .. }))));
        let forbidden = p.find_removal(&clerk, &"R-9".into());
        assert!(matches!(forbidden, Err(ServiceError::Forbidden { .. })), "before it is looked up");
    });
}

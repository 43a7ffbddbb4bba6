//! What keeps a profile out of the index.

use genetics::Category;
use journey::actor::Role;
use journey::booking::{Citizenship, StatusConfidence};
use journey::ids::SpecimenNumber;
use service::ServiceError;
use service::audit::Side;

use store::listing::After;

use crate::ground::{Ground, on_both, record, refused};
use crate::way::{evidence, person};

#[test]
fn facts_that_change_after_acceptance_keep_the_profile_out() {
    on_both(|ground| {
        let check = |n: u32, change: &dyn Fn(&mut journey::booking::BookingRecord), code: &str| {
            let mut booked = record(n);
            let kit = format!("K-{n}");
            let specimen = ground.specimen(&booked, &kit);
            ground.typed(&format!("PL-{n}"), &specimen, &person(n as usize));
            change(&mut booked);
            ground.programme.amend_booking(&ground.by(Role::Collector), &booked).unwrap();
            assert_eq!(refused(ground.enter(&specimen)), code, "{n}");
            assert_eq!(ground.stage_of_record(&specimen), None);
        };
        check(1, &|record| record.circumstances.citizenship = Citizenship::Citizen, "NOT_ELIGIBLE");
        check(
            2,
            &|record| record.person.date_of_birth = Some("2006-06-02".parse().unwrap()),
            "NOT_ELIGIBLE",
        );
        check(
            3,
            &|record| {
                record.circumstances.citizenship = Citizenship::Lpr;
                record.circumstances.citizenship_confidence = StatusConfidence::Claimed;
            },
            "NOT_ELIGIBLE",
        );
        // Each is told, once, however often their facts are amended.
        let mut again = record(1);
        again.circumstances.citizenship = Citizenship::Citizen;
        ground.programme.amend_booking(&ground.by(Role::Collector), &again).unwrap();
        let told = ground.events(Side::Custody, "notice", "raised");
        assert_eq!(told.iter().filter(|text| text.contains("basis_in_doubt")).count(), 3);
    });
}

#[test]
fn a_sample_under_removal_enters_no_more() {
    on_both(|ground: &Ground| {
        let specimen = ground.specimen(&record(1), "K-1");
        ground.load("PL-1", &[&specimen]);
        ground.approved_removal("K-1");
        // Reviewed or not, before the job took the specimen out and after.
        let mine = person(1);
        assert_eq!(refused(ground.enter(&specimen)), "NOT_ELIGIBLE");
        assert_eq!(ground.jobs().failed, 0);
        let imported = ground.import("PL-1", &[(&specimen, &mine)]).unwrap();
        assert_eq!(imported.typed, [], "a removed specimen is typed again");
        assert_eq!(imported.refused[0].1.code.code(), "REMOVED");
        assert_eq!(ground.counts()["index.reading"], 0);
        assert_eq!(refused(ground.enter(&specimen)), "NOT_ELIGIBLE");
    });
}

#[test]
fn evidence_names_a_number_a_laboratory_and_a_case() {
    on_both(|ground| {
        let analyst = ground.by(Role::CaseworkAnalyst);
        let check = |spoil: &dyn Fn(&mut service::upload::EnterEvidence), field: &str| {
            let mut bad = evidence("EV-1", &person(1));
            spoil(&mut bad);
            match ground.programme.enter_evidence(&analyst, &bad) {
                Err(ServiceError::Invalid(text)) => assert!(text.starts_with(field), "{text}"),
                other => panic!("{field}: {other:?}"),
            }
        };
        check(&|bad| bad.laboratory = "".into(), "laboratory");
        check(&|bad| bad.case = " ".into(), "case");
        check(&|bad| bad.specimen = "".into(), "specimen");
        check(&|bad| bad.specimen = "EV~1".into(), "specimen");
        check(&|bad| bad.specimen = "EV 1\n".into(), "specimen");
        check(&|bad| bad.specimen = "1234567890123456789012345".into(), "specimen");
    });
}

#[test]
fn an_analyst_sees_the_candidates_of_the_own_laboratory() {
    on_both(|ground| {
        ground.taken(&record(1), "K-1");
        let p = &ground.programme;
        let listed = |lab: &str| {
            let analyst = ground.by_grants("analyst", &[(Role::CaseworkAnalyst, lab)]);
            p.list_candidates(&analyst, "", "", &After::start(), 10).unwrap().len()
        };
        assert_eq!(listed(crate::ground::CASEWORK), 1);
        assert_eq!(listed("OTHERLAB01"), 0);
        let auditor = ground.by(Role::Auditor);
        assert_eq!(p.list_candidates(&auditor, "", "", &After::start(), 10).unwrap().len(), 1);
    });
}

/// A person who was detained and is charged later: the sample follows into the category of now, and
/// a record that entered before enters again.
#[test]
fn a_sample_follows_its_person_into_another_category() {
    on_both(|ground| {
        let category = |specimen: &SpecimenNumber| {
            let custodian = ground.by(Role::IndexCustodian);
            let start = After::start();
            let records = ground.programme.list_records(&custodian, "", &start, 9).unwrap();
            let record = records.into_iter().find(|record| record.specimen == *specimen);
            record.and_then(|record| record.category)
        };
        let to_enter =
            || ground.programme.list_to_enter(&ground.by(Role::IndexCustodian), 9).unwrap();
        // Charged before the profile enters: it enters as what the person is now.
        let first = ground.specimen(&record(1), "K-1");
        ground.typed("PL-1", &first, &person(1));
        ground.arrested(1);
        ground.enter(&first).unwrap();
        assert_eq!(category(&first), Some(Category::Arrestee));
        ground.jobs();
        assert!(to_enter().is_empty());
        // Charged after: it stands among those to enter, and is replaced.
        let second = ground.specimen(&record(2), "K-2");
        ground.typed("PL-2", &second, &person(2));
        ground.enter(&second).unwrap();
        assert_eq!(category(&second), Some(Category::Detainee));
        assert_eq!(crate::ground::refused(ground.enter(&second)), "ALREADY_RECORDED");
        ground.jobs();
        ground.evidence("EV-1", &person(2)).unwrap();
        ground.jobs();
        let candidates = ground.candidates();
        ground.arrested(2);
        assert!(to_enter().is_empty(), "the index is not told yet");
        ground.jobs();
        assert_eq!(to_enter(), std::slice::from_ref(&second));
        ground.enter(&second).unwrap();
        ground.jobs();
        assert_eq!(category(&second), Some(Category::Arrestee));
        assert!(to_enter().is_empty());
        assert_eq!(ground.events(Side::Custody, "accession", "reclassified").len(), 2);
        assert_eq!(ground.events(Side::Index, "upload", "replaced").len(), 1);
        let after = ground.candidates();
        assert_eq!(after.len(), candidates.len(), "the pair stays one");
        // Back and forth: each entry is searched, also in a category that it had before.
        let searched = |ground: &Ground| {
            let told = ground.events(Side::Index, "candidate", "searched");
            told.len()
        };
        let before = searched(ground);
        ground.programme.amend_booking(&ground.by(Role::Collector), &record(2)).unwrap();
        ground.jobs();
        ground.enter(&second).unwrap();
        ground.jobs();
        assert_eq!(category(&second), Some(Category::Detainee));
        assert_eq!(searched(ground), before + 1);
        ground.arrested(2);
        ground.jobs();
        ground.enter(&second).unwrap();
        ground.jobs();
        assert_eq!((category(&second), searched(ground)), (Some(Category::Arrestee), before + 2));
        // The same facts again change nothing.
        ground.arrested(2);
        ground.jobs();
        assert_eq!(ground.events(Side::Index, "typing", "reclassified").len(), 4);
        assert_eq!(crate::ground::refused(ground.enter(&second)), "ALREADY_RECORDED");
    });
}

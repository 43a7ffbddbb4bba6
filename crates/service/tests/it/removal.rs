//! Removals: which path applies, who decides, and that nothing finds the way back.

use genetics::Profile;
use journey::actor::Role;
use journey::booking::CustodyBasis;
use journey::ids::SpecimenNumber;
use journey::notice::Purpose;
use journey::removal::{FinalOrder, Path};
use service::audit::Side;
use store::envelope::{self, Place};
use store::keys::Keys;

use crate::ground::{CASEWORK, Ground, on_both, record, refused};
use crate::way::person;

fn order(basis: CustodyBasis, document: &str) -> FinalOrder {
    FinalOrder { basis, document: document.to_owned(), final_on: "2020-05-20".parse().unwrap() }
}

fn expungement(orders: &[FinalOrder]) -> Path {
    Path::Expungement { orders: orders.to_vec() }
}

#[test]
fn expungement_needs_a_final_order_for_every_charge() {
    on_both(|ground| {
        let mut first = record(1);
        let charged = CustodyBasis::FacingCharges;
        let arrested = CustodyBasis::CriminalArrest;
        first.circumstances.custody_basis = [charged].into();
        ground.specimen(&first, "K-1");
        let ask = |orders: &[FinalOrder]| ground.ask("K-1", expungement(orders));
        assert_eq!(refused(ask(&[])), "STILL_LAWFUL");
        assert_eq!(refused(ask(&[order(arrested, "D-1")])), "STILL_LAWFUL");
        assert_eq!(refused(ask(&[order(charged, " ")])), "STILL_LAWFUL");
        let mut open = order(charged, "D-1");
        open.final_on = "2020-06-02".parse().unwrap();
        assert_eq!(refused(ask(&[open])), "STILL_LAWFUL");
        // A second booking on a second charge: one order does not end both.
        let mut second = record(2);
        second.person = first.person.clone();
        second.circumstances.custody_basis = [charged].into();
        ground.book(&second);
        let one = order(charged, "D-1");
        assert_eq!(refused(ask(std::slice::from_ref(&one))), "STILL_LAWFUL");
        assert_eq!(refused(ask(&[one.clone(), one.clone()])), "STILL_LAWFUL");
        ask(&[one, order(charged, "D-2")]).unwrap();
    });
}

#[test]
fn detention_alone_is_no_case_for_expungement_and_the_refusal_names_the_other_paths() {
    on_both(|ground| {
        ground.specimen(&record(1), "K-1");
        let orders = [order(CustodyBasis::AdminDetention, "D-1")];
        let refusal = ground.ask("K-1", expungement(&orders)).unwrap_err();
        let text = refusal.to_string();
        assert!(text.starts_with("PATH_DOES_NOT_APPLY"), "{text}");
        assert!(text.contains("ineligibility") && text.contains("administrative"), "{text}");
        let why = "held by mistake".to_owned();
        ground.ask("K-1", Path::Ineligibility { why }).unwrap();
    });
}

#[test]
fn a_name_is_not_released_once_its_removal_is_approved() {
    on_both(|ground| {
        let (_, candidate) = ground.taken(&record(1), "K-1");
        let confirmation = ground.ask_to_confirm(&candidate);
        ground.confirm(&confirmation, &person(1));
        let notice = ground.name_notice(&confirmation);
        ground.approved_removal("K-1");
        let name = ground.programme.release_name(
            &ground.by(Role::CaseworkAnalyst),
            &notice,
            &CASEWORK.into(),
            Some(Purpose::JudicialProceedings),
        );
        assert_eq!(refused(name.map(|_| ())), "NOT_ELIGIBLE");
    });
}

#[test]
fn a_confirmation_under_way_ends_when_the_removal_is_approved() {
    on_both(|ground| {
        let (_, candidate) = ground.taken(&record(1), "K-1");
        let confirmation = ground.ask_to_confirm(&candidate);
        ground.approved_removal("K-1");
        let reviewer = ground.by(Role::Reviewer);
        let listed = ground.programme.check_lawful(&reviewer, &confirmation);
        assert_eq!(listed.unwrap().stage, "refuted");
    });
}

#[test]
fn a_removal_of_one_sample_leaves_no_other_sample_without_its_owner() {
    on_both(|ground| {
        let first = ground.specimen(&record(1), "K-1");
        let mut again = record(2);
        again.person = record(1).person;
        let second = ground.specimen(&again, "K-2");
        assert_ne!(first, second);
        let one = ground.approved_removal("K-1");
        ground.jobs();
        ground.destroy(&one).unwrap();
        assert_eq!(refused(ground.certify(&one)), "STEPS_OPEN");
        let other = ground.approved_removal("K-2");
        assert_eq!(refused(ground.certify(&one)), "STEPS_OPEN");
        ground.jobs();
        ground.destroy(&other).unwrap();
        ground.certify(&one).unwrap();
        ground.certify(&other).unwrap();
        assert_eq!(ground.counts()["custody.link"], 0);
        assert_eq!(ground.counts()["custody.person_key"], 0);
    });
}

#[test]
fn a_specimen_whose_registration_is_late_does_not_outlive_its_removal() {
    on_both(|ground| {
        ground.stock(&["K-1"]);
        ground.book(&record(1));
        ground.collect(&record(1).booking, "K-1");
        ground.ship(&["K-1"]);
        ground.examine("K-1", |_| {}).unwrap();
        ground.break_table(Side::Index, "specimen");
        assert_eq!(ground.jobs().failed, 1);
        ground.approved_removal("K-1");
        ground.mend(Side::Index, "specimen");
        // The removal's job is due, the registration waits for its second attempt.
        ground.jobs();
        ground.pass(3_600);
        ground.jobs();
        ground.pass(3_600);
        assert_eq!(ground.jobs().failed, 0);
        assert_eq!(ground.waiting().len(), 0);
        assert_eq!(ground.counts()["index.specimen"], 0);
    });
}

/// What the programme's own keys open among the jobs that were done.
fn opened_jobs(ground: &Ground) -> Vec<String> {
    let keys = Keys::load(&ground.folder.path().join("keys")).unwrap();
    let rows = ground
        .database(Side::Custody)
        .read(|tx| tx.query("SELECT kind, payload FROM job", &[]))
        .unwrap();
    let open = |row: &store::tx::Row| {
        let payload: serde_json::Value =
            serde_json::from_str(row.get_text("payload").unwrap()).unwrap();
        let sealed = payload.as_str().or_else(|| payload.get("sealed")?.as_str())?;
        let sealed = data_encoding::BASE64.decode(sealed.as_bytes()).unwrap();
        let place = Place { table: "job", row: row.get_text("kind").unwrap(), column: "payload" };
        let text = [&keys.link, &keys.digest, &keys.kek]
            .into_iter()
            .find_map(|key| envelope::open(key, place, &sealed).ok())?;
        Some(String::from_utf8(text.to_vec()).unwrap())
    };
    rows.iter().filter_map(open).collect()
}

#[test]
fn after_the_certificate_nothing_joins_kit_and_specimen_again() {
    on_both(|ground| {
        let specimen: SpecimenNumber = ground.specimen(&record(1), "K-1");
        let mine: Profile = person(1);
        ground.typed("PL-1", &specimen, &mine);
        ground.enter(&specimen).unwrap();
        ground.jobs();
        let removal = ground.remove("K-1");
        let opened = opened_jobs(ground);
        assert!(opened.is_empty(), "the outbox still tells the pair: {opened:?}");
        // The record of the custody side ties the removal's number to the kit for ever, so the
        // index may not know that number.
        for table in ["event", "record", "candidate", "job"] {
            for line in ground.texts(Side::Index, table) {
                assert!(!line.contains(removal.as_str()), "{table}: {line}");
            }
        }
    });
}

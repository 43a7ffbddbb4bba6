//! Runs: void ones, those that stop half-way, and specimens that do not belong.

use genetics::controls;
use journey::actor::Role;
use journey::ids::{PlateNumber, SpecimenNumber};
use service::audit::Side;

use crate::ground::{on_both, record, refused};
use crate::way::{person, table};

#[test]
fn an_import_that_fails_leaves_nothing_and_can_be_repeated() {
    on_both(|ground| {
        let one = ground.specimen(&record(1), "K-1");
        let other = ground.specimen(&record(2), "K-2");
        ground.load("PL-1", &[&one, &other]);
        let (mine, theirs) = (person(1), person(2));
        let samples = [(&one, &mine), (&other, &theirs)];
        let before = ground.counts();
        ground.break_table(Side::Index, "reading");
        ground.import("PL-1", &samples).unwrap_err();
        ground.mend(Side::Index, "reading");
        assert_eq!(ground.counts(), before);
        let imported = ground.import("PL-1", &samples).unwrap();
        assert_eq!(imported.run, "controlled");
        assert_eq!(imported.typed.len(), 2);
        assert_eq!(refused(ground.import("PL-1", &samples)), "WRONG_STAGE");
    });
}

#[test]
fn one_sample_that_is_refused_keeps_no_other_out() {
    on_both(|ground| {
        let one = ground.specimen(&record(1), "K-1");
        let other = ground.specimen(&record(2), "K-2");
        ground.load("PL-1", &[&one, &other]);
        let control = controls::profile("9947A").unwrap();
        let (mine, stranger) = (person(1), SpecimenNumber::from("STRANGER"));
        let samples = [(&one, &mine), (&other, &control), (&stranger, &mine)];
        let imported = ground.import("PL-1", &samples).unwrap();
        assert_eq!(imported.typed, [one]);
        let codes: Vec<_> =
            imported.refused.iter().map(|(_, refusal)| refusal.code.code()).collect();
        assert_eq!(codes, ["CONTAMINATED", "NOT_ON_PLATE"]);
        let kept = ground.events(Side::Index, "typing", "refused");
        assert_eq!(kept.len(), 2, "{kept:?}");
    });
}

#[test]
fn a_run_with_a_wrong_control_is_void_with_every_sample() {
    on_both(|ground| {
        let one = ground.specimen(&record(1), "K-1");
        ground.load("PL-1", &[&one]);
        let mine = person(1);
        let mut bad = table(&[(&one, &mine)]);
        bad.samples.retain(|sample| sample.name != "NEG");
        let plate = PlateNumber::from("PL-1");
        let analyst = ground.by(Role::Analyst);
        let imported = ground.programme.import_run(&analyst, &plate, &bad).unwrap();
        assert_eq!((imported.run, imported.typed.len()), ("void", 0));
        assert!(ground.waiting().contains(&one));
        assert_eq!(ground.counts()["index.reading"], 0);
    });
}

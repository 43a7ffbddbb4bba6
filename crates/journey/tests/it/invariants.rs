//! Invariants that hold whatever anybody tries, in any order.

use std::collections::BTreeMap;

use genetics::Category;
use journey::accession::{self, Lawful};
use journey::collection::{self, Abandonment};
use journey::confirmation::{self, Confirmed};
use journey::eligibility::{Eligible, Outcome};
use journey::ids::{CollectionId, KitBarcode};
use journey::kit::{self, UsableKit, Withdrawal};
use journey::notice::{self, Subject};
use journey::refusal::RefusalCode;
use journey::removal::{self, Step};
use journey::typing::reading;
use proptest::prelude::*;

use crate::stations::{
    confirming, decided, eligible, examining, issued, opening, read, removing, stamp,
};

/// A shelf of two kits and three collections, worked by anybody in any order.
#[derive(Default)]
struct Shelf {
    kits: BTreeMap<KitBarcode, kit::Stage>,
    collections: BTreeMap<CollectionId, collection::Stage>,
}

impl Shelf {
    fn step_kit(&mut self, barcode: &KitBarcode, command: kit::Command) -> bool {
        let before = self.kits.get(barcode);
        let Ok(event) = kit::decide(before, command) else {
            return false;
        };
        let after = kit::apply(before.cloned(), &event).unwrap();
        self.kits.insert(barcode.clone(), after);
        true
    }

    fn step_collection(&mut self, id: &CollectionId, command: collection::Command) -> bool {
        let before = self.collections.get(id);
        let Ok(event) = collection::decide(before, command) else {
            return false;
        };
        let after = collection::apply(before.cloned(), &event).unwrap();
        self.collections.insert(id.clone(), after);
        true
    }

    fn act(&mut self, n: u8) {
        let barcode = KitBarcode::from(["K-1", "K-2"][usize::from(n / 8) % 2]);
        let id = CollectionId::from(["C-1", "C-2", "C-3"][usize::from(n / 16) % 3]);
        match n % 8 {
            0 => {
                self.step_kit(&barcode, kit::Command::Receive(issued()));
            }
            1 | 2 => self.open(&barcode, &id),
            3 => {
                let (device, form) = (barcode.clone(), barcode);
                self.step_collection(&id, collection::Command::Scan { device, form });
            }
            4 | 5 => self.seal(&id),
            6 => {
                self.step_kit(&barcode, kit::Command::Withdraw(Withdrawal::Recalled));
            }
            _ => {
                let why = Abandonment::KitDamaged;
                self.step_collection(&id, collection::Command::Abandon(why));
            }
        }
    }

    fn open(&mut self, barcode: &KitBarcode, id: &CollectionId) {
        let today = "2020-06-01".parse().unwrap();
        let stage = self.kits.get(barcode);
        let Ok(usable) = UsableKit::check(barcode, stage, &"Dallas".into(), today) else {
            return;
        };
        let command = collection::Command::Open {
            eligible: eligible(),
            kit: usable.clone(),
            site: "Dallas".into(),
            table: id.to_string(),
            table_has_open: None,
            stamp: stamp(0),
        };
        if self.step_collection(id, command) {
            let collection = id.clone();
            assert!(self.step_kit(barcode, kit::Command::Open { usable, collection }));
        }
    }

    fn seal(&mut self, id: &CollectionId) {
        let Some(stage) = self.collections.get(id) else {
            return;
        };
        let (barcode, before) = (stage.opened().kit.clone(), stage.clone());
        let command = collection::Command::Seal {
            seal: "SEAL-1".to_owned(),
            prints_taken: true,
            decision: stage.opened().decision.clone(),
            stamp: stamp(0),
        };
        if self.step_collection(id, command) && !self.step_kit(&barcode, kit::Command::Use) {
            self.collections.insert(id.clone(), before);
        }
    }
}

fn numbers() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..60)
}

proptest! {
    /// Invariant 1.
    #[test]
    fn a_barcode_belongs_to_one_collection_for_ever(n in numbers()) {
        let mut shelf = Shelf::default();
        let mut owner: BTreeMap<KitBarcode, CollectionId> = BTreeMap::new();
        for n in n {
            shelf.act(n);
            for (id, stage) in &shelf.collections {
                let kit = stage.opened().kit.clone();
                let first = owner.entry(kit).or_insert_with(|| id.clone());
                prop_assert_eq!(&*first, id);
            }
        }
        for (barcode, stage) in &shelf.kits {
            if let kit::Stage::Used(spent) | kit::Stage::Opened(spent) = stage {
                prop_assert_eq!(&spent.collection, &owner[barcode]);
            }
        }
    }

    /// Invariant 6: what arrived is accepted, rejected with a reason, or waits; a sample without a
    /// basis is never accepted, and who collected it never decides.
    #[test]
    fn an_arrived_sample_ends_where_it_may(n in prop::collection::vec(any::<u8>(), 1..30)) {
        let category = Category::from_name("Detainee").unwrap();
        let mut stage = None;
        for n in n {
            let command = examining(n, category);
            let (lawful, by) = match &command {
                accession::Command::Examine(seen) => (Some(seen.lawful.clone()), Some(seen.stamp.by.clone())),
                accession::Command::Arrive { .. } | accession::Command::Reclassify(_) => (None, None),
            };
            let was_open = matches!(
                &stage,
                None | Some(accession::Stage::Arrived(_) | accession::Stage::Held(_))
            );
            let Ok(event) = accession::decide(stage.as_ref(), command) else { continue };
            if let accession::Event::Reclassified { before, category } = &event {
                prop_assert_ne!(before, category);
                stage = Some(accession::apply(stage, &event).unwrap());
                let accepted = matches!(&stage, Some(accession::Stage::Accepted(it)) if it.category == *category);
                prop_assert!(accepted, "it stays accepted");
                continue;
            }
            prop_assert!(was_open, "an end is an end");
            prop_assert!(by != Some("one".into()), "the collector decided");
            if matches!(event, accession::Event::Accepted { .. } | accession::Event::Held { .. }) {
                prop_assert_eq!(lawful, Some(Lawful::As(category)));
            }
            stage = Some(accession::apply(stage, &event).unwrap());
        }
    }

    /// Invariant 18.
    #[test]
    fn no_author_reviews(n in numbers()) {
        let mut stage = None;
        for n in n {
            let Ok(event) = reading::decide(stage.as_ref(), read(n)) else { continue };
            stage = Some(reading::apply(stage, &event).unwrap());
            if let Some(reading::Stage::Reviewed(reviewed)) = &stage {
                prop_assert_ne!(&reviewed.reviewer, &reviewed.typed.author);
            }
        }
    }

    /// Invariant 14.
    #[test]
    fn no_name_before_the_conclusion_of_a_second_person(n in numbers()) {
        let (mut stage, mut seen, mut typist) = (None, Vec::new(), None);
        for n in n {
            let Ok(event) = confirmation::decide(stage.as_ref(), confirming(n)) else { continue };
            let after: confirmation::Stage = confirmation::apply(stage, &event).unwrap();
            seen.push(after.word());
            if let confirmation::Stage::Retyped(retyped) = &after {
                typist = Some(retyped.by.clone());
            }
            let proof = Confirmed::check(&"CF-1".into(), Some(&after));
            match &after {
                confirmation::Stage::Confirmed(concluded) => {
                    prop_assert_eq!(
                        seen.join(" "),
                        "requested lawful identified retyped confirmed"
                    );
                    prop_assert!(typist != Some(concluded.stamp.by.clone()));
                    prop_assert!(proof.is_ok());
                }
                _ => prop_assert_eq!(proof.unwrap_err().code, RefusalCode::NotConfirmed),
            }
            stage = Some(after);
        }
    }

    #[test]
    fn a_removal_is_certified_after_its_last_step_and_by_two_people(n in numbers()) {
        let mut stage = None;
        for n in n {
            let before = stage.clone();
            let Ok(event) = removal::decide(stage.as_ref(), removing(n)) else { continue };
            stage = Some(removal::apply(stage, &event).unwrap());
            match (&before, &stage) {
                (Some(removal::Stage::Approved(approved)), Some(removal::Stage::Certified(_))) => {
                    prop_assert_eq!(approved.done.len(), Step::ALL.len());
                    prop_assert_ne!(&approved.approved_by, &approved.request.stamp.by);
                }
                (_, Some(removal::Stage::Certified(_))) => prop_assert!(false, "a step was skipped"),
                _ => {}
            }
        }
    }
}

#[test]
fn a_name_release_is_not_raised_by_word_of_mouth() {
    let due = notice::Due {
        subject: Subject::NameRelease { confirmation: "CF-1".into() },
        to: "TXCASE001".into(),
        due_at: stamp(0).at,
    };
    let refusal = notice::decide(None, notice::Command::Raise(due)).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::NotConfirmed);
    let proof = Confirmed::check(&"CF-1".into(), None).unwrap_err();
    assert_eq!(proof.code, RefusalCode::NotConfirmed);
}

/// Invariant 2.
#[test]
fn only_a_decision_that_stands_and_allows_it_opens_a_collection() {
    let now = stamp(0).at;
    let check = |outcome, allowed: bool| {
        let stage = decided(outcome);
        assert_eq!(Eligible::check(Some(&stage), now).is_ok(), allowed, "{outcome:?}");
    };
    check(Outcome::Collect, true);
    check(Outcome::MaySkip, true);
    check(Outcome::DoNotCollect, false);
    check(Outcome::Defer, false);
    let day = jiff::SignedDuration::from_hours(24);
    let late = now.checked_add(day).unwrap();
    let stage = decided(Outcome::Collect);
    let last = late.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap();
    assert!(Eligible::check(Some(&stage), last).is_ok());
    let refusal = Eligible::check(Some(&stage), late).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::DecisionExpired);
    assert!(matches!(opening("K-1"), collection::Command::Open { .. }));
}

//! Packages whose contents are not what the manifest says.

use journey::actor::Role;
use journey::collection::Abandonment;
use journey::ids::KitBarcode;
use service::audit::Side;
use service::collection::Abandon;
use store::listing::After;

use crate::ground::{Ground, on_both, record};

#[test]
fn missing_and_extra_kits_are_named_and_only_sealed_ones_arrive() {
    on_both(|ground| {
        ground.stock(&["K-1", "K-2", "K-3", "K-4"]);
        for n in [1, 2, 3] {
            ground.book(&record(n));
            ground.collect(&record(n).booking, &format!("K-{n}"));
        }
        let first = ground.send(&["K-1", "K-2"]);
        // K-2 is missing, K-3 was never packed, K-9 is nobody's.
        let counted = ground.count(&first, &["K-1", "K-3", "K-9"]);
        let kits = |names: &[&str]| {
            let kits = names.iter().map(|name| KitBarcode::from(*name));
            kits.collect::<Vec<_>>()
        };
        assert_eq!(counted.arrived, kits(&["K-1", "K-3"]));
        assert_eq!(counted.missing.into_iter().collect::<Vec<_>>(), kits(&["K-2"]));
        assert_eq!(counted.extra.into_iter().collect::<Vec<_>>(), kits(&["K-3", "K-9"]));
        assert_eq!(orders(ground, "opened").len(), 1);
        // The missing one turns up in a later package, among one that came already.
        ground.stock(&["K-5"]);
        ground.book(&record(5));
        ground.collect(&record(5).booking, "K-5");
        let second = ground.send(&["K-5"]);
        let counted = ground.count(&second, &["K-1", "K-2", "K-5"]);
        assert_eq!(counted.arrived, kits(&["K-2", "K-5"]));
        let listed = ground
            .programme
            .list_accessions(&ground.by(Role::Accessioner), "arrived", &After::start(), 10)
            .unwrap();
        assert_eq!(listed.len(), 4);
        assert_eq!(orders(ground, "closed").len(), 0);
        ground.examine("K-2", |_| {}).unwrap();
        assert_eq!(orders(ground, "closed").len(), 1);
    });
}

/// Orders to collect again of which this is on record.
fn orders(ground: &Ground, kind: &str) -> Vec<String> {
    ground.events(Side::Custody, "duty", kind)
}

#[test]
fn a_package_that_never_came_is_received_empty_and_its_persons_owe_a_sample() {
    on_both(|ground| {
        ground.stock(&["K-1"]);
        ground.book(&record(1));
        ground.collect(&record(1).booking, "K-1");
        let package = ground.send(&["K-1"]);
        let counted = ground.count(&package, &[]);
        assert_eq!((counted.arrived.len(), counted.missing.len()), (0, 1));
        let mut next = record(2);
        next.person = record(1).person;
        assert_eq!(ground.book(&next).owed.len(), 1);
    });
}

#[test]
fn a_kit_whose_collection_was_given_up_is_no_sample() {
    on_both(|ground| {
        ground.stock(&["K-1", "K-2"]);
        ground.book(&record(1));
        let collection = ground.open(&record(1).booking, "K-1").unwrap();
        let abandon = Abandon { collection, why: Abandonment::BarcodeMismatch };
        ground.programme.abandon_collection(&ground.by(Role::Collector), &abandon).unwrap();
        ground.collect(&record(1).booking, "K-2");
        let package = ground.send(&["K-2"]);
        let counted = ground.count(&package, &["K-1", "K-2"]);
        assert_eq!(counted.arrived, [KitBarcode::from("K-2")]);
        assert!(ground.examine("K-1", |_| {}).is_err());
    });
}

//! The stand-alone search of two lists.

use genetics::{Level, SearchRule};
use proptest::collection::vec;
use proptest::prelude::*;
use search::{Engine, Oracle, PackedProfile, Pair, Row, Side, SpecimenKey, Target, search_tables};

use crate::profiles::{profile, profiles, rules};

#[test]
fn pairs_stand_in_the_order_of_the_lists() {
    let list = |texts: [&str; 3]| texts.map(|text| ("same name".to_owned(), profile(text)));
    let persons = list(["FGA=24,25", "FGA=20", "FGA=24"]);
    let forensic = list(["FGA=24", "FGA=18", "FGA=20,24,25"]);
    let rule = SearchRule { matching_min: 1, mismatches_max: 0, ..SearchRule::default() };
    let pair = |forensic, person, loosest| Pair {
        forensic,
        person,
        compared: 1,
        matching: 1,
        mismatching: 0,
        loosest: Some(loosest),
    };
    let expected = [
        pair(0, 0, Level::Moderate),
        pair(0, 2, Level::High),
        pair(2, 0, Level::Moderate),
        pair(2, 1, Level::Moderate),
        pair(2, 2, Level::Moderate),
    ];
    assert_eq!(search_tables(&persons, &forensic, &rule).unwrap(), expected);
    assert_eq!(search_tables(&[], &forensic, &rule).unwrap(), []);
    assert_eq!(search_tables(&persons, &[], &rule).unwrap(), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn tables_equal_the_oracle(
        persons in vec(profiles(), 0..40),
        forensic in vec(profiles(), 0..40),
        rule in rules(),
    ) {
        let mut oracle = Oracle::new();
        let rows = persons.iter().zip(0..).map(|(profile, key)| Row {
            key: SpecimenKey(key),
            index: genetics::Index::Local,
            profile: PackedProfile::from(profile),
        });
        oracle.load(Side::Persons, rows.collect()).unwrap();
        let mut expected = Vec::new();
        for (forensic, query) in forensic.iter().map(PackedProfile::from).enumerate() {
            for found in oracle.query(Target::all(Side::Persons), &query, &rule).unwrap() {
                expected.push(Pair {
                    forensic,
                    person: found.key.0 as usize,
                    compared: found.compared,
                    matching: found.matching,
                    mismatching: found.mismatching,
                    loosest: found.loosest,
                });
            }
        }
        let named = |list: Vec<_>| -> Vec<_> {
            list.into_iter().map(|profile| (String::new(), profile)).collect()
        };
        let pairs = search_tables(&named(persons), &named(forensic), &rule).unwrap();
        prop_assert_eq!(pairs, expected);
    }
}

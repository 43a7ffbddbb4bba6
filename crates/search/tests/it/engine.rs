//! The exact engine gives what the oracle gives: under every rule, after rows were added, replaced
//! and removed in any order, on any number of threads.

use std::collections::BTreeMap;

use genetics::{Index, Level, LocusSet, Profile, SearchRule};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rayon::ThreadPoolBuilder;
use search::{Engine, Exact, Found, IndexSet, Oracle, PackedProfile, Row, SearchError};
use search::{Settings, Side, Simd, SpecimenKey, Target};

use crate::profiles::{indexes, profile, profiles, rules};

#[derive(Clone, Debug)]
enum Step {
    Load(Side, Vec<Row>),
    Insert(Side, Row),
    Remove(Side, SpecimenKey),
}

fn sides() -> impl Strategy<Value = Side> {
    prop_oneof![4 => Just(Side::Persons), 1 => Just(Side::Forensic)]
}

/// Keys out of a small range, so that rows are replaced and removed ones had been there.
fn keys() -> impl Strategy<Value = SpecimenKey> {
    (0u64..200).prop_map(SpecimenKey)
}

fn rows() -> impl Strategy<Value = Row> {
    (keys(), indexes(), profiles()).prop_map(|(key, index, profile)| Row {
        key,
        index,
        profile: PackedProfile::from(&profile),
    })
}

fn steps() -> impl Strategy<Value = Step> {
    let load = (sides(), vec(rows(), 0..150)).prop_map(|(side, rows)| Step::Load(side, rows));
    prop_oneof![
        1 => load,
        8 => (sides(), rows()).prop_map(|(side, row)| Step::Insert(side, row)),
        6 => (sides(), keys()).prop_map(|(side, key)| Step::Remove(side, key)),
    ]
}

/// Panels of a few rows too, any number of orders, every width of registers.
fn settings() -> impl Strategy<Value = Settings> {
    let panels = select(vec![1, 3, 20, 10_000]);
    let batch = select(vec![1, 10_000]);
    (panels, 0usize..6, select(Simd::all()), batch, any::<bool>()).prop_map(
        |(panel_rows_min, groups, simd, batch_min, always_ordered)| Settings {
            panel_rows_min,
            groups,
            simd,
            batch_min,
            always_ordered,
        },
    )
}

fn take(engine: &mut dyn Engine, step: &Step) -> Result<bool, SearchError> {
    match step.clone() {
        Step::Load(side, rows) => engine.load(side, rows).map(|()| true),
        Step::Insert(side, row) => engine.insert(side, row).map(|()| true),
        Step::Remove(side, key) => engine.remove(side, key),
    }
}

fn check_answers(
    exact: &Exact,
    truth: &[(SpecimenKey, Vec<Found>)],
    target: Target,
    queries: &[(SpecimenKey, PackedProfile)],
    rule: &SearchRule,
    threads: usize,
) {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let batch = pool.install(|| exact.batch(target, queries, rule));
    assert_eq!(batch.unwrap(), truth);
    for ((_, query), (_, truth)) in queries.iter().zip(truth) {
        let found = pool.install(|| exact.query(target, query, rule));
        assert_eq!(&found.unwrap(), truth);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn exact_equals_the_oracle(
        first in vec(rows(), 0..200),
        steps in vec(steps(), 0..80),
        queries in vec((keys(), profiles()), 1..24),
        rules in vec(rules(), 1..5),
        wanted in vec(indexes(), 0..3),
        settings in settings(),
        threads in 1usize..=4,
    ) {
        let (mut exact, mut oracle) = (Exact::with(settings), Oracle::new());
        for row in first {
            take(&mut exact, &Step::Insert(Side::Persons, row.clone())).unwrap();
            take(&mut oracle, &Step::Insert(Side::Persons, row)).unwrap();
        }
        for step in &steps {
            prop_assert_eq!(take(&mut exact, step), take(&mut oracle, step));
        }
        let queries: Vec<_> = queries
            .iter()
            .map(|(key, profile)| (*key, PackedProfile::from(profile)))
            .collect();
        for rule in &rules {
            for side in [Side::Persons, Side::Forensic] {
                let some = Target { side, indexes: wanted.iter().copied().collect() };
                for target in [Target::all(side), some] {
                    let truth = oracle.batch(target, &queries, rule).unwrap();
                    check_answers(&exact, &truth, target, &queries, rule, threads);
                }
                prop_assert_eq!(exact.len(side), oracle.len(side));
            }
        }
    }
}

fn row(key: u64, text: &str) -> Row {
    Row {
        key: SpecimenKey(key),
        index: Index::Detainee,
        profile: PackedProfile::from(&profile(text)),
    }
}

fn lenient() -> SearchRule {
    SearchRule { matching_min: 1, mismatches_max: 0, ..SearchRule::default() }
}

fn keys_of(engine: &Exact, side: Side, text: &str) -> Vec<u64> {
    let query = PackedProfile::from(&profile(text));
    let found = engine.query(Target::all(side), &query, &lenient()).unwrap();
    found.iter().map(|found| found.key.0).collect()
}

#[test]
fn a_key_given_twice_is_refused_and_the_rows_stay() {
    let mut engine = Exact::new();
    engine.insert(Side::Persons, row(1, "FGA=24")).unwrap();
    let twice = vec![row(7, "FGA=24"), row(8, "FGA=24"), row(7, "FGA=25")];
    let error = engine.load(Side::Persons, twice).unwrap_err();
    let expected = "specimen 7 stands twice among the rows to load; \
        a side holds each specimen once";
    assert_eq!(error.to_string(), expected);
    assert_eq!(keys_of(&engine, Side::Persons, "FGA=24"), [1]);
}

#[test]
fn inserting_again_changes_nothing_and_inserting_anew_replaces() {
    let mut engine = Exact::new();
    for _ in 0..2 {
        engine.insert(Side::Persons, row(3, "FGA=24,25")).unwrap();
    }
    assert_eq!(engine.len(Side::Persons), 1);
    engine.insert(Side::Persons, row(3, "FGA=20")).unwrap();
    assert_eq!(keys_of(&engine, Side::Persons, "FGA=24,25"), []);
    assert_eq!(keys_of(&engine, Side::Persons, "FGA=20"), [3]);
}

#[test]
fn the_sides_are_apart() {
    let mut engine = Exact::new();
    engine.insert(Side::Persons, row(1, "FGA=24")).unwrap();
    engine.insert(Side::Forensic, row(1, "FGA=24,25")).unwrap();
    assert!(engine.remove(Side::Persons, SpecimenKey(1)).unwrap());
    assert!(!engine.remove(Side::Persons, SpecimenKey(1)).unwrap());
    assert_eq!(keys_of(&engine, Side::Persons, "FGA=24"), []);
    assert_eq!(keys_of(&engine, Side::Forensic, "FGA=24"), [1]);
}

#[test]
fn an_index_that_is_not_asked_for_is_passed_over() {
    let mut engine = Exact::new();
    engine.insert(Side::Persons, row(1, "FGA=24")).unwrap();
    let asked = |indexes: IndexSet| {
        let query = PackedProfile::from(&profile("FGA=24"));
        let side = Side::Persons;
        engine.query(Target { side, indexes }, &query, &lenient()).unwrap().len()
    };
    assert_eq!(asked(IndexSet::from_iter([Index::Detainee])), 1);
    assert_eq!(asked(IndexSet::from_iter([Index::Arrestee])), 0);
    assert_eq!(asked(IndexSet::default()), 0);
}

/// Many blocks and several tiles, so that the threads really share the work.
#[test]
fn many_rows_on_any_number_of_threads() {
    let genotypes = ["9", "9,10", "10", "10,11", "11", "9,11", "9.3,10"];
    let text = |number: usize| {
        let at = |step: usize| genotypes[number / 7usize.pow(step as u32) % 7];
        format!("FGA={} TH01={} D21S11={} CSF1PO={}", at(0), at(1), at(2), at(3))
    };
    let rows: BTreeMap<usize, Row> = (0..20_000)
        .map(|number| (number * 7919 % 20_011, row(number as u64, &text(number))))
        .collect();
    let (mut exact, mut oracle) = (Exact::new(), Oracle::new());
    for engine in [&mut exact as &mut dyn Engine, &mut oracle] {
        engine.load(Side::Persons, rows.values().cloned().collect()).unwrap();
    }
    let queries: Vec<_> = [3, 500, 1_777]
        .map(|number| (SpecimenKey(number), PackedProfile::from(&profile(&text(number as usize)))))
        .to_vec();
    let rule = SearchRule { matching_min: 3, ..SearchRule::default() };
    let target = Target::all(Side::Persons);
    let truth = oracle.batch(target, &queries, &rule).unwrap();
    assert!(truth.iter().all(|(_, found)| found.len() > 100));
    for threads in 1..=4 {
        check_answers(&exact, &truth, target, &queries, &rule, threads);
    }
}

#[test]
fn counts_and_levels_are_those_of_the_comparison() {
    let mut engine = Exact::new();
    engine.insert(Side::Persons, row(5, "FGA=24,25 TH01=6 vWA=17 TPOX=8")).unwrap();
    let query: Profile = profile("FGA=24 TH01=6 vWA=18 SE33=20");
    let rule = SearchRule { matching_min: 2, ..SearchRule::default() };
    let query = PackedProfile::from(&query);
    let found = engine.query(Target::all(Side::Persons), &query, &rule).unwrap();
    let [found] = found[..] else { panic!("one candidate, found {}", found.len()) };
    assert_eq!((found.compared, found.matching, found.mismatching), (3, 2, 1));
    assert_eq!(found.loosest, Some(genetics::Level::Moderate));
}

/// Profiles typed at the same few loci with few alleles, so that orders, slices and blocks fill.
fn alike() -> impl Strategy<Value = Profile> {
    let genotype = vec(select(vec!["9", "9.3", "10", "11", "12"]), 1..4);
    (vec(genotype, 7), 0usize..12, 0usize..12).prop_map(|(genotypes, missing, inexact)| {
        let loci = LocusSet::core20().iter().zip(genotypes).enumerate();
        let typed = loci.filter(|(place, _)| *place != missing).map(|(place, (locus, tokens))| {
            let odd = if place == inexact { ",>12" } else { "" };
            (locus, format!("{}{odd}", tokens.join(",")).parse().unwrap())
        });
        Profile::from_genotypes(typed).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn many_alike_equal_the_oracle(
        persons in vec(alike(), 100..300),
        forensic in vec(alike(), 1..600),
        removed in vec(0u64..300, 0..30),
        settings in settings(),
        levels in vec(select(vec![Level::High, Level::Moderate, Level::Low]), 8),
        matching_min in 3u8..8,
        mismatches_max in 0u8..5,
        threads in 1usize..=4,
    ) {
        let rule = SearchRule {
            stringency: levels[0],
            stringency_by_locus: LocusSet::core20().iter().zip(levels[1..3].to_vec()).collect(),
            matching_min,
            mismatches_max,
            ..SearchRule::default()
        };
        let packed = |profiles: &[Profile]| -> Vec<(SpecimenKey, PackedProfile)> {
            (0..).map(SpecimenKey).zip(profiles.iter().map(PackedProfile::from)).collect()
        };
        let (persons, forensic) = (packed(&persons), packed(&forensic));
        let row = |(key, profile): &(SpecimenKey, PackedProfile)| Row {
            key: *key,
            index: Index::Detainee,
            profile: profile.clone(),
        };
        let (mut exact, mut oracle) = (Exact::with(settings), Oracle::new());
        for engine in [&mut exact as &mut dyn Engine, &mut oracle] {
            engine.load(Side::Forensic, forensic.iter().map(row).collect()).unwrap();
            engine.load(Side::Persons, persons.iter().map(row).collect()).unwrap();
            for key in &removed {
                for side in [Side::Persons, Side::Forensic] {
                    engine.remove(side, SpecimenKey(*key)).unwrap();
                }
            }
        }
        let sides = [(Side::Persons, &forensic), (Side::Forensic, &persons)];
        for (side, queries) in sides {
            let target = Target::all(side);
            let truth = oracle.batch(target, queries, &rule).unwrap();
            check_answers(&exact, &truth, target, queries, &rule, threads);
        }
    }
}

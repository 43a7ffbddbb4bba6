//! The rank of persons is what laying the mixture beside each of them by itself gives: wherever a
//! row lies, after rows were replaced and removed, on any number of threads.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use genetics::likelihood::{MixtureLikelihood, Model};
use genetics::rarity::MinimumFrequency;
use genetics::{Frequencies, Index, LocusSet, Profile};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rayon::ThreadPoolBuilder;
use search::{Engine, Exact, IndexSet, PackedProfile, Ranked, Row, Settings, Side, SpecimenKey};

use crate::profiles::{indexes, profile, profiles};

static TABLE: LazyLock<Frequencies> = LazyLock::new(Frequencies::shipped);

fn row(key: u64, index: Index, profile: &Profile) -> Row {
    Row { key: SpecimenKey(key), index, profile: PackedProfile::from(profile) }
}

/// The mixture in each of the first so many populations.
fn mixtures(evidence: &[Profile], model: &Model, populations: usize) -> Vec<MixtureLikelihood> {
    let populations = TABLE.populations().iter().take(populations);
    let mixture = |population| {
        MixtureLikelihood::new(evidence, LocusSet::autosomal(), population, model).unwrap()
    };
    populations.map(mixture).collect()
}

/// Keys and ratios of everybody, best first.
fn by_definition(
    persons: &BTreeMap<u64, (Index, Profile)>,
    wanted: IndexSet,
    mixtures: &[MixtureLikelihood],
) -> Vec<(u64, f64)> {
    let wanted = persons.iter().filter(|(_, (index, _))| wanted.contains(*index));
    let least = |person: &Profile| {
        mixtures.iter().map(|it| it.ratio(person).ratio.log10()).reduce(f64::min).unwrap()
    };
    let mut ranked: Vec<_> = wanted.map(|(key, (_, person))| (*key, least(person))).collect();
    ranked.sort_by(|(one, one_ratio), (two, two_ratio)| {
        two_ratio.total_cmp(one_ratio).then(one.cmp(two))
    });
    ranked
}

fn keys_and_ratios(ranked: &[Ranked]) -> Vec<(u64, f64)> {
    ranked.iter().map(|it| (it.key.0, it.ratio.log10())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_rank_is_that_of_every_ratio_by_itself(
        loaded in vec((indexes(), profiles()), 0..120),
        inserted in vec((0u64..160, indexes(), profiles()), 0..20),
        removed in vec(0u64..160, 0..20),
        evidence in vec(profiles(), 1..3),
        contributors in 1u8..4,
        drop_in in 0.01f64..0.2,
        populations in 1usize..4,
        panel_rows_min in select(vec![1, 3, 10_000]),
        wanted in vec(indexes(), 1..3),
        limit in 0usize..140,
        threads in 1usize..4,
    ) {
        let mut engine = Exact::with(Settings { panel_rows_min, ..Settings::default() });
        let mut persons: BTreeMap<u64, (Index, Profile)> = (0..).zip(loaded).collect();
        let rows = persons.iter().map(|(key, (index, profile))| row(*key, *index, profile));
        engine.load(Side::Persons, rows.collect()).unwrap();
        for (key, index, profile) in inserted {
            engine.insert(Side::Persons, row(key, index, &profile)).unwrap();
            persons.insert(key, (index, profile));
        }
        for key in removed {
            engine.remove(Side::Persons, SpecimenKey(key)).unwrap();
            persons.remove(&key);
        }
        let model = Model::new(contributors, 0.1, drop_in, 0.01, MinimumFrequency::FiveOverTwoN);
        let mixtures = mixtures(&evidence, &model.unwrap(), populations);
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for wanted in [IndexSet::ALL, wanted.into_iter().collect()] {
            let mut expected = by_definition(&persons, wanted, &mixtures);
            expected.truncate(limit);
            let ranked = pool.install(|| engine.rank(wanted, &mixtures, limit));
            prop_assert_eq!(keys_and_ratios(&ranked), expected);
            for ranked in ranked {
                let held = &persons[&ranked.key.0].1;
                let profile = Profile::from(&ranked.profile);
                for typed in held.typed().iter().filter(|it| it.locus.position() < 24) {
                    prop_assert_eq!(&profile.at(typed.locus).unwrap().genotype, &typed.genotype);
                }
            }
        }
    }
}

#[test]
fn of_equal_ones_the_lowest_key_comes_first() {
    let (worse, better) = (profile("FGA=21,25"), profile("FGA=20,22"));
    let rows = (0..200).map(|key| row(key, Index::Detainee, [&worse, &better][key as usize % 2]));
    let evidence = [profile("FGA=20,22,24")];
    let model = Model::new(2, 0.1, 0.05, 0.01, MinimumFrequency::FiveOverTwoN).unwrap();
    let mixtures = mixtures(&evidence, &model, 1);
    for panel_rows_min in [1, 10_000] {
        let mut engine = Exact::with(Settings { panel_rows_min, ..Settings::default() });
        engine.load(Side::Persons, rows.clone().collect()).unwrap();
        let ranked = engine.rank(IndexSet::ALL, &mixtures, 3);
        assert_eq!(ranked.iter().map(|it| it.key.0).collect::<Vec<_>>(), [1, 3, 5]);
        assert_eq!(engine.rank(IndexSet::ALL, &mixtures, 1000).len(), 200);
    }
}

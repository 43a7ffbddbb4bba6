//! The pairs of a list that differ at few loci.

use std::sync::atomic::{AtomicU64, Ordering};

use genetics::LocusSet;

use super::plan::{Settings, Work, plan};
use super::roster::{Likeness, Limits, Roster};
use super::{PairsError, Progress, join};
use crate::lexicon::searched;

/// Pairs that are held at most; more are no finding but a wrong question.
const PAIRS_MAX: usize = 50_000_000;

/// When two profiles of a list are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LikenessRule {
    /// Loci that are looked at; of these, the autosomal ones.
    pub loci: LocusSet,
    /// Loci at which both have the same genotype, at least. Taken as 1 where it is 0: profiles
    /// without a common locus say nothing of each other.
    pub matching_min: u8,
    /// Loci typed in both at which the genotypes differ, at most. Two genotypes differ where
    /// `genetics` does not find them to agree at high stringency.
    pub differing_max: u8,
}

/// Every pair of the list that is alike, by place of the first row, then of the second. The same
/// on any number of threads; works on the caller's rayon thread pool.
///
/// # Errors
/// More than 50,000,000 pairs are alike.
pub fn likenesses(
    roster: &Roster,
    rule: &LikenessRule,
    progress: Progress<'_>,
) -> Result<Vec<Likeness>, PairsError> {
    likenesses_as(roster, rule, &Settings::default(), progress)
}

/// As [`likenesses`], where a test chooses when the work is cut in which way.
pub(super) fn likenesses_as(
    roster: &Roster,
    rule: &LikenessRule,
    settings: &Settings,
    progress: Progress<'_>,
) -> Result<Vec<Likeness>, PairsError> {
    let limits = Limits {
        loci: searched(rule.loci),
        matching_min: u32::from(rule.matching_min.max(1)),
        differing_max: u32::from(rule.differing_max),
    };
    let panels = super::panels::panels(roster.rows(), &limits);
    let works = plan(roster, &panels, &limits, settings);
    let total = works.iter().map(Work::size).sum();
    let done = AtomicU64::new(0);
    let mut found: Vec<Likeness> = Vec::new();
    for work in &works {
        let step = |more: u64| progress(done.fetch_add(more, Ordering::Relaxed) + more, total);
        found.extend(join::run(roster, work, &limits, PAIRS_MAX, &step)?);
        // A pair that agrees on several groups was met several times.
        found.sort_unstable();
        found.dedup();
        if found.len() > PAIRS_MAX {
            return Err(PairsError::TooManyPairs { most: PAIRS_MAX });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::PackedProfile;
    use genetics::stringency::level;
    use genetics::{Genotype, Level, Locus, Profile};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    const LOCI: [Locus; 7] = [
        Locus::Csf1po,
        Locus::Fga,
        Locus::Th01,
        Locus::D21s11,
        Locus::D22s1045,
        Locus::D1s1656,
        Locus::D7s820,
    ];

    fn genotypes() -> impl Strategy<Value = Genotype> {
        let texts = |weight, texts: &[&'static str]| (weight, select(texts.to_vec()));
        let text = proptest::strategy::Union::new_weighted(vec![
            texts(24, &["9", "9,10", "10"]),
            texts(3, &["9,10,11", "9.3", "9,11"]),
            texts(2, &["<9", ">10", "9.X", "9,9.X", "OL", "9,OL", "9.3,10"]),
        ]);
        text.prop_map(|text| text.parse().unwrap())
    }

    /// All loci, usual panels, or any.
    fn panels() -> impl Strategy<Value = Vec<Locus>> {
        prop_oneof![
            6 => Just(LOCI.to_vec()),
            3 => Just(LOCI[..5].to_vec()),
            2 => Just(LOCI[2..].to_vec()),
            3 => subsequence(LOCI.to_vec(), 0..=LOCI.len()),
        ]
    }

    /// A profile by itself, or one before it with some loci changed or taken away.
    fn lists() -> impl Strategy<Value = Vec<Profile>> {
        let profile = (panels(), vec(genotypes(), LOCI.len()));
        let change = (any::<prop::sample::Index>(), vec((0..LOCI.len(), genotypes()), 0..4));
        vec((profile, prop::option::of(change)), 0..40).prop_map(|drawn| {
            let mut list: Vec<Profile> = Vec::new();
            for ((panel, genotypes), change) in drawn {
                let mut typed: Vec<(Locus, Genotype)> = panel.into_iter().zip(genotypes).collect();
                if let Some((place, changes)) = change.filter(|_| !list.is_empty()) {
                    let model = &list[place.index(list.len())];
                    let copied = model.typed().iter().map(|it| (it.locus, it.genotype.clone()));
                    typed = copied.collect();
                    for (at, genotype) in changes {
                        typed.retain(|(locus, _)| *locus != LOCI[at]);
                        if at % 3 != 0 {
                            typed.push((LOCI[at], genotype));
                        }
                    }
                }
                list.push(Profile::from_genotypes(typed).unwrap());
            }
            list
        })
    }

    fn rules() -> impl Strategy<Value = LikenessRule> {
        let loci = prop_oneof![
            Just(LocusSet::core20()),
            Just(LocusSet::core13()),
            Just(Locus::all().collect::<LocusSet>()),
        ];
        (loci, 0_u8..8, 0_u8..4).prop_map(|(loci, matching_min, differing_max)| LikenessRule {
            loci,
            matching_min,
            differing_max,
        })
    }

    /// When to cut the work how: as in earnest, or so that few rows take the ways of many.
    fn settings() -> impl Strategy<Value = Settings> {
        let chances = (select(vec![0.0, 0.4, 9.0]), select(vec![0.0, 3.0, 1e6]));
        let small = (0_usize..5, 1_usize..20, 0_usize..3, chances).prop_map(
            |(large_max, large_part, few, (chance_max, meeting_cost))| Settings {
                large_max,
                large_part,
                few,
                chance_max,
                meeting_cost,
            },
        );
        prop_oneof![1 => Just(Settings::default()), 9 => small]
    }

    /// Every pair, compared by `genetics`, as places, loci compared and loci that differ.
    fn plainly(list: &[Profile], rule: &LikenessRule) -> Vec<(u32, u32, Vec<Locus>, Vec<Locus>)> {
        let mut found = Vec::new();
        for (second, theirs) in list.iter().enumerate() {
            for (first, ours) in list.iter().enumerate().take(second) {
                let (mut compared, mut differing) = (Vec::new(), Vec::new());
                for locus in rule.loci.intersection(LocusSet::autosomal()).iter() {
                    if let (Some(our), Some(their)) = (ours.at(locus), theirs.at(locus)) {
                        compared.push(locus);
                        if level(&our.genotype, &their.genotype) != Level::High {
                            differing.push(locus);
                        }
                    }
                }
                let matching = compared.len() - differing.len();
                if matching >= usize::from(rule.matching_min.max(1))
                    && differing.len() <= usize::from(rule.differing_max)
                {
                    found.push((first as u32, second as u32, compared, differing));
                }
            }
        }
        found.sort_unstable();
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn exactly_the_pairs_that_are_alike(
            list in lists(),
            rule in rules(),
            settings in settings(),
            threads in 1_usize..=4,
        ) {
            let mut roster = Roster::new();
            for profile in &list {
                roster.push(&PackedProfile::from(profile)).unwrap();
            }
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let found = pool.install(|| likenesses_as(&roster, &rule, &settings, &|_, _| {}));
            let loci = |bits| -> Vec<Locus> {
                crate::lexicon::positions(bits).filter_map(Locus::at).collect()
            };
            let found: Vec<_> = found.unwrap().into_iter().map(|it| {
                (it.first, it.second, loci(it.compared), loci(it.differing))
            }).collect();
            prop_assert_eq!(found, plainly(&list, &rule));
        }
    }

    #[test]
    fn progress_ends_where_it_said() {
        let mut roster = Roster::new();
        let profile = Profile::from_genotypes([(Locus::Fga, "9".parse().unwrap())]).unwrap();
        (0..5).for_each(|_| roster.push(&PackedProfile::from(&profile)).unwrap());
        let last = std::sync::Mutex::new((0, 0));
        let rule = LikenessRule { loci: LocusSet::core20(), matching_min: 1, differing_max: 0 };
        let note = |done, total| *last.lock().unwrap() = (done, total);
        assert_eq!(likenesses(&roster, &rule, &note).unwrap().len(), 10);
        let (done, total) = *last.lock().unwrap();
        assert!(done == total && total > 0, "{done} of {total}");
    }
}

//! The synthetic nation: the same by number in any order, in the shares asked for, related as it
//! says, and never less rare than it must be.

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use genetics::stringency::{Level, level};
    use genetics::{
        Allele, Category, Frequencies, Genotype, Locus, LocusSet, Profile, SearchRule, compare,
    };
    use world::evidence::{BY_AMPLICON, MIXTURE_ALLELES_MAX};
    use world::frequencies::populations;
    use world::nation::{Panel, SEARCHABLE_LOCI_MIN};
    use world::{Contributor, Descent, Nation, NationSettings, NotANation};

    fn nation(change: impl FnOnce(&mut NationSettings)) -> Nation {
        let mut settings =
            NationSettings { seed: 7, persons: 100_000, ..NationSettings::default() };
        change(&mut settings);
        Nation::new(&settings).unwrap()
    }

    /// Fails where a count is further from its share than chance allows (5 standard deviations).
    fn check_share(what: &str, seen: usize, of: usize, share: f64) {
        let expected = of as f64 * share;
        let slack = 5.0 * (expected * (1.0 - share)).sqrt() + 1.0;
        assert!((seen as f64 - expected).abs() < slack, "{what}: {seen} of {of}, not {expected}");
    }

    fn text(profile: &Profile) -> String {
        let typed = profile.typed().iter();
        typed
            .map(|entry| format!("{}={}", entry.locus, entry.genotype))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Files that were written must be written again by any later version.
    #[test]
    fn the_nation_of_a_seed_never_changes() {
        let nation = nation(|_| {});
        let person = "CSF1PO=11,12 FGA=25,26 TH01=7,9.3 TPOX=11 vWA=16,17 D3S1358=15,16 \
            D5S818=9,11 D7S820=10,11 D8S1179=10,12 D13S317=12,13 D16S539=12,13 D18S51=13,15 \
            D21S11=29,32.2 D1S1656=13,17.3 D2S441=10 D2S1338=19 D10S1248=15,16 D12S391=16,19 \
            D19S433=14,15 D22S1045=15,16";
        assert_eq!(text(&nation.person(99_999)), person);
        let stain = "TH01=6 vWA=16,18 D3S1358=18,19 D5S818=11,12 D8S1179=12,13 D13S317=11,14 \
            D21S11=24.2,28 D1S1656=12,16 D2S441=14 D10S1248=13,16 D12S391=27 D19S433=12,13 \
            D22S1045=15,17";
        assert_eq!(text(&nation.evidence(9).profile), stain);
        let planted = [Contributor::Person(52_758), Contributor::Person(17_527)];
        assert_eq!(nation.evidence(7).contributors, planted);
    }

    #[test]
    fn each_number_is_the_same_in_any_order_and_on_any_thread() {
        let nation = nation(|settings| settings.old_panel_share = 0.2);
        let persons: Vec<Profile> = (0..400).map(|number| nation.person(number)).collect();
        let stains: Vec<_> = (0..400).map(|number| nation.evidence(number)).collect();
        for number in (0..400).rev() {
            assert_eq!(nation.person(number as u64), persons[number]);
            assert_eq!(nation.evidence(number as u64), stains[number]);
        }
        std::thread::scope(|scope| {
            let part = |from: u64, to: u64| {
                let nation = &nation;
                scope.spawn(move || (from..to).map(|it| nation.person(it)).collect::<Vec<_>>())
            };
            let parts = [part(0, 7), part(7, 230), part(230, 400)];
            let joined = parts.into_iter().flat_map(|part| part.join().unwrap());
            assert!(joined.eq(persons.iter().cloned()));
        });
        let more = Nation::new(&NationSettings { persons: 1, ..nation.settings().clone() });
        assert_eq!(more.unwrap().person(17), persons[17], "the number of persons is no matter");
        let other = Nation::new(&NationSettings { seed: 8, ..nation.settings().clone() }).unwrap();
        assert_ne!(other.person(17), persons[17]);
        assert_ne!(other.evidence(17), stains[17]);
    }

    #[test]
    fn persons_come_in_the_shares_asked_for() {
        const COUNT: usize = 20_000;
        let nation = nation(|settings| settings.old_panel_share = 0.3);
        let (mut siblings, mut resampled, mut old, mut third) = (0, 0, 0, 0);
        for number in 0..COUNT as u64 {
            match nation.descent(number) {
                Descent::Unrelated => {}
                Descent::FullSibling(of) => {
                    siblings += 1;
                    assert!(of < number);
                }
                Descent::Resampled(of) => {
                    resampled += 1;
                    assert!(of < number);
                }
            }
            let profile = nation.person(number);
            let loci = profile.loci();
            match nation.panel(number) {
                Panel::Original => {
                    old += 1;
                    assert_eq!(loci, LocusSet::core13());
                }
                Panel::Core => assert_eq!(loci, LocusSet::core20()),
            }
            third += usize::from(profile.alleles_max(loci) == 3);
            assert!(profile.alleles_max(loci) <= 3);
        }
        check_share("siblings", siblings, COUNT, 0.05);
        check_share("second samples", resampled, COUNT, 0.005);
        check_share("old panel", old, COUNT, 0.3);
        // Of a third allele at one of the seven loci that the old panel lacks nothing is seen.
        check_share("tri-alleles", third, COUNT, 0.001 * (1.0 - 0.3 * 7.0 / 20.0));
    }

    #[test]
    fn alleles_are_drawn_as_the_populations_are_mixed() {
        const COUNT: u64 = 6000;
        let nation = nation(|_| {});
        let table = populations();
        let persons: Vec<Profile> = (0..COUNT).map(|number| nation.person(number)).collect();
        for locus in LocusSet::core20().iter() {
            let mut copies: HashMap<Allele, f64> = HashMap::new();
            for person in &persons {
                let alleles = person.at(locus).unwrap().genotype.alleles();
                for allele in alleles {
                    *copies.entry(*allele).or_default() += 2.0 / alleles.len() as f64;
                }
            }
            let mut observed: HashMap<Allele, f64> = HashMap::new();
            for (name, weight) in &nation.settings().populations {
                let shares = table.population(name).unwrap().shares(locus);
                let sum: f64 = shares.iter().map(|share| share.frequency).sum();
                for share in shares {
                    *observed.entry(share.allele).or_default() +=
                        weight * 0.998 * share.frequency / sum;
                }
            }
            let rare: f64 = copies
                .iter()
                .filter(|(allele, _)| !observed.contains_key(allele))
                .map(|(_, count)| count)
                .sum();
            check_share("rare", rare as usize, 2 * COUNT as usize, 0.002);
            for (allele, share) in observed {
                let seen = copies.get(&allele).copied().unwrap_or(0.0);
                let what = format!("{locus} {allele}");
                // Siblings make counts a little less regular than independent draws.
                check_share(&what, seen as usize, 2 * COUNT as usize, share);
            }
        }
    }

    #[test]
    fn siblings_share_and_strangers_do_not() {
        let nation = nation(|settings| settings.sibling_share = 0.5);
        let rule = SearchRule::default();
        let (mut siblings, mut strangers) = (Vec::new(), Vec::new());
        for number in 1..3000 {
            let person = nation.person(number);
            let with =
                |other: u64| compare(&person, &nation.person(other), &rule).matching() as f64;
            match nation.descent(number) {
                Descent::FullSibling(of) => siblings.push(with(of)),
                Descent::Unrelated => strangers.push(with(number - 1)),
                Descent::Resampled(_) => {}
            }
        }
        let mean = |counts: &[f64]| counts.iter().sum::<f64>() / counts.len() as f64;
        // The figures that `genotypes` holds the month's relatives to.
        let shared = mean(&siblings);
        assert!((10.4..12.0).contains(&shared), "{shared}");
        assert!(mean(&strangers) < 5.0, "{}", mean(&strangers));
    }

    #[test]
    fn siblings_are_alike_as_often_as_inheritance_says() {
        let nation = nation(|settings| settings.sibling_share = 0.6);
        let table = populations();
        let (mut same, mut expected, mut count) = (0.0, 0.0, 0.0);
        for number in 1..4000 {
            let Descent::FullSibling(of) = nation.descent(number) else { continue };
            let (one, other) = (nation.person(number), nation.person(of));
            for entry in other.typed() {
                let there = &one.at(entry.locus).unwrap().genotype;
                same += f64::from(u8::from(*there == entry.genotype));
                count += 1.0;
            }
        }
        // With both alleles by descent (1/4) the genotype is the same, with one (1/2) if the other
        // is drawn again, with none (1/4) if two draws make it.
        let mut weights = 0.0;
        for (name, weight) in &nation.settings().populations {
            weights += weight * 20.0;
            for locus in LocusSet::core20().iter() {
                let shares = table.population(name).unwrap().shares(locus).iter();
                let squares: f64 = shares.clone().map(|it| it.frequency.powi(2)).sum();
                let fourths: f64 = shares.map(|it| it.frequency.powi(4)).sum();
                let by_two_draws = 2.0 * squares.powi(2) - fourths;
                expected += weight * (0.25 + 0.5 * squares + 0.25 * by_two_draws);
            }
        }
        let (seen, expected) = (same / count, expected / weights);
        assert!((seen - expected).abs() < 0.01, "{seen} {expected}");
    }

    #[test]
    fn a_second_sample_differs_at_two_loci_at_most() {
        let nation = nation(|settings| settings.resampled_share = 0.3);
        let mut by_differences = [0; 3];
        for number in 1..4000 {
            let Descent::Resampled(of) = nation.descent(number) else { continue };
            let Descent::Unrelated = nation.descent(of) else { continue };
            let (one, other) = (nation.person(number), nation.person(of));
            let differing = one.typed().iter().zip(other.typed()).filter(|(a, b)| a != b).count();
            by_differences[differing] += 1;
        }
        let all = by_differences.iter().sum();
        for seen in by_differences {
            check_share("differences", seen, all, 1.0 / 3.0);
        }
    }

    #[test]
    fn stains_come_in_the_shares_asked_for() {
        const COUNT: usize = 6000;
        let nation = nation(|_| {});
        let (mut mixtures, mut few, mut contributors, mut planted) = (0, 0, 0, 0);
        let (mut misread, mut full, mut by_class) = (0, 0, [0; 4]);
        for number in 0..COUNT as u64 {
            let stain = nation.evidence(number);
            let loci = stain.profile.loci().len();
            contributors += stain.contributors.len();
            planted += stain.contributors.iter().filter(|it| **it != Contributor::Stranger).count();
            few += usize::from(loci < SEARCHABLE_LOCI_MIN);
            assert!(stain.profile.alleles_max(LocusSet::core20()) <= MIXTURE_ALLELES_MAX);
            match stain.category {
                Category::ForensicMixture => {
                    mixtures += 1;
                    assert_eq!(stain.contributors.len(), 2);
                }
                Category::ForensicUnknown => {
                    full += 1;
                    assert_eq!((loci, stain.contributors.len()), (20, 1));
                }
                other => {
                    assert_eq!(other, Category::ForensicPartial);
                    assert!(loci < 20 && stain.contributors.len() == 1);
                }
            }
            if stain.contributors.len() == 1 {
                by_class[match loci {
                    20 => 0,
                    13..20 => 1,
                    8..13 => 2,
                    _ => 3,
                }] += 1;
            }
            let complete = nation.complete_evidence(number);
            let strange = stain.profile.typed().iter().filter(|entry| {
                let there = complete.at(entry.locus).unwrap().genotype.alleles();
                entry.genotype.alleles().iter().any(|allele| !there.contains(allele))
            });
            let strange = strange.count();
            assert!(strange <= 1, "an error is at one locus");
            misread += strange;
        }
        check_share("mixtures", mixtures, COUNT, 0.24);
        check_share("below 8", few, COUNT, 0.04);
        check_share("planted", planted, contributors, 0.3);
        check_share("misread", misread, COUNT, 0.018);
        let singles = COUNT - mixtures;
        check_share("below 8 of one", by_class[3], singles, 0.04);
        // Classes are drawn again where a stain is not rare enough, so they shift to the fuller.
        let share = |class: usize| by_class[class] as f64 / singles as f64;
        assert!((0.50..0.65).contains(&share(0)), "{by_class:?}");
        assert!((0.28..0.36).contains(&share(1)), "{by_class:?}");
        assert!((0.05..0.13).contains(&share(2)), "{by_class:?}");
        assert_eq!(full, by_class[0]);
    }

    #[test]
    fn a_planted_contributor_is_contained() {
        let nation = nation(|settings| {
            settings.planted_share = 0.9;
            settings.tri_allele_rate = 0.3;
            settings.old_panel_share = 0.3;
            settings.resampled_share = 0.0;
        });
        let (mut planted, mut both) = (0, 0);
        for number in 0..400 {
            let stain = nation.evidence(number);
            let complete = nation.complete_evidence(number);
            assert!(complete.alleles_max(LocusSet::core20()) <= MIXTURE_ALLELES_MAX);
            both += usize::from(!stain.contributors.contains(&Contributor::Stranger));
            for contributor in stain.contributors {
                let Contributor::Person(person) = contributor else { continue };
                planted += 1;
                for entry in nation.person(person).typed() {
                    let there = complete.at(entry.locus).unwrap().genotype.alleles();
                    let inside = entry.genotype.alleles().iter().all(|it| there.contains(it));
                    assert!(inside, "stain {number}, person {person}, {}", entry.locus);
                }
            }
        }
        assert!(planted > 350 && both > 250, "{planted} {both}");
    }

    /// Without typing errors nothing but loss stands between a person and the stain, and a search
    /// at moderate level bears loss.
    #[test]
    fn a_planted_contributor_is_a_candidate() {
        let nation = nation(|settings| {
            settings.planted_share = 1.0;
            settings.typing_error_rate = 0.0;
            settings.resampled_share = 0.0;
        });
        let rule = SearchRule::default();
        let mut searched = 0;
        for number in 0..300 {
            let stain = nation.evidence(number);
            if stain.profile.loci().len() < SEARCHABLE_LOCI_MIN || stain.contributors.len() > 1 {
                continue;
            }
            let Contributor::Person(person) = stain.contributors[0] else { panic!("{number}") };
            let found = compare(&stain.profile, &nation.person(person), &rule);
            assert!(found.is_candidate(&rule), "stain {number}");
            assert_eq!(found.mismatching(), 0);
            searched += 1;
        }
        assert!(searched > 180, "{searched}");
    }

    #[test]
    fn the_longest_amplicons_are_lost_first() {
        let nation = nation(|settings| settings.mixture_share = 0.0);
        let (mut kept, mut partial) = ([0; 20], 0);
        for number in 0..3000 {
            let profile = nation.evidence(number).profile;
            if !(8..20).contains(&profile.loci().len()) {
                continue;
            }
            partial += 1;
            for (count, locus) in kept.iter_mut().zip(BY_AMPLICON) {
                *count += usize::from(profile.loci().contains(locus));
            }
        }
        assert!(partial > 900);
        assert!(kept[0] * 4 < partial && kept[19] == partial, "{kept:?} of {partial}");
        assert!((0..12).all(|place| kept[place] < kept[place + 3]), "{kept:?}");
    }

    /// How probably an unrelated person agrees at moderate level at every typed locus, by trying
    /// every pair of alleles of every population.
    struct Naive {
        table: Frequencies,
        known: HashMap<(String, Locus, Genotype), f64>,
    }

    impl Naive {
        fn match_probability(&mut self, profile: &Profile, nation: &Nation) -> f64 {
            let mut sum = 0.0;
            for (name, weight) in &nation.settings().populations {
                let mut product = *weight;
                for entry in profile.typed() {
                    let key = (name.clone(), entry.locus, entry.genotype.clone());
                    let new = || at_locus(&self.table, name, entry.locus, &entry.genotype);
                    product *= *self.known.entry(key).or_insert_with(new);
                }
                sum += product;
            }
            sum
        }
    }

    fn at_locus(table: &Frequencies, population: &str, locus: Locus, shown: &Genotype) -> f64 {
        let everywhere = table.populations().iter().flat_map(|it| it.shares(locus));
        let observed: Vec<Allele> = everywhere.map(|share| share.allele).collect();
        let shares = table.population(population).unwrap().shares(locus);
        let sum: f64 = shares.iter().map(|share| share.frequency).sum();
        let mut alleles: Vec<(Allele, f64)> =
            shares.iter().map(|it| (it.allele, it.frequency * 0.998 / sum)).collect();
        let rare = shown.alleles().iter().filter(|allele| !observed.contains(allele));
        alleles.extend(rare.map(|allele| (*allele, 0.002 / 4.0)));
        // Rare alleles that are not shown: a reading that agrees with none.
        let rest = 1.0 - alleles.iter().map(|it| it.1).sum::<f64>();
        alleles.push((Allele::OFF_LADDER, rest));
        let mut probability = 0.0;
        for (one, p) in &alleles {
            for (other, q) in &alleles {
                let person = Genotype::new([*one, *other]).unwrap();
                if level(shown, &person) <= Level::Moderate {
                    probability += p * q;
                }
            }
        }
        probability
    }

    #[test]
    fn no_searchable_stain_is_common() {
        let nation = nation(|_| {});
        let mut naive = Naive { table: populations(), known: HashMap::new() };
        let (mut searchable, mut commonest) = (0, 0.0_f64);
        for number in 0..250 {
            let profile = nation.evidence(number).profile;
            if profile.loci().len() < SEARCHABLE_LOCI_MIN {
                continue;
            }
            searchable += 1;
            commonest = commonest.max(naive.match_probability(&profile, &nation));
        }
        assert!(searchable > 200);
        // Up to rounding of frequencies to 2^-32.
        assert!(commonest <= 1e-7 * 1.001, "{commonest}");
        assert!(commonest > 1e-9, "the bound was never near: {commonest}");
    }

    #[test]
    fn where_nothing_is_rare_enough_stains_are_cut_short() {
        let nation = nation(|settings| {
            settings.match_probability_max = 0.0;
            settings.draws_max = 2;
        });
        for number in 0..50 {
            let stain = nation.evidence(number);
            assert!(stain.profile.loci().len() < SEARCHABLE_LOCI_MIN);
            assert!(!stain.profile.typed().is_empty());
        }
    }

    #[test]
    fn a_nation_of_nobody_and_of_one_can_be_drawn() {
        for persons in [0, 1] {
            let nation = nation(|settings| {
                settings.persons = persons;
                settings.planted_share = 1.0;
            });
            for number in 0..50 {
                let stain = nation.evidence(number);
                let planted: Vec<_> =
                    stain.contributors.iter().filter(|it| **it != Contributor::Stranger).collect();
                assert_eq!(planted.len() as u64, persons);
            }
        }
    }

    #[test]
    fn settings_that_make_no_nation_are_told() {
        let check = |change: fn(&mut NationSettings), expected: &str| {
            let mut settings = NationSettings::default();
            change(&mut settings);
            let message = Nation::new(&settings).map(|_| ()).unwrap_err().to_string();
            assert!(message.starts_with(expected), "{message}");
        };
        check(|it| it.old_panel_share = 1.5, "old_panel_share is 1.5");
        check(|it| it.mixture_share = f64::NAN, "mixture_share is NaN");
        check(|it| it.sibling_share = 0.999, "sibling_share and resampled_share are 1.004");
        check(|it| it.populations.clear(), "no population was named");
        check(
            |it| it.populations[0].1 = 0.0,
            "population 'Caucasian' with weight 0; expected a shipped",
        );
        check(|it| it.populations[0].0 = "Elsewhere".to_owned(), "population 'Elsewhere'");
        let many = Nation::new(&NationSettings { rare_alleles: 60, ..NationSettings::default() });
        assert!(matches!(many, Err(NotANation::TooManyAlleles { .. })));
    }
}

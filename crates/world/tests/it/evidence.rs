//! Evidence: planted contributors are found, near misses are found and then excluded, and every
//! profile may enter its index.

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use genetics::acceptance;
    use genetics::{Category, LocusSet, SearchRule, compare};
    use world::{Entered, Month, Origin, Settings};

    #[test]
    fn all_of_it_may_enter_its_index() {
        let editions = acceptance::shipped().unwrap();
        let rules = &editions.all()[0].table;
        let month = Month::generate(&Settings::default());
        assert_eq!(month.evidence.len(), 300);
        let mut specimens = BTreeSet::new();
        for evidence in &month.evidence {
            assert_eq!(
                rules.check(evidence.category, &evidence.profile, jiff::civil::date(2020, 5, 1)),
                Ok(())
            );
            let original = evidence.profile.loci().intersection(LocusSet::core13());
            assert!(original.len() >= 8, "{}", evidence.case);
            assert!(specimens.insert(evidence.specimen.as_str().to_owned()));
            assert!(evidence.specimen.as_str().len() <= 24);
            assert!(evidence.laboratory.as_str().len() <= 10);
        }
        for category in
            [Category::ForensicUnknown, Category::ForensicPartial, Category::ForensicMixture]
        {
            let of_category = |e: &&world::Evidence| e.category == category;
            let count = month.evidence.iter().filter(of_category).count();
            assert!(count >= 25, "{category} {count}");
            let planted = month
                .evidence
                .iter()
                .filter(of_category)
                .filter(|e| matches!(e.origin, Origin::Person(_)))
                .count();
            assert_eq!(planted, 4, "{category}");
        }
    }

    #[test]
    fn planted_people_are_found_and_relatives_excluded() {
        let rule = SearchRule::default();
        for seed in [1, 2, 3] {
            let month = Month::generate(&Settings { seed, ..Settings::default() });
            let accepted: BTreeSet<usize> = month
                .bookings
                .iter()
                .filter(|arrival| arrival.ends_accepted())
                .map(|arrival| arrival.true_person)
                .collect();
            let (mut persons, mut relatives) = (0, 0);
            let mut entered = BTreeSet::new();
            for evidence in &month.evidence {
                let is_found = |profile, person: usize| {
                    compare(profile, &month.genotypes[person], &rule).is_candidate(&rule)
                };
                match evidence.origin {
                    Origin::Stranger => assert!(evidence.contributors.is_empty()),
                    Origin::Person(person) => {
                        persons += 1;
                        entered.insert(evidence.entered == Entered::Before);
                        assert_eq!(evidence.contributors, [person]);
                        assert!(accepted.contains(&person));
                        assert!(is_found(&evidence.profile, person));
                        assert!(is_found(&evidence.complete, person));
                    }
                    Origin::Relative { of, .. } => {
                        relatives += 1;
                        assert!(evidence.contributors.is_empty());
                        assert!(is_found(&evidence.profile, of), "seed {seed}");
                        assert!(!is_found(&evidence.complete, of), "seed {seed}");
                    }
                }
            }
            assert_eq!((persons, relatives, entered.len()), (12, 4, 2));
        }
    }

    #[test]
    fn before_is_before_and_after_is_after() {
        let month = Month::generate(&Settings::default());
        let first = month.bookings[0].record.circumstances.booked_at;
        let last = month.bookings.last().unwrap().record.circumstances.booked_at;
        for evidence in &month.evidence {
            match evidence.entered {
                Entered::Before => assert!(evidence.entered_at < first),
                Entered::After => assert!(evidence.entered_at > last),
            }
        }
    }
}

//! Bookings: the same seed gives the same month, the rules say what each scenario expects, every
//! path is walked, and the feed's contract holds.

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use exchange::booking_feed::{self, BookingWriter};
    use jiff::SignedDuration;
    use journey::booking::{BookingRecord, CustodyBasis};
    use journey::eligibility::Outcome;
    use journey::removal::Path;
    use journey::rules::RuleBook;
    use world::{AtLaboratory, AtTable, Month, Scenario, Settings};

    fn month(seed: u64) -> Month {
        Month::generate(&Settings { seed, ..Settings::default() })
    }

    #[test]
    fn a_month_follows_from_its_seed() {
        assert_eq!(month(1), month(1));
        let (one, other) = (month(1), month(2));
        assert_ne!(one.bookings, other.bookings);
        assert_ne!(one.genotypes, other.genotypes);
        assert_ne!(one.evidence, other.evidence);
    }

    /// The month of the demonstration. Other figures here mean another month: say so in the
    /// change log, because screens and reports show them.
    #[test]
    fn the_default_month_is_this_one() {
        let month = Month::generate(&Settings::default());
        let count = |which: fn(&world::Arrival) -> bool| {
            month.bookings.iter().filter(|arrival| which(arrival)).count()
        };
        assert_eq!((month.bookings.len(), month.people.len()), (894, 839));
        assert_eq!(count(world::Arrival::may_be_collected), 751);
        assert_eq!(count(world::Arrival::ends_accepted), 690);
        let typed = month.genotypes[0].at(genetics::Locus::D18s51).unwrap();
        assert_eq!(typed.genotype.to_string(), "13,16");
    }

    #[test]
    fn more_evidence_does_not_change_the_bookings() {
        let default = month(3);
        let more = Month::generate(&Settings { evidence: 400, ..default.settings.clone() });
        assert_eq!(more.bookings, default.bookings);
        assert_eq!(more.genotypes, default.genotypes);
        assert_eq!(more.evidence.len(), 400);
    }

    #[test]
    fn the_rules_say_what_each_scenario_expects() {
        let rules = RuleBook::shipped().unwrap();
        let ask = |record: &BookingRecord, minutes: i64| {
            let at = record.circumstances.booked_at + SignedDuration::from_mins(minutes);
            let facts = rules.facts(record, at, None, false);
            rules.find(&facts, None).unwrap()
        };
        for arrival in month(4).bookings {
            let found = ask(&arrival.record, 30);
            assert_eq!(found.rule_set, "ice-dallas-2020-05-01");
            assert_eq!(
                found.outcome,
                arrival.scenario.expects(),
                "{:?} {:?}",
                arrival.scenario,
                found.reasons
            );
            if let Some(later) = &arrival.later {
                assert_eq!(arrival.scenario.expects(), Outcome::Defer);
                let resolved = ask(&later.record, i64::from(later.hours_after) * 60);
                let collects = resolved.outcome == Outcome::Collect;
                assert_eq!(collects, arrival.may_be_collected(), "{:?}", arrival.scenario);
                assert_ne!(resolved.outcome, Outcome::Defer, "{:?}", resolved.reasons);
            }
        }
    }

    #[test]
    fn every_path_is_walked_whatever_the_seed() {
        for seed in 10..20 {
            let month = month(seed);
            let count = month.bookings.len();
            assert!((31 * 24..=31 * 34).contains(&count), "{count}");
            let scenarios: BTreeSet<_> = month.bookings.iter().map(|a| a.scenario).collect();
            assert_eq!(scenarios.len(), Scenario::WEIGHTS.len(), "seed {seed}");
            let collectable = || month.bookings.iter().filter(|a| a.may_be_collected());
            let at_table: BTreeSet<_> = collectable().map(|a| a.behaviour.table).collect();
            assert_eq!(at_table.len(), AtTable::ALL.len(), "seed {seed}");
            let in_laboratory: BTreeSet<_> =
                collectable().map(|a| a.behaviour.laboratory).collect();
            assert_eq!(in_laboratory.len(), AtLaboratory::ALL.len(), "seed {seed}");
            let accepted = month.bookings.iter().filter(|a| a.ends_accepted()).count();
            assert!(accepted * 2 > count && accepted * 10 < count * 8, "{accepted}");
            assert!(month.bookings.iter().any(|a| a.alias), "seed {seed}");
            assert!(month.bookings.iter().filter(|a| a.repeat).count() > 20, "seed {seed}");
        }
    }

    #[test]
    fn fates_come_at_their_rates() {
        let settings = Settings::default();
        let mut table: BTreeMap<AtTable, usize> = BTreeMap::new();
        let mut sum = 0;
        for seed in 30..36 {
            let month = month(seed);
            for arrival in month.bookings.iter().filter(|a| a.may_be_collected()) {
                *table.entry(arrival.behaviour.table).or_default() += 1;
                sum += 1;
            }
        }
        for (fate, rate) in &settings.at_table {
            let wanted = rate * f64::from(sum);
            let seen = table[fate] as f64;
            let slack = 5.0 * wanted.sqrt() + 6.0;
            assert!((seen - wanted).abs() < slack, "{fate:?} {seen} of {wanted}");
        }
    }

    #[test]
    fn bookings_stand_in_order_and_people_come_back_as_themselves() {
        let month = month(5);
        assert_eq!(month.people.len(), month.genotypes.len());
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        let mut numbers = BTreeSet::new();
        let mut last = None;
        for arrival in &month.bookings {
            let at = arrival.record.circumstances.booked_at;
            assert!(last.is_none_or(|last| last <= at));
            last = Some(at);
            assert!(numbers.insert(arrival.record.booking.clone()));
            assert_eq!(arrival.repeat, !seen.insert(arrival.true_person));
            let truly = &month.people[arrival.true_person];
            if let Some(number) = &arrival.record.person.fingerprint_number {
                assert_eq!(number, &truly.fingerprint_number);
            }
            let other_name = arrival.record.person.family_name != truly.family_name;
            assert_eq!(other_name, arrival.alias);
            assert!(month.sites.contains(&arrival.record.circumstances.site));
        }
        assert_eq!(seen.len(), month.people.len());
    }

    #[test]
    fn the_feed_reads_what_it_writes() {
        let records: Vec<BookingRecord> = month(8)
            .bookings
            .into_iter()
            .flat_map(|arrival| [Some(arrival.record), arrival.later.map(|later| later.record)])
            .flatten()
            .collect();
        for record in records {
            let mut bytes = Vec::new();
            let mut feed = BookingWriter::new(&mut bytes).unwrap();
            feed.write(&record).unwrap();
            feed.finish().unwrap();
            let (read, problems) = booking_feed::read(bytes.as_slice()).unwrap();
            assert!(problems.is_empty(), "{problems:?}");
            assert_eq!(read.len(), 1);
            assert_eq!(read[0].1, record);
        }
    }

    #[test]
    fn each_removal_path_is_asked_for_twice() {
        let month = month(6);
        let mut paths: BTreeMap<&str, usize> = BTreeMap::new();
        for arrival in &month.bookings {
            let Some(removal) = &arrival.removal else {
                continue;
            };
            *paths.entry(removal.path.word()).or_default() += 1;
            assert!(arrival.ends_accepted());
            let bases = &arrival.record.circumstances.custody_basis;
            match &removal.path {
                Path::Expungement { orders } => {
                    let ended: BTreeSet<CustodyBasis> = orders.iter().map(|o| o.basis).collect();
                    assert_eq!(&ended, bases);
                }
                Path::Ineligibility { .. } => assert!(removal.record.is_some()),
                Path::Administrative { order } => assert!(!order.is_empty()),
            }
        }
        let expected = [("administrative", 2), ("expungement", 2), ("ineligibility", 2)];
        assert_eq!(paths, BTreeMap::from(expected));
    }

    #[test]
    fn kits_suffice_and_some_are_unusable() {
        let month = month(7);
        let last = month.settings.first_day;
        let good = |lot: &&world::KitLot| lot.recalled_on.is_none() && lot.expires_on > last;
        for site in &month.sites {
            let here = |lot: &world::KitLot| lot.kits.iter().filter(|k| k.site == *site).count();
            let usable: usize = month.lots.iter().filter(good).map(here).sum();
            let opened: usize = month
                .bookings
                .iter()
                .filter(|a| a.record.circumstances.site == *site)
                .filter(|a| a.may_be_collected())
                .map(|a| a.behaviour.table.kits_opened())
                .sum();
            assert!(usable > opened, "{site}: {usable} for {opened}");
            assert!(month.lots.iter().all(|lot| here(lot) > 0));
        }
        assert_eq!(month.lots.iter().filter(|lot| lot.recalled_on.is_some()).count(), 1);
        assert_eq!(month.lots.iter().filter(|lot| lot.expires_on < last).count(), 1);
        let barcodes: BTreeSet<_> =
            month.lots.iter().flat_map(|lot| &lot.kits).map(|k| &k.barcode).collect();
        let count: usize = month.lots.iter().map(|lot| lot.kits.len()).sum();
        assert_eq!(barcodes.len(), count);
    }
}

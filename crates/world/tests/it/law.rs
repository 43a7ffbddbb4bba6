//! The rule sets beside the same law in plain Rust (`world::law`), on random facts and on every
//! combination of the words that meet.
//!
//! Deliberately absent: reasons after the first, which the table of cases in `journey` fixes.

use std::collections::BTreeSet;

use genetics::Category;
use jiff::civil::date;
use jiff::{Timestamp, ToSpan};
use journey::booking::{
    BirthConfidence, BookingRecord, Circumstances, Citizenship, CustodyBasis, Known, LawfulStatus,
    OnFile, Person, StatusConfidence,
};
use journey::eligibility::{Facts, Outcome};
use journey::rules::RuleBook;
use proptest::prelude::*;
use world::law::{self, LAWS, judge};

/// An adult in administrative detention who is shown to be no US person.
fn base() -> Circumstances {
    Circumstances {
        component: "ICE-ERO".to_owned(),
        site: "Dallas".into(),
        booked_at: "2020-06-01T15:00:00Z".parse().unwrap(),
        booked_offset_seconds: -18_000,
        date_of_birth_confidence: BirthConfidence::Verified,
        citizenship: Citizenship::NonUsPerson,
        citizenship_confidence: StatusConfidence::Verified,
        lawful_status: LawfulStatus::None,
        custody_basis: [CustodyBasis::AdminDetention].into(),
        further_proceedings: Known::Unknown,
        fingerprint_event: Some("E-1".to_owned()),
        fingerprinted_at: None,
        on_file: OnFile::Absent,
        other_agency: None,
        waiver: None,
    }
}

/// Reasons that somebody may try to set aside; only two of the rules leave the choice.
const SET_ASIDE: &[&str] =
    &["NOT_FINGERPRINTED", "B1_LAWFULLY_PRESENT", "UNDER_14", "USC_NO_CRIMINAL_BASIS"];

fn one_of<T: Copy + std::fmt::Debug>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

prop_compose! {
    fn circumstances()(
        component in prop::sample::select(&["ICE-ERO", "ICE-HSI", "CBP-OFO", "CBP-USBP", "FBI", "BOP", "ice-hsi"]),
        birth in one_of(BirthConfidence::ALL),
        citizenship in one_of(Citizenship::ALL),
        status in one_of(StatusConfidence::ALL),
        lawful in one_of(LawfulStatus::ALL),
        basis in prop::sample::subsequence(CustodyBasis::ALL, 0..=CustodyBasis::ALL.len()),
        further in one_of(Known::ALL),
        printed in prop::bool::weighted(0.9),
        on_file in one_of(OnFile::ALL),
        other in prop::bool::weighted(0.3),
        waived in prop::bool::weighted(0.1),
    ) -> Circumstances {
        Circumstances {
            component: component.to_owned(),
            date_of_birth_confidence: birth,
            citizenship,
            citizenship_confidence: status,
            lawful_status: lawful,
            custody_basis: basis.into_iter().collect(),
            further_proceedings: further,
            fingerprint_event: printed.then(|| "E-1".to_owned()),
            on_file,
            other_agency: other.then(|| "AGREEMENT-1".to_owned()),
            waiver: waived.then(|| "WAIVER-1".to_owned()),
            ..base()
        }
    }
}

prop_compose! {
    fn facts()(
        circumstances in circumstances(),
        age_years in prop_oneof![
            1 => Just(None),
            4 => (0..24).prop_map(Some),
            4 => (24..100).prop_map(Some),
        ],
        recollection_open in any::<bool>(),
        infeasible in any::<bool>(),
        set_aside in prop::sample::subsequence(SET_ASIDE, 0..=SET_ASIDE.len()),
    ) -> Facts {
        Facts {
            circumstances,
            decided_on: date(2021, 1, 1),
            age_years,
            recollection_open,
            infeasible,
            set_aside: set_aside.into_iter().map(str::to_owned).collect(),
            told: None,
        }
    }
}

fn check(book: &RuleBook, facts: &Facts) -> Result<(), TestCaseError> {
    for law in LAWS {
        let found = book.find_as(facts, law.set).unwrap();
        let told = judge(facts, law);
        let found_so = (found.outcome, found.category);
        prop_assert_eq!(
            found_so,
            (told.outcome, told.category),
            "{}: {:?}",
            law.set,
            found.reasons
        );
        prop_assert_eq!(found.reasons.first().map(|it| it.id.as_str()), Some(told.reason));
        prop_assert_eq!(found.missing.first().map(String::as_str), told.missing);
        prop_assert!(!found.reasons.is_empty(), "an answer without a reason");
        prop_assert_eq!(found.missing.is_empty(), found.outcome != Outcome::Defer);

        let asked = &facts.circumstances;
        let may_take = matches!(found.outcome, Outcome::Collect | Outcome::MaySkip);
        prop_assert_eq!(found.category.is_some(), may_take);
        let child = facts.age_years.is_some_and(|age| age < law.floor);
        prop_assert!(!(child && may_take), "nobody below the age floor");
        let resident = asked.citizenship == Citizenship::Lpr
            && asked.citizenship_confidence == StatusConfidence::Verified;
        prop_assert!(!(law.pilot && resident && may_take), "no permanent resident in the pilot");
        let us_person = matches!(asked.citizenship, Citizenship::Citizen | Citizenship::Lpr);
        let as_detainee = found.category == Some(Category::Detainee);
        prop_assert!(!(us_person && as_detainee), "no US person by the detention limb");
        prop_assert!(!(facts.recollection_open && found.outcome == Outcome::MaySkip));
    }
    Ok(())
}

/// What two persons may set aside changes an answer only where a rule leaves the choice, and never
/// to a sample of a child or of a citizen without criminal basis.
fn check_set_aside(book: &RuleBook, facts: &Facts) -> Result<(), TestCaseError> {
    let facts = &Facts { set_aside: BTreeSet::new(), ..facts.clone() };
    for law in LAWS {
        let before = book.find_as(facts, law.set).unwrap();
        let rules = book.policies(law.set).unwrap();
        let all = |free: bool| {
            let chosen = rules.iter().filter(move |rule| rule.discretion.is_some() == free);
            let set_aside = chosen.map(|rule| rule.reason.clone()).collect();
            book.find_as(&Facts { set_aside, ..facts.clone() }, law.set).unwrap()
        };
        prop_assert_eq!(&all(false), &before, "a rule without a choice was set aside");
        let after = all(true);
        let may_take = matches!(after.outcome, Outcome::Collect | Outcome::MaySkip);
        let child = facts.age_years.is_some_and(|age| age < law.floor);
        prop_assert!(!(child && may_take));
        let us_person =
            matches!(facts.circumstances.citizenship, Citizenship::Citizen | Citizenship::Lpr);
        prop_assert!(!(us_person && after.category == Some(Category::Detainee)));
        if let Ok(room) = book.room(facts, &before) {
            prop_assert_eq!(before.outcome, Outcome::DoNotCollect);
            let set_aside = room.rules().clone();
            let then = book.find_as(&Facts { set_aside, ..facts.clone() }, law.set).unwrap();
            prop_assert!(matches!(then.outcome, Outcome::Collect | Outcome::MaySkip));
        }
    }
    Ok(())
}

#[test]
fn every_set_is_written_a_second_time() {
    let book = RuleBook::shipped().unwrap();
    let sets: BTreeSet<_> = book.sets().map(|set| set.name.as_str()).collect();
    assert_eq!(sets, LAWS.iter().map(|law| law.set).collect());
}

#[test]
fn the_rule_sets_say_what_the_plain_writing_of_the_law_says() {
    let book = RuleBook::shipped().unwrap();
    let config = ProptestConfig { cases: 1_500, failure_persistence: None, ..Default::default() };
    proptest!(config, |(facts in facts())| check(&book, &facts)?);
}

#[test]
fn only_a_rule_that_leaves_a_choice_can_be_set_aside() {
    let book = RuleBook::shipped().unwrap();
    let config = ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() };
    proptest!(config, |(facts in facts())| check_set_aside(&book, &facts)?);
}

/// Every combination of the words that meet in the status and detention rules, at an age that
/// leaves them open.
#[test]
fn every_combination_of_status_and_custody_is_answered_alike() {
    let book = RuleBook::shipped().unwrap();
    let base = base();
    let mut combinations = 0;
    for bits in 0..1_usize << CustodyBasis::ALL.len() {
        let chosen =
            |(place, basis): (usize, &CustodyBasis)| (bits >> place & 1 == 1).then_some(*basis);
        let basis: BTreeSet<_> = CustodyBasis::ALL.iter().enumerate().filter_map(chosen).collect();
        for citizenship in Citizenship::ALL {
            for status in StatusConfidence::ALL {
                let (lawful, further) = (bits + combinations, bits / 4 + combinations / 4);
                let circumstances = Circumstances {
                    citizenship: *citizenship,
                    citizenship_confidence: *status,
                    lawful_status: LawfulStatus::ALL[lawful % LawfulStatus::ALL.len()],
                    further_proceedings: Known::ALL[further % Known::ALL.len()],
                    custody_basis: basis.clone(),
                    ..base.clone()
                };
                let facts = Facts {
                    circumstances,
                    decided_on: date(2021, 1, 1),
                    age_years: Some(30),
                    recollection_open: false,
                    infeasible: false,
                    set_aside: BTreeSet::new(),
                    told: None,
                };
                check(&book, &facts).unwrap();
                combinations += 1;
            }
        }
    }
    assert_eq!(combinations, 128 * 4 * 3);
}

/// The clocks of all sites, hour by hour through the changes of a year, and the days of change.
#[test]
fn the_day_and_the_set_are_those_of_the_plain_writing() {
    let book = RuleBook::shipped().unwrap();
    let (family_name, given_name) = (String::new(), String::new());
    let person = Person {
        fingerprint_number: None,
        alien_number: None,
        family_name,
        given_name,
        date_of_birth: Some(date(2008, 2, 29)),
    };
    let mut record = BookingRecord { booking: "B-1".into(), person, circumstances: base() };
    let sites = [
        "Dallas",
        "DAL",
        "El Paso",
        "Eagle Pass",
        "Detroit",
        "Phoenix",
        "San Diego",
        "Miami",
        "Quantico",
        "unlisted",
    ];
    let begin: Timestamp = "2020-01-01T00:30:00Z".parse().unwrap();
    for hours in (0..366 * 24).step_by(5) {
        let at = begin.checked_add((hours).hours()).unwrap();
        for (place, site) in sites.iter().enumerate() {
            let component = ["ICE-ERO", "CBP-OFO", "CBP-USBP", "FBI"][(hours as usize + place) % 4];
            record.circumstances.component = component.to_owned();
            record.circumstances.site = (*site).into();
            let facts = book.facts(&record, at, None, false);
            assert_eq!(facts.decided_on, law::day(&record, at), "{component} {site} {at}");
            let age = law::age(date(2008, 2, 29), facts.decided_on);
            assert_eq!(facts.age_years, Some(age), "{}", facts.decided_on);
            if place == 0 {
                let set = law::in_force(component, facts.decided_on).map(|law| law.set);
                let found = book.find(&facts, None).unwrap();
                assert_eq!(Some(found.rule_set.as_str()), set, "{component} {}", facts.decided_on);
            }
        }
    }
}

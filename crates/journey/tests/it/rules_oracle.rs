//! The same law written a second time, in plain Rust and top down, compared on random facts.
//!
//! The oracle shares no code with the rule sets: it walks limb by limb and returns at the first
//! answer, where the policies are evaluated all at once. Deliberately absent: reasons, which the
//! table of cases fixes.

use std::collections::BTreeSet;

use genetics::Category;
use jiff::civil::date;
use journey::booking::{
    BirthConfidence, Circumstances, Citizenship, CustodyBasis, Known, LawfulStatus, OnFile,
    StatusConfidence,
};
use journey::eligibility::{Facts, Outcome};
use journey::rules::RuleBook;
use proptest::prelude::*;

type Told = (Outcome, Option<Category>);

const NO: Told = (Outcome::DoNotCollect, None);
const WAIT: Told = (Outcome::Defer, None);

/// What tells the sets apart.
#[derive(Clone, Copy)]
struct Law {
    set: &'static str,
    /// Nobody below this age.
    floor: i32,
    /// Permanent residents are exempt.
    pilot: bool,
    /// The fourth exemption of the former text holds.
    former: bool,
}

const fn law(set: &'static str, floor: i32, pilot: bool, former: bool) -> Law {
    Law { set, floor, pilot, former }
}

const LAWS: [Law; 7] = [
    law("28cfr28.12-2009-01-09", 14, false, true),
    law("28cfr28.12-2020-04-08", 14, false, false),
    law("ice-dallas-2020-05-01", 14, true, false),
    law("cbp-ofo-2020-01-06", 18, false, true),
    law("cbp-ofo-2020-04-08", 18, false, false),
    law("cbp-ofo-2020-07-01", 14, false, false),
    law("dhs-full-2021-04-01", 14, false, false),
];

fn oracle(facts: &Facts, law: Law) -> Told {
    let asked = &facts.circumstances;
    let held = asked.custody_basis.iter().any(|basis| *basis != CustodyBasis::Encounter);
    if !held || asked.fingerprint_event.is_none() {
        return NO;
    }
    match (facts.age_years, asked.date_of_birth_confidence) {
        (None, _) | (_, BirthConfidence::Unknown) => return WAIT,
        (Some(age), BirthConfidence::Estimated) if age < law.floor + 4 => return WAIT,
        (Some(age), _) if age < law.floor => return NO,
        _ => {}
    }
    let verified = asked.citizenship_confidence == StatusConfidence::Verified;
    if law.pilot && asked.citizenship == Citizenship::Lpr {
        return if verified { NO } else { WAIT };
    }
    let category = match criminal(&asked.custody_basis) {
        Some(category) => category,
        None => match detention(asked, law.former && facts.infeasible) {
            Ok(category) => category,
            Err(told) => return told,
        },
    };
    let elsewhere = asked.on_file == OnFile::Present || asked.other_agency.is_some();
    let elsewhere = elsewhere || asked.waiver.is_some();
    let skip = elsewhere && !facts.recollection_open;
    (if skip { Outcome::MaySkip } else { Outcome::Collect }, Some(category))
}

fn criminal(basis: &BTreeSet<CustodyBasis>) -> Option<Category> {
    if basis.contains(&CustodyBasis::Convicted) {
        return Some(Category::ConvictedOffender);
    }
    let arrested = basis.contains(&CustodyBasis::CriminalArrest)
        || basis.contains(&CustodyBasis::FacingCharges);
    arrested.then_some(Category::Arrestee)
}

fn detention(asked: &Circumstances, excused: bool) -> Result<Category, Told> {
    match (asked.citizenship, asked.citizenship_confidence) {
        (Citizenship::Unknown, _) | (_, StatusConfidence::Unknown) => return Err(WAIT),
        (Citizenship::Citizen | Citizenship::Lpr, StatusConfidence::Claimed) => return Err(WAIT),
        (Citizenship::Citizen | Citizenship::Lpr, StatusConfidence::Verified) => return Err(NO),
        (Citizenship::NonUsPerson, _) => {}
    }
    let has = |basis| asked.custody_basis.contains(&basis);
    let (detained, port) = (has(CustodyBasis::AdminDetention), has(CustodyBasis::PortHold));
    let dhs = ["ICE-", "CBP-"].iter().any(|name| asked.component.starts_with(name));
    if dhs {
        let present =
            matches!(asked.lawful_status, LawfulStatus::InStatus | LawfulStatus::BeingAdmitted);
        let admissibility_only = port && !detained && asked.further_proceedings == Known::No;
        let at_sea_only = has(CustodyBasis::Maritime) && !detained && !port;
        if present || admissibility_only || at_sea_only {
            return Err(NO);
        }
        let proceedings_open = port && !detained && asked.further_proceedings == Known::Unknown;
        if asked.lawful_status == LawfulStatus::Unknown || proceedings_open {
            return Err(WAIT);
        }
        if excused {
            return Err(NO);
        }
    }
    match detained || (port && asked.further_proceedings == Known::Yes) {
        true => Ok(Category::Detainee),
        false => Err(NO),
    }
}

fn one_of<T: Copy + std::fmt::Debug>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

prop_compose! {
    fn circumstances()(
        component in prop::sample::select(&["ICE-ERO", "ICE-HSI", "CBP-OFO", "CBP-USBP", "FBI", "BOP"]),
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
            ..super::rules::record().circumstances
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
    ) -> Facts {
        let decided_on = date(2021, 1, 1);
        Facts {
            circumstances,
            decided_on,
            age_years,
            recollection_open,
            infeasible,
            set_aside: BTreeSet::new(),
            told: None,
        }
    }
}

fn check(book: &RuleBook, facts: &Facts) -> Result<(), TestCaseError> {
    for law in LAWS {
        let found = book.find_as(facts, law.set).unwrap();
        let told = (found.outcome, found.category);
        prop_assert_eq!(told, oracle(facts, law), "{}: {:?}", law.set, found.reasons);
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
    let base = super::rules::record().circumstances;
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

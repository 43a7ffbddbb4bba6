//! The table of cases, and how the set and the day are chosen.
//!
//! Cases stand in `cases/eligibility.txt` as words of the booking feed. Deliberately absent:
//! random facts, which `world::law`, a second writing of the same law, is compared with.

use std::collections::BTreeSet;

use journey::booking::{
    BirthConfidence, BookingRecord, Circumstances, Citizenship, CustodyBasis, Known, LawfulStatus,
    OnFile, Person, StatusConfidence,
};
use journey::eligibility::{self, Eligible, Facts, Finding, Outcome};
use journey::refusal::RefusalCode;
use journey::rules::RuleBook;

const CASES: &str = include_str!("cases/eligibility.txt");
const FORMER: &str = "28cfr28.12-2009-01-09";
const GENERAL: &str = "28cfr28.12-2020-04-08";
const PILOT: &str = "ice-dallas-2020-05-01";

/// An adult in administrative detention who is shown to be no US person.
pub(crate) fn record() -> BookingRecord {
    BookingRecord {
        booking: "B-1".into(),
        person: Person {
            fingerprint_number: Some("F-1".to_owned()),
            alien_number: None,
            family_name: "Family".to_owned(),
            given_name: "Given".to_owned(),
            date_of_birth: Some("1990-05-05".parse().unwrap()),
        },
        circumstances: Circumstances {
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
        },
    }
}

/// Reads the left side of a case; gives facts and the set that is named.
fn read<'a>(book: &RuleBook, facts: &'a str) -> (Facts, Option<&'a str>) {
    let mut record = record();
    let mut set_aside = BTreeSet::new();
    let (mut at, mut on, mut rules, mut recollect, mut infeasible) =
        ("2020-06-01T15:00:00Z".parse().unwrap(), None, None, false, false);
    for pair in facts.split_whitespace() {
        let (key, value) = pair.split_once('=').unwrap_or_else(|| panic!("{pair}: no key"));
        let asked = &mut record.circumstances;
        let flag = || match value {
            "yes" => true,
            "no" => false,
            _ => panic!("{pair}: yes or no"),
        };
        match key {
            "rules" => rules = Some(value),
            "on" => on = Some(value.parse().unwrap()),
            "at" => at = value.parse().unwrap(),
            "aside" => set_aside.extend(value.split(',').map(str::to_owned)),
            "recollect" => recollect = flag(),
            "infeasible" => infeasible = flag(),
            "component" => asked.component = value.to_owned(),
            "site" => asked.site = value.into(),
            "offset" => asked.booked_offset_seconds = value.parse().unwrap(),
            "born" => {
                record.person.date_of_birth = (value != "none").then(|| value.parse().unwrap());
            }
            "birth" => {
                asked.date_of_birth_confidence = BirthConfidence::from_word(value).unwrap();
            }
            "citizenship" => asked.citizenship = Citizenship::from_word(value).unwrap(),
            "status" => {
                asked.citizenship_confidence = StatusConfidence::from_word(value).unwrap();
            }
            "lawful" => asked.lawful_status = LawfulStatus::from_word(value).unwrap(),
            "basis" => {
                let basis = |word| CustodyBasis::from_word(word).unwrap();
                asked.custody_basis = value.split(',').map(basis).collect();
            }
            "further" => asked.further_proceedings = Known::from_word(value).unwrap(),
            "prints" => asked.fingerprint_event = flag().then(|| "E-1".to_owned()),
            "file" => asked.on_file = OnFile::from_word(value).unwrap(),
            "waiver" => asked.waiver = flag().then(|| "WAIVER-1".to_owned()),
            "other" => asked.other_agency = flag().then(|| "AGREEMENT-1".to_owned()),
            _ => panic!("{key}: no such fact"),
        }
    }
    (Facts { infeasible, set_aside, ..book.facts(&record, at, on, recollect) }, rules)
}

fn written(finding: &Finding) -> String {
    let list = |words: Vec<&str>| match words.is_empty() {
        true => "-".to_owned(),
        false => words.join(","),
    };
    let category = finding.category.map_or("-".to_owned(), |one| one.name().replace(' ', "_"));
    let reasons = list(finding.reasons.iter().map(|reason| reason.id.as_str()).collect());
    let missing = list(finding.missing.iter().map(String::as_str).collect());
    format!("{} {category} {reasons} {missing}", finding.outcome.word())
}

#[test]
fn every_case_of_the_table_is_answered_as_written() {
    let book = RuleBook::shipped().unwrap();
    let mut wrong = Vec::new();
    let mut cases = 0;
    for line in CASES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (facts, wanted) = line.split_once("->").unwrap_or_else(|| panic!("{line}: no ->"));
        let (facts, rules) = read(&book, facts);
        let found = written(&book.find(&facts, rules).unwrap());
        cases += 1;
        if found != wanted.trim() {
            wrong.push(format!("{line}\n    found: {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= 150, "only {cases} cases");
}

#[test]
fn every_rule_decides_or_supports_some_case() {
    let book = RuleBook::shipped().unwrap();
    let sets: Vec<_> = book.sets().map(|set| set.name.as_str()).collect();
    for rule in sets.iter().flat_map(|set| book.policies(set).unwrap()) {
        assert!(CASES.contains(&rule.reason), "{} stands in no case", rule.id);
    }
}

#[test]
fn the_set_is_chosen_by_component_and_day() {
    let book = RuleBook::shipped().unwrap();
    let chosen = |facts: &str| {
        let (facts, rules) = read(&book, facts);
        book.find(&facts, rules).unwrap().rule_set
    };
    assert_eq!(chosen("site=DAL"), PILOT);
    assert_eq!(chosen("site=anything"), PILOT);
    assert_eq!(chosen("component=ice-ero"), PILOT);
    assert_eq!(chosen("on=2020-05-01"), PILOT);
    assert_eq!(chosen("on=2020-04-30"), GENERAL);
    assert_eq!(chosen("on=2020-04-07"), FORMER);
    assert_eq!(chosen("on=2009-01-09"), FORMER);
    assert_eq!(chosen("component=CBP-OFO on=2020-01-05"), FORMER);
    assert_eq!(chosen("component=CBP-OFO on=2020-01-06"), "cbp-ofo-2020-01-06");
    assert_eq!(chosen("component=CBP-OFO on=2020-06-30"), "cbp-ofo-2020-04-08");
    assert_eq!(chosen("component=CBP-OFO on=2020-07-01"), "cbp-ofo-2020-07-01");
    assert_eq!(chosen("component=CBP-USBP"), GENERAL);
    assert_eq!(chosen("on=2026-01-01"), PILOT, "full implementation is never chosen by itself");
    assert_eq!(chosen("component=ICE-HSI"), GENERAL);
    assert_eq!(chosen("rules=28cfr28.12-2020-04-08"), GENERAL);
    assert_eq!(chosen("on=2009-01-08"), "none");
}

#[test]
fn an_unknown_set_is_refused_with_the_names_that_are_known() {
    let book = RuleBook::shipped().unwrap();
    let (facts, _) = read(&book, "");
    let fault = book.find(&facts, Some("dallas")).unwrap_err().to_string();
    let known =
        format!("there is no rule set \"dallas\"; there are {FORMER}, {GENERAL}, {PILOT}, ");
    assert!(fault.starts_with(&known), "{fault}");
}

#[test]
fn the_civil_date_is_that_of_the_site_then_of_the_set_then_of_the_feed() {
    let book = RuleBook::shipped().unwrap();
    let day = |facts: &str| read(&book, facts).0.decided_on.to_string();
    assert_eq!(day("at=2020-06-02T04:59:59Z"), "2020-06-01");
    assert_eq!(day("at=2020-06-02T05:00:00Z"), "2020-06-02");
    assert_eq!(day("at=2020-12-02T05:30:00Z"), "2020-12-01", "winter time");
    assert_eq!(day("site=unlisted offset=0 at=2020-06-02T04:30:00Z"), "2020-06-01");
    let elsewhere = "component=CBP-OFO site=unlisted at=2020-06-02T04:30:00Z";
    assert_eq!(day(&format!("{elsewhere} offset=0")), "2020-06-02");
    assert_eq!(day(&format!("{elsewhere} offset=-21600")), "2020-06-01");
    assert_eq!(day("on=2021-03-04"), "2021-03-04");
}

/// Sixteen years old at a port of entry: from 2020-01-06 on the floor there was 18, and a decision of
/// the day before must not be acted on any more.
#[test]
fn a_decision_is_not_acted_on_under_another_rule_set() {
    let book = RuleBook::shipped().unwrap();
    let until = |facts: &str| book.law_until(&read(&book, facts).0).map(|at| at.to_string());
    let port = "component=CBP-OFO site=Detroit";
    let night = |at: &str| Some(at.to_owned());
    assert_eq!(until(&format!("{port} on=2020-01-05")), night("2020-01-06T05:00:00Z"));
    assert_eq!(until(&format!("{port} on=2020-01-06")), night("2020-04-08T04:00:00Z"));
    assert_eq!(until(&format!("{port} on=2020-07-01")), None);
    let elsewhere = "component=CBP-OFO site=unlisted offset=-25200 on=2020-01-05";
    assert_eq!(until(elsewhere), night("2020-01-06T07:00:00Z"));
    assert_eq!(until("on=2009-01-08"), night("2009-01-09T06:00:00Z"));
    assert_eq!(until("on=2020-04-08"), night("2020-05-01T05:00:00Z"));
    assert_eq!(until("component=FBI on=2020-04-08"), None);

    let (facts, _) = read(&book, &format!("{port} born=2003-06-01 on=2020-01-05"));
    let finding = book.find(&facts, None).unwrap();
    assert_eq!(finding.outcome, Outcome::Collect);
    let at: jiff::Timestamp = "2020-01-05T19:00:00Z".parse().unwrap();
    let command = eligibility::Command::Decide {
        id: "D-1".into(),
        booking: "B-1".into(),
        person: "P-1".into(),
        finding,
        facts_digest: String::new(),
        at,
        law_until: book.law_until(&facts),
    };
    let decided = eligibility::decide(None, command).unwrap();
    let stage = eligibility::apply(None, &decided).unwrap();
    let check = |at: &str| Eligible::check(Some(&stage), at.parse().unwrap());
    assert!(check("2020-01-06T04:59:59Z").is_ok());
    assert_eq!(check("2020-01-06T05:00:00Z").unwrap_err().code, RefusalCode::DecisionExpired);
}

#[test]
fn hard_blocks_are_the_age_floor_and_citizens_without_a_criminal_basis() {
    let book = RuleBook::shipped().unwrap();
    let hard = |facts: &str| {
        let (facts, rules) = read(&book, facts);
        book.is_hard_block(&book.find(&facts, rules).unwrap())
    };
    assert!(hard("born=2015-01-01"));
    assert!(hard("citizenship=citizen"));
    assert!(!hard("citizenship=lpr"));
    assert!(!hard("lawful=in_status"));
    assert!(!hard(""));
    let hard: Vec<_> = book.policies(GENERAL).unwrap();
    let hard: Vec<_> = hard.iter().filter(|rule| rule.hard_block).map(|rule| &rule.id).collect();
    assert_eq!(hard, ["UNDER_14", "USC_NO_CRIMINAL_BASIS"]);
}

#[test]
fn what_a_set_would_have_said_is_asked_on_any_day() {
    let book = RuleBook::shipped().unwrap();
    let (facts, _) = read(&book, "citizenship=lpr basis=criminal_arrest");
    let full = book.find_as(&facts, "dhs-full-2021-04-01").unwrap();
    assert_eq!(written(&full), "collect Arrestee DUTY_ARRESTEE -");
    assert_eq!(book.find_as(&facts, "none").unwrap().reasons[0].id, "NO_AUTHORITY");
    assert!(book.find_as(&facts, "some").is_err());
    let holding = |set| -> Vec<&str> {
        book.holding(&facts, set).unwrap().into_iter().map(|rule| rule.id.as_str()).collect()
    };
    assert_eq!(holding(PILOT), ["LPR_PILOT_EXEMPT", "DUTY_ARRESTEE"]);
    assert_eq!(holding(GENERAL), ["DUTY_ARRESTEE"]);
}

#[test]
fn a_finding_names_authority_confidence_and_the_text_it_rests_on() {
    let book = RuleBook::shipped().unwrap();
    let (facts, _) = read(&book, "citizenship=lpr basis=criminal_arrest");
    let finding = book.find(&facts, None).unwrap();
    assert_eq!(finding.outcome, Outcome::DoNotCollect);
    assert_eq!(finding.reasons[0].authority, "ICE ERO Dallas pilot order");
    assert_eq!(finding.reasons[0].confidence, "S2");
    assert_eq!(finding.rule_set_sha256, book.sha256(PILOT).unwrap());
    assert_eq!(finding.rule_set_sha256.len(), 64);
    assert_ne!(book.sha256(PILOT).unwrap(), book.sha256(GENERAL).unwrap());
}

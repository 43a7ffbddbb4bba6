//! What a book of rules refuses, and what it does with a rule that fails while it is evaluated.
//!
//! Deliberately absent: the law itself, which is in `rules`.

use std::collections::BTreeSet;
use std::path::Path;

use journey::eligibility::{Finding, Outcome};
use journey::rules::{RuleBook, RuleFault, Source, Text};

const SCHEMA: &str = include_str!("../../../../rules/booking.cedarschema");
const SITES: &str = include_str!("../../../../rules/sites.toml");
const MANIFEST: &str = "name = \"test\"\ntitle = \"Test\"\neffective_from = \"2020-01-01\"\n\
                        [scope]\ncomponents = []\nsites = []\n";
const DUTY: &str = r#"
    @id("DUTY") @authority("test") @confidence("D") @effective("2020-01-01") @outcome("collect")
    @category("Detainee") @precedence("90") @summary("Everybody.")
    permit (principal, action == Action::"collect", resource);"#;

fn read(policies: &str) -> Result<RuleBook, RuleFault> {
    let text = format!("{DUTY}{policies}");
    let texts = [Text { file: "test.cedar", text: &text }];
    RuleBook::read(SCHEMA, SITES, &[Source { manifest: MANIFEST, texts: &texts }])
}

fn fault(policies: &str) -> String {
    read(policies).expect_err(policies).to_string()
}

fn find(policies: &str) -> Finding {
    let book = read(policies).unwrap();
    let record = super::rules::record();
    let facts = book.facts(&record, record.circumstances.booked_at, None, false);
    book.find(&facts, None).unwrap()
}

/// A forbid with every annotation, and one of them replaced.
fn forbid(replaced: &str, by: &str) -> String {
    let whole = r#"@id("NO") @authority("test") @confidence("D") @effective("2020-01-01")
        @outcome("do_not_collect") @precedence("10") @summary("Nobody.")
        forbid (principal, action == Action::"collect", resource)
        when { resource.fingerprinted };"#;
    assert!(whole.contains(replaced), "{replaced}");
    whole.replace(replaced, by)
}

#[test]
fn the_books_list_is_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let mut folders = BTreeSet::new();
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            folders.insert(entry.file_name().into_string().unwrap());
            for file in std::fs::read_dir(entry.path()).unwrap() {
                let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
                files += text.matches("@id(").count();
            }
        }
    }
    let book = RuleBook::shipped().unwrap();
    let names: BTreeSet<_> = book.sets().map(|manifest| manifest.name.clone()).collect();
    assert_eq!(names, folders);
    let rules = names.iter().flat_map(|set| book.policies(set).unwrap());
    let ids: BTreeSet<_> = rules.map(|rule| &rule.id).collect();
    assert_eq!(ids.len(), files, "every policy of the folder is in the book");
}

#[test]
fn a_policy_that_does_not_say_who_it_is_refuses_the_whole_book() {
    for (annotation, name) in [
        ("@id(\"NO\")", "@id"),
        ("@authority(\"test\")", "@authority"),
        ("@confidence(\"D\")", "@confidence"),
        ("@effective(\"2020-01-01\")", "@effective"),
        ("@outcome(\"do_not_collect\")", "@outcome"),
        ("@precedence(\"10\")", "@precedence"),
        ("@summary(\"Nobody.\")", "@summary"),
    ] {
        let told = fault(&forbid(annotation, ""));
        assert!(told.contains(&format!("there is no {name}; every policy needs one")), "{told}");
    }
}

#[test]
fn annotations_that_mean_nothing_are_refused() {
    for (replaced, by, wanted) in [
        ("\"D\"", "\"sure\"", "it is one of S, S2"),
        ("\"2020-01-01\"", "\"soon\"", "is not a date"),
        ("\"2020-01-01\"", "\"2020-01-02\"", "it holds from 2020-01-02, its set from 2020-01-01"),
        ("\"do_not_collect\"", "\"collect\"", "a forbid has"),
        ("\"do_not_collect\"", "\"defer\"", "without @missing"),
        ("\"10\"", "\"90\"", "precedence 90 is taken"),
        ("\"10\"", "\"first\"", "whole number"),
        ("\"NO\"", "\"DUTY\"", "another policy of the set has this id"),
        ("@id", "@category(\"Detainee\") @id", "belongs to a permit"),
        ("@id", "@missing(\"on_file\") @id", "belongs to a policy that defers"),
        ("@id", "@block(\"soft\") @id", "@block is \"hard\""),
    ] {
        let told = fault(&forbid(replaced, by));
        assert!(told.contains(wanted), "{by}: {told}");
    }
    let column = forbid("\"do_not_collect\")", "\"defer\") @missing(\"height\")");
    assert!(fault(&column).contains("no column of the feed"));
}

#[test]
fn policies_must_fit_the_schema() {
    for condition in [
        "resource.age > 3",
        "resource.kit_available",
        "resource.citizenship == Citizenship::\"cittizen\"",
        "resource.citizenship == \"citizen\"",
        "resource.age_years && true",
        "false",
    ] {
        let told = fault(&forbid("resource.fingerprinted", condition));
        assert!(told.starts_with("rule set test: "), "{condition}: {told}");
    }
    assert!(fault("permit (").starts_with("test.cedar: "));
}

/// Requests are not checked one by one; so a schema that lacks a word of the feed, or asks for what
/// no request has, is refused when it is read.
#[test]
fn the_schema_must_take_every_word_of_the_feed() {
    for (replaced, by, wanted) in [
        ("\"port_hold\",", "", "port_hold"),
        ("\"estimated\",", "", "estimated"),
        ("\"being_admitted\",", "", "being_admitted"),
        ("age_years: Long", "age_years: String", "age_years"),
        ("  infeasible: Bool,", "", "infeasible"),
        ("  infeasible: Bool,", "  infeasible: Bool,\n  height: Long,", "height"),
        ("principal: [Agency]", "principal: [Booking]", "Agency"),
    ] {
        assert!(SCHEMA.contains(replaced), "{replaced}");
        let schema = SCHEMA.replacen(replaced, by, 1);
        let told = RuleBook::read(&schema, SITES, &[]).expect_err(by).to_string();
        assert!(told.starts_with("schema of the rule sets: "), "{told}");
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
}

/// Cedar skips a forbid that fails and then allows. Strict types cannot rule out an overflow.
#[test]
fn a_rule_that_fails_is_never_a_permission() {
    assert_eq!(find("").outcome, Outcome::Collect);
    let failing = "resource.age_years * 9223372036854775807 > 0";
    let finding = find(&forbid("resource.fingerprinted", failing));
    assert_eq!((finding.outcome, finding.category), (Outcome::Defer, None));
    let reasons: Vec<_> = finding.reasons.iter().map(|reason| reason.id.as_str()).collect();
    assert_eq!(reasons, ["INDETERMINATE", "NO"]);
    assert_eq!(finding.missing, Vec::<String>::new());
}

/// A failing duty must not make a skippable sample look decided either.
#[test]
fn a_duty_that_fails_makes_the_answer_indeterminate() {
    let skip = forbid("\"do_not_collect\"", "\"may_skip\"");
    assert_eq!(find(&skip).outcome, Outcome::MaySkip);
    let failing = r#"@id("BAD") @authority("test") @confidence("D") @effective("2020-01-01")
        @outcome("collect") @category("Arrestee") @precedence("5") @summary("Fails.")
        permit (principal, action == Action::"collect", resource)
        when { resource.age_years * 9223372036854775807 > 0 };"#;
    let finding = find(&format!("{skip}{failing}"));
    assert_eq!(finding.outcome, Outcome::Defer);
    assert_eq!(finding.reasons[0].id, "INDETERMINATE");
}

#[test]
fn a_duty_without_a_category_founds_nothing() {
    let text = DUTY.replace("@category(\"Detainee\")", "");
    let texts = [Text { file: "test.cedar", text: &text }];
    let source = Source { manifest: MANIFEST, texts: &texts };
    let book = RuleBook::read(SCHEMA, SITES, &[source]).unwrap();
    let record = super::rules::record();
    let facts = book.facts(&record, record.circumstances.booked_at, None, true);
    let finding = book.find(&facts, None).unwrap();
    assert_eq!(finding.outcome, Outcome::DoNotCollect);
    assert_eq!(finding.reasons[0].id, "NO_DUTY");
}

#[test]
fn manifests_and_sites_are_read_strictly() {
    let texts = [Text { file: "test.cedar", text: DUTY }];
    let refused = |manifests: &[&str]| {
        let sources: Vec<_> =
            manifests.iter().map(|manifest| Source { manifest, texts: &texts }).collect();
        RuleBook::read(SCHEMA, SITES, &sources).expect_err("refused").to_string()
    };
    assert!(refused(&[&format!("effective_until = \"2021-01-01\"\n{MANIFEST}")]).contains("until"));
    let ended = format!("effective_to = \"2019-01-01\"\n{MANIFEST}");
    assert!(refused(&[&ended]).contains("effective_to is before effective_from"));
    let zone = format!("time_zone = \"Texas\"\n{MANIFEST}");
    assert!(refused(&[&zone]).contains("\"Texas\" is no time zone"));
    let base = format!("includes = \"other\"\n{MANIFEST}");
    assert!(refused(&[&base]).contains("there is no rule set \"other\""));
    assert!(refused(&[MANIFEST, MANIFEST]).contains("has the name"));
    let sites = "[[site]]\nname = \"A\"\ntime_zone = \"Texas\"\n";
    let fault = RuleBook::read(SCHEMA, sites, &[]).expect_err("refused");
    assert_eq!(fault, RuleFault::TimeZone { name: "Texas".to_owned() });
}

#[test]
fn a_set_answers_only_on_its_days_and_the_latest_in_scope_is_chosen() {
    let texts = [Text { file: "test.cedar", text: DUTY }];
    let first = format!("effective_to = \"2020-06-30\"\n{MANIFEST}");
    let second = MANIFEST.replace("\"test\"", "\"later\"").replace("2020-01-01", "2020-06-01");
    let site = MANIFEST.replace("\"test\"", "\"site\"").replace("sites = []", "sites = [\"dal\"]");
    let sources: Vec<_> =
        [&first, &second, &site].map(|manifest| Source { manifest, texts: &texts }).into();
    let book = RuleBook::read(SCHEMA, SITES, &sources).unwrap();
    let mut record = super::rules::record();
    let at = record.circumstances.booked_at;
    let mut chosen = |day: &str, place: &str, set: Option<&str>| {
        record.circumstances.site = place.into();
        let facts = book.facts(&record, at, Some(day.parse().unwrap()), false);
        let finding = book.find(&facts, set).unwrap();
        (finding.rule_set, finding.reasons[0].id.clone())
    };
    let found = |set: &str, reason: &str| (set.to_owned(), reason.to_owned());
    assert_eq!(chosen("2020-05-31", "X", None), found("test", "DUTY"));
    assert_eq!(chosen("2020-06-01", "X", None), found("later", "DUTY"));
    assert_eq!(chosen("2020-06-01", "DAL", None), found("site", "DUTY"));
    assert_eq!(chosen("2019-12-31", "DAL", None), found("none", "NO_AUTHORITY"));
    assert_eq!(chosen("2020-06-30", "X", Some("test")), found("test", "DUTY"));
    assert_eq!(chosen("2020-07-01", "X", Some("test")), found("test", "NO_AUTHORITY"));
}

#[test]
fn a_set_leaves_out_what_its_base_has_and_nothing_else() {
    let book = RuleBook::shipped().unwrap();
    let has = |set: &str, id: &str| book.policies(set).unwrap().iter().any(|rule| rule.id == id);
    assert!(has("28cfr28.12-2009-01-09", "B4_INFEASIBLE"));
    assert!(!has("28cfr28.12-2020-04-08", "B4_INFEASIBLE"));
    assert!(!has("ice-dallas-2020-05-01", "B4_INFEASIBLE"));
    assert!(has("cbp-ofo-2020-04-08", "UNDER_18") && !has("cbp-ofo-2020-07-01", "UNDER_18"));
}

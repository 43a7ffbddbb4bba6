//! The page for readers who are no programmers lists every rule as it runs, and no other.

use std::collections::BTreeSet;

use journey::eligibility::Outcome;
use journey::rules::{Rule, RuleBook};

const PAGE: &str = include_str!("../../../../docs/law.md");

/// A row of a table of rules: order, id, outcome, source, how sure.
type Row<'a> = (u32, &'a str, &'a str, &'a str, &'a str);

fn rows() -> Vec<Row<'static>> {
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, order, words, outcome, source, sure, _] = cells.as_slice() else { return None };
        let id = words.strip_prefix('`')?.split('`').next()?;
        Some((order.parse().ok()?, id, *outcome, *source, *sure))
    };
    PAGE.lines().filter_map(row).collect()
}

fn outcome(rule: &Rule) -> String {
    match (rule.outcome, rule.category) {
        (Outcome::Collect, Some(category)) => format!("collect as {}", category.name()),
        (Outcome::Collect, None) => "supports collect".to_owned(),
        (Outcome::MaySkip, _) => "may skip".to_owned(),
        (Outcome::DoNotCollect, _) => "do not collect".to_owned(),
        (Outcome::Defer, _) => "wait".to_owned(),
    }
}

#[test]
fn the_page_of_the_law_lists_the_rules_as_they_run() {
    let book = RuleBook::shipped().unwrap();
    let rows = rows();
    let mut listed = BTreeSet::new();
    for set in book.sets() {
        assert!(PAGE.contains(&format!("`{}`", set.name)), "{} is not on the page", set.name);
        for rule in book.policies(&set.name).unwrap() {
            let row = rows.iter().find(|row| (row.0, row.1) == (rule.precedence, &*rule.reason));
            let (order, id, said, source, sure) = row.unwrap_or_else(|| panic!("no {}", rule.id));
            assert_eq!(*said, outcome(rule), "{id}");
            assert!(rule.authority.contains(source), "{id}: {source} is not {}", rule.authority);
            assert_eq!(*sure, rule.confidence, "{id}");
            listed.insert((*order, *id));
        }
    }
    for (order, id, ..) in rows {
        assert!(listed.contains(&(order, id)), "{id} at {order} is on the page and in no set");
    }
}

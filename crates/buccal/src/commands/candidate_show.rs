//! How candidates are told on a terminal: the worklist, one pair locus by locus, and what another
//! matrix would change. Machines get JSON.

use genetics::Genotype;
use genetics::compare::LocusOutcome;
use genetics::rarity::Rarity;
use jiff::Timestamp;
use journey::candidate::suggestion::Shown;
use service::candidate::what_if::{PairChange, WhatIf};
use service::candidate::{Explained, Listed};

use crate::output::{grid, say};

/// A list of candidates.
pub(super) fn list(lines: &[Listed]) {
    if lines.is_empty() {
        return say("nothing there");
    }
    let row = |line: &Listed| {
        let found = line.found.as_ref();
        let loci = found.map(|it| format!("{} of {}", it.loci_matching, it.loci_compared));
        let late = if line.overdue { ", overdue" } else { "" };
        vec![
            line.candidate.to_string(),
            word(&line.kind),
            loci.unwrap_or_default(),
            found.map_or_else(String::new, |it| it.stringency.clone()),
            line.due_at.map(day).map_or_else(String::new, |day| format!("{day}{late}")),
            line.stage.replace('_', " "),
        ]
    };
    let heads = ["candidate", "records", "loci that agree", "loosest level", "decide by", "stage"];
    say(grid(&heads, lines.iter().map(row)));
}

/// One pair.
pub(super) fn one(explained: &Explained) {
    list(std::slice::from_ref(&explained.listed));
    say(format!("{} beside {}", read_as(explained.evidence), read_as(explained.record)));
    let side = |genotype: Option<&Genotype>| genotype.map_or("-".into(), ToString::to_string);
    let rows = explained.comparison.loci.iter().map(|at| {
        let locus = at.locus.to_string();
        let (level, differs) = outcome(at.outcome);
        vec![locus, side(at.query.as_ref()), side(at.target.as_ref()), level, differs.to_owned()]
    });
    say(grid(&["locus", "evidence", "record", "level", ""], rows));
    let most = explained.rarity.most_conservative.as_deref();
    let rows = explained.rarity.populations.iter().map(|one: &Rarity| {
        let mark = if Some(one.population.as_str()) == most { "most conservative" } else { "" };
        vec![one.population.clone(), one.probability.to_string(), mark.to_owned()]
    });
    say("chance that an unrelated person matches the evidence as loosely:");
    say(grid(&["population", "chance", ""], rows));
    say(format!(
        "among {} records searched, {} are expected by chance",
        explained.records,
        few(explained.chance_candidates)
    ));
    say(format!("suggested: {}", word(&Some(explained.suggestion.step))));
    explained.suggestion.reasons.iter().for_each(|reason| say(format!("  {reason}")));
    if let Some(put_off) = &explained.listed.put_off {
        say(format!("put off by {} until {}: {}", put_off.stamp.by, put_off.until, put_off.why));
    }
    for opinion in &explained.listed.opinions {
        let (side, what) = (opinion.side.word(), opinion.disposition.word().replace('_', " "));
        say(format!("the side of the {side} says {what}: {}", opinion.why));
    }
}

/// How a record must be read: `'Forensic, Unknown', partial`.
fn read_as(shown: Shown) -> String {
    let partial = if shown.partial { ", partial" } else { "" };
    let identified = if shown.identified { ", source identified" } else { "" };
    format!("'{}'{partial}{identified}", shown.category)
}

/// What another matrix would change; pairs of indexes where nothing changes are left out.
pub(super) fn what_if(what_if: &WhatIf) {
    let changes = |pair: &&PairChange| {
        pair.rule_now != pair.rule_then && pair.now + pair.then > 0
            || pair.by_chance_then >= 0.01 && pair.by_chance_then != pair.by_chance_now
    };
    let row = |pair: &PairChange| {
        let rule = |rule: &Option<String>| rule.clone().unwrap_or_else(|| "not searched".into());
        vec![
            word(&Some(pair.query)),
            word(&Some(pair.target)),
            format!("{}\nthen: {}", rule(&pair.rule_now), rule(&pair.rule_then)),
            format!("{}\n{}", pair.now, pair.then),
            format!("+{}\n-{}", pair.appear, pair.vanish),
            format!("{}\n{}", few(pair.by_chance_now), few(pair.by_chance_then)),
        ]
    };
    say(format!("{} records were asked under both matrices; nothing was changed", what_if.records));
    let heads = ["query", "target", "rule now", "candidates", "change", "by chance"];
    say(grid(&heads, what_if.pairs.iter().filter(changes).map(row)));
    for (what, named) in [("would appear", &what_if.appear), ("would vanish", &what_if.vanish)] {
        let first: Vec<_> = named.iter().take(10).map(ToString::to_string).collect();
        let more = named.len().saturating_sub(first.len());
        let more =
            if more > 0 { format!(" and {more} more (--json names them)") } else { String::new() };
        if !first.is_empty() {
            say(format!("{what}: {}{more}", first.join(", ")));
        }
    }
}

fn outcome(outcome: LocusOutcome) -> (String, &'static str) {
    match outcome {
        LocusOutcome::NotCompared => ("not compared".to_owned(), ""),
        LocusOutcome::Match(level) => (level.word().to_owned(), ""),
        LocusOutcome::Mismatch(level) => (level.word().to_owned(), "differs"),
        LocusOutcome::RequiredAlleleAbsent => ("required allele absent".to_owned(), "differs"),
    }
}

/// The word under which a value is written in files, with blanks.
fn word(value: &Option<impl serde::Serialize>) -> String {
    let text = value.as_ref().and_then(|value| serde_json::to_value(value).ok());
    let text = text.as_ref().and_then(|value| value.as_str());
    text.unwrap_or_default().replace('_', " ")
}

fn day(at: Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

/// A number that may be far below one: `2.46`, `3.1e-9`.
pub(super) fn few(number: f64) -> String {
    if number == 0.0 || number >= 0.01 { format!("{number:.2}") } else { format!("{number:.1e}") }
}

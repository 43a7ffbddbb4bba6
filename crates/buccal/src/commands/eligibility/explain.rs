//! A decision in words, for counsel: what was decided, why, what stands behind each reason, which
//! limb of the duty reaches the person, and on which facts all of it rests.
//!
//! Deliberately absent: names of persons; who may see the booking finds them there.

use journey::booking::{CustodyBasis, Known};
use journey::eligibility::{Facts, Outcome, Told};
use journey::rules::Rule;
use service::discretion::Listed;
use service::eligibility::Explained;

/// The explanation, line by line.
pub(super) fn lines(explained: &Explained) -> Vec<String> {
    let Explained { decision, facts, rules, leaves_room, request, owed, rule_set } = explained;
    let finding = &decision.finding;
    let asked = &facts.circumstances;
    let mut lines = vec![
        format!("Booking {} by {} at {}", decision.booking, asked.component, asked.site),
        format!("Decision {} of {}", decision.id, decision.at),
        String::new(),
        format!("    {}", verdict(finding.outcome, finding.category.map(|one| one.name()))),
        format!("    It may be acted on until {}.", decision.expires_at),
    ];
    if !finding.missing.is_empty() {
        lines.push(format!("    It waits for: {}.", finding.missing.join(", ").replace('_', " ")));
    }
    lines.extend(["".to_owned(), "Why; the first reason decides, all hold:".to_owned()]);
    for (number, reason) in (1..).zip(&finding.reasons) {
        let rule = rules.iter().find(|rule| rule.reason == reason.id);
        lines.push(format!("  {number}. {}", reason.id));
        lines.extend(rule.map(|rule| format!("     {}", rule.summary)));
        lines.push(format!("     {}. {}", reason.authority, source(&reason.confidence)));
        if rule.is_some_and(|rule| rule.hard_block) {
            lines.push("     Nobody may set this aside.".to_owned());
        }
    }
    lines.extend(limbs(facts, rules));
    lines.extend(["".to_owned(), "The facts:".to_owned()]);
    lines.extend(known(facts).map(|(name, value)| format!("  {name:<34} {value}")));
    lines.extend(facts.told.as_ref().map(told));
    lines.extend(owed.iter().map(|order| {
        let site = order.site.as_ref().map(|site| format!(" at {site}")).unwrap_or_default();
        let (because, days) = (order.because.replace('_', " "), order.days);
        format!("  The person owes a sample: {because}{site}, {days} days ago.")
    }));
    lines.extend(request.as_ref().map(set_aside).unwrap_or_default());
    if *leaves_room {
        let room =
            "Two persons may set aside what stands in the way, with a reason and a citation.";
        lines.extend([String::new(), room.to_owned()]);
    }
    lines.extend(["".to_owned(), format!("Rule set {}", finding.rule_set)]);
    if let Some(now) = rule_set {
        let until = now.effective_to.map_or("with no end".to_owned(), |day| format!("until {day}"));
        lines.push(format!("  {}; in force from {}, {until}", now.title, now.effective_from));
        if !now.same_text {
            lines.push("  Its text is not the one of this decision any more.".to_owned());
        }
    }
    lines.push(format!("  SHA-256 {}", finding.rule_set_sha256));
    lines
}

fn verdict(outcome: Outcome, category: Option<&str>) -> String {
    let category = category.unwrap_or("none");
    match outcome {
        Outcome::Collect => format!("A sample MUST be taken (specimen category {category})."),
        Outcome::MaySkip => format!(
            "A sample MAY be taken and need not be (specimen category {category}): \
             28 CFR 28.12(e)."
        ),
        Outcome::DoNotCollect => "NO sample may be taken.".to_owned(),
        Outcome::Defer => "UNDECIDED: no sample until the missing facts are there.".to_owned(),
    }
}

fn told(told: &Told) -> String {
    let done = if told.corrected { "corrected" } else { "booked" };
    format!("  As {done} by {} at {}: entry {} of the record.", told.by, told.at, told.entry)
}

fn set_aside(request: &Listed) -> Vec<String> {
    let rules: Vec<_> = request.rules.iter().map(String::as_str).collect();
    let answer = match (&request.answered_by, &request.why_not) {
        (Some(by), Some(why)) => format!("denied by {by}: {why}"),
        (Some(by), None) => format!("approved by {by}"),
        (None, _) => "nobody has answered".to_owned(),
    };
    vec![
        String::new(),
        format!("Asked to set aside {} by {}; {answer}.", rules.join(", "), request.asked_by),
        format!("  Reason: {}", request.reason),
        format!("  Under: {}", request.citation),
    ]
}

/// How sure a source is; what was not read in the text itself, or in a second, is no law here.
fn source(confidence: &str) -> String {
    let words = match confidence {
        "S" => "the text itself was read",
        "S2" => "read as quoted in a second text",
        "C" => "computed from published data",
        "D" => "a setting of this programme, not law",
        _ => "from general knowledge, not read; a setting, not law",
    };
    format!("Source {confidence}: {words}.")
}

/// Both limbs of the duty, whatever the outcome.
fn limbs(facts: &Facts, rules: &[Rule]) -> Vec<String> {
    let criminal = |basis: &CustodyBasis| {
        use CustodyBasis::{Convicted, CriminalArrest, FacingCharges};
        matches!(basis, CriminalArrest | FacingCharges | Convicted)
    };
    let arrested = facts.circumstances.custody_basis.iter().any(criminal);
    let duties = |arrested: bool| {
        let duties = rules.iter().filter(move |rule| {
            let category = rule.category.map(|one| one.name());
            category.is_some_and(|name| (name != "Detainee") == arrested)
        });
        let named: Vec<&str> = duties.map(|rule| rule.id.as_str()).collect();
        if named.is_empty() { "no duty".to_owned() } else { named.join(", ") }
    };
    let reached = if arrested { "reached" } else { "not reached" };
    vec![
        String::new(),
        "The two limbs of 28 CFR 28.12(b), before anything that stands against them:".to_owned(),
        format!(
            "  Arrested, facing charges or convicted, whatever the nationality: {reached}; {}.",
            duties(true)
        ),
        format!("  Non-US persons detained; citizenship gates this limb: {}.", duties(false)),
    ]
}

fn known(facts: &Facts) -> impl Iterator<Item = (&'static str, String)> {
    let asked = &facts.circumstances;
    let age = facts.age_years.map_or("not known".to_owned(), |years| {
        format!("{years} ({})", facts.age_confidence().word())
    });
    let basis: Vec<String> =
        asked.custody_basis.iter().map(|basis| basis.word().replace('_', " ")).collect();
    let yes = |flag: bool| if flag { "yes" } else { "no" }.to_owned();
    let further = match asked.further_proceedings {
        Known::Unknown => "not known",
        other => other.word(),
    };
    let citizenship = format!(
        "{} ({})",
        asked.citizenship.word().replace('_', " "),
        asked.citizenship_confidence.word()
    );
    [
        ("Day of the decision at the site", facts.decided_on.to_string()),
        ("Age in full years", age),
        ("Citizenship", citizenship),
        ("Lawful presence", asked.lawful_status.word().replace('_', " ")),
        ("Held because", basis.join(", ")),
        ("Further detention or proceedings", further.to_owned()),
        ("Fingerprinted at this booking", yes(asked.fingerprint_event.is_some())),
        ("Analysis on file", asked.on_file.word().to_owned()),
        ("Another agency collects", asked.other_agency.clone().unwrap_or("no".to_owned())),
        ("Waiver on record", asked.waiver.clone().unwrap_or("no".to_owned())),
        ("Standing order to collect again", yes(facts.recollection_open)),
    ]
    .into_iter()
}

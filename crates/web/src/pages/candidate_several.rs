//! Several candidates in one step: taken, excluded, or said to be something, each by itself and all
//! for one reason. Stands under `candidate`.

use journey::candidate::Kind;
use journey::candidate::disposition::Disposition;
use journey::ids::CandidateId;
use journey::refusal::Refusal;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use service::ServiceError;
use service::candidate::{Each, Exclude, Listed, Say};

use crate::call::Call;
use crate::components::{code, plain, table};
use crate::form::{Form, Forms};
use crate::layout::part;
use crate::station::Done;
use crate::text::title;

/// Steps about several candidates.
#[derive(Deserialize)]
struct Several {
    candidates: Vec<CandidateId>,
}

pub(super) fn take(call: &Call<'_>) -> Result<Done, ServiceError> {
    let Several { candidates } = call.request()?;
    chosen(&candidates)?;
    shown("taken", &call.programme.take_candidates(&call.op, &candidates)?)
}

pub(super) fn exclude(call: &Call<'_>) -> Result<Done, ServiceError> {
    let exclude: Exclude = call.request()?;
    chosen(&exclude.candidates)?;
    shown("excluded", &call.programme.exclude_candidates(&call.op, &exclude)?)
}

pub(super) fn say(call: &Call<'_>) -> Result<Done, ServiceError> {
    let say: Say = call.request()?;
    chosen(&say.candidates)?;
    let what = format!("said to be {}", title(say.disposition.word()).to_lowercase());
    shown(&what, &call.programme.say_candidates(&call.op, &say)?)
}

fn chosen(candidates: &[CandidateId]) -> Result<(), ServiceError> {
    if candidates.is_empty() {
        let text = "candidates: none is chosen; tick at least one".to_owned();
        return Err(ServiceError::Invalid(text));
    }
    Ok(())
}

fn shown(what: &str, each: &Each) -> Result<Done, ServiceError> {
    let row = |(candidate, refusal): &(CandidateId, Refusal)| {
        vec![code(candidate), plain(&refusal.detail), plain(refusal.code.remedy())]
    };
    let rows: Vec<_> = each.refused.iter().map(row).collect();
    let shown = html! {
        p { (each.done.len()) " " (what) ", " (each.refused.len()) " refused." }
        @if !rows.is_empty() {
            (table("Refused", &["Candidate", "Why", "What to do"], &rows))
        }
    };
    Ok(Done::with(each)?.show(shown))
}

/// The forms for what several of the candidates shown allow.
pub(super) fn parts(call: &Call<'_>, forms: &Forms<'_>, candidates: &[Listed]) -> Markup {
    let of = |wanted: &dyn Fn(&Listed) -> bool| -> Vec<&str> {
        let fitting = candidates.iter().filter(|line| wanted(line));
        fitting.map(|line| line.candidate.as_str()).collect()
    };
    let reviewed = |line: &Listed| line.stage == "under_review";
    let is = |line: &Listed, kind| line.kind == Some(kind);
    let new = of(&|line| line.stage == "new");
    let persons = of(&|line| reviewed(line) && is(line, Kind::EvidenceAndPerson));
    let pairs = of(&|line| reviewed(line) && !is(line, Kind::EvidenceAndPerson));
    html! {
        (several(call, forms, "candidate/take-several", &new, TAKE, |form| {
            form.boxes("candidates", "Candidates", "Untick what you leave to others", &both(&new))
        }))
        (several(call, forms, "candidate/exclude-several", &persons, EXCLUDE, |form| html! {
            (form.boxes("candidates", "Candidates", "Only those that you took", &both(&persons)))
            (form.text("why", "Why", "What in the profiles excludes the records as sources"))
        }))
        (several(call, forms, "candidate/say-several", &pairs, SAY, |form| html! {
            (form.boxes("candidates", "Pairs", "Each side says for itself", &both(&pairs)))
            (form.select("disposition", "They are", "", &dispositions()))
            (form.text("why", "Why", "What in the profiles or in the casework says so"))
        }))
    }
}

const TAKE: [&str; 2] = ["Take several", "Take the ticked ones"];
const EXCLUDE: [&str; 2] = ["Exclude several for one reason", "Exclude the ticked ones"];
const SAY: [&str; 2] = ["Say what several pairs are", "Say so of the ticked ones"];

fn several(
    call: &Call<'_>,
    forms: &Forms<'_>,
    verb: &'static str,
    candidates: &[&str],
    [heading, button]: [&str; 2],
    fields: impl Fn(&Form<'_>) -> Markup,
) -> Markup {
    let action = verb.trim_end_matches("-several").replace('/', ".");
    if candidates.is_empty() || !call.may(&action) {
        return html! {};
    }
    // What is new is there to be taken; what is decided is ticked one by one.
    let ticked = if verb == "candidate/take-several" { candidates } else { &[] };
    let form = forms.of(verb).starting_with(json!({ "candidates": ticked }));
    part(heading, &form.wrap(button, &fields(&form)))
}

fn both<'a>(candidates: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    candidates.iter().map(|id| (*id, *id)).collect()
}

/// What pairs can be; what does not fit a pair is refused for that one.
fn dispositions() -> Vec<(&'static str, String)> {
    Disposition::ALL.iter().map(|one| (one.word(), title(one.word()))).collect()
}

//! What a candidate's page tells beside the loci: what the comparison suggests, how rare the
//! evidence is, what each side said; and the steps that conclude and count. Stands under
//! `candidate`.

use genetics::rarity::Rarity;
use journey::candidate::Kind;
use journey::candidate::disposition::{Disposition, Hit};
use journey::candidate::suggestion::Step;
use journey::ids::{CandidateId, CaseNumber};
use maud::{Markup, html};
use serde::Deserialize;
use service::ServiceError;
use service::candidate::count::{Count, Uncount};
use service::candidate::{Explained, Listed, MoreTime, Resolve, Say};

use super::candidate::address;
use crate::call::Call;
use crate::components::{alert, plain, table, tag};
use crate::form::{Form, Forms};
use crate::layout::part;
use crate::station::Done;
use crate::text::{instant, title, words};

pub(super) fn say(call: &Call<'_>) -> Result<Done, ServiceError> {
    // One pair is said in the words in which one is decided.
    let Resolve { candidate, disposition, why } = call.request()?;
    let say = Say { candidates: vec![candidate.clone()], disposition, why };
    let said = call.programme.say_candidates(&call.op, &say)?.of_one()?;
    Ok(Done::with(&said)?.to(address(&candidate)))
}

pub(super) fn put_off(call: &Call<'_>) -> Result<Done, ServiceError> {
    let more: MoreTime = call.request()?;
    let listed = call.programme.put_off_candidate(&call.op, &more)?;
    Ok(Done::with(&listed)?.to(address(&more.candidate)))
}

pub(super) fn resolve(call: &Call<'_>) -> Result<Done, ServiceError> {
    let resolve: Resolve = call.request()?;
    let listed = call.programme.resolve_candidate(&call.op, &resolve)?;
    Ok(Done::with(&listed)?.to(address(&resolve.candidate)))
}

/// A count as the form gives it: cases with commas between them.
#[derive(Deserialize)]
struct CountForm {
    candidate: CandidateId,
    hit: Hit,
    #[serde(default)]
    aided: Option<String>,
}

pub(super) fn count(call: &Call<'_>) -> Result<Done, ServiceError> {
    let CountForm { candidate, hit, aided } = call.request()?;
    let aided = aided.unwrap_or_default();
    let cases = aided.split(',').map(str::trim).filter(|case| !case.is_empty());
    let aided = cases.map(CaseNumber::from).collect();
    let count = Count { candidate, hit, aided };
    let listed = call.programme.count_candidate(&call.op, &count)?;
    Ok(Done::with(&listed)?.to(address(&count.candidate)))
}

pub(super) fn uncount(call: &Call<'_>) -> Result<Done, ServiceError> {
    let uncount: Uncount = call.request()?;
    let listed = call.programme.uncount_candidate(&call.op, &uncount)?;
    Ok(Done::with(&listed)?.to(address(&uncount.candidate)))
}

/// What the comparison suggests, with its reasons.
pub(super) fn suggested(explained: &Explained) -> Markup {
    let title = match explained.suggestion.step {
        Step::RequestConfirmation => "Suggested: ask for confirmation",
        Step::Exclude => "Suggested: exclude",
        Step::NoMatch => "Suggested: say that they are not of one source",
        Step::OneSource => "Suggested: say that both are of one source",
        Step::GetMoreData => "Suggested: get more data before deciding",
    };
    alert(
        "info",
        title,
        &html! {
            ul { @for reason in &explained.suggestion.reasons { li { (reason) } } }
            p { "A person decides. The suggestion is arithmetic over the loci below." }
        },
    )
}

/// How rare the evidence is, population by population, and how many strangers a search finds.
pub(super) fn rarity_table(explained: &Explained) -> Markup {
    let most = explained.rarity.most_conservative.as_deref();
    let row = |one: &Rarity| {
        let is_most = Some(one.population.as_str()) == most;
        vec![
            plain(&one.population),
            plain(one.probability),
            plain(one.loci.len()),
            html! { @if is_most { (tag("most conservative")) } },
        ]
    };
    let rows: Vec<_> = explained.rarity.populations.iter().map(row).collect();
    let heads = ["Population", "Chance", "Loci", ""];
    html! {
        (table("Chance that an unrelated person matches the evidence as loosely", &heads, &rows))
        p {
            "Among " (explained.records) " records searched, "
            strong { (few(explained.chance_candidates)) }
            " are expected to be found by chance. This is no chance that somebody is the source."
        }
    }
}

/// A number that may be far below one.
pub(super) fn few(number: f64) -> String {
    if number == 0.0 || number >= 0.01 { format!("{number:.2}") } else { format!("{number:.1e}") }
}

/// What each side said so far.
pub(super) fn opinions(listed: &Listed) -> Markup {
    let rows: Vec<_> = listed
        .opinions
        .iter()
        .map(|opinion| {
            vec![
                plain(title(opinion.side.word())),
                plain(title(opinion.disposition.word())),
                plain(&opinion.why),
                plain(&opinion.stamp.by),
                instant(opinion.stamp.at),
            ]
        })
        .collect();
    html! {
        @if !rows.is_empty() {
            (table("What each side said", &["Side", "Disposition", "Why", "By", "When"], &rows))
        }
    }
}

/// The steps that conclude a pair, and that count what came of it.
pub(super) fn steps(call: &Call<'_>, forms: &Forms<'_>, explained: &Explained) -> Markup {
    let listed = &explained.listed;
    let of = |name| forms.of(name).keyed("candidate", listed.candidate.as_str());
    let (reviewed, both) = (listed.stage == "under_review", listed.opinions.len() == 2);
    let countable = matches!(listed.stage, "confirmed" | "concluded");
    html! {
        @if reviewed && call.may("candidate.say") {
            (part("Say what it is", &html! {
                p { "Each side says for itself; when both say the same, the pair is concluded." }
                @let form = of("candidate/say");
                (form.wrap("Say so", &disposition(&form, &explained.fitting)))
            }))
        }
        @if reviewed && call.may("candidate.put-off") {
            (part("Give it more time", &html! {
                p { "Whoever works on it may, with the reason; the time goes on otherwise." }
                @let form = of("candidate/put-off");
                (form.wrap("Give more time", &html! {
                    (form.day("until", "Until", "The last day on which it is decided"))
                    (form.text("why", "Why", "What is waited for"))
                }))
            }))
        }
        @if reviewed && both && call.may("candidate.resolve") {
            (part("Decide between the sides", &html! {
                @let form = of("candidate/resolve");
                (form.wrap("Decide", &disposition(&form, &explained.fitting)))
            }))
        }
        @if countable && call.may("candidate.count") {
            (part("Count what came of it", &html! {
                p { "Each once: a hit by this candidate, an investigation aided by its case." }
                @let form = of("candidate/count");
                @let titles = hits(listed.kind);
                @let options = options(&titles);
                (form.wrap("Count", &html! {
                    (form.select("hit", "Counted as", "", &options))
                    (form.text("aided", "Cases aided", "With commas between; empty for none"))
                }))
            }))
        }
        @if listed.stage == "counted" && call.may("candidate.uncount") {
            (part("Take the count back", &html! {
                @let form = of("candidate/uncount");
                (form.wrap("Take back", &html! { (form.text("why", "Why", "")) }))
            }))
        }
    }
}

fn disposition(form: &Form<'_>, fitting: &[Disposition]) -> Markup {
    let titles: Vec<_> = fitting.iter().map(|one| (one.word(), title(one.word()))).collect();
    let options = options(&titles);
    html! {
        (form.select("disposition", "It is", "", &options))
        (form.text("why", "Why", "What in the profiles or in the casework says so"))
    }
}

fn options<'t>(titles: &'t [(&'static str, String)]) -> Vec<(&'static str, &'t str)> {
    titles.iter().map(|(word, text)| (*word, text.as_str())).collect()
}

fn hits(kind: Option<Kind>) -> Vec<(&'static str, String)> {
    let of_evidence = kind == Some(Kind::TwoOfEvidence);
    let fits = |hit: &&Hit| (**hit == Hit::ForensicHit) == of_evidence;
    Hit::ALL.iter().filter(fits).map(|hit| (hit.word(), title(&words(hit.word())))).collect()
}

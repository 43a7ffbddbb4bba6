//! Candidates: the worklist of a casework laboratory, and one pair locus by locus with what agrees
//! and what differs in words. A candidate is not a hit. No names on this side.

use genetics::compare::{ComparedLocus, LocusOutcome};
use genetics::{Comparison, Genotype, Level};
use journey::candidate::suggestion::Shown;
use journey::candidate::{Found, Kind, Stage};
use journey::ids::CandidateId;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};
use service::ServiceError;
use service::candidate::{Exclude, Explained, Listed};

use crate::call::Call;
use crate::components::{alert, code, facts, plain, table, tag};
use crate::form::{self, Forms};
use crate::layout::{more, part};
use crate::pages::{
    candidate_pairs as pairs, candidate_rank as rank, candidate_several as several, matrix,
};
use crate::station::{Done, Page, Shape, Station, Verb, input, json};
use crate::text::{in_address, instant, title, words};

/// The view that stands where no stage is asked for.
const WAITING: &str = "waiting";
/// The station.
pub(crate) const STATION: Station = Station {
    name: "candidate",
    pages: &[
        Page {
            path: "/candidate",
            action: "candidate.list",
            title: "Candidates",
            nav: "Candidates",
            marked: true,
            render,
            give: Some(give),
        },
        Page {
            path: "/candidate/view",
            action: "candidate.view",
            title: "Candidate",
            nav: "",
            marked: true,
            render: render_one,
            give: Some(give_one),
        },
        Page {
            path: rank::PATH,
            action: "candidate.rank",
            title: "Who explains a mixture",
            nav: "",
            marked: true,
            render: rank::render,
            give: None,
        },
        Page {
            path: matrix::PATH,
            action: "candidate.matrix-view",
            title: "Search matrix",
            nav: "Search matrix",
            marked: false,
            render: matrix::render,
            give: Some(matrix::give),
        },
    ],
    verbs: &[
        Verb {
            name: "take",
            action: "candidate.take",
            page: "/candidate/view",
            inputs: &[input("candidate", Shape::Text)],
            file: false,
            done: "The candidate is yours to look at.",
            run: take,
        },
        Verb {
            name: "put-off",
            action: "candidate.put-off",
            page: "/candidate/view",
            inputs: &[
                input("candidate", Shape::Text),
                input("until", Shape::Day),
                input("why", Shape::Text),
            ],
            file: false,
            done: "The candidate has more time, and why is on record.",
            run: pairs::put_off,
        },
        Verb {
            name: "exclude",
            action: "candidate.exclude",
            page: "/candidate/view",
            inputs: &[input("candidate", Shape::Text), input("why", Shape::Text)],
            file: false,
            done: "The candidate is excluded.",
            run: exclude,
        },
        Verb {
            name: "exclude-several",
            action: "candidate.exclude",
            page: "/candidate",
            inputs: &[input("candidates", Shape::Many), input("why", Shape::Text)],
            file: false,
            done: "Each of the candidates was looked at.",
            run: several::exclude,
        },
        Verb {
            name: "take-several",
            action: "candidate.take",
            page: "/candidate",
            inputs: &[input("candidates", Shape::Many)],
            file: false,
            done: "Each of the candidates was looked at.",
            run: several::take,
        },
        Verb {
            name: "say-several",
            action: "candidate.say",
            page: "/candidate",
            inputs: &[
                input("candidates", Shape::Many),
                input("disposition", Shape::Text),
                input("why", Shape::Text),
            ],
            file: false,
            done: "Each of the candidates was looked at.",
            run: several::say,
        },
        Verb {
            name: "rank",
            action: "candidate.rank",
            page: rank::PATH,
            inputs: &[
                input("specimen", Shape::Text),
                input("contributors", Shape::Optional),
                input("drop_out", Shape::Optional),
                input("drop_in", Shape::Optional),
                input("theta", Shape::Optional),
                input("log10_lr_min", Shape::Optional),
            ],
            file: false,
            done: "The persons were ranked; that is on record.",
            run: rank::run,
        },
        Verb {
            name: "search-again",
            action: "candidate.search-again",
            page: matrix::PATH,
            inputs: &[],
            file: false,
            done: "All evidence is searched again; candidates appear by themselves.",
            run: matrix::search_again,
        },
        Verb {
            name: "what-if",
            action: "candidate.matrix-what-if",
            page: matrix::PATH,
            inputs: &[],
            file: true,
            done: "The other matrix was run over the index.",
            run: matrix::what_if,
        },
        Verb {
            name: "say",
            action: "candidate.say",
            page: "/candidate/view",
            inputs: SAY,
            file: false,
            done: "What you take the pair for is on record.",
            run: pairs::say,
        },
        Verb {
            name: "resolve",
            action: "candidate.resolve",
            page: "/candidate/view",
            inputs: SAY,
            file: false,
            done: "The pair is concluded.",
            run: pairs::resolve,
        },
        Verb {
            name: "count",
            action: "candidate.count",
            page: "/candidate/view",
            inputs: &[
                input("candidate", Shape::Text),
                input("hit", Shape::Text),
                input("aided", Shape::Optional),
            ],
            file: false,
            done: "What came of it is counted.",
            run: pairs::count,
        },
        Verb {
            name: "uncount",
            action: "candidate.uncount",
            page: "/candidate/view",
            inputs: &[input("candidate", Shape::Text), input("why", Shape::Text)],
            file: false,
            done: "The count is taken back, and that is on record.",
            run: pairs::uncount,
        },
        Verb {
            name: "request",
            action: "candidate.request",
            page: "/candidate/view",
            inputs: &[input("candidate", Shape::Text)],
            file: false,
            done: "The database laboratory is asked to confirm.",
            run: request,
        },
    ],
};

const SAY: &[crate::station::Input] = &[
    input("candidate", Shape::Text),
    input("disposition", Shape::Text),
    input("why", Shape::Text),
];

/// A step about one candidate.
#[derive(Deserialize)]
struct About {
    candidate: CandidateId,
}

/// Candidates at a stage, or, at [`WAITING`], those that wait for a laboratory; each with the link
/// to the next page.
fn listed(call: &Call<'_>, stage: &str) -> Result<(Vec<Listed>, Markup), ServiceError> {
    let (laboratory, limit, after) = (call.entered.get("laboratory"), call.limit()?, call.after()?);
    let (programme, op) = (call.programme, &call.op);
    if stage == WAITING {
        let urgent = programme.work_candidates(op, laboratory, &after, limit)?;
        let next = more(call, "/candidate", &urgent, limit);
        return Ok((urgent.into_iter().map(|line| line.0).collect(), next));
    }
    let lines = programme.list_candidates(op, laboratory, stage, &after, limit)?;
    let next = more(call, "/candidate", &lines, limit);
    Ok((lines, next))
}

fn give(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&listed(call, call.stage(""))?.0)
}

fn explained(call: &Call<'_>) -> Result<Explained, ServiceError> {
    let candidate = CandidateId::from(call.needed("candidate")?);
    call.programme.view_candidate(&call.op, &candidate)
}

fn give_one(call: &Call<'_>) -> Result<Value, ServiceError> {
    json(&explained(call)?)
}

fn take(call: &Call<'_>) -> Result<Done, ServiceError> {
    let About { candidate } = call.request()?;
    let taken =
        call.programme.take_candidates(&call.op, std::slice::from_ref(&candidate))?.of_one()?;
    Ok(Done::with(&taken)?.to(address(&candidate)))
}

/// Exclude one.
#[derive(Deserialize)]
struct ExcludeOne {
    candidate: CandidateId,
    why: String,
}

fn exclude(call: &Call<'_>) -> Result<Done, ServiceError> {
    let ExcludeOne { candidate, why } = call.request()?;
    let exclude = Exclude { candidates: vec![candidate.clone()], why };
    let excluded = call.programme.exclude_candidates(&call.op, &exclude)?.of_one()?;
    Ok(Done::with(&excluded)?.to(address(&candidate)))
}

fn request(call: &Call<'_>) -> Result<Done, ServiceError> {
    let About { candidate } = call.request()?;
    let confirmation = call.programme.request_confirmation(&call.op, &candidate)?;
    Ok(Done::with(&json!({ "confirmation": confirmation }))?.to(address(&candidate)))
}

/// Where a candidate is looked at. Its id is made of two specimen numbers, which tell nothing.
pub(super) fn address(candidate: &CandidateId) -> String {
    let id = in_address(candidate.as_str());
    format!("/candidate/view?candidate={id}")
}

fn render(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let stage = call.stage(WAITING);
    let (candidates, next) = listed(call, stage)?;
    Ok(html! {
        p { "A candidate is not a hit: a search found that two profiles may come from one person." }
        @if call.may("candidate.matrix-view") {
            p { a href=(matrix::PATH) { "Which index is searched against which" } }
        }
        (rank::link(call))
        (narrow(call, stage))
        (candidates_table(call, &candidates))
        (next)
        (several::parts(call, forms, &candidates))
    })
}

fn narrow(call: &Call<'_>, stage: &str) -> Markup {
    let stages = [WAITING].into_iter().chain(Stage::WORDS.iter().copied());
    let titles: Vec<_> = stages.map(|word| (word, title(word))).collect();
    let options: Vec<_> = titles.iter().map(|(word, text)| (*word, text.as_str())).collect();
    let laboratory = call.entered.get("laboratory");
    let hint = "ORI; empty for all of yours";
    form::ask(
        "/candidate",
        "Show",
        &html! {
            (form::ask_text("ask-laboratory", "laboratory", "Laboratory", hint, laboratory))
            (form::ask_select("ask-stage", "stage", "Stage", "", &options, stage))
        },
    )
}

fn candidates_table(call: &Call<'_>, candidates: &[Listed]) -> Markup {
    let may = call.may("candidate.view");
    let row = |line: &Listed| {
        let Some(found) = &line.found else {
            let gone = plain("A record was removed");
            let nothing = || html! {};
            return vec![gone, nothing(), nothing(), nothing(), nothing(), tag(line.stage)];
        };
        let pair = html! { (code(&found.evidence)) " and " (code(&found.record)) };
        let pair = html! {
            @if may { a href=(address(&line.candidate)) { (pair) } } @else { (pair) }
        };
        let counts = html! { (found.loci_matching) " of " (found.loci_compared) };
        vec![
            pair,
            plain(other_side(found)),
            counts,
            plain(words(&found.stringency)),
            html! {
                @if let Some(due_at) = line.due_at { (instant(due_at)) }
                @if line.overdue { " " (tag("overdue")) }
            },
            tag(line.stage),
        ]
    };
    let rows: Vec<_> = candidates.iter().map(row).collect();
    let heads = [
        "Evidence and record",
        "The record is",
        "Loci that agree",
        "Loosest level",
        "Decide by",
        "Stage",
    ];
    table("Candidates", &heads, &rows)
}

fn settings(found: &Found) -> String {
    found.rule.as_ref().map_or_else(|| "not kept".to_owned(), ToString::to_string)
}

fn other_side(found: &Found) -> &'static str {
    match found.kind() {
        Kind::EvidenceAndPerson => "of a person",
        Kind::TwoOfEvidence => "other evidence",
        Kind::TwoPersons => "a second record of a person",
    }
}

fn render_one(call: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let explained = explained(call)?;
    let Explained { listed, comparison, .. } = &explained;
    Ok(html! {
        (facts(&told(&explained)))
        (not_a_hit())
        (pairs::suggested(&explained))
        (loci_table(comparison))
        (pairs::rarity_table(&explained))
        (pairs::opinions(listed))
        (steps(call, forms, listed))
        (pairs::steps(call, forms, &explained))
        p { a href="/candidate" { "Back to the worklist" } }
    })
}

/// What was found and with what settings, and what the comparison counts: one list, so that all of
/// it stands in the same columns.
fn told(explained: &Explained) -> Vec<(&'static str, Markup)> {
    let Explained { listed, comparison, evidence, record, .. } = explained;
    let of_found = |found: &Found| {
        let evidence = html! { (code(&found.evidence)) ", " (read_as(*evidence)) };
        let record =
            html! { (code(&found.record)) ", " (other_side(found)) ", " (read_as(*record)) };
        [
            ("Evidence", evidence),
            ("Record", record),
            ("Found", instant(found.found_at)),
            ("Stage", tag(listed.stage)),
            ("Decide by", decide_by(listed)),
            ("Settings of the search", plain(settings(found))),
        ]
    };
    let found = listed.found.iter().flat_map(of_found);
    found.chain(counts(comparison)).collect()
}

/// The end of its time, and why that was moved.
fn decide_by(listed: &Listed) -> Markup {
    html! {
        @match listed.due_at { Some(due_at) => (instant(due_at)), None => "not kept" }
        @if listed.overdue { " " (tag("overdue")) }
        @if let Some(put_off) = &listed.put_off {
            "; put off by " (put_off.stamp.by) ": " (put_off.why)
        }
    }
}

/// How a record must be read: `Forensic, Unknown; partial`.
fn read_as(shown: Shown) -> Markup {
    html! {
        (shown.category)
        @if shown.partial { "; partial: alleles may have dropped out" }
        @if shown.identified { "; its source is identified" }
    }
}

fn counts(comparison: &Comparison) -> [(&'static str, Markup); 4] {
    let at = |level: Level| {
        let fits = |entry: &&ComparedLocus| entry.outcome == LocusOutcome::Match(level);
        comparison.loci.iter().filter(fits).count()
    };
    let agree = html! {
        (comparison.matching()) " (high " (at(Level::High)) ", moderate " (at(Level::Moderate))
        ", low " (at(Level::Low)) ")"
    };
    [
        ("Loci compared", plain(comparison.compared())),
        ("Loci that agree", agree),
        ("Loci that differ", html! { (comparison.mismatching()) (named(comparison, differs)) }),
        ("Loosest level that agrees", plain(comparison.loosest().map_or("none", Level::word))),
    ]
}

fn differs(outcome: LocusOutcome) -> bool {
    matches!(outcome, LocusOutcome::Mismatch(_) | LocusOutcome::RequiredAlleleAbsent)
}

/// The loci of an outcome, by name.
fn named(comparison: &Comparison, wanted: fn(LocusOutcome) -> bool) -> String {
    let fitting = comparison.loci.iter().filter(|entry| wanted(entry.outcome));
    let names: Vec<_> = fitting.map(|entry| entry.locus.name()).collect();
    match names.as_slice() {
        [] => String::new(),
        names => format!(": {}", names.join(", ")),
    }
}

fn not_a_hit() -> Markup {
    alert(
        "info",
        "A candidate is not a hit",
        &html! {
            p {
                "In the FBI's own illustration of a partial match two profiles agree at moderate "
                "stringency at 13 of 13 loci, and the person is still excluded: both profiles are "
                "complete and of a single source, and their alleles are not the same. A close "
                "relative may look like that. Read every locus at which the level is not high."
            }
        },
    )
}

fn loci_table(comparison: &Comparison) -> Markup {
    let rows: Vec<_> = comparison.loci.iter().map(locus_row).collect();
    let heads = ["Locus", "Evidence", "Record", "Level", "Only on one side", "Verdict"];
    table("Locus by locus", &heads, &rows)
}

fn locus_row(entry: &ComparedLocus) -> Vec<Markup> {
    let (word, text) = verdict(entry.outcome);
    vec![
        plain(entry.locus),
        side(entry.query.as_ref()),
        side(entry.target.as_ref()),
        plain(level(entry.outcome)),
        one_sided(entry),
        html! {
            span.tag.tag-wrong[differs(entry.outcome)].tag-plain[!differs(entry.outcome)] { (word) }
            " " (text)
        },
    ]
}

fn side(genotype: Option<&Genotype>) -> Markup {
    html! { @match genotype { Some(genotype) => (code(genotype)), None => "not typed" } }
}

fn level(outcome: LocusOutcome) -> &'static str {
    match outcome {
        LocusOutcome::NotCompared => "none",
        LocusOutcome::Match(level) | LocusOutcome::Mismatch(level) => level.word(),
        LocusOutcome::RequiredAlleleAbsent => "mismatch",
    }
}

/// A word for the tag, and what it means; the word alone tells, whatever its colour.
fn verdict(outcome: LocusOutcome) -> (&'static str, &'static str) {
    match outcome {
        LocusOutcome::NotCompared => ("not compared", "typed on one side only"),
        LocusOutcome::Match(Level::High) => ("agrees", "the same alleles"),
        LocusOutcome::Match(Level::Moderate) => ("agrees", "one side is contained in the other"),
        LocusOutcome::Match(_) => ("agrees", "an allele is shared"),
        LocusOutcome::Mismatch(Level::Mismatch) => ("differs", "no allele is shared"),
        LocusOutcome::Mismatch(_) => ("differs", "less agrees than the search asks for"),
        LocusOutcome::RequiredAlleleAbsent => ("differs", "a required allele is missing"),
    }
}

fn one_sided(entry: &ComparedLocus) -> Markup {
    let (Some(evidence), Some(record)) = (&entry.query, &entry.target) else {
        return html! {};
    };
    let (left, right) = (only(evidence, record), only(record, evidence));
    html! {
        @if !left.is_empty() { "evidence " strong { (left) } }
        @if !left.is_empty() && !right.is_empty() { "; " }
        @if !right.is_empty() { "record " strong { (right) } }
    }
}

/// Alleles of one genotype that have no partner in the other.
fn only(genotype: &Genotype, other: &Genotype) -> String {
    let alone = genotype.alleles().iter().filter(|allele| {
        let mut others = other.alleles().iter();
        !others.any(|partner| allele.agrees_with(*partner))
    });
    let alone: Vec<_> = alone.map(ToString::to_string).collect();
    alone.join(", ")
}

fn steps(call: &Call<'_>, forms: &Forms<'_>, listed: &Listed) -> Markup {
    let candidate = listed.candidate.as_str();
    let of = |name| forms.of(name).keyed("candidate", candidate);
    let exclude = of("candidate/exclude");
    let is_of_person = listed.kind == Some(Kind::EvidenceAndPerson);
    html! {
        @if listed.stage == "new" && call.may("candidate.take") {
            (part("Take it", &html! {
                p { "Whoever takes a candidate decides on it." }
                (of("candidate/take").button("Take this candidate", ""))
            }))
        }
        @if listed.stage == "under_review" && is_of_person && call.may("candidate.request") {
            (part("Ask for confirmation", &html! {
                p {
                    "The database laboratory then checks lawfulness, identity and profile anew. "
                    "A name comes out of that, if at all; never from here."
                }
                (of("candidate/request").button("Ask for confirmation", ""))
            }))
        }
        @if listed.stage == "under_review" && is_of_person && call.may("candidate.exclude") {
            (part("Exclude it", &exclude.wrap("Exclude this candidate", &html! {
                (exclude.text(
                    "why", "Why", "What in the profiles excludes the record as the source",
                ))
            })))
        }
    }
}

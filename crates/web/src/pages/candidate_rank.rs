//! Persons of the index ranked by how well they explain evidence. Stands under `candidate`.

use std::str::FromStr;

use journey::ids::SpecimenNumber;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use service::ServiceError;
use service::candidate::rank::{LOG10_LR_DEFAULT, Rank, Ranked, Ranking};

use super::candidate::address;
use crate::call::Call;
use crate::components::{code, facts, plain, table, tag};
use crate::form::Forms;
use crate::layout::part;
use crate::station::Done;

/// Where the page is.
pub(super) const PATH: &str = "/candidate/rank";

/// What the form asks. Figures are read here, so that a wrong one is named.
#[derive(Deserialize)]
struct Asked {
    specimen: SpecimenNumber,
    contributors: Option<String>,
    drop_out: Option<String>,
    drop_in: Option<String>,
    theta: Option<String>,
    log10_lr_min: Option<String>,
}

impl Asked {
    fn read(self) -> Result<Rank, ServiceError> {
        let usual = Rank::new(self.specimen);
        Ok(Rank {
            contributors: figure("contributors", self.contributors)?,
            drop_out: figure("drop_out", self.drop_out)?.unwrap_or(usual.drop_out),
            drop_in: figure("drop_in", self.drop_in)?.unwrap_or(usual.drop_in),
            theta: figure("theta", self.theta)?.unwrap_or(usual.theta),
            log10_lr_min: figure("log10_lr_min", self.log10_lr_min)?.unwrap_or(usual.log10_lr_min),
            ..usual
        })
    }
}

fn figure<T: FromStr>(name: &str, text: Option<String>) -> Result<Option<T>, ServiceError> {
    let read = text.map(|text| {
        text.trim().parse().map_err(|_| {
            ServiceError::Invalid(format!("{name}: '{text}' was found; give a number such as 2"))
        })
    });
    read.transpose()
}

/// The way to the page, for who may see it.
pub(super) fn link(call: &Call<'_>) -> Markup {
    html! {
        @if call.may("candidate.rank") {
            p { a href=(PATH) { "Which persons explain a mixture best" } }
        }
    }
}

pub(super) fn run(call: &Call<'_>) -> Result<Done, ServiceError> {
    let asked: Asked = call.request()?;
    let ranking = call.programme.rank_persons(&call.op, &asked.read()?)?;
    Ok(Done::with(&ranking)?.show(shown(&ranking)))
}

fn shown(ranking: &Ranking) -> Markup {
    let row = |ranked: &Ranked| {
        vec![
            plain(ranked.rank),
            code(&ranked.specimen),
            plain(ranked.category),
            plain(format!("{:.1}", ranked.log10_lr)),
            plain(format!(
                "{} of {} at {} loci",
                ranked.alleles_shown, ranked.alleles, ranked.loci
            )),
            html! {
                @if let Some((id, stage)) = &ranked.candidate {
                    a href=(address(id)) { (id) } " " (tag(stage))
                } @else { "none" }
            },
        ]
    };
    let rows: Vec<_> = ranking.ranked.iter().map(row).collect();
    let heads = ["Rank", "Specimen", "Category", "log10 LR", "Alleles shown", "Candidate"];
    let basis = [
        ("Evidence", code(&ranking.specimen)),
        ("Supposed", plain(&ranking.model)),
        ("Least ratio of", plain(ranking.populations.join(", "))),
        ("Persons looked at", plain(ranking.persons)),
        (
            "Expected among strangers",
            plain(format!(
                "at most {} with a ratio of 10^{} or more",
                ranking.by_chance_at_most, ranking.log10_lr_min
            )),
        ),
    ];
    html! {
        (facts(&basis))
        (table("Best first", &heads, &rows))
    }
}

pub(super) fn render(_: &Call<'_>, forms: &Forms<'_>) -> Result<Markup, ServiceError> {
    let start = json!({ "log10_lr_min": LOG10_LR_DEFAULT.to_string() });
    let form = forms.of("candidate/rank").starting_with(start);
    let fields = html! {
        (form.text("specimen", "Evidence", "Its specimen number; a mixture of your laboratory"))
        (form.text("contributors", "Persons in it", "1 to 4; empty: the fewest its alleles allow"))
        (form.text("drop_out", "Drop-out", "Chance that a copy is not seen; empty: 0.1"))
        (form.text("drop_in", "Drop-in", "Chance of an allele of nobody at a locus; empty: 0.05"))
        (form.text("theta", "Theta", "Ancestry in common; empty: 0.01"))
        (form.text("log10_lr_min", "Least ratio told", "As a power of ten, 4 or more"))
    };
    Ok(html! {
        p {
            "How much better the evidence is explained with a person and unknown persons than with "
            "unknown persons alone. A rank is no candidate and confirms nobody; a relative of a "
            "contributor ranks high too. Every ranking is on record."
        }
        (part("Evidence to explain", &form.wrap("Rank the persons", &fields)))
    })
}

//! Persons of the index ranked by how much better each explains evidence than unknown persons do.
//!
//! Only indexes that the search matrix allows are looked at, and only ratios are told that few
//! strangers reach: among N unrelated persons at most N / x are expected with a ratio of x or more
//! (Turing, in Good 1950, Probability and the Weighing of Evidence; docs/math.md). A rank is no
//! candidate, asks nobody for confirmation and opens no name; that it was looked at is on record.

use genetics::likelihood::{MixtureLikelihood, Model, PersonRatio};
use genetics::rarity::MinimumFrequency;
use genetics::{Category, LocusSet, Population, Profile};
use journey::candidate::Found;
use journey::ids::{CandidateId, SpecimenNumber};
use journey::refusal::RefusalCode;
use serde::Serialize;
use store::Tx;
use store::index as rows;
use store::index::upload::Searchable;

use crate::context::OpContext;
use crate::error::ServiceError;
use crate::programme::Programme;
use crate::unit::note;

/// The least ratio that is told, as a power of ten, unless told otherwise (D).
pub const LOG10_LR_DEFAULT: f64 = 6.0;
/// Below this power of ten nothing is told: relatives of contributors stand there (D).
pub const LOG10_LR_FLOOR: f64 = 4.0;
/// Persons told, at most.
const RANKED_MAX: usize = 100;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Rank {
    /// The evidence.
    pub specimen: SpecimenNumber,
    /// Persons in it; the fewest that its alleles allow where it is not told.
    pub contributors: Option<u8>,
    /// The chance that a copy of an allele is not seen.
    pub drop_out: f64,
    /// The chance that an allele of nobody is seen at a locus.
    pub drop_in: f64,
    /// Ancestry in common.
    pub theta: f64,
    /// The least ratio that is told, as a power of ten.
    pub log10_lr_min: f64,
}

impl Rank {
    /// With the usual model.
    pub fn new(specimen: SpecimenNumber) -> Self {
        let (drop_out, drop_in, theta) = (0.1, 0.05, 0.01);
        let log10_lr_min = LOG10_LR_DEFAULT;
        Self { specimen, contributors: None, drop_out, drop_in, theta, log10_lr_min }
    }
}

/// The persons who explain evidence best.
#[derive(Clone, Debug, Serialize)]
pub struct Ranking {
    /// The evidence.
    pub specimen: SpecimenNumber,
    /// What was supposed about it.
    pub model: String,
    /// Populations of which the least ratio counts.
    pub populations: Vec<String>,
    /// The least ratio that is told, as a power of ten.
    pub log10_lr_min: f64,
    /// Persons that were looked at.
    pub persons: u64,
    /// Of that many unrelated persons, at most so many are expected with such a ratio.
    pub by_chance_at_most: f64,
    /// Best first, at most a hundred.
    pub ranked: Vec<Ranked>,
}

/// A person beside the evidence.
#[derive(Clone, Debug, Serialize)]
pub struct Ranked {
    /// Counted from 1.
    pub rank: usize,
    /// The person's specimen.
    pub specimen: SpecimenNumber,
    /// Its category.
    pub category: Category,
    /// The ratio, as a power of ten.
    pub log10_lr: f64,
    /// The population that has the least ratio.
    pub population: String,
    /// Loci that count.
    pub loci: usize,
    /// The person's alleles there.
    pub alleles: usize,
    /// Those that the evidence shows.
    pub alleles_shown: usize,
    /// The candidate that the two are, if the search made them one, and where it stands.
    pub candidate: Option<(CandidateId, &'static str)>,
}

impl Programme {
    /// Ranks the persons of the index by how well they explain evidence.
    ///
    /// # Errors
    /// `NotFound` for evidence that is not in the index; `Forbidden` to an account that does not
    /// work for its laboratory; `Refused` where the matrix lets it be searched against no persons;
    /// `Invalid` for figures that are no model, or that cannot explain it.
    pub fn rank_persons(&self, op: &OpContext<'_>, asked: &Rank) -> Result<Ranking, ServiceError> {
        let missing = || ServiceError::not_found("record of the index", &asked.specimen);
        let found = self.index.read(|tx| rows::upload::searchable(tx, &asked.specimen))?;
        let evidence = found.ok_or_else(missing)?;
        self.may(op, "candidate.rank", evidence.laboratory.as_str())?;
        let index = evidence.category.index();
        let mut targets = self.matrix_on(op.today())?.targets(index);
        targets.retain(|target| target.holds_persons());
        if !index.holds_evidence() || targets.is_empty() {
            let found = format!("'{}' is ranked against no persons", evidence.category);
            return Err(RefusalCode::SearchForbidden.about(found).into());
        }
        let model = model(asked, &evidence.profile)?;
        let mixtures = self.mixtures(&evidence.profile, &model)?;
        let (persons, ranked) = self.matcher.rank(&self.index, &mixtures, &targets, RANKED_MAX)?;
        let told = ranked.iter().filter(|it| it.ratio.log10() >= asked.log10_lr_min);
        let keys: Vec<u64> = told.map(|ranked| ranked.key.0).collect();
        let ranked = self.index_step(op, "candidate", asked.specimen.as_str(), |tx| {
            note(tx, op, "candidate", asked.specimen.as_str(), "ranked", &model.to_string())?;
            let mut ranked = Vec::new();
            for key in &keys {
                if let Some(person) = rows::upload::by_key(tx, *key)? {
                    ranked.extend(standing(tx, &evidence, &person, &mixtures, ranked.len() + 1)?);
                }
            }
            Ok(ranked)
        })?;
        Ok(Ranking {
            specimen: asked.specimen.clone(),
            model: model.to_string(),
            populations: self.frequencies.usual().map(|it| it.name().to_owned()).collect(),
            log10_lr_min: asked.log10_lr_min,
            persons,
            by_chance_at_most: persons as f64 / 10_f64.powf(asked.log10_lr_min),
            ranked,
        })
    }

    fn mixtures(
        &self,
        evidence: &Profile,
        model: &Model,
    ) -> Result<Vec<MixtureLikelihood>, ServiceError> {
        let evidence = std::slice::from_ref(evidence);
        let mixture = |population: &Population| {
            MixtureLikelihood::new(evidence, LocusSet::core20(), population, model)
        };
        let mixtures: Result<_, _> = self.frequencies.usual().map(mixture).collect();
        mixtures.map_err(|refused| ServiceError::Invalid(format!("evidence: {refused}")))
    }
}

fn model(asked: &Rank, evidence: &Profile) -> Result<Model, ServiceError> {
    let found = asked.log10_lr_min;
    if found.is_nan() || found < LOG10_LR_FLOOR {
        return Err(ServiceError::Invalid(format!(
            "log10_lr_min: {found} was found; give {LOG10_LR_FLOOR} or more, below which strangers \
             and relatives of contributors stand"
        )));
    }
    let fewest = evidence.alleles_max(LocusSet::autosomal()).div_ceil(2);
    let fewest = u8::try_from(fewest).unwrap_or(u8::MAX);
    let contributors = asked.contributors.unwrap_or(fewest);
    let minimum = MinimumFrequency::FiveOverTwoN;
    Model::new(contributors, asked.drop_out, asked.drop_in, asked.theta, minimum)
        .map_err(|refused| ServiceError::Invalid(format!("model: {refused}")))
}

fn standing(
    tx: &mut dyn Tx,
    evidence: &Searchable,
    person: &Searchable,
    mixtures: &[MixtureLikelihood],
    rank: usize,
) -> Result<Option<Ranked>, ServiceError> {
    let ratios = mixtures.iter().map(|mixture| mixture.ratio(&person.profile));
    let Some(least) = PersonRatio::least(ratios.collect()) else { return Ok(None) };
    let id = Found::id_of(&evidence.id, &person.id);
    let candidate = rows::candidate::load(tx, &id)?.map(|row| (id, row.value.word()));
    Ok(Some(Ranked {
        rank,
        specimen: person.id.clone(),
        category: person.category,
        log10_lr: (least.ratio.log10() * 1000.0).round() / 1000.0,
        population: least.population,
        loci: least.loci.len(),
        alleles: least.loci.iter().map(|at| at.alleles).sum(),
        alleles_shown: least.loci.iter().map(|at| at.shown).sum(),
        candidate,
    }))
}

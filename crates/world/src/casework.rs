//! Genotypes of the month's people, and the evidence of the casework laboratories.

use genetics::{Category, Frequencies, Population, Profile, SearchRule, compare};
use jiff::{SignedDuration, Timestamp};
use journey::ids::{CaseNumber, Ori, SpecimenNumber};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

use crate::evidence::{Entered, Evidence, Origin, full, mixture, partial};
use crate::month::{Arrival, CaseworkLaboratory};
use crate::person::SyntheticPerson;
use crate::profile::{Kinship, Sex, relative, resampled, unrelated};
use crate::random::{Stream, pick, shuffle, stream};
use crate::settings::Settings;

/// Loci that partial evidence may lack.
const LOST_MAX: usize = 9;

/// Loci that evidence of a near miss may lack: the worst that still enters.
const LOST_MAX_OF_NEAR_MISS: usize = 12;

/// How many relatives are drawn, at most, until one is a candidate.
const RELATIVES_DRAWN_MAX: usize = 5000;

/// Genotypes in the order of the people.
pub(crate) fn genotypes(
    settings: &Settings,
    people: &[SyntheticPerson],
    frequencies: &Frequencies,
) -> Vec<Profile> {
    let mut rng = stream(settings.seed, Stream::Genotypes);
    people
        .iter()
        .filter_map(|person| {
            let population = pick(frequencies.populations(), &mut rng)?;
            Some(unrelated(population, person.sex, settings.tri_allele_rate, &mut rng))
        })
        .collect()
}

/// Three laboratories with ORIs that no agency has.
pub(crate) fn laboratories() -> Vec<CaseworkLaboratory> {
    [
        ("TXSYN0100", "Northfork Regional Laboratory"),
        ("TXSYN0200", "Lakeside County Laboratory"),
        ("OKSYN0300", "Redplain State Laboratory"),
    ]
    .map(|(ori, name)| CaseworkLaboratory { ori: Ori::from(ori), name: name.to_owned() })
    .to_vec()
}

/// The evidence, in order of entry.
pub(crate) fn evidence(
    settings: &Settings,
    arrivals: &[Arrival],
    genotypes: &[Profile],
    laboratories: &[CaseworkLaboratory],
    frequencies: &Frequencies,
) -> Vec<Evidence> {
    let mut maker = Maker { rng: stream(settings.seed, Stream::Casework), frequencies, genotypes };
    let first = Timestamp::UNIX_EPOCH;
    let (before, after) = entry_times(settings).unwrap_or((first, first));
    let planted = maker.planted(settings, arrivals);
    let wanted = settings.evidence.max(planted.len());
    let mut origins = planted;
    origins.resize(wanted, Origin::Stranger);
    let mut made: Vec<Evidence> = (0..)
        .zip(origins)
        .filter_map(|(number, origin)| {
            let stain = maker.stain(number, origin)?;
            let (entered, from) = match maker.enters_after(number, origin) {
                true => (Entered::After, after),
                false => (Entered::Before, before),
            };
            let minutes = maker.rng.random_range(0..14 * 24 * 60);
            Some(Evidence {
                case: CaseNumber::from(""),
                specimen: SpecimenNumber::from(""),
                laboratory: pick(laboratories, &mut maker.rng)?.ori.clone(),
                category: stain.category,
                profile: stain.profile,
                complete: stain.complete,
                contributors: stain.contributors,
                origin,
                entered,
                entered_at: from + SignedDuration::from_mins(minutes),
            })
        })
        .collect();
    made.sort_by_key(|evidence| evidence.entered_at);
    for (number, evidence) in (1..).zip(&mut made) {
        evidence.case = CaseNumber::new(format!("CASE-2020-{number:04}"));
        evidence.specimen = SpecimenNumber::new(format!("E20-{number:05}"));
    }
    made
}

/// Evidence is entered in the two weeks that end a day before the month, or in the two weeks that
/// begin 45 days after it, when its samples are long typed.
fn entry_times(settings: &Settings) -> Option<(Timestamp, Timestamp)> {
    let midnight = settings.first_day.to_datetime(jiff::civil::Time::midnight());
    let first = jiff::tz::Offset::constant(-5).to_timestamp(midnight).ok()?;
    let before = first.checked_sub(SignedDuration::from_hours(15 * 24)).ok()?;
    let days = i64::from(settings.days) + 45;
    let after = first.checked_add(SignedDuration::from_hours(days * 24)).ok()?;
    Some((before, after))
}

struct Maker<'m> {
    rng: ChaCha8Rng,
    frequencies: &'m Frequencies,
    genotypes: &'m [Profile],
}

struct Stain {
    category: Category,
    profile: Profile,
    complete: Profile,
    contributors: Vec<usize>,
}

impl Maker<'_> {
    /// Origins that the month must have: people with an accepted sample that is not to be
    /// removed, each once, then relatives of other such people.
    fn planted(&mut self, settings: &Settings, arrivals: &[Arrival]) -> Vec<Origin> {
        let mut people: Vec<usize> = arrivals
            .iter()
            .filter(|arrival| arrival.ends_accepted() && arrival.removal.is_none())
            .map(|arrival| arrival.true_person)
            .collect();
        people.sort_unstable();
        people.dedup();
        shuffle(&mut people, &mut self.rng);
        let mut left = people.into_iter();
        let of_persons: Vec<_> =
            left.by_ref().take(settings.evidence_of_persons).map(Origin::Person).collect();
        let of_relatives = left.take(settings.evidence_of_relatives);
        let relatives = of_relatives.enumerate().map(|(number, of)| Origin::Relative {
            of,
            kinship: match number % 2 {
                0 => Kinship::FullSibling,
                _ => Kinship::ParentOrChild,
            },
        });
        of_persons.into_iter().chain(relatives).collect()
    }

    /// Planted evidence is entered before and after the people, three by three, so that each
    /// category stands on both sides; of the rest a third comes after.
    fn enters_after(&mut self, number: usize, origin: Origin) -> bool {
        let by_chance = self.rng.random_bool(1.0 / 3.0);
        match origin {
            Origin::Stranger => by_chance,
            Origin::Person(_) | Origin::Relative { .. } => number / 3 % 2 == 1,
        }
    }

    fn stain(&mut self, number: usize, origin: Origin) -> Option<Stain> {
        let (source, contributors) = match origin {
            Origin::Stranger => (self.stranger()?, Vec::new()),
            Origin::Person(person) => (resampled(self.genotypes.get(person)?), vec![person]),
            Origin::Relative { of, kinship } => return self.near_miss(of, kinship),
        };
        let (category, profile, complete) = match category(number, origin) {
            Category::ForensicPartial => (
                Category::ForensicPartial,
                partial(&source, LOST_MAX, &mut self.rng),
                full(&source),
            ),
            Category::ForensicMixture => {
                let mixed = mixture(&source, &self.stranger()?);
                (Category::ForensicMixture, mixed.clone(), mixed)
            }
            _ => (Category::ForensicUnknown, full(&source), full(&source)),
        };
        Some(Stain { category, profile, complete, contributors })
    }

    /// Partial evidence of a relative that a search takes for the person. Relatives are drawn
    /// until one is close enough by chance: none is made up to fit.
    fn near_miss(&mut self, of: usize, kinship: Kinship) -> Option<Stain> {
        let person = self.genotypes.get(of)?;
        let rule = SearchRule::default();
        let mut last = None;
        for _ in 0..RELATIVES_DRAWN_MAX {
            let population = population(self.frequencies, &mut self.rng)?;
            let source = relative(person, kinship, population, Sex::Male, &mut self.rng);
            let profile = partial(&source, LOST_MAX_OF_NEAR_MISS, &mut self.rng);
            let found = compare(&profile, person, &rule).is_candidate(&rule);
            let complete = full(&source);
            let excluded = !compare(&complete, person, &rule).is_candidate(&rule);
            last = Some(Stain {
                category: Category::ForensicPartial,
                profile,
                complete,
                contributors: Vec::new(),
            });
            if found && excluded {
                break;
            }
        }
        last
    }

    fn stranger(&mut self) -> Option<Profile> {
        let population = population(self.frequencies, &mut self.rng)?;
        let sex = match self.rng.random_bool(0.8) {
            true => Sex::Male,
            false => Sex::Female,
        };
        Some(unrelated(population, sex, 0.0, &mut self.rng))
    }
}

/// Of strangers six in ten whole, three partial, one mixed; of people in turn.
fn category(number: usize, origin: Origin) -> Category {
    match (number % 10, number % 3, origin) {
        (_, 1, Origin::Person(_)) | (1 | 4 | 7, _, Origin::Stranger) => Category::ForensicPartial,
        (_, 2, Origin::Person(_)) | (5, _, Origin::Stranger) => Category::ForensicMixture,
        (_, _, Origin::Relative { .. }) => Category::ForensicPartial,
        _ => Category::ForensicUnknown,
    }
}

fn population<'f>(frequencies: &'f Frequencies, rng: &mut impl Rng) -> Option<&'f Population> {
    pick(frequencies.populations(), rng)
}

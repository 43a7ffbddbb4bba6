//! The populations from which invented people are drawn, and the drawing.
//!
//! Deliberately absent: the frequencies themselves (`genetics::frequency`), and any inference from
//! a profile to a population or a person.

use genetics::frequency::LocusFrequencies;
use genetics::{Allele, AlleleKind, Frequencies, Locus, Population};
use rand::{Rng, RngExt};

/// Populations of invented people, as the source names them.
const POPULATIONS: [&str; 5] =
    ["African American", "Caucasian", "SW Hispanic", "SE Hispanic", "Filipino"];

/// The shipped frequencies of those populations, sized alleles only: nobody is born with `>27`.
pub fn populations() -> Frequencies {
    let shipped = Frequencies::shipped();
    let chosen = POPULATIONS.iter().filter_map(|name| shipped.population(name));
    Frequencies::new(chosen.map(sized).collect())
}

/// Draws one allele; `None` where the source has none at this locus.
pub(crate) fn draw(population: &Population, locus: Locus, rng: &mut impl Rng) -> Option<Allele> {
    let shares = population.shares(locus);
    let sum: f64 = shares.iter().map(|share| share.frequency).sum();
    let mut left = rng.random::<f64>() * sum;
    let drawn = shares.iter().find(|share| {
        left -= share.frequency;
        left < 0.0
    });
    drawn.or(shares.last()).map(|share| share.allele)
}

fn sized(population: &Population) -> Population {
    let mut kept = Population::new(population.name());
    for locus in Locus::all() {
        let Some(at) = population.at(locus) else { continue };
        let exact = at.shares().iter().filter(|it| it.allele.kind() == AlleleKind::Exact);
        if let Ok(at) = LocusFrequencies::new(at.alleles_typed(), exact.copied().collect()) {
            kept.set(locus, at);
        }
    }
    kept
}

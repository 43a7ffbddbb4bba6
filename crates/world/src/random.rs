//! Streams of random numbers: one a part of the month, so that a change in one part does not
//! shift the others.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Parts of the month, each with a stream of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    /// Arrivals and people.
    Arrivals = 1,
    /// What happens to a sample.
    Behaviours = 2,
    /// Genotypes of the people.
    Genotypes = 3,
    /// Evidence.
    Casework = 4,
    /// Removals.
    Removals = 5,
}

/// The stream of a part.
pub(crate) fn stream(seed: u64, part: Stream) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(part as u64);
    rng
}

/// One of several values; `None` where there is none.
pub(crate) fn pick<'v, T>(values: &'v [T], rng: &mut impl Rng) -> Option<&'v T> {
    values.get(rng.random_range(0..values.len().max(1)))
}

/// One of several values by weight; `None` where all weights are 0.
pub(crate) fn pick_weighted<T: Copy>(values: &[(T, u32)], rng: &mut impl Rng) -> Option<T> {
    let sum: u32 = values.iter().map(|value| value.1).sum();
    let mut left = rng.random_range(0..sum.max(1));
    values.iter().find_map(|(value, weight)| {
        if left < *weight {
            return Some(*value);
        }
        left -= weight;
        None
    })
}

/// Puts values into a random order.
pub(crate) fn shuffle<T>(values: &mut [T], rng: &mut impl Rng) {
    for end in (1..values.len()).rev() {
        values.swap(end, rng.random_range(0..=end));
    }
}

//! A table of allele frequencies with any bytes: no panic, and every locus that is read sums to 1.

#![no_main]

use exchange::frequencies::{Unsaid, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let unsaid = Unsaid { population: Some("Here".to_owned()), alleles_typed: Some(200) };
    let (table, _) = read(bytes, &unsaid).expect("memory is read");
    for population in table.populations() {
        for locus in genetics::Locus::all() {
            let shares = population.shares(locus);
            let sum: f64 = shares.iter().map(|share| share.frequency).sum();
            assert!(shares.is_empty() || (sum - 1.0).abs() < 0.011, "{locus}: {sum}");
        }
    }
});

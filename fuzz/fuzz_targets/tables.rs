//! Genotype tables, booking feeds, manifests, candidate lists and locus numbers with any bytes: no
//! panic.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (table, _) = exchange::genotypes::read_bytes(bytes);
    for sample in &table.samples {
        assert!(sample.profile.alleles_max(genetics::LocusSet::autosomal()) <= 32);
    }
    exchange::booking_feed::read(bytes).expect("memory is read");
    exchange::type18::LocusNumbers::read(bytes).expect("memory is read");
    exchange::manifest::read(bytes).expect("memory is read");
    exchange::candidates::read(bytes).expect("memory is read");
});

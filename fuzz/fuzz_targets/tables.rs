//! Genotype tables, booking feeds, manifests, candidate lists and locus numbers with any bytes: no
//! panic leaves a reader. The Parquet library panics on some damaged files; the reader catches that
//! and refuses the file, so a panic counts here only where it comes out.

#![no_main]

use std::panic::{catch_unwind, set_hook};
use std::process::abort;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

/// In the place of the fuzzer's hook, which ends the run at every panic.
static QUIET: LazyLock<()> = LazyLock::new(|| set_hook(Box::new(|_| ())));

fn read(bytes: &[u8]) {
    let (table, _) = exchange::genotypes::read_bytes(bytes);
    for sample in &table.samples {
        assert!(sample.profile.alleles_max(genetics::LocusSet::autosomal()) <= 32);
    }
    exchange::booking_feed::read(bytes).expect("memory is read");
    exchange::type18::LocusNumbers::read(bytes).expect("memory is read");
    exchange::manifest::read(bytes).expect("memory is read");
    exchange::candidates::read(bytes).expect("memory is read");
}

fuzz_target!(|bytes: &[u8]| {
    LazyLock::force(&QUIET);
    if catch_unwind(|| read(bytes)).is_err() {
        eprintln!("a panic came out of a reader");
        abort();
    }
});

//! Any bytes as a saved index: opening, verifying and asking never panics. Give it files that were
//! saved as a first corpus. `crates/search/tests/it/file.rs` has the same for a bounded number of
//! mutilated files, and compares the answers too.

#![no_main]

use genetics::{Genotype, Locus, Profile, SearchRule};
use libfuzzer_sys::fuzz_target;
use search::{Engine, Exact, PackedProfile, Settings, Side, Target};

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("index");
    std::fs::write(&path, bytes).expect("a file");
    let Ok((exact, _)) = Exact::open(&path, Settings::default()) else {
        return;
    };
    if exact.verify(|_, _| ()).is_err() {
        return;
    }
    let genotype: Genotype = "9,10".parse().expect("a genotype");
    let profile = Profile::from_genotypes([(Locus::Fga, genotype)]).expect("a profile");
    let rule = SearchRule { matching_min: 1, ..SearchRule::default() };
    for side in [Side::Persons, Side::Forensic] {
        let asked = exact.query(Target::all(side), &PackedProfile::from(&profile), &rule);
        asked.expect("an answer");
    }
});

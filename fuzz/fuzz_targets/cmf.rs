//! A CMF file with any bytes: no panic, and what reads without a problem comes back as it was.

#![no_main]

use std::convert::Infallible;

use exchange::cmf::{Specimen, Version, Writer, read};
use libfuzzer_sys::fuzz_target;

fn all(bytes: &[u8], version: Option<Version>) -> (exchange::cmf::Read, Vec<Specimen>) {
    let mut specimens = Vec::new();
    let Ok(read) = read(bytes, version, |_, specimen| {
        specimens.push(specimen);
        Ok::<(), Infallible>(())
    });
    (read, specimens)
}

fuzz_target!(|bytes: &[u8]| {
    for wanted in [None, Some(Version::Cmf32), Some(Version::RapidR16)] {
        let (first, specimens) = all(bytes, wanted);
        let (Some(version), Some(header)) = (first.version, &first.header) else { continue };
        let Ok(Ok(mut writer)) = Writer::new(Vec::new(), version, header) else { continue };
        let mut kept = Vec::new();
        for specimen in specimens {
            if writer.specimen(&specimen).expect("memory takes it").is_ok() {
                kept.push(specimen);
            }
        }
        let written = writer.finish().expect("memory takes it");
        if kept.is_empty() {
            continue;
        }
        let (again, back) = all(&written, Some(version));
        assert!(again.problems.iter().all(|it| !it.is_error()), "{:?}", again.problems);
        assert_eq!(back.len(), kept.len());
        for (one, other) in back.iter().zip(&kept) {
            assert_eq!(one.profile(), other.profile());
            assert_eq!((&one.id, one.category), (&other.id, other.category));
        }
    }
});

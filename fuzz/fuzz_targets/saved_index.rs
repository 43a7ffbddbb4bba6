//! A saved index that is not as it was saved: opening, verifying and asking never panics, and what
//! is believed gives the right answers. The first byte, modulo 4, tells how the others are meant:
//!
//! - 0: they are the file;
//! - 1: they are changes to the bytes of a sound file up to its checksums (a fuzzer could learn to
//!   change a byte and its checksum together), which are refused or meant nothing;
//! - 2, 3: they are changes to its sections, after which lengths and checksums fit again. Such
//!   a file may be believed and is not asked; opening and verifying must end in an answer.
//!
//! It needs no corpus. `crates/search/tests/it/file.rs` has the same for a bounded number of cases.

#![no_main]

#[path = "../../crates/search/tests/it/layout.rs"]
mod layout;

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use genetics::{Index, Locus, Profile, SearchRule};
use libfuzzer_sys::fuzz_target;
use search::{Engine, Exact, Found, Mark, PackedProfile, Row, Settings, Side, SpecimenKey, Target};
use tempfile::TempDir;

use crate::layout::Layout;

const SIDES: [Side; 2] = [Side::Persons, Side::Forensic];

/// A sound file, and what it answers.
struct Sound {
    folder: TempDir,
    bytes: Vec<u8>,
    /// Where the checksums begin.
    sums: usize,
    layout: Layout,
    answers: Vec<Vec<Found>>,
}

static SOUND: LazyLock<Sound> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sound");
    let mut exact = engine();
    let answers = answers(&exact);
    exact.save(&path, &Mark::default()).expect("saved");
    let bytes = fs::read(&path).expect("a file");
    let layout = Layout::of(&bytes);
    assert!(layout.bytes() == bytes);
    let sums = bytes[80..88].iter().rev().fold(0, |at, byte| at << 8 | usize::from(*byte));
    Sound { folder, bytes, sums, layout, answers }
});

impl Sound {
    fn path(&self) -> PathBuf {
        self.folder.path().join("index")
    }
}

fn profile(text: &str) -> Profile {
    Profile::from_genotypes(text.split(' ').map(|typed| {
        let (locus, genotype) = typed.split_once('=').expect("a locus");
        (Locus::from_name(locus).expect("a locus"), genotype.parse().expect("a genotype"))
    }))
    .expect("a profile")
}

/// Panels with orders, a delta, evidence with numbers and without.
fn engine() -> Exact {
    let settings = Settings { panel_rows_min: 30, groups: 3, ..Settings::default() };
    let mut exact = Exact::with(settings);
    let tokens = ["9", "9,10", "10", "10,11", "11", "9,11", "9.3,10"];
    let row = |number: usize| {
        let at = |step: u32| tokens[number / 7usize.pow(step) % 7];
        let odd = if number.is_multiple_of(9) { ",>42" } else { "" };
        let text = format!("FGA={}{odd} TH01={} D21S11={} CSF1PO={}", at(0), at(1), at(2), at(1));
        let profile = PackedProfile::from(&profile(&text));
        Row { key: SpecimenKey(number as u64), index: Index::Detainee, profile }
    };
    for side in SIDES {
        exact.load(side, (0..160).map(|number| row(number * 13)).collect()).expect("loaded");
        exact.insert(side, row(5)).expect("inserted");
        exact.remove(side, SpecimenKey(26)).expect("removed");
    }
    exact
}

fn answers(exact: &Exact) -> Vec<Vec<Found>> {
    let rule = SearchRule { matching_min: 2, ..SearchRule::default() };
    let ask = |side, text: &str| {
        let profile = PackedProfile::from(&profile(text));
        exact.query(Target::all(side), &profile, &rule).expect("an answer")
    };
    let queries = ["FGA=9,10 TH01=9 D21S11=10,11 CSF1PO=9", "FGA=10,>42 TH01=11"];
    SIDES.iter().flat_map(|side| queries.map(|text| ask(*side, text))).collect()
}

/// Opens and verifies, as somebody does who means to rely on it.
fn relied_on(bytes: &[u8]) -> Option<Exact> {
    let path = SOUND.path();
    fs::write(&path, bytes).expect("a file");
    let (exact, _) = Exact::open(&path, Settings::default()).ok()?;
    exact.verify(|_, _| ()).ok()?;
    Some(exact)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((how, bytes)) = bytes.split_first() else {
        return;
    };
    match how % 4 {
        0 => {
            relied_on(bytes).map(|exact| answers(&exact));
        }
        1 => {
            let mut file = SOUND.bytes.clone();
            for change in bytes.chunks_exact(4) {
                let at = change[..3].iter().fold(0, |at, byte| at << 8 | usize::from(*byte));
                file[at % SOUND.sums] ^= change[3];
            }
            if let Some(exact) = relied_on(&file) {
                assert!(answers(&exact) == SOUND.answers, "a damaged file was believed");
            }
        }
        _ => {
            let mut layout = SOUND.layout.clone();
            layout.edit(bytes);
            drop(relied_on(&layout.bytes()));
        }
    }
});

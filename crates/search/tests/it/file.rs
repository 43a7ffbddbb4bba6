//! An index in a file: it answers as before, what was removed is gone from its bytes, and a file
//! that is damaged in any way is refused and never believed.

use std::fs;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use genetics::{Index, LocusSet, Profile, SearchRule};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index as Place, select};
use search::{Engine, Exact, FileError, Found, Mark, Oracle, PackedProfile, Row};
use search::{Settings, Side, SpecimenKey, Target};
use tempfile::TempDir;

use crate::layout::Layout;
use crate::profiles::{indexes, profile, profiles, rules};

const MARK: Mark = Mark { seen: 7, root: [3; 32] };
const SIDES: [Side; 2] = [Side::Persons, Side::Forensic];

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    (folder, path)
}

fn row(key: u64, profile: &Profile) -> Row {
    Row { key: SpecimenKey(key), index: Index::Detainee, profile: PackedProfile::from(profile) }
}

/// Profiles typed at the same loci, a few of them with readings that have no number.
fn alike() -> impl Strategy<Value = Profile> {
    let genotype = vec(select(vec!["9", "9.3", "10", "11"]), 1..4);
    (vec(genotype, 6), 0usize..30).prop_map(|(genotypes, inexact)| {
        let loci = LocusSet::core20().iter().zip(genotypes).enumerate();
        let typed = loci.map(|(place, (locus, tokens))| {
            let odd = if place == inexact { ",>12" } else { "" };
            (locus, format!("{}{odd}", tokens.join(",")).parse().unwrap())
        });
        Profile::from_genotypes(typed).unwrap()
    })
}

fn rows(keys: Range<u64>, rows: usize) -> impl Strategy<Value = Vec<Row>> {
    let profile = prop_oneof![3 => alike(), 1 => profiles()];
    vec((keys, indexes(), profile), 0..rows).prop_map(|rows| {
        let mut seen = std::collections::BTreeSet::new();
        let rows = rows.into_iter().filter(|(key, _, _)| seen.insert(*key));
        rows.map(|(key, index, profile)| Row { index, ..row(key, &profile) }).collect()
    })
}

fn remove(engine: &mut dyn Engine, side: Side, key: u64) {
    engine.remove(side, SpecimenKey(key)).unwrap();
}

fn same(exact: &Exact, oracle: &Oracle, queries: &[Profile], rule: &SearchRule) {
    let queries: Vec<_> =
        (0..).map(SpecimenKey).zip(queries.iter().map(PackedProfile::from)).collect();
    for side in SIDES {
        let target = Target::all(side);
        let truth = oracle.batch(target, &queries, rule).unwrap();
        assert_eq!(exact.batch(target, &queries, rule).unwrap(), truth);
        for ((_, query), (_, truth)) in queries.iter().zip(&truth) {
            assert_eq!(&exact.query(target, query, rule).unwrap(), truth);
        }
        assert_eq!(exact.len(side), oracle.len(side));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_saved_index_answers_as_the_oracle_does(
        loaded in vec(rows(0..400, 300), 2),
        inserted in rows(300..500, 60),
        removed in vec(0u64..500, 0..40),
        again in vec(0u64..500, 1..40),
        later in rows(300..600, 30),
        queries in vec(prop_oneof![alike(), profiles()], 1..8),
        rule in rules(),
        (panel_rows_min, groups, batch_min) in (select(vec![1, 20, 10_000]), 0usize..6, select(vec![1, 10_000])),
    ) {
        let (_folder, path) = folder();
        let settings = Settings { panel_rows_min, groups, batch_min, ..Settings::default() };
        let (mut exact, mut oracle) = (Exact::with(settings), Oracle::new());
        for engine in [&mut exact as &mut dyn Engine, &mut oracle] {
            for (side, rows) in SIDES.into_iter().zip(&loaded) {
                engine.load(side, rows.clone()).unwrap();
                inserted.iter().for_each(|row| engine.insert(side, row.clone()).unwrap());
                removed.iter().for_each(|key| remove(engine, side, *key));
            }
        }
        exact.save(&path, &MARK).unwrap();
        same(&exact, &oracle, &queries, &rule);
        // What was saved is in use: removals reach it, insertions do not.
        for engine in [&mut exact as &mut dyn Engine, &mut oracle] {
            for side in SIDES {
                let (early, late) = again.split_at(again.len() / 2);
                early.iter().for_each(|key| remove(engine, side, *key));
                later.iter().for_each(|row| engine.insert(side, row.clone()).unwrap());
                late.iter().for_each(|key| remove(engine, side, *key));
            }
        }
        same(&exact, &oracle, &queries, &rule);
        drop(exact);
        for engine in 0..2 {
            let (mut exact, mark) = Exact::open(&path, settings).unwrap();
            prop_assert_eq!(mark, MARK);
            exact.verify(|_, _| ()).unwrap();
            for side in SIDES {
                if engine == 0 {
                    // Replayed by the caller, as they are not in the file.
                    later.iter().for_each(|row| exact.insert(side, row.clone()).unwrap());
                    let late = again.iter().skip(again.len() / 2);
                    late.for_each(|key| remove(&mut exact, side, *key));
                }
            }
            same(&exact, &oracle, &queries, &rule);
            exact.save(&path, &MARK).unwrap();
        }
    }
}

/// A small index with everything in it: panels with orders, a delta, evidence of both kinds.
fn small() -> (Exact, Oracle) {
    let settings = Settings { panel_rows_min: 30, groups: 3, ..Settings::default() };
    let (mut exact, mut oracle) = (Exact::with(settings), Oracle::new());
    let tokens = ["9", "9,10", "10", "10,11", "11", "9,11", "9.3,10"];
    let text = |number: usize| {
        let at = |step: usize| tokens[number / 7usize.pow(step as u32) % 7];
        let odd = if number.is_multiple_of(9) { ",>42" } else { "" };
        format!("FGA={}{odd} TH01={} D21S11={} CSF1PO={}", at(0), at(1), at(2), at(1))
    };
    for engine in [&mut exact as &mut dyn Engine, &mut oracle] {
        for side in SIDES {
            let numbers = (0..160).map(|number| row(number as u64, &profile(&text(number * 13))));
            engine.load(side, numbers.collect()).unwrap();
            engine.insert(side, row(777, &profile(&text(5)))).unwrap();
            engine.remove(side, SpecimenKey(3)).unwrap();
        }
    }
    (exact, oracle)
}

fn questions() -> (Vec<Profile>, SearchRule) {
    let queries = ["FGA=9,10 TH01=9 D21S11=10,11 CSF1PO=9", "FGA=10,>42 TH01=11", "D21S11=9.3,10"];
    let rule = SearchRule { matching_min: 2, ..SearchRule::default() };
    (queries.map(profile).to_vec(), rule)
}

/// Opens and verifies what lies at a path, as somebody does who means to rely on it.
fn relied_on(path: &Path) -> Result<Exact, FileError> {
    let (exact, _) = Exact::open(path, Settings::default())?;
    exact.verify(|_, _| ())?;
    Ok(exact)
}

/// True where the bytes are refused; where they are believed the answers must be right.
fn refused(path: &Path, bytes: &[u8], oracle: &Oracle) -> bool {
    fs::write(path, bytes).unwrap();
    match relied_on(path) {
        Ok(exact) => {
            let (queries, rule) = questions();
            same(&exact, oracle, &queries, &rule);
            false
        }
        Err(error) => {
            assert!(error.to_string().contains("index") || error == FileError::Foreign, "{error}");
            true
        }
    }
}

#[test]
fn no_flipped_byte_and_no_lost_end_is_believed() {
    let (_folder, path) = folder();
    let (mut exact, oracle) = small();
    exact.save(&path, &MARK).unwrap();
    drop(exact);
    let sound = fs::read(&path).unwrap();
    let meaningful = sections(&sound);
    let covered =
        |at: usize| at < 4096 || meaningful.iter().any(|section| section.range.contains(&at));
    let step = (sound.len() / 300).max(1);
    for at in (0..4096).step_by(61).chain((0..sound.len()).step_by(step)) {
        let mut bytes = sound.clone();
        bytes[at] ^= 1 << (at % 8);
        let refused = refused(&path, &bytes, &oracle);
        assert!(refused || !covered(at), "a flip at {at} was believed");
    }
    for end in (0..sound.len()).step_by(sound.len() / 100) {
        assert!(refused(&path, &sound[..end], &oracle), "{end} bytes were believed");
    }
    assert!(refused(&path, &[&sound[..], b"more"].concat(), &oracle));
    assert!(!refused(&path, &sound, &oracle));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// The same as the fuzz target, for a bounded number of cases.
    #[test]
    fn no_mutilated_file_is_believed(
        cuts in vec((any::<Place>(), any::<Place>(), 0usize..64), 0..4),
        flips in vec((any::<Place>(), any::<u8>()), 0..6),
    ) {
        let (_folder, path) = folder();
        let (mut exact, oracle) = small();
        exact.save(&path, &MARK).unwrap();
        drop(exact);
        let mut bytes = fs::read(&path).unwrap();
        for (from, to, length) in cuts {
            let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
            let moved: Vec<u8> = bytes[from..].iter().copied().take(length).collect();
            bytes.splice(to..(to + length).min(bytes.len()), moved);
        }
        for (at, flip) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
        }
        refused(&path, &bytes, &oracle);
    }

    /// Where the checksums fit nobody can tell that a file is not what was saved. It may be
    /// believed then; it may not stop the programme while it is opened and verified.
    #[test]
    fn a_file_that_fits_its_checksums_is_opened_or_refused(edits in vec(any::<u8>(), 0..64)) {
        let (_folder, path) = folder();
        let mut layout = FORGED.clone();
        layout.edit(&edits);
        fs::write(&path, layout.bytes()).unwrap();
        drop(relied_on(&path));
    }
}

/// What is forged.
static FORGED: LazyLock<Layout> = LazyLock::new(|| {
    let (_folder, path) = folder();
    small().0.save(&path, &MARK).unwrap();
    let sound = fs::read(&path).unwrap();
    assert_eq!(Layout::of(&sound).bytes(), sound);
    Layout::of(&sound)
});

/// A section as the format's own words tell where it is.
struct Section {
    kind: u32,
    range: Range<usize>,
}

fn sections(bytes: &[u8]) -> Vec<Section> {
    let number = |at: usize, length: usize| {
        let taken = bytes[at..at + length].iter().rev();
        taken.fold(0usize, |number, byte| number << 8 | usize::from(*byte))
    };
    let (table, count) = (number(64, 8), number(72, 4));
    let line = |at: usize| {
        let (from, length) = (number(at + 16, 8), number(at + 24, 8));
        Section { kind: number(at, 4) as u32, range: from..from + length }
    };
    (0..count).map(|place| line(table + 40 * place)).collect()
}

/// The content of all sections of a kind.
fn of_kind(path: &Path, kind: u32) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    let wanted = sections(&bytes).into_iter().filter(|section| section.kind == kind);
    wanted.flat_map(|section| bytes[section.range].to_vec()).collect()
}

fn times(bytes: &[u8], wanted: &[u8], step: usize) -> usize {
    bytes.windows(wanted.len()).step_by(step).filter(|it| *it == wanted).count()
}

fn bits(bytes: &[u8]) -> u32 {
    bytes.iter().map(|byte| byte.count_ones()).sum()
}

const WANTED: u64 = 0xA1B2_C3D4_E5F6_0718;

/// Many alike and one unlike them all, in the middle.
fn one_among(many: usize, usual: &str, unlike: &str) -> Vec<Row> {
    let before = (0..many as u64).map(|key| row(key, &profile(usual)));
    let after = (0..many as u64).map(|key| row(u64::MAX - key, &profile(usual)));
    before.chain([row(WANTED, &profile(unlike))]).chain(after).collect()
}

#[test]
fn a_removed_person_is_gone_from_every_section_of_a_panel() {
    let (_folder, path) = folder();
    let settings = Settings { panel_rows_min: 1, groups: 2, ..Settings::default() };
    let mut exact = Exact::with(settings);
    let rows = one_among(
        300,
        "CSF1PO=9 FGA=9 TH01=9 D21S11=9 vWA=9",
        "CSF1PO=31 FGA=32 TH01=33 D21S11=34 vWA=35",
    );
    exact.load(Side::Persons, rows).unwrap();
    exact.save(&path, &MARK).unwrap();
    let groups = sections(&fs::read(&path).unwrap()).iter().filter(|it| it.kind == 9).count();
    let blocks = of_kind(&path, 9);
    // The unlike row has the second code at each locus, and number 2 at each.
    assert!(groups > 0 && times(&blocks, &[2], 1) > 0);
    assert_eq!(times(&of_kind(&path, 5), &WANTED.to_ne_bytes(), 8), 1);
    assert_eq!(times(&of_kind(&path, 7), &2u16.to_ne_bytes(), 2), 5);
    assert_eq!(times(&of_kind(&path, 10), &300u32.to_ne_bytes(), 4), groups);
    assert!(exact.remove(Side::Persons, SpecimenKey(WANTED)).unwrap());
    assert_eq!(times(&of_kind(&path, 9), &[2], 1), 0);
    assert_eq!(times(&fs::read(&path).unwrap(), &WANTED.to_ne_bytes(), 1), 0);
    assert_eq!(times(&of_kind(&path, 7), &2u16.to_ne_bytes(), 2), 0);
    assert_eq!(of_kind(&path, 6)[300], u8::MAX);
    assert_eq!(times(&of_kind(&path, 10), &300u32.to_ne_bytes(), 4), 0);
    exact.verify(|_, _| ()).unwrap();
    drop(exact);
    assert_eq!(relied_on(&path).unwrap().len(Side::Persons), 600);
}

#[test]
fn a_removal_does_not_make_damage_look_sound() {
    let (_folder, path) = folder();
    let (mut exact, _) = small();
    exact.save(&path, &MARK).unwrap();
    drop(exact);
    let sound = fs::read(&path).unwrap();
    // Sections of rows of panels and of segments that are not checked when the file is opened.
    for kind in [5, 6, 7, 9, 10, 12, 13, 14, 15] {
        let section = sections(&sound).into_iter().find(|section| section.kind == kind).unwrap();
        let mut bytes = sound.clone();
        bytes[section.range.start] ^= 1;
        fs::write(&path, bytes).unwrap();
        let (mut exact, _) = Exact::open(&path, Settings::default()).unwrap();
        for side in SIDES {
            (50..60).for_each(|key| remove(&mut exact, side, key));
        }
        assert!(exact.verify(|_, _| ()).is_err(), "a flip in a section of kind {kind} is hidden");
    }
}

#[test]
fn a_removed_person_is_gone_from_the_delta() {
    let (_folder, path) = folder();
    let mut exact = Exact::new();
    let unlike = profile("FGA=31.1,<9 TH01=32.2 D21S11=33.3");
    let words = [311u16 << 3 | 1, 322 << 3 | 1, 333 << 3 | 1].map(u16::to_ne_bytes);
    exact.load(Side::Persons, one_among(5, "FGA=9 TH01=9", "FGA=10")).unwrap();
    exact.insert(Side::Persons, row(WANTED, &unlike)).unwrap();
    exact.save(&path, &MARK).unwrap();
    let held = |wanted: &[u8]| times(&fs::read(&path).unwrap(), wanted, 1);
    assert_eq!(held(&WANTED.to_ne_bytes()), 1);
    words.iter().for_each(|word| assert_eq!(times(&of_kind(&path, 3), word, 2), 1));
    // A row that is replaced goes as one that is removed, and the new one waits for the next save.
    exact.insert(Side::Persons, row(WANTED, &profile("FGA=10"))).unwrap();
    assert_eq!(held(&WANTED.to_ne_bytes()), 0);
    words.iter().for_each(|word| assert_eq!(times(&of_kind(&path, 3), word, 2), 0));
    drop(exact);
    assert_eq!(relied_on(&path).unwrap().len(Side::Persons), 10);
}

#[test]
fn removed_evidence_is_gone_from_every_section() {
    let (_folder, path) = folder();
    let mut exact = Exact::new();
    let unlike = "FGA=31.1,<9 TH01=32,33 D21S11=34";
    exact.load(Side::Forensic, one_among(900, "FGA=9 TH01=9 D21S11=9", unlike)).unwrap();
    exact.save(&path, &MARK).unwrap();
    let planes = bits(&of_kind(&path, 15));
    let ids = times(&of_kind(&path, 14), &2u16.to_ne_bytes(), 2);
    let kept = (311u16 << 3 | 1).to_ne_bytes();
    assert_eq!((ids, times(&of_kind(&path, 16), &kept, 2)), (2, 1));
    assert_eq!(times(&of_kind(&path, 12), &WANTED.to_ne_bytes(), 8), 1);
    assert!(exact.remove(Side::Forensic, SpecimenKey(WANTED)).unwrap());
    // All planes of the loci that are open, two alleles and *double*, one allele and *single*.
    assert!(planes - bits(&of_kind(&path, 15)) > 5);
    assert_eq!(times(&of_kind(&path, 14), &2u16.to_ne_bytes(), 2), 0);
    assert_eq!(bits(&of_kind(&path, 16)[2..]), 0);
    assert_eq!(times(&fs::read(&path).unwrap(), &WANTED.to_ne_bytes(), 1), 0);
    drop(exact);
    // What is left has the bits of a file that never held the row, but for its free place.
    let left = bits(&of_kind(&path, 15));
    let mut exact = relied_on(&path).unwrap();
    assert_eq!(exact.len(Side::Forensic), 1_800);
    for key in (0..900).chain((0..900).map(|key| u64::MAX - key)) {
        exact.remove(Side::Forensic, SpecimenKey(key)).unwrap();
    }
    assert_eq!(left % 1_800, 0);
    assert_eq!(bits(&of_kind(&path, 15)), 0);
    assert_eq!(bits(&of_kind(&path, 12)), 0);
}

#[test]
fn each_cause_has_its_sentence() {
    let (folder, path) = folder();
    let open = |path: &Path| Exact::open(path, Settings::default()).map(|_| ()).unwrap_err();
    let missing = FileError::Missing { path: path.display().to_string() };
    assert_eq!(open(&path), missing);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "no lock is left for nothing");
    let (mut exact, _) = small();
    exact.save(&path, &MARK).unwrap();
    assert_eq!(open(&path), FileError::Locked);
    let mut other = Exact::new();
    assert_eq!(other.save(&path, &MARK), Err(FileError::Locked));
    assert_eq!(Exact::discard(&path), Err(FileError::Locked));
    drop(exact);
    let sound = fs::read(&path).unwrap();
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = sound.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        fs::write(&path, changed).unwrap();
        open(&path)
    };
    assert_eq!(with(0, b"SQLite f"), FileError::Foreign);
    assert_eq!(with(8, &9u32.to_ne_bytes()), FileError::Version { found: 9 });
    assert_eq!(with(12, &0x0403_0201u32.to_ne_bytes()), FileError::ByteOrder);
    assert_eq!(with(24, &8u64.to_ne_bytes()), FileError::Header);
    fs::write(&path, &sound[..sound.len() - 1]).unwrap();
    let [expected, found] = [sound.len() as u64, sound.len() as u64 - 1];
    assert_eq!(open(&path), FileError::Length { expected, found });
    let keys = sections(&sound).into_iter().find(|section| section.kind == 5).unwrap().range;
    let mut changed = sound.clone();
    changed[keys.start + 1] ^= 1;
    fs::write(&path, changed).unwrap();
    let (exact, _) = Exact::open(&path, Settings::default()).unwrap();
    let error = exact.verify(|_, _| ()).unwrap_err();
    let expected = format!(
        "the index file is damaged: keys of panel 0, within {} bytes from {} on",
        keys.len(),
        keys.start
    );
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_file_is_private_and_saving_leaves_nothing_beside_it() {
    let (folder, path) = folder();
    let partial = folder.path().join("index.partial");
    fs::write(&partial, "half a file with somebody in it").unwrap();
    let (mut exact, oracle) = small();
    exact.save(&path, &MARK).unwrap();
    exact.save(&path, &Mark { seen: 8, ..MARK }).unwrap();
    let (queries, rule) = questions();
    same(&exact, &oracle, &queries, &rule);
    drop(exact);
    fs::write(&partial, "half a file with somebody in it").unwrap();
    let (mut exact, mark) = Exact::open(&path, Settings::default()).unwrap();
    assert_eq!(mark.seen, 8);
    assert!(!partial.exists());
    for name in ["index", "index.lock"] {
        let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // What is loaded is not in the file, so the file goes.
    exact.load(Side::Persons, Vec::new()).unwrap();
    assert!(!path.exists());
    let evidence =
        exact.query(Target::all(Side::Forensic), &PackedProfile::from(&queries[0]), &rule);
    let found: Vec<Found> = evidence.unwrap();
    assert!(!found.is_empty());
}

#[test]
fn an_empty_engine_is_saved_and_opened() {
    let (_folder, path) = folder();
    Exact::new().save(&path, &Mark::default()).unwrap();
    let mut exact = relied_on(&path).unwrap();
    assert_eq!((exact.len(Side::Persons), exact.len(Side::Forensic)), (0, 0));
    exact.insert(Side::Persons, row(1, &profile("FGA=24"))).unwrap();
    assert_eq!(exact.len(Side::Persons), 1);
}

//! The index that is kept in a file: it says what the database says, and a withdrawn record is gone
//! from it when the withdrawal is done.

use std::fs;
use std::path::PathBuf;

use genetics::Profile;
use journey::ids::SpecimenNumber;

use crate::ground::{Ground, on_both, record};
use crate::way::person;

fn file(ground: &Ground) -> PathBuf {
    ground.places.search.as_ref().unwrap().path.clone()
}

/// The alleles of a profile as a record in the file has them.
fn words(profile: &Profile) -> Vec<u8> {
    let at = profile.typed().iter().flat_map(|typed| {
        let mut codes: Vec<u16> =
            typed.genotype.alleles().iter().map(|allele| allele.tenths() << 3 | 1).collect();
        codes.sort_unstable();
        [vec![codes.len() as u16], codes].concat()
    });
    at.flat_map(u16::to_ne_bytes).collect()
}

fn holds(ground: &Ground, profile: &Profile) -> bool {
    let (bytes, wanted) = (fs::read(file(ground)).unwrap(), words(profile));
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// A person's record, and evidence that it is a candidate of.
fn with_a_candidate(ground: &Ground) -> SpecimenNumber {
    let (specimen, _) = ground.taken(&record(1), "K-1");
    ground.evidence("EV-2", &person(2)).unwrap();
    ground.jobs();
    specimen
}

/// Enters evidence like the first person, and gives the candidates that there are then.
fn found(ground: &Ground, specimen: &str) -> Vec<String> {
    ground.evidence(specimen, &person(1)).unwrap();
    ground.jobs();
    let listed = ground.candidates().into_iter();
    listed.map(|listed| format!("{} {}", listed.candidate, listed.stage)).collect()
}

/// Puts the file out of order while nobody works with it.
fn spoil(mut ground: Ground, spoil: impl Fn(&mut Vec<u8>)) -> Ground {
    ground = ground.keeping();
    let mut bytes = fs::read(file(&ground)).unwrap();
    spoil(&mut bytes);
    fs::write(file(&ground), bytes).unwrap();
    ground
}

#[test]
fn a_damaged_or_foreign_file_is_made_anew_from_the_database() {
    let mut ground = Ground::sqlite().keeping();
    let plain = Ground::sqlite();
    assert_eq!(with_a_candidate(&ground), with_a_candidate(&plain));
    let spoils: [fn(&mut Vec<u8>); 5] = [
        |bytes| {
            let end = bytes.len();
            bytes[end - 1] ^= 1;
        },
        |bytes| bytes[4_096 * 2] ^= 1,
        |bytes| bytes.truncate(5_000),
        |bytes| bytes.clear(),
        |bytes| *bytes = b"a letter to somebody".to_vec(),
    ];
    for (number, change) in spoils.into_iter().enumerate() {
        ground = spoil(ground, change);
        let specimen = format!("EV-1{number}");
        assert_eq!(found(&ground, &specimen), found(&plain, &specimen));
        assert!(fs::read(file(&ground)).unwrap().starts_with(b"BUCCALIX"));
        assert!(holds(&ground, &person(1)));
    }
    fs::remove_file(file(&ground)).unwrap();
    ground = ground.keeping();
    assert_eq!(found(&ground, "EV-3"), found(&plain, "EV-3"));
}

#[test]
fn the_file_of_another_record_is_not_believed() {
    let other = Ground::sqlite().keeping();
    other.pass(60);
    with_a_candidate(&other);
    let (mut ground, plain) = (Ground::sqlite().keeping(), Ground::sqlite());
    assert_eq!(with_a_candidate(&ground), with_a_candidate(&plain));
    ground = spoil(ground, |bytes| *bytes = fs::read(file(&other)).unwrap());
    assert_eq!(found(&ground, "EV-3"), found(&plain, "EV-3"));
    assert_ne!(fs::read(file(&ground)).unwrap(), fs::read(file(&other)).unwrap());
}

#[test]
fn what_came_after_the_file_was_written_is_read_from_the_record() {
    let (mut ground, plain) = (Ground::sqlite().keeping(), Ground::sqlite());
    assert_eq!(with_a_candidate(&ground), with_a_candidate(&plain));
    let old = fs::read(file(&ground)).unwrap();
    assert_eq!(found(&ground, "EV-3"), found(&plain, "EV-3"));
    ground = spoil(ground, |bytes| bytes.clone_from(&old));
    assert_eq!(found(&ground, "EV-4"), found(&plain, "EV-4"));
}

#[test]
fn a_withdrawn_record_is_gone_from_the_file_when_its_job_is_done() {
    for opened in [true, false] {
        let mut ground = Ground::sqlite().keeping();
        let withdrawn = with_a_candidate(&ground);
        if !opened {
            ground = ground.keeping();
        }
        assert!(holds(&ground, &person(1)));
        ground.approved_removal("K-1");
        assert_eq!(ground.jobs().failed, 0);
        assert!(!holds(&ground, &person(1)));
        // And it is gone for whoever opens the file again.
        ground = ground.keeping();
        let left = found(&ground, "EV-3");
        let about = left.iter().filter(|line| line.contains(withdrawn.as_str()));
        let about: Vec<_> = about.collect();
        assert!(about.len() == 1 && about[0].ends_with("withdrawn"), "{left:?}");
    }
}

#[test]
fn a_withdrawal_waits_for_the_process_that_has_the_file() {
    let ground = Ground::sqlite().keeping();
    with_a_candidate(&ground);
    let other = ground.another();
    ground.approved_removal("K-1");
    assert_eq!(ground.jobs_of(&other).failed, 1);
    ground.pass(3_600);
    assert_eq!(ground.jobs().failed, 0);
    assert!(!holds(&ground, &person(1)));
}

#[test]
fn a_small_index_is_not_kept() {
    on_both(|ground| {
        with_a_candidate(ground);
        found(ground, "EV-3");
        assert!(!file(ground).exists());
    });
}

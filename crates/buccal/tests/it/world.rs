//! `buccal world profiles`: the files read back as the nation that was asked for.

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::path::Path;

use exchange::genotypes::{Shape, Table, read_bytes};
use serde_json::Value;
use world::{Contributor, Nation, NationSettings};

use crate::ground::{Ran, command, folder, run};

fn profiles(out: &Path, seed: &str, old_panel: &str) -> Ran {
    let out = out.display().to_string();
    let counts = ["--persons", "5000", "--forensic", "300", "--seed", seed];
    let mut arguments = vec!["world", "profiles", "--json", "--out", &out];
    arguments.extend(counts);
    arguments.extend(["--old-panel", old_panel]);
    run(&arguments)
}

fn table(folder: &Path, name: &str) -> Table {
    let (table, problems) = read_bytes(&std::fs::read(folder.join(name)).unwrap());
    assert!(problems.is_empty(), "{name}: {:?}", problems.first());
    assert!(table.left_out.is_empty());
    assert_eq!(table.layout.as_ref().unwrap().shape, Shape::WideColumns);
    table
}

#[test]
fn the_files_hold_the_nation_that_was_asked_for() {
    let folder = folder();
    let out = folder.path().join("new/nation");
    let ran = profiles(&out, "11", "0.25");
    assert_eq!(ran.code, 0, "{}", ran.err);

    let record: Value =
        serde_json::from_str(&read_to_string(out.join("nation.json")).unwrap()).unwrap();
    let settings = NationSettings {
        seed: 11,
        persons: 5000,
        forensic: 300,
        old_panel_share: 0.25,
        ..NationSettings::default()
    };
    assert_eq!(record["settings"], serde_json::to_value(&settings).unwrap());
    let printed = ran.json();
    assert_eq!(record["persons"], printed["persons"]);
    assert_eq!(record["forensic"], printed["forensic"]);

    let nation = Nation::new(&settings).unwrap();
    let persons = table(&out, "persons.csv").samples;
    assert_eq!(persons.len(), 5000);
    for (number, sample) in (0..).zip(&persons) {
        assert_eq!(sample.name, format!("P{number}"));
        assert_eq!(sample.profile, nation.person(number));
    }
    let old = persons.iter().filter(|sample| sample.profile.typed().len() == 13).count();
    assert_eq!(record["persons"]["original_panel"], old);

    let forensic = table(&out, "forensic.csv").samples;
    assert_eq!(forensic.len(), 300);
    let mut truth = vec!["forensic,contributor,person".to_owned()];
    let (mut mixtures, mut full) = (0, 0);
    for (number, sample) in (0..).zip(&forensic) {
        let stain = nation.evidence(number);
        assert_eq!(sample.name, format!("F{number}"));
        assert_eq!(sample.profile, stain.profile);
        mixtures += usize::from(stain.contributors.len() == 2);
        full += usize::from(stain.contributors.len() == 1 && stain.profile.typed().len() == 20);
        for (place, contributor) in (1..).zip(&stain.contributors) {
            if let Contributor::Person(person) = contributor {
                truth.push(format!("F{number},{place},P{person}"));
            }
        }
    }
    assert_eq!(read_to_string(out.join("truth.csv")).unwrap().lines().collect::<Vec<_>>(), truth);
    let counted = &record["forensic"];
    assert_eq!(counted["forensic_mixture"], mixtures);
    assert_eq!(counted["single"]["full"], full);
    assert_eq!(counted["planted_contributors"], truth.len() - 1);
    let by_loci = counted["mixtures_by_loci"].as_object().unwrap().values();
    assert_eq!(by_loci.map(|it| it.as_u64().unwrap()).sum::<u64>(), mixtures as u64);
}

#[test]
fn the_same_seed_writes_the_same_files_and_never_over_others() {
    let folder = folder();
    let places = ["one", "again", "other"].map(|name| folder.path().join(name));
    for (place, seed) in places.iter().zip(["3", "3", "4"]) {
        assert_eq!(profiles(place, seed, "0").code, 0);
    }
    for name in ["persons.csv", "forensic.csv", "truth.csv", "nation.json"] {
        let texts: BTreeSet<String> =
            places.iter().map(|place| read_to_string(place.join(name)).unwrap()).collect();
        assert_eq!(texts.len(), 2, "{name}");
    }
    let refused = profiles(&places[0], "4", "0");
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("choose a folder without such a file"), "{}", refused.err);
}

#[test]
fn a_share_out_of_range_is_told() {
    let folder = folder();
    let ran = profiles(folder.path(), "1", "1.5");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("old_panel_share is 1.5"), "{}", ran.err);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn lives_of_bookings_are_counted_alike_on_any_number_of_threads() {
    let arguments = ["world", "bookings", "--bookings", "150", "--seed", "3", "--json"];
    let on = |threads| {
        let ran: Ran =
            command(&arguments).env("RAYON_NUM_THREADS", threads).output().unwrap().into();
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        ran
    };
    let one = on("1");
    assert_eq!(one.out, on("3").out);
    let counts = one.json();
    assert_eq!(counts["bookings"], 150);
    assert_eq!(counts["replays_equal"], counts["decisions"]);
    for never in ["differing", "unlawful", "without_disposition", "replays_different"] {
        assert_eq!(counts[never], 0, "{never}");
    }
    assert!(counts.get("first_offender").is_none());
}

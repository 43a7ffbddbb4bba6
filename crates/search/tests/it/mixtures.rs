//! Real mixtures against the people who are in them: 15 donors as persons, the low-threshold
//! reports of three data sets (Netherlands Forensic Institute, Apache-2.0) as evidence.
//!
//! Minor donors drop out, so containment cannot find every one; the recall below is what the rule
//! gives by definition, computed apart from this program. Runs where `BUCCAL_DATA` names the folder
//! that holds `mixtures/`. Deliberately absent: a reader fit for anything but these files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use genetics::{Genotype, Index, Locus, Profile, SearchRule};
use search::{Engine, Exact, Found, PackedProfile, Row, Side, SpecimenKey, Target};

type Named = Vec<(String, Profile)>;

#[expect(
    clippy::disallowed_methods,
    reason = "the data are too large for the repository, so the environment says where they are"
)]
fn data() -> Option<PathBuf> {
    std::env::var_os("BUCCAL_DATA").map(|folder| PathBuf::from(folder).join("mixtures"))
}

/// Profiles by sample from lines of sample, marker and then every `step`th field an allele.
fn read(path: &Path, separator: char, step: usize) -> Named {
    let text = fs::read_to_string(path).unwrap();
    let mut samples: BTreeMap<String, Vec<(Locus, Genotype)>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(separator).map(str::trim).collect();
        let [sample, marker, alleles @ ..] = &fields[..] else {
            continue;
        };
        let alleles: Vec<&str> = alleles.iter().step_by(step).copied().collect();
        let alleles: Vec<&str> = alleles.into_iter().filter(|token| !token.is_empty()).collect();
        if !alleles.is_empty() {
            let locus = Locus::from_name(marker).unwrap();
            let genotypes = samples.entry((*sample).to_owned()).or_default();
            genotypes.push((locus, alleles.join(",").parse().unwrap()));
        }
    }
    let whole = |typed| Profile::from_genotypes(typed).unwrap();
    samples.into_iter().map(|(name, typed)| (name, whole(typed))).collect()
}

fn donors(folder: &Path) -> Named {
    let files = fs::read_dir(folder.join("references")).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().flat_map(|file| read(file, ';', 1)).collect()
}

/// The donors of `1L_11148_1A2`: set 1 is A to E, and a mixture of two holds the first two.
fn is_donor(donor: &str, mixture: &str) -> bool {
    let code = mixture.rsplit('_').next().unwrap();
    let [set, _, count] = code.as_bytes() else {
        panic!("{mixture} does not end in set, type and number of donors")
    };
    let first = b'A' + (set - b'1') * 5;
    (first..first + (count - b'0')).contains(&donor.as_bytes()[0])
}

struct Outcome {
    true_pairs: usize,
    found: usize,
    false_inclusions: usize,
}

fn outcome(
    persons: &Named,
    mixtures: &Named,
    rule: &SearchRule,
    keep: fn(&Found) -> bool,
) -> Outcome {
    let packed = |named: &Named| -> Vec<(SpecimenKey, PackedProfile)> {
        (0..).map(SpecimenKey).zip(named.iter().map(|(_, it)| PackedProfile::from(it))).collect()
    };
    let row = |(key, profile)| Row { key, index: Index::Detainee, profile };
    let mut engine = Exact::new();
    engine.load(Side::Persons, packed(persons).into_iter().map(row).collect()).unwrap();
    let answers = engine.batch(Target::all(Side::Persons), &packed(mixtures), rule).unwrap();
    let (mut included, mut found) = (0, 0);
    for ((mixture, _), (_, answer)) in mixtures.iter().zip(&answers) {
        for candidate in answer.iter().filter(|found| keep(found)) {
            included += 1;
            found += usize::from(is_donor(&persons[candidate.key.0 as usize].0, mixture));
        }
    }
    let donors_of =
        |mixture: &str| persons.iter().filter(|(name, _)| is_donor(name, mixture)).count();
    Outcome {
        true_pairs: mixtures.iter().map(|(name, _)| donors_of(name)).sum(),
        found,
        false_inclusions: included - found,
    }
}

#[test]
fn recall_of_the_true_donors() {
    let Some(folder) = data() else {
        println!("the real mixtures were not searched: BUCCAL_DATA is not set");
        return;
    };
    let persons = donors(&folder);
    assert_eq!(persons.len(), 15);
    let check = |dataset: u8, mixtures: usize, found: usize, true_pairs: usize, recall: &str| {
        let report = read(&folder.join(format!("dataset{dataset}_DTL_AlleleReport.txt")), '\t', 2);
        assert_eq!(report.len(), mixtures);
        // "At least 8" means matching loci, as `SearchRule` has it; read as compared loci it gives
        // the same pairs here.
        let matching = SearchRule::default();
        let compared = SearchRule { matching_min: 0, ..SearchRule::default() };
        for (rule, keep) in
            [(matching, (|_| true) as fn(&Found) -> bool), (compared, |pair| pair.compared >= 8)]
        {
            let seen = outcome(&persons, &report, &rule, keep);
            assert_eq!(
                (seen.found, seen.true_pairs, seen.false_inclusions),
                (found, true_pairs, 0)
            );
            let share = seen.found as f64 / seen.true_pairs as f64;
            assert_eq!(format!("{share:.3}"), recall, "dataset {dataset}");
        }
    };
    check(1, 58, 158, 201, "0.786");
    check(2, 60, 158, 210, "0.752");
    check(3, 55, 154, 196, "0.786");
}

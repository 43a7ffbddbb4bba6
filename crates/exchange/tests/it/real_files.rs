//! The tables of a data folder named by `BUCCAL_DATA`. Without one these tests say so and pass.

use std::collections::BTreeMap;
use std::path::PathBuf;

use exchange::Problem;
use exchange::genotypes::{Table, read_bytes};
use genetics::Locus;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::show;

#[expect(clippy::disallowed_methods, reason = "a test is the shell of its own run")]
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("BUCCAL_DATA").map(PathBuf::from);
    let folder = folder.map(|it| it.join(name)).filter(|it| it.is_dir());
    if folder.is_none() {
        println!("did not run: BUCCAL_DATA names no folder with {name}/ in it");
    }
    folder
}

fn read(folder: &std::path::Path, file: &str) -> (Table, Vec<Problem>) {
    read_bytes(&std::fs::read(folder.join(file)).unwrap())
}

/// Samples, the largest number of loci in a sample, samples left out, errors, warnings.
fn counts((table, problems): &(Table, Vec<Problem>)) -> [usize; 5] {
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let loci = table.samples.iter().map(|it| it.profile.typed().len()).max().unwrap_or(0);
    [table.samples.len(), loci, table.left_out.len(), errors, problems.len() - errors]
}

#[test]
fn exports_of_analysis_software() {
    let Some(folder) = folder("exports") else {
        return;
    };
    for (file, expected) in [
        ("GeneMapperExample.txt", [4, 16, 0, 0, 0]),
        ("GeneMapperExampleDifferentCaseNumbers.txt", [4, 16, 0, 0, 0]),
        ("GeneMapperExampleBrokenHeader.txt", [0, 0, 0, 1, 0]),
        ("GeneMapperExampleWithHeights.txt", [4, 16, 0, 0, 0]),
        ("GeneMapperExampleWithHeightsAndOL.txt", [1, 16, 0, 0, 1]),
        ("genemapper_v1.4_full_export_header_excerpt.tsv", [0, 0, 0, 0, 1]),
        ("ref3.txt", [3, 17, 0, 0, 0]),
    ] {
        let read = read(&folder, file);
        assert_eq!(counts(&read), expected, "{file}\n{}", show::problems(&read.1));
    }
}

#[test]
fn two_runs_joined_in_one_file() {
    let Some(folder) = folder("exports") else {
        return;
    };
    let read = read(&folder, "set3.txt");
    // Two positive controls of one name whose readings differ: that sample is left out.
    let left_out: Vec<_> = read.0.left_out.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(left_out, ["01-Pos.ktr.__"]);
    assert_eq!(read.0.samples.len(), 37);
    let blank = read.0.samples.iter().find(|it| it.name == "02-Neg.ktr.__").unwrap();
    assert!(blank.profile.typed().is_empty());
    let errors: Vec<_> = read.1.iter().filter(|it| it.is_error()).map(|it| it.row).collect();
    assert_eq!(errors, [499], "{}", show::problems(&read.1));
    assert_eq!(counts(&read), [37, 17, 1, 1, 23]);
}

type Cells = BTreeMap<(String, String), BTreeMap<String, String>>;

/// The plainest reading of a sound long table with heights: alleles and heights as their texts.
fn read_plainly(text: &str) -> Cells {
    let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    lines.next().unwrap();
    let peaks = lines.map(|cells| {
        let locus = Locus::from_name(cells[1]).unwrap().to_string();
        let pairs = cells[2..].chunks(2).filter(|pair| !pair[0].is_empty());
        let pairs = pairs.map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect();
        ((cells[0].to_owned(), locus), pairs)
    });
    peaks.filter(|(_, pairs): &(_, BTreeMap<_, _>)| !pairs.is_empty()).collect()
}

fn read_again(table: &Table) -> Cells {
    let mut cells = Cells::new();
    for sample in &table.samples {
        for peak in &sample.peaks {
            let entry = sample.profile.at(peak.locus).unwrap();
            assert!(entry.genotype.alleles().contains(&peak.allele));
            let at = cells.entry((sample.name.clone(), peak.locus.to_string())).or_default();
            at.insert(peak.allele.to_string(), peak.height.to_string());
            assert!(at.len() <= entry.genotype.alleles().len());
        }
    }
    cells
}

#[test]
fn mixtures_and_their_donors() {
    let Some(folder) = folder("mixtures") else {
        return;
    };
    for (file, samples) in [
        ("dataset1_DTH_AlleleReport.txt", 58),
        ("dataset1_DTL_AlleleReport.txt", 58),
        ("dataset2_DTH_AlleleReport.txt", 60),
        ("dataset2_DTL_AlleleReport.txt", 60),
        ("dataset3_DTH_AlleleReport.txt", 55),
        ("dataset3_DTL_AlleleReport.txt", 55),
    ] {
        let read = read(&folder, file);
        let problems = show::problems(&read.1);
        assert_eq!(counts(&read), [samples, 27, 0, 0, 0], "{file}\n{problems}");
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        assert_eq!(read_again(&read.0), read_plainly(&text), "{file}");
    }
    let donors = folder.join("references");
    let mut files: Vec<_> =
        std::fs::read_dir(&donors).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 15);
    for file in files {
        let read = read_bytes(&std::fs::read(&file).unwrap());
        assert_eq!(counts(&read), [1, 23, 0, 0, 0], "{}", file.display());
    }
    let (table, _) = read(&donors, "1A.csv");
    let alleles = |locus| table.samples[0].profile.at(locus).unwrap().genotype.to_string();
    assert_eq!(alleles(Locus::D1s1656), "13,15.3");
    assert_eq!(alleles(Locus::Tpox), "8");
}

#[test]
fn damaged_real_tables_are_answered() {
    let Some(folder) = folder("exports") else {
        return;
    };
    for file in ["GeneMapperExampleWithHeightsAndOL.txt", "ref3.txt", "GeneMapperExample.txt"] {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        let damage =
            vec((0..bytes.len(), prop_oneof![any::<u8>(), Just(b'"'), Just(b'\t')]), 1..20);
        let answered = TestRunner::default().run(&damage, |damage| {
            let mut bytes = bytes.clone();
            for (place, byte) in damage {
                bytes[place] = byte;
            }
            let (table, problems) = read_bytes(&bytes);
            prop_assert!(table.layout.is_some() || !problems.is_empty());
            Ok(())
        });
        answered.unwrap();
    }
}

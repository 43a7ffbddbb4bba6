//! `buccal candidate pairs`: small tables, and the real one of 1,036 people (NIST, US Government
//! work), whose matrix is counted a second time here in the plainest way.
//!
//! The workbook is opened with `unzip`; a reader of workbooks would bring a dozen crates for one
//! file. Where `unzip` is not installed the test says so.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::ground::{file, folder, real_data, run};

const HEADER: &str = "first,second,loci_compared,loci_equal,loci_differing,differing\n";

/// Nine loci in two columns each; the samples differ at the loci that their line says.
fn small_table() -> String {
    let loci = ["CSF1PO", "FGA", "TH01", "TPOX", "vWA", "D3S1358", "D5S818", "D7S820", "D8S1179"];
    let header = loci.map(|locus| format!(",{locus}_1,{locus}_2")).concat();
    let row = |name: &str, other: &[&str], missing: &[&str]| {
        let alleles = loci.map(|locus| match locus {
            locus if missing.contains(&locus) => ",,".to_owned(),
            locus if other.contains(&locus) => ",10,12".to_owned(),
            _ => ",10,11".to_owned(),
        });
        format!("{name}{}\n", alleles.concat())
    };
    [
        format!("Sample Name{header}\n"),
        row("A", &[], &[]),
        row("B", &["FGA"], &[]),
        row("C", &["FGA", "TH01", "vWA"], &[]),
        row("D", &[], &["D8S1179"]),
        row("E", &loci, &[]),
    ]
    .concat()
}

#[test]
fn pairs_of_a_table() {
    let folder = folder();
    let table = file(folder.path(), "table.csv", &small_table());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (out, matrix) = (path("pairs.csv"), path("matrix.csv"));
    let verb = ["candidate", "pairs", &table, "--out", &out, "--matrix", &matrix, "--json"];
    let ran = run(&verb);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let found = std::fs::read_to_string(&out).unwrap();
    assert_eq!(found, format!("{HEADER}A,B,9,8,1,FGA\nA,D,8,8,0,\n"));
    let seen = ran.json();
    assert_eq!((&seen["profiles"], &seen["pairs_compared"]), (&5.into(), &10.into()));
    assert_eq!(seen["pairs_alike"], 2);
    let counted = &seen["matrix"];
    assert_eq!((&counted["loci"], &counted["profiles"]), (&9.into(), &4.into()));
    assert_eq!((&counted["incomplete_left_out"], &counted["pairs"]), (&1.into(), &6.into()));
    // B has the same FGA as C and E; every other pair shares the 10 of each differing locus.
    let cells = cells(&std::fs::read_to_string(&matrix).unwrap());
    let expected = [((8, 1), 1), ((6, 3), 1), ((7, 2), 1), ((0, 9), 1), ((1, 8), 1), ((3, 6), 1)];
    assert_eq!(cells, BTreeMap::from(expected));
    let ran = run(&[&verb[..], &["--min-loci", "6", "--differing", "3"]].concat());
    assert_eq!(ran.json()["pairs_alike"], 5, "{}", ran.out);
}

#[test]
fn wrong_requests_are_told() {
    let folder = folder();
    let table = file(folder.path(), "table.csv", &small_table());
    let broken = file(folder.path(), "broken.csv", "what,is\nthis,here\n");
    let check = |arguments: &[&str], told: &str| {
        let ran = run(&[&["candidate", "pairs"], arguments].concat());
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.contains(told), "{}", ran.err);
    };
    check(&[&table, "--differing", "4"], "--differing: 4 was found; give 0 to 3");
    check(&[&table, "--min-loci", "0"], "--min-loci: 0 was found; give 1 to 20");
    check(&[&table, "--loci", "core13", "--min-loci", "14"], "give 1 to 13");
    check(&[&table, "--loci", "core"], "give core13, core20 or autosomal");
    check(&[&broken], "no genotype table was understood");
    check(&["nowhere.csv"], "give the path of a file");
}

/// The cells of a matrix that are not 0, by full and partial matches.
fn cells(matrix: &str) -> BTreeMap<(usize, usize), u64> {
    let rows = matrix.lines().skip(1).map(|line| line.split(',').skip(1)).enumerate();
    let cells = rows.flat_map(|(full, row)| {
        let counts = row.map(|count| count.parse().unwrap()).enumerate();
        counts.map(move |(partial, count)| ((full, partial), count))
    });
    cells.filter(|(_, count)| *count > 0).collect()
}

/// A part of a workbook; `None` where it cannot be unpacked here.
fn part(workbook: &Path, name: &str) -> Option<String> {
    let Ok(unpacked) = Command::new("unzip").arg("-p").arg(workbook).arg(name).output() else {
        eprintln!("the real genotypes were not compared: unzip is not installed");
        return None;
    };
    assert!(unpacked.status.success(), "{name}");
    Some(String::from_utf8(unpacked.stdout).unwrap())
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(inside, _)| inside)
}

/// Rows of the first sheet; a cell that is not there is empty.
fn sheet(workbook: &Path) -> Option<Vec<Vec<String>>> {
    let strings = part(workbook, "xl/sharedStrings.xml")?;
    let strings: Vec<&str> =
        strings.split("<si>").skip(1).map(|one| between(one, "<t>", "</t>").unwrap()).collect();
    let sheet = part(workbook, "xl/worksheets/sheet1.xml")?;
    let rows = sheet.split("<row ").skip(1).map(|row| {
        let cells = row.split("<c ").skip(1).map(|cell| match between(cell, "<v>", "</v>") {
            None => String::new(),
            Some(place) if cell.contains("t=\"s\"") => {
                strings[place.parse::<usize>().unwrap()].into()
            }
            // A repeat number is kept there as binary: 9.3 reads 9.3000000000000007.
            Some(number) => format!("{}", (number.parse::<f64>().unwrap() * 10.0).round() / 10.0),
        });
        cells.collect()
    });
    Some(rows.collect())
}

/// The loci of the sheet, and the two alleles of each sample there.
fn people(rows: &[Vec<String>]) -> (Vec<String>, Vec<Vec<[String; 2]>>) {
    let loci = rows[0][2..].iter().step_by(2).cloned().collect();
    let alleles = rows[1..]
        .iter()
        .map(|row| row[2..].chunks(2).map(|pair| [pair[0].clone(), pair[1].clone()]).collect());
    (loci, alleles.collect())
}

fn table(rows: &[Vec<String>], loci: &[String]) -> String {
    let mut text = "Sample".to_owned();
    for locus in loci {
        text.push_str(&format!(",{locus}_1,{locus}_2"));
    }
    for row in &rows[1..] {
        text.push_str(&format!("\n{},{}", row[0], row[2..].join(",")));
    }
    text + "\n"
}

/// Alleles that two people share at a locus: 0, 1 or 2.
fn shared(ours: &[String; 2], theirs: &[String; 2]) -> usize {
    let [a, b] = ours;
    let straight = usize::from(*a == theirs[0]) + usize::from(*b == theirs[1]);
    let crossed = usize::from(*a == theirs[1]) + usize::from(*b == theirs[0]);
    straight.max(crossed)
}

#[test]
fn the_matrix_of_real_people_is_the_plain_count() {
    let Some(data) = real_data() else { return };
    let workbook = data.join("genotypes/nist1036_genotypes_popstats_2017.xlsx");
    let Some(rows) = sheet(&workbook) else { return };
    let (loci, people) = people(&rows);
    assert_eq!((loci.len(), people.len()), (29, 1036));
    let folder = folder();
    let table = file(folder.path(), "people.csv", &table(&rows, &loci));
    // One person lacks TPOX, another Penta D; the matrix is over people who lack nothing.
    for (panel, looked_at, whole) in
        [("core13", 13, 1035), ("core20", 20, 1035), ("autosomal", 24, 1034)]
    {
        let out = folder.path().join("matrix.csv").display().to_string();
        let ran = run(&["candidate", "pairs", &table, "--matrix", &out, "--loci", panel, "--json"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let (seen, counted) = (ran.json(), ran.json()["matrix"].clone());
        assert_eq!((&seen["profiles"], &seen["pairs_alike"]), (&1036.into(), &0.into()));
        assert_eq!((&counted["loci"], &counted["profiles"]), (&looked_at.into(), &whole.into()));
        assert_eq!(counted["incomplete_left_out"], 1036 - whole);
        let panel = genetics::LocusSet::named(panel).unwrap();
        let known = |name: &String| {
            genetics::Locus::from_name(name).is_some_and(|locus| panel.contains(locus))
        };
        let asked: Vec<usize> = (0..loci.len()).filter(|at| known(&loci[*at])).collect();
        let complete =
            people.iter().filter(|alleles| asked.iter().all(|at| !alleles[*at][0].is_empty()));
        let complete: Vec<_> = complete.collect();
        let mut plain: BTreeMap<(usize, usize), u64> = BTreeMap::new();
        for (place, theirs) in complete.iter().enumerate() {
            for ours in &complete[..place] {
                let mut sums = [0; 3];
                asked.iter().for_each(|at| sums[shared(&ours[*at], &theirs[*at])] += 1);
                *plain.entry((sums[2], sums[1])).or_default() += 1;
            }
        }
        let found = cells(&std::fs::read_to_string(&out).unwrap());
        assert_eq!(found.values().sum::<u64>(), whole * (whole - 1) / 2);
        assert_eq!(found, plain);
    }
}

//! Samples handed over one by one: the same samples as a whole reading, in bounded memory.

use std::io::{Error, ErrorKind};

use exchange::Problem;
use exchange::genotypes::{LongWriter, Sample, SexCoding, Summary, each, read_bytes};
use genetics::LocusSet;
use proptest::prelude::*;

use crate::genotypes_properties::{Samples, samples};
use crate::show;

fn streamed(input: &[u8]) -> (Vec<Sample>, Summary, Vec<Problem>) {
    let mut taken = Vec::new();
    let (summary, problems) = each(input, |sample| {
        taken.push(sample);
        Ok::<(), Error>(())
    })
    .unwrap();
    assert_eq!(taken.len() as u64, summary.samples);
    (taken, summary, problems)
}

fn sorted(problems: &[Problem]) -> Vec<String> {
    let mut lines: Vec<String> = show::problems(problems).lines().map(ToOwned::to_owned).collect();
    lines.sort();
    lines
}

/// Reads both ways and compares everything but the order of problems.
fn equal(input: &[u8]) {
    let (taken, summary, told) = streamed(input);
    let (table, problems) = read_bytes(input);
    assert_eq!(taken, table.samples);
    assert_eq!(summary.left_out, table.left_out.len() as u64);
    assert_eq!(summary.layout, table.layout);
    assert_eq!(summary.sex_coding, table.sex_coding);
    assert_eq!(summary.unknown_markers, table.unknown_markers);
    assert_eq!(sorted(&told), sorted(&problems));
}

fn wide(samples: &Samples, lists: bool) -> Vec<u8> {
    let mut loci: LocusSet = samples.iter().flat_map(|(_, it)| it.loci().iter()).collect();
    if loci.is_empty() {
        loci = LocusSet::core13();
    }
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut header = vec!["Sample".to_owned()];
    for locus in loci.iter() {
        match lists {
            true => header.push(locus.to_string()),
            false => header.extend((1..=5).map(|number| format!("{locus} {number}"))),
        }
    }
    out.write_record(header).unwrap();
    for (name, profile) in samples {
        let mut row = vec![name.clone()];
        for locus in loci.iter() {
            let alleles = profile.at(locus).map(|entry| entry.genotype.alleles());
            let mut texts: Vec<String> =
                alleles.unwrap_or_default().iter().map(ToString::to_string).collect();
            match lists {
                true => row.push(texts.join(",")),
                false => {
                    texts.resize(5, String::new());
                    row.extend(texts);
                }
            }
        }
        out.write_record(row).unwrap();
    }
    out.into_inner().unwrap()
}

proptest! {
    // Wide tables have many columns, and a header is looked at under every delimiter.
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn streaming_equals_gathering(samples in samples(), lists in any::<bool>()) {
        let input = wide(&samples, lists);
        equal(&input);
        prop_assert_eq!(streamed(&input).0.len(), samples.len());
    }

    #[test]
    fn a_long_table_is_gathered(samples in samples()) {
        let mut input = Vec::new();
        let mut writer = LongWriter::new(&mut input, b',', 8).unwrap();
        samples.iter().for_each(|(name, profile)| writer.write(name, profile).unwrap());
        writer.finish().unwrap();
        equal(&input);
    }

    #[test]
    fn a_damaged_wide_table_is_read_alike(
        samples in samples(),
        lists in any::<bool>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut input = wide(&samples, lists);
        for (place, byte) in damage {
            let place = place.index(input.len());
            input[place] = byte;
        }
        let told = streamed(&input).2;
        // A name that damage made stand twice is the one thing that is treated otherwise.
        if !told.iter().any(|problem| problem.wrong.contains("stands in an earlier row")) {
            equal(&input);
        }
    }
}

#[test]
fn a_name_that_stands_twice_leaves_out_its_later_row() {
    let input = "Sample,FGA,vWA\nS,\"24,25\",\nT,20,\nS,,16\nS,\"24,2\n";
    let (taken, summary, problems) = streamed(input.as_bytes());
    let names: Vec<_> = taken.iter().map(|it| (it.name.as_str(), it.first_row)).collect();
    assert_eq!(names, [("S", 2), ("T", 3)]);
    assert_eq!(summary.left_out, 2);
    assert_eq!(
        show::problems(&problems),
        "error: row 4, column 'Sample': the name stands in an earlier row; this row was left out, \
         found 'S'; expected each sample in one row.\n\
         error: row 5: a quotation mark opens a cell and does not close on this line; expected \
         both quotation marks on one line, or none.\n"
    );
}

#[test]
fn digits_of_sex_wait_until_they_are_told() {
    // Nothing but the last row says that 1 and 2 are meant, or 0 and 1.
    for (last, coding) in [("C,1,2", SexCoding::OneTwo), ("C,0,1", SexCoding::ZeroOne)] {
        let input = format!("Sample,AMEL 1,AMEL 2\nA,1,1\nB,,\n{last}\nD,1,1\n");
        equal(input.as_bytes());
        assert_eq!(streamed(input.as_bytes()).1.sex_coding, Some(coding));
    }
    equal(b"Sample,AMEL 1,AMEL 2\nA,0,1\nB,1,2\nC,X,Y\nD,0,1\n");
    equal(b"Sample,AMEL 1,AMEL 2\nA,X,Y\nB,X,X\n");
}

#[test]
fn more_than_can_be_held_is_decided_by_what_was_seen() {
    let mut input = "Sample,AMEL 1,AMEL 2\n".to_owned();
    for number in 0..20_010 {
        input.push_str(&format!("S{number},0,1\n"));
    }
    input.push_str("last,1,2\n");
    let (taken, summary, problems) = streamed(input.as_bytes());
    assert_eq!((taken.len(), summary.left_out), (20_010, 1));
    assert_eq!(taken[0].profile.typed()[0].genotype.to_string(), "X,Y");
    assert_eq!(summary.sex_coding, Some(SexCoding::ZeroOne));
    assert_eq!(problems[0].row, 20_012);
}

#[test]
fn whoever_takes_may_end_the_reading() {
    let mut count = 0;
    let ended = each("Sample,FGA\nA,20\nB,21\nC,22\n".as_bytes(), |_| {
        count += 1;
        if count == 2 { Err(Error::from(ErrorKind::Other)) } else { Ok(()) }
    });
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::Other);
    assert_eq!(count, 2);
}

#[test]
fn refused_headers_give_no_layout() {
    let (taken, summary, problems) = streamed(b"Smaple,FGA\nA,20\n");
    assert_eq!((taken.len(), summary), (0, Summary::default()));
    assert_eq!(problems.len(), 1);
    equal(b"Sample,FGA\n");
}

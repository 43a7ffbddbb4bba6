//! Parquet files: the same tables in columns, and whatever damage a file may have.

use std::fs::File;
use std::io::{Error, Write};
use std::sync::{Arc, Mutex};

use exchange::genotypes::parquet::{Bytes, NotWritten, Writer, each, is_parquet};
use exchange::genotypes::{Sample, Shape, Summary, each_in_file, read_bytes, read_file};
use genetics::{LocusSet, Profile};
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;

use crate::genotypes_properties::{Samples, contents, samples};
use crate::show;

fn written(samples: &Samples) -> Vec<u8> {
    let loci: LocusSet = samples.iter().flat_map(|(_, it)| it.loci().iter()).collect();
    // A header needs one locus at least.
    let loci = if loci.is_empty() { LocusSet::core20() } else { loci };
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, loci).unwrap();
    samples.iter().for_each(|(name, profile)| writer.write(name, profile).unwrap());
    writer.finish().unwrap();
    bytes
}

/// A file of one group, as some other tool may write it.
fn foreign(
    schema: &str,
    packing: Compression,
    fill: impl Fn(&mut SerializedRowGroupWriter<'_, &mut Vec<u8>>),
) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = WriterProperties::builder().set_compression(packing).build();
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
    let mut group = file.next_row_group().unwrap();
    fill(&mut group);
    group.close().unwrap();
    file.close().unwrap();
    bytes
}

fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    values: &[T::T],
    definitions: Option<&[i16]>,
    repetitions: Option<&[i16]>,
) {
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(values, definitions, repetitions).unwrap();
    column.close().unwrap();
}

fn texts(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    values: &[&str],
    definitions: Option<&[i16]>,
    repetitions: Option<&[i16]>,
) {
    let values: Vec<ByteArray> = values.iter().map(|value| ByteArray::from(*value)).collect();
    column::<ByteArrayType>(group, &values, definitions, repetitions);
}

#[track_caller]
fn check(bytes: &[u8], expected: &str) {
    assert_eq!(show::genotypes(bytes).trim_end(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_is_written_reads_back(samples in samples()) {
        let bytes = written(&samples);
        prop_assert!(is_parquet(&bytes));
        let (table, problems) = read_bytes(&bytes);
        prop_assert!(problems.iter().all(|problem| !problem.is_error()), "{problems:?}");
        prop_assert_eq!(contents(&table), samples);
        prop_assert_eq!(&bytes, &written(&contents(&table)));
        let (streamed, summary) = streamed(&bytes);
        prop_assert_eq!(streamed, table.samples);
        prop_assert_eq!(summary.layout, table.layout);
    }

    #[test]
    fn damage_is_answered(
        samples in samples(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = written(&samples);
        let (table, problems) = read_bytes(&bytes[..cut.index(bytes.len())]);
        prop_assert!(table.layout.is_none() && !problems.is_empty());
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let (table, problems) = read_bytes(&bytes);
        prop_assert!(table.layout.is_some() || !problems.is_empty());
        prop_assert!(table.layout.is_some() || table.samples.is_empty());
    }
}

fn streamed(bytes: &[u8]) -> (Vec<Sample>, Summary) {
    let mut taken = Vec::new();
    let (summary, _) = each(Bytes::copy_from_slice(bytes), |sample| {
        taken.push(sample);
        Ok::<(), Error>(())
    })
    .unwrap();
    (taken, summary)
}

#[test]
fn every_byte_may_be_any_other() {
    let loci: Vec<_> = LocusSet::core13().iter().take(3).collect();
    let profile = |text: &str| {
        let pairs = loci.iter().map(|locus| (*locus, text.parse().unwrap()));
        Profile::from_genotypes(pairs).unwrap()
    };
    let texts = ["9,9.3", "12", "12"];
    let samples: Samples =
        (0..40).map(|number| (format!("S{number}"), profile(texts[number % 3]))).collect();
    let bytes = written(&samples);
    for place in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[place] ^= [0x01, 0x80, 0xFF][place % 3];
        let (table, problems) = read_bytes(&bytes);
        assert!(table.layout.is_some() || !problems.is_empty());
    }
}

#[test]
fn many_groups_and_pages() {
    let genotypes = ["9,9.3", "12", "14,15", "OL,20"];
    let samples: Samples = (0..140_000_usize)
        .map(|number| {
            let text = genotypes[number % 4].parse().unwrap();
            let pair = (number % 7 != 0).then_some((genetics::Locus::Fga, text));
            (format!("S{number}"), Profile::from_genotypes(pair).unwrap())
        })
        .collect();
    let (read, summary) = streamed(&written(&samples));
    assert_eq!(summary.samples, 140_000);
    let read: Samples = read.into_iter().map(|it| (it.name, it.profile)).collect();
    assert!(read == samples);
}

#[test]
fn two_columns_a_locus_and_columns_not_needed() {
    let schema = "message m { required int64 Cap; optional binary FGA_1 (utf8); \
                  required binary Sample_Name (utf8); optional binary FGA_2; }";
    for packing in [Compression::UNCOMPRESSED, Compression::SNAPPY] {
        let bytes = foreign(schema, packing, |group| {
            column::<Int64Type>(group, &[1, 2, 3], None, None);
            texts(group, &["24", "25", "x"], Some(&[1, 1, 1]), None);
            texts(group, &["A", " 007 ", "C"], None, None);
            texts(group, &["25"], Some(&[1, 0, 0]), None);
        });
        check(
            &bytes,
            "A@2 FGA=24,25\n007@3 FGA=25\nleft out C@4\n\
             error: row 4, column 'FGA_1': this is no allele of FGA; sample C was left out, found \
             'x'; expected a number from 1 to 99 with at most one decimal after a point, '<9', \
             '>15', '12.X' or 'OL'.",
        );
        let layout = read_bytes(&bytes).0.layout.unwrap();
        assert_eq!((layout.shape, layout.delimiter), (Shape::WideColumns, None));
    }
}

#[test]
fn lists_of_texts() {
    let schema = "message m { required binary sample (utf8); optional group FGA (list) \
                  { repeated group list { optional binary element (utf8); } } }";
    let bytes = foreign(schema, Compression::SNAPPY, |group| {
        texts(group, &["A", "B", "C", "D"], None, None);
        // A has two alleles, B a null list, C an empty one, D one allele and one null.
        let definitions = [3, 3, 0, 1, 3, 2];
        texts(group, &["24", "25", "20"], Some(&definitions), Some(&[0, 1, 0, 0, 0, 1]));
    });
    check(&bytes, "A@2 FGA=24,25\nB@3\nC@4\nD@5 FGA=20");
}

#[test]
fn a_long_table_in_columns() {
    let schema = "message m { required binary Sample (utf8); required binary Marker (utf8); \
                  required binary Alleles (utf8); }";
    let bytes = foreign(schema, Compression::UNCOMPRESSED, |group| {
        texts(group, &["A", "B", "A"], None, None);
        texts(group, &["FGA", "FGA", "vWA"], None, None);
        texts(group, &["24,25", "20", "16"], None, None);
    });
    check(&bytes, "A@2 FGA=24,25 vWA=16\nB@3 FGA=20");
}

#[test]
fn what_is_refused() {
    let number = foreign(
        "message m { required binary sample (utf8); required double FGA; }",
        Compression::UNCOMPRESSED,
        |group| {
            texts(group, &["A"], None, None);
            column::<DoubleType>(group, &[9.3], None, None);
        },
    );
    check(
        &number,
        "error: row 1, column 'FGA': the column is a column of type DOUBLE; expected a column of \
         text, or of lists of text.",
    );
    let nameless =
        foreign("message m { required binary FGA (utf8); }", Compression::UNCOMPRESSED, |group| {
            texts(group, &["24"], None, None)
        });
    let told = show::genotypes(&nameless);
    assert!(told.starts_with("error: row 1: no column names the sample"), "{told}");
    check(
        b"PAR1 and then a letter",
        "error: row 1: the file is damaged or cut short; nothing of it was taken; expected a \
         whole Parquet file.",
    );
}

#[test]
fn names_that_are_no_names() {
    let schema = "message m { optional binary sample; required binary FGA (utf8); }";
    let bytes = foreign(schema, Compression::UNCOMPRESSED, |group| {
        let names = [&b"A\nB"[..], b"\xFF", b"C"].map(|name| ByteArray::from(name.to_vec()));
        column::<ByteArrayType>(group, &names, Some(&[1, 1, 0, 1]), None);
        texts(group, &["20", "21", "22", "23"], None, None);
    });
    let told = show::genotypes(&bytes);
    assert!(told.starts_with("C@5 FGA=23\n"), "{told}");
    assert_eq!(told.matches("error: ").count(), 3, "{told}");
}

#[test]
fn what_is_not_written() {
    let mut writer = Writer::new(Vec::new(), LocusSet::core13()).unwrap();
    let empty = Profile::default();
    assert!(matches!(writer.write(" A", &empty), Err(NotWritten::Name)));
    let pair = [(genetics::Locus::Se33, "20".parse().unwrap())];
    let outside = Profile::from_genotypes(pair).unwrap();
    assert!(matches!(writer.write("A", &outside), Err(NotWritten::NoColumn(_))));
}

#[test]
fn a_file_of_either_format_is_told_by_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let pair = [(genetics::Locus::Fga, "20".parse().unwrap())];
    let samples = vec![("A".to_owned(), Profile::from_genotypes(pair).unwrap())];
    for (name, bytes) in
        [("text.parquet", b"Sample,FGA\nA,20\n".to_vec()), ("columns.csv", written(&samples))]
    {
        let path = folder.path().join(name);
        File::create(&path).unwrap().write_all(&bytes).unwrap();
        let (table, problems) = read_file(File::open(&path).unwrap()).unwrap();
        assert_eq!(show::samples(&table) + &show::problems(&problems), "A@2 FGA=20\n");
        let told = Arc::new(Mutex::new(0));
        let tell = told.clone();
        let mut taken = Vec::new();
        let file = File::open(&path).unwrap();
        let tell = move |count| *tell.lock().unwrap() += count;
        let (summary, _) = each_in_file(file, tell, |sample| {
            taken.push(sample);
            Ok::<(), Error>(())
        })
        .unwrap();
        assert_eq!((taken, summary.samples), (table.samples, 1));
        assert!(*told.lock().unwrap() > 0);
    }
}

#[test]
fn bare_lists_and_groups() {
    let schema = "message m { required binary sample (utf8); repeated binary FGA (utf8); }";
    let bytes = foreign(schema, Compression::UNCOMPRESSED, |group| {
        texts(group, &["A", "B"], None, None);
        texts(group, &["24", "25"], Some(&[1, 1, 0]), Some(&[0, 1, 0]));
    });
    check(&bytes, "A@2 FGA=24,25\nB@3");
    let schema = "message m { required binary sample (utf8); required group FGA \
                  { required binary one (utf8); required binary two (utf8); } }";
    let bytes = foreign(schema, Compression::UNCOMPRESSED, |group| {
        texts(group, &["A"], None, None);
        texts(group, &["24"], None, None);
        texts(group, &["25"], None, None);
    });
    check(
        &bytes,
        "error: row 1, column 'FGA': the column is a group of columns; expected a column of text, \
         or of lists of text.",
    );
}

//! What holds for every genotype table, and for any bytes at all.

use exchange::genotypes::{LongWriter, NotWritten, Table, WideColumns, WideWriter, read_bytes};
use genetics::{Allele, Category, Genotype, Locus, LocusSet, Profile};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

pub(crate) type Samples = Vec<(String, Profile)>;

fn allele() -> impl Strategy<Value = Allele> {
    let sized = (10_u16..400).prop_map(|tenths| Allele::exact(tenths).unwrap());
    let unsure = prop::sample::select(vec!["<9", ">15", "12.X", "OL"]);
    prop_oneof![9 => sized, 1 => unsure.prop_map(|token| token.parse().unwrap())]
}

fn genotype(locus: Locus) -> BoxedStrategy<Genotype> {
    if locus == Locus::Amelogenin {
        let sexes = prop::sample::select(vec!["X", "X,Y", "Y", "OL,X"]);
        return sexes.prop_map(|text| text.parse().unwrap()).boxed();
    }
    btree_set(allele(), 1..6).prop_map(|alleles| Genotype::new(alleles).unwrap()).boxed()
}

fn profile() -> impl Strategy<Value = Profile> {
    let loci: Vec<Locus> = Locus::all().collect();
    let loci = prop::sample::subsequence(loci, 0..12);
    loci.prop_flat_map(|loci| {
        let pairs = loci.into_iter().map(|locus| (Just(locus), genotype(locus)));
        pairs.collect::<Vec<_>>().prop_map(|pairs| Profile::from_genotypes(pairs).unwrap())
    })
}

pub(crate) fn samples() -> impl Strategy<Value = Samples> {
    let name = "[0-9A-Za-z\"';,_.#=+-][ -~ü]{0,12}";
    btree_map(name.prop_map(|name| name.trim().to_owned()), profile(), 1..6)
        .prop_map(|samples| samples.into_iter().collect())
}

fn written(samples: &Samples, delimiter: u8) -> String {
    let mut bytes = Vec::new();
    let mut writer = LongWriter::new(&mut bytes, delimiter, 8).unwrap();
    for (name, profile) in samples {
        writer.write(name, profile).unwrap();
    }
    writer.finish().unwrap();
    String::from_utf8(bytes).unwrap()
}

fn written_wide(samples: &Samples, columns: WideColumns, apart: usize) -> String {
    let mut bytes = Vec::new();
    let mut writer = WideWriter::new(&mut bytes, columns).unwrap();
    for (name, profile) in samples.iter().take(apart) {
        writer.write(name, Some(Category::ForensicMixture), profile).unwrap();
    }
    writer.finish().unwrap();
    let mut writer = WideWriter::continuing(&mut bytes, columns);
    for (name, profile) in samples.iter().skip(apart) {
        writer.write(name, None, profile).unwrap();
    }
    writer.finish().unwrap();
    String::from_utf8(bytes).unwrap()
}

pub(crate) fn contents(table: &Table) -> Samples {
    table.samples.iter().map(|it| (it.name.clone(), it.profile.clone())).collect()
}

/// One text in the bytes of an encoding: 0 as it is, 1 with a mark, 2 and 3 in UTF-16.
fn encoded(text: &str, encoding: u8) -> Vec<u8> {
    let marked = format!("\u{feff}{text}");
    match encoding {
        0 => text.as_bytes().to_vec(),
        1 => marked.into_bytes(),
        2 => marked.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        _ => marked.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        samples in samples(),
        delimiter in prop::sample::select(b"\t,;".to_vec()),
    ) {
        let text = written(&samples, delimiter);
        let (table, problems) = read_bytes(text.as_bytes());
        prop_assert!(problems.iter().all(|problem| !problem.is_error()), "{problems:?}");
        prop_assert_eq!(contents(&table), samples);
    }

    #[test]
    fn a_wide_table_reads_back(
        samples in samples(),
        delimiter in prop::sample::select(b"\t,;".to_vec()),
        category in any::<bool>(),
        apart in 0_usize..6,
    ) {
        let loci = Locus::all().collect();
        let columns = WideColumns { delimiter, loci, alleles: 6, category };
        let (table, problems) = read_bytes(written_wide(&samples, columns, apart).as_bytes());
        let told = problems.iter().all(|problem| problem.wrong.contains("off-ladder"));
        prop_assert!(told, "{problems:?}");
        prop_assert_eq!(contents(&table), samples);
    }

    #[test]
    fn mark_ending_delimiter_and_order_change_nothing(
        samples in samples(),
        delimiter in prop::sample::select(b"\t,;".to_vec()),
        encoding in 0_u8..4,
        ending in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        last in any::<bool>(),
        seed in any::<prop::sample::Index>(),
    ) {
        let text = written(&samples, delimiter);
        let mut lines: Vec<&str> = text.lines().collect();
        let rows = lines.len() - 1;
        lines[1..].rotate_left(seed.index(rows));
        let mut text = lines.join(ending);
        if last {
            text.push_str(ending);
        }
        let (table, _) = read_bytes(&encoded(&text, encoding));
        let mut read = contents(&table);
        read.sort_by(|one, other| one.0.cmp(&other.0));
        prop_assert_eq!(read, samples);
        prop_assert!(table.samples.iter().all(|it| it.first_row <= rows as u64 + 1));
    }

    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..400)) {
        let (table, problems) = read_bytes(&bytes);
        prop_assert!(table.layout.is_some() || !problems.is_empty());
    }

    #[test]
    fn a_damaged_table_is_answered(
        samples in samples(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = written(&samples, b'\t').into_bytes();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
        let (table, problems) = read_bytes(&bytes);
        prop_assert!(table.layout.is_some() || !problems.is_empty());
        prop_assert!(problems.iter().all(|problem| (1..=lines).contains(&problem.row)));
    }
}

#[test]
fn a_wide_table_refuses_what_has_no_column() {
    let loci = LocusSet::from_iter([Locus::Fga, Locus::D3s1358]);
    let columns = WideColumns { delimiter: b',', loci, alleles: 2, category: true };
    let mut bytes = Vec::new();
    let mut writer = WideWriter::new(&mut bytes, columns).unwrap();
    let typed = |locus, text: &str| Profile::from_genotypes([(locus, text.parse().unwrap())]);
    let (fga, vwa) = (typed(Locus::Fga, "24").unwrap(), typed(Locus::Vwa, "17").unwrap());
    let three = typed(Locus::D3s1358, "14,15,16").unwrap();
    writer.write("A", Some(Category::ForensicUnknown), &fga).unwrap();
    let refused = writer.write("B", None, &vwa);
    assert!(matches!(refused, Err(NotWritten::NoColumns(Locus::Vwa))));
    let refused = writer.write("B", None, &three);
    assert!(matches!(refused, Err(NotWritten::TooManyAlleles { found: 3, columns: 2 })));
    assert!(matches!(writer.write(" B", None, &fga), Err(NotWritten::Name)));
    writer.finish().unwrap();
    let expected = "Sample Name,Specimen Category,FGA_1,FGA_2,D3S1358_1,D3S1358_2\n\
        A,\"Forensic, Unknown\",24,,,\n";
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

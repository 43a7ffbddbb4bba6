//! NIEM and Type-18: what is written holds what was there, fits the published schema, and says in
//! time what it cannot say.

use exchange::niem;
use exchange::outgoing::{NotInFormat, Record, Sender};
use exchange::type18::{self, LocusNumbers};
use genetics::{Allele, Category, Genotype, Locus, Profile, controls};
use jiff::Timestamp;
use journey::upload::provenance::Provenance;
use proptest::prelude::*;

use crate::real_files::folder;
use crate::schema::Schema;

fn sender() -> Sender {
    Sender {
        source: "TXDNAIDX1".into(),
        destination: "DCFBILAB1".into(),
        by: "custodian".to_owned(),
        at: noon(),
    }
}

fn noon() -> Timestamp {
    "2020-05-01T17:00:00Z".parse().unwrap()
}

fn record(category: Category, profile: Profile) -> Record {
    let case = category.index().holds_evidence().then(|| "CASE-1".into());
    Record {
        id: "S-1".into(),
        category,
        laboratory: "TXCASE001".into(),
        case,
        profile,
        provenance: Provenance {
            partial: category == Category::ForensicPartial,
            kit: Some("Maker & Sons' Kit".to_owned()),
            ..Provenance::default()
        },
        read_by: "reader".to_owned(),
        entered_at: noon(),
    }
}

fn typed(text: &str) -> Profile {
    Profile::from_genotypes(text.split(' ').map(|typed| {
        let (locus, genotype) = typed.split_once('=').unwrap();
        (Locus::from_name(locus).unwrap(), genotype.parse().unwrap())
    }))
    .unwrap()
}

fn transaction(records: &[Record]) -> Vec<u8> {
    let mut writer = niem::Writer::new(Vec::new()).unwrap();
    for record in records {
        writer.record(record).unwrap().unwrap();
    }
    writer.finish().unwrap()
}

/// A naive reader: what stands between tags, in order.
fn texts<'a>(file: &'a str, element: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<biom:{element}>"), format!("</biom:{element}>"));
    file.split(&open).skip(1).map(|text| text.split_once(&close).unwrap().0).collect()
}

/// The genotypes of a NIEM file of one record.
fn genotypes(file: &str) -> Profile {
    let loci = texts(file, "DNALocus").into_iter().map(|locus| {
        let name = Locus::from_name(texts(locus, "DNALocusName")[0]).unwrap();
        let alleles = texts(locus, "DNAAllele").into_iter().map(|allele| {
            let first = texts(allele, "DNAAlleleCall1Text")[0];
            let token = match texts(allele, "DNAAlleleOperatorCode")[0] {
                "Equal" => first.to_owned(),
                "BelowLowerLimit" => format!("<{first}"),
                "AboveUpperLimit" => format!(">{first}"),
                "Range" => {
                    let second: u16 = texts(allele, "DNAAlleleCall2Text")[0].parse().unwrap();
                    assert_eq!(first.parse::<u16>().unwrap() + 1, second);
                    format!("{first}.X")
                }
                other => panic!("{other}"),
            };
            token.parse::<Allele>().unwrap()
        });
        (name, Genotype::new(alleles).unwrap())
    });
    Profile::from_genotypes(loci).unwrap()
}

/// Profiles of any loci with one to three alleles of any kind.
fn profiles() -> impl Strategy<Value = Profile> {
    let allele = prop_oneof![
        (10u16..500).prop_map(|tenths| format!("{}.{}", tenths / 10, tenths % 10)),
        (5u16..50).prop_map(|whole| format!("<{whole}")),
        (5u16..50).prop_map(|whole| format!(">{whole}")),
        (5u16..50).prop_map(|whole| format!("{whole}.X")),
    ];
    let genotype = proptest::collection::vec(allele, 1..=3).prop_map(|tokens| {
        Genotype::new(tokens.iter().map(|token| token.parse::<Allele>().unwrap())).unwrap()
    });
    let loci: Vec<_> = Locus::all().filter(|locus| *locus != Locus::Amelogenin).collect();
    let some = proptest::sample::subsequence(loci, 1..20);
    (some, proptest::collection::vec(genotype, 20)).prop_map(|(loci, genotypes)| {
        Profile::from_genotypes(loci.into_iter().zip(genotypes)).unwrap()
    })
}

#[test]
fn the_published_examples_and_what_is_written_fit_the_schema() {
    let Some(schema) = Schema::niem() else { return };
    for name in ["Sample", "Mixture"] {
        let path = folder("formats").unwrap().join(format!("NIEM5.1_DNA_Crime_Scene_{name}.xml"));
        let ran = schema.check(&std::fs::read(path).unwrap());
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
    let control = controls::profile("2800M").unwrap();
    let odd = typed("FGA=<18,22.2,>40 TH01=9.X D21S11=28");
    let records: Vec<_> = Category::ALL
        .iter()
        .filter(|category| {
            let index = category.index();
            index.holds_persons() || index.holds_evidence()
        })
        .flat_map(|category| [record(*category, control.clone()), record(*category, odd.clone())])
        .collect();
    assert_eq!(records.len(), 20);
    let written = transaction(&records);
    let ran = schema.check(&written);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    // The check can fail: an element out of its order, and a code that the list lacks.
    let text = String::from_utf8(written).unwrap();
    for (from, to) in [(">Detainee<", ">Migrant<"), ("DNALocusName", "DNALocusCategoryCode")] {
        assert!(!schema.check(text.replace(from, to).as_bytes()).status.success(), "{to}");
    }
}

#[test]
fn a_record_says_what_it_is_and_no_more() {
    let mut one = record(Category::ForensicPartial, typed("FGA=20,22 TH01=9 D21S11=28.X,30"));
    let mut loci: Vec<_> = one.profile.typed().to_vec();
    loci[0].required = Some("22".parse().unwrap());
    one.profile = Profile::new(loci).unwrap();
    let text = String::from_utf8(transaction(std::slice::from_ref(&one))).unwrap();
    assert_eq!(texts(&text, "DNACategoryCode"), ["Forensic"]);
    assert_eq!(texts(&text, "DNASourceCategoryCode"), ["Evidentiary, Unknown Single or Mixture"]);
    assert_eq!(texts(&text, "DNASTRProfilePartialIndicator"), ["true"]);
    // One allele of a partial profile may lack another; a microvariant without size is no call.
    assert_eq!(
        texts(&text, "DNALocusQualityStatusCode"),
        ["Normal", "Not Definitive", "Not Definitive"]
    );
    assert_eq!(texts(&text, "DNAAlleleRequiredIndicator").len(), 1);
    assert!(text.contains("<nc:IdentificationID>TXCASE001<"), "the owner of the record");
    assert!(text.contains("Maker &amp; Sons&apos; Kit"));
    let person = record(Category::Detainee, typed("FGA=20 AMEL=X,Y DYS391=10"));
    let text = String::from_utf8(transaction(&[person])).unwrap();
    assert_eq!(texts(&text, "DNASourceKnownIndicator"), ["true"]);
    assert_eq!(texts(&text, "DNALocusCategoryCode"), ["Autosomal", "Other", "Y-STR"]);
    assert_eq!(texts(&text, "DNALocusQualityStatusCode"), ["Normal"; 3]);
    assert!(!text.contains("Case ID"), "a person's record tells of no case");
}

#[test]
fn what_a_format_cannot_say_is_refused_and_the_file_stays_whole() {
    let control = controls::profile("2800M").unwrap();
    let mut writer = niem::Writer::new(Vec::new()).unwrap();
    let off = record(Category::ForensicUnknown, typed("FGA=20,OL"));
    let refused = writer.record(&off).unwrap().unwrap_err();
    assert!(refused.to_string().contains("FGA has an off-ladder reading"), "{refused}");
    let refused = writer.record(&record(Category::CoDuplicate, control.clone())).unwrap();
    assert!(matches!(refused, Err(NotInFormat::Category { .. })));
    let whole = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert!(!whole.contains("biom:DNARecord>"), "{whole}");

    let mut writer = type18::Writer::new(Vec::new(), &sender(), numbers()).unwrap();
    for (record, told) in [
        (record(Category::ForensicMixture, control.clone()), "mixture"),
        (record(Category::Detainee, typed("FGA=1,2,3,4")), "FGA has 4 alleles"),
        (record(Category::Detainee, typed("FGA=>42.2")), "FGA has the allele >42.2"),
        (off, "off-ladder"),
    ] {
        let refused = writer.record(&record).unwrap().unwrap_err();
        assert!(refused.to_string().contains(told), "{refused}");
    }
    let detainee = record(Category::Detainee, control.clone());
    for _ in 0..99 {
        writer.record(&detainee).unwrap().unwrap();
    }
    let refused = writer.record(&detainee).unwrap().unwrap_err();
    assert!(refused.to_string().contains("another file"), "{refused}");
    assert_eq!(read18(&writer.finish().unwrap()).len(), 100);
    let mut unnumbered =
        type18::Writer::new(Vec::new(), &sender(), LocusNumbers::default()).unwrap();
    let refused = unnumbered.record(&detainee).unwrap().unwrap_err();
    assert!(refused.to_string().contains("has no number"), "{refused}");
}

/// Every locus under the number of its place, which is an invention of this test.
fn numbers() -> LocusNumbers {
    let rows: String =
        Locus::all().map(|locus| format!("{locus},{}\n", locus.position() + 1)).collect();
    let (numbers, problems) =
        LocusNumbers::read(format!("locus,number\n{rows}").as_bytes()).unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    numbers
}

/// A naive reader of the traditional encoding: records of fields, each a tag and its text.
fn read18(bytes: &[u8]) -> Vec<Vec<(String, String)>> {
    let text = std::str::from_utf8(bytes).unwrap();
    let records = text.split_inclusive('\x1C').map(|record| {
        let fields = record.trim_end_matches('\x1C').split('\x1D');
        let fields: Vec<_> = fields
            .map(|field| field.split_once(':').unwrap())
            .map(|(tag, text)| (tag.to_owned(), text.to_owned()))
            .collect();
        assert!(fields[0].0.ends_with(".001"));
        assert_eq!(fields[0].1.parse::<usize>().unwrap(), record.len(), "the length is its own");
        fields
    });
    records.collect()
}

#[test]
fn a_table_of_locus_numbers_is_checked_row_by_row() {
    let table = "locus,number\nFGA,1\nTH01,1\nFGA,2\nnone,3\nvWA,1000\nvWA,999\n";
    let (read, problems) = LocusNumbers::read(table.as_bytes()).unwrap();
    let rows: Vec<_> = problems.iter().map(|problem| problem.row).collect();
    assert_eq!(rows, [3, 4, 5, 6], "{problems:?}");
    let (same, _) = LocusNumbers::read("locus,number\nFGA,1\nVWA,999\n".as_bytes()).unwrap();
    assert_eq!(read, same);
}

proptest! {
    #[test]
    fn nothing_of_a_profile_is_lost(profile in profiles()) {
        let person = record(Category::Detainee, profile.clone());
        let text = String::from_utf8(transaction(&[person])).unwrap();
        prop_assert_eq!(genotypes(&text), profile);
    }

    #[test]
    fn a_type_18_record_holds_the_profile_or_refuses(profile in profiles()) {
        let mut writer = type18::Writer::new(Vec::new(), &sender(), numbers()).unwrap();
        let is_long = |typed: &genetics::profile::TypedLocus| {
            typed.genotype.alleles().iter().any(|allele| allele.to_string().len() > 4)
        };
        let made = writer.record(&record(Category::Detainee, profile.clone())).unwrap();
        prop_assert_eq!(made.is_err(), profile.typed().iter().any(is_long));
        if made.is_err() {
            return Ok(());
        }
        let records = read18(&writer.finish().unwrap());
        prop_assert_eq!(&records[0][2], &("1.003".to_owned(), "1\x1F1\x1E18\x1F01".to_owned()));
        let parts = records[1].iter().find(|(tag, _)| tag == "18.016").unwrap().1.split('\x1E');
        let loci = parts.map(|part| {
            let items: Vec<_> = part.split('\x1F').collect();
            let locus = Locus::at(items[1].parse::<usize>().unwrap() - 1).unwrap();
            let calls = items[5..8].iter().filter(|call| !call.is_empty());
            let alleles: Vec<Allele> = calls.map(|call| call.parse().unwrap()).collect();
            let is_exact = alleles.iter().all(|it| it.kind() == genetics::AlleleKind::Exact);
            assert_eq!(items[4] == "1", is_exact);
            (locus, Genotype::new(alleles).unwrap())
        });
        prop_assert_eq!(Profile::from_genotypes(loci).unwrap(), profile);
    }
}

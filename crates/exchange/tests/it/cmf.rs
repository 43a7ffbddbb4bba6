//! CMF files: every version round trip, real files, schemas, hostile bytes, and a million specimens.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::path::Path;
use std::process::Command;

use exchange::cmf::{
    Header, RapidHeader, RapidSpecimen, Read, Reading, Specimen, Version, Writer, read,
};
use exchange::outgoing::NotInFormat;
use genetics::{Allele, Category, Genotype, Locus, LocusSet, controls};
use jiff::civil::{DateTime, date};
use journey::upload::provenance::SourceIdentified;
use proptest::prelude::*;

use crate::real_files::folder;

fn all(input: impl BufRead, wanted: Option<Version>) -> (Read, Vec<Specimen>) {
    let mut specimens = Vec::new();
    let read = read(input, wanted, |_, specimen| {
        specimens.push(specimen);
        Ok::<(), Infallible>(())
    });
    (read.unwrap_or_else(|never| match never {}), specimens)
}

fn told(read: &Read) -> String {
    read.problems.iter().map(|it| format!("{it}\n")).collect()
}

fn noon() -> DateTime {
    date(2020, 5, 1).at(12, 0, 0, 0)
}

fn header(version: Version) -> Header {
    let rapid = RapidHeader {
        message_id: 7,
        alternate_source: Some("TXARREST1".into()),
        instrument: "R-100 <A>".to_owned(),
        device: [Some("Maker & Sons".to_owned()), None, Some("1.2".to_owned())],
    };
    Header {
        destination: "DCFBILAB1".into(),
        source: "TXCASE001".into(),
        submitted_by: "o'neil".to_owned(),
        submitted_at: noon(),
        batch: Some("B-1".to_owned()).filter(|_| !version.is_rapid()),
        kit: Some("Identifiler".to_owned()).filter(|_| !version.is_rapid()),
        rapid: version.is_rapid().then_some(rapid),
    }
}

/// A control as a specimen that the version can say.
fn specimen(version: Version, id: &str) -> Specimen {
    let control = controls::profile("2800M").unwrap();
    let typed = control.typed().iter().filter(|it| version.spelling(it.locus).is_some());
    let rapid = RapidSpecimen {
        sid: None,
        ucn: Some("UCN123456".to_owned()),
        event: "E-1".to_owned(),
        custom: [None, None],
        arrested_at: None,
        printed_at: noon(),
        offense: "8 USC 1325".to_owned(),
    };
    Specimen {
        id: id.into(),
        category: Category::Arrestee,
        comment: None,
        source_identified: None,
        case: None,
        partial: false,
        loci: typed
            .map(|typed| Reading {
                locus: typed.locus,
                genotype: typed.genotype.clone(),
                required: None,
                reading_by: Some("reader".to_owned()).filter(|_| !version.is_rapid()),
                reading_at: Some(noon()).filter(|_| !version.is_rapid()),
                batch: None,
                kit: None,
            })
            .collect(),
        rapid: version.is_rapid().then_some(rapid),
    }
}

fn written(version: Version, specimens: &[Specimen]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), version, &header(version)).unwrap().unwrap();
    for specimen in specimens {
        writer.specimen(specimen).unwrap().unwrap();
    }
    writer.finish().unwrap()
}

fn allele(version: Version) -> impl Strategy<Value = Allele> {
    let tokens = ["<6", "6", "8.2", "9", "9.1", "9.3", "10", "12.X", "15", ">15", "99"];
    let _ = version;
    proptest::sample::select(tokens.to_vec()).prop_map(|token| token.parse().unwrap())
}

fn text(chars: usize) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("[!-~äß€]([ -~äß€]{{0,{}}}[!-~])?", chars - 2)).unwrap()
}

fn readings(version: Version) -> impl Strategy<Value = Vec<Reading>> {
    let loci: Vec<Locus> = Locus::all().filter(|it| version.spelling(*it).is_some()).collect();
    let most = loci.len().min(12);
    let kits: Vec<String> = version.kits().map(ToOwned::to_owned).collect();
    let one = (
        proptest::collection::vec(allele(version), 1..=version.alleles_max()),
        any::<bool>(),
        proptest::option::of(text(32)),
        proptest::option::of(proptest::sample::select(kits)),
        text(20),
    );
    (proptest::sample::subsequence(loci, 1..=most), proptest::collection::vec(one, most)).prop_map(
        move |(loci, ones)| {
            let reading = |(locus, one): (Locus, (Vec<Allele>, bool, _, _, String))| {
                let (alleles, is_required, batch, kit, by) = one;
                let genotype = Genotype::new(alleles).unwrap();
                let first = genotype.alleles()[0];
                let own = !version.is_rapid();
                Reading {
                    locus,
                    required: (is_required && own).then_some(first),
                    genotype,
                    reading_by: own.then_some(by),
                    reading_at: own.then_some(noon()),
                    batch,
                    kit,
                }
            };
            loci.into_iter().zip(ones).map(reading).collect()
        },
    )
}

fn specimens(version: Version) -> impl Strategy<Value = Specimen> {
    let categories: Vec<Category> =
        Category::ALL.iter().copied().filter(|it| version.has_category(*it)).collect();
    let about = (
        proptest::option::of(text(200)),
        proptest::option::of(proptest::sample::select(SourceIdentified::ALL.to_vec())),
        proptest::option::of(text(32)),
        any::<bool>(),
    );
    (text(24), proptest::sample::select(categories), about, readings(version)).prop_map(
        move |(id, category, (comment, source, case, partial), loci)| {
            let own = !version.is_rapid();
            Specimen {
                id: id.as_str().into(),
                category,
                comment,
                source_identified: source.filter(|_| own),
                case: case.filter(|_| own),
                partial: partial && own,
                loci,
                rapid: specimen(version, "x").rapid,
            }
        },
    )
}

/// What comes back: batch and kit of the file are left out at a locus that says the same.
fn as_read(version: Version, mut specimen: Specimen) -> Specimen {
    let header = header(version);
    for reading in &mut specimen.loci {
        if reading.batch == header.batch {
            reading.batch = None;
        }
        if reading.kit == header.kit {
            reading.kit = None;
        }
    }
    specimen
}

fn round_trip(version: Version, specimen: &Specimen) {
    let bytes = written(version, std::slice::from_ref(specimen));
    let (read, back) = all(bytes.as_slice(), Some(version));
    assert_eq!(told(&read), "", "{}", String::from_utf8_lossy(&bytes));
    assert_eq!(back, [as_read(version, specimen.clone())]);
    assert_eq!(read.header, Some(header(version)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cmf_3_2_comes_back_as_it_was_written(one in specimens(Version::Cmf32)) {
        round_trip(Version::Cmf32, &one);
    }

    #[test]
    fn cmf_2017_comes_back_as_it_was_written(one in specimens(Version::Cmf2017)) {
        round_trip(Version::Cmf2017, &one);
    }

    #[test]
    fn rapid_r16_comes_back_as_it_was_written(one in specimens(Version::RapidR16)) {
        round_trip(Version::RapidR16, &one);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in any::<usize>()) {
        let mut whole = written(Version::Cmf2017, &[specimen(Version::Cmf2017, "S-1")]);
        let at = at % whole.len();
        let end = (at + bytes.len()).min(whole.len());
        whole.splice(at..end, bytes.iter().copied());
        all(whole.as_slice(), None);
        all(bytes.as_slice(), None);
    }
}

#[test]
fn order_homozygotes_line_ends_and_defaults_are_the_formats() {
    let mut one = specimen(Version::Cmf2017, "S-1");
    one.loci.truncate(1);
    one.loci[0].genotype = ">10,9.3,<9,9.1,9,9,10".parse().unwrap();
    let text = String::from_utf8(written(Version::Cmf2017, &[one.clone()])).unwrap();
    let values: Vec<&str> =
        text.split("<ALLELEVALUE>").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
    assert_eq!(values, ["&lt;9", "9", "9.1", "9.3", "10", "&gt;10"]);
    assert!(
        text.lines().count() > 10 && text.matches("\r\n").count() == text.matches('\n').count()
    );
    assert!(!text.contains("PARTIAL") && !text.contains("ALLELEREQUIRED"));
    assert!(text.contains("<SUBMITDATETIME>2020-05-01T12:00:00</SUBMITDATETIME>"));
    assert!(text.contains("<SUBMITBYUSERID>o&apos;neil</SUBMITBYUSERID>"), "{text}");
}

#[test]
fn what_a_version_cannot_say_is_refused_with_the_remedy() {
    let mut writer =
        Writer::new(Vec::new(), Version::Cmf32, &header(Version::Cmf32)).unwrap().unwrap();
    let mut check = |spoil: &dyn Fn(&mut Specimen), expected: &str| {
        let mut bad = specimen(Version::Cmf32, "S-1");
        spoil(&mut bad);
        let refused = writer.specimen(&bad).unwrap().unwrap_err();
        assert!(refused.to_string().contains(expected), "{refused}");
    };
    check(&|bad| bad.category = Category::Detainee, "no category 'Detainee'; write cmf-2017");
    check(&|bad| bad.loci[0].locus = Locus::D1s1656, "no locus D1S1656; write cmf-2017");
    check(&|bad| bad.id = "1234567890123456789012345".into(), "SPECIMENID: it has 25 characters");
    check(&|bad| bad.comment = Some(" blank".into()), "SPECIMENCOMMENT: it begins with a blank");
    check(&|bad| bad.comment = Some("a\u{1}b".into()), "unprintable");
    check(&|bad| bad.loci[1] = bad.loci[0].clone(), "a locus stands there twice");
    check(&|bad| bad.loci.clear(), "the specimen has 0 loci; expected 1 to 32");
    check(&|bad| bad.loci[0].genotype = "OL".parse().unwrap(), "off-ladder reading");
    check(&|bad| bad.loci[0].genotype = "1,2,3,4,5,6,7,8,9".parse().unwrap(), "9 alleles");
    check(&|bad| bad.loci[0].reading_by = None, "READINGBY: it has 0 characters");
    check(&|bad| bad.loci[0].kit = Some("GlobalFiler".into()), "cmf-3.2 lists no kit");
    let late = date(2079, 6, 6).at(0, 0, 0, 0);
    check(&|bad| bad.loci[0].reading_at = Some(late), "cannot keep 2079-06-06T00:00:00");
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert!(!text.contains("SPECIMEN>"), "nothing of a refused specimen is written");
    let mut bad = header(Version::Cmf32);
    bad.source = "TOOLONGFORANORI".into();
    let refused = Writer::new(Vec::new(), Version::Cmf32, &bad).unwrap();
    assert!(matches!(refused, Err(NotInFormat::Field { field: "SOURCELAB", .. })));
}

#[test]
fn what_is_wrong_in_a_file_is_told_field_by_field() {
    let sound = written(Version::Cmf2017, &[specimen(Version::Cmf2017, "S-1")]);
    let sound = String::from_utf8(sound).unwrap();
    let check = |from: &str, to: &str, expected: &str| {
        assert!(sound.contains(from), "{from}");
        let spoilt = sound.replacen(from, to, 1);
        let (read, _) = all(spoilt.as_bytes(), Some(Version::Cmf2017));
        assert!(told(&read).contains(expected), "{}", told(&read));
    };
    let category = "<SPECIMENCATEGORY>Arrestee<";
    check(category, "<SPECIMENCATEGORY>arrestee<", "row 11, column 'SPECIMENCATEGORY'");
    check(">TH01<", ">th01<", "not a locus of this version, found 'th01'");
    check(">FGA<", ">CSF1PO<", "the locus stands in this specimen already, found 'CSF1PO'");
    check(
        "12:00:00</READING",
        "12:00:00Z</READING",
        "not a local time, found '2020-05-01T12:00:00Z'",
    );
    check("12:00:00</READING", "12:00:00-05:00</READING", "without a zone");
    check("2020-05-01T12:00:00</R", "2079-06-06T00:00:00</R", "cannot keep it");
    check("<ALLELEVALUE>12<", "<ALLELEVALUE>OL<", "not an allele, found 'OL'");
    check("<READINGBY>reader<", "<READINGBY><", "column 'READINGBY': it is missing or empty");
    check("<SPECIMEN>", "<SPECIMEN PARTIAL=\"maybe\">", "neither true nor false, found 'maybe'");
    check("<SPECIMEN>", "<SPECIMEN SOURCEID=\"?\">", "expected Yes, No or N/A");
    check(">3.2<", ">1.0<", "column 'HEADERVERSION': another version, found '1.0'");
    check("urn:CODISImportFile-schema", "urn:x", "neither root nor namespace is of a CMF");
    check(">reader<", "> reader<", "column 'READINGBY': a blank stands at an end of it");
    // Whatever is wrong is told at once.
    let spoilt = sound
        .replacen("<ALLELEVALUE>12<", "<ALLELEVALUE>OL<", 1)
        .replacen(">FGA<", ">fga<", 1)
        .replace("12:00:00</READING", "noon</READING")
        .replacen("<READINGBY>reader<", "<READINGBY><", 1);
    let (read, none) = all(spoilt.as_bytes(), None);
    let loci = spoilt.matches("<LOCUS>").count();
    assert_eq!((none.len(), read.problems.len()), (0, 3 + loci), "{}", told(&read));
    let rapid = written(Version::RapidR16, &[specimen(Version::RapidR16, "S-1")]);
    let (read, _) = all(rapid.as_slice(), Some(Version::Cmf32));
    assert!(told(&read).contains("the file is rapid-r16"), "{}", told(&read));
    let two = [specimen(Version::Cmf2017, "S-1"), specimen(Version::Cmf2017, "S-1")];
    let (read, back) = all(written(Version::Cmf2017, &two).as_slice(), None);
    assert_eq!((back.len(), read.left_out), (1, 1));
    assert!(told(&read).contains("stands in this file already, found 'S-1'"));
}

#[test]
fn numbers_of_persons_are_never_shown() {
    let mut one = specimen(Version::RapidR16, "S-1");
    one.rapid.as_mut().unwrap().sid = Some("TX99887766".to_owned());
    let text = String::from_utf8(written(Version::RapidR16, &[one])).unwrap();
    let long = text.replace("UCN123456", "UCN1234567890");
    let (read, back) = all(long.as_bytes(), None);
    assert!(back.is_empty() && told(&read).contains("(withheld)"), "{}", told(&read));
    let padded = text.replace("<UNIQUEEVENTID>E-1<", "<UNIQUEEVENTID>B-4711 <");
    let (read, back) = all(padded.as_bytes(), None);
    assert!(back.is_empty() && !told(&read).contains("4711"), "{}", told(&read));
    let none = text
        .replace("<SID>TX99887766</SID>", "")
        .replace("<FBI_NUMBER_UCN>UCN123456</FBI_NUMBER_UCN>", "");
    let (read, back) = all(none.as_bytes(), None);
    assert!(back.is_empty() && told(&read).contains("neither SID nor FBI_NUMBER_UCN"));
    assert!(!told(&read).contains("UCN123") && !told(&read).contains("TX998"));
    let four = text.replacen(
        "<ALLELE>",
        "<ALLELE><ALLELEVALUE>1</ALLELEVALUE></ALLELE><ALLELE>\
        <ALLELEVALUE>2</ALLELEVALUE></ALLELE><ALLELE><ALLELEVALUE>3</ALLELEVALUE></ALLELE><ALLELE>",
        1,
    );
    let (read, back) = all(four.as_bytes(), None);
    assert!(back.is_empty() && told(&read).contains("expected 1 to 3"), "{}", told(&read));
}

#[test]
fn a_file_cut_anywhere_says_so() {
    let whole = written(Version::Cmf2017, &[specimen(Version::Cmf2017, "S-1")]);
    let end = whole.len() - "</CODISImportFile>\r\n".len();
    for cut in 0..end {
        let (read, _) = all(&whole[..cut], None);
        assert!(!read.problems.is_empty(), "cut at {cut}");
    }
}

#[test]
fn bombs_are_refused() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"cccc\"><!ENTITY d \"&b;&b;\">]>\
        <CODISImportFile xmlns=\"urn:CODISImportFile-schema\">&d;</CODISImportFile>";
    let (read, _) = all(bomb.as_bytes(), None);
    assert!(told(&read).contains("declares a document type"), "{}", told(&read));
    let root = "<CODISImportFile xmlns=\"urn:CODISImportFile-schema\">";
    let entity = format!("{root}<KIT>&nbsp;</KIT></CODISImportFile>");
    let (read, _) = all(entity.as_bytes(), None);
    assert!(told(&read).contains("none of XML's own"), "{}", told(&read));
    // A gigabyte of one attribute, of one text, and of elements in each other.
    let giants = [
        (format!("{root}<SPECIMEN CASEID=\""), "A"),
        (format!("{root}<SPECIMEN><SPECIMENID>"), "A"),
        (format!("{root}<SPECIMEN>"), "<LOCUS>"),
        (root.to_owned(), "<KIT>A</KIT>"),
    ];
    for (start, piece) in giants {
        let mut count = 0u64;
        let endless = Endless { piece: piece.as_bytes(), at: 0, left: 1 << 30, read: &mut count };
        let input = io::Cursor::new(start.into_bytes()).chain(endless);
        let (read, _) = all(BufReader::new(input), None);
        assert!(!read.problems.is_empty());
        assert!(count < 2 << 20, "{count} bytes were read of {piece}");
    }
}

/// The same bytes over and over.
struct Endless<'c> {
    piece: &'static [u8],
    at: usize,
    left: u64,
    read: &'c mut u64,
}

impl io::Read for Endless<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        for byte in into.iter_mut() {
            *byte = self.piece[self.at];
            self.at = (self.at + 1) % self.piece.len();
        }
        let count = (into.len() as u64).min(self.left);
        self.left -= count;
        *self.read += count;
        Ok(count as usize)
    }
}

#[test]
fn many_specimens_are_read_one_at_a_time() {
    const MANY: usize = 5_000;
    let header = header(Version::Cmf2017);
    let mut whole = Writer::new(Vec::new(), Version::Cmf2017, &header).unwrap().unwrap();
    for n in 0..MANY {
        whole.specimen(&specimen(Version::Cmf2017, &format!("S-{n}"))).unwrap().unwrap();
    }
    let bytes = whole.finish().unwrap();
    let mut count = 0;
    let read = read(bytes.as_slice(), None, |_, one| {
        assert_eq!(one.id.as_str(), format!("S-{count}"));
        count += 1;
        Ok::<(), Infallible>(())
    });
    assert_eq!((count, read.unwrap().specimens), (MANY, MANY as u64));
}

fn validates(schema: &Path, bytes: &[u8]) {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().write_all(bytes).unwrap();
    let mut run = Command::new("xmllint");
    let ran = run.args(["--noout", "--schema"]).arg(schema).arg(file.path()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

fn schema(version: Version) -> Option<std::path::PathBuf> {
    let name = match version {
        Version::Cmf32 => "CODIS-32.AppendixBexample.xsd",
        Version::Cmf2017 => "CMF-2017.xsd",
        Version::RapidR16 => "CODIS-R-CMF-Interface-Spec.xsd",
    };
    Some(folder("formats")?.join(name))
}

#[test]
fn what_is_written_validates_against_the_published_schemas() {
    for version in Version::ALL {
        let Some(schema) = schema(version) else { return };
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let mut several: Vec<Specimen> = Vec::new();
        for n in 0..40 {
            use proptest::strategy::ValueTree;
            let mut one = specimens(version).new_tree(&mut runner).unwrap().current();
            one.id = format!("S-{n}").as_str().into();
            several.push(one);
        }
        validates(&schema, &written(version, &several));
    }
}

#[test]
fn the_tables_are_those_of_the_schemas() {
    for version in Version::ALL {
        let Some(path) = schema(version) else { return };
        let text = std::fs::read_to_string(path).unwrap();
        let listed = |name: &str| -> BTreeSet<String> {
            let start = text.find(&format!("simpleType name=\"{name}\"")).unwrap();
            let body = &text[start..];
            let end = body.find("</").and_then(|_| body.find("simpleType>")).unwrap();
            body[..end]
                .split("enumeration value=\"")
                .skip(1)
                .map(|rest| rest.split('"').next().unwrap().to_owned())
                .collect()
        };
        let ours = |names: Vec<&str>| names.into_iter().map(ToOwned::to_owned).collect();
        assert_eq!(listed("LocusNameType"), ours(version.loci().collect()), "{version:?}");
        assert_eq!(listed("KitType"), ours(version.kits().collect()), "{version:?}");
        let has = |it: &&Category| version.has_category(**it);
        let mut categories: BTreeSet<String> =
            Category::ALL.iter().filter(has).map(|it| it.name().to_owned()).collect();
        if version == Version::Cmf32 {
            // A category of 2006 that this programme does not have.
            categories.insert("Deduced Victim Known".to_owned());
        }
        assert_eq!(listed("SpecimenCategoryType"), categories, "{version:?}");
        for name in version.loci() {
            assert!(version.locus(name).is_some(), "{name}");
        }
    }
}

#[test]
fn real_files_are_read() {
    let Some(folder) = folder("formats") else { return };
    let open = |name: &str| BufReader::new(File::open(folder.join(name)).unwrap());
    let (example, specimens) = all(open("CODIS-32.AppendixAexample.xml"), Some(Version::Cmf32));
    assert_eq!(told(&example), "");
    assert!(specimens.len() >= 2 && example.header.is_some());
    let readings = specimens.iter().flat_map(|it| &it.loci);
    let alleles: Vec<String> =
        readings.flat_map(|it| it.genotype.alleles()).map(ToString::to_string).collect();
    for wanted in ["8.2", ">15", "<6"] {
        assert!(alleles.iter().any(|it| it == wanted), "{wanted} in {alleles:?}");
    }
    for one in &specimens {
        let again = all(written(Version::Cmf2017, std::slice::from_ref(one)).as_slice(), None);
        assert_eq!(again.1, [as_read(Version::Cmf2017, one.clone())]);
    }
    // Two files of another program name no proper laboratory; one has the allele 'Z' twice.
    let (read, one) = all(open("Codis-Single-Profile.xml"), None);
    assert!(told(&read).contains("column 'SOURCELAB': it has 12 characters"), "{}", told(&read));
    assert_eq!((one.len(), read.problems.len()), (1, 1), "{}", told(&read));
    assert!(one[0].profile().unwrap().loci().intersection(LocusSet::core20()).len() > 5);
    let (read, none) = all(open("Codis-Mix-Profile-With-BOM-Header.xml"), None);
    assert_eq!((none.len(), read.problems.len()), (0, 3), "{}", told(&read));
    assert!(told(&read).contains("a blank stands at an end of it, found 'DUMMYVALUE'"));
    assert!(told(&read).contains("row 122, column 'ALLELEVALUE': not an allele, found 'Z'"));
}

//! Frequency tables: the shapes that are read, what is refused, and the published tables of a data
//! folder with the arithmetic over them.

use std::fs::File;

use exchange::Problem;
use exchange::frequencies::{Unsaid, read};
use genetics::rarity::{Method, SearchChance, SideBySide, matching_counts, pair_outcome, rarity};
use genetics::stringency::Level;
use genetics::{Frequencies, Locus, LocusSet, Population, SearchRule, controls};
use proptest::prelude::*;

use crate::real_files::folder;

fn named() -> Unsaid {
    Unsaid { population: Some("Here".into()), alleles_typed: Some(200) }
}

fn text(content: &str, unsaid: &Unsaid) -> (Frequencies, Vec<String>) {
    let (frequencies, problems) = read(content.as_bytes(), unsaid).unwrap();
    (frequencies, problems.iter().map(Problem::to_string).collect())
}

fn shares(frequencies: &Frequencies, population: &str, locus: Locus) -> String {
    let shares = frequencies.population(population).map_or(&[][..], |it| it.shares(locus));
    let one = |it: &genetics::frequency::Share| format!("{}:{}", it.allele, it.frequency);
    shares.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_text_of_familias() {
    let content = "D3S1358\n14\t0.25\n15\t0.75\n\nVWA\n16 0.5\n17 0.5\n\nF13B\n9 1\n";
    let (frequencies, problems) = text(content, &named());
    assert_eq!(shares(&frequencies, "Here", Locus::D3s1358), "14:0.25 15:0.75");
    assert_eq!(shares(&frequencies, "Here", Locus::Vwa), "16:0.5 17:0.5");
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("row 9, column 'locus': not a known locus, found 'F13B'"));
    let (none, problems) = text(content, &Unsaid::default());
    assert!(none.populations().is_empty());
    assert!(problems[0].contains("the file names no population"), "{problems:?}");
}

#[test]
fn a_column_a_locus() {
    let content = "Allele,D3S1358,TH01\n9.3,,0.4\n14,1,0\n6,,0.6\nN,404,402\n";
    let here = Unsaid { alleles_typed: None, ..named() };
    let (frequencies, problems) = text(content, &here);
    assert_eq!(problems, [""; 0]);
    assert_eq!(shares(&frequencies, "Here", Locus::Th01), "6:0.6 9.3:0.4");
    let population = frequencies.population("Here").unwrap();
    assert_eq!(population.at(Locus::Th01).unwrap().alleles_typed(), 402);
    let without = content.replace("N,404,402\n", "");
    let (_, problems) = text(&without, &here);
    assert!(problems[0].contains("does not say how many alleles were typed"), "{problems:?}");
}

#[test]
fn a_row_an_allele() {
    let content = "allele;marker;frequency;population\n8;TPOX;0.5;A\n9;TPOX;0.5;A\n\
                   8;TPOX;1;B\n9;TPOX;0;B\n";
    let (frequencies, problems) = text(content, &named());
    assert_eq!(problems, [""; 0]);
    assert_eq!(shares(&frequencies, "A", Locus::Tpox), "8:0.5 9:0.5");
    assert_eq!(shares(&frequencies, "B", Locus::Tpox), "8:1");
}

#[test]
fn a_row_a_person() {
    let content = "Sample,Pop,TH01,,FGA,\na,X,6,9.3,20,20\nb,X,6,6,21,\nc,Y,7,7,20,21\n";
    let (frequencies, problems) = text(content, &Unsaid::default());
    assert_eq!(problems, [""; 0]);
    assert_eq!(shares(&frequencies, "X", Locus::Th01), "6:0.75 9.3:0.25");
    assert_eq!(shares(&frequencies, "X", Locus::Fga), "20:1");
    let all = frequencies.population("all").unwrap();
    assert_eq!(all.at(Locus::Th01).unwrap().alleles_typed(), 6);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let check = |content: &str, expected: &str| {
        let (frequencies, problems) = text(content, &named());
        assert!(problems.iter().any(|it| it.contains(expected)), "{problems:?}");
        assert!(frequencies.populations().is_empty());
    };
    check("", "no locus with frequencies was read");
    check("Allele,TH01,\n6,0.5,\n", "row 2, column 'TH01': the frequencies sum to 0.5000");
    check("Allele,TH01,\n6,many,\n7,1,\n", "row 2, column 'TH01': not a frequency, found 'many'");
    check("Allele,TH01,\n6,0.5,\n6,0.5,\n", "allele 6 is given twice");
    check("a,b,c\n1,2,3\n", "no heading of a frequency table");
    check("PK\u{3}\u{4}rubbish", "the workbook is no archive");
    check("<!DOCTYPE x [<!ENTITY a \"b\">]><frequencies/>", "declares a document type");
    check("<frequencies><marker><name>TH01</nam", "the XML does not read");
    check(
        "<frequencies><marker><name>TH01</name><origin name=\"X\" n=\"-1\">\
         <frequency allele=\"6\">1</frequency></origin></marker></frequencies>",
        "n is no number of people, found '-1'",
    );
}

proptest! {
    #[test]
    fn no_bytes_panic(start in 0usize..6, bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let starts: [&[u8]; 6] =
            [b"", b"<", b"PK\x03\x04", b"Allele,FGA,TH01\n", b"FGA\n", b"Sample,Pop,FGA,\n"];
        let whole: Vec<u8> = starts[start].iter().copied().chain(bytes).collect();
        read(whole.as_slice(), &named()).unwrap();
    }
}

/// NIST 1036, all people pooled: heterozygosity; chance that two unrelated people agree exactly, at
/// moderate, at low stringency; among Hispanic people exactly and at moderate. Product rule.
const PAIRS: &[(&str, [f64; 6])] = &[
    ("CSF1PO", [0.746, 0.1062, 0.3126, 0.6572, 0.1271, 0.3635]),
    ("FGA", [0.872, 0.0297, 0.0943, 0.4119, 0.0261, 0.0805]),
    ("TH01", [0.788, 0.0780, 0.2250, 0.5990, 0.0853, 0.2464]),
    ("TPOX", [0.697, 0.1328, 0.4037, 0.7072, 0.1476, 0.4392]),
    ("vWA", [0.812, 0.0614, 0.1847, 0.5480, 0.0710, 0.2132]),
    ("D3S1358", [0.767, 0.0919, 0.2692, 0.6302, 0.0942, 0.2765]),
    ("D5S818", [0.740, 0.1088, 0.3256, 0.6613, 0.1271, 0.3806]),
    ("D7S820", [0.796, 0.0711, 0.2132, 0.5779, 0.0808, 0.2445]),
    ("D8S1179", [0.820, 0.0555, 0.1738, 0.5267, 0.0611, 0.1926]),
    ("D13S317", [0.786, 0.0750, 0.2360, 0.5858, 0.0495, 0.1503]),
    ("D16S539", [0.791, 0.0744, 0.2228, 0.5867, 0.0742, 0.2199]),
    ("D18S51", [0.883, 0.0253, 0.0783, 0.3860, 0.0266, 0.0819]),
    ("D21S11", [0.846, 0.0411, 0.1355, 0.4681, 0.0448, 0.1487]),
    ("D1S1656", [0.893, 0.0211, 0.0675, 0.3570, 0.0242, 0.0771]),
    ("D2S441", [0.777, 0.0819, 0.2531, 0.6047, 0.1035, 0.3083]),
    ("D2S1338", [0.893, 0.0215, 0.0661, 0.3603, 0.0285, 0.0907]),
    ("D10S1248", [0.778, 0.0833, 0.2493, 0.6082, 0.1010, 0.2972]),
    ("D12S391", [0.880, 0.0259, 0.0863, 0.3887, 0.0268, 0.0888]),
    ("D19S433", [0.816, 0.0549, 0.1880, 0.5212, 0.0661, 0.2258]),
    ("D22S1045", [0.769, 0.0874, 0.2681, 0.6167, 0.1533, 0.4456]),
    ("SE33", [0.945, 0.0058, 0.0200, 0.2009, 0.0068, 0.0234]),
    ("Penta D", [0.857, 0.0364, 0.1150, 0.4469, 0.0462, 0.1416]),
    ("Penta E", [0.914, 0.0136, 0.0452, 0.2951, 0.0147, 0.0498]),
];

fn nist(name: &str) -> Option<Frequencies> {
    let (folder, file) = name.split_once('/').unwrap();
    let input = File::open(super::real_files::folder(folder)?.join(file)).unwrap();
    let unsaid = Unsaid { population: None, alleles_typed: Some(2072) };
    let (frequencies, problems) = read(input, &unsaid).unwrap();
    let strange = problems.iter().filter(|it| it.is_error()).count();
    assert_eq!(strange, 0, "{problems:?}");
    Some(frequencies)
}

const NIST_TABLE: &str = "frequencies/nist1036_allele_frequencies.csv";

#[test]
fn frequencies_counted_from_genotypes_equal_the_published_table() {
    let Some(counted) = nist("genotypes/nist1036_genotypes_popstats_2017.xlsx") else { return };
    let Some(published) = nist(NIST_TABLE) else { return };
    let mut cells = 0;
    for (ours, theirs) in
        [("AA", "AfAm"), ("Asian", "Asian"), ("Cauc", "Cauc"), ("Hisp", "Hispanic"), ("all", "all")]
    {
        let (ours, theirs) =
            (counted.population(ours).unwrap(), published.population(theirs).unwrap());
        for locus in Locus::all().filter(|locus| theirs.at(*locus).is_some()) {
            let (ours, theirs) = (ours.shares(locus), theirs.shares(locus));
            assert_eq!(ours.len(), theirs.len(), "{locus}");
            for (one, other) in ours.iter().zip(theirs) {
                assert_eq!(one.allele, other.allele, "{locus}");
                assert!((one.frequency - other.frequency).abs() < 1e-9, "{locus} {}", one.allele);
                cells += 1;
            }
        }
    }
    println!("{cells} cells are equal");
    assert!(cells > 1000);
}

#[test]
fn the_shipped_table_is_that_of_the_fbi_workbook() {
    let Some(folder) = folder("frequencies") else { return };
    let input = File::open(folder.join("fbi_expanded_core_2015.xlsx")).unwrap();
    let (book, problems) = read(input, &Unsaid::default()).unwrap();
    assert!(problems.iter().all(|it| !it.is_error()), "{problems:?}");
    let shipped = Frequencies::shipped();
    for population in shipped.populations() {
        let there = book.population(population.name()).unwrap();
        for locus in Locus::all().filter(|locus| population.at(*locus).is_some()) {
            let (ours, theirs) = (population.at(locus).unwrap(), there.at(locus).unwrap());
            assert_eq!(ours.alleles_typed(), theirs.alleles_typed());
            assert_eq!(ours.shares().len(), theirs.shares().len(), "{} {locus}", population.name());
            for (one, other) in ours.shares().iter().zip(theirs.shares()) {
                assert_eq!(one.allele, other.allele);
                assert!((one.frequency - other.frequency).abs() < 1e-6);
            }
        }
    }
}

#[test]
fn strider_has_its_origins() {
    let Some(folder) = folder("frequencies") else { return };
    let input = File::open(folder.join("frequencies_STRBASE.xml")).unwrap();
    let (book, problems) = read(input, &Unsaid::default()).unwrap();
    for problem in &problems {
        println!("{problem}");
    }
    assert!(book.populations().len() >= 20, "{}", book.populations().len());
    let austria = book.population("AUSTRIA").unwrap();
    assert_eq!(austria.at(Locus::Vwa).unwrap().alleles_typed(), 444);
}

#[test]
fn pairs_of_unrelated_people_agree_as_published_figures_say() {
    let Some(published) = nist(NIST_TABLE) else { return };
    let all = published.population("all").unwrap();
    let hispanic = published.population("Hispanic").unwrap();
    for (name, [heterozygosity, exact, moderate, low, hispanic_exact, hispanic_moderate]) in PAIRS {
        let locus = Locus::from_name(name).unwrap();
        let check = |population: &Population, level, expected: f64| {
            let found = pair_outcome(population.at(locus).unwrap(), level);
            assert!((found - expected).abs() < 0.00006, "{name} {level:?}: {found} {expected}");
        };
        check(all, Level::High, *exact);
        check(all, Level::Moderate, *moderate);
        check(all, Level::Low, *low);
        check(hispanic, Level::High, *hispanic_exact);
        check(hispanic, Level::Moderate, *hispanic_moderate);
        let squares: f64 = all.shares(locus).iter().map(|it| it.frequency.powi(2)).sum();
        assert!((1.0 - squares - heterozygosity).abs() < 0.0006, "{name}");
    }
}

#[test]
fn whole_profiles_agree_as_seldom_as_published_figures_say() {
    let Some(published) = nist(NIST_TABLE) else { return };
    let at = |population: &str, locus: Locus, level| {
        pair_outcome(published.population(population).unwrap().at(locus).unwrap(), level)
    };
    let one_in = |population: &str, loci: LocusSet, level| {
        1.0 / loci.iter().map(|locus| at(population, locus, level)).product::<f64>()
    };
    let near = |found: f64, expected: f64| {
        assert!((found / expected - 1.0).abs() < 0.025, "{found:e} {expected:e}");
    };
    near(one_in("all", LocusSet::core20(), Level::High), 5.7e24);
    near(one_in("all", LocusSet::core20(), Level::Moderate), 9.1e14);
    near(one_in("Hispanic", LocusSet::core20(), Level::High), 6.7e23);
    near(one_in("all", LocusSet::core13(), Level::High), 2.2e15);
    near(one_in("all", LocusSet::core13(), Level::Moderate), 1.1e9);
    near(one_in("Hispanic", LocusSet::core13(), Level::Moderate), 7.4e8);
    let at_least = |population: &str, count: usize| {
        let loci = LocusSet::core20().iter().map(|locus| at(population, locus, Level::Moderate));
        matching_counts(&loci.collect::<Vec<_>>()).iter().skip(count).sum::<f64>()
    };
    near(at_least("all", 20), 1.1e-15);
    near(at_least("all", 19), 1.2e-13);
    near(at_least("all", 18), 6.4e-12);
    near(at_least("all", 12), 6.7e-5);
    near(at_least("Hispanic", 18), 3.7e-11);
    // 24.60 million persons and 1.42 million forensic records.
    let pairs = 24.60e6 * 1.42e6;
    assert_eq!((at_least("all", 19) * pairs).round(), 4.0);
    assert_eq!((at_least("Hispanic", 19) * pairs).round(), 27.0);
}

#[test]
fn a_profile_beside_several_populations() {
    let Some(published) = nist(NIST_TABLE) else { return };
    let control = controls::profile("2800M").unwrap();
    let method = Method::default();
    let beside = SideBySide::new(published.populations(), |population| {
        rarity(&control, LocusSet::core20(), Level::High, population, &method)
    });
    assert_eq!(beside.populations.len(), 5);
    let rule = SearchRule::default();
    let population = published.population(beside.most_conservative.as_deref().unwrap()).unwrap();
    let chance = SearchChance::new(&control, LocusSet::core20(), &rule, population, &method);
    assert!(chance.of_one > beside.probability().probability());
}

//! Profiles for the tests: from text, and arbitrary ones that agree often enough to be candidates.
//!
//! Deliberately absent: real frequencies; few alleles at few loci find more mistakes.

use genetics::locus::LocusSet;
use genetics::profile::TypedLocus;
use genetics::{Allele, Genotype, Index, Level, Locus, Profile, SearchRule};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index as Place, select, subsequence};

/// Reads `FGA=24,25! TH01=6`; `!` marks the required allele.
pub(crate) fn profile(text: &str) -> Profile {
    let typed = text.split_whitespace().map(|entry| {
        let (locus, tokens) = entry.split_once('=').unwrap();
        let required = tokens.split(',').find_map(|token| token.strip_suffix('!'));
        TypedLocus {
            locus: Locus::from_name(locus).unwrap(),
            genotype: tokens.replace('!', "").parse().unwrap(),
            required: required.map(|token| token.parse().unwrap()),
        }
    });
    Profile::new(typed).unwrap()
}

/// Six autosomal loci, a sex marker and a locus of the Y chromosome.
const LOCI: [Locus; 8] = [
    Locus::Csf1po,
    Locus::Fga,
    Locus::Th01,
    Locus::D21s11,
    Locus::Se33,
    Locus::D6s1043,
    Locus::Amelogenin,
    Locus::Dys391,
];

/// Close neighbours, readings that agree with several others, and pairs that share a bit of a
/// signature (9 with 41; 9.2 with 29).
const TOKENS: [&str; 14] =
    ["<9", "9", "9.2", "9.X", "10", "10.1", "10.X", "11", "29", "41", "42", ">41", "X", "OL"];

fn genotype() -> impl Strategy<Value = Genotype> {
    let few = vec(select(TOKENS[1..3].to_vec()), 1..3);
    let plain = vec(select(vec!["9", "10", "11", "29", "41"]), 1..4);
    let any = vec(select(TOKENS.to_vec()), 1..7);
    let many = vec(1u16..99, 20..33).prop_map(|whole| {
        let alleles = whole.iter().map(|whole| Allele::exact(whole * 10).unwrap());
        Genotype::new(alleles).unwrap()
    });
    let read = |tokens: Vec<&str>| -> Genotype { tokens.join(",").parse().unwrap() };
    prop_oneof![
        8 => few.prop_map(read),
        8 => plain.prop_map(read),
        4 => any.prop_map(read),
        1 => many,
    ]
}

/// An arbitrary profile of 0 to 8 loci, at times with required alleles.
pub(crate) fn profiles() -> impl Strategy<Value = Profile> {
    let typed = (genotype(), option::weighted(0.1, any::<Place>()));
    let at_each = vec(typed, LOCI.len());
    (subsequence(LOCI.to_vec(), 0..=LOCI.len()), at_each).prop_map(|(loci, typed)| {
        let typed = loci.into_iter().zip(typed).map(|(locus, (genotype, place))| {
            let required = place.map(|place| *place.get(genotype.alleles()));
            TypedLocus { locus, genotype, required }
        });
        Profile::new(typed).unwrap()
    })
}

/// An arbitrary rule: any level, levels by locus, panel and counts.
pub(crate) fn rules() -> impl Strategy<Value = SearchRule> {
    let levels = || select(vec![Level::High, Level::Moderate, Level::Low, Level::Mismatch]);
    let by_locus = vec((select(LOCI.to_vec()), levels()), 0..3);
    let panels = prop_oneof![
        Just(LocusSet::core20()),
        Just(LocusSet::autosomal()),
        Just(Locus::all().collect::<LocusSet>()),
        subsequence(LOCI.to_vec(), 0..=LOCI.len()).prop_map(LocusSet::from_iter),
    ];
    (levels(), by_locus, panels, 0u8..6, 0u8..8).prop_map(
        |(stringency, stringency_by_locus, loci, matching_min, mismatches_max)| SearchRule {
            stringency,
            stringency_by_locus,
            loci,
            matching_min,
            mismatches_max,
        },
    )
}

/// An index of either kind.
pub(crate) fn indexes() -> impl Strategy<Value = Index> {
    select(vec![Index::Arrestee, Index::Detainee, Index::Forensic])
}

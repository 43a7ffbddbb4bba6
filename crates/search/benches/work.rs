//! Every piece of work of an engine, at a size that a laptop does in a minute or two.
//!
//! Persons and evidence are drawn here from made-up frequencies, because a search knows no persons,
//! not even in its tests: good for telling whether a change of the code made it faster, not for
//! what a nation takes (`buccal bench search` measures that). Queries of one profile are run with
//! each width of registers that the processor has. Absent: files, and checks of the answers.

#![expect(
    clippy::expect_used,
    reason = "a bench whose rows cannot be loaded or asked has nothing to measure"
)]

use std::sync::LazyLock;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use genetics::{Allele, Genotype, Index, Locus, LocusSet, Profile, SearchRule};
use search::pairs::{LikenessRule, Roster, likenesses};
use search::{Engine, Exact, PackedProfile, Row, Settings, Side, Simd, SpecimenKey, Target};

const PERSONS: u64 = 200_000;
const FORENSIC: u64 = 20_000;
/// Persons that are asked together.
const BATCH: u64 = 1000;
/// Alleles of a locus; the first are the commonest.
const ALLELES: u64 = 14;

fn main() {
    divan::main();
}

/// Words without a pattern (xorshift of Marsaglia, 2003), the same on every run.
struct Words(u64);

impl Words {
    /// Of a stream of its own for each number.
    fn of(number: u64) -> Self {
        let mut words = Self((number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        for _ in 0..8 {
            words.below(2);
        }
        words
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((u128::from(self.0) * u128::from(end)) >> 64) as u64
    }

    /// An allele; the smaller of two draws, so that some are common and some are rare.
    fn allele(&mut self) -> Option<Allele> {
        let place = self.below(ALLELES).min(self.below(ALLELES));
        Allele::exact(80 + 10 * place as u16)
    }

    fn genotype(&mut self, alleles: usize) -> Option<Genotype> {
        let drawn: Vec<Allele> = (0..alleles).filter_map(|_| self.allele()).collect();
        Genotype::new(drawn).ok()
    }
}

/// A profile of the first loci, with so many draws at each.
fn profile(words: &mut Words, loci: usize, alleles: usize) -> PackedProfile {
    let typed = LocusSet::core20().iter().take(loci);
    let typed: Vec<(Locus, Genotype)> =
        typed.filter_map(|locus| Some((locus, words.genotype(alleles)?))).collect();
    PackedProfile::from(&Profile::from_genotypes(typed).expect("each locus stands once"))
}

/// One person in 20 is an earlier one again.
fn person(number: u64) -> PackedProfile {
    let mut words = Words::of(number);
    match words.below(20) {
        0 if number > 0 => person(words.below(number)),
        _ => profile(&mut words, 20, 2),
    }
}

/// The kinds of evidence, and how a profile of each is drawn.
const KINDS: [(&str, usize, usize); 6] = [
    ("single 20", 20, 2),
    ("single 16", 16, 2),
    ("single 12", 12, 2),
    ("mixture 20", 20, 4),
    ("mixture 16", 16, 4),
    ("mixture 12", 12, 4),
];

/// Evidence of all kinds in turn; every third single one is of a person.
fn evidence(number: u64) -> PackedProfile {
    let mut words = Words::of(PERSONS + number);
    let kind = usize::try_from(number).unwrap_or(0) % KINDS.len();
    let (_, loci, alleles) = KINDS.get(kind).copied().unwrap_or(("", 20, 2));
    match words.below(3) {
        0 if kind == 0 => person(words.below(PERSONS)),
        _ => profile(&mut words, loci, alleles),
    }
}

fn rows(count: u64, index: Index, profile: fn(u64) -> PackedProfile) -> Vec<Row> {
    let row = |number| Row { key: SpecimenKey(number), index, profile: profile(number) };
    (0..count).map(row).collect()
}

/// An engine with all rows for each width.
static ENGINES: LazyLock<Vec<(Simd, Exact)>> = LazyLock::new(|| {
    let with = |simd| {
        let mut engine = Exact::with(Settings { simd, ..Settings::default() });
        engine.load(Side::Forensic, rows(FORENSIC, Index::Forensic, evidence)).expect("loaded");
        engine.load(Side::Persons, rows(PERSONS, Index::Detainee, person)).expect("loaded");
        (simd, engine)
    };
    Simd::all().into_iter().map(with).collect()
});

fn widths() -> impl Iterator<Item = &'static str> {
    Simd::all().into_iter().map(Simd::name)
}

fn engine(width: &str) -> &'static Exact {
    let found = ENGINES.iter().find(|(simd, _)| simd.name() == width);
    &found.expect("a width of this processor").1
}

fn best() -> &'static Exact {
    engine(Simd::best().name())
}

/// Asks the profiles of a list in turn, one at a time.
fn one_by_one(bencher: Bencher<'_, '_>, engine: &Exact, side: Side, queries: &[PackedProfile]) {
    let (rule, mut turn) = (SearchRule::default(), queries.iter().cycle());
    bencher.counter(ItemsCount::new(engine.len(side))).bench_local(|| {
        let query = turn.next().expect("a query");
        engine.query(Target::all(side), black_box(query), &rule)
    });
}

fn together(bencher: Bencher<'_, '_>, engine: &Exact, side: Side, count: u64) {
    let query: fn(u64) -> PackedProfile = if side == Side::Forensic { person } else { evidence };
    let queries: Vec<_> = (0..count).map(|number| (SpecimenKey(number), query(number))).collect();
    let rule = SearchRule::default();
    let pairs = queries.len() * engine.len(side);
    bencher
        .counter(ItemsCount::new(pairs))
        .bench_local(|| engine.batch(Target::all(side), black_box(&queries), &rule));
}

#[divan::bench(args = widths())]
fn q1_one_person(bencher: Bencher<'_, '_>, width: &str) {
    let queries: Vec<_> = (0..500).map(person).collect();
    one_by_one(bencher, engine(width), Side::Forensic, &queries);
}

/// A kind of evidence and a width.
fn kinds() -> impl Iterator<Item = String> {
    KINDS.iter().flat_map(|kind| widths().map(move |width| format!("{}, {width}", kind.0)))
}

#[divan::bench(args = kinds())]
fn q2_one_forensic(bencher: Bencher<'_, '_>, asked: &str) {
    let (kind, width) = asked.split_once(", ").expect("a kind and a width");
    let of_kind =
        |number: &u64| KINDS.get(*number as usize % KINDS.len()).map(|it| it.0) == Some(kind);
    let queries: Vec<_> = (0..3000).filter(of_kind).map(evidence).collect();
    one_by_one(bencher, engine(width), Side::Persons, &queries);
}

#[divan::bench(args = widths(), sample_count = 10, sample_size = 1)]
fn q3_many_persons(bencher: Bencher<'_, '_>, width: &str) {
    together(bencher, engine(width), Side::Forensic, BATCH);
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn q4_all_evidence(bencher: Bencher<'_, '_>) {
    together(bencher, best(), Side::Persons, FORENSIC);
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn q5_persons_alike(bencher: Bencher<'_, '_>) {
    let mut roster = Roster::new();
    (0..PERSONS).for_each(|number| roster.push(&person(number)).expect("the list has room"));
    let rule = LikenessRule { loci: LocusSet::core20(), matching_min: 8, differing_max: 2 };
    bencher.bench_local(|| likenesses(black_box(&roster), &rule, &|_, _| {}));
}

/// Rows come and go on a side that holds others.
fn comes_and_goes(bencher: Bencher<'_, '_>, side: Side, index: Index) {
    let (mut engine, mut next) = (Exact::new(), 0);
    let held: fn(u64) -> PackedProfile = if side == Side::Forensic { evidence } else { person };
    engine.load(side, rows(FORENSIC, index, held)).expect("loaded");
    bencher.bench_local(|| {
        let key = SpecimenKey(FORENSIC + next % 1000);
        next += 1;
        engine.insert(side, Row { key, index, profile: held(key.0) }).expect("inserted");
        engine.remove(side, key)
    });
}

#[divan::bench]
fn a_person_comes_and_goes(bencher: Bencher<'_, '_>) {
    comes_and_goes(bencher, Side::Persons, Index::Detainee);
}

#[divan::bench]
fn a_forensic_profile_comes_and_goes(bencher: Bencher<'_, '_>) {
    comes_and_goes(bencher, Side::Forensic, Index::Forensic);
}

//! ANSI/NIST-ITL Type-18 records in the traditional encoding: a transaction with one Type-1 record
//! and one Type-18 record a specimen.
//!
//! Fields and their parts are known as far as the shared knowledge of the standard goes (M+, parts
//! of 18.016 S); nothing of it has been held against a conformance tester. What the index does not
//! know (donor, collection, instrument) is left out. A locus stands under a number of the
//! standard's list of loci, which is published elsewhere and has not been seen here: the caller
//! brings it ([`LocusNumbers`]), nothing is guessed. Three alleles are the most, and no mixtures.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use genetics::locus::LocusUse;
use genetics::profile::TypedLocus;
use genetics::{AlleleKind, Category, Locus};
use jiff::Timestamp;

use crate::contract::Rows;
use crate::outgoing::{NotInFormat, Record, Sender, field, fits, named};
use crate::problem::{Problem, Problems};

/// Word of the format.
pub const WORD: &str = "ansi-nist-18";

/// Version of the standard as 1.002 tells it: ANSI/NIST-ITL 1-2011, update 2015 (M+).
const VERSION: &str = "0502";
/// The kind of transaction, which the two agencies agree on (D).
const TRANSACTION: &str = "DNA";
/// Information designation characters have two digits, and 00 is the Type-1 record's.
const RECORDS_MAX: usize = 99;
/// Characters of an allele.
const ALLELE_CHARS_MAX: usize = 4;
/// Alleles of a locus.
const ALLELES_MAX: usize = 3;

const FILE: char = '\x1C';
const FIELD: char = '\x1D';
const PART: char = '\x1E';
const ITEM: char = '\x1F';

/// Numbers of the loci (18.016 DLR, 1 to 999), as the receiver reads them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LocusNumbers(BTreeMap<Locus, u16>);

impl LocusNumbers {
    /// Reads a table with the columns `locus` and `number`.
    ///
    /// # Errors
    /// The input failed. Everything wrong with the content is a [`Problem`].
    pub fn read(input: impl Read) -> io::Result<(Self, Vec<Problem>)> {
        let (rows, header) = Rows::open(input, &["locus", "number"], &[])?;
        let mut problems = Problems::default();
        header.into_iter().for_each(|problem| problems.push(problem));
        let mut numbers = BTreeMap::new();
        let Some(mut rows) = rows else { return Ok((Self(numbers), problems.into_vec())) };
        while let Some((row, cells)) = rows.next_row()? {
            match cells.and_then(|cells| number(row, &cells, &numbers)) {
                Ok((locus, number)) => drop(numbers.insert(locus, number)),
                Err(problem) => problems.push(problem),
            }
        }
        Ok((Self(numbers), problems.into_vec()))
    }
}

fn number(
    row: u64,
    [name, number]: &[String; 2],
    known: &BTreeMap<Locus, u16>,
) -> Result<(Locus, u16), Problem> {
    let wrong = |found: &str, wrong, right, column| {
        Err(Problem::error(row, found, wrong, right).in_column(column))
    };
    let Some(locus) = Locus::from_name(name) else {
        return wrong(name, "this is no locus known here", "a locus such as FGA", "locus");
    };
    let Some(number) = number.parse().ok().filter(|number| (1..=999).contains(number)) else {
        return wrong(number, "this is no number of a locus", "1 to 999", "number");
    };
    if known.contains_key(&locus) || known.values().any(|other| *other == number) {
        return wrong(name, "locus or number stand there already", "each once", "locus");
    }
    Ok((locus, number))
}

/// A transaction that is being written. The Type-1 record, which comes first, tells of all others;
/// so they are held until [`Writer::finish`], at most 99.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    sender: Sender,
    numbers: LocusNumbers,
    records: Vec<String>,
}

impl<W: Write> Writer<W> {
    /// Begins a transaction.
    ///
    /// # Errors
    /// What the format cannot say of the sender.
    pub fn new(out: W, sender: &Sender, numbers: LocusNumbers) -> Result<Self, NotInFormat> {
        fits("1.007 DAI", sender.destination.as_str(), 36)?;
        fits("1.008 ORI", sender.source.as_str(), 36)?;
        Ok(Self { out, sender: sender.clone(), numbers, records: Vec::new() })
    }

    /// Adds one record.
    ///
    /// # Errors
    /// The output fails; or, inside, what the format cannot say.
    pub fn record(&mut self, record: &Record) -> io::Result<Result<(), NotInFormat>> {
        let made = check(record).and_then(|()| self.fields(record));
        Ok(made.map(|fields| self.records.push(of_length("18", &fields))))
    }

    /// Writes the transaction and gives the output back.
    ///
    /// # Errors
    /// The output fails.
    pub fn finish(mut self) -> io::Result<W> {
        let first = of_length("1", &self.transaction());
        self.out.write_all(first.as_bytes())?;
        for record in &self.records {
            self.out.write_all(record.as_bytes())?;
        }
        self.out.flush()?;
        Ok(self.out)
    }

    /// Fields of the Type-1 record after its length.
    fn transaction(&self) -> Vec<String> {
        let count = self.records.len();
        let mut contents = vec![format!("1{ITEM}{count}")];
        contents.extend((1..=count).map(|idc| format!("18{ITEM}{idc:02}")));
        let (source, destination) = (self.sender.source.as_str(), self.sender.destination.as_str());
        let at = self.sender.at;
        vec![
            format!("1.002:{VERSION}"),
            format!("1.003:{}", contents.join(&PART.to_string())),
            format!("1.004:{TRANSACTION}"),
            format!("1.005:{}", day(at)),
            format!("1.007:{destination}"),
            format!("1.008:{source}"),
            format!("1.009:{source}-{}", at.strftime("%Y%m%d%H%M%S")),
            // No prints in this transaction, hence no resolutions.
            "1.011:00.00".to_owned(),
            "1.012:00.00".to_owned(),
            format!("1.014:{}", at.strftime("%Y%m%d%H%M%SZ")),
        ]
    }

    /// Fields of a Type-18 record after its length.
    fn fields(&self, record: &Record) -> Result<Vec<String>, NotInFormat> {
        let idc = self.records.len() + 1;
        if idc > RECORDS_MAX {
            let wrong = format!("the transaction has {RECORDS_MAX} records already");
            return Err(field("18.002 IDC", &wrong, "another file for the others"));
        }
        let is_evidence = record.category.index().holds_evidence();
        let loci: Result<Vec<_>, _> =
            record.profile.typed().iter().map(|typed| self.locus(record, typed)).collect();
        Ok(vec![
            format!("18.002:{idc:02}"),
            // The kind of unit (4) and of laboratory (U) are not known to the index.
            format!("18.003:4{ITEM}U"),
            format!("18.004:{}", record.laboratory),
            // One analysis.
            "18.005:1".to_owned(),
            // Nuclear DNA.
            "18.011:0".to_owned(),
            format!("18.014:{}", day(record.entered_at)),
            // A person (0) or a stain (1), no result, the number of the profile.
            format!("18.015:{}{ITEM}{ITEM}{}", u8::from(is_evidence), record.id),
            format!("18.016:{}", loci?.join(&PART.to_string())),
        ])
    }

    /// One part of 18.016.
    fn locus(&self, record: &Record, typed: &TypedLocus) -> Result<String, NotInFormat> {
        let locus = typed.locus;
        let number = self.numbers.0.get(&locus).ok_or_else(|| {
            let wrong = format!("{locus} has no number");
            field("18.016 DLR", &wrong, "its number in the table of locus numbers")
        })?;
        named("18.016 AL1", locus, &typed.genotype)?;
        let alleles = typed.genotype.alleles();
        if alleles.len() > ALLELES_MAX {
            let wrong = format!("{locus} has {} alleles", alleles.len());
            return Err(field("18.016 AL3", &wrong, "at most 3, or another format"));
        }
        let mut calls: Vec<_> = alleles.iter().map(ToString::to_string).collect();
        if let Some(long) = calls.iter().find(|call| call.chars().count() > ALLELE_CHARS_MAX) {
            let wrong = format!("{locus} has the allele {long}");
            return Err(field("18.016 AL1", &wrong, "at most 4 characters, or another format"));
        }
        calls.resize(ALLELES_MAX, String::new());
        let is_precise =
            |kind| matches!(kind, AlleleKind::Exact | AlleleKind::SexX | AlleleKind::SexY);
        let is_precise = alleles.iter().all(|allele| is_precise(allele.kind()));
        let kind = u8::from(locus.used_for() == LocusUse::YChromosome) * 2;
        // Found, analysed, and whether each call is exact; batch, two cross references and the
        // kit's number, which are not known here; the kit's name.
        let mut items = vec![kind.to_string(), number.to_string(), "1".into(), "1".into()];
        items.push(u8::from(is_precise).to_string());
        items.extend(calls);
        if let Some(kit) = &record.provenance.kit {
            items.extend(["", "", "", "", kit].map(str::to_owned));
        }
        Ok(items.join(&ITEM.to_string()))
    }
}

fn check(record: &Record) -> Result<(), NotInFormat> {
    if record.category == Category::ForensicMixture {
        return Err(field("18.016 STR", "the profile is a mixture", "another format for mixtures"));
    }
    fits("18.004 SRC", record.laboratory.as_str(), 36)?;
    fits("18.015 PID", record.id.as_str(), 24)?;
    record.provenance.kit.as_ref().map_or(Ok(()), |kit| fits("18.016 KNM", kit, 32))
}

/// A record with its length, which counts itself, in front.
fn of_length(kind: &str, fields: &[String]) -> String {
    let rest = fields.join(&FIELD.to_string());
    // The digits of the length are part of it: at most one more step settles them.
    let with = |length: usize| format!("{kind}.001:{length}{FIELD}{rest}{FILE}");
    let guess = with(0).len();
    let mut length = guess;
    while with(length).len() != length {
        length = with(length).len();
    }
    with(length)
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y%m%d").to_string()
}

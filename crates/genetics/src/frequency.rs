//! Allele frequencies by population: what rarity and likelihood are computed from.
//!
//! The table that ships is the FBI's expanded core loci data (Moretti et al. 2016, Forensic Science
//! International: Genetics 25, 175-181), a work of the US Government; populations bear the names of
//! the source. Deliberately absent: any inference from a profile to a population, the minimum
//! frequency of an allele (`rarity`), and the file formats of others (`exchange`).

use crate::allele::{Allele, AlleleKind};
use crate::locus::Locus;

const SHIPPED: &str = include_str!("../data/fbi2015_allele_frequencies.csv");

/// Columns of the table that ships, in order.
const HEADER: &str = "population,locus,allele,frequency,alleles_typed";

/// How far the frequencies of a locus may sum from 1: rounding.
pub const SUM_TOLERANCE: f64 = 0.01;

/// How common an allele is at its locus.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Which allele.
    pub allele: Allele,
    /// Its share of all alleles there, above 0 and at most 1.
    pub frequency: f64,
}

/// The alleles of one locus in one population.
#[derive(Clone, Debug, PartialEq)]
pub struct LocusFrequencies {
    alleles_typed: u32,
    shares: Vec<Share>,
}

/// Frequencies of one population.
#[derive(Clone, Debug, PartialEq)]
pub struct Population {
    name: String,
    /// By position of the locus; `None` where the source has none.
    loci: Vec<Option<LocusFrequencies>>,
}

/// Frequencies of several populations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frequencies {
    populations: Vec<Population>,
}

/// Why figures are not the frequencies of a locus.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NotFrequencies {
    /// The first line that is not a comment is not the header.
    #[error("the first line is '{found}'; expected '{HEADER}'")]
    Header {
        /// What stood there.
        found: String,
    },
    /// A line does not read.
    #[error(
        "line {line}: '{found}'; expected a population, a locus, an allele, a frequency and the \
         number of alleles typed"
    )]
    Line {
        /// Line number, from 1.
        line: usize,
        /// What stood there.
        found: String,
    },
    /// No allele was typed.
    #[error("no allele was typed; expected how many alleles the source typed there")]
    NothingTyped,
    /// A frequency that is none.
    #[error("frequency {frequency} of {allele}; expected a number above 0 and at most 1")]
    Frequency {
        /// The allele.
        allele: Allele,
        /// Its frequency.
        frequency: f64,
    },
    /// Amelogenin's letters and off-ladder readings have no frequency.
    #[error("allele {0} has no frequency; expected a number of repeats")]
    Letter(Allele),
    /// An allele stands there twice.
    #[error("allele {0} is given twice")]
    Repeated(Allele),
    /// The frequencies do not sum to 1.
    #[error("the frequencies sum to {0:.4}; expected 1 within {SUM_TOLERANCE}")]
    Sum(f64),
}

impl LocusFrequencies {
    /// Puts the alleles in order and checks them. `alleles_typed` counts alleles: twice the number
    /// of people.
    ///
    /// # Errors
    /// Nothing typed, a frequency outside (0, 1], an allele twice, or a sum that is not 1.
    pub fn new(alleles_typed: u32, mut shares: Vec<Share>) -> Result<Self, NotFrequencies> {
        if alleles_typed == 0 {
            return Err(NotFrequencies::NothingTyped);
        }
        shares.sort_by_key(|share| share.allele);
        for share in &shares {
            let Share { allele, frequency } = *share;
            if !(frequency > 0.0 && frequency <= 1.0) {
                return Err(NotFrequencies::Frequency { allele, frequency });
            }
            if matches!(allele.kind(), AlleleKind::SexX | AlleleKind::SexY | AlleleKind::OffLadder)
            {
                return Err(NotFrequencies::Letter(allele));
            }
        }
        let repeated = shares.windows(2).find_map(|pair| match pair {
            [one, two] if one.allele == two.allele => Some(one.allele),
            _ => None,
        });
        if let Some(allele) = repeated {
            return Err(NotFrequencies::Repeated(allele));
        }
        let sum: f64 = shares.iter().map(|share| share.frequency).sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            return Err(NotFrequencies::Sum(sum));
        }
        Ok(Self { alleles_typed, shares })
    }

    /// How many alleles the source typed: twice the number of people.
    pub fn alleles_typed(&self) -> u32 {
        self.alleles_typed
    }

    /// The alleles in the field's order, each with its frequency.
    pub fn shares(&self) -> &[Share] {
        &self.shares
    }

    /// The frequency with which an allele was seen that agrees with this designation: for `>15`
    /// that of all above 15. 0 where none was.
    pub fn seen(&self, designation: Allele) -> f64 {
        let agreeing = self.shares.iter().filter(|share| share.allele.agrees_with(designation));
        agreeing.map(|share| share.frequency).sum()
    }
}

impl Population {
    /// A population without loci.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), loci: vec![None; Locus::COUNT] }
    }

    /// The source's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets the frequencies of a locus.
    pub fn set(&mut self, locus: Locus, frequencies: LocusFrequencies) {
        if let Some(place) = self.loci.get_mut(locus.position()) {
            *place = Some(frequencies);
        }
    }

    /// The frequencies of a locus; `None` where the source has none.
    pub fn at(&self, locus: Locus) -> Option<&LocusFrequencies> {
        self.loci.get(locus.position())?.as_ref()
    }

    /// Alleles of a locus with their frequencies; empty where the source has none.
    pub fn shares(&self, locus: Locus) -> &[Share] {
        self.at(locus).map_or(&[], LocusFrequencies::shares)
    }
}

impl Frequencies {
    /// Populations in the order given.
    pub fn new(populations: Vec<Population>) -> Self {
        Self { populations }
    }

    /// The table that ships.
    ///
    /// # Panics
    /// Never: a test reads the same text.
    #[expect(
        clippy::expect_used,
        reason = "the text is compiled in and a test reads it; a failure here is a bug"
    )]
    pub fn shipped() -> Self {
        read(SHIPPED).expect("the shipped table reads")
    }

    /// The populations in the order of the table.
    pub fn populations(&self) -> &[Population] {
        &self.populations
    }

    /// The populations that are told side by side: the first four of the table that ships, or all
    /// of a table with fewer. Which ones is this programme's choice (tag D).
    pub fn usual(&self) -> impl Iterator<Item = &Population> {
        self.populations.iter().take(4)
    }

    /// A population by the source's name.
    pub fn population(&self, name: &str) -> Option<&Population> {
        self.populations.iter().find(|population| population.name == name)
    }
}

/// Reads the table that ships: comment lines with `#`, the header, one line an allele, the lines
/// of a locus together.
fn read(text: &str) -> Result<Frequencies, NotFrequencies> {
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.starts_with('#'));
    let header = lines.next().map_or("", |(_, line)| line);
    if header != HEADER {
        return Err(NotFrequencies::Header { found: header.to_owned() });
    }
    let rows: Result<Vec<Row<'_>>, _> = lines
        .map(|(line, text)| {
            let unread = || NotFrequencies::Line { line, found: text.to_owned() };
            Row::read(text).ok_or_else(unread)
        })
        .collect();
    let mut populations: Vec<Population> = Vec::new();
    for locus in rows?.chunk_by(|one, next| one.place() == next.place()) {
        let Some(row) = locus.first() else { continue };
        let shares = locus.iter().map(|row| row.share).collect();
        let frequencies = LocusFrequencies::new(row.alleles_typed, shares)?;
        if populations.last().is_none_or(|last| last.name != row.population) {
            populations.push(Population::new(row.population));
        }
        if let Some(population) = populations.last_mut() {
            population.set(row.locus, frequencies);
        }
    }
    Ok(Frequencies::new(populations))
}

struct Row<'t> {
    population: &'t str,
    locus: Locus,
    share: Share,
    alleles_typed: u32,
}

impl<'t> Row<'t> {
    fn read(line: &'t str) -> Option<Self> {
        let mut cells = line.split(',');
        let population = cells.next()?;
        let locus = Locus::from_name(cells.next()?)?;
        let share =
            Share { allele: cells.next()?.parse().ok()?, frequency: cells.next()?.parse().ok()? };
        let alleles_typed = cells.next()?.parse().ok()?;
        cells.next().is_none().then_some(Self { population, locus, share, alleles_typed })
    }

    fn place(&self) -> (&'t str, Locus) {
        (self.population, self.locus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locus::LocusSet;

    #[test]
    fn the_shipped_table_is_whole() {
        let table = read(SHIPPED).unwrap();
        let names: Vec<_> = table.populations().iter().map(Population::name).collect();
        assert_eq!(names[..4], ["African American", "Caucasian", "SW Hispanic", "SE Hispanic"]);
        assert_eq!(names.len(), 11);
        let extra = [Locus::Se33, Locus::PentaD, Locus::PentaE];
        for population in table.populations() {
            for locus in LocusSet::core20().iter().chain(extra) {
                let at = population.at(locus).unwrap();
                assert!(at.shares().len() > 3, "{} {locus}", population.name());
                assert!(at.alleles_typed() >= 100);
                let sum: f64 = at.shares().iter().map(|share| share.frequency).sum();
                assert!((sum - 1.0).abs() < 0.002, "{} {locus} {sum}", population.name());
            }
            assert!(population.at(Locus::Dys391).is_none());
        }
    }

    #[test]
    fn a_designation_has_the_frequency_of_all_it_can_be() {
        let table = Frequencies::shipped();
        let at = table.population("SE Hispanic").unwrap().at(Locus::D18s51).unwrap();
        let seen = |token: &str| at.seen(token.parse().unwrap());
        let sum = |from: u16| {
            let above = at.shares().iter().filter(|share| share.allele.tenths() > from);
            above.map(|share| share.frequency).sum::<f64>()
        };
        assert!((seen(">20") - sum(200)).abs() < 1e-12);
        assert!(seen(">20") > seen("21"));
        assert_eq!(seen("5"), 0.0);
        assert_eq!(seen("28"), seen(">27"), "it may be one of those above the ladder");
    }

    #[test]
    fn figures_that_are_none_are_refused() {
        let share = |token: &str, frequency| Share { allele: token.parse().unwrap(), frequency };
        let check = |typed, shares: Vec<Share>, expected: &str| {
            let refused = LocusFrequencies::new(typed, shares).unwrap_err().to_string();
            assert!(refused.starts_with(expected), "{refused}");
        };
        check(0, vec![share("9", 1.0)], "no allele was typed");
        check(100, vec![share("9", 1.5)], "frequency 1.5 of 9");
        check(100, vec![share("9", f64::NAN)], "frequency NaN of 9");
        check(100, vec![share("X", 1.0)], "allele X has no frequency");
        check(100, vec![share("9", 0.5), share("9", 0.5)], "allele 9 is given twice");
        check(100, vec![share("9", 0.5)], "the frequencies sum to 0.5000");
    }

    #[test]
    fn a_bad_line_is_named() {
        let check = |text: &str, expected: &str| {
            let message = read(text).unwrap_err().to_string();
            assert!(message.starts_with(expected), "{message}");
        };
        check("# source\na,b\n", "the first line is 'a,b'");
        let line = format!("# source\n{HEADER}\nHere,D99,20,0.5,100\n");
        check(&line, "line 3: 'Here,D99,20,0.5,100'");
    }
}

//! Allele frequencies by population: what synthetic genotypes are drawn from, and nothing else.
//!
//! The table that ships is the FBI's expanded core loci data (Moretti et al. 2016), a work of the
//! US Government; populations bear the names of the source. Deliberately absent: any inference
//! from a profile to a population or a person, and match statistics.

use genetics::{Allele, Locus};
use rand::{Rng, RngExt};

const SHIPPED: &str = include_str!("../data/fbi2015_allele_frequencies.csv");

/// Columns of the table, in order.
const HEADER: &str = "population,locus,allele,frequency,alleles_typed";

/// How far the frequencies of a locus may sum from 1: rounding and readings left out.
pub const SUM_TOLERANCE: f64 = 0.01;

/// Frequencies of several populations.
#[derive(Clone, Debug, PartialEq)]
pub struct Frequencies {
    populations: Vec<Population>,
}

/// Frequencies of one population.
#[derive(Clone, Debug, PartialEq)]
pub struct Population {
    name: String,
    /// By position of the locus; empty where the source has none.
    loci: Vec<Vec<Share>>,
}

/// How common an allele is at its locus.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Which allele.
    pub allele: Allele,
    /// Its share of all alleles there, above 0 and at most 1.
    pub frequency: f64,
    /// How many alleles the source typed there: twice the number of people.
    pub alleles_typed: u32,
}

/// Why a text is not a table of frequencies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFrequencies {
    /// The first line that is not a comment is not the header.
    #[error("the first line is '{found}'; expected '{HEADER}'")]
    Header {
        /// What stood there.
        found: String,
    },
    /// A line does not read.
    #[error(
        "line {line}: '{found}'; expected a population, a locus, an exact allele, a frequency \
         above 0 and at most 1, and a count"
    )]
    Line {
        /// Line number, from 1.
        line: usize,
        /// What stood there.
        found: String,
    },
    /// A locus does not sum to 1.
    #[error("frequencies of {locus} in '{population}' sum to {sum}; expected 1 within 0.01")]
    Sum {
        /// Population.
        population: String,
        /// Locus.
        locus: Locus,
        /// Sum, to four places.
        sum: String,
    },
}

impl Frequencies {
    /// The table that ships.
    ///
    /// # Panics
    /// Never: a test reads the same text.
    #[expect(
        clippy::expect_used,
        reason = "the text is compiled in and a test reads it; a failure here is a bug"
    )]
    pub fn shipped() -> Self {
        Self::read(SHIPPED).expect("the shipped table reads")
    }

    /// Reads a table: comment lines with `#`, a header, one line an allele.
    ///
    /// # Errors
    /// A header or line that does not read, or a locus whose frequencies do not sum to 1.
    pub fn read(text: &str) -> Result<Self, NotFrequencies> {
        let mut lines = (1..)
            .zip(text.lines())
            .filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty());
        let header = lines.next().map_or("", |(_, line)| line.trim_end());
        if header != HEADER {
            let found = header.to_owned();
            return Err(NotFrequencies::Header { found });
        }
        let mut populations: Vec<Population> = Vec::new();
        for (number, line) in lines {
            let row = Row::read(line)
                .ok_or_else(|| NotFrequencies::Line { line: number, found: line.to_owned() })?;
            add(&mut populations, row);
        }
        for population in &populations {
            population.check_sums()?;
        }
        Ok(Self { populations })
    }

    /// The populations in the order of the table.
    pub fn populations(&self) -> &[Population] {
        &self.populations
    }

    /// A population by the source's name.
    pub fn population(&self, name: &str) -> Option<&Population> {
        self.populations.iter().find(|population| population.name == name)
    }
}

impl Population {
    /// The source's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Alleles of a locus with their frequencies; empty where the source has none.
    pub fn shares(&self, locus: Locus) -> &[Share] {
        self.loci.get(locus.position()).map_or(&[], |shares| shares.as_slice())
    }

    /// Draws one allele; `None` where the source has none at this locus.
    pub fn draw(&self, locus: Locus, rng: &mut impl Rng) -> Option<Allele> {
        let shares = self.shares(locus);
        let sum: f64 = shares.iter().map(|share| share.frequency).sum();
        let mut left = rng.random::<f64>() * sum;
        let drawn = shares.iter().find(|share| {
            left -= share.frequency;
            left < 0.0
        });
        drawn.or(shares.last()).map(|share| share.allele)
    }

    fn check_sums(&self) -> Result<(), NotFrequencies> {
        for locus in Locus::all() {
            let shares = self.shares(locus);
            let sum: f64 = shares.iter().map(|share| share.frequency).sum();
            if !shares.is_empty() && (sum - 1.0).abs() > SUM_TOLERANCE {
                return Err(NotFrequencies::Sum {
                    population: self.name.clone(),
                    locus,
                    sum: format!("{sum:.4}"),
                });
            }
        }
        Ok(())
    }
}

struct Row<'t> {
    population: &'t str,
    locus: Locus,
    share: Share,
}

impl<'t> Row<'t> {
    fn read(line: &'t str) -> Option<Self> {
        let mut cells = line.split(',').map(str::trim);
        let population = cells.next().filter(|name| !name.is_empty())?;
        let locus = Locus::from_name(cells.next()?)?;
        let allele: Allele = cells.next()?.parse().ok()?;
        let frequency: f64 = cells.next()?.parse().ok()?;
        let alleles_typed = cells.next()?.parse().ok()?;
        let exact = Allele::exact(allele.tenths()) == Some(allele);
        let sound = exact && frequency > 0.0 && frequency <= 1.0 && cells.next().is_none();
        sound.then_some(Self {
            population,
            locus,
            share: Share { allele, frequency, alleles_typed },
        })
    }
}

fn add(populations: &mut Vec<Population>, row: Row<'_>) {
    if !populations.iter().any(|known| known.name == row.population) {
        populations.push(Population {
            name: row.population.to_owned(),
            loci: vec![Vec::new(); Locus::COUNT],
        });
    }
    let population = populations.iter_mut().find(|known| known.name == row.population);
    let shares = population.and_then(|known| known.loci.get_mut(row.locus.position()));
    if let Some(shares) = shares {
        shares.push(row.share);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use genetics::LocusSet;

    #[test]
    fn the_shipped_table_sums_to_one_everywhere() {
        let table = Frequencies::read(SHIPPED).unwrap();
        let names: Vec<_> = table.populations().iter().map(Population::name).collect();
        assert_eq!(
            names,
            ["African American", "Caucasian", "SW Hispanic", "SE Hispanic", "Filipino"]
        );
        let extra = [Locus::Se33, Locus::PentaD, Locus::PentaE];
        for population in table.populations() {
            for locus in LocusSet::core20().iter().chain(extra) {
                let shares = population.shares(locus);
                assert!(shares.len() > 3, "{} {locus}", population.name());
                let sum: f64 = shares.iter().map(|share| share.frequency).sum();
                assert!((sum - 1.0).abs() <= SUM_TOLERANCE, "{locus} {sum}");
                assert!(shares.iter().all(|share| share.alleles_typed >= 100));
            }
        }
    }

    #[test]
    fn a_bad_line_is_named() {
        let check = |body: &str, expected: &str| {
            let text = format!("# source\n{HEADER}\n{body}\n");
            let message = Frequencies::read(&text).unwrap_err().to_string();
            assert!(message.starts_with(expected), "{message}");
        };
        check("Here,FGA,20,1.5,100", "line 3: 'Here,FGA,20,1.5,100'");
        check("Here,FGA,>20,0.5,100", "line 3");
        check("Here,D99,20,0.5,100", "line 3");
        check("Here,FGA,20,0.5,100", "frequencies of FGA in 'Here' sum to 0.5000");
        let headless = Frequencies::read("a,b\n").unwrap_err().to_string();
        assert!(headless.starts_with("the first line is 'a,b'"));
    }
}

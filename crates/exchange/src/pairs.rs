//! What comes of comparing one genotype table with itself: pairs that are alike, and the counts of
//! all pairs by matching loci.
//!
//! Samples are named as the table names them. Absent: reading these files; nothing here needs it.

use std::io::{self, Write};

use genetics::LocusSet;

use crate::contract::Output;

/// The columns of a list of pairs.
pub const COLUMNS: [&str; 6] =
    ["first", "second", "loci_compared", "loci_equal", "loci_differing", "differing"];

/// Two samples that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamplePair<'a> {
    /// The sample that stands first in the table.
    pub first: &'a str,
    /// The other one.
    pub second: &'a str,
    /// Loci typed in both.
    pub loci_compared: usize,
    /// Those at which the genotypes differ.
    pub differing: LocusSet,
}

/// Writes pairs one by one; holds none.
pub struct PairWriter<W: Write>(Output<W>);

impl<W: Write> PairWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// The output failed.
    pub fn new(out: W) -> io::Result<Self> {
        Output::new(out, &COLUMNS).map(Self)
    }

    /// Writes one pair; the names of differing loci have `;` between them.
    ///
    /// # Errors
    /// The output failed, or a sample name would not read back as itself (`InvalidInput`).
    pub fn write(&mut self, pair: &SamplePair<'_>) -> io::Result<()> {
        let differing: Vec<&str> = pair.differing.iter().map(|locus| locus.name()).collect();
        self.0.write([
            pair.first,
            pair.second,
            &pair.loci_compared.to_string(),
            &pair.loci_compared.saturating_sub(differing.len()).to_string(),
            &differing.len().to_string(),
            &differing.join(";"),
        ])
    }

    /// Flushes.
    ///
    /// # Errors
    /// The output failed.
    pub fn finish(self) -> io::Result<()> {
        self.0.finish()
    }
}

/// Writes counts of pairs as a square: a row for each number of loci that match fully, a column for
/// each number that match partially, both from 0 to `loci`.
///
/// # Errors
/// The output failed.
pub fn write_matrix(
    mut out: impl Write,
    loci: usize,
    count: impl Fn(usize, usize) -> u64,
) -> io::Result<()> {
    let row = |cells: &mut dyn Iterator<Item = u64>| {
        cells.map(|cell| format!(",{cell}")).collect::<String>()
    };
    writeln!(out, "full\\partial{}", row(&mut (0..=loci as u64)))?;
    for full in 0..=loci {
        writeln!(out, "{full}{}", row(&mut (0..=loci).map(|partial| count(full, partial))))?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use genetics::Locus;

    #[test]
    fn pairs_name_their_differing_loci() {
        let mut out = Vec::new();
        let mut writer = PairWriter::new(&mut out).unwrap();
        let differing: LocusSet = [Locus::Vwa, Locus::Fga].into_iter().collect();
        let pair = SamplePair { first: "A,1", second: "B", loci_compared: 20, differing };
        writer.write(&pair).unwrap();
        let differing = LocusSet::EMPTY;
        let pair = SamplePair { first: "A", second: "C", loci_compared: 13, differing };
        writer.write(&pair).unwrap();
        writer.finish().unwrap();
        let text = String::from_utf8(out).unwrap();
        let header = "first,second,loci_compared,loci_equal,loci_differing,differing";
        assert_eq!(text, format!("{header}\n\"A,1\",B,20,18,2,FGA;vWA\nA,C,13,13,0,\n"));
    }

    #[test]
    fn a_matrix_has_a_row_and_a_column_for_each_count() {
        let mut out = Vec::new();
        write_matrix(&mut out, 1, |full, partial| (10 * full + partial) as u64).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "full\\partial,0,1\n0,0,1\n1,10,11\n");
    }
}

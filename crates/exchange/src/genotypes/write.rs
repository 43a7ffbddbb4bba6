//! Writes the long form: `Sample Name`, `Marker`, `Allele 1` to `Allele N`.
//!
//! What is written here reads back as the same samples. Absent: heights, and the allele that a
//! candidate must contain (a long table has no place for it).

use std::io::{self, Write};

use genetics::Profile;

/// Why a sample was not written.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// A name that would not read back as itself.
    #[error(
        "a sample name must have 1 or more characters, no line break, and no blank at its ends"
    )]
    Name,
    /// More alleles than the table has columns.
    #[error("{found} alleles at one locus; the table has {columns} allele columns")]
    TooManyAlleles {
        /// Alleles at the locus.
        found: usize,
        /// Allele columns of the table.
        columns: usize,
    },
    /// The output failed.
    #[error(transparent)]
    Output(#[from] io::Error),
}

impl From<csv::Error> for NotWritten {
    fn from(error: csv::Error) -> Self {
        Self::Output(error.into())
    }
}

/// Writes samples one by one; holds none.
pub struct LongWriter<W: Write> {
    out: csv::Writer<W>,
    columns: usize,
}

impl<W: Write> LongWriter<W> {
    /// Writes the header. `delimiter` is a tab, a comma or a semicolon; `columns` is the number
    /// of allele columns, at least 2.
    ///
    /// # Errors
    /// The output failed.
    pub fn new(out: W, delimiter: u8, columns: usize) -> Result<Self, NotWritten> {
        let mut out = csv::WriterBuilder::new().delimiter(delimiter).from_writer(out);
        let columns = columns.max(2);
        out.write_field("Sample Name")?;
        out.write_field("Marker")?;
        for number in 1..=columns {
            out.write_field(format!("Allele {number}"))?;
        }
        out.write_record(None::<&[u8]>)?;
        Ok(Self { out, columns })
    }

    /// Writes one sample; nothing of it where it cannot be written. A homozygote is written once.
    /// A sample without any locus becomes one row at Amelogenin without alleles, so that a blank
    /// control is not lost.
    ///
    /// # Errors
    /// The name or a locus does not fit, or the output failed.
    pub fn write(&mut self, name: &str, profile: &Profile) -> Result<(), NotWritten> {
        let broken = name.contains(['\n', '\r']) || name.starts_with('\u{feff}');
        if name.is_empty() || name.trim() != name || broken {
            return Err(NotWritten::Name);
        }
        let counts = profile.typed().iter().map(|entry| entry.genotype.alleles().len());
        if let Some(found) = counts.max().filter(|found| *found > self.columns) {
            return Err(NotWritten::TooManyAlleles { found, columns: self.columns });
        }
        for entry in profile.typed() {
            let alleles = entry.genotype.alleles().iter().map(ToString::to_string);
            self.row(name, entry.locus.name(), alleles)?;
        }
        if profile.typed().is_empty() {
            self.row(name, genetics::Locus::Amelogenin.name(), std::iter::empty())?;
        }
        Ok(())
    }

    fn row(
        &mut self,
        name: &str,
        marker: &str,
        alleles: impl Iterator<Item = String>,
    ) -> Result<(), NotWritten> {
        self.out.write_field(name)?;
        self.out.write_field(marker)?;
        for allele in alleles.chain(std::iter::repeat(String::new())).take(self.columns) {
            self.out.write_field(allele)?;
        }
        self.out.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Flushes.
    ///
    /// # Errors
    /// The output failed.
    pub fn finish(mut self) -> Result<(), NotWritten> {
        Ok(self.out.flush()?)
    }
}

//! Writes the long form (`Sample Name`, `Marker`, `Allele 1` to `Allele N`) and the wide form
//! (`Sample Name`, `D3S1358_1` to `D3S1358_N` and so on for each locus).
//!
//! What is written here reads back as the same samples. Absent: heights, and the allele that a
//! candidate must contain (neither table has a place for it).

use std::fmt::Write as _;
use std::io::{self, Write};

use genetics::{Category, Locus, LocusSet, Profile};

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
    /// A locus for which the table has no columns.
    #[error("{0} was typed; the table has no columns for it")]
    NoColumns(Locus),
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
        check(name, profile, self.columns)?;
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

/// Which columns a wide table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WideColumns {
    /// A tab, a comma or a semicolon.
    pub delimiter: u8,
    /// Loci with columns, which stand in the stable order of loci.
    pub loci: LocusSet,
    /// Allele columns of each locus, at least 2.
    pub alleles: usize,
    /// Whether a column `Specimen Category` stands behind the sample's name.
    pub category: bool,
}

/// Writes samples one by one, a row each; holds none.
pub struct WideWriter<W: Write> {
    out: csv::Writer<W>,
    columns: WideColumns,
    loci: Vec<Locus>,
    /// The cell in the making.
    cell: String,
}

impl<W: Write> WideWriter<W> {
    /// Begins a table: writes the header.
    ///
    /// # Errors
    /// The output failed.
    pub fn new(out: W, columns: WideColumns) -> Result<Self, NotWritten> {
        let mut writer = Self::continuing(out, columns);
        writer.out.write_field("Sample Name")?;
        if columns.category {
            writer.out.write_field("Specimen Category")?;
        }
        for locus in columns.loci.iter() {
            for number in 1..=writer.columns.alleles {
                writer.out.write_field(format!("{locus}_{number}"))?;
            }
        }
        writer.out.write_record(None::<&[u8]>)?;
        Ok(writer)
    }

    /// Writes more rows of a table whose header stands elsewhere, so that the parts of a large
    /// table can be made apart from each other.
    pub fn continuing(out: W, columns: WideColumns) -> Self {
        let out = csv::WriterBuilder::new().delimiter(columns.delimiter).from_writer(out);
        let columns = WideColumns { alleles: columns.alleles.max(2), ..columns };
        Self { out, columns, loci: columns.loci.iter().collect(), cell: String::new() }
    }

    /// Writes one sample; nothing of it where it cannot be written. A homozygote is written once.
    /// The category is written where the table has a column for it.
    ///
    /// # Errors
    /// The name or a locus does not fit, or the output failed.
    pub fn write(
        &mut self,
        name: &str,
        category: Option<Category>,
        profile: &Profile,
    ) -> Result<(), NotWritten> {
        check(name, profile, self.columns.alleles)?;
        let foreign = profile.typed().iter().find(|it| !self.columns.loci.contains(it.locus));
        if let Some(entry) = foreign {
            return Err(NotWritten::NoColumns(entry.locus));
        }
        self.out.write_field(name)?;
        if self.columns.category {
            self.out.write_field(category.map_or("", Category::name))?;
        }
        // Both stand in the stable order of loci.
        let mut typed = profile.typed().iter().peekable();
        for locus in &self.loci {
            let entry = typed.next_if(|entry| entry.locus == *locus);
            let alleles = entry.map_or(&[][..], |entry| entry.genotype.alleles());
            for allele in alleles {
                self.cell.clear();
                // A string takes whatever it is given.
                let _ = write!(self.cell, "{allele}");
                self.out.write_field(&self.cell)?;
            }
            for _ in alleles.len()..self.columns.alleles {
                self.out.write_field("")?;
            }
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

/// Whether a sample would read back as itself.
fn check(name: &str, profile: &Profile, columns: usize) -> Result<(), NotWritten> {
    let broken = name.contains(['\n', '\r']) || name.starts_with('\u{feff}');
    if name.is_empty() || name.trim() != name || broken {
        return Err(NotWritten::Name);
    }
    let counts = profile.typed().iter().map(|entry| entry.genotype.alleles().len());
    match counts.max().filter(|found| *found > columns) {
        Some(found) => Err(NotWritten::TooManyAlleles { found, columns }),
        None => Ok(()),
    }
}

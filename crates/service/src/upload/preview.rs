//! How a genotype table is understood, before anything of it is stored.

use exchange::genotypes::Table;
use genetics::LocusSet;
use genetics::controls::recognise;
use serde::Serialize;

use crate::context::OpContext;
use crate::error::ServiceError;
use crate::programme::Programme;
use crate::typing::{genotype_table, is_negative};

/// How a genotype table is understood.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    /// What a row is.
    pub shape: String,
    /// The line of the header, counted from 1.
    pub header_row: u64,
    /// What each column was taken for.
    pub columns: Vec<Column>,
    /// Samples that were read whole.
    pub samples: Vec<Previewed>,
    /// Samples that were left out; the problems tell why.
    pub left_out: Vec<String>,
    /// Markers that are none known here.
    pub unknown_markers: Vec<String>,
    /// What is wrong in the file, a sentence each, with its position.
    pub problems: Vec<String>,
}

/// A column and what it was taken for.
#[derive(Clone, Debug, Serialize)]
pub struct Column {
    /// As the file spells it.
    pub column: String,
    /// In words.
    pub taken_for: String,
}

/// A sample that was read whole.
#[derive(Clone, Debug, Serialize)]
pub struct Previewed {
    /// As the file names it.
    pub name: String,
    /// Loci at which something was seen.
    pub loci: usize,
    /// The most alleles at one autosomal locus: more than two mean several persons, or a rare one.
    pub alleles_most: usize,
    /// The control that it is by name or by genotype.
    pub control: Option<String>,
    /// Loci with a reading that no rung of the ladder explains.
    pub off_ladder: Vec<&'static str>,
}

impl Preview {
    /// The preview of a table; none where none was understood.
    pub fn of(table: &Table, problems: Vec<String>) -> Option<Self> {
        let layout = table.layout.as_ref()?;
        let columns = layout
            .columns
            .iter()
            .map(|it| Column { column: it.name.clone(), taken_for: it.meaning.to_string() });
        let samples = table.samples.iter().map(|sample| {
            let negative = is_negative(&sample.name).then(|| "negative".to_owned());
            Previewed {
                name: sample.name.clone(),
                loci: sample.profile.typed().len(),
                alleles_most: sample.profile.alleles_max(LocusSet::autosomal()),
                control: negative.or_else(|| recognise(&sample.profile).map(str::to_owned)),
                off_ladder: sample.off_ladder.iter().map(|locus| locus.name()).collect(),
            }
        });
        Some(Self {
            shape: layout.shape.to_string(),
            header_row: layout.row,
            columns: columns.collect(),
            samples: samples.collect(),
            left_out: table.left_out.iter().map(|left| left.name.clone()).collect(),
            unknown_markers: table.unknown_markers.clone(),
            problems,
        })
    }
}

impl Programme {
    /// How the genotype table in a file is understood. Nothing is stored.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` where no table was understood.
    pub fn preview_table(&self, op: &OpContext<'_>, bytes: &[u8]) -> Result<Preview, ServiceError> {
        self.may(op, "upload.preview", "")?;
        let (table, problems) = genotype_table(bytes)?;
        Preview::of(&table, problems)
            .ok_or_else(|| ServiceError::Invalid("file: it holds no genotype table".to_owned()))
    }
}

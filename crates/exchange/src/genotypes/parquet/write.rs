//! Writes genotype tables as Parquet: one row a sample, one column a locus, genotypes as text.
//!
//! What is written here reads back as the same samples. No smallest and largest values are put
//! into the file: they would name samples where nobody looks for names. Absent: heights, and the
//! allele that a candidate must contain (a table has no place for it).

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use genetics::{Genotype, Locus, LocusSet, Profile};
use parquet::basic::{Compression, LogicalType, Repetition, Type, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type as SchemaType};

/// The column of sample names.
const SAMPLE: &str = "sample";

/// Rows of a group: what a reader must hold the dictionaries of, and what is held while writing.
const GROUP_ROWS: usize = 1 << 17;

/// Genotype texts kept, to be shared between rows.
const TEXTS_MAX: usize = 1 << 16;

/// Why a sample was not written.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// A name that would not read back as itself.
    #[error(
        "a sample name must have 1 or more characters, no line break, and no blank at its ends"
    )]
    Name,
    /// A locus for which the table has no column.
    #[error("the sample is typed at {0}, for which the table has no column")]
    NoColumn(Locus),
    /// The output failed.
    #[error(transparent)]
    Output(#[from] io::Error),
}

impl From<ParquetError> for NotWritten {
    fn from(error: ParquetError) -> Self {
        Self::Output(match error {
            ParquetError::External(error) => match error.downcast::<io::Error>() {
                Ok(error) => *error,
                Err(error) => io::Error::other(error),
            },
            other => io::Error::other(other),
        })
    }
}

/// Writes samples one by one; holds one group of rows.
pub struct Writer<W: Write + Send> {
    file: SerializedFileWriter<W>,
    names: Vec<ByteArray>,
    columns: Vec<Column>,
    texts: HashMap<Genotype, ByteArray>,
}

/// The column of one locus in the group that is being filled.
struct Column {
    locus: Locus,
    /// 1 for a row with a genotype, 0 for one without.
    levels: Vec<i16>,
    values: Vec<ByteArray>,
}

impl<W: Write + Send> Writer<W> {
    /// Begins a table with a column for each of the loci.
    ///
    /// # Errors
    /// The output failed.
    pub fn new(out: W, loci: LocusSet) -> Result<Self, NotWritten> {
        let text = |name: &str, repetition| {
            let text = SchemaType::primitive_type_builder(name, Type::BYTE_ARRAY);
            let text = text.with_logical_type(Some(LogicalType::String));
            text.with_repetition(repetition).build().map(Arc::new)
        };
        let mut fields = vec![text(SAMPLE, Repetition::REQUIRED)?];
        for locus in loci.iter() {
            fields.push(text(locus.name(), Repetition::OPTIONAL)?);
        }
        let schema = SchemaType::group_type_builder("table").with_fields(fields).build()?;
        let properties = WriterProperties::builder()
            .set_created_by("buccal".to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_statistics_enabled(EnabledStatistics::None)
            .set_offset_index_disabled(true)
            // Every name is another; a dictionary of them would only be thrown away.
            .set_column_dictionary_enabled(ColumnPath::from(SAMPLE), false)
            .build();
        let file = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))?;
        let column = |locus| Column { locus, levels: Vec::new(), values: Vec::new() };
        let columns = loci.iter().map(column).collect();
        Ok(Self { file, names: Vec::new(), columns, texts: HashMap::new() })
    }

    /// Writes one sample; nothing of it where it cannot be written.
    ///
    /// # Errors
    /// The name or a locus does not fit, or the output failed.
    pub fn write(&mut self, name: &str, profile: &Profile) -> Result<(), NotWritten> {
        if name.is_empty() || name.trim() != name || name.contains(['\n', '\r']) {
            return Err(NotWritten::Name);
        }
        let has_column = |locus| self.columns.iter().any(|column| column.locus == locus);
        if let Some(entry) = profile.typed().iter().find(|entry| !has_column(entry.locus)) {
            return Err(NotWritten::NoColumn(entry.locus));
        }
        self.names.push(ByteArray::from(name));
        // Columns and typed loci stand in the same order.
        let mut typed = profile.typed().iter().peekable();
        for column in &mut self.columns {
            let entry = typed.next_if(|entry| entry.locus == column.locus);
            column.levels.push(i16::from(entry.is_some()));
            if let Some(entry) = entry {
                column.values.push(shared(&mut self.texts, &entry.genotype));
            }
        }
        if self.names.len() >= GROUP_ROWS { self.write_group() } else { Ok(()) }
    }

    fn write_group(&mut self) -> Result<(), NotWritten> {
        let mut group = self.file.next_row_group()?;
        write_column(&mut group, &self.names, None)?;
        self.names.clear();
        for column in &mut self.columns {
            write_column(&mut group, &column.values, Some(&column.levels))?;
            column.levels.clear();
            column.values.clear();
        }
        group.close()?;
        Ok(())
    }

    /// Writes what is left and the end of the file, without which it is none.
    ///
    /// # Errors
    /// The output failed.
    pub fn finish(mut self) -> Result<(), NotWritten> {
        if !self.names.is_empty() {
            self.write_group()?;
        }
        self.file.finish()?;
        Ok(self.file.inner_mut().flush()?)
    }
}

fn write_column<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[ByteArray],
    levels: Option<&[i16]>,
) -> Result<(), NotWritten> {
    if let Some(mut column) = group.next_column()? {
        column.typed::<ByteArrayType>().write_batch(values, levels, None)?;
        column.close()?;
    }
    Ok(())
}

/// The text of a genotype, the same bytes for every row that has it.
fn shared(texts: &mut HashMap<Genotype, ByteArray>, genotype: &Genotype) -> ByteArray {
    if let Some(text) = texts.get(genotype) {
        return text.clone();
    }
    let text = ByteArray::from(genotype.to_string().into_bytes());
    if texts.len() < TEXTS_MAX {
        texts.insert(genotype.clone(), text.clone());
    }
    text
}

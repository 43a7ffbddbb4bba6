//! The columns of a Parquet file as texts, a batch of rows at a time.

use std::borrow::Cow;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::basic::{Compression, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::RowGroupReader;
use parquet::schema::types::SchemaDescriptor;

use crate::cells::trimmed;
use crate::problem::Problem;

/// Why a file could not be read on.
pub(super) enum Stop {
    /// The file is not what it says it is.
    Damaged,
    /// The input failed.
    Failed(io::Error),
}

/// Lets the decoder work. It answers some damage with an assertion of its own; that is damage
/// too, and the decoder is not used afterwards.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, Stop> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(ParquetError::External(error))) => Err(match error.downcast::<io::Error>() {
            Ok(error) if error.raw_os_error().is_some() => Stop::Failed(*error),
            _ => Stop::Damaged,
        }),
        Ok(Err(_)) | Err(_) => Err(Stop::Damaged),
    }
}

/// Where the text of a column stands in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The column of the table.
    pub(super) column: usize,
    /// The column of the file; a list or a group has its own within it.
    leaf: usize,
    /// Definition level of a value that is there.
    definition: i16,
    list: bool,
}

impl Place {
    /// Finds the text of a column of the table; what it is instead, where it is no text.
    pub(super) fn find(schema: &SchemaDescriptor, column: usize) -> Result<Self, String> {
        let within = |leaf: &usize| schema.get_column_root_idx(*leaf) == column;
        let mut leaves = (0..schema.num_columns()).filter(within);
        let (Some(leaf), None) = (leaves.next(), leaves.next()) else {
            return Err("a group of columns".to_owned());
        };
        let described = schema.column(leaf);
        let (nested, repeated) = (described.path().parts().len() > 1, described.max_rep_level());
        match (described.physical_type(), nested, repeated) {
            (Type::BYTE_ARRAY, false, 0) | (Type::BYTE_ARRAY, _, 1) => {}
            (Type::BYTE_ARRAY, ..) => return Err("a nested column".to_owned()),
            (other, ..) => return Err(format!("a column of type {other}")),
        }
        let (definition, list) = (described.max_def_level(), repeated == 1);
        Ok(Self { column, leaf, definition, list })
    }

    /// The packing of this column in a group of rows, where it cannot be undone here.
    pub(super) fn foreign_packing(&self, group: &RowGroupMetaData) -> Option<String> {
        let packing = group.columns().get(self.leaf)?.compression();
        let known = [Compression::UNCOMPRESSED, Compression::SNAPPY];
        let zstandard = matches!(packing, Compression::ZSTD(_));
        (!zstandard && !known.contains(&packing)).then(|| packing.to_string())
    }
}

/// One column of a group of rows, with the batch that was read of it last.
pub(super) struct Column {
    pub(super) place: Place,
    reader: ColumnReaderImpl<ByteArrayType>,
    values: Vec<ByteArray>,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
}

impl Column {
    pub(super) fn open(group: &dyn RowGroupReader, place: Place) -> Result<Self, Stop> {
        let reader = match guarded(|| group.get_column_reader(place.leaf))? {
            ColumnReader::ByteArrayColumnReader(reader) => reader,
            _ => return Err(Stop::Damaged),
        };
        let (definitions, repetitions) = (Vec::new(), Vec::new());
        Ok(Self { place, reader, values: Vec::new(), definitions, repetitions })
    }

    /// Reads the next rows and tells how many there were.
    pub(super) fn advance(&mut self, rows: usize) -> Result<usize, Stop> {
        let Self { reader, values, definitions, repetitions, .. } = self;
        values.clear();
        definitions.clear();
        repetitions.clear();
        let read =
            guarded(|| reader.read_records(rows, Some(definitions), Some(repetitions), values));
        Ok(read?.0)
    }

    /// The cells of the batch.
    pub(super) fn cells(&self) -> Cells<'_> {
        Cells { column: self, row: 0, value: 0 }
    }
}

/// Walks down the cells of a batch.
pub(super) struct Cells<'a> {
    column: &'a Column,
    row: usize,
    value: usize,
}

impl<'a> Cells<'a> {
    /// The next cell, empty where it is null; `None` where it is no text.
    pub(super) fn next_cell(&mut self) -> Option<Cow<'a, str>> {
        if self.column.place.list {
            return self.next_list();
        }
        if self.next_is_there() { Some(Cow::Borrowed(self.next_text()?)) } else { Some("".into()) }
    }

    /// The alleles of a list, as a cell that lists them.
    fn next_list(&mut self) -> Option<Cow<'a, str>> {
        let mut cell = Cow::Borrowed("");
        let mut sound = true;
        loop {
            if self.next_is_there() {
                let text = self.next_text();
                sound &= text.is_some();
                if !cell.is_empty() {
                    cell += ",";
                }
                cell += text.unwrap_or_default();
            }
            // The next entry opens a row of its own, or the batch is at its end.
            if self.column.repetitions.get(self.row).is_none_or(|level| *level == 0) {
                return sound.then_some(cell);
            }
        }
    }

    fn next_is_there(&mut self) -> bool {
        let level = self.column.definitions.get(self.row);
        self.row += 1;
        // A column that must be filled has no levels.
        self.column.place.definition == 0 || level == Some(&self.column.place.definition)
    }

    fn next_text(&mut self) -> Option<&'a str> {
        let value = self.column.values.get(self.value)?;
        self.value += 1;
        std::str::from_utf8(value.data()).ok().map(trimmed)
    }
}

/// The problem of a file that is damaged from some row on.
pub(super) fn damaged(row: u64) -> Problem {
    let wrong = "the file is damaged or cut short; nothing of it was taken";
    Problem::error(row, "", wrong, "a whole Parquet file")
}

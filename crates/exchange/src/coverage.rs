//! The table of coverage as a file: rows by week, site and component, and the total.
//! Comma-separated or Parquet, the same columns in both.
//!
//! What is absent is `-` or empty in text and null in Parquet. Percentages are exact decimals, not
//! floating point. Deliberately absent: reading these files; names of persons.

use std::io::{self, Write};
use std::sync::Arc;

use journey::coverage::{Figures, Row};
use parquet::basic::{Compression, LogicalType, Repetition, Type, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type as SchemaType;

use crate::contract::Output;

/// The columns.
pub const COLUMNS: [&str; 27] = [
    "level",
    "component",
    "site",
    "week",
    "bookings",
    "persons",
    "persons_sampled",
    "samples",
    "due",
    "sampled",
    "may_skip",
    "excluded",
    "deferred",
    "undecided",
    "collected",
    "not_to_be_collected",
    "skipped",
    "due_not_collected",
    "unresolved",
    "open",
    "no_kit",
    "released_first",
    "refused",
    "medical",
    "transferred",
    "oldest_open_hours",
    "sampled_percent",
];

/// Columns of text at the beginning.
const TEXTS: usize = 4;

fn texts(row: &Row) -> [&str; TEXTS] {
    [row.level.word(), &row.component, &row.site, &row.week]
}

/// Writes rows as comma-separated values.
///
/// # Errors
/// The output failed, or a name of a component or site would not read back as itself
/// (`InvalidInput`).
pub fn write_csv(out: impl Write, rows: &[Row]) -> io::Result<()> {
    let mut out = Output::new(out, &COLUMNS)?;
    for row in rows {
        let mut cells: Vec<String> = texts(row).map(str::to_owned).into();
        cells.extend(row.figures.counts().into_iter().map(|(_, count)| count.to_string()));
        let oldest = row.figures.oldest_open_hours;
        cells.push(oldest.map_or_else(|| "-".to_owned(), |hours| hours.to_string()));
        cells.push(row.figures.sampled_percent());
        let cell = |place| cells.get(place).map_or("", String::as_str);
        out.write::<{ COLUMNS.len() }>(std::array::from_fn(cell))?;
    }
    out.finish()
}

/// Writes rows as Parquet, in one group.
///
/// # Errors
/// The output failed.
pub fn write_parquet(out: impl Write + Send, rows: &[Row]) -> io::Result<()> {
    write_group(out, rows).map_err(failed)
}

fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        other => io::Error::other(other),
    }
}

fn write_group(out: impl Write + Send, rows: &[Row]) -> Result<(), ParquetError> {
    let properties = WriterProperties::builder()
        .set_created_by("buccal".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .build();
    let mut file = SerializedFileWriter::new(out, schema()?, Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    for place in 0..TEXTS {
        let column = rows.iter().map(|row| texts(row).get(place).copied().unwrap_or_default());
        let column: Vec<_> = column.map(ByteArray::from).collect();
        if let Some(mut writer) = group.next_column()? {
            writer.typed::<ByteArrayType>().write_batch(&column, None, None)?;
            writer.close()?;
        }
    }
    for place in 0..Figures::COUNTS.len() {
        let count = |row: &Row| row.figures.counts().get(place).map(|(_, count)| *count);
        numbers(&mut group, rows, count, false)?;
    }
    numbers(&mut group, rows, |row| row.figures.oldest_open_hours, true)?;
    numbers(&mut group, rows, |row| row.figures.sampled_permille(), true)?;
    group.close()?;
    file.finish()?;
    Ok(file.inner_mut().flush()?)
}

fn schema() -> Result<Arc<SchemaType>, ParquetError> {
    let mut fields = Vec::new();
    for (place, name) in COLUMNS.iter().enumerate() {
        let is_text = place < TEXTS;
        let physical = if is_text { Type::BYTE_ARRAY } else { Type::INT64 };
        let optional = place >= TEXTS + Figures::COUNTS.len();
        let repetition = if optional { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        let field = SchemaType::primitive_type_builder(name, physical).with_repetition(repetition);
        let field = match *name {
            _ if is_text => field.with_logical_type(Some(LogicalType::String)),
            "sampled_percent" => field
                .with_logical_type(Some(LogicalType::decimal(1, 18)))
                .with_precision(18)
                .with_scale(1),
            _ => field,
        };
        fields.push(Arc::new(field.build()?));
    }
    Ok(Arc::new(SchemaType::group_type_builder("coverage").with_fields(fields).build()?))
}

fn numbers<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    rows: &[Row],
    number: impl Fn(&Row) -> Option<u64>,
    optional: bool,
) -> Result<(), ParquetError> {
    let found: Vec<_> = rows.iter().map(number).collect();
    let levels: Vec<_> = found.iter().map(|value| i16::from(value.is_some())).collect();
    let values = found.into_iter().flatten().map(|value| i64::try_from(value).unwrap_or(i64::MAX));
    let values: Vec<_> = values.collect();
    if let Some(mut column) = group.next_column()? {
        let levels = optional.then_some(levels.as_slice());
        column.typed::<Int64Type>().write_batch(&values, levels, None)?;
        column.close()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use journey::coverage::Level;
    use parquet::file::reader::{FileReader, SerializedFileReader};

    fn rows() -> Vec<Row> {
        let row = |level, site: &str, figures: Figures| Row {
            level,
            component: "ICE-ERO".to_owned(),
            site: site.to_owned(),
            week: String::new(),
            sampled_percent: figures.sampled_percent(),
            figures,
        };
        let some = Figures {
            bookings: 8,
            persons: 7,
            due: 8,
            sampled: 7,
            oldest_open_hours: Some(30),
            ..Figures::default()
        };
        vec![row(Level::Site, "Dallas, TX", some), row(Level::Site, "Houston", Figures::default())]
    }

    #[test]
    fn the_columns_are_those_of_the_figures() {
        let named = COLUMNS.iter().skip(TEXTS).take(Figures::COUNTS.len());
        assert_eq!(named.collect::<Vec<_>>(), Figures::COUNTS.iter().collect::<Vec<_>>());
        assert_eq!(COLUMNS.len(), TEXTS + Figures::COUNTS.len() + 2);
    }

    #[test]
    fn text_writes_what_is_absent_as_a_dash() {
        let mut out = Vec::new();
        write_csv(&mut out, &rows()).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], COLUMNS.join(","));
        let some = "site,ICE-ERO,\"Dallas, TX\",,8,7,0,0,8,7,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,30,87.5";
        assert_eq!(lines[1], some);
        assert!(lines[2].ends_with(",0,-,-"), "{}", lines[2]);
    }

    #[test]
    fn parquet_holds_the_same_rows_with_nulls_for_what_is_absent() {
        let mut out = Vec::new();
        write_parquet(&mut out, &rows()).unwrap();
        let file = SerializedFileReader::new(Bytes::from(out)).unwrap();
        let schema = file.metadata().file_metadata().schema_descr_ptr();
        let columns: Vec<_> = schema.columns().iter().map(|it| it.name().to_owned()).collect();
        assert_eq!(columns, COLUMNS);
        let group = file.get_row_group(0).unwrap();
        let column = |place| match group.get_column_reader(place).unwrap() {
            parquet::column::reader::ColumnReader::Int64ColumnReader(mut reader) => {
                let (mut values, mut levels) = (Vec::new(), Vec::new());
                reader.read_records(10, Some(&mut levels), None, &mut values).unwrap();
                (values, levels)
            }
            _ => panic!("no numbers"),
        };
        assert_eq!(column(TEXTS).0, [8, 0]);
        assert_eq!(column(COLUMNS.len() - 2), (vec![30], vec![1, 0]));
        assert_eq!(column(COLUMNS.len() - 1), (vec![875], vec![1, 0]));
    }

    #[test]
    fn no_rows_make_a_file_all_the_same() {
        let mut out = Vec::new();
        write_parquet(&mut out, &[]).unwrap();
        assert!(SerializedFileReader::new(Bytes::from(out)).is_ok());
    }
}

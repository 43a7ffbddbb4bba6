//! A Parquet file as a source of rows: its schema to a header, its groups of rows to cells.

use std::borrow::Cow;
use std::io;

use parquet::file::reader::{ChunkReader, FileReader, RowGroupReader, SerializedFileReader};

use super::columns::{Cells, Column, Place, Stop, damaged, guarded};
use crate::genotypes::header::{self, Slots};
use crate::genotypes::rows::{Rows, Samples};
use crate::genotypes::{Layout, Opened, Source};
use crate::problem::{Problem, Problems};

/// The row of the column names.
const HEADER_ROW: u64 = 1;

/// Rows of a batch: enough to keep a column's decoder busy, little enough to stay in the cache.
const BATCH_ROWS: usize = 1024;

/// The groups of rows of a file, and the columns that are needed of them.
pub(super) struct Groups<R: ChunkReader> {
    file: SerializedFileReader<R>,
    places: Vec<Place>,
}

impl<R: ChunkReader + 'static> Groups<R> {
    /// Reads what the file says of itself.
    pub(super) fn open(input: R, problems: &mut Problems) -> io::Result<Opened<Self>> {
        let file = match guarded(|| SerializedFileReader::new(input)) {
            Ok(file) => file,
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Damaged) => {
                problems.push(damaged(HEADER_ROW));
                return Ok(None);
            }
        };
        match understand(&file) {
            Ok((layout, slots, places, warnings)) => {
                warnings.into_iter().for_each(|warning| problems.push(warning));
                Ok(Some((layout, slots, Self { file, places })))
            }
            Err(problem) => {
                problems.push(problem);
                Ok(None)
            }
        }
    }
}

type Understood = (Layout, Slots, Vec<Place>, Vec<Problem>);

fn understand(file: &impl FileReader) -> Result<Understood, Problem> {
    let schema = file.metadata().file_metadata().schema_descr();
    let names = schema.root_schema().get_fields().iter().map(|field| field.name().trim());
    let names: Vec<Cow<'_, str>> = names.map(Cow::Borrowed).collect();
    let (layout, slots, warnings) = header::understand_cells(&names, None, HEADER_ROW)?;
    let mut places = Vec::new();
    for column in slots.places() {
        let name = names.get(column).map_or("", AsRef::as_ref);
        let refused = |wrong: String, right: &str| {
            Problem::error(HEADER_ROW, "", wrong, right).in_column(name)
        };
        let place = Place::find(schema, column).map_err(|found| {
            refused(format!("the column is {found}"), "a column of text, or of lists of text")
        })?;
        let mut groups = file.metadata().row_groups().iter();
        if let Some(packing) = groups.find_map(|group| place.foreign_packing(group)) {
            let wrong = format!("the column is packed with {packing}, which is not read here");
            return Err(refused(wrong, "a column packed with Snappy or Zstandard, or not packed"));
        }
        places.push(place);
    }
    Ok((layout, slots, places, warnings))
}

impl<R: ChunkReader + 'static> Source for Groups<R> {
    fn feed<S: Samples>(self, rows: &mut Rows<S>) -> Result<(), S::Stop> {
        let mut row = HEADER_ROW + 1;
        for number in 0..self.file.num_row_groups() {
            let fed = guarded(|| self.file.get_row_group(number))
                .map_err(Ended::from)
                .and_then(|group| feed_group(group.as_ref(), &self.places, &mut row, rows));
            match fed {
                Ok(()) => {}
                Err(Ended::Stopped(stop)) => return Err(stop),
                Err(Ended::Broken(Stop::Failed(error))) => return Err(error.into()),
                Err(Ended::Broken(Stop::Damaged)) => {
                    rows.refuse(damaged(row));
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Why a group of rows was not read to its end.
enum Ended<S> {
    /// Whoever takes the samples wants no more.
    Stopped(S),
    Broken(Stop),
}

impl<S> From<Stop> for Ended<S> {
    fn from(stop: Stop) -> Self {
        Self::Broken(stop)
    }
}

/// Reads a group of rows. All its columns must have the rows that the group says it has.
fn feed_group<S: Samples>(
    group: &dyn RowGroupReader,
    places: &[Place],
    row: &mut u64,
    rows: &mut Rows<S>,
) -> Result<(), Ended<S::Stop>> {
    let mut left = usize::try_from(group.metadata().num_rows()).map_err(|_| Stop::Damaged)?;
    let opened = places.iter().map(|place| Column::open(group, *place));
    let mut columns = opened.collect::<Result<Vec<_>, Stop>>()?;
    while left > 0 {
        let wanted = left.min(BATCH_ROWS);
        for column in &mut columns {
            if column.advance(wanted)? != wanted {
                return Err(Stop::Damaged.into());
            }
        }
        feed_batch(&columns, wanted, row, rows).map_err(Ended::Stopped)?;
        left -= wanted;
    }
    Ok(())
}

fn feed_batch<S: Samples>(
    columns: &[Column],
    count: usize,
    row: &mut u64,
    rows: &mut Rows<S>,
) -> Result<(), S::Stop> {
    let mut walks: Vec<(usize, Cells<'_>)> =
        columns.iter().map(|column| (column.place.column, column.cells())).collect();
    let mut cells = vec![Cow::Borrowed(""); rows.width()];
    for _ in 0..count {
        let mut sound = true;
        for (place, walk) in &mut walks {
            let cell = walk.next_cell();
            sound &= cell.is_some();
            if let Some(slot) = cells.get_mut(*place) {
                *slot = cell.unwrap_or_default();
            }
        }
        let name = cells.get(rows.name_place()).map_or("", AsRef::as_ref);
        if !sound || name.contains(['\n', '\r']) {
            let wrong = "a cell is no text, or a sample name has a line break";
            let problem = Problem::error(*row, "", wrong, "UTF-8 text, and names of one line");
            rows.spoil(*row, name, problem)?;
        } else {
            rows.take(*row, &cells)?;
        }
        *row += 1;
    }
    Ok(())
}

//! Workbooks (`.xlsx`): each sheet is a table. A workbook is a ZIP archive, and what it unpacks to
//! is measured before anything is made of it.

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};
use zip::ZipArchive;

use crate::frequencies::gather::Gather;
use crate::frequencies::sheet::{self, Sheet};
use crate::problem::Problem;

/// Bytes that a workbook may unpack to.
const UNPACKED_BYTES_MAX: u64 = 128 << 20;

/// Cells of a sheet that are held.
const CELLS_MAX: usize = 1_000_000;

/// Reads every sheet; one that tells persons which another sheet repeats is read once.
pub(super) fn read(bytes: &[u8], gather: &mut Gather<'_>) {
    let unread = |wrong: String| Problem::error(1, "", wrong, "a workbook as Excel saves it");
    if let Err(wrong) = measure(bytes) {
        gather.problem(unread(wrong));
        return;
    }
    let mut book: Xlsx<_> = match Xlsx::new(Cursor::new(bytes)) {
        Ok(book) => book,
        Err(error) => {
            gather.problem(unread(format!("the workbook does not open: {error}")));
            return;
        }
    };
    let mut has_people = false;
    for name in book.sheet_names() {
        let cells = match book.worksheet_range(&name) {
            Ok(cells) => cells,
            Err(error) => {
                gather.problem(unread(format!("sheet '{name}' does not read: {error}")));
                continue;
            }
        };
        if cells.get_size().0.saturating_mul(cells.get_size().1) > CELLS_MAX {
            gather.problem(unread(format!("sheet '{name}' has more than {CELLS_MAX} cells")));
            continue;
        }
        // The range begins at its first filled cell; positions are those of the sheet.
        let (top, left) = cells.start().unwrap_or_default();
        let mut rows = vec![Vec::new(); top as usize];
        rows.extend(cells.rows().map(|row| {
            let blanks = (0..left).map(|_| String::new());
            blanks.chain(row.iter().map(text)).collect()
        }));
        let is_people = rows.iter().take(20).any(|row: &Vec<String>| {
            row.first().is_some_and(|cell| cell.to_lowercase().starts_with("sample"))
        });
        if is_people && has_people {
            continue;
        }
        has_people |= is_people;
        sheet::read(&Sheet { name, rows }, gather);
    }
}

/// Unpacks without keeping anything, and says where it is too much.
fn measure(bytes: &[u8]) -> Result<(), String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|error| format!("the workbook is no archive: {error}"))?;
    let mut left = UNPACKED_BYTES_MAX;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(|error| format!("entry {at}: {error}"))?;
        let read = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink())
            .map_err(|error| format!("entry {at} does not unpack: {error}"))?;
        left = left.checked_sub(read).ok_or_else(|| {
            format!("the workbook unpacks to more than {UNPACKED_BYTES_MAX} bytes")
        })?;
    }
    Ok(())
}

/// A cell as text: `9.3`, not `9.300000000000001`.
fn text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::Float(number) => {
            let tenths = (number * 10.0).round() / 10.0;
            let shown = if (number - tenths).abs() < 1e-9 { tenths } else { *number };
            shown.to_string()
        }
        other => other.to_string().trim().to_owned(),
    }
}

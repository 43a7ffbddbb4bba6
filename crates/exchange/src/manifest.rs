//! The manifest of a package: which sealed kit lies where.
//!
//! Absent: the comparison of a manifest with what arrived; that is the work of the station
//! `shipment` in `journey`.

use std::collections::HashSet;
use std::io::{self, Read, Write};

use journey::ids::{KitBarcode, PackageNumber};

use crate::contract::{Output, Rows};
use crate::problem::{Problem, Problems};

/// The columns of the contract.
pub const COLUMNS: [&str; 4] = ["package_number", "position", "kit_barcode", "seal"];

/// One kit in a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestEntry {
    /// The package.
    pub package: PackageNumber,
    /// Place in the package, counted from 1.
    pub position: u32,
    /// The kit.
    pub kit: KitBarcode,
    /// Number of the kit's seal.
    pub seal: String,
}

/// Entries with the physical lines on which they stand.
pub type ManifestRows = Vec<(u64, ManifestEntry)>;

/// Reads a manifest of one or more packages. A kit stands once in a file, a position once in a
/// package.
///
/// # Errors
/// The input failed. Everything wrong with the content is a [`Problem`].
pub fn read(input: impl Read) -> io::Result<(ManifestRows, Vec<Problem>)> {
    let (rows, header) = Rows::open(input, &COLUMNS, &[])?;
    let mut problems = Problems::default();
    header.into_iter().for_each(|problem| problems.push(problem));
    let Some(mut rows) = rows else {
        return Ok((Vec::new(), problems.into_vec()));
    };
    let (mut entries, mut kits, mut places) = (Vec::new(), HashSet::new(), HashSet::new());
    while let Some((row, cells)) = rows.next_row()? {
        let entry = cells.and_then(|cells| entry(row, &cells)).and_then(|entry| {
            let place = (entry.package.as_str().to_owned(), entry.position);
            if !kits.insert(entry.kit.as_str().to_owned()) {
                let wrong = "the kit stands in this manifest already";
                let problem = Problem::error(row, entry.kit.as_str(), wrong, "each kit once");
                return Err(problem.in_column("kit_barcode"));
            }
            if !places.insert(place) {
                let (found, wrong) = (entry.position.to_string(), "the position is taken");
                let problem = Problem::error(row, &found, wrong, "each position once in a package");
                return Err(problem.in_column("position"));
            }
            Ok(entry)
        });
        match entry {
            Ok(entry) => entries.push((row, entry)),
            Err(problem) => problems.push(problem),
        }
    }
    Ok((entries, problems.into_vec()))
}

fn entry(row: u64, cells: &[String; 4]) -> Result<ManifestEntry, Problem> {
    let [package, position, kit, seal] = cells;
    for (name, cell) in COLUMNS.iter().zip(cells) {
        if cell.is_empty() {
            let problem = Problem::error(row, "", "the cell is empty", "a value in every row");
            return Err(problem.in_column(name));
        }
    }
    let number = position.parse().ok().filter(|number| *number > 0);
    let number = number.ok_or_else(|| {
        let wrong = "this is no position";
        Problem::error(row, position, wrong, "a whole number from 1").in_column("position")
    })?;
    Ok(ManifestEntry {
        package: package.as_str().into(),
        position: number,
        kit: kit.as_str().into(),
        seal: seal.clone(),
    })
}

/// Writes a manifest.
///
/// # Errors
/// The output failed, or a text would not read back as itself (`InvalidInput`).
pub fn write<'a>(
    entries: impl IntoIterator<Item = &'a ManifestEntry>,
    out: impl Write,
) -> io::Result<()> {
    let mut table = Output::new(out, &COLUMNS)?;
    for entry in entries {
        let position = entry.position.to_string();
        table.write([entry.package.as_str(), &position, entry.kit.as_str(), &entry.seal])?;
    }
    table.finish()
}

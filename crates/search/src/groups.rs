//! The rows of a panel in the order of a few loci, so that those that agree with a query at all of
//! these loci lie in a few places.
//!
//! A group has one to four loci. By the codes at the first three, its rows lie in cells; within a
//! cell they are in order of the code at the last. Rows lie in blocks of 64. A block holds, for
//! each locus of the panel but those of the cell, a column of 64 codes, and beside it the numbers
//! of its 64 rows. A cell may start and end within a block.
//!
//! Why this finds every candidate: of `k + 1` groups without a common locus, a row with at most `k`
//! differing loci agrees wholly on at least one (the pigeonhole principle).
//!
//! Deliberately absent: which groups to make (`advisor`) and to ask (`panel`).

#![expect(
    clippy::indexing_slicing,
    reason = "places are computed here from the group's own tables; a wrong one is a bug that must \
              stop the search and not give a wrong answer"
)]

use std::io;
use std::ops::Range;

use crate::codes::{Mask, codes};
use crate::file::fields::{Fields, Taken};
use crate::file::read::Reader;
use crate::file::write::Writer;
use crate::file::{Content, FileError};
use crate::simd::{Blocks, LANES, Probe, Simd, Test, Tests, prefetch, scan};
use crate::store::{Bytes, Words};

/// The number of a row that was erased.
const ERASED: u32 = u32::MAX;

/// Loci of a group at most.
pub(crate) const GROUP_LOCI: usize = 4;
/// Loci of a cell at most.
const CELL_LOCI: usize = 3;

/// Codes of rows, one after the other: row `r` has those from `r * width`, one for each locus.
#[derive(Clone, Copy)]
pub(crate) struct Coded<'a> {
    pub(crate) codes: &'a [u8],
    pub(crate) width: usize,
}

impl Coded<'_> {
    fn row(&self, row: usize) -> &[u8] {
        &self.codes[row * self.width..][..self.width]
    }

    pub(crate) fn rows(&self) -> usize {
        self.codes.len().checked_div(self.width).unwrap_or(0)
    }
}

/// One order of the rows of a panel. Loci are given by their place in the panel.
#[derive(Debug)]
pub(crate) struct Group {
    /// The loci of the cell, in order.
    cell: Vec<usize>,
    /// For each locus of the cell, the number that all its codes are below.
    ends: Vec<usize>,
    /// The loci in the columns of a block; the first is the one that orders a cell, if any does.
    columns: Vec<usize>,
    /// Whether the first column is of the group.
    ordered: bool,
    /// Where each cell starts, and the end of the last.
    starts: Words<u32>,
    blocks: Bytes,
    /// The numbers of the rows in the order of the blocks.
    rows: Words<u32>,
}

/// What a query asks of a group.
pub(crate) struct Wanted<'a> {
    /// The codes that satisfy it, by locus of the panel.
    pub(crate) masks: &'a [Mask],
    /// The loci it asks, best first.
    pub(crate) order: &'a [usize],
    /// The loci at which a candidate of this group agrees, as bits.
    pub(crate) agreeing: u64,
    /// Loci that may differ.
    pub(crate) budget: u32,
}

impl Group {
    /// Puts the rows in order. `ends` holds for each locus of the panel the number that all its
    /// codes are below.
    pub(crate) fn new(loci: &[usize], coded: Coded, ends: &[usize]) -> Self {
        let cell = loci[..cell_loci(loci, ends, coded.rows())].to_vec();
        let order = loci.get(cell.len()).copied();
        let others = (0..coded.width).filter(|at| !cell.contains(at) && Some(*at) != order);
        let mut group = Self {
            ends: cell.iter().map(|at| ends[*at]).collect(),
            columns: order.into_iter().chain(others).collect(),
            ordered: order.is_some(),
            cell,
            starts: Words::default(),
            blocks: Bytes::default(),
            rows: Words::default(),
        };
        let rows = group.sort(coded);
        group.fill(coded, rows);
        group
    }

    /// The rows in their order; sets the starts of the cells.
    fn sort(&mut self, coded: Coded) -> Vec<u32> {
        let cells: usize = self.ends.iter().product();
        let mut starts = Words::zeroed(cells + 1);
        for row in 0..coded.rows() {
            starts[self.cell_of(coded.row(row)) + 1] += 1;
        }
        for cell in 0..cells {
            starts[cell + 1] += starts[cell];
        }
        let mut next = starts.to_vec();
        let mut placed = vec![0u64; coded.rows()];
        let ordering = self.columns.first().copied().filter(|_| self.ordered);
        for row in 0..coded.rows() {
            let codes = coded.row(row);
            let place = &mut next[self.cell_of(codes)];
            let first = ordering.map_or(0, |at| u64::from(codes[at]));
            placed[*place as usize] = first << 32 | row as u64;
            *place += 1;
        }
        for cell in starts.windows(2) {
            placed[cell[0] as usize..cell[1] as usize].sort_unstable();
        }
        self.starts = starts;
        placed.into_iter().map(|placed| placed as u32).collect()
    }

    fn fill(&mut self, coded: Coded, rows: Vec<u32>) {
        let stride = self.columns.len() * LANES;
        self.blocks = Bytes::zeroed(rows.len().div_ceil(LANES) * stride);
        self.rows = Words::zeroed(rows.len());
        self.rows.copy_from_slice(&rows);
        for (place, row) in rows.iter().enumerate() {
            let codes = coded.row(*row as usize);
            let block = &mut self.blocks[place / LANES * stride..][..stride];
            for (column, at) in block.chunks_exact_mut(LANES).zip(&self.columns) {
                column[place % LANES] = codes[*at];
            }
        }
    }

    fn cell_of(&self, codes: &[u8]) -> usize {
        let ends = self.cell.iter().zip(&self.ends);
        ends.fold(0, |cell, (at, end)| cell * end + usize::from(codes[*at]))
    }

    /// The loci of the group.
    pub(crate) fn loci(&self) -> impl Iterator<Item = usize> {
        let ordering = self.columns.iter().take(usize::from(self.ordered));
        self.cell.iter().chain(ordering).copied()
    }

    /// Bytes held.
    pub(crate) fn size(&self) -> usize {
        self.starts.size() + self.blocks.size() + self.rows.size()
    }

    /// Loci that make up a cell.
    pub(crate) fn cell_loci(&self) -> &[usize] {
        &self.cell
    }

    /// Calls `found` with the number of each row that agrees with the query at all loci of the
    /// group, and where else it must, and differs at no more of the others than it may.
    pub(crate) fn search(&self, simd: Simd, wanted: &Wanted, found: &mut Vec<u32>) {
        let mut probes = Vec::new();
        self.probe(wanted.masks, &mut probes);
        let (must, may) = self.tests(wanted);
        let blocks = Blocks { bytes: &self.blocks, columns: self.columns.len() };
        let tests = Tests { must: &must, may: &may, budget: wanted.budget };
        let mut alive = Vec::new();
        scan(simd, blocks, &probes, tests, &mut alive);
        for probe in alive {
            let first = probe.block as usize * LANES;
            let mut lanes = probe.lanes;
            while lanes != 0 {
                found.push(self.rows[first + lanes.trailing_zeros() as usize]);
                lanes &= lanes - 1;
            }
        }
    }

    /// The tests by column: of the loci at which a candidate agrees, and of all others.
    fn tests(&self, wanted: &Wanted) -> (Vec<Test>, Vec<Test>) {
        let (mut must, mut may) = (Vec::new(), Vec::new());
        for at in wanted.order {
            let Some(column) = self.columns.iter().position(|column| column == at) else {
                continue;
            };
            let test = Test { column, mask: wanted.masks[*at] };
            if wanted.agreeing >> at & 1 == 1 { must.push(test) } else { may.push(test) }
        }
        (must, may)
    }

    /// The lanes of all cells that satisfy the masks.
    fn probe(&self, masks: &[Mask], probes: &mut Vec<Probe>) {
        let mut cells: Vec<usize> = vec![0];
        for (at, end) in self.cell.iter().zip(&self.ends) {
            let wanted: Vec<usize> = codes(&masks[*at]).take_while(|code| code < end).collect();
            let nested =
                cells.iter().flat_map(|cell| wanted.iter().map(move |code| cell * end + code));
            cells = nested.collect();
        }
        const AHEAD: usize = 16;
        for (place, cell) in cells.iter().enumerate() {
            if let Some(later) = cells.get(place + AHEAD) {
                prefetch(&self.starts[*later]);
            }
            push(self.starts[*cell] as usize..self.starts[*cell + 1] as usize, probes);
        }
    }

    /// The loci of a cell but the last, by which the cells are cut into slices, and the number
    /// that all codes there are below.
    pub(crate) fn slice_loci(&self) -> impl Iterator<Item = (usize, usize)> {
        let slicing = self.cell.len() - 1;
        self.cell.iter().copied().zip(self.ends.iter().copied()).take(slicing)
    }

    /// The last locus of a cell.
    pub(crate) fn last_of_cell(&self) -> usize {
        self.cell.last().copied().unwrap_or(0)
    }

    /// How many slices there are.
    pub(crate) fn slices(&self) -> usize {
        self.slice_loci().map(|(_, end)| end).product()
    }

    /// The places of the rows of a slice.
    pub(crate) fn slice(&self, slice: usize) -> Range<usize> {
        let cells = self.ends.last().copied().unwrap_or(1);
        let start = |cell: usize| self.starts[cell] as usize;
        start(slice * cells)..start((slice + 1) * cells)
    }

    /// The number of the row at a place; `None` where it was erased, or past the end.
    #[inline(always)]
    pub(crate) fn row(&self, place: usize) -> Option<usize> {
        let row = self.rows.get(place).copied().filter(|row| *row != ERASED)?;
        Some(row as usize)
    }

    /// The places of the group's rows that lie in the same cell as the codes.
    fn cell_range(&self, codes: &[u8]) -> Range<usize> {
        let cell = self.cell_of(codes);
        self.starts[cell] as usize..self.starts[cell + 1] as usize
    }

    /// Overwrites the codes of a row, which are given. False where it is not there.
    pub(crate) fn erase(&mut self, row: u32, codes: &[u8]) -> bool {
        let range = self.cell_range(codes);
        let Some(place) = range.clone().find(|place| self.rows[*place] == row) else {
            return false;
        };
        let stride = self.columns.len() * LANES;
        let first = place / LANES * stride + place % LANES;
        if stride > 0 {
            self.blocks.edit(first..first + stride - LANES + 1, |columns| {
                columns.iter_mut().step_by(LANES).for_each(|code| *code = 0);
            });
        }
        self.rows.edit(place..place + 1, |row| row.fill(ERASED));
        true
    }

    /// Writes what makes the group, but its rows.
    pub(crate) fn outline(&self, fields: &mut Fields) {
        for loci in [&self.cell, &self.columns] {
            fields.list(loci.iter().map(|at| *at as u32));
        }
        fields.put(usize::from(self.ordered));
    }

    /// A group as [`outline`](Self::outline) wrote it, without rows; `None` where it is none of a
    /// panel whose codes have these ends.
    pub(crate) fn outlined(fields: &mut Taken, ends: &[usize]) -> Option<Self> {
        let (cell, columns, ordered) = (fields.places()?, fields.places()?, fields.number()?);
        let mut loci: Vec<usize> = cell.iter().chain(&columns).copied().collect();
        loci.sort_unstable();
        let cells = !cell.is_empty() && cell.len() <= CELL_LOCI;
        let sound = cells && ordered <= usize::from(!columns.is_empty());
        (sound && loci.iter().copied().eq(0..ends.len())).then_some(())?;
        Some(Self {
            ends: cell.iter().map(|at| ends[*at]).collect(),
            cell,
            columns,
            ordered: ordered == 1,
            starts: Words::default(),
            blocks: Bytes::default(),
            rows: Words::default(),
        })
    }

    /// Writes the rows in their order.
    pub(crate) fn save(&self, out: &mut Writer, panel: usize, group: usize) -> io::Result<()> {
        out.section(Content::GroupStarts.of_group(panel, group), &self.starts)?;
        out.section(Content::GroupBlocks.of_group(panel, group), &self.blocks)?;
        out.section(Content::GroupRows.of_group(panel, group), &self.rows)
    }

    /// The group with its rows, of which the panel has so many.
    pub(crate) fn open(
        mut self,
        file: &mut Reader,
        panel: usize,
        group: usize,
        rows: usize,
    ) -> Result<Self, FileError> {
        let cells = self.ends.iter().try_fold(1usize, |cells, end| cells.checked_mul(*end));
        let starts = cells.and_then(|cells| cells.checked_add(1)).unwrap_or(usize::MAX);
        let stride = self.columns.len() * LANES;
        self.starts = file.words(Content::GroupStarts.of_group(panel, group), starts)?;
        let blocks = rows.div_ceil(LANES).saturating_mul(stride);
        self.blocks = file.words(Content::GroupBlocks.of_group(panel, group), blocks)?;
        self.rows = file.words(Content::GroupRows.of_group(panel, group), rows)?;
        Ok(self)
    }

    /// Moves the checksums by what was overwritten; true if anything was.
    pub(crate) fn settle(&mut self, sums: &mut [u32]) -> bool {
        self.blocks.settle(sums) | self.rows.settle(sums)
    }
}

/// As many loci make up a cell as give no more cells than twice the rows.
fn cell_loci(loci: &[usize], ends: &[usize], rows: usize) -> usize {
    let mut cells = 1usize;
    let fitting = loci.iter().take(CELL_LOCI).take_while(|at| {
        cells = cells.saturating_mul(ends[**at]);
        cells <= 2 * rows
    });
    fitting.count().max(1)
}

/// Adds the lanes of a range of places, block by block; neighbours in a block are one probe.
fn push(places: Range<usize>, probes: &mut Vec<Probe>) {
    let mut from = places.start;
    while from < places.end {
        let block = from / LANES;
        let to = places.end.min((block + 1) * LANES);
        let lanes = u64::MAX >> (LANES - (to - from)) << (from % LANES);
        match probes.last_mut() {
            Some(last) if last.block as usize == block => last.lanes |= lanes,
            _ => probes.push(Probe { block: block as u32, lanes }),
        }
        from = to;
    }
}

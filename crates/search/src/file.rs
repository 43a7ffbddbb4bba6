//! An engine in a file: made whole, mapped when opened, overwritten where a row is removed.
//!
//! The file says again what the database says. It saves the time to read all rows and to put them
//! in order, and nothing is lost with it: whoever finds it missing, damaged or of another record
//! loads the rows from the database and saves anew.
//!
//! # Format, version 3
//!
//! Numbers are in the byte order of the machine that wrote them. A *page* is 4,096 bytes, a *chunk*
//! 1,048,576. Checksums are CRC-32 (IEEE 802.3). Everything begins at a multiple of a page, in this
//! order, with zeros between that mean nothing:
//!
//! 1. the header, one page;
//! 2. the sections, in the order given below;
//! 3. the table of sections, 40 bytes each;
//! 4. the checksums, 4 bytes for each chunk of each section, in order; the last chunk of a section
//!    may be short, and a section starts a chunk of its own. The file ends with them.
//!
//! | header | bits | content |
//! |---|---|---|
//! | 0 | 64 | the letters `BUCCALIX` |
//! | 8 | 32 | version of the format |
//! | 12 | 32 | the number 16,909,060 (1, 2, 3, 4), which tells the byte order |
//! | 16 | 64 | bytes of the file |
//! | 24 | 64 | [`Mark::seen`] |
//! | 32 | 256 | [`Mark::root`] |
//! | 64 | 64 | where the table of sections begins |
//! | 72 | 32 | sections |
//! | 76 | 32 | checksum of the table of sections |
//! | 80 | 64 | where the checksums begin |
//! | 88 | 64 | checksums |
//! | 4092 | 32 | checksum of the header up to here; what lies between is zero |
//!
//! | in the table | bits | content |
//! |---|---|---|
//! | 0 | 32 | kind of section, as numbered below |
//! | 4 | 32 | number of the panel or segment |
//! | 8 | 32 | number of the group |
//! | 12 | 32 | bytes of an element |
//! | 16 | 64 | where it begins in the file |
//! | 24 | 64 | bytes |
//! | 32 | 64 | number of its first checksum |
//!
//! | kind | element | content |
//! |---|---|---|
//! | 1 outline | 32 bits | panels, segments |
//! | 2 lexicon | 32 bits | *a* |
//! | 3 delta | 16 bits | records of persons that lie in no panel |
//! | 4 panel | 32 bits | *b* |
//! | 5 panel keys | 64 bits | by row |
//! | 6 panel indexes | 8 bits | by row: place of the index in `genetics::Index`, 255 where erased |
//! | 7 panel ids | 16 bits | by row and locus: number of the genotype |
//! | 8 group starts | 32 bits | by cell: where it starts; then where the last ends |
//! | 9 group blocks | 8 bits | by block of 64 rows, column and row: the code |
//! | 10 group rows | 32 bits | by place in the blocks: the row |
//! | 11 segment | 32 bits | rows; places for rows; a list: alleles with a plane, by locus |
//! | 12 segment keys | 64 bits | by row |
//! | 13 segment indexes | 8 bits | as 6 |
//! | 14 segment ids | 16 bits | by row and searched locus |
//! | 15 segment planes | 512 bits | by four blocks of 512 rows, plane and block |
//! | 16 segment kept | 16 bits | records of rows whose numbers say too little; id: the row |
//!
//! *a*: for each searched locus two lists: tenths of a repeat by allele; genotypes, each in two
//! numbers, low bits first. *b*: typed loci as bits; rows; for each typed locus two lists: code by
//! genotype, rows by code; the typed loci of the first half, as bits in the order of the typed
//! loci; how many groups; for each group two lists: loci of the cell, loci of the columns; then 1
//! if the first column orders the cells.
//!
//! Order: 1, 2, 3; for each panel 4 to 7 and for each of its groups 8 to 10; for each segment 11 to
//! 16. A *list* is its length and its elements. A *record* is, in 16 bits each: how many follow; an
//! id, four, low bits first; the place of the index counted from 1; the profile (`packed`). An
//! erased record has zeros after its length.
//!
//! Sections 1 to 4, 11, 3 and 16 are small; they are checked when the file is opened, the others by
//! [`Exact::verify`](crate::Exact::verify). What is not in the file is made anew from it: codes by
//! allele, what occurs in which block, the places of keys.
//!
//! # Removal
//!
//! A removed row is overwritten in every section, the checksums of those chunks are moved by what
//! changed (damage that was there does not fit them afterwards either), and all of it is on the
//! disk before the removal returns. A crash between leaves a chunk that does
//! not fit its checksum, or still the old row: the first is refused by `verify`, the second is
//! found by the caller, who replays the record from [`Mark::seen`] and removes the row again.
//! What stays of a removed row until rows are loaded anew: that some row lay in a cell (its place
//! is kept free), the length of its record, and the genotypes and their counts in the lexicon and
//! the codes, which say that somebody had them and not who.
//!
//! # One process
//!
//! The lock is on a file of its own beside it (`.lock`), which is never replaced: a lock on the
//! index itself would go with the old file when a new one takes its place.

pub(crate) mod error;
pub(crate) mod header;
pub(crate) mod fields;
pub(crate) mod records;
pub(crate) mod write;
pub(crate) mod read;
pub(crate) mod saved;

pub use error::FileError;
pub use header::Mark;

/// Where things begin.
pub(crate) const PAGE: u64 = 4_096;

/// Bytes under one checksum.
pub(crate) const CHUNK: usize = 1 << 20;

/// What a section holds; the numbers are those of the module's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Content {
    Outline = 1,
    Lexicon,
    Delta,
    Panel,
    PanelKeys,
    PanelIndexes,
    PanelIds,
    GroupStarts,
    GroupBlocks,
    GroupRows,
    Segment,
    SegmentKeys,
    SegmentIndexes,
    SegmentIds,
    SegmentPlanes,
    SegmentKept,
}

/// A section among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) kind: Content,
    /// Number of the panel or segment.
    pub(crate) part: u32,
    pub(crate) group: u32,
}

impl Content {
    /// The section of this kind of a panel or segment.
    pub(crate) fn of(self, part: usize) -> Name {
        Name { kind: self, part: part as u32, group: 0 }
    }

    /// The section of this kind of a group.
    pub(crate) fn of_group(self, part: usize, group: usize) -> Name {
        Name { group: group as u32, ..self.of(part) }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Outline => "outline",
            Self::Lexicon => "lexicon",
            Self::Delta => "delta",
            Self::Panel => "panel",
            Self::PanelKeys => "keys of panel",
            Self::PanelIndexes => "indexes of panel",
            Self::PanelIds => "ids of panel",
            Self::GroupStarts => "starts of panel",
            Self::GroupBlocks => "blocks of panel",
            Self::GroupRows => "rows of panel",
            Self::Segment => "segment",
            Self::SegmentKeys => "keys of segment",
            Self::SegmentIndexes => "indexes of segment",
            Self::SegmentIds => "ids of segment",
            Self::SegmentPlanes => "planes of segment",
            Self::SegmentKept => "kept profiles of segment",
        }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = self.kind.words();
        match self.kind {
            Content::Outline | Content::Lexicon | Content::Delta => out.write_str(words),
            Content::GroupStarts | Content::GroupBlocks | Content::GroupRows => {
                write!(out, "{words} {}, group {}", self.part, self.group)
            }
            _ => write!(out, "{words} {}", self.part),
        }
    }
}

//! The first page and the table of sections. Whatever is read here was checked.

use crate::file::error::FileError;
use crate::file::{CHUNK, Content, Name, PAGE};

/// The version that is written and read.
pub(crate) const VERSION: u32 = 3;

const MAGIC: [u8; 8] = *b"BUCCALIX";
const ORDER: u32 = 0x0102_0304;
/// Where the header's own checksum stands.
const SUM_AT: usize = PAGE as usize - 4;

/// Up to where the caller's record of events is contained, and which record it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Events of the record that are contained.
    pub seen: u64,
    /// 32 bytes that tell the record up to there from every other.
    pub root: [u8; 32],
}

/// A section as the table tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) name: Name,
    /// Bytes of an element.
    pub(crate) element: u32,
    pub(crate) offset: u64,
    /// Bytes.
    pub(crate) length: u64,
    /// The number of its first checksum.
    pub(crate) chunk: u64,
}

/// A section in the table: see the head of `file`.
pub(crate) type Line = [u64; 5];

impl Section {
    pub(crate) fn line(&self) -> Line {
        let Name { kind, part, group } = self.name;
        let pair = |low: u32, high: u32| {
            let [[a, b, c, d], [e, f, g, h]] = [low.to_ne_bytes(), high.to_ne_bytes()];
            u64::from_ne_bytes([a, b, c, d, e, f, g, h])
        };
        let names = [pair(kind as u32, part), pair(group, self.element)];
        [names[0], names[1], self.offset, self.length, self.chunk]
    }

    pub(crate) fn chunks(&self) -> u64 {
        self.length.div_ceil(CHUNK as u64)
    }

    pub(crate) fn end(&self) -> u64 {
        self.offset + self.length
    }
}

/// The next multiple of a page.
pub(crate) fn page_after(at: u64) -> Option<u64> {
    at.checked_next_multiple_of(PAGE)
}

/// What the first page tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) length: u64,
    pub(crate) mark: Mark,
    pub(crate) table: u64,
    pub(crate) sections: u32,
    pub(crate) table_sum: u32,
    pub(crate) sums: u64,
    pub(crate) chunks: u64,
}

impl Header {
    pub(crate) fn page(&self) -> Vec<u8> {
        let mut page = Vec::with_capacity(PAGE as usize);
        page.extend(MAGIC);
        page.extend(VERSION.to_ne_bytes());
        page.extend(ORDER.to_ne_bytes());
        page.extend(self.length.to_ne_bytes());
        page.extend(self.mark.seen.to_ne_bytes());
        page.extend(self.mark.root);
        page.extend(self.table.to_ne_bytes());
        page.extend(self.sections.to_ne_bytes());
        page.extend(self.table_sum.to_ne_bytes());
        page.extend(self.sums.to_ne_bytes());
        page.extend(self.chunks.to_ne_bytes());
        page.resize(SUM_AT, 0);
        page.extend(crc32fast::hash(&page).to_ne_bytes());
        page
    }

    /// Reads the beginning of a file of so many bytes.
    pub(crate) fn read(page: &[u8], found: u64) -> Result<Self, FileError> {
        let mut bytes = Taken(page);
        let magic: [u8; 8] = bytes.take().ok_or(FileError::Foreign)?;
        (magic == MAGIC).then_some(()).ok_or(FileError::Foreign)?;
        let short = FileError::Length { expected: PAGE, found };
        let (version, order) = (bytes.take(), bytes.take());
        let (Some(version), Some(order)) = (version, order) else {
            return Err(short);
        };
        if u32::from_ne_bytes(order) == ORDER.swap_bytes() {
            return Err(FileError::ByteOrder);
        }
        match u32::from_ne_bytes(version) {
            VERSION => {}
            found => return Err(FileError::Version { found }),
        }
        let (content, sum) = page.split_at_checked(SUM_AT).ok_or(short.clone())?;
        let sum: [u8; 4] = Taken(sum).take().ok_or(short)?;
        if crc32fast::hash(content) != u32::from_ne_bytes(sum) {
            return Err(FileError::Header);
        }
        let header = Self::rest(&mut bytes).ok_or(FileError::Header)?;
        if header.length != found {
            return Err(FileError::Length { expected: header.length, found });
        }
        Ok(header)
    }

    fn rest(bytes: &mut Taken) -> Option<Self> {
        Some(Self {
            length: bytes.long()?,
            mark: Mark { seen: bytes.long()?, root: bytes.take()? },
            table: bytes.long()?,
            sections: bytes.short()?,
            table_sum: bytes.short()?,
            sums: bytes.long()?,
            chunks: bytes.long()?,
        })
    }

    /// Bytes of the table of sections; `None` where it does not end before the checksums.
    pub(crate) fn table_length(&self) -> Option<usize> {
        let length = u64::from(self.sections) * size_of::<Line>() as u64;
        let sums = page_after(self.table.checked_add(length)?)?;
        let end = sums.checked_add(self.chunks.checked_mul(4)?)?;
        let sound = self.table.is_multiple_of(PAGE) && sums == self.sums && end == self.length;
        sound.then_some(())?;
        usize::try_from(length).ok()
    }

    /// The sections of a table, which must lie one after the other.
    pub(crate) fn sections(&self, table: &[u8]) -> Result<Vec<Section>, FileError> {
        if crc32fast::hash(table) != self.table_sum {
            return Err(FileError::Header);
        }
        let mut bytes = Taken(table);
        let (mut at, mut chunk) = (PAGE, 0u64);
        let mut sections = Vec::new();
        for _ in 0..self.sections {
            let section = section(&mut bytes).ok_or(FileError::Header)?;
            let sound = section.offset == at && section.chunk == chunk;
            let end = section.offset.checked_add(section.length).and_then(page_after);
            let end = end.filter(|end| sound && *end <= self.table).ok_or(FileError::Header)?;
            (at, chunk) = (end, chunk + section.chunks());
            sections.push(section);
        }
        let sound = at == self.table && chunk == self.chunks;
        sound.then_some(sections).ok_or(FileError::Header)
    }
}

fn section(bytes: &mut Taken) -> Option<Section> {
    let (kind, part, group) = (kind(bytes.short()?)?, bytes.short()?, bytes.short()?);
    Some(Section {
        name: Name { kind, part, group },
        element: bytes.short()?,
        offset: bytes.long()?,
        length: bytes.long()?,
        chunk: bytes.long()?,
    })
}

fn kind(number: u32) -> Option<Content> {
    use Content::*;
    let kinds = [
        Outline,
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
    ];
    kinds.into_iter().find(|kind| *kind as u32 == number)
}

/// Bytes taken from the front.
struct Taken<'a>(&'a [u8]);

impl Taken<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, left) = self.0.split_first_chunk()?;
        self.0 = left;
        Some(*taken)
    }

    fn short(&mut self) -> Option<u32> {
        self.take().map(u32::from_ne_bytes)
    }

    fn long(&mut self) -> Option<u64> {
        self.take().map(u64::from_ne_bytes)
    }
}

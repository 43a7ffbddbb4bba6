//! Reading a file from front to back: small sections are checked, large ones mapped.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::vec;

use bytemuck::Pod;

use crate::file::error::FileError;
use crate::file::header::{Header, Mark, Section};
use crate::file::saved::{Lock, Saved};
use crate::file::{CHUNK, Content, Name, PAGE};
use crate::simd::map;
use crate::store::Words;

/// A file that is being opened.
pub(crate) struct Reader {
    file: File,
    mark: Mark,
    all: Vec<Section>,
    left: vec::IntoIter<Section>,
    sums: Words<u32>,
}

impl Reader {
    pub(crate) fn new(file: File) -> Result<Self, FileError> {
        let reading = FileError::failed("reading");
        let length = file.metadata().map_err(&reading)?.len();
        let mut page = vec![0; length.min(PAGE) as usize];
        file.read_exact_at(&mut page, 0).map_err(&reading)?;
        let header = Header::read(&page, length)?;
        let mut table = vec![0; header.table_length().ok_or(FileError::Header)?];
        file.read_exact_at(&mut table, header.table).map_err(&reading)?;
        let all = header.sections(&table)?;
        let bytes = usize::try_from(header.chunks * 4).map_err(|_| FileError::Header)?;
        let sums = if bytes == 0 {
            Words::default()
        } else {
            Words::mapped(map(&file, header.sums, bytes).map_err(&reading)?, 0)
        };
        Ok(Self { file, mark: header.mark, left: all.clone().into_iter(), all, sums })
    }

    /// The next section, which must be this one.
    fn next<T: Pod>(&mut self, name: Name) -> Result<Section, FileError> {
        let sound = |section: &Section| {
            let whole = section.length.is_multiple_of(size_of::<T>() as u64);
            section.name == name && section.element as usize == size_of::<T>() && whole
        };
        self.left.next().filter(sound).ok_or_else(|| FileError::misfit(name))
    }

    fn map_section<T: Pod>(&self, section: &Section) -> Result<Words<T>, FileError> {
        if section.length == 0 {
            return Ok(Words::default());
        }
        let bytes = usize::try_from(section.length);
        let bytes = bytes.map_err(|_| FileError::misfit(section.name))?;
        let pages = map(&self.file, section.offset, bytes).map_err(FileError::failed("mapping"))?;
        Ok(Words::mapped(pages, section.chunk as usize))
    }

    /// A section of so many elements, mapped and not checked.
    pub(crate) fn words<T: Pod>(&mut self, name: Name, len: usize) -> Result<Words<T>, FileError> {
        let section = self.next::<T>(name)?;
        let expected = len.checked_mul(size_of::<T>()).map(|bytes| bytes as u64);
        if Some(section.length) != expected {
            return Err(FileError::misfit(name));
        }
        self.map_section(&section)
    }

    /// A section of any size, mapped and checked.
    pub(crate) fn checked<T: Pod>(&mut self, name: Name) -> Result<Words<T>, FileError> {
        let section = self.next::<T>(name)?;
        let words = self.map_section(&section)?;
        let bytes: &[u8] = bytemuck::cast_slice(&words);
        for (number, chunk) in bytes.chunks(CHUNK).enumerate() {
            check(&section, &self.sums, number, chunk)?;
        }
        Ok(words)
    }

    /// A section of small tables, checked.
    pub(crate) fn fields(&mut self, kind: Content, part: usize) -> Result<Words<u32>, FileError> {
        self.checked(kind.of(part))
    }

    /// The file as one that is in use, and up to where it goes.
    pub(crate) fn finish(self, lock: Lock) -> Result<(Saved, Mark), FileError> {
        if self.left.len() > 0 {
            return Err(FileError::Header);
        }
        Ok((Saved::new(self.file, lock, self.all, self.sums), self.mark))
    }
}

/// Refuses a chunk of a section that does not fit its checksum.
pub(crate) fn check(
    section: &Section,
    sums: &[u32],
    number: usize,
    chunk: &[u8],
) -> Result<(), FileError> {
    if sums.get(section.chunk as usize + number) == Some(&crc32fast::hash(chunk)) {
        return Ok(());
    }
    let offset = section.offset + (number * CHUNK) as u64;
    Err(FileError::Chunk { section: section.name.to_string(), offset, bytes: chunk.len() })
}

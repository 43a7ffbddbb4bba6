//! Writing a file from front to back; the header comes last, so that half a file is none.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use bytemuck::Pod;

use crate::file::fields::Fields;
use crate::file::header::{Header, Line, Mark, Section, page_after};
use crate::file::{CHUNK, Name, PAGE};

/// A file on its way.
pub(crate) struct Writer<'f> {
    out: BufWriter<&'f File>,
    at: u64,
    sections: Vec<Section>,
    sums: Vec<u32>,
}

impl<'f> Writer<'f> {
    pub(crate) fn new(file: &'f File) -> io::Result<Self> {
        let out = BufWriter::with_capacity(1 << 20, file);
        let mut writer = Self { out, at: 0, sections: Vec::new(), sums: Vec::new() };
        writer.write(&[0; PAGE as usize])?;
        Ok(writer)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn pad(&mut self) -> io::Result<()> {
        let padding = page_after(self.at).unwrap_or(self.at) - self.at;
        let zeros = [0; PAGE as usize];
        self.write(zeros.get(..padding as usize).unwrap_or(&zeros))
    }

    /// Adds a section.
    pub(crate) fn section<T: Pod>(&mut self, name: Name, words: &[T]) -> io::Result<()> {
        self.pad()?;
        let bytes: &[u8] = bytemuck::cast_slice(words);
        self.sections.push(Section {
            name,
            element: size_of::<T>() as u32,
            offset: self.at,
            length: bytes.len() as u64,
            chunk: self.sums.len() as u64,
        });
        for chunk in bytes.chunks(CHUNK) {
            self.sums.push(crc32fast::hash(chunk));
            self.write(chunk)?;
        }
        Ok(())
    }

    /// Adds a section of small tables.
    pub(crate) fn fields(&mut self, name: Name, fields: &Fields) -> io::Result<()> {
        self.section(name, fields.words())
    }

    /// Ends the file and sees it to the disk.
    pub(crate) fn finish(mut self, mark: &Mark) -> io::Result<()> {
        self.pad()?;
        let lines: Vec<Line> = self.sections.iter().map(Section::line).collect();
        let (table, table_sum) = (self.at, crc32fast::hash(bytemuck::cast_slice(&lines)));
        self.write(bytemuck::cast_slice(&lines))?;
        self.pad()?;
        let sums = self.at;
        let checksums = std::mem::take(&mut self.sums);
        self.write(bytemuck::cast_slice(&checksums))?;
        let header = Header {
            length: self.at,
            mark: *mark,
            table,
            sections: lines.len() as u32,
            table_sum,
            sums,
            chunks: checksums.len() as u64,
        };
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&header.page())?;
        self.out.flush()?;
        self.out.get_ref().sync_all()
    }
}

//! An input that tells how many bytes were read of it, for a progress bar.

use std::io::{self, Read};

use bytes::Bytes;
use parquet::file::reader::{ChunkReader, Length};

/// An input around which bytes are counted, read in order or in chunks.
#[derive(Clone, Debug)]
pub struct Counted<R, F> {
    input: R,
    tell: F,
}

impl<R, F> Counted<R, F> {
    /// Tells `tell` the number of bytes of each reading.
    pub fn new(input: R, tell: F) -> Self {
        Self { input, tell }
    }
}

impl<R: Read, F: Fn(u64)> Read for Counted<R, F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(into)?;
        (self.tell)(count as u64);
        Ok(count)
    }
}

impl<R: Length, F> Length for Counted<R, F> {
    fn len(&self) -> u64 {
        self.input.len()
    }
}

impl<R: ChunkReader, F: Fn(u64) + Clone + Send + Sync> ChunkReader for Counted<R, F> {
    type T = Counted<R::T, F>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(Counted { input: self.input.get_read(start)?, tell: self.tell.clone() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let bytes = self.input.get_bytes(start, length)?;
        (self.tell)(bytes.len() as u64);
        Ok(bytes)
    }
}

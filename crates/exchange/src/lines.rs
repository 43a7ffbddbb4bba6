//! Bytes to physical lines of text: byte order marks, UTF-8, UTF-16, Latin-1, any line ending.
//!
//! Reads as it goes and holds one line. Rows are physical lines, so that a person finds them in
//! an editor. Deliberately absent: quoted values that run over the end of a line. No table read
//! here has them, and one stray quotation mark would otherwise swallow the rest of the file.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use encoding_rs::{Decoder, Encoding, UTF_8, WINDOWS_1252};

/// Bytes of one line; more than any exporter writes, little enough to hold.
const LINE_BYTES_MAX: usize = 1 << 20;

/// One physical line without its ending.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// Counted from 1.
    pub(crate) row: u64,
    /// Its text; a line that is not UTF-8 is read as Latin-1 (Windows-1252).
    pub(crate) text: Cow<'a, str>,
    /// True where the line was longer than can be held; `text` is then its beginning.
    pub(crate) overlong: bool,
}

/// Lines of an input, one at a time.
pub(crate) struct Lines<R> {
    input: BufReader<Source<R>>,
    row: u64,
    line: Vec<u8>,
    after_return: bool,
}

enum Source<R> {
    Bytes(io::Chain<Cursor<Vec<u8>>, R>),
    Wide(Box<Transcoded<io::Chain<Cursor<Vec<u8>>, R>>>),
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Bytes(input) => input.read(into),
            Self::Wide(input) => input.read(into),
        }
    }
}

impl<R: Read> Lines<R> {
    /// Looks at the byte order mark and stands before the first line.
    pub(crate) fn new(mut input: R) -> io::Result<Self> {
        let mut start = Vec::new();
        input.by_ref().take(3).read_to_end(&mut start)?;
        let mark = Encoding::for_bom(&start);
        start.drain(..mark.map_or(0, |(_, length)| length));
        let whole = Cursor::new(start).chain(input);
        let source = match mark {
            Some((encoding, _)) if encoding != UTF_8 => {
                Source::Wide(Box::new(Transcoded::new(whole, encoding)))
            }
            _ => Source::Bytes(whole),
        };
        let input = BufReader::with_capacity(1 << 16, source);
        Ok(Self { input, row: 0, line: Vec::new(), after_return: false })
    }

    /// The next line; `None` at the end of the input.
    pub(crate) fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let (mut length, mut anything) = (0_usize, false);
        loop {
            let ready = match self.input.fill_buf() {
                Ok(ready) => ready,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if ready.is_empty() {
                break;
            }
            if self.after_return {
                self.after_return = false;
                if ready.first() == Some(&b'\n') {
                    self.input.consume(1);
                    continue;
                }
            }
            anything = true;
            let end = ready.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let piece = ready.get(..end.unwrap_or(ready.len())).unwrap_or_default();
            let room = LINE_BYTES_MAX.saturating_sub(self.line.len()).min(piece.len());
            self.line.extend_from_slice(piece.get(..room).unwrap_or_default());
            length = length.saturating_add(piece.len());
            self.after_return = end.and_then(|at| ready.get(at)) == Some(&b'\r');
            let used = end.map_or(ready.len(), |at| at + 1);
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        if !anything {
            return Ok(None);
        }
        self.row += 1;
        let text = match std::str::from_utf8(&self.line) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => WINDOWS_1252.decode_without_bom_handling(&self.line).0,
        };
        Ok(Some(Line { row: self.row, text, overlong: length > LINE_BYTES_MAX }))
    }
}

/// UTF-16 on its way to UTF-8. Broken pairs become the replacement character.
struct Transcoded<R> {
    input: R,
    decoder: Decoder,
    ready: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read> Transcoded<R> {
    fn new(input: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_without_bom_handling();
        Self { input, decoder, ready: Vec::new(), given: 0, ended: false }
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given >= self.ready.len() && !self.ended {
            let mut raw = Vec::with_capacity(1 << 14);
            self.input.by_ref().take(1 << 14).read_to_end(&mut raw)?;
            self.ended = raw.is_empty();
            let room = self.decoder.max_utf8_buffer_length(raw.len());
            self.ready = vec![0; room.ok_or(io::ErrorKind::OutOfMemory)?];
            let (_, _, written, _) = self.decoder.decode_to_utf8(&raw, &mut self.ready, self.ended);
            self.ready.truncate(written);
            self.given = 0;
        }
        let rest = self.ready.get(self.given..).unwrap_or_default();
        let count = rest.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}

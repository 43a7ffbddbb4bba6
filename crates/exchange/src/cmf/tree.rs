//! A stream of XML cut into small trees: one for the header, one for each specimen.
//!
//! Nothing in a file can make this grow: a tag or a text ends within [`PIECE_BYTES_MAX`], a tree
//! has at most [`ELEMENTS_MAX`] elements. There is no document type, so there is no entity but
//! XML's own five.

use std::io::{self, BufRead, Read};

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::problem::Problem;

/// Bytes between two marks of XML.
const PIECE_BYTES_MAX: usize = 64 << 10;

/// Elements of one tree: 64 loci with 8 alleles are fewer than 1,500.
const ELEMENTS_MAX: usize = 4_096;

/// Characters of the text of one element that are kept.
const TEXT_CHARS_MAX: usize = 4_096;

/// An element with what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    /// Where it begins.
    pub(super) row: u64,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What comes next at the top of the file.
pub(super) enum Next {
    /// The root element, without what is in it.
    Root(Element),
    /// A whole element below the root.
    Child(Element),
    /// The end of the root.
    End,
}

/// The stream.
pub(super) struct Trees<R> {
    reader: Reader<Limited<R>>,
    buffer: Vec<u8>,
    has_root: bool,
}

impl<R: BufRead> Trees<R> {
    pub(super) fn new(input: R) -> Self {
        let reader = Reader::from_reader(Limited { input, left: PIECE_BYTES_MAX, row: 1 });
        Self { reader, buffer: Vec::new(), has_root: false }
    }

    /// The next tree.
    ///
    /// # Errors
    /// XML that does not go on; nothing can be read behind it.
    pub(super) fn next(&mut self) -> Result<Next, Problem> {
        let mut open: Vec<Element> = Vec::new();
        let mut elements = 0;
        loop {
            match self.event()? {
                Piece::Start(element) if !self.has_root => {
                    self.has_root = true;
                    return Ok(Next::Root(element));
                }
                Piece::Start(element) => {
                    elements += 1;
                    if elements > ELEMENTS_MAX {
                        let wrong = format!("more than {ELEMENTS_MAX} elements in one specimen");
                        return Err(broken(element.row, wrong));
                    }
                    open.push(element);
                }
                Piece::Text(text) => {
                    if let Some(element) = open.last_mut()
                        && element.text.len() + text.len() <= TEXT_CHARS_MAX * 4
                    {
                        element.text.push_str(&text);
                    }
                }
                Piece::End => {
                    let Some(element) = open.pop() else { return Ok(Next::End) };
                    match open.last_mut() {
                        Some(parent) => parent.children.push(element),
                        None => return Ok(Next::Child(element)),
                    }
                }
                Piece::Eof => {
                    let wrong = "the file ends in the middle".to_owned();
                    return Err(broken(self.reader.get_ref().row, wrong));
                }
            }
        }
    }

    fn event(&mut self) -> Result<Piece, Problem> {
        loop {
            self.buffer.clear();
            self.reader.get_mut().left = PIECE_BYTES_MAX;
            let row = self.reader.get_ref().row;
            let event = self
                .reader
                .read_event_into(&mut self.buffer)
                .map_err(|error| broken(row, format!("the XML does not go on: {error}")))?;
            return Ok(match event {
                Event::Start(start) => Piece::Start(element(&start, row)?),
                // `<A/>` is read as `<A></A>`: the setting below sees to it.
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
                Event::End(_) => Piece::End,
                Event::Text(text) => Piece::Text(text.to_string()),
                Event::CData(text) => Piece::Text(text.to_string()),
                Event::GeneralRef(name) => Piece::Text(resolved(&name, row)?),
                Event::DocType(_) => {
                    let wrong = "the file declares a document type";
                    return Err(broken(row, wrong.to_owned()));
                }
                Event::Eof => Piece::Eof,
            });
        }
    }

    pub(super) fn expanding_empty(mut self) -> Self {
        self.reader.config_mut().expand_empty_elements = true;
        self
    }
}

enum Piece {
    Start(Element),
    Text(String),
    End,
    Eof,
}

fn broken(row: u64, wrong: String) -> Problem {
    Problem::error(row, "", wrong, "a whole XML file of the format, in UTF-8")
}

fn element(start: &BytesStart<'_>, row: u64) -> Result<Element, Problem> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| broken(row, format!("attribute: {error}")))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|error| broken(row, format!("attribute: {error}")))?;
        attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    let name = start.local_name().as_ref().to_owned();
    Ok(Element { name, row, attributes, ..Element::default() })
}

fn resolved(name: &quick_xml::events::BytesRef<'_>, row: u64) -> Result<String, Problem> {
    if let Ok(Some(letter)) = name.resolve_char_ref() {
        return Ok(letter.to_string());
    }
    let unknown = || broken(row, "an entity that is none of XML's own".to_owned());
    resolve_predefined_entity(name).map(ToOwned::to_owned).ok_or_else(unknown)
}

/// Bytes with a limit that is set anew at each mark, and lines counted.
struct Limited<R> {
    input: R,
    left: usize,
    row: u64,
}

impl<R: BufRead> Read for Limited<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..count), available.get(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Limited<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            let text = format!("more than {PIECE_BYTES_MAX} bytes in one tag or text");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        let left = self.left;
        let available = self.input.fill_buf()?;
        Ok(available.get(..available.len().min(left)).unwrap_or(available))
    }

    fn consume(&mut self, count: usize) {
        if let Ok(available) = self.input.fill_buf() {
            let passed = available.get(..count).unwrap_or_default();
            self.row += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        self.left = self.left.saturating_sub(count);
        self.input.consume(count);
    }
}

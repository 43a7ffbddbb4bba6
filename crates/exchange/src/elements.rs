//! XML elements with their text, one in a line, as the formats of laboratories have them.

use std::io::{self, Write};

use quick_xml::escape::escape;

/// An XML file that is being written. Lines end with CR and LF.
#[derive(Debug)]
pub(crate) struct Elements<W>(W);

impl<W: Write> Elements<W> {
    /// Writes the declaration.
    pub(crate) fn new(mut out: W) -> io::Result<Self> {
        write!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n")?;
        Ok(Self(out))
    }

    pub(crate) fn open(
        &mut self,
        depth: usize,
        name: &str,
        attributes: &[(&str, &str)],
    ) -> io::Result<()> {
        write!(self.0, "{:1$}<{name}", "", depth * 2)?;
        for (key, value) in attributes {
            write!(self.0, " {key}=\"{}\"", escape(*value))?;
        }
        write!(self.0, ">\r\n")
    }

    pub(crate) fn close(&mut self, depth: usize, name: &str) -> io::Result<()> {
        write!(self.0, "{:1$}</{name}>\r\n", "", depth * 2)
    }

    /// An element that holds a text; none where there is none.
    pub(crate) fn field(
        &mut self,
        depth: usize,
        name: &str,
        value: Option<&str>,
    ) -> io::Result<()> {
        let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(()) };
        write!(self.0, "{:1$}<{name}>{2}</{name}>\r\n", "", depth * 2, escape(value))
    }

    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.0.flush()?;
        Ok(self.0)
    }
}

//! Why a saved index cannot be used: a sentence for each cause.

use std::io;
use std::path::Path;

use crate::file::Name;
use crate::file::header::VERSION;

/// Why a saved index cannot be opened, checked or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// There is no such file.
    #[error("there is no index file {path}; it is made when the index is saved")]
    Missing {
        /// Where it was looked for.
        path: String,
    },
    /// It is something else.
    #[error("the file does not begin as an index does; it is not one, or its first bytes are lost")]
    Foreign,
    /// Another version wrote it.
    #[error("the index file has format {found}; this version reads {VERSION}; build it anew")]
    Version {
        /// The format found.
        found: u32,
    },
    /// A machine of the other byte order wrote it.
    #[error("the index file was written in the other byte order; build it anew on this machine")]
    ByteOrder,
    /// It is not as long as it says.
    #[error("the index file has {found} bytes; {expected} were written")]
    Length {
        /// Bytes that were written.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// Header or table of sections do not fit their checksum.
    #[error("the header of the index file is damaged")]
    Header,
    /// Bytes that do not fit their checksum.
    #[error("the index file is damaged: {section}, within {bytes} bytes from {offset} on")]
    Chunk {
        /// The section.
        section: String,
        /// Where the bytes begin in the file.
        offset: u64,
        /// Bytes under the checksum.
        bytes: usize,
    },
    /// Sections that do not fit together.
    #[error("the index file does not fit together: {section} is not as others tell")]
    Misfit {
        /// The section.
        section: String,
    },
    /// Another process has it.
    #[error("another process works with the index file; only one can")]
    Locked,
    /// The machine failed.
    #[error("the index file: {doing} failed: {why}")]
    Failed {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        why: String,
    },
}

impl FileError {
    pub(crate) fn missing(path: &Path) -> Self {
        Self::Missing { path: path.display().to_string() }
    }

    pub(crate) fn misfit(name: Name) -> Self {
        Self::Misfit { section: name.to_string() }
    }

    /// For `map_err`.
    pub(crate) fn failed(doing: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self::Failed { doing, why: error.to_string() }
    }
}

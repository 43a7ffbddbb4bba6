//! A file in use: its lock, its checksums, and how what was overwritten gets to the disk.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::file::CHUNK;
use crate::file::error::FileError;
use crate::file::header::Section;
use crate::file::read::check;
use crate::store::Words;

/// A way beside a file.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The right to work with the file at a path, held as long as this lives.
#[derive(Clone, Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    _held: Arc<File>,
}

impl Lock {
    pub(crate) fn take(path: &Path) -> Result<Self, FileError> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        let file = options.open(beside(path, ".lock")).map_err(FileError::failed("locking"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _held: Arc::new(file) }),
            Err(TryLockError::WouldBlock) => Err(FileError::Locked),
            Err(TryLockError::Error(error)) => Err(FileError::failed("locking")(error)),
        }
    }

    /// The file at the path; what an interrupted save left beside it goes.
    pub(crate) fn open(&self) -> Result<File, FileError> {
        remove(&self.partial()).map_err(FileError::failed("tidying"))?;
        match OpenOptions::new().read(true).write(true).open(&self.path) {
            Ok(file) => Ok(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(FileError::missing(&self.path))
            }
            Err(error) => Err(FileError::failed("opening")(error)),
        }
    }

    /// Takes the file away, if there is one.
    pub(crate) fn remove(&self) -> Result<(), FileError> {
        let gone = remove(&self.path).and_then(|()| remove(&self.partial()));
        gone.and_then(|()| self.sync_folder()).map_err(FileError::failed("taking it away"))
    }

    /// Puts a new file in the place of the old one. Where that fails none is left half-way.
    pub(crate) fn replace(
        &self,
        write: impl FnOnce(&File) -> io::Result<()>,
    ) -> Result<File, FileError> {
        let partial = self.partial();
        let written = remove(&partial).and_then(|()| {
            let mut options = OpenOptions::new();
            let file =
                options.read(true).write(true).create_new(true).mode(0o600).open(&partial)?;
            write(&file)?;
            fs::rename(&partial, &self.path)?;
            self.sync_folder()?;
            Ok(file)
        });
        written.map_err(|error| {
            // The cause is told; that the rest could not be tidied either adds nothing.
            let _ = fs::remove_file(&partial);
            FileError::failed("saving")(error)
        })
    }

    pub(crate) fn is_for(&self, path: &Path) -> bool {
        self.path == path
    }

    fn partial(&self) -> PathBuf {
        beside(&self.path, ".partial")
    }

    fn sync_folder(&self) -> io::Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A file in use.
#[derive(Debug)]
pub(crate) struct Saved {
    file: File,
    lock: Lock,
    sections: Vec<Section>,
    sums: Words<u32>,
    /// Something was overwritten that may not have reached the disk.
    unsettled: bool,
}

impl Saved {
    pub(crate) fn new(file: File, lock: Lock, sections: Vec<Section>, sums: Words<u32>) -> Self {
        Self { file, lock, sections, sums, unsettled: false }
    }

    pub(crate) fn lock(&self) -> &Lock {
        &self.lock
    }

    /// Sees to the disk what `settle` finds overwritten, with the checksums that it moves. One
    /// wait for the disk, where a flush of each mapping would be a score of them: on Linux pages
    /// that were written through a shared mapping are pages of the file.
    pub(crate) fn settle(
        &mut self,
        settle: impl FnOnce(&mut [u32]) -> bool,
    ) -> Result<(), FileError> {
        self.unsettled |= settle(&mut self.sums);
        if self.unsettled {
            self.file.sync_data().map_err(FileError::failed("overwriting"))?;
            self.unsettled = false;
        }
        Ok(())
    }

    /// Checks every chunk of every section. `progress` is told bytes done and bytes in all.
    pub(crate) fn verify(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), FileError> {
        let total = self.sections.iter().map(|section| section.length).sum();
        let (mut done, mut chunk) = (0, vec![0; CHUNK]);
        for section in &self.sections {
            for (number, offset) in (section.offset..section.end()).step_by(CHUNK).enumerate() {
                let length = (section.end() - offset).min(CHUNK as u64);
                let bytes = chunk.get_mut(..length as usize).unwrap_or_default();
                self.file.read_exact_at(bytes, offset).map_err(FileError::failed("reading"))?;
                check(section, &self.sums, number, bytes)?;
                done += length;
                progress(done, total);
            }
        }
        Ok(())
    }
}

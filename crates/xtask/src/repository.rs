//! The repository as the checks see it: every file's path and, where it is text, its content.
//! Read once; the checks themselves touch no disk. Build output, the git folder and symbolic links
//! are left out. Whether git tracks a file is not asked, so that a check runs in an unpacked
//! archive and sees a file before its first commit.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;

/// Folders that hold no source: build output, git's own, a running system's data. In a second
/// working tree git's own is a file.
const SKIPPED_FOLDERS: [&str; 4] = [".git", "target", "buccal-data", "node_modules"];

/// Files larger than this are data; no check reads them as text.
const TEXT_BYTES_MAX: u64 = 2_000_000;

/// All files of the repository, by path from its root.
#[derive(Debug, Default)]
pub struct Repository {
    files: BTreeMap<String, Option<String>>,
}

/// The repository root: two folders above this crate.
///
/// # Errors
/// When the crate no longer stands in `crates/xtask`.
pub fn root() -> anyhow::Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .context("crates/xtask stands two folders below the repository root")
}

impl Repository {
    /// Reads the tree under `root`.
    ///
    /// # Errors
    /// When a folder or file cannot be read.
    pub fn load(root: &Path) -> anyhow::Result<Self> {
        let mut repository = Self::default();
        repository.load_folder(root, "")?;
        Ok(repository)
    }

    fn load_folder(&mut self, folder: &Path, prefix: &str) -> anyhow::Result<()> {
        let entries = fs::read_dir(folder)
            .with_context(|| format!("cannot list the folder {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type()?;
            let path = format!("{prefix}{name}");
            if kind.is_dir() && !SKIPPED_FOLDERS.contains(&name.as_str()) {
                self.load_folder(&entry.path(), &format!("{path}/"))?;
            } else if kind.is_file() && !SKIPPED_FOLDERS.contains(&name.as_str()) {
                // A file that another program removed since the listing is not part of the tree.
                if let Ok(metadata) = entry.metadata() {
                    let text = read_text(&entry.path(), metadata.len());
                    self.files.insert(path, text);
                }
            }
        }
        Ok(())
    }

    /// A tree from paths and texts, for the checks' own tests.
    pub fn of_texts<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files = texts
            .into_iter()
            .map(|(path, text)| (path.to_owned(), Some(text.to_owned())))
            .collect();
        Self { files }
    }

    /// Whether a file stands at this path.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Whether any file stands under this folder (`docs/operations/`, with the final slash).
    pub fn has_under(&self, folder: &str) -> bool {
        self.files.keys().any(|path| path.starts_with(folder))
    }

    /// The text of one file; `None` when it is absent or not text.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Every text file, in path order.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// Every text file whose path starts with `folder` and ends with `ending`, in path order.
    pub fn texts_in<'a>(
        &'a self,
        folder: &'a str,
        ending: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.texts().filter(move |(path, _)| path.starts_with(folder) && path.ends_with(ending))
    }
}

/// A path written relative to the file `from`, as a path from the repository root.
pub fn resolve(from: &str, target: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn read_text(path: &Path, bytes: u64) -> Option<String> {
    if bytes > TEXT_BYTES_MAX {
        return None;
    }
    let content = fs::read(path).ok()?;
    if content.contains(&0) { None } else { String::from_utf8(content).ok() }
}

#[cfg(test)]
mod tests {
    use super::Repository;
    use std::fs;

    #[test]
    fn reads_a_tree_without_build_output_and_without_binaries_as_text() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["crates/a/src", "target/debug", ".git"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("crates/a/src/lib.rs"), "//! a\n").unwrap();
        fs::write(folder.path().join("target/debug/x.rs"), "x").unwrap();
        fs::write(folder.path().join(".git/config"), "x").unwrap();
        fs::write(folder.path().join("icon.png"), [0_u8, 1, 2]).unwrap();
        let repository = Repository::load(folder.path()).unwrap();
        assert_eq!(
            repository.texts().collect::<Vec<_>>(),
            vec![("crates/a/src/lib.rs", "//! a\n")]
        );
        assert!(repository.has("icon.png"));
        assert!(repository.has_under("crates/a/"));
        assert!(!repository.has_under("target/"));
    }

    #[test]
    fn the_root_holds_the_workspace() {
        let root = super::root().unwrap();
        let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[workspace]"));
    }
}

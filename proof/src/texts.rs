//! The folder `rules/` as texts, from which a book of rules is read.
//!
//! The proof reads the files and not the sets that are built in, so that a test can plant a wrong
//! rule in a text and have it go the way that a real one goes. Deliberately absent: a list of sets;
//! every folder with a manifest is one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use journey::rules::{Manifest, RuleBook, Source, Text};

/// Everything that stands under `rules/`.
#[derive(Clone, Debug)]
pub struct Texts {
    schema: String,
    sites: String,
    /// Base sets before the sets that include them.
    folders: Vec<Folder>,
}

#[derive(Clone, Debug)]
struct Folder {
    manifest: File,
    policies: Vec<File>,
}

/// Name from the root of the repository, and text.
type File = (String, String);

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

impl Texts {
    /// Reads `rules/` of this repository.
    ///
    /// # Errors
    /// A file cannot be read, or a set includes one that is not there.
    pub fn read() -> anyhow::Result<Self> {
        let rules = root().join("rules");
        let mut found = Vec::new();
        for folder in sorted(&rules)? {
            if folder.join("manifest.toml").is_file() {
                found.push(Folder::read(&folder)?);
            }
        }
        Ok(Self {
            schema: text(&rules.join("booking.cedarschema"))?,
            sites: text(&rules.join("sites.toml"))?,
            folders: base_first(found)?,
        })
    }

    /// The schema of a booking.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The book of these texts, read and checked as the programme does it.
    ///
    /// # Errors
    /// A text is at fault.
    pub fn book(&self) -> anyhow::Result<RuleBook> {
        let texts: Vec<Vec<Text<'_>>> = self
            .folders
            .iter()
            .map(|folder| folder.policies.iter().map(|(file, text)| Text { file, text }).collect())
            .collect();
        let sources: Vec<Source<'_>> = self
            .folders
            .iter()
            .zip(&texts)
            .map(|(folder, texts)| Source { manifest: &folder.manifest.1, texts })
            .collect();
        Ok(RuleBook::read(&self.schema, &self.sites, &sources)?)
    }

    /// The same texts with one passage of one file replaced: a planted fault.
    ///
    /// # Errors
    /// The passage does not stand in the file exactly once, so that nothing would be planted.
    pub fn planted(&self, file: &str, passage: &str, by: &str) -> anyhow::Result<Self> {
        let mut planted = self.clone();
        let text = planted.file(file)?;
        if text.matches(passage).count() != 1 {
            bail!("{file} does not hold this passage exactly once: {passage}");
        }
        *text = text.replacen(passage, by, 1);
        Ok(planted)
    }

    /// The same texts without one policy of one file: from its `@id` to its semicolon.
    ///
    /// # Errors
    /// The policy is not there.
    pub fn without(&self, file: &str, id: &str) -> anyhow::Result<Self> {
        let mut planted = self.clone();
        let text = planted.file(file)?;
        let (before, rest) =
            text.split_once(&format!("@id(\"{id}\")")).with_context(|| format!("no {id}"))?;
        let (_, after) = rest.split_once("};\n").with_context(|| format!("no end of {id}"))?;
        *text = format!("{before}{after}");
        Ok(planted)
    }

    /// The same texts with a policy added at the end of a file.
    ///
    /// # Errors
    /// The file is not there.
    pub fn with(&self, file: &str, policy: &str) -> anyhow::Result<Self> {
        let mut planted = self.clone();
        planted.file(file)?.push_str(policy);
        Ok(planted)
    }

    fn file(&mut self, name: &str) -> anyhow::Result<&mut String> {
        self.folders
            .iter_mut()
            .flat_map(|folder| folder.policies.iter_mut().chain([&mut folder.manifest]))
            .find(|(file, _)| file == name)
            .map(|(_, text)| text)
            .with_context(|| format!("no file {name}"))
    }
}

impl Folder {
    fn read(folder: &Path) -> anyhow::Result<Self> {
        let set = folder.file_name().unwrap_or_default().to_string_lossy();
        let file = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            anyhow::Ok((format!("rules/{set}/{name}"), text(path)?))
        };
        let mut policies = Vec::new();
        for path in sorted(folder)? {
            if path.extension().is_some_and(|ending| ending == "cedar") {
                policies.push(file(&path)?);
            }
        }
        Ok(Self { manifest: file(&folder.join("manifest.toml"))?, policies })
    }
}

/// The order in which a book is read.
fn base_first(mut waiting: Vec<Folder>) -> anyhow::Result<Vec<Folder>> {
    let mut ordered = Vec::new();
    let mut names: Vec<String> = Vec::new();
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut still = Vec::new();
        for folder in waiting {
            let manifest: Manifest = toml::from_str(&folder.manifest.1)?;
            if manifest.includes.is_none_or(|base| names.contains(&base)) {
                names.push(manifest.name);
                ordered.push(folder);
            } else {
                still.push(folder);
            }
        }
        if still.len() == before {
            bail!("{before} rule sets include a set that is not there, or each other");
        }
        waiting = still;
    }
    Ok(ordered)
}

fn sorted(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    Ok(paths)
}

fn text(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

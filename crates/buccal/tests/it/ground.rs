//! Runs the binary in folders of its own and reads what it printed.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// What a run gave.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The output as one JSON value.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}{}", self.out, self.err))
    }

    /// The output as JSON lines.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The binary with these arguments, without an environment that could change it.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_buccal"));
    for name in ["HOME", "ACCOUNT", "CUSTODY_URL", "INDEX_URL", "LABORATORY"] {
        command.env_remove(format!("BUCCAL_{name}"));
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs the binary to its end.
pub(crate) fn run(arguments: &[&str]) -> Ran {
    command(arguments).output().unwrap().into()
}

/// Password of the accounts that tests create.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Runs a verb of `account` that reads a password.
pub(crate) fn account(data: &str, verb: &[&str]) {
    let mut child = command(verb)
        .args(["--data", data])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

/// A folder of the test's own.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Writes a file into a folder and gives its path.
pub(crate) fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// The folder of real data, where the environment names one.
pub(crate) fn real_data() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "tests find the real data by this variable")]
    let folder = std::env::var_os("BUCCAL_DATA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("tests on real data did not run: BUCCAL_DATA is not set");
    }
    folder
}

/// The header of a booking feed.
pub(crate) const FEED: &str = "booking_id,component,site,booked_at,fingerprint_number,\
    alien_number,family_name,given_name,date_of_birth,date_of_birth_confidence,citizenship,\
    citizenship_confidence,lawful_status,custody_basis,further_proceedings,fingerprint_event,\
    fingerprinted_at,on_file,other_agency";

/// A row of a booking feed of the pilot; the last four say what matters.
pub(crate) fn booking(id: &str, born: &str, citizenship: &str, basis: &str) -> String {
    let confidence = if born.is_empty() { "unknown" } else { "verified" };
    let sure = if citizenship == "unknown" { "unknown" } else { "verified" };
    format!(
        "{id},ICE-ERO,Dallas,2020-05-14T10:00:00-05:00,FP{id},,Alder,Brook,{born},{confidence},\
         {citizenship},{sure},none,{basis},no,EV{id},2020-05-14T10:05:00-05:00,absent,"
    )
}

/// A feed of rows.
pub(crate) fn feed(rows: &[String]) -> String {
    let mut text = FEED.to_owned();
    for row in rows {
        text.push('\n');
        text.push_str(row);
    }
    text.push('\n');
    text
}

//! Writes `docs/proof.md` again from the rule sets as they stand.
//!
//! Deliberately absent: arguments.

use proof::document::{page, path};
use proof::texts::Texts;

fn main() -> anyhow::Result<()> {
    std::fs::write(path(), page(&Texts::read()?)?)?;
    Ok(())
}

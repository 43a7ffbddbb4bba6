//! The repository is as the design says: the same checks as `cargo run -p xtask -- tidy`, so that
//! no one needs to remember to run them.

use xtask::repository::{self, Repository};
use xtask::tidy;

#[test]
fn the_repository_is_tidy() {
    let repository = Repository::load(repository::root().unwrap()).unwrap();
    let mut report = Vec::new();
    let in_order = tidy::run(&repository, &mut report).unwrap();
    assert!(in_order, "\n{}", String::from_utf8_lossy(&report));
}

//! The reference pages in `docs/reference` are what the programme's own tables say.

use crate::ground::run;

#[test]
fn reference_pages_are_fresh() {
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference");
    let ran = run(&["reference", "--out", pages, "--check"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

//! `buccal typing import`: every good real file is read as it is.

use crate::ground::{file, folder, real_data, run};

#[test]
fn real_files_are_read_and_the_broken_one_is_told() {
    let Some(data) = real_data() else { return };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(data.join("exports")).unwrap() {
        files.push(entry.unwrap().path());
    }
    for entry in std::fs::read_dir(data.join("mixtures")).unwrap() {
        files.push(entry.unwrap().path());
    }
    files.retain(|path| path.is_file());
    let mut read = 0;
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.contains("annotation") || name.starts_with("LICENSE") {
            continue;
        }
        let ran = run(&["typing", "import", &path.display().to_string(), "--json"]);
        if name.contains("BrokenHeader") {
            assert_eq!(ran.code, 2, "{name}");
            assert!(ran.err.contains("row 1, column 'Smaple File'"), "{}", ran.err);
            continue;
        }
        assert_eq!(ran.code, 0, "{name}: {}", ran.err);
        let samples = ran.json()[0]["samples"].as_array().unwrap().len();
        assert!(samples > 0 || name.contains("header_excerpt"), "{name}");
        read += 1;
    }
    assert_eq!(read, 13, "7 exports and 6 mixtures");
}

#[test]
fn a_file_that_is_no_table_is_told() {
    let folder = folder();
    let path = file(folder.path(), "letter.txt", "Dear laboratory,\nplease find attached.\n");
    let ran = run(&["typing", "import", &path]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("row 1"), "{}", ran.err);
}

//! `buccal booking import`: good rows go in, bad ones are told, nothing is stored half.

use crate::ground::{account, booking, feed, file, folder, run};

#[test]
fn good_rows_go_in_and_bad_ones_are_told() {
    let folder = folder();
    let data = folder.path().join("data").display().to_string();
    account(&data, &["account", "first", "root"]);
    let create = ["account", "create", "officer", "--account", "root", "--role", "collector@*"];
    account(&data, &create);
    let good = booking("B1", "1990-01-01", "non_us_person", "admin_detention");
    let blank = booking("B2", "1990-01-01", "non_us_person", "");
    let child = booking("B3", "2019-01-01", "non_us_person", "admin_detention");
    let rows = [good.clone(), blank, child];
    let path = file(folder.path(), "feed.csv", &feed(&rows));
    let import = ["booking", "import", &path, "--data", &data, "--account", "officer", "--json"];
    let ran = run(&import);
    assert_eq!(ran.code, 2, "{}", ran.err);
    let json = ran.json();
    assert_eq!((json["recorded"].as_u64(), json["unchanged"].as_u64()), (Some(2), Some(0)));
    assert_eq!(json["outcomes"]["collect"], 1);
    assert_eq!(json["outcomes"]["do_not_collect"], 1);
    assert!(ran.err.contains("row 3, column 'custody_basis'"), "{}", ran.err);
    let errors = std::fs::read_to_string(format!("{path}.errors.csv")).unwrap();
    assert_eq!(errors.lines().count(), 2, "{errors}");

    let again = run(&import).json();
    assert_eq!((again["recorded"].as_u64(), again["unchanged"].as_u64()), (Some(0), Some(2)));
    names_are_read_for_a_purpose(&data);
}

fn names_are_read_for_a_purpose(data: &str) {
    let listed = run(&["booking", "list", "--data", data, "--account", "officer", "--json"]);
    let listed = listed.json();
    assert_eq!(listed.as_array().unwrap().len(), 2, "{listed}");
    assert!(!listed.to_string().contains("Alder"), "lists show no name");

    let view = ["booking", "view", "B1", "--data", data, "--account", "officer", "--json"];
    assert_eq!(run(&view).code, 2, "a name is read for a purpose");
    let viewed = run(&[&view[..], &["--purpose", "identity check"]].concat());
    assert_eq!(viewed.json()["person"]["family_name"], "Alder");
    assert_eq!(run(&[&view[..], &["--account", "root", "--purpose", "x"]].concat()).code, 2);
}

//! Package manifests: text in, entries and sentences out.

use exchange::manifest::{ManifestEntry, read, write};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use crate::show;

const HEADER: &str = "package_number,position,kit_barcode,seal\n";

fn shown(input: &str) -> String {
    let (entries, problems) = read(input.as_bytes()).unwrap();
    let line = |(row, it): &(u64, ManifestEntry)| {
        format!("{row}: {} {} {} {}\n", it.package, it.position, it.kit, it.seal)
    };
    entries.iter().map(line).collect::<String>() + &show::problems(&problems)
}

#[test]
fn entries_and_their_faults() {
    let rows = "P1,1,K001,S1\nP1,2,K002,S2\nP1,2,K003,S3\nP2,2,K001,S4\n\
                P1,zero,K004,S5\nP1,4,,S6\nP2,2,K005,S7\n";
    assert_eq!(
        shown(&format!("{HEADER}{rows}")),
        "2: P1 1 K001 S1\n3: P1 2 K002 S2\n8: P2 2 K005 S7\n\
         error: row 4, column 'position': the position is taken, found '2'; expected each \
         position once in a package.\n\
         error: row 5, column 'kit_barcode': the kit stands in this manifest already, found \
         'K001'; expected each kit once.\n\
         error: row 6, column 'position': this is no position, found 'zero'; expected a whole \
         number from 1.\n\
         error: row 7, column 'kit_barcode': the cell is empty; expected a value in every row.\n"
    );
    assert_eq!(
        shown("seal;kit_barcode;position;package_number\nS1;0007;1;P1\n"),
        "2: P1 1 0007 S1\n"
    );
}

#[test]
fn what_would_not_read_back_is_not_written() {
    let entry =
        ManifestEntry { package: "P".into(), position: 1, kit: " K".into(), seal: "S".into() };
    assert!(write([&entry], Vec::new()).is_err());
}

proptest! {
    #[test]
    fn what_is_written_reads_back(kits in btree_map("[!-~]{1,12}", "[!-~]{1,8}", 0..20)) {
        let entries: Vec<_> = kits
            .into_iter()
            .zip(1..)
            .map(|((kit, seal), position)| {
                ManifestEntry { package: "P-1".into(), position, kit: kit.as_str().into(), seal }
            })
            .collect();
        let mut bytes = Vec::new();
        write(&entries, &mut bytes).unwrap();
        let (read, problems) = read(bytes.as_slice()).unwrap();
        prop_assert_eq!(problems, []);
        prop_assert_eq!(read.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>(), entries);
    }

    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..200)) {
        let (entries, problems) = read([HEADER.as_bytes(), &bytes].concat().as_slice()).unwrap();
        prop_assert!(entries.len() + problems.len() <= bytes.len() + 1);
    }
}

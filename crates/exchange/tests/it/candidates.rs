//! Candidate lists: text in, pairs and sentences out.

use exchange::candidates::{CandidatePair, CandidateWriter, read};
use genetics::Level;
use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::sample::select;

use crate::show;

const HEADER: &str = "forensic,person,loci_compared,loci_matching,mismatches,stringency\n";

fn shown(input: &str) -> String {
    let (pairs, problems) = read(input.as_bytes()).unwrap();
    let line = |(row, it): &(u64, CandidatePair)| {
        let counts = (it.loci_compared, it.loci_matching, it.mismatches);
        format!("{row}: {} {} {counts:?} {}\n", it.forensic, it.person, it.stringency.word())
    };
    pairs.iter().map(line).collect::<String>() + &show::problems(&problems)
}

#[test]
fn pairs_and_their_faults() {
    let rows = "F1,P1,20,19,1,moderate\nF1,P1,20,20,0,high\nF1,P2,20,19,2,low\nF1,,20,20,0,high\n\
                F1,P3,20,20,0,mismatch\nF1,P4,-1,0,0,high\nF1,P5,20,18,1,HIGH\n\
                F1,ABCDEFGHIJKLMNOPQRSTUVWXY,1,1,0,high\n";
    assert_eq!(
        shown(&format!("{HEADER}{rows}")),
        "2: F1 P1 (20, 19, 1) moderate\n8: F1 P5 (20, 18, 1) high\n\
         error: row 3: the pair stands in this list already, found 'F1 and P1'; expected each \
         pair once.\n\
         error: row 4: more loci agree or disagree than were compared, found '19 matching and 2 \
         not, of 20'; expected counts that fit into loci_compared.\n\
         error: row 5, column 'person': this is no specimen number; expected 1 to 24 characters.\n\
         error: row 6, column 'stringency': this is no stringency, found 'mismatch'; expected \
         high, moderate or low.\n\
         error: row 7, column 'loci_compared': this is no count, found '-1'; expected a whole \
         number of loci.\n\
         error: row 9, column 'person': this is no specimen number, found \
         'ABCDEFGHIJKLMNOPQRSTUVWXY'; expected 1 to 24 characters.\n"
    );
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        pairs in btree_map(
            ("[!-~]{1,24}", "[!-~]{1,24}"),
            (0_u32..30, 0_u32..30, select(vec![Level::High, Level::Moderate, Level::Low])),
            0..10,
        ),
    ) {
        let pairs: Vec<_> = pairs
            .into_iter()
            .map(|((forensic, person), (matching, mismatches, stringency))| CandidatePair {
                forensic: forensic.as_str().into(),
                person: person.as_str().into(),
                loci_compared: matching + mismatches,
                loci_matching: matching,
                mismatches,
                stringency,
            })
            .collect();
        let mut bytes = Vec::new();
        let mut writer = CandidateWriter::new(&mut bytes).unwrap();
        pairs.iter().for_each(|pair| writer.write(pair).unwrap());
        writer.finish().unwrap();
        let (read, problems) = read(bytes.as_slice()).unwrap();
        prop_assert_eq!(problems, []);
        prop_assert_eq!(read.into_iter().map(|(_, pair)| pair).collect::<Vec<_>>(), pairs);
    }
}

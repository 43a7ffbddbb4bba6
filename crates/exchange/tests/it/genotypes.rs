//! Genotype tables: every form, every trap, every problem.

use exchange::genotypes::{Meaning, SexCoding, Shape, read_bytes};

use crate::show;

/// Reads a table and compares samples and problems with the text expected.
#[track_caller]
fn check(input: &str, expected: &str) {
    assert_eq!(show::genotypes(input.as_bytes()).trim_end(), expected);
}

#[test]
fn long_in_every_spelling_of_the_header() {
    let rows = "007,TH01,6,9.3\n";
    for header in [
        "Sample Name,Marker,Allele 1,Allele 2",
        "Sample.Name,Marker,Allele.1,Allele.2",
        "SampleName,Marker,Allele1,Allele2",
        "Sample Name,Locus,Allele#1,Allele#2",
        "sample_name,MARKER,ALLELE_1,allele_2",
        "\"Sample Name\",\"Marker\",\"Allele 1\",\"Allele 2\",",
    ] {
        check(&format!("{header}\n{rows}"), "007@2 TH01=6,9.3");
    }
}

#[test]
fn one_row_an_allele_as_sequencing_software_writes_it() {
    let header = "Sample,Locus,Allele Name,Typed Allele?,Reads,Repeat Sequence\n";
    let rows = "S1,D3S1358,15,Yes,900,TCTA\nS1,D3S1358,14,No,80,TCTA\n\
                S1,D3S1358,17,Yes,850,TCTA\nS2,TH01,9.3,yes,400,AATG\n\
                S1,FGA,22,Yes,400,CTTT\nS1,FGA,22,Yes,380,CTTC\n\
                S1,Amelogenin,X,Yes,10,\nS1,Amelogenin,Y,Yes,9,\nS3,FGA,20,No,3,CTTT\n";
    check(
        &format!("{header}{rows}"),
        "S1@2 FGA=22 D3S1358=15,17 Amelogenin=X,Y\nS2@5 TH01=9.3\nS3@10",
    );
    let (table, _) = read_bytes(format!("{header}{rows}").as_bytes());
    assert_eq!(table.layout.unwrap().shape, Shape::LongAlleles);
    // Without the column every row is an allele; digits for sex come together, too.
    check(
        "SampleID,Locus,CE Allele,Reads\nS1,TH01,6,5\nS1,TH01,9.3,6\nS1,AMEL,1,4\nS1,AMEL,2,4\n",
        "S1@2 TH01=6,9.3 Amelogenin=X,Y",
    );
    let (_, problems) = read_bytes(format!("{header}S1,TH01,6,perhaps,5,A\n").as_bytes());
    let told = problems[0].to_string();
    assert!(told.contains("found 'perhaps'; expected Yes or No"), "{told}");
    let mixed = "Sample,Locus,Allele Name,Allele 1\nS1,TH01,6,7\n";
    let (refused, _) = read_bytes(mixed.as_bytes());
    assert!(refused.layout.is_none(), "alleles in rows and in columns at once");
    let (both, _) = read_bytes("Sample,Locus,Allele Name\nS1,AMEL,X\nS1,AMEL,2\n".as_bytes());
    assert_eq!(both.left_out.len(), 1);
}

#[test]
fn a_sample_name_is_text() {
    check(
        "Sample\tMarker\tAllele 1\n0012\tFGA\t24\n12\tFGA\t25\n1e3\tFGA\t26\n",
        "0012@2 FGA=24\n12@3 FGA=25\n1e3@4 FGA=26",
    );
}

#[test]
fn rows_of_a_sample_need_not_stand_together() {
    check(
        "Sample Name;Marker;Allele 1;Allele 2\nA;FGA;24;25\nB;FGA;20;20\nA;vWA;16;17\n\nB;TPOX;8\n",
        "A@2 FGA=24,25 vWA=16,17\nB@3 FGA=20 TPOX=8",
    );
}

#[test]
fn wide_with_lists_and_heights() {
    let input = "Sample File\tSample Name\tD10S1248\tHeight\tAMEL\tHeight\t\n\
                 a.fsa\tS1\t11, 12, , , , \t73, 288, , , ,\tX, Y, ,\t451, 399, ,\t\n\
                 b.fsa\tBlank\t , , , , \t , , , ,\t\t\t\n";
    check(input, "S1@2 D10S1248=11,12 Amelogenin=X,Y\nBlank@3");
    let (table, _) = read_bytes(input.as_bytes());
    let peaks = &table.samples[0].peaks;
    let text: Vec<_> =
        peaks.iter().map(|it| format!("{}:{}:{}", it.locus, it.allele, it.height)).collect();
    let expected = ["D10S1248:11:73", "D10S1248:12:288", "Amelogenin:X:451", "Amelogenin:Y:399"];
    assert_eq!(text, expected);
    assert_eq!(table.layout.unwrap().shape, Shape::WideLists);
}

#[test]
fn wide_with_two_columns_a_locus() {
    for header in [
        "Sample,D3S1358_1,D3S1358_2,Penta D_1,Penta D_2",
        "Sample,D3S1358 1,D3S1358 2,Penta_D 1,Penta_D 2",
        "Sample,D3S1358.1,D3S1358.2,PentaD.1,PentaD.2",
        "Sample,D3S1358,D3S1358,PENTA D,PENTA D",
        "Sample,D3S1358,D3S1358.1,Penta D,Penta D.1",
        "Sample,D3S1358 Allele 1,D3S1358 Allele 2,Penta D Allele1,Penta D Allele2",
        "Sample,D3S1358 (1),D3S1358 (2),Penta D (1),Penta D (2)",
    ] {
        check(&format!("{header}\nS,15,16,9,9\n"), "S@2 D3S1358=15,16 Penta_D=9");
    }
    let header = "Sample,DYS389 I,DYS389 II,YGATAH4.1,YGATAH4.2,DYS385 a/b\n";
    check(
        &format!("{header}S,13,29,12,,\"11,14\"\n"),
        "S@2 DYS385=11,14 DYS389_I=13 DYS389_II=29 YGATAH4=12",
    );
}

#[test]
fn heights_of_two_columns_a_locus_find_their_alleles() {
    for input in [
        "Sample,FGA_1,Height,FGA_2,Height\nS,24,100,25,200\n",
        "Sample,FGA_1,FGA_2,Height 1,Height 2\nS,24,25,100,200\n",
        "Sample,FGA_1,FGA_2,FGA Height 1,FGA Height 2\nS,24,25,100,200\n",
    ] {
        let (table, problems) = read_bytes(input.as_bytes());
        assert_eq!(show::problems(&problems), "", "{input}");
        let heights: Vec<_> = table.samples[0].peaks.iter().map(|peak| peak.height).collect();
        assert_eq!(heights, [100, 200], "{input}");
        assert_eq!(table.layout.unwrap().shape, Shape::WideColumns);
    }
}

#[test]
fn nothing_is_written_in_many_ways() {
    check(
        "Sample,Marker,Allele 1,Allele 2,Allele 3\n\
         S,FGA,24,NA,NULL\nS,vWA,16,0,0\nS,TPOX,8,-,\nS,TH01,0,0,\nS,SE33,N/A,na,null\nS,CSF1PO\n",
        "S@2 FGA=24 TPOX=8 vWA=16",
    );
    check(
        "Sample,Marker,Allele 1,Allele 2\nS,FGA,0,24\n",
        "left out S@2\n\
         error: row 2, column 'Allele 2': an allele stands after a 0, which means that there is \
         none; sample S was left out, found '24'; expected 0 only after the last allele.",
    );
}

#[test]
fn sex_in_letters_and_digits() {
    let coded = |rows: &str| {
        let (table, problems) =
            read_bytes(format!("Sample,Marker,A,Allele 1,Allele 2\n{rows}").as_bytes());
        (show::samples(&table) + &show::problems(&problems), table.sex_coding)
    };
    let (text, coding) = coded("F,AMEL,,x,X\nM,Amelogenin,,X,Y\n");
    assert_eq!(
        (text.as_str(), coding),
        ("F@2 Amelogenin=X\nM@3 Amelogenin=X,Y\n", Some(SexCoding::Letters))
    );
    let (text, coding) = coded("F,AMEL,,1,1\nG,AMEL,,1,0\nM,AMEL,,1,2\n");
    assert_eq!(
        (text.as_str(), coding),
        ("F@2 Amelogenin=X\nG@3 Amelogenin=X\nM@4 Amelogenin=X,Y\n", Some(SexCoding::OneTwo))
    );
    let (text, coding) = coded("F,AMEL,,0,0\nM,AMEL,,0,1\n");
    assert_eq!(
        (text.as_str(), coding),
        ("F@2 Amelogenin=X\nM@3 Amelogenin=X,Y\n", Some(SexCoding::ZeroOne))
    );
    let (text, coding) = coded("F,AMEL,,1,1\nN,AMEL,,0,0\n");
    assert_eq!((text.as_str(), coding), ("F@2 Amelogenin=X\nN@3\n", Some(SexCoding::OneTwo)));
    let (text, _) = coded("M,AMEL,,0,1\nN,AMEL,,1,2\n");
    assert_eq!(
        text,
        "N@3 Amelogenin=X,Y\nleft out M@2\nerror: row 2: 0 stands before another digit although \
         the file writes 1 and 2; sample M was left out, found '0,1'; expected X and Y.\n"
    );
    check("Sample,Marker,Allele 1\nM,Y indel,2\n", "M@2 Yindel=2");
}

#[test]
fn off_ladder_is_kept_and_said_once_a_sample() {
    check(
        "Sample,Marker,Allele 1,Allele 2,Allele 3\nS,FGA,OL,24,OL\nS,vWA,OL,,\nT,FGA,24,25,\n",
        "S@2 FGA=24,OL vWA=OL\nT@4 FGA=24,25\n\
         warning: row 2: off-ladder readings at FGA, vWA, found 'S'; expected a person's review \
         of them.",
    );
}

#[test]
fn an_unknown_marker_is_said_once() {
    check(
        "Sample,Marker,Allele 1\nS,F13B,10\nS,FGA,24\nT,F13B,9\n",
        "S@2 FGA=24\nT@4\n\
         warning: row 2, column 'Marker': the marker is not known; its rows were not read, found \
         'F13B'; expected the name of a locus of the 2017 list.",
    );
    let input = "Sample\tFGA\tHeight\tLPL_1\tLPL_2\tHeight\nS\t24\t9\t10\t11\t7\n";
    check(
        input,
        "S@2 FGA=24\nwarning: row 1, column 'LPL_1': the column is neither a known marker nor \
         needed and was not read; expected the name of a locus of the 2017 list.",
    );
    let (table, _) = read_bytes(input.as_bytes());
    assert_eq!(table.unknown_markers, ["LPL"]);
    assert_eq!(table.samples[0].peaks.len(), 1, "a height column belongs to the column before it");
}

#[test]
fn a_marker_given_twice() {
    check(
        "Sample,Marker,Allele 1,Allele 2\nS,FGA,24,25\nS,vWA,16,\nS,FGA,25,24\nS,VWA,16,16\n",
        "S@2 FGA=24,25 vWA=16\n\
         warning: row 4: FGA is given again with the same alleles, found 'S'; expected each marker \
         of a sample once (first in row 2).",
    );
    check(
        "Sample,Marker,Allele 1,Allele 2\nS,FGA,24,25\nT,FGA,20,\nS,FGA,24,26\nS,vWA,16,\n",
        "T@3 FGA=20\nleft out S@2\n\
         error: row 4: FGA was given with other alleles in row 2; the sample was left out, found \
         'S'; expected each marker of a sample once, two measurements under two names.",
    );
    check("Sample,FGA,vWA\nS,\"24,25\",\nS,,16\n", "S@2 FGA=24,25 vWA=16");
}

#[test]
fn a_cell_that_is_no_allele_leaves_the_sample_out_whole() {
    check(
        "Sample,Marker,Allele 1,Allele 2\n\
         S,FGA,24,25\nS,vWA,16,17?\nT,FGA,9.33,\nU,FGA,24,X\nV,AMEL,16,\n",
        "left out S@2\nleft out T@4\nleft out U@5\nleft out V@6\n\
         error: row 3, column 'Allele 2': this is no allele of vWA; sample S was left out, found \
         '17?'; expected a number from 1 to 99 with at most one decimal after a point, '<9', \
         '>15', '12.X' or 'OL'.\n\
         error: row 4, column 'Allele 1': this is no allele of FGA; sample T was left out, found \
         '9.33'; expected a number from 1 to 99 with at most one decimal after a point, '<9', \
         '>15', '12.X' or 'OL'.\n\
         error: row 5, column 'Allele 2': this is no allele of FGA; sample U was left out, found \
         'X'; expected a number from 1 to 99 with at most one decimal after a point, '<9', \
         '>15', '12.X' or 'OL'.\n\
         error: row 6, column 'Allele 1': this is no allele of Amelogenin; sample V was left out, \
         found '16'; expected X, Y or OL, or the digits 1 and 2.",
    );
    // A decimal comma is never taken for two alleles.
    let text = show::genotypes(b"Sample;Marker;Allele 1;Allele 2\nS;TH01;6;9,3\n");
    assert!(text.contains("found '9,3'"), "{text}");
    let text = show::genotypes(b"Sample;TH01_1;TH01_2\nS;6;9,3\n");
    assert!(text.contains("found '9,3'"), "{text}");
}

#[test]
fn bad_rows_stop_nothing() {
    check(
        "Sample,Marker,Allele 1\n\
         ,FGA,24\nS,,24\nT,FGA,24,25\n\"U,FGA,24\nV,FGA,24,,,\n,,,\nW,FGA\n",
        "V@6 FGA=24\nW@8\nleft out S@3\nleft out T@4\nleft out U@5\n\
         error: row 2, column 'Sample': the row names no sample and was left out; expected a \
         sample name.\n\
         error: row 3, column 'Marker': the row names no marker; its sample was left out; \
         expected the name of a locus.\n\
         error: row 4: the row has more cells than the header; expected at most 3 cells, with \
         quotation marks around cells holding a delimiter.\n\
         error: row 5: a quotation mark opens a cell and does not close on this line; expected \
         both quotation marks on one line, or none.",
    );
}

#[test]
fn headers_that_refuse_the_file() {
    let refused = |header: &str, part: &str| {
        let text = show::genotypes(format!("{header}\nS,FGA,24,25\n").as_bytes());
        assert!(text.starts_with("error: row 1: ") && text.lines().count() == 1, "{text}");
        assert!(text.contains(part), "{header}: {text}");
    };
    refused(
        "Smaple Name,Marker,Allele 1",
        "no column names the sample ('Smaple Name' is one slip away)",
    );
    refused("Sample Name,Marker,Size 1", "no column holds alleles");
    refused("Sample Name,Makrer,Allele 1", "no column holds alleles ('Makrer' is one slip away)");
    refused("Sample Name,Sample Name,Marker,Allele 1", "given twice");
    refused("Sample Name,Marker,Allele 1,Allele.1", "'Allele.1' is given twice");
    refused("Sample Name,Marker,Allele 1,Alele 2", "'Alele 2' may hold alleles");
    refused("Sample Name,Marker,Allele 1,Alleles", "both listed and in numbered columns");
    refused(&"Sample,".repeat(5000), "the header has 5001 columns");
    refused("one,two", "found 'one | two'");
    check(
        "",
        "error: row 1: the file is empty; expected a header with Sample Name, Marker and \
         Allele 1, Allele 2 and so on, or with Sample Name and one or more columns named after \
         loci.",
    );
}

#[test]
fn a_misspelt_column_of_the_software_refuses_the_file() {
    let broken = "error: row 1, column 'Smaple File': the header is broken: a column of the \
                  software is misspelt, so its file was changed by hand; expected 'Sample File'.";
    check("Smaple File\tSample Name\tFGA\na\tS\t24, ,\n", broken);
    check("Smaple File,Sample Name,Marker,Allele 1,Whatever\na,S,FGA,24,b\n", broken);
    let strange = "Whatever,Sample Name,Marker,Allele 1\nb,S,FGA,24\n";
    check(strange, "S@2 FGA=24");
}

#[test]
fn a_marker_one_letter_from_a_known_one_is_a_warning() {
    let text = show::genotypes(b"Sample Name,D3S1385,FGA\nS,15,24\n");
    assert!(text.contains("column 'D3S1385'") && text.contains("expected 'D3S1358'"), "{text}");
}

#[test]
fn only_a_header() {
    let (table, problems) =
        read_bytes(b"\r\n\r\nStatus\tSample Name\tMarker\tAllele 1\tSize 1\r\n");
    assert_eq!(
        show::problems(&problems),
        "warning: row 3: no row stands below the header; expected at least one row.\n"
    );
    let meanings: Vec<_> = table.layout.unwrap().columns.iter().map(|it| it.meaning).collect();
    assert_eq!(
        meanings[..4],
        [Meaning::NotRead, Meaning::Sample, Meaning::Marker, Meaning::Allele(1)]
    );
    assert!(table.samples.is_empty());
}

#[test]
fn letters_outside_ascii() {
    let latin = b"Sample,Marker,Allele 1\nM\xfcller,FGA,24\n";
    assert_eq!(show::genotypes(latin), "M\u{fc}ller@2 FGA=24\n");
    let utf8 = "\u{feff}Sample,Marker,Allele 1\nM\u{fc}ller,FGA,24\n";
    assert_eq!(show::genotypes(utf8.as_bytes()), "M\u{fc}ller@2 FGA=24\n");
}

#[test]
fn twenty_alleles_are_read_and_forty_are_not() {
    let numbers = |count: usize| (1..=count).map(|n| format!("{n}, ")).collect::<String>();
    let table =
        |count| show::genotypes(format!("Sample\tSE33\nS\t{}\n", numbers(count)).as_bytes());
    assert!(table(20).starts_with("S@2 SE33=1,2,"));
    assert!(table(40).contains("40 distinct alleles"), "{}", table(40));
}

#[test]
fn a_line_that_cannot_be_held_is_passed_over() {
    let long = "9".repeat(1 << 21);
    let text =
        show::genotypes(format!("Sample,Marker,Allele 1\nS,FGA,{long}\nT,FGA,24\n").as_bytes());
    assert_eq!(
        text,
        "T@3 FGA=24\nleft out S@2\nerror: row 2: the line is longer than 1 MiB; expected a table \
         with one record in a line.\n"
    );
}

#[test]
fn a_locus_named_above_the_first_of_its_columns_keeps_all_its_alleles() {
    let read = |header: &str, row: &str| {
        let (table, problems) = read_bytes(format!("{header}\n{row}\n").as_bytes());
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let profile = table.samples.first().map(|sample| {
            let typed = sample.profile.typed().iter();
            typed.map(|it| format!("{}={}", it.locus, it.genotype)).collect::<Vec<_>>().join(" ")
        });
        (profile, told)
    };
    let expected = Some("TH01=6,9.3 D3S1358=15,16".to_owned());
    let (profile, told) = read("Sample,D3S1358,,TH01,", "A,15,16,6,9.3");
    assert_eq!((profile, told), (expected.clone(), Vec::new()));
    // A trailing delimiter is no column of a locus, and cells with lists stay lists.
    let (profile, told) = read("Sample;D3S1358;TH01;", "A;15,16;6,9.3;");
    assert_eq!((profile, told), (expected, Vec::new()));
    // Lists beside blank columns cannot be told apart: refused, never half read.
    let (profile, told) = read("Sample;D3S1358;;TH01;", "A;15,16;;6,9.3;");
    assert!(profile.is_none() && !told.is_empty(), "{profile:?} {told:?}");
}

//! The booking feed: rows in, records and sentences out; nothing personal in any sentence.

use exchange::booking_feed::{BookingWriter, Bookings, COLUMNS, PERSONAL_COLUMNS, read};
use jiff::Timestamp;
use journey::booking::{
    BirthConfidence, BookingRecord, Circumstances, Citizenship, CustodyBasis, Known, LawfulStatus,
    OnFile, Person, StatusConfidence,
};
use journey::ids::Site;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::show;

/// A sound row, in the order of the contract and without its optional last column.
const SOUND: [&str; 19] = [
    "B-1",
    "ICE-ERO",
    "El Paso",
    "2026-03-01T23:30:00-06:00",
    "FPN7",
    "A123456789",
    "Quezada",
    "Marisol",
    "1990-02-28",
    "claimed",
    "non_us_person",
    "claimed",
    "none",
    "admin_detention;facing_charges",
    "unknown",
    "EV9",
    "2026-03-01T23:40:00-06:00",
    "absent",
    "",
];

/// A feed of sound rows, numbered B-1, B-2, ..., with some cells replaced.
fn feed(rows: &[&[(&str, &str)]]) -> String {
    let mut text = COLUMNS[..SOUND.len()].join(",") + "\n";
    for (number, changes) in rows.iter().enumerate() {
        let id = format!("B-{}", number + 1);
        let mut cells = SOUND.map(str::to_owned);
        cells[0] = id;
        for (column, value) in *changes {
            let place = COLUMNS.iter().position(|name| name == column).unwrap();
            cells[place] = (*value).to_owned();
        }
        text.push_str(&(cells.join(",") + "\n"));
    }
    text
}

/// Booking numbers with their rows, then the problems.
fn shown(input: &str) -> String {
    let (bookings, problems) = read(input.as_bytes()).unwrap();
    let numbers = bookings.iter().map(|(row, booking)| format!("{}@{row}\n", booking.booking));
    numbers.collect::<String>() + &show::problems(&problems)
}

#[track_caller]
fn check(changes: &[(&str, &str)], expected: &str) {
    assert_eq!(shown(&feed(&[changes])).trim_end(), expected);
}

#[test]
fn a_sound_row_is_read() {
    let (bookings, problems) = read(feed(&[&[]]).as_bytes()).unwrap();
    assert_eq!(problems, []);
    let (row, record) = &bookings[0];
    let facts = &record.circumstances;
    assert_eq!((*row, record.booking.as_str()), (2, "B-1"));
    assert_eq!(record.person.family_name, "Quezada");
    assert_eq!(record.person.alien_number.as_deref(), Some("A123456789"));
    assert_eq!(record.person.date_of_birth, Some("1990-02-28".parse().unwrap()));
    assert_eq!(facts.booked_at, "2026-03-02T05:30:00Z".parse::<Timestamp>().unwrap());
    assert_eq!(facts.booked_offset_seconds, -6 * 3600);
    assert_eq!(facts.citizenship, Citizenship::NonUsPerson);
    assert_eq!(facts.citizenship_confidence, StatusConfidence::Claimed);
    assert_eq!(facts.lawful_status, LawfulStatus::None);
    assert_eq!(
        facts.custody_basis.iter().copied().collect::<Vec<_>>(),
        [CustodyBasis::FacingCharges, CustodyBasis::AdminDetention]
    );
    assert_eq!(facts.on_file, OnFile::Absent);
    assert_eq!(facts.other_agency, None);
    assert_eq!(facts.waiver, None);
}

#[test]
fn the_column_of_waivers_may_be_left_out() {
    let with = feed(&[&[]])
        .replace("other_agency\n", "other_agency,waiver\n")
        .replace("absent,\n", "absent,,W-7\n");
    let (bookings, problems) = read(with.as_bytes()).unwrap();
    assert_eq!(problems, []);
    assert_eq!(bookings[0].1.circumstances.waiver.as_deref(), Some("W-7"));
    let twice = with.replace("waiver\n", "waiver,waiver\n").replace("W-7\n", "W-7,W-8\n");
    let text = shown(&twice);
    assert!(text.contains("the header has these columns twice: waiver"), "{text}");
}

#[test]
fn empty_cells_are_unknown_where_the_contract_allows_it() {
    let empty = [
        "fingerprint_number",
        "alien_number",
        "date_of_birth",
        "date_of_birth_confidence",
        "citizenship",
        "citizenship_confidence",
        "lawful_status",
        "further_proceedings",
        "fingerprint_event",
        "fingerprinted_at",
        "on_file",
    ];
    let changes = empty.map(|column| (column, ""));
    let (bookings, problems) = read(feed(&[&changes]).as_bytes()).unwrap();
    assert_eq!(problems, []);
    let BookingRecord { person, circumstances: facts, .. } = &bookings[0].1;
    assert_eq!((&person.fingerprint_number, &person.alien_number), (&None, &None));
    assert_eq!(person.date_of_birth, None);
    assert_eq!(facts.date_of_birth_confidence, BirthConfidence::Unknown);
    assert_eq!(facts.citizenship, Citizenship::Unknown);
    assert_eq!(facts.citizenship_confidence, StatusConfidence::Unknown);
    assert_eq!(facts.lawful_status, LawfulStatus::Unknown);
    assert_eq!(facts.further_proceedings, Known::Unknown);
    assert_eq!((&facts.fingerprint_event, facts.fingerprinted_at), (&None, None));
    assert_eq!(facts.on_file, OnFile::Unknown);
}

#[test]
fn each_cell_that_is_wrong_is_named() {
    check(
        &[("custody_basis", "")],
        "error: row 2, column 'custody_basis': no basis of custody is given; expected one or more \
         of criminal_arrest, facing_charges, convicted, admin_detention, port_hold, maritime, \
         encounter, with ';' between them.",
    );
    check(
        &[("custody_basis", "convicted; jailed")],
        "error: row 2, column 'custody_basis': the word is not one of the contract, found \
         'jailed'; expected one or more of criminal_arrest, facing_charges, convicted, \
         admin_detention, port_hold, maritime, encounter, with ';' between them.",
    );
    check(
        &[("citizenship", "alien"), ("component", "")],
        "error: row 2, column 'component': the cell is empty; expected a value in every row.\n\
         error: row 2, column 'citizenship': the word is not one of the contract, found 'alien'; \
         expected one of citizen, lpr, non_us_person, unknown.",
    );
    for local in ["2026-03-01T23:30:00", "2026-03-01", "yesterday", "2026-13-01T00:00:00Z"] {
        check(
            &[("booked_at", local)],
            &format!(
                "error: row 2, column 'booked_at': this is no instant, found '{local}'; expected a \
                 date and time with its offset from UTC, such as 2026-03-01T14:05:00-06:00."
            ),
        );
    }
    check(
        &[("fingerprint_event", "")],
        "error: row 2, column 'fingerprinted_at': prints have a time and no event, found \
         '2026-03-01T23:40:00-06:00'; expected fingerprint_event filled, or both cells empty.",
    );
}

#[test]
fn the_date_of_birth_is_checked_and_withheld() {
    for date in ["28.02.1990", "1990-02-30", "19900228", "1990-02-28T00:00"] {
        check(
            &[("date_of_birth", date)],
            "error: row 2, column 'date_of_birth': this is no date (withheld); expected a date \
             such as 1990-12-31, or an empty cell where it is not known.",
        );
    }
    // The booking is on 1 March by the clock of the site, and on 2 March in UTC.
    check(
        &[("date_of_birth", "2026-03-02")],
        "error: row 2, column 'date_of_birth': the date lies after booked_at (withheld); expected \
         a date on or before the booking.",
    );
    check(&[("date_of_birth", "2026-03-01")], "B-1@2");
    check(
        &[("date_of_birth", "")],
        "B-1@2\nwarning: row 2, column 'date_of_birth_confidence': the confidence is given without \
         a date and was read as unknown, found 'claimed'; expected unknown where date_of_birth is \
         empty.",
    );
}

#[test]
fn bad_rows_stop_nothing() {
    let mut text =
        feed(&[&[("booking_id", "B-9")], &[("family_name", "")], &[], &[("booking_id", "B-9")]]);
    text.push_str("B-5,too,short\n\nB-6,\"open\n");
    text.push_str(&(SOUND.join(",").replace("B-1", "B-7") + "\n"));
    assert_eq!(
        shown(&text),
        "B-9@2\nB-3@4\nB-7@9\n\
         error: row 3, column 'family_name': the cell is empty; expected a value in every row.\n\
         error: row 5, column 'booking_id': the booking stands in this file already, found 'B-9'; \
         expected each booking once.\n\
         error: row 6: the row has 3 cells; expected 19 as in the header, with quotation marks \
         around cells that hold a delimiter.\n\
         error: row 8: a quotation mark opens a cell and does not close on this line; expected \
         both quotation marks on one line, or none.\n"
    );
}

#[test]
fn a_name_with_a_comma_is_quoted_or_refused() {
    check(&[("family_name", "\"Quezada, de la\"")], "B-1@2");
    let text = shown(&feed(&[&[("family_name", "Quezada, de la")]]));
    assert!(text.starts_with("error: row 2: the row has 20 cells"), "{text}");
}

#[test]
fn the_header_is_a_contract() {
    let text = feed(&[&[]]);
    assert_eq!(shown(&text.replace("booking_id", "Booking ID")), "B-1@2\n");
    assert_eq!(shown(&format!("\u{feff}{}", text.replace('\n', "\r\n"))), "B-1@2\n");
    let wider = text
        .replace("other_agency\n", "other_agency,eye_color\n")
        .replace("absent,\n", "absent,,brown\n");
    let shown_wider = shown(&wider);
    assert!(
        shown_wider
            .starts_with("B-1@2\nwarning: row 1, column 'eye_color': the column is not part"),
        "{shown_wider}"
    );
    let narrower = shown(&text.replace("on_file", "file").replace("site", "place"));
    assert!(
        narrower.starts_with("error: row 1: the header has no column site, on_file; expected"),
        "{narrower}"
    );
    let twice = shown(&text.replace("component", "site"));
    assert!(twice.starts_with("error: row 1: the header has no column component;"), "{twice}");
    let empty = shown("");
    assert!(empty.starts_with("error: row 1: the file is empty;"), "{empty}");
}

#[test]
fn a_file_without_a_header_shows_no_person() {
    let text = shown(&(SOUND.join(",") + "\n"));
    assert!(text.starts_with("error: row 1: the header has no column"), "{text}");
    for personal in ["Quezada", "Marisol", "A123456789", "FPN7", "1990"] {
        assert!(!text.contains(personal), "{text}");
    }
}

fn record() -> impl Strategy<Value = BookingRecord> {
    let text = || "[!-~\u{e9}]([ -~\u{e9}]{0,10}[!-~])?";
    let instant =
        || (1_000_000_000_i64..2_000_000_000).prop_map(|it| Timestamp::from_second(it).unwrap());
    let born =
        (1930_i16..2001, 1_i8..13, 1_i8..29).prop_map(|(y, m, d)| jiff::civil::date(y, m, d));
    let person = (option::of(text()), option::of(text()), text(), text(), option::of(born));
    let person = person.prop_map(
        |(fingerprint_number, alien_number, family_name, given_name, date_of_birth)| Person {
            fingerprint_number,
            alien_number,
            family_name,
            given_name,
            date_of_birth,
        },
    );
    let place = (text(), text(), instant(), (-52_i32..56).prop_map(|it| it * 900));
    let status = (
        select(BirthConfidence::ALL),
        select(Citizenship::ALL),
        select(StatusConfidence::ALL),
        select(LawfulStatus::ALL),
        btree_set(select(CustodyBasis::ALL), 1..4),
        select(Known::ALL),
        select(OnFile::ALL),
    );
    let prints = option::of((text(), option::of(instant())));
    let elsewhere = (option::of(text()), option::of(text()));
    (text(), person, place, status, prints, elsewhere).prop_map(
        |(booking, person, (component, site, booked_at, offset), status, prints, elsewhere)| {
            let (other_agency, waiver) = elsewhere;
            let (birth, citizenship, confidence, lawful, custody_basis, further, on_file) = status;
            let (event, at) = prints.map_or((None, None), |(event, at)| (Some(event), at));
            let known = person.date_of_birth.is_some();
            let circumstances = Circumstances {
                component,
                site: Site::new(site),
                booked_at,
                booked_offset_seconds: offset,
                date_of_birth_confidence: if known { birth } else { BirthConfidence::Unknown },
                citizenship,
                citizenship_confidence: confidence,
                lawful_status: lawful,
                custody_basis,
                further_proceedings: further,
                fingerprint_event: event,
                fingerprinted_at: at,
                on_file,
                other_agency,
                waiver,
            };
            BookingRecord { booking: booking.as_str().into(), person, circumstances }
        },
    )
}

fn written(records: &[BookingRecord]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = BookingWriter::new(&mut bytes).unwrap();
    for record in records {
        writer.write(record).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

proptest! {
    #[test]
    fn what_is_written_reads_back(mut records in vec(record(), 0..6)) {
        records.sort_by(|one, other| one.booking.cmp(&other.booking));
        records.dedup_by(|one, other| one.booking == other.booking);
        let bytes = written(&records);
        let (read, problems) = read(bytes.as_slice()).unwrap();
        prop_assert_eq!(problems, []);
        let read: Vec<_> = read.into_iter().map(|(_, record)| record).collect();
        prop_assert_eq!(read, records);
    }

    #[test]
    fn damage_is_answered_and_shows_no_person(
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
    ) {
        let mut bytes = feed(&[&[], &[], &[]]).into_bytes();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let (rows, header) = Bookings::open(bytes.as_slice()).unwrap();
        let rows: Vec<_> = rows.map(Result::unwrap).collect();
        let problems = header.iter().chain(rows.iter().flat_map(|row| &row.problems));
        for problem in problems {
            let column = problem.column.as_deref().unwrap_or_default();
            let personal = PERSONAL_COLUMNS.contains(&column);
            prop_assert!(!personal || matches!(problem.found.as_str(), "" | "(withheld)"));
        }
        for row in &rows {
            prop_assert_eq!(row.booking.is_none(), row.problems.iter().any(|it| it.is_error()));
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..300)) {
        let (bookings, problems) = read(bytes.as_slice()).unwrap();
        prop_assert!(bookings.is_empty() && problems.iter().any(|it| it.is_error()));
    }
}

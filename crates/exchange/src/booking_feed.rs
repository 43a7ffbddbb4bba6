//! The booking feed: one row for one coming into custody.
//!
//! [`Bookings`] streams, [`read`] collects, [`BookingWriter`] writes what they read. A row is
//! read whole or not at all. An empty cell of an enumeration that has `unknown` means unknown,
//! and an unknown fact is a fact that the rules of eligibility can weigh; an empty
//! `custody_basis` is not, because custody without a stated basis is the blank that audits of
//! such feeds found.
//!
//! Values of columns that tell who a person is never enter a [`Problem`]. Absent: any decision
//! about the person, and any comparison with bookings outside the file.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, Read, Write};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::temporal::{Pieces, PiecesOffset};
use jiff::tz::Offset;
use journey::booking::{
    BirthConfidence, BookingRecord, Circumstances, Citizenship, CustodyBasis, Known, LawfulStatus,
    OnFile, Person, StatusConfidence,
};
use journey::ids::{BookingId, Site};

use crate::contract::{Output, Rows};
use crate::problem::{Problem, Problems};

/// The columns of the contract. The header must have each of them once, in any order, except those
/// that are optional.
pub const COLUMNS: [&str; WIDTH] = [
    "booking_id",
    "component",
    "site",
    "booked_at",
    "fingerprint_number",
    "alien_number",
    "family_name",
    "given_name",
    "date_of_birth",
    "date_of_birth_confidence",
    "citizenship",
    "citizenship_confidence",
    "lawful_status",
    "custody_basis",
    "further_proceedings",
    "fingerprint_event",
    "fingerprinted_at",
    "on_file",
    "other_agency",
    "waiver",
];

const WIDTH: usize = 20;

/// Columns that a header may leave out; every cell of such a column is then empty.
pub const OPTIONAL_COLUMNS: [&str; 1] = ["waiver"];

/// Columns that tell who the person is: what stands in them is never shown.
pub const PERSONAL_COLUMNS: [&str; 6] = [
    "fingerprint_number",
    "alien_number",
    "family_name",
    "given_name",
    "date_of_birth",
    "fingerprint_event",
];

/// What one row of the feed gave.
#[derive(Debug)]
pub struct Booked {
    /// Physical line.
    pub row: u64,
    /// The booking; `None` where a problem is an error.
    pub booking: Option<BookingRecord>,
    /// What is wrong in the row.
    pub problems: Vec<Problem>,
}

/// The rows of a feed, one at a time. Holds one row and the booking numbers seen.
pub struct Bookings<R> {
    rows: Option<Rows<R, WIDTH>>,
    seen: HashSet<String>,
}

impl<R: Read> Bookings<R> {
    /// Reads the header. A file without the columns of the contract gives one error among the
    /// problems, and no rows.
    ///
    /// # Errors
    /// The input failed.
    pub fn open(input: R) -> io::Result<(Self, Vec<Problem>)> {
        let (rows, problems) = Rows::open(input, &COLUMNS, &OPTIONAL_COLUMNS)?;
        Ok((Self { rows, seen: HashSet::new() }, problems))
    }

    fn next_booking(&mut self) -> io::Result<Option<Booked>> {
        let Some(rows) = &mut self.rows else {
            return Ok(None);
        };
        let Some((row, cells)) = rows.next_row()? else {
            return Ok(None);
        };
        let cells = match cells {
            Ok(cells) => cells,
            Err(problem) => {
                return Ok(Some(Booked { row, booking: None, problems: vec![problem] }));
            }
        };
        let mut reading = Reading { row, cells: &cells, problems: Vec::new() };
        let booking = reading.booking();
        if let Some(booking) = &booking
            && !self.seen.insert(booking.booking.as_str().to_owned())
        {
            let wrong = "the booking stands in this file already";
            reading.wrong("booking_id", booking.booking.as_str(), wrong, "each booking once");
        }
        let sound = !reading.problems.iter().any(Problem::is_error);
        let booking = booking.filter(|_| sound);
        Ok(Some(Booked { row, booking, problems: reading.problems }))
    }
}

impl<R: Read> Iterator for Bookings<R> {
    type Item = io::Result<Booked>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_booking().transpose();
        if matches!(next, Some(Err(_))) {
            self.rows = None;
        }
        next
    }
}

/// Bookings with the physical lines on which they stand.
pub type BookingRows = Vec<(u64, BookingRecord)>;

/// Reads a whole feed.
///
/// # Errors
/// The input failed. Everything wrong with the content is a [`Problem`].
pub fn read(input: impl Read) -> io::Result<(BookingRows, Vec<Problem>)> {
    let (rows, header) = Bookings::open(input)?;
    let mut problems = Problems::default();
    header.into_iter().for_each(|problem| problems.push(problem));
    let mut bookings = Vec::new();
    for booked in rows {
        let booked = booked?;
        booked.problems.into_iter().for_each(|problem| problems.push(problem));
        bookings.extend(booked.booking.map(|booking| (booked.row, booking)));
    }
    Ok((bookings, problems.into_vec()))
}

/// One row while it is read.
struct Reading<'a> {
    row: u64,
    cells: &'a [String; WIDTH],
    problems: Vec<Problem>,
}

/// Reads the cell of a column as a word of an enumeration of the contract.
macro_rules! word {
    ($reading:ident, $column:literal, $name:ident) => {
        $reading.word($column, $name::from_word, $name::ALL.iter().map(|value| value.word()))
    };
}

impl<'a> Reading<'a> {
    fn cell(&self, column: &str) -> &'a str {
        let place = COLUMNS.iter().position(|name| *name == column);
        place.and_then(|place| self.cells.get(place)).map_or("", String::as_str)
    }

    /// The text of a cell that may be empty.
    fn optional(&self, column: &str) -> Option<String> {
        let text = self.cell(column);
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn wrong(&mut self, column: &'static str, found: &str, wrong: &str, right: &str) {
        let problem = if PERSONAL_COLUMNS.contains(&column) && !found.is_empty() {
            Problem::withheld(self.row, wrong, right)
        } else {
            Problem::error(self.row, found, wrong, right)
        };
        self.problems.push(problem.in_column(column));
    }

    /// `None` where a cell cannot be read; contradictions between cells are only reported.
    /// Every cell is looked at before any is given up, so that one round puts a row right.
    fn booking(&mut self) -> Option<BookingRecord> {
        let booking = self.filled("booking_id").map(BookingId::from);
        let person = self.person();
        let circumstances = self.circumstances();
        let (booking, person, circumstances) = (booking?, person?, circumstances?);
        self.born_before(&person, &circumstances);
        Some(BookingRecord { booking, person, circumstances })
    }

    fn person(&mut self) -> Option<Person> {
        let family_name = self.filled("family_name").map(str::to_owned);
        let given_name = self.filled("given_name").map(str::to_owned);
        let date_of_birth = self.date("date_of_birth");
        Some(Person {
            fingerprint_number: self.optional("fingerprint_number"),
            alien_number: self.optional("alien_number"),
            family_name: family_name?,
            given_name: given_name?,
            date_of_birth: date_of_birth?,
        })
    }

    fn circumstances(&mut self) -> Option<Circumstances> {
        let component = self.filled("component").map(str::to_owned);
        let site = self.filled("site").map(Site::from);
        let booked = self.filled("booked_at").and_then(|text| self.instant("booked_at", text));
        let birth_confidence = self.birth_confidence();
        let citizenship = word!(self, "citizenship", Citizenship);
        let citizenship_confidence = word!(self, "citizenship_confidence", StatusConfidence);
        let lawful_status = word!(self, "lawful_status", LawfulStatus);
        let custody_basis = self.custody_basis();
        let further_proceedings = word!(self, "further_proceedings", Known);
        let fingerprinted_at = self.fingerprinted_at();
        let on_file = word!(self, "on_file", OnFile);
        let (booked_at, booked_offset_seconds) = booked?;
        Some(Circumstances {
            component: component?,
            site: site?,
            booked_at,
            booked_offset_seconds,
            date_of_birth_confidence: birth_confidence?,
            citizenship: citizenship?,
            citizenship_confidence: citizenship_confidence?,
            lawful_status: lawful_status?,
            custody_basis: custody_basis?,
            further_proceedings: further_proceedings?,
            fingerprint_event: self.optional("fingerprint_event"),
            fingerprinted_at: fingerprinted_at?,
            on_file: on_file?,
            other_agency: self.optional("other_agency"),
            waiver: self.optional("waiver"),
        })
    }

    fn filled(&mut self, column: &'static str) -> Option<&'a str> {
        let text = self.cell(column);
        if text.is_empty() {
            self.wrong(column, "", "the cell is empty", "a value in every row");
        }
        (!text.is_empty()).then_some(text)
    }

    /// A word of an enumeration; an empty cell is its `unknown`.
    fn word<T>(
        &mut self,
        column: &'static str,
        from_word: fn(&str) -> Option<T>,
        words: impl Iterator<Item = &'static str>,
    ) -> Option<T> {
        let text = self.cell(column);
        let word = if text.is_empty() { "unknown" } else { text };
        let value = from_word(&word.to_ascii_lowercase());
        if value.is_none() {
            let right = format!("one of {}", words.collect::<Vec<_>>().join(", "));
            self.wrong(column, text, "the word is not one of the contract", &right);
        }
        value
    }

    /// An instant, and the offset from UTC in seconds with which it was written (RFC 3339).
    fn instant(&mut self, column: &'static str, text: &str) -> Option<(Timestamp, i32)> {
        let offset = Pieces::parse(text).ok().and_then(|pieces| match pieces.offset()? {
            PiecesOffset::Zulu => Some(0),
            PiecesOffset::Numeric(offset) => Some(offset.offset().seconds()),
            _ => None,
        });
        let instant = text.parse::<Timestamp>().ok().zip(offset);
        if instant.is_none() {
            let right =
                "a date and time with its offset from UTC, such as 2026-03-01T14:05:00-06:00";
            self.wrong(column, text, "this is no instant", right);
        }
        instant
    }

    fn date(&mut self, column: &'static str) -> Option<Option<Date>> {
        let text = self.cell(column);
        if text.is_empty() {
            return Some(None);
        }
        // Ten characters and no more: a time or a zone after the date is another format.
        let date = (text.len() == 10).then(|| text.parse::<Date>().ok()).flatten();
        if date.is_none() {
            let right = "a date such as 1990-12-31, or an empty cell where it is not known";
            self.wrong(column, text, "this is no date", right);
        }
        date.map(Some)
    }

    /// How sure the date of birth is; nothing is sure about a date that is not there.
    fn birth_confidence(&mut self) -> Option<BirthConfidence> {
        let word = word!(self, "date_of_birth_confidence", BirthConfidence)?;
        if self.cell("date_of_birth").is_empty() && word != BirthConfidence::Unknown {
            let wrong = "the confidence is given without a date and was read as unknown";
            let right = "unknown where date_of_birth is empty";
            let problem = Problem::warning(self.row, word.word(), wrong, right);
            self.problems.push(problem.in_column("date_of_birth_confidence"));
            return Some(BirthConfidence::Unknown);
        }
        Some(word)
    }

    fn custody_basis(&mut self) -> Option<BTreeSet<CustodyBasis>> {
        let column = "custody_basis";
        let text = self.cell(column);
        let words: Vec<&str> = CustodyBasis::ALL.iter().map(|basis| basis.word()).collect();
        let right = format!("one or more of {}, with ';' between them", words.join(", "));
        let mut bases = BTreeSet::new();
        let mut sound = true;
        for word in text.split(';').map(str::trim).filter(|word| !word.is_empty()) {
            let basis = CustodyBasis::from_word(&word.to_ascii_lowercase());
            if basis.is_none() {
                sound = false;
                self.wrong(column, word, "the word is not one of the contract", &right);
            }
            bases.extend(basis);
        }
        if sound && bases.is_empty() {
            self.wrong(column, text, "no basis of custody is given", &right);
        }
        (sound && !bases.is_empty()).then_some(bases)
    }

    fn fingerprinted_at(&mut self) -> Option<Option<Timestamp>> {
        let at = self.cell("fingerprinted_at");
        if at.is_empty() {
            return Some(None);
        }
        if self.cell("fingerprint_event").is_empty() {
            let right = "fingerprint_event filled, or both cells empty";
            self.wrong("fingerprinted_at", at, "prints have a time and no event", right);
        }
        self.instant("fingerprinted_at", at).map(|(at, _)| Some(at))
    }

    /// The day of the booking is that of the clock with which it was written.
    fn born_before(&mut self, person: &Person, booked: &Circumstances) {
        let offset = Offset::from_seconds(booked.booked_offset_seconds).unwrap_or(Offset::UTC);
        let booked_on = offset.to_datetime(booked.booked_at).date();
        if person.date_of_birth.is_some_and(|born| born > booked_on) {
            let wrong = "the date lies after booked_at";
            let problem = Problem::withheld(self.row, wrong, "a date on or before the booking");
            self.problems.push(problem.in_column("date_of_birth"));
        }
    }
}

/// Writes a feed, for tests and for systems that have bookings in another form.
pub struct BookingWriter<W: Write>(Output<W>);

impl<W: Write> BookingWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// The output failed.
    pub fn new(out: W) -> io::Result<Self> {
        Output::new(out, &COLUMNS).map(Self)
    }

    /// Writes one booking.
    ///
    /// # Errors
    /// The output failed, or a text would not read back as itself (`InvalidInput`).
    pub fn write(&mut self, record: &BookingRecord) -> io::Result<()> {
        let BookingRecord { booking, person, circumstances: facts } = record;
        let offset = Offset::from_seconds(facts.booked_offset_seconds).unwrap_or(Offset::UTC);
        let basis: Vec<&str> = facts.custody_basis.iter().map(|basis| basis.word()).collect();
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let born = person.date_of_birth.map(|date| date.to_string()).unwrap_or_default();
        let printed = facts.fingerprinted_at.map(|at| at.to_string()).unwrap_or_default();
        self.0.write([
            booking.as_str(),
            &facts.component,
            facts.site.as_str(),
            &facts.booked_at.display_with_offset(offset).to_string(),
            &text(&person.fingerprint_number),
            &text(&person.alien_number),
            &person.family_name,
            &person.given_name,
            &born,
            facts.date_of_birth_confidence.word(),
            facts.citizenship.word(),
            facts.citizenship_confidence.word(),
            facts.lawful_status.word(),
            &basis.join(";"),
            facts.further_proceedings.word(),
            &text(&facts.fingerprint_event),
            &printed,
            facts.on_file.word(),
            &text(&facts.other_agency),
            &text(&facts.waiver),
        ])
    }

    /// Flushes.
    ///
    /// # Errors
    /// The output failed.
    pub fn finish(self) -> io::Result<()> {
        self.0.finish()
    }
}

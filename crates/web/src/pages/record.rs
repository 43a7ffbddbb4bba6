//! The fields of a booking record, for recording and for correcting: the columns of the feed's
//! contract in the words of the people at the desk.

use jiff::tz::Offset;
use journey::booking::{
    BirthConfidence, BookingRecord, Citizenship, CustodyBasis, Known, LawfulStatus, OnFile,
    StatusConfidence,
};
use maud::{Markup, html};
use serde_json::{Value, json};
use service::ServiceError;

use crate::components::options;
use crate::form::Form;
use crate::station::{self, Input, Shape, input};

/// Offsets from UTC that a site of the United States can have.
const OFFSETS: &[(&str, &str)] = &[
    ("-04:00", "UTC-4 (Eastern daylight, Atlantic)"),
    ("-05:00", "UTC-5 (Central daylight, Eastern standard)"),
    ("-06:00", "UTC-6 (Central standard, Mountain daylight)"),
    ("-07:00", "UTC-7 (Mountain standard, Pacific daylight)"),
    ("-08:00", "UTC-8 (Pacific standard, Alaska daylight)"),
    ("-09:00", "UTC-9 (Alaska standard)"),
    ("-10:00", "UTC-10 (Hawaii)"),
    ("+10:00", "UTC+10 (Guam)"),
    ("+00:00", "UTC"),
];

/// The inputs of the record.
pub(crate) const INPUTS: &[Input] = &[
    input("booking", Shape::Text),
    input("person.family_name", Shape::Text),
    input("person.given_name", Shape::Text),
    input("person.date_of_birth", Shape::OptionalDay),
    input("person.fingerprint_number", Shape::Optional),
    input("person.alien_number", Shape::Optional),
    input("circumstances.component", Shape::Text),
    input("circumstances.site", Shape::Text),
    input(
        "circumstances.booked_at",
        Shape::Local {
            offset: "booked_offset",
            seconds: "circumstances.booked_offset_seconds",
            needed: true,
        },
    ),
    input("circumstances.date_of_birth_confidence", Shape::Text),
    input("circumstances.citizenship", Shape::Text),
    input("circumstances.citizenship_confidence", Shape::Text),
    input("circumstances.lawful_status", Shape::Text),
    input("circumstances.custody_basis", Shape::Many),
    input("circumstances.further_proceedings", Shape::Text),
    input("circumstances.fingerprint_event", Shape::Optional),
    input(
        "circumstances.fingerprinted_at",
        Shape::Local { offset: "booked_offset", seconds: "", needed: false },
    ),
    input("circumstances.on_file", Shape::Text),
    input("circumstances.other_agency", Shape::Optional),
    input("circumstances.waiver", Shape::Optional),
];

/// What the shape of the request cannot tell.
///
/// # Errors
/// `Invalid` without a basis of custody.
pub(crate) fn check(record: &BookingRecord) -> Result<(), ServiceError> {
    if record.circumstances.custody_basis.is_empty() {
        return Err(ServiceError::Invalid(
            "custody_basis: none is given; tick every one that holds".to_owned(),
        ));
    }
    Ok(())
}

/// A record as values of the form.
///
/// # Errors
/// It cannot be written as JSON.
pub(crate) fn start(record: &BookingRecord) -> Result<Value, ServiceError> {
    let mut start = station::json(record)?;
    let circumstances = &record.circumstances;
    let seconds = circumstances.booked_offset_seconds;
    let offset = Offset::from_seconds(seconds).unwrap_or(Offset::UTC);
    let local = |at: jiff::Timestamp| {
        let there = offset.to_datetime(at);
        Value::String(there.strftime("%Y-%m-%dT%H:%M:%S").to_string())
    };
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    let written = format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60);
    if let Some(Value::Object(fields)) = start.get_mut("circumstances") {
        fields.insert("booked_at".to_owned(), local(circumstances.booked_at));
        if let Some(at) = circumstances.fingerprinted_at {
            fields.insert("fingerprinted_at".to_owned(), local(at));
        }
    }
    if let Value::Object(fields) = &mut start {
        fields.insert("booked_offset".to_owned(), json!(written));
    }
    Ok(start)
}

/// The fields; without the booking's number where that is settled.
pub(crate) fn fields(form: &Form<'_>, numbered: bool) -> Markup {
    html! {
        (custody(form, numbered))
        (person(form))
        (status(form))
        (prints(form))
    }
}

fn custody(form: &Form<'_>, numbered: bool) -> Markup {
    let basis = options(CustodyBasis::ALL.iter().map(|word| word.word()));
    let known = options(Known::ALL.iter().map(|word| word.word()));
    html! {
        h3 { "Custody" }
        div.columns {
            @if !numbered { (form.scan("booking", "Booking number", "", false)) }
            (form.text("circumstances.component", "Component", "Such as ICE-ERO"))
            (form.text("circumstances.site", "Site", ""))
            (form.local("circumstances.booked_at", "Booked at", "Local time of the site"))
            (form.select("booked_offset", "Clock of the site", "", OFFSETS))
            (form.select(
                "circumstances.further_proceedings", "Further detention or proceedings follow",
                "Matters for a hold at a port of entry", &known,
            ))
        }
        (form.boxes("circumstances.custody_basis", "Why held", "Tick every one that holds", &basis))
    }
}

fn person(form: &Form<'_>) -> Markup {
    let confidence = options(BirthConfidence::ALL.iter().map(|word| word.word()));
    html! {
        h3 { "Person" }
        div.columns {
            (form.text("person.family_name", "Family name", ""))
            (form.text("person.given_name", "Given name", ""))
            (form.day("person.date_of_birth", "Date of birth", "Empty where it is not known"))
            (form.select(
                "circumstances.date_of_birth_confidence", "How sure is the date of birth", "",
                &confidence,
            ))
            (form.text("person.alien_number", "Alien file number", "Empty where there is none"))
        }
    }
}

fn status(form: &Form<'_>) -> Markup {
    let citizenship = options(Citizenship::ALL.iter().map(|word| word.word()));
    let confidence = options(StatusConfidence::ALL.iter().map(|word| word.word()));
    let lawful = options(LawfulStatus::ALL.iter().map(|word| word.word()));
    html! {
        h3 { "Status" }
        div.columns {
            (form.select("circumstances.citizenship", "Citizenship", "", &citizenship))
            (form.select("circumstances.citizenship_confidence", "How sure is it", "", &confidence))
            (form.select("circumstances.lawful_status", "Lawful presence", "", &lawful))
            (form.text(
                "circumstances.other_agency", "Another agency collects",
                "Its name and the agreement; empty where none does (28 CFR 28.12(e)(1))",
            ))
            (form.text(
                "circumstances.waiver", "Waiver on record",
                "Its number; empty where there is none (28 CFR 28.12(e)(3))",
            ))
        }
    }
}

fn prints(form: &Form<'_>) -> Markup {
    let on_file = options(OnFile::ALL.iter().map(|word| word.word()));
    html! {
        h3 { "Fingerprints" }
        div.columns {
            (form.text(
                "person.fingerprint_number", "Fingerprint number",
                "Answer of the fingerprint check",
            ))
            (form.text("circumstances.fingerprint_event", "Fingerprint event", "Of this booking"))
            (form.local(
                "circumstances.fingerprinted_at", "Fingerprinted at", "Local time of the site",
            ))
            (form.select(
                "circumstances.on_file", "DNA analysis on file",
                "What the index says (28 CFR 28.12(e)(2))", &on_file,
            ))
        }
    }
}

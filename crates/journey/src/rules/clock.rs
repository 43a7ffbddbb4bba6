//! Civil dates of sites, and ages on them.
//!
//! Instants are UTC inside; the law speaks of days, and a day begins at midnight where the person
//! is. Deliberately absent: the clock itself.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

/// Full years of age on a day.
///
/// A person born on 29 February completes a year of age with the end of 28 February and so has
/// the new age on 1 March of a common year. Tag D: sources differ, and this reading is the later
/// one, which never makes anybody older than they are. (Adding calendar years with `jiff` would
/// give 28 February.) A birth after the day gives a negative number, which the booking feed
/// refuses.
pub fn age_years(birth: Date, on: Date) -> i32 {
    let had_birthday = (on.month(), on.day()) >= (birth.month(), birth.day());
    i32::from(on.year()) - i32::from(birth.year()) - i32::from(!had_birthday)
}

/// The civil date at an instant in a zone, or at an offset where no zone is known. An offset that
/// no clock has counts as UTC.
pub(super) fn civil_date(at: Timestamp, zone: Option<&TimeZone>, offset_seconds: i32) -> Date {
    match zone {
        Some(zone) => zone.to_datetime(at).date(),
        None => Offset::from_seconds(offset_seconds).unwrap_or(Offset::UTC).to_datetime(at).date(),
    }
}

/// The instant at which a civil day begins in a zone, or at an offset where no zone is known;
/// `None` beyond the end of the calendar.
pub(super) fn midnight(
    day: Date,
    zone: Option<&TimeZone>,
    offset_seconds: i32,
) -> Option<Timestamp> {
    let fixed = TimeZone::fixed(Offset::from_seconds(offset_seconds).unwrap_or(Offset::UTC));
    let begun = day.to_zoned(zone.cloned().unwrap_or(fixed)).ok()?;
    Some(begun.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_leap_day_birthday_comes_on_1_march_of_a_common_year() {
        let birth = date(2008, 2, 29);
        assert_eq!(age_years(birth, date(2022, 2, 28)), 13);
        assert_eq!(age_years(birth, date(2022, 3, 1)), 14);
        assert_eq!(age_years(birth, date(2024, 2, 28)), 15);
        assert_eq!(age_years(birth, date(2024, 2, 29)), 16);
    }

    #[test]
    fn an_age_is_reached_on_the_birthday_and_not_before() {
        assert_eq!(age_years(date(2006, 6, 2), date(2020, 6, 1)), 13);
        assert_eq!(age_years(date(2006, 6, 2), date(2020, 6, 2)), 14);
        assert_eq!(age_years(date(2020, 6, 2), date(2020, 6, 1)), -1);
    }
}

//! Deadlines: business days, which skip weekends and federal holidays.
//!
//! Holidays: 5 USC 6103 with the observed-day rule of 5 USC 6103(b) for weekends (memory, M+).
//! The 30 business days of a confirmation are remembered, not seen (M+), and so a setting.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

/// Business days for a confirmation (remembered, tag M+).
pub const CONFIRMATION_BUSINESS_DAYS: u16 = 30;

/// Business days in which a laboratory looks at a candidate (remembered, tag M+).
pub const EVALUATION_BUSINESS_DAYS: u16 = 30;

/// Hours within which a notice is delivered. This programme's setting (tag D).
pub const NOTICE_HOURS_MAX: i64 = 72;

/// Days in which the laboratory of the case tells the investigators after the name was read: the
/// yardstick of audits, not a rule (domain figure, tag M).
pub const INVESTIGATORS_DAYS_MAX: i64 = 14;

/// The date that lies `days` business days after `from`.
pub fn business_days_after(from: Date, days: u16) -> Date {
    let mut date = from;
    let mut left = days;
    while left > 0 {
        let Ok(next) = date.tomorrow() else {
            return date;
        };
        date = next;
        left -= u16::from(is_business_day(date));
    }
    date
}

/// True on a weekday that is no federal holiday.
pub fn is_business_day(date: Date) -> bool {
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) && !is_observed_holiday(date)
}

fn is_observed_holiday(date: Date) -> bool {
    let shifted = |days: Span| date.checked_add(days).is_ok_and(is_fixed_holiday);
    is_fixed_holiday(date)
        || (date.weekday() == Weekday::Friday && shifted(1.day()))
        || (date.weekday() == Weekday::Monday && shifted((-1).day()))
        || is_floating_holiday(date)
}

/// New Year's Day, Juneteenth (since 2021), Independence Day, Veterans Day, Christmas Day.
fn is_fixed_holiday(date: Date) -> bool {
    match (date.month(), date.day()) {
        (1, 1) | (7, 4) | (11, 11) | (12, 25) => true,
        (6, 19) => date.year() >= 2021,
        _ => false,
    }
}

/// Birthday of Martin Luther King, Jr., Washington's Birthday, Memorial Day, Labor Day, Columbus
/// Day, Thanksgiving Day.
fn is_floating_holiday(date: Date) -> bool {
    let nth = (date.day() - 1) / 7 + 1;
    let is_last = date.day() + 7 > date.days_in_month();
    match (date.month(), date.weekday()) {
        (1 | 2, Weekday::Monday) => nth == 3,
        (5, Weekday::Monday) => is_last,
        (9, Weekday::Monday) => nth == 1,
        (10, Weekday::Monday) => nth == 2,
        (11, Weekday::Thursday) => nth == 4,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn holidays_of_2020() {
        let closed: Vec<String> = date(2020, 1, 1)
            .series(1.day())
            .take_while(|day| day.year() == 2020)
            .filter(|day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday))
            .filter(|day| !is_business_day(*day))
            .map(|day| day.to_string())
            .collect();
        assert_eq!(
            closed.join(" "),
            "2020-01-01 2020-01-20 2020-02-17 2020-05-25 2020-07-03 2020-09-07 2020-10-12 \
             2020-11-11 2020-11-26 2020-12-25"
        );
    }

    #[test]
    fn thirty_business_days() {
        let check = |from, days, expected| assert_eq!(business_days_after(from, days), expected);
        check(date(2020, 5, 1), 30, date(2020, 6, 15));
        check(date(2020, 7, 2), 1, date(2020, 7, 6));
        check(date(2021, 12, 30), 1, date(2022, 1, 3));
    }
}

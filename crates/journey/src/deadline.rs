//! Deadlines: how long a step may take, in business days, which skip weekends, legal holidays and
//! days closed by order.
//!
//! `data/deadlines.toml` holds both in dated editions. Absent: the clock, and what is late.

use genetics::edition::{Editions, NotEditions};
use jiff::civil::{Date, Weekday};
use serde::Deserialize;

/// The deadlines: one edition.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Deadlines {
    /// Business days in which a laboratory looks at a candidate.
    pub evaluation: Limit,
    /// Business days for a confirmation.
    pub confirmation: Limit,
    /// Hours within which a notice is delivered.
    pub delivery: Limit,
    /// Days in which the laboratory of the case tells the investigators.
    pub investigators: Limit,
    /// Hours after which an open booking is overdue.
    pub open_booking: Limit,
    holiday: Vec<Holiday>,
    #[serde(default)]
    closed: Vec<Closed>,
}

/// How much time there is, and how sure that is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Days or hours.
    pub limit: u16,
    /// How sure it is (domain brief, section 0.1).
    pub confidence: String,
}

/// A legal holiday. Its name is for who reads the table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Holiday {
    month: i8,
    #[serde(flatten)]
    day: Day,
    /// The day on which it became one, if that is not long ago.
    #[serde(default)]
    since: Option<Date>,
}

/// Where in its month a holiday lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Day {
    /// On this day.
    Fixed { day: i8 },
    /// On the nth of these weekdays; -1 for the last.
    Nth { weekday: Name, nth: i8 },
}

/// A weekday by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
}

/// A day that is closed for once. Why is for who reads the table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Closed {
    on: Date,
}

/// The editions that ship.
///
/// # Errors
/// The text is no table of deadlines; a test holds that the shipped one is.
pub fn shipped() -> Result<Editions<Deadlines>, NotEditions> {
    Editions::read(include_str!("../data/deadlines.toml"))
}

impl Deadlines {
    /// The date that lies so many business days after `from`.
    pub fn business_days_after(&self, from: Date, days: u16) -> Date {
        let mut date = from;
        let mut left = days;
        while left > 0 {
            let Ok(next) = date.tomorrow() else {
                return date;
            };
            date = next;
            left -= u16::from(self.is_business_day(date));
        }
        date
    }

    /// True on a weekday that is no legal holiday and not closed.
    pub fn is_business_day(&self, date: Date) -> bool {
        let is_weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        let is_kept = |holiday: &Holiday| holiday.is_kept_on(date);
        !is_weekend
            && !self.holiday.iter().any(is_kept)
            && !self.closed.iter().any(|closed| closed.on == date)
    }
}

impl Holiday {
    fn is_kept_on(&self, date: Date) -> bool {
        // 5 USC 6103(b): on a Saturday it is kept the Friday before, on a Sunday the Monday after.
        let lies_on = match date.weekday() {
            Weekday::Friday => [Some(date), date.tomorrow().ok()],
            Weekday::Monday => [Some(date), date.yesterday().ok()],
            _ => [Some(date), None],
        };
        let is_one = self.since.is_none_or(|since| date >= since);
        is_one && lies_on.into_iter().flatten().any(|day| self.lies_on(day))
    }

    fn lies_on(&self, date: Date) -> bool {
        date.month() == self.month
            && match self.day {
                Day::Fixed { day } => date.day() == day,
                Day::Nth { weekday, nth } => {
                    date.nth_weekday_of_month(nth, weekday.into()).is_ok_and(|day| day == date)
                }
            }
    }
}

impl From<Name> for Weekday {
    fn from(name: Name) -> Self {
        match name {
            Name::Monday => Self::Monday,
            Name::Tuesday => Self::Tuesday,
            Name::Wednesday => Self::Wednesday,
            Name::Thursday => Self::Thursday,
            Name::Friday => Self::Friday,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;

    fn deadlines() -> Deadlines {
        shipped().unwrap().all()[0].table.clone()
    }

    fn closed_on_weekdays(year: i16) -> String {
        let deadlines = deadlines();
        let closed: Vec<String> = date(year, 1, 1)
            .series(1.day())
            .take_while(|day| day.year() == year)
            .filter(|day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday))
            .filter(|day| !deadlines.is_business_day(*day))
            .map(|day| day.strftime("%m-%d").to_string())
            .collect();
        closed.join(" ")
    }

    #[test]
    fn a_year_is_closed_on_the_days_that_the_calendar_says() {
        assert_eq!(
            closed_on_weekdays(2020),
            "01-01 01-20 02-17 05-25 07-03 09-07 10-12 11-11 11-26 12-24 12-25"
        );
        // Juneteenth is new and on a Saturday; so is Christmas Day, and New Year's Day of 2022.
        assert_eq!(
            closed_on_weekdays(2021),
            "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"
        );
        assert_eq!(
            closed_on_weekdays(2025),
            "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-24 12-25 12-26"
        );
    }

    #[test]
    fn business_days_skip_what_is_closed() {
        let deadlines = deadlines();
        let check = |from, days, expected| {
            assert_eq!(deadlines.business_days_after(from, days), expected);
        };
        check(date(2020, 5, 1), 30, date(2020, 6, 15));
        check(date(2020, 7, 2), 1, date(2020, 7, 6));
        check(date(2021, 12, 30), 1, date(2022, 1, 3));
        check(date(2020, 12, 23), 1, date(2020, 12, 28));
    }
}

//! Tables that hold from a day on, until the next edition does.
//!
//! A decision is made under the edition in force on its day, and can be made again under it. Days
//! are civil dates that the caller knows; there is no clock here.

use jiff::civil::Date;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// One edition of a table.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Edition<T> {
    /// The first day on which it holds.
    pub effective_from: Date,
    /// The table.
    #[serde(flatten)]
    pub table: T,
}

/// All editions of a table, earliest first; never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Editions<T>(Vec<Edition<T>>);

/// Why a text holds no editions.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NotEditions {
    /// The text does not read as the table.
    #[error("{0}")]
    Text(String),
    /// No edition is in it.
    #[error("no [[edition]] was found; give at least one")]
    None,
    /// Two hold from the same day, or a later one stands before an earlier one.
    #[error("the edition from {0} does not come after the one before it")]
    Order(Date),
}

impl<T: DeserializeOwned> Editions<T> {
    /// Reads `[[edition]]` tables, each with its `effective_from`.
    ///
    /// # Errors
    /// A text that is no such table, none in it, or editions out of order.
    pub fn read(text: &str) -> Result<Self, NotEditions> {
        #[derive(Deserialize)]
        struct File<T> {
            edition: Vec<Edition<T>>,
        }
        let file: Result<File<T>, _> = toml::from_str(text);
        let editions = file.map_err(|error| NotEditions::Text(error.to_string()))?.edition;
        if editions.is_empty() {
            return Err(NotEditions::None);
        }
        let unordered = editions.windows(2).find_map(|pair| match pair {
            [before, after] if after.effective_from <= before.effective_from => {
                Some(after.effective_from)
            }
            _ => None,
        });
        unordered.map_or(Ok(Self(editions)), |day| Err(NotEditions::Order(day)))
    }
}

impl<T> Editions<T> {
    /// The edition in force on a day; before the first one, none.
    pub fn on(&self, day: Date) -> Option<&Edition<T>> {
        self.0.iter().rev().find(|edition| edition.effective_from <= day)
    }

    /// All editions, earliest first.
    pub fn all(&self) -> &[Edition<T>] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Table {
        loci: u8,
    }

    const TWO: &str = "[[edition]]\neffective_from = '1998-10-13'\nloci = 13\n\
        [[edition]]\neffective_from = '2017-01-01'\nloci = 20\n";

    #[test]
    fn each_day_has_the_edition_that_holds() {
        let editions: Editions<Table> = Editions::read(TWO).unwrap();
        let on = |day| editions.on(day).map(|edition| edition.table.loci);
        assert_eq!(on(date(1998, 10, 12)), None);
        assert_eq!(on(date(1998, 10, 13)), Some(13));
        assert_eq!(on(date(2016, 12, 31)), Some(13));
        assert_eq!(on(date(2017, 1, 1)), Some(20));
        assert_eq!(editions.all().len(), 2);
    }

    #[test]
    fn what_is_no_list_of_editions_is_refused() {
        let read = |text: &str| Editions::<Table>::read(text).unwrap_err();
        assert_eq!(read("edition = []"), NotEditions::None);
        let swapped = TWO.replace("1998-10-13", "2020-01-01");
        assert_eq!(read(&swapped), NotEditions::Order(date(2017, 1, 1)));
        assert!(matches!(read("[[edition]]\nloci = 13"), NotEditions::Text(_)));
    }
}

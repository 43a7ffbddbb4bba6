//! Kit lots as they come to the sites: two good ones, one recalled in mid-month, one out of date.
//!
//! Together the good lots hold more kits at each site than the month can use. Absent: which kit
//! is used for whom; that is the business of the site's stock.

use jiff::ToSpan;
use jiff::civil::Date;
use journey::ids::{KitBarcode, Site};

use crate::month::Arrival;

/// A manufacturer's lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KitLot {
    /// Its number.
    pub lot: String,
    /// Day on which the sites receive it.
    pub received_on: Date,
    /// Last day of use.
    pub expires_on: Date,
    /// Day on which it is recalled, if it is.
    pub recalled_on: Option<Date>,
    /// Its kits, site by site.
    pub kits: Vec<Kit>,
}

/// A kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kit {
    /// Barcode on device and form.
    pub barcode: KitBarcode,
    /// The site that gets it.
    pub site: Site,
}

/// The lots of a month that begins on `first_day`.
pub(crate) fn lots(
    first_day: Date,
    days: u16,
    sites: &[Site],
    arrivals: &[Arrival],
) -> Vec<KitLot> {
    let middle = first_day.saturating_add((i64::from(days) / 2).days());
    let eve = first_day.saturating_sub(1.day());
    let next_year = first_day.saturating_add(1.year());
    let needed = |site: &Site| {
        let here = arrivals.iter().filter(|arrival| arrival.record.circumstances.site == *site);
        here.map(|arrival| arrival.behaviour.table.kits_opened()).sum::<usize>()
    };
    let lot =
        |letter: char, received_on, expires_on, recalled_on, size: &dyn Fn(usize) -> usize| {
            let mut kits = Vec::new();
            for site in sites {
                for _ in 0..size(needed(site)) {
                    let barcode = KitBarcode::new(format!("K20{letter}{:05}", kits.len() + 1));
                    let site = site.clone();
                    kits.push(Kit { barcode, site });
                }
            }
            KitLot { lot: format!("LOT-20{letter}"), received_on, expires_on, recalled_on, kits }
        };
    vec![
        lot('A', eve, next_year, None, &|needed| needed * 2 / 3 + 20),
        lot('B', eve, next_year, Some(middle), &|needed| needed / 8 + 5),
        lot('C', eve, eve, None, &|needed| needed / 50 + 3),
        lot('D', middle, next_year, None, &|needed| needed * 2 / 3 + 20),
    ]
}

//! What a month is made of, with documented defaults.
//!
//! All figures are this programme's own choice for a lively demonstration (tag D); none of them
//! is a statement about a real field office or laboratory. With the defaults every path is walked.

use jiff::civil::Date;

use crate::behaviour::{AtLaboratory, AtTable};
use crate::profile::TRI_ALLELE_RATE;
use crate::scenario::Scenario;

/// Settings of a synthetic month.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What all chance follows from.
    pub seed: u64,
    /// First day, in the site's calendar.
    pub first_day: Date,
    /// Number of days.
    pub days: u16,
    /// Fewest bookings of a day.
    pub bookings_per_day_min: u32,
    /// Most bookings of a day.
    pub bookings_per_day_max: u32,
    /// Share of bookings that are of a person booked before in the month.
    pub repeat_rate: f64,
    /// Share of repeat bookings that come under another spelling.
    pub alias_rate: f64,
    /// Share of bookings with a missing fact for which the fact arrives later.
    pub resolved_rate: f64,
    /// Weights of the scenarios of new persons.
    pub scenarios: Vec<(Scenario, u32)>,
    /// Share of each fate at the table, of bookings whose sample may be taken; the rest is
    /// `Collected`.
    pub at_table: Vec<(AtTable, f64)>,
    /// Share of each fate in the laboratory, of sealed samples; the rest is `Sound`.
    pub at_laboratory: Vec<(AtLaboratory, f64)>,
    /// Share of persons with one tri-allelic locus.
    pub tri_allele_rate: f64,
    /// Forensic profiles.
    pub evidence: usize,
    /// Forensic profiles with a true contributor among the month's accepted samples.
    pub evidence_of_persons: usize,
    /// Forensic profiles of a relative of such a person.
    pub evidence_of_relatives: usize,
    /// Removals on each of the three paths.
    pub removals_per_path: usize,
}

impl Default for Settings {
    /// May 2020, 24 to 34 bookings a day, 300 forensic profiles.
    fn default() -> Self {
        Self {
            seed: 20_200_501,
            first_day: Date::constant(2020, 5, 1),
            days: 31,
            bookings_per_day_min: 24,
            bookings_per_day_max: 34,
            repeat_rate: 0.06,
            alias_rate: 0.4,
            resolved_rate: 0.75,
            scenarios: Scenario::WEIGHTS.to_vec(),
            at_table: vec![
                (AtTable::WrongFormScanned, 0.020),
                (AtTable::KitDamaged, 0.010),
                (AtTable::Refused, 0.015),
                (AtTable::ReleasedFirst, 0.020),
                (AtTable::MedicalHold, 0.010),
                (AtTable::Transferred, 0.010),
                (AtTable::NoKit, 0.008),
            ],
            at_laboratory: vec![
                (AtLaboratory::SealBroken, 0.008),
                (AtLaboratory::NoSample, 0.010),
                (AtLaboratory::Damaged, 0.006),
                (AtLaboratory::PrintsUnusable, 0.012),
                (AtLaboratory::FormIncomplete, 0.020),
                (AtLaboratory::BarcodeSwapped, 0.006),
                (AtLaboratory::SeveralDevices, 0.004),
            ],
            tri_allele_rate: TRI_ALLELE_RATE,
            evidence: 300,
            evidence_of_persons: 12,
            evidence_of_relatives: 4,
            removals_per_path: 2,
        }
    }
}

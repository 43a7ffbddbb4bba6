//! Why a person is booked, and what the booking says of it: one scenario a path of the rules.
//!
//! [`Scenario::expects`] is what a reader of the rules would expect for the pilot's rule set; the
//! tests of this crate ask the real rules. Absent: the rules themselves.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use journey::booking::{
    BirthConfidence, BookingRecord, Citizenship, CustodyBasis, Known, LawfulStatus, OnFile,
    StatusConfidence,
};
use journey::eligibility::Outcome;
use rand::{Rng, RngExt};

macro_rules! scenarios {
    ($($(#[$doc:meta])* $name:ident $weight:literal $outcome:ident),* $(,)?) => {
        /// Why a person is booked.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Scenario { $($(#[$doc])* $name),* }

        impl Scenario {
            /// Every scenario with its default weight, in thousandths of all new bookings.
            pub const WEIGHTS: &[(Self, u32)] = &[$((Self::$name, $weight)),*];

            /// What the pilot's rules are expected to say at the first asking.
            pub fn expects(self) -> Outcome {
                match self { $(Self::$name => Outcome::$outcome),* }
            }
        }
    };
}

scenarios! {
    /// Adult non-US person in administrative detention: the great majority.
    Detained 560 Collect,
    /// Adult non-US person arrested for an offense.
    ArrestedNonUsPerson 80 Collect,
    /// Citizen arrested for an offense.
    ArrestedCitizen 40 Collect,
    /// Adult non-US person facing charges and detained.
    Charged 30 Collect,
    /// Convicted, of any nationality.
    Convicted 20 Collect,
    /// Lawful permanent resident arrested: the pilot exempts.
    ArrestedLpr 25 DoNotCollect,
    /// Lawful permanent resident detained.
    DetainedLpr 20 DoNotCollect,
    /// Says to be a lawful permanent resident; verified later or turned out otherwise.
    ClaimsLpr 15 Defer,
    /// Thirteen years old.
    Thirteen 15 DoNotCollect,
    /// From 14 to 17 years old.
    Minor 25 Collect,
    /// Turns 14 on the day of the booking.
    FourteenToday 4 Collect,
    /// Turns 14 on the day after the booking, which in UTC has already begun.
    FourteenTomorrow 4 DoNotCollect,
    /// No date of birth; verified later.
    BirthUnknown 20 Defer,
    /// An estimated age below 18; verified later for some.
    BirthEstimated 10 Defer,
    /// Citizenship not known; resolved later for some.
    CitizenshipUnknown 15 Defer,
    /// Says to be a citizen; resolved later.
    ClaimsCitizen 15 Defer,
    /// Verified citizen without a criminal basis.
    CitizenWithoutBasis 10 DoNotCollect,
    /// Lawfully present.
    LawfullyPresent 15 DoNotCollect,
    /// Lawful presence not known; resolved later for some.
    PresenceUnknown 8 Defer,
    /// The index already holds an analysis.
    AlreadyOnFile 25 MaySkip,
    /// Another agency collects under an agreement.
    OtherAgency 12 MaySkip,
    /// Held at a port of entry, and proceedings follow.
    PortHoldProceedings 6 Collect,
    /// Held at a port of entry for the question of admission only.
    PortHoldAdmission 6 DoNotCollect,
    /// Held at a port of entry, and nobody knows yet what follows.
    PortHoldOpen 4 Defer,
    /// No fingerprints were taken.
    NotFingerprinted 8 DoNotCollect,
    /// Met, not held.
    Encountered 8 DoNotCollect,
}

impl Scenario {
    /// True where the same person may be booked in the same way again.
    pub fn may_come_back(self) -> bool {
        matches!(
            self,
            Self::Detained
                | Self::ArrestedNonUsPerson
                | Self::ArrestedCitizen
                | Self::Charged
                | Self::Convicted
                | Self::ArrestedLpr
        )
    }

    /// What the person truly is.
    pub fn citizenship(self, rng: &mut impl Rng) -> Citizenship {
        match self {
            Self::ArrestedCitizen | Self::CitizenWithoutBasis => Citizenship::Citizen,
            Self::ClaimsCitizen if rng.random_bool(0.5) => Citizenship::Citizen,
            Self::Convicted if rng.random_bool(0.4) => Citizenship::Citizen,
            Self::ArrestedLpr | Self::DetainedLpr => Citizenship::Lpr,
            Self::ClaimsLpr if rng.random_bool(0.5) => Citizenship::Lpr,
            _ => Citizenship::NonUsPerson,
        }
    }

    /// The date of birth of a person booked on a day of the site's calendar.
    pub fn birth(self, booked_on: Date, rng: &mut impl Rng) -> Date {
        let mut days_after = |years: i64, days_max: i64| {
            let day = rng.random_range(1..=days_max);
            before(booked_on, years.years()).saturating_add(day.days())
        };
        match self {
            Self::Thirteen => days_after(14, 330).saturating_add(30.days()),
            Self::Minor => days_after(18, 1400),
            Self::BirthEstimated => days_after(18, 900),
            Self::FourteenToday => before(booked_on, 14.years()),
            Self::FourteenTomorrow => before(booked_on, 14.years()).saturating_add(1.day()),
            _ => days_after(66, 17_000),
        }
    }

    /// Local hours between which such a booking is made.
    pub fn hours(self) -> (i8, i8) {
        match self {
            Self::FourteenToday => (9, 17),
            Self::FourteenTomorrow => (20, 21),
            _ => (5, 22),
        }
    }

    fn basis(self) -> BTreeSet<CustodyBasis> {
        use CustodyBasis::{
            AdminDetention, Convicted, CriminalArrest, Encounter, FacingCharges, PortHold,
        };
        let bases: &[CustodyBasis] = match self {
            Self::ArrestedCitizen | Self::ArrestedLpr => &[CriminalArrest],
            Self::ArrestedNonUsPerson => &[CriminalArrest, AdminDetention],
            Self::Charged => &[FacingCharges, AdminDetention],
            Self::Convicted => &[Convicted],
            Self::PortHoldProceedings | Self::PortHoldAdmission | Self::PortHoldOpen => &[PortHold],
            Self::Encountered => &[Encounter],
            _ => &[AdminDetention],
        };
        bases.iter().copied().collect()
    }

    /// Writes what the booking system knows into a record that so far names the person and says
    /// where and when.
    pub(crate) fn describe(self, truly: Citizenship, record: &mut BookingRecord) {
        let facts = &mut record.circumstances;
        facts.custody_basis = self.basis();
        facts.citizenship = truly;
        facts.citizenship_confidence = StatusConfidence::Verified;
        facts.lawful_status = LawfulStatus::None;
        facts.date_of_birth_confidence = BirthConfidence::Verified;
        facts.on_file = OnFile::Absent;
        match self {
            Self::Detained => facts.citizenship_confidence = StatusConfidence::Claimed,
            Self::ArrestedCitizen | Self::CitizenWithoutBasis => {
                facts.lawful_status = LawfulStatus::InStatus;
            }
            Self::ClaimsLpr => claim(record, Citizenship::Lpr),
            Self::ClaimsCitizen => claim(record, Citizenship::Citizen),
            Self::Thirteen => facts.date_of_birth_confidence = BirthConfidence::Claimed,
            Self::BirthUnknown => {
                facts.date_of_birth_confidence = BirthConfidence::Unknown;
                record.person.date_of_birth = None;
            }
            Self::BirthEstimated => facts.date_of_birth_confidence = BirthConfidence::Estimated,
            Self::CitizenshipUnknown => {
                facts.citizenship = Citizenship::Unknown;
                facts.citizenship_confidence = StatusConfidence::Unknown;
            }
            Self::LawfullyPresent => facts.lawful_status = LawfulStatus::InStatus,
            Self::PresenceUnknown => facts.lawful_status = LawfulStatus::Unknown,
            Self::AlreadyOnFile => facts.on_file = OnFile::Present,
            Self::OtherAgency => facts.other_agency = Some("AGREEMENT-2020-07".to_owned()),
            Self::PortHoldProceedings => facts.further_proceedings = Known::Yes,
            Self::PortHoldAdmission => facts.further_proceedings = Known::No,
            Self::PortHoldOpen => facts.further_proceedings = Known::Unknown,
            Self::NotFingerprinted => {
                facts.fingerprint_event = None;
                facts.fingerprinted_at = None;
                record.person.fingerprint_number = None;
            }
            _ => {}
        }
    }

    /// The record once the fact that was missing has arrived; `None` where none was missing.
    pub(crate) fn resolved(
        self,
        truly: Citizenship,
        born: Date,
        record: &BookingRecord,
    ) -> Option<BookingRecord> {
        let mut later = record.clone();
        let facts = &mut later.circumstances;
        match self {
            Self::BirthUnknown | Self::BirthEstimated => {
                later.person.date_of_birth = Some(born);
                facts.date_of_birth_confidence = BirthConfidence::Verified;
            }
            Self::CitizenshipUnknown | Self::ClaimsCitizen | Self::ClaimsLpr => {
                facts.citizenship = truly;
                facts.citizenship_confidence = StatusConfidence::Verified;
                if truly == Citizenship::NonUsPerson {
                    facts.lawful_status = LawfulStatus::None;
                }
            }
            Self::PresenceUnknown => facts.lawful_status = LawfulStatus::None,
            Self::PortHoldOpen => facts.further_proceedings = Known::Yes,
            _ => return None,
        }
        Some(later)
    }
}

fn claim(record: &mut BookingRecord, said: Citizenship) {
    record.circumstances.citizenship = said;
    record.circumstances.citizenship_confidence = StatusConfidence::Claimed;
    record.circumstances.lawful_status = LawfulStatus::Unknown;
}

fn before(day: Date, span: Span) -> Date {
    day.saturating_sub(span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn age(born: Date, on: Date) -> i16 {
        let had_birthday = (on.month(), on.day()) >= (born.month(), born.day());
        on.year() - born.year() - i16::from(!had_birthday)
    }

    #[test]
    fn weights_are_thousandths() {
        let sum: u32 = Scenario::WEIGHTS.iter().map(|entry| entry.1).sum();
        assert_eq!(sum, 1000);
    }

    #[test]
    fn ages_are_what_the_scenario_says() {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let day = Date::constant(2020, 5, 17);
        let mut check = |scenario: Scenario, least: i16, most: i16| {
            for _ in 0..300 {
                let years = age(scenario.birth(day, &mut rng), day);
                assert!((least..=most).contains(&years), "{scenario:?} {years}");
            }
        };
        check(Scenario::Thirteen, 13, 13);
        check(Scenario::Minor, 14, 17);
        check(Scenario::BirthEstimated, 15, 17);
        check(Scenario::FourteenToday, 14, 14);
        check(Scenario::FourteenTomorrow, 13, 13);
        check(Scenario::Detained, 19, 65);
    }
}

//! A month of the pilot: who is booked, what happens to each sample, and what evidence there is.
//!
//! Sites, times and rules are those of the Dallas pilot of May 2020; everything else is invented.
//! Absent: anything that the product itself must find out.

use genetics::Profile;
use journey::booking::BookingRecord;
use journey::ids::{Ori, Site};
use journey::removal::Path;

use crate::behaviour::Behaviour;
use crate::evidence::Evidence;
use crate::frequencies::populations;
use crate::kit::KitLot;
use crate::person::SyntheticPerson;
use crate::scenario::Scenario;
use crate::settings::Settings;
use crate::{arrivals, casework, kit, removals};

/// Offset of America/Chicago from UTC in May, in seconds.
pub const OFFSET_SECONDS: i32 = -5 * 3600;

/// The component that books.
pub const COMPONENT: &str = "ICE-ERO";

/// Sites with their share of bookings in hundredths: the field office and two sub-offices.
pub const SITES: [(&str, u32); 3] = [("ERO-DAL", 60), ("ERO-DAL-WEST", 25), ("ERO-DAL-NORTH", 15)];

/// A synthetic month.
#[derive(Clone, Debug, PartialEq)]
pub struct Month {
    /// What it was made from.
    pub settings: Settings,
    /// Sites that book and hold kits.
    pub sites: Vec<Site>,
    /// The people who are booked.
    pub people: Vec<SyntheticPerson>,
    /// Their genotypes, in the order of `people`: 20 core loci and Amelogenin.
    pub genotypes: Vec<Profile>,
    /// Bookings in order of time.
    pub bookings: Vec<Arrival>,
    /// Kit lots.
    pub lots: Vec<KitLot>,
    /// Casework laboratories.
    pub laboratories: Vec<CaseworkLaboratory>,
    /// Forensic profiles, in order of entry.
    pub evidence: Vec<Evidence>,
}

/// A booking, and what nobody at the counter knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The row of the booking feed.
    pub record: BookingRecord,
    /// Who it truly is, as a position in [`Month::people`].
    pub true_person: usize,
    /// Why the person is booked.
    pub scenario: Scenario,
    /// The person was booked before in the month.
    pub repeat: bool,
    /// The booking bears another spelling of the name.
    pub alias: bool,
    /// What happens to the sample; [`Behaviour::SMOOTH`] where the rules allow none.
    pub behaviour: Behaviour,
    /// A fact that arrives later, before anything is collected.
    pub later: Option<Later>,
    /// A removal that is asked for after the sample was typed.
    pub removal: Option<Removal>,
}

/// A booking whose missing fact arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Later {
    /// Hours after the booking.
    pub hours_after: u32,
    /// The whole record as it then is.
    pub record: BookingRecord,
}

/// A removal that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Which law or order.
    pub path: Path,
    /// Days after the booking on which it is asked for.
    pub days_after: u32,
    /// For ineligibility: the record as it should have been, with the verified status.
    pub record: Option<BookingRecord>,
}

/// A laboratory that enters evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseworkLaboratory {
    /// Its ORI; no agency has it.
    pub ori: Ori,
    /// Its name.
    pub name: String,
}

impl Month {
    /// Makes a month: the same settings give the same month.
    pub fn generate(settings: &Settings) -> Self {
        let frequencies = populations();
        let sites: Vec<Site> = SITES.iter().map(|site| Site::from(site.0)).collect();
        let (people, mut bookings) = arrivals::generate(settings);
        let genotypes = casework::genotypes(settings, &people, &frequencies);
        removals::mark(settings, &mut bookings);
        let lots = kit::lots(settings.first_day, settings.days, &sites, &bookings);
        let laboratories = casework::laboratories();
        let evidence =
            casework::evidence(settings, &bookings, &genotypes, &laboratories, &frequencies);
        Self {
            settings: settings.clone(),
            sites,
            people,
            genotypes,
            bookings,
            lots,
            laboratories,
            evidence,
        }
    }
}

impl Arrival {
    /// True where a sample is expected to be taken and accepted: the rules say so, at once or
    /// when the missing fact has arrived, and nothing goes wrong on the way.
    pub fn ends_accepted(&self) -> bool {
        self.may_be_collected() && self.behaviour.ends_accepted()
    }

    /// True where the rules are expected to ask for a sample, at once or later.
    pub fn may_be_collected(&self) -> bool {
        arrivals::asks_for_sample(self.scenario, self.later.as_ref())
    }
}

//! A synthetic month: people, profiles, bookings, kits, evidence and laboratories, with faults.
//!
//! Everything follows from a seed: the same [`Settings`] give the same [`Month`], on any machine.
//! Beside it stand a synthetic [`Nation`]: only profiles, as many as a search must bear; and
//! [`lives`] of bookings, as many as wanted, judged by the [`law`] written a second time.
//! People are invented, with names of plants, stones and landforms and numbers that no agency
//! gives out. Used by tests, the demonstration and benchmarks; no shipped decision depends on it.
//! Read in module order. Deliberately absent: a clock, files, and any real person's data.

pub mod frequencies;
pub mod profile;
pub mod evidence;

pub mod person;
pub mod scenario;
pub mod behaviour;
pub mod settings;

pub mod kit;
pub mod laboratory;
pub mod month;

pub mod nation;

pub mod law;
pub mod lives;

mod arrivals;
mod casework;
mod random;
mod removals;

pub use behaviour::{AtLaboratory, AtTable, Behaviour};
pub use evidence::{Entered, Evidence, Origin};
pub use kit::{Kit, KitLot};
pub use laboratory::{PlateFault, results_of_plate};
pub use month::{Arrival, CaseworkLaboratory, Later, Month, Removal};
pub use nation::{Contributor, Descent, Nation, NationSettings, NotANation, Stain};
pub use person::SyntheticPerson;
pub use scenario::Scenario;
pub use settings::Settings;

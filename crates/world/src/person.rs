//! Synthetic people: who could never be found, because nobody is called this.
//!
//! Names are words for stones, weather, plants and landforms; fingerprint numbers begin with
//! `SYN`; alien file numbers lie above A900000000. Nothing here follows from a population or a
//! citizenship. Absent: genotypes, which stand beside the people and not in them.

use jiff::civil::Date;
use journey::booking::{Citizenship, Person};
use rand::{Rng, RngExt};

use crate::profile::Sex;
use crate::random::pick;

const GIVEN: [&str; 32] = [
    "Amber", "Basalt", "Cirrus", "Drizzle", "Ember", "Flint", "Garnet", "Heron", "Indigo",
    "Jasper", "Kestrel", "Lichen", "Mica", "Nimbus", "Opal", "Pebble", "Quartz", "Rook", "Sorrel",
    "Thistle", "Umber", "Vesper", "Wren", "Zinc", "Agate", "Breeze", "Cobalt", "Dune", "Finch",
    "Glacier", "Hail", "Lark",
];

const FAMILY: [&str; 40] = [
    "Alderbank",
    "Brookend",
    "Cedarfield",
    "Dellfoot",
    "Elmrow",
    "Fernhollow",
    "Granitecliff",
    "Heathmoor",
    "Isletside",
    "Juniperhill",
    "Knolltop",
    "Larchway",
    "Marshend",
    "Nettlebed",
    "Oxbow",
    "Pinecrest",
    "Quarryside",
    "Ridgeback",
    "Saltmarsh",
    "Thicketgate",
    "Uplandway",
    "Valefoot",
    "Willowbank",
    "Yarrowfield",
    "Zephyrhill",
    "Ashgrove",
    "Birchwater",
    "Cloverlea",
    "Driftwood",
    "Estuary",
    "Fjörd",
    "Gorsehill",
    "Hazelcopse",
    "Inletbay",
    "Kelpshore",
    "Lagoonside",
    "Mesaview",
    "Poplarrow",
    "Reedbank",
    "Steppeland",
];

/// An invented person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntheticPerson {
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Date of birth.
    pub born: Date,
    /// What Amelogenin shows.
    pub sex: Sex,
    /// Citizenship as it truly is, whatever a booking says of it.
    pub citizenship: Citizenship,
    /// Number of the fingerprint record: the truth about identity.
    pub fingerprint_number: String,
    /// Alien file number, which citizens do not have.
    pub alien_number: Option<String>,
}

impl SyntheticPerson {
    /// Invents the person with this number (from 0; at most 999,999 people).
    pub fn invent(number: usize, born: Date, citizenship: Citizenship, rng: &mut impl Rng) -> Self {
        let has_file = citizenship != Citizenship::Citizen;
        // 7919 is prime and no factor of the range, so that no two people share a number.
        let file = (number as u64 + 1) * 7919 % 100_000_000;
        Self {
            given_name: pick(&GIVEN, rng).copied().unwrap_or("Pebble").to_owned(),
            family_name: pick(&FAMILY, rng).copied().unwrap_or("Brookend").to_owned(),
            born,
            sex: if rng.random_bool(0.7) { Sex::Male } else { Sex::Female },
            citizenship,
            fingerprint_number: format!("SYN{:06}", number + 1),
            alien_number: has_file.then(|| format!("A9{file:08}")),
        }
    }

    /// The person as a booking names him or her.
    pub fn named(&self) -> Person {
        Person {
            fingerprint_number: Some(self.fingerprint_number.clone()),
            alien_number: self.alien_number.clone(),
            family_name: self.family_name.clone(),
            given_name: self.given_name.clone(),
            date_of_birth: Some(self.born),
        }
    }

    /// The same person under another spelling: same fingerprint record, no file number given.
    pub fn alias(&self, rng: &mut impl Rng) -> Person {
        Person {
            alien_number: None,
            family_name: respelt(&self.family_name),
            given_name: pick(&GIVEN, rng).copied().unwrap_or("Pebble").to_owned(),
            ..self.named()
        }
    }
}

/// A spelling that another ear could have heard: the second letter twice.
fn respelt(name: &str) -> String {
    let mut letters = name.chars();
    let first: String = letters.by_ref().take(2).collect();
    let again = first.chars().last();
    first.chars().chain(again).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_are_unique_and_clearly_synthetic() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let born = Date::constant(1990, 1, 2);
        let people: Vec<_> = (0..3000)
            .map(|n| SyntheticPerson::invent(n, born, Citizenship::NonUsPerson, &mut rng))
            .collect();
        let files: BTreeSet<_> = people.iter().filter_map(|p| p.alien_number.clone()).collect();
        assert_eq!(files.len(), 3000);
        assert!(files.iter().all(|file| file.len() == 10 && file.starts_with("A9")));
        let prints: BTreeSet<_> = people.iter().map(|p| &p.fingerprint_number).collect();
        assert_eq!(prints.len(), 3000);
        let citizen = SyntheticPerson::invent(1, born, Citizenship::Citizen, &mut rng);
        assert_eq!(citizen.alien_number, None);
    }

    #[test]
    fn an_alias_keeps_the_fingerprint_record() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let born = Date::constant(1990, 1, 2);
        let person = SyntheticPerson::invent(0, born, Citizenship::NonUsPerson, &mut rng);
        let alias = person.alias(&mut rng);
        assert_eq!(alias.fingerprint_number, person.named().fingerprint_number);
        assert_ne!(alias.family_name, person.family_name);
        assert_eq!(respelt("Fjörd"), "Fjjörd");
    }
}

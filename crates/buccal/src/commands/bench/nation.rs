//! The synthetic nation, made part by part straight into the engine.
//!
//! The next part is made on all processors while the engine takes the last. Profiles of evidence
//! stay packed, because they are asked again and again; those of persons are not kept.

use genetics::{Category, Index, Profile};
use rayon::prelude::*;
use search::pairs::{PairsError, Roster};
use search::{Exact, PackedProfile, Row, Side, SpecimenKey};
use world::nation::SEARCHABLE_LOCI_MIN;
use world::{Nation, Stain};

use crate::output::progress;

/// Profiles that are made while as many are taken.
const PART: u64 = 32_768;

/// Forensic profiles that are searched alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Single20,
    Single13To19,
    Single8To12,
    Mixture20,
    Mixture13To19,
    Mixture8To12,
    Below8,
}

impl Class {
    pub(super) const ALL: [Self; 7] = [
        Self::Single20,
        Self::Single13To19,
        Self::Single8To12,
        Self::Mixture20,
        Self::Mixture13To19,
        Self::Mixture8To12,
        Self::Below8,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Single20 => "single 20",
            Self::Single13To19 => "single 13-19",
            Self::Single8To12 => "single 8-12",
            Self::Mixture20 => "mixture 20",
            Self::Mixture13To19 => "mixture 13-19",
            Self::Mixture8To12 => "mixture 8-12",
            Self::Below8 => "below 8",
        }
    }

    pub(super) fn of(stain: &Stain) -> Self {
        let mixture = stain.category == Category::ForensicMixture;
        match (stain.profile.typed().len(), mixture) {
            (20.., false) => Self::Single20,
            (13.., false) => Self::Single13To19,
            (SEARCHABLE_LOCI_MIN.., false) => Self::Single8To12,
            (20.., true) => Self::Mixture20,
            (13.., true) => Self::Mixture13To19,
            (SEARCHABLE_LOCI_MIN.., true) => Self::Mixture8To12,
            _ => Self::Below8,
        }
    }
}

/// Forensic profiles by number.
#[derive(Default)]
pub(super) struct Evidence {
    /// As an engine is asked.
    pub(super) queries: Vec<(SpecimenKey, PackedProfile)>,
    pub(super) classes: Vec<Class>,
}

impl Evidence {
    /// The queries of a class.
    pub(super) fn of(&self, class: Class) -> Vec<&PackedProfile> {
        let all = self.queries.iter().zip(&self.classes);
        all.filter(|(_, own)| **own == class).map(|((_, profile), _)| profile).collect()
    }
}

/// A row of evidence as it is held.
pub(super) fn evidence_row(number: u64, stain: &Stain) -> Row {
    Row {
        key: SpecimenKey(number),
        index: stain.category.index(),
        profile: PackedProfile::from(&stain.profile),
    }
}

/// A row of a person as it is held.
pub(super) fn person_row(number: u64, profile: &Profile) -> Row {
    Row { key: SpecimenKey(number), index: Index::Detainee, profile: PackedProfile::from(profile) }
}

/// Makes the evidence and puts it into the engine.
pub(super) fn load_evidence(nation: &Nation, engine: &mut Exact) -> anyhow::Result<Evidence> {
    let mut evidence = Evidence::default();
    let mut loading = engine.loading(Side::Forensic);
    let make = |number| {
        let stain = nation.evidence(number);
        (evidence_row(number, &stain), Class::of(&stain))
    };
    in_parts(nation.settings().forensic, "forensic profiles made", make, |(row, class)| {
        evidence.queries.push((row.key, row.profile.clone()));
        evidence.classes.push(class);
        loading.push(row);
    });
    loading.finish()?;
    Ok(evidence)
}

/// Makes the persons, notes them in a roster where one is given, and hands them to the engine on
/// the way in; the caller finishes.
pub(super) fn load_persons(
    nation: &Nation,
    loading: &mut search::Loading<'_>,
    mut roster: Option<&mut Roster>,
) -> Result<(), PairsError> {
    let mut full = Ok(());
    let make = |number| person_row(number, &nation.person(number));
    in_parts(nation.settings().persons, "persons made", make, |row| {
        if let Some(roster) = roster.as_deref_mut()
            && let Err(error) = roster.push(&row.profile)
        {
            full = Err(error);
        }
        loading.push(row);
    });
    full
}

/// Makes things by number on all processors and hands them over in order.
fn in_parts<T: Send>(
    count: u64,
    what: &'static str,
    make: impl Fn(u64) -> T + Sync,
    mut take: impl FnMut(T) + Send,
) {
    let bar = progress(count, what);
    let part = |begin: u64| -> Vec<T> {
        let end = count.min(begin.saturating_add(PART));
        (begin..end).into_par_iter().map(&make).collect()
    };
    let mut ready = part(0);
    let mut begin = 0;
    while !ready.is_empty() {
        begin += ready.len() as u64;
        let take_all = || ready.drain(..).for_each(&mut take);
        let (made, ()) = rayon::join(|| part(begin), take_all);
        ready = made;
        bar.set_position(begin);
    }
    bar.finish_and_clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_whole_and_in_order() {
        for count in [0, 1, PART, PART + 1, 3 * PART - 1] {
            let mut seen = Vec::new();
            in_parts(count, "", |number| number, |number| seen.push(number));
            assert!(seen.iter().copied().eq(0..count), "{count}");
        }
    }
}

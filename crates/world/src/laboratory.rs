//! A plate as the analysis software reports it, with its controls and, at will, a fault.
//!
//! The positive control is 2800M. Absent: heights, sizes, ladders and the file format; the caller
//! writes the file.

use genetics::{Allele, Locus, LocusSet, Profile, controls};
use journey::ids::SpecimenNumber;

/// Sample name of the positive control.
pub const POSITIVE_CONTROL: &str = "PC-2800M";

/// Sample name of the negative control.
pub const NEGATIVE_CONTROL: &str = "NC";

/// Name of the genotype that the positive control must give.
pub const CONTROL_GENOTYPE: &str = "2800M";

/// The locus that [`PlateFault::LocusDropped`] loses.
pub const LOCUS_DROPPED: Locus = Locus::D2s1338;

/// Specimens on a plate of 96 wells beside two controls and six wells for ladders and blanks.
pub const SPECIMENS_MAX: usize = 88;

/// One sample of the report: its name, and alleles by locus.
pub type SampleResult = (String, Vec<(Locus, Vec<Allele>)>);

/// What goes wrong with a plate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlateFault {
    /// Nothing.
    None,
    /// The positive control gives another allele at one locus: the run is void.
    PositiveControlWrong,
    /// The negative control shows alleles: the run is void.
    NegativeControlDirty,
    /// One specimen lacks a core locus: it must be typed again.
    LocusDropped(String),
    /// One specimen shows a third allele at one locus, as some people do.
    TriAllele(String),
}

impl PlateFault {
    /// The fault of a plate by its number in the month, from 1: plates 2 to 5 have one each,
    /// every other plate has none, so that a plate that is run again under a new number comes
    /// out clean in the end.
    pub fn of_plate(number: usize, specimens: &[SpecimenNumber]) -> Self {
        let middle =
            specimens.get(specimens.len() / 2).map(|specimen| specimen.as_str().to_owned());
        match (number, middle) {
            (2, _) => Self::PositiveControlWrong,
            (3, _) => Self::NegativeControlDirty,
            (4, Some(specimen)) => Self::LocusDropped(specimen),
            (5, Some(specimen)) => Self::TriAllele(specimen),
            _ => Self::None,
        }
    }
}

/// What the software reports of a plate: the two controls, then the specimens in their order.
pub fn results_of_plate(specimens: &[(String, &Profile)], fault: &PlateFault) -> Vec<SampleResult> {
    let control = controls::profile(CONTROL_GENOTYPE).unwrap_or_default();
    let mut positive = reported(&control);
    if *fault == PlateFault::PositiveControlWrong {
        change(&mut positive, Locus::Th01, |alleles| {
            alleles.pop();
            alleles.extend(Allele::exact(80));
        });
    }
    let negative = match fault {
        PlateFault::NegativeControlDirty => specimens
            .first()
            .map_or(&control, |specimen| specimen.1)
            .typed()
            .iter()
            .take(2)
            .map(|entry| (entry.locus, entry.genotype.alleles().to_vec()))
            .collect(),
        _ => Vec::new(),
    };
    let mut samples =
        vec![(POSITIVE_CONTROL.to_owned(), positive), (NEGATIVE_CONTROL.to_owned(), negative)];
    for (name, profile) in specimens {
        samples.push((name.clone(), faulty(name, reported(profile), fault)));
    }
    samples
}

fn faulty(
    name: &str,
    mut alleles: Vec<(Locus, Vec<Allele>)>,
    fault: &PlateFault,
) -> Vec<(Locus, Vec<Allele>)> {
    match fault {
        PlateFault::LocusDropped(hit) if hit == name => {
            alleles.retain(|entry| entry.0 != LOCUS_DROPPED);
        }
        PlateFault::TriAllele(hit) if hit == name => {
            let already = alleles.iter().any(|entry| entry.1.len() > 2);
            let heterozygous =
                alleles.iter_mut().find(|entry| entry.0 != Locus::Amelogenin && entry.1.len() == 2);
            if let Some(entry) = heterozygous.filter(|_| !already) {
                let highest = entry.1.iter().map(|allele| allele.tenths()).max();
                entry.1.extend(highest.and_then(|tenths| Allele::exact(tenths + 10)));
            }
        }
        _ => {}
    }
    alleles
}

fn change(typed: &mut [(Locus, Vec<Allele>)], locus: Locus, how: impl Fn(&mut Vec<Allele>)) {
    let found = typed.iter_mut().find(|entry| entry.0 == locus);
    if let Some((_, alleles)) = found {
        how(alleles);
    }
}

/// The loci of the report: the 20 core loci and Amelogenin.
fn reported(profile: &Profile) -> Vec<(Locus, Vec<Allele>)> {
    let shown = |locus| LocusSet::core20().contains(locus) || locus == Locus::Amelogenin;
    profile
        .typed()
        .iter()
        .filter(|entry| shown(entry.locus))
        .map(|entry| (entry.locus, entry.genotype.alleles().to_vec()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::assemble;

    #[test]
    fn each_fault_changes_what_it_says_and_nothing_else() {
        let person = controls::profile("DNA007").unwrap();
        let specimens = [("S1".to_owned(), &person), ("S2".to_owned(), &person)];
        let clean = results_of_plate(&specimens, &PlateFault::None);
        assert_eq!(clean.len(), 4);
        assert!(clean[1].1.is_empty());
        assert_eq!(controls::recognise(&assemble(clean[0].1.clone())), Some("2800M"));
        assert_eq!(clean[2].1.len(), 21);
        let check = |fault: PlateFault, changed: &[usize]| {
            let seen = results_of_plate(&specimens, &fault);
            let differ: Vec<_> = (0..4).filter(|place| seen[*place] != clean[*place]).collect();
            assert_eq!(differ, changed, "{fault:?}");
            seen
        };
        let wrong = check(PlateFault::PositiveControlWrong, &[0]);
        assert_eq!(controls::recognise(&assemble(wrong[0].1.clone())), None);
        check(PlateFault::NegativeControlDirty, &[1]);
        let short = check(PlateFault::LocusDropped("S2".to_owned()), &[3]);
        assert_eq!(short[3].1.len(), 20);
        let tri = check(PlateFault::TriAllele("S1".to_owned()), &[2]);
        assert_eq!(assemble(tri[2].1.clone()).alleles_max(LocusSet::core20()), 3);
    }

    #[test]
    fn four_plates_of_the_month_have_a_fault() {
        let specimens = ["S1", "S2", "S3"].map(SpecimenNumber::from);
        let faulty = (1..20)
            .filter(|number| PlateFault::of_plate(*number, &specimens) != PlateFault::None)
            .count();
        assert_eq!(faulty, 4);
    }
}

//! What the comparison suggests, with its evidence. A person decides; nothing follows by itself.

use genetics::compare::ComparedLocus;
use genetics::{Allele, Category, Comparison, Genotype, Index, Level, LocusOutcome};
use serde::Serialize;

use crate::candidate::Kind;

/// Loci that must be compared before a pair can look like one source throughout (D).
const LOCI_MIN: usize = 13;

/// Candidates by chance from which on a pair is called weak (D).
const CHANCE_MAX: f64 = 0.1;

/// Loci at which two complete profiles of one source may still not be the same: an allele that the
/// primers of one chemistry miss (domain brief, section 8.4, S2; how many is D).
const NULL_LOCI_MAX: usize = 2;

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Ask the database laboratory to confirm.
    RequestConfirmation,
    /// Exclude the person.
    Exclude,
    /// Say that the pair is not of one source.
    NoMatch,
    /// Say that the pair is of one source.
    OneSource,
    /// Get more data first: type again, more loci, another chemistry.
    GetMoreData,
}

/// A step with the reasons for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suggestion {
    /// What to do.
    pub step: Step,
    /// What speaks for it, and what to look at, a sentence each.
    pub reasons: Vec<String>,
}

/// How the profile of one of the two records must be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Its category.
    pub category: Category,
    /// More may have been there than was seen.
    pub partial: bool,
    /// Its source is identified, as its laboratory tells.
    pub identified: bool,
}

impl Shown {
    /// Of one source, with every allele that the source has at the loci typed.
    pub fn is_complete(self) -> bool {
        self.category.index().is_single_source() && !self.partial
    }

    fn is_mixture(self) -> bool {
        self.category.index() == Index::ForensicMixture
    }
}

/// Suggests a step. The evidence is the query of the comparison. `chance` is how many unrelated
/// records the search is expected to find besides.
pub fn suggest(
    kind: Kind,
    (evidence, record): (Shown, Shown),
    comparison: &Comparison,
    chance: f64,
) -> Suggestion {
    let (of_one_source, of_two) = match kind {
        Kind::EvidenceAndPerson => (Step::RequestConfirmation, Step::Exclude),
        Kind::TwoOfEvidence | Kind::TwoPersons => (Step::OneSource, Step::NoMatch),
    };
    let (mut reasons, agrees) = weigh(evidence, record, comparison);
    let compared = comparison.compared();
    let step = match agrees {
        Agrees::AsOneSource if compared >= LOCI_MIN && chance < CHANCE_MAX => of_one_source,
        Agrees::AsOneSource | Agrees::Unexplained => Step::GetMoreData,
        Agrees::Excludes => of_two,
    };
    if compared < LOCI_MIN {
        reasons.push(format!("{compared} loci were compared, fewer than {LOCI_MIN}"));
    }
    if chance >= CHANCE_MAX {
        reasons.push(format!("the search is expected to find {chance:.1} unrelated records"));
    }
    if kind == Kind::TwoPersons {
        reasons.push("one person sampled twice, or twins: the prints tell".to_owned());
    }
    for (name, _) in named(evidence, record).into_iter().filter(|(_, shown)| shown.identified) {
        reasons.push(format!(
            "the laboratory of the {name} tells that its source is identified: the link may be \
             known from casework"
        ));
    }
    Suggestion { step, reasons }
}

/// The two records as pages name them.
fn named(evidence: Shown, record: Shown) -> [(&'static str, Shown); 2] {
    [("evidence", evidence), ("record", record)]
}

/// How two profiles agree, in view of what each may hide.
enum Agrees {
    /// Nothing stands against one source.
    AsOneSource,
    /// Something stands against it that more data may explain.
    Unexplained,
    /// They cannot be of one source.
    Excludes,
}

fn weigh(evidence: Shown, record: Shown, comparison: &Comparison) -> (Vec<String>, Agrees) {
    let at = |wanted: &dyn Fn(&ComparedLocus) -> bool| -> Vec<&str> {
        comparison.loci.iter().filter(|at| wanted(at)).map(|at| at.locus.name()).collect()
    };
    let differs = at(&|at| {
        matches!(at.outcome, LocusOutcome::Mismatch(_) | LocusOutcome::RequiredAlleleAbsent)
    });
    let is_match = |at: &ComparedLocus| matches!(at.outcome, LocusOutcome::Match(_));
    let looser = at(&|at| is_match(at) && at.outcome != LocusOutcome::Match(Level::High));
    let lacking = |at: &ComparedLocus| {
        is_match(at) && shows_more(&at.query, &at.target) && !is_explained(evidence, record)
    };
    let extra = |at: &ComparedLocus| {
        is_match(at) && shows_more(&at.target, &at.query) && !is_explained(record, evidence)
    };
    let unexplained = at(&|at| lacking(at) || extra(at));
    let count = unexplained.len();
    let unexplained = unexplained.join(", ");
    if !differs.is_empty() {
        let reason = format!(
            "{} differ: a relative, a typing error, or an allele that one chemistry does not show",
            differs.join(", ")
        );
        return (vec![reason], Agrees::Unexplained);
    }
    if looser.is_empty() {
        let reason = format!("all {} loci compared show the same alleles", comparison.compared());
        return (vec![reason], Agrees::AsOneSource);
    }
    let both_complete = evidence.is_complete() && record.is_complete();
    let contained = at(&|at| at.outcome == LocusOutcome::Match(Level::Low)).is_empty();
    if both_complete && contained && (1..=NULL_LOCI_MAX).contains(&count) {
        let reason = format!(
            "all loci compared show the same alleles but {unexplained}, where one profile has an \
             allele less: one that its chemistry does not show, or another person"
        );
        return (vec![reason], Agrees::Unexplained);
    }
    if both_complete && count > 0 {
        let reason = format!(
            "both profiles are complete and of one source each, and {count} loci show other \
             alleles: {unexplained}; nobody has 13 and also 13,14"
        );
        return (vec![reason], Agrees::Excludes);
    }
    let mut reasons = vec![format!("the alleles are not all the same at {}", looser.join(", "))];
    if !unexplained.is_empty() {
        let side = if evidence.is_complete() { "record" } else { "evidence" };
        reasons.push(format!(
            "the {side} shows alleles that the other profile lacks, which no drop-out explains, at \
             {unexplained}"
        ));
        return (reasons, Agrees::Unexplained);
    }
    for (name, shown) in named(evidence, record) {
        if shown.is_mixture() {
            reasons.push(format!(
                "the {name} is a mixture: it shows alleles of others, and may hide some"
            ));
        } else if !shown.is_complete() {
            reasons.push(format!("alleles may have dropped out of the {name}"));
        }
    }
    (reasons, Agrees::AsOneSource)
}

/// True where two records of one source can differ by an allele that only the first shows: the
/// second may lack it, or it is of another in a mixture.
fn is_explained(shows: Shown, lacks: Shown) -> bool {
    !lacks.is_complete() || shows.is_mixture()
}

/// True where one genotype shows an allele that agrees with none of the other.
fn shows_more(one: &Option<Genotype>, other: &Option<Genotype>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    let has = |allele: &Allele| other.alleles().iter().any(|it| it.agrees_with(*allele));
    !one.alleles().iter().all(has)
}

#[cfg(test)]
mod tests {
    use super::*;
    use genetics::{Locus, Profile, SearchRule, compare, controls};

    fn with(profile: &Profile, locus: &str, alleles: &str) -> Profile {
        let changed = profile.typed().iter().cloned().map(|mut typed| {
            if typed.locus.name() == locus {
                typed.genotype = alleles.parse().unwrap();
            }
            typed
        });
        Profile::new(changed).unwrap()
    }

    /// Another person, who shares an allele at two more loci.
    fn another(less: &Profile) -> Profile {
        with(&with(less, "FGA", "20"), "TH01", "6")
    }

    fn shown(category: Category) -> Shown {
        Shown { category, partial: false, identified: false }
    }

    fn check(evidence: (Shown, &Profile), record: (Shown, &Profile), step: Step, reason: &str) {
        let kind = match record.0.category.index().holds_persons() {
            true => Kind::EvidenceAndPerson,
            false => Kind::TwoOfEvidence,
        };
        let comparison = compare(evidence.1, record.1, &SearchRule::default());
        let found = suggest(kind, (evidence.0, record.0), &comparison, 1e-9);
        assert_eq!(found.step, step, "{found:?}");
        assert!(found.reasons.iter().any(|it| it.contains(reason)), "{reason}: {found:?}");
    }

    #[test]
    fn each_step_has_its_reason() {
        use Category::{Detainee, ForensicMixture, ForensicPartial, ForensicUnknown};
        use Step::{Exclude, GetMoreData, RequestConfirmation};
        let same = controls::profile("2800M").unwrap();
        let of_person = |category, profile: &Profile, step, reason: &str| {
            check((shown(category), profile), (shown(Detainee), &same), step, reason);
        };
        of_person(ForensicUnknown, &same, RequestConfirmation, "all 20 loci");
        let less = with(&same, "D21S11", "29");
        of_person(ForensicUnknown, &less, GetMoreData, "but D21S11, where one profile has");
        of_person(ForensicUnknown, &another(&less), Exclude, "nobody has 13 and also 13,14");
        of_person(ForensicMixture, &less, RequestConfirmation, "alleles of others");
        of_person(ForensicPartial, &less, RequestConfirmation, "dropped out of the evidence");
        let more = with(&same, "D21S11", "29,30,31.2");
        of_person(ForensicPartial, &more, GetMoreData, "no drop-out explains, at D21S11");
        of_person(ForensicMixture, &more, RequestConfirmation, "alleles of others");
        let other = with(&same, "D21S11", "28");
        of_person(ForensicUnknown, &other, GetMoreData, "D21S11 differ");
        let few = Profile::new(same.typed().iter().take(9).cloned()).unwrap();
        of_person(ForensicUnknown, &few, GetMoreData, "fewer than 13");
    }

    /// A false exclusion is a wrong decision: nobody is excluded because an allele dropped out of
    /// either profile, or because one of two stains is a mixture.
    #[test]
    fn only_two_complete_profiles_exclude() {
        use Category::{Detainee, ForensicMixture, ForensicPartial, ForensicUnknown};
        use Step::{GetMoreData, NoMatch, OneSource, RequestConfirmation};
        let same = controls::profile("2800M").unwrap();
        let less = with(&same, "D21S11", "29");
        let more = with(&same, "D21S11", "29,30,31.2");
        let partial = Shown { partial: true, ..shown(ForensicUnknown) };
        let (person, unknown) = (shown(Detainee), shown(ForensicUnknown));
        let dropped = "may have dropped out of the evidence";
        check((partial, &less), (person, &same), RequestConfirmation, dropped);
        check((partial, &more), (person, &same), GetMoreData, "the evidence shows alleles");
        check((partial, &less), (unknown, &same), OneSource, dropped);
        check((unknown, &less), (unknown, &same), GetMoreData, "its chemistry does not show");
        check((unknown, &another(&less)), (unknown, &same), NoMatch, "nobody has");
        check((partial, &another(&less)), (person, &same), RequestConfirmation, dropped);
        let (of_two, part) = (shown(ForensicMixture), shown(ForensicPartial));
        check((unknown, &same), (of_two, &more), OneSource, "the record is a mixture");
        check((unknown, &same), (of_two, &less), OneSource, "the record is a mixture");
        check((unknown, &same), (part, &less), OneSource, "dropped out of the record");
        check((unknown, &less), (part, &same), GetMoreData, "the record shows alleles");
    }

    /// The FBI's illustration of a partial match (domain section 11.2, without its doubtful row):
    /// nine of twelve loci are not the same, and the person is excluded.
    #[test]
    fn the_partial_match_of_the_fbi_is_excluded() {
        let rows = "D8S1179 13 13,14;D21S11 28,31.2 28,31.2;D7S820 12 10,12;D3S1358 15,17 15,17;\
                    TH01 8 7,8;D13S317 9,12 9;D16S539 11,12 12;vWA 17 15,17;TPOX 8,11 8;\
                    D18S51 24 16,24;D5S818 9,12 12;FGA 24,25 24,25";
        let side = |column: usize| {
            let typed = rows.split(';').map(|row| {
                let row: Vec<&str> = row.split_whitespace().collect();
                (Locus::from_name(row[0]).unwrap(), row[column].parse().unwrap())
            });
            Profile::from_genotypes(typed).unwrap()
        };
        let (evidence, person) = (side(1), side(2));
        let comparison = compare(&evidence, &person, &SearchRule::default());
        assert_eq!((comparison.matching(), comparison.mismatching()), (12, 0));
        let sides = (shown(Category::ForensicUnknown), shown(Category::ConvictedOffender));
        let found = suggest(Kind::EvidenceAndPerson, sides, &comparison, 1e-9);
        assert_eq!(found.step, Step::Exclude, "{found:?}");
    }

    #[test]
    fn chance_and_casework_are_weighed() {
        let same = controls::profile("2800M").unwrap();
        let comparison = compare(&same, &same, &SearchRule::default());
        let person = shown(Category::Detainee);
        let evidence = Shown { identified: true, ..shown(Category::ForensicUnknown) };
        let often = suggest(Kind::EvidenceAndPerson, (evidence, person), &comparison, 2.5);
        assert_eq!(often.step, Step::GetMoreData);
        let told = often.reasons.join("; ");
        assert!(told.contains("2.5 unrelated records"), "{told}");
        assert!(told.contains("source is identified"), "{told}");
    }
}

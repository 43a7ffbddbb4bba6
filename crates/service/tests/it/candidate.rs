//! Candidates: the worklist and its deadline, what the comparison suggests, two sides, counters,
//! and what a new version of a profile does to them.

use std::slice::from_ref;

use genetics::likelihood::{MixtureLikelihood, Model, PersonRatio};
use genetics::rarity::MinimumFrequency;
use genetics::{Category, Frequencies, Index, LocusSet};
use journey::actor::Role;
use journey::candidate::Kind;
use journey::candidate::disposition::{Disposition, Hit};
use journey::candidate::suggestion::Step;
use journey::ids::CandidateId;
use service::audit::Side;
use service::candidate::count::{Count, Uncount};
use service::candidate::rank::Rank;
use service::candidate::what_if::WhatIf;
use service::candidate::{Each, Exclude, Listed, MoreTime, Resolve, Say};
use service::upload::EnterEvidence;
use service::{OpContext, ServiceError};
use store::listing::After;

use crate::ground::{CASEWORK, Ground, on_both, record, refused};
use crate::way::{evidence, mixed, person};

const OTHER: &str = "TXOTHER01";

/// Evidence of another laboratory and case.
fn elsewhere(specimen: &str, n: usize) -> EnterEvidence {
    let laboratory = OTHER.into();
    EnterEvidence { laboratory, case: "CASE-X".into(), ..evidence(specimen, &person(n)) }
}

fn analyst<'a>(ground: &'a Ground, laboratory: &str) -> OpContext<'a> {
    let account = format!("analyst-{laboratory}");
    ground.by_grants(&account, &[(Role::CaseworkAnalyst, laboratory)])
}

/// Evidence of two laboratories with one profile, taken by the first.
fn two_stains(ground: &Ground) -> CandidateId {
    ground.evidence("EV-1", &person(1)).unwrap();
    let other = analyst(ground, OTHER);
    ground.programme.enter_evidence(&other, &elsewhere("EV-2", 1)).unwrap();
    ground.jobs();
    let candidate = ground.candidates()[0].candidate.clone();
    ground
        .programme
        .take_candidates(&analyst(ground, CASEWORK), from_ref(&candidate))
        .and_then(Each::of_one)
        .unwrap();
    candidate
}

fn say(
    ground: &Ground,
    op: &OpContext<'_>,
    candidate: &CandidateId,
    disposition: Disposition,
) -> Result<Listed, ServiceError> {
    let candidates = vec![candidate.clone()];
    let say = Say { candidates, disposition, why: "the profiles".to_owned() };
    ground.programme.say_candidates(op, &say)?.of_one()?;
    ground.programme.view_candidate(op, candidate).map(|explained| explained.listed)
}

#[test]
fn work_is_listed_by_urgency_and_turns_over() {
    on_both(|ground| {
        for n in 0..3 {
            ground.evidence(&format!("EV-{n}A"), &person(n)).unwrap();
            ground.evidence(&format!("EV-{n}B"), &person(n)).unwrap();
            ground.jobs();
            ground.pass(3 * 86_400);
        }
        let op = ground.by(Role::CaseworkAnalyst);
        let page =
            |after: &After| ground.programme.work_candidates(&op, CASEWORK, after, 2).unwrap();
        use service::context::Placed;
        let first = page(&After::start());
        let second = page(&first[1].place());
        let ids: Vec<_> =
            first.iter().chain(&second).map(|line| line.0.candidate.to_string()).collect();
        assert_eq!(ids, ["EV-0A~EV-0B", "EV-1A~EV-1B", "EV-2A~EV-2B"]);
        assert!(first.iter().all(|line| !line.0.overdue));
        ground.pass(60 * 86_400);
        let late = ground.by(Role::CaseworkAnalyst);
        let lines = ground.programme.work_candidates(&late, "", &After::start(), 9).unwrap();
        assert!(lines.iter().all(|line| line.0.overdue), "thirty business days are over");
    });
}

#[test]
fn the_comparison_suggests_and_the_chance_is_told() {
    on_both(|ground| {
        let (_, candidate) = ground.taken(&record(1), "K-1");
        let op = ground.by(Role::CaseworkAnalyst);
        let explained = ground.programme.view_candidate(&op, &candidate).unwrap();
        assert_eq!(explained.suggestion.step, Step::RequestConfirmation);
        assert_eq!(explained.rarity.populations.len(), 4);
        assert_eq!(explained.records, 1);
        assert!(explained.chance_candidates < 1e-6, "{}", explained.chance_candidates);
        assert_eq!(explained.listed.kind, Some(Kind::EvidenceAndPerson));
    });
}

#[test]
fn more_time_is_given_for_a_reason_by_who_works_on_it() {
    on_both(|ground| {
        let (_, candidate) = ground.taken(&record(1), "K-1");
        let until = |days| {
            let day = ground.by(Role::CaseworkAnalyst).today();
            day.saturating_add(jiff::Span::new().days(days))
        };
        let ask = |days: i64, why: &str| MoreTime {
            candidate: candidate.clone(),
            until: until(days),
            why: why.to_owned(),
        };
        let op = ground.by(Role::CaseworkAnalyst);
        for wrong in [ask(0, "typed again"), ask(-3, "typed again"), ask(90, " ")] {
            let outcome = ground.programme.put_off_candidate(&op, &wrong);
            assert!(matches!(outcome, Err(ServiceError::Invalid(_))), "{outcome:?}");
        }
        let before = ground.state();
        let another = ground.by_another(Role::CaseworkAnalyst, "another");
        let outcome = ground.programme.put_off_candidate(&another, &ask(90, "typed again"));
        assert_eq!(refused(outcome), "WRONG_STAGE");
        assert_eq!(ground.state(), before, "nothing is half done");
        let listed = ground.programme.put_off_candidate(&op, &ask(90, "typed again")).unwrap();
        assert_eq!(listed.due_at.unwrap().to_string()[..10], until(90).to_string());
        assert_eq!(listed.put_off.unwrap().why, "typed again");
        ground.pass(60 * 86_400);
        let work = |ground: &Ground| {
            let op = ground.by(Role::CaseworkAnalyst);
            ground.programme.work_candidates(&op, "", &After::start(), 9).unwrap()[0].0.overdue
        };
        assert!(!work(ground));
        ground.pass(31 * 86_400);
        assert!(work(ground), "the time that was given is over");
        assert_eq!(ground.events(Side::Index, "candidate", "put_off").len(), 1);
    });
}

#[test]
fn several_are_excluded_for_one_reason_and_each_by_itself() {
    on_both(|ground| {
        let specimen = ground.specimen(&record(1), "K-1");
        ground.typed("PL-1", &specimen, &person(1));
        ground.enter(&specimen).unwrap();
        for name in ["EV-1", "EV-2"] {
            ground.evidence(name, &person(1)).unwrap();
        }
        ground.jobs();
        let of_person = |line: &Listed| line.kind == Some(Kind::EvidenceAndPerson);
        let candidates: Vec<_> =
            ground.candidates().into_iter().filter(of_person).map(|line| line.candidate).collect();
        assert_eq!(candidates.len(), 2);
        let op = ground.by(Role::CaseworkAnalyst);
        ground
            .programme
            .take_candidates(&op, from_ref(&candidates[0]))
            .and_then(Each::of_one)
            .unwrap();
        let exclude = Exclude { candidates: candidates.clone(), why: "a relative".to_owned() };
        let each = ground.programme.exclude_candidates(&op, &exclude).unwrap();
        assert_eq!(each.done, candidates[..1]);
        assert_eq!(each.refused[0].0, candidates[1]);
        assert_eq!(each.refused[0].1.code.code(), "WRONG_STAGE");
        let without = Exclude { candidates, why: " ".to_owned() };
        assert!(ground.programme.exclude_candidates(&op, &without).is_err());
    });
}

#[test]
fn two_laboratories_conclude_a_pair_when_they_say_the_same() {
    on_both(|ground| {
        let candidate = two_stains(ground);
        let (one, other) = (analyst(ground, CASEWORK), analyst(ground, OTHER));
        let stranger = analyst(ground, "TXSTRANGE1");
        let forbidden = say(ground, &stranger, &candidate, Disposition::ForensicHit);
        assert!(matches!(forbidden, Err(ServiceError::Forbidden { .. })), "{forbidden:?}");
        let listed = say(ground, &one, &candidate, Disposition::ForensicHit).unwrap();
        assert_eq!((listed.stage, listed.opinions.len()), ("under_review", 1));
        let listed = say(ground, &other, &candidate, Disposition::NoMatch).unwrap();
        assert_eq!((listed.stage, listed.opinions.len()), ("under_review", 2));
        let listed = say(ground, &other, &candidate, Disposition::ForensicHit).unwrap();
        assert_eq!(listed.stage, "concluded");
        let view = ground.programme.view_candidate(&other, &candidate).unwrap();
        assert_eq!(view.listed.kind, Some(Kind::TwoOfEvidence));
    });
}

#[test]
fn one_person_sampled_twice_is_found_and_a_relative_is_not() {
    on_both(|ground| {
        let first = person(1);
        let changed = first.typed().iter().cloned().enumerate().map(|(at, mut typed)| {
            if at == 3 {
                let kept = typed.genotype.alleles()[0];
                typed.genotype = genetics::Genotype::new([kept]).unwrap();
            }
            typed
        });
        let relative = genetics::Profile::new(changed).unwrap();
        for (n, profile) in [(1, &first), (2, &first), (3, &relative)] {
            let specimen = ground.specimen(&record(n), &format!("K-{n}"));
            ground.typed(&format!("PL-{n}"), &specimen, profile);
            ground.enter(&specimen).unwrap();
            ground.jobs();
        }
        let laboratory = ground.programme.laboratory().to_string();
        let reviewer = ground.by(Role::Reviewer);
        let custodian = ground.by(Role::IndexCustodian);
        let start = After::start();
        let lines = ground.programme.work_candidates(&custodian, "", &start, 9).unwrap();
        assert_eq!(lines.len(), 1, "{laboratory}: {lines:?}");
        let candidate = lines[0].0.candidate.clone();
        assert_eq!(lines[0].0.kind, Some(Kind::TwoPersons));
        assert!(ground.candidates().is_empty(), "no matter of a casework laboratory");
        ground
            .programme
            .take_candidates(&reviewer, from_ref(&candidate))
            .and_then(Each::of_one)
            .unwrap();
        let asked =
            ground.programme.request_confirmation(&ground.by(Role::CaseworkAnalyst), &candidate);
        assert!(asked.is_err());
        let hit = say(ground, &reviewer, &candidate, Disposition::ForensicHit);
        assert_eq!(refused(hit), "DISPOSITION_CONFLICT");
        let listed = say(ground, &reviewer, &candidate, Disposition::Duplicate).unwrap();
        assert_eq!(listed.stage, "concluded", "the laboratory speaks for both records");
    });
}

#[test]
fn several_pairs_are_said_to_be_one_thing_and_no_side_excludes_for_the_other() {
    on_both(|ground| {
        for name in ["EV-1A", "EV-2A"] {
            ground.evidence(name, &person(1)).unwrap();
        }
        let other = analyst(ground, OTHER);
        ground.programme.enter_evidence(&other, &elsewhere("EV-3X", 1)).unwrap();
        ground.jobs();
        let one = analyst(ground, CASEWORK);
        let candidates: Vec<_> =
            ground.candidates().into_iter().map(|line| line.candidate).collect();
        assert_eq!(candidates.len(), 3);
        let taken = ground.programme.take_candidates(&one, &candidates).unwrap();
        assert_eq!(taken.done, candidates);
        let why = "one stain typed twice".to_owned();
        let exclude = Exclude { candidates: candidates.clone(), why: why.clone() };
        let each = ground.programme.exclude_candidates(&one, &exclude).unwrap();
        let codes: Vec<_> = each.refused.iter().map(|(_, refusal)| refusal.code.code()).collect();
        assert_eq!(codes, ["DISPOSITION_CONFLICT"; 3], "the other side has a say");
        let say = Say { candidates: candidates.clone(), disposition: Disposition::Duplicate, why };
        let each = ground.programme.say_candidates(&one, &say).unwrap();
        assert_eq!((each.done.len(), each.refused.len()), (3, 0));
        // Both of the first are of one laboratory, which speaks for both sides.
        let concluded: Vec<_> = ground
            .candidates()
            .into_iter()
            .filter(|line| line.stage == "concluded")
            .map(|line| line.candidate.to_string())
            .collect();
        assert_eq!(concluded, ["EV-1A~EV-2A"]);
        let stranger = analyst(ground, "TXSTRANGE1");
        let forbidden = ground.programme.say_candidates(&stranger, &say);
        assert!(matches!(forbidden, Err(ServiceError::Forbidden { .. })), "{forbidden:?}");
        let again = ground.programme.say_candidates(&other, &say);
        assert!(matches!(again, Err(ServiceError::Forbidden { .. })), "one of them is not theirs");
    });
}

/// A mixture or a part of a profile links two cases, whichever came first, and is one candidate.
/// Within a case the laboratory compares its stains by itself.
#[test]
fn a_mixture_links_another_case_and_not_its_own() {
    on_both(|ground| {
        let op = analyst(ground, CASEWORK);
        let other = analyst(ground, OTHER);
        let enter = |op: &OpContext<'_>, specimen: &str, case: &str, mixture: bool| {
            let of = match mixture {
                true => EnterEvidence {
                    category: Category::ForensicMixture,
                    ..evidence(specimen, &mixed(&person(1), &person(2)))
                },
                false => evidence(specimen, &person(1)),
            };
            let at = op.actor.grants[0].site.as_str().into();
            let of = EnterEvidence { case: case.into(), laboratory: at, ..of };
            ground.programme.enter_evidence(op, &of).unwrap();
            ground.jobs();
        };
        enter(&op, "EV-1", "CASE-1", false);
        enter(&op, "EV-2", "CASE-1", true);
        assert!(ground.candidates().is_empty(), "one case");
        enter(&other, "EV-3", "CASE-1", false);
        enter(&op, "EV-0", "CASE-9", true);
        let ids = |op: &OpContext<'_>| -> Vec<String> {
            let lines = ground.programme.list_candidates(op, "", "new", &After::start(), 9);
            let mut ids: Vec<_> =
                lines.unwrap().iter().map(|line| line.candidate.to_string()).collect();
            ids.sort();
            ids
        };
        // CASE-1 of the other laboratory is another case. Two mixtures are not searched.
        assert_eq!(ids(&op), ["EV-0~EV-1", "EV-0~EV-3", "EV-1~EV-3", "EV-2~EV-3"]);
        assert_eq!(ids(&other), ["EV-0~EV-3", "EV-1~EV-3", "EV-2~EV-3"]);
        let explained = ground.programme.view_candidate(&op, &"EV-1~EV-3".into()).unwrap();
        let mixture = ground.programme.view_candidate(&op, &"EV-2~EV-3".into()).unwrap();
        assert_eq!(explained.suggestion.step, Step::OneSource);
        assert_eq!(mixture.suggestion.step, Step::OneSource, "{:?}", mixture.suggestion);
        let turned = ground.programme.view_candidate(&op, &"EV-0~EV-1".into()).unwrap();
        assert_eq!(turned.suggestion.step, Step::OneSource);
        // What is expected by chance is told by the mixture, on whichever side it stands.
        assert!(mixture.chance_candidates > explained.chance_candidates * 1e6);
        let ratio = turned.chance_candidates / mixture.chance_candidates;
        assert!((ratio - 1.0).abs() < 1e-9, "{ratio}");
    });
}

#[test]
fn a_custodian_decides_between_two_that_do_not_agree() {
    on_both(|ground| {
        let candidate = two_stains(ground);
        let (one, other) = (analyst(ground, CASEWORK), analyst(ground, OTHER));
        let custodian = ground.by(Role::IndexCustodian);
        let resolve = Resolve {
            candidate: candidate.clone(),
            disposition: Disposition::NoMatch,
            why: "typed again".to_owned(),
        };
        let early = ground.programme.resolve_candidate(&custodian, &resolve);
        assert_eq!(refused(early), "WRONG_STAGE");
        say(ground, &one, &candidate, Disposition::ForensicHit).unwrap();
        say(ground, &other, &candidate, Disposition::NoMatch).unwrap();
        let listed = ground.programme.resolve_candidate(&custodian, &resolve).unwrap();
        assert_eq!(listed.stage, "concluded");
    });
}

#[test]
fn what_came_of_it_is_counted_once_and_can_be_taken_back() {
    on_both(|ground| {
        let candidate = two_stains(ground);
        let (one, other) = (analyst(ground, CASEWORK), analyst(ground, OTHER));
        let count = |hit, aided: &[&str]| Count {
            candidate: candidate.clone(),
            hit,
            aided: aided.iter().map(|case| (*case).into()).collect(),
        };
        let forensic = count(Hit::ForensicHit, &["CASE-1", "CASE-X", "CASE-1"]);
        assert_eq!(refused(ground.programme.count_candidate(&one, &forensic)), "WRONG_STAGE");
        for op in [&one, &other] {
            say(ground, op, &candidate, Disposition::ForensicHit).unwrap();
        }
        let offender = count(Hit::OffenderHit, &[]);
        let wrong = ground.programme.count_candidate(&one, &offender);
        assert_eq!(refused(wrong), "DISPOSITION_CONFLICT");
        let stranger = ground.programme.count_candidate(&one, &count(Hit::ForensicHit, &["C-9"]));
        assert!(matches!(stranger, Err(ServiceError::Invalid(_))), "{stranger:?}");
        ground.programme.count_candidate(&one, &forensic).unwrap();
        assert_eq!(refused(ground.programme.count_candidate(&one, &forensic)), "WRONG_STAGE");
        let auditor = ground.by(Role::Auditor);
        let counters = ground.programme.counters(&auditor).unwrap();
        assert_eq!((counters.hits, counters.investigations_aided), (1, 2));
        let custodian = ground.by(Role::IndexCustodian);
        let uncount = Uncount { candidate: candidate.clone(), why: "one stain".to_owned() };
        ground.programme.uncount_candidate(&custodian, &uncount).unwrap();
        let counters = ground.programme.counters(&auditor).unwrap();
        assert_eq!((counters.hits, counters.investigations_aided), (0, 0));
        assert_eq!(counters.corrections[0].why, "one stain");
        ground.programme.count_candidate(&one, &count(Hit::ForensicHit, &["CASE-1"])).unwrap();
        let counters = ground.programme.counters(&auditor).unwrap();
        assert_eq!((counters.hits, counters.investigations_aided), (1, 1));
    });
}

#[test]
fn a_candidate_ends_with_a_new_version_that_no_longer_matches_and_comes_back_with_one_that_does() {
    on_both(|ground| {
        let specimen = ground.specimen(&record(1), "K-1");
        ground.typed("PL-1", &specimen, &person(1));
        ground.enter(&specimen).unwrap();
        ground.evidence("EV-1", &person(1)).unwrap();
        ground.jobs();
        let candidate = ground.candidates()[0].candidate.clone();
        ground.pass(60);
        ground.evidence("EV-1", &person(2)).unwrap();
        ground.jobs();
        assert_eq!(ground.candidates()[0].stage, "outdated");
        ground.pass(60);
        ground.evidence("EV-1", &person(1)).unwrap();
        ground.jobs();
        let again = &ground.candidates()[0];
        assert_eq!((again.stage, &again.candidate), ("new", &candidate));
    });
}

#[test]
fn a_confirmation_ends_with_its_candidate_and_can_be_asked_for_again() {
    on_both(|ground| {
        let (_, candidate) = ground.taken(&record(1), "K-1");
        let first = ground.ask_to_confirm(&candidate);
        ground.pass(60);
        ground.evidence("EV-1", &person(2)).unwrap();
        assert_eq!(ground.jobs().failed, 0);
        let reviewer = ground.by(Role::Reviewer);
        let list = |stage| {
            let start = After::start();
            let listed = ground.programme.list_confirmations(&reviewer, stage, &start, 9).unwrap();
            listed.into_iter().map(|line| line.confirmation).collect::<Vec<_>>()
        };
        assert_eq!(list("refuted"), std::slice::from_ref(&first));
        let analyst = ground.by(Role::CaseworkAnalyst);
        let told = ground.programme.list_notices(&analyst, CASEWORK, &After::start(), 9).unwrap();
        assert_eq!(told[0].subject.word(), "not_confirmed");

        ground.pass(60);
        ground.evidence("EV-1", &person(1)).unwrap();
        ground.jobs();
        assert_eq!(ground.candidates()[0].stage, "new");
        ground
            .programme
            .take_candidates(&analyst, from_ref(&candidate))
            .and_then(Each::of_one)
            .unwrap();
        let second = ground.ask_to_confirm(&candidate);
        assert_eq!(list("requested"), std::slice::from_ref(&second));
        ground.confirm(&second, &person(1));
        assert_eq!(ground.jobs().failed, 0);
        assert_eq!(ground.candidates()[0].stage, "confirmed");
    });
}

#[test]
fn no_name_comes_out_of_a_confirmation_whose_candidate_has_ended() {
    on_both(|ground| {
        let (_, candidate) = ground.taken(&record(1), "K-1");
        let confirmation = ground.ask_to_confirm(&candidate);
        let (reviewer, p) = (ground.by(Role::Reviewer), &ground.programme);
        p.check_lawful(&reviewer, &confirmation).unwrap();
        p.check_identity(&reviewer, &confirmation, true).unwrap();
        let analyst = ground.by(Role::Analyst);
        let other = p.retype(&analyst, &confirmation, Some((&"K-2".into(), &person(1))));
        assert_eq!(refused(other), "BARCODE_MISMATCH", "another swab from the archive");
        p.retype(&analyst, &confirmation, Some((&"K-1".into(), &person(1)))).unwrap();
        ground.pass(60);
        ground.evidence("EV-1", &person(2)).unwrap();
        ground.jobs();
        assert_eq!(refused(p.conclude_confirmation(&reviewer, &confirmation)), "WRONG_STAGE");
    });
}

#[test]
fn another_matrix_tells_what_would_appear_and_vanish_and_by_chance() {
    on_both(|ground| {
        let specimen = ground.specimen(&record(1), "K-1");
        ground.typed("PL-1", &specimen, &person(1));
        ground.enter(&specimen).unwrap();
        ground.evidence("EV-1", &person(1)).unwrap();
        let whole = person(1);
        let partial = whole.typed().iter().cloned().map(|mut typed| {
            if [genetics::Locus::Fga, genetics::Locus::Vwa].contains(&typed.locus) {
                typed.genotype = "30,31".parse().unwrap();
            }
            typed
        });
        let partial = genetics::Profile::new(partial).unwrap();
        ground.evidence("EV-2", &partial).unwrap();
        ground.jobs();
        let before = ground.state();
        let custodian = ground.by(Role::IndexCustodian);
        let ask = |stringency: &str, mismatches: u8| {
            let text = format!(
                "[[edition]]\neffective_from = '2021-01-01'\n[[edition.pair]]\n\
                 query = ['forensic']\ntarget = ['detainee']\nstringency = '{stringency}'\n\
                 panel = 'core20'\nmatching_min = 8\nmismatches_max = {mismatches}\n\
                 confidence = 'D'\n"
            );
            let mut told = 0;
            let what_if = ground
                .programme
                .what_if_matrix(&custodian, &text, |done, total| {
                    assert!(done <= total);
                    told += 1;
                })
                .unwrap();
            assert_eq!(told, 3);
            what_if
        };
        let looser = ask("moderate", 2);
        let pair = |what_if: &WhatIf, target| {
            let of_evidence = what_if.pairs.iter().filter(|it| it.query == Index::Forensic);
            of_evidence.into_iter().find(|it| it.target == target).unwrap().clone()
        };
        let found = pair(&looser, Index::Detainee);
        assert_eq!((found.now, found.then, found.appear, found.vanish), (1, 2, 1, 0));
        assert!(found.by_chance_then > found.by_chance_now * 10.0, "{found:?}");
        assert_eq!(looser.appear[0].as_str(), format!("EV-2~{specimen}"));
        // The other matrix does not search evidence against evidence at all.
        let evidence = pair(&looser, Index::Forensic);
        assert_eq!((evidence.rule_then, evidence.then), (None, 0));
        let same = ask("high", 0);
        let found = pair(&same, Index::Detainee);
        assert_eq!((found.now, found.then, found.appear, found.vanish), (1, 1, 0, 0));
        assert_eq!(ground.state(), before, "nothing is changed");
        let panel = "[[edition]]\neffective_from = '2021-01-01'\n[[edition.pair]]\nquery = []\n\
            target = []\nstringency = 'high'\npanel = 'core99'\nmatching_min = 8\n\
            mismatches_max = 0\nconfidence = 'D'\n";
        for text in ["", "edition = 1", panel] {
            let refused = ground.programme.what_if_matrix(&custodian, text, |_, _| ());
            assert!(matches!(refused, Err(ServiceError::Invalid(_))), "{refused:?}");
        }
    });
}

#[test]
fn the_donors_of_a_mixture_are_ranked_first_and_nobody_else_is_told() {
    on_both(|ground| {
        let mut persons = Vec::new();
        for n in 1..=4_u32 {
            let specimen = ground.specimen(&record(n), &format!("K-{n}"));
            ground.typed(&format!("PL-{n}"), &specimen, &person(n as usize));
            ground.enter(&specimen).unwrap();
            ground.jobs();
            persons.push(specimen);
        }
        let stain = mixed(&person(1), &person(2));
        let mut mixture = evidence("EV-1", &stain);
        mixture.category = Category::ForensicMixture;
        let analyst = analyst(ground, CASEWORK);
        ground.programme.enter_evidence(&analyst, &mixture).unwrap();
        ground.jobs();

        let asked = Rank::new("EV-1".into());
        let ranking = ground.programme.rank_persons(&analyst, &asked).unwrap();
        assert_eq!((ranking.persons, ranking.by_chance_at_most), (4, 4e-6));
        let mut told: Vec<_> = ranking.ranked.iter().map(|it| it.specimen.clone()).collect();
        told.sort();
        assert_eq!(told, persons[..2], "the donors and nobody else");
        // Each as the mixture alone says, in the population that has the least.
        let model = Model::new(2, 0.1, 0.05, 0.01, MinimumFrequency::FiveOverTwoN).unwrap();
        assert_eq!(ranking.model, model.to_string(), "four alleles at a locus: two persons");
        for ranked in &ranking.ranked {
            let n = 1 + persons.iter().position(|it| *it == ranked.specimen).unwrap();
            let table = Frequencies::shipped();
            let ratios = table.usual().map(|population| {
                let stain = std::slice::from_ref(&stain);
                let mixture = MixtureLikelihood::new(stain, LocusSet::core20(), population, &model);
                mixture.unwrap().ratio(&person(n))
            });
            let least = PersonRatio::least(ratios.collect()).unwrap();
            assert!((least.ratio.log10() - ranked.log10_lr).abs() < 0.001, "{ranked:?}");
            let (candidate, stage) = ranked.candidate.clone().unwrap();
            assert_eq!(candidate.as_str(), format!("EV-1~{}", ranked.specimen));
            assert_eq!(stage, "new");
        }
        assert_eq!(ground.events(Side::Index, "candidate", "ranked").len(), 1);

        let refusals = [
            (Rank { log10_lr_min: 3.9, ..asked.clone() }, "give 4 or more"),
            (Rank { log10_lr_min: f64::NAN, ..asked.clone() }, "give 4 or more"),
            (Rank { contributors: Some(5), ..asked.clone() }, "give 1 to 4"),
            (Rank { contributors: Some(1), drop_in: 0.0, ..asked.clone() }, "is impossible"),
        ];
        for (asked, right) in refusals {
            let wrong = ground.programme.rank_persons(&analyst, &asked).unwrap_err();
            assert!(wrong.to_string().contains(right), "{wrong}");
        }
        let of_person = Rank::new(persons[0].clone());
        let own = ground.by_grants("own", &[(Role::CaseworkAnalyst, "*")]);
        assert_eq!(refused(ground.programme.rank_persons(&own, &of_person)), "SEARCH_FORBIDDEN");
        let other = self::analyst(ground, OTHER);
        let forbidden = ground.programme.rank_persons(&other, &asked);
        assert!(matches!(forbidden, Err(ServiceError::Forbidden { .. })), "{forbidden:?}");
    });
}

/// A candidate that an earlier matrix, or a fault, left out is found when the evidence is searched
/// again; what is there already stays.
#[test]
fn evidence_is_searched_again_and_finds_what_is_missing() {
    on_both(|ground| {
        ground.taken(&record(1), "K-1");
        ground.evidence("EV-2", &person(1)).unwrap();
        ground.jobs();
        let before = ground.candidates();
        assert_eq!(before.len(), 3);
        let lost = before.iter().find(|line| line.stage == "new").unwrap().candidate.clone();
        let gone = ground.database(Side::Index).write(|tx| {
            tx.execute("DELETE FROM candidate WHERE id = $1", store::values![lost.as_str()])
        });
        assert_eq!(gone.unwrap(), 1);
        let custodian = ground.by(Role::IndexCustodian);
        assert_eq!(ground.programme.search_again(&custodian, |_, _| ()).unwrap().waiting, 2);
        assert_eq!(
            ground.programme.search_again(&custodian, |_, _| ()).unwrap().waiting,
            0,
            "once a day"
        );
        ground.jobs();
        let after = ground.candidates();
        let told = |lines: &[Listed]| -> Vec<(String, &str)> {
            let mut told: Vec<_> =
                lines.iter().map(|line| (line.candidate.to_string(), line.stage)).collect();
            told.sort();
            told
        };
        assert_eq!(told(&after), told(&before));
    });
}

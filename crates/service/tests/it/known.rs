//! The gate of the index: known profiles first, complete, rare enough; and new versions of records.

use exchange::cmf::Version;
use exchange::type18::LocusNumbers;
use genetics::{Category, Genotype, Locus, LocusSet, Profile};
use jiff::tz::TimeZone;
use journey::actor::Role;
use journey::candidate::suggestion::Step;
use journey::ids::SpecimenNumber;
use service::ServiceError;
use service::audit::Side;
use service::upload::export::{Export, Format};
use service::upload::known::{EXPIRED, KeepKnown};
use store::listing::After;

use crate::ground::{CASEWORK, Ground, on_both, record, refused};
use crate::way::{evidence, mixed, person, victim};

/// Another profile at one locus.
fn with(profile: &Profile, locus: Locus, alleles: &str) -> Profile {
    let changed = profile.typed().iter().cloned().map(|mut typed| {
        if typed.locus == locus {
            typed.genotype = alleles.parse().unwrap();
        }
        typed
    });
    Profile::new(changed).unwrap()
}

fn staff(specimen: &str, profile: &Profile) -> KeepKnown {
    KeepKnown { category: Category::Staff, case: None, ..victim(specimen, profile) }
}

fn stage(ground: &Ground, specimen: &str) -> Option<&'static str> {
    ground.stage_of_record(&SpecimenNumber::from(specimen))
}

#[test]
fn a_victims_profile_never_enters_as_evidence_of_the_case() {
    on_both(|ground| {
        let kept = ground.keep_known(&victim("V-1", &person(1))).unwrap();
        assert_eq!(kept.conflicts, []);
        assert_eq!(refused(ground.evidence("EV-1", &person(1))), "KNOWN_PROFILE");
        // One allele dropped out: still nobody else's.
        let dropped = person(1).typed()[0].genotype.alleles()[0].to_string();
        let less = with(&person(1), person(1).typed()[0].locus, &dropped);
        assert_eq!(refused(ground.evidence("EV-2", &less)), "KNOWN_PROFILE");
        assert_eq!(stage(ground, "EV-1"), None);
        // In a mixture with somebody else's alleles the victim is no reason to refuse.
        let mut mixture = evidence("EV-3", &mixed(&person(1), &person(2)));
        mixture.category = Category::ForensicMixture;
        let analyst = ground.by(Role::CaseworkAnalyst);
        ground.programme.enter_evidence(&analyst, &mixture).unwrap();
        // The victim of one case may be the source of another's stain.
        let mut elsewhere = evidence("EV-4", &person(1));
        elsewhere.case = "CASE-2".into();
        ground.programme.enter_evidence(&analyst, &elsewhere).unwrap();
        // Known profiles are found by no search.
        ground.jobs();
        assert!(
            ground.candidates().iter().all(|it| it.found.as_ref().unwrap().record != "V-1".into())
        );
    });
}

#[test]
fn evidence_that_entered_before_is_told_when_the_victim_becomes_known() {
    on_both(|ground| {
        ground.evidence("EV-1", &person(1)).unwrap();
        ground.evidence("EV-2", &person(2)).unwrap();
        let kept = ground.keep_known(&victim("V-1", &person(1))).unwrap();
        assert_eq!(kept.conflicts, ["EV-1".into()]);
        assert_eq!(ground.events(Side::Index, "upload", "in_conflict").len(), 1);
        let analyst = ground.by(Role::CaseworkAnalyst);
        let why = "it is the victim's";
        ground.programme.withdraw_evidence(&analyst, &"EV-1".into(), why).unwrap();
        assert_eq!(stage(ground, "EV-1"), Some("withdrawn"));
        assert!(
            ground
                .texts(Side::Index, "record")
                .iter()
                .all(|row| !row.contains("EV-1") || !row.contains("FGA"))
        );
        let gone = ground.programme.withdraw_evidence(&analyst, &"EV-1".into(), why);
        assert!(matches!(gone, Err(ServiceError::NotFound { .. })), "{gone:?}");
    });
}

#[test]
fn staff_is_compared_with_everything_and_everybody() {
    on_both(|ground| {
        let specimen = ground.specimen(&record(1), "K-1");
        ground.typed("PL-1", &specimen, &person(1));
        ground.enter(&specimen).unwrap();
        ground.evidence("EV-1", &person(2)).unwrap();
        ground.jobs();
        let kept = ground.keep_known(&staff("ST-1", &person(1))).unwrap();
        assert_eq!(kept.conflicts, std::slice::from_ref(&specimen));
        let kept = ground.keep_known(&staff("ST-2", &person(2))).unwrap();
        assert_eq!(kept.conflicts, ["EV-1".into()]);
        assert_eq!(refused(ground.evidence("EV-2", &person(2))), "KNOWN_PROFILE");
        let other = ground.specimen(&record(2), "K-2");
        ground.typed("PL-2", &other, &person(2));
        assert_eq!(refused(ground.enter(&other)), "KNOWN_PROFILE");
    });
}

#[test]
fn a_known_profile_is_kept_where_it_belongs_and_goes_with_its_profile() {
    on_both(|ground| {
        let without = KeepKnown { case: None, ..victim("V-1", &person(1)) };
        assert_eq!(refused(ground.keep_known(&without)), "CATEGORY_CONFLICT");
        let with_case = KeepKnown { case: Some("CASE-1".into()), ..staff("ST-1", &person(1)) };
        assert_eq!(refused(ground.keep_known(&with_case)), "CATEGORY_CONFLICT");
        let suspect = KeepKnown { category: Category::SuspectKnown, ..victim("V-1", &person(1)) };
        assert_eq!(refused(ground.keep_known(&suspect)), "CATEGORY_CONFLICT");
        ground.keep_known(&victim("V-1", &person(1))).unwrap();
        assert_eq!(refused(ground.keep_known(&victim("V-1", &person(2)))), "ALREADY_RECORDED");
        let analyst = ground.by(Role::CaseworkAnalyst);
        let listed = |stage, at: i64| {
            ground.pass(at);
            let analyst = ground.by(Role::CaseworkAnalyst);
            ground.programme.list_known(&analyst, stage, &After::start(), 10).unwrap()
        };
        assert!(!listed("kept", 0)[0].expired && listed(EXPIRED, 0).is_empty());
        let years = 6 * 365 * 86_400;
        assert!(listed("kept", years)[0].expired, "five years, and somebody must look");
        ground.keep_known(&victim("V-2", &person(3))).unwrap();
        let due: Vec<_> = listed(EXPIRED, 0).into_iter().map(|line| line.specimen).collect();
        assert_eq!(due, ["V-1".into()], "and not the one kept today");
        ground.programme.take_out_known(&analyst, &"V-2".into(), "a mistake").unwrap();
        let take_out = |why| ground.programme.take_out_known(&analyst, &"V-1".into(), why);
        assert!(take_out("").is_err());
        take_out("the case is closed").unwrap();
        assert!(ground.texts(Side::Index, "known").iter().all(|row| !row.contains("FGA")));
        ground.evidence("EV-1", &person(1)).unwrap();
    });
}

#[test]
fn equal_profiles_of_one_plate_wait_for_a_reviewer() {
    on_both(|ground| {
        let (one, two) = (ground.specimen(&record(1), "K-1"), ground.specimen(&record(2), "K-2"));
        ground.load("PL-1", &[&one, &two]);
        ground.import("PL-1", &[(&one, &person(1)), (&two, &person(1))]).unwrap();
        ground.review(&one).unwrap();
        ground.review(&two).unwrap();
        assert_eq!(refused(ground.enter(&one)), "PLATE_CONFLICT");
        let clear = |role, account: &str, other: &SpecimenNumber| {
            let op = ground.by_another(role, account);
            ground.programme.clear_plate(&op, &one, other, "one person, two bookings")
        };
        assert_eq!(refused(clear(Role::Reviewer, "reviewer", &one)), "NOT_ON_PLATE");
        clear(Role::Reviewer, "reviewer", &two).unwrap();
        ground.enter(&one).unwrap();
        ground.enter(&two).unwrap();
        assert_eq!(ground.events(Side::Index, "upload", "cleared").len(), 1);
    });
}

#[test]
fn weak_evidence_is_refused_with_the_arithmetic() {
    on_both(|ground| {
        let eight: LocusSet = LocusSet::core13().iter().take(8).collect();
        let few = |profile: &Profile| {
            let kept = profile.typed().iter().filter(|typed| eight.contains(typed.locus));
            Profile::new(kept.cloned()).unwrap()
        };
        // At every locus the two commonest alleles.
        let eight_loci = few(&person(1));
        let common = eight_loci.typed().iter().map(|typed| {
            let table = genetics::Frequencies::shipped();
            let mut shares = table.population("Caucasian").unwrap().shares(typed.locus).to_vec();
            shares.sort_by(|a, b| b.frequency.total_cmp(&a.frequency));
            (typed.locus, Genotype::new(shares[..2].iter().map(|it| it.allele)).unwrap())
        });
        let common = Profile::from_genotypes(common.collect::<Vec<_>>()).unwrap();
        let outcome = ground.evidence("EV-1", &common);
        let text = format!("{outcome:?}");
        assert_eq!(refused(outcome), "PROFILE_NOT_ACCEPTED");
        assert!(text.contains("must be as rare as 1 in 10000000"), "{text}");
    });
}

#[test]
fn a_new_version_takes_the_place_of_the_old_and_is_searched() {
    on_both(|ground| {
        ground.evidence("EV-1", &person(1)).unwrap();
        ground.evidence("EV-2", &person(2)).unwrap();
        ground.jobs();
        assert!(ground.candidates().is_empty());
        assert_eq!(refused(ground.evidence("EV-2", &person(2))), "ALREADY_RECORDED");
        ground.evidence("EV-2", &person(1)).unwrap();
        ground.jobs();
        assert_eq!(ground.candidates().len(), 1, "the new profile was searched");
        assert_eq!(ground.events(Side::Index, "upload", "replaced").len(), 1);
        assert_eq!(ground.counts()["index.record_version"], 1);
        let mut other = evidence("EV-2", &person(3));
        other.case = "CASE-2".into();
        let analyst = ground.by(Role::CaseworkAnalyst);
        let outcome = ground.programme.enter_evidence(&analyst, &other);
        assert_eq!(refused(outcome), "ALREADY_RECORDED", "of another case");
        ground.programme.withdraw_evidence(&analyst, &"EV-2".into(), "a mistake").unwrap();
        assert_eq!(ground.counts()["index.record_version"], 0);
    });
}

#[test]
fn a_person_typed_again_is_replaced_in_the_index() {
    on_both(|ground| {
        let specimen = ground.specimen(&record(1), "K-1");
        ground.typed("PL-1", &specimen, &person(1));
        ground.enter(&specimen).unwrap();
        ground.pass(60);
        let again = with(&person(1), Locus::Fga, "20,22");
        ground.typed("PL-2", &specimen, &again);
        let custodian = ground.by(Role::IndexCustodian);
        let waiting = ground.programme.list_to_enter(&custodian, 10).unwrap();
        assert_eq!(waiting, std::slice::from_ref(&specimen), "the new version waits");
        ground.pass(60);
        ground.enter(&specimen).unwrap();
        assert!(ground.programme.list_to_enter(&custodian, 10).unwrap().is_empty());
        assert_eq!(refused(ground.enter(&specimen)), "ALREADY_RECORDED");
    });
}

#[test]
fn records_go_out_as_cmf_and_evidence_comes_back_in() {
    on_both(|ground| {
        let specimen = ground.specimen(&record(1), "K-1");
        ground.typed("PL-1", &specimen, &person(1));
        ground.enter(&specimen).unwrap();
        ground.evidence("EV-1", &person(2)).unwrap();
        let custodian = ground.by(Role::IndexCustodian);
        let give = |format, specimens: &[&SpecimenNumber]| {
            let mut out = Vec::new();
            let specimens = specimens.iter().map(|it| (*it).clone()).collect();
            let export = Export { format, destination: "TXDESTIN1".into(), specimens };
            let exported = ground.programme.export_records(&custodian, &export, &mut out);
            exported.map(|exported| (exported, String::from_utf8(out).unwrap()))
        };
        let zone = TimeZone::get("America/New_York").unwrap();
        let export = |version, specimens: &[_]| give(Format::Cmf(version, zone.clone()), specimens);
        let evidence = SpecimenNumber::from("EV-1");
        let (exported, text) = export(Version::Cmf2017, &[&specimen, &evidence]).unwrap();
        assert_eq!(exported.written, [specimen.clone(), evidence.clone()]);
        assert!(
            text.contains("<SPECIMEN CASEID=\"CASE-1\">") && text.contains("GlobalFiler Express")
        );
        assert_eq!(ground.events(Side::Index, "upload", "exported").len(), 2);
        // The version of 2006 has neither the category nor seven of the loci.
        let (exported, text) = export(Version::Cmf32, &[&specimen]).unwrap();
        assert!(exported.left_out[0].1.contains("write cmf-2017"), "{exported:?}");
        assert!(!text.contains("<SPECIMEN"));
        assert_eq!(ground.events(Side::Index, "upload", "exported").len(), 2, "it stayed here");
        let stranger = SpecimenNumber::from("S-9");
        let missing = export(Version::Cmf2017, &[&stranger]);
        assert!(matches!(missing, Err(ServiceError::NotFound { .. })), "{missing:?}");
        assert!(matches!(export(Version::RapidR16, &[]), Err(ServiceError::Invalid(_))));
        let (exported, text) = give(Format::Niem, &[&specimen, &evidence]).unwrap();
        assert_eq!(exported.written.len(), 2);
        assert_eq!(text.matches("<biom:DNARecord>").count(), 2);
        let barcode = "K-1";
        assert!(!text.contains(barcode), "no link to the kit leaves the index");
        let table = "locus,number\nFGA,1\n";
        let (numbers, _) = LocusNumbers::read(table.as_bytes()).unwrap();
        let (exported, _) = give(Format::Type18(numbers), &[&specimen]).unwrap();
        assert!(exported.left_out[0].1.contains("has no number"), "{exported:?}");

        let analyst = ground.by(Role::CaseworkAnalyst);
        let (_, whole) = export(Version::Cmf2017, &[&specimen, &evidence]).unwrap();
        let renamed = whole.replace(">EV-1<", ">EV-2<").replace("CASE-1", "CASE-7");
        let import = ground
            .programme
            .enter_evidence_cmf(&analyst, renamed.as_bytes(), &crate::ground::CASEWORK.into())
            .unwrap();
        assert_eq!(import.entered, ["EV-2".into()]);
        assert_eq!(import.left_out[0].0, specimen, "a person's profile does not come in this way");
        assert!(import.problems[0].contains("the file is of"), "{:?}", import.problems);
    });
}

/// A CMF file of one stain of CASE-1, in which one allele of D21S11 dropped out.
fn file_of_one(profile: &Profile, partial: &str) -> String {
    let loci: String = profile
        .typed()
        .iter()
        .map(|typed| {
            let alleles = typed.genotype.alleles();
            // One allele of one locus dropped out.
            let seen = if typed.locus == Locus::D21s11 { &alleles[..1] } else { alleles };
            let alleles: String = seen
                .iter()
                .map(|it| format!("<ALLELE><ALLELEVALUE>{it}</ALLELEVALUE></ALLELE>"))
                .collect();
            format!(
                "<LOCUS KIT=\"GlobalFiler\"><LOCUSNAME>{}</LOCUSNAME>\
                 <READINGBY>reader-7</READINGBY>\
                 <READINGDATETIME>2020-03-04T05:06:07</READINGDATETIME>{alleles}</LOCUS>",
                typed.locus
            )
        })
        .collect();
    assert_eq!(profile.at(Locus::D21s11).unwrap().genotype.alleles().len(), 2);
    format!(
        "<CODISImportFile xmlns=\"urn:CODISImportFile-schema\">\
         <HEADERVERSION>3.2</HEADERVERSION><MESSAGETYPE>Import</MESSAGETYPE>\
         <DESTINATIONORI>TXDNAIDX1</DESTINATIONORI><SOURCELAB>{CASEWORK}</SOURCELAB>\
         <SUBMITBYUSERID>user</SUBMITBYUSERID>\
         <SUBMITDATETIME>2020-03-05T00:00:00</SUBMITDATETIME>\
         <SPECIMEN SOURCEID=\"Yes\" CASEID=\"CASE-1\"{partial}>\
         <SPECIMENID>EV-1</SPECIMENID>\
         <SPECIMENCATEGORY>Forensic, Unknown</SPECIMENCATEGORY>{loci}</SPECIMEN>\
         </CODISImportFile>"
    )
}

/// What a laboratory tells of its evidence stays with the record, goes out with it, and is looked at
/// when a person is to be excluded.
#[test]
fn what_is_told_of_evidence_stays_with_it() {
    on_both(|ground| {
        let specimen = ground.specimen(&record(1), "K-1");
        ground.typed("PL-1", &specimen, &person(1));
        ground.enter(&specimen).unwrap();
        let enter = |partial: &str| {
            let (analyst, text) =
                (ground.by(Role::CaseworkAnalyst), file_of_one(&person(1), partial));
            let laboratory = CASEWORK.into();
            let entered =
                ground.programme.enter_evidence_cmf(&analyst, text.as_bytes(), &laboratory);
            ground.jobs();
            entered.unwrap()
        };
        let suggested = || {
            let op = ground.by(Role::CaseworkAnalyst);
            let candidate = ground.candidates()[0].candidate.clone();
            ground.programme.view_candidate(&op, &candidate).unwrap()
        };
        let import = enter("");
        assert_eq!(import.entered, ["EV-1".into()], "{import:?}");
        assert_eq!(suggested().suggestion.step, Step::GetMoreData);
        // The laboratory corrects itself: the same alleles, which may not be all.
        assert_eq!(enter(" PARTIAL=\"true\"").entered, ["EV-1".into()]);
        assert_eq!(enter(" PARTIAL=\"true\"").refused.len(), 1, "it is in the index");
        let explained = suggested();
        assert_eq!(explained.suggestion.step, Step::RequestConfirmation);
        assert!(explained.evidence.partial && explained.evidence.identified);

        let custodian = ground.by(Role::IndexCustodian);
        let zone = TimeZone::get("America/New_York").unwrap();
        let format = Format::Cmf(Version::Cmf2017, zone);
        let specimens = vec!["EV-1".into()];
        let export = Export { format, destination: "TXDESTIN1".into(), specimens };
        let mut out = Vec::new();
        ground.programme.export_records(&custodian, &export, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        for told in [
            "<SPECIMEN SOURCEID=\"Yes\" CASEID=\"CASE-1\" PARTIAL=\"true\">",
            "KIT=\"GlobalFiler\"",
            "<READINGBY>reader-7</READINGBY>",
            "<READINGDATETIME>2020-03-04T05:06:07</READINGDATETIME>",
        ] {
            assert!(text.contains(told), "{told}: {text}");
        }
    });
}

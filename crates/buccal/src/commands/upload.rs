//! `buccal upload ...`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use genetics::acceptance::AcceptanceRule;
use genetics::{Category, Index};
use journey::ids::{CaseNumber, Ori, SpecimenNumber};
use serde::Serialize;
use service::upload::CaseEvidence;

use super::{Page, act, cmf, done, read, start, tables};
use crate::output::wrong;
use crate::shell::Common;

/// What can be done with the index.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Records of the index
    List(Page),
    /// Enter persons' profiles: reviewed, accepted, lawful
    Enter {
        /// Specimen numbers
        #[arg(required = true)]
        specimens: Vec<String>,
    },
    /// Enter the evidence of a genotype table
    EnterEvidence {
        /// The table; sample names are the specimen numbers
        file: PathBuf,
        /// Category, such as "Forensic, Unknown" or "Forensic Mixture"
        #[arg(long)]
        category: String,
        /// ORI of the laboratory of the case
        #[arg(long)]
        ori: String,
        /// The case
        #[arg(long)]
        case: String,
        /// More may have been there than was seen: alleles may have dropped out
        #[arg(long)]
        partial: bool,
        /// Where the error file goes (default: beside the table)
        #[arg(long)]
        errors: Option<PathBuf>,
    },
    /// What each category must hold to enter the index, and when it is looked at again
    Acceptance,
    /// Look at a CMF file: version, header, specimens, everything wrong; needs no database
    Check(cmf::Check),
    /// Write records of the index into a file for another laboratory: CMF, NIEM or ANSI/NIST-ITL
    Export(cmf::ExportTo),
    /// Enter the evidence of a CMF file
    EnterCmf(cmf::EnterCmf),
    /// Take evidence out of the index that should not be there
    WithdrawEvidence {
        /// Its specimen number
        specimen: String,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Let two specimens of one plate enter that show the same profile
    ClearPlate {
        /// A specimen
        specimen: String,
        /// The other
        other: String,
        /// Why they agree
        #[arg(long)]
        why: String,
    },
    /// Known profiles, compared before anything enters; at stage expired those to look at again
    Known(Page),
    /// Keep the profiles of staff, or of victims and eliminated persons of a case
    KeepKnown {
        /// A genotype table; sample names are the laboratory's numbers
        file: PathBuf,
        /// "Staff", "Victim, Known" or "Elimination, Known"
        #[arg(long)]
        category: String,
        /// ORI of the laboratory
        #[arg(long)]
        ori: String,
        /// The case; none for staff
        #[arg(long)]
        case: Option<String>,
    },
    /// Take a known profile out
    TakeOutKnown {
        /// Its specimen number
        specimen: String,
        /// Why
        #[arg(long)]
        why: String,
    },
}

/// A row of the acceptance table.
#[derive(Serialize)]
struct Acceptance {
    category: Category,
    index: Index,
    tried: Option<String>,
    required: Option<String>,
    in_old_records: Option<String>,
    alleles_max: usize,
    loci_with_one_more: usize,
    as_rare_as: Option<String>,
    looked_at_again_after_days: u32,
    confidence: String,
}

fn acceptance((category, rule): (Category, &AcceptanceRule)) -> Acceptance {
    Acceptance {
        category,
        index: rule.index,
        tried: rule.attempt.clone(),
        required: rule.required.as_ref().map(ToString::to_string),
        in_old_records: rule.legacy.as_ref().map(ToString::to_string),
        alleles_max: rule.alleles_max,
        loci_with_one_more: rule.tri_alleles_max,
        as_rare_as: rule.rarity.as_ref().map(ToString::to_string),
        looked_at_again_after_days: rule.expires_after_days,
        confidence: rule.confidence.clone(),
    }
}

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::List(page) => read(common, |programme, op| {
            Ok(programme.list_records(op, &page.stage, &start(), page.limit)?)
        }),
        Verb::Enter { specimens } => act(common, |programme, op| {
            for specimen in specimens {
                programme.enter_person(op, &SpecimenNumber::new(specimen))?;
            }
            Ok(done("entered"))
        }),
        Verb::EnterEvidence { file, category, ori, case, partial, errors } => {
            let category = evidence_category(&category)?;
            let (laboratory, case) = (Ori::new(ori), CaseNumber::new(case));
            let of = CaseEvidence { category, laboratory, case, partial };
            let errors = tables::error_file(&file, errors);
            let table = tables::genotype_table(&file, Some(&errors))?;
            act(common, |programme, op| Ok(programme.enter_evidence_table(op, &of, table)?))
        }
        Verb::Acceptance => read(common, |programme, op| {
            Ok(programme.acceptance_table(op)?.rows().map(acceptance).collect::<Vec<_>>())
        }),
        Verb::Check(check) => cmf::check(common, &check),
        Verb::Export(export) => cmf::export(common, export),
        Verb::EnterCmf(enter) => cmf::enter(common, &enter),
        Verb::WithdrawEvidence { specimen, why } => act(common, |programme, op| {
            programme.withdraw_evidence(op, &SpecimenNumber::new(specimen), &why)?;
            Ok(done("withdrawn"))
        }),
        Verb::ClearPlate { specimen, other, why } => act(common, |programme, op| {
            let (specimen, other) = (SpecimenNumber::new(specimen), SpecimenNumber::new(other));
            programme.clear_plate(op, &specimen, &other, &why)?;
            Ok(done("cleared"))
        }),
        Verb::Known(page) => read(common, |programme, op| {
            Ok(programme.list_known(op, &page.stage, &start(), page.limit)?)
        }),
        Verb::KeepKnown { file, category, ori, case } => {
            let category = Category::from_name(&category).ok_or_else(|| {
                wrong(format!("--category: '{category}' is no category; give one in CMF spelling"))
            })?;
            let samples = tables::genotype_table(&file, None)?.samples;
            let (laboratory, case) = (Ori::new(ori), case.map(CaseNumber::new));
            act(common, |programme, op| {
                let case = case.as_ref();
                Ok(programme.keep_known_table(op, category, &laboratory, case, samples)?)
            })
        }
        Verb::TakeOutKnown { specimen, why } => act(common, |programme, op| {
            programme.take_out_known(op, &SpecimenNumber::new(specimen), &why)?;
            Ok(done("taken out"))
        }),
    }
}

fn evidence_category(name: &str) -> anyhow::Result<Category> {
    let is_evidence = |category: &&Category| category.index().holds_evidence();
    Category::from_name(name).filter(|category| is_evidence(&category)).ok_or_else(|| {
        let evidence = Category::ALL.iter().filter(is_evidence);
        let known: Vec<_> = evidence.map(|category| category.name()).collect();
        wrong(format!("--category: '{name}' is none of evidence; give one of {}", known.join("; ")))
    })
}

//! `buccal candidate ...`, and the search that needs no database.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use exchange::candidates::{CandidatePair, CandidateWriter};
use genetics::{Level, LocusSet, Profile, SearchRule};
use journey::ids::{CandidateId, SpecimenNumber};
use serde::Serialize;
use service::candidate::Exclude;

use super::{act, done, pairs, read, tables};
use crate::output::{progress, show, wrong};
use crate::shell::Common;

/// What can be done with candidates.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Candidates of a laboratory
    List {
        /// ORI of the laboratory of the case (default: all that the account may see)
        #[arg(long, default_value = "")]
        ori: String,
        /// Only what stands at this stage
        #[arg(long, default_value = "")]
        stage: String,
        /// Rows at most
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// One candidate, locus by locus
    View {
        /// Its id
        candidate: String,
    },
    /// Take a candidate to work on
    Take {
        /// Its id
        candidate: String,
    },
    /// Exclude a candidate
    Exclude {
        /// Its id
        candidate: String,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Ask the database laboratory to confirm a candidate
    Request {
        /// Its id
        candidate: String,
    },
    /// Search genotype tables against each other; needs no database
    Search(Search),
    /// Compare every profile of a genotype table with every other; needs no database
    Pairs(pairs::Pairs),
}

/// A search of files.
#[derive(Args, Debug)]
pub(crate) struct Search {
    /// Genotype tables of persons
    #[arg(long, required = true, num_args = 1..)]
    persons: Vec<PathBuf>,
    /// Genotype tables of evidence
    #[arg(long, required = true, num_args = 1..)]
    forensic: Vec<PathBuf>,
    /// high, moderate or low
    #[arg(long, default_value = "moderate")]
    stringency: String,
    /// Loci that must match at least
    #[arg(long, default_value_t = 8)]
    min_loci: u8,
    /// Loci that may differ at most
    #[arg(long, default_value_t = 1)]
    mismatches: u8,
    /// Loci looked at: core13, core20 or autosomal
    #[arg(long, default_value = "core20")]
    loci: String,
    /// Where the candidates go (CSV)
    #[arg(long)]
    out: PathBuf,
}

/// What a search of files gave.
#[derive(Serialize)]
struct Searched {
    persons: usize,
    forensic: usize,
    candidates: usize,
    out: String,
}

/// Alleles at one locus that a search of files takes.
const ALLELES_MAX: usize = 10;

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::List { ori, stage, limit } => {
            read(common, |programme, op| Ok(programme.list_candidates(op, &ori, &stage, limit)?))
        }
        Verb::View { candidate } => read(common, |programme, op| {
            Ok(programme.view_candidate(op, &CandidateId::new(candidate))?)
        }),
        Verb::Take { candidate } => act(common, |programme, op| {
            programme.take_candidate(op, &CandidateId::new(candidate))?;
            Ok(done("taken"))
        }),
        Verb::Exclude { candidate, why } => act(common, |programme, op| {
            let candidate = CandidateId::new(candidate);
            programme.exclude_candidate(op, &Exclude { candidate, why })?;
            Ok(done("excluded"))
        }),
        Verb::Request { candidate } => act(common, |programme, op| {
            Ok(programme.request_confirmation(op, &CandidateId::new(candidate))?)
        }),
        Verb::Search(search) => search_files(common, &search),
        Verb::Pairs(pairs) => pairs::run(common, &pairs),
    }
}

fn search_files(common: &Common, search: &Search) -> anyhow::Result<ExitCode> {
    let rule = rule(search)?;
    let persons = profiles(&search.persons, rule.loci)?;
    let forensic = profiles(&search.forensic, rule.loci)?;
    let pairs = search::search_tables(&persons, &forensic, &rule)?;
    let file = File::create(&search.out)
        .with_context(|| format!("{} cannot be written", search.out.display()))?;
    let mut out = CandidateWriter::new(file)?;
    for pair in &pairs {
        let name = |of: &[(String, Profile)], place: usize| {
            of.get(place).map_or_else(String::new, |(name, _)| name.clone())
        };
        out.write(&CandidatePair {
            forensic: SpecimenNumber::new(name(&forensic, pair.forensic)),
            person: SpecimenNumber::new(name(&persons, pair.person)),
            loci_compared: pair.compared.into(),
            loci_matching: pair.matching.into(),
            mismatches: pair.mismatching.into(),
            stringency: pair.loosest.unwrap_or(Level::Mismatch),
        })?;
    }
    out.finish()?;
    let searched = Searched {
        persons: persons.len(),
        forensic: forensic.len(),
        candidates: pairs.len(),
        out: search.out.display().to_string(),
    };
    show(&searched, common.json)?;
    Ok(ExitCode::SUCCESS)
}

fn rule(search: &Search) -> anyhow::Result<SearchRule> {
    let stringency = Level::from_word(&search.stringency).ok_or_else(|| {
        let found = &search.stringency;
        wrong(format!("--stringency: '{found}' was found; give high, moderate or low"))
    })?;
    let loci = LocusSet::named(&search.loci).ok_or_else(|| {
        let found = &search.loci;
        wrong(format!("--loci: '{found}' was found; give core13, core20 or autosomal"))
    })?;
    if usize::from(search.min_loci) > loci.len() {
        let (found, most) = (search.min_loci, loci.len());
        return Err(wrong(format!("--min-loci: {found} was found; {} has {most}", search.loci)));
    }
    Ok(SearchRule {
        stringency,
        stringency_by_locus: Vec::new(),
        loci,
        matching_min: search.min_loci,
        mismatches_max: search.mismatches,
    })
}

fn profiles(files: &[PathBuf], loci: LocusSet) -> anyhow::Result<Vec<(String, Profile)>> {
    let bar = progress(files.len() as u64, "tables read");
    let mut profiles = Vec::new();
    for file in files {
        let table = tables::genotype_table(file, None)?;
        for sample in table.samples {
            check_alleles(file, &sample.name, &sample.profile, loci)?;
            profiles.push((sample.name, sample.profile));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(profiles)
}

fn check_alleles(file: &Path, name: &str, profile: &Profile, loci: LocusSet) -> anyhow::Result<()> {
    let found = profile.alleles_max(loci);
    if found <= ALLELES_MAX {
        return Ok(());
    }
    let file = file.display();
    let text = format!("sample '{name}' has {found} alleles at one locus");
    Err(wrong(format!("{file}: {text}; at most {ALLELES_MAX} can be searched")))
}

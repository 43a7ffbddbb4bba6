//! `buccal candidate ...`; what needs no database is in `candidate_search`, `candidate_rank` and
//! `pairs`.

use std::process::ExitCode;

use clap::Subcommand;
use journey::ids::CandidateId;
use service::candidate::Exclude;

use super::{act, candidate_rank, candidate_search, done, pairs, read};
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
    Search(candidate_search::Search),
    /// Rank persons of genotype tables by how well they explain a mixture; needs no database
    Rank(candidate_rank::Rank),
    /// Compare every profile of a genotype table with every other; needs no database
    Pairs(pairs::Pairs),
}

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
        Verb::Search(search) => candidate_search::run(common, &search),
        Verb::Rank(rank) => candidate_rank::run(common, &rank),
        Verb::Pairs(pairs) => pairs::run(common, &pairs),
    }
}

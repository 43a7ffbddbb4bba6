//! `buccal candidate ...`; what needs no database is in `candidate_search`, `candidate_rank`,
//! `rarity` and `pairs`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use journey::candidate::disposition::{Disposition, Hit};
use journey::ids::{CandidateId, CaseNumber, SpecimenNumber};
use service::candidate::count::{Count, Uncount};
use service::candidate::rank::{LOG10_LR_DEFAULT, Rank};
use service::candidate::{Exclude, MoreTime, Resolve, Say};

use super::{
    act, candidate_rank, candidate_search, candidate_show, pairs, rarity, read, start, tell,
};
use crate::output::{progress, wrong};
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
    /// What a laboratory has to look at, most urgent first
    Work {
        /// ORI of the laboratory (default: all that the account may see)
        #[arg(long, default_value = "")]
        ori: String,
        /// Rows at most
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// One candidate, locus by locus, with how rare the evidence is and what that suggests
    View {
        /// Its id
        candidate: String,
    },
    /// Take candidates to work on
    Take {
        /// Their ids
        #[arg(required = true)]
        candidates: Vec<String>,
    },
    /// Give a candidate that you work on more time
    PutOff {
        /// Its id
        candidate: String,
        /// The last day of its time, such as 2020-07-31
        #[arg(long)]
        until: Date,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Exclude persons as sources of evidence, for one reason
    Exclude {
        /// Their ids
        #[arg(required = true)]
        candidates: Vec<String>,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Say what pairs are, for your own side and one reason; two sides that say the same conclude
    /// a pair
    Say {
        /// Their ids
        #[arg(required = true)]
        candidates: Vec<String>,
        /// forensic_hit, benchwork_match, duplicate, twin, no_match or waiting_for_more_data
        #[arg(long)]
        disposition: String,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Decide between two sides that do not agree
    Resolve {
        /// Its id
        candidate: String,
        /// As for say
        #[arg(long)]
        disposition: String,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Count what came of a candidate
    Count {
        /// Its id
        candidate: String,
        /// offender_hit, forensic_hit, conviction_match, benchwork_match or
        /// investigative_information
        #[arg(long)]
        hit: String,
        /// A case whose investigation it aided
        #[arg(long)]
        aided: Vec<String>,
    },
    /// Take a count back
    Uncount {
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
    /// The search matrix in force
    Matrix,
    /// Search all evidence again under the matrix in force
    SearchAgain,
    /// What another search matrix would change, over the whole index; changes nothing
    WhatIf {
        /// The other matrix (TOML, as in crates/genetics/data/search-matrix.toml)
        #[arg(long)]
        matrix: PathBuf,
    },
    /// Search genotype tables against each other; needs no database
    Search(candidate_search::Search),
    /// How rare the profiles of a genotype table are; needs no database
    Rarity(rarity::RarityOf),
    /// Rank persons of genotype tables by how well they explain a mixture; needs no database
    Rank(candidate_rank::Rank),
    /// Rank persons of the index by how well they explain a mixture that is in it
    RankIndex(RankIndex),
    /// Compare every profile of a genotype table with every other; needs no database
    Pairs(pairs::Pairs),
}

/// A ranking of the index.
#[derive(Args, Debug)]
pub(crate) struct RankIndex {
    /// The evidence: its specimen number
    specimen: String,
    /// Persons in the mixture, 1 to 4 (default: the fewest that its alleles allow)
    #[arg(long)]
    contributors: Option<u8>,
    /// The chance that a copy of an allele is not seen
    #[arg(long, default_value_t = 0.1)]
    drop_out: f64,
    /// The chance that an allele of nobody is seen at a locus
    #[arg(long, default_value_t = 0.05)]
    drop_in: f64,
    /// Ancestry in common: 0.01, or 0.03 for small isolated populations
    #[arg(long, default_value_t = 0.01)]
    theta: f64,
    /// The least ratio that is told, as a power of ten, 4 or more
    #[arg(long, default_value_t = LOG10_LR_DEFAULT)]
    log10_lr_min: f64,
}

impl RankIndex {
    fn asked(self) -> Rank {
        let Self { specimen, contributors, drop_out, drop_in, theta, log10_lr_min } = self;
        let specimen = SpecimenNumber::new(specimen);
        Rank { specimen, contributors, drop_out, drop_in, theta, log10_lr_min }
    }
}

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::List { ori, stage, limit } => {
            let start = start();
            tell(
                common,
                |lines: &Vec<_>| candidate_show::list(lines),
                |programme, op| Ok(programme.list_candidates(op, &ori, &stage, &start, limit)?),
            )
        }
        Verb::Work { ori, limit } => tell(
            common,
            |lines: &Vec<_>| candidate_show::list(lines),
            |programme, op| {
                let urgent = programme.work_candidates(op, &ori, &start(), limit)?;
                Ok(urgent.into_iter().map(|line| line.0).collect())
            },
        ),
        Verb::View { candidate } => tell(common, candidate_show::one, |programme, op| {
            Ok(programme.view_candidate(op, &CandidateId::new(candidate))?)
        }),
        Verb::Take { candidates } => act(common, |programme, op| {
            Ok(programme.take_candidates(op, &ids(candidates))?.of_one()?)
        }),
        Verb::PutOff { candidate, until, why } => act(common, |programme, op| {
            let more = MoreTime { candidate: CandidateId::new(candidate), until, why };
            Ok(programme.put_off_candidate(op, &more)?)
        }),
        Verb::Exclude { candidates, why } => act(common, |programme, op| {
            let exclude = Exclude { candidates: ids(candidates), why };
            Ok(programme.exclude_candidates(op, &exclude)?.of_one()?)
        }),
        Verb::Say { candidates, disposition, why } => {
            let disposition = disposition_of(&disposition)?;
            let say = Say { candidates: ids(candidates), disposition, why };
            act(common, |programme, op| Ok(programme.say_candidates(op, &say)?.of_one()?))
        }
        Verb::Resolve { candidate, disposition, why } => {
            let disposition = disposition_of(&disposition)?;
            let resolve = Resolve { candidate: CandidateId::new(candidate), disposition, why };
            act(common, |programme, op| Ok(programme.resolve_candidate(op, &resolve)?))
        }
        Verb::Count { candidate, hit, aided } => {
            let hit = hit_of(&hit)?;
            let aided = aided.into_iter().map(CaseNumber::new).collect();
            let count = Count { candidate: CandidateId::new(candidate), hit, aided };
            act(common, |programme, op| Ok(programme.count_candidate(op, &count)?))
        }
        Verb::Uncount { candidate, why } => act(common, |programme, op| {
            let candidate = CandidateId::new(candidate);
            Ok(programme.uncount_candidate(op, &Uncount { candidate, why })?)
        }),
        Verb::Request { candidate } => act(common, |programme, op| {
            Ok(programme.request_confirmation(op, &CandidateId::new(candidate))?)
        }),
        Verb::Matrix => {
            read(common, |programme, op| Ok(programme.search_matrix(op)?.rows().to_vec()))
        }
        Verb::SearchAgain => search_again(common),
        Verb::WhatIf { matrix } => what_if(common, &matrix),
        Verb::Search(search) => candidate_search::run(common, &search),
        Verb::Rarity(asked) => rarity::run(common, &asked),
        Verb::Rank(rank) => candidate_rank::run(common, &rank),
        Verb::RankIndex(asked) => {
            let asked = asked.asked();
            act(common, |programme, op| Ok(programme.rank_persons(op, &asked)?))
        }
        Verb::Pairs(pairs) => pairs::run(common, &pairs),
    }
}

fn ids(candidates: Vec<String>) -> Vec<CandidateId> {
    candidates.into_iter().map(CandidateId::new).collect()
}

fn disposition_of(word: &str) -> anyhow::Result<Disposition> {
    Disposition::from_word(word).ok_or_else(|| {
        let words: Vec<_> = Disposition::ALL.iter().map(|one| one.word()).collect();
        let words = words.join(", ");
        wrong(format!("--disposition: '{word}' was found; give one of {words}"))
    })
}

fn hit_of(word: &str) -> anyhow::Result<Hit> {
    Hit::from_word(word).ok_or_else(|| {
        let words: Vec<_> = Hit::ALL.iter().map(|hit| hit.word()).collect();
        wrong(format!("--hit: '{word}' was found; give one of {}", words.join(", ")))
    })
}

fn search_again(common: &Common) -> anyhow::Result<ExitCode> {
    let bar = progress(0, "records asked for");
    act(common, |programme, op| {
        let again = programme.search_again(op, |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        })?;
        bar.finish_and_clear();
        Ok(again)
    })
}

fn what_if(common: &Common, matrix: &Path) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(matrix)
        .map_err(|error| wrong(format!("--matrix: {}: {error}; give a file", matrix.display())))?;
    let bar = progress(0, "records asked");
    tell(common, candidate_show::what_if, |programme, op| {
        let what_if = programme.what_if_matrix(op, &text, |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        })?;
        bar.finish_and_clear();
        Ok(what_if)
    })
}

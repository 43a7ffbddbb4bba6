//! `buccal notice ...`

use std::process::ExitCode;

use clap::Subcommand;
use journey::ids::{NoticeId, Ori};
use journey::notice::Purpose;

use super::{act, done, read, start};
use crate::output::wrong;
use crate::shell::Common;

/// What can be done with notices.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Notices that are not acknowledged, most urgent first
    List {
        /// Site or ORI of the receiver (default: all)
        #[arg(long, default_value = "")]
        to: String,
        /// Rows at most
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Record that a notice was delivered
    Deliver {
        /// The notice
        notice: String,
    },
    /// Read the name behind a confirmed candidate, as the laboratory of the case
    ReleaseName {
        /// The notice
        notice: String,
        /// ORI of the laboratory of the case
        #[arg(long)]
        ori: String,
        /// law_enforcement_identification, judicial_proceedings, criminal_defense,
        /// statistics_and_quality (34 USC 12592(b)(3))
        #[arg(long)]
        release_purpose: Option<String>,
    },
    /// Record that the investigators of the case were told
    PassOn {
        /// The notice
        notice: String,
    },
    /// Read of which of your samples a hit is, as the agency that took it
    ReadHit {
        /// The notice
        notice: String,
    },
    /// Record that a notice arrived
    Acknowledge {
        /// The notice
        notice: String,
    },
}

/// Runs a verb.
pub(crate) fn run(common: &Common, verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::List { to, limit } => {
            read(common, |programme, op| Ok(programme.list_notices(op, &to, &start(), limit)?))
        }
        Verb::Deliver { notice } => act(common, |programme, op| {
            programme.deliver_notice(op, &NoticeId::new(notice))?;
            Ok(done("delivered"))
        }),
        Verb::ReleaseName { notice, ori, release_purpose } => {
            let purpose = release_purpose.map(|word| purpose(&word)).transpose()?;
            act(common, |programme, op| {
                Ok(programme.release_name(op, &NoticeId::new(notice), &Ori::new(ori), purpose)?)
            })
        }
        Verb::PassOn { notice } => act(common, |programme, op| {
            programme.pass_on_notice(op, &NoticeId::new(notice))?;
            Ok(done("told"))
        }),
        Verb::ReadHit { notice } => {
            act(common, |programme, op| Ok(programme.read_hit(op, &NoticeId::new(notice))?))
        }
        Verb::Acknowledge { notice } => act(common, |programme, op| {
            programme.acknowledge_notice(op, &NoticeId::new(notice))?;
            Ok(done("acknowledged"))
        }),
    }
}

fn purpose(word: &str) -> anyhow::Result<Purpose> {
    Purpose::from_word(word).ok_or_else(|| {
        let known: Vec<_> = Purpose::ALL.iter().map(|purpose| purpose.word()).collect();
        let known = known.join(", ");
        wrong(format!("--release-purpose: '{word}' is no purpose; give one of {known}"))
    })
}

//! Evidence is searched again: after another edition of the matrix came into force, or to prove
//! that nothing was missed. What is a candidate already stays as it is.

use genetics::Category;
use serde::Serialize;
use store::index::upload as rows;
use store::job;

use crate::context::OpContext;
use crate::error::ServiceError;
use crate::outbox::{self, Search};
use crate::programme::Programme;
use crate::unit::note;

/// Records whose search is asked for in one step.
const PAGE: usize = 2_000;

/// What is searched again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SearchedAgain {
    /// Records of evidence that wait for their search now; those of today's earlier asking are not
    /// counted again.
    pub waiting: u64,
}

impl Programme {
    /// Searches all evidence again under the matrix of today, once a day at most. Every pair with
    /// evidence is found from that side; persons are not searched among themselves.
    ///
    /// # Errors
    /// `Forbidden`. After an error it can be asked again. `progress` is told records done and in
    /// all.
    pub fn search_again(
        &self,
        op: &OpContext<'_>,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<SearchedAgain, ServiceError> {
        self.may(op, "candidate.search-again", "")?;
        let today = op.today();
        self.index_step(op, "candidate", "evidence", |tx| {
            note(tx, op, "candidate", "evidence", "searched_again", &today)
        })?;
        let evidence = Category::ALL.iter().filter(|category| category.index().holds_evidence());
        let evidence = self.index.read(|tx| {
            let all: Result<Vec<_>, _> =
                evidence.clone().map(|category| rows::of_category(tx, *category)).collect();
            all.map(|all| all.concat())
        })?;
        let (mut done, mut waiting) = (0, 0);
        for page in evidence.chunks(PAGE) {
            waiting += self.index.write(|tx| {
                let mut enqueued = 0;
                for specimen in page {
                    let search = Search { specimen: specimen.clone() };
                    let key = format!("search/{specimen}/again/{today}");
                    enqueued += u64::from(job::enqueue(tx, &key, outbox::SEARCH, &search, op.at)?);
                }
                Ok::<u64, ServiceError>(enqueued)
            })?;
            done += page.len() as u64;
            progress(done, evidence.len() as u64);
        }
        Ok(SearchedAgain { waiting })
    }
}

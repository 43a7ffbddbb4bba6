//! Evidence is searched again: after another edition of the matrix came into force, or to prove
//! that nothing was missed. What is a candidate already stays as it is.

use serde::Serialize;
use store::index::upload as rows;
use store::job;

use crate::context::OpContext;
use crate::error::ServiceError;
use crate::outbox::{self, Search};
use crate::programme::Programme;
use crate::unit::note;

/// Records read in one page.
const PAGE: u32 = 2_000;

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
    /// `Forbidden`. After an error it can be asked again.
    pub fn search_again(&self, op: &OpContext<'_>) -> Result<SearchedAgain, ServiceError> {
        self.may(op, "candidate.search-again", "")?;
        let today = op.today();
        self.index_step(op, "candidate", "evidence", |tx| {
            note(tx, op, "candidate", "evidence", "searched_again", &today)
        })?;
        let (mut after, mut waiting) = (0, 0);
        loop {
            let page = self.index.read(|tx| rows::page_searchable(tx, after, PAGE))?;
            let Some(last) = page.last() else { break };
            after = last.search_key;
            let evidence = page.iter().filter(|record| record.category.index().holds_evidence());
            waiting += self.index.write(|tx| {
                let mut enqueued = 0;
                for record in evidence.clone() {
                    let search = Search { specimen: record.id.clone() };
                    let key = format!("search/{}/again/{today}", record.id);
                    enqueued += u64::from(job::enqueue(tx, &key, outbox::SEARCH, &search, op.at)?);
                }
                Ok::<u64, ServiceError>(enqueued)
            })?;
        }
        Ok(SearchedAgain { waiting })
    }
}

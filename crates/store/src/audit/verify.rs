//! Checks the whole record: every leaf anew from its row, every stored hash, the numbering, every
//! checkpoint. Reads in pages, so memory does not grow with the record. Deliberately absent:
//! repair. What no local check can see is the loss of entries younger than the last checkpoint
//! together with their hashes; a checkpoint kept elsewhere shows that.

use std::collections::VecDeque;

use thiserror::Error;
use tlog_tiles::{node_hash, stored_hash_index};

use crate::audit::checkpoint::{self, AuditVerifier, Checkpoint, NoteFault};
use crate::audit::{self, Event, Hash};
use crate::error::StoreError;
use crate::tx::Tx;
use crate::values;

const PAGE: u32 = 1000;
const EVENTS: &str = "SELECT seq, at, actor, purpose, station, subject, kind, body FROM event \
     WHERE seq > $1 ORDER BY seq LIMIT $2";
const HASHES: &str =
    "SELECT position, hash FROM audit_hash WHERE position > $1 ORDER BY position LIMIT $2";

/// Every statement of this file, for the test that prepares them on both engines.
pub const SQL: &[&str] = &[EVENTS, HASHES];

/// A record in which nothing is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// Number of events.
    pub size: u64,
    /// Root hash over all of them.
    pub root: Hash,
    /// Number of checkpoints checked.
    pub checkpoints: u64,
    /// Events covered by the newest checkpoint; younger ones are not yet signed.
    pub signed: u64,
}

/// The first thing that is wrong with the record, or a failure to read it.
#[derive(Debug, Error)]
pub enum AuditFault {
    /// The record is damaged. `first..=last` are the entries that can be the bad ones: one entry
    /// unless the evidence cannot tell them apart.
    #[error("{}: {wrong}", entries(*.first, *.last))]
    Entry {
        /// First (or only) entry under suspicion.
        first: u64,
        /// Last entry under suspicion.
        last: u64,
        /// What is wrong.
        wrong: Wrong,
    },
    /// The record could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn entries(first: u64, last: u64) -> String {
    if first == last { format!("entry {first}") } else { format!("entries {first} to {last}") }
}

/// What is wrong with an entry, in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Wrong {
    /// A later row exists, this one does not.
    #[error("the row is missing, the next row found has number {next}")]
    Missing {
        /// Number of the row found instead.
        next: i64,
    },
    /// Rows end here, but hashes or a checkpoint of later entries exist.
    #[error("the row is missing at the end of the record, although its hash is still stored")]
    CutOff,
    /// Rows and hashes end here, but a signed checkpoint covers more.
    #[error("the row is missing: a signed checkpoint covers {size} entries")]
    CutOffBeforeCheckpoint {
        /// Entries that the checkpoint covers.
        size: u64,
    },
    /// A column of the row has a value that was never written.
    #[error("the row holds a value of an impossible type or range")]
    Unreadable,
    /// The row or its leaf hash was changed.
    #[error("the row does not match its stored hash: the row was changed after it was written")]
    Leaf,
    /// A hash row is gone.
    #[error("the stored hash number {position} is missing")]
    HashMissing {
        /// Place in `audit_hash`.
        position: u64,
    },
    /// A hash that belongs to no entry.
    #[error("there is a stored hash number {position} that belongs to no entry")]
    HashExtra {
        /// Place in `audit_hash`.
        position: i64,
    },
    /// An inner hash was changed, all else fits.
    #[error(
        "the stored hash number {position} above the rows was changed; the rows themselves fit"
    )]
    Node {
        /// Place in `audit_hash`.
        position: u64,
    },
    /// Rows and their hashes were changed together, and the hash above them gives it away.
    #[error(
        "row and hash fit each other, but not the stored hash number {position} above them: a \
         row was changed together with its hash"
    )]
    Rewritten {
        /// Place in `audit_hash`.
        position: u64,
    },
    /// All hashes fit, but the signed root is another one.
    #[error(
        "the rows and all hashes fit each other, but not the root signed in the checkpoint of \
         {size} entries: rows were changed together with every hash above them"
    )]
    Root {
        /// Entries that the checkpoint covers.
        size: u64,
    },
    /// A checkpoint says another size than its row.
    #[error("the checkpoint stored for {size} entries states another size")]
    CheckpointSize {
        /// Entries that the row of the checkpoint states.
        size: u64,
    },
    /// A checkpoint's note is not good.
    #[error("the checkpoint of {size} entries {fault}")]
    CheckpointNote {
        /// Entries that the row of the checkpoint states.
        size: u64,
        /// What is wrong with the note.
        fault: NoteFault,
    },
}

fn fault(entry: u64, wrong: Wrong) -> AuditFault {
    AuditFault::Entry { first: entry, last: entry, wrong }
}

/// Verifies the whole record. `progress(done, total)` is called after every page of entries.
/// Error: the first bad entry and what is wrong with it.
pub fn verify(
    tx: &mut dyn Tx,
    verifier: &AuditVerifier,
    progress: &dyn Fn(u64, u64),
) -> Result<Verified, AuditFault> {
    let total = audit::size(tx)?;
    let mut walk = Walk::new(checkpoint::after(tx, 0)?);
    let mut after = i64::MIN;
    loop {
        let rows = tx.query(EVENTS, values![after, PAGE])?;
        for row in &rows {
            let found = row.get_i64("seq")?;
            if u64::try_from(found) != Ok(walk.size) {
                return Err(fault(walk.size, Wrong::Missing { next: found }));
            }
            let event = Event::read(row).map_err(|_| fault(walk.size, Wrong::Unreadable))?;
            walk.leaf(tx, event.leaf_hash()?)?;
            walk.checkpoint(tx, verifier)?;
            after = found;
        }
        progress(walk.size, total.max(walk.size));
        if rows.len() < PAGE as usize {
            return walk.end(tx);
        }
    }
}

/// The state of a walk along the record: what is recomputed, and a window on what is stored.
struct Walk {
    size: u64,
    /// Recomputed roots of the complete subtrees so far, largest first, with their levels.
    peaks: Vec<(u8, Hash)>,
    stored: VecDeque<(i64, Option<Hash>)>,
    stored_after: i64,
    next_checkpoint: Option<Checkpoint>,
    checkpoints: u64,
    signed: u64,
}

impl Walk {
    fn new(next_checkpoint: Option<Checkpoint>) -> Self {
        Self {
            size: 0,
            peaks: Vec::new(),
            stored: VecDeque::new(),
            stored_after: i64::MIN,
            next_checkpoint,
            checkpoints: 0,
            signed: 0,
        }
    }

    /// Takes the next leaf: compares it and every hash it completes with what is stored.
    fn leaf(&mut self, tx: &mut dyn Tx, leaf: Hash) -> Result<(), AuditFault> {
        let entry = self.size;
        let (mut level, mut hash) = (0_u8, leaf);
        let mut position = stored_hash_index(0, entry);
        loop {
            let stored = self.expect(tx, position)?;
            if stored != Some(hash) {
                return Err(explain(tx, entry, level, position, hash)?);
            }
            match self.peaks.last() {
                Some((peak, left)) if *peak == level => hash = node_hash(*left, hash),
                _ => break,
            }
            self.peaks.pop();
            level += 1;
            position += 1;
        }
        self.peaks.push((level, hash));
        self.size += 1;
        Ok(())
    }

    /// The stored hash that has to come next; `None` if it has not 32 bytes.
    fn expect(&mut self, tx: &mut dyn Tx, position: u64) -> Result<Option<Hash>, AuditFault> {
        let missing = fault(self.size, Wrong::HashMissing { position });
        let Some((found, hash)) = self.next_stored(tx)? else {
            return Err(missing);
        };
        if found < 0 {
            return Err(fault(self.size, Wrong::HashExtra { position: found }));
        }
        if u64::try_from(found) == Ok(position) { Ok(hash) } else { Err(missing) }
    }

    fn next_stored(&mut self, tx: &mut dyn Tx) -> Result<Option<(i64, Option<Hash>)>, StoreError> {
        if self.stored.is_empty() {
            for row in tx.query(HASHES, values![self.stored_after, PAGE])? {
                self.stored_after = row.get_i64("position")?;
                let hash = row.get_bytes("hash")?.try_into().ok().map(Hash);
                self.stored.push_back((self.stored_after, hash));
            }
        }
        Ok(self.stored.pop_front())
    }

    /// Checks the checkpoint of just this size, if there is one.
    fn checkpoint(&mut self, tx: &mut dyn Tx, verifier: &AuditVerifier) -> Result<(), AuditFault> {
        let size = self.size;
        let Some(checkpoint) = self.next_checkpoint.take_if(|next| next.size == size) else {
            return Ok(());
        };
        let (first, last) = (self.signed, size - 1);
        let (stated, root) = verifier
            .open(&checkpoint.note)
            .map_err(|note| fault(last, Wrong::CheckpointNote { size, fault: note }))?;
        if stated != size {
            return Err(fault(last, Wrong::CheckpointSize { size }));
        }
        if root != self.root() {
            return Err(AuditFault::Entry { first, last, wrong: Wrong::Root { size } });
        }
        self.checkpoints += 1;
        self.signed = size;
        self.next_checkpoint = checkpoint::after(tx, size)?;
        Ok(())
    }

    fn root(&self) -> Hash {
        let mut smallest_first = self.peaks.iter().rev().map(|(_, hash)| *hash);
        match smallest_first.next() {
            Some(smallest) => smallest_first.fold(smallest, |right, left| node_hash(left, right)),
            None => tlog_tiles::EMPTY_HASH,
        }
    }

    /// The rows have ended: nothing else may be left.
    fn end(mut self, tx: &mut dyn Tx) -> Result<Verified, AuditFault> {
        if let Some((position, _)) = self.next_stored(tx)? {
            let due = stored_hash_index(0, self.size);
            let of_next = u64::try_from(position) == Ok(due);
            let wrong = if of_next { Wrong::CutOff } else { Wrong::HashExtra { position } };
            return Err(fault(self.size, wrong));
        }
        if let Some(checkpoint) = &self.next_checkpoint {
            let wrong = Wrong::CutOffBeforeCheckpoint { size: checkpoint.size };
            return Err(fault(self.size, wrong));
        }
        let (root, checkpoints, signed) = (self.root(), self.checkpoints, self.signed);
        Ok(Verified { size: self.size, root, checkpoints, signed })
    }
}

/// Tells apart a changed inner hash from rows that were changed together with their hashes, by the
/// hash one level higher: if that one fits the recomputed hash, the rows are sound.
fn explain(
    tx: &mut dyn Tx,
    entry: u64,
    level: u8,
    position: u64,
    recomputed: Hash,
) -> Result<AuditFault, StoreError> {
    if level == 0 {
        return Ok(fault(entry, Wrong::Leaf));
    }
    let place = entry >> level;
    let sibling = audit::stored(tx, stored_hash_index(level, place ^ 1));
    let parent = audit::stored(tx, stored_hash_index(level + 1, place >> 1));
    if let (Ok(sibling), Ok(parent)) = (sibling, parent) {
        let joined = if place.is_multiple_of(2) {
            node_hash(recomputed, sibling)
        } else {
            node_hash(sibling, recomputed)
        };
        if joined == parent {
            return Ok(fault(entry, Wrong::Node { position }));
        }
    }
    let (first, last) = (place << level, entry);
    Ok(AuditFault::Entry { first, last, wrong: Wrong::Rewritten { position } })
}

//! What the pages run on: the programme, its clock and ids, and the outbox that each step fills.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use service::jobs::Round;
use service::{Actor, Ids, OpContext, Programme, ServiceError};
use tokio::sync::Semaphore;

/// The clock of the shell.
pub type Clock = dyn Fn() -> Timestamp + Send + Sync;

/// Sign-ins checked at once: each takes about 19 MiB of memory on purpose.
const SIGN_INS_MAX: usize = 4;
/// Calls into the programme at once.
const CALLS_MAX: usize = 64;

/// What the pages run on.
#[derive(Clone)]
pub struct App {
    pub(crate) programme: Arc<Programme>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) secure_cookie: bool,
    pub(crate) sign_ins: Arc<Semaphore>,
    pub(crate) calls: Arc<Semaphore>,
    outbox: Arc<Outbox>,
}

#[derive(Default)]
struct Outbox {
    /// A round is asked for and has not begun.
    waiting: AtomicBool,
    running: Mutex<()>,
}

impl App {
    /// Puts pages on a programme. `secure_cookie` sends the session cookie over TLS only.
    pub fn new(
        programme: Arc<Programme>,
        clock: Arc<Clock>,
        ids: Arc<dyn Ids>,
        secure_cookie: bool,
    ) -> Self {
        Self {
            programme,
            clock,
            ids,
            secure_cookie,
            sign_ins: Arc::new(Semaphore::new(SIGN_INS_MAX)),
            calls: Arc::new(Semaphore::new(CALLS_MAX)),
            outbox: Arc::default(),
        }
    }

    /// What a call of this actor brings.
    pub(crate) fn op(&self, actor: Actor, purpose: &str) -> OpContext<'_> {
        OpContext { at: (self.clock)(), actor, purpose: purpose.to_owned(), ids: &*self.ids }
    }

    /// Runs every job that is due. Blocks: call it from a thread that may wait.
    ///
    /// # Errors
    /// A database cannot be reached.
    pub fn run_jobs(&self) -> Result<Round, ServiceError> {
        self.programme.run_jobs(&self.op(Actor::programme(), "outbox"))
    }

    /// Runs the outbox in the background: one round at a time, and never more than one waiting.
    pub(crate) fn run_jobs_soon(&self) {
        if self.outbox.waiting.swap(true, Ordering::AcqRel) {
            return;
        }
        let app = self.clone();
        tokio::task::spawn_blocking(move || {
            let turn = app.outbox.running.lock();
            let _turn = turn.unwrap_or_else(PoisonError::into_inner);
            app.outbox.waiting.store(false, Ordering::Release);
            match app.run_jobs() {
                Ok(round) if round.failed > 0 => {
                    tracing::warn!(done = round.done, failed = round.failed, "outbox");
                }
                Ok(_) => {}
                Err(error) => tracing::error!(cause = error.internal(), "outbox"),
            }
        });
    }
}

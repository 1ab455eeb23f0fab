//! What was decided and why: the last decisions, kept only if the settings ask for it.

use super::Scheduler;
use super::needs::ClassId;
use super::steal::Worth;
use super::task::State;
use super::validate::{Invariant, Violation};
use super::worker::Seat;
use partita_protocol::scheduler::Event;
use partita_protocol::why::{Because, Bid, Decision, Deed, Tale};
use partita_protocol::worker::Report;
use partita_protocol::{Attempt, TaskId, WorkerId};
use std::collections::VecDeque;
use std::sync::Arc;

/// Workers whose costs are kept for one placement.
const BIDS: usize = 16;

/// The last decisions, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decisions {
    limit: usize,
    list: VecDeque<Decision>,
    /// Decisions that were pushed out.
    gone: u64,
    /// What happened in this turn.
    because: Because,
}

impl Decisions {
    /// Keeps so many decisions.
    pub(crate) fn new(limit: usize) -> Self {
        Decisions { limit, ..Decisions::default() }
    }

    /// Whether decisions are kept at all.
    #[inline]
    pub(crate) fn are_kept(&self) -> bool {
        self.limit > 0
    }

    /// A turn begins with this event.
    #[inline]
    pub(crate) fn begin(&mut self, event: &Event) {
        if self.are_kept()
            && let Some(because) = because(event)
        {
            self.because = because;
        }
    }
}

impl Scheduler {
    /// The decisions that are kept, oldest first.
    ///
    /// How many there are is said by [`Config::decisions`](super::Config::decisions). Those about tasks that were
    /// forgotten stay until newer ones push them out.
    pub fn decisions(&self) -> impl DoubleEndedIterator<Item = &Decision> + ExactSizeIterator {
        self.decisions.list.iter()
    }

    /// How many decisions were taken since decisions are kept, with those that were pushed out.
    pub fn decided(&self) -> u64 {
        self.decisions.gone + self.decisions.list.len() as u64
    }

    /// Keeps a decision.
    #[inline]
    pub(crate) fn note(&mut self, task: TaskId, deed: impl FnOnce(&Self) -> Deed) {
        if self.decisions.are_kept() {
            let deed = deed(self);
            self.note_down(task, deed);
        }
    }

    /// Keeps what it means that a task left a state for the one that it is in now.
    pub(crate) fn note_step(&mut self, task: TaskId, old: &State) {
        if let Some(deed) = self.step(task, old) {
            self.note_down(task, deed);
        }
    }

    /// No more decisions are kept than were asked for.
    pub(crate) fn validate_decisions(&self) -> Result<(), Violation> {
        let Decisions { limit, list, .. } = &self.decisions;
        if list.len() <= *limit {
            return Ok(());
        }
        let (tasks, workers) = (list.iter().map(|decision| decision.task).collect(), Vec::new());
        let message = format!("{} decisions are kept, and {limit} may be", list.len());
        Err(Violation { invariant: Invariant::Counters, tasks, workers, message })
    }

    fn note_down(&mut self, task: TaskId, deed: Deed) {
        let Decisions { limit, list, gone, because } = &mut self.decisions;
        if list.len() >= *limit {
            list.pop_front();
            *gone += 1;
        }
        list.push_back(Decision { time: self.now, task, deed, because: because.clone() });
    }

    /// What an assignment is kept as.
    pub(crate) fn placed(&self, id: TaskId, seat: Seat, attempt: Attempt) -> Deed {
        let (worker, task) = (self.workers[seat].id, &self.tasks[id]);
        let mut bids: Vec<Bid> = match (&task.state, task.class) {
            // A free worker took the first of the queue.
            (State::Queued { .. }, ClassId::ANY) => Vec::new(),
            _ => self.candidates(id).into_iter().take(BIDS).map(|(worker, cost)| bid(worker, &cost)).collect(),
        };
        // The worker that got it comes first, even if the policy did not go by cost.
        if let Some(place) = bids.iter().position(|bid| bid.worker == worker) {
            bids[..=place].rotate_right(1);
        }
        Deed::Placed { worker, attempt, bids: bids.into() }
    }

    /// What asking a worker for a task is kept as.
    pub(crate) fn steal_asked(&self, from: Seat, to: Seat, worth: Worth) -> Deed {
        let Worth { gain: gain_nanos, transfer: transfer_nanos } = worth;
        Deed::StealAsked { from: self.workers[from].id, to: self.workers[to].id, gain_nanos, transfer_nanos }
    }

    fn step(&self, id: TaskId, old: &State) -> Option<Deed> {
        let task = self.tasks.find(id)?;
        let taken_back = |processing: &super::task::Processing| Deed::TakenBack {
            worker: self.workers[processing.seat].id,
            attempt: processing.attempt,
        };
        Some(match (old, &task.state) {
            (_, State::Erred { failure }) => {
                let failure = self.failures.find(*failure)?;
                Deed::Erred { blame: failure.blame, cause: failure.cause.clone() }
            }
            (_, State::Processing(_)) => return None,
            (State::Processing(processing), State::Waiting { .. } | State::Queued { .. } | State::Released) => {
                taken_back(processing)
            }
            (State::Memory { .. }, State::Released) if task.needed() => Deed::Lost,
            (State::Memory { .. }, State::Released) => Deed::Freed,
            (State::Erred { .. }, State::Released) if task.needed() => Deed::Revived,
            (State::Erred { .. }, State::Released) => return None,
            (_, State::Released) => Deed::Dropped,
            (_, State::Waiting { missing }) => Deed::Needed { missing: *missing },
            (_, State::Queued { .. }) => Deed::Queued,
            (_, State::NoWorker { .. }) => Deed::NoWorker { needs: self.classes[task.class].needs.describe() },
            (_, State::Memory { holders, nbytes }) => {
                Deed::InMemory { worker: self.workers[*holders.first()?].id, nbytes: *nbytes }
            }
        })
    }
}

fn bid(worker: WorkerId, cost: &super::Cost) -> Bid {
    Bid {
        worker,
        wait_nanos: cost.wait_nanos,
        transfer_nanos: cost.transfer_nanos,
        missing_bytes: cost.missing_bytes,
        short_of_memory: cost.shortage > 0,
    }
}

/// What an event is kept as. A client that comes decides nothing.
fn because(event: &Event) -> Option<Because> {
    Some(match event {
        Event::ClientJoined { .. } => return None,
        Event::ClientLeft { client } => Because::ClientLeft(*client),
        Event::GraphSubmitted { client, .. } => Because::Submitted(*client),
        Event::KeysWanted { client, .. } => Because::Wanted(*client),
        Event::KeysReleased { client, .. } => Because::Released(*client),
        Event::KeysCancelled { client, .. } => Because::Cancelled(*client),
        Event::TasksRetried { client, .. } => Because::RetryAsked(*client),
        Event::DataScattered { worker, .. } => Because::DataPut(*worker),
        Event::WorkerJoined { worker, .. } => Because::WorkerJoined(*worker),
        Event::WorkerLost { worker, cause, .. } => {
            Because::WorkerLost { worker: *worker, cause: Arc::new(cause.clone()) }
        }
        Event::RetirementAsked { worker } => Because::RetirementAsked(*worker),
        Event::CopiesAsked { .. } | Event::RebalanceAsked { .. } => Because::CopiesAsked,
        Event::WorkerReported { worker, report } => reported(*worker, report),
        Event::TimePassed => Because::TimePassed,
    })
}

fn reported(worker: WorkerId, report: &Report) -> Because {
    let (task, tale) = match report {
        Report::Finished { task, .. } => (task, Tale::Finished),
        Report::Failed { task, .. } => (task, Tale::Failed),
        Report::Rescheduled { task, .. } => (task, Tale::Rescheduled),
        Report::Seceded { task, .. } => (task, Tale::Seceded),
        Report::TimedOut { task, .. } => (task, Tale::TimedOut),
        Report::StealAnswered { task, given: true, .. } => (task, Tale::GivenBack),
        Report::StealAnswered { task, given: false, .. } => (task, Tale::Kept),
        Report::Added { .. } => return Because::Copied(worker),
        Report::Missing { holder, .. } => return Because::Missing { holder: *holder },
        Report::Unreadable { .. } => return Because::Missing { holder: worker },
        Report::Orphaned { .. } => return Because::Orphaned(worker),
        Report::Paused => return Because::Paused(worker),
        Report::Resumed => return Because::Resumed(worker),
    };
    Because::Reported { worker, task: *task, tale }
}

//! "Why does my task not run?", answered with data.

use super::Scheduler;
use super::needs::Class;
use super::task::{Source, State};
use super::worker::{Seat, Worker};
use partita_graph::Key;
pub use partita_protocol::why::{Candidate, Obstacle, Why};
use partita_protocol::why::{Decision, WhyReport};
use partita_protocol::{TaskId, WorkerId};
use std::sync::Arc;

impl Scheduler {
    /// Why the task is where it is, if it is known.
    pub fn why(&self, id: TaskId) -> Option<Why> {
        let task = self.tasks.find(id)?;
        if let Some(until) = task.bounds.as_ref().and_then(|bounds| bounds.delayed) {
            return Some(Why::BackingOff { until });
        }
        let class = &self.classes[task.class];
        Some(match &task.state {
            State::Released => Why::NotNeeded,
            State::Waiting { .. } if task.source == Source::Expected => Why::DataExpected,
            State::Waiting { .. } => {
                let is_missing = |id: &TaskId| !matches!(self.tasks[*id].state, State::Memory { .. });
                Why::Waiting { missing: task.dependencies.iter().copied().filter(is_missing).collect() }
            }
            State::Queued { since } => {
                let is_queued = |id| super::is_queued(&self.tasks, id);
                let ahead = class.queue.ahead(task.client, (task.priority, id), is_queued);
                Why::Queued { since: *since, ahead, workers: self.obstacles(class) }
            }
            State::NoWorker { since } => Why::NoWorker {
                since: *since,
                until: self.config.no_workers_timeout.map(|timeout| *since + timeout),
                needs: class.needs.describe(),
                workers: self.obstacles(class),
            },
            State::Processing(processing) => Why::Processing {
                worker: self.workers[processing.seat].id,
                attempt: processing.attempt,
                seceded: processing.seceded,
            },
            State::Memory { .. } => Why::InMemory { holders: self.holders(id) },
            State::Erred { failure } => {
                let failure = self.failures.find(*failure)?;
                Why::Erred { blame: failure.blame, cause: failure.cause.clone() }
            }
        })
    }

    /// What was decided about the task, oldest first, as far as decisions are kept.
    pub fn history(&self, id: TaskId) -> Vec<Decision> {
        self.decisions().filter(|decision| decision.task == id).cloned().collect()
    }

    /// Why the task is where it is and how it came there; `None` if neither it nor a decision about it is known. The
    /// functions tell what tasks and workers are called.
    pub fn why_report(
        &self,
        id: TaskId,
        key: impl Fn(TaskId) -> Option<Key>,
        worker: impl Fn(WorkerId) -> Option<Arc<str>>,
    ) -> Option<WhyReport> {
        let history = self.history(id);
        let state = self.why(id).or_else(|| (!history.is_empty()).then_some(Why::Forgotten))?;
        Some(WhyReport::new(id, state, history, key, worker))
    }

    fn obstacles(&self, class: &Class) -> Vec<Candidate> {
        let obstacle = |seat: Seat, worker: &Worker| match () {
            () if worker.retiring => Obstacle::Retiring,
            () if !worker.runs() => Obstacle::Paused,
            () if !class.seats.contains(&seat) => Obstacle::Unsuited,
            () if self.lacks_resources(class, seat) => Obstacle::ResourcesTaken,
            () if !self.is_free(class, seat) => Obstacle::HeldBack,
            () => Obstacle::Busy,
        };
        self.workers
            .iter()
            .map(|(seat, worker)| Candidate { worker: worker.id, obstacle: obstacle(seat, worker) })
            .collect()
    }
}

//! What is under way between the scheduler and each worker, counted by the task that it is about: only what is under way
//! explains that the two do not know the same of a task.

use super::Happening;
use partita_protocol::worker::{Order, Report};
use partita_protocol::{TaskId, WorkerId};
use rustc_hash::FxHashMap;

/// Counts of messages that were sent and have neither arrived nor got lost, those of a frozen worker included.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnderWay {
    counts: FxHashMap<(WorkerId, TaskId), u32>,
}

impl UnderWay {
    /// A message is sent.
    pub(crate) fn sent(&mut self, what: &Happening) {
        about(what, |worker, task| *self.counts.entry((worker, task)).or_default() += 1);
    }

    /// A message arrived, or never will.
    pub(crate) fn over(&mut self, what: &Happening) {
        about(what, |worker, task| {
            if let Some(count) = self.counts.get_mut(&(worker, task)) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&(worker, task));
                }
            }
        });
    }

    /// Whether something about this task is under way, to this worker or from it.
    pub(crate) fn is_any(&self, worker: WorkerId, task: TaskId) -> bool {
        self.counts.contains_key(&(worker, task))
    }
}

/// The tasks that a message between the scheduler and a worker is about.
fn about(what: &Happening, mut each: impl FnMut(WorkerId, TaskId)) {
    match what {
        Happening::Orders(worker, orders) => {
            orders.iter().for_each(|order| about_order(order, |task| each(*worker, task)));
        }
        Happening::Reports(worker, reports) => {
            reports.iter().for_each(|report| about_report(report, |task| each(*worker, task)));
        }
        Happening::Put(worker, values) => values.iter().for_each(|(task, _)| each(*worker, *task)),
        _ => {}
    }
}

/// The tasks that an order is about. That a peer is lost changes nothing of what a worker has: what it lacks by that it
/// reports task by task.
pub(crate) fn about_order(order: &Order, mut each: impl FnMut(TaskId)) {
    match order {
        Order::Compute(assignment) => each(assignment.task),
        Order::Free { task } | Order::Holders { task, .. } | Order::Steal { task, .. } => each(*task),
        Order::Hold { inputs } => inputs.iter().for_each(|input| each(input.task)),
        Order::PeerLost { .. } => {}
    }
}

/// The tasks that a report is about.
pub(crate) fn about_report(report: &Report, mut each: impl FnMut(TaskId)) {
    match report {
        Report::Finished { task, .. }
        | Report::Failed { task, .. }
        | Report::Rescheduled { task, .. }
        | Report::Seceded { task, .. }
        | Report::TimedOut { task, .. }
        | Report::StealAnswered { task, .. } => each(*task),
        Report::Added { tasks } | Report::Missing { tasks, .. } | Report::Unreadable { tasks } => {
            tasks.iter().for_each(|task| each(*task))
        }
        Report::Orphaned { .. } | Report::Paused | Report::Resumed => {}
    }
}

//! Carrying out what the machine asks for.

use super::actor::WorkerActor;
use super::job::TaskJob;
use partita_graph::Work;
use partita_protocol::worker::Effect;
use partita_protocol::{Attempt, Priority, TaskId};
use smallvec::SmallVec;

impl WorkerActor {
    /// Carries out one effect; what it leads to at once is told to the machine after this turn's effects.
    pub(super) fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Execute { task, attempt, priority, inputs } => self.execute(task, attempt, priority, &inputs),
            Effect::Keep { task, attempt } => {
                if let Some((_, value)) = self.result.take_if(|(of, _)| *of == (task, attempt)) {
                    let nbytes = value.nbytes() as u64;
                    self.waste.extend(self.store.insert(task, value, nbytes));
                }
            }
            Effect::Gather { peer, tasks } => {
                if let Some(failed) = self.gather(peer, tasks) {
                    self.later.push(failed);
                }
            }
            Effect::Abandon { task, attempt } => self.abandon(task, attempt),
            Effect::Stop { attempt, .. } => self.shared.stops.stop(attempt),
            Effect::Drop { task } => self.waste.extend(self.store.remove(task)),
            Effect::Forget { task } => {
                self.works.remove(&task);
            }
            Effect::Report(report) => self.reports.push(report),
            Effect::Record(record) => self.records.push(record),
        }
    }

    fn execute(&mut self, task: TaskId, attempt: Attempt, priority: Priority, inputs: &[TaskId]) {
        let values: SmallVec<_> = inputs.iter().filter_map(|&input| self.store.get(input)).collect();
        debug_assert_eq!(values.len(), inputs.len(), "the inputs of a task that runs are in the store");
        let work = match self.works.remove(&task) {
            Some(work) => work,
            None => Work::Held(None),
        };
        let due = self.machine.due_of(task);
        if due.is_some() {
            self.shared.limited.expect(task, attempt);
        }
        self.jobs.push(TaskJob { task, attempt, priority, due, work, inputs: values });
    }
}

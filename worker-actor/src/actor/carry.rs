//! Carrying out what the machine asks for.

use super::actor::WorkerActor;
use super::job::{OnDisk, TaskJob};
use crate::spill::Slot;
use crate::store::{Found, Gone};
use partita_graph::{Value, Work};
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
                    self.store(task, value);
                }
            }
            Effect::Gather { peer, tasks } => {
                if let Some(failed) = self.gather(peer, tasks) {
                    self.later.push(failed);
                }
            }
            Effect::Abandon { task, attempt } => self.abandon(task, attempt),
            Effect::Stop { task, attempt } => self.stop(task, attempt),
            Effect::Drop { task } => {
                let gone = self.store.remove(task);
                self.discard(gone);
            }
            Effect::Spill { file, tasks } => self.spiller.write(file, tasks),
            Effect::Evict { task } => self.waste.extend(self.store.evict(task)),
            Effect::Forget { task } => {
                self.works.remove(&task);
            }
            Effect::Report(report) => self.reports.push(report),
            Effect::Record(record) => self.records.push(record),
        }
    }

    fn execute(&mut self, task: TaskId, attempt: Attempt, priority: Priority, inputs: &[TaskId]) {
        let mut values: SmallVec<[Value; 2]> = SmallVec::with_capacity(inputs.len());
        let mut on_disk = Vec::new();
        for (position, &input) in inputs.iter().enumerate() {
            match self.store.want(input) {
                Some(Found::Value(value)) => values.push(value),
                Some(Found::OnDisk(slot, version)) => {
                    values.push(self.nothing.clone());
                    on_disk.push(OnDisk { position, task: input, version, slot });
                }
                None => debug_assert!(false, "the inputs of a task that runs are in the store"),
            }
        }
        let work = match self.works.remove(&task) {
            Some(work) => work,
            None => Work::Held(None),
        };
        let due = self.machine.due_of(task);
        if due.is_some() {
            self.shared.limited.expect(task, attempt);
        }
        self.jobs.push(TaskJob { task, attempt, priority, due, work, inputs: values, on_disk });
    }

    /// Puts a value into the store.
    pub(super) fn store(&mut self, task: TaskId, value: Value) {
        let nbytes = value.nbytes() as u64;
        let gone = self.store.insert(task, value, nbytes);
        self.discard(gone);
    }

    /// What left the store is dropped where nobody waits for it.
    fn discard(&mut self, gone: Gone<Value, Slot>) {
        self.waste.extend(gone.value);
        self.files.extend(gone.on_disk);
    }
}

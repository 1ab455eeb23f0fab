//! Tasks that take more than any worker can hold: they err before they run.

use super::Scheduler;
use super::policy::memory;
use super::task::State;
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::{Cause, TaskId};

/// What tells, at the cost of one look, that a task cannot take too much: hardly any ever does.
#[derive(Clone, Debug)]
pub(crate) struct Large {
    /// Bytes of the largest result that there ever was.
    pub(crate) largest: u64,
    /// Bytes that the smallest of the workers can hold; the most that there is if that is not limited.
    pub(crate) least: u64,
}

impl Default for Large {
    fn default() -> Self {
        Large { largest: 0, least: u64::MAX }
    }
}

impl Large {
    /// A result is there.
    #[inline]
    pub(crate) fn came(&mut self, nbytes: u64) {
        self.largest = self.largest.max(nbytes);
    }

    /// Other workers are there.
    pub(crate) fn look_around<'a>(&mut self, workers: impl Iterator<Item = &'a WorkerInfo>) {
        self.least = workers.filter_map(|info| memory::limit(info.memory_limit)).min().unwrap_or(u64::MAX);
    }

    /// Whether so many inputs may be too much for some worker.
    #[inline]
    fn may_be(&self, inputs: usize) -> bool {
        self.largest.saturating_mul(inputs as u64) > self.least
    }
}

impl Scheduler {
    /// Why a task whose inputs are in memory can run nowhere, if they are more than any worker that may run it can hold. Those
    /// that start nothing now count: they will again.
    #[inline]
    pub(crate) fn too_large(&self, id: TaskId) -> Option<Cause> {
        let inputs = self.tasks[id].dependencies.len();
        if self.large.may_be(inputs) { self.weighed(id) } else { None }
    }

    #[cold]
    fn weighed(&self, id: TaskId) -> Option<Cause> {
        let task = &self.tasks[id];
        let sizes = task.dependencies.iter().map(|input| match &self.tasks[*input].state {
            State::Memory { nbytes, .. } => *nbytes,
            _ => 0,
        });
        let needs = sizes.fold(0, u64::saturating_add);
        let asked = &self.classes[task.class].needs;
        let here = self.workers.iter().map(|(_, worker)| &worker.info);
        let may_run = here.chain(&self.profiles).filter(|info| asked.allows(info));
        let limit = may_run.map(|info| memory::limit(info.memory_limit).unwrap_or(u64::MAX)).max()?;
        (needs > limit).then_some(Cause::TooLarge { needs, limit })
    }
}

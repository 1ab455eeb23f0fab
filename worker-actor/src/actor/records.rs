//! What a worker's actor tells the profiler.

use super::actor::WorkerActor;
use partita_protocol::telemetry::{Batch, Record};
use partita_protocol::{Attempt, TaskId, Time, WorkerId};

impl WorkerActor {
    /// Whether anybody sees records one by one.
    pub(super) fn is_heard(&self) -> bool {
        self.parts.record && self.parts.listeners.any()
    }

    /// Tells what the store holds and how many tasks run, once a turn, if that is something else than before.
    pub(super) fn record_store(&mut self) {
        if !self.is_heard() {
            // Whoever listens later is told at once.
            self.held = None;
            return;
        }
        let (count, on_disk) = (self.store.count(), self.store.on_disk());
        let nbytes = self.store.nbytes().saturating_sub(on_disk);
        // Those that threads were handed ahead do not run yet.
        let running = (self.machine.executing() as u32).min(self.parts.machine.threads);
        let held = (count, nbytes, on_disk, running);
        if self.held.replace(held) != Some(held) {
            let (time, worker) = (self.now, self.parts.id);
            self.records.push(Record::Store { time, worker, count, nbytes, on_disk, running });
        }
    }

    pub(super) fn flush_records(&mut self) {
        if !self.records.is_empty() {
            let records = std::mem::take(&mut self.records);
            drop(self.parts.profiler.send(Batch { records, dropped: 0 }));
        }
    }

    /// A task ran on a thread, from when to when, with a result of so many bytes or none.
    pub(super) fn record_execution(
        &mut self,
        (task, attempt): (TaskId, Attempt),
        thread: u32,
        (started, stopped): (Time, Time),
        (nbytes, ok): (u64, bool),
    ) {
        if self.is_heard() {
            let worker = self.parts.id;
            self.records.push(Record::Compute { task, attempt, worker, thread, started, stopped, nbytes, ok });
        }
    }

    /// Results came from another worker, and were asked for at a moment.
    pub(super) fn record_transfer(&mut self, from: WorkerId, results: &[(TaskId, u64)], started: Time) {
        if self.is_heard() {
            let (count, nbytes) = (results.len() as u32, results.iter().map(|(_, nbytes)| nbytes).sum());
            let (to, stopped, results) = (self.parts.id, self.now, results.into());
            self.records.push(Record::Transfer { from, to, count, nbytes, results, started, stopped });
        }
    }
}

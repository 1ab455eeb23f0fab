//! What a worker's actor has to do with its disk: values that are asked for may be there, and files end well or badly.

use super::actor::WorkerActor;
use super::spiller::{Reading, Spilled};
use crate::store::Found;
use partita_protocol::message::Delivery;
use partita_protocol::telemetry::{Level, Log};
use partita_protocol::worker::Event;
use partita_protocol::{Link, TaskId};
use std::sync::Arc;

impl WorkerActor {
    /// Hands values over; what is on disk is read first, by a thread that may wait for it.
    pub(super) fn get(&mut self, tasks: Vec<TaskId>, reply: Arc<dyn Link<Delivery>>) {
        let (mut found, mut on_disk, mut missing) = (Vec::with_capacity(tasks.len()), Vec::new(), Vec::new());
        for task in tasks {
            match self.store.find(task) {
                Some(Found::Value(value)) => found.push((task, value)),
                Some(Found::OnDisk(slot, _)) => on_disk.push((task, slot)),
                None => missing.push(task),
            }
        }
        if !missing.is_empty() {
            self.tell(Event::Vanished { tasks: missing.clone() });
        }
        let holder = self.parts.id;
        if !on_disk.is_empty() {
            return self.spiller.read(Reading { holder, found, on_disk, missing, reply });
        }
        // Who asked and is gone needs no answer.
        drop(reply.send(Delivery { holder, found, missing }));
    }

    /// Values were written, or not: the machine is told, and the user if the disk refuses, once.
    pub(super) fn spilled(&mut self, spilled: Spilled) {
        let Spilled { file, written, kept, refused } = spilled;
        if refused.is_some() && refused != self.unspilled {
            let why = refused.clone().unwrap_or_default();
            let name = &*self.parts.executor.name;
            tracing::warn!(worker = name, %why, "values do not go to disk, and stay in memory");
            if self.parts.record {
                let text = format!("values do not go to disk, and stay in memory: {why}");
                self.records.push(Log::record(self.now, Level::Warn, Some(self.parts.id), &text));
            }
        }
        if refused.is_some() || !written.is_empty() {
            self.unspilled = refused;
        }
        self.tell(Event::Spilled { file, written, kept });
    }
}

//! Values on their way from workers to clients.

use super::actor::SchedulerActor;
use partita_protocol::message::{Delivery, ToWorker};
use partita_protocol::scheduler::Event;
use partita_protocol::worker::Report;
use partita_protocol::{Link, TaskId, WorkerId};
use std::collections::BTreeMap;
use std::sync::Arc;

impl SchedulerActor {
    /// Asks the holders to send values to whoever wants them.
    pub(super) fn fetch(&mut self, tasks: Vec<TaskId>, reply: &Arc<dyn Link<Delivery>>) {
        let mut by_holder: BTreeMap<WorkerId, Vec<TaskId>> = BTreeMap::new();
        for task in tasks {
            // A result without a holder is being computed again; its news will come, and it is asked for again.
            if let Some(&holder) = self.machine().holders(task).first() {
                by_holder.entry(holder).or_default().push(task);
            }
        }
        for (holder, tasks) in by_holder {
            let Some(desk) = self.outbox.workers.get(&holder) else { continue };
            let get = ToWorker::Get { tasks, reply: reply.clone() };
            if desk.link.send(get).is_err() {
                self.suspect(holder);
            }
        }
    }

    /// A client did not find values: their holder lost them.
    pub(super) fn not_there(&mut self, holder: WorkerId, tasks: Vec<TaskId>) {
        let report = Report::Missing { holder, tasks };
        self.tell(Event::WorkerReported { worker: holder, report });
    }
}

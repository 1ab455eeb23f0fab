//! Writing down what the machine is told.

use super::actor::SchedulerActor;
use partita_protocol::journal::Naming;
use partita_protocol::scheduler::Event;

impl SchedulerActor {
    /// Writes an event down, and before it the names of the tasks that it hands in.
    pub(super) fn write_down(&mut self, event: &Event) {
        let Some(ledger) = &mut self.settings.ledger else { return };
        if let Event::GraphSubmitted { piece, .. } = event {
            let registry = &self.registry;
            ledger.names(&mut piece.tasks.iter().map(|new| {
                let entry = registry.get(new.task);
                let (key, place) = (entry.map(|entry| &entry.key), entry.and_then(|entry| entry.place));
                Naming { task: new.task, key, place }
            }));
        }
        ledger.event(self.now, event);
    }
}

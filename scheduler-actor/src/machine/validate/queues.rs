//! The invariants of queues by client, of what clients were given, and of what is held back.

use super::{Invariant, Violation, ensure, same};
use crate::machine::Scheduler;
use crate::machine::needs::ClassId;
use partita_protocol::ClientId;
use partita_protocol::telemetry::State as Word;
use std::collections::{BTreeMap, BTreeSet};

impl Scheduler {
    /// Each client has a line in a queue for just the tasks that it has there, and an account while it has a line or is
    /// known.
    pub(super) fn validate_shares(&self) -> Result<(), Violation> {
        let mut queues: BTreeMap<ClientId, u32> = BTreeMap::new();
        for (id, class) in self.classes.iter() {
            let mut counted: BTreeMap<ClientId, usize> = BTreeMap::new();
            for (_, task) in self.tasks.iter().filter(|(_, task)| task.class == id && task.state.word() == Word::Queued)
            {
                *counted.entry(task.client).or_default() += 1;
            }
            counted.keys().for_each(|client| *queues.entry(*client).or_default() += 1);
            let kept: Vec<_> = class.queue.clients().collect();
            let known: BTreeMap<_, _> = kept.iter().copied().collect();
            let wrong = |message| Violation::general(Invariant::Membership, format!("{id:?}, {message}"));
            same(known.len(), kept.len(), "lines of clients", wrong)?;
            same(known, counted, "queued tasks of clients", wrong)?;
            let waits = id != ClassId::ANY && !class.queue.is_empty();
            same(class.waits.is_some(), waits, "whether tasks wait for resources", wrong)?;
        }
        let wrong = |message| Violation::general(Invariant::Counters, message);
        for (client, count) in self.accounts.queues() {
            same(count, queues.remove(&client).unwrap_or(0), "queues of a client", wrong)?;
            let is_known = count > 0 || self.clients.find(client).is_some() || !self.config.fair;
            ensure(is_known, || wrong(format!("{client} is gone and has an account")))?;
        }
        ensure(queues.is_empty(), || wrong(format!("without account: {queues:?}")))?;
        let waiting = self.accounts.queues().filter(|(_, count)| *count > 0).count();
        same(self.accounts.is_contested(), waiting > 1, "whether clients contest", wrong)
    }

    /// Resources are held back on a worker for one class that waits for them and could have them there, and for each class
    /// on one worker.
    pub(super) fn validate_holds(&self) -> Result<(), Violation> {
        let (mut seats, mut ids) = (BTreeSet::new(), Vec::new());
        for (seat, id) in &self.classes.holds {
            let class = self.classes.iter().find(|(known, _)| known == id).map(|(_, class)| class);
            let wrong =
                |message: &str| Violation::general(Invariant::Resources, format!("{id:?} on {seat:?}, {message}"));
            let is_right = class.is_some_and(|class| {
                class.needs.resources.is_some() && !class.queue.is_empty() && class.seats.contains(seat)
            });
            ensure(is_right, || wrong("resources are held back for nothing"))?;
            ensure(seats.insert(*seat) && !ids.contains(id), || wrong("resources are held back twice"))?;
            ids.push(*id);
        }
        Ok(())
    }
}

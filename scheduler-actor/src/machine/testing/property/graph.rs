//! Random graphs, and how clients hand them in.

use super::world::{Told, World, random};
use partita_graph::TaskOptions;
use partita_protocol::scheduler::{Event, NewTask, Piece};
use partita_protocol::{ClientId, PrefixId, TaskId, WorkerId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How many keys there are.
pub(super) const KEYS: usize = 24;

/// What a key is, the same in every submission.
pub(super) struct Definition {
    pub(super) dependencies: Vec<usize>,
    pub(super) data: bool,
    pub(super) options: Option<Arc<TaskOptions>>,
}

/// What all keys are, by a seed.
pub(super) fn definitions(seed: &mut u64) -> Vec<Definition> {
    let mut definitions: Vec<Definition> = Vec::new();
    for key in 0..KEYS {
        let data = key < 4 && random(seed).is_multiple_of(3);
        let count = if data { 0 } else { random(seed) % 4 };
        let dependencies: BTreeSet<usize> =
            (0..count).filter(|_| key > 0).map(|_| key - 1 - random(seed) % key.min(8)).collect();
        let options = match random(seed) % 12 {
            0 => Some(TaskOptions::new().resource("GPU", 1.0)),
            1 => Some(TaskOptions::new().resource("GPU", 1.0).resource("disk", 1.0)),
            2 => Some(TaskOptions::new().workers(["worker-0", "worker-1"])),
            3 => Some(TaskOptions::new().workers(["worker-2"]).allow_other_workers()),
            4 => Some(TaskOptions::new().retries(2).priority(random(seed) as i32 % 3)),
            5 => Some(TaskOptions::new().retries(3).retry_delay(Duration::from_micros(50)).retry_elsewhere()),
            6 => Some(TaskOptions::new().timeout(Duration::from_secs(1)).retries(1).priority(i32::MIN)),
            7 => Some(TaskOptions::new().priority(i32::MAX)),
            8 => Some(TaskOptions::new().resource("GPU", 2.0).retries(2).retry_elsewhere()),
            _ => None,
        };
        let options = options.filter(|_| !data).map(Arc::new);
        definitions.push(Definition { dependencies: dependencies.into_iter().collect(), data, options });
    }
    definitions
}

impl Definition {
    /// What a client asks for the key this time: now and then, if it wants it, that it be there soon.
    fn options_of(&self, wanted: bool, seed: &mut u64) -> Option<Arc<TaskOptions>> {
        match (wanted, random(seed) % 4) {
            (true, limit @ (0 | 1)) => {
                let limit = Duration::from_micros([100, 10_000][limit]);
                Some(Arc::new(self.options.as_deref().cloned().unwrap_or_default().deadline(limit)))
            }
            _ => self.options.clone(),
        }
    }
}

impl World {
    /// A client begins to hand in some keys with all that they depend on, in pieces of a few tasks.
    pub(super) fn submit(&mut self, client: ClientId, number: u16) {
        if !self.pieces[client.0 as usize].is_empty() {
            return;
        }
        let mut seed = u64::from(number);
        let wanted: BTreeSet<usize> = (0..1 + number as usize % 3).map(|_| random(&mut seed) % KEYS).collect();
        let mut keys = wanted.clone();
        for key in (0..KEYS).rev() {
            if keys.contains(&key) {
                keys.extend(self.definitions[key].dependencies.iter().copied());
            }
        }
        self.generation += 1;
        let keys: Vec<usize> = keys.into_iter().collect();
        for part in keys.chunks(1 + random(&mut seed) % 8) {
            let mut piece = Piece { generation: self.generation, ..Piece::default() };
            let mut scattered = Vec::new();
            for key in part {
                let definition = &self.definitions[*key];
                let start = piece.dependencies.len() as u32;
                piece.dependencies.extend(definition.dependencies.iter().map(|key| TaskId::new(*key as u32, 0)));
                let is_dependent = |other: &&usize| self.definitions[**other].dependencies.contains(key);
                let task = TaskId::new(*key as u32, 0);
                let wanted = wanted.contains(key);
                piece.tasks.push(NewTask {
                    task,
                    prefix: PrefixId(*key as u32 % 3),
                    rank: *key as u32,
                    dependents: keys.iter().filter(is_dependent).count() as u32,
                    dependencies: start..piece.dependencies.len() as u32,
                    wanted,
                    data: definition.data,
                    options: definition.options_of(wanted, &mut seed),
                });
                if definition.data {
                    scattered.push((task, WorkerId(random(&mut seed) as u32 % self.next_worker)));
                }
            }
            self.pieces[client.0 as usize].push_back((client, piece, scattered));
        }
    }

    /// The next piece of a client arrives, with the ids that its keys have now.
    pub(super) fn piece(&mut self, client: usize) {
        let Some((client, mut piece, scattered)) = self.pieces[client].pop_front() else { return };
        for id in &mut piece.dependencies {
            *id = self.ids[id.index()];
        }
        for task in &mut piece.tasks {
            task.task = self.ids[task.task.index()];
            if task.wanted {
                self.told.entry((client, task.task)).or_insert(Told::Nothing);
            }
        }
        let scattered =
            scattered.into_iter().map(|(task, worker)| (self.ids[task.index()], worker)).collect::<Vec<_>>();
        self.event(Event::GraphSubmitted { client, piece });
        for (task, worker) in scattered {
            // The value goes the way of the orders, behind those that were given before.
            while self.fakes.get(&worker).is_some_and(|fake| !fake.orders.is_empty()) {
                self.deliver_order(worker);
            }
            if let Some(fake) = self.fakes.get_mut(&worker) {
                fake.wishes.remove(&task);
                fake.store.insert(task);
            }
            self.event(Event::DataScattered { worker, tasks: vec![(task, 10)] });
        }
    }

    /// A client that left wants nothing of what it was handing in.
    pub(super) fn strip_wants(&mut self, client: ClientId) {
        for (owner, piece, _) in self.pieces.iter_mut().flatten() {
            if *owner == client {
                piece.tasks.iter_mut().for_each(|task| task.wanted = false);
            }
        }
    }
}

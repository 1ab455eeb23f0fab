//! Graphs and data that clients hand in: keys become ids here.

use super::actor::SchedulerActor;
use super::spread::Spread;
use partita_graph::{CheckedTask, Fault, FromValues, GraphError, Key, NotHeld, Place, Work};
use partita_protocol::message::{Scatter, Submission, ToWorker};
use partita_protocol::priority::GENERATION_STEP;
use partita_protocol::scheduler::{Event, NewTask, Piece};
use partita_protocol::telemetry::Record;
use partita_protocol::{TaskId, WorkerId};
use std::sync::Arc;

/// A submission of which more pieces are to come.
pub(super) struct Open {
    generation: i64,
    /// The ids of its tasks so far, by rank.
    ids: Vec<TaskId>,
}

/// The machines know each dependency of a task once. A function that takes one result in several places is given them
/// again as it names them.
fn spread(mut task: CheckedTask, inputs: &[TaskId]) -> CheckedTask {
    if let Work::Call(function) = &task.work
        && let Some(spread) = Spread::new(function, inputs)
    {
        task.work = Work::Call(Arc::new(spread));
    }
    task
}

impl SchedulerActor {
    /// Takes a piece of a graph.
    pub(super) fn submit(&mut self, submission: Submission) {
        let Submission { client, number, inside, tasks, inputs, wanted, last } = submission;
        let mut open = self
            .open
            .remove(&(client, number))
            .unwrap_or_else(|| Open { generation: self.generation(inside), ids: Vec::with_capacity(tasks.len()) });
        let mut piece = Piece {
            generation: open.generation,
            tasks: Vec::with_capacity(tasks.len()),
            dependencies: Vec::with_capacity(inputs.len()),
            withdrawn: Vec::new(),
        };
        if tasks.is_empty() {
            // The client leaves: the tasks that were to name these as inputs will not come.
            piece.withdrawn = inputs.iter().map(|&rank| (open.ids[rank as usize], 1)).collect();
        }
        let (first, base) = (open.ids.len(), tasks.first().map_or(0, |task| task.range().start));
        for task in tasks {
            let own = &inputs[task.range().start - base..task.range().end - base];
            let start = piece.dependencies.len();
            piece.dependencies.extend(own.iter().map(|&rank| open.ids[rank as usize]));
            let dependencies = start as u32..piece.dependencies.len() as u32;
            let rank = open.ids.len() as u32;
            let task = spread(task, &piece.dependencies[start..]);
            let new = self.new_task(task, rank, dependencies);
            open.ids.push(new.task);
            piece.tasks.push(new);
        }
        for (at, number) in wanted {
            piece.tasks[at as usize].wanted = true;
            self.outbox.accept(client, number, open.ids[first + at as usize]);
        }
        if !last {
            self.open.insert((client, number), open);
        }
        self.tell(Event::GraphSubmitted { client, piece });
    }

    fn generation(&mut self, inside: Option<i64>) -> i64 {
        inside.map_or_else(
            || {
                self.generation += GENERATION_STEP;
                self.generation
            },
            |generation| generation - 1,
        )
    }

    fn new_task(&mut self, task: CheckedTask, rank: u32, dependencies: std::ops::Range<u32>) -> NewTask {
        let CheckedTask { key, work, place, options, definition, dependents, .. } = task;
        let prefix = self.prefix(&key);
        let id = match work {
            Work::Held(guard) => {
                // The guard was there to keep the result until now; from here on the piece itself does.
                self.discard(Box::new(guard));
                self.registry.find(&key).unwrap_or_else(|| self.not_held(key, place))
            }
            work => match self.registry.intern(key, work, place, definition) {
                Ok(id) => id,
                Err((conflict, key)) => self.conflict(key, conflict.first, place),
            },
        };
        NewTask { task: id, prefix, rank, dependents, dependencies, wanted: false, data: false, options }
    }

    /// A result that is said to be here and is not: a task that fails and says so.
    fn not_held(&mut self, key: Key, place: Place) -> TaskId {
        let error = NotHeld { key: key.clone() };
        let fail = FromValues::new("()", move |_: &[partita_graph::Value]| Err(Fault::failed(error.clone())));
        self.registry.insert_unnamed(key, Work::Call(Arc::new(fail)), Some(place))
    }

    /// A task of a key that another one has: it has no name, and fails with both lines.
    fn conflict(&mut self, key: Key, first: Place, second: Place) -> TaskId {
        let error = GraphError::KeyConflict { key: key.clone(), first, second };
        let fail = FromValues::new("()", move |_: &[partita_graph::Value]| Err(Fault::failed(error.clone())));
        self.registry.insert_unnamed(key, Work::Call(Arc::new(fail)), Some(second))
    }

    fn prefix(&mut self, key: &Key) -> partita_protocol::PrefixId {
        let (prefix, new) = self.registry.prefix(key.name());
        if new && self.settings.machine.record {
            self.records.push(Record::Prefix { prefix, name: key.name().as_str().into() });
        }
        prefix
    }

    /// Takes data that a client puts into the cluster, and hands it to workers in turn, or to all.
    pub(super) fn scatter(&mut self, scatter: Scatter) {
        let Scatter { client, items, workers, broadcast, options } = scatter;
        let chosen: Vec<WorkerId> = (self.outbox.workers.iter())
            .filter(|(_, desk)| workers.is_empty() || workers.iter().any(|name| **name == *desk.name))
            .map(|(&id, _)| id)
            .collect();
        let mut piece = Piece { generation: self.generation(None), ..Piece::default() };
        let mut shares: Vec<Vec<(TaskId, partita_graph::Value)>> = chosen.iter().map(|_| Vec::new()).collect();
        for (rank, (key, value, number)) in items.into_iter().enumerate() {
            let prefix = self.prefix(&key);
            let known = self.registry.find(&key);
            let task = known.unwrap_or_else(|| self.intern_data(key));
            self.outbox.accept(client, number, task);
            piece.tasks.push(NewTask {
                task,
                prefix,
                rank: rank as u32,
                dependents: 0,
                dependencies: 0..0,
                wanted: true,
                data: true,
                options: options.clone(),
            });
            let turn = self.turn;
            self.turn = self.turn.wrapping_add(1);
            let count = shares.len().max(1);
            for (at, share) in shares.iter_mut().enumerate() {
                if broadcast || at == turn % count {
                    share.push((task, value.clone()));
                }
            }
        }
        let tasks: Vec<(TaskId, u64)> = piece.tasks.iter().map(|task| (task.task, 0)).collect();
        self.tell(Event::GraphSubmitted { client, piece });
        if chosen.is_empty() {
            // Nobody takes it: it is lost as if with a worker that is gone.
            return self.tell(Event::DataScattered { worker: WorkerId(u32::MAX), tasks });
        }
        self.put(chosen, shares);
    }

    fn intern_data(&mut self, key: Key) -> TaskId {
        let none = FromValues::new("data", |_: &[partita_graph::Value]| {
            Err(Fault::failed("data put in by hand cannot be computed"))
        });
        let place = Place::here();
        match self.registry.intern(key, Work::Call(Arc::new(none)), place, None) {
            Ok(id) => id,
            Err((conflict, key)) => self.conflict(key, conflict.first, place),
        }
    }

    fn put(&mut self, chosen: Vec<WorkerId>, shares: Vec<Vec<(TaskId, partita_graph::Value)>>) {
        for (worker, values) in chosen.into_iter().zip(shares) {
            if values.is_empty() {
                continue;
            }
            let tasks = values.iter().map(|(task, value)| (*task, value.nbytes() as u64)).collect();
            let sent =
                self.outbox.workers.get(&worker).is_some_and(|desk| desk.link.send(ToWorker::Put { values }).is_ok());
            if sent {
                self.tell(Event::DataScattered { worker, tasks });
            }
        }
    }
}

//! Graphs and data that clients hand in: keys become ids here.

use super::actor::SchedulerActor;
use super::spread::Spread;
use partita_graph::{
    CheckedTask, Fault, FromEnv, FromValues, Function, GraphError, Key, NotHeld, NotPortable, NotRead, Packer, Place,
    Travels, Unpacker, UserError, Work,
};
use partita_protocol::message::{Scatter, Submission, ToWorker};
use partita_protocol::priority::GENERATION_STEP;
use partita_protocol::scheduler::{Event, NewTask, Piece};
use partita_protocol::telemetry::Record;
use partita_protocol::{ClientId, TaskId, WorkerId};
use std::sync::Arc;

/// A submission of which more pieces are to come.
pub(super) struct Open {
    generation: i64,
    /// Its tasks so far, by rank: the id, and how many dependents were announced and have not come.
    tasks: Vec<(TaskId, u32)>,
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

/// An error that a task is to fail with. In another process it has its words and not its type.
struct Failing(UserError);

impl Travels for Failing {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.0.to_string().pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let words: Box<dyn std::error::Error + Send + Sync> = String::unpack(from)?.into();
        Ok(Failing(Arc::from(words)))
    }
}

/// A function that fails with this error.
fn failing(error: UserError) -> Function {
    let fail = |failing: &Failing, _: &[partita_graph::Value]| Err(Fault::Failed(failing.0.clone()));
    Arc::new(FromEnv::new("()", Failing(error), fail))
}

impl SchedulerActor {
    /// Takes a piece of a graph.
    pub(super) fn submit(&mut self, submission: Submission) {
        let Submission { client, number, inside, tasks, inputs, wanted, last } = submission;
        let mut open = self
            .open
            .remove(&(client, number))
            .unwrap_or_else(|| Open { generation: self.generation(inside), tasks: Vec::with_capacity(tasks.len()) });
        let mut piece = Piece {
            generation: open.generation,
            tasks: Vec::with_capacity(tasks.len()),
            dependencies: Vec::with_capacity(inputs.len()),
            withdrawn: Vec::new(),
        };
        if tasks.is_empty() {
            // The client leaves: the tasks that were to name these as inputs will not come.
            piece.withdrawn = inputs.iter().map(|&rank| (open.tasks[rank as usize].0, 1)).collect();
        }
        let (first, base) = (open.tasks.len(), tasks.first().map_or(0, |task| task.range().start));
        for task in tasks {
            let own = &inputs[task.range().start - base..task.range().end - base];
            let start = piece.dependencies.len();
            for &rank in own {
                let (dependency, owed) = &mut open.tasks[rank as usize];
                *owed = owed.saturating_sub(1);
                piece.dependencies.push(*dependency);
            }
            let dependencies = start as u32..piece.dependencies.len() as u32;
            let rank = open.tasks.len() as u32;
            let task = spread(task, &piece.dependencies[start..]);
            let (key, place) = ((task.key.token(), task.key.partition()), task.place);
            let new = self.new_task(task, rank, dependencies);
            self.record_task(&new, key, place, &piece.dependencies[start..]);
            open.tasks.push((new.task, new.dependents));
            piece.tasks.push(new);
        }
        for (at, number) in wanted {
            piece.tasks[at as usize].wanted = true;
            self.outbox.accept(client, number, open.tasks[first + at as usize].0);
        }
        if !last {
            self.open.insert((client, number), open);
        }
        self.tell(Event::GraphSubmitted { client, piece });
    }

    /// A client is gone: what it announced and did not hand in will not come.
    pub(super) fn client_left(&mut self, client: ClientId) {
        let left: Vec<(ClientId, u64)> = self.open.keys().filter(|(owner, _)| *owner == client).copied().collect();
        for key in left {
            let Some(open) = self.open.remove(&key) else { continue };
            let withdrawn = open.tasks.into_iter().filter(|(_, owed)| *owed > 0).collect();
            self.tell(Event::GraphSubmitted {
                client,
                piece: Piece { generation: open.generation, withdrawn, ..Piece::default() },
            });
        }
        self.tell(Event::ClientLeft { client });
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
        self.registry.insert_unnamed(key, Work::Call(failing(Arc::new(error))), Some(place))
    }

    /// A task of a key that another one has: it has no name, and fails with both lines.
    fn conflict(&mut self, key: Key, first: Place, second: Place) -> TaskId {
        let error = GraphError::KeyConflict { key: key.clone(), first, second };
        self.registry.insert_unnamed(key, Work::Call(failing(Arc::new(error))), Some(second))
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
        let Scatter { client, items, place, workers, broadcast, options } = scatter;
        let chosen = self.recipients(&workers);
        let mut piece = Piece { generation: self.generation(None), ..Piece::default() };
        let mut shares: Vec<Vec<(TaskId, partita_graph::Value)>> = chosen.iter().map(|_| Vec::new()).collect();
        for (rank, (key, value, number)) in items.into_iter().enumerate() {
            let prefix = self.prefix(&key);
            let (known, name) = (self.registry.find(&key), (key.token(), key.partition()));
            let task = known.unwrap_or_else(|| self.intern_data(key, place));
            self.outbox.accept(client, number, task);
            let new = NewTask {
                task,
                prefix,
                rank: rank as u32,
                dependents: 0,
                dependencies: 0..0,
                wanted: true,
                data: true,
                options: options.clone(),
            };
            self.record_task(&new, name, place, &[]);
            piece.tasks.push(new);
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

    /// The workers that get data: those that are named, or all. Those that leave get none if anyone else is there.
    fn recipients(&self, names: &[String]) -> Vec<WorkerId> {
        let all = self.outbox.workers.iter();
        let named = all.filter(|(_, desk)| names.is_empty() || names.iter().any(|name| **name == *desk.name));
        let named: Vec<WorkerId> = named.map(|(&id, _)| id).collect();
        let stays = |id: &WorkerId| !self.machine().is_retiring(*id);
        let staying: Vec<WorkerId> = named.iter().copied().filter(stays).collect();
        if !staying.is_empty() || named.is_empty() {
            return staying;
        }
        let others: Vec<WorkerId> = self.outbox.workers.keys().copied().filter(stays).collect();
        if others.is_empty() { named } else { others }
    }

    fn intern_data(&mut self, key: Key, place: Place) -> TaskId {
        let none = FromValues::new("data", |_: &[partita_graph::Value]| {
            Err(Fault::failed("data put in by hand cannot be computed"))
        });
        match self.registry.intern(key, Work::Call(Arc::new(none)), place, None) {
            Ok(id) => id,
            Err((conflict, key)) => self.conflict(key, conflict.first, place),
        }
    }

    /// Hands data to workers. What none of them could be told is lost as if with a worker that is gone.
    fn put(&mut self, chosen: Vec<WorkerId>, shares: Vec<Vec<(TaskId, partita_graph::Value)>>) {
        let mut unsent = Vec::new();
        for (worker, values) in chosen.into_iter().zip(shares) {
            if values.is_empty() {
                continue;
            }
            let tasks: Vec<(TaskId, u64)> = values.iter().map(|(task, value)| (*task, value.nbytes() as u64)).collect();
            let sent =
                self.outbox.workers.get(&worker).is_some_and(|desk| desk.link.send(ToWorker::Put { values }).is_ok());
            if sent {
                self.tell(Event::DataScattered { worker, tasks });
            } else {
                unsent.extend(tasks);
            }
        }
        // Of all others it is known by now that somebody has them.
        if !unsent.is_empty() {
            self.tell(Event::DataScattered { worker: WorkerId(u32::MAX), tasks: unsent });
        }
    }
}

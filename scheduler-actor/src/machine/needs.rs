//! What tasks ask of a worker, and the classes of tasks that ask the same.

use super::lines::Lines;
use super::queue::Queue;
use super::worker::{Seat, Worker, Workers};
use partita_graph::TaskOptions;
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::{ClientId, Priority, Resources, TaskId, Time};
use std::fmt::Write;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

/// A class of tasks that ask the same of a worker. The first class asks nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClassId(u32);

impl ClassId {
    /// The class of tasks that ask nothing.
    pub(crate) const ANY: ClassId = ClassId(0);
}

/// What a task asks of a worker.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Needs {
    /// Names or hosts of the workers that may run it; empty for all.
    pub(crate) workers: Vec<String>,
    /// Whether others may run it when none of these is there.
    pub(crate) soft: bool,
    /// What it takes from its worker while it runs.
    pub(crate) resources: Option<Arc<Resources>>,
}

impl Needs {
    /// What these options ask.
    fn of(options: &TaskOptions) -> Self {
        let resources = Resources::new(options.resources.iter().map(|(name, amount)| (name, *amount)));
        Needs {
            workers: options.workers.clone(),
            soft: options.allow_other_workers && !options.workers.is_empty(),
            resources: (!resources.is_empty()).then(|| Arc::new(resources)),
        }
    }

    /// Whether nothing is asked.
    fn is_nothing(&self) -> bool {
        self.workers.is_empty() && self.resources.is_none()
    }

    /// Whether the worker is one of those named, or none is named.
    fn names(&self, info: &WorkerInfo) -> bool {
        self.workers.is_empty() || self.workers.iter().any(|name| **name == *info.name || **name == *info.host)
    }

    /// Whether all of the worker's resources suffice.
    fn fits(&self, info: &WorkerInfo) -> bool {
        self.resources.as_ref().is_none_or(|needs| info.resources.covers(needs))
    }

    /// Whether such a worker could ever run it.
    pub(crate) fn allows(&self, info: &WorkerInfo) -> bool {
        info.threads > 0 && self.fits(info) && (self.soft || self.names(info))
    }

    /// In words.
    pub(crate) fn describe(&self) -> String {
        let mut text = String::new();
        if !self.workers.is_empty() {
            let _ = write!(text, "worker {}", self.workers.join(" or "));
        }
        if let Some(resources) = &self.resources {
            let joint = if text.is_empty() { "" } else { " with " };
            let _ = write!(text, "{joint}{}", describe(resources));
        }
        text
    }
}

/// Resources in words.
pub(crate) fn describe(resources: &Resources) -> String {
    let amounts = resources.iter().map(|(name, amount)| format!("{name}: {}", amount as f64 / 1000.0));
    format!("{{{}}}", amounts.collect::<Vec<_>>().join(", "))
}

/// Tasks that ask the same of a worker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Class {
    /// What they ask.
    pub(crate) needs: Needs,
    /// The running workers that may run them, by seat, whatever of their resources is free.
    pub(crate) seats: Vec<Seat>,
    /// Those that wait for a free thread or free resources.
    pub(crate) queue: Lines,
    /// Since when some of those wait and none was started; `None` if none waits, or if they ask for nothing.
    pub(crate) waits: Option<Time>,
    /// Those that became ready, or were found to have waited for long, while no running worker might run them.
    pub(crate) stranded: Queue<Time>,
    /// Since when no running worker may run them; `None` while there is one.
    pub(crate) starved: Option<Time>,
    /// How many tasks are of this class. The class goes with the last one.
    pub(crate) tasks: usize,
}

/// All classes.
#[derive(Clone, Debug)]
pub(crate) struct Classes {
    places: Vec<Option<Class>>,
    /// The last options that were looked up: a collection shares one.
    last: Option<(Arc<TaskOptions>, ClassId)>,
    /// Queued tasks of the classes that ask for resources.
    pub(crate) waiting: usize,
    /// Workers whose resources are held back, each for a class; one for each class and worker at the most.
    pub(crate) holds: Vec<(Seat, ClassId)>,
}

impl Default for Classes {
    fn default() -> Self {
        let any = Class { starved: Some(Time::ZERO), ..Class::default() };
        Classes { places: vec![Some(any)], last: None, waiting: 0, holds: Vec::new() }
    }
}

impl Classes {
    /// All classes, by id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ClassId, &Class)> {
        self.places.iter().enumerate().filter_map(|(index, class)| Some((ClassId(index as u32), class.as_ref()?)))
    }

    /// All class ids.
    pub(crate) fn ids(&self) -> Vec<ClassId> {
        self.iter().map(|(id, _)| id).collect()
    }

    /// The class, if there is one of this id.
    pub(crate) fn find_mut(&mut self, id: ClassId) -> Option<&mut Class> {
        self.places.get_mut(id.0 as usize)?.as_mut()
    }

    /// A task of a client joins the queue of its class; true if the client had none there.
    pub(crate) fn enqueue(&mut self, id: ClassId, client: ClientId, entry: (Priority, TaskId), now: Time) -> bool {
        let class = &mut self[id];
        let is_first = class.queue.push(client, entry.0, entry.1);
        if id != ClassId::ANY {
            class.waits = class.waits.or(Some(now));
            self.waiting += 1;
        }
        is_first
    }

    /// A task of a client leaves the queue of its class; true if the client has no other there.
    pub(crate) fn dequeue(&mut self, id: ClassId, client: ClientId) -> bool {
        let class = &mut self[id];
        let is_last = class.queue.leave(client);
        if id != ClassId::ANY {
            class.waits = class.waits.filter(|_| !class.queue.is_empty());
            self.waiting -= 1;
        }
        is_last
    }

    /// Whether resources are held back for the class.
    pub(crate) fn is_held_for(&self, id: ClassId) -> bool {
        self.holds.iter().any(|(_, class)| *class == id)
    }

    /// The class of a new task with these options, one task larger.
    pub(crate) fn join(&mut self, options: Option<&Arc<TaskOptions>>, workers: &Workers, now: Time) -> ClassId {
        let id = match options {
            None => ClassId::ANY,
            Some(options) => match &self.last {
                Some((last, id)) if Arc::ptr_eq(last, options) => *id,
                _ => {
                    let id = self.of(Needs::of(options), workers, now);
                    self.last = Some((options.clone(), id));
                    id
                }
            },
        };
        self[id].tasks += 1;
        id
    }

    /// A task left the class.
    pub(crate) fn leave(&mut self, id: ClassId) {
        self[id].tasks -= 1;
        if self[id].tasks == 0 && id != ClassId::ANY {
            self.places[id.0 as usize] = None;
            self.last = self.last.take_if(|(_, last)| *last != id);
        }
    }

    /// The class that asks this, found or made.
    fn of(&mut self, needs: Needs, workers: &Workers, now: Time) -> ClassId {
        if needs.is_nothing() {
            return ClassId::ANY;
        }
        if let Some((id, _)) = self.iter().find(|(_, class)| class.needs == needs) {
            return id;
        }
        let mut class = Class { needs, starved: Some(now), ..Class::default() };
        class.look_around(workers, now);
        match self.places.iter().position(Option::is_none) {
            Some(place) => {
                self.places[place] = Some(class);
                ClassId(place as u32)
            }
            None => {
                self.places.push(Some(class));
                ClassId(self.places.len() as u32 - 1)
            }
        }
    }
}

impl Class {
    /// Finds the running workers that may run its tasks. True if there is one now and was none before.
    pub(crate) fn look_around(&mut self, workers: &Workers, now: Time) -> bool {
        self.seats = candidates(&self.needs, workers.iter().filter(|(_, worker)| worker.runs()));
        let was_starved = self.starved.is_some();
        self.starved = match self.seats.is_empty() {
            true => self.starved.or(Some(now)),
            false => None,
        };
        was_starved && self.starved.is_none()
    }
}

/// The workers that may run what asks this; a soft wish for workers counts while one of them is there.
pub(crate) fn candidates<'a>(needs: &Needs, workers: impl Iterator<Item = (Seat, &'a Worker)>) -> Vec<Seat> {
    let able: Vec<_> = workers.filter(|(_, worker)| worker.info.threads > 0 && needs.fits(&worker.info)).collect();
    let named: Vec<_> = able.iter().filter(|(_, worker)| needs.names(&worker.info)).map(|(seat, _)| *seat).collect();
    match named.is_empty() && needs.soft {
        true => able.iter().map(|(seat, _)| *seat).collect(),
        false => named,
    }
}

impl Index<ClassId> for Classes {
    type Output = Class;

    fn index(&self, id: ClassId) -> &Class {
        match self.places[id.0 as usize].as_ref() {
            Some(class) => class,
            None => panic!("there is no class {id:?}"),
        }
    }
}

impl IndexMut<ClassId> for Classes {
    fn index_mut(&mut self, id: ClassId) -> &mut Class {
        match self.places[id.0 as usize].as_mut() {
            Some(class) => class,
            None => panic!("there is no class {id:?}"),
        }
    }
}

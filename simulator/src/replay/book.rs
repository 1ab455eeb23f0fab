//! What tasks and workers are called, as far as the replay has come.

use super::error::ReplayError;
use crate::journal::Named;
use partita_protocol::scheduler::NewTask;
use partita_protocol::{IdMap, TaskId, WorkerId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names of tasks, in the order in which they came, and of workers.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// The names of the piece that comes next.
    waiting: Vec<Named>,
    tasks: Vec<(TaskId, Named)>,
    places: IdMap<TaskId, usize>,
    workers: BTreeMap<WorkerId, Arc<str>>,
    /// Tasks that were handed in so far, again and again if they were known.
    pub(super) handed_in: usize,
}

impl Book {
    /// The names of the piece that comes next.
    pub(super) fn announce(&mut self, names: Vec<Named>) {
        self.waiting = names;
    }

    /// The tasks came whose names were announced.
    pub(super) fn come(&mut self, tasks: &[NewTask]) {
        self.handed_in += tasks.len();
        for (new, named) in tasks.iter().zip(self.waiting.drain(..)) {
            let next = self.tasks.len();
            if *self.places.entry(new.task).or_insert(next) == next {
                self.tasks.push((new.task, named));
            }
        }
    }

    /// A worker came.
    pub(super) fn worker_came(&mut self, worker: WorkerId, name: &Arc<str>) {
        self.workers.insert(worker, name.clone());
    }

    /// What a task is called.
    pub(super) fn task(&self, task: TaskId) -> Option<&Named> {
        self.tasks.get(*self.places.get(&task)?).map(|(_, named)| named)
    }

    /// What a worker is called.
    pub(super) fn worker(&self, worker: WorkerId) -> Option<Arc<str>> {
        self.workers.get(&worker).cloned()
    }

    /// How many names are known.
    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// The task of this key, the last one if there were more; or the only one whose key begins with this name; or the one
    /// of this id, as `t17`. Only tasks from a place in the order on are looked at.
    pub(super) fn find(&self, text: &str, from: usize) -> Result<TaskId, ReplayError> {
        let recent = self.tasks.get(from..).unwrap_or_default();
        if let Some((task, _)) = recent.iter().rev().find(|(_, named)| is_called(named, text)) {
            return Ok(*task);
        }
        let mut named = recent.iter().filter(|(_, named)| named.key.name().as_str() == text);
        match (named.next(), named.count()) {
            (Some((task, _)), 0) => return Ok(*task),
            (Some((_, named)), others) => {
                let (name, example) = (text.to_string(), named.key.to_string());
                return Err(ReplayError::Ambiguous { name, count: others + 1, example });
            }
            (None, _) => {}
        }
        let by_id = parse_id(text).filter(|task| self.places.get(task).is_some_and(|place| *place >= from));
        by_id.ok_or_else(|| ReplayError::NoTask(text.into()))
    }
}

/// Whether this is the task's whole key.
fn is_called(named: &Named, text: &str) -> bool {
    // Most keys are told apart by their names, without being printed.
    let bare = text.strip_prefix('(').unwrap_or(text);
    bare.starts_with(named.key.name().as_str()) && named.key.to_string() == text
}

/// `t17` or `t17.2`.
fn parse_id(text: &str) -> Option<TaskId> {
    let digits = text.strip_prefix('t')?;
    let (index, generation) = digits.split_once('.').unwrap_or((digits, "0"));
    Some(TaskId::new(index.parse().ok()?, generation.parse().ok()?))
}

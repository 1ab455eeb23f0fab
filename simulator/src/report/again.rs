//! What was computed more than once, and why.

use crate::universe::Number;
use partita_protocol::WorkerId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Names that are kept of what was computed again for one reason.
const EXAMPLES: usize = 5;

/// Tasks of a group that were computed again for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// The group.
    pub group: String,
    /// Why.
    pub reason: Reason,
    /// Runs beyond the first of each task.
    pub count: u64,
    /// The names of the first few tasks.
    pub examples: Vec<String>,
}

/// Why a task was computed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reason {
    /// Its worker died while it ran.
    WorkerDied,
    /// Its result was lost with the worker that held it.
    ResultLost,
    /// Its result was let go, and was needed again.
    LetGo,
    /// What it gave was not kept: it had been given to another worker, or nobody needed it for a while.
    NotKept,
    /// It was given to another worker while it ran.
    Moved,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::WorkerDied => "its worker died while it ran",
            Reason::ResultLost => "its result was lost with a worker",
            Reason::LetGo => "its result was let go and needed again",
            Reason::NotKept => "what it gave was not kept",
            Reason::Moved => "it was given to another worker",
        })
    }
}

/// What became of the last run of each task.
#[derive(Clone, Copy, Debug, Default)]
enum Last {
    #[default]
    Nothing,
    Runs(WorkerId),
    Kept(WorkerId),
    NotKept,
}

/// Watches for tasks that run again.
#[derive(Debug, Default)]
pub(crate) struct Watcher {
    last: Vec<Last>,
    dead: Vec<bool>,
    found: BTreeMap<(u32, Reason), (u64, Vec<Number>)>,
}

impl Watcher {
    pub(crate) fn new(tasks: usize) -> Self {
        Watcher { last: vec![Last::Nothing; tasks], ..Watcher::default() }
    }

    /// A run began.
    pub(crate) fn started(&mut self, number: Number, group: u32, worker: WorkerId) {
        let reason = match std::mem::replace(&mut self.last[number as usize], Last::Runs(worker)) {
            Last::Nothing => return,
            Last::Runs(before) if self.is_dead(before) => Reason::WorkerDied,
            Last::Runs(_) => Reason::Moved,
            Last::Kept(before) if self.is_dead(before) => Reason::ResultLost,
            Last::Kept(_) => Reason::LetGo,
            Last::NotKept => Reason::NotKept,
        };
        let (count, examples) = self.found.entry((group, reason)).or_default();
        *count += 1;
        if examples.len() < EXAMPLES && !examples.contains(&number) {
            examples.push(number);
        }
    }

    /// A run ended.
    pub(crate) fn ended(&mut self, number: Number, worker: WorkerId, kept: bool) {
        let last = &mut self.last[number as usize];
        // The end of an older run does not count.
        if matches!(last, Last::Runs(before) if *before == worker) {
            *last = if kept { Last::Kept(worker) } else { Last::NotKept };
        }
    }

    /// A worker died.
    pub(crate) fn died(&mut self, worker: WorkerId) {
        let place = worker.0 as usize;
        if self.dead.len() <= place {
            self.dead.resize(place + 1, false);
        }
        self.dead[place] = true;
    }

    fn is_dead(&self, worker: WorkerId) -> bool {
        self.dead.get(worker.0 as usize).copied().unwrap_or(false)
    }

    /// What was found, the most frequent first.
    pub(crate) fn report(&self, group: impl Fn(u32) -> String, name: impl Fn(Number) -> String) -> Vec<Again> {
        let again = |((at, reason), (count, examples)): (&(u32, Reason), &(u64, Vec<Number>))| Again {
            group: group(*at),
            reason: *reason,
            count: *count,
            examples: examples.iter().map(|number| name(*number)).collect(),
        };
        let mut list: Vec<Again> = self.found.iter().map(again).collect();
        list.sort_by_key(|again| std::cmp::Reverse(again.count));
        list
    }
}

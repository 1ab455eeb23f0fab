//! The census: how many tasks of each group are in each state, told once after records were lost.

use crate::ids::{PrefixId, TaskId, WorkerId};
use crate::telemetry::State;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The state of all tasks at a moment. It stands among the records of transitions at its place in time: whoever takes it in
/// and goes on with the transitions after it has the right counts again, whatever was lost before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Census {
    /// When.
    pub time: Time,
    /// The groups that have tasks, and others that once had some. A group that is not named has no task.
    pub groups: Box<[GroupCensus]>,
    /// The workers that are there.
    pub workers: Box<[WorkerCensus]>,
    /// Each task with its group and state, if there are few enough of them and somebody listens; else only the counts are
    /// known.
    pub tasks: Option<Box<[TaskCensus]>>,
}

/// The tasks of one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupCensus {
    /// Which group.
    pub prefix: PrefixId,
    /// Tasks in each state, in the order of [`State`]; the last one, of those that are forgotten, is 0.
    pub states: [u64; 8],
    /// Times that a task ended well, since the cluster began.
    pub finished: u64,
    /// Times that a task failed for good, since the cluster began.
    pub erred: u64,
}

/// A worker that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerCensus {
    /// Which.
    pub worker: WorkerId,
    /// Its name.
    pub name: Arc<str>,
    /// Tasks that it runs at a time.
    pub threads: u32,
    /// Bytes that it may hold.
    pub memory_limit: u64,
}

/// A task that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskCensus {
    /// Which.
    pub task: TaskId,
    /// Of which group.
    pub prefix: PrefixId,
    /// The state that it is in.
    pub state: State,
}

impl Census {
    /// Tasks of a group in each state; none of one that is not named.
    pub fn states(&self, prefix: PrefixId) -> [u64; 8] {
        self.groups.iter().find(|group| group.prefix == prefix).map_or([0; 8], |group| group.states)
    }
}

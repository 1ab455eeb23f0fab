//! A graph that can be run: no missing key, no cycle, no conflict, dependencies before dependents.

use crate::function::Function;
use crate::key::{Key, Token};
use crate::options::TaskOptions;
use crate::place::Place;
use crate::value::Value;
use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Tasks in static order, which only [`Graph::check`](crate::Graph::check) makes.
#[derive(Default)]
pub struct CheckedGraph {
    pub(crate) tasks: Vec<CheckedTask>,
    pub(crate) dependencies: Vec<u32>,
    pub(crate) outputs: Vec<u32>,
}

/// A task of a graph that can be run.
pub struct CheckedTask {
    /// What its result goes by.
    pub key: Key,
    /// What it does.
    pub work: Work,
    /// The line of user code that made it.
    pub place: Place,
    /// What the user asked for it.
    pub options: Option<Arc<TaskOptions>>,
    /// What it computes, if its key does not tell.
    pub definition: Option<Token>,
    pub(crate) dependencies: Range<u32>,
    /// How many times tasks of the graph name it as an input.
    pub dependents: u32,
}

/// What a task does.
pub enum Work {
    /// Nothing: its value is at hand.
    Value(Value),
    /// It calls a function of the values of its inputs.
    Call(Function),
    /// The engine holds its result already, while the guard lives.
    Held(Option<Arc<dyn Any + Send + Sync>>),
}

impl CheckedGraph {
    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The tasks in static order: each after everything that it needs.
    pub fn tasks(&self) -> &[CheckedTask] {
        &self.tasks
    }

    /// The inputs of the task with this rank, in the order of its function's arguments, as ranks.
    pub fn inputs(&self, rank: usize) -> &[u32] {
        let range = &self.tasks[rank].dependencies;
        &self.dependencies[range.start as usize..range.end as usize]
    }

    /// The ranks of the outputs, in the order in which they were asked for.
    pub fn outputs(&self) -> &[u32] {
        &self.outputs
    }

    /// The parts: tasks, inputs of all tasks one after the other, outputs. [`CheckedTask::range`] cuts the second.
    pub fn into_parts(self) -> (Vec<CheckedTask>, Vec<u32>, Vec<u32>) {
        (self.tasks, self.dependencies, self.outputs)
    }
}

impl CheckedTask {
    /// Where its inputs stand among those of all tasks.
    pub fn range(&self) -> Range<usize> {
        self.dependencies.start as usize..self.dependencies.end as usize
    }
}

impl fmt::Debug for CheckedGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckedGraph({} tasks, {} edges)", self.tasks.len(), self.dependencies.len())
    }
}

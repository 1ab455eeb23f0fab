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
    /// In pieces of [`PIECE`] tasks, so that a large graph can be handed on and freed piece by piece.
    pieces: Vec<Vec<CheckedTask>>,
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
    pub definition: Option<Box<Token>>,
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

/// Tasks in one piece of a graph.
pub const PIECE: usize = 512;

impl CheckedGraph {
    pub(crate) fn new(tasks: impl Iterator<Item = CheckedTask>, dependencies: Vec<u32>, outputs: Vec<u32>) -> Self {
        let mut tasks = tasks.peekable();
        let mut pieces = Vec::new();
        while tasks.peek().is_some() {
            pieces.push(tasks.by_ref().take(PIECE).collect());
        }
        CheckedGraph { pieces, dependencies, outputs }
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.pieces.last().map_or(0, |last| (self.pieces.len() - 1) * PIECE + last.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The tasks in static order: each after everything that it needs.
    pub fn tasks(&self) -> impl Iterator<Item = &CheckedTask> {
        self.pieces.iter().flatten()
    }

    pub(crate) fn tasks_mut(&mut self) -> impl Iterator<Item = &mut CheckedTask> {
        self.pieces.iter_mut().flatten()
    }

    /// The task with this rank.
    pub fn task(&self, rank: usize) -> &CheckedTask {
        &self.pieces[rank / PIECE][rank % PIECE]
    }

    /// The inputs of the task with this rank, in the order of its function's arguments, as ranks.
    pub fn inputs(&self, rank: usize) -> &[u32] {
        let range = &self.task(rank).dependencies;
        &self.dependencies[range.start as usize..range.end as usize]
    }

    /// The ranks of the outputs, in the order in which they were asked for.
    pub fn outputs(&self) -> &[u32] {
        &self.outputs
    }

    /// Asks these wishes for each task that has none of its own; the deadline for outputs only, and for those even so, if
    /// they have none.
    pub fn ask(&mut self, options: &TaskOptions) {
        if options.is_default() {
            return;
        }
        let shared = Arc::new(TaskOptions { deadline: None, ..options.clone() });
        for task in self.pieces.iter_mut().flatten() {
            task.options.get_or_insert_with(|| shared.clone());
        }
        let Some(deadline) = options.deadline else { return };
        for rank in &self.outputs {
            let own =
                self.pieces.get_mut(*rank as usize / PIECE).and_then(|piece| piece.get_mut(*rank as usize % PIECE));
            if let Some(own) = own.and_then(|task| task.options.as_mut()).filter(|own| own.deadline.is_none()) {
                *own = Arc::new(TaskOptions::clone(own).deadline(deadline));
            }
        }
    }

    /// The parts: pieces of [`PIECE`] tasks, the last one of what is left; the inputs of all tasks one after the other,
    /// of which [`CheckedTask::range`] cuts each task's; and the outputs.
    pub fn into_parts(self) -> (Vec<Vec<CheckedTask>>, Vec<u32>, Vec<u32>) {
        (self.pieces, self.dependencies, self.outputs)
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
        write!(f, "CheckedGraph({} tasks, {} edges)", self.len(), self.dependencies.len())
    }
}
